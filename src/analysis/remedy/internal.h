/* SPDX-License-Identifier: Apache-2.0
 *
 * Shared by the files of the search for remedies only: who is involved where the cluster is weakest,
 * the candidates made from that, and how one is tried.
 */
#ifndef ANALYSIS_REMEDY_INTERNAL_H
#define ANALYSIS_REMEDY_INTERNAL_H

#include "analysis/remedy/change.h"
#include "analysis/remedy/remedy.h"

/* ---- suspects.c ---- */

enum { SUSPECTS_MAX = 12, WEAKEST_MAX = 8, NODES_MAX = 4, SPACES_MAX = 4 };
enum suspicion { SUSPECT_USES, SUSPECT_FAILS, SUSPECT_GROWS };
struct suspect {
    uint32_t workload;
    int64_t weight; /* bytes used over what is requested where it hurts */
    enum suspicion why;
};
struct suspects {
    struct suspect items[SUSPECTS_MAX]; /* what grows, what fails, the rest */
    size_t count;
};
/* The contingencies of the set that fail first (or, without a line, that fail now), at most
 * WEAKEST_MAX and those that fail at any usage; and the line to beat. */
struct weakest {
    struct contingencies set;
    int64_t factor;
    /* By contingency: it has structural failures now, so that it has no line to be compared. */
    bool structural[WEAKEST_MAX + NODES_MAX];
};
void weakest_find(struct arena *a, const struct remedy_question *q, struct weakest *ret);
/* Whose pods are killed in them, and whose use is more than their requests on the nodes where that
 * happens. */
void suspects_find(const struct sim_world *w, const struct weakest *weak, struct suspects *ret);

/* ---- candidates ---- */

/* The use of one container of a template, over all pods of its workload; 0 = not known. */
struct container_use {
    const struct container *container;
    const char *list;                   /* "containers" or "initContainers" */
    int64_t typical_bytes;              /* to be requested */
    int64_t highest_bytes;              /* what a limit must be above */
    int64_t request_bytes, limit_bytes; /* 0 = none */
};
struct workload_use {
    struct container_use *items;
    size_t count, cap;
    int64_t pods;
};
/* ret: by workload, zeroed. */
void workload_uses(struct arena *a, const struct sim_world *w, struct workload_use *ret);

struct candidates {
    struct arena *a;
    const struct sim_world *world;
    const struct remedy_question *question;
    const struct workload_use *uses; /* by workload */
    LIST_OF(struct remedy) items;
    LIST_OF(struct edit) edits; /* of the last of them, until it is complete */
};
void candidates_of_memory(struct candidates *c, const struct suspects *s);
void candidates_of_policy(struct candidates *c, const struct suspects *s);
void candidates_of_nodes(struct candidates *c, const struct weakest *weak);

/* Adds an edit to the candidate in the making; value is JSON (EDIT_SET). */
void candidate_edit(struct candidates *c, const struct object *o, enum edit_op op, struct str path,
                    struct str value);
/* The candidate is complete: its edits are taken over. */
struct remedy *candidate_add(struct candidates *c, const char *rule, struct str title,
                             const char *why);
/* "1.9Gi" */
struct str bytes_text(struct arena *a, int64_t bytes);

/* ---- trial.c ---- */

/* How a candidate does against the weakest contingencies, or the world as it is. */
struct trial {
    bool refused;   /* something does not fit any more, or an edit cannot be made */
    bool blocked;   /* a drain that cannot end */
    int64_t line;   /* no more than this; 0 = no higher than it is */
    size_t failing; /* contingencies */
    size_t failures;
    uint32_t nodes_lost;
    size_t structural, pending;
};
/* The world after a remedy, in a. -EINVAL when an edit cannot be made. */
int trial_world(struct arena *a, const struct sim_world *before, const struct remedy *r,
                struct sim_world **ret, struct err *e) MUST_USE;
/* A set of contingencies for the world that the remedy makes: the loss of its new node too. */
void trial_set(struct arena *a, const struct sim_world *w, const struct contingencies *set,
               const struct remedy *r, struct contingencies *ret);
/* In the world of a candidate. */
void trial_run(const struct sim_world *w, const struct weakest *weak, bool want_line,
               struct trial *ret);
/* < 0: x is better than y. */
int trial_order(const struct trial *x, const struct trial *y);

#endif
