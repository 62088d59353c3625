/* SPDX-License-Identifier: Apache-2.0
 *
 * One connection to a server: TCP, a proxy's tunnel where there is one, TLS. It never blocks longer
 * than it is told to.
 */
#ifndef CLIENT_CONNECTION_H
#define CLIENT_CONNECTION_H

#include "base/tls.h"
#include "base/wait.h"
#include "client/proxy.h"

/* Where to and how. Views; what they point to must live until the connection is open. */
struct route {
    struct str host;
    uint16_t port;
    struct tls_context *tls; /* NULL: plain HTTP */
    struct str server_name;  /* the certificate must be for it */
    const struct proxy *proxy;
    struct tls_context *proxy_tls; /* for an https:// proxy */
};

enum { CONNECTION_ROOM = 64 << 10 };

struct connection {
    struct connection *next; /* in a pool */
    struct str key;          /* which pool; owned */
    unsigned generation;     /* of the certificates that it was opened with; 0: none */
    bool was_used;           /* has carried a request before */
    int fd;
    short blocked_on; /* what the descriptor last refused: POLLIN or POLLOUT */
    struct tls *proxy_tls, *tls;
    uint64_t received_bytes; /* above TLS */
    size_t begin, end;       /* what of room has come and is not used yet */
    char room[CONNECTION_ROOM];
};

/* *ret is set while it is being opened, too: to be freed by whoever catches an allocation that failed
 * in here. After an error it is NULL. */
int connection_open(const struct route *to, struct str key, const struct wait *w,
                    struct connection **ret, struct err *e) MUST_USE;
void connection_free(struct connection *c); /* NULL is fine */
/* Reads into room if it is empty. 1: it holds something, 0: the other side has ended the connection,
 * -ETIMEDOUT, -EINTR, or another error. */
int connection_fill(struct connection *c, const struct wait *w, struct err *e) MUST_USE;
static inline struct str connection_held(const struct connection *c)
{
    return (struct str){c->room + c->begin, c->end - c->begin};
}
/* All of it. */
int connection_write(struct connection *c, struct str bytes, const struct wait *w,
                     struct err *e) MUST_USE;
/* What goes without waiting: how many bytes, -EAGAIN, or another error. */
ptrdiff_t connection_write_some(struct connection *c, struct str bytes, struct err *e) MUST_USE;
/* Whether it can take another request. */
bool connection_is_quiet(const struct connection *c);

#endif
