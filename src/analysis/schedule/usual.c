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

/* Amounts up to this are added and compared as doubles without loss. */
#define EXACT_MOST (INT64_C(1) << 50)

static bool is_exact(const struct schedule *s, uint32_t n)
{
    return s->used[RES_CPU][n] >= 0 && s->used[RES_CPU][n] < EXACT_MOST &&
           s->used[RES_MEMORY][n] >= 0 && s->used[RES_MEMORY][n] < EXACT_MOST &&
           s->nonzero_cpu[n] >= 0 && s->nonzero_cpu[n] < EXACT_MOST && s->nonzero_memory[n] >= 0 &&
           s->nonzero_memory[n] < EXACT_MOST;
}

void usual_nodes_make(struct schedule *s, struct usual_nodes *ret)
{
    uint32_t nodes = s->node_count;
    double **const arrays[] = {&ret->cpu,         &ret->memory,   &ret->used_cpu,
                               &ret->used_memory, &ret->left_cpu, &ret->left_memory};
    for (size_t i = 0; i < ARRAY_LEN(arrays); i++)
        if (!*arrays[i])
            *arrays[i] = arena_array(s->a, double, nodes);
    if (!ret->balance) {
        ret->balance = arena_array(s->a, int32_t, nodes);
        ret->room = arena_array(s->a, int32_t, nodes);
        ret->usual = arena_array(s->a, uint8_t, nodes);
    }
    for (uint32_t n = 0; n < nodes; n++) {
        ret->usual[n] = node_is_usual(s, n) && is_exact(s, n);
        ret->room[n] = s->allocatable[RES_PODS][n] - s->used[RES_PODS][n] >= 1;
        ret->cpu[n] = ret->memory[n] = 1; /* where it is not usual */
        if (!ret->usual[n])
            continue;
        ret->cpu[n] = (double)s->allocatable[RES_CPU][n];
        ret->memory[n] = (double)s->allocatable[RES_MEMORY][n];
        ret->used_cpu[n] = (double)s->used[RES_CPU][n];
        ret->used_memory[n] = (double)s->used[RES_MEMORY][n];
        ret->left_cpu[n] = ret->cpu[n] - (double)s->nonzero_cpu[n];
        ret->left_memory[n] = ret->memory[n] - (double)s->nonzero_memory[n];
        ret->balance[n] =
            balance_of(ret->used_cpu[n] / ret->cpu[n], ret->used_memory[n] / ret->memory[n]);
    }
}

static inline double at_least(double x, double least)
{
    return x < least ? least : x;
}

bool usual_scores(const struct schedule *s, const struct usual_nodes *u, const struct class_ *c,
                  int16_t *restrict ret)
{
    const int64_t amounts[] = {c->request[RES_CPU], c->request[RES_MEMORY], c->score_cpu,
                               c->score_memory};
    for (size_t i = 0; i < ARRAY_LEN(amounts); i++)
        if (amounts[i] < 0 || amounts[i] >= EXACT_MOST)
            return false;
    double want_cpu = (double)amounts[0], want_memory = (double)amounts[1];
    double score_cpu = (double)amounts[2], score_memory = (double)amounts[3];
    /* What asks for nothing fits where more is booked than there is. */
    double asks_cpu = want_cpu > 0 ? 0 : -HUGE_VAL, asks_memory = want_memory > 0 ? 0 : -HUGE_VAL;
    const double *restrict cpu = u->cpu, *restrict memory = u->memory;
    const double *restrict used_cpu = u->used_cpu, *restrict used_memory = u->used_memory;
    const double *restrict left_cpu = u->left_cpu, *restrict left_memory = u->left_memory;
    const int32_t *restrict before = u->balance, *restrict room = u->room;
    uint32_t nodes = s->node_count;
    for (uint32_t n = 0; n < nodes; n++) {
        double after_cpu = used_cpu[n] + want_cpu, after_memory = used_memory[n] + want_memory;
        int32_t least =
            ((int32_t)(at_least(left_cpu[n] - score_cpu, 0) * SCORE_MAX / cpu[n]) +
             (int32_t)(at_least(left_memory[n] - score_memory, 0) * SCORE_MAX / memory[n])) /
            2;
        int32_t balanced = balance_of(after_cpu / cpu[n], after_memory / memory[n]);
        int32_t score = least + SCORE_MAX / 2 + (SCORE_MAX / 2 + balanced - before[n]) / 2;
        bool fits =
            room[n] & (cpu[n] - after_cpu >= asks_cpu) & (memory[n] - after_memory >= asks_memory);
        ret[n] = (int16_t)(fits ? score : UNFIT);
    }
    return true;
}

bool class_is_usual(const struct schedule *s, const struct class_ *c, const struct view *v)
{
    return !c->ports.count && !v->volumes && !c->has_scalars && !c->request[RES_EPHEMERAL] &&
           (c->request[RES_CPU] || c->request[RES_MEMORY]) && !s->ignored && !s->by_device;
}
