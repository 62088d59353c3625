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
static struct str line_bound_text(const struct simulate_results *r)
{
    const struct sim_line *l = &r->report->line;
    if (l->fails_at != NO_FACTOR)
        return arena_printf(r->arena, "Load line between %.2f and %.2f: the search was stopped.",
                            simulate_shown_line(l->factor), simulate_shown_failing(l->fails_at));
    return arena_printf(r->arena, "Load line at least %.2f: the search was stopped.",
                        simulate_shown_line(l->factor));
}

/* Without a line: what becomes of the set, or of the one contingency. */
static struct str verdict_text(const struct simulate_results *r)
{
    const struct sim_report *p = r->report;
    size_t survived = 0;
    if (p->count == 0 || !p->by_usage)
        return STR("");
    const struct sim_item *worst = &p->items[p->ranked[0]];
    if (r->explained && r->explained->contingency->type == CONTINGENCY_DRAIN)
        return simulate_drain_text(r);
    for (size_t i = 0; i < p->count; i++)
        survived += p->items[i].survives;
    if (survived == p->count)
        return p->count == 1
                   ? arena_printf(r->arena, "Survived: " STR_FMT ".",
                                  STR_ARG(worst->contingency->name))
                   : arena_printf(r->arena, "All %zu contingencies are survived.", p->count);
    struct str why = simulate_failure_text(r, &worst->fails[0]);
    struct str more = worst->fail_count == 1
                          ? STR("")
                          : arena_printf(r->arena, ", and %zu more failure%s",
                                         worst->fail_count - 1, worst->fail_count == 2 ? "" : "s");
    if (p->count == 1)
        return arena_printf(r->arena, "Not survived: " STR_FMT ". " STR_FMT STR_FMT ".",
                            STR_ARG(worst->contingency->name), STR_ARG(why), STR_ARG(more));
    return arena_printf(r->arena,
                        "Not survived: %zu of %zu contingencies. The worst is " STR_FMT
                        ": " STR_FMT STR_FMT ".",
                        p->count - survived, p->count, STR_ARG(worst->contingency->name),
                        STR_ARG(why), STR_ARG(more));
}

struct str simulate_line_text(const struct simulate_results *r)
{
    const struct sim_line *l = &r->report->line;
    double shown = simulate_shown_line(l->factor);
    if (!l->known && r->report->stopped && r->want_line)
        return STR("Load line unknown: stopped before the search for it.");
    if (!l->known && r->want_line)
        return STR("Load line unknown: the input has no usage (PodMetrics: kubectl get "
                   "pods.metrics.k8s.io -A -o json). --assume requests or limits gives one on an "
                   "assumption.");
    if (!l->known)
        return verdict_text(r);
    if (l->stopped)
        return line_bound_text(r);
    if (l->above)
        return arena_printf(r->arena,
                            "Load line above %d: with limits as they are, no growth of memory use "
                            "makes %s an outage.",
                            FACTOR_MAX / FACTOR_ONE, r->question);
    if (l->factor >= FACTOR_ONE && shown < 1.005)
        return arena_printf(r->arena,
                            "Load line 1.00: on the line now. Any growth of memory use makes %s an "
                            "outage.",
                            r->question);
    if (l->factor >= FACTOR_ONE)
        return arena_printf(r->arena,
                            "Load line %.2f: memory use may grow %.0f %% before %s becomes an "
                            "outage.",
                            shown, (shown - 1) * 100, r->question);
    return arena_printf(r->arena,
                        "Load line %.2f: over the line now. Memory use must shrink %.0f %% before "
                        "the cluster survives %s.",
                        shown, (1 - shown) * 100, r->question);
}

bool simulate_is_good(const struct simulate_results *r)
{
    const struct sim_report *p = r->report;
    if (p->line.known)
        return p->line.above || p->line.factor >= FACTOR_ONE;
    return p->count && p->items[p->ranked[0]].survives;
}

double simulate_shown_line(int64_t factor)
{
    return (double)(factor * 100 / FACTOR_ONE) / 100;
}

double simulate_shown_failing(int64_t factor)
{
    return (double)((factor * 100 + FACTOR_ONE - 1) / FACTOR_ONE) / 100;
}

bool simulate_passes(const struct sim_report *r, int64_t min_line)
{
    return r->line.known && !r->line.at_most && (r->line.above || r->line.factor >= min_line);
}

/* What the figure is in colour, what it means after it. */
static void add_head(const struct simulate_results *r, const struct out_format *f, struct buf *b)
{
    struct str text = simulate_line_text(r), rest, figure = str_cut(text, ':', &rest);
    enum table_style style = simulate_is_good(r) ? STYLE_GOOD : STYLE_BAD;
    if (text.n == 0)
        return;
    if (!r->report->line.known || r->report->line.stopped) {
        text_wrap(b, f, "", text, 0);
        return;
    }
    /* The figure is in the first line, however narrow the terminal. */
    struct buf wrapped CLEANUP(buf_done);
    buf_init(&wrapped, 64 * KIB);
    if (f->columns)
        text_wrap(&wrapped, f, "", text, 0);
    else
        buf_printf(&wrapped, STR_FMT "\n", STR_ARG(text));
    style_begin(b, f, style);
    buf_add_str(b, str_sub(buf_str(&wrapped), 0, figure.n));
    style_end(b, f, style);
    buf_add_str(b, str_sub(buf_str(&wrapped), figure.n, wrapped.n));
}

static void add_line(const struct simulate_results *r, const struct out_format *f, struct buf *b)
{
    const struct sim_line *l = &r->report->line;
    struct arena *a = r->arena;
    add_head(r, f, b);
    if (!l->known || l->fails_at == NO_FACTOR)
        return;
    if (r->report->items[l->weakest].contingency->type == CONTINGENCY_NONE)
        buf_printf(b, "Weakest: the cluster as it is; at %.2f it fails without any loss.\n",
                   simulate_shown_failing(l->fails_at));
    else
        text_wrap(
            b, f, "",
            arena_printf(a, "Weakest: " STR_FMT ".", STR_ARG(contingency_name(r, l->weakest))), 0);
    if (l->outcome.first.type != SIM_EVENT_TYPES)
        text_wrap(b, f, "",
                  arena_printf(a, "First to give way, at %.2f, after " STR_FMT ": " STR_FMT ".",
                               simulate_shown_failing(l->fails_at),
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

struct str simulate_margin_text(const struct simulate_results *r)
{
    const struct sim_margin *m = &r->report->margin;
    struct arena *a = r->arena;
    bool takes_nodes = false;
    for (size_t i = 0; i < r->report->count && !takes_nodes; i++)
        takes_nodes = r->report->items[i].contingency->node_count > 0;
    if (!m->known && r->report->stopped)
        return STR("Booking margin unknown: stopped too early.");
    if (!m->known)
        return takes_nodes ? STR("Booking margin: nothing is displaced.") : STR("");
    const struct contingency *c = r->report->items[m->item].contingency;
    const char *how = c->type == CONTINGENCY_DRAIN  ? " is drained"
                      : c->type == CONTINGENCY_LOSE ? " is lost"
                                                    : "";
    struct str name = workload_name(r, m->workload), where = c->name;
    if (m->pods < 0)
        return arena_printf(a,
                            "Booking margin -%s: %lld pods (first: " STR_FMT
                            ") find no node after " STR_FMT "%s, by their requests.",
                            simulate_amount(a, -m->bytes), (long long)-m->pods, STR_ARG(name),
                            STR_ARG(where), how);
    return arena_printf(
        a,
        "Booking margin %s: after " STR_FMT
        "%s and all it ran is placed again, %lld more pods of " STR_FMT " fit, by their requests.",
        simulate_amount(a, m->bytes), STR_ARG(where), how, (long long)m->pods, STR_ARG(name));
}

static void add_pairs(const struct simulate_results *r, const struct out_format *f, struct buf *b)
{
    const struct sim_pairs_note *p = &r->report->pairs;
    if (p->proved)
        text_wrap(b, f, "",
                  arena_printf(r->arena,
                               "Of %zu pairs of nodes the outcome of %zu follows from the two "
                               "nodes; %zu were simulated, %zu of them to check that.%s",
                               p->count, p->proved, p->run, p->checked,
                               r->report->line.at_most
                                   ? " Not all were searched for the load line, which may be "
                                     "lower (--exhaustive)."
                                   : ""),
                  0);
}

/* ---- structural failures ---- */

/* A subject of a failure as an index: workloads, then nodes. */
static size_t subject_index(const struct sim_world *w, const struct sim_failure *f)
{
    return f->way == WAY_NODE_LOST ? (size_t)w->workload_count + f->subject : f->subject;
}

static int structural_order(const void *a, const void *b)
{
    const struct simulate_structural *x = a, *y = b;
    if (x->contingencies != y->contingencies)
        return x->contingencies > y->contingencies ? -1 : 1;
    return x->order < y->order ? -1 : 1;
}

size_t simulate_structurals(const struct simulate_results *r, struct simulate_structural **ret)
{
    const struct sim_report *p = r->report;
    size_t n = 0, most = (size_t)p->world->workload_count + p->world->node_count + 1;
    struct simulate_structural *list = arena_array(r->arena, struct simulate_structural, most);
    uint32_t *at = arena_array(r->arena, uint32_t, most);
    for (size_t i = 0; i < p->count; i++)
        for (size_t k = 0; k < p->items[i].structural.failure_count; k++) {
            const struct sim_failure *x = &p->items[i].structural.failures[k];
            uint32_t *place = &at[subject_index(p->world, x)];
            if (*place == 0) {
                list[n] = (struct simulate_structural){*x, n, 0, i};
                *place = (uint32_t)++n;
            }
            struct simulate_structural *s = &list[*place - 1];
            s->contingencies++;
            if (x->have < s->failure.have) {
                s->failure = *x;
                s->worst = i;
            }
        }
    if (n)
        qsort(list, n, sizeof(*list), structural_order);
    *ret = list;
    return n;
}

static void add_structural(const struct simulate_results *r, const struct out_format *f,
                           struct buf *b)
{
    struct simulate_structural *list;
    size_t n = simulate_structurals(r, &list), shown = MIN(n, (size_t)r->top);
    if (n == 0)
        return;
    buf_add_cstr(b, "\nStructural failures (at any use: bookings, budgets, volumes, single "
                    "pods):\n");
    for (size_t i = 0; i < shown; i++)
        text_wrap(b, f, "  ",
                  arena_printf(r->arena, STR_FMT " after %zu of %zu (worst: " STR_FMT ").",
                               STR_ARG(simulate_failure_text(r, &list[i].failure)),
                               list[i].contingencies, r->report->count,
                               STR_ARG(contingency_name(r, list[i].worst))),
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

static void add_contingencies(const struct simulate_results *r, const struct out_format *f,
                              struct buf *b)
{
    const struct sim_report *p = r->report;
    size_t shown = MIN(p->count, (size_t)r->top), survived = 0;
    struct table t;
    for (size_t i = 0; i < p->count; i++)
        survived += p->items[i].survives;
    if (p->by_usage)
        buf_printf(b, "\nContingencies at the usage of now, worst first (%zu of %zu survived):\n",
                   survived, p->count);
    else
        buf_add_cstr(b,
                     "\nContingencies by requests alone, worst first (no use of memory was looked "
                     "at):\n");
    table_init(&t, r->arena, contingency_columns, CONTINGENCY_COLUMNS);
    for (size_t i = 0; i < shown; i++) {
        const struct sim_item *x = &p->items[p->ranked[i]];
        const struct sim_outcome *o = &x->now;
        table_add(&t, x->contingency->name, STYLE_PLAIN);
        if (p->by_usage)
            table_add(&t, x->survives ? STR("yes") : STR("no"),
                      x->survives ? STYLE_GOOD : STYLE_BAD);
        else
            table_add(&t, STR("-"), STYLE_DIM);
        add_count(&t, o->zero, STYLE_BAD);
        add_count(&t, o->below, STYLE_WARN);
        add_count(&t, o->nodes_lost, STYLE_BAD);
        add_count(&t, o->killed, STYLE_WARN);
        add_count(&t, o->evicted, STYLE_WARN);
        add_count(&t, o->pending, STYLE_WARN);
        add_count(&t, o->dips, STYLE_PLAIN);
        add_count(&t, o->depth, STYLE_PLAIN);
        table_add(&t, simulate_settled_text(r, o),
                  o->storm       ? STYLE_BAD
                  : o->timed_out ? STYLE_WARN
                                 : STYLE_PLAIN);
        if (o->first.type != SIM_EVENT_TYPES)
            table_add(&t, simulate_first_text(r, o), STYLE_PLAIN);
        table_row_end(&t);
    }
    table_render(&t, f, b);
    if (p->count > shown)
        buf_printf(b, "and %zu more (--top)\n", p->count - shown);
}

/* ---- the page ---- */

struct str simulate_stopped_text(const struct simulate_results *r)
{
    const struct sim_report *p = r->report;
    if (!p->stopped)
        return STR("");
    if (p->count < p->asked)
        return arena_printf(r->arena,
                            "Partial: stopped after %zu of %zu contingencies%s. The worst may be "
                            "missing.",
                            p->count, p->asked, p->by_usage ? "" : ", by their requests alone");
    if (r->want_line && (!p->line.known || p->line.stopped))
        return STR("Partial: stopped before the load line was found.");
    return STR("Partial: the figures stand, but what comes after them (lines of zones and pools, "
               "remedies) was cut short.");
}

static void render_text(const struct simulate_results *r, const struct out_format *f, struct buf *b)
{
    if (r->report->stopped)
        text_wrap(b, f, "", simulate_stopped_text(r), 0);
    if (r->explained && r->explained->contingency->type == CONTINGENCY_DRAIN)
        text_wrap(b, f, "", simulate_drain_text(r), 0);
    if (!r->explained || r->explained->contingency->type != CONTINGENCY_DRAIN ||
        r->report->line.known)
        add_line(r, f, b);
    if (simulate_margin_text(r).n)
        text_wrap(b, f, "", simulate_margin_text(r), 0);
    add_pairs(r, f, b);
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
    switch ((enum simulate_format)f->word) {
    case SIMULATE_TEXT:
        render_text(r, f, b);
        break;
    case SIMULATE_HTML:
        simulate_render_html(r, b);
        break;
    case SIMULATE_JUNIT:
        simulate_render_junit(r, b);
        break;
    case SIMULATE_JSON:
    case SIMULATE_YAML:
        simulate_render_json(r, f->word == SIMULATE_JSON ? JSON_INDENTED : JSON_AS_YAML, b);
        break;
    }
}
