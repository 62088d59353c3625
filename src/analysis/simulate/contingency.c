/* SPDX-License-Identifier: Apache-2.0
 *
 * The sets of contingencies that a report goes through.
 */
#include "analysis/simulate/internal.h"

void contingencies_none(struct arena *a, struct contingencies *ret)
{
    *PUSH(a, ret) = (struct contingency){.type = CONTINGENCY_NONE, .name = STR("nothing lost")};
}

static uint32_t *one_node(struct arena *a, uint32_t node)
{
    uint32_t *list = arena_array(a, uint32_t, 1);
    list[0] = node;
    return list;
}

static struct str node_name(const struct sim_world *w, uint32_t node)
{
    return w->nodes[node].node->o.name;
}

void contingencies_n1(struct arena *a, const struct sim_world *w, struct contingencies *ret)
{
    for (uint32_t i = 0; i < w->node_count; i++) {
        if (!w->nodes[i].usable)
            continue;
        *PUSH(a, ret) = (struct contingency){
            .type = CONTINGENCY_LOSE,
            .name = arena_printf(a, "node/" STR_FMT, STR_ARG(node_name(w, i))),
            .nodes = one_node(a, i),
            .node_count = 1,
        };
    }
}

void contingencies_n2(struct arena *a, const struct sim_world *w, struct contingencies *ret)
{
    for (uint32_t i = 0; i < w->node_count; i++)
        for (uint32_t j = i + 1; j < w->node_count; j++) {
            if (!w->nodes[i].usable || !w->nodes[j].usable)
                continue;
            struct contingency *c = PUSH(a, ret);
            c->type = CONTINGENCY_LOSE;
            c->name = arena_printf(a, "node/" STR_FMT "+node/" STR_FMT, STR_ARG(node_name(w, i)),
                                   STR_ARG(node_name(w, j)));
            c->nodes = arena_array(a, uint32_t, 2);
            c->nodes[0] = i;
            c->nodes[1] = j;
            c->node_count = 2;
        }
}

void contingencies_zones(struct arena *a, const struct sim_world *w, struct contingencies *ret)
{
    for (uint32_t z = 1; z < w->zone_count; z++) {
        struct contingency c = {.type = CONTINGENCY_LOSE};
        c.name = arena_printf(a, "zone/" STR_FMT, STR_ARG(w->zones[z]));
        c.nodes = arena_array(a, uint32_t, w->node_count);
        for (uint32_t i = 0; i < w->node_count; i++)
            if (w->nodes[i].zone == z && w->nodes[i].usable)
                c.nodes[c.node_count++] = i;
        if (c.node_count)
            *PUSH(a, ret) = c;
    }
}

/* One for each workload that has pods; the caller says what happens to it. */
static struct contingency *add_workload(struct arena *a, const struct sim_world *w, uint32_t i,
                                        const char *what, struct contingencies *ret)
{
    const struct object *o = &w->workloads[i].workload->o;
    struct contingency *c = PUSH(a, ret);
    *c = (struct contingency){0};
    c->name = arena_printf(a, "%s/%s/" STR_FMT "/" STR_FMT, what, kind_name(o->kind),
                           STR_ARG(o->ns), STR_ARG(o->name));
    return c;
}

void contingencies_leaks(struct arena *a, const struct sim_world *w, int64_t bytes_per_minute,
                         struct contingencies *ret)
{
    for (uint32_t i = 0; i < w->workload_count; i++) {
        if (w->workloads[i].replicas == 0)
            continue;
        struct contingency *c = add_workload(a, w, i, "leak", ret);
        c->type = CONTINGENCY_LEAK;
        c->leak = (struct sim_leak){i, bytes_per_minute};
    }
}

void contingencies_surges(struct arena *a, const struct sim_world *w, int64_t permyriad,
                          struct contingencies *ret)
{
    for (uint32_t i = 0; i < w->workload_count; i++) {
        if (w->workloads[i].replicas == 0)
            continue;
        struct contingency *c = add_workload(a, w, i, "surge", ret);
        c->type = CONTINGENCY_SURGE;
        c->surge = (struct sim_surge){i, permyriad};
    }
}

/* ---- scenarios ---- */

static int action_node(const struct sim_world *w, struct str text, uint32_t *ret, struct err *e)
{
    int32_t node = sim_find_node(w, str_starts(text, "node/") ? str_sub(text, 5, text.n) : text);
    if (node == NO_INDEX32)
        return err_set(e, EINVAL, "there is no node \"%.*s\"", (int)MIN(text.n, 80U), text.p);
    *ret = (uint32_t)node;
    return 0;
}

/* The pods are in the world already (prepare.c), one after the other. */
static int deploy_of(const struct sim_world *w, uint32_t revision, const struct scenario_event *x,
                     struct sim_action *ret, struct err *e)
{
    ret->type = ACTION_DEPLOY;
    ret->revision = revision;
    for (uint32_t p = w->pod_count; p-- > 0;)
        if (w->pods[p].planned == revision) {
            ret->first_pod = p;
            ret->pod_count++;
        }
    return sim_find_workload(w, x->deploy, &ret->workload, e);
}

static int event_count(const struct scenario_event *x)
{
    return (x->lose.n > 0) + (x->drain.n > 0) + (x->cordon.n > 0) + (x->kubelet_stopped.n > 0) +
           (x->back.n > 0) + (x->leak.n > 0) + (x->deploy.n > 0) + (x->surge_permyriad > 0);
}

static int action_of(const struct sim_world *w, const struct scenario_event *x, uint32_t revision,
                     struct sim_action *ret, struct err *e)
{
    *ret = (struct sim_action){.at_ms = x->at_ms};
    if (x->at_ms < 0)
        return err_set(e, EINVAL, "an event before the beginning");
    if (event_count(x) > 1)
        return err_set(e, EINVAL, "an event that is several at once: write one for each");
    if (x->lose.n) {
        ret->type = ACTION_LOSE;
        return action_node(w, x->lose, &ret->node, e);
    }
    if (x->drain.n) {
        ret->type = ACTION_DRAIN;
        return action_node(w, x->drain, &ret->node, e);
    }
    if (x->cordon.n) {
        ret->type = ACTION_CORDON;
        return action_node(w, x->cordon, &ret->node, e);
    }
    if (x->kubelet_stopped.n) {
        ret->type = ACTION_KUBELET_STOPPED;
        return action_node(w, x->kubelet_stopped, &ret->node, e);
    }
    if (x->back.n) {
        ret->type = ACTION_BACK;
        return action_node(w, x->back, &ret->node, e);
    }
    if (x->leak.n) {
        ret->type = ACTION_LEAK;
        ret->leak.bytes_per_minute = x->leak_bytes_per_minute;
        return sim_find_workload(w, x->leak, &ret->leak.workload, e);
    }
    if (x->deploy.n)
        return deploy_of(w, revision, x, ret, e);
    ret->type = ACTION_SURGE;
    ret->surge_permyriad = x->surge_permyriad;
    if (x->surge_permyriad <= 0)
        return err_set(e, EINVAL,
                       "an event that is none of lose, back, kubeletStopped, drain, cordon, leak, "
                       "surge, deploy");
    return 0;
}

int contingency_of_scenario(struct arena *a, const struct sim_world *w, const struct scenario *s,
                            struct contingency *ret, struct err *e)
{
    *ret = (struct contingency){
        .type = CONTINGENCY_SCENARIO,
        .name = arena_printf(a, "scenario/" STR_FMT, STR_ARG(s->o.name)),
    };
    for (size_t i = 0; i < s->events.count; i++) {
        int r = action_of(w, &s->events.items[i], (uint32_t)i + 1, PUSH(a, &ret->actions), e);
        if (r < 0)
            return err_wrap(e, "Scenario %.*s, line %u", (int)MIN(s->o.name.n, 63U), s->o.name.p,
                            s->events.items[i].at.line);
    }
    return 0;
}
