/* SPDX-License-Identifier: Apache-2.0
 *
 * Base64 both ways.
 */
#include "base/base64.h"

#include "base/text.h"

static int value_of(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

static int decode(struct str s, char *out, size_t *ret_n)
{
    unsigned bits = 0, digits = 0, padding = 0;
    size_t n = 0;
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == '\n' || s.p[i] == '\r')
            continue;
        int v = value_of(s.p[i]);
        if (s.p[i] == '=' && digits >= 2 && digits + padding < 4) {
            padding++;
            continue;
        }
        if (v < 0 || padding)
            return -EINVAL;
        bits = bits << 6 | (unsigned)v;
        if (++digits < 4)
            continue;
        out[n++] = (char)(bits >> 16);
        out[n++] = (char)(bits >> 8);
        out[n++] = (char)bits;
        digits = bits = 0;
    }
    if (digits && digits + padding != 4)
        return -EINVAL;
    if (digits)
        out[n++] = (char)(bits >> (digits == 3 ? 10 : 4));
    if (digits == 3)
        out[n++] = (char)(bits >> 2);
    *ret_n = n;
    return 0;
}

int base64_decode_text(struct arena *a, struct str s, struct str *ret)
{
    char *bytes = arena_text(a, s.n / 4 * 3 + 3);
    size_t n;
    if (decode(s, bytes, &n))
        return -EINVAL;
    char *text = arena_text(a, n * 3), *q = text;
    for (size_t i = 0; i < n;) {
        uint32_t code;
        size_t len = utf8_decode((struct str){bytes + i, n - i}, &code);
        memcpy(q, len ? bytes + i : "\xef\xbf\xbd", len ? len : 3);
        q += len ? len : 3;
        i += len ? len : 1;
    }
    *ret = (struct str){text, (size_t)(q - text)};
    return 0;
}

void base64_add(struct buf *b, struct str s)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t i = 0; i < s.n; i += 3) {
        unsigned bits = 0;
        for (size_t j = 0; j < 3; j++)
            bits = bits << 8 | (i + j < s.n ? (unsigned char)s.p[i + j] : 0U);
        char four[4] = {digits[bits >> 18], digits[bits >> 12 & 63], digits[bits >> 6 & 63],
                        digits[bits & 63]};
        memset(four + MIN(s.n - i, (size_t)3) + 1, '=', 3 - MIN(s.n - i, (size_t)3));
        buf_add(b, four, 4);
    }
}
