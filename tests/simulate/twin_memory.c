/* SPDX-License-Identifier: Apache-2.0
 *
 * The plain twin: memory of containers, the kernel, the kubelet.
 */
#include "twin_state.h"

int64_t twin_level_at(const struct level *c, int64_t ms)
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
        sum += twin_level_at(&t->pods.items[pod].c[k], ms);
    return sum;
}

static int64_t node_at(const struct twin *t, uint32_t node, int64_t ms)
{
    int64_t sum = 0;
    for (size_t i = 0; i < t->nodes[node].pods.count; i++)
        sum += pod_at(t, t->nodes[node].pods.items[i], ms);
    return sum;
}

/* The share that follows load is as many times as large as the load. */
int64_t twin_full_usage(const struct twin *t, uint32_t pod, uint32_t k)
{
    const struct sim_container *c = &t->w->containers[origin(t, pod)->container + k];
    int64_t load = t->workloads[origin(t, pod)->workload].load;
    int64_t bytes = c->usage * t->factor / FACTOR_ONE;
    bytes += bytes / FACTOR_ONE * (c->elastic * (load - FACTOR_ONE) / FACTOR_ONE);
    bytes = MIN(bytes, SIM_USAGE_MAX);
    return c->limit ? MIN(bytes, c->limit) : bytes;
}

/* Bytes a minute: the leak is in the largest container. */
static int64_t growth(const struct twin *t, uint32_t pod, uint32_t k)
{
    const struct sim_pod *p = origin(t, pod);
    const struct sim_container *c = &t->w->containers[p->container];
    int64_t leaks = t->workloads[p->workload].leak;
    bool largest = true;
    for (uint32_t i = 0; i < p->container_count; i++)
        largest = largest && (i < k ? c[i].usage < c[k].usage : c[i].usage <= c[k].usage);
    if (t->factor == 0)
        return 0;
    return leaks && largest ? leaks : c[k].growth;
}

/* From what it has now to its full usage, in a straight line; then by its growth. What is more than
 * that is given back at once, unless it has grown there. */
void twin_rise(struct twin *t, uint32_t pod, uint32_t k)
{
    struct level *c = &t->pods.items[pod].c[k];
    const struct sim_container *wc = &t->w->containers[origin(t, pod)->container + k];
    const struct sim_options *o = &t->w->options;
    int64_t full = twin_full_usage(t, pod, k), has = twin_level_at(c, t->now),
            by = growth(t, pod, k);
    int64_t ceiling = wc->ceiling ? MIN(wc->ceiling, SIM_USAGE_MAX) : SIM_USAGE_MAX;
    c->from_ms = t->now;
    if (has < full && o->warm_ms) {
        c->from = has;
        c->to = full;
        c->to_ms = t->now + o->warm_ms;
        return;
    }
    c->from = c->to = by && has > full ? has : full;
    c->to_ms = t->now;
    if (!by || c->from >= ceiling || t->now >= o->until_ms)
        return;
    int64_t minutes = (o->until_ms - t->now) / MINUTE_MS + 1;
    c->to = c->from + by * minutes;
    c->to_ms = t->now + minutes * MINUTE_MS;
    if (c->to > ceiling) {
        c->to = ceiling;
        c->to_ms = t->now + MAX((ceiling - c->from) * MINUTE_MS / by, 1);
    }
}

void twin_rise_all(struct twin *t, uint32_t pod)
{
    for (uint32_t k = 0; k < origin(t, pod)->container_count; k++)
        if (!t->pods.items[pod].c[k].down)
            twin_rise(t, pod, k);
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
    struct sim_node bounds = t->w->nodes[node];
    for (size_t i = 0; i < n->pods.count; i++) {
        uint32_t pod = n->pods.items[i];
        for (uint32_t k = 0; k < origin(t, pod)->container_count; k++) {
            int64_t limit = t->w->containers[origin(t, pod)->container + k].limit;
            if (limit && twin_level_at(&t->pods.items[pod].c[k], ms) > limit)
                return (struct found){CONTAINER_OVER, pod, k};
        }
        if (origin(t, pod)->limit && pod_at(t, pod, ms) > origin(t, pod)->limit)
            return (struct found){POD_OVER, pod, 0};
    }
    if (n->stopped) /* nobody evicts, and nobody's lease is missed */
        bounds.thrash_below = bounds.evict_below = 0;
    struct found f = {of_node(&bounds, node_at(t, node, ms)), 0, 0};
    if (f.trouble == SHORT && (n->polling || n->gave_up))
        f.trouble = FINE;
    return f;
}

bool twin_in_trouble(const struct twin *t, uint32_t node)
{
    return find_trouble(t, node, t->now).trouble != FINE;
}

/* When to look again: a minute with trouble is gone through by the second, that second by the
 * millisecond. */
static void plan_look(struct twin *t, uint32_t node)
{
    static const int64_t steps_ms[] = {10 * MINUTE_MS, MINUTE_MS, SECOND_MS, 50, 1};
    struct twin_node *n = &t->nodes[node];
    int64_t end = INT64_MAX, at = t->now;
    n->looks++;
    for (size_t i = 0; i < n->pods.count; i++)
        for (uint32_t k = 0; k < origin(t, n->pods.items[i])->container_count; k++) {
            int64_t to = t->pods.items[n->pods.items[i]].c[k].to_ms;
            if (to > t->now)
                end = MIN(end, to);
        }
    if (end == INT64_MAX)
        return;
    for (size_t i = 0; i < ARRAY_LEN(steps_ms); i++)
        while (at + steps_ms[i] <= end && find_trouble(t, node, at + steps_ms[i]).trouble == FINE)
            at += steps_ms[i];
    twin_later(t, MIN(at + 1, end), LOOK, node, n->looks);
}

/* ---- the kernel ---- */

bool twin_has_failed(const struct twin *t, uint32_t pod)
{
    const struct twin_pod *p = &t->pods.items[pod];
    bool all = origin(t, pod)->ends && p->state == RUNS && !p->deleting;
    for (uint32_t k = 0; k < origin(t, pod)->apps; k++)
        all = all && p->c[k].down;
    return all;
}

static void kill_container(struct twin *t, uint32_t pod, uint32_t k, enum sim_event_type why)
{
    struct twin_pod *p = &t->pods.items[pod];
    struct level *c = &p->c[k];
    uint32_t node = (uint32_t)p->node;
    if (c->restarts && crash_loop_is_over(t->now, c->updated_ms, CRASH_LOOP_MAX_MS))
        c->restarts = 0;
    twin_trouble_happened(t, node, why);
    *c = (struct level){.from_ms = t->now,
                        .to_ms = t->now,
                        .updated_ms = c->updated_ms,
                        .restarts = c->restarts,
                        .down = true};
    twin_set_ready(t, pod, false);
    t->o->killed++;
    bool retired = twin_failed(t, pod, why, (int)(origin(t, pod)->container + k));
    if (origin(t, pod)->ends && k < origin(t, pod)->apps) {
        c->restart_ms = INT64_MAX;
        if (twin_has_failed(t, pod) && !t->nodes[node].stopped)
            twin_fail_pod(t, pod);
        return;
    }
    c->restart_ms =
        t->now + crash_loop_delay_ms(c->restarts, CRASH_LOOP_INITIAL_MS, CRASH_LOOP_MAX_MS);
    if (!retired)
        twin_later(t, c->restart_ms, RESTART, pod, k);
}

static const struct container *find_container(const struct pod_spec *spec,
                                              const struct container *like)
{
    for (size_t i = 0; i < spec->containers.count; i++)
        if (str_eq(spec->containers.items[i].name, like->name))
            return &spec->containers.items[i];
    for (size_t i = 0; i < spec->init_containers.count; i++)
        if (str_eq(spec->init_containers.items[i].name, like->name))
            return &spec->init_containers.items[i];
    return NULL;
}

/* The highest badness; of equals the first. only: NOBODY = any pod. */
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
            const struct pod_spec *spec = pod_spec_in_force(t->a, p);
            const struct container *c =
                find_container(spec, t->w->containers[origin(t, pod)->container + k].container);
            int64_t level = twin_level_at(&t->pods.items[pod].c[k], t->now);
            struct oom_task task = {.rss_pages = level / PAGE,
                                    .adj = container_oom_adj(spec, p, c, wn->capacity).min};
            struct oom_points b =
                oom_badness(oom_kernel_of(wn->node->kernel_version), &task, bound / PAGE, PAGE);
            if (level == 0 || b.never || (only != NOBODY && only != pod) ||
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
        twin_trouble_happened(t, node, SIM_OOM_LOST);
        twin_lose(t, node, true);
        return false;
    }
    if (f->trouble == POD_OVER)
        found = kernel_victim(t, node, f->pod, origin(t, f->pod)->limit, &victim);
    else
        found = kernel_victim(t, node, NOBODY,
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
        twin_trouble_happened(t, node, SIM_THRASHED);
        twin_lose(t, node, true);
        return;
    }
    t->nodes[node].polling = true;
    twin_later(t, (t->now + EVICTION_POLL_MS - 1) / EVICTION_POLL_MS * EVICTION_POLL_MS, POLL, node,
               0);
}

/* What has come to the end of its line grows on. */
static void grow_on(struct twin *t, uint32_t node)
{
    const struct number_list *pods = &t->nodes[node].pods;
    for (size_t i = 0; i < pods->count; i++)
        for (uint32_t k = 0; k < origin(t, pods->items[i])->container_count; k++) {
            const struct twin_pod *p = &t->pods.items[pods->items[i]];
            if (p->state == RUNS && !p->c[k].down && p->c[k].to_ms <= t->now && p->c[k].to > 0 &&
                growth(t, pods->items[i], k))
                twin_rise(t, pods->items[i], k);
        }
}

void twin_look(struct twin *t, uint32_t node)
{
    while (!t->nodes[node].lost) {
        struct found f = find_trouble(t, node, t->now);
        if (f.trouble == FINE) {
            grow_on(t, node);
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

/* NOBODY: none may be evicted. */
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
    return NOBODY;
}

static bool is_short(const struct twin *t, uint32_t node)
{
    return of_node(&t->w->nodes[node], node_at(t, node, t->now)) == SHORT;
}

static void evict(struct twin *t, uint32_t node, uint32_t victim)
{
    twin_trouble_happened(t, node, SIM_EVICTED);
    t->o->evicted++;
    t->pods.items[victim].deleting = true;
    twin_set_ready(t, victim, false);
    (void)twin_failed(t, victim, SIM_EVICTED, -1);
    twin_later(t, t->now + GRACE_MS, FREED, victim, 0);
    t->nodes[node].polling = true;
    twin_later(t, t->now + GRACE_MS + SECOND_MS, POLL, node, 0);
}

void twin_poll(struct twin *t, uint32_t node)
{
    struct twin_node *n = &t->nodes[node];
    n->polling = false;
    if (n->lost || n->stopped)
        return;
    if (is_short(t, node)) {
        n->seen_ms = t->now;
        if (!n->pressure) {
            n->pressure = true;
            twin_trouble_happened(t, node, SIM_PRESSURE);
            twin_close_node(t, node, PRESSURE, true);
            twin_later(t, t->now + PRESSURE_TRANSITION_MS, CALM, node, 0);
        }
        uint32_t victim = kubelet_victim(t, node);
        if (victim == NOBODY) {
            n->gave_up = true;
            twin_happened(t);
        } else {
            evict(t, node, victim);
        }
    }
    twin_look(t, node);
}

void twin_calm(struct twin *t, uint32_t node)
{
    struct twin_node *n = &t->nodes[node];
    if (n->lost || !n->pressure)
        return;
    if (!n->gave_up && is_short(t, node))
        n->seen_ms = t->now;
    if (t->now - n->seen_ms < PRESSURE_TRANSITION_MS) {
        twin_later(t, n->seen_ms + PRESSURE_TRANSITION_MS, CALM, node, 0);
        return;
    }
    n->pressure = false;
    t->o->events++; /* not a reason to call it unsettled */
    twin_close_node(t, node, PRESSURE, false);
}

void twin_restart(struct twin *t, uint32_t pod, uint32_t k)
{
    struct twin_pod *p = &t->pods.items[pod];
    bool down = false;
    if (p->state != RUNS || p->deleting || !p->c[k].down || t->now != p->c[k].restart_ms ||
        t->nodes[p->node].lost || t->nodes[p->node].stopped)
        return;
    p->c[k].down = false;
    p->c[k].restarts++;
    p->c[k].updated_ms = t->now;
    twin_happened(t);
    twin_rise(t, pod, k);
    for (uint32_t i = 0; i < origin(t, pod)->container_count; i++)
        down = down || p->c[i].down;
    if (!down)
        twin_set_ready(t, pod, true);
    twin_look(t, (uint32_t)p->node);
}
