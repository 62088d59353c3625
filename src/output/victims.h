/* SPDX-License-Identifier: Apache-2.0
 *
 * Renders the victims of a node (analysis/victims.h): text, JSON and YAML.
 */
#ifndef OUTPUT_VICTIMS_H
#define OUTPUT_VICTIMS_H

#include "analysis/victims.h"
#include "base/json_write.h"
#include "output/out.h"

enum victims_format { VICTIMS_TEXT, VICTIMS_JSON, VICTIMS_YAML };

struct victims_results {
    struct arena *arena; /* scratch of the renderer */
    const struct victims *victims;
};
/* An out_render_fn: results is a struct victims_results, f->word an enum victims_format. */
void victims_render(const void *results, const struct out_format *f, struct buf *b);
/* kind VictimList (docs/schema/VictimList.json). */
void victims_render_json(const struct victims_results *r, enum json_style style, struct buf *b);

/* One sentence: who goes before whom, and why. */
struct str inversion_text(struct arena *a, const struct victims *v,
                          const struct victim_inversion *i);
/* "one sample, taken at T", or what is assumed. */
struct str victims_usage_text(struct arena *a, const struct victims *v);

#endif
