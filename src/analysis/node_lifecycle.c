/* SPDX-License-Identifier: Apache-2.0
 *
 * Rules of node_lifecycle_controller.go, taint_eviction.go and backoff.go, as pure functions.
 */
#include "analysis/node_lifecycle.h"

#include "analysis/schedule/plugins.h"

enum { SECOND_MS = 1000 };

static const struct lifecycle_default defaults[] = {
    {"node-monitor-period", LIFECYCLE_MS, NODE_MONITOR_PERIOD_MS},
    {"node-monitor-grace-period", LIFECYCLE_MS, NODE_MONITOR_GRACE_MS},
    {"node-startup-grace-period", LIFECYCLE_MS, NODE_STARTUP_GRACE_MS},
    {"node-eviction-rate", LIFECYCLE_RATE, (double)SECOND_MS / TAINT_INTERVAL_MS},
    {"secondary-node-eviction-rate", LIFECYCLE_RATE, (double)SECOND_MS / TAINT_INTERVAL_REDUCED_MS},
    {"large-cluster-size-threshold", LIFECYCLE_COUNT, LARGE_CLUSTER_NODES},
    {"unhealthy-zone-threshold", LIFECYCLE_RATE, 0.55},
    {"default-not-ready-toleration-seconds", LIFECYCLE_SECONDS,
     NOT_READY_TOLERATION_MS / SECOND_MS},
    {"default-unreachable-toleration-seconds", LIFECYCLE_SECONDS,
     NOT_READY_TOLERATION_MS / SECOND_MS},
    {"node-status-report-frequency", LIFECYCLE_MS, NODE_STATUS_REPORT_MS},
    {"node-status-update-frequency", LIFECYCLE_MS, NODE_STATUS_UPDATE_MS},
    {"node-lease-renew-interval", LIFECYCLE_MS, NODE_LEASE_RENEW_MS},
    {"node-lease-duration-seconds", LIFECYCLE_SECONDS, NODE_LEASE_DURATION_MS / SECOND_MS},
    {"eviction-monitoring-period", LIFECYCLE_MS, EVICTION_POLL_MS},
    {"eviction-pressure-transition-period", LIFECYCLE_MS, PRESSURE_TRANSITION_MS},
    {"crash-loop-initial", LIFECYCLE_MS, CRASH_LOOP_INITIAL_MS},
    {"crash-loop-max", LIFECYCLE_MS, CRASH_LOOP_MAX_MS},
};

const struct lifecycle_default *lifecycle_default_find(struct str name)
{
    for (size_t i = 0; i < ARRAY_LEN(defaults); i++)
        if (str_is(name, defaults[i].name))
            return &defaults[i];
    return NULL;
}

/* ---- nodes ---- */

const char *zone_state_name(enum zone_state z)
{
    static const char *const names[] = {"Normal", "PartialDisruption", "FullDisruption"};
    return names[z];
}

enum zone_state zone_state_of(uint32_t nodes, uint32_t not_ready, float threshold)
{
    if (not_ready && not_ready == nodes)
        return ZONE_FULL_DISRUPTION;
    if (not_ready > 2 && (float)not_ready / (float)nodes >= threshold)
        return ZONE_PARTIAL_DISRUPTION;
    return ZONE_NORMAL;
}

int64_t zone_taint_interval_ms(enum zone_state z, uint32_t nodes, uint32_t large_cluster)
{
    if (z != ZONE_PARTIAL_DISRUPTION)
        return TAINT_INTERVAL_MS;
    return nodes > large_cluster ? TAINT_INTERVAL_REDUCED_MS : 0;
}

/* ---- pods ---- */

int64_t toleration_least_ms(const struct toleration *const *used, size_t count)
{
    int64_t least = -1;
    if (!count)
        return 0;
    for (size_t i = 0; i < count; i++) {
        if (!used[i]->seconds.set)
            continue;
        int64_t seconds = MIN(used[i]->seconds.v, INT64_MAX / SECOND_MS);
        if (seconds <= 0)
            return 0;
        if (least < 0 || seconds * SECOND_MS < least)
            least = seconds * SECOND_MS;
    }
    return least;
}

int64_t taints_stay_ms(const struct taint *taints, size_t count, const struct tolerations *t)
{
    int64_t stay = -1;
    for (size_t i = 0; i < count; i++) {
        const struct toleration *used = NULL;
        if (!str_is(taints[i].effect, "NoExecute"))
            continue;
        for (size_t k = 0; k < t->count && !used; k++)
            if (toleration_tolerates(&t->items[k], &taints[i]))
                used = &t->items[k];
        int64_t ms = toleration_least_ms(&used, used != NULL);
        if (ms >= 0 && (stay < 0 || ms < stay))
            stay = ms;
    }
    return stay;
}

/* ---- containers ---- */

int64_t crash_loop_delay_ms(uint32_t restarts, int64_t initial_ms, int64_t max_ms)
{
    int64_t delay = initial_ms;
    if (!restarts)
        return 0;
    for (uint32_t i = 1; i < restarts && delay < max_ms; i++)
        delay *= 2;
    return MIN(delay, max_ms);
}

bool crash_loop_is_over(int64_t finished_ms, int64_t restarted_ms, int64_t max_ms)
{
    return finished_ms - restarted_ms > 2 * max_ms;
}

int64_t crash_loop_restart(struct crash_loop *c, int64_t finished_ms)
{
    if (c->restarts && crash_loop_is_over(finished_ms, c->restarted_ms, c->max_ms))
        c->restarts = 0;
    c->restarted_ms = finished_ms + crash_loop_delay_ms(c->restarts, c->initial_ms, c->max_ms);
    c->restarts++;
    return c->restarted_ms;
}
