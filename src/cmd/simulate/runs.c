/* SPDX-License-Identifier: Apache-2.0
 *
 * The Monte Carlo side of plimsoll simulate: its options, --runs, and `simulate merge`.
 */
#include "analysis/simulate/runs.h"
#include "base/text_file.h"
#include "cmd/progress.h"
#include "cmd/simulate/simulate.h"
#include "output/simulate_runs.h"

/* A part of 1,000 contingencies and 10,000 workloads has 3 MB. */
enum { SHARD_MOST_BYTES = 256 << 20, SHARDS_MOST = 100000 };

/* "3/10" */
static int parse_shard(struct str text, void *ret, struct err *e)
{
    struct simulate_shard *s = ret;
    struct str of, part = str_cut(text, '/', &of);
    if (str_to_int64(part, &s->shard) < 0 || str_to_int64(of, &s->shards) < 0)
        return err_set(e, EINVAL, "\"%.*s\" is not like 3/10", (int)MIN(text.n, 40U),
                       text.p ? text.p : "");
    if (s->shards < 1 || s->shards > SHARDS_MOST || s->shard < 0 || s->shard >= s->shards)
        return err_set(e, EINVAL, "%.*s: parts count from 0, the last of 10 is 9/10",
                       (int)MIN(text.n, 40U), text.p);
    return 0;
}

static int parse_gate(struct str text, void *ret, struct err *e)
{
    struct opt_int *gate = ret;
    gate->set = true;
    return simulate_parse_share(text, &gate->v, e);
}

#define AT(member) offsetof(struct simulate_runs_options, member)
const struct option_spec simulate_runs_specs[] = {
    {.name = "runs",
     .type = OPTION_INT,
     .arg = "N",
     .absent = "no runs at random",
     .min = 1,
     .max = RUNS_MOST,
     .help =
         "Monte Carlo: this many runs, each with memory use drawn from the workloads' spread, one "
         "contingency of the set drawn at random and a random time for it. Prints the probability "
         "of an outage and the distribution of the load line. See docs/monte-carlo.md.",
     .offset = AT(runs)},
    {.name = "seed",
     .type = OPTION_INT,
     .arg = "S",
     .preset = "1",
     .min = 0,
     .max = INT64_MAX,
     .help =
         "Another seed draws other runs; the same one draws the same, with any number of threads.",
     .offset = AT(seed)},
    {.name = "spread",
     .type = OPTION_PARSED,
     .arg = "SHARE",
     .preset = "15%",
     .parse = simulate_parse_share,
     .help = "How much the use of a workload varies from run to run (standard deviation over mean, "
             "log-normal) where no UsageProfile or Scenario gives percentiles.",
     .offset = AT(spread)},
    {.name = "correlation",
     .type = OPTION_PARSED,
     .arg = "SHARE",
     .preset = "0",
     .parse = simulate_parse_share,
     .help = "How far workloads vary together: 0 is each for itself, 1 all alike.",
     .offset = AT(correlation)},
    {.name = "shard",
     .type = OPTION_PARSED,
     .arg = "I/N",
     .absent = "all runs",
     .parse = parse_shard,
     .help =
         "Do the I-th of N parts of the runs, counted from 0, and print it as JSON for \"plimsoll "
         "simulate merge\".",
     .offset = AT(part)},
    {.name = "max-outage",
     .type = OPTION_PARSED,
     .arg = "SHARE",
     .absent = "no gate",
     .parse = parse_gate,
     .help = "A gate: exit code 1 when the probability of an outage is above this.",
     .offset = AT(max_outage)},
};
_Static_assert(ARRAY_LEN(simulate_runs_specs) == SIMULATE_RUNS_SPEC_COUNT, "as the header says");

static int exit_code(const struct simulate_options *o, const struct runs_result *r)
{
    bool pass = runs_outages_pass(r, &o->many.max_outage) && runs_line_passes(r, o->min_line);
    return pass ? EXIT_CLEAN : EXIT_FINDINGS;
}

static int print(struct arena *a, const struct simulate_options *o, const struct runs_result *r,
                 bool shard, struct err *e)
{
    struct simulate_runs_results results = {.arena = a,
                                            .result = r,
                                            .top = o->top,
                                            .digest = o->digest,
                                            .shard = shard,
                                            .min_line = o->min_line,
                                            .max_outage = o->many.max_outage};
    int got = out_write_all(&o->outputs, simulate_runs_render, &results, e);
    return got < 0 ? got : shard ? EXIT_CLEAN : exit_code(o, r);
}

/* The timeline of one run, --explain run/17. */
static int explain(struct arena *a, const struct runs_plan *p, const struct simulate_options *o,
                   struct err *e)
{
    int64_t run = -1;
    struct sim_report report = {.world = p->world};
    struct simulate_story story = {.factor = FACTOR_ONE};
    if (!str_starts(o->explain, "run/") ||
        str_to_int64(str_sub(o->explain, 4, SIZE_MAX), &run) < 0 || run < 0 ||
        run >= p->options.runs)
        return err_set(e, EINVAL, "--explain %.*s: runs are run/0 to run/%lld",
                       (int)MIN(o->explain.n, 40U), o->explain.p, (long long)p->options.runs - 1);
    for (size_t i = 0; i < o->outputs.count; i++)
        if (o->outputs.items[i].word != SIMULATE_TEXT)
            return err_set(e, EINVAL, "the timeline of a run is printed as text only");
    struct runs_draw draw;
    runs_draw_init(a, p, &draw);
    runs_draw_make(p, run, &draw);
    runs_explain(a, p, run, &story.events, &story.outcome);
    struct contingency told = draw.contingency;
    told.name = arena_printf(a, STR_FMT " at +" STR_FMT, STR_ARG(draw.contingency.name),
                             STR_ARG(duration_text(a, draw.at_ms)));
    story.contingency = &told;
    struct simulate_results timeline = {
        .arena = a, .report = &report, .top = o->top, .explained = &story};
    struct simulate_runs_results results = {
        .arena = a,
        .explain = &timeline,
        .explained =
            arena_printf(a, "Run %lld of %lld (counted from 0), seed %lld.", (long long)run,
                         (long long)p->options.runs, (long long)p->options.seed),
        .top = o->top,
    };
    int r = out_write_all(&o->outputs, simulate_runs_render, &results, e);
    return r < 0 ? r : EXIT_CLEAN;
}

int simulate_runs_check(const struct simulate_options *o, struct err *e)
{
    if (!o->many.runs && (o->many.part.shards || o->many.max_outage.set))
        return err_set(e, EINVAL, "%s is about runs at random: say how many with --runs",
                       o->many.part.shards ? "--shard" : "--max-outage");
    return 0;
}

int simulate_runs(struct arena *a, struct sim_world *w, const struct simulate_plan *p,
                  const struct simulate_options *o, struct err *e)
{
    struct runs_options options = {
        .runs = o->many.runs,
        .seed = o->many.seed,
        .shard = o->many.part.shard,
        .shards = MAX(o->many.part.shards, 1),
        .spread_permyriad = o->many.spread,
        .correlation_permyriad = o->many.correlation,
    };
    struct runs_plan plan = {0};
    struct runs_result *result = arena_new(a, struct runs_result);
    char *world = arena_text(a, SHA256_HEX);
    if (!sim_usage_known(w))
        return err_set(e, ENODATA,
                       "--runs needs memory use: the input has no PodMetrics and no UsageProfile "
                       "(--assume requests or limits goes by those)");
    int r = runs_plan_make(a, w, &p->set, &options, &plan, e);
    if (r < 0)
        return r;
    if (o->explain.p)
        return explain(a, &plan, o, e);
    w->options.watch = progress_begin();
    runs_make(a, &plan, result);
    int stopped_by = progress_end();
    simulate_runs_words(a, &plan, p->question, result);
    runs_world_digest(&plan, result, world);
    result->world_digest = str_of(world);
    runs_result_digest(result);
    r = print(a, o, result, o->many.part.shards > 0, e);
    return r >= 0 && stopped_by ? EXIT_SIGNAL + stopped_by : r;
}

/* ---- merge ---- */

/* A pod's log has warnings of ours before the document. */
static struct str skip_warnings(struct str text)
{
    while (str_starts(text, "plimsoll")) {
        ptrdiff_t end = str_find_char(text, '\n');
        text = end < 0 ? STR("") : str_sub(text, (size_t)end + 1, SIZE_MAX);
    }
    return text;
}

static int read_part(struct arena *a, struct str name, struct runs_result *ret, struct err *e)
{
    struct str text;
    struct doc_reader reader;
    struct doc_root root = {0};
    int r = text_file_read(a, name, SHARD_MOST_BYTES, &text, e);
    if (r < 0)
        return r;
    doc_reader_init(&reader, name, skip_warnings(text));
    r = doc_read(&reader, a, &root, e);
    doc_reader_done(&reader);
    if (r < 0)
        return r;
    if (r == 0 || !root.root)
        return err_set(e, EINVAL, STR_FMT ": it is empty", STR_ARG(name));
    r = runs_read(a, root.root, ret, e);
    return r < 0 ? err_wrap(e, STR_FMT, STR_ARG(name)) : 0;
}

int simulate_merge(const struct verb_call *c, struct err *e)
{
    const struct simulate_options *o = c->options;
    if (!str_is(c->args.items[0], "merge"))
        return err_set(e, EINVAL, "\"" STR_FMT "\" is not expected here; files come after -f",
                       STR_ARG(c->args.items[0]));
    size_t count = c->args.count - 1;
    const struct str *names = c->args.items + 1;
    if (count == 0)
        return err_set(e, EINVAL, "merge needs the files that --shard wrote");
    if (o->many.runs || o->world.paths.count)
        return err_set(e, EINVAL, "merge reads the files named after it: no -f, no --runs");
    struct runs_result *parts = arena_array(c->arena, struct runs_result, count), *result;
    result = arena_new(c->arena, struct runs_result);
    int r = 0;
    for (size_t i = 0; i < count && r == 0; i++)
        r = read_part(c->arena, names[i], &parts[i], e);
    if (r == 0)
        r = runs_merge(c->arena, parts, names, count, result, e);
    return r < 0 ? r : print(c->arena, o, result, false, e);
}
