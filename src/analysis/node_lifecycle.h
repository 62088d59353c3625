/* SPDX-License-Identifier: Apache-2.0
 *
 * The timing of what follows the loss of a node or of a container: zone states and taint rates
 * (pkg/controller/nodelifecycle), how long pods stay (pkg/controller/tainteviction), crash-loop
 * delays (client-go util/flowcontrol as the kubelet uses it), and the defaults of 1.36.
 */
#ifndef ANALYSIS_NODE_LIFECYCLE_H
#define ANALYSIS_NODE_LIFECYCLE_H

#include "model/cluster.h"

/* ---- defaults ---- */

enum {
    NODE_MONITOR_PERIOD_MS = 5000,
    NODE_MONITOR_GRACE_MS = 50000,
    NODE_STARTUP_GRACE_MS = 60000,
    TAINT_INTERVAL_MS = 10000,          /* nodeEvictionRate 0.1/s */
    TAINT_INTERVAL_REDUCED_MS = 100000, /* secondaryNodeEvictionRate 0.01/s */
    LARGE_CLUSTER_NODES = 50,
    NOT_READY_TOLERATION_MS = 300000, /* and unreachable */
    NODE_STATUS_REPORT_MS = 300000,
    NODE_STATUS_UPDATE_MS = 10000,
    NODE_LEASE_RENEW_MS = 10000,
    NODE_LEASE_DURATION_MS = 40000,
    EVICTION_POLL_MS = 10000,
    PRESSURE_TRANSITION_MS = 300000,
    CRASH_LOOP_INITIAL_MS = 10000,
    CRASH_LOOP_MAX_MS = 300000,
};
#define UNHEALTHY_ZONE_THRESHOLD 0.55F

/* A default by the name of its flag or field: "node-eviction-rate". */
struct lifecycle_default {
    const char *name;
    enum { LIFECYCLE_MS, LIFECYCLE_SECONDS, LIFECYCLE_COUNT, LIFECYCLE_RATE } unit;
    double value; /* of a rate, per second */
};
/* NULL if there is none of this name. */
const struct lifecycle_default *lifecycle_default_find(struct str name);

/* ---- nodes ---- */

enum zone_state { ZONE_NORMAL, ZONE_PARTIAL_DISRUPTION, ZONE_FULL_DISRUPTION };
/* "PartialDisruption" */
const char *zone_state_name(enum zone_state z);
enum zone_state zone_state_of(uint32_t nodes, uint32_t not_ready, float threshold);
/* Milliseconds from one node of the zone that is tainted to the next; 0 = none is tainted. When
 * all zones are fully disrupted none is either, which is for the caller to see. */
int64_t zone_taint_interval_ms(enum zone_state z, uint32_t nodes, uint32_t large_cluster);

/* ---- pods ---- */

/* The least of their tolerationSeconds; -1 = for ever, 0 = at once (also for none at all). */
int64_t toleration_least_ms(const struct toleration *const *used, size_t count);
/* How long a pod stays once a node has these taints (only NoExecute counts): -1 = for ever. */
int64_t taints_stay_ms(const struct taint *taints, size_t count, const struct tolerations *t);

/* ---- containers ---- */

/* Delay before the restart after `restarts` counted restarts: 0, initial, doubling up to max. */
int64_t crash_loop_delay_ms(uint32_t restarts, int64_t initial_ms, int64_t max_ms);
/* A container that finished so long after its last restart counts as stable. */
bool crash_loop_is_over(int64_t finished_ms, int64_t restarted_ms, int64_t max_ms);

struct crash_loop {
    int64_t initial_ms, max_ms;
    uint32_t restarts; /* counted since it was stable */
    int64_t restarted_ms;
};
/* The container finished; returns when it starts again. */
int64_t crash_loop_restart(struct crash_loop *c, int64_t finished_ms);

#endif
