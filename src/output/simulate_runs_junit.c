/* SPDX-License-Identifier: Apache-2.0
 *
 * Monte Carlo runs as JUnit XML: a test case for each gate, which is what the exit status says, and
 * one for each contingency that was drawn, failed when a run of it became an outage.
 */
#include "output/markup.h"
#include "output/simulate_runs.h"

struct gate {
    const char *name, *option;
    bool given, passes;
    struct str says;
};

static void add_gate(const struct gate *g, struct buf *b)
{
    buf_printf(b, "    <testcase classname=\"simulate\" name=\"%s\">\n", g->name);
    if (!g->given)
        buf_printf(b, "      <skipped message=\"no --%s is given\"/>\n", g->option);
    if (!g->passes) {
        buf_printf(b, "      <failure type=\"%s\"", g->option);
        markup_add_attribute(b, "message", g->says);
        buf_add_cstr(b, "/>\n");
    }
    buf_add_cstr(b, "      <system-out>");
    markup_add(b, g->says);
    buf_add_cstr(b, "</system-out>\n    </testcase>\n");
}

static void gates_make(const struct simulate_runs_results *r, struct gate ret[2])
{
    const struct runs_result *x = r->result;
    struct arena *a = r->arena;
    struct str outage = STR("no run was done"), line = outage;
    if (x->done) {
        struct runs_quantile q = runs_quantile_of(x, 0.05);
        double share = (double)x->outages / (double)x->done;
        outage = arena_printf(a, "probability of an outage " STR_FMT " (" STR_FMT ")",
                              STR_ARG(runs_share_text(a, share)),
                              STR_ARG(runs_range_text(a, x->outages, x->done)));
        line = arena_printf(
            a, "load line of 5 %% of the runs at most " STR_FMT " (" STR_FMT " to " STR_FMT ")",
            STR_ARG(runs_line_text(a, q.line)), STR_ARG(runs_line_text(a, q.low)),
            STR_ARG(runs_line_text(a, q.high)));
    }
    if (r->max_outage.set)
        outage = arena_printf(a, STR_FMT ", %.2f %% are allowed", STR_ARG(outage),
                              (double)r->max_outage.v * 100 / FACTOR_ONE);
    if (r->min_line)
        line = arena_printf(a, STR_FMT ", %.2f is asked for", STR_ARG(line),
                            (double)r->min_line / FACTOR_ONE);
    ret[0] = (struct gate){"outage", "max-outage", r->max_outage.set,
                           runs_outages_pass(x, &r->max_outage), outage};
    ret[1] = (struct gate){"load line", "min-load-line", r->min_line != 0,
                           runs_line_passes(x, r->min_line), line};
}

static void add_contingencies(const struct simulate_runs_results *r, size_t failed, struct buf *b)
{
    const struct runs_result *x = r->result;
    buf_printf(b,
               "  <testsuite name=\"contingencies\" tests=\"%zu\" failures=\"%zu\" errors=\"0\" "
               "skipped=\"0\">\n",
               x->contingencies.count, failed);
    for (size_t i = 0; i < x->contingencies.count; i++) {
        const struct runs_contingency *c = &x->contingencies.items[i];
        buf_add_cstr(b, "    <testcase classname=\"simulate\"");
        markup_add_attribute(b, "name", c->name);
        if (c->outages) {
            buf_add_cstr(b, ">\n      <failure type=\"contingency\"");
            markup_add_attribute(b, "message",
                                 arena_printf(r->arena, "%lld of %lld runs became an outage",
                                              (long long)c->outages, (long long)c->drawn));
            buf_add_cstr(b, "/>\n    </testcase>\n");
        } else {
            buf_add_cstr(b, "/>\n");
        }
    }
    buf_add_cstr(b, "  </testsuite>\n");
}

void simulate_runs_render_junit(const struct simulate_runs_results *r, struct buf *b)
{
    const struct runs_result *x = r->result;
    struct gate gates[2];
    size_t failed = 0, gates_failed = 0, skipped = 0;
    bool partial = x->done < x->runs;
    gates_make(r, gates);
    for (size_t i = 0; i < ARRAY_LEN(gates); i++) {
        gates_failed += !gates[i].passes;
        skipped += !gates[i].given;
    }
    for (size_t i = 0; i < x->contingencies.count; i++)
        failed += x->contingencies.items[i].outages > 0;
    buf_printf(b,
               "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"plimsoll simulate "
               "--runs\" tests=\"%zu\" failures=\"%zu\" errors=\"%d\">\n",
               x->contingencies.count + ARRAY_LEN(gates) + partial, failed + gates_failed, partial);
    buf_printf(b,
               "  <testsuite name=\"gates\" tests=\"%zu\" failures=\"%zu\" errors=\"0\" "
               "skipped=\"%zu\">\n",
               ARRAY_LEN(gates), gates_failed, skipped);
    for (size_t i = 0; i < ARRAY_LEN(gates); i++)
        add_gate(&gates[i], b);
    buf_add_cstr(b, "  </testsuite>\n");
    if (partial)
        buf_printf(b,
                   "  <testsuite name=\"partial\" tests=\"1\" failures=\"0\" errors=\"1\" "
                   "skipped=\"0\">\n    <testcase classname=\"simulate\" name=\"complete\"><error "
                   "message=\"stopped after %lld of %lld runs\"/></testcase>\n  </testsuite>\n",
                   (long long)x->done, (long long)x->runs);
    add_contingencies(r, failed, b);
    buf_add_cstr(b, "</testsuites>\n");
}
