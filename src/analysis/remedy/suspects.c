/* SPDX-License-Identifier: Apache-2.0
 *
 * Where the cluster is weakest, and who is involved there: what fails, what is killed, and what uses
 * more than it requests on the nodes where memory runs out. Candidates are made for these only, so
 * that their number does not grow with the cluster.
 */
#include "analysis/remedy/internal.h"

/* ---- the weakest contingencies ---- */

static bool has(const struct weakest *x, const struct contingency *c)
{
    for (size_t i = 0; i < x->set.count; i++)
        if (str_eq(x->set.items[i].name, c->name))
            return true;
    return false;
}

static void add_failing(struct arena *a, const struct remedy_question *q, int64_t factor,
                        struct weakest *ret)
{
    CLEANUP(arena_done) struct arena scratch;
    arena_init(&scratch);
    struct sim_runner *r = sim_runner_new(&scratch, q->world);
    for (size_t i = 0; i < q->report->count && ret->set.count < WEAKEST_MAX; i++) {
        const struct sim_item *x = &q->report->items[i];
        struct sim_run_input in = {
            .contingency = x->contingency, .factor = factor, .stop_at_failure = true};
        struct sim_outcome o;
        struct sim_failure *list;
        if (has(ret, x->contingency))
            continue;
        sim_run(r, &in, &scratch, &o);
        if (failures_beyond(&scratch, &o, &x->structural, &list))
            *PUSH(a, &ret->set) = *x->contingency;
    }
    sim_runner_done(r);
}

/* In the report's ranking, worst first. */
static void add_ranked(struct arena *a, const struct remedy_question *q, bool structural,
                       struct weakest *ret)
{
    size_t most = structural ? ret->set.count + NODES_MAX : WEAKEST_MAX;
    for (size_t i = 0; i < q->report->count && ret->set.count < most; i++) {
        const struct sim_item *x = &q->report->items[q->report->ranked[i]];
        bool wanted = structural ? x->structural.failure_count > 0 || x->structural.pending > 0
                                 : !x->survives || x->now.blocked;
        if (wanted && !has(ret, x->contingency))
            *PUSH(a, &ret->set) = *x->contingency;
    }
}

void weakest_find(struct arena *a, const struct remedy_question *q, struct weakest *ret)
{
    static const int64_t steps[] = {100, 103, 110}; /* percent of where the first fails */
    const struct sim_line *l = &q->report->line;
    *ret = (struct weakest){.factor = FACTOR_ONE};
    if (q->want_line && l->known) {
        ret->factor = l->above ? FACTOR_MAX : MAX(l->fails_at, l->factor + REMEDY_LEAST);
        if (!l->above)
            *PUSH(a, &ret->set) = *q->report->items[l->weakest].contingency;
        for (size_t i = 0; i < ARRAY_LEN(steps) && !l->above && ret->set.count < WEAKEST_MAX; i++)
            add_failing(a, q, MIN(l->fails_at * steps[i] / 100, FACTOR_MAX), ret);
    } else {
        add_ranked(a, q, false, ret);
    }
    add_ranked(a, q, true, ret);
    for (size_t i = 0; i < q->report->count; i++)
        for (size_t k = 0; k < ret->set.count; k++)
            if (str_eq(ret->set.items[k].name, q->report->items[i].contingency->name))
                ret->structural[k] = q->report->items[i].structural.failure_count > 0;
}

/* ---- who is involved ---- */

struct weights {
    int64_t *bytes; /* by workload */
    enum suspicion *why;
    uint8_t *seen; /* by node */
};

static int64_t used_over_request(const struct sim_world *w, const struct sim_pod *p, int64_t factor)
{
    int64_t usage = 0;
    for (uint32_t k = 0; k < p->container_count; k++) {
        const struct sim_container *c = &w->containers[p->container + k];
        int64_t x = (int64_t)((double)c->usage * (double)factor / FACTOR_ONE);
        usage += c->limit ? MIN(x, c->limit) : x;
    }
    return MAX(usage - p->request, 0);
}

static void weigh_node(const struct sim_world *w, uint32_t node, int64_t factor, struct weights *x)
{
    if (x->seen[node]++)
        return;
    for (uint32_t p = w->nodes[node].first_pod; p != UINT32_MAX; p = w->pods[p].next)
        x->bytes[w->pods[p].workload] += used_over_request(w, &w->pods[p], factor);
}

static void weigh_event(const struct sim_world *w, const struct sim_event *e, int64_t factor,
                        struct weights *x)
{
    switch (e->type) {
    case SIM_MEMCG_OOM:
    case SIM_POD_OOM:
    case SIM_KUBEPODS_OOM:
    case SIM_GLOBAL_OOM:
    case SIM_EVICTED:
    case SIM_PRESSURE:
    case SIM_THRASHED:
    case SIM_OOM_LOST:
        if (e->pod != NO_INDEX32)
            x->bytes[w->pods[e->pod].workload] += e->bytes;
        if (e->node != NO_INDEX32)
            weigh_node(w, (uint32_t)e->node, factor, x);
        break;
    case SIM_PLACED:
        if (e->pod != NO_INDEX32)
            x->bytes[w->pods[e->pod].workload] += used_over_request(w, &w->pods[e->pod], factor);
        break;
    default:
        break;
    }
}

static void suspect_of(struct weights *x, uint32_t workload, enum suspicion why)
{
    x->why[workload] = MAX(x->why[workload], why);
}

static void weigh_outcome(const struct sim_outcome *o, struct weights *x)
{
    for (size_t i = 0; i < o->failure_count; i++)
        if (o->failures[i].way != WAY_NODE_LOST)
            suspect_of(x, o->failures[i].subject, SUSPECT_FAILS);
    if (o->blocked)
        suspect_of(x, o->blocked_workload, SUSPECT_FAILS);
}

/* Whatever grows: by the contingency, in force everywhere, or by its profile. */
static void weigh_growth(const struct sim_world *w, const struct contingency *c, struct weights *x)
{
    if (c->type == CONTINGENCY_LEAK)
        suspect_of(x, c->leak.workload, SUSPECT_GROWS);
    for (size_t i = 0; i < c->actions.count; i++)
        if (c->actions.items[i].type == ACTION_LEAK)
            suspect_of(x, c->actions.items[i].leak.workload, SUSPECT_GROWS);
    for (size_t i = 0; i < w->leaks.count; i++)
        suspect_of(x, w->leaks.items[i].workload, SUSPECT_GROWS);
    for (uint32_t p = 0; w->growing.count && p < w->pod_count; p++)
        for (uint32_t k = 0; k < w->pods[p].container_count; k++)
            if (w->containers[w->pods[p].container + k].growth)
                suspect_of(x, w->pods[p].workload, SUSPECT_GROWS);
}

static bool is_heavier(const struct suspect *x, const struct suspect *y)
{
    return x->why != y->why ? x->why > y->why : x->weight > y->weight;
}

static void insert(struct suspects *s, struct suspect x)
{
    size_t i = s->count;
    if (i == SUSPECTS_MAX && !is_heavier(&x, &s->items[--i]))
        return;
    for (; i > 0 && is_heavier(&x, &s->items[i - 1]); i--)
        s->items[i] = s->items[i - 1];
    s->items[i] = x;
    s->count = MIN(s->count + 1, (size_t)SUSPECTS_MAX);
}

void suspects_find(const struct sim_world *w, const struct weakest *weak, struct suspects *ret)
{
    enum { MOST_EVENTS = 5000 }; /* a cluster that falls tells no more in the rest */
    CLEANUP(arena_done) struct arena scratch;
    arena_init(&scratch);
    struct weights x = {.bytes = arena_array(&scratch, int64_t, w->workload_count),
                        .why = arena_array(&scratch, enum suspicion, w->workload_count),
                        .seen = arena_array(&scratch, uint8_t, w->node_count)};
    struct sim_runner *r = sim_runner_new(&scratch, w);
    *ret = (struct suspects){0};
    for (size_t i = 0; i < weak->set.count; i++) {
        struct sim_events events = {0};
        struct sim_outcome o;
        struct sim_run_input in = {.contingency = &weak->set.items[i],
                                   .factor = weak->factor,
                                   .log = &events,
                                   .log_arena = &scratch};
        sim_run(r, &in, &scratch, &o);
        memset(x.seen, 0, w->node_count);
        for (size_t k = 0; k < events.count && k < MOST_EVENTS; k++)
            weigh_event(w, &events.items[k], weak->factor, &x);
        weigh_outcome(&o, &x);
        weigh_growth(w, in.contingency, &x);
    }
    sim_runner_done(r);
    for (uint32_t i = 0; i < w->workload_count; i++)
        if (x.bytes[i] || x.why[i])
            insert(ret, (struct suspect){i, x.bytes[i], x.why[i]});
}
