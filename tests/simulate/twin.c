/* SPDX-License-Identifier: Apache-2.0
 *
 * The plain twin; see twin.h. The order of things that happen in the same millisecond is that in
 * which they were decided on.
 */
#include "twin.h"

#include <assert.h>

#include "analysis/node_lifecycle.h"
#include "analysis/schedule/schedule.h"
#include "model/badness.h"
#include "model/eviction.h"
#include "model/oom_score.h"

enum {
    GRACE_MS = 1000,
    SECOND_MS = 1000,
    CONTAINERS = 8,
    STORM_AT = 3,
    RETIRED_AT = 8,
    PAGE = 4096
};
enum state { RUNS, STARTS, WAITS, GONE };
enum what { LOSE, NOT_READY, TAINT, DELETE, PLACE, START, RESTART, LOOK, POLL, FREED, CALM };
enum { UNREACHABLE = 1, PRESSURE = 2 };

struct level {
    int64_t from_ms, to_ms, from, to, updated_ms;
    uint32_t restarts;
    bool down;
};
struct twin_pod {
    uint32_t origin, generation, depth;
    int node; /* -1 = none */
    enum state state;
    bool ready, deleting, told;
    struct level c[CONTAINERS];
    uint32_t failures; /* of the first of its line, as failed_ms */
    int64_t failed_ms;
};
struct twin_node {
    LIST_OF(uint32_t) pods; /* the newest first */
    LIST_OF(uint32_t)
    order; /* as the scheduler's NodeInfo has them: the last takes the place of one
                                that goes. Equal victims of a preemption follow it. */
    bool lost, not_ready, waits_for_taint, tainted, polling, pressure, gave_up, lost_by_memory;
    int closed;
    uint32_t depth, looks;
    int64_t lost_ms, tainted_ms, seen_ms;
};
struct twin_zone {
    bool queued;
    int64_t next_ms;
};
struct todo_item {
    int64_t at_ms;
    enum what what;
    uint32_t subject, detail;
};
struct twin {
    const struct sim_world *w;
    struct arena *a;
    struct sim_outcome *o;
    int64_t factor, now, second;
    uint32_t made_this_second;
    LIST_OF(struct twin_pod) pods;
    struct twin_node *nodes;
    struct twin_zone *zones;
    LIST_OF(struct todo_item) todo; /* in the order of decision */
    LIST_OF(uint32_t) waiting;
    LIST_OF(uint32_t) storms;
    LIST_OF(uint32_t) preempted; /* in this round of the scheduler */
    bool place_queued;
    int64_t *healthy;
    bool *dipped;
};

static const struct sim_pod *origin(const struct twin *t, uint32_t pod)
{
    return &t->w->pods[t->pods.items[pod].origin];
}

static void later(struct twin *t, int64_t at_ms, enum what what, uint32_t subject, uint32_t detail)
{
    *PUSH(t->a, &t->todo) = (struct todo_item){at_ms, what, subject, detail};
}

static void happened(struct twin *t)
{
    t->o->events++;
    t->o->settled_ms = t->now;
}

static void trouble_happened(struct twin *t, uint32_t node, enum sim_event_type type)
{
    uint32_t depth = t->nodes[node].depth + 1;
    if (t->o->first.type == SIM_EVENT_TYPES)
        t->o->first = (struct sim_event){.type = type, .at_ms = t->now, .node = (int32_t)node};
    t->o->depth = MAX(t->o->depth, depth);
    happened(t);
}

/* ---- memory ---- */

static int64_t level_at(const struct level *c, int64_t ms)
{
    if (ms >= c->to_ms)
        return c->to;
    if (ms <= c->from_ms)
        return c->from;
    int64_t rise = c->to - c->from, takes = c->to_ms - c->from_ms, passed = ms - c->from_ms;
    return c->from + rise / takes * passed + rise % takes * passed / takes;
}

static int64_t pod_at(const struct twin *t, uint32_t pod, int64_t ms)
{
    int64_t sum = 0;
    for (uint32_t k = 0; k < origin(t, pod)->container_count; k++)
        sum += level_at(&t->pods.items[pod].c[k], ms);
    return sum;
}

static int64_t node_at(const struct twin *t, uint32_t node, int64_t ms)
{
    int64_t sum = 0;
    for (size_t i = 0; i < t->nodes[node].pods.count; i++)
        sum += pod_at(t, t->nodes[node].pods.items[i], ms);
    return sum;
}

static int64_t full_usage(const struct twin *t, uint32_t pod, uint32_t k)
{
    const struct sim_container *c = &t->w->containers[origin(t, pod)->container + k];
    int64_t bytes = MIN(c->usage * t->factor / FACTOR_ONE, SIM_USAGE_MAX);
    return c->limit ? MIN(bytes, c->limit) : bytes;
}

/* From what it has now to its full usage, in a straight line. */
static void rise(struct twin *t, uint32_t pod, uint32_t k)
{
    struct level *c = &t->pods.items[pod].c[k];
    int64_t full = full_usage(t, pod, k), has = MIN(level_at(c, t->now), full);
    c->from_ms = t->now;
    c->from = has;
    c->to = full;
    c->to_ms = has == full ? t->now : t->now + t->w->options.warm_ms;
}

enum trouble { FINE, CONTAINER_OVER, POD_OVER, KUBEPODS_OVER, NODE_OVER, SHORT };
struct found {
    enum trouble trouble;
    uint32_t pod, k;
};

static enum trouble of_node(const struct sim_node *n, int64_t pods)
{
    int64_t seen = n->capacity - n->system - pods, left = seen - n->unaccounted;
    if (n->thrash_below && left < n->thrash_below)
        return SHORT;
    if (n->kubepods && pods > n->kubepods)
        return KUBEPODS_OVER;
    if (left < 0)
        return NODE_OVER;
    if (n->evict_below && seen < n->evict_below)
        return SHORT;
    if (n->evict_below && n->kubepods && n->kubepods - pods < n->evict_below)
        return SHORT;
    return FINE;
}

static struct found find_trouble(const struct twin *t, uint32_t node, int64_t ms)
{
    const struct twin_node *n = &t->nodes[node];
    for (size_t i = 0; i < n->pods.count; i++) {
        uint32_t pod = n->pods.items[i];
        for (uint32_t k = 0; k < origin(t, pod)->container_count; k++) {
            int64_t limit = t->w->containers[origin(t, pod)->container + k].limit;
            if (limit && level_at(&t->pods.items[pod].c[k], ms) > limit)
                return (struct found){CONTAINER_OVER, pod, k};
        }
        if (origin(t, pod)->limit && pod_at(t, pod, ms) > origin(t, pod)->limit)
            return (struct found){POD_OVER, pod, 0};
    }
    struct found f = {of_node(&t->w->nodes[node], node_at(t, node, ms)), 0, 0};
    if (f.trouble == SHORT && (n->polling || n->gave_up))
        f.trouble = FINE;
    return f;
}

/* When to look again: a second with trouble is gone through by the millisecond. */
static void plan_look(struct twin *t, uint32_t node)
{
    struct twin_node *n = &t->nodes[node];
    int64_t end = INT64_MAX, at;
    n->looks++;
    for (size_t i = 0; i < n->pods.count; i++)
        for (uint32_t k = 0; k < origin(t, n->pods.items[i])->container_count; k++) {
            int64_t to = t->pods.items[n->pods.items[i]].c[k].to_ms;
            if (to > t->now)
                end = MIN(end, to);
        }
    if (end == INT64_MAX)
        return;
    for (at = t->now; at < end; at += SECOND_MS)
        if (find_trouble(t, node, MIN(at + SECOND_MS, end)).trouble != FINE)
            break;
    for (at++; at < end && find_trouble(t, node, at).trouble == FINE;)
        at++;
    later(t, MIN(at, end), LOOK, node, n->looks);
}

/* ---- pods and workloads ---- */

static void set_ready(struct twin *t, uint32_t pod, bool ready)
{
    uint32_t x = origin(t, pod)->workload;
    if (t->pods.items[pod].ready == ready)
        return;
    t->pods.items[pod].ready = ready;
    t->healthy[x] += ready ? 1 : -1;
    if (t->healthy[x] < t->w->workloads[x].need &&
        t->w->workloads[x].healthy >= t->w->workloads[x].need)
        t->dipped[x] = true;
}

static void want_place(struct twin *t)
{
    if (t->place_queued || t->waiting.count == 0)
        return;
    t->place_queued = true;
    later(t, t->now, PLACE, 0, 0);
}

static void close_node(struct twin *t, uint32_t node, int why, bool closed)
{
    int was = t->nodes[node].closed;
    t->nodes[node].closed = closed ? was | why : was & ~why;
    if (was && !t->nodes[node].closed)
        want_place(t);
}

static void arrive(struct twin *t, uint32_t pod, uint32_t node)
{
    struct twin_node *n = &t->nodes[node];
    (void)PUSH(t->a, &n->pods);
    for (size_t i = n->pods.count - 1; i > 0; i--)
        n->pods.items[i] = n->pods.items[i - 1];
    n->pods.items[0] = pod;
    *PUSH(t->a, &n->order) = pod;
    t->pods.items[pod].node = (int)node;
    t->pods.items[pod].state = STARTS;
    n->depth = MAX(n->depth, t->pods.items[pod].depth);
    if (!n->lost)
        later(t, t->now + t->w->options.start_ms, START, pod, 0);
}

static void leave(struct twin *t, uint32_t pod)
{
    struct twin_node *n = &t->nodes[t->pods.items[pod].node];
    size_t kept = 0;
    set_ready(t, pod, false);
    for (size_t i = 0; i < n->pods.count; i++)
        if (n->pods.items[i] != pod)
            n->pods.items[kept++] = n->pods.items[i];
    n->pods.count = kept;
    for (size_t i = 0; i < n->order.count; i++)
        if (n->order.items[i] == pod) {
            n->order.items[i] = n->order.items[--n->order.count];
            break;
        }
    t->pods.items[pod].state = GONE;
}

static void replace(struct twin *t, uint32_t pod, uint32_t depth)
{
    struct twin_pod old = t->pods.items[pod];
    enum sim_controller by = origin(t, pod)->controller;
    uint32_t made = (uint32_t)t->pods.count;
    if (by == CONTROLLER_NONE || t->pods.items[old.origin].failures >= RETIRED_AT)
        return;
    *PUSH(t->a, &t->pods) = (struct twin_pod){.origin = old.origin,
                                              .generation = old.generation + 1,
                                              .depth = depth,
                                              .node = -1,
                                              .state = WAITS};
    if (t->second != t->now / SECOND_MS)
        t->made_this_second = 0;
    t->second = t->now / SECOND_MS;
    t->made_this_second++;
    t->o->peak_creations = MAX(t->o->peak_creations, t->made_this_second);
    happened(t);
    if (by == CONTROLLER_DAEMON)
        arrive(t, made, (uint32_t)old.node);
    else
        *PUSH(t->a, &t->waiting) = made;
}

/* True when its line is not followed further. */
static bool failed(struct twin *t, uint32_t pod)
{
    struct twin_pod *first = &t->pods.items[t->pods.items[pod].origin];
    if (first->failures && t->now - first->failed_ms > 3 * CRASH_LOOP_MAX_MS)
        first->failures = 0;
    first->failures++;
    first->failed_ms = t->now;
    if (first->failures == STORM_AT) {
        t->o->storm = true;
        *PUSH(t->a, &t->storms) = origin(t, pod)->workload;
    }
    if (first->failures == RETIRED_AT)
        happened(t);
    return first->failures >= RETIRED_AT;
}

/* ---- nodes ---- */

static void lose(struct twin *t, uint32_t node, bool by_memory)
{
    struct twin_node *n = &t->nodes[node];
    if (n->lost)
        return;
    n->lost = true;
    n->lost_ms = t->now;
    for (size_t i = 0; i < n->pods.count; i++)
        set_ready(t, n->pods.items[i], false);
    if (by_memory) {
        n->lost_by_memory = true;
        n->depth++;
        t->o->nodes_lost++;
    } else {
        happened(t);
    }
    later(t, t->now + NODE_MONITOR_GRACE_MS, NOT_READY, node, 0);
}

static void not_ready(struct twin *t, uint32_t node)
{
    uint32_t zone = t->w->nodes[node].zone;
    t->nodes[node].not_ready = t->nodes[node].waits_for_taint = true;
    happened(t);
    close_node(t, node, UNREACHABLE, true);
    if (!t->zones[zone].queued)
        later(t, MAX(t->now, t->zones[zone].next_ms), TAINT, zone, 0);
    t->zones[zone].queued = true;
}

static int64_t interval_ms(const struct twin *t, uint32_t zone)
{
    uint32_t down = 0, all = 0, up_anywhere = 0;
    for (uint32_t i = 0; i < t->w->node_count; i++) {
        up_anywhere += !t->nodes[i].not_ready;
        all += t->w->nodes[i].zone == zone;
        down += t->w->nodes[i].zone == zone && t->nodes[i].not_ready;
    }
    if (!up_anywhere)
        return 0;
    return zone_taint_interval_ms(zone_state_of(all, down, UNHEALTHY_ZONE_THRESHOLD), all,
                                  LARGE_CLUSTER_NODES);
}

static void plan_deletes(struct twin *t, uint32_t node)
{
    const struct twin_node *n = &t->nodes[node];
    for (size_t i = 0; i < n->pods.count; i++) {
        int64_t after = origin(t, n->pods.items[i])->tolerates_ms;
        bool known = after < 0;
        for (size_t k = 0; k < i; k++)
            known = known || origin(t, n->pods.items[k])->tolerates_ms == after;
        if (!known)
            later(t, t->now + after, DELETE, node, (uint32_t)(after / SECOND_MS));
    }
}

static void taint(struct twin *t, uint32_t zone)
{
    int64_t interval = interval_ms(t, zone);
    bool one = false;
    t->zones[zone].queued = false;
    for (uint32_t i = 0; interval && i < t->w->node_count; i++) {
        struct twin_node *n = &t->nodes[i];
        if (t->w->nodes[i].zone != zone || !n->waits_for_taint)
            continue;
        if (one) {
            t->zones[zone].queued = true;
            later(t, t->zones[zone].next_ms, TAINT, zone, 0);
            return;
        }
        one = true;
        n->waits_for_taint = false;
        n->tainted = true;
        n->tainted_ms = t->now;
        happened(t);
        plan_deletes(t, i);
        t->zones[zone].next_ms = t->now + interval;
    }
}

static void delete_pods(struct twin *t, uint32_t node, uint32_t tolerated_s)
{
    struct twin_node *n = &t->nodes[node];
    LIST_OF(uint32_t) all = {0}, gone = {0};
    for (size_t i = 0; i < n->pods.count; i++)
        *PUSH(t->a, &all) = n->pods.items[i];
    for (size_t i = 0; i < all.count; i++) {
        uint32_t pod = all.items[i];
        int64_t tolerates = origin(t, pod)->tolerates_ms;
        if (tolerates < 0 || tolerates / SECOND_MS != tolerated_s || t->pods.items[pod].deleting)
            continue;
        t->o->displaced++;
        happened(t);
        if (origin(t, pod)->controller == CONTROLLER_STATEFUL) {
            t->pods.items[pod].deleting = true;
            continue;
        }
        leave(t, pod);
        *PUSH(t->a, &gone) = pod;
    }
    for (size_t i = 0; i < gone.count; i++)
        replace(t, gone.items[i], n->depth);
    want_place(t);
}

/* ---- the kernel ---- */

static void kill_container(struct twin *t, uint32_t pod, uint32_t k, enum sim_event_type why)
{
    struct twin_pod *p = &t->pods.items[pod];
    struct level *c = &p->c[k];
    if (c->restarts && crash_loop_is_over(t->now, c->updated_ms, CRASH_LOOP_MAX_MS))
        c->restarts = 0;
    trouble_happened(t, (uint32_t)p->node, why);
    *c = (struct level){.from_ms = t->now,
                        .to_ms = t->now,
                        .updated_ms = c->updated_ms,
                        .restarts = c->restarts,
                        .down = true};
    set_ready(t, pod, false);
    t->o->killed++;
    if (!failed(t, pod))
        later(t,
              t->now + crash_loop_delay_ms(c->restarts, CRASH_LOOP_INITIAL_MS, CRASH_LOOP_MAX_MS),
              RESTART, pod, k);
}

/* The highest badness; of equals the first. only: UINT32_MAX = any pod. */
static bool kernel_victim(const struct twin *t, uint32_t node, uint32_t only, int64_t bound,
                          struct found *ret)
{
    const struct twin_node *n = &t->nodes[node];
    const struct sim_node *wn = &t->w->nodes[node];
    int64_t worst = 0;
    bool any = false;
    for (size_t i = 0; i < n->pods.count; i++)
        for (uint32_t k = 0; k < origin(t, n->pods.items[i])->container_count; k++) {
            uint32_t pod = n->pods.items[i];
            const struct pod *p = origin(t, pod)->pod;
            const struct container *c = t->w->containers[origin(t, pod)->container + k].container;
            int64_t level = level_at(&t->pods.items[pod].c[k], t->now);
            struct oom_task task = {.rss_pages = level / PAGE,
                                    .adj = container_oom_adj(&p->spec, p, c, wn->capacity).min};
            struct oom_points b =
                oom_badness(oom_kernel_of(wn->node->kernel_version), &task, bound / PAGE, PAGE);
            if (level == 0 || b.never || (only != UINT32_MAX && only != pod) ||
                (any && b.points <= worst))
                continue;
            worst = b.points;
            any = true;
            *ret = (struct found){FINE, pod, k};
        }
    return any;
}

static bool kernel_kills(struct twin *t, uint32_t node, const struct found *f)
{
    const struct sim_node *wn = &t->w->nodes[node];
    struct found victim = *f;
    bool found;
    if (f->trouble == NODE_OVER && t->w->options.node_oom == NODE_OOM_LOST) {
        trouble_happened(t, node, SIM_OOM_LOST);
        lose(t, node, true);
        return false;
    }
    if (f->trouble == POD_OVER)
        found = kernel_victim(t, node, f->pod, origin(t, f->pod)->limit, &victim);
    else
        found = kernel_victim(t, node, UINT32_MAX,
                              f->trouble == KUBEPODS_OVER ? wn->kubepods : wn->capacity, &victim);
    if (found)
        kill_container(t, victim.pod, victim.k,
                       f->trouble == POD_OVER        ? SIM_POD_OOM
                       : f->trouble == KUBEPODS_OVER ? SIM_KUBEPODS_OOM
                                                     : SIM_GLOBAL_OOM);
    return found;
}

/* ---- the kubelet ---- */

static void goes_short(struct twin *t, uint32_t node)
{
    if (t->w->options.node_pressure == NODE_PRESSURE_THRASH) {
        trouble_happened(t, node, SIM_THRASHED);
        lose(t, node, true);
        return;
    }
    t->nodes[node].polling = true;
    later(t, (t->now + EVICTION_POLL_MS - 1) / EVICTION_POLL_MS * EVICTION_POLL_MS, POLL, node, 0);
}

static void look(struct twin *t, uint32_t node)
{
    while (!t->nodes[node].lost) {
        struct found f = find_trouble(t, node, t->now);
        if (f.trouble == FINE) {
            plan_look(t, node);
            return;
        }
        if (f.trouble == CONTAINER_OVER)
            kill_container(t, f.pod, f.k, SIM_MEMCG_OOM);
        else if (f.trouble == SHORT)
            goes_short(t, node);
        else if (!kernel_kills(t, node, &f))
            return;
    }
}

/* UINT32_MAX: none may be evicted. */
static uint32_t kubelet_victim(struct twin *t, uint32_t node)
{
    const struct twin_node *n = &t->nodes[node];
    struct eviction_candidate *list = arena_array(t->a, struct eviction_candidate, n->pods.count);
    size_t count = 0;
    for (size_t i = 0; i < n->pods.count; i++) {
        uint32_t pod = n->pods.items[i];
        if (t->pods.items[pod].deleting)
            continue;
        list[count++] = (struct eviction_candidate){
            .pod = origin(t, pod)->pod,
            .priority = origin(t, pod)->priority,
            .request = quantity_of_bytes(origin(t, pod)->request),
            .usage = quantity_of_bytes(pod_at(t, pod, t->now)),
            .usage_set = true,
            .critical = origin(t, pod)->critical,
            .ctx = &n->pods.items[i],
        };
    }
    eviction_rank_memory(list, count);
    for (size_t i = 0; i < count; i++)
        if (!list[i].critical)
            return *(uint32_t *)list[i].ctx;
    return UINT32_MAX;
}

static void poll(struct twin *t, uint32_t node)
{
    struct twin_node *n = &t->nodes[node];
    n->polling = false;
    if (n->lost)
        return;
    if (of_node(&t->w->nodes[node], node_at(t, node, t->now)) == SHORT) {
        n->seen_ms = t->now;
        if (!n->pressure) {
            n->pressure = true;
            trouble_happened(t, node, SIM_PRESSURE);
            close_node(t, node, PRESSURE, true);
            later(t, t->now + PRESSURE_TRANSITION_MS, CALM, node, 0);
        }
        uint32_t victim = kubelet_victim(t, node);
        if (victim == UINT32_MAX) {
            n->gave_up = true;
            happened(t);
        } else {
            trouble_happened(t, node, SIM_EVICTED);
            t->o->evicted++;
            t->pods.items[victim].deleting = true;
            set_ready(t, victim, false);
            (void)failed(t, victim);
            later(t, t->now + GRACE_MS, FREED, victim, 0);
            n->polling = true;
            later(t, t->now + GRACE_MS + SECOND_MS, POLL, node, 0);
        }
    }
    look(t, node);
}

static void calm(struct twin *t, uint32_t node)
{
    struct twin_node *n = &t->nodes[node];
    if (n->lost || !n->pressure)
        return;
    if (!n->gave_up && of_node(&t->w->nodes[node], node_at(t, node, t->now)) == SHORT)
        n->seen_ms = t->now;
    if (t->now - n->seen_ms < PRESSURE_TRANSITION_MS) {
        later(t, n->seen_ms + PRESSURE_TRANSITION_MS, CALM, node, 0);
        return;
    }
    n->pressure = false;
    t->o->events++; /* not a reason to call it unsettled */
    close_node(t, node, PRESSURE, false);
}

static void freed(struct twin *t, uint32_t pod)
{
    uint32_t node = (uint32_t)t->pods.items[pod].node;
    if (t->pods.items[pod].state == GONE)
        return;
    leave(t, pod);
    replace(t, pod, t->nodes[node].depth + 1);
    want_place(t);
    if (!t->nodes[node].lost)
        look(t, node);
}

static void start(struct twin *t, uint32_t pod)
{
    struct twin_pod *p = &t->pods.items[pod];
    if (p->state != STARTS || p->deleting || t->nodes[p->node].lost)
        return;
    p->state = RUNS;
    for (uint32_t k = 0; k < origin(t, pod)->container_count; k++) {
        p->c[k] = (struct level){.from_ms = t->now, .to_ms = t->now};
        rise(t, pod, k);
    }
    happened(t);
    set_ready(t, pod, true);
    look(t, (uint32_t)p->node);
}

static void restart(struct twin *t, uint32_t pod, uint32_t k)
{
    struct twin_pod *p = &t->pods.items[pod];
    bool down = false;
    if (p->state != RUNS || p->deleting || !p->c[k].down || t->nodes[p->node].lost)
        return;
    p->c[k].down = false;
    p->c[k].restarts++;
    p->c[k].updated_ms = t->now;
    happened(t);
    rise(t, pod, k);
    for (uint32_t i = 0; i < origin(t, pod)->container_count; i++)
        down = down || p->c[i].down;
    if (!down)
        set_ready(t, pod, true);
    look(t, (uint32_t)p->node);
}

/* ---- the scheduler ---- */

/* A schedule of who is where now. The twin's pods are there in their order, from *ret_first on. */
static struct schedule *schedule_now(const struct twin *t, struct arena *a, uint32_t *ret_first)
{
    struct schedule *s = schedule_new(a, t->w->cluster);
    for (uint32_t i = 0; i < t->w->pod_count; i++)
        if (schedule_pod_node(s, i) != NO_NODE)
            schedule_unbind(s, i);
    *ret_first = schedule_pod_count(s);
    for (uint32_t i = 0; i < t->pods.count; i++)
        (void)schedule_clone_pod(s, t->pods.items[i].origin);
    for (uint32_t n = 0; n < t->w->node_count; n++)
        for (size_t i = 0; i < t->nodes[n].order.count; i++)
            schedule_bind(s, *ret_first + t->nodes[n].order.items[i], n);
    for (uint32_t i = 0; i < t->w->node_count; i++)
        schedule_node_close(s, i, t->nodes[i].closed != 0 || !t->w->nodes[i].usable);
    return s;
}

/* Highest priority first, then in order of arrival: numbers only go up. */
static bool comes_before(const struct twin *t, uint32_t a, uint32_t b)
{
    int64_t x = origin(t, a)->priority, y = origin(t, b)->priority;
    return x != y ? x > y : a < b;
}

/* Removes whom the pod preempts, and gives the node, or -1. */
static int preempt(struct twin *t, struct schedule *s, const struct verdict *v, uint32_t first,
                   struct arena *a)
{
    struct preemption p;
    schedule_preempt(s, v, a, &p);
    if (p.best_count == 0)
        return -1;
    const struct preempt_candidate *c = &p.candidates[p.best[0]];
    for (uint32_t i = 0; i < c->victim_count; i++) {
        t->o->preempted++;
        happened(t);
        schedule_unbind(s, c->victims[i]);
        leave(t, c->victims[i] - first);
        *PUSH(t->a, &t->preempted) = c->victims[i] - first;
    }
    return (int)c->node;
}

static void place(struct twin *t)
{
    CLEANUP(arena_done) struct arena a;
    size_t kept = 0;
    arena_init(&a);
    t->place_queued = false;
    for (size_t i = 1; i < t->waiting.count; i++)
        for (size_t k = i; k > 0 && comes_before(t, t->waiting.items[k], t->waiting.items[k - 1]);
             k--) {
            uint32_t x = t->waiting.items[k];
            t->waiting.items[k] = t->waiting.items[k - 1];
            t->waiting.items[k - 1] = x;
        }
    uint32_t first;
    struct schedule *s = schedule_now(t, &a, &first);
    bool *full = arena_array(&a, bool, schedule_class_count(s));
    t->preempted.count = 0;
    for (size_t i = 0; i < t->waiting.count; i++) {
        struct verdict v;
        uint32_t pod = t->waiting.items[i];
        uint32_t class_ = schedule_pod_class(s, first + pod);
        int node = -1;
        if (!full[class_]) {
            schedule_explain(s, first + pod, &a, &v);
            node = v.best_count ? (int)v.best[0] : preempt(t, s, &v, first, &a);
        }
        if (node >= 0) {
            schedule_bind(s, first + pod, (uint32_t)node);
            t->nodes[node].gave_up = false;
            happened(t);
            arrive(t, pod, (uint32_t)node);
            continue;
        }
        full[class_] = true;
        if (!t->pods.items[pod].told)
            happened(t);
        t->pods.items[pod].told = true;
        t->waiting.items[kept++] = pod;
    }
    t->waiting.count = kept;
    schedule_done(s);
    for (size_t i = 0; i < t->preempted.count; i++)
        replace(t, t->preempted.items[i], 0);
    if (t->preempted.count)
        want_place(t);
}

/* ---- a run ---- */

static void begin(struct twin *t, const struct contingency *c)
{
    const struct sim_world *w = t->w;
    t->nodes = arena_array(t->a, struct twin_node, w->node_count);
    t->zones = arena_array(t->a, struct twin_zone, w->zone_count);
    t->healthy = arena_array(t->a, int64_t, w->workload_count);
    t->dipped = arena_array(t->a, bool, w->workload_count);
    for (uint32_t i = 0; i < w->workload_count; i++)
        t->healthy[i] = w->workloads[i].healthy;
    for (uint32_t i = 0; i < w->node_count; i++)
        t->nodes[i].lost = t->nodes[i].not_ready = !w->nodes[i].usable;
    for (uint32_t i = 0; i < w->pod_count; i++) {
        struct twin_pod *p = PUSH(t->a, &t->pods);
        assert(w->pods[i].container_count <= CONTAINERS);
        *p = (struct twin_pod){.origin = i, .node = w->pods[i].node, .ready = w->pods[i].ready};
        p->state = p->node < 0 ? WAITS : RUNS;
        if (p->node < 0)
            *PUSH(t->a, &t->waiting) = i;
        else {
            *PUSH(t->a, &t->nodes[p->node].pods) = i;
            *PUSH(t->a, &t->nodes[p->node].order) = i;
        }
        for (uint32_t k = 0; p->node >= 0 && k < w->pods[i].container_count; k++)
            p->c[k].from = p->c[k].to = full_usage(t, i, k);
    }
    for (uint32_t i = 0; i < c->node_count; i++)
        later(t, 0, LOSE, c->nodes[i], 0);
    for (uint32_t i = 0; i < w->node_count; i++)
        if (w->nodes[i].usable && find_trouble(t, i, 0).trouble != FINE)
            later(t, 0, LOOK, i, 0);
}

static void do_one(struct twin *t, const struct todo_item *x)
{
    switch (x->what) {
    case LOSE:
        lose(t, x->subject, false);
        break;
    case NOT_READY:
        not_ready(t, x->subject);
        break;
    case TAINT:
        taint(t, x->subject);
        break;
    case DELETE:
        delete_pods(t, x->subject, x->detail);
        break;
    case PLACE:
        place(t);
        break;
    case START:
        start(t, x->subject);
        break;
    case RESTART:
        restart(t, x->subject, x->detail);
        break;
    case LOOK:
        if (x->detail == t->nodes[x->subject].looks)
            look(t, x->subject);
        break;
    case POLL:
        poll(t, x->subject);
        break;
    case FREED:
        freed(t, x->subject);
        break;
    case CALM:
        calm(t, x->subject);
        break;
    }
}

/* The earliest; of equals the one that was decided on first. */
static bool take_next(struct twin *t, struct todo_item *ret)
{
    size_t first = 0;
    if (t->todo.count == 0)
        return false;
    for (size_t i = 1; i < t->todo.count; i++)
        if (t->todo.items[i].at_ms < t->todo.items[first].at_ms)
            first = i;
    *ret = t->todo.items[first];
    t->todo.count--;
    memmove(&t->todo.items[first], &t->todo.items[first + 1],
            (t->todo.count - first) * sizeof(*t->todo.items));
    return true;
}

static void add_failure(struct twin *t, enum sim_way way, uint32_t subject, int64_t have)
{
    int64_t need = way == WAY_SHORT || way == WAY_ZERO ? t->w->workloads[subject].need : 0;
    for (size_t i = 0; i < t->o->failure_count; i++)
        if (t->o->failures[i].way == way && t->o->failures[i].subject == subject)
            return;
    t->o->failures[t->o->failure_count++] = (struct sim_failure){way, subject, have, need};
}

/* Way by way, subject by subject. */
static void judge(struct twin *t)
{
    const struct sim_world *w = t->w;
    struct sim_outcome *o = t->o;
    o->failures =
        arena_array(t->a, struct sim_failure, w->node_count + 3 * (size_t)w->workload_count);
    for (uint32_t i = 0; i < w->node_count; i++)
        if (t->nodes[i].lost_by_memory)
            add_failure(t, WAY_NODE_LOST, i, 0);
    for (uint32_t i = 0; i < w->workload_count; i++) {
        bool is_short = t->healthy[i] < w->workloads[i].need;
        o->below += is_short;
        o->zero += is_short && t->healthy[i] <= 0;
        o->dips += !is_short && t->dipped[i];
        if (is_short && t->healthy[i] > 0)
            add_failure(t, WAY_SHORT, i, t->healthy[i]);
    }
    for (uint32_t i = 0; i < w->workload_count; i++)
        if (t->healthy[i] < w->workloads[i].need && t->healthy[i] <= 0)
            add_failure(t, WAY_ZERO, i, t->healthy[i]);
    for (uint32_t i = 0; i < w->workload_count; i++)
        for (size_t k = 0; k < t->storms.count; k++)
            if (t->storms.items[k] == i)
                add_failure(t, WAY_STORM, i, 0);
    for (size_t i = 0; i < t->waiting.count; i++)
        o->pending += t->waiting.items[i] >= w->pod_count;
}

void twin_run(const struct sim_world *w, const struct contingency *c, int64_t factor,
              struct arena *a, struct sim_outcome *ret)
{
    struct twin t = {.w = w, .a = a, .o = ret, .factor = factor, .second = -1};
    struct todo_item x;
    *ret = (struct sim_outcome){.first = {.type = SIM_EVENT_TYPES}};
    begin(&t, c);
    while (take_next(&t, &x)) {
        if (x.at_ms > w->options.until_ms) {
            ret->timed_out = true;
            break;
        }
        t.now = x.at_ms;
        do_one(&t, &x);
    }
    judge(&t);
}
