/* SPDX-License-Identifier: Apache-2.0
 *
 * A request until its answer has begun: turns, credentials, and the few cases in which it is made
 * again. Everything that allocates runs below mem_protect(), so that a connection is closed when
 * memory is out.
 */
#include "base/alloc.h"
#include "base/random.h"
#include "base/text.h"
#include "client/inside.h"

enum {
    MOST_TRIES = 10,
    MOST_RETRY_AFTER_MS = 30000,
    MOST_SECONDS = 1000000,      /* that a server may ask for; more is nonsense */
    ERROR_BODY_MS = 5000,        /* an error's body is not worth more */
    SLOWEST_WINDOW_BYTES = 1024, /* in CLIENT_IDLE_MS */
};

struct opening {
    struct client *c;
    const struct client_request *r;
    struct arena *a;
    struct client_answer *answer;
    struct err *e;
    struct client_stream *s;
    struct credential_now who;
    struct wait end;
    int64_t limit_ms;
    int tries;
    bool renewed, reread, reconnected;
    bool traced; /* the try at work */
};

/* ---- the answer's head ---- */

static void note_answer(struct opening *o)
{
    const struct http_response *response = &o->s->parser.response;
    struct client_answer *answer = o->answer;
    int64_t seconds;
    answer->status = response->status;
    answer->content_type = arena_str(o->a, response->content_type);
    answer->warning = response->warning.n ? arena_str(o->a, response->warning) : STR_NONE;
    answer->retry_after_ms = -1;
    if (str_to_int64(response->retry_after, &seconds) == 0 && seconds >= 0 &&
        seconds <= MOST_SECONDS)
        answer->retry_after_ms = seconds * 1000;
    if (answer->warning.n) {
        /* 299 - "text" */
        ptrdiff_t quote = str_find_char(answer->warning, '"');
        struct str text = quote < 0
                              ? answer->warning
                              : str_sub(answer->warning, (size_t)quote + 1, answer->warning.n - 1);
        client_warn(o->c, arena_printf(o->a, "the server warns: " STR_FMT, STR_ARG(text)));
    }
}

static void note_amounts(struct opening *o)
{
    const struct client_stream *s = o->s;
    o->answer->took_ms = clock_ms() - s->begun_ms;
    o->answer->body_bytes = s->body_bytes;
    if (s->connection)
        o->answer->wire_bytes = s->connection->received_bytes - s->received_before;
}

/* What of an error's body comes in time. */
static struct str read_error_body(struct opening *o)
{
    struct client_stream *s = o->s;
    struct buf text CLEANUP(buf_done);
    struct str piece;
    buf_init(&text, CLIENT_ERROR_BODY);
    if (str_is_nocase(s->parser.response.content_encoding, "gzip"))
        s->gunzip = gunzip_new();
    s->end = wait_at_most(s->end, ERROR_BODY_MS);
    while (!text.overflow && client_read(s, ERROR_BODY_MS, &piece, NULL) == 1)
        buf_add_str(&text, piece);
    return arena_str(o->a, buf_str(&text));
}

/* ---- again ---- */

static bool is_idempotent(const struct client_request *r)
{
    return strcmp(r->method, "GET") == 0 || strcmp(r->method, "HEAD") == 0;
}

/* Everybody who was told to come back in a second must not come back at once. */
static int64_t with_jitter(const struct opening *o, int64_t ms)
{
    struct random_run run = {(uint64_t)clock_unix_ms(), (uint64_t)(uintptr_t)o};
    return ms + (int64_t)random_below(&run, 0, (uint32_t)o->tries, (uint64_t)ms / 4 + 100);
}

/* 1: waited as the server wishes. */
static int wait_as_told(struct opening *o)
{
    const struct client_answer *answer = o->answer;
    bool told = (answer->status == 429 || answer->status == 503) && answer->retry_after_ms >= 0;
    if (!told || o->r->no_retry || o->tries >= MOST_TRIES)
        return 0;
    int64_t ms = with_jitter(o, answer->retry_after_ms);
    if (ms > MOST_RETRY_AFTER_MS || ms >= wait_left_ms(&o->end))
        return 0;
    int r = wait_sleep(&o->end, ms);
    return r < 0 ? err_set(o->e, -r, "stopped") : 1;
}

static int say_retry_after(struct opening *o, int code)
{
    struct buf text CLEANUP(buf_done) = {0};
    int64_t ms = o->answer->retry_after_ms;
    if (ms <= 0 || o->r->no_retry)
        return code;
    buf_init(&text, 4 * KIB);
    buf_printf(&text, "%s; it asks to come back after ", o->e ? o->e->msg : "");
    answer_add_ms(&text, ms);
    return err_set(o->e, -code, STR_FMT, STR_ARG(buf_str(&text)));
}

static enum credential_use use_of(const struct opening *o)
{
    bool tls = o->r->server.n ? str_starts(o->r->server, "https")
                              : str_is_nocase(o->c->server.scheme, "https");
    bool anybody = o->r->server.n && o->r->server_insecure;
    return tls                               ? anybody ? CREDENTIAL_ANYBODY : CREDENTIAL_ALL
           : o->c->proxy.kind == PROXY_HTTPS ? CREDENTIAL_TLS
                                             : CREDENTIAL_NONE;
}

/* The answer is an error. 1: the request is to be made again. */
static int handle_refusal(struct opening *o)
{
    struct str body = read_error_body(o);
    note_amounts(o);
    int code = answer_refused(o->c, o->r, o->answer, body, o->a, o->e);
    client_trace(o->c, o->r, o->answer, o->e);
    o->traced = true;
    if (o->answer->status == 401 && !o->renewed && use_of(o) >= CREDENTIAL_ALL) {
        struct err why = {0};
        o->renewed = true;
        int r = credential_renew(o->c->credential, &o->who, &o->end, &why);
        if (r == 1)
            return 1;
    }
    int r = wait_as_told(o);
    return r ? r : say_retry_after(o, code);
}

/* ---- one try ---- */

static struct client_stream *new_stream(const struct opening *o)
{
    struct client_stream *s = mem_calloc(1, sizeof(*s));
    s->c = o->c;
    s->end = o->end;
    s->limit_ms = o->limit_ms;
    s->begun_ms = clock_ms();
    return s;
}

static void warn_insecure(struct opening *o)
{
    const struct kubeconfig *k = o->c->o.config;
    bool other = o->r->server.n && o->r->server_insecure;
    if (use_of(o) == CREDENTIAL_NONE || (!k->insecure && !other))
        return;
    client_warn(o->c, arena_printf(o->a,
                                   "the certificate of " STR_FMT
                                   " is not verified%s: anybody in between can read along and lie",
                                   STR_ARG(other ? o->r->server : k->server),
                                   other ? "" : " (insecure-skip-tls-verify)"));
}

static int accept_answer(struct opening *o)
{
    struct client_stream *s = o->s;
    const struct http_response *response = &s->parser.response;
    if (o->r->upgrade.n) {
        if (response->status != 101)
            return err_set(o->e, EBADMSG,
                           "the server answered %d where it should switch to " STR_FMT,
                           response->status, STR_ARG(o->r->upgrade));
        s->raw = true;
        return 0;
    }
    if (response->status == 101)
        return err_set(o->e, EBADMSG, "the server switches protocols without having been asked");
    int r = answer_check(o->r, response, o->e);
    if (r == 0 && str_is_nocase(response->content_encoding, "gzip"))
        s->gunzip = gunzip_new();
    return r;
}

/* 0: the answer has begun. 1: again. */
static int try_once(struct opening *o)
{
    int r = pace_wait(&o->c->pace, &o->end, o->e);
    credential_now_done(&o->who);
    if (r == 0)
        r = credential_get(o->c->credential, use_of(o), &o->end, o->a, &o->who, o->e);
    if (r < 0)
        return r;
    warn_insecure(o);
    o->tries++;
    o->s = new_stream(o);
    r = request_send(o->s, o->r, &o->who, o->e);
    /* Nothing has been asked yet: TLS comes first. */
    if (r == -EKEYREJECTED && !o->reread) {
        o->reread = true;
        if (credential_reread(o->c->credential) == 1)
            return 1;
    }
    if (r == 1) {
        if (is_idempotent(o->r) && !o->reconnected) {
            o->reconnected = true;
            return 1;
        }
        return err_set(o->e, ECONNRESET, "the connection ended before an answer came");
    }
    if (r < 0)
        return r;
    note_answer(o);
    int status = o->answer->status;
    return status == 101 || (status >= 200 && status < 300) ? accept_answer(o) : handle_refusal(o);
}

static void set_where(struct opening *o)
{
    struct buf url CLEANUP(buf_done) = {0};
    if (!o->e || o->e->where[0])
        return;
    buf_init(&url, 64 * KIB);
    buf_printf(&url, "%s ", o->r->method);
    client_add_url(o->c, o->r, false, &url);
    snprintf(o->e->where, sizeof(o->e->where), STR_FMT, STR_ARG(buf_str(&url)));
}

static int try_often(void *arg)
{
    struct opening *o = arg;
    int r;
    do {
        client_close(o->s);
        o->s = NULL;
        o->traced = false;
        *o->answer = (struct client_answer){.retry_after_ms = -1};
        r = try_once(o);
    } while (r == 1);
    if (r < 0)
        set_where(o);
    if (r < 0 && o->s && !o->traced) {
        note_amounts(o);
        client_trace(o->c, o->r, o->answer, o->e);
    }
    return r;
}

static int open_stream(struct client *c, const struct client_request *r, struct arena *a,
                       struct client_stream **ret_stream, struct client_answer *ret, struct err *e)
{
    int64_t limit_ms = r->request_ms     ? r->request_ms
                       : c->o.request_ms ? c->o.request_ms
                                         : CLIENT_REQUEST_MS;
    struct opening o = {
        .c = c, .r = r, .a = a, .answer = ret, .e = e, .limit_ms = limit_ms < 0 ? -1 : limit_ms};
    o.end = wait_for(o.limit_ms, c->o.stop);
    int code = mem_protect(try_often, &o);
    credential_now_done(&o.who);
    if (code < 0) {
        client_close(o.s);
        return code == -ENOMEM ? err_set(e, ENOMEM, "out of memory") : code;
    }
    *ret_stream = o.s;
    ret->took_ms = clock_ms() - o.s->begun_ms;
    return 0;
}

int client_open(struct client *c, const struct client_request *r, struct arena *a,
                struct client_stream **ret_stream, struct client_answer *ret, struct err *e)
{
    int code = open_stream(c, r, a, ret_stream, ret, e);
    if (code == 0)
        client_trace_stream(c, r, ret);
    return code;
}

/* ---- whole requests ---- */

struct doing {
    struct client *c;
    const struct client_request *r;
    int (*body)(void *ctx, struct str piece, struct err *e);
    void *ctx;
    struct arena *a;
    struct client_answer *answer;
    struct err *e;
    struct client_stream *s;
    int64_t window_ms; /* since when bytes are counted; 0: not yet */
    uint64_t window_bytes;
};

static int say_idle(const struct doing *d, int64_t idle_ms)
{
    struct buf text CLEANUP(buf_done);
    buf_init(&text, 64);
    answer_add_ms(&text, idle_ms);
    return err_set(d->e, ETIMEDOUT,
                   "the answer stopped after %llu bytes: nothing more within " STR_FMT,
                   (unsigned long long)d->s->body_bytes, STR_ARG(buf_str(&text)));
}

/* A server that sends a byte now and then is as good as silent. */
static int check_speed(struct doing *d, int64_t idle_ms)
{
    struct buf text CLEANUP(buf_done) = {0};
    uint64_t came = d->s->connection->received_bytes;
    int64_t now_ms = clock_ms();
    if (d->window_ms && now_ms - d->window_ms < idle_ms)
        return 0;
    uint64_t in_window = came - d->window_bytes;
    bool first = d->window_ms == 0;
    d->window_ms = now_ms;
    d->window_bytes = came;
    if (first || in_window >= SLOWEST_WINDOW_BYTES)
        return 0;
    buf_init(&text, 64);
    answer_add_ms(&text, idle_ms);
    return err_set(d->e, ETIMEDOUT, "the answer comes too slowly: %llu bytes within " STR_FMT,
                   (unsigned long long)in_window, STR_ARG(buf_str(&text)));
}

static int read_body(struct doing *d)
{
    int64_t idle_ms = d->r->idle_ms > 0 ? d->r->idle_ms : CLIENT_IDLE_MS;
    struct str piece;
    int r;
    while ((r = client_read(d->s, idle_ms, &piece, d->e)) == 1) {
        r = d->body ? d->body(d->ctx, piece, d->e) : 0;
        if (r == 0)
            r = check_speed(d, idle_ms);
        if (r < 0)
            return r;
    }
    return r == -ETIMEDOUT ? say_idle(d, idle_ms) : r;
}

static int finish_request(struct doing *d, int r)
{
    struct opening o = {.c = d->c, .r = d->r, .a = d->a, .answer = d->answer, .e = d->e, .s = d->s};
    note_amounts(&o);
    if (r < 0)
        set_where(&o);
    client_trace(d->c, d->r, d->answer, r < 0 ? d->e : NULL);
    return r;
}

static int do_whole(void *arg)
{
    struct doing *d = arg;
    int r = open_stream(d->c, d->r, d->a, &d->s, d->answer, d->e);
    if (r < 0)
        return r;
    return finish_request(d, read_body(d));
}

int client_do(struct client *c, const struct client_request *r,
              int (*body)(void *ctx, struct str piece, struct err *e), void *ctx, struct arena *a,
              struct client_answer *ret, struct err *e)
{
    struct doing d = {.c = c, .r = r, .body = body, .ctx = ctx, .a = a, .answer = ret, .e = e};
    int64_t limit_ms = r->request_ms ? r->request_ms : c->o.request_ms;
    struct wait w = wait_for(limit_ms ? limit_ms : CLIENT_REQUEST_MS, c->o.stop);
    int code = pace_enter(&c->pace, &w, e);
    if (code < 0)
        return code;
    code = mem_protect(do_whole, &d);
    client_close(d.s); /* first, so that who enters next finds the connection */
    pace_leave(&c->pace);
    return code == -ENOMEM ? err_set(e, ENOMEM, "out of memory") : code;
}

static int add_piece(void *ctx, struct str piece, struct err *e)
{
    struct buf *text = ctx;
    buf_add_str(text, piece);
    return text->overflow ? err_set(e, EFBIG, "the answer is larger than %zu bytes", text->max) : 0;
}

int client_get(struct client *c, const struct client_request *r, size_t most_bytes, struct arena *a,
               struct str *ret_body, struct client_answer *ret, struct err *e)
{
    struct buf text CLEANUP(buf_done);
    buf_init(&text, most_bytes);
    int code = client_do(c, r, add_piece, &text, a, ret, e);
    if (code == 0)
        *ret_body = arena_str(a, buf_str(&text));
    return code;
}

int client_parse_timeout(struct str text, int64_t *ret_ms)
{
    int64_t seconds;
    if (str_to_int64(text, &seconds) == 0 && seconds >= 0 && seconds < INT32_MAX)
        *ret_ms = seconds * 1000;
    else if (text_parse_duration(text, ret_ms) < 0 || *ret_ms < 0)
        return -EINVAL;
    if (*ret_ms == 0)
        *ret_ms = -1;
    return 0;
}
