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
    bool shard;                             /* write the part, whatever the format */
    const struct simulate_results *explain; /* the timeline of one run; NULL = none */
    struct str explained;                   /* which run that is */
};
/* An out_render_fn: results is a struct simulate_runs_results, f->word an enum simulate_format. */
void simulate_runs_render(const void *results, const struct out_format *f, struct buf *b);
/* docs/schema/SimulationRunsReport.json and SimulationRunsShard.json */
void simulate_runs_render_json(const struct simulate_runs_results *r, enum json_style style,
                               struct buf *b);

/* Fills in what takes words: assumptions, and what gave way first in the worst runs. */
void simulate_runs_words(struct arena *a, const struct runs_plan *p, const char *question,
                         struct runs_result *ret);

#endif
