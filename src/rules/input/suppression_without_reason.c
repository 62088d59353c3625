/* SPDX-License-Identifier: Apache-2.0
 *
 * Flags entries of plimsoll.dev/ignore that give no reason: they suppress nothing.
 */
#include "rules/facts.h"

static void check(const struct rule_ctx *c, const struct suppression *s)
{
    if (!s->rule || !str_empty(s->reason))
        return;
    finding(c, AT(s->at, suppression_path(c, s)),
            "plimsoll.dev/ignore names \"" STR_FMT "\" without a reason, so it suppresses nothing",
            STR_ARG(s->id));
}

const struct rule rule_suppression_without_reason = {
    .id = "suppression-without-reason",
    .severity = SEV_WARNING,
    .title = "A finding is to be ignored, but no reason is given",
    .why = "whoever reads it in a year cannot tell whether it still holds",
    .fix = "write plimsoll.dev/ignore: \"rule-id: why it is fine here\"",
    .suppression = check,
};
