/* SPDX-License-Identifier: Apache-2.0
 *
 * Flags Prometheus where it may die first: it is what people look at when memory runs out. Looks at
 * containers of the image prometheus, and at the operator's Prometheus objects.
 */
#include "model/qos.h"
#include "rules/facts.h"

static void check_container(const struct rule_ctx *c, const struct container *k)
{
    if (!facts_image_is(k, "prometheus") || k->kind != CONTAINER_APP || facts_is_job(c->w))
        return;
    const struct resource_requirements *r = &k->resources;
    struct place where = AT(pos_or(r->at, k->at), "resources");
    if (!memory_request(r) && !memory_request(&c->w->tmpl.spec.resources))
        finding_as(c, SEV_ERROR, where,
                   "%s is Prometheus and requests no memory: it is among the first to die when a "
                   "node runs out, and nobody sees why",
                   say_container(c, k));
    else if (pod_qos(&c->w->tmpl.spec, c->w->pod ? &c->w->pod->status : NULL, NULL) !=
             QOS_GUARANTEED)
        finding_as(c, SEV_WARNING, where,
                   "%s is Prometheus, and its pod is not Guaranteed: the kernel may take it before "
                   "what it watches",
                   say_container(c, k));
}

/* The operator adds a sidecar without limits of its own, so Guaranteed is out of reach by this
 * object alone: what can be asked for is that Prometheus has what it asks for. */
static void check_object(const struct rule_ctx *c, const struct prometheus *p)
{
    const struct resource_requirements *r = &p->resources;
    const struct resource_amount *request = memory_request(r), *limit = memory_limit(r);
    struct place where = AT(pos_or(r->at, p->o.spec_at), "spec.resources");
    if (!request && !limit)
        finding_as(c, SEV_ERROR, where,
                   "Prometheus requests no memory: it is among the first to die when a node runs "
                   "out, and nobody sees why");
    else if (!limit || (request && quantity_cmp(request->q, limit->q) != 0))
        finding_as(
            c, SEV_WARNING, where,
            "Prometheus requests %s of memory and may use %s: beyond its request it is evicted "
            "before what it watches",
            say_bytes(c, quantity_value(request->q)),
            limit ? say_bytes(c, quantity_value(limit->q)) : "any amount");
}

const struct rule rule_prometheus_not_guaranteed = {
    .id = "prometheus-not-guaranteed",
    .severity = SEV_ERROR,
    .title = "Monitoring dies first",
    .why = "when nodes run out of memory the alerts stop, and the graphs end where they are needed",
    .fix = "give it requests equal to limits, from what it uses after a compaction and a restart "
           "(the WAL is replayed into memory)",
    .see = "post-mortem 0",
    .container = check_container,
    .prometheus = check_object,
};
