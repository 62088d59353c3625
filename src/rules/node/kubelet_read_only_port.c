/* SPDX-License-Identifier: Apache-2.0
 *
 * Flags the kubelet's read-only port: it tells everybody who can reach the node about all its pods.
 */
#include "rules/facts.h"

static void check(const struct rule_ctx *c, const struct kubelet_config *k)
{
    if (k->read_only_port.set && k->read_only_port.v != 0)
        finding(c, AT(k->read_only_port.at, "readOnlyPort"),
                "port %lld answers anybody without authentication", (long long)k->read_only_port.v);
}

const struct rule rule_kubelet_read_only_port = {
    .id = "kubelet-read-only-port",
    .severity = SEV_ERROR,
    .title = "The kubelet's read-only port is open",
    .why = "what reads it (old monitoring, old audits) breaks on the day somebody closes it; until "
           "then specs and environment of all pods are public on the network",
    .fix = "set readOnlyPort: 0, and let clients use the authenticated port 10250",
    .see = "post-mortem 1",
    .kubelet = check,
};
