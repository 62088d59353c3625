/* SPDX-License-Identifier: Apache-2.0
 *
 * Tells slips of the unit from amounts that are meant, and how to write them.
 */
#include "rules/slip.h"

bool is_slip(const struct resource_amount *m)
{
    return m->origin == AMOUNT_GIVEN && quantity_sign(m->q) > 0 && quantity_value(m->q) < MIB;
}

static size_t count_digits(struct str s)
{
    size_t n = 0;
    while (n < s.n && s.p[n] >= '0' && s.p[n] <= '9')
        n++;
    return n;
}

const char *say_slip(const struct rule_ctx *c, const struct resource_amount *m)
{
    char text[QUANTITY_TEXT];
    struct str given = quantity_text(m->q, text);
    const char *unit = quantity_milli(m->q) % 1000      ? ", thousandths of a byte"
                       : count_digits(given) == given.n ? " bytes"
                                                        : "";
    return say(c, STR_FMT "%s", STR_ARG(given), unit);
}

void finding_fix_slip(const struct rule_ctx *c, struct finding *f, const struct resource_amount *m)
{
    char text[QUANTITY_TEXT];
    struct str given = quantity_text(m->q, text);
    size_t digits = count_digits(given);
    if (digits)
        finding_fix(c, f,
                    "write the unit that is meant, such as " STR_FMT
                    "Mi (m is a thousandth, M and Mi are mega- and mebibytes)",
                    STR_ARG(str_sub(given, 0, digits)));
}
