/* SPDX-License-Identifier: Apache-2.0
 *
 * The timeline of one contingency: events of one kind at one moment share a line, and the rule
 * behind a kind of event is told where it first appears.
 */
#include "output/simulate.h"

#include "base/text.h"
#include "output/table.h"

enum { GROUP_SHOWN = 3 };

static void add_rule(const struct simulate_results *r, const struct out_format *f,
                     enum sim_event_type t, struct buf *b)
{
    struct str text = arena_printf(r->arena, "%s: %s", sim_event_source(t), sim_event_rule(t));
    if (f->columns) {
        text_wrap(b, f, "            ", text, 12);
        return;
    }
    buf_printf(b, "            " STR_FMT "\n", STR_ARG(text));
}

size_t simulate_group_end(const struct sim_events *e, size_t i)
{
    size_t end = i + 1;
    while (end < e->count && e->items[end].at_ms == e->items[i].at_ms &&
           e->items[end].type == e->items[i].type)
        end++;
    return end;
}

/* One kind of event at one moment, in the order in which they first happen. */
static void add_group(const struct simulate_results *r, const struct out_format *f, size_t i,
                      size_t end, struct buf *b)
{
    const struct sim_events *e = &r->explained->events;
    struct str when =
        arena_printf(r->arena, "+" STR_FMT, STR_ARG(duration_text(r->arena, e->items[i].at_ms)));
    size_t shown = end - i > GROUP_SHOWN + 1 ? GROUP_SHOWN : end - i;
    for (size_t k = 0; k < shown; k++) {
        struct buf lead CLEANUP(buf_done);
        buf_init(&lead, 256);
        buf_printf(&lead, "%-10.*s  ", k ? 0 : (int)when.n, when.p);
        buf_add_char(&lead, '\0');
        text_wrap(b, f, lead.p, simulate_event_text(r, &e->items[i + k]), 12);
    }
    if (shown < end - i)
        buf_printf(b, "            and %zu more events %s\n", end - i - shown,
                   sim_event_name(e->items[i].type));
}

#define COUNTED(n) (n), (n) == 1 ? "" : "s"

static void add_result(const struct simulate_results *r, const struct out_format *f, struct buf *b)
{
    const struct sim_outcome *o = &r->explained->outcome;
    struct arena *a = r->arena;
    text_wrap(b, f, "",
              arena_printf(a,
                           "Settled after " STR_FMT ": %u pod%s displaced, %u container%s killed, "
                           "%u pod%s evicted, %u pending, %u further node%s lost; depth %u; at "
                           "most %u pod%s made within a second.",
                           STR_ARG(duration_text(a, o->settled_ms)), COUNTED(o->displaced),
                           COUNTED(o->killed), COUNTED(o->evicted), o->pending,
                           COUNTED(o->nodes_lost), o->depth, COUNTED(o->peak_creations)),
              0);
    for (size_t i = 0; i < MIN(o->failure_count, (size_t)r->top); i++)
        text_wrap(b, f, "  ", simulate_failure_text(r, &o->failures[i]), 4);
    if (o->failure_count > (size_t)r->top)
        buf_printf(b, "  and %zu more failures (--top)\n", o->failure_count - (size_t)r->top);
    if (o->timed_out)
        buf_add_cstr(b, "The run was cut off there (--until).\n");
}

void simulate_add_timeline(const struct simulate_results *r, const struct out_format *f,
                           struct buf *b)
{
    bool told[SIM_EVENT_TYPES] = {false};
    struct buf title CLEANUP(buf_done);
    buf_init(&title, 4 * KIB);
    text_add_clean(&title, r->explained->contingency->name);
    buf_printf(b, "\nWhat follows " STR_FMT ":\n", STR_ARG(buf_str(&title)));
    const struct sim_events *e = &r->explained->events;
    for (size_t i = 0, end; i < e->count; i = end) {
        enum sim_event_type t = e->items[i].type;
        end = simulate_group_end(e, i);
        add_group(r, f, i, end, b);
        if (!told[t])
            add_rule(r, f, t, b);
        told[t] = true;
    }
    add_result(r, f, b);
}
