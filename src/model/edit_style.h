/* SPDX-License-Identifier: Apache-2.0
 *
 * How values are written into a text that somebody else laid out: block, flow or JSON, with the
 * text's own line breaks and indents. Only the files of model/edit* include this.
 */
#ifndef MODEL_EDIT_STYLE_H
#define MODEL_EDIT_STYLE_H

#include "base/buf.h"
#include "base/doc.h"

struct edit_style {
    struct str newline; /* "\n" or "\r\n" */
    bool quoted;        /* keys and strings in double quotes, as JSON */
    bool lines;         /* JSON over several lines, */
    struct str prefix;  /* ... each behind this white space, */
    struct str unit;    /* ... and this for every further level */
};

/* The line break in force around a byte of text. */
struct str edit_newline(struct str text, size_t at);
/* "key: value" of each child of map, between braces of the caller's, without line breaks (or with
 * them: style->lines). */
void edit_add_flow(struct buf *b, const struct edit_style *s, const struct doc *map);
/* Any value between braces or brackets of its own. */
void edit_add_flow_value(struct buf *b, const struct edit_style *s, const struct doc *v);
/* The children of map as a block whose keys stand behind `indent` spaces; the first one's spaces are
 * there already, the last line has no line break. */
void edit_add_block(struct buf *b, const struct edit_style *s, const struct doc *map,
                    size_t indent);
void edit_add_newline(struct buf *b, const struct edit_style *s, size_t indent);

#endif
