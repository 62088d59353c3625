/* SPDX-License-Identifier: Apache-2.0
 *
 * Flags namespaces without a LimitRange: whoever forgets requests and limits gets none.
 */
#include "rules/facts.h"

static void check(const struct rule_ctx *c, const struct namespace_ *n)
{
    if (!facts_is_system_namespace(n->o.name) && n->limit_ranges.count == 0 &&
        n->workloads.count > 0)
        finding(c, AT(n->o.name_at, "metadata.name"),
                "namespace " STR_FMT " has no LimitRange: containers that name no memory limit get "
                "none",
                STR_ARG(n->o.name));
}

const struct rule rule_limitrange_missing = {
    .id = "limitrange-missing",
    .severity = SEV_WARNING,
    .title = "A namespace has no LimitRange",
    .why = "one forgotten field is then enough for a container that can take a whole node",
    .fix = "add a LimitRange with default and defaultRequest for containers (from what runs there)",
    .see = "post-mortem 0",
    .needs = NEEDS_NAMESPACE,
    .reads = KIND_BIT(LIMIT_RANGE),
    .ns = check,
    .fix_level = FIX_KIT,
};
