/* SPDX-License-Identifier: Apache-2.0
 *
 * The sets of contingencies that a report goes through.
 */
#include "analysis/simulate/internal.h"

void contingencies_none(struct arena *a, struct contingencies *ret)
{
    *PUSH(a, ret) = (struct contingency){.type = CONTINGENCY_NONE, .name = STR("nothing lost")};
}

static uint32_t *one_node(struct arena *a, uint32_t node)
{
    uint32_t *list = arena_array(a, uint32_t, 1);
    list[0] = node;
    return list;
}

static struct str node_name(const struct sim_world *w, uint32_t node)
{
    return w->nodes[node].node->o.name;
}

void contingencies_n1(struct arena *a, const struct sim_world *w, struct contingencies *ret)
{
    for (uint32_t i = 0; i < w->node_count; i++) {
        if (!w->nodes[i].usable)
            continue;
        *PUSH(a, ret) = (struct contingency){
            .type = CONTINGENCY_LOSE,
            .name = arena_printf(a, "node/" STR_FMT, STR_ARG(node_name(w, i))),
            .nodes = one_node(a, i),
            .node_count = 1,
        };
    }
}

void contingencies_n2(struct arena *a, const struct sim_world *w, struct contingencies *ret)
{
    for (uint32_t i = 0; i < w->node_count; i++)
        for (uint32_t j = i + 1; j < w->node_count; j++) {
            if (!w->nodes[i].usable || !w->nodes[j].usable)
                continue;
            struct contingency *c = PUSH(a, ret);
            c->type = CONTINGENCY_LOSE;
            c->name = arena_printf(a, "node/" STR_FMT "+node/" STR_FMT, STR_ARG(node_name(w, i)),
                                   STR_ARG(node_name(w, j)));
            c->nodes = arena_array(a, uint32_t, 2);
            c->nodes[0] = i;
            c->nodes[1] = j;
            c->node_count = 2;
        }
}

void contingencies_zones(struct arena *a, const struct sim_world *w, struct contingencies *ret)
{
    for (uint32_t z = 1; z < w->zone_count; z++) {
        struct contingency c = {.type = CONTINGENCY_LOSE};
        c.name = arena_printf(a, "zone/" STR_FMT, STR_ARG(w->zones[z]));
        c.nodes = arena_array(a, uint32_t, w->node_count);
        for (uint32_t i = 0; i < w->node_count; i++)
            if (w->nodes[i].zone == z && w->nodes[i].usable)
                c.nodes[c.node_count++] = i;
        if (c.node_count)
            *PUSH(a, ret) = c;
    }
}
