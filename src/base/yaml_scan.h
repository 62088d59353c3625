/* SPDX-License-Identifier: Apache-2.0
 *
 * The scalars of the direct YAML reader (base/yaml_direct.h): each function reads one where its
 * text is beyond doubt what libyaml would make of it, and refuses everything else. Only the direct
 * reader includes this.
 */
#ifndef BASE_YAML_SCAN_H
#define BASE_YAML_SCAN_H

#include "base/doc.h"

/* Where reading stands. Characters up to p on its line are ASCII wherever a column is asked for. */
struct yaml_scan {
    const char *p, *end;
    const char *line_begin;
    uint32_t line; /* 1-based, in the whole input */
    struct arena *arena;
    bool skim; /* texts are checked, but not made */
};

struct yaml_token {
    struct str
        text; /* what the scalar says; empty while skimming if it is not a part of the input */
    struct pos at;
    const char *begin, *end; /* with quotes; of a block scalar up to its last character */
    bool plain;
    bool is_key; /* ':' and a space or the line's end followed; s->p is behind the ':' */
};

/* Whether all of a text is UTF-8 of characters that libyaml accepts and that are no line breaks but
 * the line feed. */
bool yaml_scan_is_clean(struct str text);

struct pos yaml_scan_pos(const struct yaml_scan *s);
/* Over spaces and a comment. True: the line ends there, and s->p is at its line feed or the end. */
bool yaml_scan_line_end(struct yaml_scan *s);

/* One scalar at s->p, in a block collection that is indented by `indent` (-1: in none). Behind one
 * that is no key the line ends; a key is a single line of ASCII. False: refused. */
bool yaml_scan_plain(struct yaml_scan *s, int indent, struct yaml_token *ret) MUST_USE;
bool yaml_scan_quoted(struct yaml_scan *s, struct yaml_token *ret) MUST_USE;
bool yaml_scan_block(struct yaml_scan *s, int indent, struct yaml_token *ret) MUST_USE;
/* One scalar of a flow collection: a single line of ASCII. s->p is behind it, or behind its ':'. */
bool yaml_scan_flow(struct yaml_scan *s, struct yaml_token *ret) MUST_USE;

#endif
