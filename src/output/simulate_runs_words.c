/* SPDX-License-Identifier: Apache-2.0
 *
 * Monte Carlo in words: the assumptions that the runs rest on, and what happened in the worst of them.
 */
#include "output/simulate_runs.h"

static struct str percent(struct arena *a, int64_t permyriad)
{
    return permyriad % 100 ? arena_printf(a, "%.2f %%", (double)permyriad / 100)
                           : arena_printf(a, "%lld %%", (long long)(permyriad / 100));
}

static void assume(struct arena *a, struct runs_result *r, const char *name, struct str text,
                   const char *option)
{
    *PUSH(a, &r->assumptions) =
        (struct runs_assumption){str_of(name), text, option ? str_of(option) : STR_NONE};
}

static struct str spread_text(struct arena *a, const struct runs_plan *p)
{
    size_t given = 0;
    for (uint32_t i = 0; i < p->group_count; i++)
        given += p->groups[i].spread != NULL;
    struct str rest =
        arena_printf(a,
                     "use varies from run to run by " STR_FMT
                     " (standard deviation, log-normal), all pods of a workload alike",
                     STR_ARG(percent(a, p->options.spread_permyriad)));
    if (!given)
        return rest;
    return arena_printf(
        a, "the use of %zu of %u containers of workloads by its percentiles; else " STR_FMT, given,
        p->group_count, STR_ARG(rest));
}

static void assume_draws(struct arena *a, const struct runs_plan *p, struct runs_result *r)
{
    size_t leaks = p->world->leaks.count;
    int64_t half = p->world->options.until_ms / 2;
    assume(a, r, "spread", spread_text(a, p), "--spread; UsageProfile p50, p95, p99, max");
    assume(a, r, "correlation",
           p->options.correlation_permyriad
               ? arena_printf(a, "the use of any two workloads has a correlation of " STR_FMT,
                              STR_ARG(percent(a, p->options.correlation_permyriad)))
               : STR("workloads vary independently of each other"),
           "--correlation");
    if (p->candidate_count == 1 && p->set->items[p->candidates[0]].type == CONTINGENCY_SCENARIO)
        assume(a, r, "contingency", STR("the Scenario's events happen in each run, when it says"),
               "--scenario");
    else
        assume(a, r, "contingency",
               p->candidate_count == 1
                   ? arena_printf(a,
                                  STR_FMT " in each run, at a time drawn from the first " STR_FMT,
                                  STR_ARG(p->set->items[p->candidates[0]].name),
                                  STR_ARG(duration_text(a, half)))
                   : arena_printf(a,
                                  "one of %u contingencies in each run, all equally likely, at a "
                                  "time drawn from the first " STR_FMT,
                                  p->candidate_count, STR_ARG(duration_text(a, half))),
               "--n-1, --n-2, --zones, --lose, --until");
    if (leaks)
        assume(a, r, "leaks",
               arena_printf(a, "each --leak (%zu) begins at a time drawn from the first " STR_FMT,
                            leaks, STR_ARG(duration_text(a, half))),
               "--leak");
}

static void tell_worst(struct arena *a, const struct runs_plan *p, struct runs_worst *x)
{
    struct sim_report report = {.world = p->world};
    struct simulate_results words = {.arena = a, .report = &report};
    struct sim_events events = {0};
    struct sim_outcome o;
    runs_explain(a, p, x->run, &events, &o);
    x->first = o.first.type == SIM_EVENT_TYPES
                   ? STR("")
                   : arena_printf(a, "after " STR_FMT " " STR_FMT,
                                  STR_ARG(duration_text(a, o.first.at_ms)),
                                  STR_ARG(simulate_event_text(&words, &o.first)));
}

void simulate_runs_words(struct arena *a, const struct runs_plan *p, const char *question,
                         struct runs_result *ret)
{
    struct sim_report report = {.world = p->world};
    struct simulate_results words = {.arena = a, .report = &report};
    struct simulate_assumption list[ASSUMPTIONS_MAX];
    size_t n = simulate_assumptions(&words, list);
    ret->question = str_of(question);
    assume_draws(a, p, ret);
    for (size_t i = 0; i < n; i++)
        assume(a, ret, list[i].name, list[i].text, list[i].option);
    for (size_t i = 0; i < ret->worst.count; i++)
        tell_worst(a, p, &ret->worst.items[i]);
}
