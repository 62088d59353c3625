/* SPDX-License-Identifier: Apache-2.0
 *
 * Grows a document tree. Small maps are searched by comparing keys, large ones by a hash, so that a
 * map of 100,000 keys stays linear.
 */
#include "base/doc_build.h"

void doc_build_init(struct doc_builder *b, struct arena *a, struct doc_root *root)
{
    b->arena = a;
    b->root = root;
    b->duplicate_cap = 0;
    b->nodes = 0;
    b->depth = 0;
}

void doc_build_done(struct doc_builder *b)
{
    while (b->depth)
        map_done(&b->frames[--b->depth].by_key);
}

static inline bool same_key(struct str a, struct str b)
{
    return a.n == b.n && (a.n == 0 || (a.p[0] == b.p[0] && memcmp(a.p, b.p, a.n) == 0));
}

static struct doc *find(struct doc_frame *f, struct str key)
{
    if (f->by_key.cap)
        return map_get(&f->by_key, key);
    for (struct doc *c = f->node->child; c; c = c->next)
        if (same_key(c->key, key))
            return c;
    return NULL;
}

struct doc *doc_build_find(struct doc_builder *b, struct str key)
{
    return find(&b->frames[b->depth - 1], key);
}

/* The second wins, in the place of the first. Copies of the first (aliases) were made by value. */
static struct doc *replace(struct doc_builder *b, struct doc *old, const struct doc_key *key)
{
    if (!old->by_merge_key) {
        struct {
            struct doc_duplicate *items;
            size_t count, cap;
        } v = {b->root->duplicates, b->root->duplicate_count, b->duplicate_cap};
        *PUSH(b->arena, &v) =
            (struct doc_duplicate){.key = key->text, .first = old->key_at, .second = key->at};
        b->root->duplicates = v.items;
        b->root->duplicate_count = v.count;
        b->duplicate_cap = v.cap;
    }
    *old = (struct doc){.next = old->next};
    return old;
}

static void append(struct doc_frame *f, struct doc *n)
{
    if (f->last)
        f->last->next = n;
    else
        f->node->child = n;
    f->last = n;
    f->node->count++;
    if (f->node->type != DOC_MAP || f->node->count < DOC_HASHED_KEYS)
        return;
    if (f->by_key.cap) {
        (void)map_put(&f->by_key, n->key, n);
        return;
    }
    for (struct doc *c = f->node->child; c; c = c->next)
        (void)map_put(&f->by_key, c->key, c);
}

struct doc *doc_build_add(struct doc_builder *b, const struct doc_key *key)
{
    b->nodes++;
    if (!b->depth) {
        struct doc *n = arena_new(b->arena, struct doc);
        b->root->root = n;
        return n;
    }
    struct doc_frame *f = &b->frames[b->depth - 1];
    struct doc *n = NULL;
    bool in_map = f->node->type == DOC_MAP;
    if (in_map) {
        struct doc *old = find(f, key->text);
        if (old)
            n = replace(b, old, key);
    }
    bool is_new = !n;
    if (is_new)
        n = arena_new(b->arena, struct doc);
    if (in_map) {
        n->key = key->text;
        n->key_at = key->at;
        n->key_start = key->start;
    }
    if (is_new)
        append(f, n);
    return n;
}

void doc_build_open(struct doc_builder *b, struct doc *n)
{
    b->frames[b->depth++] = (struct doc_frame){.node = n};
}

void doc_build_close(struct doc_builder *b)
{
    map_done(&b->frames[--b->depth].by_key);
}
