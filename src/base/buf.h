/* SPDX-License-Identifier: Apache-2.0
 *
 * A growing byte buffer with a hard maximum. Past the maximum nothing more is added and
 * `overflow` stays set: the caller checks once, at the end.
 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include "base/str.h"

struct buf {
    char *p;
    size_t n, cap, max;
    bool overflow;
};

void buf_init(struct buf *b, size_t max_bytes);
void buf_done(struct buf *b); /* NULL and zeroed are fine */
void buf_clear(struct buf *b);

void buf_add(struct buf *b, const void *p, size_t n);
void buf_add_str(struct buf *b, struct str s);
void buf_add_cstr(struct buf *b, const char *s);
void buf_add_char(struct buf *b, char c);
void buf_printf(struct buf *b, const char *fmt, ...) PRINTF_LIKE(2, 3);
void buf_vprintf(struct buf *b, const char *fmt, va_list va) PRINTF_LIKE(2, 0);

static inline struct str buf_str(const struct buf *b)
{
    return (struct str){b->p, b->n};
}

#endif
