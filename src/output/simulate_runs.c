/* SPDX-License-Identifier: Apache-2.0
 *
 * Monte Carlo runs as text: the probability of an outage and the load line first, then which
 * workloads and contingencies it comes from, the worst runs, and what all of it rests on.
 */
#include "output/simulate_runs.h"

#include "base/text.h"
#include "output/table.h"

/* ---- head ---- */

static void add_probability(const struct simulate_runs_results *r, const struct out_format *f,
                            struct buf *b)
{
    const struct runs_result *x = r->result;
    struct arena *a = r->arena;
    enum table_style style = x->outages ? STYLE_BAD : STYLE_GOOD;
    if (x->done < x->runs)
        text_wrap(b, f, "",
                  arena_printf(a, "Partial: stopped after %s of %s runs.",
                               runs_count_text(a, x->done), runs_count_text(a, x->runs)),
                  0);
    if (x->done == 0) {
        buf_add_cstr(b, "Probability of an outage unknown: no run was done.\n");
        return;
    }
    style_begin(b, f, style);
    buf_printf(b, "Probability of an outage " STR_FMT,
               STR_ARG(runs_share_text(a, (double)x->outages / (double)x->done)));
    style_end(b, f, style);
    buf_printf(b, " (" STR_FMT ", 95 %% confidence)\n",
               STR_ARG(runs_range_text(a, x->outages, x->done)));
    text_wrap(b, f, "",
              arena_printf(a, "%s of %s runs of " STR_FMT " became an outage; seed %lld.",
                           runs_count_text(a, x->outages), runs_count_text(a, x->done),
                           STR_ARG(x->question), (long long)x->seed),
              0);
    text_wrap(b, f, "", str_of(runs_condition), 0);
    if (x->nodes_lost)
        text_wrap(b, f, "",
                  arena_printf(a, "In %s runs memory took a further node down.",
                               runs_count_text(a, x->nodes_lost)),
                  0);
    if (x->structural)
        text_wrap(b, f, "",
                  arena_printf(a,
                               "In %s runs a workload ended below what it needs at any memory use "
                               "(bookings, budgets, volumes, single pods). That alone is no outage "
                               "here.",
                               runs_count_text(a, x->structural)),
                  0);
}

/* ---- load line ---- */

static void add_quantiles(const struct simulate_runs_results *r, const struct out_format *f,
                          struct buf *b)
{
    static const struct table_column columns[] = {
        {.title = "SHARE OF RUNS", .right = true},
        {.title = "LOAD LINE AT MOST", .right = true},
        {.title = "95 % CONFIDENCE", .right = true},
    };
    static const int shares[] = {1, 5, 25, 50, 75, 95};
    struct arena *a = r->arena;
    struct table t;
    buf_add_cstr(b, "\nLoad line of a run: the factor on its memory use up to which it is no "
                    "outage:\n");
    table_init(&t, a, columns, ARRAY_LEN(columns));
    for (size_t i = 0; i < ARRAY_LEN(shares); i++) {
        struct runs_quantile q = runs_quantile_of(r->result, shares[i] / 100.0);
        table_printf(&t, STYLE_PLAIN, "%d %%", shares[i]);
        table_add(&t, runs_line_text(a, q.line), q.line < FACTOR_ONE ? STYLE_BAD : STYLE_PLAIN);
        table_add(&t,
                  arena_printf(a, STR_FMT " to " STR_FMT, STR_ARG(runs_line_text(a, q.low)),
                               STR_ARG(runs_line_text(a, q.high))),
                  STYLE_PLAIN);
        table_row_end(&t);
    }
    table_render(&t, f, b);
}

enum { CHART_ROWS = 16, CHART_WIDTH = 50 };

static void add_chart_row(const struct out_format *f, int64_t line, int64_t count, int64_t most,
                          struct buf *b)
{
    enum table_style style = line < FACTOR_ONE ? STYLE_BAD : STYLE_PLAIN;
    int filled = (int)((count * CHART_WIDTH + most - 1) / most);
    buf_printf(b, "  %4.2f%s ", (double)line / FACTOR_ONE, line >= RUNS_LINE_MOST ? "+" : " ");
    style_begin(b, f, style);
    for (int i = 0; i < filled; i++)
        buf_add_char(b, '#');
    style_end(b, f, style);
    buf_printf(b, "%s%lld\n", filled ? " " : "", (long long)count);
}

static void add_chart(const struct simulate_runs_results *r, const struct out_format *f,
                      struct buf *b)
{
    const struct runs_result *x = r->result;
    int64_t most = 1, counts[RUNS_LINE_BINS] = {0};
    int64_t low = x->bins.items[0].line, high = x->bins.items[x->bins.count - 1].line;
    int64_t width = runs_class_width(low, high, CHART_ROWS);
    for (size_t i = 0; i < x->bins.count; i++) {
        int64_t *n = &counts[x->bins.items[i].line / width];
        *n += x->bins.items[i].count;
        most = MAX(most, *n);
    }
    buf_add_cstr(b, "\nRuns by load line:\n");
    for (int64_t i = low / width; i <= high / width; i++)
        add_chart_row(f, i * width, counts[i], most, b);
}

/* ---- lists ---- */

static void add_share(struct table *t, const struct simulate_runs_results *r, int64_t n,
                      enum table_style style)
{
    double share = (double)n / (double)r->result->done;
    table_add(t, n ? runs_share_text(r->arena, share) : STR("-"), n ? style : STYLE_DIM);
}

static void add_workloads(const struct simulate_runs_results *r, const struct out_format *f,
                          struct buf *b)
{
    static const struct table_column columns[] = {
        {.title = "WORKLOAD", .shrinks = true},
        {.title = "AT ZERO", .right = true},
        {.title = "95 % CONFIDENCE", .right = true},
        {.title = "BELOW", .right = true},
        {.title = "FAILING ON", .right = true},
        {.title = "AT ANY USE", .right = true},
        {.title = "OVER LIMIT", .right = true, .may_go = true},
    };
    const struct runs_result *x = r->result;
    const struct runs_workload **list;
    size_t n = runs_rank_workloads(r->arena, x, &list), shown = MIN(n, (size_t)r->top);
    if (n == 0)
        return;
    struct table t;
    buf_add_cstr(b, "\nWorkloads by the share of runs in which they end without a healthy pod:\n");
    table_init(&t, r->arena, columns, ARRAY_LEN(columns));
    for (size_t i = 0; i < shown; i++) {
        table_add(&t, list[i]->name, STYLE_PLAIN);
        add_share(&t, r, list[i]->zero, STYLE_BAD);
        table_add(&t, runs_range_text(r->arena, list[i]->zero, x->done), STYLE_PLAIN);
        add_share(&t, r, list[i]->below, STYLE_WARN);
        add_share(&t, r, list[i]->again, STYLE_WARN);
        add_share(&t, r, list[i]->structural, STYLE_PLAIN);
        add_share(&t, r, list[i]->at_limit, STYLE_PLAIN);
        table_row_end(&t);
    }
    table_render(&t, f, b);
    if (n > shown)
        buf_printf(b, "and %zu more (--top)\n", n - shown);
}

static void add_contingencies(const struct simulate_runs_results *r, const struct out_format *f,
                              struct buf *b)
{
    static const struct table_column columns[] = {
        {.title = "CONTINGENCY", .shrinks = true},   {.title = "RUNS", .right = true},
        {.title = "OUTAGES", .right = true},         {.title = "SHARE", .right = true},
        {.title = "95 % CONFIDENCE", .right = true},
    };
    const struct runs_result *x = r->result;
    const struct runs_contingency **list;
    size_t n = runs_rank_contingencies(r->arena, x, &list), shown = MIN(n, (size_t)r->top);
    if (n == 0 || x->contingencies.count == 1)
        return;
    struct table t;
    buf_printf(b, "\nContingencies that became an outage (%zu of the %zu drawn):\n", n,
               x->contingencies.count);
    table_init(&t, r->arena, columns, ARRAY_LEN(columns));
    for (size_t i = 0; i < shown; i++) {
        const struct runs_contingency *c = list[i];
        table_add(&t, c->name, STYLE_PLAIN);
        table_printf(&t, STYLE_PLAIN, "%lld", (long long)c->drawn);
        table_printf(&t, STYLE_BAD, "%lld", (long long)c->outages);
        table_add(&t, runs_share_text(r->arena, (double)c->outages / (double)c->drawn),
                  STYLE_PLAIN);
        table_add(&t, runs_range_text(r->arena, c->outages, c->drawn), STYLE_PLAIN);
        table_row_end(&t);
    }
    table_render(&t, f, b);
    if (n > shown)
        buf_printf(b, "and %zu more (--top)\n", n - shown);
}

static int node_rank(const void *a, const void *b)
{
    const struct runs_node *x = *(const struct runs_node *const *)a;
    const struct runs_node *y = *(const struct runs_node *const *)b;
    if (x->first != y->first)
        return x->first > y->first ? -1 : 1;
    return str_cmp(x->name, y->name);
}

static void add_nodes(const struct simulate_runs_results *r, const struct out_format *f,
                      struct buf *b)
{
    static const struct table_column columns[] = {
        {.title = "NODE", .shrinks = true},
        {.title = "OUTAGES", .right = true},
    };
    const struct runs_result *x = r->result;
    const struct runs_node **list =
        arena_array(r->arena, const struct runs_node *, x->node_list.count);
    size_t n = x->node_list.count, shown = MIN(n, (size_t)r->top);
    if (n == 0)
        return;
    for (size_t i = 0; i < n; i++)
        list[i] = &x->node_list.items[i];
    qsort(list, n, sizeof(*list), node_rank);
    struct table t;
    buf_add_cstr(b, "\nNodes that gave way first in the runs with an outage:\n");
    table_init(&t, r->arena, columns, ARRAY_LEN(columns));
    for (size_t i = 0; i < shown; i++) {
        table_add(&t, list[i]->name, STYLE_PLAIN);
        table_printf(&t, STYLE_BAD, "%lld", (long long)list[i]->first);
        table_row_end(&t);
    }
    table_render(&t, f, b);
    if (n > shown)
        buf_printf(b, "and %zu more (--top)\n", n - shown);
}

static void add_worst(const struct simulate_runs_results *r, const struct out_format *f,
                      struct buf *b)
{
    struct arena *a = r->arena;
    const struct runs_result *x = r->result;
    buf_add_cstr(b, "\nLowest load lines (--explain run/N tells a run event by event):\n");
    for (size_t i = 0; i < x->worst.count; i++) {
        const struct runs_worst *w = &x->worst.items[i];
        text_wrap(b, f, "  ",
                  arena_printf(a, "run/%lld: " STR_FMT "; " STR_FMT " at " STR_FMT "%s" STR_FMT ".",
                               (long long)w->run, STR_ARG(runs_line_text(a, w->line)),
                               STR_ARG(w->contingency), STR_ARG(duration_text(a, w->at_ms)),
                               w->first.n ? "; first to give way: " : "", STR_ARG(w->first)),
                  4);
    }
}

static void add_assumptions(const struct simulate_runs_results *r, const struct out_format *f,
                            struct buf *b)
{
    buf_add_cstr(b, "\nAssumptions in force:\n");
    for (size_t i = 0; i < r->result->assumptions.count; i++) {
        const struct runs_assumption *x = &r->result->assumptions.items[i];
        text_wrap(b, f, "  ",
                  x->option.n ? arena_printf(r->arena, STR_FMT " (" STR_FMT ")", STR_ARG(x->text),
                                             STR_ARG(x->option))
                              : x->text,
                  4);
    }
}

static void render_text(const struct simulate_runs_results *r, const struct out_format *f,
                        struct buf *b)
{
    if (r->explain) {
        text_wrap(b, f, "", r->explained, 0);
        simulate_add_timeline(r->explain, f, b);
        return;
    }
    add_probability(r, f, b);
    if (r->result->done) {
        add_quantiles(r, f, b);
        add_chart(r, f, b);
        add_workloads(r, f, b);
        add_contingencies(r, f, b);
        add_nodes(r, f, b);
        add_worst(r, f, b);
    }
    add_assumptions(r, f, b);
    if (r->digest)
        buf_printf(b, "digest: %s\n", r->result->digest);
}

void simulate_runs_render(const void *results, const struct out_format *f, struct buf *b)
{
    const struct simulate_runs_results *r = results;
    if (f->word == SIMULATE_TEXT && !r->shard)
        render_text(r, f, b);
    else if (f->word == SIMULATE_HTML && !r->shard)
        simulate_runs_render_html(r, b);
    else if (f->word == SIMULATE_JUNIT && !r->shard)
        simulate_runs_render_junit(r, b);
    else
        simulate_runs_render_json(r, f->word == SIMULATE_YAML ? JSON_AS_YAML : JSON_INDENTED, b);
}
