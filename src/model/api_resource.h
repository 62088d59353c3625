/* SPDX-License-Identifier: Apache-2.0
 *
 * What is read of a live cluster: one table of API resources, from which the lists of
 * source/apiserver.c, the questions of `can-i` and the ClusterRole of deploy/ are made.
 */
#ifndef MODEL_API_RESOURCE_H
#define MODEL_API_RESOURCE_H

#include "base/arena.h"
#include "model/kind.h"

/* Which verb reads it. */
enum api_use {
    USE_CHECK = 1,
    USE_INSPECT = 2,
    USE_VICTIMS = 4,
    USE_PLACE = 8,
    USE_SIMULATE = 16,
    USE_SNAPSHOT = 32,
};
enum { USE_COUNT = 6 };
/* "check", by the bit's number. */
extern const char *const api_use_words[USE_COUNT];

struct api_resource {
    enum kind kind;
    const char *group;    /* "" = core */
    const char *versions; /* newest first: "v2 v1"; each reads the same for us */
    const char *resource; /* "pods" */
    bool namespaced;
    bool addon;      /* a cluster may do without it (CRD, aggregated API): absent is not odd */
    unsigned uses;   /* of enum api_use */
    unsigned needed; /* ... those that can say nothing without it */
    /* Not listed: these objects are fetched by name from this namespace. NULL = listed. */
    const char *in_namespace;
    const char *const *names; /* NULL at the end */
};
extern const struct api_resource api_resources[];
extern const size_t api_resource_count;

/* What the API server says of one resource. */
struct right {
    const struct api_resource *resource;
    bool absent; /* the server has no such resource: nothing to ask for */
    bool allowed;
};
struct rights {
    struct right *items; /* as api_resources */
    size_t count;
    struct str ns; /* in this namespace; absent: in all */
    /* Who asks, as the server sees it; absent when it does not say. */
    struct str user;
};

/* "networkpolicies.networking.k8s.io", "pods", "configmaps kube-system/kubelet-config". */
struct str api_resource_name(const struct api_resource *r, struct arena *a);

#endif
