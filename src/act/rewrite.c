/* SPDX-License-Identifier: Apache-2.0
 *
 * Edits are made in rounds, one edit of each object in a round, because an edit moves what stands
 * behind it: the text is read again after each. Then the proof. When it fails, halves of the groups
 * are tried, so that those to blame are left out and the others are made.
 */
#include "act/rewrite.h"

#include "act/rewrite_tree.h"

/* Each reads the text a few times. Files with many groups that fail the proof are not seen. */
enum { MOST_ATTEMPTS = 400 };

struct work {
    struct rewrite *r;
    struct arena *keep;
    struct rewrite_site *sites; /* of each group */
    size_t *order;              /* groups that can be made, by site */
    size_t order_count;
    bool *wanted;   /* per group */
    size_t *next;   /* per group: its next edit */
    size_t culprit; /* of a failed attempt; SIZE_MAX = unknown */
    char why[300];
    int attempts;
};

/* One attempt: its texts and trees. */
struct attempt {
    struct work *w;
    struct arena arena; /* texts, splices, what is expected */
    struct arena trees; /* of the text at work: reset when it changes */
    struct str text;
    bool made_list; /* the text, one object in JSON, is a List by now */
    struct rewrite_docs docs;
    struct {
        struct splice *items;
        size_t count, cap;
    } splices;
};

static int fail(struct work *w, size_t culprit, const char *why)
{
    w->culprit = culprit;
    snprintf(w->why, sizeof(w->why), "%s", why);
    return -EINVAL;
}

static bool same_site(const struct work *w, size_t a, size_t b)
{
    return w->sites[a].document == w->sites[b].document && w->sites[a].item == w->sites[b].item;
}

static struct rewrite_site site_of(const struct attempt *t, size_t g)
{
    return t->made_list ? (struct rewrite_site){0, 0} : t->w->sites[g];
}

/* The next change of bytes of a group, or 0 when its edits of fields are all made. */
static int next_splice(struct attempt *t, size_t g, struct splice *ret)
{
    struct work *w = t->w;
    const struct rewrite_group *group = &w->r->groups[g];
    struct err e = {0};
    while (w->next[g] < group->count) {
        const struct edit *edit = &group->edits[w->next[g]++];
        const struct doc *object = rewrite_object(&t->docs, w->sites[g]);
        if (edit->op == EDIT_ADD)
            continue;
        if (!object)
            return fail(w, SIZE_MAX, "the object is lost on the way");
        int r = edit_splice(edit, object, t->text, &t->arena, ret, &e);
        if (r < 0)
            return fail(w, g, e.msg);
        if (r > 0)
            return 1;
    }
    return 0;
}

/* One change of each object. */
static int collect_round(struct attempt *t)
{
    struct work *w = t->w;
    bool busy = false;
    for (size_t i = 0; i < w->order_count; i++) {
        size_t g = w->order[i];
        struct splice s;
        busy = busy && i > 0 && same_site(w, g, w->order[i - 1]);
        if (busy || !w->wanted[g])
            continue;
        int r = next_splice(t, g, &s);
        if (r < 0)
            return r;
        if (r > 0) {
            *PUSH(&t->arena, &t->splices) = s;
            busy = true;
        }
    }
    return 0;
}

static int collect_added(struct attempt *t)
{
    struct work *w = t->w;
    for (size_t i = 0; i < w->order_count; i++) {
        size_t g = w->order[i];
        const struct rewrite_group *group = &w->r->groups[g];
        for (size_t k = 0; w->wanted[g] && k < group->count; k++) {
            struct rewrite_site at = site_of(t, g);
            struct edit_site site = {.text = t->text, .dashes = t->docs.dashes};
            struct splice s = {0};
            struct err e = {0};
            if (group->edits[k].op != EDIT_ADD)
                continue;
            if (!rewrite_object(&t->docs, at))
                return fail(w, SIZE_MAX, "the object is lost on the way");
            site.document = &t->docs.items[at.document].root;
            site.item = at.item < 0 ? NULL : rewrite_object(&t->docs, at);
            if (edit_add_splice(&group->edits[k], &site, &t->arena, &s, &e) < 0)
                return fail(w, g, e.msg);
            *PUSH(&t->arena, &t->splices) = s;
        }
    }
    return 0;
}

static bool overlap(const struct attempt *t)
{
    for (size_t i = 0; i < t->splices.count; i++)
        for (size_t k = i + 1; k < t->splices.count && k < i + 2; k++)
            if (t->splices.items[k].start < t->splices.items[i].end)
                return true;
    return false;
}

static int read_again(struct attempt *t)
{
    struct err e = {0};
    arena_reset(&t->trees);
    if (rewrite_read(t->w->r->name, t->text, &t->trees, &t->docs, &e) < 0)
        return fail(t->w, SIZE_MAX, "the layout around it is one that plimsoll cannot edit");
    return 0;
}

static int apply(struct attempt *t)
{
    struct buf out CLEANUP(buf_done);
    buf_init(&out, 2 * REWRITE_MAX_BYTES);
    splices_apply(t->text, t->splices.items, t->splices.count, &out);
    if (overlap(t) || out.overflow)
        return fail(t->w, SIZE_MAX, "two changes meet in one place");
    t->text = arena_str(&t->arena, buf_str(&out));
    t->splices.count = 0;
    return read_again(t);
}

static bool wants_list(const struct attempt *t)
{
    const struct work *w = t->w;
    if (!rewrite_is_lone_json(&t->docs, t->text))
        return false;
    for (size_t i = 0; i < w->order_count; i++)
        for (size_t k = 0; w->wanted[w->order[i]] && k < w->r->groups[w->order[i]].count; k++)
            if (w->r->groups[w->order[i]].edits[k].op == EDIT_ADD)
                return true;
    return false;
}

static int make_list(struct attempt *t)
{
    struct splice around[2];
    edit_list_splices(t->docs.items[0].root.root, t->text, around);
    for (size_t i = 0; i < ARRAY_LEN(around); i++)
        *PUSH(&t->arena, &t->splices) = around[i];
    t->made_list = true;
    return apply(t);
}

static int make_edits(struct attempt *t)
{
    int r = read_again(t);
    while (r == 0) {
        r = collect_round(t);
        if (r < 0 || t->splices.count == 0)
            break;
        r = apply(t);
    }
    if (r == 0 && wants_list(t))
        r = make_list(t);
    if (r == 0)
        r = collect_added(t);
    return r < 0 || t->splices.count == 0 ? r : apply(t);
}

static int prove(struct attempt *t)
{
    struct work *w = t->w;
    struct rewrite_docs expected;
    struct rewrite_added added = {0};
    struct err e = {0};
    bool shared;
    if (rewrite_read(w->r->name, w->r->text, &t->arena, &expected, &e) < 0)
        return fail(w, SIZE_MAX, e.msg);
    if (t->made_list && rewrite_make_list(&expected, &t->arena) < 0)
        return fail(w, SIZE_MAX, "it cannot be made a List");
    for (size_t i = 0; i < w->order_count; i++) {
        size_t g = w->order[i];
        if (w->wanted[g] &&
            rewrite_expect(&expected, site_of(t, g), &w->r->groups[g], &t->arena, &added) < 0)
            return fail(w, g, "what is there is of another type");
    }
    struct buf path CLEANUP(buf_done);
    buf_init(&path, 4096);
    if (rewrite_proves(&expected, &added, &t->docs, &path, &shared))
        return 0;
    char why[300];
    snprintf(why, sizeof(why), "%s%.*s%s",
             shared ? "the same lines also stand for " : "the change would touch ",
             (int)MIN(path.n, 120), path.n ? path.p : "", shared ? " (a YAML anchor)" : ", too");
    return fail(w, SIZE_MAX,
                path.n ? why : "the layout around it is one that plimsoll cannot edit");
}

/* Makes the groups that are wanted. 0 with *ret, or -EINVAL with w->culprit and w->why. */
static int try(struct work *w, struct str *ret)
{
    struct attempt t = {.w = w, .text = w->r->text};
    arena_init(&t.arena);
    arena_init(&t.trees);
    memset(w->next, 0, w->r->count * sizeof(*w->next));
    int r = make_edits(&t);
    if (r == 0)
        r = prove(&t);
    if (r == 0)
        *ret = arena_str(w->keep, t.text);
    arena_done(&t.trees);
    arena_done(&t.arena);
    w->attempts++;
    return r;
}

static void refuse(struct work *w, size_t g, const char *why)
{
    w->wanted[g] = false;
    w->r->groups[g].reason = arena_str(w->keep, str_of(why));
}

/* Adds the groups of order[from, to) to those that are made, as far as they stand the proof. */
static void settle(struct work *w, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++)
        w->wanted[w->order[i]] = str_empty(w->r->groups[w->order[i]].reason);
    while (w->attempts < MOST_ATTEMPTS) {
        if (try(w, &w->r->result) == 0)
            return;
        if (w->culprit == SIZE_MAX)
            break;
        refuse(w, w->culprit, w->why);
    }
    if (w->attempts >= MOST_ATTEMPTS)
        snprintf(w->why, sizeof(w->why), "too much in this file cannot be edited");
    if (to - from == 1 || w->attempts >= MOST_ATTEMPTS) {
        for (size_t i = from; i < to; i++)
            if (w->wanted[w->order[i]])
                refuse(w, w->order[i], w->why);
        return;
    }
    for (size_t i = from; i < to; i++)
        w->wanted[w->order[i]] = false;
    size_t mid = from + (to - from) / 2;
    settle(w, from, mid);
    settle(w, mid, to);
}

/* ---- what is refused beforehand ---- */

static const char *refused_object(const struct rewrite_group *g)
{
    const struct object *o = g->edits[0].object;
    if (!o)
        return "it is about no object of the file";
    if (o->uid.n)
        return "it is a recording of what runs in a cluster (it has a uid): fix its manifest";
    if (o->start == 0 && o->end == 0)
        return "the file is larger than what is edited (8 MiB of JSON)";
    return NULL;
}

static void refuse_all(struct rewrite *r, struct str why)
{
    for (size_t i = 0; i < r->count; i++)
        if (str_empty(r->groups[i].reason))
            r->groups[i].reason = why;
}

/* Why no edit can be made in this text; absent if some can. */
static struct str refused_text(const struct rewrite *r, const struct rewrite_docs *d,
                               struct arena *a)
{
    bool utf16 =
        r->text.n >= 2 && (!memcmp(r->text.p, "\xff\xfe", 2) || !memcmp(r->text.p, "\xfe\xff", 2));
    if (utf16)
        return STR("the file is UTF-16: only UTF-8 is edited");
    for (size_t i = 0; i < d->count; i++) {
        struct str source = d->items[i].root.source;
        if (str_find(source, "/templates/") >= 0 || str_find(source, "/crds/") >= 0)
            return arena_printf(a, "Helm made it from " STR_FMT ": fix the template there",
                                STR_ARG(source));
    }
    return STR_NONE;
}

static int by_site(const struct work *w, size_t a, size_t b)
{
    const struct rewrite_site *x = &w->sites[a], *y = &w->sites[b];
    if (x->document != y->document)
        return x->document < y->document ? -1 : 1;
    return x->item == y->item ? 0 : x->item < y->item ? -1 : 1;
}

/* Groups come by file and line, so they are nearly sorted. */
static void sort_order(struct work *w)
{
    for (size_t i = 1; i < w->order_count; i++) {
        size_t g = w->order[i], k = i;
        for (; k > 0 && by_site(w, w->order[k - 1], g) > 0; k--)
            w->order[k] = w->order[k - 1];
        w->order[k] = g;
    }
}

static void find_sites(struct work *w, const struct rewrite_docs *d)
{
    for (size_t g = 0; g < w->r->count; g++) {
        const char *why = refused_object(&w->r->groups[g]);
        if (!why && rewrite_find(d, w->r->groups[g].edits[0].object, &w->sites[g]) < 0)
            why = "the file has changed since it was read";
        if (why)
            refuse(w, g, why);
        else
            w->order[w->order_count++] = g;
    }
    sort_order(w);
}

void rewrite_text(struct rewrite *r, struct arena *a)
{
    struct arena trees CLEANUP(arena_done);
    struct rewrite_docs docs;
    struct err e = {0};
    struct work w = {.r = r, .keep = a};
    arena_init(&trees);
    r->result = r->text;
    if (r->text.n > REWRITE_MAX_BYTES) {
        refuse_all(r, STR("the file is larger than 64 MiB"));
        return;
    }
    if (rewrite_read(r->name, r->text, &trees, &docs, &e) < 0) {
        refuse_all(r, arena_printf(a, "a document of the file cannot be read: %s", e.msg));
        return;
    }
    struct str why = refused_text(r, &docs, a);
    if (why.p) {
        refuse_all(r, why);
        return;
    }
    w.sites = arena_array(a, struct rewrite_site, r->count);
    w.order = arena_array(a, size_t, r->count);
    w.wanted = arena_array(a, bool, r->count);
    w.next = arena_array(a, size_t, r->count);
    find_sites(&w, &docs);
    if (w.order_count)
        settle(&w, 0, w.order_count);
    /* A group may have been refused after a result with it. */
    if (w.order_count && try(&w, &r->result) < 0) {
        refuse_all(r, arena_str(a, str_of(w.why)));
        r->result = r->text;
        return;
    }
    for (size_t g = 0; g < r->count; g++)
        r->groups[g].done = w.wanted[g];
}
