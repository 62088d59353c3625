/* SPDX-License-Identifier: Apache-2.0
 *
 * The inside of `plimsoll simulate`: its options, and how they become assumptions and a question.
 */
#ifndef CMD_SIMULATE_H
#define CMD_SIMULATE_H

#include "analysis/simulate/simulate.h"
#include "cmd/verb.h"

/* Monte Carlo; runs 0 = none. */
struct simulate_shard {
    int64_t shard, shards; /* shards 0 = not cut */
};
struct simulate_runs_options {
    int64_t runs, seed, spread, correlation;
    struct opt_int max_outage;
    struct simulate_shard part;
};

struct simulate_options {
    struct world_options world;
    struct simulate_runs_options many;
    bool n1, n2, exhaustive, zones, digest;
    struct option_texts lose, drain, zone, leak, node_groups;
    struct str explain, scenario;
    int assume, node_oom, node_pressure, hpa, hpa_cpu, groups;
    int64_t node_ready_ms;
    int64_t unaccounted, elastic, surge, leaks, surges, until_ms, start_ms, warm_ms, min_line, top;
    int64_t remedies, headroom;
    struct option_outputs outputs;
};

enum simulate_groups { GROUPS_AUTO, GROUPS_YES, GROUPS_NO };

/* ---- options.c: the tables ---- */
extern const struct option_table simulate_tables[];
enum { SIMULATE_TABLE_COUNT = 5 + WORLD_TABLE_COUNT };
/* By enum node_oom, node_pressure, sim_hpa_reaction and sim_hpa_cpu; NULL at the end. */
extern const char *const simulate_oom_words[],
    *const simulate_pressure_words[], *const simulate_hpa_words[], *const simulate_hpa_cpu_words[];

/* ---- values.c: an option_parse_fn each ---- */
/* "3%" or "0.03": int64_t, ten-thousandths. */
int simulate_parse_share(struct str text, void *ret, struct err *e) MUST_USE;
/* "1.1": int64_t, ten-thousandths, at most FACTOR_MAX. */
int simulate_parse_factor(struct str text, void *ret, struct err *e) MUST_USE;
/* "20Mi/min", "1Gi/h": int64_t, bytes a minute, more than 0. */
int simulate_parse_rate(struct str text, void *ret, struct err *e) MUST_USE;
/* "3": int64_t, one more than the number, so that 0 says that it was not given. */
int simulate_parse_remedies(struct str text, void *ret, struct err *e) MUST_USE;
/* "6h": int64_t, milliseconds, at most a week. */
int simulate_parse_time(struct str text, void *ret, struct err *e) MUST_USE;

/* ---- assumptions.c ---- */
/* -ENOENT when there is no such Scenario, -EINVAL when it is wrong. */
int simulate_assume(const struct cluster *c, const struct simulate_options *o,
                    struct sim_options *ret, struct err *e) MUST_USE;

/* ---- plan.c ---- */
struct simulate_plan {
    struct contingencies set;
    const struct contingency *explained; /* told event by event; NULL = none */
    const char *question;                /* "losing any two nodes": what an outage may come of */
    struct sim_wanted wanted;
};
/* Fills *ret (zeroed). Leaks that are in force in every contingency go to w. */
int simulate_plan_make(struct arena *a, struct sim_world *w, const struct simulate_options *o,
                       struct simulate_plan *ret, struct err *e) MUST_USE;

/* ---- runs.c: Monte Carlo ---- */
extern const struct option_spec simulate_runs_specs[];
enum { SIMULATE_RUNS_SPEC_COUNT = 6 };
/* -EINVAL when options of runs are given without --runs. */
int simulate_runs_check(const struct simulate_options *o, struct err *e) MUST_USE;
/* --runs N: an exit code, or a negative errno. */
int simulate_runs(struct arena *a, struct sim_world *w, const struct simulate_plan *p,
                  const struct simulate_options *o, struct err *e) MUST_USE;
/* `simulate merge FILE...` (what is no option): the same. */
int simulate_merge(const struct verb_call *c, struct err *e) MUST_USE;

#endif
