/* SPDX-License-Identifier: Apache-2.0
 *
 * The order in which preemption gives victims back.
 */
#ifndef ANALYSIS_SCHEDULE_VICTIM_SORT_H
#define ANALYSIS_SCHEDULE_VICTIM_SORT_H

#include "base/defs.h"

struct victim {
    uint32_t pod;
    int64_t priority, start_ms; /* INT64_MAX = not started: as upstream, now */
    bool violating;
};

/* Most important first: higher priority, then earlier start. The order of equals depends on the
 * order given, as upstream (not stable past 12). */
void victims_sort(struct victim *v, uint32_t count);

#endif
