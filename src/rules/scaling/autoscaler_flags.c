/* SPDX-License-Identifier: Apache-2.0
 *
 * Looks at the options of the cluster autoscaler. --expendable-pods-priority-cutoff has a default (-10)
 * that is what one would set; it is asked for all the same, as a bound that everybody reads. A cut-off
 * above 0 is a fault.
 */
#include "rules/facts.h"

/* Given, and not as false, 0 or nothing. */
static bool is_on(const struct container *k, const char *option)
{
    struct str value;
    struct pos at;
    return facts_option(k, option, &value, &at) && !str_is(value, "false") && !str_is(value, "0");
}

static void check_bounds(const struct rule_ctx *c, const struct container *k, bool cutoff)
{
    struct place where = AT(pos_or(k->args_at, k->command_at), "args");
    bool bounded = is_on(k, "--max-nodes-total");
    bool balanced = is_on(k, "--balance-similar-node-groups");
    if (bounded && balanced) {
        if (!cutoff)
            finding(c, where,
                    "--expendable-pods-priority-cutoff is not set: nodes are added for pods of "
                    "priority -10 or more, the default");
        return;
    }
    finding(c, where, "%s%s%s%s",
            bounded ? ""
                    : "--max-nodes-total is not set: nothing but the groups' own sizes bounds how "
                      "many nodes a runaway workload may order",
            bounded || balanced ? "" : "; ",
            balanced ? ""
                     : "--balance-similar-node-groups is off: nodes may all be added in one zone, "
                       "and are lost with it",
            cutoff ? "" : "; nor is --expendable-pods-priority-cutoff set (default -10)");
}

/* Whether there is one. */
static bool check_cutoff(const struct rule_ctx *c, const struct container *k)
{
    struct str value;
    struct pos at;
    int64_t cutoff;
    if (!facts_option(k, "--expendable-pods-priority-cutoff", &value, &at))
        return false;
    if (str_to_int64(value, &cutoff) == 0 && cutoff > 0)
        finding(
            c, AT(at, "command"),
            "--expendable-pods-priority-cutoff=%lld: for pods of lower priority, and so for all "
            "that name no priority class, no node is added",
            (long long)cutoff);
    return true;
}

static void check(const struct rule_ctx *c, const struct container *k)
{
    struct str value;
    struct pos at;
    if (!facts_image_is(k, "cluster-autoscaler") && !str_is(k->name, "cluster-autoscaler"))
        return;
    /* A wrapper that is configured elsewhere shows no options at all. */
    if (!facts_says(k, "--"))
        return;
    check_bounds(c, k, check_cutoff(c, k));
    bool given = facts_option(k, "--skip-nodes-with-system-pods", &value, &at);
    if (!given || !str_is(value, "false"))
        finding(c, AT(k->at, ""),
                "--skip-nodes-with-system-pods is on%s: a node that runs a pod of kube-system "
                "(no DaemonSet) is never removed",
                given ? "" : " (the default)");
}

const struct rule rule_autoscaler_flags = {
    .id = "autoscaler-flags",
    .severity = SEV_WARNING,
    .title = "The cluster autoscaler runs without bounds",
    .why = "a leak or a retry storm becomes a bill, or a cluster that grows in one zone only",
    .fix = "set --max-nodes-total=N, --balance-similar-node-groups=true, "
           "--skip-nodes-with-system-pods=false and --expendable-pods-priority-cutoff=-10",
    .see = "post-mortem 0",
    .container = check,
};
