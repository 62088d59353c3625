/* SPDX-License-Identifier: Apache-2.0
 *
 * One error: a code, where, and one line of text. It lives on the caller's stack, so reporting
 * works without memory. Callee fills it, callers add context.
 */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#include "base/str.h"

struct err {
    int code;        /* positive errno; 0 = no error */
    char where[128]; /* "file:line:column", a URL, an object; "" if unknown */
    char msg[240];
};

/* Each returns -code, so that a function can end with `return err_set(...)`. e may be NULL. */
int err_set(struct err *e, int code, const char *fmt, ...) PRINTF_LIKE(3, 4);
/* line and column 1-based; 0 = unknown and not printed. */
int err_at(struct err *e, int code, struct str file, uint32_t line, uint32_t column,
           const char *fmt, ...) PRINTF_LIKE(6, 7);
/* Puts "context: " before the message. Returns -e->code. */
int err_wrap(struct err *e, const char *fmt, ...) PRINTF_LIKE(2, 3);

#endif
