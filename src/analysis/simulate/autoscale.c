/* SPDX-License-Identifier: Apache-2.0
 *
 * The cluster autoscaler, for pods that fit nowhere: every 10 s it tries them on one more node of a
 * group after the other, as the binpacking estimator of cluster-autoscaler/estimator does, and asks
 * for as many as that takes. The nodes are in the world from the beginning, off (prepare.c). It
 * takes none away.
 */
#include "analysis/simulate/internal.h"

enum { SCAN_MS = 10 * SECOND }; /* --scan-interval */

void autoscale_later(struct sim_runner *r)
{
    if (r->world->groups.count == 0 || r->scan_queued || r->pending.count == 0)
        return;
    r->scan_queued = true;
    plan(r, (r->now / SCAN_MS + 1) * SCAN_MS, TODO_SCAN, 0, 0);
}

/* The DaemonSets' pods of the node that it is like come with it. */
static bool comes_along(const struct sim_pod *p)
{
    return p->controller == CONTROLLER_DAEMON && !p->planned;
}

/* ---- how many nodes it takes ---- */

/* Puts a node there in the schedule only, with its DaemonSets' pods. */
static void try_node(struct sim_runner *r, uint32_t node)
{
    const struct sim_world *w = r->world;
    const struct sim_group_of_nodes *g = &w->groups.items[w->nodes[node].planned - 1];
    schedule_node_off(r->schedule, node, false);
    for (uint32_t p = w->nodes[g->like].first_pod; p != NO_POD; p = w->pods[p].next)
        if (comes_along(&w->pods[p]))
            schedule_bind(r->schedule, schedule_clone_pod(r->schedule, p), node);
    *PUSH(r->arena, &r->tried) = node;
}

static void untry_nodes(struct sim_runner *r)
{
    struct schedule *s = r->schedule;
    for (uint32_t p = (uint32_t)r->pods.count; p < schedule_pod_count(s); p++)
        if (schedule_pod_node(s, p) != NO_NODE)
            schedule_unbind(s, p);
    for (size_t i = 0; i < r->pending.count; i++)
        if (schedule_pod_node(s, r->pending.items[i]) != NO_NODE)
            schedule_unbind(s, r->pending.items[i]);
    schedule_forget_clones(s, (uint32_t)r->pods.count);
    for (size_t i = 0; i < r->tried.count; i++)
        schedule_node_off(s, r->tried.items[i], true);
    r->tried.count = 0;
}

/* A node of some group on which the pod fits and that nobody has asked for; NO_NODE = none. */
static int32_t open_for(struct sim_runner *r, uint32_t pod)
{
    const struct sim_world *w = r->world;
    for (size_t g = 0; g < w->groups.count; g++) {
        uint32_t n = w->groups.items[g].first, end = n + w->groups.items[g].count;
        while (n < end && (r->nodes[n].asked || !r->nodes[n].absent))
            n++;
        if (n == end)
            continue;
        size_t before = r->tried.count;
        uint32_t clones = schedule_pod_count(r->schedule);
        try_node(r, n);
        if (schedule_place(r->schedule, pod) == (int32_t)n)
            return (int32_t)n;
        for (uint32_t p = clones; p < schedule_pod_count(r->schedule); p++)
            schedule_unbind(r->schedule, p);
        schedule_forget_clones(r->schedule, clones);
        schedule_node_off(r->schedule, n, true);
        r->tried.count = before;
    }
    return NO_NODE;
}

static void ask_for(struct sim_runner *r, uint32_t node)
{
    const struct sim_world *w = r->world;
    const struct sim_group_of_nodes *g = &w->groups.items[w->nodes[node].planned - 1];
    r->nodes[node].asked = true;
    *PUSH(r->arena, &r->added) = node;
    note_node(r, SIM_NODE_ASKED, node, g->ready_after_ms);
    plan(r, r->now + g->ready_after_ms, TODO_NODE_ADDED, node, 0);
}

void autoscale_scan(struct sim_runner *r)
{
    r->scan_queued = false;
    for (size_t i = 0; i < r->added.count; i++) /* on their way */
        if (r->nodes[r->added.items[i]].absent)
            try_node(r, r->added.items[i]);
    uint8_t *full = arena_array(&r->scratch, uint8_t, schedule_class_count(r->schedule));
    for (size_t i = 0; i < r->pending.count; i++) {
        uint32_t pod = r->pending.items[i], class_ = schedule_pod_class(r->schedule, pod);
        int32_t node = full[class_] ? NO_NODE : schedule_place(r->schedule, pod);
        if (node == NO_NODE && !full[class_]) {
            node = open_for(r, pod);
            if (node != NO_NODE)
                ask_for(r, (uint32_t)node);
        }
        if (node == NO_NODE)
            full[class_] = 1;
        else
            schedule_bind(r->schedule, pod, (uint32_t)node);
    }
    arena_reset(&r->scratch);
    untry_nodes(r);
}

/* ---- a node comes ---- */

void node_added(struct sim_runner *r, uint32_t node)
{
    const struct sim_world *w = r->world;
    struct run_node *n = &r->nodes[node];
    const struct sim_group_of_nodes *g = &w->groups.items[w->nodes[node].planned - 1];
    n->absent = n->lost = n->not_ready = false;
    schedule_node_off(r->schedule, node, false);
    node_activate(r, node);
    note_node(r, SIM_NODE_ADDED, node, 0);
    for (uint32_t p = w->nodes[g->like].first_pod; p != NO_POD; p = w->pods[p].next)
        if (comes_along(&w->pods[p]))
            pod_make_new(r, p, (int32_t)node);
    want_schedule(r);
}

/* After all pods are gone from it. */
void autoscale_restore(struct sim_runner *r)
{
    for (size_t i = 0; i < r->added.count; i++) {
        uint32_t node = r->added.items[i];
        schedule_node_close(r->schedule, node, false);
        schedule_node_off(r->schedule, node, true);
        r->nodes[node].asked = false;
    }
    r->added.count = 0;
    r->scan_queued = false;
}
