/* SPDX-License-Identifier: Apache-2.0
 *
 * As upstream's plugins/noderesources/{least_allocated,most_allocated,requested_to_capacity_ratio,
 * balanced_allocation}.go and plugins/helper/shape_score.go. Doubles only where upstream has them,
 * in its order of operations (the build forbids fused multiply-add).
 */
#include "analysis/schedule/resource_scores.h"

#include <math.h>

enum { MAX_SCORE = 100, MAX_RESOURCES = 64 };

int64_t least_allocated(const int64_t *requested, const int64_t *allocatable, const int64_t *weight,
                        size_t count)
{
    int64_t sum = 0, weights = 0;
    for (size_t i = 0; i < count; i++) {
        if (allocatable[i] == 0)
            continue;
        int64_t w = weight ? weight[i] : 1;
        if (requested[i] <= allocatable[i])
            sum += (allocatable[i] - requested[i]) * MAX_SCORE / allocatable[i] * w;
        weights += w;
    }
    return weights ? sum / weights : 0;
}

int64_t most_allocated(const int64_t *requested, const int64_t *allocatable, const int64_t *weight,
                       size_t count)
{
    int64_t sum = 0, weights = 0;
    for (size_t i = 0; i < count; i++) {
        if (allocatable[i] == 0)
            continue;
        int64_t w = weight ? weight[i] : 1;
        sum += MIN(requested[i], allocatable[i]) * MAX_SCORE / allocatable[i] * w;
        weights += w;
    }
    return weights ? sum / weights : 0;
}

int64_t broken_linear(const struct shape_point *p, size_t count, int64_t x)
{
    for (size_t i = 0; i < count; i++) {
        if (x > p[i].utilization)
            continue;
        if (i == 0)
            return p[0].score;
        return p[i - 1].score + (p[i].score - p[i - 1].score) * (x - p[i - 1].utilization) /
                                    (p[i].utilization - p[i - 1].utilization);
    }
    return p[count - 1].score;
}

int64_t requested_to_capacity_ratio(const struct shape_point *points, size_t point_count,
                                    const int64_t *requested, const int64_t *allocatable,
                                    const int64_t *weight, size_t count)
{
    int64_t sum = 0, weights = 0;
    for (size_t i = 0; i < count; i++) {
        if (allocatable[i] == 0)
            continue;
        int64_t percent = requested[i] > allocatable[i] ? 100 : requested[i] * 100 / allocatable[i];
        int64_t score = broken_linear(points, point_count, percent);
        int64_t w = weight ? weight[i] : 1;
        if (score > 0) {
            sum += score * w;
            weights += w;
        }
    }
    return weights ? (int64_t)round((double)sum / (double)weights) : 0;
}

int64_t balance(const int64_t *requested, const int64_t *allocatable, size_t count)
{
    double fraction[MAX_RESOURCES], total = 0, std = 0;
    size_t n = 0;
    for (size_t i = 0; i < count && n < MAX_RESOURCES; i++) {
        if (allocatable[i] == 0)
            continue;
        double f = (double)requested[i] / (double)allocatable[i];
        fraction[n] = f > 1 ? 1 : f;
        total += fraction[n++];
    }
    if (n == 2) {
        std = fabs((fraction[0] - fraction[1]) / 2);
    } else if (n > 2) {
        double mean = total / (double)n, sum = 0;
        for (size_t i = 0; i < n; i++)
            sum = sum + (fraction[i] - mean) * (fraction[i] - mean);
        std = sqrt(sum / (double)n);
    }
    return (int64_t)((1 - std) * (double)MAX_SCORE);
}

int64_t balanced_allocation(const int64_t *with_pod, const int64_t *without,
                            const int64_t *allocatable, size_t count)
{
    int64_t improvement =
        balance(with_pod, allocatable, count) - balance(without, allocatable, count);
    return MAX_SCORE / 2 + (MAX_SCORE / 2 + improvement) / 2;
}
