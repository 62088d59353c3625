/* SPDX-License-Identifier: Apache-2.0
 *
 * The load line as what it is named after: a mark on a ship's hull. The scale is the factor on
 * memory use, the water stands at what is used now, and the mark is at the load line: above the
 * water there is freeboard, below it the ship is overloaded.
 */
#include "output/simulate_html.h"

enum { TOP = 24, BOTTOM = 236, LEFT = 62, RIGHT = 382, MARK_X = 140, RADIUS = 26 };

struct gauge {
    double line, most; /* factors */
    bool safe;
};

static double y_of(const struct gauge *g, double factor)
{
    double share = factor / g->most;
    share = share < 0 ? 0 : share > 1 ? 1 : share;
    return BOTTOM - share * (BOTTOM - TOP);
}

static void add_scale(const struct gauge *g, struct buf *b)
{
    double step = g->most > 4 ? 1 : g->most > 2 ? 0.5 : 0.25;
    for (int i = 0; i * step <= g->most + 1e-9; i++) {
        double x = i * step;
        buf_printf(b,
                   "<path d=\"M%d %.1fH%d\" stroke=\"var(--line)\"/><text class=\"s\" x=\"%d\" "
                   "y=\"%.1f\" text-anchor=\"end\" font-size=\"12\">%g</text>\n",
                   LEFT - 6, y_of(g, x), LEFT, LEFT - 10, y_of(g, x) + 4, x);
    }
}

/* Waves, from edge to edge. */
static void add_water(const struct gauge *g, struct buf *b)
{
    double y = y_of(g, 1);
    buf_printf(b, "<path d=\"M%d %.1f", LEFT, y);
    for (int x = LEFT; x < RIGHT; x += 20)
        buf_printf(b, "q5 -4 10 0t%d 0", x + 20 > RIGHT ? RIGHT - x - 10 : 10);
    buf_printf(b, "V%dH%dZ\" fill=\"var(--water)\" fill-opacity=\".75\"/>\n", BOTTOM, LEFT);
}

static void add_mark(const struct gauge *g, const char *colour, struct buf *b)
{
    double y = y_of(g, g->line);
    buf_printf(b,
               "<g stroke=\"%s\" stroke-width=\"5\" fill=\"none\"><circle cx=\"%d\" cy=\"%.1f\" "
               "r=\"%d\"/><path d=\"M%d %.1fH%d\"/></g>\n",
               colour, MARK_X, y, RADIUS, MARK_X - RADIUS - 20, y, MARK_X + RADIUS + 20);
}

/* Two labels that may be near each other: the one of the lower factor stands below its line. */
static void add_labels(const struct gauge *g, const struct sim_line *l, struct buf *b)
{
    int line_dy = g->safe ? -8 : 20, water_dy = g->safe ? 20 : -8, x = MARK_X + RADIUS + 26;
    const char *more = l->above || l->stopped ? "at least " : "";
    buf_printf(b,
               "<text x=\"%d\" y=\"%.1f\" font-size=\"14\" font-weight=\"bold\">load line "
               "%s%.2f</text>\n",
               x, y_of(g, g->line) + line_dy, more, g->line);
    buf_printf(b, "<text x=\"%d\" y=\"%.1f\" font-size=\"14\">memory use now: 1</text>\n", x,
               y_of(g, 1) + water_dy);
}

void html_add_gauge(const struct simulate_results *r, struct buf *b)
{
    const struct sim_line *l = &r->report->line;
    struct gauge g = {.line = simulate_shown_line(l->factor), .most = 1.5};
    g.safe = g.line >= 1;
    if (g.line > 1.3)
        g.most = g.line * 1.2;
    buf_printf(
        b,
        "<svg viewBox=\"0 0 400 260\" role=\"img\" aria-label=\"Load line %.2f%s: memory use "
        "now is 1, the load line is %s it.\">\n",
        g.line, l->above ? " or more" : "", g.safe ? "above" : "below");
    buf_printf(b, "<path d=\"M%d %dH%dV%dH%dZ\" fill=\"var(--hull)\"/>\n", LEFT, TOP, RIGHT, BOTTOM,
               LEFT);
    add_water(&g, b);
    add_scale(&g, b);
    add_mark(&g, g.safe ? "var(--good)" : "var(--bad)", b);
    add_labels(&g, l, b);
    buf_printf(b,
               "<text class=\"s\" x=\"%d\" y=\"254\" font-size=\"12\">times the memory use of "
               "now</text>\n</svg>\n",
               LEFT);
}
