/* SPDX-License-Identifier: Apache-2.0
 *
 * Writes a world as it passes by: one List, or a folder with one List for each kind.
 */
#ifndef ACT_SNAPSHOT_H
#define ACT_SNAPSHOT_H

#include "base/doc.h"
#include "model/cluster.h"
#include "model/record.h"

struct snapshot_options {
    struct str to; /* a file, or a folder: one that is there, or a name that ends in "/"; absent:
                              standard output */
    struct record_names names;
    bool dry_run; /* nothing is written */
};
struct snapshot_counts {
    size_t objects, kinds;
    size_t left_out; /* Secrets */
    size_t unknown;  /* of kinds that are not read: one stands for all of a kind */
};

struct snapshot;
int snapshot_new(const struct snapshot_options *o, struct snapshot **ret, struct err *e) MUST_USE;
int snapshot_add(struct snapshot *s, const struct doc *object, struct str api_version,
                 struct str kind, struct err *e) MUST_USE;
/* What of a live cluster could not be seen (c->live, c->unlisted): whoever reads the snapshot is to know. */
int snapshot_add_gaps(struct snapshot *s, const struct cluster *c, struct err *e) MUST_USE;
/* Completes the files and frees s. An error leaves what was there before. */
int snapshot_commit(struct snapshot *s, struct snapshot_counts *ret, struct err *e) MUST_USE;
void snapshot_abandon(struct snapshot *s);

#endif
