/* SPDX-License-Identifier: Apache-2.0
 *
 * Flags containers that nothing stops from taking all of a node's memory: no limit of their own,
 * none from a LimitRange, none for the pod as a whole. Sidecars have a rule of their own
 * (sidecar-without-limit). The control plane's static pods are left alone: a limit there turns a
 * busy hour into an outage of the API.
 */
#include "rules/sizes.h"

static void check(const struct rule_ctx *c, const struct container *k)
{
    const struct resource_requirements *r = &k->resources;
    if (memory_limit(r) || memory_limit(&c->w->tmpl.spec.resources) ||
        facts_is_control_plane(c->w) || facts_is_sidecar(c, k))
        return;
    const struct resource_amount *zero = resources_find(&r->limits, "memory");
    const struct resource_amount *request = memory_request(r);
    struct pos at = zero ? zero->at : pos_or(r->limits_at, r->at);
    int64_t replicas = facts_replicas_min(c->w);
    const char *times = replicas > 1 ? say(c, " (%lld replicas)", (long long)replicas) : "";
    const char *what = say_container(c, k);
    if (zero)
        finding(
            c, AT(at, "resources.limits.memory"),
            "the memory limit of %s is 0, which means none: it can take all of a node's memory%s",
            what, times);
    else if (request)
        finding(c, AT(at, "resources.limits.memory"),
                "%s requests %s of memory and has no limit: it can take all of a node's memory%s",
                what, say_bytes(c, quantity_value(request->q)), times);
    else
        finding(c, AT(at, "resources.limits.memory"),
                "%s has no memory limit: it can take all of a node's memory%s", what, times);
}

const struct rule rule_memory_limit_missing = {
    .id = "memory-limit-missing",
    .severity = SEV_ERROR,
    .title = "A container has no memory limit",
    .why = "a leak is then stopped by the node's last free page: the kernel kills whatever it "
           "likes, the node goes NotReady, and its pods do the same to the next one",
    .fix = "set resources.limits.memory from measured use (peak plus headroom), or give the "
           "namespace a LimitRange with a default",
    .see = "post-mortem 0",
    .reads = KIND_BIT(LIMIT_RANGE),
    .container = check,
    .fixer = fix_memory_limit,
    .fix_level = FIX_SIZES,
};
