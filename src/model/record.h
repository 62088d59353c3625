/* SPDX-License-Identifier: Apache-2.0
 *
 * What of an object a recording keeps: the fields that the tables of decoding name, so that the object
 * reads the same afterwards, and of command lines, environments and ConfigMaps only what is about memory
 * (model/record_words.h). No Secret, no managedFields, no annotation that nothing reads.
 */
#ifndef MODEL_RECORD_H
#define MODEL_RECORD_H

#include "base/doc.h"
#include "model/redact.h"

enum record_result {
    RECORD_NOTHING, /* nothing is appended: no object, or a Secret */
    RECORD_KEPT,
    RECORD_UNKNOWN, /* appended, but only apiVersion and kind: a kind that is not read */
};

/* How names are replaced. */
struct record_names {
    struct redact *all;      /* everywhere; NULL: they stay */
    struct redact *commands; /* where all is NULL: in commands of probes and hooks, but for what
                                rules ask for (model/record_command.h); NULL: they stay */
};
/* Appends the object as JSON in one line. What it does not say of its apiVersion and kind, the others
 * say (absent: nothing does). */
enum record_result record_add(struct buf *out, const struct doc *object, struct str api_version,
                              struct str kind, const struct record_names *names);

#endif
