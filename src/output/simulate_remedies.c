/* SPDX-License-Identifier: Apache-2.0
 *
 * Remedies, as text and as JSON: what to change, why it helps, and how far each raises the line on
 * top of those before it.
 */
#include "base/text.h"
#include "output/inspect_json.h"
#include "output/simulate.h"
#include "output/table.h"

static struct str factor_text(struct arena *a, const struct remedy_figures *f)
{
    return arena_printf(a, "%s%.2f", f->line_above ? "over " : "", simulate_shown_line(f->line));
}

static struct str pair(struct arena *a, const char *what, size_t before, size_t after)
{
    return arena_printf(a, "%s %zu -> %zu", what, before, after);
}

struct str remedy_gain_text(struct arena *a, const struct remedy_figures *before,
                            const struct remedy_figures *after)
{
    if (before->blocked && !after->blocked)
        return STR("drain blocked -> it ends");
    bool lower = after->line <= before->line - REMEDY_LEAST;
    bool else_same = after->nodes_lost == before->nodes_lost && after->failing == before->failing &&
                     after->failures == before->failures && after->structural == before->structural;
    if (before->line_known && (lower ? else_same : after->line >= before->line + REMEDY_LEAST))
        return arena_printf(a, "load line " STR_FMT " -> " STR_FMT, STR_ARG(factor_text(a, before)),
                            STR_ARG(factor_text(a, after)));
    if (after->nodes_lost != before->nodes_lost)
        return pair(a, "nodes lost", before->nodes_lost, after->nodes_lost);
    if (after->failing != before->failing)
        return pair(a, "contingencies that fail", before->failing, after->failing);
    if (after->failures != before->failures)
        return pair(a, "failures", before->failures, after->failures);
    if (after->structural != before->structural)
        return pair(a, "contingencies with structural failures", before->structural,
                    after->structural);
    return arena_printf(a, "pods without a place %lld -> %lld",
                        (long long)-MIN(before->margin_pods, 0),
                        (long long)-MIN(after->margin_pods, 0));
}

static bool is_same(const struct remedy_figures *x, const struct remedy_figures *y)
{
    return llabs(x->line - y->line) < REMEDY_LEAST && x->failing == y->failing &&
           x->failures == y->failures && x->nodes_lost == y->nodes_lost &&
           x->structural == y->structural && x->blocked == y->blocked;
}

static void add_together(const struct simulate_results *r, const struct out_format *f,
                         struct buf *b)
{
    const struct remedies *m = r->remedies;
    const struct remedy_figures *after = &m->items[m->count - 1].together;
    CLEANUP(buf_done) struct buf line;
    buf_init(&line, 4096);
    if (m->count == 2)
        buf_add_cstr(&line, "Both together: ");
    else if (m->count > 1)
        buf_printf(&line, "All %zu together: ", m->count);
    else
        buf_add_cstr(&line, "With it: ");
    if (after->line_known)
        buf_printf(&line, "load line " STR_FMT "%s, ", STR_ARG(factor_text(r->arena, after)),
                   after->held ? " (there the limits begin to hold)" : "");
    buf_printf(&line, "%zu of %zu contingencies survive%s, structural failures in %zu",
               after->contingencies - after->failing, after->contingencies,
               after->line_known ? " the usage of now" : "", after->structural);
    if (after->margin_known) {
        buf_add_cstr(&line, after->margin_bytes < 0 ? ", booking margin -" : ", booking margin ");
        text_add_bytes(&line, llabs(after->margin_bytes));
    }
    buf_add_cstr(&line, ".");
    text_wrap(b, f, "  ", arena_str(r->arena, buf_str(&line)), 2);
}

static void add_smaller(const struct simulate_results *r, const struct out_format *f, struct buf *b)
{
    const struct remedies *m = r->remedies;
    if (!m->smaller_count)
        return;
    buf_add_cstr(b, "  What one change alone would do:\n");
    for (size_t i = 0; i < m->smaller_count; i++) {
        const struct remedy *x = &m->smaller[i];
        text_wrap(b, f, "   - ",
                  arena_printf(r->arena, STR_FMT ": " STR_FMT, STR_ARG(x->title),
                               STR_ARG(remedy_gain_text(r->arena, &m->before, &x->alone))),
                  5);
    }
}

void simulate_add_remedies(const struct simulate_results *r, const struct out_format *f,
                           struct buf *b)
{
    const struct remedies *m = r->remedies;
    if (!m || !m->wanted || (m->count == 0 && !m->tried))
        return;
    if (m->count == 0) {
        buf_add_cstr(b, "\n");
        text_wrap(
            b, f, "",
            arena_printf(r->arena, "No remedy: %zu changes were tried; %s.", m->tried, m->end), 2);
        return;
    }
    buf_add_cstr(b, "\nRemedies, each simulated on top of those before it; nothing was changed:\n");
    for (size_t i = 0; i < m->count; i++) {
        const struct remedy *x = &m->items[i];
        const struct remedy_figures *before = i ? &m->items[i - 1].together : &m->before;
        struct str alone = STR("");
        if (i && !is_same(&x->alone, &x->together))
            alone = is_same(&x->alone, &m->before)
                        ? STR("; alone it changes nothing")
                        : arena_printf(r->arena, "; alone: " STR_FMT,
                                       STR_ARG(remedy_gain_text(r->arena, &m->before, &x->alone)));
        text_wrap(
            b, f, "  ",
            arena_printf(r->arena, "%zu. " STR_FMT ": " STR_FMT STR_FMT, i + 1, STR_ARG(x->title),
                         STR_ARG(remedy_gain_text(r->arena, before, &x->together)), STR_ARG(alone)),
            5);
        text_wrap(b, f, "     ", x->why, 5);
    }
    add_together(r, f, b);
    add_smaller(r, f, b);
    buf_add_cstr(b, "  The edits, field by field: -o json.\n");
    if (m->end)
        text_wrap(b, f, "  ",
                  arena_printf(r->arena, "%zu changes were tried; %s.", m->tried, m->end), 2);
}

/* ---- JSON ---- */

static void json_figures(struct json_writer *w, const char *key, const struct remedy_figures *f)
{
    json_key(w, key);
    json_map(w);
    if (f->line_known)
        json_add_double(w, "loadLine", (double)f->line / FACTOR_ONE);
    else
        json_add_null(w, "loadLine");
    json_add_bool(w, "loadLineIsLowerBound", f->line_known && (f->line_above || f->held));
    json_add_opt_int(w, "bookingMarginBytes", f->margin_known, f->margin_bytes);
    json_add_opt_int(w, "bookingMarginPods", f->margin_known, f->margin_pods);
    json_add_int(w, "contingencies", (int64_t)f->contingencies);
    json_add_int(w, "survived", (int64_t)(f->contingencies - f->failing));
    json_add_int(w, "withStructuralFailures", (int64_t)f->structural);
    json_add_int(w, "failures", (int64_t)f->failures);
    json_add_int(w, "nodesLost", f->nodes_lost);
    json_add_bool(w, "drainBlocked", f->blocked);
    json_map_end(w);
}

static void json_edit(struct json_writer *w, const struct edit *e)
{
    json_map(w);
    json_add_str(w, "apiVersion", e->object->api_version);
    json_add_str(w, "kind", e->object->kind_text);
    json_add_str(w, "namespace", e->object->ns.n ? e->object->ns : STR_NONE);
    json_add_str(w, "name", e->object->name.n ? e->object->name : STR_NONE);
    json_add_cstr(w, "op", e->op == EDIT_SET ? "set" : "remove");
    json_add_str(w, "path", e->path);
    json_add_str(w, "value", e->op == EDIT_SET ? e->value : STR_NONE);
    json_map_end(w);
}

static void json_remedies(struct json_writer *w, const char *key, const struct remedy *list,
                          size_t count)
{
    json_key(w, key);
    json_seq(w);
    for (size_t i = 0; i < count; i++) {
        const struct remedy *x = &list[i];
        json_map(w);
        json_add_str(w, "title", x->title);
        json_add_str(w, "why", x->why);
        json_add_cstr(w, "rule", x->rule);
        json_add_int(w, "workloads", (int64_t)x->workloads);
        json_add_str(w, "addsNodeLike", x->like ? x->like->o.name : STR_NONE);
        json_key(w, "edits");
        json_seq(w);
        for (size_t k = 0; k < x->edit_count; k++)
            json_edit(w, &x->edits[k]);
        json_seq_end(w);
        json_figures(w, "alone", &x->alone);
        json_figures(w, "together", &x->together);
        json_map_end(w);
    }
    json_seq_end(w);
}

void simulate_json_remedies(const struct simulate_results *r, struct json_writer *w)
{
    const struct remedies *m = r->remedies;
    if (!m || !m->wanted) {
        json_null(w);
        return;
    }
    json_map(w);
    json_add_int(w, "tried", (int64_t)m->tried);
    json_add_cstr(w, "end", m->end);
    json_figures(w, "before", &m->before);
    json_remedies(w, "items", m->items, m->count);
    json_remedies(w, "smaller", m->smaller, m->smaller_count);
    json_map_end(w);
}
