/* SPDX-License-Identifier: Apache-2.0
 *
 * URLs of servers and proxies taken apart, and texts made fit for one.
 */
#ifndef BASE_URL_H
#define BASE_URL_H

#include "base/buf.h"
#include "base/err.h"

struct url {
    struct str scheme;    /* as written */
    struct str user_info; /* "name:password", percent-encoded as it stands; absent: none */
    struct str host;      /* without the brackets of an IPv6 address */
    uint16_t port;        /* 0: not given */
    struct str path;      /* from the slash on, without a query; "" if there is none */
};

/* Views into s. A query or fragment, white space and control characters are refused. Messages do
 * not show what stands before an @. */
int url_parse(struct str s, struct url *ret, struct err *e) MUST_USE;
/* "host:port" with brackets where needed. */
void url_add_authority(struct buf *b, struct str host, uint16_t port);
/* Percent-encodes all but letters, digits, and "-._~": for a query's value or a part of a path. */
void url_add_escaped(struct buf *b, struct str s);
/* Undoes percent-encoding. */
void url_add_unescaped(struct buf *b, struct str s);

#endif
