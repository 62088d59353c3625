/* SPDX-License-Identifier: Apache-2.0
 *
 * The kubelet's node-pressure eviction (pkg/kubelet/eviction): thresholds, when they are met, which
 * conditions they set and in what order pods go.
 */
#ifndef MODEL_EVICTION_H
#define MODEL_EVICTION_H

#include "model/cluster.h"

enum eviction_signal {
    SIGNAL_MEMORY_AVAILABLE,
    SIGNAL_ALLOCATABLE_MEMORY_AVAILABLE,
    SIGNAL_NODEFS_AVAILABLE,
    SIGNAL_NODEFS_INODES_FREE,
    SIGNAL_IMAGEFS_AVAILABLE,
    SIGNAL_IMAGEFS_INODES_FREE,
    SIGNAL_CONTAINERFS_AVAILABLE,
    SIGNAL_CONTAINERFS_INODES_FREE,
    SIGNAL_PID_AVAILABLE,
    SIGNAL_COUNT
};
/* "memory.available" */
const char *eviction_signal_name(enum eviction_signal s);
int eviction_signal_find(struct str name, enum eviction_signal *ret) MUST_USE;

/* A quantity, or (percent_set) a fraction of the capacity as the kubelet keeps it: float32. */
struct threshold_value {
    struct quantity quantity;
    float percentage; /* 0..1 */
    bool quantity_set, percent_set;
};
struct eviction_threshold {
    enum eviction_signal signal;
    struct threshold_value value, min_reclaim;
    int64_t grace_ms; /* 0 = hard */
};
struct eviction_thresholds {
    struct eviction_threshold *items;
    size_t count, cap;
};

/* "100Mi" or "10%". 0 or -EINVAL. */
int threshold_value_parse(struct str s, struct threshold_value *ret, struct err *e) MUST_USE;
/* What "10%" and the like is of a capacity; of a quantity, itself. */
struct quantity threshold_quantity(const struct threshold_value *v, struct quantity capacity);

struct eviction_config {
    const struct labels *hard, *soft, *soft_grace, *min_reclaim; /* NULL = empty */
    bool enforce_pods; /* enforceNodeAllocatable has "pods": adds allocatableMemory.available */
};
/* ParseThresholdConfig. 0 or -EINVAL. */
int eviction_thresholds_parse(struct arena *a, const struct eviction_config *c,
                              struct eviction_thresholds *ret, struct err *e) MUST_USE;
/* The thresholds of a kubelet; NULL or evictionHard not set: the defaults (memory.available<100Mi,
 * nodefs 10%, ...). */
int eviction_thresholds_of(struct arena *a, const struct kubelet_config *k,
                           struct eviction_thresholds *ret, struct err *e) MUST_USE;
/* The hard memory.available threshold in bytes for a node's capacity (the kubelet's default
 * 100Mi when k is NULL); 0 = none. */
int64_t eviction_hard_memory_bytes(struct arena *a, const struct kubelet_config *k,
                                   int64_t capacity_bytes);

/* ---- victims ---- */

/* One pod as the eviction manager sees it. */
struct eviction_candidate {
    const struct pod *pod;
    int64_t priority;
    struct quantity request; /* memory, with overhead; pod level where set */
    struct quantity usage;   /* working set; ignored unless usage_set */
    bool usage_set;          /* no statistics: ranks as exceeding its request */
    bool critical;           /* never evicted */
    void *ctx;               /* the caller's */
};
/* Fills request, priority and critical of a pod; usage is the caller's. */
void eviction_candidate_of(struct arena *a, const struct pod *pod, struct eviction_candidate *ret);
/* Sorts: over request first, then lower priority, then larger usage above request. Stable. */
void eviction_rank_memory(struct eviction_candidate *c, size_t count);
/* usage > request. */
bool eviction_exceeds(const struct eviction_candidate *c);

#endif
