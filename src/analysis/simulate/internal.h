/* SPDX-License-Identifier: Apache-2.0
 *
 * Shared by the files of the simulation only: the state of one run over a constant world.
 *
 * Pods are numbered as in the scheduler model; replacements come after the world's. Only nodes that
 * something happens to are active: their containers have a state of their own, all others stand at
 * the world's usage times the factor. What a run changed is put back at its end.
 */
#ifndef ANALYSIS_SIMULATE_INTERNAL_H
#define ANALYSIS_SIMULATE_INTERNAL_H

#include "analysis/node_lifecycle.h"
#include "analysis/schedule/schedule.h"
#include "analysis/simulate/simulate.h"
#include "base/sat.h"
#include "model/eviction.h"

#define NO_POD   UINT32_MAX
#define NEVER_MS INT64_MAX

enum {
    SECOND = 1000,
    EVICT_GRACE_MS = SECOND,     /* immediateEvictionGracePeriodSeconds */
    DRAIN_RETRY_MS = 5 * SECOND, /* kubectl drain's sleep after a 429 */
    /* job_controller.go DefaultJobPodFailureBackOff, MaxJobPodFailureBackOff */
    JOB_BACKOFF_MS = 10 * SECOND,
    JOB_BACKOFF_MAX_MS = 600 * SECOND,
    /* A pod that failed this often fails "again and again"; after more it is not followed. */
    FAILURES_STORM = 3,
    FAILURES_RETIRED = 8,
};

struct owner_index {
    const struct workload *workload;
    uint32_t at;
};

/* ---- world.c, usage.c ---- */
const struct owner_ref *sim_controller_ref(const struct object *o);
/* "Deployment production/checkout" */
struct str sim_workload_name(struct arena *a, const struct workload *w);
/* Such a name against [KIND/][NAMESPACE/]NAME. */
bool sim_name_matches(struct str full, struct str text);
void sim_usage_fill(struct sim_world *w);
/* What UsageProfiles and the Scenario say, over all else. */
int sim_usage_profiles(struct arena *a, struct sim_world *w, struct err *e) MUST_USE;

/* ---- needs.c ---- */
/* After the pods: names, scales, needs and budgets of the workloads. */
void sim_needs_find(struct arena *a, struct sim_world *w);

/* ---- queue.c ---- */
enum todo_type {
    TODO_LOSE,
    TODO_NOT_READY,
    TODO_TAINT,  /* at = zone */
    TODO_DELETE, /* pods of a node whose toleration ends */
    TODO_SCHEDULE,
    TODO_START,   /* pod */
    TODO_RESTART, /* container of a pod */
    TODO_NODE,    /* memory bounds of a node, valid if the serial matches */
    TODO_POLL,    /* the kubelet looks */
    TODO_FREED,   /* an evicted pod is gone */
    TODO_PRESSURE_END,
    TODO_DRAIN,
    TODO_ACTION, /* of a scenario */
    TODO_RELOAD, /* survivors take over the traffic of a workload */
    TODO_ROLLOUT,
    TODO_HPA,
    TODO_SCAN, /* of the cluster autoscaler */
    TODO_NODE_ADDED,
    TODO_CREATE,  /* again what a webhook refused */
    TODO_REPLACE, /* a failed pod of a Job, its back-off being over */
};
struct todo {
    int64_t at_ms;
    uint64_t order;
    enum todo_type type;
    uint32_t subject, detail;
};
struct todo_queue {
    struct todo *items;
    size_t count, cap;
    uint64_t next_order;
};
void todo_push(struct arena *a, struct todo_queue *q, struct todo t);
/* False when empty. */
bool todo_pop(struct todo_queue *q, struct todo *ret);

/* ---- state ---- */

enum pod_state { POD_RUNNING, POD_STARTING, POD_PENDING, POD_GONE };
struct run_pod {
    uint32_t origin; /* the world's pod that it goes back to */
    uint32_t line;   /* the first pod of those that replaced each other up to this one */
    int32_t node;
    uint32_t next, prev; /* on the node: those that hold memory or will */
    uint32_t container;
    uint32_t generation;
    uint16_t down;     /* containers that do not run */
    uint16_t depth;    /* of the cascade that made it */
    int64_t start_ms;  /* when it is starting: runs then */
    int64_t failed_ms; /* of the first of the line: the last of them */
    uint16_t failures; /* of the first of the line: kills and evictions of all of it */
    uint8_t state;
    bool ready, deleting, noted;
    bool marked; /* deleted, and its kubelet does not know: it holds on to the node */
};
/* Usage goes in a straight line from (from_ms, from) to (to_ms, to) and stays there. */
struct run_container {
    int64_t from_ms, to_ms, from, to;
    int64_t updated_ms; /* of its back-off */
    int64_t restart_ms; /* when it is down: starts again */
    uint32_t restarts;  /* since the back-off was reset */
    bool down;
};
enum { CLOSED_UNREACHABLE = 1, CLOSED_PRESSURE = 2, CLOSED_CORDONED = 4 };
struct run_node {
    bool active, lost, not_ready, taint_waits, polling, pressure, gave_up;
    bool stopped; /* its kubelet: what runs there runs on */
    bool tainted;
    bool left;          /* a pod of the world has left it */
    bool absent, asked; /* the cluster autoscaler may add it, has asked for it */
    uint8_t closed;
    uint16_t depth;
    uint32_t first_pod;
    uint32_t serial;
    int64_t seen_ms; /* pressure last seen */
    int64_t away_ms; /* lost or stopped since */
    int64_t tainted_ms;
};
struct run_workload {
    bool touched, dipped, reloading;
    int64_t healthy;
    int64_t wanted;   /* replicas that its controller keeps up */
    int64_t failed;   /* pods of it, where it is a Job */
    uint32_t rolling; /* 1 + index of its rollout; 0 = none */
    int64_t surge;    /* load of all its pods, permyriad */
    int64_t load;     /* permyriad of the sample's, for each of its pods */
};
struct became_ready {
    uint32_t pod;
    int64_t at_ms;
};
struct run_rollout {
    const struct sim_action *action;
    uint32_t workload, made;
    bool queued;
    LIST_OF(struct became_ready) became_ready; /* since it began, where minReadySeconds is set */
};
/* A pod to be made: like which, on which node (NO_INDEX32: the scheduler finds one). */
struct run_refused {
    uint32_t like;
    int32_t node;
    uint16_t depth;
    bool fresh; /* the first of its line, no replacement */
    bool made;  /* or wanted no longer */
    int64_t since_ms;
};
struct scale_event {
    int64_t at_ms, pods;
};
struct scale_events {
    struct scale_event *items;
    size_t count, cap;
};
struct run_hpa {
    struct scale_events seen;       /* what it found desirable, when */
    struct scale_events ups, downs; /* pods added and taken away */
    int64_t synced_ms;
    bool queued;
};
struct run_zone {
    int64_t next_taint_ms;
    bool touched, taint_queued;
};
struct index_list {
    uint32_t *items;
    size_t count, cap;
};
/* A kill or an eviction. */
struct run_failed {
    uint32_t line;
    enum sim_event_type type;
    int32_t node, container; /* as in sim_cycle_step */
    int64_t at_ms;
};

/* Spare bookings: further pods of the workload that runs out first. Negative: what is pending. */
enum { WORKLOADS_COUNTED = 5 };
struct run_margin {
    bool known;
    int64_t bytes, pods;
    uint32_t workload;
    /* From margin_begin to margin_end. */
    uint32_t classes[WORKLOADS_COUNTED]; /* one pod of each */
    int64_t slots[WORKLOADS_COUNTED];
    bool counted[WORKLOADS_COUNTED]; /* slots is all of them */
    size_t class_count, node_count;
    uint32_t *nodes; /* that the run touched */
    int64_t *slots_by_node[WORKLOADS_COUNTED];
};
/* Where pods of one class would fit, at rest. */
struct run_slots {
    uint8_t *allowed; /* by node; NULL = not yet made */
    int64_t total;
};

/* A container as far as usage without events needs it. */
struct base_item {
    int64_t usage, limit;
    uint32_t elastic, container;
};

struct sim_runner {
    const struct sim_world *world;
    struct schedule *schedule;
    size_t settled;      /* claims whose volumes are settled at time 0 */
    struct arena *arena; /* for what grows; never shrinks */
    /* by pod, container, node, workload, zone */
    struct {
        struct run_pod *items;
        size_t count, cap;
    } pods;
    struct {
        struct run_container *items;
        size_t count, cap;
    } containers;
    struct run_node *nodes;
    struct run_workload *workloads;
    int64_t *budgets; /* healthy pods, by shared budget */
    struct run_zone *zones;
    LIST_OF(struct run_rollout) rollouts;
    LIST_OF(struct sim_outage) outages;
    LIST_OF(struct run_refused) refused;
    struct index_list added, tried; /* nodes: asked for; put there to see what fits */
    bool scan_queued;
    struct run_hpa *hpas;
    bool hpas_hot; /* at the factor of base some HPA wants more pods */
    uint32_t service_ready[64];
    uint64_t silent; /* webhooks that do not answer */
    struct index_list active, touched, pending, sick, leaking, lost, preempted, waiting;
    struct index_list storms; /* first pods of lines that fail again and again */
    LIST_OF(struct run_failed) failed;
    int64_t *leak; /* bytes per minute, by world workload */
    /* node usage without any event, at one factor */
    int64_t base_factor;
    int64_t *base;
    struct base_item *base_items; /* node by node; NULL = not yet laid out */
    uint32_t *base_end;           /* by node: where its items end */
    struct index_list bounded;    /* pods with a limit of their own, node by node */
    bool base_filled;             /* the items have the world's amounts */
    struct index_list hot;        /* nodes over a bound at that */
    /* the run */
    const struct sim_run_input *in;
    struct sim_outcome *out;
    struct todo_queue queue;
    int64_t now;
    int64_t surge; /* load, permyriad */
    bool schedule_queued, stop;
    size_t drains_queued, drains_in_vain; /* tries to come; tries since anything else happened */
    bool weightless; /* at factor 0, where no memory can be short: levels are not kept */
    bool bookings;   /* and nothing can ask for them: nodes are lost, and that is all */
    uint32_t creations;
    int64_t creations_ms;
    struct index_list landed;  /* pods that the scheduler placed, in order */
    struct run_slots *slots;   /* by class */
    struct run_margin *margin; /* measured at the end of a run; NULL = not wanted */
    struct arena scratch;
};

/* ---- margin.c ---- */
/* Of pods that are in each other's way the room is found by placing this many. */
enum { PODS_TRIED = 8 };
/* Pods of this kind get into each other's way beyond what they request. */
bool pods_entangle(const struct pod_spec *spec);
/* Where more pods like this one would fit; the runner must be at rest. */
const struct run_slots *slots_of(struct sim_runner *r, uint32_t pod);
/* How many of them a node has room for now, by requests alone. */
int64_t slots_on(const struct sim_runner *r, uint32_t pod, uint32_t node);
void margin_begin(struct sim_runner *r, struct run_margin *ret);
void margin_end(struct sim_runner *r, struct run_margin *ret);

/* ---- base.c ---- */
/* Fills base and hot for a factor. */
void base_make(struct sim_runner *r, int64_t factor);
/* Of one pod; base_make comes first. */
int64_t base_of_pod(const struct sim_runner *r, const struct sim_pod *p);
/* Nothing changes of itself: usage moves only when pods do. */
bool world_is_still(const struct sim_world *w);

/* ---- memory.c ---- */
/* Usage of one container at a factor when its pod carries this load: what is elastic follows it. */
static inline int64_t usage_at(int64_t usage, int64_t limit, int64_t factor, int64_t elastic,
                               int64_t load)
{
    int64_t bytes = usage * factor / FACTOR_ONE;
    if (elastic && load != FACTOR_ONE) {
        int64_t more = elastic * (load - FACTOR_ONE) / FACTOR_ONE;
        bytes = sat_add(bytes, sat_mul(bytes / FACTOR_ONE, more));
    }
    bytes = MIN(bytes, SIM_USAGE_MAX);
    return limit ? MIN(bytes, limit) : bytes;
}
int64_t scaled_usage(const struct sim_runner *r, uint32_t world_container);
static inline int64_t container_level(const struct run_container *c, int64_t at_ms)
{
    if (at_ms >= c->to_ms)
        return c->to;
    if (at_ms <= c->from_ms)
        return c->from;
    /* from + (to - from) * passed / takes without overflow: times are below 2^30. */
    int64_t rise = c->to - c->from, takes = c->to_ms - c->from_ms, passed = at_ms - c->from_ms;
    return c->from + rise / takes * passed + rise % takes * passed / takes;
}
int64_t pod_level(const struct sim_runner *r, uint32_t pod, int64_t at_ms);
/* Of all pods of an active node. */
int64_t node_level(const struct sim_runner *r, uint32_t node, int64_t at_ms);
enum trouble {
    TROUBLE_NONE,
    TROUBLE_CONTAINER,
    TROUBLE_POD,
    TROUBLE_KUBEPODS,
    TROUBLE_NODE,
    TROUBLE_PRESSURE,
};
/* What a node with that much in its pods is in. */
enum trouble level_trouble(const struct sim_node *n, int64_t pods);
/* Begins (or goes on) with the container's way to its full usage. */
void container_start(struct sim_runner *r, uint32_t pod, uint32_t index, bool at_once);
/* Looks at a node's bounds now, acts, and plans when to look again. */
void node_check(struct sim_runner *r, uint32_t node);
void container_restart(struct sim_runner *r, uint32_t pod, uint32_t index);

/* ---- kubelet.c ---- */
void kubelet_poll(struct sim_runner *r, uint32_t node);
void kubelet_poll_later(struct sim_runner *r, uint32_t node);
void kubelet_pressure_end(struct sim_runner *r, uint32_t node);

/* ---- control.c ---- */
void node_lose(struct sim_runner *r, uint32_t node, bool by_memory);
void node_not_ready(struct sim_runner *r, uint32_t node);
void zone_taint(struct sim_runner *r, uint32_t zone);
void node_delete_pods(struct sim_runner *r, uint32_t node, uint32_t tolerated_s);
void pod_freed(struct sim_runner *r, uint32_t pod);
void node_close(struct sim_runner *r, uint32_t node, uint8_t why, bool closed);
void pods_schedule(struct sim_runner *r);
void pod_start(struct sim_runner *r, uint32_t pod);
void drain_step(struct sim_runner *r, uint32_t node);
/* A pod of a line of its own, like one of the world; node = NO_INDEX32: the scheduler finds one. */
void pod_make_new(struct sim_runner *r, uint32_t like, int32_t node);
/* By its controller or owner; at once, unless its kubelet is away. */
void pod_delete(struct sim_runner *r, uint32_t pod);
/* A pod has gone: its memory too. Its controller acts. */
void pod_replace(struct sim_runner *r, uint32_t pod, uint16_t depth);
/* The same for a pod that has failed: a Job waits before it makes another. */
void pod_replace_failed(struct sim_runner *r, uint32_t pod, uint16_t depth);
/* Its containers have been killed and nothing starts them again. */
void pod_fail(struct sim_runner *r, uint32_t pod);
/* True when that is so. */
bool pod_has_failed(const struct sim_runner *r, uint32_t pod);
/* Its containers run after start_ms, unless its node is lost. */
void pod_start_later(struct sim_runner *r, uint32_t pod);
void zones_taint_later(struct sim_runner *r);
void want_schedule(struct sim_runner *r);
void node_cordon(struct sim_runner *r, uint32_t node);
void workload_reload(struct sim_runner *r, uint32_t workload);

/* ---- events.c ---- */
void scenario_act(struct sim_runner *r, const struct sim_action *x);
/* What is planned for rollouts, HPAs, the cluster autoscaler and webhooks. */
void controllers_step(struct sim_runner *r, const struct todo *t);
void kubelet_stop(struct sim_runner *r, uint32_t node);
void node_back(struct sim_runner *r, uint32_t node);

/* Unless a webhook refuses it. */
void pod_create(struct sim_runner *r, const struct run_refused *x);

/* ---- autoscale.c ---- */
/* Pods are pending. */
void autoscale_later(struct sim_runner *r);
void autoscale_scan(struct sim_runner *r);
void node_added(struct sim_runner *r, uint32_t node);
void autoscale_restore(struct sim_runner *r);

/* ---- hpa.c ---- */
void sim_hpas_find(struct arena *a, struct sim_world *w);
/* At base_factor, before anything has happened. */
bool hpas_at_rest(const struct sim_runner *r);
void hpas_begin(struct sim_runner *r);
/* Something that its HPA, if it has one, looks at has changed. */
void hpa_wake(struct sim_runner *r, uint32_t workload);
void hpa_sync(struct sim_runner *r, uint32_t hpa);

/* ---- services.c ---- */
void sim_services_find(struct arena *a, struct sim_world *w);
void services_begin(struct sim_runner *r);
void services_ready(struct sim_runner *r, uint32_t pod, bool ready);
/* True when a webhook refuses it; it is kept for later. */
bool pod_is_refused(struct sim_runner *r, const struct run_refused *x);
void refused_retry(struct sim_runner *r, uint32_t index);
void services_outcome(const struct sim_runner *r, struct arena *a, struct sim_outcome *ret);

/* ---- rollout.c ---- */
void rollout_begin(struct sim_runner *r, const struct sim_action *action);
void rollout_step(struct sim_runner *r, uint32_t rollout);
/* A pod of a workload that is being rolled out has become ready or is so no longer. */
void rollout_later(struct sim_runner *r, uint32_t workload);
/* A pod of a workload that is rolling has become ready, or is no longer. */
void rollout_ready(struct sim_runner *r, uint32_t pod, bool ready);
/* Deletes that many pods of a workload, but none of one revision (0: of any). Returns how many. */
size_t pods_scale_down(struct sim_runner *r, uint32_t workload, uint32_t spare_revision,
                       int64_t count);

/* ---- run.c ---- */
void leak_begin(struct sim_runner *r, uint32_t workload, int64_t bytes_per_minute);
void node_activate(struct sim_runner *r, uint32_t node);
/* The first of the budgets that the workload shares that has too few; NO_POD = none. */
uint32_t budget_short(const struct sim_runner *r, uint32_t workload);
struct run_workload *touch_workload(struct sim_runner *r, uint32_t workload);
void pod_set_ready(struct sim_runner *r, uint32_t pod, bool ready);
void pod_unlink(struct sim_runner *r, uint32_t pod);
void pod_link(struct sim_runner *r, uint32_t pod, uint32_t node);
uint32_t pod_clone(struct sim_runner *r, uint32_t pod, uint16_t depth);
/* One more kill or eviction; true when the pod is not followed further. */
bool pod_failed(struct sim_runner *r, uint32_t pod, enum sim_event_type how, int32_t container);
static inline const struct sim_pod *pod_world(const struct sim_runner *r, uint32_t pod)
{
    return &r->world->pods[r->pods.items[pod].origin];
}
/* The pods of a workload, replacements too, in the order of their numbers; NO_POD after the last.
 *     struct pod_walk k = {.workload = workload};
 *     for (uint32_t p; (p = pod_walk_next(r, &k)) != NO_POD;) */
struct pod_walk {
    uint32_t workload, at;
};
uint32_t pod_walk_next(const struct sim_runner *r, struct pod_walk *k);
void plan(struct sim_runner *r, int64_t at_ms, enum todo_type type, uint32_t subject,
          uint32_t detail);
void note(struct sim_runner *r, struct sim_event e);
/* An event of a node and no pod. */
void note_node(struct sim_runner *r, enum sim_event_type type, uint32_t node, int64_t count);
void note_trouble(struct sim_runner *r, struct sim_event e, uint32_t node);
/* Whether nothing happens at this factor once these pods have come to these nodes. */
struct landing {
    uint32_t pod;
    uint32_t node;
};
struct landings {
    struct landing *items;
    size_t count;
};
bool contingency_is_quiet(struct sim_runner *r, const struct contingency *c, int64_t factor,
                          const struct landings *l);
/* Where the last run's displaced pods went. */
void run_landings(const struct sim_runner *r, struct arena *a, struct landings *ret);

/* ---- cycle.c ---- */
/* Of the line of a storm. Lives in a. */
const struct sim_cycle *cycle_make(const struct sim_runner *r, uint32_t line, struct arena *a);

/* ---- outcome.c ---- */
void outcome_make(struct sim_runner *r, struct arena *a);
void failures_sort(struct sim_outcome *o);
bool outcome_equal(const struct sim_outcome *x, const struct sim_outcome *y);

/* ---- invariants.c ---- */
void run_check(const struct sim_runner *r);

#endif
