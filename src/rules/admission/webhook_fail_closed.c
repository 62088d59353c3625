/* SPDX-License-Identifier: Apache-2.0
 *
 * Flags webhooks that can lock the cluster: they refuse pods when they do not answer (Fail), run in
 * the cluster themselves (a Service), and are asked about pods of kube-system and of their own
 * namespace too, so that what would bring them back cannot be created either.
 */
#include "model/webhook.h"
#include "rules/facts.h"

/* An object selector that pods without labels do not meet is opt-in: what brings the cluster back
 * does not carry such labels. */
static bool is_opt_in(const struct webhook *h)
{
    struct labels none = {0};
    return !webhook_selects(h, &none);
}

static bool excludes_own_pods(const struct rule_ctx *c, const struct webhook *h)
{
    const struct object *o = cluster_find(c->cluster, KIND_SERVICE, h->service_ns, h->service_name);
    const struct service *s = (const void *)o;
    return s && !webhook_selects(h, &s->selector);
}

static void check(const struct rule_ctx *c, const struct webhook *h)
{
    const struct webhook_config *config = (const void *)c->object;
    if (str_empty(h->service_name) || !webhook_fails_closed(config, h) ||
        !webhook_matches_pods(h) || is_opt_in(h))
        return;
    bool system = webhook_asks_about(c->cluster, h, STR("kube-system"));
    bool own = webhook_asks_about(c->cluster, h, h->service_ns) && !excludes_own_pods(c, h);
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
    .reads = KIND_BIT(SERVICE) | WORKLOAD_KINDS,
    .webhook = check,
    .fixer = fix,
    .fix_level = FIX_ALL,
};
