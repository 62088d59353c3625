/* SPDX-License-Identifier: Apache-2.0
 *
 * Says which Services have two pods behind them: while one is drained, the other is alone.
 */
#include "rules/facts.h"

static void check(const struct rule_ctx *c, const struct workload *w)
{
    const struct service *s = facts_serves(w);
    if (s && (w->o.kind == KIND_DEPLOYMENT || w->o.kind == KIND_STATEFUL_SET) &&
        facts_replicas_min(w) == 2)
        finding(c, AT(w->replicas.at, "spec.replicas"),
                "two pods stand behind Service " STR_FMT ": while one is drained, the other is "
                "alone",
                STR_ARG(s->o.name));
}

const struct rule rule_replicas_below_three = {
    .id = "replicas-below-three",
    .severity = SEV_INFO,
    .title = "A Service has two pods behind it",
    .why = "a drain and an OOM kill at the same time are an outage",
    .fix = "run 3 replicas where it matters",
    .see = "post-mortem 4",
    .reads = KIND_BIT(SERVICE) | KIND_BIT(HPA),
    .workload = check,
};
