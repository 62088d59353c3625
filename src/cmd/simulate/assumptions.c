/* SPDX-License-Identifier: Apache-2.0
 *
 * From options, and from the Scenario that stands over them, to the assumptions of a simulation.
 */
#include "cmd/simulate/simulate.h"

#define WEEK_MS (INT64_C(7) * 24 * 3600 * 1000)

static void from_options(const struct simulate_options *o, struct sim_options *ret)
{
    sim_options_default(ret);
    ret->assume = (enum sim_usage_source)o->assume;
    ret->node_oom = (enum node_oom)o->node_oom;
    ret->node_pressure = (enum node_pressure)o->node_pressure;
    ret->hpa = (enum sim_hpa_reaction)o->hpa;
    ret->hpa_cpu = (enum sim_hpa_cpu)o->hpa_cpu;
    ret->unaccounted_permyriad = o->unaccounted;
    ret->elastic_permyriad = o->elastic;
    ret->surge_permyriad = o->surge;
    ret->until_ms = o->until_ms;
    ret->start_ms = o->start_ms;
    ret->warm_ms = o->warm_ms;
    ret->threads = (unsigned)o->world.threads;
    ret->pairs = o->exhaustive ? SIM_PAIRS_ALL : SIM_PAIRS_AUTO;
}

static int word_of(struct str text, const char *const *words, const char *what, int *ret,
                   struct err *e)
{
    for (int i = 0; words[i]; i++)
        if (str_is(text, words[i])) {
            *ret = i;
            return 0;
        }
    return err_set(e, EINVAL, "%s is \"%.*s\", not %s or %s", what, (int)MIN(text.n, 40U), text.p,
                   words[0], words[1]);
}

static int use_words(const struct scenario *s, struct sim_options *ret, struct err *e)
{
    int oom = (int)ret->node_oom, pressure = (int)ret->node_pressure, hpa = (int)ret->hpa;
    int cpu = (int)ret->hpa_cpu;
    const struct {
        struct str text;
        const char *const *words;
        const char *name;
        int *value;
    } list[] = {
        {s->node_oom, simulate_oom_words, "nodeOom", &oom},
        {s->node_pressure, simulate_pressure_words, "nodePressure", &pressure},
        {s->hpa, simulate_hpa_words, "hpa", &hpa},
        {s->hpa_cpu, simulate_hpa_cpu_words, "hpaCpu", &cpu},
    };
    int r = 0;
    for (size_t i = 0; i < ARRAY_LEN(list) && r == 0; i++)
        if (list[i].text.n)
            r = word_of(list[i].text, list[i].words, list[i].name, list[i].value, e);
    ret->node_oom = (enum node_oom)oom;
    ret->node_pressure = (enum node_pressure)pressure;
    ret->hpa = (enum sim_hpa_reaction)hpa;
    ret->hpa_cpu = (enum sim_hpa_cpu)cpu;
    return r;
}

/* A Scenario's assumptions stand over the options. */
static int use_scenario(const struct cluster *c, struct str name, struct sim_options *ret,
                        struct err *e)
{
    const struct scenario *s = NULL;
    for (size_t i = 0; i < c->scenarios.count; i++)
        if (str_eq(c->scenarios.items[i]->o.name, name))
            s = c->scenarios.items[i];
    if (!s)
        return err_set(e, ENOENT, "there is no Scenario \"%.*s\" among %zu", (int)MIN(name.n, 63U),
                       name.p, c->scenarios.count);
    ret->scenario = s;
    if (s->until_ms > 0)
        ret->until_ms = MIN(s->until_ms, WEEK_MS);
    if (s->unaccounted_percent.set)
        ret->unaccounted_permyriad = MAX(MIN(s->unaccounted_percent.v, 100), 0) * 100;
    if (s->elastic_percent.set)
        ret->elastic_permyriad = MAX(MIN(s->elastic_percent.v, 100), 0) * 100;
    for (size_t i = 0; i < s->node_groups.count; i++) {
        struct scenario_node_group *g = PUSH(c->arena, &ret->node_groups);
        *g = s->node_groups.items[i];
        g->ready_after_ms = g->ready_after_ms > 0 ? MIN(g->ready_after_ms, WEEK_MS) : 180 * 1000;
    }
    int r = use_words(s, ret, e);
    return r < 0 ? err_wrap(e, "Scenario %.*s", (int)MIN(name.n, 63U), name.p) : 0;
}

/* "node/ip-10-0-1-11=20" */
static int add_groups(const struct cluster *c, const struct simulate_options *o,
                      struct sim_options *ret, struct err *e)
{
    for (size_t i = 0; i < o->node_groups.count; i++) {
        struct str text = o->node_groups.items[i], most;
        struct scenario_node_group g = {.like = str_cut(text, '=', &most),
                                        .ready_after_ms = o->node_ready_ms};
        if (!most.p || str_to_int64(most, &g.max_nodes) < 0)
            return err_set(e, EINVAL, "--node-group \"%.*s\" is not like node/NAME=5",
                           (int)MIN(text.n, 80U), text.p ? text.p : "");
        *PUSH(c->arena, &ret->node_groups) = g;
    }
    return 0;
}

int simulate_assume(const struct cluster *c, const struct simulate_options *o,
                    struct sim_options *ret, struct err *e)
{
    from_options(o, ret);
    int r = add_groups(c, o, ret, e);
    return r == 0 && o->scenario.p ? use_scenario(c, o->scenario, ret, e) : r;
}
