/* SPDX-License-Identifier: Apache-2.0
 *
 * One run: the world at time 0, what the contingency does to it, and everything that follows until
 * nothing more does; then everything is put back.
 */
#include <assert.h>

#include "analysis/simulate/internal.h"

uint32_t pod_walk_next(const struct sim_runner *r, struct pod_walk *k)
{
    const struct sim_world *w = r->world;
    uint32_t first = w->workload_first[k->workload];
    uint32_t own = w->workload_first[k->workload + 1] - first;
    if (k->at < own)
        return w->workload_pods[first + k->at++];
    while (w->pod_count + (k->at - own) < r->pods.count) {
        uint32_t p = w->pod_count + (k->at++ - own);
        if (pod_world(r, p)->workload == k->workload)
            return p;
    }
    return NO_POD;
}

void plan(struct sim_runner *r, int64_t at_ms, enum todo_type type, uint32_t subject,
          uint32_t detail)
{
    todo_push(r->arena, &r->queue,
              (struct todo){.at_ms = at_ms, .type = type, .subject = subject, .detail = detail});
}

void note(struct sim_runner *r, struct sim_event e)
{
    e.at_ms = r->now;
    r->out->events++;
    if (e.type != SIM_PRESSURE_END)
        r->out->settled_ms = r->now;
    if (r->in->log)
        *PUSH(r->in->log_arena, r->in->log) = e;
}

void note_node(struct sim_runner *r, enum sim_event_type type, uint32_t node, int64_t count)
{
    note(r, (struct sim_event){.type = type,
                               .node = (int32_t)node,
                               .pod = NO_INDEX32,
                               .container = NO_INDEX32,
                               .count = count});
}

void note_trouble(struct sim_runner *r, struct sim_event e, uint32_t node)
{
    uint32_t depth = r->nodes[node].depth + 1U;
    e.at_ms = r->now;
    if (r->out->first.type == SIM_EVENT_TYPES)
        r->out->first = e;
    r->out->depth = MAX(r->out->depth, depth);
    note(r, e);
}

/* ---- state ---- */

static struct run_node resting_node(const struct sim_world *w, uint32_t node)
{
    return (struct run_node){.lost = !w->nodes[node].usable,
                             .not_ready = !w->nodes[node].usable,
                             .absent = w->nodes[node].planned > 0,
                             .first_pod = w->nodes[node].first_pod};
}

static struct run_pod resting_pod(const struct sim_world *w, uint32_t pod)
{
    const struct sim_pod *p = &w->pods[pod];
    return (struct run_pod){.origin = pod,
                            .line = pod,
                            .node = p->node,
                            .next = p->next,
                            .prev = p->prev,
                            .container = p->container,
                            .ready = p->ready,
                            .state = p->node == NO_INDEX32 ? POD_PENDING : POD_RUNNING};
}

static struct run_workload resting_workload(const struct sim_world *w, uint32_t i)
{
    return (struct run_workload){.healthy = w->workloads[i].healthy,
                                 .wanted = w->workloads[i].replicas,
                                 .surge = FACTOR_ONE,
                                 .load = w->options.surge_permyriad};
}

static void rest_budgets(struct sim_runner *r)
{
    for (size_t i = 0; i < r->world->budgets.count; i++)
        r->budgets[i] = r->world->budgets.items[i].healthy;
}

/* Preemption looks at the pods of a node in order, which must not depend on earlier runs. */
static void order_pods(struct sim_runner *r, uint32_t node)
{
    const struct sim_world *w = r->world;
    uint32_t p = w->nodes[node].first_pod, q = schedule_node_first_pod(r->schedule, node);
    while (p == q && p != NO_POD) {
        p = w->pods[p].next;
        q = schedule_next_on_node(r->schedule, q);
    }
    if (p == NO_POD)
        return;
    for (p = w->nodes[node].first_pod; p != NO_POD; p = w->pods[p].next)
        schedule_unbind(r->schedule, p);
    for (p = w->nodes[node].first_pod; p != NO_POD; p = w->pods[p].next)
        schedule_bind(r->schedule, p, node);
}

struct sim_runner *sim_runner_new(struct arena *a, const struct sim_world *w)
{
    struct sim_runner *r = arena_new(a, struct sim_runner);
    r->world = w;
    r->arena = a;
    arena_init(&r->scratch);
    r->schedule = schedule_new(a, w->cluster);
    for (uint32_t i = 0; i < w->pod_count; i++) {
        if (w->pods[i].node != NO_INDEX32 && schedule_pod_node(r->schedule, i) == NO_NODE)
            schedule_bind(r->schedule, i, (uint32_t)w->pods[i].node);
        *PUSH(a, &r->pods) = resting_pod(w, i);
    }
    for (uint32_t i = 0; i < w->container_count; i++)
        (void)PUSH(a, &r->containers);
    r->nodes = arena_array(a, struct run_node, w->node_count);
    for (uint32_t i = 0; i < w->node_count; i++) {
        r->nodes[i] = resting_node(w, i);
        order_pods(r, i);
        schedule_node_close(r->schedule, i, !w->nodes[i].usable && !w->nodes[i].planned);
        if (w->nodes[i].planned)
            schedule_node_off(r->schedule, i, true);
    }
    schedule_assume_as(r->schedule, w->settled);
    r->settled = schedule_assumed_volumes(r->schedule);
    r->workloads = arena_array(a, struct run_workload, w->workload_count);
    r->budgets = arena_array(a, int64_t, w->budgets.count);
    rest_budgets(r);
    r->leak = arena_array(a, int64_t, w->workload_count);
    for (uint32_t i = 0; i < w->workload_count; i++) {
        r->workloads[i] = resting_workload(w, i);
        if (w->workloads[i].healthy < w->workloads[i].need || budget_short(r, i) != NO_POD)
            *PUSH(a, &r->sick) = i;
    }
    for (uint32_t i = 0; i < w->pod_count; i++)
        if (w->pods[i].node == NO_INDEX32 && !w->pods[i].planned)
            *PUSH(a, &r->pending) = *PUSH(a, &r->waiting) = i;
    r->zones = arena_array(a, struct run_zone, w->zone_count);
    r->hpas = arena_array(a, struct run_hpa, w->hpas.count);
    r->base = arena_array(a, int64_t, w->node_count);
    r->base_factor = NO_FACTOR;
    r->slots = arena_array(a, struct run_slots, schedule_class_count(r->schedule));
    return r;
}

void sim_runner_done(struct sim_runner *r)
{
    if (!r)
        return;
    schedule_done(r->schedule);
    arena_done(&r->scratch);
}

void node_activate(struct sim_runner *r, uint32_t node)
{
    struct run_node *n = &r->nodes[node];
    if (n->active)
        return;
    n->active = true;
    *PUSH(r->arena, &r->active) = node;
    for (uint32_t p = n->first_pod; p != NO_POD && !r->bookings; p = r->pods.items[p].next) {
        const struct sim_pod *wp = pod_world(r, p);
        for (uint32_t k = 0; k < wp->container_count; k++) {
            r->containers.items[wp->container + k] = (struct run_container){0};
            if (!r->weightless)
                container_start(r, p, k, true);
        }
    }
}

void pod_unlink(struct sim_runner *r, uint32_t pod)
{
    struct run_pod *p = &r->pods.items[pod];
    assert(p->node != NO_INDEX32);
    struct run_node *n = &r->nodes[p->node];
    n->left = n->left || pod < r->world->pod_count;
    if (p->prev != NO_POD)
        r->pods.items[p->prev].next = p->next;
    else
        n->first_pod = p->next;
    if (p->next != NO_POD)
        r->pods.items[p->next].prev = p->prev;
    p->next = p->prev = NO_POD;
}

void pod_link(struct sim_runner *r, uint32_t pod, uint32_t node)
{
    struct run_pod *p = &r->pods.items[pod];
    node_activate(r, node);
    struct run_node *n = &r->nodes[node];
    p->node = (int32_t)node;
    p->prev = NO_POD;
    p->next = n->first_pod;
    if (p->next != NO_POD)
        r->pods.items[p->next].prev = pod;
    n->first_pod = pod;
    n->depth = MAX(n->depth, p->depth);
}

uint32_t budget_short(const struct sim_runner *r, uint32_t workload)
{
    const struct sim_workload *w = &r->world->workloads[workload];
    if (r->workloads[workload].healthy >= w->scale)
        return NO_POD;
    for (size_t i = 0; i < w->shared.count; i++)
        if (r->budgets[w->shared.items[i]] < r->world->budgets.items[w->shared.items[i]].desired)
            return w->shared.items[i];
    return NO_POD;
}

struct run_workload *touch_workload(struct sim_runner *r, uint32_t workload)
{
    struct run_workload *x = &r->workloads[workload];
    if (!x->touched) {
        x->touched = true;
        *PUSH(r->arena, &r->touched) = workload;
    }
    return x;
}

void pod_set_ready(struct sim_runner *r, uint32_t pod, bool ready)
{
    struct run_pod *p = &r->pods.items[pod];
    if (p->ready == ready)
        return;
    uint32_t workload = pod_world(r, pod)->workload;
    const struct sim_workload *w = &r->world->workloads[workload];
    struct run_workload *x = touch_workload(r, workload);
    p->ready = ready;
    x->healthy += ready ? 1 : -1;
    if (x->healthy < w->need && w->healthy >= w->need)
        x->dipped = true;
    for (size_t i = 0; i < w->shared.count; i++) {
        const struct sim_budget *b = &r->world->budgets.items[w->shared.items[i]];
        int64_t *healthy = &r->budgets[w->shared.items[i]];
        *healthy += ready ? 1 : -1;
        if (*healthy < b->desired && b->healthy >= b->desired)
            x->dipped = true;
    }
    if (w->hpa)
        hpa_wake(r, workload);
    if (r->world->pods[p->origin].serves)
        services_ready(r, pod, ready);
    if (x->rolling)
        rollout_ready(r, pod, ready);
    if (w->elastic && !x->reloading) {
        x->reloading = true;
        plan(r, r->now, TODO_RELOAD, workload, 0);
    }
}

uint32_t pod_clone(struct sim_runner *r, uint32_t pod, uint16_t depth)
{
    uint32_t origin = r->pods.items[pod].origin;
    uint32_t made = schedule_clone_pod(r->schedule, pod);
    assert(made == r->pods.count);
    struct run_pod *p = PUSH(r->arena, &r->pods);
    *p = (struct run_pod){.origin = origin,
                          .line = r->pods.items[pod].line,
                          .node = NO_INDEX32,
                          .next = NO_POD,
                          .prev = NO_POD,
                          .container = (uint32_t)r->containers.count,
                          .generation = r->pods.items[pod].generation + 1,
                          .depth = depth,
                          .state = POD_PENDING};
    for (uint32_t k = 0; k < r->world->pods[origin].container_count; k++)
        *PUSH(r->arena, &r->containers) = (struct run_container){0};
    if (r->creations_ms / SECOND != r->now / SECOND)
        r->creations = 0;
    r->creations_ms = r->now;
    r->creations++;
    r->out->peak_creations = MAX(r->out->peak_creations, r->creations);
    return made;
}

bool pod_failed(struct sim_runner *r, uint32_t pod, enum sim_event_type how, int32_t container)
{
    uint32_t line = r->pods.items[pod].line;
    struct run_pod *first = &r->pods.items[line];
    /* The longest delay, and the good run of twice that after which the kubelet forgets. */
    if (first->failures && r->now - first->failed_ms > 3 * CRASH_LOOP_MAX_MS)
        first->failures = 0;
    first->failures++;
    first->failed_ms = r->now;
    *PUSH(r->arena, &r->failed) =
        (struct run_failed){line, how, r->pods.items[pod].node, container, r->now};
    if (first->failures == FAILURES_STORM) {
        r->out->storm = true;
        *PUSH(r->arena, &r->storms) = line;
        if (r->in->stop_at_failure)
            r->stop = true;
    }
    if (first->failures < FAILURES_RETIRED)
        return false;
    if (first->failures == FAILURES_RETIRED)
        note(r, (struct sim_event){.type = SIM_STORM,
                                   .node = r->pods.items[pod].node,
                                   .pod = (int32_t)r->pods.items[pod].origin,
                                   .container = NO_INDEX32,
                                   .generation = r->pods.items[pod].generation,
                                   .count = first->failures});
    return true;
}

/* ---- where pods went ---- */

void run_landings(const struct sim_runner *r, struct arena *a, struct landings *ret)
{
    ret->count = r->landed.count / 2;
    ret->items = arena_array(a, struct landing, ret->count);
    for (size_t i = 0; i < ret->count; i++)
        ret->items[i] = (struct landing){r->landed.items[2 * i], r->landed.items[2 * i + 1]};
}

/* ---- the run ---- */

void leak_begin(struct sim_runner *r, uint32_t workload, int64_t bytes)
{
    if (r->in->factor == 0) /* bookings alone */
        return;
    r->leak[workload] = MIN(bytes, SIM_USAGE_MAX);
    *PUSH(r->arena, &r->leaking) = workload;
    hpa_wake(r, workload);
}

/* What is placed first is what the contingency takes. */
static void expect_pods(struct sim_runner *r, const struct contingency *c)
{
    const struct sim_world *w = r->world;
    for (uint32_t i = 0; i < c->node_count; i++)
        for (uint32_t p = w->nodes[c->nodes[i]].first_pod; p != NO_POD; p = w->pods[p].next)
            if (w->pods[p].controller == CONTROLLER_REPLACES)
                schedule_expect(r->schedule, p);
}

static void begin(struct sim_runner *r)
{
    const struct contingency *c = r->in->contingency;
    const struct sim_world *w = r->world;
    for (size_t i = 0; i < w->leaks.count; i++)
        leak_begin(r, w->leaks.items[i].workload, w->leaks.items[i].bytes_per_minute);
    if (c->type == CONTINGENCY_LEAK)
        leak_begin(r, c->leak.workload, c->leak.bytes_per_minute);
    if (c->type == CONTINGENCY_SURGE) {
        touch_workload(r, c->surge.workload)->surge = c->surge.permyriad;
        plan(r, 0, TODO_RELOAD, c->surge.workload, 0);
    }
    for (size_t i = 0; i < r->hot.count; i++)
        node_activate(r, r->hot.items[i]);
    for (uint32_t p = 0; r->leaking.count && p < w->pod_count; p++)
        if (r->leak[w->pods[p].workload] && w->pods[p].node != NO_INDEX32)
            node_activate(r, (uint32_t)w->pods[p].node);
    for (uint32_t i = 0; i < c->node_count; i++)
        plan(r, 0, c->type == CONTINGENCY_DRAIN ? TODO_DRAIN : TODO_LOSE, c->nodes[i], 0);
    for (size_t i = 0; r->in->factor && i < w->growing.count; i++)
        node_activate(r, w->growing.items[i]);
    for (size_t i = 0; i < c->actions.count; i++)
        plan(r, c->actions.items[i].at_ms, TODO_ACTION, (uint32_t)i, 0);
    size_t active = r->active.count;
    for (size_t i = 0; i < active; i++)
        plan(r, 0, TODO_NODE, r->active.items[i], r->nodes[r->active.items[i]].serial);
}

static void step(struct sim_runner *r, const struct todo *t)
{
    uint32_t x = t->subject;
    switch (t->type) {
    case TODO_LOSE:
        node_lose(r, x, false);
        break;
    case TODO_NOT_READY:
        node_not_ready(r, x);
        break;
    case TODO_TAINT:
        zone_taint(r, x);
        break;
    case TODO_DELETE:
        node_delete_pods(r, x, t->detail);
        break;
    case TODO_SCHEDULE:
        pods_schedule(r);
        break;
    case TODO_START:
        pod_start(r, x);
        break;
    case TODO_RESTART:
        container_restart(r, x, t->detail);
        break;
    case TODO_NODE:
        if (t->detail == r->nodes[x].serial)
            node_check(r, x);
        break;
    case TODO_POLL:
        kubelet_poll(r, x);
        break;
    case TODO_FREED:
        pod_freed(r, x);
        break;
    case TODO_PRESSURE_END:
        kubelet_pressure_end(r, x);
        break;
    case TODO_DRAIN:
        r->drains_queued -= t->detail; /* a further try */
        drain_step(r, x);
        break;
    case TODO_ACTION:
        scenario_act(r, &r->in->contingency->actions.items[x]);
        break;
    case TODO_RELOAD:
        workload_reload(r, x);
        break;
    default:
        controllers_step(r, t);
        break;
    }
}

/* ---- putting back ---- */

static void restore_node(struct sim_runner *r, uint32_t node)
{
    const struct sim_world *w = r->world;
    if (r->bookings && !r->nodes[node].lost && !r->nodes[node].left) {
        /* Pods have come, and are gone by now: they were linked before the first. */
        if (w->nodes[node].first_pod != NO_POD)
            r->pods.items[w->nodes[node].first_pod].prev = NO_POD;
        r->nodes[node] = resting_node(w, node);
        return;
    }
    for (uint32_t p = w->nodes[node].first_pod; p != NO_POD; p = w->pods[p].next) {
        if (schedule_pod_node(r->schedule, p) == NO_NODE)
            schedule_bind(r->schedule, p, node);
        r->pods.items[p] = resting_pod(w, p);
    }
    order_pods(r, node);
    if (r->nodes[node].closed && w->nodes[node].usable)
        schedule_node_close(r->schedule, node, false);
    r->nodes[node] = resting_node(w, node);
}

static void restore(struct sim_runner *r)
{
    const struct sim_world *w = r->world;
    for (uint32_t p = w->pod_count; p < r->pods.count; p++)
        if (schedule_pod_node(r->schedule, p) != NO_NODE)
            schedule_unbind(r->schedule, p);
    schedule_forget_clones(r->schedule, w->pod_count);
    schedule_forget_volumes(r->schedule, r->settled);
    r->pods.count = w->pod_count;
    r->containers.count = w->container_count;
    r->pending.count = 0;
    for (size_t i = 0; i < r->waiting.count; i++) {
        uint32_t p = r->waiting.items[i];
        if (schedule_pod_node(r->schedule, p) != NO_NODE)
            schedule_unbind(r->schedule, p);
        r->pods.items[p] = resting_pod(w, p);
        for (uint32_t k = 0; k < w->pods[p].container_count; k++)
            r->containers.items[w->pods[p].container + k] = (struct run_container){0};
        *PUSH(r->arena, &r->pending) = p;
    }
    for (size_t i = 0; i < r->active.count; i++)
        restore_node(r, r->active.items[i]);
    autoscale_restore(r);
    for (size_t i = 0; i < r->touched.count; i++)
        r->workloads[r->touched.items[i]] = resting_workload(w, r->touched.items[i]);
    for (size_t i = 0; i < r->leaking.count; i++)
        r->leak[r->leaking.items[i]] = 0;
    rest_budgets(r);
    memset(r->zones, 0, w->zone_count * sizeof(*r->zones));
    r->lost.count = r->storms.count = r->failed.count = r->rollouts.count = 0;
    r->active.count = r->touched.count = r->leaking.count = r->queue.count = 0;
    r->queue.next_order = 0;
}

void sim_run(struct sim_runner *r, const struct sim_run_input *in, struct arena *a,
             struct sim_outcome *ret)
{
    const struct sim_options *o = &r->world->options;
    *ret = (struct sim_outcome){.first = {.type = SIM_EVENT_TYPES}};
    r->in = in;
    r->out = ret;
    r->now = 0;
    r->surge = o->surge_permyriad;
    r->stop = r->schedule_queued = false;
    r->drains_queued = r->drains_in_vain = 0;
    r->creations = 0;
    r->landed.count = 0;
    schedule_mark(r->schedule);
    expect_pods(r, in->contingency);
    base_make(r, in->factor);
    services_begin(r);
    hpas_begin(r);
    r->weightless = in->factor == 0 && r->hot.count == 0;
    r->bookings = r->weightless && world_is_still(r->world) && !r->world->hpas.count && !o->check &&
                  in->contingency->type == CONTINGENCY_LOSE;
    begin(r);
    struct todo t;
    while (!r->stop && todo_pop(&r->queue, &t)) {
        if (t.at_ms > o->until_ms) {
            ret->timed_out = true;
            break;
        }
        assert(t.at_ms >= r->now);
        r->now = t.at_ms;
        step(r, &t);
        if (o->check)
            run_check(r);
    }
    outcome_make(r, a);
    if (r->margin)
        margin_begin(r, r->margin);
    restore(r);
    schedule_rewind(r->schedule);
    if (r->margin)
        margin_end(r, r->margin);
}
