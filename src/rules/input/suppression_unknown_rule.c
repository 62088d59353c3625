/* SPDX-License-Identifier: Apache-2.0
 *
 * Flags entries of plimsoll.dev/ignore that name no rule: misspelt ones suppress nothing.
 */
#include "rules/facts.h"

static void check(const struct rule_ctx *c, const struct suppression *s)
{
    if (s->rule)
        return;
    const char *guess = rule_suggest(s->id);
    finding(c, AT(s->at, suppression_path(c, s)),
            "plimsoll.dev/ignore names \"" STR_FMT "\", which is no rule%s%s%s", STR_ARG(s->id),
            guess ? "; did you mean \"" : "", guess ? guess : "", guess ? "\"?" : "");
}

const struct rule rule_suppression_unknown_rule = {
    .id = "suppression-unknown-rule",
    .severity = SEV_WARNING,
    .title = "A rule that does not exist is to be ignored",
    .why = "a misspelt entry suppresses nothing, and one left over from a rule that has gone "
           "misleads",
    .fix = "name the rule as \"plimsoll rules\" lists it, or remove the entry",
    .suppression = check,
};
