/* SPDX-License-Identifier: Apache-2.0
 *
 * Flags webhooks in the cluster that one pod answers: while it restarts, either nothing can be
 * created (Fail) or nothing is checked (Ignore). Judged where its Service and workload
 * are seen, else counted as not judged.
 */
#include "rules/facts.h"

static const struct service *service_of(const struct rule_ctx *c, const struct webhook *h)
{
    return (const void *)cluster_find(c->cluster, KIND_SERVICE, h->service_ns, h->service_name);
}

static bool applies(const struct rule_ctx *c)
{
    return !str_empty(c->wc->webhooks.items[c->index].service_name);
}

/* The Service and what is behind it. */
static bool sees(const struct rule_ctx *c)
{
    const struct service *s = applies(c) ? service_of(c, &c->wc->webhooks.items[c->index]) : NULL;
    const struct workload *only = NULL;
    return s && facts_pods_behind(c->facts, s, &only) > 0;
}

static void check(const struct rule_ctx *c, const struct webhook *h)
{
    const struct service *s = str_empty(h->service_name) ? NULL : service_of(c, h);
    const struct workload *only = NULL;
    int64_t pods = s ? facts_pods_behind(c->facts, s, &only) : 0;
    if (pods != 1 || !only)
        return;
    bool fails = h->failure_policy.v.p ? str_is(h->failure_policy.v, "Fail")
                                       : !str_ends(c->object->api_version, "/v1beta1");
    finding(c, AT(h->at, "clientConfig.service"),
            "webhook " STR_FMT " is answered by one pod, of " STR_FMT " " STR_FMT
            ": while it restarts, %s",
            STR_ARG(h->name), STR_ARG(only->o.kind_text), STR_ARG(only->o.name),
            fails ? "what it is asked about cannot be created" : "nothing is checked");
}

const struct rule rule_webhook_single_replica = {
    .id = "webhook-single-replica",
    .severity = SEV_WARNING,
    .title = "One pod answers a webhook",
    .why = "an OOM kill, an eviction or a drain of one node then stops every change of what it is "
           "asked about, repairs too",
    .fix = "run 2 replicas or more, spread over nodes, with a PodDisruptionBudget",
    .see = "post-mortem 3",
    .needs = NEEDS_CLUSTER,
    .applies = applies,
    .sees = sees,
    .reads = KIND_BIT(SERVICE) | KIND_BIT(HPA) | WORKLOAD_KINDS,
    .webhook = check,
};
