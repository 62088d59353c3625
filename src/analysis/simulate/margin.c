/* SPDX-License-Identifier: Apache-2.0
 *
 * The booking margin of one contingency: once everything that it displaces is placed again, how
 * many more pods of the displaced workloads would find a node, by requests alone.
 */
#include "analysis/schedule/schedule.h"
#include "analysis/simulate/internal.h"

/* The largest requests run out first; further workloads are not counted through. Of those that are
 * in each other's way the largest is tried, with this many pods. */
enum { NOT_COUNTED = -1 };

bool pods_entangle(const struct pod_spec *spec)
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

/* By placing one after the other; NOT_COUNTED when it is not this kind that runs out first. */
static int64_t count_placed(struct sim_runner *r, uint32_t pod)
{
    struct schedule *s = r->schedule;
    uint32_t from = schedule_pod_count(s);
    int64_t placed = 0;
    while (placed < PODS_TRIED) {
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
    return placed == PODS_TRIED ? NOT_COUNTED : placed;
}

/* ---- what is free, divided by what one pod requests ---- */

int64_t slots_on(const struct sim_runner *r, uint32_t pod, uint32_t node)
{
    return schedule_slots(r->schedule, pod, node);
}

/* Nodes that only lack room, if anything, before the contingency. Needs the state at rest. */
const struct run_slots *slots_of(struct sim_runner *r, uint32_t pod)
{
    struct run_slots *x = &r->slots[schedule_pod_class(r->schedule, pod)];
    if (x->allowed)
        return x;
    x->allowed = arena_array(r->arena, uint8_t, r->world->node_count);
    schedule_admits(r->schedule, pod, x->allowed);
    for (uint32_t n = 0; n < r->world->node_count; n++)
        x->total += x->allowed[n] ? slots_on(r, pod, n) : 0;
    return x;
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

/* At the end of the run, before it is put back. */
void margin_begin(struct sim_runner *r, struct run_margin *ret)
{
    *ret = (struct run_margin){0};
    ret->class_count = largest_classes(r, ret->classes);
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
    bool tried = false;
    for (size_t i = 0; i < ret->class_count; i++) {
        uint32_t pod = ret->classes[i];
        ret->slots[i] = 0;
        if (pods_entangle(&r->world->pods[pod].pod->spec)) {
            ret->slots[i] = tried ? NOT_COUNTED : count_placed(r, pod);
            ret->counted[i] = tried = true;
            continue;
        }
        ret->slots_by_node[i] = arena_array(&r->scratch, int64_t, r->active.count);
        for (size_t k = 0; k < r->active.count; k++)
            if (!r->nodes[r->active.items[k]].closed)
                ret->slots_by_node[i][k] = slots_on(r, pod, r->active.items[k]);
    }
    ret->nodes = arena_array(&r->scratch, uint32_t, r->active.count);
    if (r->active.count)
        memcpy(ret->nodes, r->active.items, r->active.count * sizeof(*ret->nodes));
    ret->node_count = r->active.count;
}

/* And after: nodes that nothing happened to have the slots that they always had. */
void margin_end(struct sim_runner *r, struct run_margin *ret)
{
    if (ret->known)
        return;
    CLEANUP(arena_done) struct arena keep = {0};
    struct arena swap = r->scratch; /* holds ret->nodes while explain uses the scratch */
    arena_init(&keep);
    r->scratch = keep;
    for (size_t i = 0; i < ret->class_count; i++) {
        uint32_t pod = ret->classes[i];
        int64_t pods = ret->slots[i];
        if (!ret->counted[i]) {
            const struct run_slots *x = slots_of(r, pod);
            pods += x->total;
            for (size_t k = 0; k < ret->node_count; k++)
                if (x->allowed[ret->nodes[k]])
                    pods += ret->slots_by_node[i][k] - slots_on(r, pod, ret->nodes[k]);
        }
        int64_t bytes = pods * memory_request(r, pod);
        if (pods == NOT_COUNTED ||
            (ret->known && (pods > ret->pods || (pods == ret->pods && bytes >= ret->bytes))))
            continue;
        ret->known = true;
        ret->pods = pods;
        ret->bytes = bytes;
        ret->workload = r->world->pods[pod].workload;
    }
    keep = r->scratch;
    r->scratch = swap;
    arena_reset(&r->scratch);
}
