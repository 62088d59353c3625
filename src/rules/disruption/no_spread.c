/* SPDX-License-Identifier: Apache-2.0
 *
 * Says where nothing keeps replicas from sharing a node; a warning where all live pods of a workload
 * do share one, though there are others.
 */
#include "rules/facts.h"

/* The node that all pods are on, or NULL. */
static const struct node *common_node(const struct workload *w)
{
    const struct node *n = w->pods.count > 1 ? w->pods.items[0]->node : NULL;
    for (size_t i = 1; i < w->pods.count; i++)
        if (w->pods.items[i]->node != n)
            return NULL;
    return n;
}

/* A constraint without a selector, or with one for other pods, spreads nothing. */
static bool spreads(const struct pod_spec *s, const struct labels *own)
{
    for (size_t i = 0; i < s->spread.count; i++)
        if (selector_matches(&s->spread.items[i].selector, own))
            return true;
    return false;
}

static bool avoids(const struct pod_affinity_terms *terms, const struct workload *w)
{
    for (size_t i = 0; i < terms->count; i++)
        if (selector_matches(&terms->items[i].selector, &w->tmpl.labels))
            return true;
    return false;
}

static void check(const struct rule_ctx *c, const struct workload *w)
{
    const struct pod_spec *s = &w->tmpl.spec;
    if (facts_replicas_min(w) < 2)
        return;
    const struct node *n = common_node(w);
    if (n && c->cluster->nodes.count > 1) {
        finding_as(c, SEV_WARNING, AT_POD(((struct pos){0, 0}), "topologySpreadConstraints"),
                   "all %zu of its pods run on node " STR_FMT ": its loss is an outage",
                   w->pods.count, STR_ARG(n->o.name));
        return;
    }
    const struct affinity *a = s->affinity;
    if (spreads(s, &w->tmpl.labels) ||
        (a && (avoids(&a->anti_required, w) || avoids(&a->anti_preferred, w))))
        return;
    bool others = s->spread.count > 0 || (a && a->anti_required.count + a->anti_preferred.count);
    finding_as(c, SEV_INFO, AT_POD(((struct pos){0, 0}), "topologySpreadConstraints"),
               "neither topology spread nor anti-affinity keeps its %lld replicas apart%s",
               (long long)facts_replicas_min(w),
               others ? " (what there is selects other pods than its own)" : "");
}

const struct rule rule_no_spread = {
    .id = "no-spread",
    .severity = SEV_WARNING,
    .title = "Replicas may share a node",
    .why = "several replicas on one node are lost together, and together they overload the next",
    .fix =
        "add topologySpreadConstraints over kubernetes.io/hostname and topology.kubernetes.io/zone",
    .reads = KIND_BIT(NODE) | KIND_BIT(HPA),
    .workload = check,
};
