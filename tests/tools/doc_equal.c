/* SPDX-License-Identifier: Apache-2.0
 *
 * Reads document by document with two readers and compares all that they tell.
 */
#include "tests/tools/doc_equal.h"

static bool same_pos(struct pos a, struct pos b)
{
    return a.line == b.line && a.column == b.column;
}

/* Fields of one value on their own. */
static const char *value_differs(const struct doc *a, const struct doc *b)
{
    if (a->type != b->type)
        return "type";
    if (!str_eq(a->text, b->text) || !a->text.p != !b->text.p)
        return "text";
    if (a->quoted != b->quoted || a->merged != b->merged || a->by_merge_key != b->by_merge_key)
        return "flags";
    if (!same_pos(a->at, b->at))
        return "position";
    if (a->start != b->start || a->end != b->end)
        return "span";
    if (!str_eq(a->key, b->key) || !a->key.p != !b->key.p)
        return "key";
    if (!same_pos(a->key_at, b->key_at) || a->key_start != b->key_start)
        return "the key's position";
    return a->count == b->count ? NULL : "number of children";
}

/* As deep as documents may be. */
static const char *tree_differs(const struct doc *a, const struct doc *b, struct pos *at)
{
    const char *why = value_differs(a, b);
    if (why) {
        *at = b->at;
        return why;
    }
    const struct doc *x = a->child, *y = b->child;
    for (; !why && x && y; x = x->next, y = y->next)
        why = tree_differs(x, y, at);
    return why ? why : x || y ? "children" : NULL;
}

static const char *root_differs(const struct doc_root *a, const struct doc_root *b, struct pos *at)
{
    if (!a->root != !b->root)
        return "whether there is a value";
    if (a->start != b->start || a->end != b->end)
        return "the document's span";
    if (!str_eq(a->source, b->source))
        return "source";
    if (a->duplicate_count != b->duplicate_count)
        return "number of duplicates";
    for (size_t i = 0; i < a->duplicate_count; i++) {
        const struct doc_duplicate *x = &a->duplicates[i], *y = &b->duplicates[i];
        if (!str_eq(x->key, y->key) || !same_pos(x->first, y->first) ||
            !same_pos(x->second, y->second))
            return "duplicate";
    }
    return a->root ? tree_differs(a->root, b->root, at) : NULL;
}

struct side {
    struct doc_reader r;
    struct arena a;
    struct doc_root root;
    struct err e;
    int got;
};

static void begin(struct side *s, struct str text, bool (*unwanted)(const struct doc *, struct str))
{
    doc_reader_init(&s->r, STR("f"), text);
    s->r.unwanted = unwanted;
    arena_init(&s->a);
}

static void next(struct side *s)
{
    arena_reset(&s->a);
    s->root = (struct doc_root){0};
    s->e = (struct err){0};
    s->got = doc_read(&s->r, &s->a, &s->root, &s->e);
}

static void end(struct side *s)
{
    doc_reader_done(&s->r);
    arena_done(&s->a);
}

static bool nobody_wants(const struct doc *root, struct str key)
{
    (void)root;
    return str_is(key, "spec") || str_is(key, "data");
}

static const char *ways_differ(struct str text, bool skim, struct pos *at)
{
    struct side one, two;
    const char *why = NULL;
    begin(&one, text, skim ? nobody_wants : NULL);
    begin(&two, text, skim ? nobody_wants : NULL);
    two.r.events_only = true;
    for (bool more = true; more && !why;) {
        next(&one);
        next(&two);
        *at = (struct pos){0};
        if (one.got != two.got)
            why = one.got > 0 ? "libyaml refuses it" : "libyaml reads it";
        else if (one.got > 0)
            why = root_differs(&one.root, &two.root, at);
        else if (one.got < 0 && (strcmp(one.e.msg, two.e.msg) || strcmp(one.e.where, two.e.where)))
            why = "error";
        more = two.got > 0 ||
               (two.got < 0 && doc_reader_resync(&one.r) > 0 && doc_reader_resync(&two.r) > 0);
    }
    end(&one);
    end(&two);
    return why;
}

const char *doc_ways_differ(struct str text, struct pos *at)
{
    const char *why = ways_differ(text, false, at);
    return why ? why : ways_differ(text, true, at);
}
