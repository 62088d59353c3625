/* SPDX-License-Identifier: Apache-2.0
 *
 * Patterns for paths and names. The time is at most the product of both lengths (times the depth of
 * the path): only the last star is ever tried again.
 */
#include "base/glob.h"

bool glob_name(struct str pattern, struct str name)
{
    size_t p = 0, n = 0, star = SIZE_MAX, tried = 0;
    while (n < name.n) {
        if (p < pattern.n && pattern.p[p] == '*') {
            star = p++;
            tried = n;
        } else if (p < pattern.n && (pattern.p[p] == '?' || pattern.p[p] == name.p[n])) {
            p++;
            n++;
        } else if (star != SIZE_MAX) {
            p = star + 1;
            n = ++tried;
        } else {
            return false;
        }
    }
    while (p < pattern.n && pattern.p[p] == '*')
        p++;
    return p == pattern.n;
}

/* The part that begins at *at; *at moves behind the slash after it. */
static struct str next_part(struct str s, size_t *at)
{
    size_t begin = *at, end = begin;
    while (end < s.n && s.p[end] != '/')
        end++;
    *at = end + 1;
    return str_sub(s, begin, end);
}

/* As glob_name, by parts instead of bytes; the path may go on below what the pattern matches. */
static bool match_parts(struct str pattern, struct str path)
{
    size_t p = 0, n = 0, star = SIZE_MAX, tried = 0;
    while (n <= path.n && path.n) {
        size_t after_p = p, after_n = n;
        if (p > pattern.n)
            return true;
        struct str part = next_part(pattern, &after_p);
        struct str name = next_part(path, &after_n);
        if (str_is(part, "**")) {
            star = p = after_p;
            tried = n;
        } else if (glob_name(part, name)) {
            p = after_p;
            n = after_n;
        } else if (star != SIZE_MAX) {
            (void)next_part(path, &tried);
            p = star;
            n = tried;
        } else {
            return false;
        }
    }
    return p > pattern.n;
}

static struct str without_dot(struct str s)
{
    while (str_starts(s, "./"))
        s = str_sub(s, 2, s.n);
    return s;
}

bool glob_path(struct str pattern, struct str path)
{
    pattern = without_dot(pattern);
    path = without_dot(path);
    while (pattern.n > 1 && str_ends(pattern, "/"))
        pattern.n--;
    if (str_empty(pattern))
        return false;
    if (str_find_char(pattern, '/') >= 0)
        return match_parts(pattern, path);
    for (size_t at = 0; at <= path.n;)
        if (glob_name(pattern, next_part(path, &at)))
            return true;
    return false;
}
