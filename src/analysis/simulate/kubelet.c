/* SPDX-License-Identifier: Apache-2.0
 *
 * The kubelet's node-pressure eviction as pkg/kubelet/eviction/eviction_manager.go synchronize: it
 * looks every 10 s, evicts one pod, waits until that is gone and looks again.
 */
#include "analysis/simulate/internal.h"

void kubelet_poll_later(struct sim_runner *r, uint32_t node)
{
    const struct sim_node *wn = &r->world->nodes[node];
    if (r->world->options.node_pressure == NODE_PRESSURE_THRASH) {
        note_trouble(
            r,
            (struct sim_event){.type = SIM_THRASHED,
                               .node = (int32_t)node,
                               .pod = NO_INDEX32,
                               .container = NO_INDEX32,
                               .bytes = node_level(r, node, r->now) + wn->system,
                               .of_bytes = wn->capacity - wn->unaccounted - wn->evict_below},
            node);
        node_lose(r, node, true);
        return;
    }
    r->nodes[node].polling = true;
    plan(r, (r->now + EVICTION_POLL_MS - 1) / EVICTION_POLL_MS * EVICTION_POLL_MS, TODO_POLL, node,
         0);
}

/* The pod that goes first, or NO_POD when none may. */
static uint32_t choose_victim(struct sim_runner *r, uint32_t node)
{
    uint32_t count = 0, victim = NO_POD;
    for (uint32_t p = r->nodes[node].first_pod; p != NO_POD; p = r->pods.items[p].next)
        count++;
    struct eviction_candidate *list = arena_array(&r->scratch, struct eviction_candidate, count);
    count = 0;
    for (uint32_t p = r->nodes[node].first_pod; p != NO_POD; p = r->pods.items[p].next) {
        const struct sim_pod *wp = pod_world(r, p);
        if (r->pods.items[p].deleting)
            continue;
        list[count++] = (struct eviction_candidate){
            .pod = wp->pod,
            .priority = wp->priority,
            .request = quantity_of_bytes(wp->request),
            .usage = quantity_of_bytes(pod_level(r, p, r->now)),
            .usage_set = true,
            .critical = wp->critical,
            .ctx = &r->pods.items[p],
        };
    }
    eviction_rank_memory(list, count);
    for (uint32_t i = 0; i < count && victim == NO_POD; i++)
        if (!list[i].critical)
            victim = (uint32_t)((struct run_pod *)list[i].ctx - r->pods.items);
    arena_reset(&r->scratch);
    return victim;
}

static void evict(struct sim_runner *r, uint32_t node, uint32_t pod)
{
    const struct sim_node *wn = &r->world->nodes[node];
    struct run_pod *p = &r->pods.items[pod];
    note_trouble(
        r,
        (struct sim_event){.type = SIM_EVICTED,
                           .node = (int32_t)node,
                           .pod = (int32_t)p->origin,
                           .container = NO_INDEX32,
                           .generation = p->generation,
                           .bytes = pod_level(r, pod, r->now),
                           .of_bytes = pod_world(r, pod)->request,
                           .count = wn->capacity - wn->system - node_level(r, node, r->now)},
        node);
    r->out->evicted++;
    p->deleting = true;
    pod_set_ready(r, pod, false);
    pod_failed(r, pod, SIM_EVICTED, NO_INDEX32);
    plan(r, r->now + EVICT_GRACE_MS, TODO_FREED, pod, 0);
    /* Waits for the clean-up (polled every second), then looks again at once. */
    r->nodes[node].polling = true;
    plan(r, r->now + EVICT_GRACE_MS + SECOND, TODO_POLL, node, 0);
}

void kubelet_poll(struct sim_runner *r, uint32_t node)
{
    struct run_node *n = &r->nodes[node];
    n->polling = false;
    if (n->lost || n->stopped)
        return;
    if (level_trouble(&r->world->nodes[node], node_level(r, node, r->now)) != TROUBLE_PRESSURE) {
        node_check(r, node);
        return;
    }
    n->seen_ms = r->now;
    if (!n->pressure) {
        const struct sim_node *wn = &r->world->nodes[node];
        n->pressure = true;
        note_trouble(
            r,
            (struct sim_event){.type = SIM_PRESSURE,
                               .node = (int32_t)node,
                               .pod = NO_INDEX32,
                               .container = NO_INDEX32,
                               .bytes = wn->capacity - wn->system - node_level(r, node, r->now),
                               .of_bytes = wn->evict_below},
            node);
        node_close(r, node, CLOSED_PRESSURE, true);
        plan(r, r->now + PRESSURE_TRANSITION_MS, TODO_PRESSURE_END, node, 0);
    }
    uint32_t victim = choose_victim(r, node);
    if (victim == NO_POD) {
        n->gave_up = true;
        note(r, (struct sim_event){.type = SIM_NO_VICTIM,
                                   .node = (int32_t)node,
                                   .pod = NO_INDEX32,
                                   .container = NO_INDEX32});
    } else {
        evict(r, node, victim);
    }
    node_check(r, node);
}

void kubelet_pressure_end(struct sim_runner *r, uint32_t node)
{
    struct run_node *n = &r->nodes[node];
    if (n->lost || !n->pressure)
        return;
    if (level_trouble(&r->world->nodes[node], node_level(r, node, r->now)) == TROUBLE_PRESSURE &&
        !n->gave_up)
        n->seen_ms = r->now;
    if (r->now - n->seen_ms < PRESSURE_TRANSITION_MS) {
        plan(r, n->seen_ms + PRESSURE_TRANSITION_MS, TODO_PRESSURE_END, node, 0);
        return;
    }
    n->pressure = false;
    note(r, (struct sim_event){.type = SIM_PRESSURE_END,
                               .node = (int32_t)node,
                               .pod = NO_INDEX32,
                               .container = NO_INDEX32});
    node_close(r, node, CLOSED_PRESSURE, false);
}
