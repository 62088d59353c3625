/* SPDX-License-Identifier: Apache-2.0
 *
 * A table of text for terminals: aligned columns, hostile text made harmless, fitted to the width of
 * the terminal by cutting names in the middle. Rules of the house: upper-case titles, two spaces
 * between columns, no lines.
 */
#ifndef OUTPUT_TABLE_H
#define OUTPUT_TABLE_H

#include "base/buf.h"
#include "output/out.h"

enum table_style { STYLE_PLAIN, STYLE_GOOD, STYLE_WARN, STYLE_BAD, STYLE_DIM, STYLE_BOLD };

struct table_column {
    const char *title;
    bool right;       /* numbers */
    bool shrinks;     /* may be cut: to TABLE_READABLE columns, at last to TABLE_SHRUNK */
    bool keeps_front; /* cut at the end, not in the middle */
    bool may_lack;    /* left out when no row has anything in it */
    bool may_go;      /* left out before names become unreadable (the last such one first) */
};
enum { TABLE_READABLE = 30, TABLE_SHRUNK = 12, TABLE_MAX_COLUMNS = 16, TABLE_CELL_MAX = 253 };

struct table_cell {
    struct str text; /* clean, in the arena */
    enum table_style style;
};
struct table {
    struct arena *arena;
    const struct table_column *columns;
    size_t column_count;
    struct {
        struct table_cell *items;
        size_t count, cap;
    } cells; /* row by row */
};

/* At most TABLE_MAX_COLUMNS columns. */
void table_init(struct table *t, struct arena *a, const struct table_column *columns, size_t count);
/* The next cell; text is copied and cleaned. */
void table_add(struct table *t, struct str text, enum table_style style);
void table_printf(struct table *t, enum table_style style, const char *fmt, ...) PRINTF_LIKE(3, 4);
/* Amounts as people write them; unset is "-". */
void table_bytes(struct table *t, bool set, int64_t bytes, enum table_style style);
/* A measured amount: three or four digits, so that a column compares at a glance. */
void table_measured(struct table *t, bool set, int64_t bytes, enum table_style style);
void table_milli(struct table *t, bool set, int64_t milli);
/* Rows that are not full are filled up with empty cells. */
void table_row_end(struct table *t);
void table_render(const struct table *t, const struct out_format *f, struct buf *b);

/* Begins and ends coloured text, when the output wants colour. */
void style_begin(struct buf *b, const struct out_format *f, enum table_style style);
void style_end(struct buf *b, const struct out_format *f, enum table_style style);

/* "1.58Gi", "1000Mi": three or four digits, the unit by size. */
void text_add_measured(struct buf *b, int64_t bytes);

/* A sentence or more: words are put on lines of the terminal's width (80 without one), all lines
 * but the first indented by `indent`. The first begins at column 0 with `lead`. Text is cleaned. */
void text_wrap(struct buf *b, const struct out_format *f, const char *lead, struct str text,
               size_t indent);

#endif
