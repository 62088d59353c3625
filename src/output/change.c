/* SPDX-License-Identifier: Apache-2.0
 *
 * What a change does, as text and JSON.
 */
#include "output/change.h"

#include "base/sat.h"
#include "base/text.h"
#include "output/findings.h"
#include "output/simulate.h"
#include "output/table.h"

size_t change_mended(const struct change *c, enum severity s)
{
    size_t n = 0;
    for (size_t i = 0; i < c->before.entries.count; i++)
        n += !c->before.entries.items[i].met && c->before.entries.items[i].severity == s;
    return n;
}

/* ---- text ---- */

enum { ROWS_SHOWN = 20 }; /* workloads; in wide all */

static const struct table_column columns[] = {
    {.title = "MEMORY OF", .shrinks = true}, {.title = "PODS", .right = true},
    {.title = "REQUESTS", .right = true},    {.title = "AFTER", .right = true},
    {.title = "CHANGE", .right = true},      {.title = "LIMITS", .right = true},
    {.title = "AFTER", .right = true},       {.title = "CHANGE", .right = true},
};

static void add_difference(struct table *t, bool known, int64_t before, int64_t after)
{
    struct buf b CLEANUP(buf_done);
    int64_t d = sat_sub(after, before);
    buf_init(&b, 64);
    if (known && d) {
        buf_add_char(&b, d > 0 ? '+' : '-');
        text_add_measured(&b, d > 0 ? d : sat_sub(0, d));
    }
    table_add(t, known && d ? buf_str(&b) : STR("-"), d > 0 ? STYLE_WARN : STYLE_PLAIN);
}

static bool is_bounded(const struct memory_sum *s)
{
    return s->unlimited == 0 && s->uncounted == 0;
}

static void add_limit(struct table *t, const struct memory_sum *s)
{
    if (s->pods == 0 && s->uncounted == 0)
        table_bytes(t, false, 0, STYLE_DIM);
    else if (s->unlimited)
        table_add(t, STR("no bound"), STYLE_BAD);
    else
        table_measured(t, s->uncounted == 0, s->limit_bytes, STYLE_PLAIN);
}

static void add_row(struct table *t, struct str name, const struct memory_row *r)
{
    struct memory_row copy = *r;
    struct memory_sum *x = &copy.before, *y = &copy.after;
    if (!r->workload) /* sums of what can be counted */
        x->uncounted = y->uncounted = 0;
    table_add(t, name, r->workload ? STYLE_PLAIN : STYLE_BOLD);
    if (x->uncounted || y->uncounted)
        table_add(t, STR("?"), STYLE_DIM);
    else if (x->pods == y->pods)
        table_printf(t, STYLE_PLAIN, "%lld", (long long)x->pods);
    else
        table_printf(t, STYLE_PLAIN, "%lld -> %lld", (long long)x->pods, (long long)y->pods);
    bool known = x->uncounted == 0 && y->uncounted == 0;
    table_measured(t, x->uncounted == 0, x->request_bytes, STYLE_PLAIN);
    table_measured(t, y->uncounted == 0, y->request_bytes, STYLE_PLAIN);
    add_difference(t, known, x->request_bytes, y->request_bytes);
    add_limit(t, x);
    add_limit(t, y);
    add_difference(t, is_bounded(x) && is_bounded(y), x->limit_bytes, y->limit_bytes);
    table_row_end(t);
}

static int64_t size_of_change(const struct memory_row *r)
{
    int64_t requests = sat_sub(r->after.request_bytes, r->before.request_bytes);
    int64_t limits = sat_sub(r->after.limit_bytes, r->before.limit_bytes);
    return sat_add(requests < 0 ? sat_sub(0, requests) : requests,
                   limits < 0 ? sat_sub(0, limits) : limits);
}

/* How many rows have changed by more. */
static size_t rank_of(const struct memory_change *m, size_t at)
{
    int64_t size = size_of_change(&m->workloads.items[at]);
    size_t rank = 0;
    for (size_t i = 0; i < m->workloads.count; i++) {
        int64_t other = size_of_change(&m->workloads.items[i]);
        rank += other > size || (other == size && i < at);
    }
    return rank;
}

static void add_memory(const struct memory_change *m, struct arena *a, const struct out_format *f,
                       struct buf *b)
{
    struct table t;
    bool all = f->word == FINDINGS_WIDE || m->workloads.count <= ROWS_SHOWN;
    if (m->workloads.count == 0) {
        buf_add_cstr(b, "memory: the change books and allows as much as before\n");
        return;
    }
    table_init(&t, a, columns, ARRAY_LEN(columns));
    for (size_t i = 0; i < m->workloads.count; i++) {
        const struct object *o = &m->workloads.items[i].workload->o;
        if (!all && rank_of(m, i) >= ROWS_SHOWN)
            continue;
        add_row(&t,
                arena_printf(a, STR_FMT " " STR_FMT "/" STR_FMT, STR_ARG(o->kind_text),
                             STR_ARG(o->ns), STR_ARG(o->name)),
                &m->workloads.items[i]);
    }
    for (size_t i = 0; i < m->namespaces.count; i++)
        add_row(&t, arena_printf(a, "namespace " STR_FMT, STR_ARG(m->namespaces.items[i].ns)),
                &m->namespaces.items[i]);
    if (m->namespaces.count > 1)
        add_row(&t, STR("all"), &m->all);
    table_render(&t, f, b);
    if (!all)
        buf_printf(b, "and %zu more workloads, changed by less (-o wide)\n",
                   m->workloads.count - ROWS_SHOWN);
    if (m->all.before.uncounted || m->all.after.uncounted)
        buf_add_cstr(
            b, "DaemonSets are in no sum: no Nodes in the input say how many pods they have\n");
}

static void add_margin(struct buf *b, const struct change_figures *x)
{
    if (!x->margin_known) {
        buf_add_cstr(b, "unknown");
        return;
    }
    if (x->margin_bytes < 0)
        buf_add_char(b, '-');
    text_add_measured(b, x->margin_bytes < 0 ? sat_sub(0, x->margin_bytes) : x->margin_bytes);
}

static void add_line(struct buf *b, const struct change_figures *x)
{
    if (!x->line_known)
        buf_add_cstr(b, "unknown");
    else if (x->line_above)
        buf_printf(b, "above %d", FACTOR_MAX / FACTOR_ONE);
    else
        buf_printf(b, "%.2f", simulate_shown_line(x->factor));
}

static void add_figures(const struct change *c, struct buf *b)
{
    if (c->no_figures)
        return;
    if (!c->simulated) {
        buf_add_cstr(
            b,
            "load line and booking margin: not told, because not both sides hold Nodes that can be used\n");
        return;
    }
    buf_add_cstr(b, "load line (losing one node): ");
    add_line(b, &c->was);
    buf_add_cstr(b, " -> ");
    add_line(b, &c->is);
    buf_add_cstr(b, "; booking margin: ");
    add_margin(b, &c->was);
    buf_add_cstr(b, " -> ");
    add_margin(b, &c->is);
    buf_add_cstr(b, c->was.line_known || c->is.line_known
                        ? "\n"
                        : " (no usage in the input, so no load line)\n");
}

void change_add_text(const struct change *c, struct arena *a, const struct out_format *f,
                     struct buf *b)
{
    add_memory(&c->memory, a, f, b);
    add_figures(c, b);
    buf_add_char(b, '\n');
}

/* ---- JSON ---- */

static void add_sum(struct json_writer *w, const char *key, const struct memory_sum *s)
{
    json_key(w, key);
    json_map(w);
    json_add_int(w, "pods", s->pods);
    json_add_int(w, "requestBytes", s->request_bytes);
    json_add_int(w, "limitBytes", s->limit_bytes);
    json_add_int(w, "podsWithoutLimit", s->unlimited);
    json_add_int(w, "workloadsNotCounted", s->uncounted);
    json_map_end(w);
}

static void add_json_row(struct json_writer *w, const struct memory_row *r)
{
    json_map(w);
    if (r->workload) {
        json_add_str(w, "apiVersion", r->workload->o.api_version);
        json_add_str(w, "kind", r->workload->o.kind_text);
    }
    json_add_str(w, "namespace", r->ns);
    if (r->workload)
        json_add_str(w, "name", r->workload->o.name);
    add_sum(w, "before", &r->before);
    add_sum(w, "after", &r->after);
    json_map_end(w);
}

static void add_json_figures(struct json_writer *w, const char *key, const struct change_figures *x)
{
    json_key(w, key);
    json_map(w);
    if (x->margin_known)
        json_add_int(w, "bookingMarginBytes", x->margin_bytes);
    else
        json_add_null(w, "bookingMarginBytes");
    if (x->line_known && !x->line_above)
        json_add_double(w, "loadLine", (double)x->factor / FACTOR_ONE);
    else
        json_add_null(w, "loadLine");
    json_add_bool(w, "loadLineAboveRange", x->line_known && x->line_above);
    json_map_end(w);
}

static void add_json_memory(struct json_writer *w, const struct memory_change *m)
{
    json_key(w, "memory");
    json_map(w);
    json_key(w, "workloads");
    json_seq(w);
    for (size_t i = 0; i < m->workloads.count; i++)
        add_json_row(w, &m->workloads.items[i]);
    json_seq_end(w);
    json_key(w, "namespaces");
    json_seq(w);
    for (size_t i = 0; i < m->namespaces.count; i++)
        add_json_row(w, &m->namespaces.items[i]);
    json_seq_end(w);
    json_key(w, "all");
    json_map(w);
    add_sum(w, "before", &m->all.before);
    add_sum(w, "after", &m->all.after);
    json_map_end(w);
    json_map_end(w);
}

void change_add_json(const struct change *c, struct json_writer *w)
{
    json_map(w);
    json_key(w, "mended");
    json_map(w);
    json_add_int(w, "errors", (int64_t)change_mended(c, SEV_ERROR));
    json_add_int(w, "warnings", (int64_t)change_mended(c, SEV_WARNING));
    json_add_int(w, "infos", (int64_t)change_mended(c, SEV_INFO));
    json_map_end(w);
    add_json_memory(w, &c->memory);
    json_key(w, "figures");
    if (c->simulated) {
        json_map(w);
        add_json_figures(w, "before", &c->was);
        add_json_figures(w, "after", &c->is);
        json_map_end(w);
    } else {
        json_null(w);
    }
    json_map_end(w);
}
