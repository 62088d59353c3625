/* SPDX-License-Identifier: Apache-2.0
 *
 * What `place` answers of one pod: the verdict, whom it would preempt, how many more like it fit
 * and what runs out first; and each refusal in words that name amounts.
 */
#ifndef ANALYSIS_SCHEDULE_PLACEMENT_H
#define ANALYSIS_SCHEDULE_PLACEMENT_H

#include "analysis/schedule/schedule.h"

/* How many nodes refuse the first pod that does not fit any more, and why. */
struct shortage {
    struct str reason; /* "Insufficient memory" */
    uint32_t nodes;
};
struct placement {
    uint32_t pod;
    bool gated; /* has scheduling gates: it is not even tried */
    /* It claims devices (spec.resourceClaims, DRA), which nobody judged: the nodes that can take it
     * are those that could if they had the devices. */
    bool claims_devices;
    int32_t nominated_node; /* where preemption has made room for it; NO_NODE = nowhere */
    bool was_bound;         /* judged as if it did not run yet; it runs on bound_node */
    int32_t bound_node;
    struct verdict verdict;
    bool preemption_tried; /* no node is feasible */
    struct preemption preemption;
    bool capacity_known;
    uint32_t capacity;          /* pods like it that fit beside all that is bound */
    struct shortage *shortages; /* most nodes first */
    size_t shortage_count;
    bool shortages_of_pod; /* no node was looked at: the reason is the pod's */
};

/* Judges a pod against the state; leaves the state as it was. capacity: also count how many fit. */
void placement_make(struct schedule *s, uint32_t pod, bool capacity, struct arena *a,
                    struct placement *ret);

/* "Insufficient memory: needs 2Gi, 1.2Gi free of 30Gi": why the node refuses the pod. */
struct str refusal_text(const struct schedule *s, uint32_t pod, uint32_t node,
                        const struct node_verdict *v, struct arena *a);
/* "No node is large enough: it needs 48Gi of memory, the most that a node has is 32Gi"; absent where
 * an empty node would do. */
struct str oversize_text(const struct schedule *s, uint32_t pod, struct arena *a);

#endif
