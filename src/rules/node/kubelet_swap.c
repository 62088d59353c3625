/* SPDX-License-Identifier: Apache-2.0
 *
 * Flags kubelets that let pods swap: the memory limit is then no longer where a container ends.
 */
#include "rules/facts.h"

static void check(const struct rule_ctx *c, const struct kubelet_config *k)
{
    struct str b = k->swap_behavior.v;
    if (str_is(b, "LimitedSwap") || str_is(b, "UnlimitedSwap"))
        finding(c, AT(k->swap_behavior.at, "memorySwap.swapBehavior"),
                "swapBehavior " STR_FMT
                ": Burstable pods may swap in proportion to their requests, "
                "so a leak makes the node slow before it ends in a kill",
                STR_ARG(b));
}

const struct rule rule_kubelet_swap = {
    .id = "kubelet-swap",
    .severity = SEV_WARNING,
    .title = "Pods may use swap",
    .why = "a node that swaps answers late: probes fail and leases expire, with memory to spare",
    .fix = "set memorySwap.swapBehavior: NoSwap, unless the disk is made for it and probes are "
           "patient",
    .kubelet = check,
};
