/* SPDX-License-Identifier: Apache-2.0
 *
 * Requests to the API server, and to kubelets, as the user of a kubeconfig. Answers are handed on in
 * pieces as they arrive, so nothing of any size is kept. Every wait has an end.
 *
 * Threads: a client may be used by any number of threads at once. It keeps idle connections and
 * gives each request one of its own; a stream belongs to one thread at a time.
 *
 * Errors: a negative errno and one sentence. e->where is what was asked ("GET
 * https://10.0.0.1:6443/api/v1/pods", without the query), e->msg what came instead:
 *     the server answered 403 Forbidden: pods is forbidden: User "eve" cannot list resource ...
 *     no connection: connection refused (10.0.0.1:6443)
 *     no answer within 65 s
 *     the server's certificate is not valid: it expired on 2026-11-20T08:00:00Z, and it is ... here
 *     the answer broke off after 18234 bytes: the connection ended
 *     the answer stopped after 18234 bytes: nothing more within 30 s
 * Answers that are no 2xx: 401 -EACCES, 403 -EPERM, 404 -ENOENT, 405 -EOPNOTSUPP, 409 -EEXIST,
 * 410 -ESTALE, 422 and 400 -EINVAL, 429 -EAGAIN, 3xx -EREMOTE, all other -EIO. No answer: -ETIMEDOUT,
 * -ECONNREFUSED, -ECONNRESET, -EBADMSG (no HTTP, no JSON, bad gzip), -EKEYREJECTED (TLS) and the like.
 * Out of memory is -ENOMEM, with the connection closed.
 */
#ifndef CLIENT_CLIENT_H
#define CLIENT_CLIENT_H

#include <stdatomic.h>

#include "client/kubeconfig.h"

enum {
    /* The API server itself gives up on a request after 60 s and says so. */
    CLIENT_HEAD_MS = 65000,
    CLIENT_CONNECT_MS = 15000, /* name, connection, proxy and TLS together */
    CLIENT_IDLE_MS = 30000,    /* in which a body must go on, by 1 KiB at least */
    CLIENT_REQUEST_MS = 300000,
    CLIENT_ERROR_BODY = 1 << 20, /* bytes kept of the body of an error */
};

struct client_options {
    const struct kubeconfig *config; /* outlives the client */
    int64_t request_ms;              /* --request-timeout; 0: CLIENT_REQUEST_MS */
    bool no_exec;                    /* a daemon: credential plug-ins are refused */
    int per_second, burst;           /* rate limit; 0: 50 and 300 */
    int most_at_once;                /* requests (not streams) in flight; 0: 4 */
    /* Lines without a line end, clean for a terminal and free of secrets; called by whichever thread
     * asks, one at a time. trace: one line per request (-v). warn: certificates not verified, what
     * the server says in Warning headers (each text once). Both may be NULL. */
    void (*trace)(void *ctx, struct str line);
    void (*warn)(void *ctx, struct str line);
    void *ctx;
    /* Looked at while waiting: true ends every request with -EINTR. May be NULL. */
    const atomic_bool *stop;
};

struct client;
/* Opens nothing yet: a server that is away is an error of the first request. */
int client_new(const struct client_options *o, struct client **ret, struct err *e) MUST_USE;
/* All streams must be closed. NULL is fine. */
void client_free(struct client *c);
/* The server's URL, for messages. */
struct str client_server(const struct client *c);

struct client_header {
    struct str name, value;
};

struct client_request {
    const char *method; /* "GET" */
    struct str path;    /* with query, percent-encoded: "/api/v1/pods?limit=500" (base/url.h) */
    struct str accept;  /* absent: application/json */
    struct str content_type, body;
    const struct client_header *headers; /* more of them */
    size_t header_count;
    /* "websocket": the answer must be 101, and the stream is raw bytes afterwards. */
    struct str upgrade;
    /* Another server with the same credentials, asked without a proxy: "https://10.0.0.7:10250". */
    struct str server;
    bool server_insecure; /* ... whose certificate is not verified */
    int64_t request_ms;   /* the whole request; 0: as the client's options, -1: no end (watch) */
    int64_t head_ms;      /* until the answer begins; 0: CLIENT_HEAD_MS */
    int64_t idle_ms;      /* 0: CLIENT_IDLE_MS; only client_do() */
    bool no_gzip;
    /* 429 and 503 are returned at once, not waited for (eviction: 429 is the answer of a PDB). */
    bool no_retry;
};

struct client_answer {
    int status; /* 0: none came */
    struct str content_type, warning;
    int64_t retry_after_ms; /* -1: the server did not say */
    /* Of the Status object in the body of an error; absent: there was none. */
    struct str reason, message;
    const struct doc *status_body; /* that object, for details.causes; NULL: none */
    uint64_t wire_bytes, body_bytes;
    int64_t took_ms;
};

/* Asks and hands on the body of a 2xx answer. body() may be NULL; a negative result of it ends the
 * request and is returned. What *ret points to lives in a. GETs that meet a connection that the
 * server has closed meanwhile, and answers 429 and 503 with Retry-After, are tried again within the
 * deadline, but never after body() has been called. An answer that is no JSON where application/json
 * was asked for is -EBADMSG. */
int client_do(struct client *c, const struct client_request *r,
              int (*body)(void *ctx, struct str piece, struct err *e), void *ctx, struct arena *a,
              struct client_answer *ret, struct err *e) MUST_USE;
/* The same with the whole body, in a; more than most_bytes is -EFBIG. */
int client_get(struct client *c, const struct client_request *r, size_t most_bytes, struct arena *a,
               struct str *ret_body, struct client_answer *ret, struct err *e) MUST_USE;

/* ---- what watches and WebSockets stand on ---- */

/* An answer whose head has been read. Not counted by most_at_once. */
struct client_stream;
/* 0: a 2xx (or 101) came and *ret_stream must be closed. Errors as client_do(). */
int client_open(struct client *c, const struct client_request *r, struct arena *a,
                struct client_stream **ret_stream, struct client_answer *ret,
                struct err *e) MUST_USE;
/* 1: *ret_piece, valid until the next call, is the next part of the body (chunks and gzip undone; after
 * 101 whatever came). 0: the body is complete. -ETIMEDOUT: nothing in wait_ms, and one can read on.
 * Else the stream is broken. */
int client_read(struct client_stream *s, int64_t wait_ms, struct str *ret_piece,
                struct err *e) MUST_USE;
/* The body as readers of text that arrives want it (json_split, object_list): ctx is a struct
 * client_body, at most CLIENT_IDLE_MS between two pieces. Bytes put to `to`, 0 at the end, or negative. */
struct client_body {
    struct client_stream *stream;
    struct str left; /* of the last piece */
};
ssize_t client_body_read(void *ctx, char *to, size_t most, struct err *e) MUST_USE;
/* A header of the answer ("sec-websocket-protocol"), absent if not sent; valid until closed. */
struct str client_stream_header(const struct client_stream *s, const char *name);
/* To poll for input beside other things; client_read() with wait_ms 0 first, as it may hold some. */
int client_stream_fd(const struct client_stream *s);
/* The connection is kept for others if the body has been read to its end. NULL is fine. */
void client_close(struct client_stream *s);

/* --request-timeout as kubectl reads it: a duration, or a number of seconds; 0 is no timeout (-1).
 * 0 or -EINVAL. */
int client_parse_timeout(struct str text, int64_t *ret_ms) MUST_USE;

#endif
