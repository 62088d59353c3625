/* SPDX-License-Identifier: Apache-2.0
 *
 * LimitRange admission (plugin/pkg/admission/limitranger): defaults for containers, validation of
 * pods and claims.
 */
#ifndef MODEL_LIMIT_RANGE_H
#define MODEL_LIMIT_RANGE_H

#include "model/cluster.h"

/* What a LimitRange gives to containers that say nothing: `default` and `defaultRequest` of its
 * items of type Container. The API server has completed those when it stored the LimitRange
 * (limit_range_default() in model/defaults.h). */
void limit_range_defaults(struct arena *a, const struct limit_range *l,
                          struct resources *ret_limits, struct resources *ret_requests);
/* Fills in what containers and init containers lack; amounts get AMOUNT_FROM_LIMITRANGE. The
 * annotation text that admission leaves goes to *ret_note (may be NULL; absent if none). */
void limit_range_apply(struct arena *a, const struct limit_range *l, struct pod_spec *spec,
                       struct str *ret_note);
/* 1 = allowed, 0 = denied with the first reason in e. */
int limit_range_allows_pod(struct arena *a, const struct limit_range *l,
                           const struct pod_spec *spec, struct err *e) MUST_USE;
int limit_range_allows_pvc(const struct limit_range *l, const struct pvc *claim,
                           struct err *e) MUST_USE;

#endif
