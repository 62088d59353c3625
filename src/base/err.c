/* SPDX-License-Identifier: Apache-2.0
 *
 * Errors on the caller's stack.
 */
#include "base/err.h"

int err_set(struct err *e, int code, const char *fmt, ...)
{
    if (e) {
        va_list va;
        va_start(va, fmt);
        e->code = code;
        e->where[0] = '\0';
        vsnprintf(e->msg, sizeof(e->msg), fmt, va);
        va_end(va);
    }
    return -code;
}

int err_at(struct err *e, int code, struct str file, uint32_t line, uint32_t column,
           const char *fmt, ...)
{
    if (!e)
        return -code;
    va_list va;
    va_start(va, fmt);
    e->code = code;
    vsnprintf(e->msg, sizeof(e->msg), fmt, va);
    va_end(va);
    /* A long path keeps its end: that is the part that tells files apart. */
    struct str tail = file.n > 96 ? str_sub(file, file.n - 96, file.n) : file;
    if (line && column)
        snprintf(e->where, sizeof(e->where), STR_FMT ":%u:%u", STR_ARG(tail), line, column);
    else if (line)
        snprintf(e->where, sizeof(e->where), STR_FMT ":%u", STR_ARG(tail), line);
    else
        snprintf(e->where, sizeof(e->where), STR_FMT, STR_ARG(tail));
    return -code;
}

int err_wrap(struct err *e, const char *fmt, ...)
{
    if (!e)
        return -EINVAL;
    char context[sizeof(e->msg)];
    va_list va;
    va_start(va, fmt);
    vsnprintf(context, sizeof(context), fmt, va);
    va_end(va);
    char old[sizeof(e->msg)];
    memcpy(old, e->msg, sizeof(old));
    size_t used = (size_t)snprintf(e->msg, sizeof(e->msg), "%s: ", context);
    if (used < sizeof(e->msg))
        snprintf(e->msg + used, sizeof(e->msg) - used, "%.*s", (int)(sizeof(e->msg) - used - 1),
                 old);
    return -e->code;
}
