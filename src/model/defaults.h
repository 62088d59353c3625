/* SPDX-License-Identifier: Apache-2.0
 *
 * What the API server fills in (pkg/apis/core/v1/defaults.go and the admission plug-ins that are on
 * by default), so that the model sees what a cluster would run. Amounts filled in say so
 * (enum amount_origin); everything else is marked by its missing position.
 */
#ifndef MODEL_DEFAULTS_H
#define MODEL_DEFAULTS_H

#include "model/cluster.h"

/* Every pod and pod template: requests from limits, pod-level requests, ports, and from what the
 * world holds: LimitRange of the namespace, value of the PriorityClass, overhead of the
 * RuntimeClass. Live pods (with a uid or a status) have been through it: nothing is added. Call
 * once, after cluster_resolve(). */
void cluster_default(struct cluster *c);
/* The part that needs no world. */
void pod_spec_default(struct arena *a, struct pod_spec *s);
/* Defaulting of LimitRange objects themselves. */
void limit_range_default(struct arena *a, struct limit_range *l);

/* Values of a probe with the API server's defaults (0, 1, 10, 1, 3). */
int64_t probe_initial_delay_seconds(const struct probe *p);
int64_t probe_timeout_seconds(const struct probe *p);
int64_t probe_period_seconds(const struct probe *p);
int64_t probe_success_threshold(const struct probe *p);
int64_t probe_failure_threshold(const struct probe *p);
/* "HTTP" unless it says HTTPS; "/" unless it has a path. */
struct str handler_scheme(const struct handler *h);
struct str handler_path(const struct handler *h);
/* 30 unless set. */
int64_t pod_grace_seconds(const struct pod_spec *s);
/* IfNotPresent, or Always for :latest and no tag. */
struct str container_pull_policy(const struct container *c);

#endif
