/* SPDX-License-Identifier: Apache-2.0
 *
 * The plain twin; see twin.h. The order of things that happen in the same millisecond is that in
 * which they were decided on.
 */
#include "twin_state.h"

void twin_later(struct twin *t, int64_t at_ms, enum what what, uint32_t subject, uint32_t detail)
{
    *PUSH(t->a, &t->todo) = (struct todo_item){at_ms, what, subject, detail};
}

void twin_happened(struct twin *t)
{
    t->o->events++;
    t->o->settled_ms = t->now;
}

void twin_trouble_happened(struct twin *t, uint32_t node, enum sim_event_type type)
{
    uint32_t depth = t->nodes[node].depth + 1;
    if (t->o->first.type == SIM_EVENT_TYPES)
        t->o->first = (struct sim_event){.type = type, .at_ms = t->now, .node = (int32_t)node};
    t->o->depth = MAX(t->o->depth, depth);
    twin_happened(t);
}

struct number_list twin_copy_of(struct twin *t, const struct number_list *l)
{
    struct number_list copy = {0};
    for (size_t i = 0; i < l->count; i++)
        *PUSH(t->a, &copy) = l->items[i];
    return copy;
}

/* ---- the beginning ---- */

static void begin_pods(struct twin *t)
{
    const struct sim_world *w = t->w;
    for (uint32_t i = 0; i < w->pod_count; i++) {
        struct twin_pod *p = PUSH(t->a, &t->pods);
        assert(w->pods[i].container_count <= CONTAINERS);
        *p = (struct twin_pod){
            .origin = i, .line = i, .node = w->pods[i].node, .ready = w->pods[i].ready};
        p->state = w->pods[i].planned ? GONE : p->node < 0 ? WAITS : RUNS;
        if (p->state == WAITS)
            *PUSH(t->a, &t->waiting) = i;
        if (p->state != RUNS)
            continue;
        *PUSH(t->a, &t->nodes[p->node].pods) = i;
        *PUSH(t->a, &t->nodes[p->node].order) = i;
        for (uint32_t k = 0; k < w->pods[i].container_count; k++)
            p->c[k].from = p->c[k].to = twin_full_usage(t, i, k);
    }
}

static void begin_world(struct twin *t)
{
    const struct sim_world *w = t->w;
    t->nodes = arena_array(t->a, struct twin_node, w->node_count);
    t->zones = arena_array(t->a, struct twin_zone, w->zone_count);
    t->workloads = arena_array(t->a, struct twin_workload, w->workload_count);
    t->hpas = arena_array(t->a, struct twin_hpa, w->hpas.count);
    for (uint32_t i = 0; i < w->workload_count; i++)
        t->workloads[i] = (struct twin_workload){.healthy = w->workloads[i].healthy,
                                                 .wanted = w->workloads[i].replicas,
                                                 .load = w->options.surge_permyriad,
                                                 .surge = FACTOR_ONE};
    for (uint32_t i = 0; i < w->node_count; i++)
        t->nodes[i].lost = t->nodes[i].not_ready = !w->nodes[i].usable;
    begin_pods(t);
}

static void look_first(struct twin *t, struct number_list *seen, uint32_t node)
{
    for (size_t i = 0; i < seen->count; i++)
        if (seen->items[i] == node)
            return;
    *PUSH(t->a, seen) = node;
}

/* Nodes that are in trouble already, those with what leaks, those with what grows. */
static struct number_list restless(struct twin *t)
{
    const struct sim_world *w = t->w;
    struct number_list seen = {0};
    for (uint32_t i = 0; i < w->node_count; i++)
        if (w->nodes[i].usable && twin_in_trouble(t, i))
            look_first(t, &seen, i);
    for (uint32_t p = 0; p < w->pod_count; p++)
        if (t->pods.items[p].state == RUNS && t->workloads[w->pods[p].workload].leak)
            look_first(t, &seen, (uint32_t)w->pods[p].node);
    for (size_t i = 0; t->factor && i < w->growing.count; i++)
        look_first(t, &seen, w->growing.items[i]);
    return seen;
}

static void begin(struct twin *t)
{
    const struct sim_world *w = t->w;
    const struct contingency *c = t->c;
    begin_world(t);
    twin_services_begin(t);
    twin_hpas_begin(t);
    for (size_t i = 0; i < w->leaks.count; i++)
        twin_leak(t, &w->leaks.items[i]);
    if (c->type == CONTINGENCY_LEAK)
        twin_leak(t, &c->leak);
    if (c->type == CONTINGENCY_SURGE) {
        t->workloads[c->surge.workload].surge = c->surge.permyriad;
        twin_later(t, 0, RELOAD, c->surge.workload, 0);
    }
    for (uint32_t i = 0; i < c->node_count; i++)
        twin_later(t, 0, c->type == CONTINGENCY_DRAIN ? DRAIN : LOSE, c->nodes[i], 0);
    for (uint32_t i = 0; i < c->actions.count; i++)
        twin_later(t, c->actions.items[i].at_ms, ACTION, i, 0);
    struct number_list nodes = restless(t);
    for (uint32_t p = 0; p < w->pod_count; p++)
        for (uint32_t k = 0; t->pods.items[p].state == RUNS && k < w->pods[p].container_count; k++)
            twin_rise(t, p, k);
    for (size_t i = 0; i < nodes.count; i++)
        twin_later(t, 0, LOOK, nodes.items[i], 0);
}

/* ---- a run ---- */

static void do_of_control(struct twin *t, const struct todo_item *x)
{
    switch (x->what) {
    case DRAIN:
        t->tries -= x->detail; /* a further try */
        twin_drain(t, x->subject);
        break;
    case ACTION:
        twin_act(t, &t->c->actions.items[x->subject]);
        break;
    case RELOAD:
        twin_reload(t, x->subject);
        break;
    case ROLLOUT:
        twin_rollout_step(t, x->subject);
        break;
    case HPA:
        twin_hpa_sync(t, x->subject);
        break;
    case CREATE:
        twin_try_again(t, x->subject);
        break;
    case REPLACE:
        twin_replace(t, x->subject, x->detail);
        twin_want_place(t);
        break;
    default:
        assert(false);
        break;
    }
}

static void do_one(struct twin *t, const struct todo_item *x)
{
    switch (x->what) {
    case LOSE:
        twin_lose(t, x->subject, false);
        break;
    case NOT_READY:
        twin_not_ready(t, x->subject);
        break;
    case TAINT:
        twin_taint(t, x->subject);
        break;
    case DELETE:
        twin_delete_pods(t, x->subject, x->detail);
        break;
    case PLACE:
        twin_place(t);
        break;
    case START:
        twin_start(t, x->subject);
        break;
    case RESTART:
        twin_restart(t, x->subject, x->detail);
        break;
    case LOOK:
        if (x->detail == t->nodes[x->subject].looks)
            twin_look(t, x->subject);
        break;
    case POLL:
        twin_poll(t, x->subject);
        break;
    case FREED:
        twin_freed(t, x->subject);
        break;
    case CALM:
        twin_calm(t, x->subject);
        break;
    default:
        do_of_control(t, x);
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

/* ---- what it comes to ---- */

static void add_failure(struct twin *t, enum sim_way way, uint32_t subject, int64_t have)
{
    int64_t need = way == WAY_SHORT || way == WAY_ZERO ? t->w->workloads[subject].need : 0;
    for (size_t i = 0; i < t->o->failure_count; i++)
        if (t->o->failures[i].way == way && t->o->failures[i].subject == subject)
            return;
    t->o->failures[t->o->failure_count++] =
        (struct sim_failure){.way = way, .subject = subject, .have = have, .need = need};
}

/* A budget that it shares has too few, and it lacks pods. */
static const struct pdb *short_together(const struct twin *t, uint32_t workload)
{
    const struct sim_workload *w = &t->w->workloads[workload];
    const struct pdb *first = NULL;
    for (size_t i = 0; i < w->workload->pdbs.count; i++) {
        const struct pdb *p = w->workload->pdbs.items[i];
        if (t->workloads[workload].healthy < w->scale && twin_selects(t, p, workload) &&
            twin_is_shared(t, p) && twin_budget_has(t, p, true) < twin_budget_demands(t, p) &&
            (!first || str_cmp(p->o.name, first->o.name) < 0))
            first = p;
    }
    return first;
}

static void judge_workloads(struct twin *t, bool at_zero)
{
    for (uint32_t i = 0; i < t->w->workload_count; i++) {
        int64_t healthy = t->workloads[i].healthy;
        const struct pdb *p = short_together(t, i);
        if (healthy < t->w->workloads[i].need && (healthy <= 0) == at_zero)
            add_failure(t, at_zero ? WAY_ZERO : WAY_SHORT, i, healthy);
        else if (healthy >= t->w->workloads[i].need && p && !at_zero) {
            add_failure(t, WAY_SHORT, i, twin_budget_has(t, p, true));
            t->o->failures[t->o->failure_count - 1].need = twin_budget_demands(t, p);
        }
    }
}

/* The shortest sequence that the failures of a line end with twice; else all of them. */
static struct sim_cycle *cycle_of(struct twin *t, uint32_t line)
{
    struct sim_cycle *c = arena_new(t->a, struct sim_cycle);
    struct number_list of = {0}; /* falls of the line, since it last counted from 0 */
    size_t length = 0, from;
    for (uint32_t i = 0; i < t->falls.count; i++)
        if (t->falls.items[i].line == line)
            *PUSH(t->a, &of) = i;
    if (!of.count)
        return c;
    from = of.count - MIN(of.count, t->pods.items[line].failures);
    for (size_t n = (of.count - from) / 2; n > 0; n--) {
        bool twice = true;
        for (size_t i = of.count - n; i < of.count; i++) {
            const struct fall *x = &t->falls.items[of.items[i]];
            const struct fall *y = &t->falls.items[of.items[i - n]];
            twice = twice && x->how == y->how && x->node == y->node && x->container == y->container;
        }
        length = twice ? n : length;
    }
    c->repeats = length > 0;
    c->failures = (uint32_t)(of.count - from);
    c->step_count = length ? length : of.count - from;
    c->steps = arena_array(t->a, struct sim_cycle_step, c->step_count);
    from = of.count - c->step_count;
    const struct fall *first = &t->falls.items[of.items[from]];
    for (size_t i = 0; i < c->step_count; i++) {
        const struct fall *x = &t->falls.items[of.items[from + i]];
        c->steps[i] =
            (struct sim_cycle_step){x->how, x->node, x->container, x->at_ms - first->at_ms};
    }
    size_t last = of.count - 1;
    if (length)
        c->period_ms =
            t->falls.items[of.items[last]].at_ms - t->falls.items[of.items[last - length]].at_ms;
    return c;
}

/* Told of the first line of the workload that fails so. */
static void judge_storms(struct twin *t, uint32_t workload)
{
    struct sim_cycle *cycle = NULL;
    uint32_t pods = 0;
    for (size_t k = 0; k < t->storms.count; k++)
        if (origin(t, t->storms.items[k])->workload == workload) {
            cycle = cycle ? cycle : cycle_of(t, t->storms.items[k]);
            pods++;
        }
    if (!cycle)
        return;
    cycle->pods = pods;
    add_failure(t, WAY_STORM, workload, 0);
    t->o->failures[t->o->failure_count - 1].cycle = cycle;
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
        bool is_short = t->workloads[i].healthy < w->workloads[i].need;
        o->zero += is_short && t->workloads[i].healthy <= 0;
        is_short = is_short || short_together(t, i);
        o->below += is_short;
        o->dips += !is_short && t->workloads[i].dipped;
    }
    judge_workloads(t, false);
    judge_workloads(t, true);
    for (uint32_t i = 0; i < w->workload_count; i++)
        judge_storms(t, i);
    for (size_t i = 0; i < t->waiting.count; i++)
        o->pending += t->waiting.items[i] >= w->pod_count;
    for (size_t i = 0; i < t->refused.count; i++)
        o->refused_left += !t->refused.items[i].done;
    o->outages = t->outages.items;
    o->outage_count = t->outages.count;
}

void twin_run(const struct sim_world *w, const struct contingency *c, int64_t factor,
              struct arena *a, struct sim_outcome *ret)
{
    struct twin t = {.w = w, .c = c, .a = a, .o = ret, .factor = factor, .second = -1};
    struct todo_item x;
    *ret = (struct sim_outcome){.first = {.type = SIM_EVENT_TYPES}};
    t.surge = w->options.surge_permyriad;
    begin(&t);
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
