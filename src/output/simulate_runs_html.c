/* SPDX-License-Identifier: Apache-2.0
 *
 * Monte Carlo runs as one page of HTML, in the dress of the report on contingencies: the probability
 * of an outage, the distribution of the load line as a chart, and where outages come from.
 */
#include "output/simulate_html.h"
#include "output/simulate_runs.h"

enum { CHART_BARS = 24, CHART_LEFT = 40, CHART_TOP = 16, CHART_BOTTOM = 196, CHART_RIGHT = 640 };

static void add_head(const struct simulate_runs_results *r, struct buf *b)
{
    const struct runs_result *x = r->result;
    struct arena *a = r->arena;
    bool good = x->outages == 0 && x->done;
    buf_printf(b, "<h1 class=\"%s\">Probability of an outage ", good ? "good" : "bad");
    markup_add(b,
               x->done ? runs_share_text(a, (double)x->outages / (double)x->done) : STR("unknown"));
    buf_add_cstr(b, "</h1>\n");
    if (x->done < x->runs)
        html_paragraph(b, arena_printf(a, "Partial: stopped after %s of %s runs.",
                                       runs_count_text(a, x->done), runs_count_text(a, x->runs)));
    if (x->done == 0)
        return;
    html_paragraph(b, arena_printf(a, "%s of %s runs of " STR_FMT " became an outage; seed %lld.",
                                   runs_count_text(a, x->outages), runs_count_text(a, x->done),
                                   STR_ARG(x->question), (long long)x->seed));
    html_paragraph(b, str_of(runs_condition));
    buf_add_cstr(b, "<dl>\n");
    html_row(b, "95 % confidence", runs_range_text(a, x->outages, x->done));
    html_row(b, "Cluster",
             arena_printf(a, "%s nodes, %s pods", runs_count_text(a, x->nodes),
                          runs_count_text(a, x->pods)));
    if (x->nodes_lost)
        html_row(b, "Cascade",
                 arena_printf(a, "in %s runs memory took a further node down",
                              runs_count_text(a, x->nodes_lost)));
    if (x->structural)
        html_row(b, "Structural",
                 arena_printf(a,
                              "in %s runs a workload ended below what it needs at any memory use "
                              "(bookings, budgets, volumes, single pods); that alone is no outage",
                              runs_count_text(a, x->structural)));
    buf_add_cstr(b, "</dl>\n");
}

/* ---- the distribution ---- */

struct chart {
    int64_t width, low, high, most; /* classes of the line; most: runs in the fullest */
    int64_t counts[RUNS_LINE_BINS];
};

static void chart_make(const struct runs_result *x, struct chart *c)
{
    *c = (struct chart){.most = 1};
    int64_t low = x->bins.items[0].line, high = x->bins.items[x->bins.count - 1].line;
    c->width = runs_class_width(low, high, CHART_BARS);
    c->low = low / c->width;
    c->high = high / c->width;
    for (size_t i = 0; i < x->bins.count; i++) {
        int64_t *n = &c->counts[x->bins.items[i].line / c->width];
        *n += x->bins.items[i].count;
        c->most = MAX(c->most, *n);
    }
}

static void add_bar(const struct simulate_runs_results *r, const struct chart *c, int64_t class_,
                    struct buf *b)
{
    double step = (double)(CHART_RIGHT - CHART_LEFT) / (double)(c->high - c->low + 1);
    double x = CHART_LEFT + (double)(class_ - c->low) * step;
    double height = (double)c->counts[class_] / (double)c->most * (CHART_BOTTOM - CHART_TOP);
    int64_t line = class_ * c->width;
    buf_printf(b,
               "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" fill=\"var(--%s)\">"
               "<title>",
               x + 1, CHART_BOTTOM - height, step - 2 > 1 ? step - 2 : 1, height,
               line < FACTOR_ONE ? "bad" : "h3");
    markup_add(b,
               arena_printf(r->arena, "load line " STR_FMT ": %lld runs",
                            STR_ARG(runs_line_text(r->arena, line)), (long long)c->counts[class_]));
    buf_add_cstr(b, "</title></rect>\n");
    if ((class_ - c->low) % MAX((c->high - c->low) / 8, 1) == 0)
        buf_printf(b,
                   "<text class=\"s\" x=\"%.1f\" y=\"%d\" font-size=\"12\" "
                   "text-anchor=\"middle\">%.2f%s</text>\n",
                   x + step / 2, CHART_BOTTOM + 18, (double)line / FACTOR_ONE,
                   line >= RUNS_LINE_MOST ? "+" : "");
}

/* Where memory use of now is: what is left of it is an outage. */
static void add_now(const struct chart *c, struct buf *b)
{
    double step = (double)(CHART_RIGHT - CHART_LEFT) / (double)(c->high - c->low + 1);
    double x = CHART_LEFT + ((double)FACTOR_ONE / (double)c->width - (double)c->low) * step;
    if (x < CHART_LEFT || x > CHART_RIGHT)
        return;
    bool left = x > (CHART_LEFT + CHART_RIGHT) / 2.0; /* of the line: where there is room */
    buf_printf(b,
               "<path d=\"M%.1f %dV%d\" stroke=\"var(--ink)\" stroke-dasharray=\"4 3\"/><text "
               "x=\"%.1f\" y=\"%d\" font-size=\"12\" text-anchor=\"%s\">1: the run's own memory "
               "use</text>\n",
               x, CHART_TOP - 6, CHART_BOTTOM, left ? x - 6 : x + 6, CHART_TOP - 4,
               left ? "end" : "start");
}

static void add_chart(const struct simulate_runs_results *r, struct buf *b)
{
    struct chart c;
    chart_make(r->result, &c);
    buf_add_cstr(b, "<div class=\"wide\"><svg viewBox=\"0 0 660 240\" width=\"660\" role=\"img\" "
                    "aria-label=\"Runs by load line\">\n");
    buf_printf(b,
               "<path d=\"M%d %dH%d\" stroke=\"var(--line)\"/><text class=\"s\" x=\"%d\" y=\"%d\" "
               "font-size=\"12\" text-anchor=\"end\">%lld</text>\n",
               CHART_LEFT, CHART_BOTTOM, CHART_RIGHT, CHART_LEFT - 6, CHART_TOP + 4,
               (long long)c.most);
    for (int64_t i = c.low; i <= c.high; i++)
        add_bar(r, &c, i, b);
    add_now(&c, b);
    buf_printf(b,
               "<text class=\"s\" x=\"%d\" y=\"234\" font-size=\"12\">load line of the run"
               "</text>\n</svg></div>\n",
               CHART_LEFT);
}

static void add_distribution(const struct simulate_runs_results *r, struct buf *b)
{
    static const int shares[] = {1, 5, 25, 50, 75, 95};
    struct arena *a = r->arena;
    html_section(b, "distribution", "Load line");
    html_paragraph(b,
                   STR("The load line of a run is the factor on its memory use up to which it is "
                       "no outage; below 1 the run is one."));
    add_chart(r, b);
    buf_add_cstr(b, "<table><thead><tr><th class=\"n\">Share of runs</th><th class=\"n\">Load line "
                    "at most</th><th class=\"n\">95 % confidence</th></tr></thead><tbody>\n");
    for (size_t i = 0; i < ARRAY_LEN(shares); i++) {
        struct runs_quantile q = runs_quantile_of(r->result, shares[i] / 100.0);
        buf_printf(b, "<tr><td class=\"n\">%d %%</td>", shares[i]);
        html_cell(b, q.line < FACTOR_ONE ? "n bad" : "n", runs_line_text(a, q.line));
        html_cell(b, "n",
                  arena_printf(a, STR_FMT " to " STR_FMT, STR_ARG(runs_line_text(a, q.low)),
                               STR_ARG(runs_line_text(a, q.high))));
        buf_add_cstr(b, "</tr>\n");
    }
    buf_add_cstr(b, "</tbody></table>\n");
    html_section_end(b);
}

/* ---- lists ---- */

static void add_count(const struct simulate_runs_results *r, int64_t n, const char *class_name,
                      struct buf *b)
{
    html_cell(b, n ? class_name : "z",
              n ? runs_share_text(r->arena, (double)n / (double)r->result->done) : STR("-"));
}

static void add_more(struct buf *b, size_t n, size_t shown)
{
    if (n > shown)
        buf_printf(b, "<p class=\"soft\">and %zu more: <code>-o json</code> has them all.</p>\n",
                   n - shown);
}

static void add_workloads(const struct simulate_runs_results *r, struct buf *b)
{
    const struct runs_workload **list;
    size_t n = runs_rank_workloads(r->arena, r->result, &list), shown = MIN(n, (size_t)HTML_ROWS);
    if (n == 0)
        return;
    html_section(b, "workloads", "Workloads");
    html_paragraph(b,
                   STR("The share of runs in which they end without a healthy pod, below what "
                       "they need, or with pods that fail again and again; and at any memory use "
                       "(bookings, budgets, volumes)."));
    buf_add_cstr(b,
                 "<div class=\"wide\"><table><thead><tr><th>Workload</th><th class=\"n\">At "
                 "zero</th><th class=\"n\">95 % confidence</th><th class=\"n\">Below</th><th "
                 "class=\"n\">Failing on</th><th class=\"n\">At any use</th><th class=\"n\">Over "
                 "limit</th></tr></thead><tbody>\n");
    for (size_t i = 0; i < shown; i++) {
        const struct runs_workload *w = list[i];
        buf_add_cstr(b, "<tr>");
        html_cell(b, "name", w->name);
        add_count(r, w->zero, "n bad", b);
        html_cell(b, "n", runs_range_text(r->arena, w->zero, r->result->done));
        add_count(r, w->below, "n warn", b);
        add_count(r, w->again, "n warn", b);
        add_count(r, w->structural, "n", b);
        add_count(r, w->at_limit, "n", b);
        buf_add_cstr(b, "</tr>\n");
    }
    buf_add_cstr(b, "</tbody></table></div>\n");
    add_more(b, n, shown);
    html_section_end(b);
}

static void add_contingencies(const struct simulate_runs_results *r, struct buf *b)
{
    const struct runs_contingency **list;
    size_t n = runs_rank_contingencies(r->arena, r->result, &list);
    size_t shown = MIN(n, (size_t)HTML_ROWS);
    if (n == 0)
        return;
    html_section(b, "contingencies", "Contingencies that became an outage");
    buf_printf(b, "<p>%zu of the %zu drawn.</p>\n", n, r->result->contingencies.count);
    buf_add_cstr(b,
                 "<div class=\"wide\"><table><thead><tr><th>Contingency</th><th class=\"n\">Runs"
                 "</th><th class=\"n\">Outages</th><th class=\"n\">Share</th><th class=\"n\">95 % "
                 "confidence</th></tr></thead><tbody>\n");
    for (size_t i = 0; i < shown; i++) {
        const struct runs_contingency *c = list[i];
        buf_add_cstr(b, "<tr>");
        html_cell(b, "name", c->name);
        buf_printf(b, "<td class=\"n\">%lld</td><td class=\"n bad\">%lld</td>", (long long)c->drawn,
                   (long long)c->outages);
        html_cell(b, "n", runs_share_text(r->arena, (double)c->outages / (double)c->drawn));
        html_cell(b, "n", runs_range_text(r->arena, c->outages, c->drawn));
        buf_add_cstr(b, "</tr>\n");
    }
    buf_add_cstr(b, "</tbody></table></div>\n");
    add_more(b, n, shown);
    html_section_end(b);
}

static void add_worst(const struct simulate_runs_results *r, struct buf *b)
{
    html_section(b, "worst", "Lowest load lines");
    buf_add_cstr(b, "<p><code>--explain run/N</code> tells a run event by event.</p>\n<div "
                    "class=\"wide\"><table><thead><tr><th>Run</th><th class=\"n\">Load line</th>"
                    "<th>Event</th><th class=\"n\">At</th><th>First to give way</th></tr></thead>"
                    "<tbody>\n");
    for (size_t i = 0; i < r->result->worst.count; i++) {
        const struct runs_worst *w = &r->result->worst.items[i];
        buf_printf(b, "<tr><td>run/%lld</td>", (long long)w->run);
        html_cell(b, w->line < FACTOR_ONE ? "n bad" : "n", runs_line_text(r->arena, w->line));
        html_cell(b, "name", w->contingency);
        html_cell(b, "n", duration_text(r->arena, w->at_ms));
        html_cell(b, "name", w->first);
        buf_add_cstr(b, "</tr>\n");
    }
    buf_add_cstr(b, "</tbody></table></div>\n");
    html_section_end(b);
}

static void add_assumptions(const struct simulate_runs_results *r, struct buf *b)
{
    html_section(b, "assumptions", "Assumptions in force");
    buf_add_cstr(b, "<div class=\"wide\"><table><thead><tr><th>Assumption</th><th>Option that "
                    "changes it</th></tr></thead><tbody>\n");
    for (size_t i = 0; i < r->result->assumptions.count; i++) {
        const struct runs_assumption *x = &r->result->assumptions.items[i];
        buf_add_cstr(b, "<tr>");
        html_cell(b, NULL, x->text);
        buf_add_cstr(b, "<td><code>");
        markup_add(b, x->option.n ? x->option : STR("none"));
        buf_add_cstr(b, "</code></td></tr>\n");
    }
    buf_add_cstr(b, "</tbody></table></div>\n");
    html_section_end(b);
}

void simulate_runs_render_html(const struct simulate_runs_results *r, struct buf *b)
{
    html_page_begin(b, "probability of an outage");
    buf_add_cstr(b, "<section>\n");
    add_head(r, b);
    html_section_end(b);
    if (r->result->done) {
        add_distribution(r, b);
        add_workloads(r, b);
        add_contingencies(r, b);
        add_worst(r, b);
    }
    add_assumptions(r, b);
    html_page_end(b, r->result->done < r->result->runs ? NULL : r->result->digest);
}
