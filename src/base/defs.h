/* SPDX-License-Identifier: Apache-2.0
 *
 * Attributes and small macros that every file may use, and the ban on C library functions that
 * lose lengths or depend on the locale (base/banned.h). Include this first.
 */
#ifndef BASE_DEFS_H
#define BASE_DEFS_H

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CLEANUP(fn)          __attribute__((cleanup(fn)))
#define PRINTF_LIKE(fmt, va) __attribute__((format(printf, fmt, va)))
#define MUST_USE             __attribute__((warn_unused_result))
#define RETURNS_NONNULL      __attribute__((returns_nonnull))
#define NORETURN             __attribute__((noreturn))
#define UNUSED               __attribute__((unused))

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))
#define MIN(a, b)    ((a) < (b) ? (a) : (b))
#define MAX(a, b)    ((a) > (b) ? (a) : (b))

#define KIB (INT64_C(1) << 10)
#define MIB (INT64_C(1) << 20)
#define GIB (INT64_C(1) << 30)

#include "base/banned.h"

#endif
