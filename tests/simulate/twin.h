/* SPDX-License-Identifier: Apache-2.0
 *
 * The simulation once more, as plainly as it can be told: every node and pod is followed all the
 * time, lists are arrays that are searched from the front, the scheduler's state is built anew for
 * each round and asked the long way, and a run works on memory of its own. It takes the world (who
 * runs where with what usage) and the arithmetic of single decisions (badness, eviction rank,
 * crash-loop delay, zone states, the scheduling cycle) as they are, which have tests of their own.
 *
 * Left out: nodes that a cluster autoscaler adds.
 */
#ifndef TESTS_SIMULATE_TWIN_H
#define TESTS_SIMULATE_TWIN_H

#include "analysis/simulate/simulate.h"

/* *ret lives in a. */
void twin_run(const struct sim_world *w, const struct contingency *c, int64_t factor,
              struct arena *a, struct sim_outcome *ret);

#endif
