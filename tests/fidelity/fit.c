/* SPDX-License-Identifier: Apache-2.0
 *
 * fit.json: the scheduler's plug-ins. A case becomes a small world (scene) with the pod pending in
 * it; one plug-in is asked alone, as upstream's tests do.
 */
#include "fit.h"
#include "analysis/schedule/plugins.h"
#include "analysis/schedule/resource_scores.h"
#include "analysis/schedule/schedule.h"
#include "analysis/schedule/score_inputs.h"
#include "fidelity.h"
#include "model/decode.h"

/* ---- building ---- */

static struct str ns_or_default(struct str ns)
{
    return ns.n ? ns : STR("default");
}

struct pod *scene_add_pod(struct check *k, struct scene *s, const struct doc *n)
{
    struct pod *p = arena_new(k->a, struct pod);
    pod_of_doc(k, n, p);
    p->o.kind = KIND_POD;
    p->o.ns = ns_or_default(p->o.ns);
    p->o.name = arena_printf(k->a, "pod-%zu", s->c.pods.count);
    *PUSH(k->a, &s->c.pods) = p;
    return p;
}

static struct node *add_node(struct check *k, struct scene *s, const struct doc *n)
{
    struct node *node = arena_new(k->a, struct node);
    if (!is_null(n))
        decode_node(k->a, n, node);
    node->o.kind = KIND_NODE;
    if (!node->o.name.n)
        node->o.name = arena_printf(k->a, "node-%zu", s->c.nodes.count);
    /* Nodes of tests of other plug-ins have no room for pods; nobody asks there. */
    if (!resources_has(&node->allocatable, "pods"))
        resources_set(k->a, &node->allocatable, STR("pods"), quantity_of(1000));
    *PUSH(k->a, &s->c.nodes) = node;
    return node;
}

/* The namespaces that upstream's tests of inter-pod affinity set up. */
static void add_namespaces(struct check *k, struct scene *s)
{
    static const char *const names[][2] = {
        {"subteam1.team1", "team1"},
        {"subteam2.team1", "team1"},
        {"subteam1.team2", "team2"},
        {"subteam2.team2", "team2"},
    };
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        struct namespace_ *ns = arena_new(k->a, struct namespace_);
        ns->o.kind = KIND_NAMESPACE;
        ns->o.name = str_of(names[i][0]);
        *PUSH(k->a, &ns->o.labels) =
            (struct label){.key = STR("team"), .value = str_of(names[i][1])};
        *PUSH(k->a, &s->c.namespaces) = ns;
    }
}

void scene_add_list(struct check *k, struct scene *s, const struct doc *list, bool nodes)
{
    for (const struct doc *d = is_null(list) ? NULL : list->child; d; d = d->next) {
        if (nodes)
            (void)add_node(k, s, d);
        else
            (void)scene_add_pod(k, s, d);
    }
}

/* Services that upstream's tests of system defaulting list. */
static void add_services(struct check *k, struct scene *s)
{
    const struct doc *list = at(k, "objs");
    for (const struct doc *d = is_null(list) ? NULL : list->child; d; d = d->next) {
        struct service *v = arena_new(k->a, struct service);
        decode_kind(k->a, KIND_SERVICE, d, v);
        v->o.kind = KIND_SERVICE;
        v->o.ns = ns_or_default(v->o.ns);
        v->o.name = arena_printf(k->a, "service-%zu", s->c.services.count);
        *PUSH(k->a, &s->c.services) = v;
    }
}

/* Nodes, pods on them (first node where a case does not say), and last the pod at hand. */
static void scene_start(struct check *k, struct scene *s)
{
    add_namespaces(k, s);
    add_services(k, s);
    for (size_t i = 0; i < s->c.pods.count; i++)
        if (!s->c.pods.items[i]->spec.node_name.v.n && s->c.nodes.count)
            s->c.pods.items[i]->spec.node_name.v = s->c.nodes.items[0]->o.name;
    s->pod = scene_add_pod(k, s, at(k, "pod"));
    if (at(k, "pod_level_resources") && !bool_at(k, "pod_level_resources"))
        s->pod->spec.resources = (struct resource_requirements){0};
    s->pod->spec.node_name = (struct opt_str){0};
    /* With its gate off the API server drops the field. */
    if (str_starts(text_at(k, "name"), "matchLabelKeys ignored when feature gate disabled"))
        for (size_t i = 0; i < s->pod->spec.spread.count; i++)
            s->pod->spec.spread.items[i].match_label_keys.count = 0;
    cluster_resolve(&s->c);
    s->s = schedule_new_profile(k->a, &s->c, &s->profile);
    s->index = (uint32_t)s->c.pods.count - 1;
}

void scene_init(struct check *k, struct scene *s)
{
    *s = (struct scene){.c = {.arena = k->a}};
    scene_add_list(k, s, at(k, "nodes"), true);
}

/* ---- comparing ---- */

static void expect_refusal(struct check *k, const char *node, const struct doc *want,
                           const struct node_verdict *v, const struct scene *s)
{
    struct str *texts;
    struct str_list reasons, got = {0};
    size_t n = schedule_reasons(s->s, v, k->a, &texts);
    for (size_t i = 0; i < n; i++)
        *PUSH(k->a, &got) = texts[i];
    /* Upstream's codes: 0 Success, 2 Unschedulable, 3 UnschedulableAndUnresolvable. */
    int64_t code = v->plugin == PLUGIN_NONE ? 0 : v->code == CODE_UNRESOLVABLE ? 3 : 2;
    if (want && want->type == DOC_INT) {
        expect_int(k, node, doc_int(at(k, "expect_code"), node, 0), code);
        return;
    }
    expect_int(k, node, is_null(want) ? 0 : doc_int(want, "code", 0), code);
    strings_of_doc(k, is_null(want) ? NULL : doc_get(want, "reasons"), &reasons);
    expect_strings(k, node, &reasons, &got);
}

const struct doc *child_named(const struct doc *n, struct str name)
{
    for (const struct doc *d = is_null(n) ? NULL : n->child; d; d = d->next)
        if (str_eq(d->key, name))
            return d;
    return NULL;
}

/* Every node that the case has an answer for. */
static void expect_filter(struct check *k, struct scene *s, enum sched_plugin p,
                          const struct doc *want)
{
    for (uint32_t i = 0; i < schedule_node_count(s->s); i++) {
        struct str name = arena_str(k->a, schedule_node(s->s, i)->o.name);
        const struct doc *w = child_named(want, name);
        struct node_verdict v = schedule_ask(s->s, s->index, i, p);
        if (w)
            expect_refusal(k, name.p, w, &v, s);
    }
}

/* ---- NodeResourcesFit: filter ---- */

/* "cpu_milli" and amounts in units. */
static void allocatable_of_doc(struct check *k, const struct doc *n, struct node *node)
{
    for (const struct doc *d = is_null(n) ? NULL : n->child; d; d = d->next) {
        struct quantity q = quantity_of_doc(k, d);
        if (str_is(d->key, "cpu_milli"))
            resources_set(k->a, &node->allocatable, STR("cpu"),
                          quantity_of_milli(quantity_value(q)));
        else
            resources_set(k->a, &node->allocatable, d->key, q);
    }
}

static void profile_at(struct check *k, struct schedule_profile *p)
{
    const struct doc *args = at(k, "args");
    strings_of_doc(k, is_null(args) ? NULL : doc_get(args, "IgnoredResources"),
                   &p->ignored_resources);
    strings_of_doc(k, is_null(args) ? NULL : doc_get(args, "IgnoredResourceGroups"),
                   &p->ignored_groups);
    p->no_sidecars = at(k, "sidecars_enabled") && !bool_at(k, "sidecars_enabled");
    /* The device class that upstream's tests of DRA set up; one of them has no DRA manager. */
    if (bool_at(k, "dra") && str_find(text_at(k, "name"), "nil draManager") < 0)
        *PUSH(k->a, &p->device_resources) = STR("extended.resource.dra.io/something");
}

/* args.AddedAffinity, read as the node affinity of a pod. */
static const struct affinity *added_at(struct check *k)
{
    const struct doc *args = at(k, "args");
    const struct doc *added = is_null(args) ? NULL : doc_get(args, "AddedAffinity");
    if (!added || is_null(added))
        return NULL;
    static const char *const keys[] = {"nodeAffinity", "affinity", "spec"};
    struct doc *d = arena_new(k->a, struct doc);
    *d = *added;
    for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
        d->key = str_of(keys[i]);
        d->next = NULL;
        struct doc *parent = arena_new(k->a, struct doc);
        *parent = (struct doc){.type = DOC_MAP, .child = d, .count = 1};
        d = parent;
    }
    struct pod pod;
    pod_of_doc(k, d, &pod);
    return pod.spec.affinity;
}

static void fit_filter(struct check *k)
{
    struct scene s;
    scene_init(k, &s);
    struct node *node = add_node(k, &s, NULL);
    allocatable_of_doc(k, at(k, "node_allocatable"), node);
    scene_add_list(k, &s, at(k, "existing"), false);
    profile_at(k, &s.profile);
    scene_start(k, &s);
    struct verdict all;
    schedule_explain(s.s, s.index, k->a, &all);
    const struct doc *want = at(k, "expect_prefilter");
    if (!is_null(want) || all.prefilter.reason.n) {
        struct str_list reasons;
        strings_of_doc(k, is_null(want) ? NULL : doc_get(want, "reasons"), &reasons);
        expect_int(k, "reasons", 1, (int64_t)reasons.count);
        expect_text(k, "prefilter", reasons.count ? reasons.items[0] : STR(""),
                    all.prefilter.reason);
        schedule_done(s.s);
        return;
    }
    struct node_verdict v = schedule_ask(s.s, s.index, 0, PLUGIN_NODE_RESOURCES_FIT);
    expect_refusal(k, "node", at(k, "expect"), &v, &s);
    schedule_done(s.s);
}

static void is_fit(struct check *k)
{
    struct scene s;
    scene_init(k, &s);
    if (is_null(at(k, "node"))) { /* no node, nothing to ask */
        expect_bool(k, "fits", bool_at(k, "expect"), false);
        return;
    }
    (void)add_node(k, &s, at(k, "node"));
    scene_start(k, &s);
    struct node_verdict v = schedule_ask(s.s, s.index, 0, PLUGIN_NODE_RESOURCES_FIT);
    expect_bool(k, "fits", bool_at(k, "expect"), v.plugin == PLUGIN_NONE);
    schedule_done(s.s);
}

/* ---- the other plug-ins ---- */

static void filter_nodes(struct check *k, enum sched_plugin p, const char *expect)
{
    struct scene s;
    scene_init(k, &s);
    scene_add_list(k, &s, at(k, "existing"), false);
    scene_start(k, &s);
    const struct doc *prefilter = at(k, "expect_prefilter");
    const struct doc *reasons = is_null(prefilter) ? NULL : doc_get(prefilter, "reasons");
    if (reasons && reasons->count) {
        struct verdict v;
        schedule_explain(s.s, s.index, k->a, &v);
        expect_text(k, "prefilter", reasons->child->text, v.prefilter.reason);
        schedule_done(s.s);
        return;
    }
    expect_filter(k, &s, p, at(k, expect));
    schedule_done(s.s);
}

static void taint_filter(struct check *k)
{
    struct scene s;
    scene_init(k, &s);
    (void)add_node(k, &s, at(k, "node"));
    s.profile.compares_taints = bool_at(k, "comparison_ops");
    scene_start(k, &s);
    struct node_verdict v = schedule_ask(s.s, s.index, 0, PLUGIN_TAINT_TOLERATION);
    expect_refusal(k, "node", at(k, "expect"), &v, &s);
    schedule_done(s.s);
}

/* The node gets the labels and the name of the case. */
static void labelled_node(struct check *k, struct scene *s)
{
    struct node *n = add_node(k, s, NULL);
    struct str name = text_at(k, "node_name");
    labels_of_doc(k, at(k, "node_labels"), &n->o.labels);
    if (name.n)
        n->o.name = name;
}

/* PreFilter may name the only nodes to look at; *ret_conflict: none is left. */
static void expect_node_names(struct check *k, const struct scene *s, bool *ret_conflict)
{
    struct str_list names;
    const struct affinity *a = s->pod->spec.affinity;
    strings_of_doc(k, at(k, "expect_prefilter_nodes"), &names);
    *ret_conflict = false;
    bool restricted =
        a && a->node_required.present && node_names_restrict(&a->node_required, ret_conflict);
    expect_bool(k, "named nodes only", names.count > 0, restricted && !*ret_conflict);
    for (size_t i = 0; i < names.count && restricted; i++)
        expect_bool(k, "named", true, node_names_have(&a->node_required, names.items[i]));
}

static void node_affinity_filter(struct check *k)
{
    enum { SKIP = 5 };
    struct scene s;
    bool conflict;
    scene_init(k, &s);
    labelled_node(k, &s);
    s.profile.added = added_at(k);
    scene_start(k, &s);
    expect_node_names(k, &s, &conflict);
    const struct doc *prefilter = at(k, "expect_prefilter");
    int64_t code = is_null(prefilter) ? 0 : doc_int(prefilter, "code", 0);
    expect_bool(k, "prefilter refuses", code != 0 && code != SKIP, conflict);
    struct node_verdict v = schedule_ask(s.s, s.index, 0, PLUGIN_NODE_AFFINITY);
    if (!conflict)
        expect_refusal(k, "node", at(k, "expect"), &v, &s);
    schedule_done(s.s);
}

static void spread_filter(struct check *k)
{
    filter_nodes(k, PLUGIN_POD_TOPOLOGY_SPREAD, "expect_code");
}

static void affinity_filter(struct check *k)
{
    filter_nodes(k, PLUGIN_INTER_POD_AFFINITY, "expect");
}

/* Nodes of "nodes" are candidates, "failed_nodes" are there but were refused. */
static void score_nodes(struct check *k, enum sched_plugin p)
{
    struct scene s;
    scene_init(k, &s);
    uint32_t count = (uint32_t)s.c.nodes.count;
    scene_add_list(k, &s, at(k, "failed_nodes"), true);
    scene_add_list(k, &s, at(k, "existing"), false);
    s.profile.added = added_at(k);
    s.profile.ignores_preferred = bool_at(k, "ignorePreferredTermsOfExistingPods");
    scene_start(k, &s);
    uint32_t *items = arena_array(k->a, uint32_t, count + 1);
    int64_t *scores = arena_array(k->a, int64_t, count + 1);
    for (uint32_t i = 0; i < count; i++)
        items[i] = (uint32_t)schedule_find_node(s.s, s.c.nodes.items[i]->o.name);
    struct node_list list = {items, count};
    (void)schedule_scores(s.s, s.index, p, &list, scores);
    const struct doc *want = at(k, "expect");
    for (uint32_t i = 0; i < count; i++) {
        struct str name = arena_str(k->a, schedule_node(s.s, items[i])->o.name);
        const struct doc *d = child_named(want, name);
        if (d)
            expect_opt(k, name.p, d, (struct opt_int){.v = scores[i], .set = true});
    }
    schedule_done(s.s);
}

static void taint_score(struct check *k)
{
    score_nodes(k, PLUGIN_TAINT_TOLERATION);
}

static void node_affinity_score(struct check *k)
{
    score_nodes(k, PLUGIN_NODE_AFFINITY);
}

static void spread_score(struct check *k)
{
    score_nodes(k, PLUGIN_POD_TOPOLOGY_SPREAD);
}

static void affinity_score(struct check *k)
{
    score_nodes(k, PLUGIN_INTER_POD_AFFINITY);
}

const struct kind_check fit_kinds[] = {
    {"fit_filter", fit_filter},
    {"is_fit", is_fit},
    {"score_least_allocated", fit_score_least},
    {"score_most_allocated", fit_score_most},
    {"score_balanced", fit_score_balanced},
    {"score_requested_to_capacity_ratio", fit_score_ratio},
    {"score_binpack_extended", fit_score_binpack},
    {"score_fit", fit_score_fit},
    {"score_placement", fit_score_placement},
    {"broken_linear", fit_broken_line},
    {"taint_filter", taint_filter},
    {"taint_score", taint_score},
    {"node_affinity_filter", node_affinity_filter},
    {"node_affinity_score", node_affinity_score},
    {"topology_spread_filter", spread_filter},
    {"topology_spread_score", spread_score},
    {"inter_pod_affinity_filter", affinity_filter},
    {"inter_pod_affinity_score", affinity_score},
    {NULL, NULL},
};
