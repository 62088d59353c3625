/* SPDX-License-Identifier: Apache-2.0
 *
 * Counters: how many bound pods of the classes that are members lie at each value of a topology
 * key. What upstream counts anew in every PreFilter and PreScore is kept up to date here.
 */
#include "analysis/schedule/internal.h"

uint32_t counter_new(struct schedule *s, uint32_t topo, const uint8_t *include, bool domains)
{
    struct counter c = {.topo = topo, .include = include};
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

void counter_add(const struct schedule *s, struct counter *c, uint32_t node, int32_t weight,
                 int32_t matches)
{
    int32_t v = topo_value(s, c->topo, node);
    if (v < 0 || (c->include && !c->include[node]))
        return;
    int32_t before = c->counts[v];
    c->counts[v] = before + weight;
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
    return v < 0 ? 0 : c->counts[v];
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
