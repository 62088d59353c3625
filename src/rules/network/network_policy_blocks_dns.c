/* SPDX-License-Identifier: Apache-2.0
 *
 * Flags NetworkPolicies that deny egress and forget DNS: nothing that connects by name works any
 * more. All policies of the namespace are taken together; a port without protocol is TCP, and lookups
 * go over UDP. One that picks out pods that may send nothing at all is left alone.
 */
#include "rules/network.h"

static void check(const struct rule_ctx *c, const struct network_policy *p)
{
    if (facts_is_system_namespace(p->o.ns))
        return;
    const struct dns_block *b = facts_dns_block(c, p);
    if (!b)
        return;
    const char *who = b->workloads == 0   ? "what it selects"
                      : b->workloads == 1 ? say(c, STR_FMT, STR_ARG(b->first->o.name))
                                          : say(c, "%s (first: " STR_FMT ")",
                                                say_count(c, (int64_t)b->workloads, "workload"),
                                                STR_ARG(b->first->o.name));
    finding(c,
            AT(pos_or(p->egress.count ? p->egress.items[0].at : p->o.spec_at, p->o.spec_at),
               "spec.egress"),
            "it denies egress, and %s for %s: names cannot be looked up",
            b->tcp_only ? "port 53 is open for TCP only (the default of a port without protocol)"
            : b->total  ? "nothing allows any"
                        : "nothing allows DNS",
            who);
}

const struct rule rule_network_policy_blocks_dns = {
    .id = "network-policy-blocks-dns",
    .severity = SEV_WARNING,
    .title = "Egress is denied, and DNS with it",
    .why =
        "the pods reach nothing by name: probes of dependencies fail, and the hunt begins in the "
        "wrong place",
    .fix = "allow egress to namespace kube-system on port 53, UDP and TCP, from podSelector: {}",
    .see = "post-mortem 2",
    .reads = KIND_BIT(NETWORK_POLICY) | KIND_BIT(CILIUM_NETWORK_POLICY),
    .network_policy = check,
};
