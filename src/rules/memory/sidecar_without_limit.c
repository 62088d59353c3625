/* SPDX-License-Identifier: Apache-2.0
 *
 * Flags sidecars without a memory limit: native ones, injected ones, and known helpers beside an
 * application (model/sidecar.c). Takes the place of memory-limit-missing for these.
 */
#include "rules/sizes.h"

static void check(const struct rule_ctx *c, const struct container *k)
{
    const struct resource_requirements *r = &k->resources;
    if (!facts_is_sidecar(c, k) || memory_limit(r) || memory_limit(&c->w->tmpl.spec.resources))
        return;
    int64_t replicas = facts_replicas_min(c->w);
    const char *times = replicas > 1 ? say(c, ", %lld times over", (long long)replicas) : "";
    finding(c, AT(pos_or(r->limits_at, r->at), "resources.limits.memory"),
            "%s has no memory limit: it grows outside the application's own limit%s",
            say_container(c, k), times);
}

const struct rule rule_sidecar_without_limit = {
    .id = "sidecar-without-limit",
    .severity = SEV_ERROR,
    .title = "A sidecar has no memory limit",
    .why = "proxies and log agents grow with traffic, in every pod at once and just when the node "
           "is busiest; the application's limit does not hold them",
    .fix = "set resources.limits.memory of the sidecar from measured use plus headroom",
    .see = "post-mortem 1",
    .reads = KIND_BIT(LIMIT_RANGE),
    .container = check,
    .fixer = fix_memory_limit,
    .fix_level = FIX_SIZES,
};
