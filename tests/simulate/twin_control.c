/* SPDX-License-Identifier: Apache-2.0
 *
 * The plain twin: workload controllers, node lifecycle, taint eviction, the scheduler.
 */
#include "model/pdb_status.h"
#include "twin_state.h"

/* ---- pods and workloads ---- */

bool twin_selects(const struct twin *t, const struct pdb *p, uint32_t workload)
{
    const struct sim_workload *w = &t->w->workloads[workload];
    for (size_t i = 0; i < w->workload->pdbs.count; i++)
        if (w->workload->pdbs.items[i] == p && w->replicas > 0)
            return true;
    return false;
}

bool twin_is_shared(const struct twin *t, const struct pdb *p)
{
    size_t count = 0;
    for (uint32_t i = 0; i < t->w->workload_count; i++)
        count += twin_selects(t, p, i);
    return count > 1;
}

int64_t twin_budget_has(const struct twin *t, const struct pdb *p, bool now)
{
    int64_t sum = 0;
    for (uint32_t i = 0; i < t->w->workload_count; i++)
        if (twin_selects(t, p, i))
            sum += now ? t->workloads[i].healthy : t->w->workloads[i].healthy;
    return sum;
}

int64_t twin_budget_demands(const struct twin *t, const struct pdb *p)
{
    struct pdb_status st = {0};
    int64_t pods = 0;
    for (uint32_t i = 0; i < t->w->workload_count; i++) {
        const struct sim_workload *w = &t->w->workloads[i];
        const struct workload *of = w->workload;
        bool told = of->replicas.set && !of->pod && of->o.kind != KIND_DAEMON_SET;
        if (twin_selects(t, p, i))
            pods += told ? of->replicas.v : w->replicas;
    }
    return pdb_compute_replicas(p, pods, 0, &st, NULL) < 0 ? 0 : st.desired_healthy;
}

void twin_set_ready(struct twin *t, uint32_t pod, bool ready)
{
    uint32_t x = origin(t, pod)->workload;
    struct twin_workload *w = &t->workloads[x];
    const struct sim_workload *ww = &t->w->workloads[x];
    if (t->pods.items[pod].ready == ready)
        return;
    t->pods.items[pod].ready = ready;
    w->healthy += ready ? 1 : -1;
    if (w->healthy < ww->need && ww->healthy >= ww->need)
        w->dipped = true;
    for (size_t i = 0; i < ww->workload->pdbs.count; i++) {
        const struct pdb *p = ww->workload->pdbs.items[i];
        if (!twin_selects(t, p, x) || !twin_is_shared(t, p))
            continue;
        int64_t demands = twin_budget_demands(t, p);
        if (twin_budget_has(t, p, true) < demands && twin_budget_has(t, p, false) >= demands)
            w->dipped = true;
    }
    twin_hpa_wake(t, x);
    twin_services_change(t, pod, ready);
    if (w->rolling)
        twin_rollout_change(t, pod, ready);
    if (ww->elastic && !w->reloading) {
        w->reloading = true;
        twin_later(t, t->now, RELOAD, x, 0);
    }
}

void twin_want_place(struct twin *t)
{
    if (t->place_queued || t->waiting.count == 0)
        return;
    t->place_queued = true;
    twin_later(t, t->now, PLACE, 0, 0);
}

void twin_close_node(struct twin *t, uint32_t node, int why, bool closed)
{
    int was = t->nodes[node].closed;
    t->nodes[node].closed = closed ? was | why : was & ~why;
    if (was && !t->nodes[node].closed)
        twin_want_place(t);
}

void twin_start_later(struct twin *t, uint32_t pod)
{
    struct twin_pod *p = &t->pods.items[pod];
    p->state = STARTS;
    if (t->nodes[p->node].lost)
        return;
    p->start_ms = t->now + t->w->options.start_ms;
    twin_later(t, p->start_ms, START, pod, 0);
}

static void arrive(struct twin *t, uint32_t pod, uint32_t node)
{
    struct twin_node *n = &t->nodes[node];
    (void)PUSH(t->a, &n->pods);
    for (size_t i = n->pods.count - 1; i > 0; i--)
        n->pods.items[i] = n->pods.items[i - 1];
    n->pods.items[0] = pod;
    *PUSH(t->a, &n->order) = pod;
    t->pods.items[pod].node = (int)node;
    n->depth = MAX(n->depth, t->pods.items[pod].depth);
    twin_start_later(t, pod);
}

static void drop(struct number_list *l, uint32_t number)
{
    size_t kept = 0;
    for (size_t i = 0; i < l->count; i++)
        if (l->items[i] != number)
            l->items[kept++] = l->items[i];
    l->count = kept;
}

void twin_leave(struct twin *t, uint32_t pod)
{
    struct twin_node *n = &t->nodes[t->pods.items[pod].node];
    twin_set_ready(t, pod, false);
    drop(&n->pods, pod);
    for (size_t i = 0; i < n->order.count; i++)
        if (n->order.items[i] == pod) {
            n->order.items[i] = n->order.items[--n->order.count];
            break;
        }
    t->pods.items[pod].state = GONE;
}

void twin_create(struct twin *t, const struct wish *x)
{
    uint32_t made = (uint32_t)t->pods.count, from = t->pods.items[x->like].origin;
    uint32_t line = x->fresh ? made : t->pods.items[x->like].line;
    if (twin_is_refused(t, x))
        return;
    *PUSH(t->a, &t->pods) = (struct twin_pod){
        .origin = from, .line = line, .depth = x->depth, .node = -1, .state = WAITS};
    if (t->second != t->now / SECOND_MS)
        t->made_this_second = 0;
    t->second = t->now / SECOND_MS;
    t->made_this_second++;
    t->o->peak_creations = MAX(t->o->peak_creations, t->made_this_second);
    twin_happened(t);
    if (x->node >= 0)
        arrive(t, made, (uint32_t)x->node);
    else
        *PUSH(t->a, &t->waiting) = made;
}

void twin_replace(struct twin *t, uint32_t pod, uint32_t depth)
{
    enum sim_controller by = origin(t, pod)->controller;
    const struct twin_pod *p = &t->pods.items[pod];
    struct wish x = {.like = pod, .depth = depth, .node = by == CONTROLLER_DAEMON ? p->node : -1};
    if (by != CONTROLLER_NONE && t->pods.items[p->line].failures < RETIRED_AT)
        twin_create(t, &x);
}

/* A Job waits 10 s, 20, 40 ... 600, and gives up after its backoffLimit. */
void twin_replace_failed(struct twin *t, uint32_t pod, uint32_t depth)
{
    struct twin_workload *w = &t->workloads[origin(t, pod)->workload];
    int64_t delay_s = 10;
    if (!origin(t, pod)->of_job) {
        twin_replace(t, pod, depth);
        return;
    }
    for (int64_t i = 0; i < w->failed && delay_s < 600; i++)
        delay_s *= 2;
    w->failed++;
    if (w->failed <= origin(t, pod)->backoff_limit)
        twin_later(t, t->now + MIN(delay_s, 600) * SECOND_MS, REPLACE, pod, depth);
}

void twin_fail_pod(struct twin *t, uint32_t pod)
{
    uint32_t depth = t->nodes[t->pods.items[pod].node].depth;
    twin_happened(t);
    twin_leave(t, pod);
    twin_replace_failed(t, pod, depth + 1);
    twin_want_place(t);
}

/* True when its line is not followed further. */
bool twin_failed(struct twin *t, uint32_t pod, enum sim_event_type how, int container)
{
    struct twin_pod *first = &t->pods.items[t->pods.items[pod].line];
    if (first->failures && t->now - first->failed_ms > 3 * CRASH_LOOP_MAX_MS)
        first->failures = 0;
    first->failures++;
    first->failed_ms = t->now;
    *PUSH(t->a, &t->falls) =
        (struct fall){t->pods.items[pod].line, how, t->pods.items[pod].node, container, t->now};
    if (first->failures == STORM_AT) {
        t->o->storm = true;
        *PUSH(t->a, &t->storms) = t->pods.items[pod].line;
    }
    if (first->failures == RETIRED_AT)
        twin_happened(t);
    return first->failures >= RETIRED_AT;
}

void twin_start(struct twin *t, uint32_t pod)
{
    struct twin_pod *p = &t->pods.items[pod];
    if (p->state != STARTS || p->deleting || t->now != p->start_ms || t->nodes[p->node].lost ||
        t->nodes[p->node].stopped)
        return;
    p->state = RUNS;
    for (uint32_t k = 0; k < origin(t, pod)->container_count; k++) {
        p->c[k] = (struct level){.from_ms = t->now, .to_ms = t->now};
        twin_rise(t, pod, k);
    }
    twin_happened(t);
    twin_set_ready(t, pod, true);
    twin_look(t, (uint32_t)p->node);
}

/* By its controller. Only its kubelet can end it. */
void twin_delete_pod(struct twin *t, uint32_t pod)
{
    struct twin_pod *p = &t->pods.items[pod];
    twin_happened(t);
    if (p->state == WAITS) {
        drop(&t->waiting, pod);
        p->state = GONE;
        return;
    }
    struct twin_node *n = &t->nodes[p->node];
    if (n->stopped && !n->lost) {
        p->deleting = p->marked = true;
        twin_set_ready(t, pod, false);
        return;
    }
    twin_leave(t, pod);
    twin_want_place(t);
    if (!n->lost)
        twin_later(t, t->now, LOOK, (uint32_t)p->node, ++n->looks);
}

void twin_freed(struct twin *t, uint32_t pod)
{
    const struct twin_pod *p = &t->pods.items[pod];
    uint32_t node = (uint32_t)p->node;
    bool marked = p->marked;
    if (p->state == GONE)
        return;
    if (marked)
        twin_happened(t);
    twin_leave(t, pod);
    if (!marked)
        twin_replace_failed(t, pod, t->nodes[node].depth + 1);
    else if (origin(t, pod)->controller == CONTROLLER_STATEFUL)
        twin_replace(t, pod, t->nodes[node].depth);
    twin_want_place(t);
    if (!t->nodes[node].lost)
        twin_look(t, node);
}

/* ---- nodes ---- */

void twin_lose(struct twin *t, uint32_t node, bool by_memory)
{
    struct twin_node *n = &t->nodes[node];
    if (n->lost)
        return;
    n->lost = true;
    if (by_memory) {
        n->lost_by_memory = true;
        n->depth++;
        t->o->nodes_lost++;
    } else {
        twin_happened(t);
    }
    for (size_t i = 0; i < n->pods.count; i++)
        twin_set_ready(t, n->pods.items[i], false);
    if (n->stopped)
        return; /* its lease is running out */
    n->away_ms = t->now;
    twin_later(t, t->now + NODE_MONITOR_GRACE_MS, NOT_READY, node, 0);
}

static void taint_later(struct twin *t, uint32_t zone)
{
    if (!t->zones[zone].queued)
        twin_later(t, MAX(t->now, t->zones[zone].next_ms), TAINT, zone, 0);
    t->zones[zone].queued = true;
}

void twin_taints_go_on(struct twin *t)
{
    for (uint32_t i = 0; i < t->w->node_count; i++)
        if (t->nodes[i].waits_for_taint)
            taint_later(t, t->w->nodes[i].zone);
}

void twin_not_ready(struct twin *t, uint32_t node)
{
    struct twin_node *n = &t->nodes[node];
    if (!(n->lost || n->stopped) || n->not_ready || t->now != n->away_ms + NODE_MONITOR_GRACE_MS)
        return;
    n->not_ready = n->waits_for_taint = true;
    twin_happened(t);
    for (size_t i = 0; i < n->pods.count; i++)
        twin_set_ready(t, n->pods.items[i], false);
    twin_close_node(t, node, UNREACHABLE, true);
    taint_later(t, t->w->nodes[node].zone);
}

static int64_t interval_ms(const struct twin *t, uint32_t zone)
{
    uint32_t down = 0, all = 0, up_anywhere = 0;
    for (uint32_t i = 0; i < t->w->node_count; i++) {
        up_anywhere += !t->nodes[i].not_ready;
        all += t->w->nodes[i].zone == zone;
        down += t->w->nodes[i].zone == zone && t->nodes[i].not_ready;
    }
    if (!up_anywhere)
        return 0;
    return zone_taint_interval_ms(zone_state_of(all, down, UNHEALTHY_ZONE_THRESHOLD), all,
                                  LARGE_CLUSTER_NODES);
}

static void plan_deletes(struct twin *t, uint32_t node)
{
    const struct twin_node *n = &t->nodes[node];
    for (size_t i = 0; i < n->pods.count; i++) {
        int64_t after = origin(t, n->pods.items[i])->tolerates_ms;
        bool known = after < 0;
        for (size_t k = 0; k < i; k++)
            known = known || origin(t, n->pods.items[k])->tolerates_ms == after;
        if (!known)
            twin_later(t, t->now + after, DELETE, node, (uint32_t)(after / SECOND_MS));
    }
}

void twin_taint(struct twin *t, uint32_t zone)
{
    int64_t interval = interval_ms(t, zone);
    bool one = false;
    t->zones[zone].queued = false;
    for (uint32_t i = 0; interval && i < t->w->node_count; i++) {
        struct twin_node *n = &t->nodes[i];
        if (t->w->nodes[i].zone != zone || !n->waits_for_taint)
            continue;
        if (one) {
            t->zones[zone].queued = true;
            twin_later(t, t->zones[zone].next_ms, TAINT, zone, 0);
            return;
        }
        one = true;
        n->waits_for_taint = false;
        n->tainted = true;
        n->tainted_ms = t->now;
        twin_happened(t);
        plan_deletes(t, i);
        t->zones[zone].next_ms = t->now + interval;
    }
}

void twin_delete_pods(struct twin *t, uint32_t node, uint32_t tolerated_s)
{
    struct twin_node *n = &t->nodes[node];
    struct number_list all = twin_copy_of(t, &n->pods), gone = {0};
    uint32_t depth = n->depth;
    if (!n->tainted || t->now != n->tainted_ms + (int64_t)tolerated_s * SECOND_MS)
        return;
    for (size_t i = 0; i < all.count; i++) {
        uint32_t pod = all.items[i];
        int64_t tolerates = origin(t, pod)->tolerates_ms;
        if (tolerates < 0 || tolerates / SECOND_MS != tolerated_s || t->pods.items[pod].deleting)
            continue;
        t->o->displaced++;
        twin_happened(t);
        if (origin(t, pod)->controller == CONTROLLER_STATEFUL || !n->lost)
            t->pods.items[pod].deleting = t->pods.items[pod].marked = true;
        else
            twin_leave(t, pod);
        if (origin(t, pod)->controller != CONTROLLER_STATEFUL)
            *PUSH(t->a, &gone) = pod;
    }
    for (size_t i = 0; i < gone.count; i++)
        twin_replace(t, gone.items[i], depth);
    twin_want_place(t);
}

/* ---- the scheduler ---- */

/* The volumes that each placement settled, one after the other from the beginning. */
static void settle_volumes(const struct twin *t, struct schedule *s, uint32_t first)
{
    schedule_assume_as(s, t->w->settled);
    for (size_t i = 0; i < t->placed.count; i++) {
        const struct placing *x = &t->placed.items[i];
        if (x->made)
            (void)schedule_make_volumes(s);
        else
            schedule_assume_volumes(s, first + x->pod, x->node);
    }
}

/* A schedule of who is where now. The twin's pods are there in their order, from *ret_first on. */
static struct schedule *schedule_now(const struct twin *t, struct arena *a, uint32_t *ret_first)
{
    struct schedule *s = schedule_new(a, t->w->cluster);
    for (uint32_t i = 0; i < t->w->pod_count; i++)
        if (schedule_pod_node(s, i) != NO_NODE)
            schedule_unbind(s, i);
    *ret_first = schedule_pod_count(s);
    for (uint32_t i = 0; i < t->pods.count; i++)
        (void)schedule_clone_pod(s, t->pods.items[i].origin);
    for (uint32_t n = 0; n < t->w->node_count; n++)
        for (size_t i = 0; i < t->nodes[n].order.count; i++)
            schedule_bind(s, *ret_first + t->nodes[n].order.items[i], n);
    for (uint32_t i = 0; i < t->w->node_count; i++)
        schedule_node_close(s, i, t->nodes[i].closed != 0 || !t->w->nodes[i].usable);
    settle_volumes(t, s, *ret_first);
    return s;
}

/* Highest priority first, then in order of arrival: numbers only go up. */
static bool comes_before(const struct twin *t, uint32_t a, uint32_t b)
{
    int64_t x = origin(t, a)->priority, y = origin(t, b)->priority;
    return x != y ? x > y : a < b;
}

static void sort_waiting(struct twin *t)
{
    for (size_t i = 1; i < t->waiting.count; i++)
        for (size_t k = i; k > 0 && comes_before(t, t->waiting.items[k], t->waiting.items[k - 1]);
             k--) {
            uint32_t x = t->waiting.items[k];
            t->waiting.items[k] = t->waiting.items[k - 1];
            t->waiting.items[k - 1] = x;
        }
}

/* Removes whom the pod preempts, and gives the node, or -1. */
static int preempt(struct twin *t, struct schedule *s, const struct verdict *v, uint32_t first,
                   struct arena *a)
{
    struct preemption p;
    schedule_preempt(s, v, a, &p);
    if (p.best_count == 0)
        return -1;
    const struct preempt_candidate *c = &p.candidates[p.best[0]];
    for (uint32_t i = 0; i < c->victim_count; i++) {
        t->o->preempted++;
        twin_happened(t);
        schedule_unbind(s, c->victims[i]);
        twin_leave(t, c->victims[i] - first);
        *PUSH(t->a, &t->preempted) = c->victims[i] - first;
    }
    return (int)c->node;
}

static int choose_node(struct twin *t, struct schedule *s, uint32_t pod, uint32_t first,
                       struct arena *a)
{
    struct verdict v;
    schedule_explain(s, first + pod, a, &v);
    return v.best_count ? (int)v.best[0] : preempt(t, s, &v, first, a);
}

void twin_place(struct twin *t)
{
    CLEANUP(arena_done) struct arena a;
    size_t kept = 0;
    uint32_t first;
    arena_init(&a);
    t->place_queued = false;
    sort_waiting(t);
    struct schedule *s = schedule_now(t, &a, &first);
    bool *full = arena_array(&a, bool, schedule_class_count(s));
    t->preempted.count = 0;
    for (size_t i = 0; i < t->waiting.count; i++) {
        uint32_t pod = t->waiting.items[i], class_ = schedule_pod_class(s, first + pod);
        int node = full[class_] ? -1 : choose_node(t, s, pod, first, &a);
        if (node >= 0) {
            *PUSH(t->a, &t->placed) = (struct placing){.pod = pod, .node = (uint32_t)node};
            schedule_assume_volumes(s, first + pod, (uint32_t)node);
            schedule_bind(s, first + pod, (uint32_t)node);
            t->nodes[node].gave_up = false;
            twin_happened(t);
            arrive(t, pod, (uint32_t)node);
            continue;
        }
        full[class_] = true;
        if (!t->pods.items[pod].told)
            twin_happened(t);
        t->pods.items[pod].told = true;
        t->waiting.items[kept++] = pod;
    }
    t->waiting.count = kept;
    *PUSH(t->a, &t->placed) = (struct placing){.made = true};
    if (schedule_make_volumes(s))
        twin_want_place(t);
    schedule_done(s);
    for (size_t i = 0; i < t->preempted.count; i++)
        twin_replace(t, t->preempted.items[i], 0);
    if (t->preempted.count)
        twin_want_place(t);
}
