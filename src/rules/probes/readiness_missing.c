/* SPDX-License-Identifier: Apache-2.0
 *
 * Flags containers without a readiness probe; an error where a Service of the input sends this very
 * container traffic. Another container's probe does not help: it says nothing about this one.
 */
#include "rules/facts.h"

static void check(const struct rule_ctx *c, const struct container *k)
{
    const struct workload *w = c->w;
    if (k->readiness || !facts_is_asked_for_probes(c, k))
        return;
    const struct service *s = facts_service_of(w, k);
    bool serves = s && (w->o.kind == KIND_DEPLOYMENT || w->o.kind == KIND_STATEFUL_SET);
    if (!serves && facts_is_sidecar(c, k))
        return;
    if (serves)
        finding(c, AT(k->at, "readinessProbe"),
                "%s has no readiness probe, and Service " STR_FMT
                " sends it traffic from the moment that its process exists",
                say_container(c, k), STR_ARG(s->o.name));
    else
        finding_as(c, SEV_INFO, AT(k->at, "readinessProbe"), "%s has no readiness probe",
                   say_container(c, k));
}

const struct rule rule_readiness_missing = {
    .id = "readiness-missing",
    .severity = SEV_ERROR,
    .title = "A container that serves traffic has no readiness probe",
    .why = "after every restart requests fail until it is up, and roll-outs go on over pods that "
           "do not work",
    .fix = "add a readinessProbe that succeeds once the container can serve (httpGet /ready)",
    .see = "post-mortem 2",
    .reads = KIND_BIT(SERVICE),
    .container = check,
};
