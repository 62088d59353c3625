/* SPDX-License-Identifier: Apache-2.0
 *
 * Says how much more memory a workload requests while it is rolled out: maxSurge pods run beside the
 * old ones, and the nodes must have room for both.
 */
#include "model/pdb_status.h"
#include "rules/facts.h"

enum { OPTION_MEBIBYTES };

static void check(const struct rule_ctx *c, const struct workload *w)
{
    if (w->o.kind != KIND_DEPLOYMENT || str_is(w->strategy_type.v, "Recreate"))
        return;
    struct int_or_str surge = w->max_surge;
    if (surge.type == IOS_ABSENT)
        surge = (struct int_or_str){.type = IOS_STRING, .s = STR("25%")};
    int64_t replicas = facts_replicas_min(w), more;
    if (replicas < 1 || int_or_percent(&surge, replicas, &more) || more < 1)
        return;
    struct pod_amounts p = facts_pod_requests(c, w);
    int64_t extra_bytes = p.memory_bytes > INT64_MAX / more ? INT64_MAX : p.memory_bytes * more;
    if (extra_bytes < c->options[OPTION_MEBIBYTES] * MIB)
        return;
    finding(c, AT(pos_or(w->max_surge.at, w->strategy_at), "spec.strategy.rollingUpdate.maxSurge"),
            "maxSurge " STR_FMT "%s of %s runs %s more during a roll-out: %s of memory requests on "
            "top",
            STR_ARG(surge.s), w->max_surge.type == IOS_ABSENT ? " (the default)" : "",
            say_count(c, replicas, "replica"), say_count(c, more, "pod"),
            say_bytes(c, extra_bytes));
}

const struct rule rule_rollout_surge_memory = {
    .id = "rollout-surge-memory",
    .severity = SEV_INFO,
    .title = "A roll-out needs much memory on top",
    .why = "on full nodes the new pods stay Pending and the roll-out, which may be the fix, hangs",
    .fix = "keep that much free, or set maxSurge: 0 and maxUnavailable: 1 (a pod fewer instead of "
           "pods more)",
    .options = {{"leastMebibytes", 4096, 0, 1 << 20, "less is not mentioned"}},
    .workload = check,
};
