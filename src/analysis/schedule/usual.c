/* SPDX-License-Identifier: Apache-2.0
 *
 * Fit and scores of resources for the usual case, pods, CPU and memory, in a few operations: what
 * fit.c and resource_scores.c say of any resources, which the tests hold it against.
 */
#include <math.h>

#include "analysis/schedule/internal.h"

/* floor(100 x part / whole): the quotient of doubles is exact enough while whole is below 2^45, for
 * a remainder makes it differ from the next integer by more than their last bit. */
#define WHOLE_MOST (INT64_C(1) << 45)

static int32_t percent(int64_t part, int64_t whole)
{
    return part < 0 ? 0 : (int32_t)((double)(part * SCORE_MAX) / (double)whole);
}

static int32_t balance_of(double cpu, double memory)
{
    double std = fabs(((cpu > 1 ? 1 : cpu) - (memory > 1 ? 1 : memory)) / 2);
    return (int32_t)((1 - std) * (double)SCORE_MAX);
}

bool node_is_usual(const struct schedule *s, uint32_t n)
{
    int64_t cpu = s->allocatable[RES_CPU][n], memory = s->allocatable[RES_MEMORY][n];
    return cpu > 0 && cpu < WHOLE_MOST && memory > 0 && memory < WHOLE_MOST;
}

int16_t usual_score(const struct schedule *s, const struct class_ *c, uint32_t n)
{
    int64_t cpu = s->allocatable[RES_CPU][n], memory = s->allocatable[RES_MEMORY][n];
    int64_t used_cpu = s->used[RES_CPU][n], used_memory = s->used[RES_MEMORY][n];
    int64_t want_cpu = c->request[RES_CPU], want_memory = c->request[RES_MEMORY];
    if (s->allocatable[RES_PODS][n] - s->used[RES_PODS][n] < 1 ||
        (want_cpu > 0 && want_cpu > cpu - used_cpu) ||
        (want_memory > 0 && want_memory > memory - used_memory))
        return UNFIT;
    int32_t least = (percent(cpu - s->nonzero_cpu[n] - c->score_cpu, cpu) +
                     percent(memory - s->nonzero_memory[n] - c->score_memory, memory)) /
                    2;
    double by_cpu = (double)cpu, by_memory = (double)memory;
    int32_t after = balance_of((double)(used_cpu + want_cpu) / by_cpu,
                               (double)(used_memory + want_memory) / by_memory);
    int32_t before = balance_of((double)used_cpu / by_cpu, (double)used_memory / by_memory);
    int32_t balanced = SCORE_MAX / 2 + (SCORE_MAX / 2 + after - before) / 2;
    return (int16_t)(plugin_weight(PLUGIN_NODE_RESOURCES_FIT) * least +
                     plugin_weight(PLUGIN_BALANCED_ALLOCATION) * balanced);
}

bool class_is_usual(const struct schedule *s, const struct class_ *c, const struct view *v)
{
    return !c->ports.count && !v->volumes && !c->has_scalars && !c->request[RES_EPHEMERAL] &&
           (c->request[RES_CPU] || c->request[RES_MEMORY]) && !s->ignored && !s->by_device;
}
