/* SPDX-License-Identifier: Apache-2.0
 *
 * Inside the engine: what it keeps while it walks, and how findings are made, suppressed and
 * sorted.
 */
#ifndef RULES_FINDING_H
#define RULES_FINDING_H

#include "base/map.h"
#include "rules/facts.h"

/* What is being visited, as far as findings need it. */
struct visit {
    const struct object *object;
    const struct object *seen_in; /* where else it was seen (an injected container); or NULL */
    struct str pod_path;          /* of the pod spec, "" if there is none */
    struct str path;      /* of what is visited: prefix of a finding's path; "" = the object */
    struct pos at;        /* of what is visited */
    struct pos pod_at;    /* of the pod template's spec */
    struct str container; /* name, or absent */
    const char *alike;    /* what to add to each message, or NULL */
    struct {
        struct suppression *items;
        size_t count, cap;
    } suppressions; /* in force */
};

struct engine {
    struct arena *a;
    struct judgement *out;
    struct visit visit;
    struct map refused; /* object and path of each value that Kubernetes refuses */
};

/* Notes a value that Kubernetes refuses and that was left out of the model: what rules find at its
 * path, and below, is about a value that nobody has written. Such findings are not made. */
void refused_add(struct engine *e, const struct problem *p);

/* Reads plimsoll.dev/ignore of an object and of its pod template (may be NULL) into the visit. */
void suppressions_read(struct engine *e, const struct labels *object, const struct labels *tmpl);
/* The suppression in force for a rule, or NULL. One without a reason is none. */
const struct suppression *suppressions_find(const struct engine *e, const struct rule *r);
void findings_sort(struct judgement *j, struct arena *a);

#endif
