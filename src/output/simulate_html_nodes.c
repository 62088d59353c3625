/* SPDX-License-Identifier: Apache-2.0
 *
 * The node heat map: a cell for each node, by zone, as full as its memory is; a frame where its
 * loss is not survived.
 */
#include "output/simulate_html.h"

enum { BIG_CELLS = 240, NO_ZONE_LISTED = 0 };

static int percent_of(const struct simulate_node_use *u)
{
    if (u->bound_bytes <= 0)
        return 999;
    int64_t percent = (int64_t)((double)u->used_bytes / (double)u->bound_bytes * 100);
    return (int)MIN(percent, 999);
}

static int fullest_first(const void *a, const void *b)
{
    const struct simulate_node_use *x = a, *y = b;
    if (percent_of(x) != percent_of(y))
        return percent_of(x) > percent_of(y) ? -1 : 1;
    return (x->node > y->node) - (x->node < y->node);
}

static int shade_of(int percent, const struct simulate_node_use *u)
{
    static const int steps[] = {50, 70, 80, 90};
    int shade = 0;
    if (u->spare_bytes < 0)
        return 5;
    while (shade < (int)ARRAY_LEN(steps) && percent >= steps[shade])
        shade++;
    return shade;
}

/* By node: its loss alone is a contingency that is not survived. */
static bool *fatal_nodes(const struct simulate_results *r)
{
    const struct sim_report *p = r->report;
    bool *fatal = arena_array(r->arena, bool, p->world->node_count);
    for (size_t i = 0; i < p->count; i++) {
        const struct contingency *c = p->items[i].contingency;
        if (c->type == CONTINGENCY_LOSE && c->node_count == 1)
            fatal[c->nodes[0]] = !p->items[i].survives;
    }
    return fatal;
}

static void add_node(const struct simulate_results *r, const struct simulate_node_use *u,
                     bool fatal, bool big, struct buf *b)
{
    const struct sim_world *w = r->report->world;
    int percent = percent_of(u);
    bool over = u->spare_bytes < 0;
    buf_printf(b, "<i class=\"h%d%s\" role=\"img\"", shade_of(percent, u), fatal ? " x" : "");
    markup_add_attribute(
        b, "title",
        arena_printf(r->arena, STR_FMT ": %d %% in use, %s %s%s",
                     STR_ARG(w->nodes[u->node].node->o.name), percent,
                     simulate_amount(r->arena, over ? -u->spare_bytes : u->spare_bytes),
                     over ? "over" : "left", fatal ? "; its loss is not survived" : ""));
    buf_add_char(b, '>');
    if (big)
        buf_printf(b, "%d", percent);
    buf_add_cstr(b, "</i>");
}

struct heat_map {
    const struct simulate_node_use *list;
    size_t count, all; /* all: that there are; the first `count` are shown */
    const bool *fatal; /* by node */
};

static void add_zone(const struct simulate_results *r, const struct heat_map *m, uint32_t zone,
                     struct buf *b)
{
    const struct sim_world *w = r->report->world;
    bool big = m->count <= BIG_CELLS;
    size_t count = 0, all = 0;
    for (size_t i = 0; i < m->all; i++) {
        bool is_here = w->nodes[m->list[i].node].zone == zone;
        all += is_here;
        count += is_here && i < m->count;
    }
    if (count == 0)
        return;
    buf_add_cstr(b, "<h3>");
    if (zone) {
        buf_add_cstr(b, "zone ");
        markup_add(b, w->zones[zone]);
    } else {
        buf_add_cstr(b, w->zone_count > 1 ? "without a zone" : "all nodes");
    }
    buf_add_cstr(b, " <span class=\"soft\">");
    if (count < all)
        buf_printf(b, "the fullest %zu of ", count);
    buf_printf(b, "%zu node%s</span></h3>\n<div class=\"map%s\">", all, all == 1 ? "" : "s",
               big ? " big" : "");
    for (size_t i = 0; i < m->count; i++)
        if (w->nodes[m->list[i].node].zone == zone)
            add_node(r, &m->list[i], m->fatal[m->list[i].node], big, b);
    buf_add_cstr(b, "</div>\n");
}

static void add_legend(struct buf *b)
{
    static const char *const words[] = {"below 50 %", "50 to 70 %",  "70 to 80 %",
                                        "80 to 90 %", "90 to 100 %", "over"};
    buf_add_cstr(b, "<div class=\"legend\">");
    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        buf_printf(b, "<span><i class=\"h%zu\"></i>%s</span>", i, words[i]);
    buf_add_cstr(b, "<span class=\"map\"><i class=\"h0 x\"></i>&nbsp; framed: its loss is not "
                    "survived</span></div>\n");
}

void html_add_nodes(const struct simulate_results *r, struct buf *b)
{
    const struct sim_world *w = r->report->world;
    struct simulate_node_use *list;
    size_t n = simulate_node_uses(r, &list), shown = MIN(n, (size_t)HTML_NODES);
    if (n)
        qsort(list, n, sizeof(*list), fullest_first);
    html_section(b, "nodes", "Nodes");
    html_paragraph(b, STR("Memory in use now of what a node can give before it evicts or kills; in "
                          "each zone the fullest first."));
    add_legend(b);
    struct heat_map m = {list, shown, n, fatal_nodes(r)};
    for (uint32_t zone = 1; zone < w->zone_count; zone++)
        add_zone(r, &m, zone, b);
    add_zone(r, &m, NO_ZONE_LISTED, b);
    if (n > shown)
        buf_printf(b,
                   "<p class=\"soft\">and %zu less full: <code>-o json</code> has "
                   "them all.</p>\n",
                   n - shown);
    html_section_end(b);
}
