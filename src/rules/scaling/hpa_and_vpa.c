/* SPDX-License-Identifier: Apache-2.0
 *
 * Flags workloads that a HorizontalPodAutoscaler and a VerticalPodAutoscaler scale on the same
 * resource: each changes what the other measures.
 */
#include "rules/facts.h"

static bool has(const struct str_list *l, struct str word)
{
    for (size_t i = 0; i < l->count; i++)
        if (str_eq(l->items[i], word))
            return true;
    return l->count == 0;
}

/* A VPA controls CPU and memory unless its policies say less. */
static bool controls(const struct vpa *v, struct str resource)
{
    if (str_is(v->update_mode.v, "Off"))
        return false;
    for (size_t i = 0; i < v->policies.count; i++)
        if (!str_is(v->policies.items[i].mode, "Off") &&
            has(&v->policies.items[i].controlled_resources, resource))
            return true;
    return v->policies.count == 0;
}

static void check(const struct rule_ctx *c, const struct hpa *h)
{
    const struct workload *w = h->target;
    for (size_t i = 0; w && i < h->metrics.count; i++) {
        const struct hpa_metric *m = &h->metrics.items[i];
        for (size_t n = 0; n < w->vpas.count && !str_empty(m->resource); n++)
            if (controls(w->vpas.items[n], m->resource)) {
                finding(c, AT(m->at, say(c, "spec.metrics[%zu]", i)),
                        "it scales " STR_FMT " on " STR_FMT ", whose request "
                        "VerticalPodAutoscaler " STR_FMT " changes at the same time",
                        STR_ARG(w->o.name), STR_ARG(m->resource),
                        STR_ARG(w->vpas.items[n]->o.name));
                break;
            }
    }
}

const struct rule rule_hpa_and_vpa = {
    .id = "hpa-and-vpa",
    .severity = SEV_ERROR,
    .title = "Two autoscalers work on one resource of one workload",
    .why = "the vertical one changes the request, by which the horizontal one divides: they drive "
           "each other, and pods are restarted all the time",
    .fix = "set updatePolicy.updateMode: Off on the VerticalPodAutoscaler, or leave it the other "
           "resource (controlledResources)",
    .reads = KIND_BIT(VPA),
    .hpa = check,
};
