/* SPDX-License-Identifier: Apache-2.0
 *
 * Flags HorizontalPodAutoscalers that scale on the utilisation of a resource that their target does
 * not request: utilisation is a percentage of the request, so there is none.
 */
#include "model/requests.h"
#include "rules/facts.h"

/* The first container that counts and lacks the request. As replica_calculator.go: application
 * containers and sidecars, or the one that the metric names. */
static const struct container *without(const struct containers *list, const struct hpa_metric *m)
{
    char name[64];
    snprintf(name, sizeof(name), STR_FMT, STR_ARG(m->resource));
    for (size_t i = 0; i < list->count; i++) {
        const struct container *k = &list->items[i];
        bool counts = k->kind != CONTAINER_INIT &&
                      (!str_is(m->type, "ContainerResource") || str_eq(k->name, m->container));
        if (counts && !resources_find(&k->resources.requests, name))
            return k;
    }
    return NULL;
}

static void check(const struct rule_ctx *c, const struct hpa *h)
{
    const struct workload *w = h->target;
    if (!w || pod_level_requests_set(&w->tmpl.spec) || facts_is_patch(w))
        return;
    for (size_t i = 0; i < h->metrics.count; i++) {
        const struct hpa_metric *m = &h->metrics.items[i];
        bool utilization = m->utilization.set || str_is(m->target_type, "Utilization");
        if (!utilization || (!str_is(m->type, "Resource") && !str_is(m->type, "ContainerResource")))
            continue;
        const struct container *k = without(&w->tmpl.spec.containers, m);
        if (!k)
            k = without(&w->tmpl.spec.init_containers, m);
        if (k)
            finding(c, AT(m->at, say(c, "spec.metrics[%zu]", i)),
                    "it scales on the utilisation of " STR_FMT ", but container \"" STR_FMT
                    "\" of " STR_FMT " requests none: the metric fails and nothing is scaled",
                    STR_ARG(m->resource), STR_ARG(k->name), STR_ARG(w->o.name));
    }
}

const struct rule rule_hpa_without_requests = {
    .id = "hpa-without-requests",
    .severity = SEV_ERROR,
    .title = "An autoscaler scales on a resource that is not requested",
    .why = "utilisation is use divided by request: one container without it (a sidecar is enough) "
           "and the autoscaler reports FailedGetResourceMetric and does nothing",
    .fix = "set the request in every container of the target, or name one container by a "
           "ContainerResource metric",
    .reads = KIND_BIT(LIMIT_RANGE) | WORKLOAD_KINDS,
    .hpa = check,
};
