/* SPDX-License-Identifier: Apache-2.0
 *
 * What the renderers of Monte Carlo runs have in common: figures as words, lists in their order.
 */
#include "base/text.h"
#include "output/simulate_runs.h"

const char runs_condition[] = "Each run has one such event: how often one happens is not in the "
                              "figure.";

const char *runs_count_text(struct arena *a, int64_t n)
{
    struct buf text CLEANUP(buf_done);
    buf_init(&text, 64);
    text_add_count(&text, n);
    return arena_str(a, buf_str(&text)).p;
}

/* "12.4 %", with as many digits as tell small ones apart. */
struct str runs_share_text(struct arena *a, double share)
{
    double percent = share * 100;
    if (percent == 0 || percent == 100)
        return arena_printf(a, "%.0f %%", percent);
    return arena_printf(a,
                        percent < 0.095  ? "%.3f %%"
                        : percent < 9.95 ? "%.2f %%"
                                         : "%.1f %%",
                        percent);
}

struct str runs_range_text(struct arena *a, int64_t hits, int64_t count)
{
    struct interval i = wilson_interval((uint64_t)hits, (uint64_t)count);
    return arena_printf(a, STR_FMT " to " STR_FMT, STR_ARG(runs_share_text(a, i.low)),
                        STR_ARG(runs_share_text(a, i.high)));
}

struct str runs_line_text(struct arena *a, int64_t line)
{
    return line >= RUNS_LINE_MOST ? arena_printf(a, "%.0f or more", (double)line / FACTOR_ONE)
                                  : arena_printf(a, "%.2f", simulate_shown_line(line));
}

/* The narrowest class of lines with which the chart has few enough rows. */
int64_t runs_class_width(int64_t low, int64_t high, int64_t rows)
{
    static const int64_t widths[] = {100, 200, 500, 1000, 2000, 5000, 10000};
    size_t i = 0;
    while (i + 1 < ARRAY_LEN(widths) && (high - low) / widths[i] >= rows)
        i++;
    return widths[i];
}

static int64_t urgency(const struct runs_workload *w, int i)
{
    return i == 0 ? w->zero : i == 1 ? w->below : i == 2 ? w->again : w->at_limit;
}

static int workload_rank(const void *a, const void *b)
{
    const struct runs_workload *x = *(const struct runs_workload *const *)a;
    const struct runs_workload *y = *(const struct runs_workload *const *)b;
    for (int i = 0; i < 4; i++)
        if (urgency(x, i) != urgency(y, i))
            return urgency(x, i) > urgency(y, i) ? -1 : 1;
    return str_cmp(x->name, y->name);
}

static int contingency_rank(const void *a, const void *b)
{
    const struct runs_contingency *x = *(const struct runs_contingency *const *)a;
    const struct runs_contingency *y = *(const struct runs_contingency *const *)b;
    /* outages / drawn, without dividing */
    int64_t left = x->outages * y->drawn, right = y->outages * x->drawn;
    if (left != right)
        return left > right ? -1 : 1;
    if (x->outages != y->outages)
        return x->outages > y->outages ? -1 : 1;
    return str_cmp(x->name, y->name);
}

size_t runs_rank_workloads(struct arena *a, const struct runs_result *x,
                           const struct runs_workload ***ret)
{
    size_t n = x->workloads.count;
    *ret = arena_array(a, const struct runs_workload *, n);
    for (size_t i = 0; i < n; i++)
        (*ret)[i] = &x->workloads.items[i];
    if (n)
        qsort(*ret, n, sizeof(**ret), workload_rank);
    return n;
}

size_t runs_rank_contingencies(struct arena *a, const struct runs_result *x,
                               const struct runs_contingency ***ret)
{
    size_t n = 0;
    *ret = arena_array(a, const struct runs_contingency *, x->contingencies.count);
    for (size_t i = 0; i < x->contingencies.count; i++)
        if (x->contingencies.items[i].outages)
            (*ret)[n++] = &x->contingencies.items[i];
    if (n)
        qsort(*ret, n, sizeof(**ret), contingency_rank);
    return n;
}

bool runs_outages_pass(const struct runs_result *r, const struct opt_int *most)
{
    return !most->set || r->outages * FACTOR_ONE <= most->v * r->done;
}

bool runs_line_passes(const struct runs_result *r, int64_t least)
{
    return !least || runs_quantile_of(r, 0.05).line >= least;
}
