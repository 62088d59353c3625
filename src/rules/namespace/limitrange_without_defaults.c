/* SPDX-License-Identifier: Apache-2.0
 *
 * Flags namespaces whose LimitRanges only check and give nothing: a container that names no memory
 * limit still gets none (or, with a maximum, is refused).
 */
#include "model/resources.h"
#include "rules/facts.h"

static bool gives_memory(const struct limit_range *l)
{
    for (size_t i = 0; i < l->limits.count; i++) {
        const struct limit_range_item *item = &l->limits.items[i];
        /* As SetDefaults_LimitRangeItem: a maximum is the default where none is given. */
        if (str_is(item->type, "Container") &&
            (resources_has(&item->default_limit, "memory") || resources_has(&item->max, "memory")))
            return true;
    }
    return false;
}

static void check(const struct rule_ctx *c, const struct limit_range *l)
{
    const struct namespace_ *n = cluster_find_namespace(c->cluster, l->o.ns);
    for (size_t i = 0; n && i < n->limit_ranges.count; i++)
        if (gives_memory(n->limit_ranges.items[i]))
            return;
    if (!gives_memory(l))
        finding(c, AT(l->o.spec_at, "spec.limits"),
                "it gives containers no default memory limit: those that name none run without");
}

const struct rule rule_limitrange_without_defaults = {
    .id = "limitrange-without-defaults",
    .severity = SEV_WARNING,
    .title = "A LimitRange gives no default memory limit",
    .why = "it looks as if the namespace were safe, and one forgotten field is still enough",
    .fix = "add default: {memory: ...} and defaultRequest: {memory: ...} to its Container item",
    .see = "post-mortem 0",
    .reads = KIND_BIT(LIMIT_RANGE),
    .limit_range = check,
};
