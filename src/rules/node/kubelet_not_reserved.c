/* SPDX-License-Identifier: Apache-2.0
 *
 * Flags kubelet configurations that set no memory aside for the system or for Kubernetes: pods may
 * then book the whole machine.
 */
#include "rules/facts.h"

static bool reserves(const struct labels *reserved)
{
    struct quantity q;
    struct str text = labels_get(reserved, "memory");
    return text.p && quantity_parse_field(text, &q) == 0 && !quantity_is_zero(q);
}

static void check(const struct rule_ctx *c, const struct kubelet_config *k)
{
    if (reserves(&k->system_reserved) || reserves(&k->kube_reserved))
        return;
    bool node = !str_empty(k->node);
    finding(c, AT(pos_or(k->kube_reserved_at, k->system_reserved_at), "kubeReserved.memory"),
            "the kubelet%s" STR_FMT " reserves no memory for the system or itself (neither "
            "systemReserved nor kubeReserved): pods may book all of the node but evictionHard",
            node ? " of " : "", STR_ARG(k->node));
}

const struct rule rule_kubelet_not_reserved = {
    .id = "kubelet-not-reserved",
    .severity = SEV_ERROR,
    .title = "The kubelet reserves no memory for the system",
    .why = "when pods use what they were promised, kubelet, container runtime and sshd fight them "
           "for the rest: the node goes NotReady instead of evicting",
    .fix = "set kubeReserved.memory and systemReserved.memory, for example 1Gi each, from what "
           "system.slice and the kubelet really use",
    .see = "post-mortem 3",
    .kubelet = check,
};
