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
    b->unwanted = STR_NONE;
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

static inline uint64_t key_bit(struct str key)
{
    if (!key.n)
        return 1;
    unsigned char first = (unsigned char)key.p[0], last = (unsigned char)key.p[key.n - 1];
    return UINT64_C(1) << ((key.n * 7 + first * 13U + last * 29U) & 63);
}

static inline struct doc *find(struct doc_frame *f, struct str key)
{
    if (!(f->seen & key_bit(key)))
        return NULL;
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
static struct doc *replace(struct doc_builder *b, struct doc *old, struct pos key_at)
{
    if (!old->by_merge_key) {
        struct {
            struct doc_duplicate *items;
            size_t count, cap;
        } v = {b->root->duplicates, b->root->duplicate_count, b->duplicate_cap};
        *PUSH(b->arena, &v) =
            (struct doc_duplicate){.key = old->key, .first = old->key_at, .second = key_at};
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
    if (f->node->type == DOC_MAP)
        f->seen |= key_bit(n->key);
    if (f->node->type != DOC_MAP || f->node->count < DOC_HASHED_KEYS)
        return;
    if (f->by_key.cap) {
        (void)map_put(&f->by_key, n->key, n);
        return;
    }
    for (struct doc *c = f->node->child; c; c = c->next)
        (void)map_put(&f->by_key, c->key, c);
}

/* arena_new() without a call where the chunk has room. */
static inline struct doc *new_node(struct arena *a)
{
    if ((uintptr_t)a->next % 8 || (size_t)(a->end - a->next) < sizeof(struct doc))
        return arena_new(a, struct doc);
    struct doc *n = (struct doc *)(void *)a->next;
    a->next += sizeof(*n);
    /* Field by field: for the whole gcc takes "rep stos", which costs more than all else here. */
    n->type = DOC_NULL;
    n->quoted = n->merged = n->by_merge_key = false;
    n->at = n->key_at = (struct pos){0};
    n->key = n->text = STR_NONE;
    n->start = n->end = n->key_start = n->count = 0;
    n->child = n->next = NULL;
    return n;
}

struct doc *doc_build_add(struct doc_builder *b, struct str key, struct pos key_at,
                          size_t key_start)
{
    b->nodes++;
    if (!b->depth) {
        struct doc *n = new_node(b->arena);
        b->root->root = n;
        return n;
    }
    struct doc_frame *f = &b->frames[b->depth - 1];
    struct doc *n = NULL;
    bool in_map = f->node->type == DOC_MAP;
    if (in_map) {
        struct doc *old = find(f, key);
        if (old)
            n = replace(b, old, key_at);
    }
    bool is_new = !n;
    if (is_new)
        n = new_node(b->arena);
    if (in_map) {
        n->key = key;
        n->key_at = key_at;
        n->key_start = key_start;
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
