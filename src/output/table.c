/* SPDX-License-Identifier: Apache-2.0
 *
 * Tables and wrapped text for terminals.
 */
#include "output/table.h"

#include "base/text.h"

enum { GAP = 2, NO_TERMINAL_WIDTH = 80 };

void table_init(struct table *t, struct arena *a, const struct table_column *columns, size_t count)
{
    *t = (struct table){.arena = a, .columns = columns, .column_count = count};
}

void table_add(struct table *t, struct str text, enum table_style style)
{
    struct buf clean CLEANUP(buf_done);
    buf_init(&clean, 64 * KIB);
    text_add_clean(&clean, text);
    struct table_cell *c = PUSH(t->arena, &t->cells);
    *c = (struct table_cell){arena_str(t->arena, buf_str(&clean)), style};
}

void table_printf(struct table *t, enum table_style style, const char *fmt, ...)
{
    struct buf text CLEANUP(buf_done);
    buf_init(&text, 64 * KIB);
    va_list va;
    va_start(va, fmt);
    buf_vprintf(&text, fmt, va);
    va_end(va);
    table_add(t, buf_str(&text), style);
}

void table_bytes(struct table *t, bool set, int64_t bytes, enum table_style style)
{
    struct buf text CLEANUP(buf_done);
    buf_init(&text, 64);
    if (set)
        text_add_bytes(&text, bytes);
    else
        buf_add_char(&text, '-');
    table_add(t, buf_str(&text), style);
}

void text_add_measured(struct buf *b, int64_t bytes)
{
    static const char *const units[] = {"", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"};
    double v = (double)bytes;
    size_t i = 0;
    for (; (v >= 1023.5 || v <= -1023.5) && i + 1 < ARRAY_LEN(units); i++)
        v /= 1024;
    double size = v < 0 ? -v : v;
    buf_printf(b, "%.*f%s", i == 0 || size >= 99.95 ? 0 : size >= 9.995 ? 1 : 2, v, units[i]);
}

void table_measured(struct table *t, bool set, int64_t bytes, enum table_style style)
{
    struct buf text CLEANUP(buf_done);
    buf_init(&text, 64);
    if (set)
        text_add_measured(&text, bytes);
    else
        buf_add_char(&text, '-');
    table_add(t, buf_str(&text), style);
}

void table_milli(struct table *t, bool set, int64_t milli)
{
    struct buf text CLEANUP(buf_done);
    buf_init(&text, 64);
    if (set)
        text_add_milli(&text, milli);
    else
        buf_add_char(&text, '-');
    table_add(t, buf_str(&text), STYLE_PLAIN);
}

void table_row_end(struct table *t)
{
    while (t->cells.count % t->column_count)
        table_add(t, STR(""), STYLE_PLAIN);
}

/* ---- fitting ---- */

struct layout {
    size_t width[TABLE_MAX_COLUMNS];
    bool gone[TABLE_MAX_COLUMNS];
};

static size_t total_width(const struct table *t, const struct layout *l)
{
    size_t total = 0, shown = 0;
    for (size_t i = 0; i < t->column_count; i++) {
        if (l->gone[i])
            continue;
        total += l->width[i];
        shown++;
    }
    return total + (shown ? (shown - 1) * GAP : 0);
}

/* Narrows the widest one that may shrink, down to `floor`, until the table fits. */
static bool shrink(const struct table *t, struct layout *l, size_t columns, size_t floor)
{
    while (total_width(t, l) > columns) {
        size_t widest = t->column_count;
        for (size_t i = 0; i < t->column_count; i++)
            if (t->columns[i].shrinks && !l->gone[i] && l->width[i] > floor &&
                (widest == t->column_count || l->width[i] > l->width[widest]))
                widest = i;
        if (widest == t->column_count)
            return false;
        l->width[widest]--;
    }
    return true;
}

static void measure(const struct table *t, struct layout *l)
{
    for (size_t i = 0; i < t->column_count; i++)
        l->width[i] = strlen(t->columns[i].title);
    for (size_t i = 0; i < t->cells.count; i++) {
        size_t *w = &l->width[i % t->column_count];
        *w = MAX(*w, MIN(text_width(t->cells.items[i].text), (size_t)TABLE_CELL_MAX));
    }
}

/* Columns without a word in them, where that may be. */
static void drop_empty(const struct table *t, struct layout *l)
{
    for (size_t i = 0; i < t->column_count; i++)
        l->gone[i] = t->columns[i].may_lack;
    for (size_t i = 0; i < t->cells.count; i++)
        if (t->cells.items[i].text.n)
            l->gone[i % t->column_count] = false;
}

static void fit(const struct table *t, struct layout *l, size_t columns)
{
    *l = (struct layout){0};
    measure(t, l);
    drop_empty(t, l);
    struct layout full = *l;
    while (columns && !shrink(t, l, columns, TABLE_READABLE)) {
        size_t last = t->column_count;
        for (size_t i = 0; i < t->column_count; i++)
            if (t->columns[i].may_go && !full.gone[i])
                last = i;
        if (last == t->column_count) {
            (void)shrink(t, l, columns, TABLE_SHRUNK); /* if it still does not fit, lines wrap */
            return;
        }
        full.gone[last] = true;
        *l = full;
    }
}

/* The first or last n characters. */
static struct str front(struct str s, size_t n)
{
    size_t at = 0;
    while (at < s.n && n) {
        at++;
        while (at < s.n && ((unsigned char)s.p[at] & 0xc0) == 0x80)
            at++;
        n--;
    }
    return str_sub(s, 0, at);
}

static struct str back(struct str s, size_t n)
{
    size_t at = s.n;
    while (at && n) {
        at--;
        while (at && ((unsigned char)s.p[at] & 0xc0) == 0x80)
            at--;
        n--;
    }
    return str_sub(s, at, s.n);
}

/* Names keep both ends: the end tells pods of one workload apart. */
static void add_cut(struct buf *b, const struct table_column *c, struct str text, size_t width)
{
    size_t room = width - 2;
    struct str head = front(text, c->keeps_front ? room : room / 2);
    buf_add_str(b, head);
    buf_add_cstr(b, "..");
    if (!c->keeps_front)
        buf_add_str(b, back(text, room - room / 2));
}

void style_begin(struct buf *b, const struct out_format *f, enum table_style style)
{
    static const char *const codes[] = {"", "32", "33", "31", "2", "1"};
    if (f->colour && style != STYLE_PLAIN)
        buf_printf(b, "\033[%sm", codes[style]);
}

void style_end(struct buf *b, const struct out_format *f, enum table_style style)
{
    if (f->colour && style != STYLE_PLAIN)
        buf_add_cstr(b, "\033[0m");
}

struct cell_place {
    const struct out_format *format;
    const struct table_column *column;
    size_t width;
    bool last; /* no blanks after it */
};

static void add_cell(struct buf *b, const struct cell_place *p, const struct table_cell *c)
{
    size_t used = text_width(c->text);
    size_t pad = used < p->width ? p->width - used : 0;
    if (p->column->right)
        buf_printf(b, "%*s", (int)pad, "");
    style_begin(b, p->format, c->style);
    if (used > p->width && p->width > 2)
        add_cut(b, p->column, c->text, p->width);
    else
        buf_add_str(b, c->text);
    style_end(b, p->format, c->style);
    if (!p->column->right && !p->last)
        buf_printf(b, "%*s", (int)pad, "");
}

static void add_row(const struct table *t, const struct layout *l, const struct out_format *f,
                    const struct table_cell *cells, struct buf *b)
{
    size_t last = 0;
    for (size_t i = 0; i < t->column_count; i++)
        if (!l->gone[i] && !str_empty(cells[i].text))
            last = i;
    bool first = true;
    for (size_t i = 0; i <= last; i++) {
        if (l->gone[i])
            continue;
        if (!first)
            buf_printf(b, "%*s", GAP, "");
        first = false;
        struct cell_place place = {f, &t->columns[i], l->width[i], i == last};
        add_cell(b, &place, &cells[i]);
    }
    buf_add_char(b, '\n');
}

void table_render(const struct table *t, const struct out_format *f, struct buf *b)
{
    struct layout l;
    if (!t->column_count)
        return;
    fit(t, &l, f->columns);
    struct table_cell titles[TABLE_MAX_COLUMNS];
    for (size_t i = 0; i < t->column_count; i++)
        titles[i] = (struct table_cell){str_of(t->columns[i].title), STYLE_BOLD};
    add_row(t, &l, f, titles, b);
    for (size_t i = 0; i + t->column_count <= t->cells.count; i += t->column_count)
        add_row(t, &l, f, &t->cells.items[i], b);
}

void text_wrap(struct buf *b, const struct out_format *f, const char *lead, struct str text,
               size_t indent)
{
    size_t columns = f->columns ? f->columns : NO_TERMINAL_WIDTH;
    struct buf clean CLEANUP(buf_done);
    buf_init(&clean, MIB);
    text_add_clean(&clean, text);
    struct str rest = buf_str(&clean);
    buf_add_cstr(b, lead);
    size_t column = strlen(lead);
    bool line_empty = true;
    while (rest.p) {
        struct str word = str_cut(rest, ' ', &rest);
        size_t n = text_width(word);
        if (!line_empty && column + 1 + n > columns) {
            buf_printf(b, "\n%*s", (int)indent, "");
            column = indent;
            line_empty = true;
        }
        if (!line_empty)
            buf_add_char(b, ' ');
        column += n + !line_empty;
        buf_add_str(b, word);
        line_empty = false;
    }
    buf_add_char(b, '\n');
}
