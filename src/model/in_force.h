/* SPDX-License-Identifier: Apache-2.0
 *
 * The amounts that a pod's node goes by. A pod can be resized in place (1.27 and later): the spec
 * then says what is wanted, the status what the kubelet granted and what the containers really
 * have. The kubelet computes oom_score_adj and its eviction order from what it granted; cgroups
 * hold what was carried out.
 */
#ifndef MODEL_IN_FORCE_H
#define MODEL_IN_FORCE_H

#include "model/cluster.h"

/* The spec with requests as granted (status allocatedResources) and limits as the containers have
 * them (status resources), where the status has them; p->spec itself where nothing differs. Pod-level
 * amounts likewise, as far as the spec has any. Lives as long as a and p. */
const struct pod_spec *pod_spec_in_force(struct arena *a, const struct pod *p);

/* Where a resize stands. */
enum pod_resize {
    RESIZE_NONE,        /* none asked for, or done */
    RESIZE_INFEASIBLE,  /* the node can never grant it */
    RESIZE_DEFERRED,    /* it cannot now */
    RESIZE_ERROR,       /* granted, and the kubelet could not carry it out; it tries again */
    RESIZE_IN_PROGRESS, /* granted */
};
enum pod_resize pod_resize_of(const struct pod *p);
/* As the API words it; NULL for RESIZE_NONE. */
const char *pod_resize_name(enum pod_resize r);

#endif
