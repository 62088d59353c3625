/* SPDX-License-Identifier: Apache-2.0
 *
 * Asks a proxy for a way to a server: HTTP CONNECT (RFC 9110, section 9.3.6) or SOCKS 5 (RFC 1928,
 * RFC 1929).
 */
#ifndef CLIENT_TUNNEL_H
#define CLIENT_TUNNEL_H

#include "client/connection.h"

int tunnel_open(struct connection *c, const struct proxy *p, struct str host, uint16_t port,
                const struct wait *w, struct err *e) MUST_USE;
/* "Proxy-Authorization: Basic ...\r\n" if the proxy has a user. */
void tunnel_add_authorization(struct buf *b, const struct proxy *p);

#endif
