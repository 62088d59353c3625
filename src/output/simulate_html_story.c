/* SPDX-License-Identifier: Apache-2.0
 *
 * The worst cascade of the HTML report: how much has failed by when, and every step with the rule
 * of Kubernetes or the kernel behind it.
 */
#include "output/simulate_html.h"

enum {
    CHART_LEFT = 44,
    CHART_RIGHT = 1000,
    CHART_TOP = 12,
    CHART_BOTTOM = 150,
    STEP_NAMES = 4,
    STEPS_OPEN = 30
};

/* What counts up in the chart. */
enum series { SERIES_FAILED, SERIES_NODES, SERIES_COUNT };

static bool is_bad(enum sim_event_type t)
{
    switch (t) {
    case SIM_LOST:
    case SIM_MEMCG_OOM:
    case SIM_POD_OOM:
    case SIM_KUBEPODS_OOM:
    case SIM_GLOBAL_OOM:
    case SIM_EVICTED:
    case SIM_PENDING:
    case SIM_PRESSURE:
    case SIM_NO_VICTIM:
    case SIM_THRASHED:
    case SIM_OOM_LOST:
    case SIM_BLOCKED:
    case SIM_KUBELET_STOPPED:
    case SIM_SERVICE_LOST:
    case SIM_REFUSED:
    case SIM_STORM:
        return true;
    default:
        return false;
    }
}

static bool counts(enum series s, enum sim_event_type t)
{
    if (s == SERIES_NODES)
        return t == SIM_LOST || t == SIM_THRASHED || t == SIM_OOM_LOST;
    return t == SIM_MEMCG_OOM || t == SIM_POD_OOM || t == SIM_KUBEPODS_OOM || t == SIM_GLOBAL_OOM ||
           t == SIM_EVICTED;
}

/* ---- chart ---- */

static size_t total_of(const struct sim_events *e, enum series s)
{
    size_t n = 0;
    for (size_t i = 0; i < e->count; i++)
        n += counts(s, e->items[i].type);
    return n;
}

static void add_series(const struct sim_events *e, enum series s, size_t most, struct buf *b)
{
    int64_t begin = e->items[0].at_ms, time = MAX(e->items[e->count - 1].at_ms - begin, INT64_C(1));
    double x_last = CHART_LEFT, up = (CHART_BOTTOM - CHART_TOP) / (double)MAX(most, (size_t)1);
    size_t n = 0;
    buf_printf(b, "<path fill=\"none\" stroke=\"var(--%s)\" stroke-width=\"2.5\"%s d=\"M%d %d",
               s == SERIES_NODES ? "bad" : "warn",
               s == SERIES_NODES ? " stroke-dasharray=\"7 4\"" : "", CHART_LEFT, CHART_BOTTOM);
    for (size_t i = 0; i < e->count; i++) {
        n += counts(s, e->items[i].type);
        if (!counts(s, e->items[i].type) ||
            (i + 1 < e->count && e->items[i + 1].at_ms == e->items[i].at_ms &&
             counts(s, e->items[i + 1].type)))
            continue;
        double x = CHART_LEFT +
                   (double)(e->items[i].at_ms - begin) / (double)time * (CHART_RIGHT - CHART_LEFT);
        if (x - x_last >= 0.1)
            buf_printf(b, "H%.1f", x);
        x_last = x;
        buf_printf(b, "V%.1f", CHART_BOTTOM - (double)n * up);
    }
    buf_printf(b, "H%d\"/>\n", CHART_RIGHT);
}

static void add_chart(const struct simulate_results *r, struct buf *b)
{
    const struct sim_events *e = &r->worst->events;
    size_t failed = total_of(e, SERIES_FAILED), nodes = total_of(e, SERIES_NODES);
    size_t most = MAX(failed, nodes);
    if (most == 0 || e->items[e->count - 1].at_ms == e->items[0].at_ms)
        return;
    struct str begin = duration_text(r->arena, e->items[0].at_ms);
    struct str end = duration_text(r->arena, e->items[e->count - 1].at_ms);
    buf_printf(
        b,
        "<svg viewBox=\"0 0 1010 190\" width=\"100%%\" role=\"img\" aria-label=\"By the "
        "end %zu containers killed or pods evicted, %zu nodes lost.\">\n"
        "<path d=\"M%d %dV%dH%d\" fill=\"none\" stroke=\"var(--line)\"/>\n"
        "<text class=\"s\" x=\"38\" y=\"18\" text-anchor=\"end\" font-size=\"13\">%zu</text>"
        "<text class=\"s\" x=\"38\" y=\"154\" text-anchor=\"end\" font-size=\"13\">0</text>"
        "<text class=\"s\" x=\"44\" y=\"168\" font-size=\"13\">+" STR_FMT "</text>"
        "<text class=\"s\" x=\"1000\" y=\"168\" text-anchor=\"end\" font-size=\"13\">+" STR_FMT
        "</text>\n",
        failed, nodes, CHART_LEFT, CHART_TOP, CHART_BOTTOM, CHART_RIGHT, most, STR_ARG(begin),
        STR_ARG(end));
    add_series(e, SERIES_FAILED, most, b);
    add_series(e, SERIES_NODES, most, b);
    buf_printf(
        b,
        "<path d=\"M120 184h30\" stroke=\"var(--warn)\" stroke-width=\"2.5\"/><text x=\"156\" "
        "y=\"188\" font-size=\"13\">killed or evicted: %zu</text><path d=\"M360 184h30\" "
        "stroke=\"var(--bad)\" stroke-width=\"2.5\" stroke-dasharray=\"7 4\"/><text "
        "x=\"396\" y=\"188\" font-size=\"13\">nodes lost: %zu</text>\n</svg>\n",
        failed, nodes);
}

/* ---- steps ---- */

static void add_step(const struct simulate_results *r, size_t i, size_t end, bool *told,
                     struct buf *b)
{
    const struct sim_events *e = &r->worst->events;
    enum sim_event_type t = e->items[i].type;
    size_t n = end - i, shown = n > STEP_NAMES ? STEP_NAMES - 1 : n;
    buf_printf(b, "<li%s><time>+" STR_FMT "</time>", is_bad(t) ? " class=\"bad\"" : "",
               STR_ARG(duration_text(r->arena, e->items[i].at_ms)));
    buf_printf(b, "<b>%s%s</b>", sim_event_name(t),
               n > 1 ? arena_printf(r->arena, " &times; %zu", n).p : "");
    for (size_t k = 0; k < shown; k++) {
        if (k)
            buf_add_cstr(b, "<br>");
        markup_add(b, simulate_event_text(r, &e->items[i + k]));
    }
    if (n > shown)
        buf_printf(b, "<br>and %zu more", n - shown);
    if (!*told) {
        buf_add_cstr(b, "<small>");
        markup_add(b, str_of(sim_event_rule(t)));
        buf_add_cstr(b, " (<code>");
        markup_add(b, str_of(sim_event_source(t)));
        buf_add_cstr(b, "</code>)</small>");
    }
    *told = true;
    buf_add_cstr(b, "</li>\n");
}

static void add_end(const struct simulate_results *r, struct buf *b)
{
    const struct sim_outcome *o = &r->worst->outcome;
    const struct sim_events *e = &r->worst->events;
    buf_printf(b, "<li class=\"%s\"><time>+" STR_FMT "</time><b>%s</b>",
               o->failure_count ? "bad" : "good",
               STR_ARG(duration_text(r->arena, MAX(o->settled_ms, e->items[e->count - 1].at_ms))),
               o->storm       ? "It does not settle"
               : o->timed_out ? "Cut off (--until)"
                              : "Settled");
    for (size_t i = 0; i < MIN(o->failure_count, (size_t)10); i++) {
        if (i)
            buf_add_cstr(b, "<br>");
        markup_add(b, simulate_failure_text(r, &o->failures[i]));
    }
    if (o->failure_count > 10)
        buf_printf(b, "<br>and %zu more", o->failure_count - 10);
    if (o->failure_count == 0)
        buf_add_cstr(b, "nothing fails for good");
    buf_add_cstr(b, "</li>\n");
}

void html_add_story(const struct simulate_results *r, struct buf *b)
{
    if (!r->worst || r->worst->events.count == 0)
        return;
    const struct sim_events *e = &r->worst->events;
    bool told[SIM_EVENT_TYPES] = {false};
    size_t steps = 0, i = 0;
    html_section(b, "cascade", "What follows, step by step");
    buf_add_cstr(b, "<p>");
    markup_add(b, r->worst->contingency->name);
    if (r->worst->factor == FACTOR_ONE)
        buf_add_cstr(b, ", at the memory use of now.</p>\n");
    else
        buf_printf(b, ", at %.2f times the memory use of now: just over the load line.</p>\n",
                   simulate_shown_failing(r->worst->factor));
    add_chart(r, b);
    buf_add_cstr(b, "<ol class=\"steps\">\n");
    for (size_t end; i < e->count && steps < HTML_STEPS; i = end, steps++) {
        end = simulate_group_end(e, i);
        if (steps == STEPS_OPEN)
            buf_add_cstr(b, "</ol>\n<details><summary>What follows then</summary>\n"
                            "<ol class=\"steps\">\n");
        add_step(r, i, end, &told[e->items[i].type], b);
    }
    if (i < e->count)
        buf_printf(b, "<li><time></time>and %zu more events</li>\n", e->count - i);
    if (steps > STEPS_OPEN)
        buf_add_cstr(b, "</ol>\n</details>\n<ol class=\"steps\">\n");
    add_end(r, b);
    buf_add_cstr(b, "</ol>\n");
    html_section_end(b);
}
