/* SPDX-License-Identifier: Apache-2.0
 *
 * plimsoll simulate: the load line and the booking margin, and what follows the loss of something.
 * Its options, and how they become a question, are in src/cmd/simulate/.
 */
#include "cmd/simulate/simulate.h"
#include "cmd/progress.h"
#include "model/api_resource.h"
#include "output/simulate.h"

static int exit_code(const struct simulate_options *o, const struct sim_report *report, int code)
{
    if (code != EXIT_CLEAN)
        return code;
    for (size_t i = 0; i < report->count; i++) {
        const struct sim_item *item = &report->items[i];
        bool drain = item->contingency->type == CONTINGENCY_DRAIN;
        if (item->now.blocked || (drain && report->by_usage && !item->survives))
            return EXIT_FINDINGS;
    }
    return o->min_line && !simulate_passes(report, o->min_line) ? EXIT_FINDINGS : code;
}

static struct simulate_story *tell(struct arena *a, const struct sim_world *w,
                                   const struct contingency *c, int64_t factor)
{
    struct simulate_story *story = arena_new(a, struct simulate_story);
    struct sim_runner *r = sim_runner_new(a, w);
    struct sim_run_input in = {
        .contingency = c, .factor = factor, .log = &story->events, .log_arena = a};
    story->contingency = c;
    story->factor = factor;
    sim_run(r, &in, a, &story->outcome);
    sim_runner_done(r);
    return story;
}

static bool has_output(const struct simulate_options *o, enum simulate_format format)
{
    for (size_t i = 0; i < o->outputs.count; i++)
        if (o->outputs.items[i].word == (int)format)
            return true;
    return false;
}

/* The run that a page shows: what is not survived now; else what fails just over the load line. */
static const struct simulate_story *tell_worst(struct arena *a, const struct sim_report *r)
{
    if (r->count == 0)
        return NULL;
    const struct sim_item *worst = &r->items[r->ranked[0]];
    if (worst->survives && r->line.known && r->line.fails_at != NO_FACTOR)
        return tell(a, r->world, r->items[r->line.weakest].contingency, r->line.fails_at);
    return tell(a, r->world, worst->contingency, FACTOR_ONE);
}

/* The cluster that the options name, ready to be simulated. *ret NULL: the answer is *ret_code. */
static int make_world(const struct verb_call *c, struct sim_world **ret, int *ret_code,
                      struct err *e)
{
    const struct simulate_options *o = c->options;
    struct cluster *cluster = arena_new(c->arena, struct cluster);
    struct sim_options options;
    *ret = NULL;
    struct world_options world = o->world;
    world.uses = USE_SIMULATE;
    world.outputs = &o->outputs;
    int r = world_read(&world, c->arena, cluster, ret_code, e);
    if (r < 0)
        return r;
    world_warn(cluster);
    if (cluster->nodes.count == 0) {
        *ret_code = world_empty(cluster, *ret_code, "a Node", e);
        return *ret_code;
    }
    r = simulate_assume(cluster, o, &options, e);
    if (r < 0)
        return r;
    uint32_t expanded = sim_expand(c->arena, cluster);
    r = sim_prepare(c->arena, cluster, &options, e);
    if (r == 0)
        r = sim_world_new(c->arena, cluster, &options, ret, e);
    if (r == 0)
        (*ret)->expanded = expanded;
    return r;
}

static const struct remedies *find_remedies(const struct verb_call *c, const struct sim_world *w,
                                            const struct simulate_plan *p,
                                            const struct sim_report *report)
{
    enum { BY_DEFAULT = 3, MOST_NODES = 1000, MOST_CONTINGENCIES = 2000 };
    const struct simulate_options *o = c->options;
    bool small = w->node_count <= MOST_NODES && p->set.count <= MOST_CONTINGENCIES;
    int64_t most = o->remedies ? o->remedies - 1 : small ? BY_DEFAULT : 0;
    struct remedies *ret = arena_new(c->arena, struct remedies);
    struct remedy_question q = {.world = w,
                                .set = &p->set,
                                .report = report,
                                .want_line = p->wanted.line && report->line.known,
                                .most = (size_t)most,
                                .headroom_permyriad = o->headroom};
    if (!most || report->stopped)
        return NULL;
    remedies_find(c->arena, &q, ret);
    return ret;
}

static int run(const struct verb_call *c, struct err *e)
{
    const struct simulate_options *o = c->options;
    struct sim_world *world;
    struct sim_report report;
    struct simulate_plan p = {0};
    int code;
    if (c->args.count)
        return simulate_merge(c, e);
    int r = simulate_runs_check(o, e);
    if (r < 0)
        return r;
    r = make_world(c, &world, &code, e);
    if (r < 0 || !world)
        return r < 0 ? r : code;
    r = simulate_plan_make(c->arena, world, o, &p, e);
    if (r < 0)
        return r;
    if (o->many.runs) {
        r = simulate_runs(c->arena, world, &p, o, e);
        return r < 0 || code == EXIT_CLEAN ? r : code;
    }
    world->options.watch = progress_begin();
    sim_report_make(c->arena, world, &p.set, &p.wanted, &report);
    struct simulate_results results = {
        .arena = c->arena,
        .report = &report,
        .remedies = find_remedies(c, world, &p, &report),
        .question = p.question,
        .top = o->top,
        .explained = p.explained ? tell(c->arena, world, p.explained, FACTOR_ONE) : NULL,
        .want_line = p.wanted.line,
        .digest = o->digest,
        .min_line = o->min_line,
    };
    if (has_output(o, SIMULATE_HTML))
        results.worst = results.explained ? results.explained : tell_worst(c->arena, &report);
    int stopped_by = progress_end();
    report.stopped = report.stopped || stopped_by;
    if (report.pairs.wrong < report.count) {
        struct str name = report.items[report.pairs.wrong].contingency->name;
        return err_set(e, EPROTO,
                       "the bound and the simulation of %.*s disagree: a fault in plimsoll, please "
                       "report it. --exhaustive does without bounds",
                       (int)MIN(name.n, 120U), name.p);
    }
    r = out_write_all(&o->outputs, simulate_render, &results, e);
    if (r < 0)
        return r;
    return stopped_by ? EXIT_SIGNAL + stopped_by : exit_code(o, &report, code);
}

static const struct verb_example examples[] = {
    {"How far memory use may grow before losing one node becomes an outage:",
     "plimsoll simulate -f examples/black-friday", EXIT_CLEAN},
    {"The Black Friday of the post-mortem, as it is told:",
     "plimsoll simulate -f examples/black-friday -f examples/scenarios --scenario "
     "black-friday-as-told",
     EXIT_CLEAN},
    {"The probability that losing a node becomes an outage, use varying by 20 %:",
     "plimsoll simulate -f examples/fixed --runs 100 --spread 20%", EXIT_CLEAN},
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
        "The table of contingencies: ZERO and BELOW are workloads without a healthy pod and with "
        "fewer than they must have when the run has settled, LOST further nodes lost by memory, "
        "DIPS workloads that were below only for a time, DEPTH the steps of the cascade.\n\n"
        "With --runs N the same is asked at random: in each run memory use is drawn from the spread of "
        "the workloads, and one loss of the set happens at a random time. It tells the probability of "
        "an outage and how the load line is distributed. --shard I/N does one part of the runs, and "
        "\"plimsoll simulate merge FILE...\" puts the parts together: the same report as of all runs "
        "in one.\n\n"
        "The world needs Nodes, Pods, their owners, PodDisruptionBudgets and PodMetrics; "
        "NodeMetrics and kubelet configurations make it more exact. Workloads without pods get "
        "those of their templates, placed by the scheduler's model. Every assumption is listed "
        "with the option that changes it.",
    .args = "[merge FILE...]",
    .file_word = "merge",
    .options = {simulate_tables, SIMULATE_TABLE_COUNT},
    .options_size = sizeof(struct simulate_options),
    .examples = examples,
    .example_count = ARRAY_LEN(examples),
    .run = run,
};
