/* SPDX-License-Identifier: Apache-2.0
 *
 * What a pod asks for in all: effective requests and limits (component-helpers/resource/helpers.go)
 * with init containers, sidecars, pod-level resources, overhead and in-place resize. Works on what
 * the spec says: call cluster_default() (model/defaults.h) first, so that requests copied from
 * limits count.
 */
#ifndef MODEL_REQUESTS_H
#define MODEL_REQUESTS_H

#include "model/pod.h"
#include "model/resources.h"

/* As upstream's PodResourcesOptions. All false is PodRequests(pod, {}): spec only, pod level over
 * containers, overhead included. */
struct requests_options {
    bool use_status;       /* in-place resize: the scheduler, quota and kubelet admission */
    bool pod_level_status; /* with use_status: pod-level resize too */
    bool exclude_overhead;
    bool skip_pod_level;
    bool skip_containers;                /* requests only */
    bool use_claims;                     /* DRA: status.nodeAllocatableResourceClaimStatuses */
    const struct resources *non_missing; /* per container, in place of what it does not request */
    /* Called with what each container adds (init containers: with the sidecars before it). */
    void (*container)(void *ctx, const struct resources *r, bool init);
    void *ctx;
};
/* What the scheduler of 1.36 uses. */
extern const struct requests_options requests_scheduler;

/* status may be NULL (a template), options too (all false). *ret lives in a. */
void pod_requests(struct arena *a, const struct pod_spec *spec, const struct pod_status *status,
                  const struct requests_options *o, struct resources *ret);
void pod_limits(struct arena *a, const struct pod_spec *spec, const struct pod_status *status,
                const struct requests_options *o, struct resources *ret);

/* The two amounts that most callers want, with whether each is there at all. */
struct pod_amounts {
    int64_t cpu_milli, memory_bytes;
    bool cpu_set, memory_set;
};
struct pod_amounts pod_request_amounts(struct arena *a, const struct pod_spec *spec,
                                       const struct pod_status *status);
struct pod_amounts pod_limit_amounts(struct arena *a, const struct pod_spec *spec,
                                     const struct pod_status *status);
/* The scheduler's scoring request: what a container does not request counts 100m CPU, 200 MiB. */
struct pod_amounts pod_nonzero_requests(struct arena *a, const struct pod_spec *spec,
                                        const struct pod_status *status);

/* Pod-level resources: cpu, memory and hugepages-* are the ones that can be set there. */
bool resource_is_pod_level(struct str name);
bool pod_level_requests_set(const struct pod_spec *spec);
bool pod_level_limits_set(const struct pod_spec *spec);
bool pod_level_resources_set(const struct pod_spec *spec);
/* The PodResizePending condition says Infeasible. */
bool pod_resize_infeasible(const struct pod_status *status);

#endif
