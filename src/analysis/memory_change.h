/* SPDX-License-Identifier: Apache-2.0
 *
 * What a change of manifests does to memory: what is requested, and what may be used (limits), by
 * workload and namespace, before and after.
 */
#ifndef ANALYSIS_MEMORY_CHANGE_H
#define ANALYSIS_MEMORY_CHANGE_H

#include "model/cluster.h"

/* Of one workload, one namespace, or all. */
struct memory_sum {
    int64_t pods;                       /* by replicas; 0 = it is not there */
    int64_t request_bytes, limit_bytes; /* of all pods together */
    int64_t unlimited; /* pods with a container that no limit holds: not in limit_bytes */
    int64_t uncounted; /* workloads whose pods cannot be counted: a DaemonSet without Nodes */
};
struct memory_row {
    const struct workload *workload; /* as it is after, or was before; NULL: a namespace, or all */
    struct str ns;
    struct memory_sum before, after;
};
struct memory_change {
    LIST_OF(struct memory_row) workloads;  /* those that differ, by namespace, kind and name */
    LIST_OF(struct memory_row) namespaces; /* of these, with all their workloads */
    struct memory_row all;
};
/* Both resolved and defaulted. Everything is in a. */
void memory_change_make(struct arena *a, const struct cluster *before, const struct cluster *after,
                        struct memory_change *ret);

#endif
