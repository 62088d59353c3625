/* SPDX-License-Identifier: Apache-2.0
 *
 * Flags HorizontalPodAutoscalers that have nowhere to scale: maxReplicas is not above minReplicas.
 */
#include "rules/facts.h"

static void check(const struct rule_ctx *c, const struct hpa *h)
{
    int64_t least = h->min_replicas.set ? h->min_replicas.v : 1;
    if (!h->max_replicas.set || h->max_replicas.v > least)
        return;
    struct place where = AT(h->max_replicas.at, "spec.maxReplicas");
    if (h->max_replicas.v < least)
        finding_as(c, SEV_ERROR, where,
                   "maxReplicas %lld is less than minReplicas %lld%s: the API server refuses it",
                   (long long)h->max_replicas.v, (long long)least,
                   h->min_replicas.set ? "" : " (the default)");
    else
        finding_as(c, SEV_INFO, where,
                   "minReplicas and maxReplicas are both %lld: it scales nothing",
                   (long long)least);
}

const struct rule rule_hpa_max_not_above_min = {
    .id = "hpa-max-not-above-min",
    .severity = SEV_ERROR,
    .title = "An autoscaler has nowhere to scale",
    .why = "a peak meets as many pods as a quiet hour",
    .fix = "set maxReplicas above minReplicas, or drop the autoscaler and set replicas",
    .hpa = check,
};
