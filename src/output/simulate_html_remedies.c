/* SPDX-License-Identifier: Apache-2.0
 *
 * Remedies of the HTML report: what to change, why it helps, and where it brings the line.
 */
#include "output/simulate_html.h"

/* "0.82 to 0.97" as a bar from 0 to twice the use of now, with the water at 1. */
static void add_bar(const struct remedy_figures *before, const struct remedy_figures *after,
                    struct buf *b)
{
    enum { WIDTH = 160, MOST = 2 * FACTOR_ONE };
    int64_t from = MIN(before->line, (int64_t)MOST), to = MIN(after->line, (int64_t)MOST);
    if (!before->line_known || !after->line_known ||
        llabs(after->line - before->line) < REMEDY_LEAST)
        return;
    buf_printf(b,
               "<svg viewBox=\"0 0 %d 14\" width=\"%d\" height=\"14\" aria-hidden=\"true\"><path "
               "d=\"M0 7H%d\" stroke=\"var(--line)\" stroke-width=\"6\"/><path d=\"M%lld 7H%lld\" "
               "stroke=\"var(--%s)\" stroke-width=\"6\"/><path d=\"M%d 0V14\" "
               "stroke=\"var(--ink)\"/></svg>",
               WIDTH, WIDTH, WIDTH, (long long)(MIN(from, to) * WIDTH / MOST),
               (long long)(MAX(from, to) * WIDTH / MOST), to >= from ? "good" : "bad", WIDTH / 2);
}

static void add_remedy(const struct simulate_results *r, const struct remedy *x,
                       const struct remedy_figures *before, const struct remedy_figures *after,
                       struct buf *b)
{
    buf_add_cstr(b, "<li><b>");
    markup_add(b, x->title);
    buf_add_cstr(b, "</b><div>");
    markup_add(b, remedy_gain_text(r->arena, before, after));
    buf_add_cstr(b, " ");
    add_bar(before, after, b);
    buf_add_cstr(b, "</div><div class=\"soft\">");
    markup_add(b, x->why);
    buf_add_cstr(b, "</div>");
    if (x->rule) {
        buf_add_cstr(b, "<div class=\"soft\">found by <code>plimsoll check</code> as <code>");
        markup_add(b, str_of(x->rule));
        buf_add_cstr(b, "</code></div>");
    }
    buf_add_cstr(b, "</li>\n");
}

static void add_total(const struct simulate_results *r, struct buf *b)
{
    const struct remedies *m = r->remedies;
    const struct remedy_figures *after = &m->items[m->count - 1].together;
    struct str line = STR("");
    if (after->line_known)
        line = arena_printf(r->arena, "load line %s%.2f, ", after->line_above ? "over " : "",
                            simulate_shown_line(after->line));
    html_paragraph(
        b,
        arena_printf(r->arena, "With all of them: " STR_FMT "%zu of %zu contingencies survived. %s",
                     STR_ARG(line), after->contingencies - after->failing, after->contingencies,
                     "The edits, field by field, are in the JSON report."));
}

void html_add_remedies(const struct simulate_results *r, struct buf *b)
{
    const struct remedies *m = r->remedies;
    if (!m || !m->wanted || (m->count == 0 && !m->tried))
        return;
    html_section(b, "remedies", "Remedies");
    if (m->count == 0) {
        html_paragraph(b, arena_printf(r->arena, "None: %zu changes were tried; %s.", m->tried,
                                       m->end ? m->end : "none of them helps"));
        html_section_end(b);
        return;
    }
    html_paragraph(b, STR("Each simulated on top of those before it; nothing was changed."));
    buf_add_cstr(b, "<ol class=\"remedies\">\n");
    for (size_t i = 0; i < m->count; i++)
        add_remedy(r, &m->items[i], i ? &m->items[i - 1].together : &m->before,
                   &m->items[i].together, b);
    buf_add_cstr(b, "</ol>\n");
    add_total(r, b);
    if (m->smaller_count) {
        buf_add_cstr(b, "<details><summary>What one change alone would do</summary><ul "
                        "class=\"remedies\">\n");
        for (size_t i = 0; i < m->smaller_count; i++)
            add_remedy(r, &m->smaller[i], &m->before, &m->smaller[i].alone, b);
        buf_add_cstr(b, "</ul></details>\n");
    }
    html_section_end(b);
}
