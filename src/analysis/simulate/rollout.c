/* SPDX-License-Identifier: Apache-2.0
 *
 * Rolling updates: what a deploy does to the pods of a Deployment (pkg/controller/deployment/
 * rolling.go, recreate.go), a StatefulSet (pkg/controller/statefulset/stateful_set_control.go,
 * OrderedReady) or a DaemonSet (pkg/controller/daemon/update.go). A pod that is deleted ends at
 * once: its grace period is not waited for.
 */
#include "analysis/simulate/internal.h"
#include "model/pdb_status.h"

/* ---- who is there ---- */

static bool is_member(const struct sim_runner *r, uint32_t pod, uint32_t workload)
{
    const struct run_pod *p = &r->pods.items[pod];
    return p->state != POD_GONE && !p->marked && pod_world(r, pod)->workload == workload &&
           (pod >= r->world->pod_count || !r->world->pods[pod].planned);
}

static bool is_new(const struct sim_runner *r, const struct run_rollout *x, uint32_t pod)
{
    return pod_world(r, pod)->planned == x->action->revision;
}

static const struct workload *workload_of(const struct sim_runner *r, const struct run_rollout *x)
{
    return r->world->workloads[x->workload].workload;
}

static int64_t min_ready_ms(const struct workload *w)
{
    return w->min_ready_seconds.set ? MAX(w->min_ready_seconds.v, 0) * SECOND : 0;
}

/* Ready for minReadySeconds. What was ready before the rollout began has been so for long. */
static bool is_available(const struct sim_runner *r, const struct run_rollout *x, uint32_t pod)
{
    if (!r->pods.items[pod].ready)
        return false;
    for (size_t i = x->became_ready.count; i-- > 0;)
        if (x->became_ready.items[i].pod == pod)
            return r->now >= x->became_ready.items[i].at_ms + min_ready_ms(workload_of(r, x));
    return true;
}

/* Ready means available. */
struct census {
    int64_t old, old_ready, made, made_ready;
};

static struct census count_pods(const struct sim_runner *r, const struct run_rollout *x)
{
    struct census c = {0};
    for (uint32_t p = 0; p < r->pods.count; p++) {
        if (!is_member(r, p, x->workload))
            continue;
        bool ready = is_available(r, x, p);
        if (is_new(r, x, p)) {
            c.made++;
            c.made_ready += ready;
        } else {
            c.old++;
            c.old_ready += ready;
        }
    }
    for (size_t i = 0; i < r->refused.count; i++) {
        const struct run_refused *f = &r->refused.items[i];
        if (f->made || pod_world(r, f->like)->workload != x->workload)
            continue;
        c.made += is_new(r, x, f->like);
        c.old += !is_new(r, x, f->like);
    }
    return c;
}

/* ---- deleting ---- */

struct ranked_pod {
    uint32_t pod;
    int64_t company; /* pods of the workload on its node */
    bool placed, running, ready;
};

/* controller_utils.go ActivePodsWithRanks, as far as the simulation knows: first those that are not
 * placed, not running, not ready, then those with most company, then the newest. */
static int rank_order(const void *a, const void *b)
{
    const struct ranked_pod *x = a, *y = b;
    if (x->placed != y->placed)
        return x->placed - y->placed;
    if (x->running != y->running)
        return x->running - y->running;
    if (x->ready != y->ready)
        return x->ready - y->ready;
    if (x->company != y->company)
        return x->company > y->company ? -1 : 1;
    return x->pod > y->pod ? -1 : 1;
}

static void count_company(const struct sim_runner *r, uint32_t workload, struct ranked_pod *x)
{
    int32_t node = r->pods.items[x->pod].node;
    if (!x->placed)
        return;
    for (uint32_t p = r->nodes[node].first_pod; p != NO_POD; p = r->pods.items[p].next)
        x->company += is_member(r, p, workload);
}

/* Those that a webhook has refused need not be made any more. */
static size_t forget_refused(struct sim_runner *r, uint32_t workload, uint32_t spare_revision,
                             int64_t count)
{
    size_t n = 0;
    for (size_t i = 0; i < r->refused.count && (int64_t)n < count; i++) {
        struct run_refused *f = &r->refused.items[i];
        const struct sim_pod *wp = pod_world(r, f->like);
        if (f->made || wp->workload != workload ||
            (spare_revision && wp->planned == spare_revision))
            continue;
        f->made = true;
        n++;
    }
    return n;
}

size_t pods_scale_down(struct sim_runner *r, uint32_t workload, uint32_t spare_revision,
                       int64_t count)
{
    struct ranked_pod *list = arena_array(&r->scratch, struct ranked_pod, r->pods.count);
    size_t n = 0, done = 0, spared = forget_refused(r, workload, spare_revision, count);
    for (uint32_t p = 0; p < r->pods.count; p++) {
        const struct run_pod *rp = &r->pods.items[p];
        if (!is_member(r, p, workload) ||
            (spare_revision && pod_world(r, p)->planned == spare_revision))
            continue;
        list[n] = (struct ranked_pod){.pod = p,
                                      .placed = rp->node != NO_INDEX32,
                                      .running = rp->state == POD_RUNNING,
                                      .ready = rp->ready};
        count_company(r, workload, &list[n++]);
    }
    qsort(list, n, sizeof(*list), rank_order);
    for (; done < n && (int64_t)(done + spared) < count; done++)
        pod_delete(r, list[done].pod);
    arena_reset(&r->scratch);
    return done + spared;
}

/* ---- Deployment ---- */

/* deployment_util.go ResolveFenceposts: the surge rounds up, what may be missing rounds down, and
 * one of both is at least 1. */
static void deployment_bounds(const struct workload *w, int64_t desired, int64_t *surge,
                              int64_t *unavailable)
{
    static const struct int_or_str quarter = {.type = IOS_STRING, .s = {"25%", 3}};
    int64_t down = 0;
    *surge = *unavailable = 0;
    if (int_or_percent(w->max_surge.type ? &w->max_surge : &quarter, desired, surge))
        *surge = 1;
    if (w->max_unavailable.type == IOS_INT)
        *unavailable = w->max_unavailable.i;
    else if (int_or_percent(w->max_unavailable.type ? &w->max_unavailable : &quarter, -desired,
                            &down) == 0)
        *unavailable = -down;
    *surge = MAX(*surge, 0);
    *unavailable = MIN(MAX(*unavailable, 0), desired);
    if (*surge == 0 && *unavailable == 0)
        *unavailable = MIN(1, desired);
}

/* The templates in turn: their pods are alike but for what they use. */
static uint32_t next_template(struct run_rollout *x)
{
    return x->action->first_pod + x->made++ % x->action->pod_count;
}

static void make_pods(struct sim_runner *r, struct run_rollout *x, int64_t count)
{
    for (int64_t i = 0; i < count; i++)
        pod_make_new(r, next_template(x), NO_INDEX32);
    want_schedule(r);
}

static void roll_deployment(struct sim_runner *r, struct run_rollout *x)
{
    const struct workload *w = r->world->workloads[x->workload].workload;
    int64_t desired = r->workloads[x->workload].wanted, surge, unavailable;
    deployment_bounds(w, desired, &surge, &unavailable);
    if (str_is(w->strategy_type.v, "Recreate")) {
        surge = 0;
        unavailable = desired;
    }
    for (;;) {
        struct census c = count_pods(r, x);
        int64_t total = c.old + c.made, least = desired - unavailable;
        bool first_old = str_is(w->strategy_type.v, "Recreate") && c.old > 0;
        if (c.made < desired && total < desired + surge && !first_old) {
            make_pods(r, x, MIN(desired + surge - total, desired - c.made));
            continue;
        }
        int64_t most = total - least - (c.made - c.made_ready);
        if (c.old == 0 || most <= 0)
            break;
        int64_t ready = c.old_ready + c.made_ready, sick = MIN(most, c.old - c.old_ready);
        int64_t well = MIN(MAX(ready - least, 0), c.old - sick);
        if (pods_scale_down(r, x->workload, x->action->revision, sick + well) == 0)
            break;
    }
}

/* ---- StatefulSet ---- */

static int64_t ordinal_of(struct str name)
{
    size_t from = name.n;
    int64_t v = 0;
    while (from > 0 && name.p[from - 1] >= '0' && name.p[from - 1] <= '9')
        from--;
    return str_to_int64(str_sub(name, from, name.n), &v) ? 0 : v;
}

static uint32_t template_of_slot(const struct sim_runner *r, const struct run_rollout *x,
                                 uint32_t slot)
{
    for (uint32_t i = 0; i < x->action->pod_count; i++)
        if (r->world->pods[x->action->first_pod + i].slot == slot)
            return x->action->first_pod + i;
    return NO_POD;
}

static void replace_pod(struct sim_runner *r, const struct run_rollout *x, uint32_t old,
                        int32_t node)
{
    uint32_t from = template_of_slot(r, x, pod_world(r, old)->slot);
    pod_delete(r, old);
    if (from != NO_POD)
        pod_make_new(r, from, node);
    want_schedule(r);
}

static int64_t pod_ordinal(const struct sim_runner *r, uint32_t pod)
{
    return ordinal_of(r->world->pods[pod_world(r, pod)->slot].pod->o.name);
}

/* Old pods of a StatefulSet that its partition keeps as they are. */
static int64_t count_held(const struct sim_runner *r, const struct run_rollout *x)
{
    const struct workload *w = workload_of(r, x);
    int64_t held = 0;
    if (w->o.kind != KIND_STATEFUL_SET || !w->partition.set)
        return 0;
    for (uint32_t p = 0; p < r->pods.count; p++)
        held +=
            is_member(r, p, x->workload) && !is_new(r, x, p) && pod_ordinal(r, p) < w->partition.v;
    return held;
}

/* From the highest ordinal down to the partition, one at a time, and only while all are available.
 * maxUnavailable is behind a gate that is off in 1.36 (MaxUnavailableStatefulSet). */
static void roll_stateful(struct sim_runner *r, struct run_rollout *x)
{
    uint32_t target = NO_POD;
    const struct workload *w = workload_of(r, x);
    int64_t highest = w->partition.set ? w->partition.v - 1 : -1;
    for (size_t i = 0; i < r->refused.count; i++)
        if (!r->refused.items[i].made &&
            pod_world(r, r->refused.items[i].like)->workload == x->workload)
            return; /* one is missing */
    for (uint32_t p = 0; p < r->pods.count; p++) {
        const struct sim_pod *wp = pod_world(r, p);
        const struct run_pod *rp = &r->pods.items[p];
        if (wp->workload == x->workload && rp->marked && rp->state != POD_GONE)
            return; /* still Terminating */
        if (!is_member(r, p, x->workload))
            continue;
        if (!is_available(r, x, p))
            return;
        int64_t ordinal = pod_ordinal(r, p);
        if (!is_new(r, x, p) && ordinal > highest) {
            highest = ordinal;
            target = p;
        }
    }
    if (target != NO_POD)
        replace_pod(r, x, target, NO_INDEX32);
}

/* ---- DaemonSet ---- */

/* The updated pod beside an old one, on the same node; NO_POD = none yet. */
static uint32_t updated_on(const struct sim_runner *r, const struct run_rollout *x, int32_t node)
{
    for (uint32_t p = r->nodes[node].first_pod; p != NO_POD; p = r->pods.items[p].next)
        if (is_member(r, p, x->workload) && is_new(r, x, p))
            return p;
    return NO_POD;
}

/* Beside each old pod a new one, as many at a time as may surge; the old one goes when it is ready. */
static void surge_daemon(struct sim_runner *r, struct run_rollout *x, int64_t surge)
{
    size_t count = r->pods.count;
    for (uint32_t p = 0; p < count; p++) {
        if (!is_member(r, p, x->workload) || is_new(r, x, p))
            continue;
        uint32_t made = updated_on(r, x, r->pods.items[p].node);
        if (made != NO_POD && is_available(r, x, made))
            pod_delete(r, p);
        else
            surge -= made != NO_POD;
    }
    for (uint32_t p = 0; p < count && surge > 0; p++) {
        int32_t node = r->pods.items[p].node;
        if (!is_member(r, p, x->workload) || is_new(r, x, p) || updated_on(r, x, node) != NO_POD)
            continue;
        uint32_t from = template_of_slot(r, x, pod_world(r, p)->slot);
        if (from != NO_POD)
            pod_make_new(r, from, node);
        surge--;
    }
}

static void roll_daemon(struct sim_runner *r, struct run_rollout *x)
{
    const struct workload *w = r->world->workloads[x->workload].workload;
    struct census c = count_pods(r, x);
    int64_t total = c.old + c.made, surge = 0, most = 1;
    if (w->max_surge.type && int_or_percent(&w->max_surge, total, &surge) == 0 && surge > 0) {
        surge_daemon(r, x, surge);
        return;
    }
    if (w->max_unavailable.type && int_or_percent(&w->max_unavailable, total, &most))
        most = 1;
    int64_t left = MAX(most - (total - c.old_ready - c.made_ready), 0);
    size_t count = r->pods.count;
    for (uint32_t p = 0; p < count; p++) {
        if (!is_member(r, p, x->workload) || is_new(r, x, p))
            continue;
        if (is_available(r, x, p) && left-- <= 0)
            continue;
        replace_pod(r, x, p, r->pods.items[p].node);
    }
}

/* ---- the controllers' sync ---- */

void rollout_later(struct sim_runner *r, uint32_t workload)
{
    struct run_rollout *x = &r->rollouts.items[r->workloads[workload].rolling - 1];
    if (x->queued)
        return;
    x->queued = true;
    plan(r, r->now, TODO_ROLLOUT, r->workloads[workload].rolling - 1, 0);
}

void rollout_ready(struct sim_runner *r, uint32_t pod, bool ready)
{
    uint32_t workload = pod_world(r, pod)->workload, rolling = r->workloads[workload].rolling - 1;
    struct run_rollout *x = &r->rollouts.items[rolling];
    int64_t least = min_ready_ms(workload_of(r, x));
    rollout_later(r, workload);
    if (!ready || least == 0)
        return;
    *PUSH(r->arena, &x->became_ready) = (struct became_ready){pod, r->now};
    plan(r, r->now + least, TODO_ROLLOUT, rolling, 0);
}

static void note_rollout(struct sim_runner *r, const struct run_rollout *x,
                         enum sim_event_type type, int64_t count)
{
    note(r, (struct sim_event){.type = type,
                               .node = NO_INDEX32,
                               .pod = (int32_t)r->world->pods[x->action->first_pod].slot,
                               .container = NO_INDEX32,
                               .count = count});
}

void rollout_begin(struct sim_runner *r, const struct sim_action *action)
{
    struct run_workload *w = touch_workload(r, action->workload);
    if (action->pod_count == 0)
        return;
    *PUSH(r->arena, &r->rollouts) =
        (struct run_rollout){.action = action, .workload = action->workload};
    w->rolling = (uint32_t)r->rollouts.count; /* an earlier one is given up */
    note_rollout(r, &r->rollouts.items[r->rollouts.count - 1], SIM_DEPLOYED, w->wanted);
    rollout_later(r, action->workload);
}

void rollout_step(struct sim_runner *r, uint32_t rollout)
{
    struct run_rollout *x = &r->rollouts.items[rollout];
    struct run_workload *w = &r->workloads[x->workload];
    x->queued = false;
    if (w->rolling != rollout + 1)
        return;
    enum kind kind = r->world->workloads[x->workload].workload->o.kind;
    if (kind == KIND_STATEFUL_SET)
        roll_stateful(r, x);
    else if (kind == KIND_DAEMON_SET)
        roll_daemon(r, x);
    else
        roll_deployment(r, x);
    struct census c = count_pods(r, x);
    int64_t held = count_held(r, x);
    if (c.old > held || c.made_ready < c.made || c.made + held < w->wanted)
        return;
    w->rolling = 0;
    note_rollout(r, x, SIM_ROLLED_OUT, c.made);
}
