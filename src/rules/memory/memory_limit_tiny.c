/* SPDX-License-Identifier: Apache-2.0
 *
 * Flags memory limits in which no process can start. The usual cause is the suffix: "400m" is 0.4
 * bytes, and the API server takes it.
 */
#include "rules/slip.h"

enum { OPTION_KIBIBYTES };

static void check(const struct rule_ctx *c, const struct container *k)
{
    const struct resource_amount *limit = memory_limit(&k->resources);
    if (!limit || limit->origin != AMOUNT_GIVEN ||
        quantity_value(limit->q) >= c->options[OPTION_KIBIBYTES] * 1024)
        return;
    finding_fix_slip(c,
                     finding(c, AT(limit->at, "resources.limits.memory"),
                             "the memory limit of %s is %s: it cannot start", say_container(c, k),
                             say_slip(c, limit)),
                     limit);
}

const struct rule rule_memory_limit_tiny = {
    .id = "memory-limit-tiny",
    .severity = SEV_ERROR,
    .title = "A memory limit is a few bytes",
    .why = "the container is killed before its first instruction, again and again; at the next "
           "roll-out so is the workload",
    .fix = "write the unit that is meant: 400Mi (m is a thousandth, M and Mi are mega- and "
           "mebibytes)",
    .options = {{"leastKibibytes", 1024, 1, 1 << 20, "a smaller limit is a slip"}},
    .container = check,
};
