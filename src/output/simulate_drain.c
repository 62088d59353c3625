/* SPDX-License-Identifier: Apache-2.0
 *
 * The answer to "can this node be drained now?": whether, how long, at which price, why not.
 */
#include "output/simulate.h"

struct str simulate_refusal_text(const struct simulate_results *r, const struct sim_outcome *o)
{
    const struct sim_workload *x = &r->report->world->workloads[o->blocked_workload];
    struct arena *a = r->arena;
    struct str pdb =
        arena_printf(a, STR_FMT "/" STR_FMT, STR_ARG(x->pdb->o.ns), STR_ARG(x->pdb->o.name));
    switch (x->eviction) {
    case EVICTION_TWO_BUDGETS:
        return arena_printf(a,
                            "%zu PodDisruptionBudgets select the pods of " STR_FMT ", " STR_FMT
                            " among them, and the API server evicts no pod that has more than one: "
                            "leave it one.",
                            x->workload->pdbs.count, STR_ARG(x->name), STR_ARG(pdb));
    case EVICTION_NO_SCALE:
        return arena_printf(a,
                            "PodDisruptionBudget " STR_FMT " asks for the scale of " STR_FMT
                            ", which has none, and so allows no disruption: set minAvailable to a "
                            "number.",
                            STR_ARG(pdb), STR_ARG(x->name));
    case EVICTION_BY_BUDGET:
        break;
    }
    return arena_printf(a,
                        "PodDisruptionBudget " STR_FMT " demands %lld healthy pod%s of " STR_FMT
                        "%s and allows no disruption.",
                        STR_ARG(pdb), (long long)x->budget, x->budget == 1 ? "" : "s",
                        STR_ARG(x->name), x->shared.count ? " and others together" : "");
}

/* Until its last pod is evicted: what comes of that may take longer. */
static struct str drain_time(const struct simulate_results *r)
{
    int64_t last_ms = 0;
    for (size_t i = 0; i < r->explained->events.count; i++)
        if (r->explained->events.items[i].type == SIM_DRAINED)
            last_ms = r->explained->events.items[i].at_ms;
    if (last_ms == 0)
        return STR("at once");
    return arena_printf(r->arena, "within " STR_FMT, STR_ARG(duration_text(r->arena, last_ms)));
}

/* What it costs all the same. */
static struct str drain_price(const struct simulate_results *r)
{
    const struct simulate_story *s = r->explained;
    const struct sim_world *w = r->report->world;
    const struct sim_pod *first = NULL;
    struct str text = STR("");
    size_t bare = 0;
    for (size_t i = 0; i < s->events.count; i++) {
        const struct sim_event *e = &s->events.items[i];
        if (e->type != SIM_DRAINED || w->pods[e->pod].controller != CONTROLLER_NONE)
            continue;
        first = first ? first : &w->pods[e->pod];
        bare++;
    }
    if (first)
        text = arena_printf(r->arena,
                            " kubectl drain asks for --force: nothing makes %zu of its pods again "
                            "(first: " STR_FMT "/" STR_FMT ").",
                            bare, STR_ARG(first->pod->o.ns), STR_ARG(first->pod->o.name));
    if (s->outcome.pending)
        text = arena_printf(r->arena, STR_FMT " %u of its pods then fit on no node.", STR_ARG(text),
                            s->outcome.pending);
    return text;
}

struct str simulate_drain_text(const struct simulate_results *r)
{
    const struct sim_outcome *o = &r->explained->outcome;
    struct str name = r->explained->contingency->name;
    if (o->blocked)
        return arena_printf(r->arena, "No: " STR_FMT " does not drain. " STR_FMT, STR_ARG(name),
                            STR_ARG(simulate_refusal_text(r, o)));
    const struct sim_item *item = &r->report->items[0];
    if (r->report->by_usage && !item->survives && item->fail_count) {
        struct str more = item->fail_count == 1 ? STR("")
                                                : arena_printf(r->arena, ", and %zu more failure%s",
                                                               item->fail_count - 1,
                                                               item->fail_count == 2 ? "" : "s");
        return arena_printf(r->arena,
                            "No: " STR_FMT " drains " STR_FMT " (no PodDisruptionBudget "
                            "stops it), but then " STR_FMT STR_FMT "." STR_FMT,
                            STR_ARG(name), STR_ARG(drain_time(r)),
                            STR_ARG(simulate_failure_text(r, &item->fails[0])), STR_ARG(more),
                            STR_ARG(drain_price(r)));
    }
    return arena_printf(r->arena, "Yes: " STR_FMT " drains " STR_FMT "." STR_FMT, STR_ARG(name),
                        STR_ARG(drain_time(r)), STR_ARG(drain_price(r)));
}
