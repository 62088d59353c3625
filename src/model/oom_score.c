/* SPDX-License-Identifier: Apache-2.0
 *
 * oom_score_adj per container, as pkg/kubelet/qos/policy.go: integer arithmetic, truncating.
 */
#include "model/oom_score.h"

#include <limits.h>

#include "model/cluster.h"
#include "model/requests.h"

__extension__ typedef __int128 i128;

#define SYSTEM_CRITICAL_PRIORITY INT64_C(2000000000)

static bool has_annotation(const struct pod *pod, const char *key)
{
    return labels_find(&pod->o.annotations, str_of(key)) != NULL;
}

bool pod_is_mirror(const struct pod *pod)
{
    return has_annotation(pod, "kubernetes.io/config.mirror");
}

bool pod_is_static(const struct pod *pod)
{
    const struct label *source =
        labels_find(&pod->o.annotations, STR("kubernetes.io/config.source"));
    return source && !str_is(source->value, "api");
}

bool pod_is_critical(const struct pod_spec *spec, const struct pod *pod)
{
    if (pod && (pod_is_static(pod) || pod_is_mirror(pod)))
        return true;
    return spec->priority.set && spec->priority.v >= SYSTEM_CRITICAL_PRIORITY;
}

bool pod_is_node_critical(const struct pod_spec *spec, const struct pod *pod)
{
    return str_is(spec->priority_class_name.v, "system-node-critical") &&
           pod_is_critical(spec, pod);
}

static int64_t memory_request(const struct container *c)
{
    return resources_memory_bytes(&c->resources.requests);
}

/* What of a pod-level request no container asks for, shared equally. Negative where containers ask
 * for more than the pod: upstream does not guard against it either. */
static int64_t pod_level_share(const struct pod_spec *spec)
{
    int64_t pod = resources_memory_bytes(&spec->resources.requests);
    size_t count = spec->containers.count + spec->init_containers.count;
    if (!pod_level_requests_set(spec) || !pod || !count)
        return 0;
    struct arena a;
    arena_init(&a);
    struct resources sum;
    const struct requests_options o = {.skip_pod_level = true, .exclude_overhead = true};
    pod_requests(&a, spec, NULL, &o, &sum);
    int64_t rest = pod - resources_memory_bytes(&sum);
    arena_done(&a);
    return rest / (int64_t)count;
}

static int64_t smallest_request(const struct pod_spec *spec)
{
    int64_t least = spec->containers.count ? INT64_MAX : 0;
    for (size_t i = 0; i < spec->containers.count; i++)
        least = MIN(least, memory_request(&spec->containers.items[i]));
    return least;
}

/* 1000 - 1000 * bytes / capacity, in 128 bits where upstream's int64 would wrap. */
static int adj_of(int64_t bytes, int64_t capacity)
{
    i128 adj = 1000 - (i128)1000 * bytes / capacity;
    if (adj < OOM_ADJ_BURSTABLE_MIN)
        return OOM_ADJ_BURSTABLE_MIN;
    if (adj == OOM_ADJ_BEST_EFFORT)
        return OOM_ADJ_BURSTABLE_MAX;
    return adj > INT_MAX ? INT_MAX : (int)adj;
}

struct oom_pod oom_pod_of(const struct pod_spec *spec, const struct pod *pod)
{
    struct oom_pod p = {
        .qos = pod_qos(spec, pod ? &pod->status : NULL, NULL),
        .node_critical = pod_is_node_critical(spec, pod),
    };
    if (p.qos == QOS_BURSTABLE) {
        p.share_bytes = pod_level_share(spec);
        p.smallest_bytes = smallest_request(spec);
    }
    return p;
}

struct oom_adj oom_pod_adj(const struct oom_pod *p, const struct container *c,
                           int64_t memory_capacity_bytes)
{
    if (p->node_critical || p->qos == QOS_GUARANTEED)
        return (struct oom_adj){OOM_ADJ_GUARANTEED, OOM_ADJ_GUARANTEED};
    if (p->qos == QOS_BEST_EFFORT)
        return (struct oom_adj){OOM_ADJ_BEST_EFFORT, OOM_ADJ_BEST_EFFORT};
    int64_t counted = memory_request(c) + p->share_bytes;
    if (c->kind == CONTAINER_SIDECAR)
        counted = MAX(counted, p->smallest_bytes + p->share_bytes);
    if (!counted)
        return (struct oom_adj){OOM_ADJ_BURSTABLE_MAX, OOM_ADJ_BURSTABLE_MAX};
    if (memory_capacity_bytes <= 0)
        return (struct oom_adj){OOM_ADJ_BURSTABLE_MIN, OOM_ADJ_BURSTABLE_MAX};
    int adj = adj_of(counted, memory_capacity_bytes);
    return (struct oom_adj){adj, adj};
}

struct oom_adj container_oom_adj(const struct pod_spec *spec, const struct pod *pod,
                                 const struct container *c, int64_t memory_capacity_bytes)
{
    struct oom_pod p = oom_pod_of(spec, pod);
    return oom_pod_adj(&p, c, memory_capacity_bytes);
}
