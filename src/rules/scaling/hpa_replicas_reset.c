/* SPDX-License-Identifier: Apache-2.0
 *
 * Flags manifests that give the number of replicas of what an autoscaler scales: whoever applies one
 * at the peak takes away what the autoscaler has added. What a cluster or a recording of it shows is
 * no manifest: there the number is the autoscaler's own.
 */
#include "rules/facts.h"

enum { OPTION_FACTOR };

static void check(const struct rule_ctx *c, const struct workload *w)
{
    if (w->o.uid.n || w->status_replicas.set || !w->replicas.set || w->replicas.v < 1)
        return;
    for (size_t i = 0; i < w->hpas.count; i++) {
        const struct hpa *h = w->hpas.items[i];
        if (!h->max_replicas.set || h->max_replicas.v <= w->replicas.v)
            continue;
        bool much = h->max_replicas.v / c->options[OPTION_FACTOR] >= w->replicas.v;
        finding_as(c, much ? SEV_WARNING : SEV_INFO, AT(w->replicas.at, "spec.replicas"),
                   "HorizontalPodAutoscaler " STR_FMT " scales it up to %lld, but every apply goes "
                   "back to the %lld of the manifest",
                   STR_ARG(h->o.name), (long long)h->max_replicas.v, (long long)w->replicas.v);
        return;
    }
}

const struct rule rule_hpa_replicas_reset = {
    .id = "hpa-replicas-reset",
    .severity = SEV_WARNING,
    .title = "An apply takes away what the autoscaler has added",
    .why = "a deploy at the peak leaves a few pods with the load of many: they run out of memory "
           "before the autoscaler has counted",
    .fix =
        "leave spec.replicas out of the manifest; where kubectl apply has set it, take it out with "
        "kubectl apply edit-last-applied first, or the next apply scales to 1",
    .options = {{"factor", 3, 1, 1000,
                 "a warning where the autoscaler may go to this many times the "
                 "manifest's replicas"}},
    .workload = check,
};
