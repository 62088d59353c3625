/* SPDX-License-Identifier: Apache-2.0
 *
 * How much memory pods use, as their kubelets say: for clusters without metrics.k8s.io.
 */
#ifndef SOURCE_KUBELET_USAGE_H
#define SOURCE_KUBELET_USAGE_H

#include "client/client.h"
#include "model/cluster.h"
#include "model/object_list.h"

struct kubelet_question {
    struct client *client;
    bool through_proxy; /* of the API server, by nodes/proxy; else at the node's own address */
    bool insecure;      /* do not check certificates */
    int64_t request_ms; /* for each kubelet; 0: 15 s */
};
/* Asks the kubelet of every Node of c, and adds what they say as PodMetrics and NodeMetrics. Kubelets
 * that do not answer are counted in one PROBLEM_DANGLING. 0 or -ENOMEM. */
int kubelet_usage_read(const struct kubelet_question *q, struct arena *a, struct cluster *c,
                       struct err *e) MUST_USE;
/* The same, each as an object of metrics.k8s.io, and c as it was but for the problem. What a pod's own
 * cgroup holds is its annotation POD_MEMORY_ANNOTATION. */
int kubelet_usage_each(const struct kubelet_question *q, each_fn *fn, void *ctx, struct arena *a,
                       struct cluster *c, struct err *e) MUST_USE;

#endif
