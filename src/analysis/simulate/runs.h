/* SPDX-License-Identifier: Apache-2.0
 *
 * Monte Carlo: many runs of one world, each with what is uncertain drawn at random. docs/monte-carlo.md
 * says what is drawn from what, and what the figures mean.
 *
 * Run i of a seed is a function of the world, the options, the seed and i alone. So the runs can be cut
 * into parts (shards) and done by any number of threads and machines: the parts, merged, are the
 * same result with the same digest.
 */
#ifndef ANALYSIS_SIMULATE_RUNS_H
#define ANALYSIS_SIMULATE_RUNS_H

#include "analysis/simulate/simulate.h"
#include "base/err.h"
#include "base/sha256.h"
#include "base/statistics.h"

enum {
    RUNS_MOST = 100000000,
    /* Of a run's load line, ten-thousandths: it is known to 1 %, and not looked for beyond 3. */
    RUNS_LINE_STEP = 100,
    RUNS_LINE_MOST = 30000,
    RUNS_LINE_BINS = RUNS_LINE_MOST / RUNS_LINE_STEP + 1, /* the last: at least RUNS_LINE_MOST */
    RUNS_WORST = 5,
};

struct runs_options {
    int64_t runs, seed;
    int64_t shard, shards;    /* which part of how many: 0 of 1 is all */
    int64_t spread_permyriad; /* of the use of workloads without percentiles: deviation / mean */
    int64_t correlation_permyriad; /* of the use of any two workloads */
    const atomic_bool *stop; /* set by another: the runs done so far are the result; or NULL */
    atomic_size_t *done;     /* counts runs while they go on; or NULL */
};

/* ---- what is drawn: runs_draw.c ---- */

/* Containers of one name in one workload: they share what is drawn for a run. */
struct runs_group {
    uint32_t workload;
    struct str container;
    const struct usage_container *spread; /* NULL: by spread_permyriad */
};
struct runs_plan {
    const struct sim_world *world;
    const struct contingencies *set; /* one of them is drawn; "nothing lost" only if it is alone */
    const uint32_t *candidates;      /* indices in set */
    uint32_t candidate_count;
    struct runs_options options;
    struct runs_group *groups;
    uint32_t group_count;
    uint32_t *group_of;         /* by container */
    double log_mean, log_sigma; /* of the logarithm of a factor without percentiles */
};
/* w's leaks are in force in every run, each from a time drawn for it. -EINVAL when percentiles fall. */
int runs_plan_make(struct arena *a, const struct sim_world *w, const struct contingencies *set,
                   const struct runs_options *o, struct runs_plan *ret, struct err *e) MUST_USE;

/* One thread's copy of what differs from run to run. */
struct runs_draw {
    struct sim_world world; /* with containers of its own and without leaks */
    struct contingency contingency;
    uint32_t drawn; /* index in the set */
    int64_t at_ms;  /* when it happens */
    double *factor; /* by group */
    struct sim_action *actions;
};
void runs_draw_init(struct arena *a, const struct runs_plan *p, struct runs_draw *ret);
void runs_draw_make(const struct runs_plan *p, int64_t run, struct runs_draw *d);

/* What use is multiplied with at a standard normal z. Without percentiles: log-normal with mean 1.
 * With: the straight lines through (0, p50), (1.645, p95), (2.326, p99), (3.090, max), those that are
 * given, over p50; the last line goes on up to max; below the median its mirror image, not below 0. */
double runs_factor_at(const struct runs_plan *p, const struct runs_group *g, double z);

/* ---- the result: sums only, so that parts can be added ---- */

struct runs_workload { /* in how many runs, at the drawn use */
    struct str name;
    int64_t zero, below, again; /* it settled without a healthy pod, below its need, failing on */
    int64_t structural;         /* zero or below at any use: bookings, budgets, volumes */
    int64_t at_limit;           /* a container of it drew more than its limit */
};
struct runs_contingency {
    struct str name;
    int64_t drawn, outages;
};
struct runs_node { /* that gave way first in a run with an outage */
    struct str name;
    int64_t first;
};
struct runs_bin {
    int64_t line, count; /* line: the lower end, ten-thousandths */
};
struct runs_worst {
    int64_t run, line;
    bool outage;
    struct str contingency;
    int64_t at_ms;
    struct str first; /* what gave way first, in words; "" = nothing did at factor 1 */
};
struct runs_assumption {
    struct str name, text, option;
};
struct runs_result {
    struct str version;
    int64_t runs, seed, shard, shards;
    int64_t done, outages, structural,
        nodes_lost; /* runs; nodes_lost: with a node lost by memory */
    int64_t nodes, pods;
    struct str question; /* "losing one node" */
    struct str world_digest;
    LIST_OF(struct runs_assumption) assumptions;
    LIST_OF(struct runs_bin) bins;                  /* by line, rising; those with runs */
    LIST_OF(struct runs_workload) workloads;        /* by name; those with a count */
    LIST_OF(struct runs_contingency) contingencies; /* by name; those drawn */
    LIST_OF(struct runs_node) node_list;            /* by name */
    LIST_OF(struct runs_worst) worst;               /* lowest line first, then lowest run */
    char digest[SHA256_HEX];
};

/* Does the part that the plan's options say. ret->worst has no words yet, and there are no assumptions:
 * the caller adds both and calls runs_result_digest. Threads as the world's options say; when its watch
 * says stop, the runs done so far are the result. */
void runs_make(struct arena *a, const struct runs_plan *p, struct runs_result *ret);
/* Runs `run` again, with its events. The line is not looked for. */
void runs_explain(struct arena *a, const struct runs_plan *p, int64_t run, struct sim_events *ret,
                  struct sim_outcome *ret_outcome);

/* ---- runs_result.c ---- */

/* The first run of a part; of the part after the last: the number of runs. */
int64_t runs_first(int64_t runs, int64_t shard, int64_t shards);
/* Lists into their order. */
void runs_result_sort(struct runs_result *r);
/* Makes ret->digest: of everything but the number of shards. */
void runs_result_digest(struct runs_result *r);
/* A part from its document (runs_read.c). -EINVAL when it is none, or not as it was written. */
int runs_read(struct arena *a, const struct doc *root, struct runs_result *ret,
              struct err *e) MUST_USE;
/* Adds parts to the whole; lists may live on in the parts. -EINVAL with words when they are not all of
 * the parts of one experiment. names: of the files, for the words. */
int runs_merge(struct arena *a, const struct runs_result *parts, const struct str *names,
               size_t count, struct runs_result *ret, struct err *e) MUST_USE;
/* The line that a share of the runs is at or below, and its 95 % confidence interval by ranks (the
 * ranks at both ends of Wilson's interval for the share). Ten-thousandths; RUNS_LINE_MOST means "at
 * least". -1 in all when there are no runs. */
struct runs_quantile {
    int64_t line, low, high;
};
struct runs_quantile runs_quantile_of(const struct runs_result *r, double share);
/* Of everything that the runs rest on: the world, the set, and the assumptions as r words them (so that
 * no option is forgotten). */
void runs_world_digest(const struct runs_plan *p, const struct runs_result *r,
                       char ret[SHA256_HEX]);

#endif
