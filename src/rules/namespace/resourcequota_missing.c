/* SPDX-License-Identifier: Apache-2.0
 *
 * Flags namespaces without a ResourceQuota: one team's mistake may book the whole cluster.
 */
#include "rules/facts.h"

static void check(const struct rule_ctx *c, const struct namespace_ *n)
{
    if (!facts_is_system_namespace(n->o.name) && n->quotas.count == 0 && n->workloads.count > 0)
        finding(c, AT(n->o.name_at, "metadata.name"),
                "namespace " STR_FMT " has no ResourceQuota: it may book every node there is",
                STR_ARG(n->o.name));
}

const struct rule rule_resourcequota_missing = {
    .id = "resourcequota-missing",
    .severity = SEV_WARNING,
    .title = "A namespace has no ResourceQuota",
    .why = "an autoscaler or a loop that creates pods takes the room that others need to recover",
    .fix = "add a ResourceQuota with requests.memory and limits.memory (from what runs there)",
    .see = "post-mortem 2",
    .needs = NEEDS_NAMESPACE,
    .reads = KIND_BIT(RESOURCE_QUOTA),
    .ns = check,
    .fix_level = FIX_KIT,
};
