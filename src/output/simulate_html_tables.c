/* SPDX-License-Identifier: Apache-2.0
 *
 * Tables of the HTML report: contingencies from worst to best, zones and node pools.
 */
#include "output/simulate_html.h"

static void add_count(struct buf *b, uint32_t n)
{
    buf_printf(b, "<td class=\"%s\">%u</td>", n ? "n" : "z", n);
}

static void add_contingency(const struct simulate_results *r, const struct sim_item *x,
                            struct buf *b)
{
    const struct sim_outcome *o = &x->now;
    buf_add_cstr(b, "<tr>");
    html_cell(b, "name", x->contingency->name);
    if (r->report->by_usage)
        html_cell(b, x->survives && !x->now.blocked ? "good" : "bad",
                  !x->survives     ? STR("no")
                  : x->now.blocked ? STR("blocked")
                                   : STR("yes"));
    else
        html_cell(b, "soft", STR("not known"));
    const uint32_t counts[] = {o->zero,    o->below,   o->nodes_lost, o->killed,
                               o->evicted, o->pending, o->dips,       o->depth};
    for (size_t i = 0; i < ARRAY_LEN(counts); i++)
        add_count(b, counts[i]);
    html_cell(b, "n", simulate_settled_text(r, o));
    html_cell(b, "name", o->first.type == SIM_EVENT_TYPES ? STR("") : simulate_first_text(r, o));
    buf_add_cstr(b, "</tr>\n");
}

static void table_begin(struct buf *b)
{
    buf_add_cstr(b, "<div class=\"wide\"><table><thead><tr><th>Contingency</th><th>Survived</th>"
                    "<th class=\"n\">At zero</th><th class=\"n\">Below</th><th class=\"n\">Nodes "
                    "lost</th><th class=\"n\">Killed</th><th class=\"n\">Evicted</th>"
                    "<th class=\"n\">Pending</th><th class=\"n\">Dips</th><th class=\"n\">Depth"
                    "</th><th class=\"n\">Settled</th><th>First to give way</th></tr></thead>"
                    "<tbody>\n");
}

static void table_end(struct buf *b)
{
    buf_add_cstr(b, "</tbody></table></div>\n");
}

void html_add_contingencies(const struct simulate_results *r, struct buf *b)
{
    const struct sim_report *p = r->report;
    size_t shown = MIN(p->count, (size_t)HTML_ROWS), open = MIN(shown, (size_t)HTML_ROWS_OPEN);
    html_section(b, "contingencies", "Contingencies, worst first");
    html_paragraph(b, p->by_usage
                          ? STR("At the memory use of now. At zero, below: workloads without a "
                                "healthy pod, and with fewer than their PodDisruptionBudget "
                                "demands, when the run has settled. Dips: those that were below "
                                "only for a time. Depth: how many steps the cascade goes.")
                          : STR("By requests alone: no memory use is known."));
    table_begin(b);
    for (size_t i = 0; i < open; i++)
        add_contingency(r, &p->items[p->ranked[i]], b);
    table_end(b);
    if (shown > open) {
        buf_printf(b, "<details><summary>%zu more</summary>\n", shown - open);
        table_begin(b);
        for (size_t i = open; i < shown; i++)
            add_contingency(r, &p->items[p->ranked[i]], b);
        table_end(b);
        buf_add_cstr(b, "</details>\n");
    }
    if (p->count > shown)
        buf_printf(b, "<p class=\"soft\">and %zu more: <code>-o json</code> has them all.</p>\n",
                   p->count - shown);
    html_section_end(b);
}

static void add_group(const struct simulate_results *r, const struct sim_group *g, struct buf *b)
{
    const struct sim_report *p = r->report;
    struct arena *a = r->arena;
    bool all = g->survived == g->contingencies;
    buf_add_cstr(b, "<tr>");
    html_cell(b, "name", simulate_group_text(a, g));
    buf_printf(b, "<td class=\"n\">%u</td>", g->nodes);
    html_cell(b, g->factor < FACTOR_ONE && g->factor != NO_FACTOR ? "n bad" : "n",
              g->factor == NO_FACTOR ? STR("not known")
                                     : arena_printf(a, "%s%.2f", g->above ? "above " : "",
                                                    simulate_shown_line(g->factor)));
    html_cell(b, all ? "n" : "n bad",
              p->by_usage ? arena_printf(a, "%zu of %zu", g->survived, g->contingencies)
                          : STR("not known"));
    html_cell(b, g->margin.known && g->margin.pods < 0 ? "n bad" : "n",
              g->margin.known ? str_of(simulate_amount(a, g->margin.bytes)) : STR(""));
    html_cell(b, "name",
              g->margin.known ? arena_printf(a, "%lld x " STR_FMT, (long long)g->margin.pods,
                                             STR_ARG(p->world->workloads[g->margin.workload].name))
                              : STR(""));
    html_cell(b, "name", g->weakest == SIZE_MAX ? STR("") : p->items[g->weakest].contingency->name);
    buf_add_cstr(b, "</tr>\n");
}

void html_add_groups(const struct simulate_results *r, struct buf *b)
{
    const struct sim_group **list;
    size_t n = simulate_groups(r, &list), shown = MIN(n, (size_t)HTML_ROWS);
    if (n == 0)
        return;
    html_section(b, "groups", "Zones and node pools");
    html_paragraph(b, STR("What the two figures would be if only nodes of one zone or node pool "
                          "could be lost, the neediest first."));
    buf_add_cstr(b, "<div class=\"wide\"><table><thead><tr><th>Zone or pool</th><th class=\"n\">"
                    "Nodes</th><th class=\"n\">Load line</th><th class=\"n\">Survived</th>"
                    "<th class=\"n\">Booking margin</th><th>Room for</th><th>Weakest</th></tr>"
                    "</thead><tbody>\n");
    for (size_t i = 0; i < shown; i++)
        add_group(r, list[i], b);
    buf_add_cstr(b, "</tbody></table></div>\n");
    if (n > shown)
        buf_printf(b, "<p class=\"soft\">and %zu more</p>\n", n - shown);
    html_section_end(b);
}
