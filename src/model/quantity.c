/* SPDX-License-Identifier: Apache-2.0
 *
 * Quantities as k8s.io/apimachinery pkg/api/resource has them: parsing with all its tolerances
 * ("." and "+" are 0), the canonical text, rounding away from zero, and arithmetic. Numbers are a
 * 128-bit magnitude times a power of ten; nothing here depends on the size of an exponent for its
 * time, so the texts that hang upstream ("2E6024865272343") do not.
 */
#include "model/quantity.h"

#include <math.h>

__extension__ typedef unsigned __int128 u128;

#define U128_MAX (~(u128)0)
enum {
    NANO = -9,
    DIGITS = 38,             /* any number of that many digits fits 128 bits */
    FAST_DIGITS = 18,        /* upstream's maxInt64Factors */
    FAST_BINARY_DIGITS = 14, /* of upstream's estimate for binary suffixes: 15 - 1 */
};

static u128 magnitude(struct quantity q)
{
    return (u128)q.high << 64 | q.low;
}

static struct quantity make(bool negative, u128 m, int32_t exponent, uint8_t format)
{
    return (struct quantity){
        .low = (uint64_t)m,
        .high = (uint64_t)(m >> 64),
        .exponent = m ? exponent : 0,
        .negative = negative && m,
        .format = format,
    };
}

/* m / 10^n away from zero; *lost when it was not exact. */
static u128 divide_up(u128 m, int64_t n, bool *lost)
{
    *lost = false;
    if (n > DIGITS + 1) {
        *lost = m != 0;
        return m != 0;
    }
    for (; n > 0 && m; n--) {
        *lost |= m % 10 != 0;
        m /= 10;
    }
    return *lost ? m + 1 : m;
}

/* m * 10^n, or false if that needs more than 128 bits. */
static bool multiply_up(u128 *m, int64_t n)
{
    if (!*m)
        return true;
    for (; n > 0; n--) {
        if (*m > U128_MAX / 10)
            return false;
        *m *= 10;
    }
    return true;
}

/* ---- parsing ---- */

struct suffix {
    const char *text;
    uint8_t base;
    int8_t exponent;
};
static const struct suffix suffixes[] = {
    {"", 10, 0},   {"n", 10, -9}, {"u", 10, -6}, {"m", 10, -3}, {"k", 10, 3},  {"M", 10, 6},
    {"G", 10, 9},  {"T", 10, 12}, {"P", 10, 15}, {"E", 10, 18}, {"Ki", 2, 10}, {"Mi", 2, 20},
    {"Gi", 2, 30}, {"Ti", 2, 40}, {"Pi", 2, 50}, {"Ei", 2, 60},
};

/* A text taken apart: sign, digits before and after the point (no leading zeros in num), suffix. */
struct parts {
    bool negative;
    struct str num, denom;
    bool has_digits; /* any, leading zeros too */
    int32_t exponent;
    uint8_t base, format;
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static size_t skip_digits(struct str s, size_t i)
{
    while (i < s.n && is_digit(s.p[i]))
        i++;
    return i;
}

static int parse_suffix(struct str s, struct parts *ret)
{
    for (size_t i = 0; i < ARRAY_LEN(suffixes); i++)
        if (str_is(s, suffixes[i].text)) {
            ret->base = suffixes[i].base;
            ret->exponent = suffixes[i].exponent;
            ret->format = ret->base == 2 ? QUANTITY_BINARY_SI : QUANTITY_DECIMAL_SI;
            return 0;
        }
    int64_t v;
    if (s.n < 2 || (s.p[0] != 'e' && s.p[0] != 'E') || str_to_int64(str_sub(s, 1, s.n), &v) ||
        v < INT32_MIN || v > INT32_MAX)
        return -EINVAL;
    ret->base = 10;
    ret->exponent = (int32_t)v;
    ret->format = QUANTITY_DECIMAL_EXPONENT;
    return 0;
}

/* As parseQuantityString: a sign, digits, a point, digits, then letters, a sign and digits. */
static int split(struct str s, struct parts *ret)
{
    size_t i = 0;
    if (!s.n)
        return -EINVAL;
    if (s.p[0] == '-' || s.p[0] == '+')
        ret->negative = s.p[i++] == '-';
    size_t first = i;
    while (i < s.n && s.p[i] == '0')
        i++;
    size_t end = skip_digits(s, i);
    ret->num = str_sub(s, i, end);
    ret->denom = STR("");
    i = end;
    if (i < s.n && s.p[i] == '.') {
        end = skip_digits(s, i + 1);
        ret->denom = str_sub(s, i + 1, end);
        i = end;
    }
    ret->has_digits = first < s.n && (s.p[first] == '0' || ret->num.n || ret->denom.n);
    size_t start = i;
    while (i < s.n && memchr("eEinumkKMGTP", s.p[i], 12))
        i++;
    if (i < s.n && (s.p[i] == '-' || s.p[i] == '+'))
        i++;
    if (skip_digits(s, i) != s.n)
        return -EINVAL;
    return parse_suffix(str_sub(s, start, s.n), ret);
}

static char digit_at(const struct parts *p, size_t i)
{
    return i < p->num.n ? p->num.p[i] : p->denom.p[i - p->num.n];
}

/* Upstream's fast path, which keeps the digits as they are (and the text, if it looks canonical).
 * false: not taken. */
static bool parse_short(const struct parts *p, struct quantity *ret)
{
    size_t digits = p->num.n + p->denom.n + !p->num.n; /* an empty num counts as "0" */
    int64_t scale = p->base == 10 ? (int64_t)p->exponent - (int64_t)p->denom.n : 0;
    size_t room = FAST_DIGITS;
    if (p->base == 2) {
        size_t taken = (size_t)p->exponent * 3 / 10;
        if (p->denom.n || taken > FAST_BINARY_DIGITS)
            return false;
        room = FAST_BINARY_DIGITS - taken;
    }
    if (digits > room || scale < NANO)
        return false;
    uint64_t v = 0;
    for (size_t i = 0; i < p->num.n + p->denom.n; i++)
        v = v * 10 + (uint64_t)(digit_at(p, i) - '0');
    if (p->base == 2) {
        *ret = make(p->negative, (u128)v << p->exponent, 0, p->format);
        ret->as_written = v & 7;
    } else {
        *ret = make(p->negative, v, (int32_t)scale, p->format);
        ret->as_written = v && scale % 3 == 0 && v % 1000 != 0 && p->num.n;
    }
    return true;
}

/* Decimal digits of any number: those from 10^-9 up, at most DIGITS of them, the rest rounds up. */
static int parse_decimal(const struct parts *p, struct quantity *ret)
{
    u128 m = 0;
    int digits = 0;
    bool more = false;
    int64_t exponent = NANO;
    int64_t weight = (int64_t)p->exponent + (int64_t)p->num.n;
    for (size_t i = 0; i < p->num.n + p->denom.n; i++) {
        unsigned d = (unsigned)(digit_at(p, i) - '0');
        weight--;
        if (weight < NANO || digits == DIGITS) {
            more |= d != 0;
            continue;
        }
        m = m * 10 + d;
        digits += m != 0;
        exponent = weight;
    }
    m += more;
    /* Upstream counts in units of 10^-9 here, which shows in quantity_double(). */
    while (m && exponent > NANO && m <= U128_MAX / 10) {
        m *= 10;
        exponent--;
    }
    if (m && exponent > INT32_MAX)
        return -EINVAL;
    *ret = make(p->negative, m, (int32_t)exponent, p->format);
    return 0;
}

/* digits * 2^exponent. The part after the point is multiplied from its last digit on, so that any
 * number of digits is exact; the whole part stops at upstream's cap of 2^63-1. */
static void parse_binary(const struct parts *p, struct quantity *ret)
{
    const u128 cap = INT64_MAX, factor = (u128)1 << p->exponent;
    uint64_t carry = 0;
    bool more = false;
    u128 nano = 0, unit = 1;
    for (size_t i = p->denom.n; i-- > 0;) {
        uint64_t t = (uint64_t)(p->denom.p[i] - '0') * (uint64_t)factor + carry;
        unsigned d = (unsigned)(t % 10);
        carry = t / 10;
        if (i >= 9) {
            more |= d != 0;
            continue;
        }
        nano += d * unit;
        unit *= 10;
    }
    for (; unit < 1000000000; unit *= 10) /* fewer than nine digits after the point */
        nano *= 10;
    nano += more;
    u128 whole = 0;
    for (size_t i = 0; i < p->num.n && whole <= cap; i++)
        whole = whole * 10 + (unsigned)(p->num.p[i] - '0');
    whole = whole > cap ? cap + 1 : whole * factor + carry;
    u128 m = whole > cap ? (cap + 1) * 1000000000 : whole * 1000000000 + nano;
    if (m > cap * 1000000000)
        *ret = make(p->negative, cap, 0, p->format);
    else
        *ret = make(p->negative, m, NANO, m && m < 1000000000 ? QUANTITY_DECIMAL_SI : p->format);
}

int quantity_parse(struct str s, struct quantity *ret)
{
    struct parts p = {0};
    struct quantity q;
    if (split(s, &p))
        return -EINVAL;
    if (!parse_short(&p, &q)) {
        if (!p.has_digits) /* "k" is 0, but "Ei" is nothing */
            return -EINVAL;
        if (p.base == 2)
            parse_binary(&p, &q);
        else if (parse_decimal(&p, &q))
            return -EINVAL;
    }
    *ret = q;
    return 0;
}

int quantity_parse_field(struct str s, struct quantity *ret)
{
    return quantity_parse(str_trim(s), ret);
}

struct quantity quantity_scaled(int64_t value, int32_t scale, enum quantity_format format)
{
    uint64_t m = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    return make(value < 0, m, scale, (uint8_t)format);
}

struct quantity quantity_of(int64_t units)
{
    return quantity_scaled(units, 0, QUANTITY_DECIMAL_SI);
}

struct quantity quantity_of_milli(int64_t milli)
{
    return quantity_scaled(milli, -3, QUANTITY_DECIMAL_SI);
}

struct quantity quantity_of_bytes(int64_t bytes)
{
    return quantity_scaled(bytes, 0, QUANTITY_BINARY_SI);
}

/* ---- conversions ---- */

int64_t quantity_scaled_value(struct quantity q, int32_t scale)
{
    u128 m = magnitude(q);
    int64_t by = (int64_t)q.exponent - scale;
    bool lost;
    if (by < 0)
        m = divide_up(m, -by, &lost);
    else if (!multiply_up(&m, by))
        m = U128_MAX;
    int64_t v = m > INT64_MAX ? INT64_MAX : (int64_t)m;
    return q.negative ? -v : v;
}

int64_t quantity_value(struct quantity q)
{
    return quantity_scaled_value(q, 0);
}

int64_t quantity_milli(struct quantity q)
{
    return quantity_scaled_value(q, -3);
}

bool quantity_is_whole(struct quantity q)
{
    u128 m = magnitude(q);
    bool lost = false;
    if (q.exponent < 0)
        m = divide_up(m, -(int64_t)q.exponent, &lost);
    else if (!multiply_up(&m, q.exponent))
        return false;
    return !lost && m <= INT64_MAX;
}

double quantity_double(struct quantity q)
{
    double v = (double)magnitude(q);
    if (q.negative)
        v = -v;
    return q.exponent ? v * pow(10, q.exponent) : v;
}

bool quantity_is_zero(struct quantity q)
{
    return !q.low && !q.high;
}

int quantity_sign(struct quantity q)
{
    return quantity_is_zero(q) ? 0 : q.negative ? -1 : 1;
}

/* ---- comparing and arithmetic ---- */

static int count_digits(u128 m)
{
    int n = 0;
    for (; m; m /= 10)
        n++;
    return n;
}

/* |a| against |b|, neither 0. */
static int cmp_magnitude(struct quantity a, struct quantity b)
{
    u128 x = magnitude(a), y = magnitude(b);
    int64_t order_a = (int64_t)a.exponent + count_digits(x);
    int64_t order_b = (int64_t)b.exponent + count_digits(y);
    if (order_a != order_b)
        return order_a < order_b ? -1 : 1;
    /* Equally long: scaling the shorter can only overflow when it is the greater. */
    if (a.exponent > b.exponent && !multiply_up(&x, (int64_t)a.exponent - b.exponent))
        return 1;
    if (b.exponent > a.exponent && !multiply_up(&y, (int64_t)b.exponent - a.exponent))
        return -1;
    return x < y ? -1 : x > y;
}

int quantity_cmp(struct quantity a, struct quantity b)
{
    int sa = quantity_sign(a), sb = quantity_sign(b);
    if (sa != sb || !sa)
        return sa < sb ? -1 : sa > sb;
    return sa * cmp_magnitude(a, b);
}

struct quantity quantity_neg(struct quantity q)
{
    q.negative = !q.negative && !quantity_is_zero(q);
    q.as_written = false;
    return q;
}

struct quantity quantity_add(struct quantity a, struct quantity b)
{
    if (quantity_is_zero(a) || quantity_is_zero(b)) {
        struct quantity q = quantity_is_zero(a) ? b : a;
        q.as_written = false;
        return q;
    }
    const uint8_t format = a.format;
    if (a.exponent < b.exponent) {
        struct quantity t = a;
        a = b;
        b = t;
    }
    u128 x = magnitude(a), y = magnitude(b);
    int64_t exponent = a.exponent;
    /* Bring the coarser one down to the finer's exponent, as far as 128 bits allow (less one bit,
     * for the sum); what then remains is rounded. */
    while (exponent > b.exponent && x <= U128_MAX / 20) {
        x *= 10;
        exponent--;
    }
    bool lost;
    y = divide_up(y, exponent - b.exponent, &lost);
    for (; x > U128_MAX / 2 || y > U128_MAX / 2; exponent++) {
        x = divide_up(x, 1, &lost);
        y = divide_up(y, 1, &lost);
    }
    if (exponent > INT32_MAX)
        exponent = INT32_MAX;
    if (a.negative == b.negative)
        return make(a.negative, x + y, (int32_t)exponent, format);
    return x >= y ? make(a.negative, x - y, (int32_t)exponent, format)
                  : make(b.negative, y - x, (int32_t)exponent, format);
}

struct quantity quantity_sub(struct quantity a, struct quantity b)
{
    return quantity_add(a, quantity_neg(b));
}

/* Whether the number is an int64 in units of 10^min(0, the finest digit it needs). */
static bool fits_int64(struct quantity q)
{
    u128 m = magnitude(q);
    int64_t exponent = q.exponent;
    for (; exponent < 0 && m && m % 10 == 0; exponent++)
        m /= 10;
    return multiply_up(&m, exponent) && m <= (u128)INT64_MAX + q.negative;
}

struct quantity quantity_mul(struct quantity q, int64_t factor, bool *exact)
{
    u128 m = magnitude(q);
    u128 f = factor < 0 ? 0 - (uint64_t)factor : (uint64_t)factor;
    int64_t exponent = q.exponent;
    bool lost = false, any = false;
    for (; f && m > U128_MAX / f; exponent++, any |= lost)
        m = divide_up(m, 1, &lost);
    struct quantity r = make(q.negative != (factor < 0), m * f,
                             exponent > INT32_MAX ? INT32_MAX : (int32_t)exponent, q.format);
    if (exact)
        *exact = !any && fits_int64(r);
    return r;
}

struct quantity quantity_round_up(struct quantity q, int32_t scale, bool *exact)
{
    bool lost = false;
    if (q.exponent < scale && !quantity_is_zero(q)) {
        u128 m = divide_up(magnitude(q), (int64_t)scale - q.exponent, &lost);
        q = make(q.negative, m, scale, q.format);
    }
    if (exact)
        *exact = !lost;
    return q;
}

/* ---- text ---- */

struct writer {
    char *p;
    size_t n;
};

static void put(struct writer *w, char c)
{
    if (w->n < QUANTITY_TEXT - 1)
        w->p[w->n++] = c;
}

static void put_number(struct writer *w, u128 m)
{
    char digits[40];
    size_t n = 0;
    for (; m; m /= 10)
        digits[n++] = (char)('0' + (int)(m % 10));
    if (!n)
        put(w, '0');
    while (n)
        put(w, digits[--n]);
}

static void put_text(struct writer *w, const char *s)
{
    while (*s)
        put(w, *s++);
}

static const char *suffix_of(unsigned base, int64_t exponent)
{
    for (size_t i = 0; i < ARRAY_LEN(suffixes); i++)
        if (suffixes[i].base == base && suffixes[i].exponent == exponent)
            return suffixes[i].text;
    return NULL;
}

/* The mantissa without its zeros, the exponent a multiple of three. Where there is no suffix for
 * the exponent (upstream then prints none, and the number is lost) the exponent form is used. */
static void put_decimal(struct writer *w, struct quantity q)
{
    u128 m = magnitude(q);
    int64_t exponent = q.exponent;
    for (; m % 10 == 0; exponent++)
        m /= 10;
    put_number(w, m);
    for (; exponent % 3; exponent--)
        put(w, '0');
    const char *suffix = q.format == QUANTITY_DECIMAL_EXPONENT ? NULL : suffix_of(10, exponent);
    if (suffix) {
        put_text(w, suffix);
    } else if (exponent) {
        put(w, 'e');
        if (exponent < 0)
            put(w, '-');
        put_number(w, (u128)(exponent < 0 ? -exponent : exponent));
    }
}

static bool put_binary(struct writer *w, struct quantity q)
{
    u128 m = magnitude(q);
    bool lost = false;
    if (q.exponent < 0)
        m = divide_up(m, -(int64_t)q.exponent, &lost);
    else if (!multiply_up(&m, q.exponent))
        return false;
    if (lost || m < 1024)
        return false;
    int64_t exponent = 0;
    for (; exponent < 60 && m % 1024 == 0; exponent += 10)
        m /= 1024;
    put_number(w, m);
    put_text(w, exponent ? suffix_of(2, exponent) : "");
    return true;
}

struct str quantity_text(struct quantity q, char text[QUANTITY_TEXT])
{
    struct writer w = {text, 0};
    if (q.negative)
        put(&w, '-');
    if (quantity_is_zero(q))
        put(&w, '0');
    else if (q.format != QUANTITY_BINARY_SI || !put_binary(&w, q))
        put_decimal(&w, q);
    text[w.n] = '\0';
    return (struct str){text, w.n};
}

struct str quantity_text_of(struct quantity q, struct str written, char text[QUANTITY_TEXT])
{
    return q.as_written ? written : quantity_text(q, text);
}
