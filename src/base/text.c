/* SPDX-License-Identifier: Apache-2.0
 *
 * Text for people: hostile names made harmless, amounts and times made readable.
 */
#include "base/text.h"

size_t utf8_decode(struct str s, uint32_t *ret)
{
    static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
    if (s.n == 0)
        return 0;
    unsigned char first = (unsigned char)s.p[0];
    if (first < 0x80) {
        *ret = first;
        return 1;
    }
    size_t n = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
    if (first < 0xc2 || first > 0xf4 || s.n < n)
        return 0;
    uint32_t code = first & (0x7fU >> n);
    for (size_t i = 1; i < n; i++) {
        unsigned char c = (unsigned char)s.p[i];
        if ((c & 0xc0) != 0x80)
            return 0;
        code = code << 6 | (c & 0x3fU);
    }
    if (code < smallest[n] || code > 0x10ffff || (code >= 0xd800 && code < 0xe000))
        return 0;
    *ret = code;
    return n;
}

void utf8_add(struct buf *b, uint32_t code)
{
    char c[4];
    size_t n = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    for (size_t i = n; i-- > 1; code >>= 6)
        c[i] = (char)(0x80 | (code & 0x3f));
    static const unsigned char lead[] = {0, 0, 0xc0, 0xe0, 0xf0};
    c[0] = (char)(lead[n] | code);
    buf_add(b, c, n);
}

size_t text_width(struct str s)
{
    size_t columns = 0;
    for (size_t i = 0; i < s.n; i++)
        columns += ((unsigned char)s.p[i] & 0xc0) != 0x80;
    return columns;
}

/* Characters that move or hide text: C1, soft hyphen, zero width, line and bidi controls, BOM,
 * tags. */
static bool steers(uint32_t c)
{
    return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0xad || c == 0x61c || c == 0x180e ||
           (c >= 0x200b && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) ||
           (c >= 0x2060 && c <= 0x206f) || c == 0xfeff || (c >= 0xfff9 && c <= 0xfffb) ||
           (c >= 0xe0000 && c <= 0xe007f);
}

void text_add_clean(struct buf *b, struct str s)
{
    size_t plain = 0; /* bytes at the front that are printable ASCII */
    while (s.n) {
        while (plain < s.n && s.p[plain] >= 0x20 && s.p[plain] < 0x7f)
            plain++;
        buf_add(b, s.p, plain);
        s = str_sub(s, plain, s.n);
        plain = 0;
        if (s.n == 0)
            break;
        uint32_t code = 0;
        size_t n = utf8_decode(s, &code);
        if (n == 0)
            buf_printf(b, "\\x%02x", (unsigned char)s.p[0]);
        else if (code == '\n' || code == '\t')
            buf_add_cstr(b, code == '\n' ? "\\n" : "\\t");
        else if (steers(code))
            buf_printf(b, code < 0x100 ? "\\x%02x" : "\\u{%x}", code);
        else
            buf_add(b, s.p, n);
        s = str_sub(s, n ? n : 1, s.n);
    }
}

static void add_scaled(struct buf *b, int64_t v, int64_t unit, const char *suffix)
{
    if (v % unit == 0) {
        buf_printf(b, "%lld%s", (long long)(v / unit), suffix);
        return;
    }
    double x = (double)v / (double)unit;
    double size = x < 0 ? -x : x;
    buf_printf(b, "%.*f%s", size < 10 ? 2 : size < 100 ? 1 : 0, x, suffix);
}

void text_add_bytes(struct buf *b, int64_t bytes)
{
    static const char *const suffix[] = {"", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"};
    size_t i = 0;
    for (int64_t rest = bytes < 0 ? -(bytes + 1) : bytes; rest >= 1024 && i < 6; rest >>= 10)
        i++;
    /* 1280Mi reads better than 1.25Gi, and is exact. */
    while (i > 1 && bytes % (INT64_C(1) << (10 * i)) != 0 &&
           bytes % (INT64_C(1) << (10 * (i - 1))) == 0 && bytes >> (10 * (i - 1)) < 10000)
        i--;
    add_scaled(b, bytes, INT64_C(1) << (10 * i), suffix[i]);
}

void text_add_milli(struct buf *b, int64_t milli)
{
    if (milli % 1000 == 0)
        buf_printf(b, "%lld", (long long)(milli / 1000));
    else if (milli > -1000 && milli < 1000)
        buf_printf(b, "%lldm", (long long)milli);
    else
        buf_printf(b, "%g", (double)milli / 1000);
}

void text_add_count(struct buf *b, int64_t n)
{
    char digits[24];
    int len = snprintf(digits, sizeof(digits), "%lld", (long long)n);
    int first = n < 0;
    for (int i = 0; i < len; i++) {
        if (i > first && (len - i) % 3 == 0)
            buf_add_char(b, ',');
        buf_add_char(b, digits[i]);
    }
}

void text_add_time(struct buf *b, int64_t unix_ms)
{
    time_t t = (time_t)(unix_ms / 1000 - (unix_ms % 1000 < 0));
    struct tm tm;
    char text[32];
    if (gmtime_r(&t, &tm) && strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm))
        buf_add_cstr(b, text);
}

/* n digits at s[*at], advancing; -1 if there are not n. */
static int digits_at(struct str s, size_t *at, size_t n)
{
    int v = 0;
    for (size_t i = 0; i < n; i++, ++*at) {
        if (*at >= s.n || s.p[*at] < '0' || s.p[*at] > '9')
            return -1;
        v = v * 10 + (s.p[*at] - '0');
    }
    return v;
}

static bool char_at(struct str s, size_t *at, char c)
{
    if (*at >= s.n || (s.p[*at] | 0x20) != (c | 0x20))
        return false;
    ++*at;
    return true;
}

/* Gregorian, years 0 to 9999; a day past the month's end is one of the next. timegm() looks at time
 * zones first, which takes longer than all the rest. */
static int64_t days_since_1970(int year, int month, int day)
{
    static const int before[] = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334};
    int leaps_of = month > 2 ? year : year - 1; /* the years whose February 29 is past */
    int64_t leap_days = leaps_of / 4 - leaps_of / 100 + leaps_of / 400;
    if (leaps_of < 0)
        leap_days = -1; /* year 0 is one, and its January comes before */
    return INT64_C(365) * year + leap_days + before[month - 1] + day - 1 - 719527;
}

int text_parse_time(struct str s, int64_t *ret_ms)
{
    size_t at = 0;
    int year = digits_at(s, &at, 4);
    bool ok = year >= 0 && char_at(s, &at, '-');
    int month = digits_at(s, &at, 2);
    ok = ok && month >= 1 && month <= 12 && char_at(s, &at, '-');
    int day = digits_at(s, &at, 2);
    ok = ok && day >= 1 && day <= 31 && char_at(s, &at, 'T');
    int hour = digits_at(s, &at, 2);
    ok = ok && hour >= 0 && hour <= 23 && char_at(s, &at, ':');
    int minute = digits_at(s, &at, 2);
    ok = ok && minute >= 0 && minute <= 59 && char_at(s, &at, ':');
    int second = digits_at(s, &at, 2);
    if (!ok || second < 0 || second > 60)
        return -EINVAL;
    int64_t ms = 0;
    if (at < s.n && s.p[at] == '.') {
        int64_t scale = 100;
        for (at++; at < s.n && s.p[at] >= '0' && s.p[at] <= '9'; at++, scale /= 10)
            ms += (s.p[at] - '0') * scale;
    }
    int64_t zone_minutes = 0;
    if (!char_at(s, &at, 'Z')) {
        if (at >= s.n || (s.p[at] != '+' && s.p[at] != '-'))
            return -EINVAL;
        bool west = s.p[at++] == '-';
        int zh = digits_at(s, &at, 2);
        if (zh < 0 || !char_at(s, &at, ':'))
            return -EINVAL;
        int zm = digits_at(s, &at, 2);
        if (zm < 0)
            return -EINVAL;
        zone_minutes = (west ? -1 : 1) * (zh * 60 + zm);
    }
    if (at != s.n)
        return -EINVAL;
    int64_t minutes = (days_since_1970(year, month, day) * 24 + hour) * 60 + minute - zone_minutes;
    *ret_ms = (minutes * 60 + second) * 1000 + ms;
    return 0;
}

static const struct {
    const char *name;
    double ms;
} duration_units[] = {{"ns", 1e-6}, {"us", 1e-3}, {"\xc2\xb5s", 1e-3}, {"ms", 1},
                      {"s", 1e3},   {"m", 6e4},   {"h", 3.6e6}};

int text_parse_duration(struct str s, int64_t *ret_ms)
{
    bool negative = s.n && s.p[0] == '-';
    if (s.n && (s.p[0] == '-' || s.p[0] == '+'))
        s = str_sub(s, 1, s.n);
    double total = 0;
    if (str_empty(s))
        return -EINVAL;
    if (str_is(s, "0")) {
        *ret_ms = 0;
        return 0;
    }
    while (s.n) {
        size_t n = 0, unit = 0;
        while (n < s.n && ((s.p[n] >= '0' && s.p[n] <= '9') || s.p[n] == '.'))
            n++;
        while (n + unit < s.n && !(s.p[n + unit] >= '0' && s.p[n + unit] <= '9') &&
               s.p[n + unit] != '.')
            unit++;
        double v, scale = 0;
        if (str_to_double(str_sub(s, 0, n), &v) < 0)
            return -EINVAL;
        for (size_t i = 0; i < ARRAY_LEN(duration_units); i++)
            if (str_is(str_sub(s, n, n + unit), duration_units[i].name))
                scale = duration_units[i].ms;
        if (scale == 0)
            return -EINVAL;
        total += v * scale;
        s = str_sub(s, n + unit, s.n);
    }
    if (total > 9e15)
        return -EINVAL;
    *ret_ms = (int64_t)(negative ? -total : total);
    return 0;
}
