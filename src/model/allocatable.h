/* SPDX-License-Identifier: Apache-2.0
 *
 * Node allocatable (pkg/kubelet/cm/node_container_manager_linux.go): what the kubelet takes off the
 * capacity, for the scheduler and for the cgroup kubepods.
 */
#ifndef MODEL_ALLOCATABLE_H
#define MODEL_ALLOCATABLE_H

#include "model/cluster.h"
#include "model/eviction.h"
#include "model/resources.h"

struct node_reservation {
    struct resources system, kube;
    const struct eviction_threshold *thresholds; /* hard ones count */
    size_t threshold_count;
};
/* From a kubelet configuration (NULL: the kubelet's defaults). 0 or -EINVAL if it has values that
 * the kubelet refuses. */
int node_reservation_of(struct arena *a, const struct kubelet_config *k,
                        struct node_reservation *ret, struct err *e) MUST_USE;

/* What is taken off: system + kube + hard eviction thresholds (memory, ephemeral-storage). */
void node_reserved(struct arena *a, const struct resources *capacity,
                   const struct node_reservation *r, struct resources *ret);
/* status.allocatable: capacity - reserved, at least 0. Pre-allocated huge pages come off memory. */
void node_allocatable(struct arena *a, const struct resources *capacity,
                      const struct node_reservation *r, struct resources *ret);
/* The limit of the cgroup kubepods: capacity - system - kube, without the eviction threshold. */
void node_kubepods_limit(struct arena *a, const struct resources *capacity,
                         const struct node_reservation *r, struct resources *ret);
/* The kubelet refuses to start when the reservation exceeds the capacity. 0 or -EINVAL. */
int node_reservation_check(struct arena *a, const struct resources *capacity,
                           const struct node_reservation *r, struct err *e) MUST_USE;
/* memory.max of kubepods in bytes for a node of the world; 0 = unknown. */
int64_t node_kubepods_memory_bytes(struct arena *a, const struct node *n);

#endif
