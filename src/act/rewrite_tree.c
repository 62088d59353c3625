/* SPDX-License-Identifier: Apache-2.0
 *
 * Documents and objects of a text, and what they must be worth after the edits.
 */
#include "act/rewrite_tree.h"

static void find_items(struct rewrite_doc *d, struct arena *a)
{
    const struct doc *root = d->root.root;
    const struct doc *items = root ? doc_get(root, "items") : NULL;
    if (!items || items->type != DOC_SEQ || !str_ends(doc_text(root, "kind"), "List"))
        return;
    d->items = arena_array(a, struct doc *, items->count);
    for (struct doc *i = items->child; i; i = i->next)
        d->items[d->item_count++] = i;
}

int rewrite_read(struct str name, struct str text, struct arena *a, struct rewrite_docs *ret,
                 struct err *e)
{
    struct doc_reader r;
    struct doc_root root = {0};
    int got;
    *ret = (struct rewrite_docs){.dashes = str_find(text, "\n---") >= 0 || str_starts(text, "---")};
    doc_reader_init(&r, name, text);
    while ((got = doc_read(&r, a, &root, e)) > 0) {
        struct rewrite_doc *d = PUSH(a, ret);
        d->root = root;
        find_items(d, a);
        root = (struct doc_root){0};
    }
    doc_reader_done(&r);
    return got;
}

int rewrite_find(const struct rewrite_docs *d, const struct object *o, struct rewrite_site *ret)
{
    for (size_t i = 0; i < d->count; i++) {
        const struct rewrite_doc *doc = &d->items[i];
        const struct doc *root = doc->root.root;
        if (root && root->start == o->start && root->end == o->end) {
            *ret = (struct rewrite_site){i, -1};
            return 0;
        }
        if (!root || root->start > o->start || root->end < o->end)
            continue;
        for (size_t k = 0; k < doc->item_count; k++)
            if (doc->items[k]->start == o->start && doc->items[k]->end == o->end) {
                *ret = (struct rewrite_site){i, (ptrdiff_t)k};
                return 0;
            }
    }
    return -ENOENT;
}

struct doc *rewrite_object(const struct rewrite_docs *d, struct rewrite_site s)
{
    if (s.document >= d->count)
        return NULL;
    const struct rewrite_doc *doc = &d->items[s.document];
    if (s.item < 0)
        return doc->root.root;
    return (size_t)s.item < doc->item_count ? doc->items[s.item] : NULL;
}

bool rewrite_is_lone_json(const struct rewrite_docs *d, struct str text)
{
    return d->count == 1 && !d->dashes && d->items[0].item_count == 0 &&
           edit_is_json(&d->items[0].root, text);
}

int rewrite_make_list(struct rewrite_docs *d, struct arena *a)
{
    struct rewrite_doc *doc = &d->items[0];
    doc->root.root = edit_list_tree(doc->root.root, a);
    find_items(doc, a);
    return doc->item_count == 1 ? 0 : -EINVAL;
}

int rewrite_expect(struct rewrite_docs *d, struct rewrite_site s, const struct rewrite_group *g,
                   struct arena *a, struct rewrite_added *added)
{
    struct doc *object = rewrite_object(d, s);
    for (size_t i = 0; i < g->count; i++) {
        const struct edit *edit = &g->edits[i];
        struct doc_root value = {0};
        int r = 0;
        if (edit->op != EDIT_ADD)
            r = edit_tree(edit, object, a, NULL);
        else if ((r = json_parse(STR("edit"), edit->value, a, &value, NULL)) == 0) {
            (void)PUSH(a, added);
            added->items[added->count - 1].site = s;
            added->items[added->count - 1].object = value.root;
        }
        if (r < 0)
            return r;
    }
    return 0;
}

/* ---- the proof ---- */

static bool has_alias(const struct doc *n)
{
    for (const struct doc *c = n ? n->child : NULL; c; c = c->next)
        if (c->merged || has_alias(c))
            return true;
    return false;
}

struct proof {
    const struct rewrite_added *added;
    struct buf *path;
    const struct doc *at; /* the document that differs */
};

static bool same(struct proof *p, const struct doc *expected, const struct doc *found)
{
    if (edit_same(expected, found, p->path))
        return true;
    p->at = expected;
    return false;
}

/* A List whose last items were added: they are taken off `found` while the rest is compared. */
static bool same_list(struct proof *p, const struct rewrite_doc *expected, size_t index,
                      const struct rewrite_doc *found)
{
    size_t more = 0, k = expected->item_count;
    for (size_t i = 0; i < p->added->count; i++)
        more += p->added->items[i].site.document == index;
    if (!more)
        return same(p, expected->root.root, found->root.root);
    if (found->item_count != k + more)
        return false;
    for (size_t i = 0; i < p->added->count; i++)
        if (p->added->items[i].site.document == index &&
            !same(p, p->added->items[i].object, found->items[k++]))
            return false;
    struct doc *items = doc_get(found->root.root, "items");
    found->items[expected->item_count - 1]->next = NULL;
    items->count = expected->item_count;
    return same(p, expected->root.root, found->root.root);
}

static bool compare(struct proof *p, const struct rewrite_docs *expected,
                    const struct rewrite_docs *found)
{
    size_t f = 0;
    for (size_t i = 0; i < expected->count; i++) {
        const struct rewrite_doc *doc = &expected->items[i];
        if (f >= found->count || found->items[f].root.duplicate_count != doc->root.duplicate_count)
            return false;
        bool is_list = doc->item_count > 0;
        if (is_list ? !same_list(p, doc, i, &found->items[f])
                    : !same(p, doc->root.root, found->items[f].root.root))
            return false;
        f++;
        for (size_t n = 0; n < p->added->count && !is_list; n++)
            if (p->added->items[n].site.document == i &&
                (f >= found->count ||
                 !same(p, p->added->items[n].object, found->items[f++].root.root)))
                return false;
    }
    return f == found->count;
}

bool rewrite_proves(const struct rewrite_docs *expected, const struct rewrite_added *added,
                    const struct rewrite_docs *found, struct buf *path, bool *ret_shared)
{
    struct proof p = {.added = added, .path = path};
    bool r = compare(&p, expected, found);
    *ret_shared = !r && has_alias(p.at);
    return r;
}
