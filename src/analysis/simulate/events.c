/* SPDX-License-Identifier: Apache-2.0
 *
 * What a Scenario does at its times: nodes that go and come back, kubelets that stop, leaks, load
 * and rolling updates; and what controllers do at theirs.
 */
#include <assert.h>

#include "analysis/simulate/internal.h"

/* ---- kubelet ---- */

/* Nobody renews the lease or looks after containers any more; they run on. */
void kubelet_stop(struct sim_runner *r, uint32_t node)
{
    struct run_node *n = &r->nodes[node];
    if (n->lost || n->stopped)
        return;
    node_activate(r, node);
    n->stopped = true;
    n->away_ms = r->now;
    note_node(r, SIM_KUBELET_STOPPED, node, 0);
    plan(r, r->now + NODE_MONITOR_GRACE_MS, TODO_NOT_READY, node, 0);
    node_check(r, node);
}

/* A node that was lost has booted: its containers start from nothing. */
static void pod_boot(struct sim_runner *r, uint32_t pod)
{
    struct run_pod *p = &r->pods.items[pod];
    if (pod_world(r, pod)->ends && p->state == POD_RUNNING && !p->deleting) {
        pod_fail(r, pod);
        return;
    }
    p->down = 0;
    for (uint32_t k = 0; k < pod_world(r, pod)->container_count; k++)
        r->containers.items[p->container + k] =
            (struct run_container){.from_ms = r->now, .to_ms = r->now};
    pod_start_later(r, pod);
}

/* The kubelet finds them running; it starts those again that died meanwhile, without a delay: its
 * back-off is in memory only. */
static void pod_find(struct sim_runner *r, uint32_t pod)
{
    struct run_pod *p = &r->pods.items[pod];
    if (p->state == POD_STARTING) {
        pod_start_later(r, pod);
        return;
    }
    if (pod_has_failed(r, pod)) {
        pod_fail(r, pod);
        return;
    }
    for (uint32_t k = 0; k < pod_world(r, pod)->container_count; k++) {
        struct run_container *c = &r->containers.items[p->container + k];
        if (!c->down || c->restart_ms == NEVER_MS ||
            r->pods.items[p->line].failures >= FAILURES_RETIRED)
            continue;
        c->restarts = 0;
        c->restart_ms = r->now;
        plan(r, r->now, TODO_RESTART, pod, k);
    }
    if (p->down == 0)
        pod_set_ready(r, pod, true);
}

static void forget_lost(struct sim_runner *r, uint32_t node)
{
    size_t kept = 0;
    for (size_t i = 0; i < r->lost.count; i++)
        if (r->lost.items[i] != node)
            r->lost.items[kept++] = r->lost.items[i];
    r->lost.count = kept;
}

/* The kubelet runs again: Ready and without the taints (node_lifecycle_controller.go
 * processNoTaintBaseEviction, markNodeAsReachable); what taint eviction has not deleted yet stays
 * (taint_eviction.go cancelWorkWithEvent), what it has deleted ends now, as the kubelet syncs it. */
void node_back(struct sim_runner *r, uint32_t node)
{
    struct run_node *n = &r->nodes[node];
    bool boots = n->lost;
    if (!r->world->nodes[node].usable || (!n->lost && !n->stopped))
        return;
    n->lost = n->stopped = n->not_ready = n->taint_waits = n->tainted = false;
    n->pressure = n->gave_up = false;
    note_node(r, SIM_BACK, node, 0);
    forget_lost(r, node);
    for (uint32_t p = n->first_pod, next; p != NO_POD; p = next) {
        next = r->pods.items[p].next;
        if (boots)
            pod_boot(r, p);
        if (r->pods.items[p].marked)
            plan(r, r->now + EVICT_GRACE_MS, TODO_FREED, p, 0);
        else if (!boots && !r->pods.items[p].deleting)
            pod_find(r, p);
    }
    node_close(r, node, CLOSED_UNREACHABLE | CLOSED_PRESSURE, false);
    zones_taint_later(r);
    node_check(r, node);
}

/* ---- actions ---- */

static void begin_leak_now(struct sim_runner *r, const struct sim_leak *leak)
{
    leak_begin(r, leak->workload, leak->bytes_per_minute);
    struct pod_walk walk = {.workload = leak->workload};
    for (uint32_t p; (p = pod_walk_next(r, &walk)) != NO_POD;) {
        const struct run_pod *rp = &r->pods.items[p];
        if (rp->state != POD_RUNNING)
            continue;
        node_activate(r, (uint32_t)rp->node);
        /* What grows already goes on from where it is, at the new rate. */
        for (uint32_t k = 0; k < pod_world(r, p)->container_count; k++)
            if (!r->containers.items[rp->container + k].down)
                container_start(r, p, k, false);
        plan(r, r->now, TODO_NODE, (uint32_t)rp->node, r->nodes[rp->node].serial);
    }
}

static void begin_surge(struct sim_runner *r, int64_t surge_permyriad)
{
    const struct sim_world *w = r->world;
    r->surge = surge_permyriad;
    for (uint32_t i = 0; i < w->workload_count; i++)
        if (w->workloads[i].elastic && w->workloads[i].replicas && touch_workload(r, i))
            workload_reload(r, i);
}

void scenario_act(struct sim_runner *r, const struct sim_action *x)
{
    switch (x->type) {
    case ACTION_LOSE:
        node_lose(r, x->node, false);
        break;
    case ACTION_DRAIN:
        drain_step(r, x->node);
        break;
    case ACTION_CORDON:
        node_cordon(r, x->node);
        break;
    case ACTION_KUBELET_STOPPED:
        kubelet_stop(r, x->node);
        break;
    case ACTION_BACK:
        node_back(r, x->node);
        break;
    case ACTION_LEAK:
        begin_leak_now(r, &x->leak);
        break;
    case ACTION_DEPLOY:
        rollout_begin(r, x);
        break;
    case ACTION_SURGE:
        begin_surge(r, x->surge_permyriad);
        break;
    }
}

/* ---- controllers ---- */

void controllers_step(struct sim_runner *r, const struct todo *t)
{
    uint32_t x = t->subject;
    switch (t->type) {
    case TODO_ROLLOUT:
        rollout_step(r, x);
        break;
    case TODO_SCAN:
        autoscale_scan(r);
        break;
    case TODO_NODE_ADDED:
        node_added(r, x);
        break;
    case TODO_HPA:
        hpa_sync(r, x);
        break;
    case TODO_CREATE:
        refused_retry(r, x);
        break;
    case TODO_REPLACE:
        pod_replace(r, x, (uint16_t)t->detail);
        want_schedule(r);
        break;
    default:
        assert(false);
        break;
    }
}
