/* SPDX-License-Identifier: Apache-2.0
 *
 * What the scorers of resource_scores.h are given for any resource of any node: what it has, what
 * its pods ask for, and what the pod to be placed adds (upstream's
 * plugins/noderesources/resource_allocation.go).
 */
#ifndef ANALYSIS_SCHEDULE_SCORE_INPUTS_H
#define ANALYSIS_SCHEDULE_SCORE_INPUTS_H

#include "model/cluster.h"

struct score_scene {
    const struct resources *allocatable; /* of the node */
    const struct pod *const *pods;       /* on it */
    size_t count;
    const struct pod *pod; /* to be placed */
    bool real;             /* BalancedAllocation: no 100m and 200 MiB for what is not requested */
};
struct score_input {
    int64_t allocatable; /* 0: the resource does not count */
    int64_t without, with_pod;
};
/* An extended resource that the pod does not request does not count. */
void score_input_of(struct arena *a, const struct score_scene *s, struct str resource,
                    struct score_input *ret);
/* What the pod to be placed asks for; cpu in milli. */
int64_t score_request(struct arena *a, const struct score_scene *s, struct str resource);

/* A pod group (gang scheduling, alpha in 1.36) that would go to a set of nodes together. */
struct group_scene {
    const struct node *const *nodes;
    size_t node_count;
    const struct pod *const *group; /* pods to be placed there */
    size_t group_count;
    const struct pod *const *bound; /* on the nodes: by spec.nodeName */
    size_t bound_count;
};
struct weighted_resource {
    struct str name;
    int64_t weight;
};
/* How full the nodes would be as one: MostAllocated over their sums, 0 to 100. At most 64
 * resources. */
int64_t score_group(struct arena *a, const struct group_scene *s,
                    const struct weighted_resource *resources, size_t count);

#endif
