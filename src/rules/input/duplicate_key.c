/* SPDX-License-Identifier: Apache-2.0
 *
 * Flags keys that a map holds twice. The reader saw them; the later value is what was judged.
 */
#include "rules/facts.h"

static void check(const struct rule_ctx *c, const struct problem *p)
{
    if (p->type != PROBLEM_DUPLICATE_KEY)
        return;
    if (p->other.line == p->at.line)
        finding(c, AT(p->at, ""), "key \"" STR_FMT "\" is given twice: the first value is lost",
                STR_ARG(p->path));
    else
        finding(c, AT(p->at, ""),
                "key \"" STR_FMT "\" is given twice, in lines %u and %u: the first value is lost",
                STR_ARG(p->path), p->other.line, p->at.line);
}

const struct rule rule_duplicate_key = {
    .id = "duplicate-key",
    .severity = SEV_ERROR,
    .title = "A key is given twice",
    .why = "kubectl apply refuses it (strict decoding); other tools keep one of the two values, "
           "not all the same one",
    .fix = "remove one of the two",
    .problem = check,
};
