/* SPDX-License-Identifier: Apache-2.0
 *
 * The JSON reader's inside: a cursor that builds or skips one value at a time. Strict RFC 8259:
 * UTF-8 is checked, control characters and depth over DOC_MAX_DEPTH are refused. An escaped half of
 * a surrogate pair becomes U+FFFD, as Go's decoder (hence Kubernetes) reads it. json_parse() and
 * json_parse_list() of base/doc.h are made of it.
 */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include "base/doc_build.h"

struct json_cursor {
    struct str name;
    const char *begin, *p, *end;
    const char *line_start;
    size_t line_extra; /* bytes of this line up to p that continue a character */
    uint32_t line;
};

/* At the first byte, or after a UTF-8 byte order mark. */
void json_cursor_init(struct json_cursor *c, struct str name, struct str text);
void json_skip_space(struct json_cursor *c);
static inline struct pos json_pos(const struct json_cursor *c)
{
    return (struct pos){c->line, (uint32_t)((size_t)(c->p - c->line_start) - c->line_extra + 1)};
}
/* Reads one value, p at its first byte, into the builder, under `key` if its innermost frame is a
 * map (else NULL). On success p is behind the value. */
int json_build(struct json_cursor *c, struct doc_builder *b, const struct doc_key *key,
               struct err *e) MUST_USE;
/* Checks one value without building anything. */
int json_skip(struct json_cursor *c, struct err *e) MUST_USE;
/* Reads a key and the colon behind it; its text points into the input or the arena. */
int json_key_and_colon(struct json_cursor *c, struct arena *a, struct doc_key *ret,
                       struct err *e) MUST_USE;

#endif
