/* SPDX-License-Identifier: Apache-2.0
 *
 * Flags Cilium rules that send one peer's traffic on one port through the proxy (rules for HTTP, Kafka
 * and the like): the port nearly says the same at layer 4. Rules for DNS are left alone: toFQDNs needs
 * them. A rule that names paths closes something: it is told what that costs, and may be kept with a
 * reason.
 */
#include "rules/facts.h"

static void check(const struct rule_ctx *c, const struct cilium_policy *p)
{
    for (size_t i = 0; i < p->rules.count; i++) {
        const struct cilium_rule *r = &p->rules.items[i];
        if (!r->has_l7 || r->peers != 1 || r->ports != 1)
            continue;
        struct place where = AT(pos_or(r->l7_at, r->at), say(c, "rules[%zu].toPorts", i));
        if (!r->l7_restricts) {
            finding(c, where,
                    "its layer 7 rules let through whatever one peer sends on one port, but all of "
                    "it goes through the proxy of its node");
            continue;
        }
        struct finding *f =
            finding(c, where,
                    "for one peer on one port, all traffic goes through the proxy of its node: "
                    "each connection takes an entry more in Cilium's maps");
        finding_fix(c, f,
                    "drop rules: below toPorts where the peer may do what the port serves; where "
                    "it must not, keep them and say so (plimsoll.dev/ignore)");
    }
}

const struct rule rule_cilium_l7_needless = {
    .id = "cilium-l7-needless",
    .severity = SEV_WARNING,
    .title = "Layer 7 rules where layer 4 says the same",
    .why =
        "the proxy costs memory and latency on each node and entries in Cilium's maps; when one is "
        "full, packets are dropped",
    .fix = "drop rules: below toPorts, and keep the peer and the port",
    .see = "post-mortem 3",
    .cilium_policy = check,
};
