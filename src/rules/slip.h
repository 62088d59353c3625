/* SPDX-License-Identifier: Apache-2.0
 *
 * Amounts of memory whose unit is a slip: "512m" is half a byte, "512" is 512 bytes, and the API
 * server takes both.
 */
#ifndef RULES_SLIP_H
#define RULES_SLIP_H

#include "rules/facts.h"

/* Given, more than nothing, and less than a mebibyte: no process can start in that. */
bool is_slip(const struct resource_amount *m);
/* "512m, thousandths of a byte", "512 bytes", "100Ki". */
const char *say_slip(const struct rule_ctx *c, const struct resource_amount *m);
/* The fix: the number with the unit that is probably meant. */
void finding_fix_slip(const struct rule_ctx *c, struct finding *f, const struct resource_amount *m);

#endif
