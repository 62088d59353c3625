/* SPDX-License-Identifier: Apache-2.0
 *
 * Flags roles that give nodes/proxy: the kubelet's whole API, and with it a shell in every pod of the
 * node.
 */
#include "rules/facts.h"

static void check(const struct rule_ctx *c, const struct role *r)
{
    if (str_starts(r->o.name, "system:"))
        return;
    for (size_t i = 0; i < r->rules.count; i++)
        if (list_has(&r->rules.items[i].resources, "nodes/proxy"))
            finding(
                c, AT(r->rules.items[i].at, say(c, "rules[%zu]", i)),
                "it gives nodes/proxy, by which anybody may run commands in every pod of a node");
}

const struct rule rule_nodes_proxy = {
    .id = "nodes-proxy",
    .severity = SEV_ERROR,
    .title = "A role gives nodes/proxy",
    .why =
        "it is exec in disguise, even with the verb get alone, and no audit log shows the command",
    .fix = "give nodes/metrics and nodes/stats (or nodes/pods, nodes/configz of newer kubelets) "
           "instead, and ask the kubelet directly",
    .role = check,
};
