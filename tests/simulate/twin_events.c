/* SPDX-License-Identifier: Apache-2.0
 *
 * The plain twin: what a Scenario does, load, drains, and services that others need.
 */
#include "twin_state.h"

/* ---- load and leaks ---- */

/* It spreads evenly over the healthy pods; those that run carry it. */
void twin_reload(struct twin *t, uint32_t workload)
{
    struct twin_workload *x = &t->workloads[workload];
    x->reloading = false;
    if (x->healthy <= 0)
        return;
    int64_t load =
        t->surge * x->surge / FACTOR_ONE * MAX(t->w->workloads[workload].healthy, 1) / x->healthy;
    if (load == x->load)
        return;
    twin_hpa_wake(t, workload);
    x->load = load;
    for (uint32_t p = 0; p < t->pods.count; p++) {
        int node = t->pods.items[p].node;
        if (origin(t, p)->workload != workload || t->pods.items[p].state != RUNS ||
            t->nodes[node].lost)
            continue;
        twin_rise_all(t, p);
        twin_later(t, t->now, LOOK, (uint32_t)node, ++t->nodes[node].looks);
    }
}

void twin_leak(struct twin *t, const struct sim_leak *x)
{
    if (t->factor == 0)
        return;
    t->workloads[x->workload].leak = MIN(x->bytes_per_minute, SIM_USAGE_MAX);
    twin_hpa_wake(t, x->workload);
}

static void leak_now(struct twin *t, const struct sim_leak *x)
{
    twin_leak(t, x);
    for (uint32_t p = 0; p < t->pods.count; p++) {
        int node = t->pods.items[p].node;
        if (origin(t, p)->workload != x->workload || t->pods.items[p].state != RUNS)
            continue;
        twin_rise_all(t, p);
        twin_later(t, t->now, LOOK, (uint32_t)node, t->nodes[node].looks);
    }
}

static void surge_now(struct twin *t, int64_t permyriad)
{
    t->surge = permyriad;
    for (uint32_t i = 0; i < t->w->workload_count; i++)
        if (t->w->workloads[i].elastic && t->w->workloads[i].replicas)
            twin_reload(t, i);
}

/* ---- kubelets ---- */

static void stop_kubelet(struct twin *t, uint32_t node)
{
    struct twin_node *n = &t->nodes[node];
    if (n->lost || n->stopped)
        return;
    n->stopped = true;
    n->away_ms = t->now;
    twin_happened(t);
    twin_later(t, t->now + NODE_MONITOR_GRACE_MS, NOT_READY, node, 0);
    twin_look(t, node);
}

/* The machine has booted: nothing runs, what Never starts again has failed. */
static void boot(struct twin *t, uint32_t pod)
{
    struct twin_pod *p = &t->pods.items[pod];
    if (origin(t, pod)->ends && p->state == RUNS && !p->deleting) {
        twin_fail_pod(t, pod);
        return;
    }
    for (uint32_t k = 0; k < origin(t, pod)->container_count; k++)
        p->c[k] = (struct level){.from_ms = t->now, .to_ms = t->now};
    twin_start_later(t, pod);
}

/* The kubelet finds its containers; it has forgotten how often it has started them. */
static void find(struct twin *t, uint32_t pod)
{
    struct twin_pod *p = &t->pods.items[pod];
    bool down = false;
    if (p->state == STARTS) {
        twin_start_later(t, pod);
        return;
    }
    if (twin_has_failed(t, pod)) {
        twin_fail_pod(t, pod);
        return;
    }
    for (uint32_t k = 0; k < origin(t, pod)->container_count; k++) {
        struct level *c = &p->c[k];
        down = down || c->down;
        if (!c->down || c->restart_ms == INT64_MAX || t->pods.items[p->line].failures >= RETIRED_AT)
            continue;
        c->restarts = 0;
        c->restart_ms = t->now;
        twin_later(t, t->now, RESTART, pod, k);
    }
    if (!down)
        twin_set_ready(t, pod, true);
}

static void come_back(struct twin *t, uint32_t node)
{
    struct twin_node *n = &t->nodes[node];
    struct number_list pods = twin_copy_of(t, &n->pods);
    bool boots = n->lost;
    if (!t->w->nodes[node].usable || (!n->lost && !n->stopped))
        return;
    n->lost = n->stopped = n->not_ready = n->waits_for_taint = n->tainted = false;
    n->pressure = n->gave_up = n->lost_by_memory = false;
    twin_happened(t);
    for (size_t i = 0; i < pods.count; i++) {
        const struct twin_pod *p = &t->pods.items[pods.items[i]];
        bool marked = p->marked, deleting = p->deleting;
        if (boots)
            boot(t, pods.items[i]);
        if (marked)
            twin_later(t, t->now + GRACE_MS, FREED, pods.items[i], 0);
        else if (!boots && !deleting)
            find(t, pods.items[i]);
    }
    twin_close_node(t, node, UNREACHABLE | PRESSURE, false);
    twin_taints_go_on(t);
    twin_look(t, node);
}

void twin_act(struct twin *t, const struct sim_action *x)
{
    switch (x->type) {
    case ACTION_LOSE:
        twin_lose(t, x->node, false);
        break;
    case ACTION_DRAIN:
        twin_drain(t, x->node);
        break;
    case ACTION_CORDON:
        twin_cordon(t, x->node);
        break;
    case ACTION_KUBELET_STOPPED:
        stop_kubelet(t, x->node);
        break;
    case ACTION_BACK:
        come_back(t, x->node);
        break;
    case ACTION_LEAK:
        leak_now(t, &x->leak);
        break;
    case ACTION_DEPLOY:
        twin_roll_out(t, x);
        break;
    case ACTION_SURGE:
        surge_now(t, x->surge_permyriad);
        break;
    }
}

/* ---- drains ---- */

void twin_cordon(struct twin *t, uint32_t node)
{
    if (t->nodes[node].closed & CORDONED)
        return;
    twin_happened(t);
    twin_close_node(t, node, CORDONED, true);
}

/* The Eviction API: while the budget allows a disruption. What is not ready may also go while the
 * budget is met, or whenever its policy says so. */
static bool may_evict(const struct twin *t, uint32_t pod)
{
    const struct sim_workload *w = &t->w->workloads[origin(t, pod)->workload];
    bool ready = t->pods.items[pod].ready;
    if (w->workload->pdbs.count > 1)
        return false;
    if (!w->pdb)
        return true;
    int64_t healthy = twin_budget_has(t, w->pdb, true);
    if (!ready && str_is(w->pdb->unhealthy_policy.v, "AlwaysAllow"))
        return true;
    if (!ready && w->budget > 0 && healthy >= w->budget)
        return true;
    return w->eviction == EVICTION_BY_BUDGET && healthy - w->budget > 0;
}

void twin_drain(struct twin *t, uint32_t node)
{
    struct number_list pods;
    uint32_t blocked = NOBODY;
    bool any = false;
    twin_cordon(t, node);
    pods = twin_copy_of(t, &t->nodes[node].pods);
    for (size_t i = 0; i < pods.count; i++) {
        uint32_t pod = pods.items[i];
        if (origin(t, pod)->controller == CONTROLLER_DAEMON || origin(t, pod)->is_static ||
            t->pods.items[pod].marked)
            continue;
        if (!may_evict(t, pod)) {
            blocked = pod;
            continue;
        }
        any = true;
        t->o->displaced++;
        twin_happened(t);
        bool stateful = origin(t, pod)->controller == CONTROLLER_STATEFUL;
        bool ends = t->nodes[node].lost ? !stateful : !t->nodes[node].stopped;
        if (ends) {
            twin_leave(t, pod);
        } else {
            t->pods.items[pod].deleting = t->pods.items[pod].marked = true;
            twin_set_ready(t, pod, false);
        }
        if (ends || !stateful)
            twin_replace(t, pod, 0);
    }
    twin_want_place(t);
    t->o->blocked = blocked != NOBODY;
    if (!t->o->blocked)
        return;
    t->o->blocked_workload = origin(t, blocked)->workload;
    t->tries_in_vain = any || t->todo.count > t->tries ? 0 : t->tries_in_vain + 1;
    if (t->tries_in_vain > t->tries) {
        twin_happened(t);
        return;
    }
    t->tries++;
    twin_later(t, t->now + 5 * SECOND_MS, DRAIN, node, 1);
}

/* ---- services ---- */

static bool is_silent_webhook(const struct twin *t, size_t i)
{
    return t->w->services.items[i].type == SERVICE_WEBHOOK && t->service_ready[i] == 0;
}

void twin_services_begin(struct twin *t)
{
    for (size_t i = 0; i < t->w->services.count; i++) {
        t->service_ready[i] = t->w->services.items[i].ready;
        t->silent[i] = is_silent_webhook(t, i);
    }
}

/* After 5 ms, 10, 20 ... up to 1000 s: the first that is not before now. */
static int64_t next_try(int64_t since_ms, int64_t now_ms)
{
    int64_t at_ms = since_ms;
    for (int64_t delay_ms = 5; at_ms < now_ms; delay_ms = MIN(2 * delay_ms, 1000 * SECOND_MS))
        at_ms += delay_ms;
    return at_ms;
}

static void service_is_back(struct twin *t, size_t i)
{
    for (size_t k = 0; k < t->outages.count; k++)
        if (t->outages.items[k].service == i && t->outages.items[k].to_ms == NOT_YET)
            t->outages.items[k].to_ms = t->now;
    for (uint32_t k = 0; k < t->refused.count; k++)
        if (!t->refused.items[k].done)
            twin_later(t, next_try(t->refused.items[k].since_ms, t->now), CREATE, k, 0);
}

void twin_services_change(struct twin *t, uint32_t pod, bool ready)
{
    for (size_t i = 0; i < t->w->services.count; i++) {
        if (!(origin(t, pod)->serves >> i & 1))
            continue;
        t->service_ready[i] += ready ? 1 : UINT32_MAX;
        t->silent[i] = is_silent_webhook(t, i);
        if (!ready && t->service_ready[i] == 0) {
            *PUSH(t->a, &t->outages) = (struct sim_outage){(uint32_t)i, t->now, NOT_YET};
            twin_happened(t);
        } else if (ready && t->service_ready[i] == 1) {
            twin_happened(t);
            service_is_back(t, i);
        }
    }
}

static bool is_silenced(const struct twin *t, uint32_t like)
{
    for (size_t i = 0; i < t->w->services.count; i++)
        if (t->silent[i] && origin(t, like)->guarded >> i & 1)
            return true;
    return false;
}

bool twin_is_refused(struct twin *t, const struct wish *x)
{
    if (!is_silenced(t, x->like))
        return false;
    struct wish kept = *x;
    kept.since_ms = t->now;
    kept.done = false;
    *PUSH(t->a, &t->refused) = kept;
    t->o->refused++;
    twin_happened(t);
    return true;
}

void twin_try_again(struct twin *t, uint32_t wish)
{
    struct wish x = t->refused.items[wish];
    if (x.done || is_silenced(t, x.like))
        return;
    t->refused.items[wish].done = true;
    twin_create(t, &x);
    twin_want_place(t);
}
