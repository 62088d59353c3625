/* SPDX-License-Identifier: Apache-2.0
 *
 * Plans and makes the edits of many findings: by file, each file rewritten and proved on its own.
 */
#ifndef ACT_FIX_H
#define ACT_FIX_H

#include "act/file.h"
#include "act/rewrite.h"

struct fix_file {
    struct str name; /* as the objects' source names it */
    bool is_stdin;
    struct act_file file; /* unless is_stdin */
    struct rewrite rewrite;
    size_t *groups;    /* of rewrite.groups[i]: its number in the plan's groups */
    size_t done;       /* groups that are made: 0 = the file stays as it is */
    struct str failed; /* why it could not be written; absent if it was */
};
struct fix_plan {
    struct rewrite_group *groups;
    size_t count;
    struct {
        struct fix_file **items;
        size_t count, cap;
    } files; /* in the order of the groups */
};

/* The name that objects from standard input have. */
extern const struct str fix_stdin_name;

/* Reads the files of the groups' objects and rewrites their texts; nothing is written. Each group
 * without edits, or whose edits cannot be made, gets its reason. stdin_text: what standard input was
 * (absent: not kept). */
void fix_plan_make(struct fix_plan *p, struct str stdin_text, struct arena *a);
/* Writes the files that change; with dry_run it writes nothing. The groups of a file that cannot be
 * written are not done. The number of files that could not be written. */
size_t fix_plan_write(struct fix_plan *p, bool dry_run, struct arena *a);

#endif
