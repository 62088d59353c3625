/* SPDX-License-Identifier: Apache-2.0
 *
 * A second cluster of the same objects, for a change to be tried on one of them.
 */
#ifndef MODEL_FORK_H
#define MODEL_FORK_H

#include "model/cluster.h"

/* Before cluster_resolve(): copies what resolving and defaulting change, and shares the rest, which
 * must outlive both. The pods of a server, which nothing changes, share their containers. */
void cluster_fork(struct arena *a, const struct cluster *from, struct cluster *ret);

#endif
