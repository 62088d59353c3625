/* SPDX-License-Identifier: Apache-2.0
 *
 * Flags memory requests above the limit, of a container or of the pod: the API server refuses the
 * pod. It happens quietly where the limit comes from a LimitRange. Limits that are nothing but a
 * slip of the unit are memory-limit-tiny's.
 */
#include "rules/slip.h"

/* k: whose they are; NULL: the pod's. */
static void compare(const struct rule_ctx *c, const struct container *k,
                    const struct resource_requirements *r)
{
    const struct resource_amount *request = resources_find(&r->requests, "memory");
    const struct resource_amount *limit = resources_find(&r->limits, "memory");
    if (!request || !limit || quantity_cmp(request->q, limit->q) <= 0 || (k && is_slip(limit)))
        return;
    bool from_range = limit->origin == AMOUNT_FROM_LIMITRANGE;
    struct place where = AT(pos_or(request->at, limit->at), "resources.requests.memory");
    where.in_pod = !k;
    const char *requested = say_bytes(c, quantity_value(request->q));
    const char *limited = say_bytes(c, quantity_value(limit->q));
    struct finding *f =
        finding(c, where,
                "%s requests %s of memory but its limit%s is %s: the API server refuses "
                "the pod",
                k ? say_container(c, k) : "the pod", requested,
                from_range ? " (the LimitRange's default)" : "", limited);
    if (quantity_sign(limit->q) == 0)
        finding_fix(c, f, "raise limits.memory to %s or more", requested);
    else
        finding_fix(c, f,
                    "raise limits.memory to %s or more, or lower requests.memory to %s or less",
                    requested, limited);
}

static void check_container(const struct rule_ctx *c, const struct container *k)
{
    compare(c, k, &k->resources);
}

static void check_pod(const struct rule_ctx *c, const struct workload *w)
{
    compare(c, NULL, &w->tmpl.spec.resources);
}

const struct rule rule_memory_request_over_limit = {
    .id = "memory-request-over-limit",
    .severity = SEV_ERROR,
    .title = "A memory request is larger than the limit",
    .why = "no pod of this template can be created: the roll-out stops, and what is lost is not "
           "replaced",
    .fix = "raise limits.memory or lower requests.memory",
    .container = check_container,
    .workload = check_pod,
};
