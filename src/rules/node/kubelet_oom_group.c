/* SPDX-License-Identifier: Apache-2.0
 *
 * Says where the kernel kills single processes of a container instead of the whole.
 */
#include "rules/facts.h"

static void check(const struct rule_ctx *c, const struct kubelet_config *k)
{
    if (k->single_process_oom_kill.v)
        finding(c, AT(k->single_process_oom_kill.at, "singleProcessOOMKill"),
                "singleProcessOOMKill: an OOM kill takes one process of a container and leaves the "
                "rest, which may go on half alive");
}

const struct rule rule_kubelet_oom_group = {
    .id = "kubelet-oom-group",
    .severity = SEV_INFO,
    .title = "An OOM kill takes single processes",
    .why = "a container that lost a worker is not restarted and not marked OOMKilled",
    .fix = "leave singleProcessOOMKill at false (memory.oom.group 1) unless the application "
           "restarts its own workers",
    .kubelet = check,
};
