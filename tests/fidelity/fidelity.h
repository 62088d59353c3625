/* SPDX-License-Identifier: Apache-2.0
 *
 * What the tables of ground truth have in common: one case, where it comes from, and how it failed.
 * A table's source file turns JSON into the arguments of production functions and compares; it
 * computes nothing itself.
 */
#ifndef FIDELITY_H
#define FIDELITY_H

#include "base/buf.h"
#include "base/doc.h"
#include "model/cluster.h"
#include "model/resources.h"

struct check {
    struct arena *a;     /* for one case */
    const struct doc *c; /* the case */
    struct buf *out;     /* what did not match, a line each */
    const char *file;    /* of the table */
    bool failed;
};

/* A kind of case and what checks it. A table ends with {NULL, NULL}. */
struct kind_check {
    const char *kind;
    void (*run)(struct check *k);
};

extern const struct kind_check eviction_kinds[], fit_kinds[], kmsg_kinds[], limitrange_kinds[],
    node_cgroup_kinds[], oom_score_adj_kinds[], pdb_kinds[], pod_requests_kinds[], qos_kinds[],
    quantity_kinds[], node_lifecycle_kinds[], resize_kinds[];

/* ---- reading a case ---- */

struct doc *at(struct check *k, const char *key);
struct str text_at(struct check *k, const char *key);
int64_t int_at(struct check *k, const char *key);
bool bool_at(struct check *k, const char *key);
bool is_null(const struct doc *n); /* absent too */
/* A quantity's text; a null or absent one is 0. Fails the case if it is none. */
struct quantity quantity_of_doc(struct check *k, const struct doc *n);
void pod_of_doc(struct check *k, const struct doc *n, struct pod *ret);
/* With "pod_level_resources": false the API server would have dropped spec.resources. */
void pod_at(struct check *k, const char *key, struct pod *ret);
void resources_of_doc(struct check *k, const struct doc *n, struct resources *ret);
void strings_of_doc(struct check *k, const struct doc *n, struct str_list *ret);
/* A map of strings. */
void labels_of_doc(struct check *k, const struct doc *n, struct labels *ret);

/* ---- comparing ---- */

void fail(struct check *k, const char *fmt, ...) PRINTF_LIKE(2, 3);
void expect_int(struct check *k, const char *what, int64_t want, int64_t got);
void expect_bool(struct check *k, const char *what, bool want, bool got);
void expect_text(struct check *k, const char *what, struct str want, struct str got);
void expect_quantity(struct check *k, const char *what, struct quantity want, struct quantity got);
/* The same names with the same amounts. */
void expect_resources(struct check *k, const char *what, const struct doc *want,
                      const struct resources *got);
void expect_strings(struct check *k, const char *what, const struct str_list *want,
                    const struct str_list *got);
/* A number of the table against an amount that may be absent; null, absent and 0 are the same. */
void expect_opt(struct check *k, const char *what, const struct doc *want, struct opt_int got);

#endif
