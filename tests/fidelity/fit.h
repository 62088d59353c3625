/* SPDX-License-Identifier: Apache-2.0
 *
 * What fit.c and fit_scores.c share: a case as a small world, with the pod pending in it.
 */
#ifndef FIDELITY_FIT_H
#define FIDELITY_FIT_H

#include "analysis/schedule/schedule.h"
#include "fidelity.h"

struct scene {
    struct cluster c;
    struct schedule *s;
    struct schedule_profile profile;
    struct pod *pod;
    uint32_t index; /* of the pod */
};

/* With the nodes of the case. */
void scene_init(struct check *k, struct scene *s);
/* Adds nodes (else pods) of a list of documents. */
void scene_add_list(struct check *k, struct scene *s, const struct doc *list, bool nodes);
struct pod *scene_add_pod(struct check *k, struct scene *s, const struct doc *n);
/* A key's value; NULL where it is absent. */
const struct doc *child_named(const struct doc *n, struct str name);

/* Kinds of cases: see fit.c. */
void fit_score_least(struct check *k);
void fit_score_most(struct check *k);
void fit_score_balanced(struct check *k);
void fit_score_ratio(struct check *k);
void fit_score_binpack(struct check *k);
void fit_score_fit(struct check *k);
void fit_score_placement(struct check *k);
void fit_broken_line(struct check *k);

#endif
