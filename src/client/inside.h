/* SPDX-License-Identifier: Apache-2.0
 *
 * What the files of the client share and nobody else sees.
 */
#ifndef CLIENT_INSIDE_H
#define CLIENT_INSIDE_H

#include <pthread.h>

#include "base/gunzip.h"
#include "base/http.h"
#include "client/client.h"
#include "client/connection.h"
#include "client/credential.h"
#include "client/pace.h"

enum { MOST_IDLE = 8, MOST_WARNINGS = 64 };

struct client {
    struct client_options o;
    struct arena arena;
    struct url server;
    struct proxy proxy;
    struct credential *credential;
    struct pace pace;
    pthread_mutex_t lock; /* of what follows; nothing is allocated under it */
    struct connection *idle;
    uint64_t warned[MOST_WARNINGS];
    size_t warned_count;
    pthread_mutex_t voice; /* one line at a time */
};

struct client_stream {
    struct client *c;
    struct connection *connection;
    struct http_parser parser;
    bool has_parser;
    struct gunzip *gunzip; /* NULL: the body comes as it is */
    struct wait end;       /* of the whole request */
    int64_t limit_ms;      /* the same as a length; -1: none */
    int64_t begun_ms;
    uint64_t received_before, body_bytes;
    bool raw;  /* after 101 */
    bool done; /* the body is complete */
};

/* ---- client.c ---- */

/* An idle connection of this key, or NULL. Those of certificates before this generation are closed. */
struct connection *client_take_idle(struct client *c, struct str key, unsigned generation);
void client_keep_idle(struct client *c, struct connection *conn);
/* Says a text once. */
void client_warn(struct client *c, struct str text);
/* The line of -v; e: why there is no answer. */
void client_trace(struct client *c, const struct client_request *r,
                  const struct client_answer *answer, const struct err *e);
/* ... of a stream, whose body is still to come. */
void client_trace_stream(struct client *c, const struct client_request *r,
                         const struct client_answer *answer);
/* "https://host:port/path" of a request; with_query: all of it. */
void client_add_url(const struct client *c, const struct client_request *r, bool with_query,
                    struct buf *b);

/* ---- request.c ---- */

/* One request sent and the head of its answer read into s, which is new. Retries nothing. Returns 1
 * when a connection that had been idle turned out to be dead, so that a GET may be made again. */
int request_send(struct client_stream *s, const struct client_request *r,
                 const struct credential_now *who, struct err *e) MUST_USE;

/* ---- answer.c ---- */

/* What a status that is no 2xx means, with the body of the answer. Returns a negative errno. */
int answer_refused(struct client *c, const struct client_request *r, struct client_answer *answer,
                   struct str body, struct arena *a, struct err *e);
/* Content-Type and -Encoding as they must be. */
int answer_check(const struct client_request *r, const struct http_response *response,
                 struct err *e) MUST_USE;
const char *answer_status_words(int status);
/* "65 s" or "250 ms". */
void answer_add_ms(struct buf *b, int64_t ms);

#endif
