/* SPDX-License-Identifier: Apache-2.0
 *
 * Writes a baseline: the findings that are known and pass from now on.
 */
#ifndef OUTPUT_BASELINE_H
#define OUTPUT_BASELINE_H

#include "output/out.h"
#include "rules/baseline.h"

enum baseline_format { BASELINE_YAML, BASELINE_JSON };

/* An out_render_fn: results is a struct baseline, f->word an enum baseline_format. Kind Baseline,
 * docs/schema/baseline.json. Nothing in it changes unless a finding comes or goes: no line, no
 * message, no date. */
void baseline_render(const void *results, const struct out_format *f, struct buf *b);
/* "313 errors and 101 warnings of 20 rules in 190 objects": a line for people. */
void baseline_add_summary(const struct baseline *baseline, struct buf *b);

#endif
