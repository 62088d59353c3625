/* SPDX-License-Identifier: Apache-2.0
 *
 * Findings that somebody knows of already: a file that `plimsoll baseline` wrote, or what was there
 * before a change. They fail nothing, unless they have become worse.
 */
#ifndef RULES_BASELINE_H
#define RULES_BASELINE_H

#include "rules/engine.h"

struct baseline_entry {
    struct str rule, object;    /* "Deployment shop/worker", or a file */
    struct str container, path; /* absent if none */
    enum severity severity;
    struct str fingerprint;        /* what it is found by */
    bool met;                      /* there is a finding that is not suppressed */
    const struct finding *finding; /* NULL: read from a file */
};
struct baseline {
    LIST_OF(struct baseline_entry) entries; /* by object, container, rule, path */
    size_t stale;                           /* entries that baseline_apply met no finding of */
};

/* Reads a file of kind Baseline. Unknown keys are errors, with a suggestion. 0 or -EINVAL. */
int baseline_read(struct baseline *ret, struct arena *a, struct str name, struct str text,
                  struct err *e) MUST_USE;
/* The open findings of at least that severity. For two readings of one world whose files lie in
 * different places (by_content), what is about a file and no object is found by its message and the
 * name of the file. */
void baseline_from(struct baseline *ret, struct arena *a, const struct judgement *j,
                   enum severity least, bool by_content);
/* Marks the findings of j that b has with at least their severity as known, which takes them out of
 * j's counts. */
void baseline_apply(struct baseline *b, struct arena *a, struct judgement *j,
                    enum finding_known known);

#endif
