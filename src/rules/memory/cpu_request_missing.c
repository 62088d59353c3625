/* SPDX-License-Identifier: Apache-2.0
 *
 * Flags containers for which the scheduler reserves no CPU. Memory pressure and CPU starvation come
 * together: a busy node gives such a container next to nothing, its probes time out, and it is
 * restarted when it is needed most. Where memory is not requested either, memory-request-missing
 * says so as an error and this is an info: one edit mends both. Ordinary init containers are not
 * asked: they run alone.
 */
#include "rules/facts.h"

static bool has_probe(const struct container *k)
{
    return k->liveness || k->readiness || k->startup;
}

static void check(const struct rule_ctx *c, const struct container *k)
{
    const struct resource_requirements *r = &k->resources;
    const struct resource_amount *own = resources_find(&r->requests, "cpu");
    if (k->kind == CONTAINER_INIT || (own && !quantity_is_zero(own->q)) ||
        resources_find(&c->w->tmpl.spec.resources.requests, "cpu"))
        return;
    bool memory = memory_request(r) || memory_request(&c->w->tmpl.spec.resources);
    finding_as(c, memory ? SEV_WARNING : SEV_INFO,
               AT(pos_or(own ? own->at : r->requests_at, r->at), "resources.requests.cpu"),
               "%s requests no CPU: on a busy node it gets next to none%s", say_container(c, k),
               has_probe(k) ? ", and its probes time out" : "");
}

const struct rule rule_cpu_request_missing = {
    .id = "cpu-request-missing",
    .severity = SEV_WARNING,
    .title = "A container requests no CPU",
    .why = "a node that is short of memory is short of CPU too: the kernel then gives this "
           "container the smallest weight there is, and autoscalers cannot compute its utilisation",
    .fix = "set resources.requests.cpu to what it uses on average",
    .reads = KIND_BIT(LIMIT_RANGE),
    .container = check,
};
