/* SPDX-License-Identifier: Apache-2.0
 *
 * The two figures by zone and by node pool: what they would be if only nodes of that zone or pool
 * could be lost. The whole's load line is the lowest of its groups', so the search begins there and
 * goes on for those that are still standing, to one percent.
 */
#include "analysis/simulate/report.h"

enum {
    FINE_PERMYRIAD = 100, /* of the factor: 1 % */
    GRID_PERMYRIAD = 500,
    CAP = 2 * FACTOR_ONE, /* above it, and above twice the whole's line, nobody asks */
};
enum { NO_GROUP = -1 };

/* The most specific label that a node has. */
static const char *const pool_labels[] = {
    "karpenter.sh/nodepool",
    "karpenter.sh/provisioner-name",
    "eks.amazonaws.com/nodegroup",
    "alpha.eksctl.io/nodegroup-name",
    "cloud.google.com/gke-nodepool",
    "kubernetes.azure.com/agentpool",
    "agentpool",
    "doks.digitalocean.com/node-pool",
    "kops.k8s.io/instancegroup",
    "node.kubernetes.io/instance-type",
    "beta.kubernetes.io/instance-type",
};

/* ---- who is in which ---- */

static struct str pool_of(const struct node *n, const char **ret_label)
{
    for (size_t i = 0; i < ARRAY_LEN(pool_labels); i++) {
        struct str value = labels_get(&n->o.labels, pool_labels[i]);
        *ret_label = pool_labels[i];
        if (value.n)
            return value;
    }
    return STR("");
}

struct builder {
    struct arena *a;
    struct sim_report *report;
    struct {
        struct sim_group *items;
        size_t count, cap;
    } groups;
    int32_t *of_node[SIM_GROUP_TYPES];
};

static int32_t find_group(struct builder *b, enum sim_group_type type, const char *label,
                          struct str name)
{
    if (name.n == 0)
        return NO_GROUP;
    for (size_t i = 0; i < b->groups.count; i++) {
        struct sim_group *g = &b->groups.items[i];
        if (g->type == type && str_eq(g->name, name) && str_is(str_of(label), g->label))
            return (int32_t)i;
    }
    *PUSH(b->a, &b->groups) = (struct sim_group){.type = type,
                                                 .label = label,
                                                 .name = name,
                                                 .factor = NO_FACTOR,
                                                 .fails_at = NO_FACTOR,
                                                 .weakest = SIZE_MAX};
    return (int32_t)b->groups.count - 1;
}

static void group_nodes(struct builder *b)
{
    const struct sim_world *w = b->report->world;
    for (int t = 0; t < SIM_GROUP_TYPES; t++)
        b->of_node[t] = arena_array(b->a, int32_t, w->node_count);
    for (uint32_t i = 0; i < w->node_count; i++) {
        const char *label;
        const struct sim_node *n = &w->nodes[i];
        struct str pool = pool_of(n->node, &label);
        b->of_node[SIM_GROUP_ZONE][i] = b->of_node[SIM_GROUP_POOL][i] = NO_GROUP;
        if (!n->usable)
            continue;
        b->of_node[SIM_GROUP_ZONE][i] =
            find_group(b, SIM_GROUP_ZONE, "topology.kubernetes.io/zone", w->zones[n->zone]);
        b->of_node[SIM_GROUP_POOL][i] = find_group(b, SIM_GROUP_POOL, label, pool);
        for (int t = 0; t < SIM_GROUP_TYPES; t++)
            if (b->of_node[t][i] != NO_GROUP)
                b->groups.items[b->of_node[t][i]].nodes++;
    }
}

/* The group that all nodes of the contingency are in. */
static int32_t group_of(const int32_t *of_node, const struct contingency *c)
{
    int32_t g = c->node_count ? of_node[c->nodes[0]] : NO_GROUP;
    for (uint32_t i = 1; i < c->node_count && g != NO_GROUP; i++)
        if (of_node[c->nodes[i]] != g)
            return NO_GROUP;
    return g;
}

static void group_items(struct builder *b, struct group_search *s)
{
    const struct sim_report *r = b->report;
    for (int t = 0; t < SIM_GROUP_TYPES; t++) {
        s->of_item[t] = arena_array(b->a, int32_t, r->count);
        for (size_t i = 0; i < r->count; i++) {
            const struct sim_item *x = &r->items[i];
            int32_t at = group_of(b->of_node[t], x->contingency);
            s->of_item[t][i] = at;
            if (at == NO_GROUP)
                continue;
            struct sim_group *g = &b->groups.items[at];
            g->contingencies++;
            g->survived += x->survives;
            if (x->spare_known && (!g->margin.known || x->spare_pods < g->margin.pods))
                g->margin =
                    (struct sim_margin){true, x->spare_bytes, x->spare_pods, x->spare_workload, i};
        }
    }
}

/* ---- load lines ---- */

/* Whether this failure would tell group g something new. What fails with nothing lost fails in each
 * group. */
static bool asks(const struct job *j, size_t g, size_t item)
{
    const struct group_search *s = j->groups;
    const struct sim_group *x = &j->report->groups[g];
    if (!s->open[g] || item > atomic_load(&s->failing[g]))
        return false;
    return s->of_item[x->type][item] == (int32_t)g ||
           j->report->items[item].contingency->type == CONTINGENCY_NONE;
}

static void phase_groups(struct worker *k, size_t i)
{
    struct job *j = k->job;
    struct sim_outcome o;
    struct sim_failure *list;
    bool asked = false;
    for (size_t g = 0; g < j->report->group_count && !asked; g++)
        asked = asks(j, g, i);
    if (!asked)
        return;
    run_item(k, i, j->factor, true, &o);
    if (failures_beyond(&k->arena, &o, &j->report->items[i].structural, &list) == 0)
        return;
    for (size_t g = 0; g < j->report->group_count; g++) {
        size_t seen = atomic_load(&j->groups->failing[g]);
        while (asks(j, g, i) && i < seen &&
               !atomic_compare_exchange_weak(&j->groups->failing[g], &seen, i))
            continue;
    }
}

/* Asks the open groups about one factor. False when the watch said stop: nothing is known then. */
static bool ask_groups(struct job *j, int64_t factor)
{
    j->factor = factor;
    for (size_t g = 0; g < j->report->group_count; g++)
        atomic_store(&j->groups->failing[g], SIZE_MAX);
    sim_watch_phase(j->watch, SIM_PHASE_GROUPS, j->report->count, factor);
    job_run(j, phase_groups);
    return !sim_stopped(j->watch);
}

/* One group alone, between what passes and what fails. */
static bool narrow(struct job *j, size_t g)
{
    struct sim_group *x = &j->report->groups[g];
    while ((x->fails_at - x->factor) * FACTOR_ONE > x->fails_at * FINE_PERMYRIAD) {
        int64_t middle = x->factor + (x->fails_at - x->factor) / 2;
        if (!ask_groups(j, middle))
            return false;
        if (atomic_load(&j->groups->failing[g]) == SIZE_MAX) {
            x->factor = middle;
        } else {
            x->fails_at = middle;
            x->weakest = atomic_load(&j->groups->failing[g]);
        }
    }
    return true;
}

/* What the search for the whole has shown already. */
static size_t begin_groups(struct job *j)
{
    const struct sim_line *l = &j->report->line;
    size_t open = 0;
    for (size_t g = 0; g < j->report->group_count; g++) {
        struct sim_group *x = &j->report->groups[g];
        const struct sim_item *weakest =
            l->fails_at == NO_FACTOR ? NULL : &j->report->items[l->weakest];
        if (x->contingencies == 0)
            continue;
        x->factor = l->factor;
        x->above = l->above;
        if (weakest && (weakest->contingency->type == CONTINGENCY_NONE ||
                        j->groups->of_item[x->type][l->weakest] == (int32_t)g)) {
            x->weakest = l->weakest;
            x->fails_at = l->fails_at;
        }
        j->groups->open[g] = !l->above && x->weakest == SIZE_MAX;
        open += j->groups->open[g];
    }
    return open;
}

static void search_groups(struct job *j)
{
    struct sim_report *r = j->report;
    int64_t cap = MIN(MAX((int64_t)CAP, 2 * r->line.factor), (int64_t)FACTOR_MAX);
    size_t open = begin_groups(j);
    for (int64_t factor = r->line.factor; open && factor < cap;) {
        factor = MIN(factor + MAX(factor * GRID_PERMYRIAD / FACTOR_ONE, GRID_PERMYRIAD), cap);
        if (!ask_groups(j, factor))
            return;
        for (size_t g = 0; g < r->group_count; g++) {
            if (!j->groups->open[g])
                continue;
            size_t failing = atomic_load(&j->groups->failing[g]);
            if (failing == SIZE_MAX) {
                r->groups[g].factor = factor;
                continue;
            }
            r->groups[g].fails_at = factor;
            r->groups[g].weakest = failing;
            j->groups->open[g] = false;
            open--;
        }
    }
    for (size_t g = 0; g < r->group_count; g++) {
        r->groups[g].above = r->groups[g].above || j->groups->open[g];
        j->groups->open[g] = false;
    }
    for (size_t g = 0; g < r->group_count; g++) {
        if (r->groups[g].fails_at == NO_FACTOR)
            continue;
        j->groups->open[g] = true;
        if (!narrow(j, g))
            return;
        j->groups->open[g] = false;
    }
}

/* ---- all ---- */

static int group_order(const void *x, const void *y)
{
    const struct sim_group *a = x, *b = y;
    if (a->type != b->type)
        return a->type < b->type ? -1 : 1;
    int r = str_cmp(a->name, b->name);
    return r ? r : str_cmp(str_of(a->label), str_of(b->label));
}

/* Groups in an order of their own, and none of a kind that the whole cluster is one of. */
static void keep_groups(struct builder *b)
{
    struct sim_report *r = b->report;
    size_t of_type[SIM_GROUP_TYPES] = {0}, n = 0;
    int32_t *place = arena_array(b->a, int32_t, b->groups.count);
    struct sim_group *sorted = arena_array(b->a, struct sim_group, b->groups.count);
    for (size_t i = 0; i < b->groups.count; i++) {
        b->groups.items[i].index = (uint32_t)i;
        of_type[b->groups.items[i].type]++;
    }
    if (b->groups.count)
        qsort(b->groups.items, b->groups.count, sizeof(*sorted), group_order);
    for (size_t i = 0; i < b->groups.count; i++) {
        const struct sim_group *g = &b->groups.items[i];
        bool kept = of_type[g->type] > 1;
        place[g->index] = kept ? (int32_t)n : NO_GROUP;
        if (kept)
            sorted[n++] = *g;
    }
    for (int t = 0; t < SIM_GROUP_TYPES; t++)
        for (uint32_t i = 0; i < r->world->node_count; i++)
            if (b->of_node[t][i] != NO_GROUP)
                b->of_node[t][i] = place[b->of_node[t][i]];
    b->groups.items = sorted;
    b->groups.count = n;
}

void groups_make(struct job *j, struct arena *a, bool want_lines)
{
    struct sim_report *r = j->report;
    struct builder b = {.a = a, .report = r};
    struct group_search s = {0};
    group_nodes(&b);
    keep_groups(&b);
    group_items(&b, &s);
    r->groups = b.groups.items;
    r->group_count = b.groups.count;
    for (int t = 0; t < SIM_GROUP_TYPES; t++)
        r->group_of_node[t] = b.of_node[t];
    s.open = arena_array(a, bool, r->group_count);
    s.failing = (atomic_size_t *)arena_alloc(a, (r->group_count + 1) * sizeof(*s.failing));
    j->groups = &s;
    if (want_lines && r->line.known && !r->line.stopped && r->group_count)
        search_groups(j);
    j->groups = NULL;
}
