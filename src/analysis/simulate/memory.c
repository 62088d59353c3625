/* SPDX-License-Identifier: Apache-2.0
 *
 * Memory on one node: who uses how much when, which bound is hit first, and whom the kernel kills
 * (mm/oom_kill.c). A container is taken as one process with all of its memory.
 */
#include <assert.h>

#include "analysis/simulate/internal.h"
#include "base/sat.h"
#include "model/badness.h"
#include "model/oom_score.h"

enum { PAGE = 4096, MINUTE = 60 * SECOND };

int64_t scaled_usage(const struct sim_runner *r, uint32_t world_container)
{
    const struct sim_container *c = &r->world->containers[world_container];
    return usage_at(c->usage, c->limit, r->base_factor, c->elastic,
                    r->world->options.surge_permyriad);
}

int64_t pod_level(const struct sim_runner *r, uint32_t pod, int64_t at_ms)
{
    int64_t sum = 0;
    const struct run_pod *p = &r->pods.items[pod];
    for (uint32_t k = 0; k < pod_world(r, pod)->container_count; k++)
        sum += container_level(&r->containers.items[p->container + k], at_ms);
    return sum;
}

int64_t node_level(const struct sim_runner *r, uint32_t node, int64_t at_ms)
{
    int64_t sum = 0;
    for (uint32_t p = r->nodes[node].first_pod; p != NO_POD; p = r->pods.items[p].next)
        sum += pod_level(r, p, at_ms);
    return sum;
}

/* The kernel's view first: what the kubelet cannot see counts there. */
enum trouble level_trouble(const struct sim_node *n, int64_t pods)
{
    /* Page cache goes before anybody is killed. */
    if (n->thrash_below && n->capacity - n->system - n->unaccounted - pods < n->thrash_below)
        return TROUBLE_PRESSURE;
    if (n->kubepods && pods > n->kubepods)
        return TROUBLE_KUBEPODS;
    if (pods + n->system + n->unaccounted > n->capacity)
        return TROUBLE_NODE;
    if (n->evict_below && n->capacity - n->system - pods < n->evict_below)
        return TROUBLE_PRESSURE;
    /* allocatableMemory.available has the same threshold (eviction/helpers.go). */
    if (n->evict_below && n->kubepods && n->kubepods - pods < n->evict_below)
        return TROUBLE_PRESSURE;
    return TROUBLE_NONE;
}

/* Nobody evicts. */
static enum trouble kernel_trouble(const struct sim_node *n, int64_t pods)
{
    struct sim_node alone = *n;
    alone.evict_below = alone.thrash_below = 0;
    return level_trouble(&alone, pods);
}

/* ---- growth ---- */

/* The container of a leaking pod that grows: its largest. */
static bool leaks_here(const struct sim_runner *r, const struct sim_pod *p, uint32_t index)
{
    uint32_t largest = 0;
    for (uint32_t k = 1; k < p->container_count; k++)
        if (r->world->containers[p->container + k].usage >
            r->world->containers[p->container + largest].usage)
            largest = k;
    return index == largest;
}

/* Bytes a minute. */
static int64_t growth_of(const struct sim_runner *r, const struct sim_pod *p, uint32_t index)
{
    int64_t leak = r->leak[p->workload];
    if (r->in->factor == 0)
        return 0;
    if (leak && leaks_here(r, p, index))
        return leak;
    return r->world->containers[p->container + index].growth;
}

/* From the level now: to full usage in warm_ms, or by its leak until the run ends. */
void container_start(struct sim_runner *r, uint32_t pod, uint32_t index, bool at_once)
{
    const struct sim_pod *p = pod_world(r, pod);
    const struct sim_options *o = &r->world->options;
    struct run_container *c = &r->containers.items[r->pods.items[pod].container + index];
    const struct sim_container *wc = &r->world->containers[p->container + index];
    int64_t full =
        usage_at(wc->usage, wc->limit, r->base_factor, wc->elastic, r->workloads[p->workload].load);
    int64_t growth = growth_of(r, p, index);
    int64_t ceiling = wc->ceiling ? MIN(wc->ceiling, SIM_USAGE_MAX) : SIM_USAGE_MAX;
    int64_t level = container_level(c, r->now);
    c->from = at_once ? full : level;
    c->from_ms = r->now;
    c->to = full;
    /* Less is at once: nothing can go wrong on the way down. */
    c->to_ms = c->from >= full ? r->now : r->now + o->warm_ms;
    if (c->to_ms == r->now)
        c->from = full;
    if (!at_once && growth && c->to_ms == r->now && level > full)
        c->from = c->to = level; /* it has grown already and goes on */
    if (growth && c->to_ms == r->now && o->until_ms > r->now && c->from < ceiling) {
        /* Whole minutes, so that the rate is exact. */
        int64_t minutes = (o->until_ms - r->now) / MINUTE + 1;
        c->to_ms = r->now + minutes * MINUTE;
        c->to = c->from + growth * minutes;
        if (c->to > ceiling) {
            c->to = ceiling;
            c->to_ms = r->now + MAX((ceiling - c->from) * MINUTE / growth, 1);
        }
    }
}

/* ---- bounds ---- */

struct found {
    enum trouble trouble;
    uint32_t pod, index;
};

static struct found node_trouble(const struct sim_runner *r, uint32_t node, int64_t at_ms)
{
    const struct run_node *n = &r->nodes[node];
    int64_t sum = 0;
    for (uint32_t p = n->first_pod; p != NO_POD; p = r->pods.items[p].next) {
        const struct sim_pod *wp = pod_world(r, p);
        int64_t pod = 0;
        for (uint32_t k = 0; k < wp->container_count; k++) {
            int64_t limit = r->world->containers[wp->container + k].limit;
            int64_t level =
                container_level(&r->containers.items[r->pods.items[p].container + k], at_ms);
            if (limit && level > limit)
                return (struct found){TROUBLE_CONTAINER, p, k};
            pod += level;
        }
        if (wp->limit && pod > wp->limit)
            return (struct found){TROUBLE_POD, p, 0};
        sum += pod;
    }
    enum trouble t = n->stopped ? kernel_trouble(&r->world->nodes[node], sum)
                                : level_trouble(&r->world->nodes[node], sum);
    if (t == TROUBLE_PRESSURE && (n->polling || n->gave_up))
        t = TROUBLE_NONE;
    return (struct found){t, NO_POD, 0};
}

/* When to look again: at the first bound that is hit, else where a line bends. */
static void plan_check(struct sim_runner *r, uint32_t node)
{
    int64_t bend = INT64_MAX;
    r->nodes[node].serial++;
    for (uint32_t p = r->nodes[node].first_pod; p != NO_POD; p = r->pods.items[p].next) {
        uint32_t first = r->pods.items[p].container;
        for (uint32_t k = 0; k < pod_world(r, p)->container_count; k++) {
            int64_t to = r->containers.items[first + k].to_ms;
            if (to > r->now)
                bend = MIN(bend, to);
        }
    }
    if (bend == INT64_MAX)
        return;
    /* Usage only rises until then, so the first moment of trouble can be bisected. */
    int64_t fine = r->now, bad = bend;
    if (node_trouble(r, node, bend).trouble != TROUBLE_NONE) {
        while (bad - fine > 1) {
            int64_t middle = fine + (bad - fine) / 2;
            if (node_trouble(r, node, middle).trouble != TROUBLE_NONE)
                bad = middle;
            else
                fine = middle;
        }
    }
    plan(r, bad, TODO_NODE, node, r->nodes[node].serial);
}

/* ---- the kernel kills ---- */

/* The whole container dies (memory.oom.group) and comes back after its crash-loop delay
 * (kuberuntime_manager.go doBackOff). */
static void container_kill(struct sim_runner *r, uint32_t pod, uint32_t index,
                           enum sim_event_type why, int64_t bound)
{
    struct run_pod *p = &r->pods.items[pod];
    struct run_container *c = &r->containers.items[p->container + index];
    int64_t level = container_level(c, r->now);
    if (c->restarts && crash_loop_is_over(r->now, c->updated_ms, CRASH_LOOP_MAX_MS))
        c->restarts = 0;
    note_trouble(r,
                 (struct sim_event){.type = why,
                                    .node = p->node,
                                    .pod = (int32_t)p->origin,
                                    .container = (int32_t)(pod_world(r, pod)->container + index),
                                    .generation = p->generation,
                                    .bytes = level,
                                    .of_bytes = bound,
                                    .count = c->restarts},
                 (uint32_t)p->node);
    *c = (struct run_container){.from_ms = r->now,
                                .to_ms = r->now,
                                .updated_ms = c->updated_ms,
                                .restarts = c->restarts,
                                .down = true};
    p->down++;
    pod_set_ready(r, pod, false);
    r->out->killed++;
    c->restart_ms =
        r->now + crash_loop_delay_ms(c->restarts, CRASH_LOOP_INITIAL_MS, CRASH_LOOP_MAX_MS);
    bool retired = pod_failed(r, pod, why, (int32_t)(pod_world(r, pod)->container + index));
    if (pod_world(r, pod)->ends && index < pod_world(r, pod)->apps) {
        c->restart_ms = NEVER_MS;
        if (pod_has_failed(r, pod) && !r->nodes[p->node].stopped)
            pod_fail(r, pod);
    } else if (!retired) {
        plan(r, c->restart_ms, TODO_RESTART, pod, index);
    }
}

void container_restart(struct sim_runner *r, uint32_t pod, uint32_t index)
{
    struct run_pod *p = &r->pods.items[pod];
    struct run_container *c = &r->containers.items[p->container + index];
    if (p->state != POD_RUNNING || p->deleting || !c->down || r->now != c->restart_ms ||
        r->nodes[p->node].lost || r->nodes[p->node].stopped)
        return;
    c->down = false;
    c->restarts++;
    c->updated_ms = r->now;
    p->down--;
    note(r, (struct sim_event){.type = SIM_RESTARTED,
                               .node = p->node,
                               .pod = (int32_t)p->origin,
                               .container = (int32_t)(pod_world(r, pod)->container + index),
                               .generation = p->generation,
                               .count = c->restarts});
    container_start(r, pod, index, false);
    if (p->down == 0)
        pod_set_ready(r, pod, true);
    node_check(r, (uint32_t)p->node);
}

/* Highest oom_badness among the containers of one pod, or of all of the node's (NO_POD). */
static bool choose_victim(const struct sim_runner *r, uint32_t node, uint32_t only,
                          int64_t total_bytes, struct found *ret)
{
    const struct sim_node *wn = &r->world->nodes[node];
    enum oom_kernel kernel = oom_kernel_of(wn->node->kernel_version);
    int64_t best = INT64_MIN;
    bool found = false;
    for (uint32_t p = r->nodes[node].first_pod; p != NO_POD; p = r->pods.items[p].next) {
        const struct sim_pod *wp = pod_world(r, p);
        for (uint32_t k = 0; k < wp->container_count; k++) {
            const struct sim_container *wc = &r->world->containers[wp->container + k];
            int64_t level =
                container_level(&r->containers.items[r->pods.items[p].container + k], r->now);
            if (level == 0 || (only != NO_POD && p != only))
                continue;
            struct oom_task task = {
                .rss_pages = level / PAGE,
                .adj = container_oom_adj(wp->granted, wp->pod, wc->granted, wn->capacity).min,
            };
            struct oom_points points = oom_badness(kernel, &task, total_bytes / PAGE, PAGE);
            if (points.never || (found && points.points <= best))
                continue;
            best = points.points;
            found = true;
            *ret = (struct found){TROUBLE_NONE, p, k};
        }
    }
    return found;
}

/* False when there is nobody to kill, or the node is lost with it. */
static bool oom(struct sim_runner *r, uint32_t node, const struct found *f)
{
    const struct sim_node *wn = &r->world->nodes[node];
    enum sim_event_type why = SIM_GLOBAL_OOM;
    int64_t bound = wn->capacity;
    struct found victim = *f;
    if (f->trouble == TROUBLE_POD) {
        why = SIM_POD_OOM;
        bound = pod_world(r, f->pod)->limit;
    } else if (f->trouble == TROUBLE_KUBEPODS) {
        why = SIM_KUBEPODS_OOM;
        bound = wn->kubepods;
    }
    if (why == SIM_GLOBAL_OOM && r->world->options.node_oom == NODE_OOM_LOST) {
        note_trouble(r,
                     (struct sim_event){.type = SIM_OOM_LOST,
                                        .node = (int32_t)node,
                                        .pod = NO_INDEX32,
                                        .container = NO_INDEX32,
                                        .bytes = node_level(r, node, r->now) + wn->system,
                                        .of_bytes = wn->capacity - wn->unaccounted},
                     node);
        node_lose(r, node, true);
        return false;
    }
    uint32_t only = why == SIM_POD_OOM ? f->pod : NO_POD;
    if (!choose_victim(r, node, only, bound, &victim))
        return false;
    container_kill(r, victim.pod, victim.index, why, bound);
    return true;
}

/* Growth begins where the way up ended. */
static void grow_on(struct sim_runner *r, uint32_t node)
{
    for (uint32_t p = r->nodes[node].first_pod; p != NO_POD; p = r->pods.items[p].next) {
        const struct sim_pod *wp = pod_world(r, p);
        for (uint32_t k = 0; k < wp->container_count; k++) {
            const struct run_container *c = &r->containers.items[r->pods.items[p].container + k];
            if (!c->down && c->to_ms <= r->now && c->to > 0 && growth_of(r, wp, k) &&
                r->pods.items[p].state == POD_RUNNING)
                container_start(r, p, k, false);
        }
    }
}

void node_check(struct sim_runner *r, uint32_t node)
{
    struct run_node *n = &r->nodes[node];
    assert(n->active);
    if (r->weightless)
        return;
    for (;;) {
        if (n->lost)
            return;
        struct found f = node_trouble(r, node, r->now);
        if (f.trouble == TROUBLE_NONE)
            break;
        if (f.trouble == TROUBLE_CONTAINER) {
            const struct sim_pod *p = pod_world(r, f.pod);
            container_kill(r, f.pod, f.index, SIM_MEMCG_OOM,
                           r->world->containers[p->container + f.index].limit);
        } else if (f.trouble == TROUBLE_PRESSURE) {
            kubelet_poll_later(r, node);
        } else if (!oom(r, node, &f)) {
            return;
        }
    }
    if (r->leaking.count || r->world->grows)
        grow_on(r, node);
    plan_check(r, node);
}
