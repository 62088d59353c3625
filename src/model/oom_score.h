/* SPDX-License-Identifier: Apache-2.0
 *
 * oom_score_adj that the kubelet gives (pkg/kubelet/qos/policy.go at v1.36.3).
 */
#ifndef MODEL_OOM_SCORE_H
#define MODEL_OOM_SCORE_H

#include "model/qos.h"

enum {
    OOM_ADJ_KUBELET = -999,    /* kubelet and kube-proxy */
    OOM_ADJ_SANDBOX = -998,    /* pause container, containerd and CRI-O */
    OOM_ADJ_GUARANTEED = -997, /* and node-critical pods */
    OOM_ADJ_BEST_EFFORT = 1000,
    OOM_ADJ_BURSTABLE_MIN = 3,
    OOM_ADJ_BURSTABLE_MAX = 999,
};
struct oom_adj {
    int min, max; /* equal when the node's capacity is known */
};

/* What all containers of a pod have in common; computed once per pod, since a pod may have very many
 * of them. pod may be NULL for a template (its annotations tell mirror and static pods). */
struct oom_pod {
    enum qos qos;
    bool node_critical;
    int64_t share_bytes;    /* of a pod-level request that no container asks for, per container */
    int64_t smallest_bytes; /* smallest request of a regular container */
};
struct oom_pod oom_pod_of(const struct pod_spec *spec, const struct pod *pod);
/* memory_capacity_bytes as below. */
struct oom_adj oom_pod_adj(const struct oom_pod *p, const struct container *c,
                           int64_t memory_capacity_bytes);

/* memory_capacity_bytes: of the node (status.capacity, not allocatable); 0 = unknown, then a
 * Burstable container that requests memory gets the whole range 3..999. pod may be NULL for a
 * template (its labels tell mirror and static pods). */
struct oom_adj container_oom_adj(const struct pod_spec *spec, const struct pod *pod,
                                 const struct container *c, int64_t memory_capacity_bytes);

/* Static or mirror pod, or priority >= 2000000000 (kubelet types.IsCriticalPod): never evicted. */
bool pod_is_critical(const struct pod_spec *spec, const struct pod *pod);
/* Critical and of priority class system-node-critical: -997 whatever its QoS. */
bool pod_is_node_critical(const struct pod_spec *spec, const struct pod *pod);
bool pod_is_static(const struct pod *pod);
bool pod_is_mirror(const struct pod *pod);

#endif
