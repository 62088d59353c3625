/* SPDX-License-Identifier: Apache-2.0
 *
 * Renders placements (analysis/schedule/placement.h): text, JSON and YAML.
 */
#ifndef OUTPUT_PLACE_H
#define OUTPUT_PLACE_H

#include "analysis/schedule/placement.h"
#include "base/json_write.h"
#include "output/out.h"

enum place_format { PLACE_TEXT, PLACE_JSON, PLACE_YAML };

struct place_results {
    struct arena *arena; /* scratch of the renderer */
    const struct schedule *schedule;
    const struct placement *items;
    size_t count;
    int64_t top; /* rows of nodes that text shows of each sort; 0 = all */
};
/* An out_render_fn: results is a struct place_results, f->word an enum place_format. */
void place_render(const void *results, const struct out_format *f, struct buf *b);
/* kind PlacementReport (docs/schema/PlacementReport.json). */
void place_render_json(const struct place_results *r, enum json_style style, struct buf *b);

#endif
