/* SPDX-License-Identifier: Apache-2.0
 *
 * Flags HorizontalPodAutoscalers of a workload that does not exist, where the whole cluster is in
 * the input. Targets of kinds that plimsoll does not read may well be there.
 */
#include "rules/facts.h"

static bool is_read(struct str kind)
{
    return str_is(kind, "Deployment") || str_is(kind, "StatefulSet") ||
           str_is(kind, "ReplicaSet") || str_is(kind, "ReplicationController");
}

static bool is_dangling(const struct hpa *h)
{
    return !h->target && is_read(h->target_kind) && !str_empty(h->target_name);
}

static bool applies(const struct rule_ctx *c)
{
    return is_dangling((const struct hpa *)(const void *)c->object);
}

static void check(const struct rule_ctx *c, const struct hpa *h)
{
    if (is_dangling(h))
        finding(c, AT(h->o.spec_at, "spec.scaleTargetRef"),
                "it scales " STR_FMT " " STR_FMT ", which does not exist in namespace " STR_FMT,
                STR_ARG(h->target_kind), STR_ARG(h->target_name), STR_ARG(h->o.ns));
}

const struct rule rule_hpa_target_missing = {
    .id = "hpa-target-missing",
    .severity = SEV_ERROR,
    .title = "An autoscaler scales a workload that does not exist",
    .why =
        "what it was written for stays as large as it is: at the peak its pods take all the load "
        "and run out of memory",
    .fix = "name the workload in spec.scaleTargetRef as it is called now, or remove the autoscaler",
    .needs = NEEDS_CLUSTER,
    .reads = WORKLOAD_KINDS,
    .applies = applies,
    .hpa = check,
};
