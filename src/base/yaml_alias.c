/* SPDX-License-Identifier: Apache-2.0
 *
 * Aliases and merge keys.
 */
#include "base/yaml_alias.h"

void yaml_aliases_done(struct yaml_aliases *y)
{
    map_done(&y->anchors);
    *y = (struct yaml_aliases){0};
}

static void share(struct yaml_aliases *y, struct arena *a, struct doc *n)
{
    if (n->child)
        *PUSH(a, &y->shares) = (struct yaml_share){n, n->child};
}

void yaml_alias_copy(struct yaml_aliases *y, struct arena *a, struct doc *n,
                     const struct yaml_anchor *anchor)
{
    const struct doc *from = &anchor->node;
    n->type = from->type;
    n->quoted = from->quoted;
    n->merged = true;
    n->text = from->text;
    n->count = from->count;
    n->child = from->child;
    share(y, a, n);
}

static void merge_map(struct yaml_aliases *y, struct doc_builder *b, const struct doc *map)
{
    for (const struct doc *c = map->child; c; c = c->next) {
        struct doc *n = doc_build_find(b, c->key);
        if (!n)
            n = doc_build_add(b, c->key, c->key_at, c->key_start);
        struct doc *next = n->next;
        *n = *c;
        n->next = next;
        n->merged = n->by_merge_key = true;
        share(y, b->arena, n);
    }
}

int yaml_merge(struct yaml_aliases *y, struct doc_builder *b, const struct doc *source)
{
    if (source->type == DOC_MAP) {
        merge_map(y, b, source);
        return 0;
    }
    if (source->type != DOC_SEQ)
        return -EINVAL;
    const struct doc **maps = arena_array(b->arena, const struct doc *, source->count);
    size_t n = 0;
    for (const struct doc *c = source->child; c; c = c->next) {
        if (c->type != DOC_MAP)
            return -EINVAL;
        maps[n++] = c;
    }
    while (n)
        merge_map(y, b, maps[--n]);
    return 0;
}

struct copying {
    const struct doc *from;
    struct doc **link; /* where the copy goes */
};

/* A deep copy of a list of siblings. The depth was checked when the alias was read. */
static struct doc *copy_list(struct arena *a, const struct doc *first)
{
    struct doc *result = NULL;
    struct copying stack[DOC_MAX_DEPTH + 1];
    size_t depth = 0;
    stack[depth++] = (struct copying){first, &result};
    while (depth) {
        const struct doc *from = stack[depth - 1].from;
        if (!from) {
            depth--;
            continue;
        }
        struct doc *n = arena_new(a, struct doc);
        *n = *from;
        n->merged = true;
        n->next = n->child = NULL;
        *stack[depth - 1].link = n;
        stack[depth - 1].link = &n->next;
        stack[depth - 1].from = from->next;
        if (from->child)
            stack[depth++] = (struct copying){from->child, &n->child};
    }
    return result;
}

void yaml_aliases_expand(struct yaml_aliases *y, struct arena *a)
{
    /* In the order of the text: what an anchored value contains has been expanded by then. A node
     * that shows other children now was overwritten by a duplicate key. */
    for (size_t i = 0; i < y->shares.count; i++) {
        struct yaml_share *s = &y->shares.items[i];
        if (s->n->child == s->children)
            s->n->child = copy_list(a, s->children);
    }
}
