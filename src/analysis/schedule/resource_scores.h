/* SPDX-License-Identifier: Apache-2.0
 *
 * The scoring strategies of NodeResourcesFit and NodeResourcesBalancedAllocation as pure functions.
 * Arrays run over the scored resources; one whose allocatable is 0 is left out.
 */
#ifndef ANALYSIS_SCHEDULE_RESOURCE_SCORES_H
#define ANALYSIS_SCHEDULE_RESOURCE_SCORES_H

#include "base/defs.h"

/* `requested` counts the incoming pod. weight NULL: all 1. Results 0..100. */
int64_t least_allocated(const int64_t *requested, const int64_t *allocatable, const int64_t *weight,
                        size_t count);
int64_t most_allocated(const int64_t *requested, const int64_t *allocatable, const int64_t *weight,
                       size_t count);

struct shape_point {
    int64_t utilization, score;
};
/* The broken line through the points (at least one, utilization rising) at x. */
int64_t broken_linear(const struct shape_point *points, size_t count, int64_t x);
/* RequestedToCapacityRatio; the points' scores are 0..100 (ten times those of the configuration). */
int64_t requested_to_capacity_ratio(const struct shape_point *points, size_t point_count,
                                    const int64_t *requested, const int64_t *allocatable,
                                    const int64_t *weight, size_t count);

/* 100 * (1 - standard deviation of the used fractions), truncated. */
int64_t balance(const int64_t *requested, const int64_t *allocatable, size_t count);
/* By how much the pod improves the balance: 75 = not at all. */
int64_t balanced_allocation(const int64_t *with_pod, const int64_t *without,
                            const int64_t *allocatable, size_t count);

#endif
