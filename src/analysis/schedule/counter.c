/* SPDX-License-Identifier: Apache-2.0
 *
 * Counters: how many bound pods of the classes that are members lie at each value of a topology
 * key. What upstream counts anew in every PreFilter and PreScore is kept up to date here.
 */
#include "analysis/schedule/internal.h"

/* More values than that are not counted in an array. */
enum { DENSE_MOST = 256, CELLS_FIRST = 16 };

static struct cell *cell_find(const struct counter *c, int32_t value)
{
    uint32_t mask = c->cells_size - 1, i = (uint32_t)value * UINT32_C(0x9e3779b1) & mask;
    while (c->cells[i].value >= 0 && c->cells[i].value != value)
        i = (i + 1) & mask;
    return &c->cells[i];
}

/* Room for one more; what has become 0 goes. */
static void cells_renew(struct schedule *s, struct counter *c)
{
    const struct cell *old = c->cells;
    uint32_t count = c->cells_size, size = CELLS_FIRST, live = 0;
    for (uint32_t i = 0; i < count; i++)
        live += old[i].value >= 0 && old[i].count;
    while (size / 2 < live + 1)
        size *= 2;
    if (size <= count) {
        struct cell *copy = arena_array(&s->scratch, struct cell, count);
        memcpy(copy, old, count * sizeof(*copy));
        old = copy;
        size = count;
    } else {
        c->cells = arena_array(s->a, struct cell, size);
    }
    for (uint32_t i = 0; i < size; i++)
        c->cells[i] = (struct cell){-1, 0};
    c->cells_size = size;
    c->cells_used = live;
    for (uint32_t i = 0; i < count; i++)
        if (old[i].value >= 0 && old[i].count)
            *cell_find(c, old[i].value) = old[i];
}

static int32_t *count_of(struct schedule *s, struct counter *c, int32_t value)
{
    if (c->counts)
        return &c->counts[value];
    if (4 * (c->cells_used + 1) > 3 * c->cells_size)
        cells_renew(s, c);
    struct cell *cell = cell_find(c, value);
    if (cell->value < 0) {
        cell->value = value;
        c->cells_used++;
    }
    return &cell->count;
}

const int32_t *counter_dense(struct schedule *s, const struct counter *c)
{
    if (c->counts)
        return c->counts;
    if (!s->dense)
        s->dense = arena_array(s->a, int32_t, (size_t)s->node_count + 1);
    memset(s->dense, 0, ((size_t)s->node_count + 1) * sizeof(*s->dense));
    for (uint32_t i = 0; i < c->cells_size; i++)
        if (c->cells[i].value >= 0)
            s->dense[c->cells[i].value] = c->cells[i].count;
    return s->dense;
}

uint32_t counter_new(struct schedule *s, uint32_t topo, const uint8_t *include, bool domains)
{
    struct counter c = {.topo = topo, .include = include, .missing = -1};
    if (domains || topo_size(s, topo) <= DENSE_MOST)
        c.counts = arena_array(s->a, int32_t, (size_t)topo_size(s, topo) + 1);
    if (domains) {
        c.domain_nodes = arena_array(s->a, uint32_t, topo_size(s, topo));
        c.min_stale = true;
        for (uint32_t n = 0; n < s->node_count; n++) {
            int32_t v = topo_value(s, topo, n);
            if (v >= 0 && s->on[n] && (!include || include[n]))
                c.domains += c.domain_nodes[v]++ == 0;
        }
    }
    *PUSH(s->a, &s->counters) = c;
    return (uint32_t)s->counters.count - 1;
}

void counter_add(struct schedule *s, struct counter *c, uint32_t node, int32_t weight,
                 int32_t matches)
{
    int32_t v = topo_value(s, c->topo, node);
    if (v < 0)
        v = c->missing;
    if (v < 0 || (c->include && !c->include[node]))
        return;
    int32_t *count = count_of(s, c, v), before = *count;
    *count = before + weight;
    c->matches += matches;
    if (!c->domain_nodes || c->min_stale)
        return;
    if (before + weight < c->min)
        c->min = before + weight;
    else if (before == c->min)
        c->min_stale = true; /* it may have been the only one */
}

void counter_attach(struct schedule *s, uint32_t counter, struct class_ *c, int32_t weight,
                    int32_t matches)
{
    *PUSH(s->a, &c->members) = (struct member){counter, weight, matches};
    for (uint32_t p = c->first_pod; p != NO_INDEX; p = s->pods.items[p].class_next)
        counter_add(s, &s->counters.items[counter], (uint32_t)s->pods.items[p].node, weight,
                    matches);
}

int32_t counter_min_without(const struct schedule *s, const struct counter *c, int32_t value)
{
    int32_t min = INT32_MAX;
    for (uint32_t v = 0; v < topo_size(s, c->topo); v++) {
        if (c->domain_nodes[v] && (int32_t)v != value && c->counts[v] < min)
            min = c->counts[v];
    }
    return min;
}

int32_t counter_min(const struct schedule *s, struct counter *c)
{
    if (c->min_stale) {
        c->min = counter_min_without(s, c, -1);
        c->min_stale = false;
    }
    return c->min;
}

int32_t counter_at(const struct schedule *s, const struct counter *c, uint32_t node)
{
    int32_t v = topo_value(s, c->topo, node);
    return v < 0 ? 0 : counter_count(c, v);
}

void counter_node_off(const struct schedule *s, struct counter *c, uint32_t node, bool off)
{
    int32_t v = topo_value(s, c->topo, node);
    if (!c->domain_nodes || v < 0 || (c->include && !c->include[node]))
        return;
    if (off)
        c->domains -= --c->domain_nodes[v] == 0;
    else
        c->domains += c->domain_nodes[v]++ == 0;
    c->min_stale = true;
}
