/* SPDX-License-Identifier: Apache-2.0
 *
 * Flags rolling updates that may neither add nor remove a pod: the API server refuses them.
 */
#include "rules/facts.h"

static bool is_zero(const struct int_or_str *v)
{
    int64_t percent;
    if (v->type == IOS_INT)
        return v->i == 0;
    return v->type == IOS_STRING && str_ends(v->s, "%") &&
           str_to_int64(str_sub(v->s, 0, v->s.n - 1), &percent) == 0 && percent == 0;
}

static void check(const struct rule_ctx *c, const struct workload *w)
{
    /* A Deployment's defaults are 25 %, a DaemonSet's are surge 0 and 1 unavailable. */
    bool no_surge =
        is_zero(&w->max_surge) || (w->o.kind == KIND_DAEMON_SET && w->max_surge.type == IOS_ABSENT);
    if ((w->o.kind == KIND_DEPLOYMENT || w->o.kind == KIND_DAEMON_SET) &&
        is_zero(&w->max_unavailable) && no_surge)
        finding(c,
                AT(w->max_unavailable.at, w->o.kind == KIND_DEPLOYMENT
                                              ? "spec.strategy.rollingUpdate.maxUnavailable"
                                              : "spec.updateStrategy.rollingUpdate."
                                                "maxUnavailable"),
                "maxUnavailable and maxSurge are both 0: the roll-out may neither remove a pod nor "
                "add one, and the API server refuses it");
}

const struct rule rule_rollout_blocked = {
    .id = "rollout-blocked",
    .severity = SEV_ERROR,
    .title = "A rolling update has no way to go",
    .why = "no fix can be rolled out",
    .fix = "set maxSurge: 1 (a pod more for a while) or maxUnavailable: 1 (a pod fewer)",
    .workload = check,
};
