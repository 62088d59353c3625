/* SPDX-License-Identifier: Apache-2.0
 *
 * URLs taken apart by RFC 3986, as far as servers and proxies need it.
 */
#include "base/url.h"

#include "base/text.h"

static bool is_plain(char c)
{
    return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') ||
           (c && strchr("-._~", c));
}

static int refuse(struct err *e, const struct url *u, const char *what)
{
    return err_set(e, EINVAL, "the URL %s" STR_FMT "%s %s", u->host.n ? "of " : "",
                   STR_ARG(u->host), u->host.n ? "" : "is no URL:", what);
}

static int parse_port(struct str s, struct url *ret, struct err *e)
{
    int64_t port;
    if (str_empty(s))
        return 0;
    if (str_to_int64(s, &port) < 0 || port < 1 || port > 65535)
        return refuse(e, ret, "has a bad port");
    ret->port = (uint16_t)port;
    return 0;
}

/* "[::1]:443", "host:443" or "host". */
static int parse_authority(struct str s, struct url *ret, struct err *e)
{
    ptrdiff_t at = str_rfind_char(s, '@');
    if (at >= 0) {
        ret->user_info = str_sub(s, 0, (size_t)at);
        s = str_sub(s, (size_t)at + 1, s.n);
    }
    if (s.n && s.p[0] == '[') {
        ptrdiff_t end = str_find_char(s, ']');
        struct str rest = end < 0 ? STR("?") : str_sub(s, (size_t)end + 1, s.n);
        if (end < 2 || (rest.n && rest.p[0] != ':'))
            return refuse(e, ret, "has a bad IPv6 address");
        ret->host = str_sub(s, 1, (size_t)end);
        return parse_port(str_sub(rest, 1, rest.n), ret, e);
    }
    struct str port;
    ret->host = str_cut(s, ':', &port);
    if (str_empty(ret->host))
        return refuse(e, ret, "it names no host");
    return parse_port(port, ret, e);
}

int url_parse(struct str s, struct url *ret, struct err *e)
{
    *ret = (struct url){0};
    for (size_t i = 0; i < s.n; i++)
        if ((unsigned char)s.p[i] <= ' ' || s.p[i] == 0x7f)
            return refuse(e, ret, "a blank or control character is in it");
    ptrdiff_t colon = str_find(s, "://");
    if (colon <= 0)
        return refuse(e, ret, "it does not begin with https:// or the like");
    ret->scheme = str_sub(s, 0, (size_t)colon);
    s = str_sub(s, (size_t)colon + 3, s.n);
    if (str_find_char(s, '?') >= 0 || str_find_char(s, '#') >= 0)
        return refuse(e, ret, "it has a query or fragment");
    ptrdiff_t slash = str_find_char(s, '/');
    size_t end = slash < 0 ? s.n : (size_t)slash;
    ret->path = str_sub(s, end, s.n);
    return parse_authority(str_sub(s, 0, end), ret, e);
}

void url_add_authority(struct buf *b, struct str host, uint16_t port)
{
    bool is_ipv6 = str_find_char(host, ':') >= 0;
    buf_printf(b, "%s" STR_FMT "%s", is_ipv6 ? "[" : "", STR_ARG(host), is_ipv6 ? "]" : "");
    if (port)
        buf_printf(b, ":%u", port);
}

void url_add_escaped(struct buf *b, struct str s)
{
    for (size_t i = 0; i < s.n; i++) {
        if (is_plain(s.p[i]))
            buf_add_char(b, s.p[i]);
        else
            buf_printf(b, "%%%02X", (unsigned char)s.p[i]);
    }
}

static int hex_digit(char c)
{
    char lower = (char)(c | 0x20);
    return c >= '0' && c <= '9' ? c - '0' : lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

void url_add_unescaped(struct buf *b, struct str s)
{
    for (size_t i = 0; i < s.n; i++) {
        int high = s.p[i] == '%' && i + 2 < s.n ? hex_digit(s.p[i + 1]) : -1;
        int low = high >= 0 ? hex_digit(s.p[i + 2]) : -1;
        buf_add_char(b, low >= 0 ? (char)(high << 4 | low) : s.p[i]);
        i += low >= 0 ? 2 : 0;
    }
}
