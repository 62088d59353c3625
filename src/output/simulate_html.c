/* SPDX-License-Identifier: Apache-2.0
 *
 * A simulation as one page of HTML that needs nothing else: no script, no font, no network. The
 * figures first, then why, what to do, and what they rest on. Text of the input is escaped by
 * markup_add; a content security policy allows the page nothing but its own style sheet.
 */
#include "output/simulate_html.h"

/* ---- parts ---- */

void html_section(struct buf *b, const char *id, const char *title)
{
    buf_printf(b, "<section aria-labelledby=\"%s\">\n<h2 id=\"%s\">%s</h2>\n", id, id, title);
}

void html_section_end(struct buf *b)
{
    buf_add_cstr(b, "</section>\n");
}

void html_paragraph(struct buf *b, struct str text)
{
    buf_add_cstr(b, "<p>");
    markup_add(b, text);
    buf_add_cstr(b, "</p>\n");
}

void html_cell(struct buf *b, const char *class_name, struct str text)
{
    if (class_name)
        buf_printf(b, "<td class=\"%s\">", class_name);
    else
        buf_add_cstr(b, "<td>");
    markup_add(b, text);
    buf_add_cstr(b, "</td>");
}

void html_row(struct buf *b, const char *what, struct str text)
{
    buf_printf(b, "<dt>%s</dt><dd>", what);
    markup_add(b, text);
    buf_add_cstr(b, "</dd>\n");
}

/* ---- the head of the page ---- */

static void add_title(const struct simulate_results *r, struct buf *b)
{
    struct str text = simulate_line_text(r), rest, figure = str_cut(text, ':', &rest);
    if (text.n == 0)
        figure = STR("Simulation");
    buf_printf(b, "<h1 class=\"%s\">", simulate_is_good(r) ? "good" : "bad");
    markup_add(b, figure);
    buf_add_cstr(b, "</h1>\n");
    while (str_starts(rest, " "))
        rest = str_sub(rest, 1, rest.n);
    if (rest.n) {
        struct buf first CLEANUP(buf_done);
        buf_init(&first, 4 * KIB);
        buf_add_str(&first, rest);
        /* A sentence begins with a capital; a name stays what it is. */
        if (r->report->line.known && first.p[0] >= 'a' && first.p[0] <= 'z')
            first.p[0] = (char)(first.p[0] - 'a' + 'A');
        html_paragraph(b, buf_str(&first));
    }
}

static void add_why(const struct simulate_results *r, struct buf *b)
{
    const struct sim_report *p = r->report;
    const struct sim_line *l = &p->line;
    if (!l->known || l->fails_at == NO_FACTOR)
        return;
    const struct contingency *weakest = p->items[l->weakest].contingency;
    html_row(b, "Weakest",
             weakest->type == CONTINGENCY_NONE
                 ? STR("the cluster as it is: it fails without any loss")
                 : weakest->name);
    if (l->outcome.first.type != SIM_EVENT_TYPES)
        html_row(b, "First to give way",
                 arena_printf(r->arena, "at %.2f times the use of now, after " STR_FMT ": " STR_FMT,
                              simulate_shown_failing(l->fails_at),
                              STR_ARG(duration_text(r->arena, l->outcome.first.at_ms)),
                              STR_ARG(simulate_event_text(r, &l->outcome.first))));
    for (size_t i = 0; i < MIN(l->fail_count, (size_t)3); i++)
        html_row(b, i ? "and" : "Then", simulate_failure_text(r, &l->fails[i]));
}

static void add_summary(const struct simulate_results *r, struct buf *b)
{
    const struct sim_report *p = r->report;
    struct arena *a = r->arena;
    struct str margin = simulate_margin_text(r);
    size_t survived = 0;
    for (size_t i = 0; i < p->count; i++)
        survived += p->items[i].survives;
    buf_add_cstr(b, "<dl>\n");
    if (p->line.known && r->explained && r->explained->contingency->type == CONTINGENCY_DRAIN)
        html_row(b, "Drain", simulate_drain_text(r));
    add_why(r, b);
    if (str_starts(margin, "Booking margin "))
        html_row(b, "Booking margin", str_sub(margin, 15, margin.n));
    if (p->by_usage && !(p->count && p->items[0].now.blocked))
        html_row(b, "Survived now",
                 arena_printf(a, "%zu of %zu contingencies", survived, p->count));
    uint32_t nodes = sim_nodes_now(p->world), pods = sim_pods_now(p->world);
    struct str pending = STR("");
    if (p->world->pending)
        pending =
            arena_printf(a, ", %u of them pending before anything is lost", p->world->pending);
    html_row(b, "Cluster",
             arena_printf(a, "%u node%s, %u pod%s" STR_FMT, nodes, nodes == 1 ? "" : "s", pods,
                          pods == 1 ? "" : "s", STR_ARG(pending)));
    if (p->line.not_monotone)
        html_row(
            b, "Note",
            STR("survival is not monotone: it comes back above that factor; the lowest failing "
                "factor counts"));
    buf_add_cstr(b, "</dl>\n");
}

static void add_partial(const struct simulate_results *r, struct buf *b)
{
    if (!r->report->stopped)
        return;
    buf_add_cstr(b, "<section class=\"partial bad\" role=\"alert\">");
    html_paragraph(b, simulate_stopped_text(r));
    html_section_end(b);
}

/* ---- sections ---- */

static void add_structural(const struct simulate_results *r, struct buf *b)
{
    struct simulate_structural *list;
    size_t n = simulate_structurals(r, &list), shown = MIN(n, (size_t)HTML_ROWS);
    if (n == 0)
        return;
    html_section(b, "structural", "Structural failures");
    html_paragraph(b, STR("These fail at any memory use: bookings, budgets, volumes, single pods. "
                          "Memory is not their fault, and the load line does not count them."));
    buf_add_cstr(b, "<div class=\"wide\"><table><thead><tr><th>What fails</th><th class=\"n\">"
                    "Contingencies</th><th>Worst</th></tr></thead><tbody>\n");
    for (size_t i = 0; i < shown; i++) {
        buf_add_cstr(b, "<tr>");
        html_cell(b, "name", simulate_failure_text(r, &list[i].failure));
        buf_printf(b, "<td class=\"n\">%zu of %zu</td>", list[i].contingencies, r->report->count);
        html_cell(b, "name", r->report->items[list[i].worst].contingency->name);
        buf_add_cstr(b, "</tr>\n");
    }
    buf_add_cstr(b, "</tbody></table></div>\n");
    if (n > shown)
        buf_printf(b, "<p class=\"soft\">and %zu more workloads</p>\n", n - shown);
    html_section_end(b);
}

/* The lines of the text report, each a point of a list. */
static void add_services(const struct simulate_results *r, struct buf *b)
{
    const struct out_format unbroken = {.columns = 100000};
    struct buf text CLEANUP(buf_done);
    buf_init(&text, 1 * MIB);
    simulate_add_services(r, &unbroken, &text);
    if (text.n == 0)
        return;
    html_section(b, "services", "Services and control plane");
    buf_add_cstr(b, "<ul>\n");
    struct str rest = buf_str(&text);
    while (rest.n) {
        struct str line = str_cut(rest, '\n', &rest);
        if (!str_starts(line, "  "))
            continue;
        buf_add_cstr(b, "<li>");
        markup_add(b, str_sub(line, 2, line.n));
        buf_add_cstr(b, "</li>\n");
    }
    buf_add_cstr(b, "</ul>\n");
    html_section_end(b);
}

static void add_assumptions(const struct simulate_results *r, struct buf *b)
{
    struct simulate_assumption list[ASSUMPTIONS_MAX];
    size_t n = simulate_assumptions(r, list);
    html_section(b, "assumptions", "Assumptions in force");
    buf_add_cstr(b, "<div class=\"wide\"><table><thead><tr><th>Assumption</th><th>Option that "
                    "changes it</th></tr></thead><tbody>\n");
    for (size_t i = 0; i < n; i++) {
        buf_add_cstr(b, "<tr>");
        html_cell(b, NULL, list[i].text);
        buf_add_cstr(b, "<td><code>");
        markup_add(b, list[i].option ? str_of(list[i].option) : STR("none"));
        buf_add_cstr(b, "</code></td></tr>\n");
    }
    buf_add_cstr(b, "</tbody></table></div>\n");
    html_section_end(b);
}

void html_page_begin(struct buf *b, const char *title)
{
    buf_printf(
        b,
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
        "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n"
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
        "style-src 'unsafe-inline'\">\n<meta name=\"generator\" content=\"plimsoll " PLIMSOLL_VERSION
        "\">\n<title>plimsoll: %s</title>\n<style>\n%s</style>\n</head>\n<body>\n"
        "<main>\n",
        title, simulate_html_style);
}

void html_page_end(struct buf *b, const char *digest)
{
    buf_add_cstr(b, "<footer>");
    if (digest)
        buf_printf(b, "SHA-256 of the report: <code>%s</code>. ", digest);
    buf_add_cstr(b, "Made by plimsoll " PLIMSOLL_VERSION ".</footer>\n</main>\n</body>\n</html>\n");
}

void simulate_render_html(const struct simulate_results *r, struct buf *b)
{
    html_page_begin(b, "load line");
    add_partial(r, b);
    buf_add_cstr(b, "<section><div class=\"top\">\n<div>\n");
    add_title(r, b);
    add_summary(r, b);
    buf_add_cstr(b, "</div>\n");
    if (r->report->line.known)
        html_add_gauge(r, b);
    buf_add_cstr(b, "</div>\n");
    html_section_end(b);
    html_add_remedies(r, b);
    html_add_contingencies(r, b);
    html_add_nodes(r, b);
    html_add_groups(r, b);
    html_add_story(r, b);
    add_structural(r, b);
    add_services(r, b);
    add_assumptions(r, b);
    html_page_end(b, r->report->stopped ? NULL : r->report->digest);
}
