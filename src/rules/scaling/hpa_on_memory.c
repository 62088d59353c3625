/* SPDX-License-Identifier: Apache-2.0
 *
 * Says which HorizontalPodAutoscalers scale on memory: most runtimes never give memory back, so they
 * scale up and stay there; a leak is answered by more leaking pods.
 */
#include "rules/facts.h"

static void check(const struct rule_ctx *c, const struct hpa *h)
{
    for (size_t i = 0; i < h->metrics.count; i++)
        if (str_is(h->metrics.items[i].resource, "memory"))
            finding(c, AT(h->metrics.items[i].at, say(c, "spec.metrics[%zu]", i)),
                    "it scales " STR_FMT " on memory: a leak is answered by more pods that leak",
                    STR_ARG(h->target_name));
}

const struct rule rule_hpa_on_memory = {
    .id = "hpa-on-memory",
    .severity = SEV_INFO,
    .title = "An autoscaler scales on memory",
    .why = "memory seldom falls with the load, so it scales up and not down again",
    .fix = "scale on CPU or requests per second; keep memory for limits and alerts",
    .see = "post-mortem 4",
    .hpa = check,
};
