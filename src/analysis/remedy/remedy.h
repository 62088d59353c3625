/* SPDX-License-Identifier: Apache-2.0
 *
 * Which change raises the load line most? Candidate edits, grouped by rule and by workload,
 * namespace or cluster, are made in a copy of the world and simulated: first against the weakest
 * contingencies, then the best of them against all. Nothing is written anywhere.
 *
 * A proposed amount of memory comes from use as it was measured or profiled: a request is the
 * highest use of any pod, a limit that and a headroom on top. Nothing is lowered. A workload whose
 * use is not known gets no proposal about memory.
 */
#ifndef ANALYSIS_REMEDY_H
#define ANALYSIS_REMEDY_H

#include "analysis/simulate/simulate.h"
#include "model/edit.h"

/* What the remedies are measured by, over all contingencies. */
struct remedy_figures {
    bool line_known, line_above; /* as in struct sim_line */
    int64_t line;                /* factor, ten-thousandths */
    bool margin_known;
    int64_t margin_bytes, margin_pods;
    size_t contingencies;
    size_t structural;   /* of them with a structural failure */
    size_t failing;      /* of them not survived at the usage of now */
    size_t failures;     /* that these have in all */
    uint32_t nodes_lost; /* by memory, at most */
    bool blocked;        /* a drain that cannot end */
    bool held;           /* the line is as far as the limits proposed allow, not further */
};

struct remedy {
    const char *rule; /* that finds what this repairs; NULL = none does */
    struct str title; /* "request 1.9Gi of memory for Deployment shop/web" */
    struct str why;   /* how it helps, one line */
    const struct edit *edits;
    size_t edit_count;
    size_t workloads;               /* that change; their pods are made again */
    int64_t holds_to;               /* the factor at which the limits proposed begin to clip use */
    const struct node *like;        /* one more node of this shape; NULL = none */
    struct str node_name;           /* its name in the model */
    struct remedy_figures alone;    /* with this remedy only */
    struct remedy_figures together; /* with those before it in the list too */
};

struct remedies {
    bool wanted;
    struct remedy_figures before;
    struct remedy *items; /* each the best on top of those before it */
    size_t count;
    /* Where the first changes many workloads: what helps of one change alone, best first. */
    struct remedy *smaller;
    size_t smaller_count;
    size_t tried;    /* candidates simulated */
    const char *end; /* why there are no more: one line; NULL = as many as were wanted */
};

enum { REMEDY_LEAST = 100 }; /* of the factor: what changes the line by less than 0.01 does not */

struct remedy_question {
    const struct sim_world *world;
    const struct contingencies *set;
    const struct sim_report *report; /* of that world and set */
    bool want_line;
    size_t most;                /* remedies wanted */
    int64_t headroom_permyriad; /* of a limit over the highest use */
};
/* The same remedies with any number of threads. */
void remedies_find(struct arena *a, const struct remedy_question *q, struct remedies *ret);

#endif
