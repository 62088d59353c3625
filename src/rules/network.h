/* SPDX-License-Identifier: Apache-2.0
 *
 * What the NetworkPolicies of a namespace make of its workloads. Policies add up: a pod that any of
 * them selects for a direction may do there what one of them allows, and nothing else.
 */
#ifndef RULES_NETWORK_H
#define RULES_NETWORK_H

#include "rules/facts.h"

enum policy_direction { POLICY_INGRESS, POLICY_EGRESS };

/* What a policy takes away from workloads: lookups of names. */
struct dns_block {
    size_t workloads; /* that have egress denied, and DNS with it; blamed on their first policy */
    const struct workload *first;
    bool blocks;   /* some, or (without workloads in the input) whatever it selects */
    bool total;    /* nothing at all may leave */
    bool tcp_only; /* port 53 is allowed, but not over UDP */
};
struct namespace_network {
    struct str ns;
    LIST_OF(const struct network_policy *) policies;
    LIST_OF(const struct workload *)
    workloads;           /* judged ones, without those on the host's network */
    bool other_policies; /* of kinds that are not understood here, or far too many of all */
    bool judged;
    struct dns_block *dns; /* of each policy, once judged */
};

/* That of a namespace; NULL if it has neither policies nor workloads. */
struct namespace_network *facts_network(const struct facts *f, struct str ns);
void networks_init(struct facts *f);

/* Whether p has a say in this direction at all. */
bool policy_isolates(const struct network_policy *p, enum policy_direction d);
bool policy_selects(const struct network_policy *p, const struct labels *pod);
/* What p does to lookups of names, with the other policies of its namespace. */
const struct dns_block *facts_dns_block(const struct rule_ctx *c, const struct network_policy *p);

#endif
