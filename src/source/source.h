/* SPDX-License-Identifier: Apache-2.0
 *
 * Reads a world: a live cluster, files, folders and standard input into one resolved, defaulted cluster.
 */
#ifndef SOURCE_SOURCE_H
#define SOURCE_SOURCE_H

#include "model/cluster.h"

struct apiserver_options;
struct source_options {
    const struct str *paths; /* files, folders (recursive: .yaml .yml .json) or "-" */
    size_t path_count;
    const struct str_list *exclude; /* glob_path() patterns of what is not read; NULL = none */
    bool complete;                  /* --complete: what is absent does not exist */
    unsigned threads;               /* 0 = one per CPU, at most 8 */
    const struct apiserver_options *live; /* a cluster to read before the files; NULL = none */
    struct cluster *before; /* with live, gets the cluster as it is without the files; or NULL */
    struct str implied_ns;  /* of objects in files that name none; absent = "default" */
};

/* Reads everything that can be read; a file or document that cannot is a PROBLEM_UNREADABLE of the
 * cluster. Objects are in the order of the paths, folders sorted by name. Then cluster_resolve and
 * the API server's defaults (model/defaults.h). Fails when memory is out (-ENOMEM) or the cluster cannot be
 * read at all (apiserver_read()). The arena owns everything. */
int source_read(const struct source_options *o, struct arena *a, struct cluster *ret,
                struct err *e) MUST_USE;
/* The files that the options name, in their order; a folder that cannot be listed is a
 * PROBLEM_UNREADABLE of *problems. 0 or -ENOMEM. */
int source_list(const struct source_options *o, struct arena *a, struct str_list *ret,
                struct cluster *problems) MUST_USE;
/* Whether an object of the cluster was read from this file, under whatever name. */
bool source_was_read(const struct cluster *c, struct str file, struct arena *a);
/* The number of problems of type PROBLEM_UNREADABLE. */
size_t source_unreadable(const struct cluster *c);

#endif
