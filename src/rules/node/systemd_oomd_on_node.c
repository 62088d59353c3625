/* SPDX-License-Identifier: Apache-2.0
 *
 * Says where systemd-oomd is seen to run on nodes: it kills whole cgroups by memory pressure, without
 * a look at priorities, budgets or the kubelet's order. Seen are containers that switch it on, and
 * conditions of nodes that speak of it.
 */
#include "rules/facts.h"

static bool switches_on(const struct container *k)
{
    static const char *const verbs[] = {"enable", "start", "unmask", "install"};
    if (!facts_says(k, "systemd-oomd"))
        return false;
    if (facts_says(k, "disable") || facts_says(k, " mask") || facts_says(k, "stop"))
        return false;
    for (size_t i = 0; i < ARRAY_LEN(verbs); i++)
        if (facts_says(k, verbs[i]))
            return true;
    return false;
}

static void check_container(const struct rule_ctx *c, const struct container *k)
{
    if (switches_on(k))
        finding(c, AT(pos_or(k->command_at, k->args_at), "command"),
                "%s switches systemd-oomd on: it may kill pods that the kubelet would have kept",
                say_container(c, k));
}

static void check_node(const struct rule_ctx *c, const struct node *n)
{
    for (size_t i = 0; i < n->conditions.count; i++) {
        const struct condition *k = &n->conditions.items[i];
        if (str_find(k->message, "systemd-oomd") >= 0 && str_find(k->message, "inactive") < 0) {
            finding(c, AT(n->o.name_at, "status.conditions"),
                    "its condition " STR_FMT " speaks of systemd-oomd: it may kill pods that the "
                    "kubelet would have kept",
                    STR_ARG(k->type));
            return;
        }
    }
}

const struct rule rule_systemd_oomd_on_node = {
    .id = "systemd-oomd-on-node",
    .severity = SEV_INFO,
    .title = "systemd-oomd kills on nodes",
    .why =
        "two killers with different aims: systemd-oomd takes a whole cgroup by pressure, the "
        "kubelet evicts by priority and overuse, and only the kubelet's victims are told apart in "
        "events",
    .fix =
        "mask systemd-oomd on nodes, or keep it off kubepods.slice (ManagedOOMMemoryPressure=auto)",
    .see = "post-mortem 3",
    .node = check_node,
    .container = check_container,
};
