/* SPDX-License-Identifier: Apache-2.0
 *
 * What a cluster would be after some edits: a copy that shares all that stays the same. The pods of
 * a workload whose template changes are made again and wait for the scheduler, as after a rollout;
 * a DaemonSet's stay on their nodes.
 */
#ifndef ANALYSIS_REMEDY_CHANGE_H
#define ANALYSIS_REMEDY_CHANGE_H

#include "model/cluster.h"
#include "model/edit.h"

struct change {
    struct arena *a;
    const struct cluster *from;
    struct cluster *to;
    LIST_OF(struct changed_workload *) workloads;
};

/* change_begin, then edits and nodes, then change_end, which gives the cluster. It is in a; that,
 * `from` (resolved and defaulted) and the edits must outlive it. */
void change_begin(struct change *x, struct arena *a, const struct cluster *from);
/* The object of the edit is found by kind, namespace and name; a KubeletConfiguration that is not
 * there is added for all nodes without one. -EINVAL: no such object, or edit_apply refuses. */
int change_edit(struct change *x, const struct edit *edit, struct err *e) MUST_USE;
/* One more node like this one, with the pods of its DaemonSets, under the name given; without
 * NodeMetrics. */
void change_add_node(struct change *x, const struct node *like, struct str name);
/* -EINVAL: an edit cannot be made in a pod. */
int change_end(struct change *x, struct cluster **ret, struct err *e) MUST_USE;

#endif
