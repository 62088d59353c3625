/* SPDX-License-Identifier: Apache-2.0
 *
 * What place.c and its parts work in.
 */
#ifndef ANALYSIS_SCHEDULE_PLACE_WORK_H
#define ANALYSIS_SCHEDULE_PLACE_WORK_H

#include "analysis/schedule/internal.h"

/* A combination of what the soft spread constraints see of a node: see spread_codes(). */
enum { CODES_MAX = 4096 };

/* Arrays over the nodes that a placement works in, kept between placements. */
struct work {
    uint8_t *ok; /* passes every filter */
    int32_t *total, *raw;
    uint8_t *allowed; /* per topology value */
    double *sum;
    uint32_t *seen, stamp; /* per topology value */
    int32_t code_score[CODES_MAX];
    uint8_t code_seen[CODES_MAX];
};

/* Adds the weighted scores of the soft spread constraints to the totals of the nodes that are left. */
void place_add_spread(struct schedule *s, const struct view *v, struct work *w);

#endif
