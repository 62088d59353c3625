/* SPDX-License-Identifier: Apache-2.0
 *
 * Flags webhooks that can lock the cluster: they refuse pods when they do not answer (Fail), run in
 * the cluster themselves (a Service), and are asked about pods of kube-system and of their own
 * namespace too, so that what would bring them back cannot be created either.
 */
#include "rules/facts.h"

/* Asked when a pod is created. As webhook/predicates/rules: "*" is every resource, and so is the
 * pair of stars, which takes in subresources. */
static bool matches_pods(const struct webhook *h)
{
    for (size_t i = 0; i < h->rules.count; i++) {
        const struct webhook_rule *r = &h->rules.items[i];
        bool pods = list_matches(&r->resources, "pods") || list_matches(&r->resources, "*/*");
        if (pods && list_matches(&r->api_groups, "") && list_matches(&r->operations, "CREATE") &&
            !str_is(r->scope, "Cluster"))
            return true;
    }
    return false;
}

/* Absent is Fail in v1, was Ignore in v1beta1. */
static bool fails_closed(const struct rule_ctx *c, const struct webhook *h)
{
    if (h->failure_policy.v.p)
        return str_is(h->failure_policy.v, "Fail");
    return !str_ends(c->object->api_version, "/v1beta1");
}

/* Whether a namespace's pods are sent to the webhook. Of a namespace that is not in the input the
 * one label is known that the API server sets on all. */
static bool asks_about(const struct rule_ctx *c, const struct webhook *h, struct str name)
{
    if (!h->namespace_selector.present)
        return true;
    const struct namespace_ *ns = cluster_find_namespace(c->cluster, name);
    struct label only[] = {{.key = STR("kubernetes.io/metadata.name"), .value = name}};
    struct labels implied = {.items = only, .count = 1};
    if (!ns)
        return selector_matches(&h->namespace_selector, &implied);
    if (labels_find(&ns->o.labels, only[0].key))
        return selector_matches(&h->namespace_selector, &ns->o.labels);
    return facts_selector_matches_with(c, &h->namespace_selector, &ns->o.labels, &only[0]);
}

/* An object selector that pods without labels do not meet is opt-in: what brings the cluster back
 * does not carry such labels. */
static bool is_opt_in(const struct webhook *h)
{
    struct labels none = {0};
    return h->object_selector.present && !selector_matches(&h->object_selector, &none);
}

static bool excludes_own_pods(const struct rule_ctx *c, const struct webhook *h)
{
    const struct object *o = cluster_find(c->cluster, KIND_SERVICE, h->service_ns, h->service_name);
    const struct service *s = (const void *)o;
    return s && h->object_selector.present && !selector_matches(&h->object_selector, &s->selector);
}

static void check(const struct rule_ctx *c, const struct webhook *h)
{
    if (str_empty(h->service_name) || !fails_closed(c, h) || !matches_pods(h) || is_opt_in(h))
        return;
    bool system = asks_about(c, h, STR("kube-system"));
    bool own = asks_about(c, h, h->service_ns) && !excludes_own_pods(c, h);
    if (!system && !own)
        return;
    const char *own_name = say(c, STR_FMT, STR_ARG(h->service_ns));
    bool one = str_is(h->service_ns, "kube-system");
    const char *where = system && own && !one ? say(c, "kube-system and its own %s", own_name)
                        : system              ? "kube-system"
                                              : say(c, "its own namespace %s", own_name);
    struct finding *f = finding_as(
        c, h->match_conditions > 0 ? SEV_WARNING : SEV_ERROR,
        AT(pos_or(h->failure_policy.at, h->at), "failurePolicy"),
        "webhook " STR_FMT " fails closed, runs in the cluster (Service " STR_FMT "/" STR_FMT
        ") and is asked about pods of %s%s: when its pods are gone, none can be created",
        STR_ARG(h->name), STR_ARG(h->service_ns), STR_ARG(h->service_name), where,
        h->match_conditions > 0 ? " (unless its matchConditions say otherwise)" : "");
    finding_fix(c, f,
                "set failurePolicy: Ignore, or exclude kube-system and %s by a "
                "namespaceSelector on kubernetes.io/metadata.name (NotIn)",
                own_name);
}

static void fix(const struct rule_ctx *c, struct finding *f)
{
    finding_set(c, f, "failurePolicy", "\"Ignore\"");
}

const struct rule rule_webhook_fail_closed = {
    .id = "webhook-fail-closed",
    .severity = SEV_ERROR,
    .title = "A webhook that fails closed can keep its own pods from coming back",
    .why = "when its pods are OOM-killed or their node dies, the API server refuses every new "
           "pod, the webhook's own included: the cluster stays locked until somebody deletes the "
           "configuration",
    .fix = "set failurePolicy: Ignore, or exclude kube-system and its own namespace",
    .see = "post-mortems 0 and 3",
    .webhook = check,
    .fixer = fix,
    .fix_level = FIX_ALL,
};
