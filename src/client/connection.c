/* SPDX-License-Identifier: Apache-2.0
 *
 * Layers of one connection: each reads and writes through the one below, and whatever the descriptor
 * refused last is what is waited for.
 */
#include "client/connection.h"

#include <poll.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/socket.h"
#include "client/tunnel.h"

/* ---- layers ---- */

static ptrdiff_t read_fd(void *ctx, void *p, size_t n)
{
    struct connection *c = ctx;
    ptrdiff_t got = socket_read(c->fd, p, n);
    if (got == -EAGAIN)
        c->blocked_on = POLLIN;
    return got;
}

static ptrdiff_t write_fd(void *ctx, const void *p, size_t n)
{
    struct connection *c = ctx;
    ptrdiff_t put = socket_write(c->fd, p, n);
    if (put == -EAGAIN)
        c->blocked_on = POLLOUT;
    return put;
}

static ptrdiff_t read_proxy(void *ctx, void *p, size_t n)
{
    struct connection *c = ctx;
    return tls_read(c->proxy_tls, p, n, NULL);
}

static ptrdiff_t write_proxy(void *ctx, const void *p, size_t n)
{
    struct connection *c = ctx;
    return tls_write(c->proxy_tls, p, n, NULL);
}

static int handshake(struct connection *c, struct tls *t, const struct wait *w, struct err *e)
{
    for (;;) {
        int r = tls_handshake(t, e);
        if (r != -EAGAIN)
            return r;
        r = wait_fd(w, c->fd, c->blocked_on);
        if (r == -ETIMEDOUT)
            return err_set(e, ETIMEDOUT, "no answer to TLS in time");
        if (r < 0)
            return err_set(e, -r, "stopped");
    }
}

static int add_tls(struct connection *c, struct tls_context *context, struct str name,
                   const struct wait *w, struct err *e)
{
    struct tls_wire wire = {read_fd, write_fd, c};
    struct tls **slot = &c->tls;
    if (c->proxy_tls)
        wire = (struct tls_wire){read_proxy, write_proxy, c};
    int r = tls_new(context, name, &wire, slot, e);
    return r < 0 ? r : handshake(c, *slot, w, e);
}

/* ---- opening ---- */

static int open_through_proxy(struct connection *c, const struct route *to, const struct wait *w,
                              struct err *e)
{
    const struct proxy *p = to->proxy;
    int r = socket_connect(p->host, p->port, w, &c->fd, e);
    if (r == 0 && p->kind == PROXY_HTTPS) {
        r = add_tls(c, to->proxy_tls, p->host, w, e);
        c->proxy_tls = c->tls;
        c->tls = NULL;
    }
    /* Plain HTTP needs no tunnel: the request names the server. */
    if (r == 0 && (to->tls || p->kind == PROXY_SOCKS5))
        r = tunnel_open(c, p, to->host, to->port, w, e);
    return r < 0 ? err_wrap(e, STR_FMT, STR_ARG(p->name)) : 0;
}

static int open_layers(struct connection *c, const struct route *to, const struct wait *w,
                       struct err *e)
{
    int r;
    if (to->proxy && to->proxy->kind) {
        r = open_through_proxy(c, to, w, e);
    } else {
        r = socket_connect(to->host, to->port, w, &c->fd, e);
        if (r < 0)
            err_wrap(e, "no connection");
    }
    if (r == 0 && to->tls)
        r = add_tls(c, to->tls, to->server_name, w, e);
    return r;
}

int connection_open(const struct route *to, struct str key, const struct wait *w,
                    struct connection **ret, struct err *e)
{
    struct connection *c = mem_alloc(sizeof(*c));
    memset(c, 0, offsetof(struct connection, room));
    c->fd = -1;
    char *owned = mem_try_realloc(NULL, key.n + 1);
    if (!owned) {
        mem_free(c);
        return err_set(e, ENOMEM, "out of memory");
    }
    memcpy(owned, key.p, key.n);
    c->key = (struct str){owned, key.n};
    *ret = c;
    int r = open_layers(c, to, w, e);
    if (r < 0) {
        connection_free(c);
        *ret = NULL;
    }
    return r;
}

void connection_free(struct connection *c)
{
    if (!c)
        return;
    tls_free(c->tls);
    tls_free(c->proxy_tls);
    if (c->fd >= 0)
        close(c->fd);
    mem_free((void *)(uintptr_t)c->key.p);
    mem_free(c);
}

/* ---- use ---- */

static ptrdiff_t read_top(struct connection *c, void *p, size_t n, struct err *e)
{
    struct tls *top = c->tls ? c->tls : c->proxy_tls;
    if (top)
        return tls_read(top, p, n, e);
    ptrdiff_t got = read_fd(c, p, n);
    return got >= 0 || got == -EAGAIN ? got : err_set(e, (int)-got, "%s", strerror((int)-got));
}

static ptrdiff_t write_top(struct connection *c, const void *p, size_t n, struct err *e)
{
    struct tls *top = c->tls ? c->tls : c->proxy_tls;
    if (top)
        return tls_write(top, p, n, e);
    ptrdiff_t put = write_fd(c, p, n);
    return put >= 0 || put == -EAGAIN ? put : err_set(e, (int)-put, "%s", strerror((int)-put));
}

static int wait_on(struct connection *c, const struct wait *w, struct err *e)
{
    int r = wait_fd(w, c->fd, c->blocked_on);
    if (r == -ETIMEDOUT)
        return err_set(e, ETIMEDOUT, "nothing came in time");
    return r < 0 ? err_set(e, -r, "stopped") : 0;
}

int connection_fill(struct connection *c, const struct wait *w, struct err *e)
{
    if (c->begin < c->end)
        return 1;
    c->begin = c->end = 0;
    for (;;) {
        ptrdiff_t n = read_top(c, c->room, sizeof(c->room), e);
        if (n > 0) {
            c->end = (size_t)n;
            c->received_bytes += (uint64_t)n;
            return 1;
        }
        if (n != -EAGAIN)
            return (int)n;
        int r = wait_on(c, w, e);
        if (r < 0)
            return r;
    }
}

int connection_write(struct connection *c, struct str bytes, const struct wait *w, struct err *e)
{
    while (bytes.n) {
        ptrdiff_t n = write_top(c, bytes.p, bytes.n, e);
        if (n == -EAGAIN) {
            int r = wait_on(c, w, e);
            if (r < 0)
                return r;
        } else if (n < 0) {
            return (int)n;
        } else {
            bytes = str_sub(bytes, (size_t)n, bytes.n);
        }
    }
    return 0;
}

ptrdiff_t connection_write_some(struct connection *c, struct str bytes, struct err *e)
{
    return write_top(c, bytes.p, bytes.n, e);
}

bool connection_is_quiet(const struct connection *c)
{
    return c->begin == c->end && socket_is_quiet(c->fd);
}
