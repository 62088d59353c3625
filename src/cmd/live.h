/* SPDX-License-Identifier: Apache-2.0
 *
 * From the options of a live cluster to a client of its API server.
 */
#ifndef CMD_LIVE_H
#define CMD_LIVE_H

#include "client/client.h"
#include "cmd/verb.h"

struct live {
    struct kubeconfig config;
    struct client *client;
    bool in_cluster; /* by a pod's service account */
};
/* Reads the kubeconfig; nothing is asked yet. -ENODATA when there is none at all. Everything is in a,
 * but for the client: live_done(). */
int live_open(const struct live_options *o, struct arena *a, struct live *ret,
              struct err *e) MUST_USE;
void live_done(struct live *l);
/* One of the options that name a cluster was given. */
bool live_is_named(const struct live_options *o);
/* Marks an error as the cluster's: main.c exits with EXIT_CLUSTER. Returns -e->code. */
int live_failed(struct err *e);
/* ---- what world_read() is made of, for verbs that build no model ---- */
/* Refuses options that contradict each other. */
int world_check(const struct world_options *o, struct err *e) MUST_USE;
/* live_open(), said on stderr. */
int world_open_cluster(const struct world_options *o, struct arena *a, struct live *l,
                       struct err *e) MUST_USE;
/* What the answer rests on: rights that are missing, usage that is not known. */
void world_print_live(const struct world_options *o, const struct cluster *c);
/* Prints to stderr what is odd about the world without being a finding. */
void world_print_oddities(const struct cluster *c);

/* "plimsoll: context NAME (https://10.0.0.1:6443)" and the words behind it, on stderr. */
void live_print_name(const struct live *l, struct str more);

#endif
