/* SPDX-License-Identifier: Apache-2.0
 *
 * Flags HorizontalPodAutoscalers without maxReplicas: the API server refuses them, so what they were
 * to scale stays as it is.
 */
#include "rules/facts.h"

static void check(const struct rule_ctx *c, const struct hpa *h)
{
    /* Without a target it is a patch, to be merged into the whole. */
    if (!h->max_replicas.set && !str_empty(h->target_name))
        finding(c, AT(pos_or(h->max_replicas.at, h->o.spec_at), "spec.maxReplicas"),
                "maxReplicas is missing: the API server refuses the object, and nothing is scaled");
}

const struct rule rule_hpa_max_missing = {
    .id = "hpa-max-missing",
    .severity = SEV_ERROR,
    .title = "A HorizontalPodAutoscaler has no maxReplicas",
    .why =
        "the field is required: without it the autoscaler does not exist, and the peak meets the "
        "replicas of a quiet day",
    .fix = "set maxReplicas to what the nodes can hold: maxReplicas x effective request, with one "
           "node lost",
    .see = "post-mortem 0",
    .hpa = check,
};
