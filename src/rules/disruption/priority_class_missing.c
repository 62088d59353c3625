/* SPDX-License-Identifier: Apache-2.0
 *
 * Says which pods have no priority class: the scheduler and the kubelet's eviction cannot tell what
 * matters.
 */
#include "rules/facts.h"

static void check(const struct rule_ctx *c, const struct workload *w)
{
    if (!w->tmpl.spec.priority_class_name.v.p && !w->tmpl.spec.priority.set &&
        !facts_is_control_plane(w))
        finding(c, AT_POD(((struct pos){0, 0}), "priorityClassName"),
                "its pods have no priority class: when memory is short, nothing says what to keep");
}

const struct rule rule_priority_class_missing = {
    .id = "priority-class-missing",
    .severity = SEV_INFO,
    .title = "A pod has no priority class",
    .why = "the kubelet evicts by usage over request, then by priority; the scheduler preempts by "
           "priority alone",
    .fix = "set priorityClassName: a higher one for what must stay, a lower one for what can wait",
    .workload = check,
};
