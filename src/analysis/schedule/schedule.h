/* SPDX-License-Identifier: Apache-2.0
 *
 * What kube-scheduler 1.36 (default profile) decides: which nodes a pod can go to, how each scores,
 * which are best, whom it would preempt. Integer arithmetic, plugin order, weights, reasons and
 * quirks are upstream's (k8s.io/kubernetes pkg/scheduler); each plugin family has a file of its own
 * that names the file it mirrors. Every node is looked at (percentageOfNodesToScore 100).
 *
 * A schedule is a mutable state over a constant cluster: pods can be bound, unbound and cloned, and
 * nodes switched off, without touching the model. Identical pods form classes; a placement rescores
 * only what changed since the class was last placed. No I/O; not thread safe (one per thread).
 */
#ifndef ANALYSIS_SCHEDULE_H
#define ANALYSIS_SCHEDULE_H

#include "model/cluster.h"

enum sched_plugin {
    PLUGIN_NODE_UNSCHEDULABLE,
    PLUGIN_TAINT_TOLERATION,
    PLUGIN_NODE_AFFINITY,
    PLUGIN_NODE_PORTS,
    PLUGIN_NODE_RESOURCES_FIT,
    PLUGIN_VOLUME_RESTRICTIONS,
    PLUGIN_NODE_VOLUME_LIMITS,
    PLUGIN_VOLUME_BINDING,
    PLUGIN_VOLUME_ZONE,
    PLUGIN_POD_TOPOLOGY_SPREAD,
    PLUGIN_INTER_POD_AFFINITY,
    PLUGIN_DYNAMIC_RESOURCES,
    PLUGIN_NODE_DECLARED_FEATURES,
    PLUGIN_BALANCED_ALLOCATION,
    PLUGIN_IMAGE_LOCALITY,
    PLUGIN_COUNT,
    PLUGIN_NONE = PLUGIN_COUNT,
};
/* "NodeResourcesFit". */
const char *plugin_name(enum sched_plugin p);
/* What its scores are multiplied with; 0 = it has none. */
int64_t plugin_weight(enum sched_plugin p);

/* Upstream's status codes: preemption may help with the first, not with the second. */
enum sched_code { CODE_SUCCESS, CODE_UNSCHEDULABLE, CODE_UNRESOLVABLE };
/* "Unschedulable", "UnschedulableAndUnresolvable". */
const char *code_name(enum sched_code c);

enum sched_reason {
    REASON_NONE,
    REASON_UNSCHEDULABLE,
    REASON_TAINT,
    REASON_NODE_AFFINITY,
    REASON_ADDED_AFFINITY, /* that of the scheduler's configuration */
    REASON_NODE_NAMES,     /* not in the set of names that the pod's affinity gives */
    REASON_PORTS,
    REASON_RESOURCES, /* see `lacking` */
    REASON_DISK,
    REASON_RWOP,
    REASON_VOLUME_LIMIT,
    REASON_PV_AFFINITY,
    REASON_PV_MISSING,
    REASON_NO_PV,
    REASON_PV_AFFINITY_AND_NO_PV, /* two of the plug-in's reasons at once */
    REASON_NO_SPACE,
    REASON_PV_AFFINITY_AND_NO_SPACE,
    REASON_VOLUME_ZONE,
    REASON_SPREAD,
    REASON_SPREAD_LABEL,
    REASON_AFFINITY,
    REASON_ANTI_AFFINITY,
    REASON_EXISTING_ANTI_AFFINITY,
    REASON_FEATURES,
    REASON_COUNT,
};
/* The scheduler's words; of REASON_RESOURCES see schedule_reasons(). */
const char *reason_text(enum sched_reason r);

/* Why a node refuses (plugin == PLUGIN_NONE: it does not). `lacking` is a set of resource indices:
 * bit 0 = pods, then as schedule_resource_name(). for_nominated: only because of pods that are
 * nominated to the node. */
struct node_verdict {
    uint8_t plugin, code, reason;
    bool for_nominated;
    uint64_t lacking;
};

enum { NO_NODE = -1, SCORE_MAX = 100 };

/* The answer for one pod. Arrays live in the arena that was given. */
struct verdict {
    uint32_t pod;
    /* A PreFilter plugin refused the pod before any node was looked at: reason != NULL. */
    struct {
        enum sched_plugin plugin;
        enum sched_code code;
        struct str reason;
    } prefilter;
    struct node_verdict *nodes; /* one per node of the cluster; NULL after a prefilter refusal */
    uint32_t *feasible;         /* node indices, in the order of the world */
    uint32_t feasible_count;
    int64_t *scores[PLUGIN_COUNT]; /* times the weight, beside feasible; NULL = skipped itself */
    int64_t *total;
    uint32_t *best; /* the feasible nodes of highest total, sorted by name */
    uint32_t best_count;
    struct str message; /* of the PodScheduled condition, when no node is feasible */
};

struct schedule;

/* How plugins and feature gates are set up; all empty is the default profile of 1.36. */
struct schedule_profile {
    struct str_list ignored_resources, ignored_groups; /* extended resources that are not checked */
    struct str_list device_resources; /* given by a DeviceClass: DRA checks where a node has none */
    bool no_sidecars;                 /* feature gate SidecarContainers off (before 1.29) */
    bool compares_taints;             /* gate TaintTolerationComparisonOperators: Gt and Lt */
    bool ignores_preferred;           /* ignorePreferredTermsOfExistingPods */
    const struct affinity *added;     /* addedAffinity: its node terms count for every pod */
};

/* Builds the state: every pod bound to a node of the cluster counts there (terminal ones do not,
 * terminating ones do), all others are pending. Pods must have been through the API server's
 * defaulting (model/defaults.h). */
struct schedule *schedule_new(struct arena *a, const struct cluster *c);
struct schedule *schedule_new_profile(struct arena *a, const struct cluster *c,
                                      const struct schedule_profile *p);
/* Frees what is not in the arena. NULL is fine. */
void schedule_done(struct schedule *s);

uint32_t schedule_node_count(const struct schedule *s);
const struct node *schedule_node(const struct schedule *s, uint32_t node);
/* The node's index, or NO_NODE. */
int32_t schedule_find_node(const struct schedule *s, struct str name);
uint32_t schedule_pod_count(const struct schedule *s);
const struct pod *schedule_pod(const struct schedule *s, uint32_t pod);
/* The pod's index by namespace and name, or -1. */
int64_t schedule_find_pod(const struct schedule *s, struct str ns, struct str name);
int32_t schedule_pod_node(const struct schedule *s, uint32_t pod);
/* The pods of a node: UINT32_MAX ends the list. Unbinding a pod moves the last one into its place. */
uint32_t schedule_node_first_pod(const struct schedule *s, uint32_t node);
uint32_t schedule_next_on_node(const struct schedule *s, uint32_t pod);
int64_t schedule_pod_priority(const struct schedule *s, uint32_t pod);
/* It has scheduling gates: the queue does not give it out (plugin SchedulingGates). */
bool schedule_pod_gated(const struct schedule *s, uint32_t pod);
/* Where preemption has made room for the pod (status.nominatedNodeName), while it waits for it; else
 * NO_NODE. Pods of lower or equal priority leave that room alone. */
int32_t schedule_nominated_node(const struct schedule *s, uint32_t pod);
/* What a preemption on the node does to the nominations of pods of lower priority. */
void schedule_clear_nominations(struct schedule *s, uint32_t node, int64_t below_priority);
/* Pods of one class are the same to the scheduler. */
uint32_t schedule_pod_class(const struct schedule *s, uint32_t pod);
uint32_t schedule_class_count(const struct schedule *s);

/* The pending pods in the order in which the queue gives them out: priority descending, creation
 * time, namespace/name. */
uint32_t *schedule_queue(const struct schedule *s, struct arena *a, uint32_t *ret_count);

/* One more pending pod that is like `pod`. Returns its index. */
uint32_t schedule_clone_pod(struct schedule *s, uint32_t pod);
void schedule_bind(struct schedule *s, uint32_t pod, uint32_t node);
void schedule_unbind(struct schedule *s, uint32_t pod);
/* Settles the pod's claims that wait for their first pod (WaitForFirstConsumer), as the scheduler
 * assumes when it has chosen a node: the smallest volume that serves is theirs from now on, or else
 * one is made near that node. What is placed later sees it, whatever becomes of the pod. Binding
 * alone settles nothing. */
void schedule_assume_volumes(struct schedule *s, uint32_t pod, uint32_t node);
/* Time has passed: what is to be made is there, and reaches all nodes of its topology. Returns
 * whether anything was still to be made. */
bool schedule_make_volumes(struct schedule *s);
/* Settles what another schedule of the same cluster has settled, beside its own. */
void schedule_assume_as(struct schedule *s, const struct schedule *other);
/* How many claims are settled so, and back to so many. */
size_t schedule_assumed_volumes(const struct schedule *s);
void schedule_forget_volumes(struct schedule *s, size_t count);
/* A node that is off is not there: no pod goes to it and it counts nowhere. Unbind its pods first
 * (assert). */
void schedule_node_off(struct schedule *s, uint32_t node, bool off);
/* A closed node takes no new pod, as behind a taint that nothing tolerates, but it is there: its
 * pods count, and it is a domain of topology spread. */
void schedule_node_close(struct schedule *s, uint32_t node, bool closed);
/* A what-if: between mark and rewind anything may be bound, unbound, closed and opened, and before
 * rewind everything is back where it was. What classes know of nodes is then kept. */
void schedule_mark(struct schedule *s);
void schedule_rewind(struct schedule *s);
/* Just after the mark: pods like this one may have to be placed before rewind. Makes that faster. */
void schedule_expect(struct schedule *s, uint32_t pod);
/* Forgets the clones from this index on (all of them unbound): indices are given again. */
void schedule_forget_clones(struct schedule *s, uint32_t from_pod);

/* The whole scheduling cycle for a pending pod, with every node's verdict and scores. */
void schedule_explain(struct schedule *s, uint32_t pod, struct arena *a, struct verdict *ret);
/* The same decision without the detail: the best node first by name, or NO_NODE. Does not bind. */
int32_t schedule_place(struct schedule *s, uint32_t pod);

/* By node: 1 where the pod could go if there were room. ret has schedule_node_count() items. */
void schedule_admits(struct schedule *s, uint32_t pod, uint8_t *ret);

/* What one filter plugin says of a node, the others not asked: TaintToleration, NodeAffinity,
 * NodeResourcesFit, PodTopologySpread or InterPodAffinity. */
struct node_verdict schedule_ask(struct schedule *s, uint32_t pod, uint32_t node,
                                 enum sched_plugin p);
struct node_list {
    const uint32_t *items;
    uint32_t count;
};
/* The normalised scores (0..100, without weight) that one plugin gives these nodes. false: it skips
 * itself, all are 0. TaintToleration, NodeAffinity, PodTopologySpread or InterPodAffinity. */
bool schedule_scores(struct schedule *s, uint32_t pod, enum sched_plugin p,
                     const struct node_list *nodes, int64_t *ret);

/* Texts of a refusal, in upstream's order ("Too many pods", "Insufficient cpu", ..., extended
 * resources sorted by name). Returns how many. */
size_t schedule_reasons(const struct schedule *s, const struct node_verdict *v, struct arena *a,
                        struct str **ret);
/* Index 0 pods, 1 cpu, 2 memory, 3 ephemeral-storage, then the extended ones sorted by name. */
size_t schedule_resource_count(const struct schedule *s);
struct str schedule_resource_name(const struct schedule *s, size_t resource);
/* cpu in milli, all others in units. */
int64_t schedule_allocatable(const struct schedule *s, uint32_t node, size_t resource);
int64_t schedule_requested(const struct schedule *s, uint32_t node, size_t resource);
int64_t schedule_pod_request(const struct schedule *s, uint32_t pod, size_t resource);
/* How many pods like this one the node has room for, by requests alone. */
int64_t schedule_slots(const struct schedule *s, uint32_t pod, uint32_t node);

/* ---- preemption ---- */

struct preempt_candidate {
    uint32_t node;
    uint32_t *victims; /* pods, from most to least important */
    uint32_t victim_count;
    uint32_t pdb_violations;
};
struct preemption {
    bool eligible;
    const char *reason; /* why not, or why there is no candidate */
    struct preempt_candidate *candidates;
    uint32_t candidate_count;
    uint32_t *best; /* indices of candidates tied after the five rules, sorted by node name */
    uint32_t best_count;
};
/* Whom the pod would preempt, given the verdict that refused it everywhere. All potential nodes are
 * tried. Pods without a start time count as started last. Changes nothing. */
void schedule_preempt(struct schedule *s, const struct verdict *v, struct arena *a,
                      struct preemption *ret);

#endif
