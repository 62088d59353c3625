/* SPDX-License-Identifier: Apache-2.0
 *
 * Flags Services that one pod stands behind. One that only scrapes metrics does not count.
 */
#include "rules/facts.h"

static void check(const struct rule_ctx *c, const struct workload *w)
{
    const struct service *s = facts_serves(w);
    if (!s || (w->o.kind != KIND_DEPLOYMENT && w->o.kind != KIND_STATEFUL_SET) ||
        facts_replicas_min(w) != 1)
        return;
    const struct hpa *h = w->hpas.count ? w->hpas.items[0] : NULL;
    struct place where =
        h ? AT(w->o.name_at, "spec.replicas") : AT(w->replicas.at, "spec.replicas");
    finding(c, where,
            "one pod stands behind Service " STR_FMT "%s: an OOM kill is an outage of the service",
            STR_ARG(s->o.name), h ? " when its autoscaler has scaled down" : "");
}

const struct rule rule_single_replica = {
    .id = "single-replica",
    .severity = SEV_WARNING,
    .title = "A Service has one pod behind it",
    .why =
        "each restart, eviction and drain interrupts it; when its node is lost, for five minutes "
        "and more",
    .fix = "run at least 2 replicas (3 where it matters), spread over nodes, with a "
           "PodDisruptionBudget",
    .see = "post-mortem 4",
    .reads = KIND_BIT(SERVICE) | KIND_BIT(HPA),
    .workload = check,
};
