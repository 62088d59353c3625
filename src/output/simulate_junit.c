/* SPDX-License-Identifier: Apache-2.0
 *
 * A simulation as JUnit XML, the dialect that GitLab, Jenkins and Azure read: a test case for each
 * contingency, failed when it is not survived; and one for the gate, which is what the exit status
 * says.
 */
#include "output/markup.h"
#include "output/simulate.h"

static void add_failure(const struct simulate_results *r, const struct sim_item *x, struct buf *b)
{
    const struct sim_outcome *o = &x->now;
    buf_add_cstr(b, "      <failure type=\"contingency\"");
    markup_add_attribute(b, "message",
                         x->now.blocked && !x->fail_count ? simulate_refusal_text(r, o)
                                                          : simulate_failure_text(r, &x->fails[0]));
    buf_add_char(b, '>');
    for (size_t i = 0; i < x->fail_count; i++) {
        markup_add(b, simulate_failure_text(r, &x->fails[i]));
        buf_add_char(b, '\n');
    }
    if (o->first.type != SIM_EVENT_TYPES) {
        buf_add_cstr(b, "first to give way, after ");
        markup_add(b, duration_text(r->arena, o->first.at_ms));
        buf_add_cstr(b, ": ");
        markup_add(b, simulate_event_text(r, &o->first));
        buf_add_char(b, '\n');
    }
    buf_printf(
        b,
        "nodes lost: %u, killed: %u, evicted: %u, pending: %u, workloads at zero: %u, below: "
        "%u, depth: %u\n",
        o->nodes_lost, o->killed, o->evicted, o->pending, o->zero, o->below, o->depth);
    buf_add_cstr(b, "</failure>\n");
}

static bool fails(const struct sim_item *x)
{
    return !x->survives || x->now.blocked;
}

static void add_contingencies(const struct simulate_results *r, struct buf *b)
{
    const struct sim_report *p = r->report;
    size_t failed = 0;
    for (size_t i = 0; i < p->count; i++)
        failed += p->by_usage && fails(&p->items[i]);
    buf_printf(b,
               "  <testsuite name=\"contingencies\" tests=\"%zu\" failures=\"%zu\" errors=\"0\" "
               "skipped=\"%zu\">\n",
               p->count, failed, p->by_usage ? 0 : p->count);
    for (size_t i = 0; i < p->count; i++) {
        const struct sim_item *x = &p->items[p->ranked[i]];
        buf_add_cstr(b, "    <testcase classname=\"simulate\"");
        markup_add_attribute(b, "name", x->contingency->name);
        if (p->by_usage && !fails(x)) {
            buf_add_cstr(b, "/>\n");
            continue;
        }
        buf_add_cstr(b, ">\n");
        if (p->by_usage)
            add_failure(r, x, b);
        else
            buf_add_cstr(b, "      <skipped message=\"no memory use is known\"/>\n");
        buf_add_cstr(b, "    </testcase>\n");
    }
    buf_add_cstr(b, "  </testsuite>\n");
}

static void add_gate(const struct simulate_results *r, struct buf *b)
{
    bool failed = r->min_line && !simulate_passes(r->report, r->min_line);
    buf_printf(
        b,
        "  <testsuite name=\"gate\" tests=\"1\" failures=\"%d\" errors=\"0\" skipped=\"%d\">\n"
        "    <testcase classname=\"simulate\" name=\"load line\">\n",
        failed, !r->min_line);
    if (!r->min_line)
        buf_add_cstr(b, "      <skipped message=\"no --min-load-line is given\"/>\n");
    if (failed) {
        buf_add_cstr(b, "      <failure type=\"min-load-line\"");
        markup_add_attribute(b, "message",
                             r->report->line.known
                                 ? arena_printf(r->arena, "load line %.2f is below %.2f",
                                                simulate_shown_line(r->report->line.factor),
                                                (double)r->min_line / FACTOR_ONE)
                                 : STR("the load line is not known"));
        buf_add_cstr(b, "/>\n");
    }
    buf_add_cstr(b, "      <system-out>");
    markup_add(b, simulate_line_text(r));
    buf_add_char(b, '\n');
    markup_add(b, simulate_margin_text(r));
    buf_add_cstr(b, "</system-out>\n    </testcase>\n  </testsuite>\n");
}

void simulate_render_junit(const struct simulate_results *r, struct buf *b)
{
    const struct sim_report *p = r->report;
    size_t failed = 0;
    for (size_t i = 0; i < p->count; i++)
        failed += p->by_usage && fails(&p->items[i]);
    failed += r->min_line && !simulate_passes(p, r->min_line);
    buf_printf(b,
               "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"plimsoll simulate\" "
               "tests=\"%zu\" failures=\"%zu\" errors=\"%d\">\n",
               p->count + 1 + p->stopped, failed, p->stopped);
    add_gate(r, b);
    if (p->stopped) {
        buf_add_cstr(b, "  <testsuite name=\"partial\" tests=\"1\" failures=\"0\" errors=\"1\" "
                        "skipped=\"0\">\n    <testcase classname=\"simulate\" "
                        "name=\"complete\"><error");
        markup_add_attribute(b, "message", simulate_stopped_text(r));
        buf_add_cstr(b, "/></testcase>\n  </testsuite>\n");
    }
    add_contingencies(r, b);
    buf_add_cstr(b, "</testsuites>\n");
}
