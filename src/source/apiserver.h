/* SPDX-License-Identifier: Apache-2.0
 *
 * Reads a live cluster: lists what a verb needs from the API server, several lists at once, and usage
 * from metrics.k8s.io or the kubelets. Only ever GETs.
 */
#ifndef SOURCE_APISERVER_H
#define SOURCE_APISERVER_H

#include "source/api_list.h"

struct apiserver_options {
    struct client *client;
    struct str context, server; /* for people */
    unsigned uses;              /* enum api_use: what to read */
    /* Only this namespace and what of the cluster bears on it; absent: everything. */
    struct str ns;
    /* When pods may not be listed everywhere: this namespace instead. Absent: that is an error. */
    struct str fallback_ns;
    bool ns_must_exist; /* -ENODATA when the one namespace that is read is not there */
    enum list_mode list;
    unsigned threads;
    /* Usage where metrics.k8s.io has none. */
    bool ask_kubelets;      /* at their own address: from inside the cluster only */
    bool kubelets_insecure; /* whatever their certificates */
    bool via_nodes_proxy;   /* through the API server, by the right to nodes/proxy */
    int64_t kubelet_ms;     /* how long each may take; 0: 15 s */
};

struct api_groups;
/* How lists of this server are asked for. */
enum list_mode api_list_mode(enum list_mode asked, const struct api_groups *g);
/* What says nothing about the objects of one namespace. */
bool api_is_about_cluster(enum kind k);
/* Fills e: the one namespace that is read is not there. Returns -ENODATA. */
int api_no_namespace(const struct live_cluster *live, struct err *e);

/* Adds the objects to *ret (before cluster_resolve) and sets ret->live. What the user may not list,
 * or what the server fails to, is in ret->unlisted; a failure is also a PROBLEM_UNREADABLE, but for an
 * add-on. An error
 * when the server does not answer, or what a use cannot do without may not be listed. */
int apiserver_read(const struct apiserver_options *o, struct arena *a, struct cluster *ret,
                   struct err *e) MUST_USE;

#endif
