/* SPDX-License-Identifier: Apache-2.0
 *
 * The channels of one command, as k8s.io/client-go tools/remotecommand (v5.go, errorstream.go) and
 * k8s.io/apimachinery pkg/util/remotecommand name them.
 */
#include "client/exec.h"

#include "base/alloc.h"
#include "base/url.h"
#include "client/inside.h"
#include "client/websocket.h"

#define PROTOCOL "v5.channel.k8s.io"

struct exec {
    const struct exec_options *o;
    struct arena a;
    struct websocket socket;
    struct client_answer answer;
    struct buf path;
    struct buf status; /* what has come of it */
    struct str left;   /* of stdin */
    bool has_input;    /* its end has not been sent */
    uint32_t marks;
    int64_t send_ms; /* clock_ms() of the next piece; 0: not while its mark is under way */
    int exit_code;
    struct err *e;
};

/* ---- asking ---- */

static void add_path(struct buf *b, const struct exec_options *o)
{
    buf_add_cstr(b, "/api/v1/namespaces/");
    url_add_escaped(b, o->ns);
    buf_add_cstr(b, "/pods/");
    url_add_escaped(b, o->pod);
    buf_add_cstr(b, "/exec?stdout=true&stderr=true");
    if (o->input.p)
        buf_add_cstr(b, "&stdin=true");
    if (o->container.n) {
        buf_add_cstr(b, "&container=");
        url_add_escaped(b, o->container);
    }
    for (size_t i = 0; i < o->argv.count; i++) {
        buf_add_cstr(b, "&command=");
        url_add_escaped(b, o->argv.items[i]);
    }
}

static int check_options(const struct exec_options *o, struct err *e)
{
    if (!o->ns.n || !o->pod.n)
        return err_set(e, EINVAL, "exec needs a namespace and a pod");
    if (!o->argv.count)
        return err_set(e, EINVAL, "exec needs a command");
    if (o->input.n > EXEC_MOST_STDIN)
        return err_set(e, EFBIG, "a command gets at most %d MiB of input", EXEC_MOST_STDIN >> 20);
    return 0;
}

/* Servers before 1.30 refuse the subprotocol with a bare 403, without the Status of a missing right. */
static int open_socket(struct exec *x)
{
    struct websocket_options o = {
        .client = x->o->client,
        .path = buf_str(&x->path),
        .protocol = STR(PROTOCOL),
        .request_ms = x->o->most_ms,
        .silence_ms = x->o->silence_ms,
        .a = &x->a,
    };
    int r = websocket_open(&x->socket, &o, &x->answer, x->e);
    bool bare = (x->answer.status == 400 || x->answer.status == 403) && !x->answer.status_body;
    if (r < 0 && bare)
        return err_set(
            x->e, EOPNOTSUPP,
            "the server answered %d without saying why: before Kubernetes 1.30 it does not "
            "speak " PROTOCOL,
            x->answer.status);
    return r;
}

/* The next piece of stdin, or its end; a mark behind it says when the server has taken it. Only then
 * comes the one after, the first ones with a pause: proxies on the way (the API server is one) drop what
 * a command has written, and how it ended, when they meet input that it does not read. kubectl sends all
 * at once and loses a third of the exit codes of a command that reads only the beginning. */
static int send_input(struct exec *x)
{
    struct buf message CLEANUP(buf_done) = {0};
    struct str piece = str_sub(x->left, 0, EXEC_STDIN_PIECE);
    int r = 0;
    x->send_ms = 0;
    if (!x->has_input || x->status.n)
        return 0;
    x->left = str_sub(x->left, piece.n, x->left.n);
    if (piece.n) {
        buf_init(&message, EXEC_STDIN_PIECE + 1);
        buf_add_char(&message, EXEC_STDIN);
        buf_add_str(&message, piece);
        r = websocket_send(&x->socket, WEBSOCKET_BINARY, buf_str(&message), x->e);
    }
    if (r == 0 && x->left.n)
        return websocket_mark(&x->socket, ++x->marks, x->e);
    x->has_input = false;
    return r < 0 ? r : websocket_send(&x->socket, WEBSOCKET_BINARY, STR("\xff\0"), x->e);
}

/* ---- the end ---- */

static int bad_status(struct err *e)
{
    return err_set(e, EBADMSG, "the server does not say properly how the command ended");
}

static int read_exit_code(const struct exec *x, const struct doc *status, int *ret)
{
    const struct doc *causes = doc_path(status, "details.causes");
    int64_t code;
    for (const struct doc *c = causes ? causes->child : NULL; c; c = c->next) {
        if (!str_is(doc_text(c, "reason"), "ExitCode"))
            continue;
        if (str_to_int64(doc_text(c, "message"), &code) < 0 || code < 1 || code > 255)
            break;
        *ret = (int)code;
        return 0;
    }
    return bad_status(x->e);
}

static int read_status(struct exec *x)
{
    struct doc_root root = {0};
    if (json_parse(STR("the status"), buf_str(&x->status), &x->a, &root, NULL) < 0 || !root.root)
        return bad_status(x->e);
    struct str status = doc_text(root.root, "status"), message = doc_text(root.root, "message");
    if (str_is(status, "Success")) {
        x->exit_code = 0;
        return 0;
    }
    if (!str_is(status, "Failure"))
        return bad_status(x->e);
    if (str_is(doc_text(root.root, "reason"), "NonZeroExitCode"))
        return read_exit_code(x, root.root, &x->exit_code);
    return err_set(
        x->e, EIO, "the command did not run to its end: " STR_FMT,
        STR_ARG(message.n ? str_sub(message, 0, 180) : STR("the server does not say why")));
}

static int no_status(struct exec *x)
{
    const struct websocket *w = &x->socket;
    if (w->close_code == WEBSOCKET_NORMAL || w->close_code == WEBSOCKET_NO_CODE)
        return err_set(x->e, EIO, "the server closed without saying how the command ended");
    return err_set(x->e, EIO, "the server closed without saying how the command ended: code %d%s%s",
                   w->close_code, w->close_reason[0] ? ", " : "", w->close_reason);
}

/* ---- what comes ---- */

static int hand_on(const struct exec *x, exec_output_fn *fn, struct str piece)
{
    return piece.n && fn ? fn(x->o->ctx, piece, x->e) : 0;
}

static int take_pong(struct exec *x, const struct websocket_message *m)
{
    if (!websocket_is_mark(m, x->marks))
        return 0;
    if (x->marks > EXEC_SLOW_PIECES)
        return send_input(x);
    x->send_ms = clock_ms() + EXEC_SLOW_MS;
    return 0;
}

static int take_message(struct exec *x, const struct websocket_message *m)
{
    if (m->opcode == WEBSOCKET_PONG)
        return take_pong(x, m);
    if (m->opcode != WEBSOCKET_BINARY || m->data.n == 0)
        return err_set(x->e, EBADMSG, "the server sends a message of no channel");
    unsigned channel = (unsigned char)m->data.p[0];
    struct str data = str_sub(m->data, 1, m->data.n);
    switch (channel) {
    case EXEC_STDOUT:
        return hand_on(x, x->o->out, data);
    case EXEC_STDERR:
        return hand_on(x, x->o->err, data);
    case EXEC_STATUS:
        buf_add_str(&x->status, data);
        return x->status.overflow ? bad_status(x->e) : 0;
    case EXEC_CLOSE:
        return 0; /* the connection's end says the same */
    default:
        return err_set(x->e, EBADMSG, "the server sends on channel %u, which it must not", channel);
    }
}

/* After the status nothing else is due but the end, in whatever form it comes. */
static bool is_over(const struct exec *x, int r)
{
    return x->status.n && (r == -ETIME || r == -ETIMEDOUT || r == -ECONNRESET) &&
           websocket_parser_is_between(&x->socket.parser);
}

static int too_long(const struct exec *x)
{
    struct buf limit CLEANUP(buf_done);
    buf_init(&limit, 64);
    answer_add_ms(&limit, x->socket.stream->limit_ms);
    return err_set(x->e, ETIMEDOUT,
                   "the command did not end within " STR_FMT "; it may go on in the container",
                   STR_ARG(buf_str(&limit)));
}

/* 1: a message has been taken, or more input given. Else as websocket_read(), or *ret_fault is what the
 * message meant. */
static int read_one(struct exec *x, int *ret_fault, struct err *why)
{
    struct websocket_message m;
    bool sends = x->send_ms && !x->status.n;
    int64_t wait_ms = x->status.n ? EXEC_GOODBYE_MS
                      : sends     ? MAX(x->send_ms - clock_ms(), 0)
                                  : INT64_MAX;
    int r = websocket_read(&x->socket, wait_ms, &m, why);
    if (r == 1)
        *ret_fault = take_message(x, &m);
    if (r != -ETIMEDOUT || !sends || wait_left_ms(&x->socket.end) == 0)
        return r;
    *ret_fault = send_input(x);
    return 1;
}

static int read_all(struct exec *x)
{
    struct err why = {0};
    int r, fault = 0;
    do {
        r = read_one(x, &fault, &why);
        if (fault < 0)
            return fault;
    } while (r == 1);
    if (r == 0 || is_over(x, r))
        return x->status.n ? read_status(x) : no_status(x);
    if (r == -ETIME || (r == -ETIMEDOUT && wait_left_ms(&x->socket.end) == 0))
        return too_long(x);
    return err_set(x->e, -r, "%s", why.msg);
}

/* ---- the whole ---- */

static int run(void *arg)
{
    struct exec *x = arg;
    add_path(&x->path, x->o);
    if (x->path.overflow)
        return err_set(x->e, E2BIG, "the command is longer than %zu bytes", x->path.max);
    int r = open_socket(x);
    if (r == 0)
        r = send_input(x);
    if (r == 0)
        r = read_all(x);
    websocket_say_goodbye(&x->socket);
    return r;
}

static void set_where(const struct exec *x)
{
    struct str path = buf_str(&x->path);
    if (!x->e || x->e->where[0])
        return;
    path = str_sub(path, 0, (size_t)MAX(str_find_char(path, '?'), 0));
    snprintf(x->e->where, sizeof(x->e->where), "GET " STR_FMT STR_FMT,
             STR_ARG(client_server(x->o->client)), STR_ARG(path));
}

int exec_run(const struct exec_options *o, int *ret_exit_code, struct err *e)
{
    struct exec x = {.o = o, .e = e, .answer.retry_after_ms = -1};
    x.left = o->input;
    x.has_input = o->input.p != NULL;
    int r = check_options(o, e);
    if (r < 0)
        return r;
    arena_init(&x.a);
    buf_init(&x.path, (size_t)(64 * KIB));
    buf_init(&x.status, EXEC_MOST_STATUS);
    websocket_init(&x.socket);
    r = mem_protect(run, &x);
    if (r == -ENOMEM)
        err_set(e, ENOMEM, "out of memory");
    if (r < 0)
        set_where(&x);
    else
        *ret_exit_code = x.exit_code;
    websocket_done(&x.socket);
    buf_done(&x.status);
    buf_done(&x.path);
    arena_done(&x.a);
    return r;
}
