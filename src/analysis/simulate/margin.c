/* SPDX-License-Identifier: Apache-2.0
 *
 * The booking margin of one contingency: once everything that it displaces is placed again, how
 * many more pods of the displaced workloads would find a node, by requests alone.
 */
#include "analysis/schedule/schedule.h"
#include "analysis/simulate/internal.h"

/* The largest requests run out first; further workloads are not counted through. */
enum { WORKLOADS_COUNTED = 5, PODS_COUNTED = 1000 };

/* Pods of this kind get into each other's way beyond what they request. */
static bool is_entangled(const struct pod_spec *spec)
{
    if (spec->affinity &&
        (spec->affinity->anti_required.count || spec->affinity->pod_required.count))
        return true;
    for (size_t i = 0; i < spec->spread.count; i++)
        if (!str_is(spec->spread.items[i].when_unsatisfiable, "ScheduleAnyway"))
            return true;
    for (size_t i = 0; i < spec->containers.count; i++)
        for (size_t k = 0; k < spec->containers.items[i].ports.count; k++)
            if (spec->containers.items[i].ports.items[k].host_port)
                return true;
    return false;
}

/* By placing one after the other. */
static int64_t count_placed(struct sim_runner *r, uint32_t pod)
{
    struct schedule *s = r->schedule;
    uint32_t from = schedule_pod_count(s);
    int64_t placed = 0;
    while (placed < PODS_COUNTED) {
        uint32_t more = schedule_clone_pod(s, pod);
        int32_t node = schedule_place(s, more);
        if (node == NO_NODE)
            break;
        schedule_bind(s, more, (uint32_t)node);
        placed++;
    }
    for (uint32_t p = from; p < schedule_pod_count(s); p++)
        if (schedule_pod_node(s, p) != NO_NODE)
            schedule_unbind(s, p);
    schedule_forget_clones(s, from);
    return placed;
}

/* By dividing what is free. */
static int64_t count_free(struct sim_runner *r, uint32_t pod)
{
    struct schedule *s = r->schedule;
    uint32_t more = schedule_clone_pod(s, pod);
    struct verdict v;
    int64_t sum = 0;
    schedule_explain(s, more, &r->scratch, &v);
    for (uint32_t i = 0; i < v.feasible_count; i++) {
        int64_t fits = INT64_MAX;
        for (size_t k = 0; k < schedule_resource_count(s); k++) {
            int64_t request = schedule_pod_request(s, more, k);
            int64_t left =
                schedule_allocatable(s, v.feasible[i], k) - schedule_requested(s, v.feasible[i], k);
            if (request > 0)
                fits = MIN(fits, left / request);
        }
        sum += fits == INT64_MAX ? 0 : fits;
    }
    schedule_forget_clones(s, more);
    arena_reset(&r->scratch);
    return sum;
}

static int64_t memory_request(const struct sim_runner *r, uint32_t pod)
{
    enum { MEMORY = 2 }; /* schedule_resource_name */
    return schedule_pod_request(r->schedule, pod, MEMORY);
}

/* The displaced pods of the largest requests, one of each class. */
static size_t largest_classes(const struct sim_runner *r, uint32_t *ret)
{
    size_t n = 0;
    for (size_t i = 0; i + 1 < r->landed.count; i += 2) {
        uint32_t pod = r->landed.items[i];
        size_t at = n;
        bool known = false;
        for (size_t k = 0; k < n && !known; k++)
            known = schedule_pod_class(r->schedule, ret[k]) == schedule_pod_class(r->schedule, pod);
        if (known)
            continue;
        while (at > 0 && memory_request(r, ret[at - 1]) < memory_request(r, pod))
            at--;
        if (at >= WORKLOADS_COUNTED)
            continue;
        n = MIN(n + 1, (size_t)WORKLOADS_COUNTED);
        for (size_t k = n - 1; k > at; k--)
            ret[k] = ret[k - 1];
        ret[at] = pod;
    }
    return n;
}

void margin_measure(struct sim_runner *r, struct run_margin *ret)
{
    uint32_t list[WORKLOADS_COUNTED];
    size_t count = largest_classes(r, list);
    *ret = (struct run_margin){0};
    for (size_t i = 0; i < r->pending.count; i++) {
        uint32_t pod = r->pending.items[i];
        if (pod < r->world->pod_count)
            continue;
        if (!ret->known)
            ret->workload = pod_world(r, pod)->workload;
        ret->known = true;
        ret->pods--;
        ret->bytes -= memory_request(r, pod);
    }
    if (ret->known)
        return;
    for (size_t i = 0; i < count; i++) {
        const struct sim_pod *p = &r->world->pods[list[i]];
        int64_t pods =
            is_entangled(&p->pod->spec) ? count_placed(r, list[i]) : count_free(r, list[i]);
        int64_t bytes = pods * memory_request(r, list[i]);
        if (ret->known && (pods > ret->pods || (pods == ret->pods && bytes >= ret->bytes)))
            continue;
        *ret = (struct run_margin){true, bytes, pods, p->workload};
    }
}
