/* SPDX-License-Identifier: Apache-2.0
 *
 * Scenario and UsageProfile documents against a small fixed cluster: decoding, what they change in
 * it, and the run with its invariants, at no usage and at the usage given. The same run gives the
 * same outcome twice; text must not hold control characters, and JSON must parse.
 */
#include "base/alloc.h"
#include "cmd/simulate/simulate.h"
#include "model/decode.h"
#include "model/defaults.h"
#include "output/simulate.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Three nodes, one workload of each sort, what limits and scales them, and a webhook. */
static const char world_text[] =
#include "simulate_world.h"
    ;

struct input {
    struct str text;
    struct arena a;
    struct buf out;
};

static void read_documents(struct arena *a, struct str text, struct cluster *c)
{
    static const struct source source = {.name = {"f.yaml", 6}};
    const struct decode_input decode = {.a = a, .source = &source};
    struct doc_reader r;
    struct doc_root root;
    struct err e;
    int got;
    doc_reader_init(&r, source.name, text);
    do {
        while ((got = doc_read(&r, a, &root, &e)) > 0)
            decode_document(&decode, &root, c);
    } while (got < 0 && doc_reader_resync(&r));
    doc_reader_done(&r);
}

/* Of the input only our own kinds count: a world of its own would only be large. */
static bool take_input(struct input *in, struct cluster *c)
{
    struct cluster own = {.arena = &in->a};
    read_documents(&in->a, in->text, &own);
    for (size_t i = 0; i < own.usage_profiles.count; i++)
        *PUSH(&in->a, &c->usage_profiles) = own.usage_profiles.items[i];
    for (size_t i = 0; i < own.scenarios.count; i++)
        *PUSH(&in->a, &c->scenarios) = own.scenarios.items[i];
    return own.scenarios.count > 0;
}

static void check_text(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (((unsigned char)s.p[i] < ' ' && s.p[i] != '\n') || s.p[i] == 0x7f)
            __builtin_trap();
}

static void render(struct input *in, const struct simulate_results *results)
{
    struct doc_root root;
    struct err e;
    buf_clear(&in->out);
    simulate_render(results, &(struct out_format){.word = SIMULATE_TEXT}, &in->out);
    check_text(buf_str(&in->out));
    buf_clear(&in->out);
    simulate_render(results, &(struct out_format){.word = SIMULATE_JSON}, &in->out);
    if (json_parse(STR("o"), buf_str(&in->out), &in->a, &root, &e))
        __builtin_trap();
}

static void run_scenario(struct input *in, const struct sim_world *w, const struct contingency *c,
                         struct simulate_story *ret)
{
    struct sim_runner *r = sim_runner_new(&in->a, w);
    struct sim_outcome first, again;
    for (int64_t factor = 0; factor <= FACTOR_ONE; factor += FACTOR_ONE) {
        struct sim_run_input run = {.contingency = c, .factor = factor};
        sim_run(r, &run, &in->a, &first);
        ret->events.count = 0;
        run.log = &ret->events;
        run.log_arena = &in->a;
        sim_run(r, &run, &in->a, &again);
        if (first.events != again.events || first.settled_ms != again.settled_ms ||
            first.failure_count != again.failure_count)
            __builtin_trap();
    }
    ret->outcome = again;
    sim_runner_done(r);
}

static void simulate(struct input *in, struct cluster *c, struct sim_options *o)
{
    struct contingencies set = {0};
    struct sim_world *w;
    struct sim_report report;
    struct simulate_story story = {.factor = FACTOR_ONE};
    struct err e = {0};
    if (sim_prepare(&in->a, c, o, &e) || sim_world_new(&in->a, c, o, &w, &e) ||
        contingency_of_scenario(&in->a, w, o->scenario, PUSH(&in->a, &set), &e))
        return;
    run_scenario(in, w, &set.items[0], &story);
    sim_report_make(&in->a, w, &set, &(struct sim_wanted){0}, &report);
    story.contingency = &set.items[0];
    render(in, &(struct simulate_results){.arena = &in->a,
                                          .report = &report,
                                          .explained = &story,
                                          .question = "this loss",
                                          .top = 10});
}

static int run(void *arg)
{
    struct input *in = arg;
    struct cluster c = {.arena = &in->a};
    struct sim_options options;
    struct simulate_options given = {.surge = FACTOR_ONE, .until_ms = 3600000, .start_ms = 10000};
    struct err e = {0};
    read_documents(&in->a, str_of(world_text), &c);
    if (!take_input(in, &c))
        return 0;
    cluster_resolve(&c);
    cluster_default(&c);
    given.scenario = c.scenarios.items[c.scenarios.count - 1]->o.name;
    if (!given.scenario.n || simulate_assume(&c, &given, &options, &e))
        return 0;
    options.until_ms = MIN(options.until_ms, INT64_C(3600000));
    options.check = true;
    options.threads = 1;
    simulate(in, &c, &options);
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input in = {.text = {(const char *)data, size}};
    arena_init(&in.a);
    buf_init(&in.out, (size_t)64 << 20);
    if (mem_protect(run, &in))
        __builtin_trap();
    buf_done(&in.out);
    arena_done(&in.a);
    return 0;
}
