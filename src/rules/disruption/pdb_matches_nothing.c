/* SPDX-License-Identifier: Apache-2.0
 *
 * Flags PodDisruptionBudgets that select no workload, where the input shows workloads of the
 * namespace: a label was misspelt, or has changed since.
 */
#include "rules/facts.h"

static bool applies(const struct rule_ctx *c)
{
    /* Operators make pods that manifests do not show. */
    if (facts_has_custom_kinds(c->facts) && !facts_namespace_is_live(c->facts, c->object->ns))
        return false;
    return facts_namespace_has_workloads(c->facts, c->object->ns) || c->cluster->complete;
}

static void check(const struct rule_ctx *c, const struct pdb *p)
{
    if (!applies(c) || p->workloads.count > 0 || p->pods_matched > 0 || !p->selector.present)
        return;
    finding(c, AT(p->selector.at, "spec.selector"),
            "it selects no pod of any workload in namespace " STR_FMT ": nothing is protected",
            STR_ARG(p->o.ns));
}

const struct rule rule_pdb_matches_nothing = {
    .id = "pdb-matches-nothing",
    .severity = SEV_WARNING,
    .title = "A PodDisruptionBudget selects no pods",
    .why = "the workload that it was written for is drained as if there were none",
    .fix = "make spec.selector match the labels of the pod template, or remove the budget",
    .needs = NEEDS_NAMESPACE,
    .reads = WORKLOAD_KINDS,
    .applies = applies,
    .pdb = check,
};
