/* SPDX-License-Identifier: Apache-2.0
 *
 * Parts of a cluster that were read apart, put together in order. For the readers only.
 */
#ifndef SOURCE_JOIN_H
#define SOURCE_JOIN_H

#include "model/cluster.h"

/* Appends what `from` holds to `to`. Objects are not copied. */
void cluster_join(struct arena *a, struct cluster *to, const struct cluster *from);
/* The same, as if `over` had been applied to what `under` holds: objects of one kind, namespace and name
 * are replaced. A workload that does not say its replicas keeps those it had. */
void cluster_overlay(struct arena *a, struct cluster *under, const struct cluster *over);
/* A PROBLEM_UNREADABLE. message lives as long as a. */
void cluster_unreadable(struct arena *a, struct cluster *c, struct str file, struct pos at,
                        struct str message);
/* The line and column that an error names; {0, 0} if none. */
struct pos pos_of_err(const struct err *e);

#endif
