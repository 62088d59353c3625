/* SPDX-License-Identifier: Apache-2.0
 *
 * String views. A view never owns its bytes and needs no NUL; {NULL, 0} is the absent string.
 */
#ifndef BASE_STR_H
#define BASE_STR_H

#include "base/defs.h"

struct str {
    const char *p;
    size_t n;
};

#define STR(literal) ((struct str){"" literal, sizeof(literal) - 1})
#define STR_NONE     ((struct str){NULL, 0})
#define STR_FMT      "%.*s"
#define STR_ARG(s)   (int)(s).n, (s).p ? (s).p : ""

/* cstr may be NULL. */
static inline struct str str_of(const char *cstr)
{
    return (struct str){cstr, cstr ? strlen(cstr) : 0};
}
#ifdef __clang_analyzer__ /* which does not know that a view of bytes has a pointer */
bool str_eq(struct str a, struct str b);
#else
static inline bool str_eq(struct str a, struct str b)
{
    return a.n == b.n && (a.n == 0 || (a.p[0] == b.p[0] && memcmp(a.p, b.p, a.n) == 0));
}
#endif
static inline bool str_is(struct str a, const char *cstr)
{
    return str_eq(a, str_of(cstr));
}
/* Byte order; a prefix sorts first. <0, 0, >0. */
int str_cmp(struct str a, struct str b);
bool str_starts(struct str s, const char *prefix);
bool str_ends(struct str s, const char *suffix);
/* ASCII case folded. */
bool str_is_nocase(struct str a, const char *cstr);
/* Offset of the first / last occurrence, or -1. */
ptrdiff_t str_find(struct str s, const char *needle);
ptrdiff_t str_find_char(struct str s, char c);
ptrdiff_t str_rfind_char(struct str s, char c);
/* From offset `from` (clamped) up to `to` (clamped, exclusive). */
struct str str_sub(struct str s, size_t from, size_t to);
/* Without leading and trailing ASCII white space. */
struct str str_trim(struct str s);
/* Cuts at the first `sep`: returns the part before, *rest = the part after (absent if no sep). */
struct str str_cut(struct str s, char sep, struct str *rest);
static inline bool str_empty(struct str s)
{
    return s.n == 0;
}

/* Decimal integer, whole string, optional sign. 0, -EINVAL (not a number) or -ERANGE. */
int str_to_int64(struct str s, int64_t *ret) MUST_USE;
/* Decimal floating point (no hex, inf or nan), any locale. 0 or -EINVAL. */
int str_to_double(struct str s, double *ret) MUST_USE;

/* Edit distance for "did you mean"; stops counting at 4. */
unsigned str_distance(struct str a, struct str b);
/* The word nearest to what was typed, or NULL when none is near. NULL ends the list. */
const char *str_nearest(struct str typed, const char *const *words);

#endif
