/* SPDX-License-Identifier: Apache-2.0
 *
 * Walks the model once and calls each rule's visitors. The table of rules is made by meson.build
 * from its sorted list.
 */
#include "rules/engine.h"

#include "model/injected.h"
#include "rules/finding.h"
#include "rules/groups.h"

#include "rules/rule_table.h"

#define RULE(family, name) extern const struct rule rule_##name;
RULE_TABLE
#undef RULE

#define RULE(family, name) &rule_##name,
const struct rule *const rule_table[] = {RULE_TABLE};
#undef RULE
#define RULE(family, name) #family,
const char *const rule_families[] = {RULE_TABLE};
#undef RULE
const size_t rule_count = ARRAY_LEN(rule_table);

/* ---- words ---- */

static const char *const severity_words[] = {"off", "info", "warning", "error"};

const char *severity_word(enum severity s)
{
    return severity_words[s];
}

int severity_parse(struct str s, enum severity *ret)
{
    for (size_t i = 0; i < ARRAY_LEN(severity_words); i++)
        if (str_is(s, severity_words[i])) {
            *ret = (enum severity)i;
            return 0;
        }
    return -EINVAL;
}

const struct rule *rule_find(struct str id)
{
    for (size_t i = 0; i < rule_count; i++)
        if (str_is(id, rule_table[i]->id))
            return rule_table[i];
    return NULL;
}

const char *rule_suggest(struct str id)
{
    const char *ids[ARRAY_LEN(rule_table) + 1] = {NULL};
    for (size_t i = 0; i < rule_count; i++)
        ids[i] = rule_table[i]->id;
    return str_nearest(id, ids);
}

size_t rule_index(const struct rule *r)
{
    size_t i = 0;
    while (rule_table[i] != r)
        i++;
    return i;
}

/* ---- the walk ---- */

struct walk {
    struct engine e;
    struct facts facts;
    struct rule_ctx ctx;
    struct not_judged *not_judged; /* per rule */
    struct str ns;                 /* only this one is judged; absent: all */
    bool excluded;                 /* the configuration excludes what is visited */
    bool outside;                  /* ... or it is not of that namespace */
};

/* Of what a rule cannot do without, the kinds that could not be listed. */
static uint64_t lacking(const struct rule *r, const struct cluster *c)
{
    uint64_t kinds = r->reads;
    if (r->needs == NEEDS_NODES)
        kinds |= KIND_BIT(NODE);
    return kinds & c->unlisted_kinds;
}

/* Whether what the namespace of the visited object lacks is in sight. Of manifests that name no
 * namespace nobody knows yet which one they will be in. */
static bool sees_namespace(const struct walk *w)
{
    const struct object *o = w->ctx.object;
    const struct cluster *c = w->facts.cluster;
    if (o->kind == KIND_NAMESPACE && o->ns_implied && !c->complete && !c->live)
        return false;
    return facts_namespace_visible(&w->facts, scope_namespace(o));
}

/* Whether the rule is on and, where it needs more of the world than there is, not. */
static bool begin(struct walk *w, size_t i)
{
    const struct rule *r = rule_table[i];
    const struct rule_settings *s = &w->facts.config->rules[i];
    if (w->excluded || w->outside || (s->severity_set && s->severity == SEV_OFF))
        return false;
    if (s->scope &&
        !scope_holds(s->scope, scope_namespace(w->ctx.object), scope_file(w->ctx.object)))
        return false;
    w->ctx.rule = r;
    w->ctx.options = s->options;
    uint64_t lacks = lacking(r, w->facts.cluster);
    bool seen = !lacks;
    if (!seen)
        ;
    else if (r->needs == NEEDS_NAMESPACE)
        seen = w->ctx.object && sees_namespace(w);
    else if (r->needs == NEEDS_CLUSTER)
        seen = w->facts.cluster->complete;
    else if (r->needs == NEEDS_NODES)
        seen = w->facts.cluster->nodes.count > 0;
    if (!seen && !lacks && r->sees)
        seen = r->sees(&w->ctx);
    if (!seen && (!r->applies || r->applies(&w->ctx))) {
        w->not_judged[i].count++;
        w->not_judged[i].lacks = lacks;
    }
    return seen;
}

#define CALL(walk, visitor, thing)                        \
    for (size_t i_ = 0; i_ < rule_count; i_++)            \
        if (rule_table[i_]->visitor && begin((walk), i_)) \
            rule_table[i_]->visitor(&(walk)->ctx, (thing));

static void call_suppressions(struct walk *w)
{
    /* A rule that reports on an entry may itself be suppressed by another: so the list stays. */
    for (size_t i = 0; i < w->e.visit.suppressions.count; i++) {
        const struct suppression *s = &w->e.visit.suppressions.items[i];
        struct pos at = w->e.visit.at;
        w->e.visit.at = s->at;
        CALL(w, suppression, s)
        w->e.visit.at = at;
    }
}

/* tmpl and pod_path: of a workload. */
static void enter(struct walk *w, const struct object *o, const struct labels *tmpl,
                  struct str pod_path)
{
    struct visit *v = &w->e.visit;
    v->object = o;
    v->path = STR("");
    v->pod_path = pod_path;
    v->at = v->pod_at = (struct pos){0, 0};
    v->container = STR_NONE;
    w->ctx.object = o;
    w->ctx.w = NULL;
    w->ctx.k = NULL;
    w->ctx.wc = NULL;
    w->ctx.index = 0;
    w->outside = o && w->ns.p && !str_eq(scope_namespace(o), w->ns);
    w->excluded = o && !scope_holds(&w->facts.config->scope, scope_namespace(o), scope_file(o));
    w->e.out->excluded += w->excluded && !w->outside;
    w->e.out->outside += w->outside;
    suppressions_read(&w->e, o ? &o->annotations : NULL, tmpl);
    call_suppressions(w);
}

static void visit_container(struct walk *w, struct str pod_path, const struct container *k)
{
    struct visit *v = &w->e.visit;
    v->path = arena_printf(w->e.a, STR_FMT ".%s[%u]", STR_ARG(pod_path),
                           k->kind == CONTAINER_APP ? "containers" : "initContainers", k->index);
    v->at = k->at;
    v->container = k->name;
    w->ctx.k = k;
    CALL(w, container, k)
    v->path = STR("");
    v->at = (struct pos){0, 0};
    v->container = STR_NONE;
    w->ctx.k = NULL;
}

static void visit_containers(struct walk *w, struct str pod_path, const struct containers *list)
{
    for (size_t i = 0; i < list->count; i++)
        visit_container(w, pod_path, &list->items[i]);
}

static void visit_injected_of(struct walk *w, const struct workload *wl,
                              const struct containers *list)
{
    for (size_t i = 0; i < list->count; i++)
        if (container_is_injected(wl, w->ctx.injected_in, list->items[i].name))
            visit_container(w, STR("spec"), &list->items[i]);
}

/* What an injector added is only in the pods: judged in the newest, and said of the workload. */
static void visit_injected(struct walk *w, const struct workload *wl)
{
    const struct pod *p = wl->pod ? NULL : workload_newest_pod(wl);
    if (!p)
        return;
    w->ctx.injected_in = p;
    w->e.visit.seen_in = &p->o;
    visit_injected_of(w, wl, &p->spec.init_containers);
    visit_injected_of(w, wl, &p->spec.containers);
    w->ctx.injected_in = NULL;
    w->e.visit.seen_in = NULL;
}

static void visit_workload(struct walk *w, const struct workload *wl)
{
    enter(w, &wl->o, wl->pod ? NULL : &wl->tmpl.annotations, wl->template_path);
    w->e.visit.pod_at = pos_or(wl->tmpl.spec.at, pos_or(wl->tmpl.at, wl->o.spec_at));
    if (w->excluded || w->outside)
        return;
    if (facts_is_patch(wl)) {
        w->e.out->patches++;
        return;
    }
    w->ctx.w = wl;
    w->e.out->workloads++;
    CALL(w, workload, wl)
    visit_containers(w, wl->template_path, &wl->tmpl.spec.init_containers);
    visit_containers(w, wl->template_path, &wl->tmpl.spec.containers);
    visit_injected(w, wl);
}

static void visit_webhooks(struct walk *w, const struct webhook_config *wc)
{
    enter(w, &wc->o, NULL, STR(""));
    w->ctx.wc = wc;
    for (size_t i = 0; i < wc->webhooks.count; i++) {
        w->ctx.index = i;
        w->e.visit.path = arena_printf(w->e.a, "webhooks[%zu]", i);
        w->e.visit.at = wc->webhooks.items[i].at;
        CALL(w, webhook, &wc->webhooks.items[i])
    }
}

/* Of a free pod the workload that stands for it: what is found of both is one object's. */
static const struct object *judged_object(const struct object *o)
{
    if (!o || o->kind != KIND_POD)
        return o;
    const struct pod *p = (const struct pod *)(const void *)o;
    return p->owner && p->owner->pod == p ? &p->owner->o : o;
}

static void visit_problems(struct walk *w)
{
    const struct cluster *c = w->facts.cluster;
    for (size_t i = 0; i < c->problems.count; i++) {
        const struct problem *p = &c->problems.items[i];
        refused_add(&w->e, p);
        size_t excluded = w->e.out->excluded, outside = w->e.out->outside;
        enter(w, judged_object(p->object), NULL, STR(""));
        w->e.out->excluded = excluded; /* it is visited, and counted, once more */
        w->e.out->outside = outside;
        w->e.visit.path = p->path;
        w->e.visit.at = p->at;
        size_t before = w->e.out->findings.count;
        CALL(w, problem, p)
        for (size_t n = before; n < w->e.out->findings.count; n++)
            if (!p->object)
                w->e.out->findings.items[n]->file = p->file;
    }
}

#define VISIT(walk, list, visitor)                                               \
    for (size_t n_ = 0; n_ < (walk)->facts.cluster->list.count; n_++) {          \
        enter((walk), &(walk)->facts.cluster->list.items[n_]->o, NULL, STR("")); \
        CALL((walk), visitor, (walk)->facts.cluster->list.items[n_])             \
    }

/* Kubelets that are configured alike are judged once, and every finding says how many they are. */
static void visit_kubelets(struct walk *w)
{
    for (size_t i = 0; i < w->facts.cluster->kubelet_configs.count; i++) {
        const struct kubelet_config *k = w->facts.cluster->kubelet_configs.items[i];
        const struct object_group *g = facts_kubelet_group(&w->facts, k);
        if (g && g->first != &k->o)
            continue;
        enter(w, &k->o, NULL, STR(""));
        w->e.visit.alike = say_group(w->e.a, g, "kubelet");
        CALL(w, kubelet, k)
        w->e.visit.alike = NULL;
    }
}

/* Namespaces whose Namespace is not in the input are judged as if it were. */
static void visit_unseen_namespaces(struct walk *w)
{
    struct namespace_list all;
    size_t excluded = w->e.out->excluded, outside = w->e.out->outside;
    facts_unseen_namespaces(&w->facts, &all);
    for (size_t i = 0; i < all.count; i++) {
        enter(w, &all.items[i]->o, NULL, STR(""));
        CALL(w, ns, all.items[i])
    }
    w->e.out->excluded = excluded; /* they are no objects of the input */
    w->e.out->outside = outside;
}

static void visit_all(struct walk *w)
{
    const struct cluster *c = w->facts.cluster;
    enter(w, NULL, NULL, STR(""));
    for (size_t i = 0; i < rule_count; i++)
        if (rule_table[i]->cluster && begin(w, i))
            rule_table[i]->cluster(&w->ctx);
    visit_problems(w);
    VISIT(w, nodes, node)
    VISIT(w, namespaces, ns)
    for (size_t i = 0; i < c->workloads.count; i++)
        if (c->workloads.items[i]->judged)
            visit_workload(w, c->workloads.items[i]);
    visit_unseen_namespaces(w);
    VISIT(w, pdbs, pdb)
    VISIT(w, hpas, hpa)
    for (size_t i = 0; i < c->webhook_configs.count; i++)
        visit_webhooks(w, c->webhook_configs.items[i]);
    VISIT(w, roles, role)
    VISIT(w, role_bindings, role_binding)
    VISIT(w, network_policies, network_policy)
    VISIT(w, cilium_policies, cilium_policy)
    VISIT(w, prometheuses, prometheus)
    VISIT(w, prometheus_rules, prometheus_rule)
    VISIT(w, limit_ranges, limit_range)
    VISIT(w, resource_quotas, quota)
    visit_kubelets(w);
    VISIT(w, kube_proxy_configs, kube_proxy)
    VISIT(w, config_maps, config_map)
}

/* The kinds that a rule visits, where they are all that it is about. */
static uint64_t visited(const struct rule *r)
{
    uint64_t kinds = 0;
#define X(visitor, bits) kinds |= r->visitor ? (bits) : 0;
    X(node, KIND_BIT(NODE))
    X(ns, KIND_BIT(NAMESPACE))
    X(pdb, KIND_BIT(PDB))
    X(hpa, KIND_BIT(HPA))
    X(webhook, KIND_BIT(VALIDATING_WEBHOOKS) | KIND_BIT(MUTATING_WEBHOOKS))
    X(role, KIND_BIT(ROLE) | KIND_BIT(CLUSTER_ROLE))
    X(role_binding, KIND_BIT(ROLE_BINDING) | KIND_BIT(CLUSTER_ROLE_BINDING))
    X(network_policy, KIND_BIT(NETWORK_POLICY))
    X(limit_range, KIND_BIT(LIMIT_RANGE))
    X(quota, KIND_BIT(RESOURCE_QUOTA))
    X(kubelet, KIND_BIT(KUBELET_CONFIGURATION))
    X(kube_proxy, KIND_BIT(KUBE_PROXY_CONFIGURATION))
    X(cilium_policy, KIND_BIT(CILIUM_NETWORK_POLICY))
    X(prometheus, KIND_BIT(PROMETHEUS))
    X(prometheus_rule, KIND_BIT(PROMETHEUS_RULE))
#undef X
    return kinds;
}

/* What is not judged where only one namespace is. */
#define CLUSTER_KINDS \
    (KIND_BIT(NODE) | KIND_BIT(CLUSTER_ROLE) | KIND_BIT(CLUSTER_ROLE_BINDING) | KIND_BIT(PV))

/* Of kinds that could not be listed nothing was visited: nobody knows how many there are. */
static void pass_unlisted(struct walk *w)
{
    for (size_t i = 0; i < rule_count; i++) {
        const struct rule_settings *s = &w->facts.config->rules[i];
        uint64_t lacks = visited(rule_table[i]) & w->facts.cluster->unlisted_kinds;
        if (w->ns.p)
            lacks &= ~CLUSTER_KINDS;
        if (lacks && !w->not_judged[i].lacks && !(s->severity_set && s->severity == SEV_OFF))
            w->not_judged[i].lacks = lacks;
    }
}

void judge(const struct cluster *cluster, const struct check_config *config, struct arena *a,
           struct judgement *ret)
{
    memset(ret, 0, sizeof(*ret));
    struct walk w = {.e = {.a = a, .out = ret}};
    w.not_judged = arena_array(a, struct not_judged, rule_count);
    w.ns = config->ns.p ? config->ns : cluster->live ? cluster->live->ns : STR_NONE;
    ret->ns = w.ns;
    w.ctx.engine = &w.e;
    w.ctx.cluster = cluster;
    w.ctx.facts = &w.facts;
    map_init(&w.e.refused);
    facts_init(&w.facts, cluster, config, a);
    visit_all(&w);
    pass_unlisted(&w);
    facts_done(&w.facts);
    map_done(&w.e.refused);
    for (size_t i = 0; i < rule_count; i++) {
        w.not_judged[i].rule = rule_table[i];
        if (w.not_judged[i].count || w.not_judged[i].lacks)
            *PUSH(a, &ret->not_judged) = w.not_judged[i];
    }
    findings_sort(ret, a);
}
