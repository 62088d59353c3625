/* SPDX-License-Identifier: Apache-2.0
 *
 * What Kubernetes and the kernel make of each pod: effective requests and limits, QoS class and its
 * reason, oom_score_adj and cgroup values of every container. Pure functions of a resolved and
 * defaulted cluster.
 */
#ifndef ANALYSIS_POD_FACTS_H
#define ANALYSIS_POD_FACTS_H

#include "model/cgroup.h"
#include "model/in_force.h"
#include "model/oom_score.h"
#include "model/requests.h"

/* What oom_score_adj was computed with. */
enum capacity_origin {
    CAPACITY_UNKNOWN, /* no node: Burstable containers get the whole range 3..999 */
    CAPACITY_GIVEN,   /* by the user */
    CAPACITY_OWN,     /* of the nodes that the pods run on */
    CAPACITY_NODES,   /* of all nodes: a pod that could land on any */
};
struct capacity_range {
    enum capacity_origin origin;
    int64_t min_bytes, max_bytes;
};

struct container_facts {
    const struct container *container;
    struct pod_amounts request, limit;
    struct oom_adj adj;
    struct cgroup_values cgroup;
    struct opt_int usage_max_bytes; /* the largest sample (PodMetrics) of the live pods */
};

/* One kind of pod of a workload. */
struct pod_facts {
    const struct workload *workload;
    const struct pod *pod;       /* a live pod of this kind; NULL: known from the template only */
    const struct pod_spec *spec; /* what was judged */
    struct str owner;            /* "Deployment/checkout": what makes the pod; absent: nothing */
    struct opt_int replicas;     /* unset: as many as there are nodes (DaemonSet) */
    size_t alike;                /* pods of this kind in the input */
    size_t live;                 /* those of them that are bound to a node */
    bool differs;                /* the workload has live pods of another kind too */
    size_t injected;             /* containers that the template does not have */
    enum qos qos;
    struct qos_reason why;
    bool qos_contradicts; /* status.qosClass is not what the spec gives */
    bool critical;
    enum pod_resize resize; /* of `pod`; cgroups and OOM scores are then not the spec's */
    struct pod_amounts request, limit;
    struct cgroup_values cgroup;    /* of the pod */
    struct opt_int usage_max_bytes; /* the largest sample of a whole live pod */
    size_t sampled;                 /* live pods with samples */
    struct capacity_range capacity;
    struct container_facts *containers; /* init containers and sidecars first, then app */
    size_t container_count;
};
struct pod_facts_list {
    struct pod_facts *items;
    size_t count, cap;
};

struct pod_facts_options {
    int64_t node_memory_bytes; /* 0: that of the nodes */
    struct str ns;             /* only this namespace; absent: all */
    struct str_list names;     /* only what workload_is_named() one of these; empty: all */
};

/* Facts of every judged workload, in the order of the input: one item for each kind of live pod
 * that it has (finished pods do not count), or one for its template. */
void pod_facts_all(struct arena *a, const struct cluster *c, const struct pod_facts_options *o,
                   struct pod_facts_list *ret);

/* The container's sample in a pod's metrics (NULL: none), or NULL. *hint (0 at first) makes the
 * search short when the containers of a pod are asked for in the order of its metrics. */
const struct container_usage *container_find_usage(const struct pod_metrics *m, struct str name,
                                                   size_t *hint);
/* name is that of w ("checkout"), with its kind ("deployment/checkout"), or of one of its pods. */
bool workload_is_named(const struct workload *w, struct str name);
/* Pods in all: replicas, of a DaemonSet the live pods and at least one. */
int64_t pod_facts_replicas(const struct pod_facts_list *l);
/* "Deployment/checkout": what makes the pods of w; absent for a pod that nothing makes. */
struct str workload_owner_text(struct arena *a, const struct workload *w);

#endif
