/* SPDX-License-Identifier: Apache-2.0
 *
 * String views: comparison, search, cutting, numbers.
 */
#include "base/str.h"

#include <locale.h>
#include <pthread.h>

int str_cmp(struct str a, struct str b)
{
    size_t n = MIN(a.n, b.n);
    int c = n ? memcmp(a.p, b.p, n) : 0;
    return c ? c : (a.n > b.n) - (a.n < b.n);
}

bool str_starts(struct str s, const char *prefix)
{
    size_t n = strlen(prefix);
    return s.n >= n && memcmp(s.p ? s.p : "", prefix, n) == 0;
}

bool str_ends(struct str s, const char *suffix)
{
    size_t n = strlen(suffix);
    return s.n >= n && (n == 0 || memcmp(s.p + (s.n - n), suffix, n) == 0);
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

bool str_is_nocase(struct str a, const char *cstr)
{
    if (a.n != strlen(cstr))
        return false;
    for (size_t i = 0; i < a.n; i++)
        if (lower(a.p[i]) != lower(cstr[i]))
            return false;
    return true;
}

ptrdiff_t str_find(struct str s, const char *needle)
{
    size_t n = strlen(needle);
    if (n == 0)
        return 0;
    const char *p = s.n ? memmem(s.p, s.n, needle, n) : NULL;
    return p ? p - s.p : -1;
}

ptrdiff_t str_find_char(struct str s, char c)
{
    const char *p = s.n ? memchr(s.p, c, s.n) : NULL;
    return p ? p - s.p : -1;
}

ptrdiff_t str_rfind_char(struct str s, char c)
{
    for (size_t i = s.n; i-- > 0;)
        if (s.p[i] == c)
            return (ptrdiff_t)i;
    return -1;
}

struct str str_sub(struct str s, size_t from, size_t to)
{
    to = MIN(to, s.n);
    from = MIN(from, to);
    return s.p ? (struct str){s.p + from, to - from} : STR_NONE;
}

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

struct str str_trim(struct str s)
{
    while (s.n && is_space(s.p[0])) {
        s.p++;
        s.n--;
    }
    while (s.n && is_space(s.p[s.n - 1]))
        s.n--;
    return s;
}

struct str str_cut(struct str s, char sep, struct str *rest)
{
    ptrdiff_t at = str_find_char(s, sep);
    if (at < 0) {
        *rest = STR_NONE;
        return s;
    }
    *rest = str_sub(s, (size_t)at + 1, s.n);
    return str_sub(s, 0, (size_t)at);
}

int str_to_int64(struct str s, int64_t *ret)
{
    size_t i = 0;
    bool negative = s.n && s.p[0] == '-';
    if (s.n && (s.p[0] == '-' || s.p[0] == '+'))
        i = 1;
    if (i == s.n)
        return -EINVAL;
    int64_t v = 0;
    bool over = false;
    for (; i < s.n; i++) {
        if (s.p[i] < '0' || s.p[i] > '9')
            return -EINVAL;
        int digit = s.p[i] - '0';
        over |= __builtin_mul_overflow(v, 10, &v) || __builtin_sub_overflow(v, digit, &v);
    }
    if (!negative)
        over |= __builtin_sub_overflow((int64_t)0, v, &v);
    if (over)
        return -ERANGE;
    *ret = v;
    return 0;
}

static locale_t c_locale;
static pthread_once_t c_locale_once = PTHREAD_ONCE_INIT;

static void make_c_locale(void)
{
    c_locale = newlocale(LC_ALL_MASK, "C", NULL);
}

int str_to_double(struct str s, double *ret)
{
    char text[64];
    size_t digits = 0;
    if (s.n == 0 || s.n >= sizeof(text))
        return -EINVAL;
    for (size_t i = 0; i < s.n; i++) {
        if (!memchr("0123456789+-.eE", s.p[i], 15))
            return -EINVAL;
        digits += s.p[i] >= '0' && s.p[i] <= '9';
    }
    if (!digits)
        return -EINVAL;
    memcpy(text, s.p, s.n);
    text[s.n] = '\0';
    pthread_once(&c_locale_once, make_c_locale);
    char *end;
    double v = c_locale ? strtod_l(text, &end, c_locale) : (end = text, 0);
    if (*end)
        return -EINVAL;
    *ret = v;
    return 0;
}

unsigned str_distance(struct str a, struct str b)
{
    enum { LONGEST = 64, FAR = 4 };
    if (a.n > LONGEST || b.n > LONGEST)
        return FAR;
    unsigned row[LONGEST + 1];
    for (unsigned j = 0; j <= b.n; j++)
        row[j] = j;
    for (unsigned i = 1; i <= a.n; i++) {
        unsigned diagonal = row[0];
        row[0] = i;
        for (unsigned j = 1; j <= b.n; j++) {
            unsigned above = row[j];
            unsigned change = diagonal + (lower(a.p[i - 1]) != lower(b.p[j - 1]));
            row[j] = MIN(MIN(above, row[j - 1]) + 1, change);
            diagonal = above;
        }
    }
    return MIN(row[b.n], (unsigned)FAR);
}

const char *str_nearest(struct str typed, const char *const *words)
{
    const char *best = NULL;
    unsigned least = 4;
    for (; *words; words++) {
        unsigned d = str_distance(typed, str_of(*words));
        if (d < least) {
            least = d;
            best = *words;
        }
    }
    return best;
}
