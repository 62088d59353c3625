/* SPDX-License-Identifier: Apache-2.0
 *
 * Flags workloads whose pods more than one PodDisruptionBudget selects: the eviction API does not
 * decide between them, it refuses.
 */
#include "rules/facts.h"

static void check(const struct rule_ctx *c, const struct workload *w)
{
    if (w->pdbs.count < 2)
        return;
    finding(c, AT(w->o.name_at, "metadata.name"),
            "PodDisruptionBudgets " STR_FMT " and " STR_FMT "%s select its pods: every eviction "
            "fails with an internal error, so a drain hangs",
            STR_ARG(w->pdbs.items[0]->o.name), STR_ARG(w->pdbs.items[1]->o.name),
            w->pdbs.count > 2 ? " and others" : "");
}

const struct rule rule_pdb_overlap = {
    .id = "pdb-overlap",
    .severity = SEV_ERROR,
    .title = "Two PodDisruptionBudgets select the same pods",
    .why = "the API server answers every eviction with an error (\"This pod has more than one "
           "PodDisruptionBudget\"): no node with such a pod can be drained",
    .fix = "keep one of them, or make their selectors exclude each other",
    .reads = KIND_BIT(PDB),
    .workload = check,
};
