/* SPDX-License-Identifier: Apache-2.0
 *
 * Flags HorizontalPodAutoscalers that may scale down to one pod.
 */
#include "rules/facts.h"

static void check(const struct rule_ctx *c, const struct hpa *h)
{
    int64_t least = h->min_replicas.set ? h->min_replicas.v : 1;
    if (least == 1 && !str_empty(h->target_name) && (!h->max_replicas.set || h->max_replicas.v > 1))
        finding(c, AT(pos_or(h->min_replicas.at, h->o.spec_at), "spec.minReplicas"),
                "it may scale " STR_FMT " down to one pod%s: in a quiet hour one OOM kill is an "
                "outage",
                STR_ARG(h->target_name), h->min_replicas.set ? "" : " (the default)");
}

const struct rule rule_hpa_min_one = {
    .id = "hpa-min-one",
    .severity = SEV_WARNING,
    .title = "An autoscaler may scale down to one pod",
    .why = "one pod has no other to take over, and a peak that comes at once meets one pod",
    .fix = "set minReplicas to 2 or more, 3 where it matters",
    .hpa = check,
};
