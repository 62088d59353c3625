/* SPDX-License-Identifier: Apache-2.0
 *
 * Flags namespaces with workloads that everything may connect to: no NetworkPolicy selects them for
 * ingress. Where policies of other kinds (Cilium's, Calico's, AdminNetworkPolicy) are in the input it
 * cannot tell, and stays silent.
 */
#include "rules/network.h"

/* Kinds that bind pods of all namespaces, or of this one, and are not read. */
static bool has_other_kinds(const struct cluster *c)
{
    for (size_t i = 0; i < c->skipped.count; i++)
        if (str_find(c->skipped.items[i].kind, "NetworkPolic") >= 0)
            return true;
    return false;
}

static bool is_isolated(const struct namespace_network *n, const struct workload *w)
{
    for (size_t i = 0; i < n->policies.count; i++)
        if (policy_isolates(n->policies.items[i], POLICY_INGRESS) &&
            policy_selects(n->policies.items[i], &w->tmpl.labels))
            return true;
    return false;
}

static void check(const struct rule_ctx *c, const struct namespace_ *ns)
{
    const struct namespace_network *n = facts_network(c->facts, ns->o.name);
    if (!n || n->other_policies || facts_is_system_namespace(ns->o.name) ||
        has_other_kinds(c->cluster))
        return;
    const struct workload *first = NULL;
    size_t open = 0;
    for (size_t i = 0; i < n->workloads.count; i++)
        if (!is_isolated(n, n->workloads.items[i])) {
            first = first ? first : n->workloads.items[i];
            open++;
        }
    if (open == 0)
        return;
    struct place where = AT(ns->o.name_at, "metadata.name");
    if (n->policies.count == 0)
        finding(c, where,
                "namespace " STR_FMT " has no NetworkPolicy: every pod of the cluster may connect "
                "to its %s",
                STR_ARG(ns->o.name), say_count(c, (int64_t)open, "workload"));
    else
        finding(c, where,
                "namespace " STR_FMT
                " has no default deny: no NetworkPolicy selects %s (first: " STR_FMT
                "), so every pod of the cluster may connect",
                STR_ARG(ns->o.name), say_count(c, (int64_t)open, "workload"),
                STR_ARG(first->o.name));
}

const struct rule rule_network_policy_missing = {
    .id = "network-policy-missing",
    .severity = SEV_WARNING,
    .title = "A namespace has no default deny",
    .why =
        "a load test in staging reaches the production cache, and its connections fill the nodes' "
        "tables for everybody",
    .fix = "add a NetworkPolicy with podSelector: {} and policyTypes: [Ingress], and one for each "
           "connection that is wanted",
    .see = "post-mortem 2",
    .needs = NEEDS_NAMESPACE,
    .reads = KIND_BIT(NETWORK_POLICY) | KIND_BIT(CILIUM_NETWORK_POLICY),
    .ns = check,
    .fix_level = FIX_KIT,
};
