/* SPDX-License-Identifier: Apache-2.0
 *
 * One node with pods taken away or added, seen by one class: what preemption tries, and what a node
 * is like with the pods that are nominated to it. Nothing else changes. Spread constraints are
 * updated as upstream updates them on removal: without looking at whether the pod is terminating or
 * the selector empty.
 */
#include "analysis/schedule/internal.h"

void node_state_init(struct schedule *s, struct arena *a, const struct class_ *c, uint32_t node,
                     struct node_state *n)
{
    const struct view *v = c->view;
    *n = (struct node_state){.node = node, .a = a};
    for (uint32_t r = 0; r < s->resource_count; r++)
        n->used[r] = s->used[r][node];
    for (size_t i = 0; i < s->ports[node].count; i++)
        *PUSH(a, &n->ports) = s->ports[node].items[i];
    n->hard_delta = arena_array(a, int32_t, v->hard_count);
    n->hard_min_without = arena_array(a, int32_t, v->hard_count);
    for (uint32_t i = 0; i < v->hard_count; i++) {
        const struct hard_spread *h = &v->hard[i];
        n->hard_min_without[i] = counter_min_without(s, &s->counters.items[h->counter],
                                                     s->topos.items[h->topo].value[node]);
    }
    n->affinity_delta = arena_array(a, int32_t, v->affinity.count);
    n->anti_delta = arena_array(a, int32_t, v->anti.count);
    n->existing_delta = arena_array(a, int32_t, v->existing_anti.count);
}

static int32_t *numbers_copy(struct arena *a, const int32_t *from, size_t count)
{
    int32_t *copy = arena_array(a, int32_t, count);
    if (count)
        memcpy(copy, from, count * sizeof(*copy));
    return copy;
}

void node_state_copy(const struct node_state *from, const struct view *v, struct node_state *n)
{
    *n = *from;
    n->ports = (struct port_list){0};
    n->gone = n->added = (struct pod_list){0};
    for (size_t i = 0; i < from->ports.count; i++)
        *PUSH(n->a, &n->ports) = from->ports.items[i];
    for (size_t i = 0; i < from->gone.count; i++)
        *PUSH(n->a, &n->gone) = from->gone.items[i];
    for (size_t i = 0; i < from->added.count; i++)
        *PUSH(n->a, &n->added) = from->added.items[i];
    n->hard_delta = numbers_copy(n->a, from->hard_delta, v->hard_count);
    n->affinity_delta = numbers_copy(n->a, from->affinity_delta, v->affinity.count);
    n->anti_delta = numbers_copy(n->a, from->anti_delta, v->anti.count);
    n->existing_delta = numbers_copy(n->a, from->existing_delta, v->existing_anti.count);
}

static void deltas_add(const struct schedule *s, const struct topo_counters *l, uint32_t node,
                       const struct member *m, int sign, int32_t *delta)
{
    for (size_t i = 0; i < l->count; i++) {
        if (l->items[i].counter == m->counter && topo_value(s, l->items[i].topo, node) >= 0)
            delta[i] += sign * m->weight;
    }
}

static bool list_take(struct pod_list *l, uint32_t pod)
{
    for (size_t i = 0; i < l->count; i++) {
        if (l->items[i] == pod) {
            l->items[i] = l->items[--l->count];
            return true;
        }
    }
    return false;
}

/* Whose volumes have gone or come: one undoes the other. */
static void pods_note(struct node_state *n, uint32_t pod, int sign)
{
    if (!list_take(sign > 0 ? &n->gone : &n->added, pod))
        *PUSH(n->a, sign > 0 ? &n->added : &n->gone) = pod;
}

void node_state_account(const struct schedule *s, const struct class_ *incoming,
                        struct node_state *n, uint32_t pod, int sign)
{
    const struct class_ *c = &s->classes.items[s->pods.items[pod].class_];
    const struct view *v = incoming->view;
    for (uint32_t r = 0; r < s->resource_count; r++)
        n->used[r] += sign * c->request[r];
    if (c->claims.count || c->disks.count || c->attached.count)
        pods_note(n, pod, sign);
    if (sign > 0)
        ports_add(n->a, &n->ports, &c->ports);
    else
        ports_remove(&n->ports, &c->ports);
    for (uint32_t i = 0; i < v->hard_count; i++) {
        const struct hard_spread *h = &v->hard[i];
        if (c->space == incoming->space && h->include[n->node] &&
            selector_match(s, h->selector, &s->shapes.items[c->shape].labels))
            n->hard_delta[i] += sign;
    }
    for (size_t i = 0; i < c->members.count; i++) {
        const struct member *m = &c->members.items[i];
        deltas_add(s, &v->affinity, n->node, m, sign, n->affinity_delta);
        deltas_add(s, &v->anti, n->node, m, sign, n->anti_delta);
        deltas_add(s, &v->existing_anti, n->node, m, sign, n->existing_delta);
    }
}
