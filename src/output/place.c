/* SPDX-License-Identifier: Apache-2.0
 *
 * Placements as text: the scheduler's own sentence first, then the nodes with their scores, the
 * nodes that refuse with amounts, whom the pod would preempt and how many more like it fit.
 */
#include "output/place.h"

#include "base/text.h"
#include "output/table.h"

/* Columns after NODE and TOTAL; the plugins that always give everyone the same are left out. */
static const struct {
    const char *title;
    enum sched_plugin plugin;
} score_columns[] = {
    {"TAINTS", PLUGIN_TAINT_TOLERATION},    {"AFFINITY", PLUGIN_NODE_AFFINITY},
    {"FREE", PLUGIN_NODE_RESOURCES_FIT},    {"BALANCE", PLUGIN_BALANCED_ALLOCATION},
    {"SPREAD", PLUGIN_POD_TOPOLOGY_SPREAD}, {"PODS", PLUGIN_INTER_POD_AFFINITY},
    {"IMAGES", PLUGIN_IMAGE_LOCALITY},
};

static struct str node_name(const struct place_results *r, uint32_t node)
{
    return schedule_node(r->schedule, node)->o.name;
}

static struct str pod_name(const struct place_results *r, uint32_t pod)
{
    const struct object *o = &schedule_pod(r->schedule, pod)->o;
    return arena_printf(r->arena, STR_FMT "/" STR_FMT, STR_ARG(o->ns), STR_ARG(o->name));
}

static uint32_t shown(const struct place_results *r, uint32_t count)
{
    return r->top && count > (uint64_t)r->top ? (uint32_t)r->top : count;
}

static void add_more(const struct place_results *r, uint32_t count, struct buf *b)
{
    if (shown(r, count) < count)
        buf_printf(b, "  ... and %u more (--top 0 shows all)\n", count - shown(r, count));
}

static int score_order(const void *a, const void *b, void *ctx)
{
    const struct verdict *v = ctx;
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    if (v->total[x] != v->total[y])
        return v->total[x] > v->total[y] ? -1 : 1;
    return (x > y) - (x < y);
}

static void add_scores(const struct place_results *r, const struct verdict *v,
                       const struct out_format *f, struct buf *b)
{
    struct table_column columns[2 + ARRAY_LEN(score_columns)] = {{.title = "NODE", .shrinks = true},
                                                                 {.title = "TOTAL", .right = true}};
    enum sched_plugin plugins[ARRAY_LEN(score_columns)];
    size_t count = 0;
    for (size_t i = 0; i < ARRAY_LEN(score_columns); i++) {
        if (!v->scores[score_columns[i].plugin])
            continue;
        columns[2 + count] =
            (struct table_column){.title = score_columns[i].title, .right = true, .may_go = true};
        plugins[count++] = score_columns[i].plugin;
    }
    uint32_t *order = arena_array(r->arena, uint32_t, v->feasible_count);
    for (uint32_t i = 0; i < v->feasible_count; i++)
        order[i] = i;
    struct verdict sorted = *v;
    qsort_r(order, v->feasible_count, sizeof(*order), score_order, &sorted);
    struct table t;
    table_init(&t, r->arena, columns, 2 + count);
    for (uint32_t i = 0; i < shown(r, v->feasible_count); i++) {
        uint32_t k = order[i];
        table_add(&t, node_name(r, v->feasible[k]),
                  v->total[k] == v->total[order[0]] ? STYLE_GOOD : STYLE_PLAIN);
        table_printf(&t, STYLE_PLAIN, "%lld", (long long)v->total[k]);
        for (size_t p = 0; p < count; p++)
            table_printf(&t, STYLE_DIM, "%lld", (long long)v->scores[plugins[p]][k]);
        table_row_end(&t);
    }
    table_render(&t, f, b);
    add_more(r, v->feasible_count, b);
}

/* A node that lacks resources, and by how much of what is asked, at worst. */
struct refused {
    uint32_t node;
    double lacks;
};

static double lacks_of(const struct schedule *s, const struct verdict *v, uint32_t n)
{
    double worst = 0;
    if (v->nodes[n].plugin != PLUGIN_NODE_RESOURCES_FIT)
        return 2; /* no amount would help: behind those that are near */
    for (size_t r = 0; r < schedule_resource_count(s); r++) {
        if (!(v->nodes[n].lacking >> r & 1))
            continue;
        int64_t needs = schedule_pod_request(s, v->pod, r);
        int64_t free = schedule_allocatable(s, n, r) - schedule_requested(s, n, r);
        worst = MAX(worst, needs > 0 ? (double)(needs - MAX(free, 0)) / (double)needs : 1);
    }
    return worst;
}

static int refused_order(const void *a, const void *b)
{
    const struct refused *x = a, *y = b;
    if (x->lacks != y->lacks)
        return x->lacks < y->lacks ? -1 : 1;
    return (x->node > y->node) - (x->node < y->node);
}

/* Those that lack the least come first. */
static void add_refused(const struct place_results *r, const struct verdict *v,
                        const struct out_format *f, struct buf *b)
{
    uint32_t count = 0, nodes = v->nodes ? schedule_node_count(r->schedule) : 0;
    struct refused *list = arena_array(r->arena, struct refused, nodes);
    for (uint32_t n = 0; n < nodes; n++) {
        if (v->nodes[n].plugin != PLUGIN_NONE)
            list[count++] = (struct refused){n, lacks_of(r->schedule, v, n)};
    }
    if (count == 0)
        return;
    qsort(list, count, sizeof(*list), refused_order);
    buf_printf(b, "%sRefused by %u:\n", v->feasible_count ? "\n" : "", count);
    for (uint32_t i = 0; i < shown(r, count); i++) {
        uint32_t n = list[i].node;
        struct str why = refusal_text(r->schedule, v->pod, n, &v->nodes[n], r->arena);
        text_wrap(
            b, f, "  ",
            arena_printf(r->arena, STR_FMT ": " STR_FMT, STR_ARG(node_name(r, n)), STR_ARG(why)),
            4);
    }
    add_more(r, count, b);
}

static void add_preemption(const struct place_results *r, const struct placement *p,
                           const struct out_format *f, struct buf *b)
{
    const struct preemption *e = &p->preemption;
    if (!p->preemption_tried)
        return;
    if (e->best_count == 0) {
        const char *why = "would not help: on no node that lacks room are pods of lower priority "
                          "whose room is enough";
        if (!e->eligible)
            why = e->reason;
        else if (e->reason && str_starts(str_of(e->reason), "no node whose"))
            why = "would not help: no pod that goes would change any of this";
        text_wrap(b, f, "Preemption: ", str_of(why), 2);
        return;
    }
    const struct preempt_candidate *c = &e->candidates[e->best[0]];
    struct str line =
        arena_printf(r->arena, "on " STR_FMT " it would evict", STR_ARG(node_name(r, c->node)));
    for (uint32_t i = 0; i < c->victim_count; i++)
        line = arena_printf(r->arena, STR_FMT "%s " STR_FMT, STR_ARG(line), i ? "," : "",
                            STR_ARG(pod_name(r, c->victims[i])));
    if (c->pdb_violations)
        line = arena_printf(r->arena, STR_FMT " (against a PodDisruptionBudget: %u)", STR_ARG(line),
                            c->pdb_violations);
    if (e->best_count > 1)
        line = arena_printf(r->arena, STR_FMT "; %u other node%s as good", STR_ARG(line),
                            e->best_count - 1, e->best_count == 2 ? " is" : "s are");
    text_wrap(b, f, "Preemption: ", line, 2);
}

static void add_capacity(const struct place_results *r, const struct placement *p,
                         const struct out_format *f, struct buf *b)
{
    if (!p->capacity_known)
        return;
    struct str line =
        arena_printf(r->arena, "%u more like it fit%s; the next one finds no node:", p->capacity,
                     p->capacity == 1 ? "s" : "");
    for (size_t i = 0; i < p->shortage_count; i++) {
        struct str nodes = STR(""); /* of the pod itself, not of nodes */
        if (!p->shortages_of_pod)
            nodes = arena_printf(r->arena, "%u ", p->shortages[i].nodes);
        line = arena_printf(r->arena, STR_FMT "%s " STR_FMT STR_FMT, STR_ARG(line), i ? "," : "",
                            STR_ARG(nodes), STR_ARG(p->shortages[i].reason));
    }
    text_wrap(b, f, "Capacity: ", arena_printf(r->arena, STR_FMT ".", STR_ARG(line)), 2);
    bool cpu = schedule_pod_request(r->schedule, p->pod, 1),
         memory = schedule_pod_request(r->schedule, p->pod, 2);
    if (!memory && p->capacity)
        text_wrap(b, f, "",
                  cpu ? STR("It requests no memory: that number says nothing of the memory that "
                            "they will use.")
                      : STR("It requests neither memory nor CPU: that number says nothing of what "
                            "they will use."),
                  2);
}

static void add_gates(const struct place_results *r, const struct placement *p,
                      const struct out_format *f, struct buf *b)
{
    const struct str_list *gates = &schedule_pod(r->schedule, p->pod)->spec.scheduling_gates;
    struct str names = STR("");
    for (size_t i = 0; i < gates->count; i++)
        names = arena_printf(r->arena, STR_FMT "%s" STR_FMT, STR_ARG(names), i ? ", " : "",
                             STR_ARG(gates->items[i]));
    text_wrap(b, f, "",
              arena_printf(r->arena,
                           "It waits behind scheduling gates (" STR_FMT
                           "): nothing places it until they are removed. Then:",
                           STR_ARG(names)),
              0);
}

static void add_head(const struct place_results *r, const struct placement *p,
                     const struct out_format *f, struct buf *b)
{
    const struct verdict *v = &p->verdict;
    struct str line;
    if (v->best_count == 0)
        line = v->message;
    else if (v->best_count == 1)
        line = arena_printf(r->arena, "%u of %u nodes can take it; the best is " STR_FMT ".",
                            v->feasible_count, schedule_node_count(r->schedule),
                            STR_ARG(node_name(r, v->best[0])));
    else
        line = arena_printf(r->arena, "%u of %u nodes can take it; %u are equally good.",
                            v->feasible_count, schedule_node_count(r->schedule), v->best_count);
    style_begin(b, f, STYLE_BOLD);
    text_add_clean(b, pod_name(r, p->pod));
    style_end(b, f, STYLE_BOLD);
    buf_printf(b, "  priority %lld\n", (long long)schedule_pod_priority(r->schedule, p->pod));
    if (p->gated)
        add_gates(r, p, f, b);
    text_wrap(b, f, "", line, 0);
    struct str oversize = oversize_text(r->schedule, p->pod, r->arena);
    if (v->feasible_count == 0 && oversize.n)
        text_wrap(b, f, "", arena_printf(r->arena, STR_FMT ".", STR_ARG(oversize)), 0);
    if (p->was_bound)
        text_wrap(b, f, "",
                  arena_printf(r->arena, "It runs on " STR_FMT "; this is as if it did not.",
                               STR_ARG(node_name(r, (uint32_t)p->bound_node))),
                  0);
    if (p->nominated_node != NO_NODE)
        text_wrap(b, f, "",
                  arena_printf(r->arena,
                               "Preemption has made room for it on " STR_FMT
                               ": it takes that node if it fits there.",
                               STR_ARG(node_name(r, (uint32_t)p->nominated_node))),
                  0);
    if (p->claims_devices)
        text_wrap(
            b, f, "",
            STR("It claims devices (resourceClaims), and whether a node has them is NOT judged: "
                "it may fit nowhere."),
            0);
}

static void place_render_text(const struct place_results *r, const struct out_format *f,
                              struct buf *b)
{
    for (size_t i = 0; i < r->count; i++) {
        const struct placement *p = &r->items[i];
        if (i)
            buf_add_cstr(b, "\n");
        add_head(r, p, f, b);
        if (p->verdict.feasible_count) {
            buf_add_cstr(b, "\n");
            add_scores(r, &p->verdict, f, b);
        }
        add_refused(r, &p->verdict, f, b);
        add_preemption(r, p, f, b);
        add_capacity(r, p, f, b);
    }
}

void place_render(const void *results, const struct out_format *f, struct buf *b)
{
    const struct place_results *r = results;
    if (f->word == PLACE_TEXT)
        place_render_text(r, f, b);
    else
        place_render_json(r, f->word == PLACE_YAML ? JSON_AS_YAML : JSON_INDENTED, b);
}
