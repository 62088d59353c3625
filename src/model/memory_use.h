/* SPDX-License-Identifier: Apache-2.0
 *
 * What the input knows of the memory that a workload's container uses: PodMetrics of its pods, and
 * UsageProfiles.
 */
#ifndef MODEL_MEMORY_USE_H
#define MODEL_MEMORY_USE_H

#include "model/cluster.h"

/* 0 = not known. */
struct memory_use {
    int64_t present_bytes; /* the most that any of the workload's pods uses now */
    int64_t
        usual_bytes;    /* what to reserve: p95 of its UsageProfile, else its level, else present */
    int64_t peak_bytes; /* what it may grow to: max or ceiling of its UsageProfile */
};
struct memory_use memory_use_of(const struct cluster *c, const struct workload *w,
                                struct str container);
/* "512Mi": exact. */
struct str memory_amount_text(struct arena *a, int64_t bytes);
/* Up to the next Mi. */
int64_t memory_whole_mebibytes(int64_t bytes);

#endif
