/* SPDX-License-Identifier: Apache-2.0
 *
 * Flags containers for which the scheduler reserves no memory. Ordinary init containers are not
 * asked: they run alone, inside what the pod's other containers have reserved.
 */
#include "model/oom_score.h"
#include "rules/sizes.h"
#include "rules/slip.h"

/* Critical pods are not evicted, static ones not even scheduled: what remains is that others are put
 * where they use memory. */
static void find_absent(const struct rule_ctx *c, const struct container *k, struct place where)
{
    if (facts_is_control_plane(c->w))
        finding_as(c, SEV_WARNING, where,
                   "%s requests no memory: the scheduler fills its node as if it used none",
                   say_container(c, k));
    else if (pod_is_critical(&c->w->tmpl.spec, c->w->pod))
        finding(c, where,
                "%s requests no memory: the scheduler puts it on nodes that are full, and others "
                "are evicted for it",
                say_container(c, k));
    else
        finding(c, where,
                "%s requests no memory: the scheduler puts it on nodes that are full, and it is "
                "among the first to be evicted",
                say_container(c, k));
}

static void check(const struct rule_ctx *c, const struct container *k)
{
    const struct resource_requirements *r = &k->resources;
    if (k->kind == CONTAINER_INIT || memory_request(&c->w->tmpl.spec.resources))
        return;
    const struct resource_amount *request = memory_request(r);
    struct place where = AT(pos_or(r->requests_at, r->at), "resources.requests.memory");
    if (!request) {
        find_absent(c, k, where);
        return;
    }
    if (is_slip(request))
        finding_fix_slip(c,
                         finding(c, AT(request->at, "resources.requests.memory"),
                                 "the memory request of %s is %s: next to nothing is reserved",
                                 say_container(c, k), say_slip(c, request)),
                         request);
    if (request->origin != AMOUNT_FROM_LIMIT)
        return;
    const char *amount = say_bytes(c, quantity_value(request->q));
    struct finding *f = finding_as(c, SEV_INFO, where,
                                   "%s has no memory request of its own: its limit of %s is "
                                   "reserved in full",
                                   say_container(c, k), amount);
    finding_fix(c, f,
                "write resources.requests.memory: %s if that is meant, or what it uses on "
                "average",
                amount);
}

const struct rule rule_memory_request_missing = {
    .id = "memory-request-missing",
    .severity = SEV_ERROR,
    .title = "A container requests no memory",
    .why = "what is not requested is not reserved: nodes fill up with memory that the scheduler "
           "does not see, and the loss of one overloads the next",
    .fix = "set resources.requests.memory to what the container uses on average",
    .see = "post-mortems 0 and 3",
    .reads = KIND_BIT(LIMIT_RANGE),
    .container = check,
    .fixer = fix_memory_request,
    .fix_level = FIX_SIZES,
};
