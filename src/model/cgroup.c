/* SPDX-License-Identifier: Apache-2.0
 *
 * What the kubelet writes into the cgroups of containers and pods
 * (pkg/kubelet/kuberuntime/kuberuntime_container_linux.go, pkg/kubelet/cm/helpers_linux.go,
 * qos_container_manager_linux.go). Names and paths are in cgroup_name.c.
 */
#include "model/cgroup.h"

#include <math.h>

#include "model/oom_score.h"
#include "model/requests.h"

__extension__ typedef __int128 i128;

enum {
    MIN_SHARES = 2,
    MAX_SHARES = 262144,
    SHARES_PER_CPU = 1024,
    QUOTA_PERIOD_US = 100000,
    MIN_QUOTA_US = 1000,
    PAGE_BYTES = 4096,
};

static struct opt_int value(int64_t v)
{
    return (struct opt_int){.v = v, .set = true};
}

void cgroup_settings_default(struct cgroup_settings *ret)
{
    *ret = (struct cgroup_settings){
        .systemd = true,
        .cpu_period_us = QUOTA_PERIOD_US,
        .throttling_factor = 0.9,
        .page_bytes = PAGE_BYTES,
    };
}

static bool feature_gate(const struct kubelet_config *k, const char *name)
{
    return str_is(labels_get(&k->feature_gates, name), "true");
}

void cgroup_settings_of(const struct node *n, const struct kubelet_config *k,
                        struct cgroup_settings *ret)
{
    cgroup_settings_default(ret);
    if (n) {
        ret->memory_capacity_bytes = resources_memory_bytes(&n->capacity);
        ret->memory_allocatable_bytes = resources_memory_bytes(&n->allocatable);
    }
    if (!k)
        return;
    double factor;
    if (k->memory_throttling_factor.v.p && !str_to_double(k->memory_throttling_factor.v, &factor))
        ret->throttling_factor = factor;
    ret->memory_qos = feature_gate(k, "MemoryQoS");
    ret->tiered_reservation = str_is(k->memory_reservation_policy.v, "TieredReservation");
    ret->single_process_oom_kill = k->single_process_oom_kill.v;
    ret->swap = str_is(k->swap_behavior.v, "LimitedSwap") ? SWAP_LIMITED : SWAP_NONE;
    if (k->cgroup_driver.v.p)
        ret->systemd = str_is(k->cgroup_driver.v, "systemd");
}

/* ---- CPU ---- */

/* a * b / c for c > 0, saturating. */
static int64_t scale(int64_t a, int64_t b, int64_t c)
{
    i128 v = (i128)a * b / c;
    return v > INT64_MAX ? INT64_MAX : v < -INT64_MAX ? -INT64_MAX : (int64_t)v;
}

int64_t cpu_shares_of_milli(int64_t milli)
{
    int64_t shares = scale(milli, SHARES_PER_CPU, 1000);
    return MIN(MAX(shares, MIN_SHARES), MAX_SHARES);
}

static int64_t cpu_milli_of_shares(int64_t shares)
{
    return shares < MIN_SHARES ? 0 : (int64_t)ceil((double)shares * 1000 / SHARES_PER_CPU);
}

int64_t cpu_quota_of_milli(int64_t milli, int64_t period_us)
{
    return milli ? MAX(scale(milli, period_us, 1000), MIN_QUOTA_US) : 0;
}

int64_t cpu_milli_of_quota(int64_t quota_us, int64_t period_us)
{
    return quota_us == -1 || period_us <= 0 ? 0 : scale(quota_us, 1000, period_us);
}

int64_t cpu_shares_of_weight(int64_t weight)
{
    return scale(weight - 1, 262142, 9999) + 2;
}

/* ---- a container ---- */

/* Its own limit, or the pod's where it has none. */
static struct quantity limit_of(const struct pod_spec *spec, const struct container *c,
                                const char *resource)
{
    struct quantity q = resources_get(&c->resources.limits, resource);
    if (quantity_is_zero(q) && pod_level_resources_set(spec))
        return resources_get(&spec->resources.limits, resource);
    return q;
}

static void set_cpu(const struct cgroup_settings *s, const struct pod_spec *spec,
                    const struct container *c, struct cgroup_values *v)
{
    int64_t limit = quantity_milli(limit_of(spec, c, "cpu"));
    const struct resource_amount *request = resources_find(&c->resources.requests, "cpu");
    v->cpu_shares = value(cpu_shares_of_milli(request ? quantity_milli(request->q) : limit));
    if (s->cpu_quota_off)
        return;
    v->cpu_period_us = value(s->cpu_period_us);
    if (s->exclusive_cpus)
        v->cpu_quota_us = value(-1);
    else if (limit)
        v->cpu_quota_us = value(cpu_quota_of_milli(limit, s->cpu_period_us));
}

enum swap_behavior container_swap(const struct cgroup_settings *s, enum qos q, bool critical,
                                  const struct container *c)
{
    struct quantity request = resources_get(&c->resources.requests, "memory");
    struct quantity limit = resources_get(&c->resources.limits, "memory");
    if (s->swap == SWAP_NONE || s->swap_controller_missing || s->cgroup_v1 || critical ||
        q != QOS_BURSTABLE || quantity_cmp(request, limit) == 0)
        return SWAP_NONE;
    return SWAP_LIMITED;
}

/* Its share of the node's swap, in proportion to its request (calcSwapForBurstablePods). */
static int64_t swap_share(const struct cgroup_settings *s, const struct container *c)
{
    int64_t request = resources_memory_bytes(&c->resources.requests);
    if (s->memory_capacity_bytes <= 0 || request > s->memory_capacity_bytes)
        return 0;
    double part = (double)request / (double)s->memory_capacity_bytes;
    return (int64_t)(part * (double)s->swap_capacity_bytes);
}

/* Where throttling begins: between the request and the limit (or what the node can give). */
static int64_t memory_high(const struct cgroup_settings *s, int64_t request, int64_t limit)
{
    int64_t top = limit ? limit : s->memory_allocatable_bytes;
    if (top <= 0)
        return 0;
    double bytes = (double)request + ((double)top - (double)request) * s->throttling_factor;
    double pages = floor(bytes) / (double)s->page_bytes;
    if (!(pages > 0) || pages >= (double)(INT64_MAX / s->page_bytes))
        return 0;
    return (int64_t)pages * s->page_bytes;
}

static void set_memory_qos(const struct cgroup_settings *s, enum qos q, const struct container *c,
                           struct cgroup_values *v)
{
    int64_t request = resources_memory_bytes(&c->resources.requests);
    int64_t limit = resources_memory_bytes(&c->resources.limits);
    if (!request || !s->tiered_reservation)
        v->memory_min_bytes = v->memory_low_bytes = value(0);
    else if (q == QOS_GUARANTEED)
        v->memory_min_bytes = value(request);
    else
        v->memory_low_bytes = value(request);
    int64_t high = request == limit ? 0 : memory_high(s, request, limit);
    if (high > request)
        v->memory_high_bytes = value(high);
}

struct cgroup_pod cgroup_pod_of(const struct pod_spec *spec, const struct pod *pod)
{
    return (struct cgroup_pod){
        .spec = spec,
        .qos = pod_qos(spec, pod ? &pod->status : NULL, NULL),
        .critical = pod_is_critical(spec, pod),
    };
}

void cgroup_pod_container(const struct cgroup_settings *s, const struct cgroup_pod *p,
                          const struct container *c, struct cgroup_values *ret)
{
    struct cgroup_values v = {0};
    set_cpu(s, p->spec, c, &v);
    int64_t limit = quantity_value(limit_of(p->spec, c, "memory"));
    if (limit)
        v.memory_max_bytes = value(limit);
    if (!s->cgroup_v1 && !s->single_process_oom_kill)
        v.oom_group = value(1);
    if (!s->cgroup_v1 && !s->swap_controller_missing) {
        bool swaps = container_swap(s, p->qos, p->critical, c) == SWAP_LIMITED;
        v.swap_max_bytes = value(swaps ? swap_share(s, c) : 0);
    }
    if (s->memory_qos && !s->cgroup_v1)
        set_memory_qos(s, p->qos, c, &v);
    *ret = v;
}

void container_cgroup(const struct cgroup_settings *s, const struct pod_spec *spec,
                      const struct pod *pod, const struct container *c, struct cgroup_values *ret)
{
    struct cgroup_pod p = cgroup_pod_of(spec, pod);
    cgroup_pod_container(s, &p, c, ret);
}

int64_t container_hugepage_limit(const struct pod_spec *spec, const struct container *c,
                                 int64_t page_bytes)
{
    const struct resources *lists[] = {&c->resources.limits, &spec->resources.limits};
    for (size_t i = 0; i < ARRAY_LEN(lists); i++)
        for (size_t k = 0; k < lists[i]->count; k++) {
            int64_t bytes;
            if (!resource_page_bytes(lists[i]->items[k].name, &bytes) && bytes == page_bytes)
                return quantity_value(lists[i]->items[k].q);
        }
    return 0;
}

/* ---- a pod ---- */

/* Whether every container has a limit. Init containers are told here with the sidecars before
 * them, as upstream: one without a limit behind a limited sidecar goes unnoticed. */
struct declared {
    bool cpu, memory;
};

static void see_limits(void *ctx, const struct resources *r, bool init UNUSED)
{
    struct declared *d = ctx;
    if (quantity_is_zero(resources_get(r, "cpu")))
        d->cpu = false;
    if (quantity_is_zero(resources_get(r, "memory")))
        d->memory = false;
}

/* The same of the pod's own limits, which make up for what containers lack. */
static void see_pod_limits(const struct pod_spec *spec, struct declared *d)
{
    if (!quantity_is_zero(resources_get(&spec->resources.limits, "cpu")))
        d->cpu = true;
    if (!quantity_is_zero(resources_get(&spec->resources.limits, "memory")))
        d->memory = true;
}

void pod_cgroup(struct arena *a, const struct cgroup_settings *s, const struct pod_spec *spec,
                const struct pod *pod, struct cgroup_values *ret)
{
    struct cgroup_values v = {0};
    struct resources requests, limits;
    struct declared has = {true, true};
    enum qos q = pod_qos(spec, pod ? &pod->status : NULL, NULL);
    const struct requests_options watch = {.container = see_limits, .ctx = &has};
    pod_requests(a, spec, NULL, NULL, &requests);
    pod_limits(a, spec, NULL, &watch, &limits);
    see_pod_limits(spec, &has);
    if (q == QOS_GUARANTEED)
        has = (struct declared){true, true};
    else if (q == QOS_BEST_EFFORT)
        has = (struct declared){false, false};

    v.cpu_shares = value(
        q == QOS_BEST_EFFORT ? MIN_SHARES : cpu_shares_of_milli(resources_cpu_milli(&requests)));
    if (has.cpu) {
        int64_t quota = cpu_quota_of_milli(resources_cpu_milli(&limits), s->cpu_period_us);
        v.cpu_quota_us = value(s->cpu_quota_off ? -1 : quota);
        v.cpu_period_us = value(s->cpu_period_us);
    }
    if (has.memory)
        v.memory_max_bytes = value(resources_memory_bytes(&limits));
    int64_t request = resources_memory_bytes(&requests);
    if (s->memory_qos && !s->cgroup_v1 && s->tiered_reservation && request > 0) {
        if (q == QOS_GUARANTEED)
            v.memory_min_bytes = value(request);
        else
            v.memory_low_bytes = value(request);
    }
    *ret = v;
}

void cgroup_subtract_overhead(const struct pod_spec *spec, struct cgroup_values *v)
{
    const struct resource_amount *cpu = resources_find(&spec->overhead, "cpu");
    const struct resource_amount *memory = resources_find(&spec->overhead, "memory");
    if (cpu) {
        int64_t milli = quantity_milli(cpu->q);
        if (v->cpu_period_us.set && v->cpu_quota_us.set)
            v->cpu_quota_us.v -= cpu_quota_of_milli(milli, v->cpu_period_us.v);
        if (v->cpu_shares.set)
            v->cpu_shares.v = cpu_shares_of_milli(cpu_milli_of_shares(v->cpu_shares.v) - milli);
    }
    if (memory && v->memory_max_bytes.set && quantity_is_whole(memory->q))
        v->memory_max_bytes.v -= quantity_value(memory->q);
}

void hugepage_limits(const struct resources *r, struct arena *a, struct hugepage_limits *ret)
{
    *ret = (struct hugepage_limits){0};
    for (size_t i = 0; i < r->count; i++) {
        int64_t bytes;
        if (resource_page_bytes(r->items[i].name, &bytes))
            continue;
        struct hugepage_limit *l = NULL;
        for (size_t k = 0; k < ret->count && !l; k++)
            if (ret->items[k].page_bytes == bytes)
                l = &ret->items[k];
        if (!l)
            l = PUSH(a, ret);
        l->page_bytes = bytes;
        l->limit_bytes += quantity_value(r->items[i].q);
    }
}

/* ---- QoS levels ---- */

struct qos_reservation qos_memory_reservation(struct arena *a, const struct pod *const *pods,
                                              size_t count)
{
    int64_t guaranteed = 0, burstable = 0;
    for (size_t i = 0; i < count; i++) {
        enum qos q = pod_qos(&pods[i]->spec, &pods[i]->status, NULL);
        struct resources r;
        pod_requests(a, &pods[i]->spec, &pods[i]->status, NULL, &r);
        if (q == QOS_GUARANTEED)
            guaranteed += resources_memory_bytes(&r);
        else if (q == QOS_BURSTABLE)
            burstable += resources_memory_bytes(&r);
    }
    return (struct qos_reservation){guaranteed + burstable, burstable};
}

int qos_reserved_parse(struct str resource, struct str text, int64_t *ret_percent)
{
    int64_t v;
    if (!str_is(resource, "memory") || !str_ends(text, "%"))
        return -EINVAL;
    while (str_ends(text, "%"))
        text.n--;
    if (str_to_int64(text, &v) || v < 0 || v > 100)
        return -EINVAL;
    *ret_percent = v;
    return 0;
}
