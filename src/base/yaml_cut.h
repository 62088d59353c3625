/* SPDX-License-Identifier: Apache-2.0
 *
 * Cuts a YAML stream into its documents before libyaml sees it, at lines that begin with "---" or
 * "...", as kubectl does. So one broken document cannot hide the others, and each is read by a
 * parser of its own. The cut refuses nothing: a separator that it misses (after a lone CR) only
 * means that libyaml finds two documents in one chunk.
 */
#ifndef BASE_YAML_CUT_H
#define BASE_YAML_CUT_H

#include "base/str.h"

struct yaml_cut {
    struct str text;
    size_t at;     /* where the next chunk begins */
    uint32_t line; /* line breaks before it */
};

struct yaml_chunk {
    struct str text;   /* comments and directives, "---", the document */
    size_t start;      /* its first byte in the whole text */
    uint32_t line;     /* line breaks before it */
    struct str source; /* of a leading comment "# Source: path" (helm template) */
    bool ascii;
    bool has_braces; /* "{{" stands somewhere in it */
    size_t tags;     /* %TAG directives: libyaml's time grows with their square */
};

/* False at the end of the text. */
bool yaml_cut_next(struct yaml_cut *c, struct yaml_chunk *ret);
/* The offset of a Helm template action in a document that libyaml refused, or -1: a "{{" where no
 * YAML would have it, that is, outside of quotes, comments and block scalars, at the beginning of a
 * line or of a value, or with words that only Helm has. */
ptrdiff_t yaml_find_template(struct str document);
/* Whether s begins with "{{" and what can follow it in a Helm template. */
bool yaml_begins_action(struct str s);
/* Whether s, a plain scalar, holds a template action that only Helm has ("{{ .Values.x }}"). */
bool yaml_is_helm(struct str s);

#endif
