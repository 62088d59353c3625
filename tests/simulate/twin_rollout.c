/* SPDX-License-Identifier: Apache-2.0
 *
 * The plain twin: rolling updates of Deployments, StatefulSets and DaemonSets, and scaling down.
 */
#include "twin_state.h"

#include "model/pdb_status.h"

/* ---- who is there ---- */

static bool is_member(const struct twin *t, uint32_t pod, uint32_t workload)
{
    const struct twin_pod *p = &t->pods.items[pod];
    return p->state != GONE && !p->marked && origin(t, pod)->workload == workload;
}

static bool is_new(const struct twin *t, const struct twin_rollout *x, uint32_t pod)
{
    return origin(t, pod)->planned == x->action->revision;
}

static const struct workload *workload_of(const struct twin *t, const struct twin_rollout *x)
{
    return t->w->workloads[x->action->workload].workload;
}

static int64_t min_ready_ms(const struct twin *t, const struct twin_rollout *x)
{
    const struct workload *w = workload_of(t, x);
    return w->min_ready_seconds.set ? MAX(w->min_ready_seconds.v, 0) * SECOND_MS : 0;
}

static bool is_available(const struct twin *t, const struct twin_rollout *x, uint32_t pod)
{
    int64_t since = INT64_MIN / 2;
    for (size_t i = 0; i < x->since.count; i++)
        if (x->since.items[i].pod == pod)
            since = x->since.items[i].at_ms;
    return t->pods.items[pod].ready && t->now - since >= min_ready_ms(t, x);
}

/* Pods, and those of them that are available; refused ones are there, and not available. */
struct sum {
    int64_t pods, ready;
};

static struct sum sum_of(const struct twin *t, const struct twin_rollout *x, bool new_ones)
{
    struct sum s = {0};
    for (uint32_t p = 0; p < t->pods.count; p++)
        if (is_member(t, p, x->action->workload) && is_new(t, x, p) == new_ones) {
            s.pods++;
            s.ready += is_available(t, x, p);
        }
    for (size_t i = 0; i < t->refused.count; i++)
        s.pods += !t->refused.items[i].done &&
                  origin(t, t->refused.items[i].like)->workload == x->action->workload &&
                  is_new(t, x, t->refused.items[i].like) == new_ones;
    return s;
}

/* ---- scaling down ---- */

static int64_t company(const struct twin *t, uint32_t pod)
{
    int64_t n = 0;
    for (uint32_t p = 0; p < t->pods.count; p++)
        n += t->pods.items[p].node >= 0 && t->pods.items[p].node == t->pods.items[pod].node &&
             is_member(t, p, origin(t, pod)->workload);
    return n;
}

/* Which of two goes first: what is nowhere, does not run, is not ready; where most of its kind
 * are; the newest. */
static bool goes_before(const struct twin *t, uint32_t a, uint32_t b)
{
    const struct twin_pod *x = &t->pods.items[a], *y = &t->pods.items[b];
    if ((x->node < 0) != (y->node < 0))
        return x->node < 0;
    if ((x->state == RUNS) != (y->state == RUNS))
        return x->state != RUNS;
    if (x->ready != y->ready)
        return !x->ready;
    int64_t of_x = x->node < 0 ? 0 : company(t, a), of_y = y->node < 0 ? 0 : company(t, b);
    return of_x != of_y ? of_x > of_y : a > b;
}

size_t twin_scale_down(struct twin *t, uint32_t workload, uint32_t spared, int64_t count)
{
    struct number_list list = {0};
    size_t done = 0;
    for (size_t i = 0; i < t->refused.count && (int64_t)done < count; i++) {
        struct wish *x = &t->refused.items[i];
        const struct sim_pod *like = origin(t, x->like);
        if (x->done || like->workload != workload || (spared && like->planned == spared))
            continue;
        x->done = true;
        done++;
    }
    for (uint32_t p = 0; p < t->pods.count; p++)
        if (is_member(t, p, workload) && !(spared && origin(t, p)->planned == spared)) {
            (void)PUSH(t->a, &list);
            size_t at = list.count - 1;
            for (; at > 0 && goes_before(t, p, list.items[at - 1]); at--)
                list.items[at] = list.items[at - 1];
            list.items[at] = p;
        }
    for (size_t i = 0; i < list.count && (int64_t)done < count; i++, done++)
        twin_delete_pod(t, list.items[i]);
    return done;
}

/* ---- Deployment ---- */

/* 25 % when nothing is said; the surge rounds up, what may be missing down, and not both are 0. */
static void bounds_of(const struct workload *w, int64_t desired, int64_t *surge, int64_t *missing)
{
    int64_t percent = 25;
    *surge = (desired * percent + 99) / 100;
    *missing = desired * percent / 100;
    if (w->max_surge.type == IOS_INT)
        *surge = w->max_surge.i;
    else if (w->max_surge.type == IOS_STRING &&
             !str_to_int64(str_sub(w->max_surge.s, 0, w->max_surge.s.n - 1), &percent))
        *surge = (desired * percent + 99) / 100;
    if (w->max_unavailable.type == IOS_INT)
        *missing = w->max_unavailable.i;
    else if (w->max_unavailable.type == IOS_STRING &&
             !str_to_int64(str_sub(w->max_unavailable.s, 0, w->max_unavailable.s.n - 1), &percent))
        *missing = desired * percent / 100;
    *missing = MIN(*missing, desired);
    if (*surge == 0 && *missing == 0)
        *missing = MIN(1, desired);
    if (str_is(w->strategy_type.v, "Recreate")) {
        *surge = 0;
        *missing = desired;
    }
}

static void make(struct twin *t, uint32_t like, int node)
{
    twin_create(t, &(struct wish){.like = like, .node = node, .fresh = true});
}

static void roll_deployment(struct twin *t, struct twin_rollout *x)
{
    const struct workload *w = workload_of(t, x);
    const struct sim_action *by = x->action;
    int64_t desired = t->workloads[by->workload].wanted, surge, missing;
    bounds_of(w, desired, &surge, &missing);
    bool recreates = str_is(w->strategy_type.v, "Recreate");
    for (;;) {
        struct sum old = sum_of(t, x, false), made = sum_of(t, x, true);
        int64_t room = MIN(desired + surge - old.pods - made.pods, desired - made.pods);
        if (room > 0 && !(recreates && old.pods > 0)) {
            for (int64_t i = 0; i < room; i++)
                make(t, by->first_pod + x->made++ % by->pod_count, -1);
            twin_want_place(t);
            continue;
        }
        int64_t least = desired - missing;
        int64_t most = old.pods + made.pods - least - (made.pods - made.ready);
        if (old.pods == 0 || most <= 0)
            return;
        int64_t sick = MIN(most, old.pods - old.ready);
        int64_t well = MIN(MAX(old.ready + made.ready - least, 0), old.pods - sick);
        if (twin_scale_down(t, by->workload, by->revision, sick + well) == 0)
            return;
    }
}

/* ---- StatefulSet and DaemonSet ---- */

static int64_t ordinal(const struct twin *t, uint32_t pod)
{
    struct str name = t->w->pods[origin(t, pod)->slot].pod->o.name;
    int64_t v = 0, digit = 1;
    for (size_t i = name.n; i-- > 0 && name.p[i] >= '0' && name.p[i] <= '9'; digit *= 10)
        v += (name.p[i] - '0') * digit;
    return v;
}

static uint32_t successor(const struct twin *t, const struct twin_rollout *x, uint32_t pod)
{
    for (uint32_t i = 0; i < x->action->pod_count; i++)
        if (t->w->pods[x->action->first_pod + i].slot == origin(t, pod)->slot)
            return x->action->first_pod + i;
    return NOBODY;
}

static void swap(struct twin *t, const struct twin_rollout *x, uint32_t pod, int node)
{
    uint32_t like = successor(t, x, pod);
    twin_delete_pod(t, pod);
    if (like != NOBODY)
        make(t, like, node);
    twin_want_place(t);
}

static int64_t partition(const struct twin *t, const struct twin_rollout *x)
{
    const struct workload *w = workload_of(t, x);
    return w->o.kind == KIND_STATEFUL_SET && w->partition.set ? w->partition.v : 0;
}

static bool is_missing_one(const struct twin *t, const struct twin_rollout *x)
{
    uint32_t workload = x->action->workload;
    for (size_t i = 0; i < t->refused.count; i++)
        if (!t->refused.items[i].done && origin(t, t->refused.items[i].like)->workload == workload)
            return true;
    for (uint32_t p = 0; p < t->pods.count; p++) {
        bool ending = t->pods.items[p].marked && t->pods.items[p].state != GONE &&
                      origin(t, p)->workload == workload;
        if (ending || (is_member(t, p, workload) && !is_available(t, x, p)))
            return true;
    }
    return false;
}

static void roll_stateful(struct twin *t, struct twin_rollout *x)
{
    uint32_t highest = NOBODY;
    if (is_missing_one(t, x))
        return;
    for (uint32_t p = 0; p < t->pods.count; p++)
        if (is_member(t, p, x->action->workload) && !is_new(t, x, p) &&
            ordinal(t, p) >= partition(t, x) &&
            (highest == NOBODY || ordinal(t, p) > ordinal(t, highest)))
            highest = p;
    if (highest != NOBODY)
        swap(t, x, highest, -1);
}

static uint32_t beside(const struct twin *t, const struct twin_rollout *x, int node)
{
    for (size_t i = 0; i < t->nodes[node].pods.count; i++) {
        uint32_t p = t->nodes[node].pods.items[i];
        if (is_member(t, p, x->action->workload) && is_new(t, x, p))
            return p;
    }
    return NOBODY;
}

static void surge_daemon(struct twin *t, struct twin_rollout *x, int64_t surge)
{
    size_t count = t->pods.count;
    for (uint32_t p = 0; p < count; p++) {
        if (!is_member(t, p, x->action->workload) || is_new(t, x, p))
            continue;
        uint32_t made = beside(t, x, t->pods.items[p].node);
        if (made != NOBODY && is_available(t, x, made))
            twin_delete_pod(t, p);
        else
            surge -= made != NOBODY;
    }
    for (uint32_t p = 0; p < count && surge > 0; p++) {
        int node = t->pods.items[p].node;
        if (!is_member(t, p, x->action->workload) || is_new(t, x, p) ||
            beside(t, x, node) != NOBODY)
            continue;
        if (successor(t, x, p) != NOBODY)
            make(t, successor(t, x, p), node);
        surge--;
    }
}

static void roll_daemon(struct twin *t, struct twin_rollout *x)
{
    const struct workload *w = workload_of(t, x);
    struct sum old = sum_of(t, x, false), made = sum_of(t, x, true);
    int64_t total = old.pods + made.pods, surge = 0, most = 1;
    if (w->max_surge.type && int_or_percent(&w->max_surge, total, &surge) == 0 && surge > 0) {
        surge_daemon(t, x, surge);
        return;
    }
    if (w->max_unavailable.type && int_or_percent(&w->max_unavailable, total, &most))
        most = 1;
    int64_t left = MAX(most - (total - old.ready - made.ready), 0);
    size_t count = t->pods.count;
    for (uint32_t p = 0; p < count; p++) {
        if (!is_member(t, p, x->action->workload) || is_new(t, x, p))
            continue;
        if (!is_available(t, x, p) || left-- > 0)
            swap(t, x, p, t->pods.items[p].node);
    }
}

/* ---- the controllers' syncs ---- */

void twin_rollout_later(struct twin *t, uint32_t workload)
{
    uint32_t rolling = t->workloads[workload].rolling - 1;
    if (!t->rollouts.items[rolling].queued)
        twin_later(t, t->now, ROLLOUT, rolling, 0);
    t->rollouts.items[rolling].queued = true;
}

void twin_rollout_change(struct twin *t, uint32_t pod, bool ready)
{
    uint32_t workload = origin(t, pod)->workload, rolling = t->workloads[workload].rolling - 1;
    struct twin_rollout *x = &t->rollouts.items[rolling];
    twin_rollout_later(t, workload);
    if (!ready || min_ready_ms(t, x) == 0)
        return;
    *PUSH(t->a, &x->since) = (struct ready_since){pod, t->now};
    twin_later(t, t->now + min_ready_ms(t, x), ROLLOUT, rolling, 0);
}

void twin_roll_out(struct twin *t, const struct sim_action *x)
{
    if (x->pod_count == 0)
        return;
    *PUSH(t->a, &t->rollouts) = (struct twin_rollout){.action = x};
    t->workloads[x->workload].rolling = (uint32_t)t->rollouts.count;
    twin_happened(t);
    twin_rollout_later(t, x->workload);
}

void twin_rollout_step(struct twin *t, uint32_t rollout)
{
    struct twin_rollout *x = &t->rollouts.items[rollout];
    struct twin_workload *w = &t->workloads[x->action->workload];
    int64_t held = 0;
    x->queued = false;
    if (w->rolling != rollout + 1)
        return;
    enum kind kind = workload_of(t, x)->o.kind;
    if (kind == KIND_STATEFUL_SET)
        roll_stateful(t, x);
    else if (kind == KIND_DAEMON_SET)
        roll_daemon(t, x);
    else
        roll_deployment(t, x);
    struct sum old = sum_of(t, x, false), made = sum_of(t, x, true);
    for (uint32_t p = 0; p < t->pods.count; p++)
        held += is_member(t, p, x->action->workload) && !is_new(t, x, p) &&
                ordinal(t, p) < partition(t, x);
    if (old.pods > held || made.ready < made.pods || made.pods + held < w->wanted)
        return;
    w->rolling = 0;
    twin_happened(t);
}
