/* SPDX-License-Identifier: Apache-2.0
 *
 * Usage without any event: what each node has in its pods at a factor, which nodes are over a bound
 * at that, and contingencies that come to nothing more.
 *
 * It is asked for at every factor of a search and for every draw of Monte Carlo, so the containers lie
 * here once more, node by node, with nothing but what the sum needs.
 */
#include "analysis/simulate/internal.h"

int64_t base_of_pod(const struct sim_runner *r, const struct sim_pod *p)
{
    int64_t sum = 0;
    for (uint32_t k = 0; k < p->container_count; k++)
        sum += scaled_usage(r, p->container + k);
    return sum;
}

/* Which container lies where does not change. */
static void lay_out(struct sim_runner *r)
{
    const struct sim_world *w = r->world;
    uint32_t count = 0;
    r->base_items = arena_array(r->arena, struct base_item, w->container_count);
    r->base_end = arena_array(r->arena, uint32_t, w->node_count);
    for (uint32_t n = 0; n < w->node_count; n++) {
        for (uint32_t p = w->nodes[n].first_pod; p != NO_POD; p = w->pods[p].next) {
            for (uint32_t k = 0; k < w->pods[p].container_count; k++)
                r->base_items[count++].container = w->pods[p].container + k;
            if (w->pods[p].limit)
                *PUSH(r->arena, &r->bounded) = p;
        }
        r->base_end[n] = count;
    }
}

static void fill(struct sim_runner *r)
{
    const struct sim_world *w = r->world;
    uint32_t count = w->node_count ? r->base_end[w->node_count - 1] : 0;
    for (uint32_t i = 0; i < count; i++) {
        const struct sim_container *c = &w->containers[r->base_items[i].container];
        r->base_items[i].usage = c->usage;
        r->base_items[i].limit = c->limit;
        r->base_items[i].elastic = (uint32_t)c->elastic;
    }
    r->base_filled = true;
}

void sim_runner_forget(struct sim_runner *r)
{
    r->base_factor = NO_FACTOR;
    r->base_filled = false;
}

void base_make(struct sim_runner *r, int64_t factor)
{
    const struct sim_world *w = r->world;
    int64_t load = w->options.surge_permyriad;
    uint32_t i = 0, b = 0;
    if (r->base_factor == factor)
        return;
    if (!r->base_items)
        lay_out(r);
    if (!r->base_filled)
        fill(r);
    r->base_factor = factor;
    r->hot.count = 0;
    for (uint32_t n = 0; n < w->node_count; n++) {
        int64_t sum = 0;
        bool pod_over = false;
        for (; i < r->base_end[n]; i++) {
            const struct base_item *x = &r->base_items[i];
            sum += usage_at(x->usage, x->limit, factor, load == FACTOR_ONE ? 0 : x->elastic, load);
        }
        for (; b < r->bounded.count && w->pods[r->bounded.items[b]].node == (int32_t)n; b++) {
            const struct sim_pod *p = &w->pods[r->bounded.items[b]];
            pod_over = pod_over || base_of_pod(r, p) > p->limit;
        }
        r->base[n] = sum;
        if (w->nodes[n].usable && (pod_over || level_trouble(&w->nodes[n], sum) != TROUBLE_NONE))
            *PUSH(r->arena, &r->hot) = n;
    }
    r->hpas_hot = !hpas_at_rest(r);
}

/* An HPA looks at what is lost. */
static bool loses_scaled(const struct sim_world *w, const struct contingency *c)
{
    for (uint32_t i = 0; w->hpas.count && i < c->node_count; i++)
        if (w->nodes[c->nodes[i]].scaled)
            return true;
    return false;
}

bool world_is_still(const struct sim_world *w)
{
    return !w->elastic && !w->leaks.count && !w->growing.count && !w->groups.count;
}

bool contingency_is_quiet(struct sim_runner *r, const struct contingency *c, int64_t factor,
                          const struct landings *l)
{
    const struct sim_world *w = r->world;
    if (c->type != CONTINGENCY_NONE && c->type != CONTINGENCY_LOSE)
        return false;
    if (!world_is_still(w))
        return false;
    base_make(r, factor);
    if (r->hot.count || r->hpas_hot || loses_scaled(w, c))
        return false;
    bool quiet = true;
    for (size_t i = 0; i < l->count; i++) {
        int64_t pod = base_of_pod(r, &w->pods[l->items[i].pod]);
        int64_t bound = w->pods[l->items[i].pod].limit;
        r->base[l->items[i].node] += pod;
        quiet = quiet && (!bound || pod <= bound);
    }
    for (size_t i = 0; i < l->count && quiet; i++) {
        uint32_t n = l->items[i].node;
        quiet = level_trouble(&w->nodes[n], r->base[n]) == TROUBLE_NONE;
    }
    for (size_t i = 0; i < l->count; i++)
        r->base[l->items[i].node] -= base_of_pod(r, &w->pods[l->items[i].pod]);
    return quiet;
}
