/* SPDX-License-Identifier: Apache-2.0
 *
 * What a change does: findings that it mends, memory that it books and allows, and what is left for
 * the loss of a node. A part of what `check --against` prints.
 */
#ifndef OUTPUT_CHANGE_H
#define OUTPUT_CHANGE_H

#include "analysis/memory_change.h"
#include "analysis/simulate/simulate.h"
#include "base/json_write.h"
#include "output/out.h"
#include "rules/baseline.h"

/* Of one side, by simulation. */
struct change_figures {
    bool margin_known, line_known, line_above;
    int64_t margin_bytes; /* may be negative */
    int64_t factor;       /* load line, in units of FACTOR_ONE */
};
struct change {
    struct baseline before; /* after baseline_apply: what is not met is mended */
    struct memory_change memory;
    bool simulated;  /* both sides have Nodes */
    bool no_figures; /* they were not asked for */
    struct change_figures was, is;
};

void change_add_text(const struct change *c, struct arena *a, const struct out_format *f,
                     struct buf *b);
/* The value of "change" in the summary of a FindingList. */
void change_add_json(const struct change *c, struct json_writer *w);
/* Findings of that severity that were there before and are no more. */
size_t change_mended(const struct change *c, enum severity s);

#endif
