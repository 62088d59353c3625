/* SPDX-License-Identifier: Apache-2.0
 *
 * Flags workloads whose pods the kernel kills before pods of lower priority on the same node.
 * oom_score_adj knows the QoS class and the request, not the priority: a Guaranteed pod that leaks up
 * to its limit stays behind every Burstable one. Only what is certain is said; see kill_order.h.
 */
#include "rules/kill_order.h"

enum { OPTION_POINTS };

/* Order is that of pods on a node, not of manifests. */
static bool is_live(const struct rule_ctx *c)
{
    return facts_namespace_is_live(c->facts, c->w->o.ns);
}

static void check(const struct rule_ctx *c, const struct workload *w)
{
    const struct kill_inversion *i = facts_kill_inversion(c, w, c->options[OPTION_POINTS]);
    if (!i)
        return;
    struct finding *f = finding(
        c, AT_POD(((struct pos){0, 0}), ""),
        "its priority is %lld, yet when node " STR_FMT "%s runs out of memory the kernel takes its "
        "container \"" STR_FMT "\" (%lld points) before pod " STR_FMT "/" STR_FMT
        " of priority %lld (at its limit: %lld)",
        (long long)i->priority, STR_ARG(i->node->o.name),
        i->nodes > 1 ? say(c, " (and %zu more)", i->nodes - 1) : "", STR_ARG(i->container->name),
        (long long)i->points, STR_ARG(i->other->o.ns), STR_ARG(i->other->o.name),
        (long long)i->other_priority, (long long)i->other_points);
    finding_fix(c, f,
                "make its pods Guaranteed (requests equal to limits, CPU too), or take that class "
                "from what matters less");
}

const struct rule rule_kill_order_inverted = {
    .id = "kill-order-inverted",
    .severity = SEV_WARNING,
    .title = "The kernel kills what matters more first",
    .why =
        "a leak in the less important pod then kills the more important one, again and again, and "
        "never itself",
    .fix = "make the more important pods Guaranteed",
    .options = {{"points", 100, 1, 2000, "of oom_score; a smaller difference is not mentioned"}},
    .needs = NEEDS_NODES,
    .reads = KIND_BIT(POD),
    .applies = is_live,
    .workload = check,
};
