/* SPDX-License-Identifier: Apache-2.0
 *
 * The control plane: node lifecycle controller (pkg/controller/nodelifecycle), taint eviction
 * (pkg/controller/tainteviction), workload controllers, scheduler, and a drain.
 */
#include "analysis/simulate/internal.h"
#include "base/sat.h"

static void note_pod(struct sim_runner *r, enum sim_event_type type, uint32_t pod, int32_t node)
{
    const struct run_pod *p = &r->pods.items[pod];
    note(r, (struct sim_event){.type = type,
                               .node = node,
                               .pod = (int32_t)p->origin,
                               .container = NO_INDEX32,
                               .generation = p->generation,
                               .of_bytes = pod_world(r, pod)->request});
}

void node_close(struct sim_runner *r, uint32_t node, uint8_t why, bool closed)
{
    struct run_node *n = &r->nodes[node];
    bool was = n->closed != 0;
    n->closed = (uint8_t)(closed ? n->closed | why : n->closed & ~why);
    if (was == (n->closed != 0))
        return;
    schedule_node_close(r->schedule, node, n->closed != 0);
    if (was)
        want_schedule(r);
}

/* ---- a node goes ---- */

void node_lose(struct sim_runner *r, uint32_t node, bool by_memory)
{
    struct run_node *n = &r->nodes[node];
    int64_t pods = 0;
    if (n->lost)
        return;
    node_activate(r, node);
    n->lost = true;
    for (uint32_t p = n->first_pod; p != NO_POD; p = r->pods.items[p].next)
        pods++;
    if (by_memory) {
        n->depth++;
        r->out->nodes_lost++;
        *PUSH(r->arena, &r->lost) = node;
        r->stop = r->stop || r->in->stop_at_failure;
    } else {
        note_node(r, SIM_LOST, node, pods);
    }
    for (uint32_t p = n->first_pod; p != NO_POD; p = r->pods.items[p].next)
        pod_set_ready(r, p, false);
    if (n->stopped)
        return; /* the lease is running out already */
    n->away_ms = r->now;
    plan(r, r->now + NODE_MONITOR_GRACE_MS, TODO_NOT_READY, node, 0);
}

static void taint_later(struct sim_runner *r, uint32_t zone)
{
    struct run_zone *z = &r->zones[zone];
    if (z->taint_queued)
        return;
    z->taint_queued = true;
    plan(r, MAX(r->now, z->next_taint_ms), TODO_TAINT, zone, 0);
}

/* A node is back: a zone that was disrupted may be so no longer, and its queue goes on. */
void zones_taint_later(struct sim_runner *r)
{
    for (uint32_t i = 0; i < r->world->node_count; i++)
        if (r->nodes[i].taint_waits)
            taint_later(r, r->world->nodes[i].zone);
}

void node_not_ready(struct sim_runner *r, uint32_t node)
{
    struct run_node *n = &r->nodes[node];
    uint32_t zone = r->world->nodes[node].zone;
    if (!(n->lost || n->stopped) || n->not_ready || r->now != n->away_ms + NODE_MONITOR_GRACE_MS)
        return; /* it was back in time */
    n->not_ready = n->taint_waits = true;
    note_node(r, SIM_NOT_READY, node, 0);
    /* controller_utils.go MarkPodsNotReady */
    for (uint32_t p = n->first_pod; p != NO_POD; p = r->pods.items[p].next)
        pod_set_ready(r, p, false);
    node_close(r, node, CLOSED_UNREACHABLE, true);
    taint_later(r, zone);
}

/* Milliseconds between two nodes of a zone; 0 = none at all. As node_lifecycle_controller.go
 * ComputeZoneState and handleDisruption. */
static int64_t taint_interval(const struct sim_runner *r, uint32_t zone)
{
    const struct sim_world *w = r->world;
    uint32_t down = 0, total = 0;
    bool all_down = true;
    for (uint32_t i = 0; i < w->node_count; i++) {
        bool out = r->nodes[i].not_ready;
        if (r->nodes[i].absent)
            continue;
        all_down = all_down && out;
        if (w->nodes[i].zone != zone)
            continue;
        total++;
        down += out;
    }
    if (all_down)
        return 0;
    return zone_taint_interval_ms(zone_state_of(total, down, UNHEALTHY_ZONE_THRESHOLD), total,
                                  LARGE_CLUSTER_NODES);
}

static void plan_deletions(struct sim_runner *r, uint32_t node)
{
    uint32_t first = r->nodes[node].first_pod;
    for (uint32_t p = first; p != NO_POD; p = r->pods.items[p].next) {
        int64_t after = pod_world(r, p)->tolerates_ms;
        bool known = after < 0;
        for (uint32_t q = first; q != p && !known; q = r->pods.items[q].next)
            known = pod_world(r, q)->tolerates_ms == after;
        if (!known)
            plan(r, sat_add(r->now, after), TODO_DELETE, node, (uint32_t)(after / SECOND));
    }
}

void zone_taint(struct sim_runner *r, uint32_t zone)
{
    const struct sim_world *w = r->world;
    struct run_zone *z = &r->zones[zone];
    int64_t interval = taint_interval(r, zone);
    bool done = false;
    z->taint_queued = false;
    if (interval == 0)
        return;
    for (uint32_t i = 0; i < w->node_count; i++) {
        if (w->nodes[i].zone != zone || !r->nodes[i].taint_waits)
            continue;
        if (done) {
            z->taint_queued = true;
            plan(r, z->next_taint_ms, TODO_TAINT, zone, 0);
            return;
        }
        r->nodes[i].taint_waits = false;
        r->nodes[i].tainted = true;
        r->nodes[i].tainted_ms = r->now;
        note_node(r, SIM_TAINTED, i, 0);
        plan_deletions(r, i);
        z->next_taint_ms = r->now + interval;
        done = true;
    }
}

/* The pod object goes; what it held is free. */
static void pod_remove(struct sim_runner *r, uint32_t pod)
{
    struct run_pod *p = &r->pods.items[pod];
    pod_set_ready(r, pod, false);
    if (schedule_pod_node(r->schedule, pod) != NO_NODE)
        schedule_unbind(r->schedule, pod);
    pod_unlink(r, pod);
    p->state = POD_GONE;
}

void node_delete_pods(struct sim_runner *r, uint32_t node, uint32_t tolerated_s)
{
    const struct run_node *n = &r->nodes[node];
    uint16_t depth = n->depth;
    struct index_list gone = {0};
    if (!n->tainted || r->now != n->tainted_ms + (int64_t)tolerated_s * SECOND)
        return; /* it was back in time */
    for (uint32_t p = r->nodes[node].first_pod, next; p != NO_POD; p = next) {
        const struct sim_pod *wp = pod_world(r, p);
        next = r->pods.items[p].next;
        if (wp->tolerates_ms < 0 || wp->tolerates_ms / SECOND != tolerated_s ||
            r->pods.items[p].deleting)
            continue;
        r->out->displaced++;
        if (wp->controller == CONTROLLER_STATEFUL) {
            /* stateful_set_control.go: no second pod of one name while the first may run. */
            r->pods.items[p].deleting = r->pods.items[p].marked = true;
            note_pod(r, SIM_WAITS, p, (int32_t)node);
            continue;
        }
        note_pod(r, SIM_DELETED, p, (int32_t)node);
        if (n->lost)
            pod_remove(r, p);
        else /* only its kubelet could end it */
            r->pods.items[p].deleting = r->pods.items[p].marked = true;
        *PUSH(&r->scratch, &gone) = p;
    }
    for (size_t i = 0; i < gone.count; i++)
        pod_replace(r, gone.items[i], depth);
    arena_reset(&r->scratch);
    want_schedule(r);
}

void pod_freed(struct sim_runner *r, uint32_t pod)
{
    int32_t node = r->pods.items[pod].node;
    if (r->pods.items[pod].state == POD_GONE)
        return;
    bool marked = r->pods.items[pod].marked;
    uint16_t depth = (uint16_t)(r->nodes[node].depth + !marked);
    if (marked)
        note_pod(r, SIM_ENDED, pod, node);
    pod_remove(r, pod);
    /* The ReplicaSet did not count it any more and has made another. */
    if (!marked)
        pod_replace_failed(r, pod, depth);
    else if (pod_world(r, pod)->controller == CONTROLLER_STATEFUL)
        pod_replace(r, pod, depth);
    want_schedule(r);
    if (!r->nodes[node].lost)
        node_check(r, (uint32_t)node);
}

/* ---- controllers and scheduler ---- */

void pod_start_later(struct sim_runner *r, uint32_t pod)
{
    r->pods.items[pod].state = POD_STARTING;
    if (r->nodes[r->pods.items[pod].node].lost)
        return;
    r->pods.items[pod].start_ms = r->now + r->world->options.start_ms;
    plan(r, r->pods.items[pod].start_ms, TODO_START, pod, 0);
}

/* A pod is there that none was: it waits for the scheduler, or for the node that the daemon
 * controller names itself. */
static void pod_arrive(struct sim_runner *r, uint32_t made, int32_t node)
{
    note_pod(r, SIM_REPLACED, made, NO_INDEX32);
    if (node == NO_INDEX32) {
        *PUSH(r->arena, &r->pending) = made;
        return;
    }
    schedule_bind(r->schedule, made, (uint32_t)node);
    pod_link(r, made, (uint32_t)node);
    pod_start_later(r, made);
}

void pod_create(struct sim_runner *r, const struct run_refused *x)
{
    if (pod_is_refused(r, x))
        return;
    uint32_t made = pod_clone(r, x->like, x->depth);
    if (x->fresh)
        r->pods.items[made].line = made;
    pod_arrive(r, made, x->node);
}

void pod_replace(struct sim_runner *r, uint32_t pod, uint16_t depth)
{
    const struct sim_pod *wp = pod_world(r, pod);
    if (wp->controller == CONTROLLER_NONE ||
        r->pods.items[r->pods.items[pod].line].failures >= FAILURES_RETIRED)
        return;
    int32_t node = wp->controller == CONTROLLER_DAEMON ? r->pods.items[pod].node : NO_INDEX32;
    pod_create(r, &(struct run_refused){.like = pod, .node = node, .depth = depth});
}

/* job_controller.go, backoff_utils.go: the failures of the Job count, not those of one pod. */
void pod_replace_failed(struct sim_runner *r, uint32_t pod, uint16_t depth)
{
    const struct sim_pod *wp = pod_world(r, pod);
    int64_t delay_ms = JOB_BACKOFF_MS;
    if (!wp->of_job) {
        pod_replace(r, pod, depth);
        return;
    }
    struct run_workload *w = touch_workload(r, wp->workload);
    w->failed++;
    for (int64_t i = 1; i < w->failed && delay_ms < JOB_BACKOFF_MAX_MS; i++)
        delay_ms = MIN(2 * delay_ms, JOB_BACKOFF_MAX_MS);
    if (w->failed <= wp->backoff_limit)
        plan(r, r->now + delay_ms, TODO_REPLACE, pod, depth);
}

bool pod_has_failed(const struct sim_runner *r, uint32_t pod)
{
    const struct run_pod *p = &r->pods.items[pod];
    const struct sim_pod *wp = pod_world(r, pod);
    uint32_t down = 0;
    for (uint32_t k = 0; k < wp->apps; k++)
        down += r->containers.items[p->container + k].down;
    return wp->ends && p->state == POD_RUNNING && !p->deleting && down == wp->apps;
}

void pod_fail(struct sim_runner *r, uint32_t pod)
{
    int32_t node = r->pods.items[pod].node;
    note_pod(r, SIM_FAILED, pod, node);
    pod_remove(r, pod);
    pod_replace_failed(r, pod, (uint16_t)(r->nodes[node].depth + 1));
    want_schedule(r);
}

void pod_make_new(struct sim_runner *r, uint32_t like, int32_t node)
{
    pod_create(r, &(struct run_refused){.like = like, .node = node, .fresh = true});
}

/* Waits no longer for a node. */
static void pending_forget(struct sim_runner *r, uint32_t pod)
{
    size_t kept = 0;
    for (size_t i = 0; i < r->pending.count; i++)
        if (r->pending.items[i] != pod)
            r->pending.items[kept++] = r->pending.items[i];
    r->pending.count = kept;
}

void pod_delete(struct sim_runner *r, uint32_t pod)
{
    struct run_pod *p = &r->pods.items[pod];
    int32_t node = p->node;
    note_pod(r, SIM_SCALED_DOWN, pod, node);
    if (p->state == POD_PENDING) {
        pending_forget(r, pod);
        p->state = POD_GONE;
        return;
    }
    node_activate(r, (uint32_t)node);
    if (r->nodes[node].stopped && !r->nodes[node].lost) {
        p->deleting = p->marked = true;
        pod_set_ready(r, pod, false);
        return;
    }
    pod_remove(r, pod);
    want_schedule(r);
    if (!r->nodes[node].lost)
        plan(r, r->now, TODO_NODE, (uint32_t)node, ++r->nodes[node].serial);
}

void want_schedule(struct sim_runner *r)
{
    if (r->schedule_queued || r->pending.count == 0)
        return;
    r->schedule_queued = true;
    plan(r, r->now, TODO_SCHEDULE, 0, 0);
}

static int queue_order(const void *a, const void *b, void *ctx)
{
    const struct sim_runner *r = ctx;
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    int64_t px = pod_world(r, x)->priority, py = pod_world(r, y)->priority;
    if (px != py)
        return px > py ? -1 : 1;
    return (x > y) - (x < y);
}

static void pod_place(struct sim_runner *r, uint32_t pod, uint32_t node)
{
    struct run_pod *p = &r->pods.items[pod];
    schedule_assume_volumes(r->schedule, pod, node);
    schedule_bind(r->schedule, pod, node);
    pod_link(r, pod, node);
    r->nodes[node].gave_up = false;
    *PUSH(r->arena, &r->landed) = p->origin;
    *PUSH(r->arena, &r->landed) = node;
    note_pod(r, SIM_PLACED, pod, (int32_t)node);
    pod_start_later(r, pod);
}

/* Frees a node for the pod by deleting pods of lower priority; NO_NODE when that does not help.
 * Their grace period is not waited for. */
static int32_t pod_preempt(struct sim_runner *r, uint32_t pod)
{
    CLEANUP(arena_done) struct arena a;
    struct verdict v;
    struct preemption p;
    arena_init(&a);
    if (pod_world(r, pod)->priority <= r->world->lowest_priority)
        return NO_NODE;
    schedule_explain(r->schedule, pod, &a, &v);
    schedule_preempt(r->schedule, &v, &a, &p);
    if (p.best_count == 0)
        return NO_NODE;
    const struct preempt_candidate *c = &p.candidates[p.best[0]];
    node_activate(r, c->node);
    schedule_clear_nominations(r->schedule, c->node, schedule_pod_priority(r->schedule, pod));
    for (uint32_t i = 0; i < c->victim_count; i++) {
        r->out->preempted++;
        note_pod(r, SIM_PREEMPTED, c->victims[i], (int32_t)c->node);
        pod_remove(r, c->victims[i]);
        *PUSH(r->arena, &r->preempted) = c->victims[i];
    }
    return (int32_t)c->node;
}

/* Controllers make the victims again, and the scheduler sees them in its next round. */
static void replace_preempted(struct sim_runner *r)
{
    for (size_t i = 0; i < r->preempted.count; i++)
        pod_replace(r, r->preempted.items[i], 0);
    if (r->preempted.count)
        want_schedule(r);
    r->preempted.count = 0;
}

void pods_schedule(struct sim_runner *r)
{
    struct index_list *q = &r->pending;
    size_t kept = 0;
    r->schedule_queued = false;
    qsort_r(q->items, q->count, sizeof(*q->items), queue_order, r);
    uint8_t *full = arena_array(&r->scratch, uint8_t, schedule_class_count(r->schedule));
    for (size_t i = 0; i < q->count; i++) {
        uint32_t pod = q->items[i], class_ = schedule_pod_class(r->schedule, pod);
        int32_t node = full[class_] ? NO_NODE : schedule_place(r->schedule, pod);
        if (node == NO_NODE && !full[class_])
            node = pod_preempt(r, pod);
        if (node != NO_NODE) {
            pod_place(r, pod, (uint32_t)node);
            continue;
        }
        full[class_] = 1;
        if (!r->pods.items[pod].noted) {
            r->pods.items[pod].noted = true;
            note_pod(r, SIM_PENDING, pod, NO_INDEX32);
        }
        q->items[kept++] = pod;
    }
    q->count = kept;
    arena_reset(&r->scratch);
    if (schedule_make_volumes(r->schedule)) /* others may have waited for them */
        want_schedule(r);
    replace_preempted(r);
    autoscale_later(r);
}

void pod_start(struct sim_runner *r, uint32_t pod)
{
    struct run_pod *p = &r->pods.items[pod];
    if (p->state != POD_STARTING || p->deleting || r->now != p->start_ms ||
        r->nodes[p->node].lost || r->nodes[p->node].stopped)
        return;
    p->state = POD_RUNNING;
    for (uint32_t k = 0; k < pod_world(r, pod)->container_count; k++) {
        struct run_container *c = &r->containers.items[p->container + k];
        *c = (struct run_container){.from_ms = r->now, .to_ms = r->now};
        if (!r->weightless)
            container_start(r, pod, k, false);
    }
    note_pod(r, SIM_STARTED, pod, p->node);
    pod_set_ready(r, pod, true);
    node_check(r, (uint32_t)p->node);
}

/* ---- traffic ---- */

static bool carries_load(const struct sim_runner *r, uint32_t pod)
{
    const struct run_pod *p = &r->pods.items[pod];
    return p->node != NO_INDEX32 && !r->nodes[p->node].lost && p->state == POD_RUNNING;
}

/* A share of usage follows load, and load spreads evenly over the healthy pods. */
void workload_reload(struct sim_runner *r, uint32_t workload)
{
    const struct sim_workload *w = &r->world->workloads[workload];
    struct run_workload *x = &r->workloads[workload];
    struct pod_walk active = {.workload = workload}, loaded = active;
    x->reloading = false;
    if (x->healthy <= 0)
        return;
    int64_t load = r->surge * x->surge / FACTOR_ONE * MAX(w->healthy, 1) / x->healthy;
    if (load == x->load)
        return;
    hpa_wake(r, workload);
    for (uint32_t p; (p = pod_walk_next(r, &active)) != NO_POD;)
        if (carries_load(r, p))
            node_activate(r, (uint32_t)r->pods.items[p].node);
    x->load = load;
    for (uint32_t p; (p = pod_walk_next(r, &loaded)) != NO_POD;) {
        const struct run_pod *rp = &r->pods.items[p];
        if (!carries_load(r, p))
            continue;
        for (uint32_t k = 0; k < pod_world(r, p)->container_count; k++)
            if (!r->containers.items[rp->container + k].down)
                container_start(r, p, k, false);
        plan(r, r->now, TODO_NODE, (uint32_t)rp->node, ++r->nodes[rp->node].serial);
    }
}

/* ---- drain ---- */

/* pkg/registry/core/pod/storage/eviction.go: a pod may go while its budget allows a disruption; one
 * that is not ready also while the budget is met (IfHealthyBudget), or always (AlwaysAllow). */
static bool may_evict(const struct sim_runner *r, uint32_t pod)
{
    uint32_t workload = pod_world(r, pod)->workload;
    const struct sim_workload *w = &r->world->workloads[workload];
    int64_t healthy =
        w->shared.count ? r->budgets[w->shared.items[0]] : r->workloads[workload].healthy;
    if (!w->pdb || r->pods.items[pod].state == POD_PENDING)
        return true;
    if (w->eviction == EVICTION_TWO_BUDGETS)
        return false;
    if (!r->pods.items[pod].ready && (str_is(w->pdb->unhealthy_policy.v, "AlwaysAllow") ||
                                      (w->budget > 0 && healthy >= w->budget)))
        return true;
    return w->eviction == EVICTION_BY_BUDGET && healthy > w->budget;
}

void node_cordon(struct sim_runner *r, uint32_t node)
{
    node_activate(r, node);
    if (r->nodes[node].closed & CLOSED_CORDONED)
        return;
    note_node(r, SIM_CORDONED, node, 0);
    node_close(r, node, CLOSED_CORDONED, true);
}

/* Nothing else is to come, and every drain that still tries has tried since the last thing. */
static bool drain_is_stuck(struct sim_runner *r, bool evicted)
{
    bool alone = r->queue.count == r->drains_queued;
    r->drains_in_vain = alone && !evicted ? r->drains_in_vain + 1 : 0;
    return r->drains_in_vain > r->drains_queued;
}

/* Evicted: as any deleted pod it ends when its kubelet knows, and a StatefulSet waits for that. */
static void pod_drain(struct sim_runner *r, uint32_t pod)
{
    struct run_pod *p = &r->pods.items[pod];
    const struct run_node *n = &r->nodes[p->node];
    bool waits = n->lost && pod_world(r, pod)->controller == CONTROLLER_STATEFUL;
    r->out->displaced++;
    note_pod(r, SIM_DRAINED, pod, p->node);
    if (!waits && (n->lost || !n->stopped)) {
        pod_remove(r, pod);
        pod_replace(r, pod, 0);
        return;
    }
    p->deleting = p->marked = true;
    pod_set_ready(r, pod, false);
    if (pod_world(r, pod)->controller != CONTROLLER_STATEFUL)
        pod_replace(r, pod, 0);
}

void drain_step(struct sim_runner *r, uint32_t node)
{
    uint32_t blocked = NO_POD, displaced = r->out->displaced;
    node_activate(r, node);
    node_cordon(r, node);
    for (uint32_t p = r->nodes[node].first_pod, next; p != NO_POD; p = next) {
        const struct sim_pod *wp = pod_world(r, p);
        next = r->pods.items[p].next;
        if (wp->controller == CONTROLLER_DAEMON || wp->is_static || r->pods.items[p].marked)
            continue;
        if (!may_evict(r, p)) {
            blocked = p;
            continue;
        }
        pod_drain(r, p);
    }
    want_schedule(r);
    r->out->blocked = blocked != NO_POD;
    if (blocked == NO_POD)
        return;
    r->out->blocked_workload = pod_world(r, blocked)->workload;
    if (drain_is_stuck(r, r->out->displaced > displaced)) {
        note_pod(r, SIM_BLOCKED, blocked, (int32_t)node);
        return;
    }
    r->drains_queued++;
    plan(r, r->now + DRAIN_RETRY_MS, TODO_DRAIN, node, 1);
}
