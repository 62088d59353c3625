/* SPDX-License-Identifier: Apache-2.0
 *
 * A command run in a container, as `kubectl exec` without a terminal: the pod's subresource exec over a
 * WebSocket with the subprotocol v5.channel.k8s.io (Kubernetes 1.30 and later; KEP-4006). Not the
 * SPDY of older servers.
 */
#ifndef CLIENT_EXEC_H
#define CLIENT_EXEC_H

#include "client/client.h"

/* The first byte of each message. */
enum exec_channel {
    EXEC_STDIN = 0,
    EXEC_STDOUT = 1,
    EXEC_STDERR = 2,
    EXEC_STATUS = 3,  /* a metav1.Status at the end: how the command ended */
    EXEC_RESIZE = 4,  /* of a terminal, which is never asked for here */
    EXEC_CLOSE = 255, /* the next byte is the channel that its sender has ended; since v5 */
};

enum {
    EXEC_MOST_STDIN = 16 << 20,
    EXEC_STDIN_PIECE = 15 << 10, /* with its frame and its mark one record of TLS */
    EXEC_SLOW_PIECES = 8, /* of stdin, each EXEC_SLOW_MS after the one before has been taken */
    EXEC_SLOW_MS = 30,
    EXEC_MOST_STATUS = 1 << 20,
    EXEC_GOODBYE_MS = 5000, /* in which the server must close after the status */
};

/* What the command writes, in pieces as they come; a negative result ends it all and is returned. */
typedef int exec_output_fn(void *ctx, struct str piece, struct err *e);

struct exec_options {
    struct client *client;
    struct str ns, pod;
    struct str container;      /* absent: as the pod's default */
    struct str_list argv;      /* no shell is put around it */
    struct str input;          /* for stdin, at most EXEC_MOST_STDIN; absent: it has none */
    exec_output_fn *out, *err; /* NULL: thrown away */
    void *ctx;
    int64_t most_ms;    /* the whole; 0: as the client's options, -1: no end */
    int64_t silence_ms; /* without a sign of life of the server; 0: WEBSOCKET_SILENCE_MS */
};

/* 0: the command ran and ended with *ret_exit_code (128 + n: killed by signal n). On a node before 1.36 the
 * API server translates, and says the same (0) of a node that goes away in the middle, and now and then
 * of a command that ends while input is on its way to it: its output may then be cut. Else it is not known
 * to have run to its end, and where it was begun it may go on in the container: -EIO it could not be run,
 * or the server failed; -ECONNRESET the connection broke; -ETIMEDOUT most_ms are over; -EBADMSG no
 * proper WebSocket; -EINTR stopped; what the callbacks return, and client_open(): -EPERM without the
 * right to create (until 1.34: get) pods/exec, -ENOENT no such pod. */
int exec_run(const struct exec_options *o, int *ret_exit_code, struct err *e) MUST_USE;

#endif
