/* SPDX-License-Identifier: Apache-2.0
 *
 * A growing byte buffer with a hard maximum.
 */
#include "base/buf.h"

#include "base/alloc.h"

void buf_init(struct buf *b, size_t max_bytes)
{
    *b = (struct buf){.max = max_bytes};
}

void buf_done(struct buf *b)
{
    if (!b)
        return;
    mem_free(b->p);
    *b = (struct buf){.max = b->max};
}

void buf_clear(struct buf *b)
{
    b->n = 0;
    b->overflow = false;
}

/* Room for n more bytes and a NUL; false (and overflow set) past the maximum. */
static bool reserve(struct buf *b, size_t n)
{
    if (b->overflow || n > b->max || b->n > b->max - n) {
        b->overflow = true;
        return false;
    }
    size_t need = b->n + n + 1;
    if (need <= b->cap)
        return true;
    size_t cap = MAX(need, MAX((size_t)64, b->cap * 2));
    b->p = mem_realloc(b->p, cap);
    b->cap = cap;
    return true;
}

void buf_add(struct buf *b, const void *p, size_t n)
{
    if (n == 0 || !reserve(b, n))
        return;
    memcpy(b->p + b->n, p, n);
    b->n += n;
    b->p[b->n] = '\0';
}

void buf_add_str(struct buf *b, struct str s)
{
    buf_add(b, s.p, s.n);
}

void buf_add_cstr(struct buf *b, const char *s)
{
    buf_add(b, s, strlen(s));
}

void buf_add_char(struct buf *b, char c)
{
    buf_add(b, &c, 1);
}

void buf_vprintf(struct buf *b, const char *fmt, va_list va)
{
    va_list again;
    va_copy(again, va);
    int n = vsnprintf(NULL, 0, fmt, va);
    if (n > 0 && reserve(b, (size_t)n)) {
        vsnprintf(b->p + b->n, (size_t)n + 1, fmt, again);
        b->n += (size_t)n;
    }
    va_end(again);
}

void buf_printf(struct buf *b, const char *fmt, ...)
{
    va_list va;
    va_start(va, fmt);
    buf_vprintf(b, fmt, va);
    va_end(va);
}
