/* SPDX-License-Identifier: Apache-2.0
 *
 * LimitRange admission (plugin/pkg/admission/limitranger): defaults for containers, validation of
 * pods and claims.
 */
#ifndef MODEL_LIMIT_RANGE_H
#define MODEL_LIMIT_RANGE_H

#include "model/cluster.h"

/* What a LimitRange gives to containers that say nothing: `default` and `defaultRequest` as the API
 * server completes them (default <- max; defaultRequest <- default <- min), container type only. */
void limit_range_defaults(struct arena *a, const struct limit_range *l,
                          struct resources *ret_limits, struct resources *ret_requests);
/* Fills in what containers and init containers lack; amounts get AMOUNT_FROM_LIMITRANGE. The
 * annotation text that admission leaves goes to *ret_note (may be NULL; absent if none). */
void limit_range_apply(struct arena *a, const struct limit_range *l, struct pod_spec *spec,
                       struct str *ret_note);
/* 1 = allowed, 0 = denied with the first reason in e. pod_level: gate PodLevelResources. */
int limit_range_allows_pod(struct arena *a, const struct limit_range *l,
                           const struct pod_spec *spec, bool pod_level, struct err *e) MUST_USE;
int limit_range_allows_pvc(const struct limit_range *l, const struct pvc *claim,
                           struct err *e) MUST_USE;

#endif
