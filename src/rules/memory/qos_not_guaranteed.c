/* SPDX-License-Identifier: Apache-2.0
 *
 * Says where a pod is not Guaranteed; a warning where it is declared critical by the annotation
 * plimsoll.dev/critical.
 */
#include "model/qos.h"
#include "rules/facts.h"

static bool says_critical(const struct labels *l)
{
    struct str v = labels_get(l, "plimsoll.dev/critical");
    return v.p && !str_is(v, "false");
}

static void check(const struct rule_ctx *c, const struct workload *w)
{
    struct qos_reason why;
    enum qos q = pod_qos_compute(&w->tmpl.spec, &why);
    if (q == QOS_GUARANTEED)
        return;
    bool critical = says_critical(&w->o.annotations) || says_critical(&w->tmpl.annotations);
    const struct container *k = why.container;
    finding_as(c, critical ? SEV_WARNING : SEV_INFO, AT_POD(((struct pos){0, 0}), ""),
               "its pods are %s%s%s%s: the kernel may choose them when a node is out of memory",
               qos_name(q), critical ? " though declared critical" : "", k ? ", by " : "",
               k ? say_container(c, k) : "");
}

const struct rule rule_qos_not_guaranteed = {
    .id = "qos-not-guaranteed",
    .severity = SEV_WARNING,
    .title = "A pod is not Guaranteed",
    .why = "Guaranteed pods have oom_score_adj -997 and are killed after everything else on the "
           "node",
    .fix = "set requests equal to limits for CPU and memory in every container, init containers "
           "too (or in spec.resources)",
    .see = "post-mortem 3",
    .reads = KIND_BIT(LIMIT_RANGE),
    .workload = check,
};
