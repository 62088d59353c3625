/* SPDX-License-Identifier: Apache-2.0
 *
 * Who dies first on a node that runs out of memory: the kubelet's eviction order of pods and the
 * kernel's order of kills, from one sample of usage or an assumption. A pure function of the model.
 *
 * What it takes for granted: each container is one process that holds all of the container's usage
 * (PodMetrics has working sets, not the rss that the kernel counts), nothing grows or restarts
 * meanwhile, and the node is short of memory as a whole (a container at its own limit dies of that
 * first: near_limit).
 */
#ifndef ANALYSIS_VICTIMS_H
#define ANALYSIS_VICTIMS_H

#include "analysis/pod_facts.h"
#include "model/badness.h"
#include "model/eviction.h"

enum victims_assume { ASSUME_NOTHING, ASSUME_REQUESTS, ASSUME_LIMITS };

enum usage_origin {
    USAGE_UNKNOWN, /* no PodMetrics: counts as 0 for the kernel */
    USAGE_SAMPLED, /* PodMetrics */
    USAGE_REQUEST, /* assumed; also of a container without limit under ASSUME_LIMITS */
    USAGE_LIMIT,   /* assumed */
};

struct victim_container {
    const struct container *container;
    const struct victim_pod *pod;
    enum usage_origin usage_origin;
    int64_t usage_bytes;
    struct opt_int memory_max_bytes; /* of its cgroup */
    int adj;                         /* oom_score_adj */
    struct oom_points badness;       /* pages */
    int64_t oom_score;               /* /proc/PID/oom_score */
    size_t kill_rank;                /* from 1; 0: the kernel never kills it */
    bool tie;                        /* another has as many points: the scan decides */
    bool near_limit;                 /* uses 90 % of its own limit or more */
};

struct victim_pod {
    const struct pod *pod;
    struct str owner; /* as workload_owner_text() */
    enum qos qos;
    bool critical; /* never evicted */
    bool usage_set;
    int64_t priority;
    int64_t usage_bytes, request_bytes, over_bytes; /* over: usage - request, may be negative */
    bool exceeds;                                   /* usage > request, or usage unknown */
    size_t eviction_rank;                           /* from 1; 0: critical */
    int64_t freed_bytes; /* usage of this pod and of all that go before it */
    struct victim_container *containers;
    size_t container_count;
};

/* A pod of a better QoS class that goes before BestEffort pods, and what decides. */
enum inversion_reason {
    INVERSION_EXCEEDS,  /* eviction: over its request, the other is not */
    INVERSION_PRIORITY, /* eviction: lower priority */
    INVERSION_OVERAGE,  /* eviction: further over its request */
    INVERSION_UNKNOWN,  /* eviction: usage is not known, which ranks as over the request */
    INVERSION_BADNESS,  /* kernel: more memory outweighs the lower oom_score_adj */
};
struct victim_inversion {
    enum inversion_reason reason;
    const struct victim_pod *first, *second; /* second: the next BestEffort victim */
    const struct victim_container *first_container, *second_container; /* kernel only */
    size_t count; /* BestEffort pods after it */
};

struct victims {
    const struct node *node;
    enum victims_assume assume;
    int64_t capacity_bytes, allocatable_bytes, swap_bytes;
    int64_t kubepods_max_bytes;      /* memory.max of kubepods; 0 = unknown */
    int64_t eviction_hard_bytes;     /* memory.available below this evicts; 0 = never */
    struct opt_int node_usage_bytes; /* NodeMetrics; unset when usage is assumed */
    int64_t pods_usage_bytes;
    enum oom_kernel kernel;
    int64_t page_bytes;
    int64_t oldest_ms, newest_ms; /* of the samples; 0 = none */
    size_t without_usage;         /* pods whose usage is not known */
    size_t without_limit;         /* containers that ASSUME_LIMITS could not take at a limit */
    size_t finished;              /* pods that hold no memory, not listed */
    size_t critical;
    struct victim_pod *pods; /* by eviction rank, critical ones last */
    size_t pod_count;
    struct victim_container **kills; /* by kill rank, never killed ones last */
    size_t kill_count;
    struct {
        struct victim_inversion *items;
        size_t count, cap;
    } inversions;
};

/* What one point of oom_score_adj is worth on that node: a thousandth of memory and swap, rounded
 * down to pages as the kernel does. */
int64_t victims_adj_point_bytes(const struct victims *v);

/* All nodes, the one with the least memory left first: by NodeMetrics, else by what its pods
 * request. */
const struct node **nodes_by_fullness(struct arena *a, const struct cluster *c) RETURNS_NONNULL;

/* Judges one node. -ENODATA with *e: no pods there, no usage known, or no memory capacity. */
int victims_on_node(struct arena *a, const struct node *n, enum victims_assume assume,
                    struct victims *ret, struct err *e) MUST_USE;

#endif
