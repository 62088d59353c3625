/* SPDX-License-Identifier: Apache-2.0
 *
 * Says which containers have no CPU limit. Worth knowing, no fault: it is needed for the Guaranteed
 * class, and costs throttling.
 */
#include "rules/facts.h"

static void check(const struct rule_ctx *c, const struct container *k)
{
    const struct resource_requirements *r = &k->resources;
    const struct resource_amount *own = resources_find(&r->limits, "cpu");
    if ((own && !quantity_is_zero(own->q)) ||
        resources_find(&c->w->tmpl.spec.resources.limits, "cpu"))
        return;
    finding(
        c, AT(pos_or(r->limits_at, r->at), "resources.limits.cpu"),
        "%s has no CPU limit: it may take what CPU the node has to spare, and its pod cannot be "
        "Guaranteed",
        say_container(c, k));
}

const struct rule rule_cpu_limit_missing = {
    .id = "cpu-limit-missing",
    .severity = SEV_INFO,
    .title = "A container has no CPU limit",
    .why = "without it the pod is at best Burstable: the kernel may choose it when the node is out "
           "of memory",
    .fix = "leave it out unless the pod is to be Guaranteed (then limit = request): a CPU limit "
           "throttles even while the node is idle",
    .reads = KIND_BIT(LIMIT_RANGE),
    .container = check,
};
