/* SPDX-License-Identifier: Apache-2.0
 *
 * The body of an answer, piece by piece, and what becomes of its connection afterwards.
 */
#include "base/alloc.h"
#include "base/text.h"
#include "client/inside.h"

/* ---- reading ---- */

/* The request's own end has come. */
static int too_long(const struct client_stream *s, struct err *e)
{
    struct buf limit CLEANUP(buf_done);
    buf_init(&limit, 64);
    answer_add_ms(&limit, s->limit_ms);
    return err_set(e, ETIME, "the answer was not complete within " STR_FMT " (%llu bytes had come)",
                   STR_ARG(buf_str(&limit)), (unsigned long long)s->body_bytes);
}

static int broke_off(const struct client_stream *s, struct err *e)
{
    return err_set(e, ECONNRESET, "the answer broke off after %llu bytes: the connection ended",
                   (unsigned long long)s->body_bytes);
}

/* More bytes from the connection: 1, or 0 at its end. */
static int fill(struct client_stream *s, int64_t wait_ms, struct err *e)
{
    struct wait w = wait_at_most(s->end, MAX(wait_ms, 0));
    int r = connection_fill(s->connection, &w, e);
    if (r == -ETIMEDOUT && wait_left_ms(&s->end) == 0)
        return too_long(s, e);
    return r == -ECONNRESET ? broke_off(s, e) : r;
}

static int finish(struct client_stream *s, struct err *e)
{
    s->done = true;
    if (s->gunzip && s->body_bytes && !gunzip_is_complete(s->gunzip))
        return broke_off(s, e);
    return 0;
}

/* The next part of the body as it was sent: 1, or 0 at its end. */
static int next_part(struct client_stream *s, int64_t wait_ms, struct str *ret, struct err *e)
{
    for (;;) {
        size_t used;
        if (s->parser.state == HTTP_DONE)
            return finish(s, e);
        int r = fill(s, wait_ms, e);
        if (r < 0)
            return r;
        if (r == 0) {
            if (http_parser_end(&s->parser, NULL) < 0)
                return broke_off(s, e);
            return finish(s, e);
        }
        r = http_parser_feed(&s->parser, connection_held(s->connection), &used, ret, e);
        if (r < 0)
            return r;
        s->connection->begin += used;
        if (ret->n)
            return 1;
    }
}

static int next_raw(struct client_stream *s, int64_t wait_ms, struct str *ret, struct err *e)
{
    int r = fill(s, wait_ms, e);
    if (r <= 0)
        return r;
    *ret = connection_held(s->connection);
    s->connection->begin = s->connection->end;
    return 1;
}

static int next_piece(struct client_stream *s, int64_t wait_ms, struct str *ret, struct err *e)
{
    if (s->raw)
        return next_raw(s, wait_ms, ret, e);
    if (!s->gunzip)
        return s->done ? 0 : next_part(s, wait_ms, ret, e);
    for (;;) {
        struct str packed = STR_NONE;
        int r = gunzip_take(s->gunzip, ret, e);
        if (r)
            return r;
        if (s->done)
            return 0;
        r = next_part(s, wait_ms, &packed, e);
        if (r <= 0)
            return r;
        gunzip_give(s->gunzip, packed);
    }
}

int client_read(struct client_stream *s, int64_t wait_ms, struct str *ret_piece, struct err *e)
{
    int r = next_piece(s, wait_ms, ret_piece, e);
    if (r == 1)
        s->body_bytes += ret_piece->n;
    return r;
}

ssize_t client_body_read(void *ctx, char *to, size_t most, struct err *e)
{
    struct client_body *b = ctx;
    while (!b->left.n) {
        int r = client_read(b->stream, CLIENT_IDLE_MS, &b->left, e);
        if (r <= 0)
            return r;
    }
    size_t n = MIN(most, b->left.n);
    memcpy(to, b->left.p, n);
    b->left = str_sub(b->left, n, b->left.n);
    return (ssize_t)n;
}

struct str client_stream_header(const struct client_stream *s, const char *name)
{
    return http_parser_header(&s->parser, name);
}

int client_stream_fd(const struct client_stream *s)
{
    return s->connection->fd;
}

void client_close(struct client_stream *s)
{
    if (!s)
        return;
    bool reusable = s->done && !s->raw && s->has_parser && s->parser.response.keeps_alive &&
                    s->connection && s->connection->begin == s->connection->end;
    if (reusable)
        client_keep_idle(s->c, s->connection);
    else
        connection_free(s->connection);
    if (s->has_parser)
        http_parser_done(&s->parser);
    gunzip_free(s->gunzip);
    mem_free(s);
}
