/* SPDX-License-Identifier: Apache-2.0
 *
 * The load line: the largest factor on usage below every factor at which a contingency fails in a
 * way in which it does not fail at factor 0. On a grid from where anything happens at all, then by
 * bisection.
 */
#include "analysis/simulate/report.h"

enum {
    FINE = 10, /* 0.1 % */
    PAIRS_MOST = 500,
    GRID_PERMYRIAD = 500 /* of the factor: 5 % */
};

static void phase_quiet(struct worker *k, size_t i)
{
    struct job *j = k->job;
    if (atomic_load(&j->loud))
        return;
    if (!contingency_is_quiet(k->runner, j->report->items[i].contingency, j->factor,
                              &j->landings[i]))
        atomic_store(&j->loud, true);
}

/* Nothing at all happens to any node at this factor, beyond the contingency itself. */
static bool all_quiet(struct job *j, int64_t factor)
{
    j->factor = factor;
    atomic_store(&j->loud, false);
    job_run(j, phase_quiet);
    return !atomic_load(&j->loud);
}

static void phase_fails(struct worker *k, size_t i)
{
    struct job *j = k->job;
    if (i > atomic_load(&j->failing))
        return;
    struct sim_outcome o;
    struct sim_failure *list;
    run_item(k, i, j->factor, true, &o);
    if (failures_beyond(&k->arena, &o, &j->report->items[i].structural, &list) == 0)
        return;
    size_t seen = atomic_load(&j->failing);
    while (i < seen && !atomic_compare_exchange_weak(&j->failing, &seen, i))
        continue;
}

/* The first contingency that fails, or SIZE_MAX. */
static size_t first_failing(struct job *j, int64_t factor)
{
    j->factor = factor;
    atomic_store(&j->failing, SIZE_MAX);
    sim_watch_phase(j->watch, SIM_PHASE_LINE, j->todo ? j->todo_count : j->report->count, factor);
    job_run(j, phase_fails);
    return atomic_load(&j->failing);
}

/* The highest factor known to be quiet; 0 if none is. */
static int64_t quiet_below(struct job *j)
{
    int64_t low = 0, high = FACTOR_MAX;
    if (all_quiet(j, high) && !sim_stopped(j->watch))
        return high;
    while (high - low > FINE) {
        int64_t middle = low + (high - low) / 2;
        if (sim_stopped(j->watch))
            return low;
        if (all_quiet(j, middle) && !sim_stopped(j->watch))
            low = middle;
        else
            high = middle;
    }
    return low;
}

static void finish(struct job *j, struct arena *a, int64_t passes, int64_t fails, size_t weakest)
{
    struct sim_line *l = &j->report->line;
    struct worker *k = &j->workers[0];
    l->factor = passes;
    l->fails_at = fails;
    l->weakest = weakest;
    run_item(k, weakest, fails, false, &l->outcome);
    l->fail_count =
        failures_beyond(a, &l->outcome, &j->report->items[weakest].structural, &l->fails);
}

/* The grid from `passes` upwards, until something fails or the watch says stop; NO_FACTOR = nothing
 * did. */
static int64_t first_grid_failure(struct job *j, int64_t *passes, size_t *ret_weakest)
{
    while (*passes < FACTOR_MAX) {
        int64_t next =
            MIN(*passes + MAX(*passes * GRID_PERMYRIAD / FACTOR_ONE, GRID_PERMYRIAD), FACTOR_MAX);
        size_t found = first_failing(j, next);
        if (found != SIZE_MAX) {
            *ret_weakest = found;
            return next;
        }
        if (sim_stopped(j->watch))
            break;
        *passes = next;
    }
    return NO_FACTOR;
}

static void search(struct job *j, struct arena *a)
{
    struct sim_line *l = &j->report->line;
    size_t weakest = SIZE_MAX;
    int64_t passes = quiet_below(j), fails = first_grid_failure(j, &passes, &weakest);
    int64_t grid = fails;
    while (fails != NO_FACTOR && fails - passes > FINE && !sim_stopped(j->watch)) {
        int64_t middle = passes + (fails - passes) / 2;
        size_t found = first_failing(j, middle);
        if (found != SIZE_MAX) {
            fails = middle;
            weakest = found;
        } else if (!sim_stopped(j->watch)) {
            passes = middle;
        }
    }
    l->stopped = sim_stopped(j->watch);
    if (fails == NO_FACTOR) {
        l->above = !l->stopped;
        l->factor = passes;
        return;
    }
    l->not_monotone = grid < FACTOR_MAX &&
                      first_failing(j, MIN(grid + grid / 10, FACTOR_MAX)) == SIZE_MAX &&
                      !sim_stopped(j->watch);
    finish(j, a, passes, fails, weakest);
}

/* What is searched: all, or, where pairs are proved, what is not a pair and the first that were
 * run, since where the others send their pods is not known. */
static void choose_items(struct job *j, struct arena *a)
{
    const struct sim_report *r = j->report;
    if (!r->pairs.proved)
        return;
    size_t *todo = arena_array(a, size_t, r->count), n = 0, pairs = 0;
    for (size_t i = 0; i < r->count; i++) {
        const struct sim_item *x = &r->items[i];
        bool two = x->proved ||
                   (x->contingency->type == CONTINGENCY_LOSE && x->contingency->node_count == 2);
        if (!two || (x->run && pairs < PAIRS_MOST))
            todo[n++] = i;
        pairs += two && x->run;
    }
    j->todo = todo;
    j->todo_count = n;
    j->report->line.at_most = n < r->count;
}

void line_search(struct job *j, struct arena *a)
{
    struct sim_line *l = &j->report->line;
    choose_items(j, a);
    search(j, a);
    j->todo = NULL;
    l->known = true;
}
