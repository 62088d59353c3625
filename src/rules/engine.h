/* SPDX-License-Identifier: Apache-2.0
 *
 * Judges a cluster: calls every rule on everything it is about, and collects the findings.
 */
#ifndef RULES_ENGINE_H
#define RULES_ENGINE_H

#include "rules/rule.h"
#include "rules/scope.h"

/* What .plimsoll.yaml says about rules. */
struct rule_settings {
    enum severity severity; /* in force when severity_set: replaces what a finding would be */
    bool severity_set;
    int64_t options[RULE_OPTIONS_MAX];
    struct scope *scope; /* where the rule applies; NULL = everywhere */
};
struct check_config {
    struct rule_settings *rules; /* rule_count of them, as rule_table */
    struct scope scope;          /* what is judged at all; excluded paths are not even read */
    struct str_list sidecars;    /* names of containers that are sidecars too */
    struct str ns; /* not from the file: only objects of this namespace are judged; absent: all */
    /* Not from the file: findings are to carry edits up to this level; FIX_NONE = no edits. */
    enum fix_level fix;
    int64_t memory_limit_bytes, memory_request_bytes; /* for containers without; 0 = not given */
};
/* The defaults. */
void check_config_init(struct check_config *c, struct arena *a);
/* Reads the text of a .plimsoll.yaml into c (after check_config_init). Unknown keys are errors,
 * with a suggestion. 0 or -EINVAL. */
int check_config_read(struct check_config *c, struct arena *a, struct str name, struct str text,
                      struct err *e) MUST_USE;

struct not_judged {
    const struct rule *rule;
    size_t count; /* objects that would have been judged; 0: not known, or only some were not */
    uint64_t
        lacks; /* kinds that could not be listed (KIND_BIT); 0: what rule->needs says is absent */
};
struct judgement {
    /* By file, line, column, rule id. */
    LIST_OF(struct finding *) findings;
    LIST_OF(struct not_judged) not_judged; /* in the order of the rules; only those that count */
    size_t workloads;                      /* tops that were judged */
    size_t excluded; /* objects that the configuration excludes: read, but not judged */
    size_t outside;  /* ... that are not of the namespace that is judged */
    struct str ns;   /* that namespace; absent: all are */
    size_t patches;  /* workloads that were not: fragments to be merged into another file */
    size_t by_severity[SEV_ERROR + 1]; /* of the open ones */
    size_t suppressed;
    size_t known[KNOWN_BEFORE + 1]; /* by how they are known; see baseline.h */
};
/* SHA-256 of rule, object, container and path in hex; made when it is first asked for. No line and
 * no message: a finding keeps it when the file around it changes. */
const char *finding_fingerprint(struct finding *f);
/* Everything is in a. cluster must be resolved. */
void judge(const struct cluster *cluster, const struct check_config *config, struct arena *a,
           struct judgement *ret);

#endif
