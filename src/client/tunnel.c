/* SPDX-License-Identifier: Apache-2.0
 *
 * The two ways through a proxy.
 */
#include "client/tunnel.h"

#include "base/base64.h"
#include "base/http.h"
#include "base/text.h"

void tunnel_add_authorization(struct buf *b, const struct proxy *p)
{
    struct buf plain CLEANUP(buf_done) = {0};
    if (!p->user.n)
        return;
    buf_init(&plain, 8 * KIB);
    buf_printf(&plain, STR_FMT ":" STR_FMT, STR_ARG(p->user), STR_ARG(p->password));
    buf_add_cstr(b, "Proxy-Authorization: Basic ");
    base64_add(b, buf_str(&plain));
    buf_add_cstr(b, "\r\n");
}

static int ended(struct err *e)
{
    return err_set(e, ECONNRESET, "it ended the connection");
}

/* ---- CONNECT ---- */

static int refused(const struct http_response *r, struct err *e)
{
    if (r->status == 407)
        return err_set(e, EACCES, "it wants a user and password (407): put them into its URL");
    return err_set(e, EIO, "it answered CONNECT with %d", r->status);
}

static int read_answer(struct connection *c, const struct wait *w, struct err *e)
{
    struct http_parser parser;
    http_parser_init(&parser, true);
    int r = 0;
    while (r == 0 && parser.state == HTTP_HEAD) {
        r = connection_fill(c, w, e);
        if (r <= 0) {
            r = r ? r : ended(e);
            break;
        }
        size_t used;
        struct str body;
        r = http_parser_feed(&parser, connection_held(c), &used, &body, e);
        c->begin += r < 0 ? 0 : used;
        r = MIN(r, 0);
    }
    if (r == 0 && (parser.response.status < 200 || parser.response.status > 299))
        r = refused(&parser.response, e);
    http_parser_done(&parser);
    return r;
}

static int ask_connect(struct connection *c, const struct proxy *p, struct str authority,
                       const struct wait *w, struct err *e)
{
    struct buf head CLEANUP(buf_done);
    buf_init(&head, 32 * KIB);
    buf_printf(&head, "CONNECT " STR_FMT " HTTP/1.1\r\nHost: " STR_FMT "\r\n", STR_ARG(authority),
               STR_ARG(authority));
    tunnel_add_authorization(&head, p);
    buf_add_cstr(&head, "\r\n");
    int r = connection_write(c, buf_str(&head), w, e);
    return r < 0 ? r : read_answer(c, w, e);
}

/* ---- SOCKS 5 ---- */

static int read_exactly(struct connection *c, unsigned char *p, size_t n, const struct wait *w,
                        struct err *e)
{
    while (n) {
        int r = connection_fill(c, w, e);
        if (r <= 0)
            return r ? r : ended(e);
        struct str held = connection_held(c);
        size_t part = MIN(n, held.n);
        memcpy(p, held.p, part);
        c->begin += part;
        p += part;
        n -= part;
    }
    return 0;
}

static int socks_login(struct connection *c, const struct proxy *p, const struct wait *w,
                       struct err *e)
{
    unsigned char answer[2] = {0};
    struct buf login CLEANUP(buf_done) = {0};
    if (p->user.n > 255 || p->password.n > 255)
        return err_set(e, EINVAL, "its user or password is longer than 255 characters");
    buf_init(&login, KIB);
    buf_add_char(&login, 1);
    buf_add_char(&login, (char)p->user.n);
    buf_add_str(&login, p->user);
    buf_add_char(&login, (char)p->password.n);
    buf_add_str(&login, p->password);
    int r = connection_write(c, buf_str(&login), w, e);
    if (r == 0)
        r = read_exactly(c, answer, 2, w, e);
    if (r == 0 && answer[1])
        r = err_set(e, EACCES, "it refuses its user or password");
    return r;
}

static int socks_hello(struct connection *c, const struct proxy *p, const struct wait *w,
                       struct err *e)
{
    unsigned char answer[2] = {0};
    struct str hello = p->user.n ? STR("\5\2\0\2") : (struct str){"\5\1\0", 3};
    int r = connection_write(c, hello, w, e);
    if (r == 0)
        r = read_exactly(c, answer, 2, w, e);
    if (r < 0)
        return r;
    if (answer[0] != 5)
        return err_set(e, EBADMSG, "it does not speak SOCKS 5");
    if (answer[1] == 2 && p->user.n)
        return socks_login(c, p, w, e);
    return answer[1] ? err_set(e, EACCES, "it wants a user and password: put them into its URL")
                     : 0;
}

static int socks_refused(int code, struct err *e)
{
    static const char *const words[] = {
        "",
        "it failed",
        "its rules do not allow this server",
        "it cannot reach the server's network",
        "it cannot reach the server",
        "the server refused its connection",
        "the way to the server is too long",
        "it does not know CONNECT",
        "it does not know this kind of address",
    };
    return err_set(e, EIO, "%s",
                   code < (int)ARRAY_LEN(words) ? words[code] : "it answers with an unknown code");
}

static int ask_socks(struct connection *c, const struct proxy *p, struct str host, uint16_t port,
                     const struct wait *w, struct err *e)
{
    unsigned char answer[5] = {0}, rest[257];
    struct buf ask CLEANUP(buf_done) = {0};
    int r = socks_hello(c, p, w, e);
    if (r < 0)
        return r;
    if (host.n > 255)
        return err_set(e, EINVAL, "a host name of %zu characters", host.n);
    buf_init(&ask, KIB);
    buf_add(&ask, "\5\1\0\3", 4); /* by name: the proxy looks it up */
    buf_add_char(&ask, (char)host.n);
    buf_add_str(&ask, host);
    buf_add_char(&ask, (char)(port >> 8));
    buf_add_char(&ask, (char)port);
    r = connection_write(c, buf_str(&ask), w, e);
    if (r == 0)
        r = read_exactly(c, answer, 5, w, e);
    if (r == 0 && (answer[0] != 5 || answer[1]))
        r = socks_refused(answer[1], e);
    if (r < 0)
        return r;
    /* The address that it uses, of which one byte has been read, and a port. */
    size_t left = answer[3] == 1 ? 3U : answer[3] == 4 ? 15U : answer[4];
    return read_exactly(c, rest, left + 2, w, e);
}

static int ask_http(struct connection *c, const struct proxy *p, struct str host, uint16_t port,
                    const struct wait *w, struct err *e)
{
    struct buf authority CLEANUP(buf_done);
    buf_init(&authority, KIB);
    url_add_authority(&authority, host, port);
    return ask_connect(c, p, buf_str(&authority), w, e);
}

int tunnel_open(struct connection *c, const struct proxy *p, struct str host, uint16_t port,
                const struct wait *w, struct err *e)
{
    int r = p->kind == PROXY_SOCKS5 ? ask_socks(c, p, host, port, w, e)
                                    : ask_http(c, p, host, port, w, e);
    /* The server speaks second. What has come already would be taken for its answer, past TLS. */
    if (r == 0 && connection_held(c).n)
        r = err_set(e, EBADMSG, "it sends more than its answer before the server was asked");
    return r;
}
