/* SPDX-License-Identifier: Apache-2.0
 *
 * Flags ResourceQuotas that count other things but not memory, in namespaces that no other quota
 * bounds.
 */
#include "model/resources.h"
#include "rules/facts.h"

static bool counts_memory(const struct resource_quota *q)
{
    return resources_has(&q->hard, "requests.memory") || resources_has(&q->hard, "memory") ||
           resources_has(&q->hard, "limits.memory");
}

static bool counts_compute(const struct resource_quota *q)
{
    return resources_has(&q->hard, "requests.cpu") || resources_has(&q->hard, "cpu") ||
           resources_has(&q->hard, "limits.cpu") || resources_has(&q->hard, "pods");
}

static void check(const struct rule_ctx *c, const struct resource_quota *q)
{
    const struct namespace_ *n = cluster_find_namespace(c->cluster, q->o.ns);
    for (size_t i = 0; n && i < n->quotas.count; i++)
        if (counts_memory(n->quotas.items[i]))
            return;
    /* Quotas of objects or storage only are about something else. */
    if (!counts_memory(q) && counts_compute(q))
        finding(c, AT(q->o.spec_at, "spec.hard"),
                "it bounds CPU or pods but not memory, the one that does not come back by waiting");
}

const struct rule rule_quota_without_memory = {
    .id = "quota-without-memory",
    .severity = SEV_WARNING,
    .title = "A ResourceQuota does not bound memory",
    .why = "memory is what nodes run out of; CPU is only shared more thinly",
    .fix = "add requests.memory and limits.memory to spec.hard",
    .see = "post-mortem 2",
    .quota = check,
};
