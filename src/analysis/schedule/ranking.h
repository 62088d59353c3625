/* SPDX-License-Identifier: Apache-2.0
 *
 * What ranking.c and ranking_scores.c share: groups of nodes that are alike, and what a placement makes
 * of them. ranking.c tells the whole.
 */
#ifndef ANALYSIS_SCHEDULE_RANKING_H
#define ANALYSIS_SCHEDULE_RANKING_H

#include "analysis/schedule/internal.h"

enum {
    DIGITS = 4,       /* of 16 bits, in one number */
    MISSING = 0xffff, /* the label is not there */
    DIGIT_MOST = 0xfff0,
    ZERO = 0x4000, /* of a count: affinity counts weights, which may be negative */
    GROUPS_MOST = 48,
    LISTED = 32,        /* nodes that a group lists */
    CHANGED_MOST = 512, /* with more than that changed it is no gain */
    CONSTRAINTS_MOST = 8,
    NO_GROUP = 255,
};

enum digit_type { DIGIT_VALUE, DIGIT_COUNT, DIGIT_FIXED };
struct digit {
    enum digit_type type;
    uint32_t topo, counter;
    const int32_t *fixed; /* per node */
};
struct ranked {
    uint32_t node;
    int32_t score;
};
struct group {
    uint64_t key;
    uint32_t fit, listed; /* nodes that pass what they decide alone; of them in `best` */
    struct ranked *best;
};
struct ranking {
    bool possible;
    uint64_t rest; /* of the schedule, when it was made */
    uint32_t version, assumed;
    uint32_t digit_count, group_count;
    struct digit digits[DIGITS];
    uint8_t hard[CONSTRAINTS_MOST], soft[CONSTRAINTS_MOST]; /* digit of each constraint */
    uint8_t wish, prefer;
    uint8_t *affinity, *anti, *existing_anti, *score; /* of each counter; DIGITS = by node */
    uint8_t *group_of;                                /* per node */
    struct group *groups;
};
/* What a ranking is made in. */
struct ranking_work {
    struct usual_nodes usual;
    uint64_t rest; /* of the schedule, when these were made */
    bool made;
    int16_t *score; /* per node: own_score */
    uint64_t *key;  /* per node */
    struct group groups[GROUPS_MOST];
    struct ranked best[GROUPS_MOST][LISTED];
};

/* The groups as they are now. */
struct tally {
    uint64_t key;
    int32_t fit;
    struct ranked best;
    bool found; /* best is one */
    bool ignored;
    int32_t total;
};
struct tallies {
    struct tally items[GROUPS_MOST];
    uint32_t count;
};

static inline uint32_t digit_at(uint64_t key, uint32_t digit)
{
    return (uint32_t)(key >> (16 * digit)) & 0xffff;
}

/* Add to the totals of the groups: a number that is one digit of the node, normalised; the pods'
 * affinities; the soft spread constraints. */
void ranking_score_fixed(struct tallies *t, uint8_t digit, enum sched_plugin p, bool reverse);
void ranking_score_affinity(const struct schedule *s, const struct view *v, struct tallies *t);
void ranking_score_spread(const struct schedule *s, const struct view *v, struct tallies *t);

#endif
