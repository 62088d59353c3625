/* SPDX-License-Identifier: Apache-2.0
 *
 * Renders what `check` found: text, JSON, YAML. One renderer per file.
 */
#ifndef OUTPUT_FINDINGS_H
#define OUTPUT_FINDINGS_H

#include "base/json_write.h"
#include "output/out.h"
#include "rules/engine.h"

enum findings_format { FINDINGS_TEXT, FINDINGS_JSON, FINDINGS_YAML };

struct findings_results {
    struct arena *arena; /* scratch of the renderer */
    const struct cluster *cluster;
    const struct judgement *judgement;
    bool show_suppressed; /* text lists them too */
};
/* An out_render_fn: results is a struct findings_results, f->word an enum findings_format. */
void findings_render(const void *results, const struct out_format *f, struct buf *b);

void findings_add_text(const struct findings_results *r, const struct out_format *f, struct buf *b);
void findings_add_json(const struct findings_results *r, enum json_style style, struct buf *b);

#endif
