/* SPDX-License-Identifier: Apache-2.0
 *
 * Renders Monte Carlo runs (analysis/simulate/runs.h): as text, as kind SimulationRunsReport, or as
 * one part of them, kind SimulationRunsShard.
 */
#ifndef OUTPUT_SIMULATE_RUNS_H
#define OUTPUT_SIMULATE_RUNS_H

#include "analysis/simulate/runs.h"
#include "output/simulate.h"

struct simulate_runs_results {
    struct arena *arena; /* scratch of the renderer */
    const struct runs_result *result;
    int64_t top; /* rows of each list */
    bool digest;
    int64_t min_line; /* gates: --min-load-line, 0 = none; --max-outage */
    struct opt_int max_outage;
    bool shard;                             /* write the part, whatever the format */
    const struct simulate_results *explain; /* the timeline of one run; NULL = none */
    struct str explained;                   /* which run that is */
};
/* An out_render_fn: results is a struct simulate_runs_results, f->word an enum simulate_format. */
void simulate_runs_render(const void *results, const struct out_format *f, struct buf *b);
/* docs/schema/SimulationRunsReport.json and SimulationRunsShard.json */
void simulate_runs_render_json(const struct simulate_runs_results *r, enum json_style style,
                               struct buf *b);

/* One page that needs nothing else: the distribution of the load line, where outages come from. */
void simulate_runs_render_html(const struct simulate_runs_results *r, struct buf *b);
/* A test case for each gate and for each contingency that was drawn. */
void simulate_runs_render_junit(const struct simulate_runs_results *r, struct buf *b);

/* ---- simulate_runs_parts.c ---- */

/* What the probability is conditional on. */
extern const char runs_condition[];
/* "1,000" */
const char *runs_count_text(struct arena *a, int64_t n);
/* "12.4 %" */
struct str runs_share_text(struct arena *a, double share);
/* "1.2 % to 3.4 %": the 95 % confidence interval of a share. */
struct str runs_range_text(struct arena *a, int64_t hits, int64_t count);
/* "1.12", "3 or more" */
struct str runs_line_text(struct arena *a, int64_t line);
/* The width of the classes of a chart, so that it has few enough rows. */
int64_t runs_class_width(int64_t low, int64_t high, int64_t rows);
/* The most urgent first. Contingencies: those that became an outage. Returns how many. */
size_t runs_rank_workloads(struct arena *a, const struct runs_result *x,
                           const struct runs_workload ***ret);
size_t runs_rank_contingencies(struct arena *a, const struct runs_result *x,
                               const struct runs_contingency ***ret);
/* The gates. A line below `least` in more than one run of twenty does not pass. */
bool runs_outages_pass(const struct runs_result *r, const struct opt_int *most);
bool runs_line_passes(const struct runs_result *r, int64_t least);

/* Fills in what takes words: assumptions, and what gave way first in the worst runs. */
void simulate_runs_words(struct arena *a, const struct runs_plan *p, const char *question,
                         struct runs_result *ret);

#endif
