/* SPDX-License-Identifier: Apache-2.0
 *
 * A simulation as text: the two figures first, then why, what they rest on, the contingencies from
 * worst to best, and how near each node is to its bounds.
 */
#include "output/simulate.h"

#include "base/text.h"
#include "output/table.h"

static struct str workload_name(const struct simulate_results *r, uint32_t i)
{
    return r->report->world->workloads[i].name;
}

static struct str contingency_name(const struct simulate_results *r, size_t item)
{
    return r->report->items[item].contingency->name;
}

/* ---- load line ---- */

/* Stopped early: a bound instead of a figure. */
static void add_line_bound(const struct simulate_results *r, const struct out_format *f,
                           struct buf *b)
{
    const struct sim_line *l = &r->report->line;
    struct str text = arena_printf(r->arena, "Load line at least %.2f: the search was stopped.",
                                   (double)l->factor / FACTOR_ONE);
    if (l->fails_at != NO_FACTOR)
        text = arena_printf(r->arena, "Load line between %.2f and %.2f: the search was stopped.",
                            (double)l->factor / FACTOR_ONE, (double)l->fails_at / FACTOR_ONE);
    text_wrap(b, f, "", text, 0);
}

static void add_line_head(const struct simulate_results *r, const struct out_format *f,
                          struct buf *b)
{
    const struct sim_line *l = &r->report->line;
    double factor = (double)l->factor / FACTOR_ONE;
    bool safe = l->above || l->factor >= FACTOR_ONE;
    style_begin(b, f, safe ? STYLE_GOOD : STYLE_BAD);
    if (l->above)
        buf_printf(b, "Load line above %d", FACTOR_MAX / FACTOR_ONE);
    else
        buf_printf(b, "Load line %.2f", factor);
    style_end(b, f, safe ? STYLE_GOOD : STYLE_BAD);
    if (l->above)
        buf_printf(b, ": with limits as they are, no growth of memory use makes %s an outage.\n",
                   r->question);
    else if (safe)
        buf_printf(b, ": memory use may grow %.0f %% before %s becomes an outage.\n",
                   (factor - 1) * 100, r->question);
    else
        buf_printf(b,
                   ": over the line now. Memory use must shrink %.0f %% before the cluster "
                   "survives %s.\n",
                   (1 - factor) * 100, r->question);
}

static void add_line(const struct simulate_results *r, const struct out_format *f, struct buf *b)
{
    const struct sim_line *l = &r->report->line;
    struct arena *a = r->arena;
    if (!l->known) {
        if (r->report->stopped)
            text_wrap(b, f, "", STR("Load line unknown: stopped before the search for it."), 0);
        else if (r->want_line)
            text_wrap(b, f, "",
                      STR("Load line unknown: the input has no usage (PodMetrics: kubectl get "
                          "pods.metrics.k8s.io -A -o json). --assume requests or limits gives one "
                          "on an assumption."),
                      0);
        return;
    }
    if (l->stopped)
        add_line_bound(r, f, b);
    else
        add_line_head(r, f, b);
    if (l->fails_at == NO_FACTOR)
        return;
    if (r->report->items[l->weakest].contingency->type == CONTINGENCY_NONE)
        buf_printf(b, "Weakest: the cluster as it is; at %.2f it fails without any loss.\n",
                   (double)l->fails_at / FACTOR_ONE);
    else
        text_wrap(
            b, f, "",
            arena_printf(a, "Weakest: " STR_FMT ".", STR_ARG(contingency_name(r, l->weakest))), 0);
    if (l->outcome.first.type != SIM_EVENT_TYPES)
        text_wrap(b, f, "",
                  arena_printf(a, "First to give way, at %.2f, after " STR_FMT ": " STR_FMT ".",
                               (double)l->fails_at / FACTOR_ONE,
                               STR_ARG(duration_text(a, l->outcome.first.at_ms)),
                               STR_ARG(simulate_event_text(r, &l->outcome.first))),
                  0);
    size_t shown = MIN(l->fail_count, (size_t)3);
    for (size_t i = 0; i < shown; i++)
        text_wrap(b, f, "",
                  arena_printf(a, "%s" STR_FMT "%s", i ? "  and " : "Then ",
                               STR_ARG(simulate_failure_text(r, &l->fails[i])),
                               i + 1 < shown ? ";" : "."),
                  2);
    if (l->fail_count > shown)
        buf_printf(b, "  and %zu more.\n", l->fail_count - shown);
    if (l->not_monotone)
        buf_add_cstr(b, "Survival is not monotone: it comes back above that factor. The lowest "
                        "failing factor counts.\n");
    int64_t clipped = 0;
    for (size_t i = 0; i < r->report->clipped_count; i++)
        clipped += r->report->clipped[i].count;
    if (clipped)
        text_wrap(
            b, f, "",
            arena_printf(a,
                         "At the line %lld container%s of %zu workload%s would want more than "
                         "their limit and are held there (first: " STR_FMT ").",
                         (long long)clipped, clipped == 1 ? "" : "s", r->report->clipped_count,
                         r->report->clipped_count == 1 ? "" : "s",
                         STR_ARG(workload_name(r, r->report->clipped[0].workload))),
            0);
}

static void add_margin(const struct simulate_results *r, const struct out_format *f, struct buf *b)
{
    const struct sim_margin *m = &r->report->margin;
    struct arena *a = r->arena;
    if (!m->known) {
        buf_add_cstr(b, r->report->stopped ? "Booking margin unknown: stopped too early.\n"
                                           : "Booking margin: nothing is displaced.\n");
        return;
    }
    struct str name = workload_name(r, m->workload), where = contingency_name(r, m->item);
    struct str text;
    if (m->pods < 0)
        text = arena_printf(a,
                            "Booking margin -%s: %lld pods (first: " STR_FMT
                            ") find no node after " STR_FMT " is lost, by their requests.",
                            simulate_amount(a, -m->bytes), (long long)-m->pods, STR_ARG(name),
                            STR_ARG(where));
    else
        text = arena_printf(a,
                            "Booking margin %s: after " STR_FMT
                            " is lost and all it ran is placed again, %lld more pods of " STR_FMT
                            " fit, by their requests.",
                            simulate_amount(a, m->bytes), STR_ARG(where), (long long)m->pods,
                            STR_ARG(name));
    text_wrap(b, f, "", text, 0);
}

/* ---- structural failures ---- */

struct structural {
    struct sim_failure failure;
    size_t contingencies, first;
};

/* Failures at factor 0, by workload, most frequent first. */
static size_t collect_structural(const struct simulate_results *r, struct structural **ret)
{
    const struct sim_report *p = r->report;
    size_t n = 0;
    struct structural *list =
        arena_array(r->arena, struct structural, p->world->workload_count + 1);
    uint32_t *at = arena_array(r->arena, uint32_t, p->world->workload_count + 1);
    for (size_t i = 0; i < p->count; i++)
        for (size_t k = 0; k < p->items[i].structural.failure_count; k++) {
            const struct sim_failure *x = &p->items[i].structural.failures[k];
            if (at[x->subject] == 0) {
                list[n] = (struct structural){*x, 0, i};
                at[x->subject] = (uint32_t)++n;
            }
            struct structural *s = &list[at[x->subject] - 1];
            s->contingencies++;
            if (x->have < s->failure.have) {
                s->failure = *x;
                s->first = i;
            }
        }
    for (size_t i = 1; i < n; i++)
        for (size_t k = i; k > 0 && list[k - 1].contingencies < list[k].contingencies; k--) {
            struct structural t = list[k];
            list[k] = list[k - 1];
            list[k - 1] = t;
        }
    *ret = list;
    return n;
}

static void add_structural(const struct simulate_results *r, const struct out_format *f,
                           struct buf *b)
{
    struct structural *list;
    size_t n = collect_structural(r, &list), shown = MIN(n, (size_t)r->top);
    if (n == 0)
        return;
    buf_add_cstr(b, "\nStructural failures (at any memory use: bookings, budgets, volumes, single "
                    "pods):\n");
    for (size_t i = 0; i < shown; i++)
        text_wrap(b, f, "  ",
                  arena_printf(r->arena, STR_FMT " after %zu of %zu (worst: " STR_FMT ").",
                               STR_ARG(simulate_failure_text(r, &list[i].failure)),
                               list[i].contingencies, r->report->count,
                               STR_ARG(contingency_name(r, list[i].first))),
                  4);
    if (n > shown)
        buf_printf(b, "  and %zu more workloads (--top)\n", n - shown);
}

/* ---- assumptions ---- */

static void add_assumptions(const struct simulate_results *r, const struct out_format *f,
                            struct buf *b)
{
    struct simulate_assumption list[ASSUMPTIONS_MAX];
    size_t n = simulate_assumptions(r, list);
    buf_add_cstr(b, "\nAssumptions in force:\n");
    for (size_t i = 0; i < n; i++)
        text_wrap(b, f, "  ",
                  list[i].option ? arena_printf(r->arena, STR_FMT " (%s)", STR_ARG(list[i].text),
                                                list[i].option)
                                 : list[i].text,
                  4);
}

/* ---- contingencies ---- */

enum { CONTINGENCY_COLUMNS = 12 };
static const struct table_column contingency_columns[CONTINGENCY_COLUMNS] = {
    {.title = "CONTINGENCY", .shrinks = true},
    {.title = "SURVIVED"},
    {.title = "ZERO", .right = true},
    {.title = "BELOW", .right = true},
    {.title = "LOST", .right = true},
    {.title = "KILLED", .right = true},
    {.title = "EVICTED", .right = true},
    {.title = "PENDING", .right = true},
    {.title = "DIPS", .right = true, .may_go = true},
    {.title = "DEPTH", .right = true, .may_go = true},
    {.title = "SETTLED", .right = true, .may_go = true},
    {.title = "FIRST TO GIVE WAY",
     .shrinks = true,
     .keeps_front = true,
     .may_lack = true,
     .may_go = true},
};

static void add_count(struct table *t, uint32_t n, enum table_style style)
{
    table_printf(t, n ? style : STYLE_DIM, "%u", n);
}

/* A run that --until cut off may have more to come. */
static void add_settled(const struct simulate_results *r, struct table *t,
                        const struct sim_outcome *o)
{
    struct str when = duration_text(r->arena, o->settled_ms);
    if (o->storm)
        table_add(t, STR("never"), STYLE_BAD);
    else if (o->timed_out)
        table_printf(t, STYLE_WARN, ">" STR_FMT,
                     STR_ARG(duration_text(r->arena, r->report->world->options.until_ms)));
    else
        table_add(t, when, STYLE_PLAIN);
}

static void add_contingencies(const struct simulate_results *r, const struct out_format *f,
                              struct buf *b)
{
    const struct sim_report *p = r->report;
    size_t shown = MIN(p->count, (size_t)r->top), survived = 0;
    struct table t;
    for (size_t i = 0; i < p->count; i++)
        survived += p->items[i].survives;
    buf_printf(b, "\nContingencies at the usage of now, worst first (%zu of %zu survived):\n",
               survived, p->count);
    table_init(&t, r->arena, contingency_columns, CONTINGENCY_COLUMNS);
    for (size_t i = 0; i < shown; i++) {
        const struct sim_item *x = &p->items[p->ranked[i]];
        const struct sim_outcome *o = &x->now;
        table_add(&t, x->contingency->name, STYLE_PLAIN);
        table_add(&t, x->survives ? STR("yes") : STR("no"), x->survives ? STYLE_GOOD : STYLE_BAD);
        add_count(&t, o->zero, STYLE_BAD);
        add_count(&t, o->below, STYLE_WARN);
        add_count(&t, o->nodes_lost, STYLE_BAD);
        add_count(&t, o->killed, STYLE_WARN);
        add_count(&t, o->evicted, STYLE_WARN);
        add_count(&t, o->pending, STYLE_WARN);
        add_count(&t, o->dips, STYLE_PLAIN);
        add_count(&t, o->depth, STYLE_PLAIN);
        add_settled(r, &t, o);
        if (o->first.type != SIM_EVENT_TYPES)
            table_add(&t, simulate_first_text(r, o), STYLE_PLAIN);
        table_row_end(&t);
    }
    table_render(&t, f, b);
    if (p->count > shown)
        buf_printf(b, "and %zu more (--top)\n", p->count - shown);
}

/* ---- the page ---- */

static void add_drain(const struct simulate_results *r, const struct out_format *f, struct buf *b)
{
    const struct sim_outcome *o = &r->explained->outcome;
    const struct sim_world *w = r->report->world;
    struct str name = r->explained->contingency->name;
    if (!o->blocked) {
        text_wrap(b, f, "",
                  arena_printf(r->arena, "Yes: " STR_FMT " drains within " STR_FMT ".",
                               STR_ARG(name), STR_ARG(duration_text(r->arena, o->settled_ms))),
                  0);
        return;
    }
    const struct sim_workload *x = &w->workloads[o->blocked_workload];
    text_wrap(b, f, "",
              arena_printf(r->arena,
                           "No: " STR_FMT " does not drain. PodDisruptionBudget " STR_FMT
                           "/" STR_FMT " demands %lld healthy pods of " STR_FMT
                           " and allows no disruption.",
                           STR_ARG(name), STR_ARG(x->pdb->o.ns), STR_ARG(x->pdb->o.name),
                           (long long)x->need, STR_ARG(x->name)),
              0);
}

static void add_stopped(const struct simulate_results *r, const struct out_format *f, struct buf *b)
{
    const struct sim_report *p = r->report;
    style_begin(b, f, STYLE_BAD);
    buf_add_cstr(b, "Partial: ");
    style_end(b, f, STYLE_BAD);
    if (p->count < p->asked)
        buf_printf(b, "stopped after %zu of %zu contingencies%s. The worst may be missing.\n",
                   p->count, p->asked, p->by_usage ? "" : ", by their requests alone");
    else
        buf_add_cstr(b, "stopped before the end.\n");
}

static void render_text(const struct simulate_results *r, const struct out_format *f, struct buf *b)
{
    if (r->report->stopped)
        add_stopped(r, f, b);
    if (r->explained && r->explained->contingency->type == CONTINGENCY_DRAIN)
        add_drain(r, f, b);
    add_line(r, f, b);
    add_margin(r, f, b);
    if (r->explained)
        simulate_add_timeline(r, f, b);
    add_structural(r, f, b);
    simulate_add_remedies(r, f, b);
    if (r->report->count > 1 || !r->explained)
        add_contingencies(r, f, b);
    simulate_add_services(r, f, b);
    simulate_add_groups(r, f, b);
    if (!r->explained)
        simulate_add_nodes(r, f, b);
    add_assumptions(r, f, b);
    if (r->digest && !r->report->stopped)
        buf_printf(b, "digest: %s\n", r->report->digest);
}

void simulate_render(const void *results, const struct out_format *f, struct buf *b)
{
    const struct simulate_results *r = results;
    if (f->word == SIMULATE_TEXT)
        render_text(r, f, b);
    else
        simulate_render_json(r, f->word == SIMULATE_JSON ? JSON_INDENTED : JSON_AS_YAML, b);
}
