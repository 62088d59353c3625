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
    SIGNAL_COUNT,
    SIGNAL_UNKNOWN = SIGNAL_COUNT, /* one the kubelet does not know: nothing is reclaimed for it */
};
/* "memory.available" */
const char *eviction_signal_name(enum eviction_signal s);
int eviction_signal_find(struct str name, enum eviction_signal *ret) MUST_USE;
/* The node condition it sets, "MemoryPressure"; NULL for an unknown one. */
const char *eviction_signal_condition(enum eviction_signal s);
/* What is reclaimed: "memory", "ephemeral-storage", "inodes", "pids"; NULL for an unknown one. */
const char *eviction_signal_resource(enum eviction_signal s);

/* A quantity, or a fraction of the capacity as the kubelet keeps it: float32. */
struct threshold_value {
    enum { THRESHOLD_ABSENT, THRESHOLD_QUANTITY, THRESHOLD_PERCENTAGE } type;
    float percentage; /* 0..1 */
    struct quantity quantity;
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

/* "25.5%" -> 0.255. 0 or -EINVAL. */
int percentage_parse(struct str s, float *ret) MUST_USE;
bool threshold_value_equal(const struct threshold_value *a, const struct threshold_value *b);
/* What "10%" and the like is of a capacity; of a quantity, itself. */
struct quantity threshold_quantity(const struct threshold_value *v, struct quantity capacity);

/* ---- configuration ---- */

struct eviction_config {
    const struct labels *hard, *soft, *soft_grace, *min_reclaim; /* NULL = empty */
    bool enforce_pods; /* enforceNodeAllocatable has "pods": adds allocatableMemory.available */
};
/* ParseThresholdConfig. 0 or -EINVAL. */
int eviction_thresholds_parse(struct arena *a, const struct eviction_config *c,
                              struct eviction_thresholds *ret, struct err *e) MUST_USE;
/* Appends allocatableMemory.available for each hard memory.available. */
void eviction_add_allocatable(struct arena *a, struct eviction_thresholds *t);
/* The thresholds of a kubelet; NULL or evictionHard not set: the defaults (memory.available<100Mi,
 * nodefs 10%, ...). 0 or -EINVAL. */
int eviction_thresholds_of(struct arena *a, const struct kubelet_config *k,
                           struct eviction_thresholds *ret, struct err *e) MUST_USE;
/* The hard memory.available threshold in bytes for a node's capacity (the kubelet's default
 * 100Mi when k is NULL); 0 = none. */
int64_t eviction_hard_memory_bytes(struct arena *a, const struct kubelet_config *k,
                                   int64_t capacity_bytes);

/* ---- what is met ---- */

struct eviction_observation {
    enum eviction_signal signal;
    struct quantity available, capacity;
};
struct eviction_observations {
    struct eviction_observation *items;
    size_t count, cap;
};
/* Whether a threshold is crossed; with_reclaim: until min_reclaim more is free (for one that was
 * met before). Without an observation of its signal it is not. */
bool eviction_threshold_met(const struct eviction_threshold *t,
                            const struct eviction_observations *o, bool with_reclaim);
/* Met long enough to act, having first been seen met at first_ms. */
bool eviction_grace_over(const struct eviction_threshold *t, int64_t first_ms, int64_t now_ms);
/* Memory before all else, unknown signals last; in the order that upstream's sort gives. */
void eviction_sort_thresholds(struct eviction_thresholds *t);
/* The first of sorted thresholds that something can be reclaimed for, or NULL. */
const struct eviction_threshold *eviction_reclaimable(const struct eviction_thresholds *t);
/* A condition last seen at seen_ms still stands for the transition period. */
bool eviction_condition_stands(int64_t seen_ms, int64_t period_ms, int64_t now_ms);

/* ---- victims ---- */

/* One pod as the eviction manager sees it. Fill in what the resource at hand needs. */
struct eviction_candidate {
    const struct pod *pod;
    int64_t priority;
    struct quantity request; /* of the resource, with overhead; pod level where set */
    struct quantity allowed; /* use above this ranks first: request, but 0 for inodes */
    struct quantity usage;   /* memory: working set; ignored unless usage_set */
    int64_t processes;
    bool usage_set; /* no statistics: ranks as exceeding its request */
    bool critical;  /* never evicted */
    void *ctx;      /* the caller's */
};
enum eviction_key {
    EVICT_EXCEEDING, /* usage > allowed first */
    EVICT_PRIORITY,  /* lower first */
    EVICT_AMOUNT,    /* larger usage - request first */
    EVICT_PROCESSES, /* more first */
};
/* Fills request (as granted, where a resize waits), allowed (memory), priority and critical of a
 * pod; usage is the caller's. */
void eviction_candidate_of(struct arena *a, const struct pod *pod, struct eviction_candidate *ret);
/* GetResourceRequestQuantity: what the ranking holds against usage. */
struct quantity eviction_request(struct arena *a, const struct pod_spec *spec, struct str resource);
/* Sorts by these keys, equal ones keep their order. */
void eviction_rank(struct eviction_candidate *c, size_t count, const enum eviction_key *keys,
                   size_t key_count);
/* Over request first, then lower priority, then larger usage above request. */
void eviction_rank_memory(struct eviction_candidate *c, size_t count);
bool eviction_exceeds(const struct eviction_candidate *c);

/* ---- what it says ---- */

struct container_memory {
    struct str name;
    struct quantity usage;
};
struct eviction_message_input {
    const struct pod_spec *spec;
    struct str pod_name;
    const struct container_memory *containers; /* with statistics */
    size_t count;
    const struct quantity *pod_usage;             /* NULL = unknown */
    const struct quantity *threshold, *available; /* NULL = not said */
};
/* status.message of a pod evicted for memory, and the event's annotations (lists with commas). */
struct eviction_message {
    struct str text, offending_containers, offending_usage, offending_pod, offending_pod_usage;
};
void eviction_message(struct arena *a, const struct eviction_message_input *in,
                      struct eviction_message *ret);

#endif
