/* SPDX-License-Identifier: Apache-2.0
 *
 * A simulation by node, zone and node pool: how near each node is to its bounds now, and the two
 * figures for the loss of nodes of one zone or pool alone.
 */
#include "base/text.h"
#include "output/simulate.h"
#include "output/table.h"

enum { CHART_WIDTH = 40, CHART_LEAST = 10, NAME_MOST = 40, FIGURE_WIDTH = 16, NO_TERMINAL = 120 };

static int spare_order(const void *a, const void *b)
{
    const struct simulate_node_use *x = a, *y = b;
    if (x->spare_bytes != y->spare_bytes)
        return x->spare_bytes < y->spare_bytes ? -1 : 1;
    return (x->node > y->node) - (x->node < y->node);
}

static struct simulate_node_use node_use(const struct sim_world *w, uint32_t node)
{
    const struct sim_node *n = &w->nodes[node];
    struct simulate_node_use u = {.node = node, .used_bytes = n->system};
    for (uint32_t p = n->first_pod; p != UINT32_MAX; p = w->pods[p].next)
        for (uint32_t k = 0; k < w->pods[p].container_count; k++)
            u.used_bytes += w->containers[w->pods[p].container + k].usage;
    u.bound_bytes = MIN(n->capacity - n->evict_below, n->capacity - n->unaccounted);
    if (n->kubepods)
        u.bound_bytes = MIN(u.bound_bytes, n->kubepods - n->evict_below + n->system);
    u.spare_bytes = u.bound_bytes - u.used_bytes;
    return u;
}

size_t simulate_node_uses(const struct simulate_results *r, struct simulate_node_use **ret)
{
    const struct sim_world *w = r->report->world;
    size_t n = 0;
    *ret = arena_array(r->arena, struct simulate_node_use, w->node_count);
    for (uint32_t i = 0; i < w->node_count; i++)
        if (w->nodes[i].usable)
            (*ret)[n++] = node_use(w, i);
    qsort(*ret, n, sizeof(**ret), spare_order);
    return n;
}

/* ---- chart ---- */

static void add_bar(const struct simulate_results *r, const struct out_format *f,
                    const struct simulate_node_use *u, size_t width, struct buf *b)
{
    size_t filled = width;
    if (u->bound_bytes > 0 && u->used_bytes < u->bound_bytes)
        filled = (size_t)((double)u->used_bytes / (double)u->bound_bytes * (double)width + 0.5);
    buf_add_char(b, '[');
    style_begin(b, f, u->spare_bytes < 0 ? STYLE_BAD : STYLE_PLAIN);
    for (size_t k = 0; k < width; k++)
        buf_add_char(b, k < filled ? '#' : '.');
    style_end(b, f, u->spare_bytes < 0 ? STYLE_BAD : STYLE_PLAIN);
    if (u->spare_bytes < 0)
        buf_printf(b, "] %s over\n", simulate_amount(r->arena, -u->spare_bytes));
    else
        buf_printf(b, "] %s left\n", simulate_amount(r->arena, u->spare_bytes));
}

void simulate_add_nodes(const struct simulate_results *r, const struct out_format *f, struct buf *b)
{
    const struct sim_world *w = r->report->world;
    struct simulate_node_use *list;
    size_t n = simulate_node_uses(r, &list), shown = MIN(n, (size_t)r->top), widest = 4;
    struct str *names = arena_array(r->arena, struct str, shown);
    for (size_t i = 0; i < shown; i++) {
        struct buf name CLEANUP(buf_done);
        buf_init(&name, 1 * KIB);
        text_add_clean(&name, str_sub(w->nodes[list[i].node].node->o.name, 0, NAME_MOST));
        names[i] = arena_str(r->arena, str_sub(buf_str(&name), 0, NAME_MOST));
        widest = MAX(widest, names[i].n);
    }
    size_t columns = f->columns ? f->columns : NO_TERMINAL, around = widest + 5 + FIGURE_WIDTH;
    size_t width =
        columns > around + CHART_LEAST ? MIN(columns - around, (size_t)CHART_WIDTH) : CHART_LEAST;
    buf_add_char(b, '\n');
    text_wrap(b, f, "",
              arena_printf(r->arena,
                           "Memory in use now of what a node can give before it evicts or kills, "
                           "nearest to it first (%zu of %zu nodes):",
                           shown, n),
              0);
    for (size_t i = 0; i < shown; i++) {
        buf_printf(b, "  %-*.*s ", (int)widest, (int)names[i].n, names[i].p);
        add_bar(r, f, &list[i], width, b);
    }
}

/* ---- zones and pools ---- */

struct str simulate_group_text(struct arena *a, const struct sim_group *g)
{
    if (g->type == SIM_GROUP_ZONE)
        return arena_printf(a, "zone/" STR_FMT, STR_ARG(g->name));
    return arena_printf(a, "%s=" STR_FMT, g->label, STR_ARG(g->name));
}

enum { GROUP_COLUMNS = 7 };
static const struct table_column group_columns[GROUP_COLUMNS] = {
    {.title = "ZONE OR POOL", .shrinks = true},
    {.title = "NODES", .right = true},
    {.title = "LOAD LINE", .right = true},
    {.title = "SURVIVED", .right = true},
    {.title = "MARGIN", .right = true},
    {.title = "WEAKEST", .shrinks = true, .may_lack = true, .may_go = true},
    {.title = "ROOM FOR", .shrinks = true, .may_lack = true, .may_go = true},
};

static void add_group(const struct simulate_results *r, struct table *t, const struct sim_group *g)
{
    const struct sim_report *p = r->report;
    table_add(t, simulate_group_text(r->arena, g), STYLE_PLAIN);
    table_printf(t, STYLE_PLAIN, "%u", g->nodes);
    if (g->factor == NO_FACTOR)
        table_add(t, STR("-"), STYLE_DIM);
    else
        table_printf(t, g->factor < FACTOR_ONE ? STYLE_BAD : STYLE_PLAIN, "%s%.2f",
                     g->above ? ">" : "", simulate_shown_line(g->factor));
    if (g->contingencies && p->by_usage)
        table_printf(t, g->survived < g->contingencies ? STYLE_BAD : STYLE_PLAIN, "%zu of %zu",
                     g->survived, g->contingencies);
    else
        table_add(t, STR("-"), STYLE_DIM);
    table_measured(t, g->margin.known, g->margin.bytes,
                   g->margin.pods < 0 ? STYLE_BAD : STYLE_PLAIN);
    table_add(t, g->weakest == SIZE_MAX ? STR_NONE : p->items[g->weakest].contingency->name,
              STYLE_PLAIN);
    if (g->margin.known)
        table_printf(t, STYLE_PLAIN, "%lld x " STR_FMT, (long long)g->margin.pods,
                     STR_ARG(p->world->workloads[g->margin.workload].name));
    table_row_end(t);
}

/* In the order of need: the lowest line, else the smallest margin. */
static int need_order(const void *a, const void *b)
{
    const struct sim_group *x = *(const struct sim_group *const *)a,
                           *y = *(const struct sim_group *const *)b;
    if (x->type != y->type)
        return x->type < y->type ? -1 : 1;
    if (x->factor != y->factor)
        return x->factor < y->factor ? -1 : 1;
    if (x->margin.known && y->margin.known && x->margin.bytes != y->margin.bytes)
        return x->margin.bytes < y->margin.bytes ? -1 : 1;
    return x < y ? -1 : 1;
}

size_t simulate_groups(const struct simulate_results *r, const struct sim_group ***ret)
{
    const struct sim_report *p = r->report;
    size_t n = 0;
    *ret = arena_array(r->arena, const struct sim_group *, p->group_count);
    for (size_t i = 0; i < p->group_count; i++)
        if (p->groups[i].contingencies)
            (*ret)[n++] = &p->groups[i];
    if (n)
        qsort(*ret, n, sizeof(**ret), need_order);
    return n;
}

void simulate_add_groups(const struct simulate_results *r, const struct out_format *f,
                         struct buf *b)
{
    const struct sim_group **list;
    size_t n = simulate_groups(r, &list), of_type[SIM_GROUP_TYPES] = {0}, left = 0;
    struct table t;
    if (n == 0 || r->explained)
        return;
    buf_add_cstr(b, "\nIf only nodes of one zone or node pool can be lost:\n");
    table_init(&t, r->arena, group_columns, GROUP_COLUMNS);
    for (size_t i = 0; i < n; i++) {
        if (of_type[list[i]->type]++ < (size_t)r->top)
            add_group(r, &t, list[i]);
        else
            left++;
    }
    table_render(&t, f, b);
    if (left)
        buf_printf(b, "and %zu more (--top)\n", left);
}
