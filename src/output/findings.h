/* SPDX-License-Identifier: Apache-2.0
 *
 * Renders what `check` found, for people and for the programs that gate a change. One renderer per
 * file. Where a place has no line (bulk JSON) or no file (the cluster as a whole), each says so in
 * its format's own way.
 */
#ifndef OUTPUT_FINDINGS_H
#define OUTPUT_FINDINGS_H

#include "base/json_write.h"
#include "output/change.h"
#include "output/out.h"
#include "rules/baseline.h"

enum findings_format {
    FINDINGS_TEXT,
    FINDINGS_WIDE,
    FINDINGS_JSON,
    FINDINGS_YAML,
    FINDINGS_SARIF,
    FINDINGS_JUNIT,
    FINDINGS_GITHUB,
    FINDINGS_GITLAB,
};

struct findings_results {
    struct arena *arena; /* scratch of the renderer */
    const struct cluster *cluster;
    const struct judgement *judgement;
    const struct check_config *config;
    const struct baseline *baseline; /* NULL = none was given */
    const struct change *change;     /* with --against, else NULL */
    int fail_severity;    /* from this severity on a finding fails; past SEV_ERROR: none does */
    bool show_suppressed; /* other formats than json and yaml, which hold all, list them too */
};
/* An out_render_fn: results is a struct findings_results, f->word an enum findings_format. */
void findings_render(const void *results, const struct out_format *f, struct buf *b);

/* text and wide. */
void findings_add_text(const struct findings_results *r, const struct out_format *f, struct buf *b);
/* What closes both: counts, what was not judged, what to do first. */
void findings_add_closing(const struct findings_results *r, const struct out_format *f,
                          struct buf *b);
/* kind FindingList, docs/schema/finding-list.json. */
void findings_add_json(const struct findings_results *r, enum json_style style, struct buf *b);
/* SARIF 2.1.0: for code scanning of GitHub and others. */
void findings_add_sarif(const struct findings_results *r, struct buf *b);
/* JUnit XML: a suite per rule, a case per finding; a rule without findings is a case that passed. */
void findings_add_junit(const struct findings_results *r, struct buf *b);
/* GitHub's workflow commands, one line per error or warning: annotations of a pull request. */
void findings_add_github(const struct findings_results *r, struct buf *b);
/* GitLab's Code Quality report. */
void findings_add_gitlab(const struct findings_results *r, struct buf *b);

/* ---- what several of them write ---- */

/* A line of text: in a terminal fitted to it; elsewhere one line, for grep and for logs. */
void finding_add_sentence(struct buf *b, const struct out_format *f, const char *lead,
                          struct str text);

/* Whether a format for programs lists it: everything that is open, the rest on demand. */
bool findings_lists(const struct findings_results *r, const struct finding *f);
/* "Deployment shop/worker"; the file, or "the cluster", when it is about no object. Clean. */
void finding_add_object(struct buf *b, const struct finding *f);
/* The file as a path in the repository: without "./"; "stdin", "cluster" where there is none. */
struct str finding_repository_path(const struct finding *f);
/* The place in it. {0, 0} for what helm wrote: the file is a template, the line that of the output. */
struct pos finding_repository_pos(const struct finding *f);
/* Rules that lack the same of as many objects share a sentence, told at the first of them:
 * "not judged: a, b (cannot list networkpolicies.networking.k8s.io)". Clean, no line end. */
bool not_judged_is_first(const struct judgement *j, size_t i);
void not_judged_add(struct buf *b, const struct findings_results *r, size_t first);
/* Only what stands in its brackets. */
void not_judged_add_reason(struct buf *b, const struct cluster *c, const struct not_judged *n);
/* Whether the cluster refused, or failed, to list what the rule needs. */
bool not_judged_is_refused(const struct cluster *c, const struct not_judged *n);
/* The number of documents and files that could not be read. */
size_t findings_unreadable(const struct findings_results *r);

#endif
