/* SPDX-License-Identifier: Apache-2.0
 *
 * A storm that never settles goes round in a circle: which nodes and kills it goes through, and how
 * long once round takes. Looked for in the failures of one pod and of those that replaced it.
 */
#include "analysis/simulate/internal.h"

enum { STEPS_MOST = 2 * FAILURES_RETIRED };

static bool same_step(const struct run_failed *x, const struct run_failed *y)
{
    return x->node == y->node && x->type == y->type && x->container == y->container;
}

/* The shortest sequence that the list ends with twice; 0 = none. */
static size_t round_of(const struct run_failed *list, size_t count)
{
    for (size_t length = 1; 2 * length <= count; length++) {
        size_t same = 0;
        while (same < length &&
               same_step(&list[count - 1 - same], &list[count - 1 - same - length]))
            same++;
        if (same == length)
            return length;
    }
    return 0;
}

static uint32_t pods_in_storm(const struct sim_runner *r, uint32_t workload)
{
    uint32_t pods = 0;
    for (size_t i = 0; i < r->storms.count; i++)
        pods += pod_world(r, r->storms.items[i])->workload == workload;
    return pods;
}

const struct sim_cycle *cycle_make(const struct sim_runner *r, uint32_t line, struct arena *a)
{
    struct run_failed last[STEPS_MOST];
    struct sim_cycle *c = arena_new(a, struct sim_cycle);
    size_t most = MIN((size_t)r->pods.items[line].failures, ARRAY_LEN(last)), n = 0;
    for (size_t i = r->failed.count; i-- > 0 && n < most;)
        if (r->failed.items[i].line == line)
            last[most - 1 - n++] = r->failed.items[i];
    const struct run_failed *list = &last[most - n];
    size_t length = round_of(list, n);
    c->repeats = length > 0;
    c->step_count = length ? length : n;
    c->failures = (uint32_t)n;
    c->pods = pods_in_storm(r, pod_world(r, line)->workload);
    if (length)
        c->period_ms = list[n - 1].at_ms - list[n - 1 - length].at_ms;
    c->steps = arena_array(a, struct sim_cycle_step, c->step_count);
    list += n - c->step_count;
    for (size_t i = 0; i < c->step_count; i++)
        c->steps[i] = (struct sim_cycle_step){list[i].type, list[i].node, list[i].container,
                                              list[i].at_ms - list[0].at_ms};
    return c;
}
