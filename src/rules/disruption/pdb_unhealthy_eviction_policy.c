/* SPDX-License-Identifier: Apache-2.0
 *
 * Says which PodDisruptionBudgets protect pods that do not work: without AlwaysAllow, pods that are
 * not ready count against the budget, and a node full of crash loops cannot be drained.
 */
#include "rules/facts.h"

static void check(const struct rule_ctx *c, const struct pdb *p)
{
    if (!str_is(p->unhealthy_policy.v, "AlwaysAllow"))
        finding(c, AT(p->unhealthy_policy.at, "spec.unhealthyPodEvictionPolicy"),
                "pods that are not ready may block a drain too (unhealthyPodEvictionPolicy is "
                "IfHealthyBudget)");
}

static void fix(const struct rule_ctx *c, struct finding *f)
{
    finding_set(c, f, "spec.unhealthyPodEvictionPolicy", "\"AlwaysAllow\"");
}

const struct rule rule_pdb_unhealthy_eviction_policy = {
    .id = "pdb-unhealthy-eviction-policy",
    .severity = SEV_INFO,
    .title = "A PodDisruptionBudget protects pods that do not work",
    .why = "when an application is crash looping, its node cannot be drained, though nothing would "
           "be lost",
    .fix = "set unhealthyPodEvictionPolicy: AlwaysAllow",
    .see = "post-mortem 3",
    .pdb = check,
    .fixer = fix,
    .fix_level = FIX_ALL,
};
