/* SPDX-License-Identifier: Apache-2.0
 *
 * What a namespace should have and has not: a LimitRange, a ResourceQuota, a default deny. Sized from
 * what runs there, and from nothing else.
 */
#ifndef ANALYSIS_NAMESPACE_KIT_H
#define ANALYSIS_NAMESPACE_KIT_H

#include "model/cluster.h"

/* A container of the namespace. */
struct kit_container {
    const struct workload *w;
    const struct container *k;
};
struct namespace_kit {
    struct str ns;
    size_t workloads, containers, unlimited; /* unlimited: containers without a memory limit */
    /* LimitRange: made, or why not (absent: the namespace has one that gives memory). */
    bool limit_range;
    struct str no_limit_range;
    int64_t default_limit_bytes, default_request_bytes;
    struct kit_container model; /* whose limit, or use, the default is */
    enum { KIT_MEDIAN_LIMIT, KIT_LARGEST_LIMIT, KIT_LARGEST_USE } basis; /* ... and why that one */
    bool requests_known; /* defaultRequest is the median of the requests; else the default */
    /* ResourceQuota, likewise. */
    bool quota;
    struct str no_quota;
    int64_t requests_bytes, limits_bytes;
    int64_t pods;     /* at their most */
    int64_t hpa_pods; /* of these, what HPAs may add */
    int64_t surge_pods, daemon_pods;
    /* NetworkPolicies. */
    bool deny_ingress, deny_egress; /* to be made */
    struct str no_network;          /* why neither is made; absent: there are some */
};
struct namespace_kits {
    struct namespace_kit *items;
    size_t count, cap;
};

/* One for each namespace with workloads, in the order of the input; not for kube-*. The cluster is
 * resolved and defaulted. Everything is in a. */
void namespace_kits_make(const struct cluster *c, struct arena *a, struct namespace_kits *ret);

#endif
