/* SPDX-License-Identifier: Apache-2.0
 *
 * Shared by the files of the plain twin (twin.h).
 */
#ifndef TESTS_SIMULATE_TWIN_STATE_H
#define TESTS_SIMULATE_TWIN_STATE_H

#include "twin.h"

#include <assert.h>

#include "analysis/node_lifecycle.h"
#include "analysis/schedule/schedule.h"
#include "model/badness.h"
#include "model/eviction.h"
#include "model/in_force.h"
#include "model/oom_score.h"

#define NOBODY UINT32_MAX

enum {
    SECOND_MS = 1000,
    MINUTE_MS = 60 * SECOND_MS,
    GRACE_MS = SECOND_MS,
    CONTAINERS = 8,
    SERVICES = 64,
    STORM_AT = 3,
    RETIRED_AT = 8,
    PAGE = 4096
};
enum state { RUNS, STARTS, WAITS, GONE };
enum what {
    LOSE,
    NOT_READY,
    TAINT,
    DELETE,
    PLACE,
    START,
    RESTART,
    LOOK,
    POLL,
    FREED,
    CALM,
    DRAIN,
    ACTION,
    RELOAD,
    ROLLOUT,
    HPA,
    CREATE,
    REPLACE,
};
enum { UNREACHABLE = 1, PRESSURE = 2, CORDONED = 4 };

/* Of one container: a straight line, then level. */
struct level {
    int64_t from_ms, to_ms, from, to, updated_ms, restart_ms;
    uint32_t restarts;
    bool down;
};
struct twin_pod {
    uint32_t origin, line, depth;
    int node; /* -1 = none */
    enum state state;
    bool ready, deleting, told;
    bool marked; /* deleted, and its kubelet does not know */
    int64_t start_ms;
    struct level c[CONTAINERS];
    uint32_t failures; /* of the first of its line, as failed_ms */
    int64_t failed_ms;
};
struct number_list {
    uint32_t *items;
    size_t count, cap;
};
struct twin_node {
    struct number_list pods;  /* the newest first */
    struct number_list order; /* as the scheduler's NodeInfo has them: the last takes the place of
                                 one that goes. Equal victims of a preemption follow it. */
    bool lost, stopped, not_ready, waits_for_taint, tainted, polling, pressure, gave_up;
    bool lost_by_memory;
    int closed;
    uint32_t depth, looks;
    int64_t away_ms, tainted_ms, seen_ms;
};
struct twin_zone {
    bool queued;
    int64_t next_ms;
};
struct twin_workload {
    int64_t healthy, wanted, load, surge, leak, failed;
    uint32_t rolling; /* 1 + index of its rollout */
    bool dipped, reloading;
};
struct todo_item {
    int64_t at_ms;
    enum what what;
    uint32_t subject, detail;
};
/* A pod to be made. */
struct wish {
    uint32_t like, depth;
    int node; /* -1: the scheduler finds one */
    bool fresh, done;
    int64_t since_ms;
};
struct ready_since {
    uint32_t pod;
    int64_t at_ms;
};
struct twin_rollout {
    const struct sim_action *action;
    uint32_t made;
    bool queued;
    LIST_OF(struct ready_since) since;
};
struct change {
    int64_t at_ms, pods;
};
struct change_list {
    struct change *items;
    size_t count, cap;
};
/* A kill or an eviction; container -1: the pod as a whole. */
struct fall {
    uint32_t line;
    enum sim_event_type how;
    int node, container;
    int64_t at_ms;
};
/* What the scheduler placed, in order; made: the volumes of all before are there. */
struct placing {
    uint32_t pod, node;
    bool made;
};
struct twin_hpa {
    struct change_list seen, ups, downs;
    int64_t synced_ms;
    bool queued;
};
struct twin {
    const struct sim_world *w;
    const struct contingency *c;
    struct arena *a;
    struct sim_outcome *o;
    int64_t factor, now, second, surge;
    uint32_t made_this_second;
    LIST_OF(struct twin_pod) pods;
    struct twin_node *nodes;
    struct twin_zone *zones;
    struct twin_workload *workloads;
    struct twin_hpa *hpas;
    LIST_OF(struct todo_item) todo; /* in the order of decision */
    LIST_OF(struct wish) refused;
    LIST_OF(struct sim_outage) outages;
    LIST_OF(struct twin_rollout) rollouts;
    LIST_OF(struct fall) falls;
    LIST_OF(struct placing) placed;
    struct number_list waiting;
    struct number_list storms;    /* lines */
    struct number_list preempted; /* in this round of the scheduler */
    size_t tries, tries_in_vain;  /* of drains: planned; since anything else happened */
    uint32_t service_ready[SERVICES];
    bool silent[SERVICES];
    bool place_queued;
};

static inline const struct sim_pod *origin(const struct twin *t, uint32_t pod)
{
    return &t->w->pods[t->pods.items[pod].origin];
}

/* ---- twin.c ---- */
void twin_later(struct twin *t, int64_t at_ms, enum what what, uint32_t subject, uint32_t detail);
void twin_happened(struct twin *t);
void twin_trouble_happened(struct twin *t, uint32_t node, enum sim_event_type type);
/* Copies a list, which may change while it is gone through. */
struct number_list twin_copy_of(struct twin *t, const struct number_list *l);

/* ---- twin_memory.c ---- */
int64_t twin_level_at(const struct level *c, int64_t ms);
int64_t twin_full_usage(const struct twin *t, uint32_t pod, uint32_t k);
void twin_rise(struct twin *t, uint32_t pod, uint32_t k);
void twin_rise_all(struct twin *t, uint32_t pod);
bool twin_in_trouble(const struct twin *t, uint32_t node);
void twin_look(struct twin *t, uint32_t node);
void twin_poll(struct twin *t, uint32_t node);
void twin_calm(struct twin *t, uint32_t node);
void twin_restart(struct twin *t, uint32_t pod, uint32_t k);
bool twin_has_failed(const struct twin *t, uint32_t pod);

/* ---- twin_control.c ---- */
/* Healthy pods of all that a budget selects, now or at time 0; and how many it demands. */
int64_t twin_budget_has(const struct twin *t, const struct pdb *p, bool now);
int64_t twin_budget_demands(const struct twin *t, const struct pdb *p);
bool twin_selects(const struct twin *t, const struct pdb *p, uint32_t workload);
/* Others have it too. */
bool twin_is_shared(const struct twin *t, const struct pdb *p);
void twin_set_ready(struct twin *t, uint32_t pod, bool ready);
void twin_want_place(struct twin *t);
void twin_close_node(struct twin *t, uint32_t node, int why, bool closed);
void twin_leave(struct twin *t, uint32_t pod);
void twin_start_later(struct twin *t, uint32_t pod);
void twin_start(struct twin *t, uint32_t pod);
void twin_create(struct twin *t, const struct wish *x);
void twin_replace(struct twin *t, uint32_t pod, uint32_t depth);
void twin_replace_failed(struct twin *t, uint32_t pod, uint32_t depth);
void twin_fail_pod(struct twin *t, uint32_t pod);
void twin_freed(struct twin *t, uint32_t pod);
void twin_delete_pod(struct twin *t, uint32_t pod);
bool twin_failed(struct twin *t, uint32_t pod, enum sim_event_type how, int container);
void twin_lose(struct twin *t, uint32_t node, bool by_memory);
void twin_not_ready(struct twin *t, uint32_t node);
void twin_taint(struct twin *t, uint32_t zone);
void twin_taints_go_on(struct twin *t);
void twin_delete_pods(struct twin *t, uint32_t node, uint32_t tolerated_s);
void twin_place(struct twin *t);

/* ---- twin_events.c ---- */
void twin_act(struct twin *t, const struct sim_action *x);
void twin_leak(struct twin *t, const struct sim_leak *x);
void twin_reload(struct twin *t, uint32_t workload);
void twin_cordon(struct twin *t, uint32_t node);
void twin_drain(struct twin *t, uint32_t node);
void twin_services_begin(struct twin *t);
void twin_services_change(struct twin *t, uint32_t pod, bool ready);
bool twin_is_refused(struct twin *t, const struct wish *x);
void twin_try_again(struct twin *t, uint32_t wish);

/* ---- twin_rollout.c ---- */
void twin_roll_out(struct twin *t, const struct sim_action *x);
void twin_rollout_step(struct twin *t, uint32_t rollout);
void twin_rollout_later(struct twin *t, uint32_t workload);
void twin_rollout_change(struct twin *t, uint32_t pod, bool ready);
/* Deletes so many pods, none of that revision (0: of any). Returns how many. */
size_t twin_scale_down(struct twin *t, uint32_t workload, uint32_t spared, int64_t count);

/* ---- twin_hpa.c ---- */
void twin_hpas_begin(struct twin *t);
void twin_hpa_wake(struct twin *t, uint32_t workload);
void twin_hpa_sync(struct twin *t, uint32_t hpa);

#endif
