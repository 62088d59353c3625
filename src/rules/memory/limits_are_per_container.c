/* SPDX-License-Identifier: Apache-2.0
 *
 * Says where sidecars make a pod's memory limit much larger than that of its application: limits are
 * per container, and the node must hold their sum.
 */
#include "rules/facts.h"

enum { OPTION_PERCENT };

static void check(const struct rule_ctx *c, const struct workload *w)
{
    const struct pod_spec *s = &w->tmpl.spec;
    const struct containers *lists[] = {&s->init_containers, &s->containers};
    int64_t own = 0, more = 0;
    for (size_t l = 0; l < ARRAY_LEN(lists); l++)
        for (size_t i = 0; i < lists[l]->count; i++) {
            const struct container *k = &lists[l]->items[i];
            const struct resource_amount *limit = memory_limit(&k->resources);
            if (k->kind == CONTAINER_INIT || !limit)
                continue;
            int64_t *sum = facts_is_sidecar(c, k) ? &more : &own;
            *sum += MIN(quantity_value(limit->q), INT64_MAX / 1024);
        }
    if (own == 0 || more * 100 <= own * c->options[OPTION_PERCENT] || memory_limit(&s->resources))
        return;
    finding(c, AT_POD(((struct pos){0, 0}), "containers"),
            "the application may use %s of memory, its sidecars %s more: %s per pod",
            say_bytes(c, own), say_bytes(c, more), say_bytes(c, own + more));
}

const struct rule rule_limits_are_per_container = {
    .id = "limits-are-per-container",
    .severity = SEV_INFO,
    .title = "Sidecars add much to the pod's memory",
    .why = "limits are per container: capacity planned from the application's limit alone is short "
           "by this much in every pod",
    .fix = "plan with the sum, or set one limit for the pod in spec.resources",
    .see = "post-mortem 4",
    .options = {{"percent", 25, 0, 10000,
                 "from how much on, in percent of the application's limits"}},
    .workload = check,
};
