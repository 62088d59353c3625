/* SPDX-License-Identifier: Apache-2.0
 *
 * What the verbs that judge by rules (check, baseline) share: options, configuration, exit codes.
 */
#ifndef CMD_CHECK_CHECK_H
#define CMD_CHECK_CHECK_H

#include "cmd/verb.h"
#include "rules/baseline.h"

/* Options of every verb that judges. */
struct judge_options {
    struct world_options world;
    struct str config; /* absent = .plimsoll.yaml, if there is one */
};
extern const struct option_spec judge_option_specs[];
enum { JUDGE_OPTION_COUNT = 1 };
/* Two tables, of a struct whose member `member` is a struct judge_options. */
#define JUDGE_OPTIONS(type, member)                                                   \
    WORLD_OPTIONS(type, member.world), SCOPE_OPTIONS(type, member.world),             \
    {                                                                                 \
        .heading = "Rules", .specs = judge_option_specs, .count = JUDGE_OPTION_COUNT, \
        .offset = offsetof(type, member)                                              \
    }

/* .plimsoll.yaml of the working directory or above it in the repository, or the file that --config names. */
int config_load(const struct judge_options *o, struct arena *a, struct check_config *ret,
                struct err *e) MUST_USE;

/* A world and what the rules say of it. */
struct judged {
    struct cluster cluster;
    struct judgement judgement;
    int code; /* EXIT_USAGE when not all could be read, see world_read() */
};
int judge_world(const struct world_options *o, const struct check_config *config, struct arena *a,
                struct judged *ret, struct err *e) MUST_USE;

/* Reads --baseline and marks what it knows. */
int baseline_use(struct str file, struct arena *a, struct judgement *j, struct baseline *ret,
                 struct err *e) MUST_USE;

/* --fail-on: the index in fail_on_words. */
enum fail_on { FAIL_ON_ERROR, FAIL_ON_WARNING, FAIL_ON_INFO, FAIL_ON_NEVER };
extern const char *const fail_on_words[];
/* The mildest severity that fails; worse than any for FAIL_ON_NEVER. */
int fail_on_severity(int fail_on);
/* EXIT_FINDINGS when the gate fails; with strict EXIT_CLUSTER when something could not be judged;
 * else EXIT_CLEAN. */
int gate_exit(const struct judgement *j, int fail_on, bool strict);

#endif
