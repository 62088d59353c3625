/* SPDX-License-Identifier: Apache-2.0
 *
 * One request on one connection: its head written, the head of the answer read.
 */
#include <ctype.h>

#include "base/alloc.h"
#include "base/text.h"
#include "client/inside.h"
#include "client/tunnel.h"

/* ---- where to ---- */

struct target {
    struct url url;
    bool tls, insecure;
    unsigned generation; /* of our certificates */
    struct route route;
    struct buf key;
};

static int find_target(struct client_stream *s, const struct client_request *r,
                       const struct credential_now *who, struct target *t, struct err *e)
{
    struct client *c = s->c;
    const struct kubeconfig *k = c->o.config;
    t->url = c->server;
    if (r->server.n) {
        int code = url_parse(r->server, &t->url, e);
        if (code < 0)
            return code;
    }
    t->tls = str_is_nocase(t->url.scheme, "https");
    t->insecure = r->server.n && r->server_insecure;
    t->generation = who->generation;
    t->route = (struct route){
        .host = t->url.host,
        .port = t->url.port ? t->url.port
                : t->tls    ? 443
                            : 80,
        .tls = t->tls ? who->tls : NULL,
        .server_name = t->url.host,
        .proxy = r->server.n ? NULL : &c->proxy,
        .proxy_tls = who->tls,
    };
    if (!r->server.n && k->tls_server_name.n)
        t->route.server_name = k->tls_server_name;
    buf_printf(&t->key, "%s " STR_FMT " %u %u%s", t->tls ? "https" : "http", STR_ARG(t->route.host),
               t->route.port, who->generation, t->insecure ? " insecure" : "");
    return 0;
}

/* An upgrade may run a command: it gets a connection that has not been idle, so that it is never made
 * again because that one was dead. */
static int connect_target(struct client_stream *s, const struct target *t, bool only_new,
                          struct err *e)
{
    s->connection = only_new ? NULL : client_take_idle(s->c, buf_str(&t->key), t->generation);
    if (s->connection)
        return 0;
    struct wait w = wait_at_most(s->end, CLIENT_CONNECT_MS);
    int r = connection_open(&t->route, buf_str(&t->key), &w, &s->connection, e);
    if (r == 0)
        s->connection->generation = t->generation;
    return r;
}

/* ---- the head ---- */

static void add_header(struct buf *b, const char *name, struct str value)
{
    if (value.n)
        buf_printf(b, "%s: " STR_FMT "\r\n", name, STR_ARG(value));
}

/* As kubectl, which keeps credentials off plain HTTP: everybody on the way would read them, and a
 * "kubectl proxy" on this machine has its own. */
static void warn_plain(struct client *c, const struct target *t)
{
    if (t->tls || !credential_is_given(c->credential))
        return;
    struct buf b CLEANUP(buf_done);
    buf_init(&b, 4 * KIB);
    buf_add_cstr(&b, "no credentials are sent to ");
    url_add_authority(&b, t->url.host, t->url.port);
    buf_add_cstr(&b, ", whose URL begins with http://: everybody on the way could read them");
    client_warn(c, buf_str(&b));
}

/* What no name of a header may hold is escaped (client-go, transport/round_trippers.go). */
static void add_extra(struct buf *b, const struct as_extra *x)
{
    for (size_t i = 0; i < x->values.count; i++) {
        buf_add_cstr(b, "Impersonate-Extra-");
        for (size_t j = 0; j < x->key.n; j++) {
            unsigned char c = (unsigned char)x->key.p[j];
            bool plain = isalnum(c) || (c && c < 0x80 && strchr("!#$&'*+-.^_`|~", c));
            buf_printf(b, plain ? "%c" : "%%%02X", c);
        }
        buf_printf(b, ": " STR_FMT "\r\n", STR_ARG(x->values.items[i]));
    }
}

static void add_identity(struct buf *b, const struct client *c, const struct target *t,
                         const struct credential_now *who)
{
    const struct kubeconfig *k = c->o.config;
    if (t->tls)
        add_header(b, "Authorization", who->authorization);
    add_header(b, "Impersonate-User", k->as);
    add_header(b, "Impersonate-Uid", k->as_uid);
    for (size_t i = 0; i < k->as_groups.count; i++)
        add_header(b, "Impersonate-Group", k->as_groups.items[i]);
    for (size_t i = 0; i < k->as_extra.count; i++)
        add_extra(b, &k->as_extra.items[i]);
}

static void add_target(struct buf *b, const struct client *c, const struct client_request *r,
                       const struct target *t)
{
    struct str prefix = r->server.n ? STR("") : c->server.path;
    bool absolute = !t->tls && t->route.proxy && t->route.proxy->kind != PROXY_NONE &&
                    t->route.proxy->kind != PROXY_SOCKS5;
    buf_printf(b, "%s ", r->method);
    if (absolute) {
        buf_add_cstr(b, "http://");
        url_add_authority(b, t->url.host, t->url.port);
    }
    buf_add_str(b, str_ends(prefix, "/") ? str_sub(prefix, 0, prefix.n - 1) : prefix);
    buf_add_str(b, r->path);
    buf_add_cstr(b, " HTTP/1.1\r\nHost: ");
    url_add_authority(b, t->url.host, t->url.port);
    buf_add_cstr(b, "\r\n");
    if (absolute)
        tunnel_add_authorization(b, t->route.proxy);
}

static bool has_control(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if ((unsigned char)s.p[i] < ' ' || s.p[i] == 0x7f)
            return true;
    return false;
}

/* Nothing that others wrote may end a header. */
static int check_values(const struct client *c, const struct client_request *r, struct err *e)
{
    const struct kubeconfig *k = c->o.config;
    bool bad = has_control(r->path) || str_find_char(r->path, ' ') >= 0 || has_control(k->as) ||
               has_control(k->as_uid);
    for (size_t i = 0; i < k->as_groups.count; i++)
        bad = bad || has_control(k->as_groups.items[i]);
    for (size_t i = 0; i < k->as_extra.count; i++)
        for (size_t j = 0; j < k->as_extra.items[i].values.count; j++)
            bad = bad || has_control(k->as_extra.items[i].values.items[j]);
    for (size_t i = 0; i < r->header_count; i++)
        bad = bad || has_control(r->headers[i].name) || has_control(r->headers[i].value);
    return bad ? err_set(e, EINVAL, "a line break or control character in a path or header") : 0;
}

static void add_head(struct buf *b, const struct client *c, const struct client_request *r,
                     const struct target *t, const struct credential_now *who)
{
    add_target(b, c, r, t);
    buf_add_cstr(b, "User-Agent: plimsoll/" PLIMSOLL_VERSION "\r\n");
    add_header(b, "Accept", r->accept.n ? r->accept : STR("application/json"));
    bool packed = !r->no_gzip && !r->upgrade.n && !c->o.config->no_gzip;
    add_header(b, "Accept-Encoding", packed ? STR("gzip") : STR_NONE);
    add_identity(b, c, t, who);
    if (r->upgrade.n)
        buf_printf(b, "Connection: Upgrade\r\nUpgrade: " STR_FMT "\r\n", STR_ARG(r->upgrade));
    for (size_t i = 0; i < r->header_count; i++)
        buf_printf(b, STR_FMT ": " STR_FMT "\r\n", STR_ARG(r->headers[i].name),
                   STR_ARG(r->headers[i].value));
    if (r->body.p) {
        add_header(b, "Content-Type", r->content_type);
        buf_printf(b, "Content-Length: %zu\r\n", r->body.n);
    }
    buf_add_cstr(b, "\r\n");
}

/* A server that refuses a request early may close before it has read all of it: its answer counts. */
static int send_all(struct client_stream *s, const struct client_request *r, struct str head,
                    struct err *e)
{
    struct wait w = wait_at_most(s->end, CLIENT_IDLE_MS);
    int code = connection_write(s->connection, head, &w, e);
    if (code == 0 && r->body.n)
        code = connection_write(s->connection, r->body, &s->end, e);
    return code == -ECONNRESET ? 0 : code;
}

/* ---- the answer's head ---- */

static int no_answer(const struct client_stream *s, const struct client_request *r, int code,
                     struct err *e)
{
    struct buf limit CLEANUP(buf_done) = {0};
    if (code != -ETIMEDOUT)
        return code;
    int64_t head_ms = r->head_ms > 0 ? r->head_ms : CLIENT_HEAD_MS;
    buf_init(&limit, 64);
    answer_add_ms(&limit, s->limit_ms >= 0 ? MIN(head_ms, s->limit_ms) : head_ms);
    return err_set(e, ETIMEDOUT, "no answer within " STR_FMT, STR_ARG(buf_str(&limit)));
}

/* Until the head is whole. 1: the connection had been idle and is dead. */
static int read_head(struct client_stream *s, const struct client_request *r, struct err *e)
{
    struct connection *c = s->connection;
    struct wait w = wait_at_most(s->end, r->head_ms > 0 ? r->head_ms : CLIENT_HEAD_MS);
    while (s->parser.state == HTTP_HEAD) {
        bool unused = c->received_bytes == s->received_before;
        int code = connection_fill(c, &w, e);
        bool dead = code == 0 || code == -ECONNRESET;
        if (dead && unused && c->was_used)
            return 1;
        if (code == 0)
            return http_parser_end(&s->parser, e);
        if (code < 0)
            return no_answer(s, r, code, e);
        size_t used;
        struct str body;
        code = http_parser_feed(&s->parser, connection_held(c), &used, &body, e);
        if (code < 0)
            return code;
        c->begin += used;
    }
    return 0;
}

int request_send(struct client_stream *s, const struct client_request *r,
                 const struct credential_now *who, struct err *e)
{
    struct target t = {0};
    struct buf head CLEANUP(buf_done);
    buf_init(&t.key, 4 * KIB);
    buf_init(&head, 4 * MIB); /* tokens may be long */
    int code = check_values(s->c, r, e);
    if (code == 0)
        code = find_target(s, r, who, &t, e);
    if (code == 0)
        code = connect_target(s, &t, r->upgrade.n > 0, e);
    if (code == 0) {
        s->received_before = s->connection->received_bytes;
        http_parser_init(&s->parser, strcmp(r->method, "HEAD") == 0);
        s->has_parser = true;
        warn_plain(s->c, &t);
        add_head(&head, s->c, r, &t, who);
        code = send_all(s, r, buf_str(&head), e);
    }
    if (code == 0)
        code = read_head(s, r, e);
    buf_done(&t.key);
    return code;
}
