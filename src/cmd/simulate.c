/* SPDX-License-Identifier: Apache-2.0
 *
 * plimsoll simulate: the load line and the booking margin, and what follows the loss of something.
 */
#include "analysis/simulate/simulate.h"
#include "base/text.h"
#include "cmd/verb.h"
#include "model/defaults.h"
#include "output/simulate.h"

struct options {
    struct world_options world;
    bool n1, n2, zones, digest;
    struct option_texts lose, drain, zone, leak;
    struct str explain, scenario;
    int assume, node_oom, node_pressure;
    int64_t unaccounted, elastic, surge, until_ms, start_ms, warm_ms, min_line, top;
    struct option_outputs outputs;
};

static const char *const formats[] = {
    [SIMULATE_TEXT] = "text", [SIMULATE_JSON] = "json", [SIMULATE_YAML] = "yaml", NULL};
static const char *const assumptions[] = {
    [SIM_MEASURED] = "samples", [SIM_REQUESTS] = "requests", [SIM_LIMITS] = "limits", NULL};
static const char *const oom_words[] = {[NODE_OOM_KILL] = "kill", [NODE_OOM_LOST] = "lost", NULL};
static const char *const pressure_words[] = {
    [NODE_PRESSURE_EVICT] = "evict", [NODE_PRESSURE_THRASH] = "thrash", NULL};

/* ---- values ---- */

static int parse_number(struct str text, double scale, double most, void *ret, struct err *e)
{
    double x;
    int shown = (int)MIN(text.n, 40U);
    if (str_to_double(text, &x) < 0)
        return err_set(e, EINVAL, "\"%.*s\" is no number", shown, text.p ? text.p : "");
    if (x < 0 || x > most)
        return err_set(e, EINVAL, "%.*s is not between 0 and %g", shown, text.p, most);
    *(int64_t *)ret = (int64_t)(x * scale + 0.5);
    return 0;
}

/* "3%" or "0.03". */
static int parse_share(struct str text, void *ret, struct err *e)
{
    if (str_ends(text, "%"))
        return parse_number(str_sub(text, 0, text.n - 1), FACTOR_ONE / 100.0, 100, ret, e);
    return parse_number(text, FACTOR_ONE, 1, ret, e);
}

static int parse_factor(struct str text, void *ret, struct err *e)
{
    return parse_number(text, FACTOR_ONE, (double)FACTOR_MAX / FACTOR_ONE, ret, e);
}

static int parse_time(struct str text, void *ret, struct err *e)
{
    int64_t ms;
    if (text_parse_duration(text, &ms) < 0)
        return err_set(e, EINVAL, "\"%.*s\" is no duration such as 90s, 5m or 6h",
                       (int)MIN(text.n, 40U), text.p ? text.p : "");
    if (ms < 0 || ms > INT64_C(7) * 24 * 3600 * 1000)
        return err_set(e, EINVAL, "%.*s is not between 0 and 168h", (int)MIN(text.n, 40U), text.p);
    *(int64_t *)ret = ms;
    return 0;
}

static const struct option_spec set_specs[] = {
    {.name = "n-1",
     .type = OPTION_FLAG,
     .help = "Each node of the cluster is lost, one at a time. The default.",
     .offset = offsetof(struct options, n1)},
    {.name = "n-2",
     .type = OPTION_FLAG,
     .help = "Each pair of nodes is lost.",
     .offset = offsetof(struct options, n2)},
    {.name = "zones",
     .type = OPTION_FLAG,
     .help = "Each zone is lost (label topology.kubernetes.io/zone).",
     .offset = offsetof(struct options, zones)},
    {.name = "lose",
     .type = OPTION_TEXTS,
     .arg = "node/NAME",
     .help = "This node is lost; given several times, all of them at once. Prints the timeline.",
     .offset = offsetof(struct options, lose)},
    {.name = "zone",
     .type = OPTION_TEXTS,
     .arg = "ZONE",
     .help = "All nodes of this zone are lost. Prints the timeline.",
     .offset = offsetof(struct options, zone)},
    {.name = "drain",
     .type = OPTION_TEXTS,
     .arg = "node/NAME",
     .help = "Can this node be drained now? Exit code 1 when a PodDisruptionBudget says no.",
     .offset = offsetof(struct options, drain)},
    {.name = "leak",
     .type = OPTION_TEXTS,
     .arg = "WORKLOAD=AMOUNT/min",
     .help = "Every pod of a workload grows, such as deploy/checkout=20Mi/min. Alone it is the "
             "contingency itself; with another set it is in force in each.",
     .offset = offsetof(struct options, leak)},
    {.name = "scenario",
     .type = OPTION_TEXT,
     .arg = "NAME",
     .help =
         "The Scenario of this name in the input: its usage, assumptions and events. Prints the "
         "timeline.",
     .offset = offsetof(struct options, scenario)},
    {.name = "explain",
     .type = OPTION_TEXT,
     .arg = "CONTINGENCY",
     .help = "The timeline of one contingency of the set, by its name in the list "
             "(node/ip-10-0-1-45): each event with the rule of Kubernetes or the kernel behind "
             "it.",
     .offset = offsetof(struct options, explain)},
};

static const struct option_spec assumption_specs[] = {
    {.name = "assume",
     .type = OPTION_WORD,
     .words = assumptions,
     .preset = "samples",
     .help = "How much memory each container uses: what PodMetrics say, what it requests, or its "
             "limit.",
     .offset = offsetof(struct options, assume)},
    {.name = "node-oom",
     .type = OPTION_WORD,
     .words = oom_words,
     .preset = "kill",
     .help = "What a node does that has no memory left: the kernel kills by badness and the "
             "kubelet lives on, or the kubelet dies with it and the node is lost.",
     .offset = offsetof(struct options, node_oom)},
    {.name = "node-pressure",
     .type = OPTION_WORD,
     .words = pressure_words,
     .preset = "evict",
     .help = "What a node does below its hard eviction threshold: evict, or thrash until it "
             "misses its lease and is lost.",
     .offset = offsetof(struct options, node_pressure)},
    {.name = "unaccounted",
     .type = OPTION_PARSED,
     .arg = "SHARE",
     .preset = "3%",
     .parse = parse_share,
     .help = "Memory of a node that is in use and that the kubelet does not see: kernel, slab, "
             "sockets.",
     .offset = offsetof(struct options, unaccounted)},
    {.name = "elastic",
     .type = OPTION_PARSED,
     .arg = "SHARE",
     .preset = "0",
     .parse = parse_share,
     .help = "How much of usage follows load: survivors take over the traffic of pods that are "
             "gone.",
     .offset = offsetof(struct options, elastic)},
    {.name = "surge",
     .type = OPTION_PARSED,
     .arg = "FACTOR",
     .preset = "1",
     .parse = parse_factor,
     .help = "Load is this many times that of the sample. Counts for the elastic share.",
     .offset = offsetof(struct options, surge)},
    {.name = "start-up",
     .type = OPTION_PARSED,
     .arg = "TIME",
     .preset = "10s",
     .parse = parse_time,
     .help = "From scheduled to running.",
     .offset = offsetof(struct options, start_ms)},
    {.name = "warm-up",
     .type = OPTION_PARSED,
     .arg = "TIME",
     .preset = "60s",
     .parse = parse_time,
     .help = "From running to full memory use, in a straight line.",
     .offset = offsetof(struct options, warm_ms)},
    {.name = "until",
     .type = OPTION_PARSED,
     .arg = "TIME",
     .preset = "1h",
     .parse = parse_time,
     .help = "A run ends here at the latest.",
     .offset = offsetof(struct options, until_ms)},
};

static const struct option_spec report_specs[] = {
    {.name = "min-load-line",
     .type = OPTION_PARSED,
     .arg = "FACTOR",
     .absent = "no gate",
     .parse = parse_factor,
     .help = "A gate: exit code 1 when the load line is below this.",
     .offset = offsetof(struct options, min_line)},
    {.name = "top",
     .type = OPTION_INT,
     .arg = "N",
     .preset = "10",
     .min = 1,
     .max = 1000000,
     .help = "How many rows each list of the text has.",
     .offset = offsetof(struct options, top)},
    {.name = "digest",
     .type = OPTION_FLAG,
     .help = "End the text with the SHA-256 of the report: the same for the same world and options "
             "with any number of threads.",
     .offset = offsetof(struct options, digest)},
    {.name = "output",
     .letter = 'o',
     .type = OPTION_OUTPUTS,
     .arg = "FORMAT[=FILE]",
     .words = formats,
     .preset = "text",
     .help = "How to print it; several at once when all but one go to a file.",
     .offset = offsetof(struct options, outputs)},
};

static const struct option_table tables[] = {
    {.heading = "What happens", .specs = set_specs, .count = ARRAY_LEN(set_specs)},
    {.heading = "Assumptions", .specs = assumption_specs, .count = ARRAY_LEN(assumption_specs)},
    {.heading = "Report", .specs = report_specs, .count = ARRAY_LEN(report_specs)},
    WORLD_OPTIONS(struct options, world),
};

/* ---- the set ---- */

struct plan {
    struct contingencies set;
    const struct contingency *explained;
    const char *question;
    bool want_line;
};

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
    struct str rate, name = str_cut(text, '=', &rate), amount = rate;
    struct quantity q;
    int64_t divide = 1;
    if (str_ends(rate, "/min"))
        amount = str_sub(rate, 0, rate.n - 4);
    else if (str_ends(rate, "/h")) {
        amount = str_sub(rate, 0, rate.n - 2);
        divide = 60;
    }
    if (!rate.p || quantity_parse(amount, &q) < 0 || quantity_value(q) <= 0)
        return err_set(e, EINVAL, "--leak \"%.*s\" is not like deploy/checkout=20Mi/min",
                       (int)MIN(text.n, 80U), text.p ? text.p : "");
    ret->bytes_per_minute = quantity_value(q) / divide;
    return sim_find_workload(w, name, &ret->workload, e);
}

static int add_leaks(struct arena *a, struct sim_world *w, const struct options *o, bool alone,
                     struct contingencies *set, struct err *e)
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

static int make_plan(struct arena *a, struct sim_world *w, const struct options *o, struct plan *p,
                     struct err *e)
{
    bool sets = o->n1 || o->n2 || o->zones;
    bool single = o->lose.count || o->zone.count || o->drain.count || w->options.scenario;
    bool leaks_alone = o->leak.count && !sets && !single;
    p->want_line = o->leak.count == 0 && o->drain.count == 0 && !w->options.scenario;
    p->question = single               ? "this loss"
                  : o->n2              ? "losing any two nodes"
                  : o->zones && !o->n1 ? "losing any one zone"
                  : o->zones           ? "losing one node or one zone"
                                       : "losing one node";
    if (!single && !leaks_alone)
        contingencies_none(a, &p->set);
    if (o->n1 || (!sets && !single && !leaks_alone))
        contingencies_n1(a, w, &p->set);
    if (o->n2)
        contingencies_n2(a, w, &p->set);
    if (o->zones)
        contingencies_zones(a, w, &p->set);
    int r = add_nodes(a, w, &o->lose, CONTINGENCY_LOSE, &p->set, e);
    if (r == 0)
        r = add_zones(a, w, &o->zone, &p->set, e);
    if (r == 0)
        r = add_nodes(a, w, &o->drain, CONTINGENCY_DRAIN, &p->set, e);
    if (r == 0 && w->options.scenario)
        r = contingency_of_scenario(a, w, w->options.scenario, PUSH(a, &p->set), e);
    if (r == 0)
        r = add_leaks(a, w, o, leaks_alone, &p->set, e);
    if (r < 0)
        return r;
    for (size_t i = 0; i < p->set.count && o->explain.p; i++)
        if (str_eq(p->set.items[i].name, o->explain))
            p->explained = &p->set.items[i];
    if (o->explain.p && !p->explained)
        return err_set(e, ENOENT,
                       "there is no contingency \"%.*s\" among %zu (such as " STR_FMT ")",
                       (int)MIN(o->explain.n, 80U), o->explain.p, p->set.count,
                       STR_ARG(p->set.items[p->set.count - 1].name));
    if (!p->explained && (single || leaks_alone))
        p->explained = &p->set.items[p->set.count - 1];
    return 0;
}

/* ---- the verb ---- */

static void set_options(const struct options *o, struct sim_options *ret)
{
    sim_options_default(ret);
    ret->assume = (enum sim_usage_source)o->assume;
    ret->node_oom = (enum node_oom)o->node_oom;
    ret->node_pressure = (enum node_pressure)o->node_pressure;
    ret->unaccounted_permyriad = o->unaccounted;
    ret->elastic_permyriad = o->elastic;
    ret->surge_permyriad = o->surge;
    ret->until_ms = o->until_ms;
    ret->start_ms = o->start_ms;
    ret->warm_ms = o->warm_ms;
    ret->threads = (unsigned)o->world.threads;
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

/* A Scenario's assumptions stand over the options. */
static int use_scenario(const struct cluster *c, struct str name, struct sim_options *ret,
                        struct err *e)
{
    const struct scenario *s = NULL;
    int r = 0, word = 0;
    for (size_t i = 0; i < c->scenarios.count; i++)
        if (str_eq(c->scenarios.items[i]->o.name, name))
            s = c->scenarios.items[i];
    if (!s)
        return err_set(e, ENOENT, "there is no Scenario \"%.*s\" among %zu", (int)MIN(name.n, 63U),
                       name.p, c->scenarios.count);
    ret->scenario = s;
    if (s->until_ms > 0)
        ret->until_ms = MIN(s->until_ms, INT64_C(7) * 24 * 3600 * 1000);
    if (s->unaccounted_percent.set)
        ret->unaccounted_permyriad = MAX(MIN(s->unaccounted_percent.v, 100), 0) * 100;
    if (s->elastic_percent.set)
        ret->elastic_permyriad = MAX(MIN(s->elastic_percent.v, 100), 0) * 100;
    if (s->node_oom.n) {
        r = word_of(s->node_oom, oom_words, "nodeOom", &word, e);
        ret->node_oom = (enum node_oom)word;
    }
    if (r == 0 && s->node_pressure.n) {
        r = word_of(s->node_pressure, pressure_words, "nodePressure", &word, e);
        ret->node_pressure = (enum node_pressure)word;
    }
    return r < 0 ? err_wrap(e, "Scenario %.*s", (int)MIN(name.n, 63U), name.p) : 0;
}

static int exit_code(const struct options *o, const struct sim_report *report, int code)
{
    const struct sim_line *l = &report->line;
    if (code != EXIT_CLEAN)
        return code;
    for (size_t i = 0; i < report->count; i++)
        if (report->items[i].now.blocked)
            return EXIT_FINDINGS;
    /* A line that cannot be told does not pass a gate. */
    if (o->min_line && (!l->known || (!l->above && l->factor < o->min_line)))
        return EXIT_FINDINGS;
    return code;
}

static void explain(struct arena *a, const struct sim_world *w, const struct contingency *c,
                    struct sim_events *ret, struct sim_outcome *ret_outcome)
{
    struct sim_runner *r = sim_runner_new(a, w);
    struct sim_run_input in = {.contingency = c, .factor = FACTOR_ONE, .log = ret, .log_arena = a};
    sim_run(r, &in, a, ret_outcome);
    sim_runner_done(r);
}

static int run(const struct verb_call *c, struct err *e)
{
    const struct options *o = c->options;
    struct cluster *cluster = arena_new(c->arena, struct cluster);
    struct sim_world *world;
    struct sim_options options;
    struct sim_report report;
    struct sim_outcome outcome;
    struct sim_events events = {0};
    struct plan p = {0};
    int code;
    int r = world_read(&o->world, c->arena, cluster, &code, e);
    if (r < 0)
        return r;
    world_warn(cluster);
    if (cluster->nodes.count == 0)
        return world_empty(cluster, code, "a Node", e);
    set_options(o, &options);
    if (o->scenario.p) {
        r = use_scenario(cluster, o->scenario, &options, e);
        if (r < 0)
            return r;
    }
    uint32_t expanded = sim_expand(c->arena, cluster);
    r = sim_world_new(c->arena, cluster, &options, &world, e);
    if (r < 0)
        return r;
    world->expanded = expanded;
    r = make_plan(c->arena, world, o, &p, e);
    if (r < 0)
        return r;
    sim_report_make(c->arena, world, &p.set, p.want_line, &report);
    if (p.explained)
        explain(c->arena, world, p.explained, &events, &outcome);
    struct simulate_results results = {
        .arena = c->arena,
        .report = &report,
        .question = p.question,
        .top = o->top,
        .explained = p.explained,
        .explained_outcome = &outcome,
        .events = &events,
        .want_line = p.want_line,
        .digest = o->digest,
    };
    r = out_write_all(&o->outputs, simulate_render, &results, e);
    return r < 0 ? r : exit_code(o, &report, code);
}

static const struct verb_example examples[] = {
    {"How far memory use may grow before losing one node becomes an outage:",
     "plimsoll simulate -f examples/black-friday", EXIT_CLEAN},
    {"The Black Friday of the post-mortem, as it is told:",
     "plimsoll simulate -f examples/black-friday -f examples/scenarios --scenario "
     "black-friday-as-told",
     EXIT_CLEAN},
    {"What follows when one node is lost, event by event:",
     "plimsoll simulate -f examples/fixed --lose node/ip-10-0-1-11", EXIT_CLEAN},
};

const struct verb verb_simulate = {
    .name = "simulate",
    .summary = "the load line: how far memory use may grow before a loss becomes an outage",
    .description =
        "Loses every node of a recorded cluster, one at a time, and follows what comes of it: the "
        "node goes NotReady, its pods are deleted and replaced, the scheduler places them by their "
        "requests, their usage arrives, kubelets evict, the kernel kills, and so on until nothing "
        "more happens. Two figures come of it.\n\n"
        "The load line is the largest factor on today's memory use at which no such loss fails in "
        "a way in which it does not fail at any use: a further node lost, a workload below its "
        "PodDisruptionBudget (without one: without a pod), or a pod killed or evicted again and "
        "again. A container's use is never more than its limit.\n\n"
        "The booking margin is what would still fit, by requests alone, after the worst loss.\n\n"
        "The world needs Nodes, Pods, their owners, PodDisruptionBudgets and PodMetrics; "
        "NodeMetrics and kubelet configurations make it more exact. Workloads without pods get "
        "those of their templates, placed by the scheduler's model. Every assumption is listed "
        "with the option that changes it.",
    .options = {tables, ARRAY_LEN(tables)},
    .options_size = sizeof(struct options),
    .examples = examples,
    .example_count = ARRAY_LEN(examples),
    .run = run,
};
