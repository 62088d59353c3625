/* SPDX-License-Identifier: Apache-2.0
 *
 * Flags fields whose type or value Kubernetes refuses. The reader saw them; the field was judged as
 * if it were absent.
 */
#include "rules/facts.h"

static void check(const struct rule_ctx *c, const struct problem *p)
{
    if (p->type == PROBLEM_INVALID_VALUE)
        finding(c, AT(p->at, ""), STR_FMT "%s" STR_FMT, STR_ARG(p->path),
                str_empty(p->path) ? "" : " ", STR_ARG(p->message));
}

const struct rule rule_invalid_value = {
    .id = "invalid-value",
    .severity = SEV_ERROR,
    .title = "A field holds a value that Kubernetes refuses",
    .why = "the API server rejects the whole object, so what it is to protect stays as it is",
    .fix = "write the value as the field's type demands (quantities such as 512Mi, numbers without "
           "quotes, text in quotes)",
    .problem = check,
};
