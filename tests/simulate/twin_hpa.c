/* SPDX-License-Identifier: Apache-2.0
 *
 * The plain twin: HorizontalPodAutoscalers, from pkg/controller/podautoscaler. Sums are small
 * here: 64 bits and doubles hold them.
 */
#include <math.h>

#include "twin_state.h"

#include "model/requests.h"

enum { SYNC_MS = 15 * SECOND_MS };

/* replica_calculator.go: pods by what is known of them. */
struct crowd {
    int64_t used, asked, count;       /* with a sample */
    int64_t starting, starting_asked; /* Pending */
    int64_t missing, missing_asked;   /* without a sample */
    bool asks_nothing;                /* some container has no request */
};

static int64_t use_of(const struct twin *t, uint32_t pod, uint32_t k,
                      const struct sim_hpa_metric *m, const struct pod_amounts *as_pod)
{
    const struct container *c = t->w->containers[origin(t, pod)->container + k].container;
    const struct pod_metrics *sample = origin(t, pod)->pod->metrics;
    if (!m->cpu)
        return twin_level_at(&t->pods.items[pod].c[k], t->now);
    int64_t asked = as_pod ? as_pod->cpu_milli / origin(t, pod)->container_count
                           : resources_cpu_milli(&c->resources.requests);
    int64_t milli = m->utilization ? asked * m->utilization / 100 : m->average;
    for (size_t i = 0; sample && i < sample->containers.count; i++)
        if (str_eq(sample->containers.items[i].name, c->name) &&
            sample->containers.items[i].cpu_milli > 0)
            milli = sample->containers.items[i].cpu_milli;
    return milli * t->workloads[origin(t, pod)->workload].load / FACTOR_ONE;
}

static void count_in(const struct twin *t, uint32_t pod, const struct sim_hpa_metric *m,
                     struct crowd *x)
{
    const struct twin_pod *p = &t->pods.items[pod];
    const struct pod_spec *spec = &origin(t, pod)->pod->spec;
    const struct pod_amounts all = pod_request_amounts(t->a, spec, NULL);
    bool as_pod = spec->resources.requests.count > 0 && m->container.n == 0;
    int64_t used = 0, asked = 0;
    if (p->state == GONE || p->deleting || p->marked)
        return;
    for (uint32_t k = 0; k < origin(t, pod)->container_count; k++) {
        const struct container *c = t->w->containers[origin(t, pod)->container + k].container;
        int64_t request = m->cpu ? resources_cpu_milli(&c->resources.requests)
                                 : resources_memory_bytes(&c->resources.requests);
        if (m->container.n && !str_eq(m->container, c->name))
            continue;
        x->asks_nothing = x->asks_nothing || (request <= 0 && !as_pod);
        asked += MAX(request, 0);
        used += p->state == RUNS ? use_of(t, pod, k, m, as_pod ? &all : NULL) : 0;
    }
    if (as_pod) {
        asked = m->cpu ? all.cpu_milli : all.memory_bytes;
        x->asks_nothing = x->asks_nothing || asked <= 0;
    }
    if (p->state != RUNS) {
        x->starting++;
        x->starting_asked += asked;
    } else if (t->nodes[p->node].lost || t->nodes[p->node].stopped) {
        x->missing++;
        x->missing_asked += asked;
    } else {
        x->count++;
        x->used += used;
        x->asked += asked;
    }
}

static double usage_ratio(const struct sim_hpa_metric *m, const struct crowd *x)
{
    if (!m->utilization)
        return (double)(x->used / MAX(x->count, 1)) / (double)m->average;
    return x->asked ? (double)(x->used * 100 / x->asked) / (double)m->utilization : 1;
}

static double tolerance(const struct hpa_rules *r)
{
    struct quantity q;
    if (r && r->tolerance.v.n && quantity_parse(r->tolerance.v, &q) == 0)
        return (double)quantity_milli(q) / 1000;
    return 0.1;
}

static bool near_one(const struct hpa *h, double ratio)
{
    double up = tolerance(h->behavior ? &h->behavior->up : NULL);
    double down = tolerance(h->behavior ? &h->behavior->down : NULL);
    return ratio >= 1.0 - down && ratio <= 1.0 + up;
}

static int64_t for_metric(const struct hpa *h, const struct sim_hpa_metric *m, struct crowd x,
                          int64_t now)
{
    double ratio = usage_ratio(m, &x);
    bool with_starting = x.starting && ratio > 1;
    if (!with_starting && !x.missing)
        return near_one(h, ratio) ? now : (int64_t)ceil(ratio * (double)x.count);
    if (ratio < 1) /* a missing pod is taken to be at its target, or at its request */
        x.used += m->utilization ? x.missing_asked * MAX(100, m->utilization) / 100
                                 : m->average * x.missing;
    if (ratio < 1 || ratio > 1) {
        x.asked += x.missing_asked;
        x.count += x.missing;
    }
    if (with_starting) {
        x.asked += x.starting_asked;
        x.count += x.starting;
    }
    double again = usage_ratio(m, &x);
    if (near_one(h, again) || (ratio < 1 && again > 1) || (ratio > 1 && again < 1))
        return now;
    int64_t n = (int64_t)ceil(again * (double)x.count);
    if ((again < 1 && n > now) || (again > 1 && n < now))
        return now;
    return n;
}

/* The most of all metrics; not less than now where one of them is not known. */
static int64_t proposal(const struct twin *t, const struct sim_hpa *h)
{
    int64_t now = t->workloads[h->workload].wanted, most = 0;
    size_t known = 0;
    for (size_t i = 0; i < h->metrics.count; i++) {
        const struct sim_hpa_metric *m = &h->metrics.items[i];
        struct crowd x = {0};
        for (uint32_t p = 0; p < t->pods.count; p++)
            if (origin(t, p)->workload == h->workload)
                count_in(t, p, m, &x);
        if (x.count == 0 || (x.asks_nothing && m->utilization))
            continue;
        known++;
        most = MAX(most, for_metric(h->hpa, m, x, now));
    }
    if (!known)
        return now;
    return known < h->metrics.count + h->unknown ? MAX(most, now) : most;
}

/* ---- behavior ---- */

static int64_t in_last(const struct change_list *l, int64_t now_ms, int64_t ms)
{
    int64_t sum = 0;
    for (size_t i = 0; i < l->count; i++)
        sum += l->items[i].at_ms > now_ms - ms ? l->items[i].pods : 0;
    return sum;
}

static int64_t by_policy(const struct twin *t, const struct twin_hpa *x, int64_t now,
                         const struct hpa_policy *p, bool up)
{
    int64_t period_ms = MIN(MAX(p->period_seconds, 1), 1800) * SECOND_MS;
    int64_t before =
        now - in_last(&x->ups, t->now, period_ms) + in_last(&x->downs, t->now, period_ms);
    int64_t value = MIN(MAX(p->value, 0), INT32_MAX);
    if (str_is(p->type, "Pods"))
        return up ? before + value : before - value;
    return up ? (int64_t)ceil((double)before * (1 + (double)value / 100))
              : (int64_t)((double)before * (1 - (double)value / 100));
}

/* How far the rules let it go in this sync. */
static int64_t bound_of(const struct twin *t, const struct twin_hpa *x, int64_t now,
                        const struct hpa_rules *r, bool up)
{
    static const struct hpa_policy all = {{"Percent", 7}, 100, 15}, four = {{"Pods", 4}, 4, 15};
    const struct hpa_policy *defaults[] = {&all, &four};
    size_t count = r->policies.count ? r->policies.count : up ? 2 : 1;
    bool smallest = str_is(r->select_policy.v, "Min"), low = smallest == up;
    int64_t bound = 0;
    if (str_is(r->select_policy.v, "Disabled"))
        return now;
    for (size_t i = 0; i < count; i++) {
        int64_t b =
            by_policy(t, x, now, r->policies.count ? &r->policies.items[i] : defaults[i], up);
        bound = i == 0 || (low ? b < bound : b > bound) ? b : bound;
    }
    return up ? MAX(bound, now) : MIN(bound, now);
}

static int64_t window_of(const struct hpa *h, bool up)
{
    const struct opt_int *given = NULL;
    if (h->behavior)
        given = up ? &h->behavior->up.window_seconds : &h->behavior->down.window_seconds;
    if (given && given->set)
        return MIN(MAX(given->v, 0), 3600) * SECOND_MS;
    return up ? 0 : 300 * SECOND_MS;
}

/* Down only as far as everything in the window says; with a behavior also up. */
static int64_t stabilized(const struct twin *t, struct twin_hpa *x, const struct hpa *h,
                          int64_t now, int64_t desired)
{
    bool up = h->behavior && desired >= now;
    int64_t window = window_of(h, up), best = desired;
    struct change *old = NULL;
    for (size_t i = 0; i < x->seen.count; i++) {
        struct change *c = &x->seen.items[i];
        int64_t age = t->now - c->at_ms;
        if (age < window || (age == window && !h->behavior))
            best = up ? MIN(best, c->pods) : MAX(best, c->pods);
        else if (!old && age >= MAX(window, 3600 * SECOND_MS))
            old = c;
    }
    if (old)
        *old = (struct change){t->now, desired};
    else
        *PUSH(t->a, &x->seen) = (struct change){t->now, desired};
    return best;
}

/* Ours: not below the replicas of the input. */
static int64_t least_of(const struct twin *t, const struct sim_hpa *h)
{
    return MAX(h->least, t->w->workloads[h->workload].replicas);
}

static int64_t limited(const struct twin *t, const struct sim_hpa *h, const struct twin_hpa *x,
                       int64_t now, int64_t desired)
{
    int64_t least = MIN(least_of(t, h), now);
    if (!h->hpa->behavior)
        return MAX(MIN(MIN(desired, h->most), MAX(2 * now, 4)), least);
    if (desired > now)
        return MAX(now,
                   MIN(MIN(desired, h->most), bound_of(t, x, now, &h->hpa->behavior->up, true)));
    int64_t floor = MAX(least_of(t, h), bound_of(t, x, now, &h->hpa->behavior->down, false));
    return MAX(desired, MIN(floor, now));
}

/* ---- syncs ---- */

void twin_hpa_wake(struct twin *t, uint32_t workload)
{
    uint32_t hpa = t->w->workloads[workload].hpa;
    if (!hpa || t->factor == 0 || t->hpas[hpa - 1].queued)
        return;
    t->hpas[hpa - 1].queued = true;
    twin_later(t, (t->now / SYNC_MS + 1) * SYNC_MS, HPA, hpa - 1, 0);
}

void twin_hpas_begin(struct twin *t)
{
    static const struct twin_hpa none = {0};
    bool some = t->w->grows;
    for (size_t i = 0; i < t->w->hpas.count; i++) {
        const struct sim_hpa *h = &t->w->hpas.items[i];
        int64_t now = t->workloads[h->workload].wanted;
        some = some || now < h->least || limited(t, h, &none, now, proposal(t, h)) != now;
    }
    for (size_t i = 0; some && i < t->w->hpas.count; i++)
        twin_hpa_wake(t, t->w->hpas.items[i].workload);
}

static bool is_moving(const struct twin *t, uint32_t workload)
{
    for (uint32_t p = 0; p < t->pods.count; p++)
        for (uint32_t k = 0; k < origin(t, p)->container_count; k++)
            if (origin(t, p)->workload == workload && t->pods.items[p].state == RUNS &&
                t->pods.items[p].c[k].to_ms > t->now)
                return true;
    return false;
}

/* Like the input's pods in turn, or like the newest revision that there is. */
static uint32_t model_of(const struct twin *t, const struct sim_hpa *h, int64_t turn)
{
    uint32_t model = h->pods.items[(size_t)turn % h->pods.count];
    for (uint32_t p = t->w->pod_count; p < t->pods.count; p++)
        if (origin(t, p)->workload == h->workload && t->pods.items[p].state != GONE &&
            origin(t, p)->planned > origin(t, model)->planned)
            model = t->pods.items[p].origin;
    return model;
}

static void scale(struct twin *t, const struct sim_hpa *h, struct twin_hpa *x, int64_t desired)
{
    struct twin_workload *w = &t->workloads[h->workload];
    int64_t now = w->wanted;
    twin_happened(t);
    w->wanted = desired;
    if (desired < now) {
        *PUSH(t->a, &x->downs) = (struct change){t->now, now - desired};
        twin_scale_down(t, h->workload, 0, now - desired);
    } else {
        *PUSH(t->a, &x->ups) = (struct change){t->now, desired - now};
        for (int64_t i = now; i < desired; i++)
            twin_create(t, &(struct wish){.like = model_of(t, h, i), .node = -1, .fresh = true});
        twin_want_place(t);
    }
    if (w->rolling)
        twin_rollout_later(t, h->workload);
}

void twin_hpa_sync(struct twin *t, uint32_t hpa)
{
    const struct sim_hpa *h = &t->w->hpas.items[hpa];
    struct twin_hpa *x = &t->hpas[hpa];
    int64_t now = t->workloads[h->workload].wanted;
    x->queued = false;
    if (x->seen.count == 0)
        *PUSH(t->a, &x->seen) = (struct change){t->now, now};
    else if (x->synced_ms < t->now - SYNC_MS) /* it found nothing to do meanwhile */
        *PUSH(t->a, &x->seen) = (struct change){t->now - SYNC_MS, now};
    x->synced_ms = t->now;
    int64_t desired = proposal(t, h);
    int64_t stable = stabilized(t, x, h->hpa, now, desired);
    int64_t allowed = now < h->least ? h->least : limited(t, h, x, now, stable);
    if (allowed != now)
        scale(t, h, x, allowed);
    int64_t end = MAX(MIN(desired, h->most), MIN(least_of(t, h), now));
    if (allowed != end || is_moving(t, h->workload))
        twin_hpa_wake(t, h->workload);
}
