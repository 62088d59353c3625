/* SPDX-License-Identifier: Apache-2.0
 *
 * TCP connections to a name or an address, IPv4 or IPv6, with an end to every wait. Descriptors
 * never block and are closed in programs that we start.
 */
#ifndef BASE_SOCKET_H
#define BASE_SOCKET_H

#include "base/err.h"
#include "base/wait.h"

/* All addresses of the name are tried, each 250 ms after the one before unless that has failed sooner;
 * the first that answers is taken. Errors name what was tried: "connection refused (127.0.0.1:6443)",
 * "there is no host \"x\"". -ETIMEDOUT, -EINTR, -ENOENT (no such name), or what connect() said. */
int socket_connect(struct str host, uint16_t port, const struct wait *w, int *ret_fd,
                   struct err *e) MUST_USE;
/* As recv() and send(), but -EAGAIN and other negative errnos instead of errno; no SIGPIPE. */
ptrdiff_t socket_read(int fd, void *p, size_t n);
ptrdiff_t socket_write(int fd, const void *p, size_t n);
/* An idle connection on which something has come, if only its end, cannot be used again. */
bool socket_is_quiet(int fd);

#endif
