/* SPDX-License-Identifier: Apache-2.0
 *
 * From options to the question: which contingencies are gone through, and which one is told event
 * by event.
 */
#include "cmd/simulate/simulate.h"
#include "model/quantity.h"

/* --groups=auto: above it the lines of zones and pools take too long to be a default. */
enum { GROUPS_MOST_NODES = 1000 };

static int find_node(const struct sim_world *w, struct str text, uint32_t *ret, struct err *e)
{
    struct str name = str_starts(text, "node/") ? str_sub(text, 5, text.n) : text;
    int32_t node = sim_find_node(w, name);
    if (node == NO_INDEX32) {
        struct option_guess g;
        option_guess_init(&g, name);
        for (uint32_t i = 0; i < w->node_count; i++)
            option_guess_try(&g, w->nodes[i].node->o.name);
        if (g.best.p)
            return err_set(e, ENOENT, "there is no node \"%.*s\"; did you mean \"%.*s\"?",
                           (int)MIN(name.n, 63U), name.p, (int)MIN(g.best.n, 63U), g.best.p);
        return err_set(e, ENOENT, "there is no node \"%.*s\" among %u", (int)MIN(name.n, 63U),
                       name.p ? name.p : "", w->node_count);
    }
    *ret = (uint32_t)node;
    return 0;
}

/* All nodes named, as one contingency. */
static int add_nodes(struct arena *a, const struct sim_world *w, const struct option_texts *names,
                     enum contingency_type type, struct contingencies *set, struct err *e)
{
    if (names->count == 0)
        return 0;
    struct contingency c = {.type = type, .name = STR("")};
    c.nodes = arena_array(a, uint32_t, names->count);
    for (size_t i = 0; i < names->count; i++) {
        int r = find_node(w, names->items[i], &c.nodes[c.node_count], e);
        if (r < 0)
            return r;
        struct str name = w->nodes[c.nodes[c.node_count++]].node->o.name;
        c.name = arena_printf(a, STR_FMT "%snode/" STR_FMT, STR_ARG(c.name), i ? "+" : "",
                              STR_ARG(name));
    }
    *PUSH(a, set) = c;
    return 0;
}

static int add_zones(struct arena *a, const struct sim_world *w, const struct option_texts *names,
                     struct contingencies *set, struct err *e)
{
    struct contingencies all = {0};
    contingencies_zones(a, w, &all);
    for (size_t i = 0; i < names->count; i++) {
        struct str want = names->items[i];
        if (str_starts(want, "zone/"))
            want = str_sub(want, 5, want.n);
        size_t k = 0;
        while (k < all.count && !str_eq(str_sub(all.items[k].name, 5, SIZE_MAX), want))
            k++;
        if (k == all.count)
            return err_set(e, ENOENT, "there is no zone \"%.*s\" among %zu", (int)MIN(want.n, 63U),
                           want.p ? want.p : "", all.count);
        *PUSH(a, set) = all.items[k];
    }
    return 0;
}

/* "deploy/checkout=20Mi/min" */
static int parse_leak(const struct sim_world *w, struct str text, struct sim_leak *ret,
                      struct err *e)
{
    struct str rate, name = str_cut(text, '=', &rate);
    if (!rate.p || simulate_parse_rate(rate, &ret->bytes_per_minute, e) < 0)
        return err_set(e, EINVAL, "--leak \"%.*s\" is not like deploy/checkout=20Mi/min",
                       (int)MIN(text.n, 80U), text.p ? text.p : "");
    return sim_find_workload(w, name, &ret->workload, e);
}

static int add_leaks(struct arena *a, struct sim_world *w, const struct simulate_options *o,
                     bool alone, struct contingencies *set, struct err *e)
{
    for (size_t i = 0; i < o->leak.count; i++) {
        struct sim_leak leak = {0};
        int r = parse_leak(w, o->leak.items[i], &leak, e);
        if (r < 0)
            return r;
        if (!alone || o->leak.count > 1)
            *PUSH(a, &w->leaks) = leak;
        if (alone && (i == 0 || o->leak.count == 1))
            *PUSH(a, set) = (struct contingency){
                .type = o->leak.count == 1 ? CONTINGENCY_LEAK : CONTINGENCY_NONE,
                .name = arena_printf(a, "leak " STR_FMT "%s", STR_ARG(o->leak.items[i]),
                                     o->leak.count > 1 ? " and more" : ""),
                .leak = leak,
            };
    }
    return 0;
}

static bool is_single(const struct simulate_options *o, const struct sim_world *w)
{
    return o->lose.count || o->zone.count || o->drain.count || w->options.scenario;
}

static bool is_set(const struct simulate_options *o)
{
    return o->n1 || o->n2 || o->zones || o->leaks || o->surges;
}

/* "losing one node or a surge of any one workload" */
static const char *question_of(struct arena *a, const struct simulate_options *o,
                               const struct sim_world *w)
{
    const struct {
        bool asked;
        const char *words;
    } parts[] = {
        {o->n1 && !o->n2, "losing one node"},       {o->n2, "losing any two nodes"},
        {o->zones, "losing any one zone"},          {o->leaks, "a leak in any one workload"},
        {o->surges, "a surge of any one workload"},
    };
    struct str text = STR("");
    if (is_single(o, w))
        return "this loss";
    if (!is_set(o))
        return "losing one node";
    for (size_t i = 0; i < ARRAY_LEN(parts); i++)
        if (parts[i].asked)
            text = arena_printf(a, STR_FMT "%s%s", STR_ARG(text), text.n ? " or " : "",
                                parts[i].words);
    return text.p;
}

static void add_sets(struct arena *a, const struct sim_world *w, const struct simulate_options *o,
                     struct contingencies *set)
{
    contingencies_none(a, set);
    if (o->n1 || !is_set(o))
        contingencies_n1(a, w, set);
    if (o->n2)
        contingencies_n2(a, w, set);
    if (o->zones)
        contingencies_zones(a, w, set);
    if (o->leaks)
        contingencies_leaks(a, w, o->leaks, set);
    if (o->surges)
        contingencies_surges(a, w, o->surges, set);
}

static int add_singles(struct arena *a, const struct sim_world *w, const struct simulate_options *o,
                       struct contingencies *set, struct err *e)
{
    int r = add_nodes(a, w, &o->lose, CONTINGENCY_LOSE, set, e);
    if (r == 0)
        r = add_zones(a, w, &o->zone, set, e);
    if (r == 0)
        r = add_nodes(a, w, &o->drain, CONTINGENCY_DRAIN, set, e);
    if (r == 0 && w->options.scenario)
        r = contingency_of_scenario(a, w, w->options.scenario, PUSH(a, set), e);
    return r;
}

static int find_explained(struct str name, struct simulate_plan *p, struct err *e)
{
    struct option_guess g;
    option_guess_init(&g, name);
    for (size_t i = 0; i < p->set.count; i++) {
        if (str_eq(p->set.items[i].name, name)) {
            p->explained = &p->set.items[i];
            return 0;
        }
        option_guess_try(&g, p->set.items[i].name);
    }
    if (!g.best.p)
        g.best = p->set.items[p->set.count - 1].name;
    return err_set(e, ENOENT, "there is no contingency \"%.*s\" among %zu (such as %.*s)",
                   (int)MIN(name.n, 80U), name.p, p->set.count, (int)MIN(g.best.n, 80U), g.best.p);
}

int simulate_plan_make(struct arena *a, struct sim_world *w, const struct simulate_options *o,
                       struct simulate_plan *p, struct err *e)
{
    bool single = is_single(o, w), leaks_alone = o->leak.count && !is_set(o) && !single;
    if (o->surges && !w->elastic)
        return err_set(e, EINVAL,
                       "--surges moves the share of memory use that follows load, and that is 0: "
                       "give it with --elastic (1: all of it)");
    p->wanted.line = o->leak.count == 0 && !o->leaks && o->drain.count == 0 && !w->options.scenario;
    p->question = question_of(a, o, w);
    p->wanted.group_lines =
        p->wanted.line && (o->groups == GROUPS_YES ||
                           (o->groups == GROUPS_AUTO && w->node_count <= GROUPS_MOST_NODES));
    if (is_set(o) || (!single && !leaks_alone))
        add_sets(a, w, o, &p->set);
    int r = add_singles(a, w, o, &p->set, e);
    if (r == 0)
        r = add_leaks(a, w, o, leaks_alone, &p->set, e);
    if (r == 0 && o->explain.p && !o->many.runs) /* else it names a run */
        r = find_explained(o->explain, p, e);
    if (r < 0)
        return r;
    if (!p->explained && (single || leaks_alone))
        p->explained = &p->set.items[p->set.count - 1];
    return 0;
}
