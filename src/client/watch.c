/* SPDX-License-Identifier: Apache-2.0
 *
 * A small state machine: no version -> list -> watch -> (break) -> watch ..., or back to the list. Events
 * are parsed line by line as they arrive.
 */
#include "client/watch.h"

#include "base/alloc.h"
#include "base/json.h"
#include "base/random.h"
#include "base/text.h"
#include "base/url.h"
#include "base/wait.h"
#include "model/object_list.h"

enum { STREAM_BACKOFF = 1, STREAM_TIMEOUT, LONGEST_VERSION = 128, READ_MS = 1000 };

struct watch {
    const struct watch_options *o;
    watch_fn *fn;
    void *ctx;
    struct wait end;
    struct arena a; /* of one request */
    struct arena scratch;
    struct buf line;               /* of an event that has not come whole */
    char version[LONGEST_VERSION]; /* resource version; "": to be listed */
    struct buf next;               /* continue token of a list */
    struct client_answer answer;   /* the last one */
    struct random_run random;
    uint32_t draws;
    int failures;     /* in a row */
    bool is_away;     /* the last of them: no answer, or none of use */
    bool has_watched; /* a watch was open once: the rights are there */
    int ended;        /* what fn returned */
    bool has_ended;
    struct err *e;
};

static int hand_on(struct watch *w, enum watch_event event, const struct doc *object)
{
    int r = w->fn(w->ctx, event, object, w->e);
    if (r != 0) {
        w->ended = r;
        w->has_ended = true;
    }
    return r;
}

static int set_version(struct watch *w, struct str version)
{
    if (version.n >= sizeof(w->version))
        return err_set(w->e, EBADMSG, "a resource version of %zu characters", version.n);
    if (version.n)
        snprintf(w->version, sizeof(w->version), STR_FMT, STR_ARG(version));
    return 0;
}

/* -EINVAL is what the server says of our question; what it sends is no JSON is another thing. */
static int not_json(int r)
{
    return r == -EINVAL ? -EBADMSG : r;
}

static void note(struct watch *w, const char *what)
{
    struct buf b CLEANUP(buf_done) = {0};
    if (!w->o->note)
        return;
    buf_init(&b, 8 * KIB);
    text_add_clean(&b, w->o->path);
    buf_printf(&b, ": %s", what);
    if (w->e->msg[0]) {
        buf_add_cstr(&b, ": ");
        text_add_clean(&b, str_of(w->e->msg));
    }
    w->o->note(w->ctx, buf_str(&b));
}

static void add_query(const struct watch *w, struct buf *b, const char *first)
{
    buf_add_str(b, w->o->path);
    buf_printf(b, "?%s", first);
    if (w->o->query.n) {
        buf_add_char(b, '&');
        buf_add_str(b, w->o->query);
    }
}

/* ---- the list ---- */

static bool is_stopped(const struct watch *w)
{
    return w->end.stop && atomic_load(w->end.stop);
}

static int take_listed(void *ctx, const struct each_object *o, struct err *e)
{
    struct watch *w = ctx;
    if (is_stopped(w))
        return err_set(e, EINTR, "stopped");
    int r = hand_on(w, WATCH_LISTED, o->object);
    return r > 0 ? -ECANCELED : r;
}

/* etcd was restored from a backup, or a server that lags behind answers: what we know is of no use. */
static bool is_from_future(const struct client_answer *answer)
{
    const struct doc *causes = doc_path(answer->status_body, "details.causes");
    for (const struct doc *c = causes && causes->type == DOC_SEQ ? causes->child : NULL; c;
         c = c->next)
        if (str_is(doc_text(c, "reason"), "ResourceVersionTooLarge"))
            return true;
    return false;
}

/* What a server that was away has made us wait for is no fault of one that is back. */
static int open_stream(struct watch *w, const struct client_request *request,
                       struct client_stream **s)
{
    int r = client_open(w->o->client, request, &w->a, s, &w->answer, w->e);
    if (r < 0 && w->answer.status_body && is_from_future(&w->answer))
        r = -ESTALE;
    bool is_away = r < 0 && r != -ESTALE;
    if (w->is_away && !is_away)
        w->failures = 0;
    w->is_away = is_away;
    return r;
}

/* One page; its token goes to w->next. */
static int list_page(struct watch *w)
{
    struct buf path CLEANUP(buf_done);
    char first[64];
    buf_init(&path, 64 * KIB);
    snprintf(first, sizeof(first), "limit=%d", WATCH_PAGE);
    add_query(w, &path, first);
    if (w->next.n) {
        buf_add_cstr(&path, "&continue=");
        url_add_escaped(&path, buf_str(&w->next));
    }
    struct client_request request = {.method = "GET", .path = buf_str(&path)};
    struct client_body body = {0};
    struct list_head head;
    int r = open_stream(w, &request, &body.stream);
    if (r < 0)
        return r;
    struct each_input in = {.name = w->o->path, .read = client_body_read, .ctx = &body};
    r = object_list_each(&in, take_listed, w, &w->a, &head, w->e);
    client_close(body.stream);
    if (r < 0)
        return not_json(r);
    if (!str_ends(head.kind, "List") || !head.resource_version.n)
        return err_set(w->e, EBADMSG, "the answer is no list");
    buf_clear(&w->next);
    buf_add_str(&w->next, head.next);
    return head.next.n ? 0 : set_version(w, head.resource_version);
}

static int list_all(struct watch *w)
{
    buf_clear(&w->next);
    int r = hand_on(w, WATCH_BEGIN, NULL);
    do {
        if (r == 0)
            r = list_page(w);
        arena_reset(&w->a);
    } while (r == 0 && w->next.n);
    return r == 0 ? hand_on(w, WATCH_SYNCED, NULL) : r;
}

/* ---- events ---- */

/* What the server says in the middle of a watch; 410 begins anew. */
static int take_error(struct watch *w, const struct doc *status)
{
    int64_t code = doc_int(status, "code", 0);
    struct str message = doc_text(status, "message");
    if (code == 410)
        w->version[0] = 0;
    return err_set(w->e, code == 410 ? ESTALE : EIO, "the server ends the watch: " STR_FMT,
                   STR_ARG(str_sub(message, 0, 160)));
}

static int take_event(struct watch *w, const struct doc *n)
{
    static const struct {
        const char *type;
        enum watch_event event;
    } types[] = {{"ADDED", WATCH_ADDED}, {"MODIFIED", WATCH_MODIFIED}, {"DELETED", WATCH_DELETED}};
    struct str type = doc_text(n, "type");
    const struct doc *object = doc_get(n, "object");
    if (!object || object->type != DOC_MAP)
        return err_set(w->e, EBADMSG, "the watch sends no events");
    if (str_is(type, "ERROR"))
        return take_error(w, object);
    struct str version = doc_text(doc_get(object, "metadata"), "resourceVersion");
    int r = 0;
    for (size_t i = 0; i < ARRAY_LEN(types); i++)
        if (str_is(type, types[i].type))
            r = hand_on(w, types[i].event, object);
    /* Only what has been taken in is never asked for again. Of a bookmark only this counts. */
    if (r == 0)
        r = set_version(w, version);
    if (r == 0)
        w->failures = 0;
    return r;
}

static int take_line(struct watch *w, struct str line)
{
    struct json_cursor c;
    struct doc_builder builder;
    struct doc_root root = {0};
    if (str_empty(str_trim(line)))
        return 0;
    json_cursor_init(&c, STR(""), line);
    json_skip_space(&c);
    doc_build_init(&builder, &w->scratch, &root);
    builder.unwanted = STR("managedFields");
    int r = not_json(json_build(&c, &builder, NULL, w->e));
    doc_build_done(&builder);
    if (r == 0)
        r = take_event(w, root.root);
    arena_reset(&w->scratch);
    return r;
}

/* Whole lines of what has come; the rest waits in w->line. */
static int take_piece(struct watch *w, struct str piece)
{
    while (piece.n) {
        const char *end = memchr(piece.p, '\n', piece.n);
        size_t n = end ? (size_t)(end - piece.p) : piece.n;
        bool whole = end && !w->line.n;
        if (!whole)
            buf_add(&w->line, piece.p, n);
        if (w->line.overflow)
            return err_set(w->e, EFBIG, "an event is larger than %d MiB",
                           WATCH_LARGEST_EVENT >> 20);
        int r = !end ? 0 : take_line(w, whole ? str_sub(piece, 0, n) : buf_str(&w->line));
        if (end)
            buf_clear(&w->line);
        if (r != 0)
            return r;
        piece = str_sub(piece, n + (end != NULL), piece.n);
    }
    return 0;
}

/* ---- the watch ---- */

/* Silence longer than what the server was told to keep the watch open for is a dead connection. */
static int read_events(struct watch *w, struct client_stream *s, int64_t open_ms)
{
    struct wait silence = wait_at_most(w->end, open_ms);
    buf_clear(&w->line);
    for (;;) {
        struct str piece;
        int r = client_read(s, MIN(READ_MS, wait_left_ms(&w->end)), &piece, w->e);
        if (is_stopped(w))
            return err_set(w->e, EINTR, "stopped");
        if (r == -ETIMEDOUT && wait_left_ms(&w->end) <= 0)
            return r;
        if (r == -ETIMEDOUT && wait_left_ms(&silence) > 0)
            continue;
        if (r == -ETIMEDOUT)
            return err_set(w->e, ECONNRESET, "nothing came for %lld s",
                           (long long)(open_ms / 1000));
        if (r <= 0)
            return r;
        silence = wait_at_most(w->end, open_ms);
        r = take_piece(w, piece);
        if (r != 0)
            return r;
    }
}

static int watch_once(struct watch *w)
{
    int64_t least = w->o->least_s ? w->o->least_s : WATCH_LEAST_S;
    int64_t seconds =
        least + (int64_t)random_below(&w->random, STREAM_TIMEOUT, w->draws++, (uint64_t)least + 1);
    struct buf path CLEANUP(buf_done);
    char first[128];
    buf_init(&path, 64 * KIB);
    snprintf(first, sizeof(first), "watch=true&allowWatchBookmarks=true&timeoutSeconds=%lld",
             (long long)seconds);
    add_query(w, &path, first);
    buf_add_cstr(&path, "&resourceVersion=");
    url_add_escaped(&path, str_of(w->version));
    /* Packed events would wait in the server until a block is full. */
    struct client_request request = {
        .method = "GET", .path = buf_str(&path), .request_ms = -1, .no_gzip = true};
    struct client_stream *s = NULL;
    int r = open_stream(w, &request, &s);
    if (r == 0)
        w->has_watched = true;
    if (r == 0)
        r = read_events(w, s, seconds * 1000 + WATCH_GRACE_MS);
    client_close(s);
    arena_reset(&w->a);
    return r;
}

/* ---- breaks ---- */

/* A server that starts refuses whoever has the right, until it has read its roles: what it once gave is
 * asked for again. */
static bool is_final(const struct watch *w, int r)
{
    if (r == -EPERM || r == -EACCES)
        return !w->has_watched;
    return r == -ENOENT || r == -EINVAL || r == -EINTR || r == -ENOMEM || r == -EOPNOTSUPP ||
           r == -EKEYREJECTED;
}

int64_t watch_backoff_ms(int64_t least_ms, int failures, const struct random_run *chance,
                         uint32_t index)
{
    int64_t ms = least_ms;
    for (int i = 0; i < failures && ms < WATCH_BACKOFF_MOST_MS; i++)
        ms *= 2;
    ms = MIN(ms, WATCH_BACKOFF_MOST_MS);
    return ms + (int64_t)random_below(chance, STREAM_BACKOFF, index, (uint64_t)ms + 1);
}

static int back_off(struct watch *w)
{
    int64_t least_ms = w->o->backoff_ms ? w->o->backoff_ms : WATCH_BACKOFF_MS;
    int64_t ms = watch_backoff_ms(least_ms, w->failures++, &w->random, w->draws++);
    int r = wait_sleep(&w->end, MAX(ms, w->answer.retry_after_ms));
    return r < 0 ? err_set(w->e, -r, r == -EINTR ? "stopped" : "the time is over") : 0;
}

static int run(void *arg)
{
    struct watch *w = arg;
    for (;;) {
        bool lists = !w->version[0];
        *w->e = (struct err){0};
        w->answer = (struct client_answer){.retry_after_ms = -1};
        int64_t began = clock_ms();
        int r = lists ? list_all(w) : watch_once(w);
        if (w->has_ended)
            return w->ended;
        if (r != -EINTR && wait_left_ms(&w->end) <= 0)
            return err_set(w->e, ETIMEDOUT, "the time is over");
        if (is_final(w, r))
            return r;
        if (r == -ESTALE)
            w->version[0] = 0;
        if (r < 0)
            note(w, r == -ESTALE ? "listed anew" : "tried again");
        /* A watch that ends at once is a fault, too; one that was open for a while is not. */
        bool quick = !lists && clock_ms() - began < 1000;
        if ((r < 0 && (r != -ESTALE || lists)) || quick)
            r = back_off(w);
        else
            r = 0;
        if (r < 0)
            return r;
    }
}

int watch_run(const struct watch_options *o, watch_fn *fn, void *ctx, struct err *e)
{
    struct err own = {0};
    struct watch w = {.o = o, .fn = fn, .ctx = ctx, .e = e ? e : &own};
    w.end = wait_for(o->most_ms ? o->most_ms : -1, o->stop);
    w.random = (struct random_run){.seed = o->seed};
    arena_init(&w.a);
    arena_init(&w.scratch);
    buf_init(&w.line, WATCH_LARGEST_EVENT);
    buf_init(&w.next, 64 * KIB);
    int r = mem_protect(run, &w);
    buf_done(&w.line);
    buf_done(&w.next);
    arena_done(&w.a);
    arena_done(&w.scratch);
    return r == -ENOMEM ? err_set(w.e, ENOMEM, "out of memory") : r;
}
