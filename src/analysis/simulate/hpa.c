/* SPDX-License-Identifier: Apache-2.0
 *
 * HorizontalPodAutoscalers, as far as what they look at can be known: memory is, CPU follows load
 * only by assumption, all else is not. Arithmetic of pkg/controller/podautoscaler:
 * replica_calculator.go for one metric, horizontal.go for what is made of several.
 *
 * One rule is ours: no workload goes below the replicas that it has in the input, so that a sample
 * taken at a quiet moment does not shrink it.
 */
#include <math.h>

#include "analysis/simulate/internal.h"
#include "model/resources.h"

__extension__ typedef __int128 i128;

enum {
    HPA_SYNC_MS = 15 * SECOND,        /* --horizontal-pod-autoscaler-sync-period */
    HPA_DOWN_WINDOW_MS = 300 * SECOND /* --horizontal-pod-autoscaler-downscale-stabilization */
};
static const double HPA_TOLERANCE = 0.1; /* --horizontal-pod-autoscaler-tolerance */

/* ---- the world's ---- */

static bool metric_of(const struct sim_world *w, const struct hpa_metric *m,
                      struct sim_hpa_metric *ret)
{
    struct quantity q;
    bool resource = str_is(m->type, "Resource") || str_is(m->type, "ContainerResource");
    bool cpu = str_is(m->resource, "cpu");
    *ret = (struct sim_hpa_metric){.cpu = cpu, .container = m->container};
    if (!resource || !(cpu || str_is(m->resource, "memory")) ||
        (cpu && w->options.hpa_cpu != HPA_CPU_LOAD))
        return false;
    if (m->utilization.set) {
        ret->utilization = MIN(m->utilization.v, INT32_MAX);
        return m->utilization.v > 0;
    }
    if (!m->average_value.v.n || quantity_parse(m->average_value.v, &q) < 0)
        return false;
    ret->average = cpu ? quantity_milli(q) : quantity_value(q);
    return ret->average > 0;
}

static bool is_scaled(enum kind k)
{
    return k == KIND_DEPLOYMENT || k == KIND_STATEFUL_SET || k == KIND_REPLICA_SET ||
           k == KIND_REPLICATION_CONTROLLER;
}

static void add_hpa(struct arena *a, struct sim_world *w, const struct hpa *h, uint32_t workload)
{
    struct sim_hpa x = {.hpa = h, .workload = workload};
    x.least = h->min_replicas.set ? MAX(h->min_replicas.v, 0) : 1;
    x.most = h->max_replicas.set ? MIN(h->max_replicas.v, INT32_MAX) : 0;
    for (size_t i = 0; i < h->metrics.count; i++) {
        struct sim_hpa_metric m;
        if (metric_of(w, &h->metrics.items[i], &m)) {
            *PUSH(a, &x.metrics) = m;
            w->workloads[workload].elastic = w->workloads[workload].elastic || m.cpu;
            w->elastic = w->elastic || m.cpu;
        } else {
            x.unknown++;
        }
    }
    if (x.metrics.count == 0 || x.most < 1) {
        w->hpas_unknown++;
        return;
    }
    for (uint32_t i = w->workload_first[workload]; i < w->workload_first[workload + 1]; i++) {
        uint32_t p = w->workload_pods[i];
        if (w->pods[p].planned)
            continue;
        *PUSH(a, &x.pods) = p;
        if (w->pods[p].node != NO_INDEX32)
            w->nodes[w->pods[p].node].scaled = true;
    }
    *PUSH(a, &w->hpas) = x;
    w->workloads[workload].hpa = (uint32_t)w->hpas.count;
}

void sim_hpas_find(struct arena *a, struct sim_world *w)
{
    for (size_t i = 0; w->options.hpa == HPA_REACT && i < w->cluster->hpas.count; i++) {
        const struct hpa *h = w->cluster->hpas.items[i];
        uint32_t k = 0;
        while (k < w->workload_count && w->workloads[k].workload != h->target)
            k++;
        if (!h->target || k == w->workload_count || w->workloads[k].replicas == 0 ||
            w->workloads[k].hpa || !is_scaled(h->target->o.kind))
            continue;
        add_hpa(a, w, h, k);
    }
}

/* Without a behavior, none is set. */
static const struct hpa_rules no_rules = {0};

static const struct hpa_rules *up_rules(const struct hpa *h)
{
    return h->behavior ? &h->behavior->up : &no_rules;
}

static const struct hpa_rules *down_rules(const struct hpa *h)
{
    return h->behavior ? &h->behavior->down : &no_rules;
}

/* ---- one metric ---- */

/* replica_calculator.go groupPods: those that are measured, those that are Pending, those without
 * a sample because their kubelet is away. Requests beside them. */
struct seen {
    i128 total, requests, unready_requests, missing_requests;
    int64_t measured, unready, missing;
    bool invalid; /* a container requests nothing */
};

/* As the pod, unless the metric is of one container. */
static bool asks_as_pod(const struct sim_pod *p, const struct sim_hpa_metric *m)
{
    return p->level_request_bytes >= 0 && !m->container.n;
}

static int64_t cpu_request(const struct sim_pod *p, const struct sim_hpa_metric *m,
                           const struct container *k)
{
    return asks_as_pod(p, m) ? p->level_request_milli / p->container_count
                             : resources_cpu_milli(&k->resources.requests);
}

static int64_t cpu_level(const struct sim_runner *r, const struct sim_pod *p,
                         const struct sim_hpa_metric *m, const struct container *k)
{
    const struct pod_metrics *pm = p->pod->metrics;
    int64_t level = m->average;
    if (m->utilization)
        level = (int64_t)((i128)cpu_request(p, m, k) * m->utilization / 100);
    for (size_t i = 0; pm && i < pm->containers.count; i++)
        if (str_eq(pm->containers.items[i].name, k->name) && pm->containers.items[i].cpu_milli > 0)
            level = pm->containers.items[i].cpu_milli;
    return (int64_t)((i128)MIN(level, SIM_USAGE_MAX) * r->workloads[p->workload].load / FACTOR_ONE);
}

static int64_t memory_level(const struct sim_runner *r, uint32_t pod, uint32_t k)
{
    const struct run_pod *p = &r->pods.items[pod];
    if (!r->nodes[p->node].active)
        return scaled_usage(r, pod_world(r, pod)->container + k);
    return container_level(&r->containers.items[p->container + k], r->now);
}

static void see_pod(const struct sim_runner *r, uint32_t pod, const struct sim_hpa_metric *m,
                    struct seen *s)
{
    const struct run_pod *p = &r->pods.items[pod];
    const struct sim_pod *wp = pod_world(r, pod);
    i128 used = 0, requests = 0;
    if (p->state == POD_GONE || p->marked || p->deleting)
        return;
    for (uint32_t k = 0; k < wp->container_count; k++) {
        const struct container *c = r->world->containers[wp->container + k].container;
        if (m->container.n && !str_eq(m->container, c->name))
            continue;
        int64_t request = m->cpu ? resources_cpu_milli(&c->resources.requests)
                                 : resources_memory_bytes(&c->resources.requests);
        s->invalid = s->invalid || (request <= 0 && !asks_as_pod(wp, m));
        requests += MAX(request, 0);
        if (p->state == POD_RUNNING)
            used += m->cpu ? cpu_level(r, wp, m, c) : memory_level(r, pod, k);
    }
    if (asks_as_pod(wp, m)) {
        requests = m->cpu ? wp->level_request_milli : wp->level_request_bytes;
        s->invalid = s->invalid || requests <= 0;
    }
    if (p->state != POD_RUNNING) {
        s->unready++;
        s->unready_requests += requests;
    } else if (r->nodes[p->node].lost || r->nodes[p->node].stopped) {
        s->missing++;
        s->missing_requests += requests;
    } else {
        s->measured++;
        s->total += used;
        s->requests += requests;
    }
}

static double ratio_of(const struct sim_hpa_metric *m, i128 total, i128 requests, int64_t pods)
{
    if (m->utilization)
        return requests > 0 ? (double)(int64_t)(total * 100 / requests) / (double)m->utilization
                            : 1;
    return (double)(int64_t)(total / MAX(pods, 1)) / (double)m->average;
}

struct tolerances {
    double up, down;
};

static bool is_within(const struct tolerances *t, double ratio)
{
    return 1.0 - t->down <= ratio && ratio <= 1.0 + t->up;
}

static int64_t pods_for(double ratio, int64_t pods)
{
    double n = ceil(ratio * (double)pods);
    return n > INT32_MAX ? INT32_MAX : (int64_t)n;
}

/* GetResourceReplicas and calcPlainMetricReplicas; `current` where it should stay. */
static int64_t propose(const struct sim_hpa_metric *m, const struct tolerances *t, struct seen s,
                       int64_t current)
{
    double ratio = ratio_of(m, s.total, s.requests, s.measured);
    bool unready = s.unready > 0 && ratio > 1;
    if (!unready && s.missing == 0)
        return is_within(t, ratio) ? current : pods_for(ratio, s.measured);
    if (ratio < 1) /* a missing pod would use what it requests, or more */
        s.total += m->utilization ? s.missing_requests * MAX(m->utilization, 100) / 100
                                  : (i128)m->average * s.missing;
    if (ratio < 1 || ratio > 1) {
        s.requests += s.missing_requests;
        s.measured += s.missing;
    }
    if (unready) {
        s.requests += s.unready_requests;
        s.measured += s.unready;
    }
    double again = ratio_of(m, s.total, s.requests, s.measured);
    if (is_within(t, again) || (ratio < 1 && again > 1) || (ratio > 1 && again < 1))
        return current;
    int64_t pods = pods_for(again, s.measured);
    return (again < 1 && pods > current) || (again > 1 && pods < current) ? current : pods;
}

static double tolerance_of(const struct hpa_rules *rules)
{
    struct quantity q;
    if (!rules->tolerance.v.n || quantity_parse(rules->tolerance.v, &q) < 0)
        return HPA_TOLERANCE;
    return (double)quantity_milli(q) / 1000;
}

/* computeReplicasForMetrics: the most of all; where one is not known, never less than now. */
static int64_t wanted_by_metrics(const struct sim_runner *r, const struct sim_hpa *h)
{
    const struct hpa_rules *up = up_rules(h->hpa), *down = down_rules(h->hpa);
    const struct tolerances t = {tolerance_of(up), tolerance_of(down)};
    int64_t current = r->workloads[h->workload].wanted, most = 0;
    size_t known = 0;
    for (size_t i = 0; i < h->metrics.count; i++) {
        const struct sim_hpa_metric *m = &h->metrics.items[i];
        struct seen s = {0};
        for (size_t p = 0; p < h->pods.count; p++)
            see_pod(r, h->pods.items[p], m, &s);
        for (uint32_t p = r->world->pod_count; p < r->pods.count; p++)
            if (pod_world(r, p)->workload == h->workload)
                see_pod(r, p, m, &s);
        if (s.measured == 0 || (s.invalid && m->utilization))
            continue;
        most = MAX(most, propose(m, &t, s, current));
        known++;
    }
    if (known == 0)
        return current;
    return known < h->metrics.count + h->unknown ? MAX(most, current) : most;
}

/* ---- behaviour ---- */

static int64_t changed_within(const struct scale_events *l, int64_t now_ms, int64_t seconds)
{
    int64_t n = 0;
    for (size_t i = 0; i < l->count; i++)
        if (l->items[i].at_ms > now_ms - seconds * SECOND)
            n += l->items[i].pods;
    return n;
}

/* calculateScaleUpLimitWithScalingRules, calculateScaleDownLimitWithBehaviors: what one policy
 * allows. */
static int64_t policy_limit(const struct sim_runner *r, const struct run_hpa *x, int64_t current,
                            const struct hpa_policy *p, bool up)
{
    int64_t period = MIN(MAX(p->period_seconds, 1), 1800), value = MIN(MAX(p->value, 0), INT32_MAX);
    int64_t start = current - changed_within(&x->ups, r->now, period) +
                    changed_within(&x->downs, r->now, period);
    if (str_is(p->type, "Pods"))
        return up ? start + value : start - value;
    double share = (double)value / 100;
    return up ? (int64_t)ceil((double)start * (1 + share)) : (int64_t)((double)start * (1 - share));
}

static int64_t rules_limit(const struct sim_runner *r, const struct run_hpa *x, int64_t current,
                           const struct hpa_rules *rules, bool up)
{
    static const struct hpa_policy pods = {.type = {"Pods", 4}, .value = 4, .period_seconds = 15};
    static const struct hpa_policy all = {
        .type = {"Percent", 7}, .value = 100, .period_seconds = 15};
    bool least = str_is(rules->select_policy.v, "Min");
    int64_t limit = policy_limit(r, x, current, &all, up);
    if (str_is(rules->select_policy.v, "Disabled"))
        return current;
    if (rules->policies.count == 0 && up) {
        int64_t other = policy_limit(r, x, current, &pods, up);
        limit = least ? MIN(limit, other) : MAX(limit, other);
    }
    for (size_t i = 0; i < rules->policies.count; i++) {
        int64_t other = policy_limit(r, x, current, &rules->policies.items[i], up);
        limit = i == 0 ? other : least == up ? MIN(limit, other) : MAX(limit, other);
    }
    return up ? MAX(limit, current) : MIN(limit, current);
}

/* stabilizeRecommendation(WithBehaviors): not higher than the lowest of the window up, not lower
 * than the highest of the window down. */
static int64_t stabilized(struct sim_runner *r, struct run_hpa *x, const struct hpa *h,
                          int64_t current, int64_t desired)
{
    bool up = desired >= current && h->behavior, found = false;
    const struct opt_int *given =
        up ? &up_rules(h)->window_seconds : &down_rules(h)->window_seconds;
    int64_t window_ms = given->set ? MIN(MAX(given->v, 0), 3600) * SECOND
                        : up       ? 0
                                   : HPA_DOWN_WINDOW_MS;
    int64_t best = desired;
    for (size_t i = 0; i < x->seen.count; i++) {
        struct scale_event *s = &x->seen.items[i];
        bool inside =
            s->at_ms > r->now - window_ms || (!h->behavior && s->at_ms == r->now - window_ms);
        if (inside)
            best = up ? MIN(best, s->pods) : MAX(best, s->pods);
        else if (!found && s->at_ms <= r->now - MAX(window_ms, 3600 * SECOND)) {
            found = true;
            *s = (struct scale_event){r->now, desired};
        }
    }
    if (!found)
        *PUSH(r->arena, &x->seen) = (struct scale_event){r->now, desired};
    return best;
}

/* normalizeDesiredReplicas(WithBehaviors) */
static int64_t limited(const struct sim_runner *r, const struct sim_hpa *h, const struct run_hpa *x,
                       int64_t current, int64_t desired)
{
    int64_t least = MAX(h->least, r->world->workloads[h->workload].replicas);
    if (!h->hpa->behavior)
        return MAX(MIN(desired, MIN(h->most, MAX(2 * current, 4))), MIN(least, current));
    if (desired > current)
        return MAX(MIN(desired, MIN(h->most, rules_limit(r, x, current, up_rules(h->hpa), true))),
                   current);
    int64_t floor = MAX(least, rules_limit(r, x, current, down_rules(h->hpa), false));
    return MAX(desired, MIN(floor, current));
}

/* ---- in a run ---- */

bool hpas_at_rest(const struct sim_runner *r)
{
    static const struct run_hpa none = {0};
    for (size_t i = 0; r->base_factor && i < r->world->hpas.count; i++) {
        const struct sim_hpa *h = &r->world->hpas.items[i];
        int64_t current = r->workloads[h->workload].wanted;
        if (current < h->least || limited(r, h, &none, current, wanted_by_metrics(r, h)) != current)
            return false;
    }
    return true;
}

void hpa_wake(struct sim_runner *r, uint32_t workload)
{
    uint32_t hpa = r->world->workloads[workload].hpa;
    if (!hpa || r->in->factor == 0 || r->hpas[hpa - 1].queued)
        return;
    r->hpas[hpa - 1].queued = true;
    plan(r, (r->now / HPA_SYNC_MS + 1) * HPA_SYNC_MS, TODO_HPA, hpa - 1, 0);
}

void hpas_begin(struct sim_runner *r)
{
    const struct sim_world *w = r->world;
    if (w->hpas.count == 0)
        return;
    for (size_t i = 0; i < w->hpas.count; i++) {
        r->hpas[i].queued = false;
        r->hpas[i].seen.count = r->hpas[i].ups.count = r->hpas[i].downs.count = 0;
    }
    for (size_t i = 0; (r->hpas_hot || w->grows) && i < w->hpas.count; i++)
        hpa_wake(r, w->hpas.items[i].workload);
}

/* Something of it still changes, so that it is worth looking again. */
static bool is_moving(const struct sim_runner *r, uint32_t workload)
{
    struct pod_walk walk = {.workload = workload};
    for (uint32_t p; (p = pod_walk_next(r, &walk)) != NO_POD;) {
        const struct run_pod *rp = &r->pods.items[p];
        if (rp->state != POD_RUNNING || !r->nodes[rp->node].active)
            continue;
        for (uint32_t k = 0; k < pod_world(r, p)->container_count; k++)
            if (r->containers.items[rp->container + k].to_ms > r->now)
                return true;
    }
    return false;
}

/* A pod to copy: of the newest revision that is there, in turn. */
static uint32_t model_pod(const struct sim_runner *r, const struct sim_hpa *h, int64_t turn)
{
    uint32_t newest = h->pods.items[(size_t)turn % h->pods.count];
    for (uint32_t p = r->world->pod_count; p < r->pods.count; p++) {
        const struct sim_pod *wp = pod_world(r, p);
        if (wp->workload == h->workload && r->pods.items[p].state != POD_GONE &&
            wp->planned > pod_world(r, newest)->planned)
            newest = r->pods.items[p].origin;
    }
    return newest;
}

static void scale(struct sim_runner *r, const struct sim_hpa *h, struct run_hpa *x, int64_t desired)
{
    struct run_workload *w = touch_workload(r, h->workload);
    int64_t current = w->wanted;
    note(r, (struct sim_event){.type = SIM_SCALED,
                               .node = NO_INDEX32,
                               .pod = (int32_t)h->pods.items[0],
                               .container = NO_INDEX32,
                               .bytes = current,
                               .count = desired});
    w->wanted = desired;
    if (desired > current) {
        *PUSH(r->arena, &x->ups) = (struct scale_event){r->now, desired - current};
        for (int64_t i = current; i < desired; i++)
            pod_make_new(r, model_pod(r, h, i), NO_INDEX32);
        want_schedule(r);
    } else {
        *PUSH(r->arena, &x->downs) = (struct scale_event){r->now, current - desired};
        pods_scale_down(r, h->workload, 0, current - desired);
    }
    if (w->rolling)
        rollout_later(r, h->workload);
}

void hpa_sync(struct sim_runner *r, uint32_t hpa)
{
    const struct sim_hpa *h = &r->world->hpas.items[hpa];
    struct run_hpa *x = &r->hpas[hpa];
    int64_t current = r->workloads[h->workload].wanted;
    x->queued = false;
    if (x->seen.count == 0) /* recordInitialRecommendation */
        *PUSH(r->arena, &x->seen) = (struct scale_event){r->now, current};
    else if (x->synced_ms < r->now - HPA_SYNC_MS) /* while nothing changed it found nothing to do */
        *PUSH(r->arena, &x->seen) = (struct scale_event){r->now - HPA_SYNC_MS, current};
    x->synced_ms = r->now;
    int64_t desired = wanted_by_metrics(r, h);
    int64_t stable = stabilized(r, x, h->hpa, current, desired);
    int64_t allowed = current < h->least ? h->least : limited(r, h, x, current, stable);
    if (allowed != current)
        scale(r, h, x, allowed);
    int64_t floor = MAX(h->least, r->world->workloads[h->workload].replicas);
    bool waits = allowed != MAX(MIN(desired, h->most), MIN(floor, current));
    if (waits || is_moving(r, h->workload))
        hpa_wake(r, h->workload);
}
