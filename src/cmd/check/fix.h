/* SPDX-License-Identifier: Apache-2.0
 *
 * check --fix: options, what is made of the findings, and what is said of it.
 */
#ifndef CMD_CHECK_FIX_H
#define CMD_CHECK_FIX_H

#include "act/fix.h"
#include "cmd/check/check.h"

/* Options of --fix. */
struct fix_options {
    int level; /* 0 = no --fix; an enum fix_word */
    bool dry_run;
    int64_t memory_limit_bytes, memory_request_bytes; /* 0 = not given */
    struct str kit;                                   /* --namespace-kit; absent = not given */
};
extern const struct option_spec fix_option_specs[];
enum { FIX_OPTION_COUNT = 5 };
/* The table of a struct whose member `member` is a struct fix_options. */
#define FIX_OPTIONS(type, member)                                                  \
    {                                                                              \
        .heading = "Fixing", .specs = fix_option_specs, .count = FIX_OPTION_COUNT, \
        .offset = offsetof(type, member)                                           \
    }

/* One run of --fix. */
struct fixing {
    const struct fix_options *options;
    struct arena *arena;
    bool on_stdin;         /* the world is on standard input: it goes to standard output, fixed */
    struct str stdin_text; /* absent: none, or too large to be edited */
    struct fix_plan plan;
    struct finding **findings; /* of each group of the plan */
    size_t failures;           /* files that could not be written */
    bool refused;              /* an amount was refused for safety */
};

/* Checks the options, tells the rules what is wanted, and keeps standard input where it is read. */
int fixing_begin(struct fixing *f, const struct world_options *world, struct check_config *config,
                 struct err *e) MUST_USE;
/* Makes the edits of the open findings; says on stderr what was done and what was not. With dry_run
 * the diff goes to standard output and nothing is written. */
int fixing_make(struct fixing *f, const struct judgement *j, struct err *e) MUST_USE;
/* Takes what is (or would be) fixed out of the counts that decide the exit status. */
void fixing_discount(const struct fixing *f, struct judgement *j);
/* The exit status: code, unless files could not be written or an amount was refused. */
int fixing_exit(const struct fixing *f, int code);
/* Writes what --namespace-kit asks for, if it does. */
int fixing_write_kit(struct fixing *f, const struct cluster *c, struct err *e) MUST_USE;
/* The outputs that are left when standard output carries the fixed stream or the kits. */
struct option_outputs fixing_outputs(const struct fixing *f, const struct option_outputs *o);

#endif
