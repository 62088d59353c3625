/* SPDX-License-Identifier: Apache-2.0
 *
 * check --against: judges a change by what was there before it.
 */
#ifndef CMD_CHECK_AGAINST_H
#define CMD_CHECK_AGAINST_H

#include "cmd/check/check.h"
#include "output/change.h"

/* --against live: the world before is the cluster, and the one after the cluster with the files. */
bool against_is_live(const struct option_texts *paths);

struct against {
    const struct option_texts *paths; /* the world before */
    const struct cluster *live;       /* ... when it has been read; NULL: not */
    const struct world_options *world;
    const struct check_config *config;
    bool no_figures;
};
/* Reads and judges the world before, marks in `now` what it has too, and works out the rest.
 * Changes the cluster of `now` (pods of changed workloads are made again): after its judgement. */
int against_use(const struct against *in, struct arena *a, struct judged *now, struct change *ret,
                struct err *e) MUST_USE;

#endif
