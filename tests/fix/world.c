/* SPDX-License-Identifier: Apache-2.0
 *
 * Judges, rewrites, and compares before and after, by other means than the rewriting itself: values
 * as sorted lists of paths, text as lines.
 */
#include "world.h"

#include <stdlib.h>

#include "forms.h"
#include "model/decode.h"
#include "model/defaults.h"

static void read_world(struct world *w, struct str text, struct arena *a)
{
    struct source *source = arena_new(a, struct source);
    struct decode_input in = {.a = a, .source = source};
    struct doc_reader r;
    struct doc_root root = {0};
    struct err e = {0};
    int got;
    source->name = STR("world.yaml");
    w->cluster = (struct cluster){.arena = a};
    doc_reader_init(&r, source->name, text);
    do {
        while ((got = doc_read(&r, a, &root, &e)) > 0) {
            decode_document(&in, &root, &w->cluster);
            root = (struct doc_root){0};
        }
        w->unreadable = w->unreadable || got < 0;
    } while (got < 0 && doc_reader_resync(&r) > 0);
    doc_reader_done(&r);
}

void world_make(struct world *w, struct str text, const struct wanted *wanted, struct arena *a)
{
    struct check_config config;
    *w = (struct world){0};
    read_world(w, text, a);
    cluster_resolve(&w->cluster);
    w->cluster.complete = wanted->complete || w->cluster.nodes.count > 0;
    cluster_default(&w->cluster);
    check_config_init(&config, a);
    config.fix = wanted->level;
    config.memory_limit_bytes = wanted->memory_limit_bytes;
    config.memory_request_bytes = wanted->memory_request_bytes;
    judge(&w->cluster, &config, a, &w->judgement);

    const struct judgement *j = &w->judgement;
    w->rewrite = (struct rewrite){.name = STR("world.yaml"), .text = text};
    w->rewrite.groups = arena_array(a, struct rewrite_group, j->findings.count);
    w->fixed = arena_array(a, struct finding *, j->findings.count);
    for (size_t i = 0; i < j->findings.count; i++) {
        struct finding *f = j->findings.items[i];
        if (f->edits.count == 0)
            continue;
        w->fixed[w->rewrite.count] = f;
        w->rewrite.groups[w->rewrite.count++] =
            (struct rewrite_group){.edits = f->edits.items, .count = f->edits.count};
    }
    rewrite_text(&w->rewrite, a);
}

/* ---- values ---- */

struct leaves {
    struct str *items; /* "document|path=value" */
    size_t count, cap;
};

static void flatten(const struct doc *n, struct str path, struct leaves *l, struct arena *a)
{
    size_t i = 0;
    for (const struct doc *c = n->child; c; c = c->next, i++) {
        struct str below = n->type == DOC_MAP ? arena_printf(a, STR_FMT "|" STR_FMT, STR_ARG(path),
                                                             STR_ARG(c->key))
                                              : arena_printf(a, STR_FMT "|%zu", STR_ARG(path), i);
        flatten(c, below, l, a);
    }
    if (!n->child)
        *PUSH(a, l) =
            arena_printf(a, STR_FMT "=%d:" STR_FMT, STR_ARG(path), (int)n->type, STR_ARG(n->text));
}

static int by_text(const void *x, const void *y)
{
    return str_cmp(*(const struct str *)x, *(const struct str *)y);
}

/* The identity of an object stands in for its number: additions move numbers. */
static struct str name_of(const struct doc *n, struct arena *a)
{
    const struct doc *m = doc_get(n, "metadata");
    return arena_printf(a, STR_FMT "/" STR_FMT "/" STR_FMT, STR_ARG(doc_text(n, "kind")),
                        STR_ARG(doc_text(m, "namespace")), STR_ARG(doc_text(m, "name")));
}

static void leaves_of(struct str text, struct leaves *l, struct arena *a)
{
    struct documents d;
    if (!documents_read(text, a, &d))
        return;
    for (size_t i = 0; i < d.count; i++) {
        const struct doc *n = d.items[i].root;
        const struct doc *items = doc_get(n, "items");
        if (items && items->type == DOC_SEQ && str_ends(doc_text(n, "kind"), "List"))
            for (const struct doc *c = items->child; c; c = c->next)
                flatten(c, name_of(c, a), l, a);
        else if (n)
            flatten(n, name_of(n, a), l, a);
    }
    if (l->count)
        qsort(l->items, l->count, sizeof(*l->items), by_text);
}

/* How many values are gone and how many are new. */
static void count_changes(struct str before, struct str after, struct arena *a, size_t *ret_gone,
                          size_t *ret_new)
{
    struct leaves x = {0}, y = {0};
    leaves_of(before, &x, a);
    leaves_of(after, &y, a);
    size_t i = 0, k = 0;
    *ret_gone = *ret_new = 0;
    while (i < x.count || k < y.count) {
        int order = i == x.count ? 1 : k == y.count ? -1 : str_cmp(x.items[i], y.items[k]);
        *ret_gone += order < 0;
        *ret_new += order > 0;
        i += order <= 0;
        k += order >= 0;
    }
}

static size_t count_leaves(struct str json, struct arena *a)
{
    struct leaves l = {0};
    leaves_of(json, &l, a);
    return l.count;
}

/* What the edits say: each sets one value or adds an object; a value that was there, null and {}
 * included, goes. */
static const char *prove_values(const struct world *w, struct arena *a)
{
    size_t gone, new, set = 0, added = 0;
    for (size_t g = 0; g < w->rewrite.count; g++)
        for (size_t i = 0; w->rewrite.groups[g].done && i < w->rewrite.groups[g].count; i++) {
            const struct edit *edit = &w->rewrite.groups[g].edits[i];
            set += edit->op == EDIT_SET;
            if (edit->op == EDIT_ADD)
                added += count_leaves(edit->value, a);
        }
    count_changes(w->rewrite.text, w->rewrite.result, a, &gone, &new);
    if (gone > set)
        return "more values are gone than were set";
    if (new > set + added)
        return "more values are new than were set";
    if (new < added || (set > 0 && new == added))
        return "fewer values are new than were set";
    return NULL;
}

/* ---- text ---- */

/* Words, and each other character alone. */
static void tokens_of(struct str text, struct leaves *l, struct arena *a)
{
    for (size_t i = 0; i < text.n;) {
        size_t n = i;
        while (n < text.n && ((text.p[n] | 0x20) >= 'a' || (text.p[n] >= '0' && text.p[n] <= '9')))
            n++;
        n += n == i;
        *PUSH(a, l) = str_sub(text, i, n);
        i = n;
    }
}

/* Tokens of x that are not in y, in their order: x less the longest common subsequence. */
static size_t lost_tokens(const struct leaves *x, const struct leaves *y, struct arena *a)
{
    size_t from = 0, xn = x->count, yn = y->count;
    while (from < xn && from < yn && str_eq(x->items[from], y->items[from]))
        from++;
    while (xn > from && yn > from && str_eq(x->items[xn - 1], y->items[yn - 1])) {
        xn--;
        yn--;
    }
    size_t *row = arena_array(a, size_t, yn - from + 1);
    for (size_t i = from; i < xn; i++) {
        size_t corner = 0;
        for (size_t k = from; k < yn; k++) {
            size_t above = row[k - from + 1];
            row[k - from + 1] =
                str_eq(x->items[i], y->items[k]) ? corner + 1 : MAX(above, row[k - from]);
            corner = above;
        }
    }
    return xn - from - row[yn - from];
}

/* A replaced value has three tokens at the most: "512Mi" with its quotes. */
static const char *prove_text(const struct world *w, struct arena *a)
{
    struct leaves x = {0}, y = {0};
    size_t set = 0;
    for (size_t g = 0; g < w->rewrite.count; g++)
        set += w->rewrite.groups[g].done ? w->rewrite.groups[g].count : 0;
    tokens_of(w->rewrite.text, &x, a);
    tokens_of(w->rewrite.result, &y, a);
    if (x.count > 20000)
        return NULL;
    return lost_tokens(&x, &y, a) > 3 * set ? "text is lost" : NULL;
}

/* ---- findings ---- */

static bool same_finding(const struct finding *a, const struct finding *b)
{
    const struct object *x = a->object, *y = b->object;
    return a->rule == b->rule && !x == !y && str_eq(a->path, b->path) &&
           (!x || (x->kind == y->kind && str_eq(x->ns, y->ns) && str_eq(x->name, y->name)));
}

static const struct finding *find(const struct judgement *j, const struct finding *f)
{
    for (size_t i = 0; i < j->findings.count; i++)
        if (same_finding(j->findings.items[i], f))
            return j->findings.items[i];
    return NULL;
}

static const char *prove_findings(const struct world *before, const struct world *after,
                                  struct str then_found, struct arena *a)
{
    for (size_t g = 0; g < before->rewrite.count; g++) {
        const struct finding *f = before->fixed[g];
        if (before->rewrite.groups[g].done && find(&after->judgement, f))
            return arena_printf(a, "%s is found again", f->rule->id).p;
    }
    for (size_t i = 0; i < after->judgement.findings.count; i++) {
        const struct finding *f = after->judgement.findings.items[i];
        const struct finding *old = find(&before->judgement, f);
        if ((!old || old->severity < f->severity) && !str_is(then_found, f->rule->id))
            return arena_printf(a, "%s is found at " STR_FMT ", which was not there before",
                                f->rule->id, STR_ARG(f->path))
                .p;
    }
    return NULL;
}

const char *world_prove(const struct world *before, const struct world *after,
                        struct str then_found, struct arena *a)
{
    if (after->unreadable && !before->unreadable)
        return "the result cannot be read";
    const char *why = prove_values(before, a);
    if (!why)
        why = prove_text(before, a);
    if (!why)
        why = prove_findings(before, after, then_found, a);
    if (!why && !str_eq(after->rewrite.result, before->rewrite.result))
        why = "a second time there is still something to do";
    return why;
}
