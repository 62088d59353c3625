/* SPDX-License-Identifier: Apache-2.0
 *
 * Flags workloads of several replicas that no PodDisruptionBudget covers: a drain may then take all
 * of them at once. Asked only of Deployments, StatefulSets, ReplicaSets and ReplicationControllers.
 */
#include "rules/facts.h"

enum { OPTION_MANY };

/* Replicas that there are at the least; an HPA that can only make one pod counts as one. */
static int64_t replicas_of(const struct workload *w)
{
    int64_t least = facts_replicas_min(w);
    if (least < 0 || w->hpas.count == 0)
        return least;
    const struct hpa *h = w->hpas.items[0];
    int64_t given = w->replicas.set ? w->replicas.v : 1;
    if (given == 0)
        return 0;
    if (h->max_replicas.set && h->max_replicas.v <= 1)
        return 1;
    return MAX(2, MAX(given, least));
}

static bool applies(const struct rule_ctx *c)
{
    const struct workload *w = c->w;
    return w->o.kind != KIND_POD && replicas_of(w) > 1 && w->pdbs.count == 0;
}

static void check(const struct rule_ctx *c, const struct workload *w)
{
    if (!applies(c))
        return;
    int64_t replicas = replicas_of(w);
    enum severity s = replicas >= c->options[OPTION_MANY] ? SEV_ERROR : SEV_WARNING;
    struct place where = AT(w->replicas.at, "spec.replicas");
    if (w->hpas.count > 0) {
        const struct hpa *h = w->hpas.items[0];
        finding_as(c, s, where,
                   "no PodDisruptionBudget covers its pods, which HorizontalPodAutoscaler " STR_FMT
                   " scales up to %lld: a drain may take all of them at once",
                   STR_ARG(h->o.name), (long long)h->max_replicas.v);
        return;
    }
    finding_as(c, s, where,
               "no PodDisruptionBudget covers its %lld replicas: a drain may take all of them at "
               "once",
               (long long)replicas);
}

const struct rule rule_pdb_missing = {
    .id = "pdb-missing",
    .severity = SEV_ERROR,
    .title = "Several replicas and no PodDisruptionBudget",
    .why = "upgrades, autoscaler and people draining nodes evict without looking at how many "
           "replicas are left; what remains takes over all the traffic and runs out of memory",
    .fix = "add a PodDisruptionBudget with the workload's selector and maxUnavailable: 1 (or what "
           "the service can spare)",
    .see = "post-mortems 0 and 2",
    .needs = NEEDS_NAMESPACE,
    .applies = applies,
    .options = {{"manyReplicas", 10, 1, INT32_MAX,
                 "from how many replicas on it is an error, not a warning"}},
    .workload = check,
};
