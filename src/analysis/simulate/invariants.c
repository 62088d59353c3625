/* SPDX-License-Identifier: Apache-2.0
 *
 * What holds after every event, counted anew from the whole state: sim_options.check asks for it. A
 * release build has no assertions, hence the UNUSED.
 */
#include <assert.h>

#include "analysis/simulate/internal.h"

/* No run of a test world comes near it: a run that does not end is found here. */
enum { EVENTS_MOST = 10000000 };

static UNUSED bool holds_memory(const struct run_pod *p)
{
    return p->state == POD_RUNNING || p->state == POD_STARTING;
}

/* Levels are never negative, what is down holds nothing, and no container was over its limit a
 * moment ago. */
static void check_containers(const struct sim_runner *r, uint32_t pod)
{
    const struct run_pod *p = &r->pods.items[pod];
    uint32_t down = 0;
    for (uint32_t k = 0; k < pod_world(r, pod)->container_count; k++) {
        const struct run_container *c = &r->containers.items[p->container + k];
        int64_t limit UNUSED = r->world->containers[pod_world(r, pod)->container + k].limit;
        int64_t level UNUSED = container_level(c, r->now - 1);
        assert(c->from >= 0 && c->to >= 0 && container_level(c, r->now) >= 0);
        assert(!c->down || container_level(c, r->now) == 0);
        /* A line that begins now does not tell what was before: the node is looked at later in
         * this millisecond. */
        assert(!limit || r->nodes[p->node].lost || c->from_ms == r->now || level <= limit);
        down += c->down;
    }
    assert(down == p->down);
}

/* Its list is whole and holds what the scheduler thinks is there. */
static void check_node(const struct sim_runner *r, uint32_t node, uint8_t *seen)
{
    const struct run_node *n = &r->nodes[node];
    uint32_t prev UNUSED = NO_POD;
    for (uint32_t p = n->first_pod; p != NO_POD; p = r->pods.items[p].next) {
        const struct run_pod *x UNUSED = &r->pods.items[p];
        assert(x->node == (int32_t)node && x->prev == prev);
        assert(holds_memory(x) && seen[p] == 0);
        assert(schedule_pod_node(r->schedule, p) == (int32_t)node);
        assert(!x->ready || !n->lost);
        if (n->active && !r->weightless)
            check_containers(r, p);
        seen[p] = 1;
        prev = p;
    }
    for (size_t k = 0; k < schedule_resource_count(r->schedule); k++) {
        int64_t sum = 0;
        for (uint32_t p = n->first_pod; p != NO_POD; p = r->pods.items[p].next)
            sum += schedule_pod_request(r->schedule, p, k);
        assert(sum == schedule_requested(r->schedule, node, k));
    }
}

/* A node that nothing has happened to runs what it ran. */
static void check_resting(const struct sim_runner *r, uint32_t node)
{
    uint32_t p = r->nodes[node].first_pod, q = r->world->nodes[node].first_pod;
    for (; p == q && p != NO_POD; p = r->pods.items[p].next, q = r->world->pods[q].next)
        assert(r->pods.items[p].state == POD_RUNNING && r->pods.items[p].generation == 0);
    assert(p == q);
}

static void check_pods(const struct sim_runner *r, const uint8_t *seen UNUSED, uint8_t *waits)
{
    for (size_t i = 0; i < r->pending.count; i++) {
        assert(!waits[r->pending.items[i]]);
        waits[r->pending.items[i]] = 1;
    }
    for (uint32_t p = 0; p < r->pods.count; p++) {
        const struct run_pod *x UNUSED = &r->pods.items[p];
        assert(seen[p] == holds_memory(x));
        assert(seen[p] == (schedule_pod_node(r->schedule, p) != NO_NODE));
        assert(!waits[p] || x->state == POD_PENDING);
        assert(!x->ready || x->state == POD_RUNNING);
    }
}

static void check_workloads(const struct sim_runner *r, int64_t *healthy)
{
    for (uint32_t p = 0; p < r->pods.count; p++)
        healthy[pod_world(r, p)->workload] += r->pods.items[p].ready;
    for (uint32_t i = 0; i < r->world->workload_count; i++)
        assert(healthy[i] == r->workloads[i].healthy);
}

void run_check(const struct sim_runner *r)
{
    CLEANUP(arena_done) struct arena a;
    arena_init(&a);
    uint8_t *seen = arena_array(&a, uint8_t, r->pods.count);
    assert(r->out->events < EVENTS_MOST);
    for (uint32_t i = 0; i < r->world->node_count; i++) {
        check_node(r, i, seen);
        if (!r->nodes[i].active)
            check_resting(r, i);
    }
    check_pods(r, seen, arena_array(&a, uint8_t, r->pods.count));
    check_workloads(r, arena_array(&a, int64_t, r->world->workload_count));
}
