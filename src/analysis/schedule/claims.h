/* SPDX-License-Identifier: Apache-2.0
 *
 * Claims that are made with a pod: of generic ephemeral volumes, and of a StatefulSet's
 * volumeClaimTemplates.
 */
#ifndef ANALYSIS_SCHEDULE_CLAIMS_H
#define ANALYSIS_SCHEDULE_CLAIMS_H

#include "model/cluster.h"

enum { NO_ORDINAL = -1 };
/* Gives a pod that is made like the StatefulSet's template its volumes, as stateful_set_utils.go
 * updateStorage: with the claims of that ordinal, or (NO_ORDINAL) with claims that nobody has. p's
 * list of volumes is copied. Nothing is done where there are no volumeClaimTemplates. A default
 * StorageClass is filled in. */
void pod_add_claims(struct arena *a, const struct cluster *c, const struct workload *w,
                    int64_t ordinal, struct pod *p);

/* What the claim will be that a volume makes; NULL = it makes none, or none that waits for the pod's
 * node (WaitForFirstConsumer). A default StorageClass is filled in, in a copy in `a`. */
const struct pvc *volume_new_claim(struct arena *a, const struct cluster *c,
                                   const struct volume *v);

#endif
