/* SPDX-License-Identifier: Apache-2.0
 *
 * Interned strings, label sets, selectors, namespaces and topology keys: everything that is
 * compared again and again becomes a number once.
 */
#include "analysis/schedule/internal.h"

name_id name_find(const struct schedule *s, struct str text)
{
    return (name_id)(uintptr_t)map_get(&s->names, text);
}

name_id name_of(struct schedule *s, struct str text)
{
    name_id id = name_find(s, text);
    if (id)
        return id;
    struct str copy = arena_str(s->a, text);
    *PUSH(s->a, &s->texts) = copy;
    id = (name_id)s->texts.count - 1;
    map_put(&s->names, copy, (void *)(uintptr_t)id);
    return id;
}

uint32_t key_index(struct schedule *s, const uint64_t *words, size_t count, uint32_t next,
                   bool *ret_new)
{
    struct str key = {(const char *)words, count * sizeof(*words)};
    uintptr_t found = (uintptr_t)map_get(&s->keys, key);
    *ret_new = found == 0;
    if (found)
        return (uint32_t)(found - 1);
    map_put(&s->keys, arena_str(s->a, key), (void *)(uintptr_t)(next + (uintptr_t)1));
    return next;
}

static int label_cmp(const void *a, const void *b)
{
    const struct label_c *x = a, *y = b;
    return (x->key > y->key) - (x->key < y->key);
}

struct label_set labels_compile(struct schedule *s, const struct labels *l, bool relevant_only)
{
    struct label_set out = {0, arena_array(s->a, struct label_c, l->count)};
    for (size_t i = 0; i < l->count; i++) {
        name_id key = relevant_only ? name_find(s, l->items[i].key) : name_of(s, l->items[i].key);
        if (relevant_only && (key >= s->relevant_cap || !s->relevant[key]))
            continue;
        out.items[out.count++] = (struct label_c){key, name_of(s, l->items[i].value)};
    }
    qsort(out.items, out.count, sizeof(*out.items), label_cmp);
    return out;
}

/* ---- selectors ---- */

static uint32_t selector_intern(struct schedule *s, const struct selector *sel)
{
    size_t words = 3;
    for (uint32_t i = 0; i < sel->count; i++)
        words += 3 + sel->reqs[i].count;
    uint64_t *w = arena_array(&s->scratch, uint64_t, words);
    size_t n = 0;
    w[n++] = 'S';
    w[n++] = sel->nothing;
    w[n++] = sel->count;
    for (uint32_t i = 0; i < sel->count; i++) {
        w[n++] = sel->reqs[i].key;
        w[n++] = sel->reqs[i].op;
        w[n++] = sel->reqs[i].count;
        for (uint32_t k = 0; k < sel->reqs[i].count; k++)
            w[n++] = sel->reqs[i].values[k];
    }
    bool is_new;
    uint32_t id = key_index(s, w, n, (uint32_t)s->selectors.count, &is_new);
    if (is_new)
        *PUSH(s->a, &s->selectors) = *sel;
    return id;
}

static struct requirement_c requirement_equals(struct schedule *s, const struct label *l)
{
    struct requirement_c r = {name_of(s, l->key), SEL_IN, 1, arena_array(s->a, name_id, 1)};
    r.values[0] = name_of(s, l->value);
    return r;
}

/* As metav1.LabelSelectorAsSelector: an operator that is unknown, In or NotIn without values, Exists
 * with values: the selector cannot be parsed. */
static bool requirement_compile(struct schedule *s, const struct requirement *r,
                                struct requirement_c *ret)
{
    bool set = r->op == SEL_IN || r->op == SEL_NOT_IN;
    if ((!set && r->op != SEL_EXISTS && r->op != SEL_NOT_EXISTS) || set != (r->values.count > 0))
        return false;
    *ret = (struct requirement_c){name_of(s, r->key), (uint8_t)r->op, (uint32_t)r->values.count,
                                  arena_array(s->a, name_id, r->values.count)};
    for (size_t i = 0; i < r->values.count; i++)
        ret->values[i] = name_of(s, r->values.items[i]);
    return true;
}

uint32_t selector_compile(struct schedule *s, const struct label_selector *l)
{
    struct selector out = {.nothing = !l->present};
    size_t max = l->present ? l->match_labels.count + l->expressions.count : 0;
    out.reqs = arena_array(s->a, struct requirement_c, max);
    for (size_t i = 0; l->present && i < l->match_labels.count; i++)
        out.reqs[out.count++] = requirement_equals(s, &l->match_labels.items[i]);
    for (size_t i = 0; l->present && !out.nothing && i < l->expressions.count; i++)
        out.nothing = !requirement_compile(s, &l->expressions.items[i], &out.reqs[out.count++]);
    if (out.nothing)
        out.count = 0;
    return selector_intern(s, &out);
}

uint32_t selector_of_labels(struct schedule *s, const struct labels *l)
{
    struct label_selector sel = {.present = true, .match_labels = *l};
    return selector_compile(s, &sel);
}

uint32_t selector_join(struct schedule *s, uint32_t a, uint32_t b)
{
    const struct selector x = s->selectors.items[a], y = s->selectors.items[b];
    struct selector out = {.nothing = x.nothing || y.nothing};
    if (!out.nothing) {
        out.count = x.count + y.count;
        out.reqs = arena_array(s->a, struct requirement_c, out.count);
        for (uint32_t i = 0; i < out.count; i++)
            out.reqs[i] = i < x.count ? x.reqs[i] : y.reqs[i - x.count];
    }
    return selector_intern(s, &out);
}

bool selector_is_empty(const struct schedule *s, uint32_t selector)
{
    return !s->selectors.items[selector].nothing && s->selectors.items[selector].count == 0;
}

static bool requirement_match(const struct requirement_c *r, const struct label_set *l)
{
    name_id value = 0;
    for (uint32_t i = 0; i < l->count && !value; i++) {
        if (l->items[i].key == r->key)
            value = l->items[i].value;
    }
    if (r->op == SEL_EXISTS || r->op == SEL_NOT_EXISTS)
        return (value != 0) == (r->op == SEL_EXISTS);
    for (uint32_t i = 0; value && i < r->count; i++) {
        if (r->values[i] == value)
            return r->op == SEL_IN;
    }
    return r->op == SEL_NOT_IN;
}

bool selector_match(const struct schedule *s, uint32_t selector, const struct label_set *l)
{
    const struct selector *sel = &s->selectors.items[selector];
    if (sel->nothing)
        return false;
    for (uint32_t i = 0; i < sel->count; i++) {
        if (!requirement_match(&sel->reqs[i], l))
            return false;
    }
    return true;
}

/* ---- namespaces and topology keys ---- */

uint32_t space_of(struct schedule *s, struct str name)
{
    uint64_t words[2] = {'N', name_of(s, name)};
    bool is_new;
    uint32_t id = key_index(s, words, 2, (uint32_t)s->spaces.count, &is_new);
    if (is_new)
        *PUSH(s->a, &s->spaces) = (struct space){.name = (name_id)words[1]};
    return id;
}

uint32_t topo_of(struct schedule *s, struct str key)
{
    uint64_t words[2] = {'T', name_of(s, key)};
    bool is_new;
    uint32_t id = key_index(s, words, 2, (uint32_t)s->topos.count, &is_new);
    if (!is_new)
        return id;
    struct topo t = {.key = (name_id)words[1], .empty_value = -1};
    uint32_t labelled = 0;
    t.value = arena_array(s->a, int32_t, s->node_count);
    t.slot = arena_array(s->a, int32_t, s->node_count);
    for (uint32_t n = 0; n < s->node_count; n++) {
        const struct label *l = labels_find(&s->nodes[n]->o.labels, key);
        t.value[n] = -1;
        if (!l)
            continue;
        uint64_t value[3] = {'V', id, name_of(s, l->value)};
        t.value[n] = (int32_t)key_index(s, value, 3, t.value_count, &is_new);
        t.value_count += is_new;
        labelled++;
        if (l->value.n == 0)
            t.empty_value = t.value[n];
    }
    for (uint32_t n = 0; n < s->node_count; n++)
        t.slot[n] = t.value[n] >= 0 ? t.value[n] : (int32_t)t.value_count;
    t.by_node = t.value_count > BY_NODE_FROM && t.value_count == labelled;
    *PUSH(s->a, &s->topos) = t;
    return id;
}

uint32_t topo_size(const struct schedule *s, uint32_t topo)
{
    return topo == TOPO_NODE ? s->node_count : s->topos.items[topo].value_count;
}
