/* SPDX-License-Identifier: Apache-2.0
 *
 * Memory limits and requests for containers that have none: from what the user asks for, or from
 * what the input knows of their use. Never a number of our own, never below present use.
 */
#ifndef RULES_SIZES_H
#define RULES_SIZES_H

#include "rules/facts.h"

/* What the input knows of a container's memory; 0 = not known. */
struct memory_use {
    int64_t present_bytes; /* the most that any of the workload's pods uses now */
    int64_t
        usual_bytes;    /* what to reserve: p95 of its UsageProfile, else its level, else present */
    int64_t peak_bytes; /* what it may grow to: max or ceiling of its UsageProfile */
};
struct memory_use facts_memory_use(const struct cluster *c, const struct workload *w,
                                   struct str container);
/* "512Mi": exact. */
struct str memory_amount_text(struct arena *a, int64_t bytes);

/* Fixers: resources.limits.memory, resources.requests.memory of the container that is visited. */
void fix_memory_limit(const struct rule_ctx *c, struct finding *f);
void fix_memory_request(const struct rule_ctx *c, struct finding *f);

#endif
