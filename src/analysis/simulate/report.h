/* SPDX-License-Identifier: Apache-2.0
 *
 * How a report is made by several threads: a job is a phase over all contingencies; each worker has
 * a state of its own, and results go where the contingency's index says.
 */
#ifndef ANALYSIS_SIMULATE_REPORT_H
#define ANALYSIS_SIMULATE_REPORT_H

#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

#include "analysis/simulate/internal.h"
#include "analysis/simulate/pairs.h"
#include "base/alloc.h"

enum { SIM_MOST_THREADS = 64 };

/* The search for the lines of groups. */
struct group_search {
    int32_t *of_item[SIM_GROUP_TYPES]; /* by contingency: index in report.groups, or -1 */
    bool *open;                        /* by group: still asked */
    atomic_size_t *failing;            /* by group: lowest index of those that fail so far */
};
struct job;
struct worker {
    struct job *job;
    struct arena arena;
    struct sim_runner *runner;
};
struct job {
    struct sim_report *report;
    struct worker *workers;
    unsigned threads;
    const size_t *todo; /* indices of the contingencies that a phase goes through; NULL = all */
    size_t todo_count;
    atomic_size_t next;
    atomic_bool out_of_memory;
    void (*phase)(struct worker *, size_t);
    struct landings *landings; /* by contingency: where it sends pods, whatever their usage */
    uint8_t *done;             /* by contingency: phases that it has been through */
    struct sim_watch *watch;
    struct pairs *pairs; /* NULL: nothing is proved */
    atomic_size_t wrong; /* see sim_pairs_note */
    /* Of the question that the load line asks. */
    int64_t factor;
    atomic_size_t failing; /* lowest index of those that fail so far */
    atomic_bool loud;
    struct group_search *groups;
};

/* Runs the phase for every contingency to do, or for some when the watch says stop. Does not return
 * when memory is out. */
void job_run(struct job *j, void (*phase)(struct worker *, size_t));
/* The outcome of contingency i at a factor: by running it, unless nothing happens. */
void run_item(struct worker *k, size_t i, int64_t factor, bool stop, struct sim_outcome *ret);
/* At factor 0, with the booking margin. */
void run_structural(struct worker *k, size_t i, struct sim_outcome *ret);
/* One runner, in the calling thread. */
struct sim_runner *job_runner(struct job *j);
/* Fills report->groups. */
void groups_make(struct job *j, struct arena *a, bool want_lines);

/* ---- report_pairs.c ---- */
/* Readies proofs if the set is for them. */
void pairs_begin(struct job *j, struct arena *a);
/* The outcome of a pair without running it; false: it must be run. */
bool pairs_item(struct worker *k, size_t i);
/* Runs what checks the proofs and what may have the smallest booking margin, and counts. */
void pairs_end(struct job *j);

/* Fills report->line. */
void line_search(struct job *j, struct arena *a);

#endif
