/* SPDX-License-Identifier: Apache-2.0
 *
 * Memory limits and requests for containers that have none: from what the user asks for, or from
 * what the input knows of their use. Never a number of our own, never below present use.
 */
#ifndef RULES_SIZES_H
#define RULES_SIZES_H

#include "rules/facts.h"

/* Fixers: resources.limits.memory, resources.requests.memory of the container that is visited. */
void fix_memory_limit(const struct rule_ctx *c, struct finding *f);
void fix_memory_request(const struct rule_ctx *c, struct finding *f);

#endif
