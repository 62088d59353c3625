/* SPDX-License-Identifier: Apache-2.0
 *
 * The handshake, and one loop that parses, sends and waits.
 */
#include "client/websocket.h"

#include <poll.h>
#include <sys/random.h>

#include "base/alloc.h"
#include "base/base64.h"
#include "client/inside.h"

enum { PINGS = 4 /* in the time after which silence is an end */ };

void websocket_init(struct websocket *w)
{
    memset(w, 0, sizeof(*w));
    websocket_parser_init(&w->parser, WEBSOCKET_LARGEST);
    buf_init(&w->out, WEBSOCKET_QUEUE);
}

/* ---- the handshake ---- */

static int fill_random(void *p, size_t n, struct err *e)
{
    return getrandom(p, n, 0) == (ssize_t)n ? 0
                                            : err_set(e, EIO, "the kernel gives no random bytes");
}

static int make_key(char ret[WEBSOCKET_KEY], struct err *e)
{
    struct buf text CLEANUP(buf_done) = {0};
    char bytes[16];
    int r = fill_random(bytes, sizeof(bytes), e);
    if (r < 0)
        return r;
    buf_init(&text, WEBSOCKET_KEY);
    base64_add(&text, (struct str){bytes, sizeof(bytes)});
    snprintf(ret, WEBSOCKET_KEY, STR_FMT, STR_ARG(buf_str(&text)));
    return 0;
}

static bool has_word(struct str list, const char *word)
{
    while (list.n)
        if (str_is_nocase(str_trim(str_cut(list, ',', &list)), word))
            return true;
    return false;
}

/* Section 4.1: what the server must say. */
static int check_handshake(const struct client_stream *s, const char *key, struct str protocol,
                           struct err *e)
{
    char accept[WEBSOCKET_ACCEPT];
    struct str agreed = client_stream_header(s, "sec-websocket-protocol");
    int r = websocket_accept(str_of(key), accept, e);
    if (r < 0)
        return r;
    if (!str_is_nocase(client_stream_header(s, "upgrade"), "websocket") ||
        !has_word(client_stream_header(s, "connection"), "upgrade"))
        return err_set(e, EBADMSG, "the server does not switch to WebSocket");
    if (!str_is(client_stream_header(s, "sec-websocket-accept"), accept))
        return err_set(
            e, EBADMSG,
            "the server does not answer the handshake of WebSocket: a proxy that does not "
            "know it may stand in between");
    if (client_stream_header(s, "sec-websocket-extensions").n)
        return err_set(e, EBADMSG,
                       "the server uses extensions of WebSocket that were not asked for");
    if (!agreed.n)
        return err_set(e, EBADMSG, "the server does not agree to " STR_FMT, STR_ARG(protocol));
    if (!str_eq(agreed, protocol))
        return err_set(e, EBADMSG, "the server answers " STR_FMT " with " STR_FMT,
                       STR_ARG(protocol), STR_ARG(str_sub(agreed, 0, 80)));
    return 0;
}

int websocket_open(struct websocket *w, const struct websocket_options *o,
                   struct client_answer *ret, struct err *e)
{
    char key[WEBSOCKET_KEY];
    int r = make_key(key, e);
    if (r < 0)
        return r;
    const struct client_header headers[] = {
        {STR("Sec-WebSocket-Version"), STR("13")},
        {STR("Sec-WebSocket-Key"), str_of(key)},
        {STR("Sec-WebSocket-Protocol"), o->protocol},
    };
    struct client_request request = {
        .method = "GET",
        .path = o->path,
        .headers = headers,
        .header_count = ARRAY_LEN(headers),
        .upgrade = STR("websocket"),
        .request_ms = o->request_ms,
    };
    r = client_open(o->client, &request, o->a, &w->stream, ret, e);
    if (r < 0)
        return r;
    w->end = w->stream->end;
    w->silence_ms = o->silence_ms ? o->silence_ms : WEBSOCKET_SILENCE_MS;
    w->heard_ms = w->pinged_ms = clock_ms();
    return check_handshake(w->stream, key, o->protocol, e);
}

/* ---- sending ---- */

int websocket_send(struct websocket *w, enum websocket_opcode opcode, struct str data,
                   struct err *e)
{
    unsigned char mask[4];
    int r = fill_random(mask, sizeof(mask), e);
    if (r < 0 || w->write_failed)
        return r;
    if (w->out_begin == w->out.n) {
        buf_clear(&w->out);
        w->out_begin = 0;
    }
    if (data.n + 14 > w->out.max - w->out.n)
        return err_set(e, EFBIG, "more than %zu bytes wait to be sent", w->out.max);
    websocket_add_frame(&w->out, opcode, data, mask);
    return 0;
}

static void write_mark(uint32_t number, char to[4])
{
    for (int i = 0; i < 4; i++)
        to[i] = (char)(number >> (24 - 8 * i));
}

int websocket_mark(struct websocket *w, uint32_t number, struct err *e)
{
    char bytes[4];
    write_mark(number, bytes);
    w->is_marked = true;
    return websocket_send(w, WEBSOCKET_PING, (struct str){bytes, sizeof(bytes)}, e);
}

bool websocket_is_mark(const struct websocket_message *m, uint32_t number)
{
    char bytes[4];
    write_mark(number, bytes);
    return m->opcode == WEBSOCKET_PONG && str_eq(m->data, (struct str){bytes, sizeof(bytes)});
}

static bool has_to_send(const struct websocket *w)
{
    return !w->write_failed && w->out_begin < w->out.n;
}

/* What goes at once. A server that no longer reads may have said why: what it said counts. */
static void send_some(struct websocket *w)
{
    while (has_to_send(w)) {
        struct str rest = str_sub(buf_str(&w->out), w->out_begin, w->out.n);
        ptrdiff_t n = connection_write_some(w->stream->connection, rest, NULL);
        if (n == -EAGAIN)
            return;
        if (n < 0)
            w->write_failed = true;
        else
            w->out_begin += (size_t)n;
    }
}

/* ---- reading ---- */

static int take_close(struct websocket *w, struct str data, struct err *e)
{
    struct str reason;
    int r = websocket_parse_close(data, &w->close_code, &reason, e);
    if (r < 0)
        return r;
    snprintf(w->close_reason, sizeof(w->close_reason), STR_FMT, STR_ARG(reason));
    return 0;
}

/* 1: a message for the caller, 0: the server has closed, 2: neither. */
static int take_message(struct websocket *w, const struct websocket_message *m, struct err *e)
{
    switch (m->opcode) {
    case WEBSOCKET_CLOSE:
        return take_close(w, m->data, e);
    case WEBSOCKET_PING: {
        /* Only the last of many pings must be answered (section 5.5.3). */
        int r = has_to_send(w) ? 0 : websocket_send(w, WEBSOCKET_PONG, m->data, e);
        return r < 0 ? r : 2;
    }
    case WEBSOCKET_PONG:
        w->is_marked = w->is_marked && !m->data.n;
        return m->data.n ? 1 : 2;
    default:
        return 1;
    }
}

/* What has come already: 1, 0 and errors as websocket_read(); 2: nothing whole. */
static int take_held(struct websocket *w, struct websocket_message *ret, struct err *e)
{
    while (w->held.n) {
        size_t used;
        int r = websocket_parser_feed(&w->parser, w->held, &used, ret, e);
        if (r < 0)
            return r;
        w->held = str_sub(w->held, used, w->held.n);
        r = r == 1 ? take_message(w, ret, e) : 2;
        if (r != 2)
            return r;
    }
    return 2;
}

/* 1: something has come, 0: nothing yet. */
static int receive(struct websocket *w, struct err *e)
{
    struct err why = {0}; /* that nothing has come yet is no error */
    int r = client_read(w->stream, 0, &w->held, &why);
    if (r == -ETIMEDOUT)
        return 0;
    if (r == 0 || r == -ECONNRESET)
        return err_set(e, ECONNRESET, "the connection ended%s after %llu bytes",
                       websocket_parser_is_between(&w->parser) ? "" : " within a message",
                       (unsigned long long)w->stream->body_bytes);
    if (r == 1)
        w->heard_ms = clock_ms();
    else if (e)
        *e = why;
    return r;
}

static int keep_alive(struct websocket *w, struct err *e)
{
    int64_t now_ms = clock_ms();
    /* A command that does not read its input stops the server's reading, hence its answers to pings:
     * only the deadline ends that. */
    if (has_to_send(w) || w->is_marked)
        w->heard_ms = now_ms;
    if (now_ms - w->heard_ms >= w->silence_ms)
        return err_set(e, ECONNRESET, "the server was silent for %lld ms and answers no pings",
                       (long long)w->silence_ms);
    if (now_ms - MAX(w->heard_ms, w->pinged_ms) < w->silence_ms / PINGS)
        return 0;
    w->pinged_ms = now_ms;
    return websocket_send(w, WEBSOCKET_PING, STR(""), e);
}

/* Until the descriptor can do something or it is time for a ping: 0, or -ETIMEDOUT at the end of w. */
static int wait_for_more(struct websocket *w, const struct wait *until, struct err *e)
{
    short events = has_to_send(w) ? POLLIN | POLLOUT : POLLIN;
    struct wait next = wait_at_most(*until, MAX(w->silence_ms / PINGS, 1));
    int r = wait_fd(&next, client_stream_fd(w->stream), events);
    if (r == -ETIMEDOUT)
        return wait_left_ms(until) > 0 ? 0 : err_set(e, ETIMEDOUT, "nothing came in time");
    return r < 0 ? err_set(e, -r, r == -EINTR ? "stopped" : "%s", strerror(-r)) : 0;
}

int websocket_read(struct websocket *w, int64_t wait_ms, struct websocket_message *ret,
                   struct err *e)
{
    struct wait until = wait_at_most(w->end, wait_ms);
    for (;;) {
        int r = take_held(w, ret, e);
        if (r != 2)
            return r;
        send_some(w);
        r = receive(w, e);
        if (r == 0)
            r = keep_alive(w, e);
        else if (r == 1)
            continue;
        if (r == 0)
            r = wait_for_more(w, &until, e);
        if (r < 0)
            return r;
    }
}

void websocket_say_goodbye(struct websocket *w)
{
    /* Not within a frame that is half sent. */
    if (!w->stream || has_to_send(w) ||
        websocket_send(w, WEBSOCKET_CLOSE, STR("\x03\xe8"), NULL) < 0)
        return;
    send_some(w);
}

void websocket_done(struct websocket *w)
{
    client_close(w->stream);
    w->stream = NULL;
    websocket_parser_done(&w->parser);
    buf_done(&w->out);
}
