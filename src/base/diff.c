/* SPDX-License-Identifier: Apache-2.0
 *
 * Walks two texts line by line; where they part it looks for the nearest place where two lines
 * agree again. Not the shortest difference there is, but a correct one, in time that does not grow
 * with the square of the texts.
 */
#include "base/diff.h"

#include "base/arena.h"
#include "base/text.h"

enum { CONTEXT = 3, AGREE = 2, LOOK_AHEAD = 1000 };

struct lines {
    struct str *items; /* each with its line break */
    size_t count, cap;
};
/* Lines [old, old + old_count) become [new, new + new_count). */
struct change {
    size_t old, old_count, new, new_count;
};
struct changes {
    struct change *items;
    size_t count, cap;
};

static void split(struct arena *a, struct str text, struct lines *ret)
{
    for (size_t i = 0; i < text.n;) {
        const char *lf = memchr(text.p + i, '\n', text.n - i);
        size_t end = lf ? (size_t)(lf - text.p) + 1 : text.n;
        *PUSH(a, ret) = str_sub(text, i, end);
        i = end;
    }
}

/* Whether the texts agree from here on for a few lines, or to the end of both. */
static bool agree(const struct lines *x, size_t i, const struct lines *y, size_t j)
{
    for (size_t k = 0; k < AGREE; k++) {
        if (i + k >= x->count || j + k >= y->count)
            return i + k >= x->count && j + k >= y->count;
        if (!str_eq(x->items[i + k], y->items[j + k]))
            return false;
    }
    return true;
}

/* The nearest place at which they agree again; the ends if there is none near. */
static struct change find_change(const struct lines *x, size_t i, const struct lines *y, size_t j)
{
    for (size_t d = 1; d <= LOOK_AHEAD; d++)
        for (size_t k = 0; k <= d; k++)
            if (i + k <= x->count && j + d - k <= y->count && agree(x, i + k, y, j + d - k))
                return (struct change){i, k, j, d - k};
    return (struct change){i, x->count - i, j, y->count - j};
}

static void find_changes(struct arena *a, const struct lines *x, const struct lines *y,
                         struct changes *ret)
{
    size_t i = 0, j = 0;
    while (i < x->count || j < y->count) {
        if (i < x->count && j < y->count && str_eq(x->items[i], y->items[j])) {
            i++;
            j++;
            continue;
        }
        struct change c = find_change(x, i, y, j);
        *PUSH(a, ret) = c;
        i += c.old_count;
        j += c.new_count;
    }
}

/* ---- writing ---- */

/* As git: names with control characters, quotes or backslashes are quoted; a tab ends those with
 * spaces. */
static void add_name(struct buf *b, const char *mark, const char *side, struct str name)
{
    bool quote = false;
    for (size_t i = 0; i < name.n; i++)
        quote = quote || (unsigned char)name.p[i] < 0x20 || memchr("\"\\\x7f", name.p[i], 3) ||
                (unsigned char)name.p[i] >= 0x80;
    while (str_starts(name, "/") || str_starts(name, "./"))
        name = str_sub(name, 1, name.n);
    buf_printf(b, "%s %s%s", mark, quote ? "\"" : "", side);
    for (size_t i = 0; i < name.n; i++) {
        unsigned char c = (unsigned char)name.p[i];
        if (quote && (c == '"' || c == '\\'))
            buf_printf(b, "\\%c", c);
        else if (c < 0x20 || c >= 0x7f)
            buf_printf(b, "\\%03o", c);
        else
            buf_add_char(b, (char)c);
    }
    if (quote)
        buf_add_char(b, '"');
    else if (str_find_char(name, ' ') >= 0)
        buf_add_char(b, '\t');
    buf_add_char(b, '\n');
}

static void add_line(struct buf *b, const struct diff *d, char mark, struct str line)
{
    bool open = !str_ends(line, "\n");
    struct str body = open ? line : str_sub(line, 0, line.n - 1);
    buf_add_char(b, mark);
    if (d->for_terminal && str_ends(body, "\r"))
        body = str_sub(body, 0, body.n - 1);
    if (d->for_terminal)
        text_add_clean(b, body);
    else
        buf_add_str(b, body);
    buf_add_cstr(b, open ? "\n\\ No newline at end of file\n" : "\n");
}

/* Lines from..to of x; none where there are not so many. */
static struct lines slice(const struct lines *x, size_t from, size_t to)
{
    return from < to && to <= x->count ? (struct lines){x->items + from, to - from, 0}
                                       : (struct lines){0};
}

static void add_lines(struct buf *b, const struct diff *d, char mark, struct lines part)
{
    for (size_t i = 0; i < part.count; i++)
        add_line(b, d, mark, part.items[i]);
}

static void add_range(struct buf *b, char mark, size_t first, size_t count)
{
    buf_printf(b, "%c%zu", mark, count ? first + 1 : first);
    if (count != 1)
        buf_printf(b, ",%zu", count);
}

/* One hunk: changes that are near each other, with context around them. */
static void add_hunk(struct buf *b, const struct diff *d, const struct lines *x,
                     const struct lines *y, const struct changes *c)
{
    const struct change *first = &c->items[0], *last = &c->items[c->count - 1];
    size_t before = MIN(first->old, (size_t)CONTEXT);
    size_t behind = MIN(x->count - last->old - last->old_count, (size_t)CONTEXT);
    size_t old = first->old - before, new = first->new - before;
    size_t old_end = last->old + last->old_count + behind;
    buf_add_cstr(b, "@@ ");
    add_range(b, '-', old, old_end - old);
    buf_add_char(b, ' ');
    add_range(b, '+', new, last->new + last->new_count + behind - new);
    buf_add_cstr(b, " @@\n");
    size_t i = old;
    for (size_t n = 0; n < c->count; n++) {
        const struct change *k = &c->items[n];
        add_lines(b, d, ' ', slice(x, i, k->old));
        i = k->old + k->old_count;
        add_lines(b, d, '-', slice(x, k->old, i));
        add_lines(b, d, '+', slice(y, k->new, k->new + k->new_count));
    }
    add_lines(b, d, ' ', slice(x, i, old_end));
}

void diff_add(struct buf *b, const struct diff *d)
{
    struct arena a CLEANUP(arena_done);
    struct lines x = {0}, y = {0};
    struct changes c = {0};
    arena_init(&a);
    split(&a, d->old, &x);
    split(&a, d->new, &y);
    find_changes(&a, &x, &y, &c);
    if (c.count == 0)
        return;
    if (d->old.p)
        add_name(b, "---", "a/", d->name);
    else
        buf_add_cstr(b, "--- /dev/null\n");
    add_name(b, "+++", "b/", d->name);
    for (size_t from = 0; from < c.count;) {
        size_t to = from + 1;
        while (to < c.count &&
               c.items[to].old - (c.items[to - 1].old + c.items[to - 1].old_count) <= 2 * CONTEXT)
            to++;
        struct changes hunk = {c.items + from, to - from, 0};
        add_hunk(b, d, &x, &y, &hunk);
        from = to;
    }
}
