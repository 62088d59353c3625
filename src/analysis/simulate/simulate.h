/* SPDX-License-Identifier: Apache-2.0
 *
 * What becomes of a cluster when something is lost: an event-driven simulation of kubelets, the
 * kernel, the node lifecycle controller, workload controllers and the scheduler, and the two
 * figures made from it (DESIGN.md section 6): booking margin and load line.
 *
 * Pure functions of a resolved and defaulted cluster and of the options. The same world and options
 * give the same report with any number of threads. Load on the API server and etcd and probe storms
 * are not modelled.
 */
#ifndef ANALYSIS_SIMULATE_H
#define ANALYSIS_SIMULATE_H

#include "analysis/simulate/watch.h"
#include "model/cluster.h"

/* Factors on usage are in ten-thousandths: 10000 = as measured. */
enum { FACTOR_ONE = 10000, FACTOR_MAX = 100000 };
enum { NO_FACTOR = -1, NO_INDEX32 = -1 };
/* No container uses or grows by more: 64 TiB, so that sums and products stay far from overflow. */
#define SIM_USAGE_MAX (INT64_C(1) << 46)

/* ---- assumptions: each has an option that changes it ---- */

enum sim_usage_source { SIM_MEASURED, SIM_REQUESTS, SIM_LIMITS };
enum node_oom { NODE_OOM_KILL, NODE_OOM_LOST };
enum node_pressure { NODE_PRESSURE_EVICT, NODE_PRESSURE_THRASH };
enum sim_hpa_reaction { HPA_REACT, HPA_OFF };
enum sim_hpa_cpu { HPA_CPU_UNKNOWN, HPA_CPU_LOAD };

/* How the loss of two nodes is answered. AUTO: run each up to SIM_PAIRS_RUN of them, else PROVE. */
enum { SIM_PAIRS_RUN = 5000 };
enum sim_pairs { SIM_PAIRS_AUTO, SIM_PAIRS_PROVE, SIM_PAIRS_ALL };

struct sim_options {
    enum sim_usage_source assume;
    enum node_oom node_oom;
    enum node_pressure node_pressure;
    enum sim_hpa_reaction hpa;
    enum sim_hpa_cpu hpa_cpu;      /* load: CPU use is that of the sample times the load */
    int64_t unaccounted_permyriad; /* of capacity: memory in use that the kubelet does not see */
    int64_t elastic_permyriad;     /* share of usage that follows load */
    int64_t surge_permyriad;       /* load, 10000 = now; only what is elastic follows */
    int64_t start_ms;              /* from bound to running */
    int64_t warm_ms;               /* from running to full usage, in a straight line */
    int64_t until_ms;              /* a run ends here at the latest */
    struct {
        struct scenario_node_group *items;
        size_t count, cap;
    } node_groups;                   /* that the cluster autoscaler may add nodes of; none = off */
    const struct scenario *scenario; /* whose usage is in force; NULL = none */
    struct sim_watch *watch;         /* NULL = nobody watches */
    unsigned threads;                /* 0 = one per CPU */
    bool check;                      /* test the invariants after every event (abort when broken) */
    enum sim_pairs pairs;
};
/* kill, evict, 3 %, 0, 1, 10 s, 60 s, 1 h. */
void sim_options_default(struct sim_options *ret);

/* A workload whose containers grow. */
struct sim_leak {
    uint32_t workload;
    int64_t bytes_per_minute;
};

/* A workload whose load is another from the beginning; 10000 = as now. */
struct sim_surge {
    uint32_t workload;
    int64_t permyriad;
};

/* ---- the world as the simulation sees it ---- */

enum sim_controller {
    CONTROLLER_NONE,     /* nothing makes it again */
    CONTROLLER_REPLACES, /* ReplicaSet, Job and others: a new pod at once; a Job's failed pod after a
                            back-off */
    CONTROLLER_STATEFUL, /* the same name: waits until the old pod is gone */
    CONTROLLER_DAEMON,   /* bound to its node */
};

/* Memory in bytes. */
struct sim_node {
    const struct node *node;
    int64_t capacity, allocatable;
    int64_t kubepods;     /* memory.max of kubepods; 0 = none */
    int64_t evict_below;  /* hard memory.available; 0 = never evicts */
    int64_t system;       /* what runs outside of pods, as the kubelet sees it */
    int64_t unaccounted;  /* what it does not see */
    int64_t thrash_below; /* --node-pressure=thrash: left in truth when it thrashes; 0 = never */
    uint32_t zone;        /* index in zones, 0 = none */
    uint32_t first_pod;   /* of those that run here; UINT32_MAX ends the list */
    bool usable;
    bool scaled;      /* some pod on it is scaled by an HPA */
    uint32_t planned; /* not there yet: 1 + index of its group */
};
struct sim_container {
    const struct container *container;    /* of the spec */
    const struct container *granted;      /* as the node goes by it: see model/in_force.h */
    int64_t usage, limit;                 /* usage has its jitter; limit 0 = none */
    int64_t mean;                         /* usage before the jitter */
    bool known;                           /* usage was measured, at least in a sibling, or given */
    int64_t growth;                       /* a minute */
    int64_t ceiling;                      /* growth ends there; 0 = nowhere */
    int64_t elastic;                      /* permyriad of usage that follows load */
    const struct usage_container *spread; /* has its percentiles; NULL = none */
    int64_t jitter_percent;
};
struct sim_pod {
    const struct pod *pod;
    const struct pod_spec *granted; /* as the node goes by it: see model/in_force.h */
    uint32_t workload;
    uint32_t container, container_count;
    int32_t node; /* NO_INDEX32: pending */
    uint32_t next, prev;
    int64_t request, priority; /* memory, for the kubelet's rank */
    int64_t limit;             /* memory.max of the pod; 0 = none */
    int64_t tolerates_ms;      /* unreachable:NoExecute; -1 = for ever */
    enum sim_controller controller;
    /* A pod-level request of the spec, by which an HPA goes; -1 = the containers' count. */
    int64_t level_request_bytes, level_request_milli;
    bool critical, ready;
    bool is_static; /* or the mirror of one: no drain takes it away */
    bool ends;      /* restartPolicy Never: what is killed is not started again */
    bool of_job;
    uint32_t apps;         /* containers that are no sidecars: the first */
    int64_t backoff_limit; /* of its Job */
    uint32_t planned;      /* not there yet: the event of the Scenario, from 1, that makes it */
    uint32_t slot;         /* the pod of the input whose place it has: itself, unless planned */
    uint64_t serves;       /* a bit for each of services: it is a pod of it */
    uint64_t guarded;      /* ... : a webhook that is asked when it is made */
};
/* What the Eviction API makes of its pods (pkg/registry/core/pod/storage/eviction.go). */
enum sim_eviction {
    EVICTION_BY_BUDGET,   /* of its PDB, if it has one */
    EVICTION_TWO_BUDGETS, /* refused: more than one PDB selects them */
    EVICTION_NO_SCALE,    /* refused: its PDB asks for the scale of what has none */
};
struct sim_workload {
    const struct workload *workload;
    struct str name;       /* "Deployment production/checkout" */
    const struct pdb *pdb; /* that demands most */
    enum sim_eviction eviction;
    struct {
        uint32_t *items;
        size_t count, cap;
    } shared;         /* of the budgets that select others too */
    int64_t budget;   /* healthy pods that its PDB demands */
    int64_t scale;    /* replicas that its controller wants */
    int64_t replicas; /* pods that there are */
    int64_t need;     /* healthy pods demanded: of its PDB, but at least one */
    int64_t healthy;  /* now */
    bool elastic;     /* some of its usage follows load */
    uint32_t hpa;     /* 1 + index in hpas; 0 = none that reacts */
};

/* A PDB that selects the pods of several workloads: they are counted together. */
struct sim_budget {
    const struct pdb *pdb;
    LIST_OF(uint32_t) workloads;
    int64_t scale, desired;
    int64_t healthy; /* now */
    bool no_scale;   /* it asks for the scale of what has none: no disruption is allowed */
};

/* What others in the cluster need: at most 64. */
enum sim_service_type { SERVICE_WEBHOOK, SERVICE_DNS, SERVICE_PROMETHEUS };
struct sim_service {
    enum sim_service_type type;
    struct str name;                          /* of the first webhook, of the workload */
    const struct service *service;            /* of webhooks */
    LIST_OF(const struct webhook *) webhooks; /* that fail closed and are asked about pods */
    uint32_t workload;                        /* of the others */
    uint32_t ready;                           /* pods, now */
};

/* What can be known of an HPA's metrics: one of both targets is set. */
struct sim_hpa_metric {
    bool cpu;             /* milli-cores; else memory, bytes */
    struct str container; /* absent = all of the pod */
    int64_t utilization;  /* percent of what is requested */
    int64_t average;      /* of all pods */
};
struct sim_hpa {
    const struct hpa *hpa;
    uint32_t workload;
    int64_t least, most;
    size_t unknown; /* metrics */
    LIST_OF(struct sim_hpa_metric) metrics;
    LIST_OF(uint32_t) pods; /* of the input */
};

/* Nodes that the cluster autoscaler may add: one after the other in nodes, all not usable. */
struct sim_group_of_nodes {
    uint32_t like, first, count;
    int64_t ready_after_ms;
};

struct sim_usage_note {
    size_t measured, siblings, profiled, requested, limited, unknown; /* containers by source */
    int64_t oldest_ms, newest_ms;                                     /* of the samples; 0 = none */
};

struct schedule;
struct sim_world {
    const struct cluster *cluster;
    const struct schedule *settled; /* has the claims whose volumes are settled at time 0 */
    struct sim_options options;
    struct sim_node *nodes;
    struct sim_container *containers;
    struct sim_pod *pods; /* by the scheduler model's index */
    struct sim_workload *workloads;
    uint32_t *workload_pods;  /* workload by workload, each's by number */
    uint32_t *workload_first; /* by workload: where its pods begin; one more at the end */
    uint32_t node_count, container_count, pod_count, workload_count;
    struct str *zones; /* [0] = no zone */
    uint32_t zone_count;
    int64_t lowest_priority;
    uint32_t placed;   /* pods that the scheduler model placed before time 0 */
    uint32_t pending;  /* and those that it could not */
    uint32_t expanded; /* pods made from templates: the input has none */
    struct sim_usage_note usage;
    bool elastic;                       /* of any workload some usage follows load */
    LIST_OF(struct sim_budget) budgets; /* that several workloads share */
    LIST_OF(struct sim_service) services;
    LIST_OF(struct sim_group_of_nodes) groups;
    uint32_t planned_nodes, planned_pods; /* counted in node_count and pod_count, not there yet */
    LIST_OF(struct sim_hpa) hpas;         /* that react */
    size_t hpas_unknown;                  /* that do not: what they look at is not known */
    size_t webhooks_unknown;     /* fail closed, and what answers them is not in the input */
    size_t webhooks_conditional; /* with matchConditions, which count as met */
    LIST_OF(struct sim_leak) leaks;
    bool grows;                /* some container grows of itself */
    LIST_OF(uint32_t) growing; /* nodes with containers that grow of themselves */
};

/* What there is now. */
static inline uint32_t sim_nodes_now(const struct sim_world *w)
{
    return w->node_count - w->planned_nodes;
}
static inline uint32_t sim_pods_now(const struct sim_world *w)
{
    return w->pod_count - w->planned_pods;
}

/* Adds pods for judged workloads that have none (replicas of their template; a DaemonSet: one for
 * each node that it goes to). Returns how many. Call before sim_world_new. */
uint32_t sim_expand(struct arena *a, struct cluster *c);
/* What the options' Scenario changes in the cluster: its nodes' set-up, the pods that it will deploy.
 * After sim_expand, before sim_world_new, once. 0 or -EINVAL. */
int sim_prepare(struct arena *a, struct cluster *c, const struct sim_options *o,
                struct err *e) MUST_USE;
/* Makes the pods of a recorded world what their workloads say after a change: where `before` has
 * another template or other replicas, its pods take them over and wait for the scheduler, as after
 * a rollout. Call before sim_expand. */
void sim_adopt(struct arena *a, struct cluster *after, const struct cluster *before);
/* Everything that runs share. -ENODATA when no node is usable. */
int sim_world_new(struct arena *a, const struct cluster *c, const struct sim_options *o,
                  struct sim_world **ret, struct err *e) MUST_USE;
/* False: neither samples nor profiles, and no assumption instead. */
bool sim_usage_known(const struct sim_world *w);
/* The node's index, or NO_INDEX32. */
int32_t sim_find_node(const struct sim_world *w, struct str name);
/* "deploy/checkout", "production/checkout", "checkout": the workload's index, or -EINVAL. */
int sim_find_workload(const struct sim_world *w, struct str text, uint32_t *ret,
                      struct err *e) MUST_USE;

/* ---- contingencies ---- */

enum contingency_type {
    CONTINGENCY_NONE, /* nothing is lost: what happens anyway */
    CONTINGENCY_LOSE, /* nodes, all at once */
    CONTINGENCY_DRAIN,
    CONTINGENCY_LEAK,
    CONTINGENCY_SURGE,    /* the load of one workload, and what of its usage follows load */
    CONTINGENCY_SCENARIO, /* actions, each at its time */
};
enum sim_action_type {
    ACTION_LOSE,
    ACTION_DRAIN,
    ACTION_CORDON,
    ACTION_LEAK,
    ACTION_SURGE,
    ACTION_KUBELET_STOPPED,
    ACTION_BACK,
    ACTION_DEPLOY,
};
struct sim_action {
    int64_t at_ms;
    enum sim_action_type type;
    uint32_t node;
    struct sim_leak leak;
    int64_t surge_permyriad;
    /* Of a deploy: its number from 1, and the pods that it makes. */
    uint32_t revision, workload, first_pod, pod_count;
};
struct contingency {
    enum contingency_type type;
    struct str name; /* "node/ip-10-0-1-45", "zone/eu-1a" */
    uint32_t *nodes;
    uint32_t node_count;
    struct sim_leak leak;
    struct sim_surge surge;
    LIST_OF(struct sim_action) actions;
};
struct contingencies {
    struct contingency *items;
    size_t count, cap;
};
/* Append to *ret. */
/* A Scenario's events; -EINVAL when it names what there is not. */
int contingency_of_scenario(struct arena *a, const struct sim_world *w, const struct scenario *s,
                            struct contingency *ret, struct err *e) MUST_USE;
void contingencies_none(struct arena *a, struct contingencies *ret);
void contingencies_n1(struct arena *a, const struct sim_world *w, struct contingencies *ret);
void contingencies_n2(struct arena *a, const struct sim_world *w, struct contingencies *ret);
void contingencies_zones(struct arena *a, const struct sim_world *w, struct contingencies *ret);
/* Each workload that has pods: "leak/Deployment/production/checkout", "surge/...". */
void contingencies_leaks(struct arena *a, const struct sim_world *w, int64_t bytes_per_minute,
                         struct contingencies *ret);
void contingencies_surges(struct arena *a, const struct sim_world *w, int64_t permyriad,
                          struct contingencies *ret);

/* ---- what happens in a run ---- */

enum sim_event_type {
    SIM_LOST,      /* the node is gone: power, kernel, network */
    SIM_NOT_READY, /* the node lifecycle controller noticed */
    SIM_TAINTED,   /* unreachable:NoExecute */
    SIM_DELETED,   /* a pod, by the taint eviction controller */
    SIM_REPLACED,  /* its controller made another */
    SIM_WAITS,     /* its StatefulSet does not */
    SIM_PLACED,    /* by the scheduler */
    SIM_PENDING,   /* by the scheduler: no node */
    SIM_STARTED,   /* its containers run, usage arrives */
    SIM_MEMCG_OOM, /* a container reached its limit */
    SIM_POD_OOM,   /* the pod's limit */
    SIM_KUBEPODS_OOM,
    SIM_GLOBAL_OOM, /* the node had no memory left */
    SIM_RESTARTED,
    SIM_PRESSURE, /* MemoryPressure condition and taint */
    SIM_PRESSURE_END,
    SIM_EVICTED,   /* by the kubelet */
    SIM_NO_VICTIM, /* over the threshold, and nothing may be evicted */
    SIM_THRASHED,  /* by assumption: the node loses its lease instead of evicting */
    SIM_OOM_LOST,  /* by assumption: the kubelet dies with a global OOM */
    SIM_PREEMPTED, /* by the scheduler, for a pod of higher priority */
    SIM_DRAINED,   /* evicted by a drain */
    SIM_BLOCKED,   /* a drain that a PDB refuses */
    SIM_CORDONED,
    SIM_KUBELET_STOPPED, /* what runs there runs on, and uses memory */
    SIM_BACK,            /* a node that was lost, or whose kubelet had stopped, is Ready again */
    SIM_DEPLOYED,        /* a rolling update begins */
    SIM_ROLLED_OUT,      /* and has ended */
    SIM_SCALED_DOWN,     /* a pod deleted by its controller */
    SIM_SCALED,          /* by an HPA */
    SIM_NODE_ASKED,      /* for, by the cluster autoscaler */
    SIM_NODE_ADDED,      /* and is Ready */
    SIM_SERVICE_LOST,    /* a webhook, DNS or Prometheus: no ready pod any more */
    SIM_SERVICE_BACK,
    SIM_REFUSED, /* the making of a pod, by a webhook that fails closed and is gone */
    SIM_ENDED,   /* a pod that was deleted meanwhile */
    SIM_FAILED,  /* a pod that nothing starts again (restartPolicy Never) */
    SIM_STORM,   /* the same pod failed too often; it is not followed further */
    SIM_EVENT_TYPES,
};
/* "NotReady"; the upstream file that the event follows; what that says. */
const char *sim_event_name(enum sim_event_type t);
const char *sim_event_source(enum sim_event_type t);
const char *sim_event_rule(enum sim_event_type t);

struct sim_event {
    int64_t at_ms;
    enum sim_event_type type;
    int32_t node;        /* NO_INDEX32 = none */
    int32_t pod;         /* of the world, the one that this pod goes back to; NO_INDEX32 = none */
    int32_t container;   /* of the world */
    uint32_t generation; /* 0 = the pod of the input, 1 = its first replacement ... */
    int64_t bytes;       /* in use: the container's, the pod's or the node's */
    int64_t of_bytes;    /* the bound that matters */
    int64_t count;       /* pods in a group, restarts */
};
struct sim_events {
    struct sim_event *items;
    size_t count, cap;
};

/* A way to fail. */
enum sim_way {
    WAY_NODE_LOST, /* by memory, not by the contingency */
    WAY_SHORT,     /* a workload has fewer healthy pods than it must */
    WAY_ZERO,      /* it has none */
    WAY_STORM,     /* a pod of it is killed or evicted again and again */
};
const char *sim_way_name(enum sim_way w);
/* How pods of a workload fail again and again, told of the first that does: the shortest sequence of
 * failures that came twice in a row at the end, or all of them when none did. */
struct sim_cycle_step {
    enum sim_event_type type; /* which kill, or SIM_EVICTED */
    int32_t node;
    int32_t container; /* of the world; NO_INDEX32: the pod as a whole */
    int64_t after_ms;  /* from the first step */
};
struct sim_cycle {
    struct sim_cycle_step *steps;
    size_t step_count;
    bool repeats;
    int64_t period_ms; /* the last time round: delays of a crash loop grow to 5 min; 0 = none */
    uint32_t failures; /* that were followed */
    uint32_t pods;     /* of the workload that fail again and again */
};
struct sim_failure {
    enum sim_way way;
    uint32_t subject; /* node or workload */
    int64_t have, need;
    const struct sim_cycle *cycle; /* of WAY_STORM */
    const struct pdb *shared;      /* of WAY_SHORT: whose numbers these are, if others share it */
};

struct sim_outage {
    uint32_t service; /* of the world */
    int64_t from_ms, to_ms;
};
enum { NOT_YET = -1 };

struct sim_outcome {
    struct sim_failure *failures; /* in the settled state, sorted by way and subject */
    size_t failure_count;
    uint32_t nodes_lost; /* by memory */
    uint32_t killed, evicted, preempted, displaced, pending;
    uint32_t below, zero;    /* workloads in the settled state */
    uint32_t dips;           /* workloads that were below only for a time */
    uint32_t depth;          /* of the cascade: 0 = only what the contingency took */
    uint32_t peak_creations; /* pods made within one second */
    uint32_t refused;        /* times that a webhook without pods refused one */
    uint32_t refused_left;   /* pods that could not be made to the end */
    struct sim_outage *outages;
    size_t outage_count;
    int64_t settled_ms;
    bool storm;     /* never settles: see the failures of WAY_STORM */
    bool timed_out; /* --until came first */
    bool blocked;   /* a drain that did not end */
    uint32_t blocked_workload;
    struct sim_event first; /* what gave way first; type SIM_EVENT_TYPES = nothing */
    uint64_t events;
};

struct sim_run_input {
    const struct contingency *contingency;
    int64_t factor;         /* on usage, ten-thousandths */
    bool stop_at_failure;   /* end at the first failure that memory alone can cause */
    struct sim_events *log; /* NULL = not wanted; lives in log_arena */
    struct arena *log_arena;
};
/* One thread's state for runs; everything is put back after each. */
struct sim_runner;
struct sim_runner *sim_runner_new(struct arena *a, const struct sim_world *w);
void sim_runner_done(struct sim_runner *r);
/* The world's containers use other amounts from now on. */
void sim_runner_forget(struct sim_runner *r);
/* *ret lives in a. */
void sim_run(struct sim_runner *r, const struct sim_run_input *in, struct arena *a,
             struct sim_outcome *ret);

/* The failures of x that y does not have. */
size_t failures_beyond(struct arena *a, const struct sim_outcome *x, const struct sim_outcome *y,
                       struct sim_failure **ret);

/* ---- the report ---- */

struct sim_item {
    const struct contingency *contingency;
    struct sim_outcome structural; /* at factor 0: bookings, PDBs, volumes */
    struct sim_outcome now;        /* at factor 1 */
    bool survives;                 /* at factor 1, apart from what fails at 0 */
    bool proved;                   /* two nodes: the outcome follows from the two, see pairs.h */
    bool run;                      /* not proved, or to check the proof, or for its margin */
    struct sim_failure *fails;     /* at factor 1 and not at 0 */
    size_t fail_count;
    /* Booking margin: further pods of the workload that runs out first */
    bool spare_known; /* something is displaced */
    int64_t spare_pods, spare_bytes;
    uint32_t spare_workload;
};
struct sim_margin {
    bool known;
    int64_t bytes, pods; /* negative: that much cannot be placed */
    uint32_t workload;
    size_t item; /* index in items */
};
struct sim_line {
    bool known;                 /* usage is known */
    bool above;                 /* nothing fails up to FACTOR_MAX */
    bool not_monotone;          /* survival comes back above it */
    bool stopped;               /* before the search ended: the line is at factor or above */
    bool at_most;               /* not every contingency was searched: it may be lower */
    int64_t factor;             /* the highest that survives, below the lowest that fails */
    int64_t fails_at;           /* the lowest factor seen to fail; NO_FACTOR = none yet */
    size_t weakest;             /* index in items */
    struct sim_outcome outcome; /* at fails_at */
    struct sim_failure *fails;
    size_t fail_count;
};
struct sim_clipped {
    uint32_t workload;
    uint32_t container; /* of the world: an example */
    uint32_t count;
};
/* Losses of two nodes. */
struct sim_pairs_note {
    size_t count, proved; /* pairs; of them, by a bound */
    size_t run;           /* not proved, or proved and run for their booking margin or as a check */
    size_t checked;       /* both proved and run */
    size_t wrong;         /* index of a proved one that ran otherwise: our bug; SIZE_MAX = none */
};
/* The nodes of a zone or of a node pool, and the two figures if only they could be lost. */
enum sim_group_type { SIM_GROUP_ZONE, SIM_GROUP_POOL, SIM_GROUP_TYPES };
struct sim_group {
    enum sim_group_type type;
    const char *label; /* "karpenter.sh/nodepool": by which it is one */
    struct str name;
    uint32_t index, nodes;
    size_t contingencies, survived; /* of the set: those that take nodes of this group alone */
    struct sim_margin margin;       /* the smallest after one of these */
    int64_t factor;                 /* load line, to 1 %; NO_FACTOR = not known */
    int64_t fails_at;               /* where one was seen to fail; NO_FACTOR = none was */
    bool above;                     /* it is higher than that */
    size_t weakest;                 /* index in items; SIZE_MAX = none was seen to fail */
};
struct sim_report {
    const struct sim_world *world;
    struct sim_item *items; /* in the order of the contingencies */
    size_t count;
    size_t asked;   /* contingencies of the set; count is less when the watch said stop */
    bool stopped;   /* it did: the report tells what was known by then */
    bool by_usage;  /* items have been through at factor 1 (else `now` is `structural`) */
    size_t *ranked; /* indices in items, worst first */
    struct sim_margin margin;
    struct sim_pairs_note pairs;
    struct sim_line line;
    struct sim_group *groups; /* zones, then pools, by name; none of a kind of which there is one */
    size_t group_count;
    int32_t *group_of_node[SIM_GROUP_TYPES]; /* index in groups, or -1 */
    struct sim_clipped *clipped;             /* whose usage is held at their limit at the line */
    size_t clipped_count;
    char digest[65];
};
struct sim_wanted {
    bool line;        /* the load line (else report.line.known is false) */
    bool group_lines; /* and that of each zone and node pool */
};
void sim_report_make(struct arena *a, const struct sim_world *w, const struct contingencies *set,
                     const struct sim_wanted *wanted, struct sim_report *ret);

#endif
