/* SPDX-License-Identifier: Apache-2.0
 *
 * Whom the kernel kills first on each node, held against priorities.
 */
#ifndef RULES_KILL_ORDER_H
#define RULES_KILL_ORDER_H

#include "rules/facts.h"

/* Points are oom_badness in thousandths of the node's memory: oom_score_adj plus the share used. A
 * pod counts with the points that it has now (measured use; unmeasured: none), the pod of lower
 * priority with those that it has at its memory limit; a pod without a limit in every container may
 * get any number of points and is left out. */
struct kill_inversion {
    const struct workload *workload;
    const struct node *node; /* where the difference is largest */
    size_t nodes;            /* on which this is so */
    const struct container *container;
    int64_t points, priority;
    const struct pod *other; /* of lower priority, killed later */
    int64_t other_points, other_priority;
};

struct kill_orders {
    bool made;
    struct map by_workload; /* bytes of the pointer -> struct kill_inversion */
};

/* The largest inversion of w's pods by at least this many points, or NULL. The first call works out
 * all nodes. */
const struct kill_inversion *facts_kill_inversion(const struct rule_ctx *c,
                                                  const struct workload *w, int64_t least_points);

#endif
