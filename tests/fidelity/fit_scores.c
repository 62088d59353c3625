/* SPDX-License-Identifier: Apache-2.0
 *
 * fit.json: the scores of NodeResourcesFit and NodeResourcesBalancedAllocation, strategy by strategy.
 */
#include "analysis/schedule/resource_scores.h"
#include "analysis/schedule/score_inputs.h"
#include "fidelity.h"
#include "fit.h"

enum { MOST_RESOURCES = 16, MOST_POINTS = 16 };

struct weights {
    struct str names[MOST_RESOURCES];
    int64_t weight[MOST_RESOURCES];
    size_t count;
};
struct shape {
    struct shape_point points[MOST_POINTS];
    size_t count;
};
enum strategy { LEAST, MOST, RATIO, BALANCED };

/* {"cpu": 1} */
static void weights_of_map(const struct doc *n, struct weights *ret)
{
    *ret = (struct weights){0};
    for (const struct doc *d = is_null(n) ? NULL : n->child; d && ret->count < MOST_RESOURCES;
         d = d->next) {
        ret->names[ret->count] = d->key;
        (void)!str_to_int64(d->text, &ret->weight[ret->count++]);
    }
}

/* [{"Name": "cpu", "Weight": 1}] */
static void weights_of_list(const struct doc *n, struct weights *ret)
{
    *ret = (struct weights){0};
    for (const struct doc *d = is_null(n) ? NULL : n->child; d && ret->count < MOST_RESOURCES;
         d = d->next) {
        ret->names[ret->count] = doc_text(d, "Name");
        ret->weight[ret->count++] = doc_int(d, "Weight", 0);
    }
}

/* [{"Score": 10}, {"Utilization": 100}] or [[0, 10], [100, 0]]; scores are 0 to 10 there. */
static void shape_of_doc(const struct doc *n, int64_t scale, struct shape *ret)
{
    *ret = (struct shape){0};
    for (const struct doc *d = is_null(n) ? NULL : n->child; d && ret->count < MOST_POINTS;
         d = d->next) {
        struct shape_point *p = &ret->points[ret->count++];
        p->utilization = doc_int(d, "Utilization", 0);
        p->score = doc_int(d, "Score", 0);
        if (d->type == DOC_SEQ && d->count == 2) {
            (void)!str_to_int64(d->child->text, &p->utilization);
            (void)!str_to_int64(d->child->next->text, &p->score);
        }
        p->score *= scale;
    }
}

/* Devices that upstream's tests of DRA put on nodes; the tables leave them out. */
static void add_devices(struct check *k, struct scene *s)
{
    static const struct {
        const char *test, *node;
        int64_t devices;
    } rows[] = {
        {"TestNodeResourcesBalancedAllocation", "node1", 8},
        {"TestFitScore", "node1", 3},
        {"TestFitScore", "node2", 2},
    };
    struct str test = text_at(k, "test");
    for (size_t i = 0; bool_at(k, "dra") && i < ARRAY_LEN(rows); i++)
        for (size_t n = 0; n < s->c.nodes.count; n++)
            if (str_is(test, rows[i].test) && str_is(s->c.nodes.items[n]->o.name, rows[i].node))
                resources_set(k->a, &s->c.nodes.items[n]->allocatable,
                              STR("extended.resource.dra.io/something"),
                              quantity_of(rows[i].devices));
}

static int64_t score_node(struct check *k, const struct scene *s, const struct node *n,
                          enum strategy strategy, const struct weights *w,
                          const struct shape *shape)
{
    int64_t have[MOST_RESOURCES], with[MOST_RESOURCES], without[MOST_RESOURCES];
    int64_t asked = 0;
    const struct pod **on = arena_array(k->a, const struct pod *, s->c.pods.count);
    struct score_scene scene = {
        .allocatable = &n->allocatable, .pods = on, .pod = s->pod, .real = strategy == BALANCED};
    for (size_t i = 0; i < s->c.pods.count; i++)
        if (s->c.pods.items[i] != s->pod && str_eq(s->c.pods.items[i]->spec.node_name.v, n->o.name))
            on[scene.count++] = s->c.pods.items[i];
    for (size_t i = 0; i < w->count; i++) {
        struct score_input in;
        score_input_of(k->a, &scene, w->names[i], &in);
        have[i] = in.allocatable;
        with[i] = in.with_pod;
        without[i] = in.without;
        asked |= score_request(k->a, &scene, w->names[i]);
    }
    switch (strategy) {
    case LEAST:
        return least_allocated(with, have, w->weight, w->count);
    case MOST:
        return most_allocated(with, have, w->weight, w->count);
    case RATIO:
        return requested_to_capacity_ratio(shape->points, shape->count, with, have, w->weight,
                                           w->count);
    case BALANCED:
        break;
    }
    return asked ? balanced_allocation(with, without, have, w->count) : 0;
}

static void expect_scores(struct check *k, enum strategy strategy, const struct weights *w,
                          const struct shape *shape)
{
    struct scene s;
    scene_init(k, &s);
    add_devices(k, &s);
    scene_add_list(k, &s, at(k, "existing"), false);
    s.pod = scene_add_pod(k, &s, at(k, "pod"));
    const struct doc *want = at(k, "expect");
    for (size_t i = 0; i < s.c.nodes.count; i++) {
        const struct doc *d = child_named(want, s.c.nodes.items[i]->o.name);
        int64_t got = score_node(k, &s, s.c.nodes.items[i], strategy, w, shape);
        /* A plug-in that skips itself (a best effort pod) has no scores: ours is 0. */
        expect_opt(k, "score", d, (struct opt_int){.v = got, .set = true});
    }
}

static void expect_weighted(struct check *k, enum strategy strategy)
{
    struct weights w;
    weights_of_map(at(k, "resources"), &w);
    expect_scores(k, strategy, &w, NULL);
}

void fit_score_least(struct check *k)
{
    expect_weighted(k, LEAST);
}

void fit_score_most(struct check *k)
{
    expect_weighted(k, MOST);
}

void fit_score_balanced(struct check *k)
{
    expect_weighted(k, BALANCED);
}

void fit_score_ratio(struct check *k)
{
    struct weights w;
    struct shape shape;
    weights_of_map(at(k, "resources"), &w);
    shape_of_doc(at(k, "shape"), 10, &shape);
    expect_scores(k, RATIO, &w, &shape);
}

void fit_score_binpack(struct check *k)
{
    struct weights w;
    struct shape shape;
    bool most = str_is(text_at(k, "strategy"), "MostAllocated");
    weights_of_map(at(k, "resources"), &w);
    shape_of_doc(at(k, "shape"), 10, &shape);
    expect_scores(k, most ? MOST : RATIO, &w, &shape);
}

void fit_score_fit(struct check *k)
{
    struct weights w;
    struct shape shape;
    const struct doc *strategy = doc_path(k->c, "args.ScoringStrategy");
    struct str type = doc_text(strategy, "Type");
    weights_of_list(doc_get(strategy, "Resources"), &w);
    shape_of_doc(doc_path(strategy, "RequestedToCapacityRatio.Shape"), 10, &shape);
    expect_scores(k,
                  str_is(type, "MostAllocated")    ? MOST
                  : str_is(type, "LeastAllocated") ? LEAST
                                                   : RATIO,
                  &w, &shape);
}

/* Whether the case gives the group's pod a node: upstream calls its pods foo and bar, the table
 * leaves their names out. */
static bool is_assigned(struct check *k, size_t index)
{
    static const char *const names[] = {"foo", "bar"};
    const struct doc *to = at(k, "podGroupAssignments");
    const struct doc *pods = at(k, "podGroupPods");
    if (to->count == pods->count)
        return true;
    return index < ARRAY_LEN(names) && doc_get(to, names[index]) != NULL;
}

void fit_score_placement(struct check *k)
{
    struct scene s;
    struct weights w;
    struct weighted_resource resources[MOST_RESOURCES];
    scene_init(k, &s);
    scene_add_list(k, &s, at(k, "preExistingPods"), false);
    weights_of_list(at(k, "resourceSpec"), &w);
    for (size_t i = 0; i < w.count; i++)
        resources[i] = (struct weighted_resource){w.names[i], w.weight[i]};
    struct str_list names;
    strings_of_doc(k, at(k, "placementNodeNames"), &names);
    const struct node **nodes = arena_array(k->a, const struct node *, names.count + 1);
    size_t node_count = 0, group_count = 0, index = 0;
    for (size_t i = 0; i < s.c.nodes.count; i++)
        for (size_t n = 0; n < names.count; n++)
            if (str_eq(s.c.nodes.items[i]->o.name, names.items[n]))
                nodes[node_count++] = s.c.nodes.items[i];
    const struct doc *list = at(k, "podGroupPods");
    const struct pod **group = arena_array(k->a, const struct pod *, list->count + 1);
    for (const struct doc *d = list->child; d; d = d->next, index++) {
        struct pod *p = arena_new(k->a, struct pod);
        pod_of_doc(k, d, p);
        if (is_assigned(k, index))
            group[group_count++] = p;
    }
    struct group_scene scene = {
        nodes,         node_count, group, group_count, (const struct pod *const *)s.c.pods.items,
        s.c.pods.count};
    expect_int(k, "score", int_at(k, "expectedScore"),
               score_group(k->a, &scene, resources, w.count));
}

void fit_broken_line(struct check *k)
{
    struct shape shape;
    shape_of_doc(at(k, "points"), 1, &shape);
    const struct doc *want = at(k, "expect");
    for (const struct doc *d = want ? want->child : NULL; d; d = d->next) {
        int64_t x = 0;
        (void)!str_to_int64(d->child->text, &x);
        expect_opt(k, "y", d->child->next,
                   (struct opt_int){.v = broken_linear(shape.points, shape.count, x), .set = true});
    }
}
