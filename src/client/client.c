/* SPDX-License-Identifier: Apache-2.0
 *
 * The client itself: where it goes, the connections that it keeps, and what it says on the way.
 */
#include "client/client.h"

#include "base/alloc.h"
#include "base/map.h"
#include "base/text.h"
#include "client/inside.h"

static int read_server(struct client *c, struct err *e)
{
    const struct kubeconfig *k = c->o.config;
    struct proxy_env env;
    int r = url_parse(k->server, &c->server, e);
    if (r < 0)
        return err_wrap(e, "cluster \"" STR_FMT "\" of " STR_FMT, STR_ARG(k->cluster),
                        STR_ARG(k->origin));
    /* It would be shown wherever the server is named. */
    if (c->server.user_info.n)
        return err_set(e, EINVAL,
                       "cluster \"" STR_FMT "\" of " STR_FMT
                       ": the server's URL holds a user and password, which belong to the user",
                       STR_ARG(k->cluster), STR_ARG(k->origin));
    if (!str_is_nocase(c->server.scheme, "https") && !str_is_nocase(c->server.scheme, "http"))
        return err_set(e, EINVAL,
                       "cluster \"" STR_FMT "\" of " STR_FMT
                       ": the server's URL begins with " STR_FMT "://, not https://",
                       STR_ARG(k->cluster), STR_ARG(k->origin), STR_ARG(c->server.scheme));
    proxy_env_init(&env);
    return proxy_choose(k->proxy_url, &env, &c->server, &c->arena, &c->proxy, e);
}

int client_new(const struct client_options *o, struct client **ret, struct err *e)
{
    struct client *c = mem_calloc(1, sizeof(*c));
    c->o = *o;
    arena_init(&c->arena);
    pthread_mutex_init(&c->lock, NULL);
    pthread_mutex_init(&c->voice, NULL);
    pace_init(&c->pace, o->per_second, o->burst, o->most_at_once);
    int r = read_server(c, e);
    if (r < 0) {
        client_free(c);
        return r;
    }
    c->credential = credential_new(o->config, o->no_exec);
    *ret = c;
    return 0;
}

void client_free(struct client *c)
{
    if (!c)
        return;
    while (c->idle) {
        struct connection *next = c->idle->next;
        connection_free(c->idle);
        c->idle = next;
    }
    credential_free(c->credential);
    pace_done(&c->pace);
    pthread_mutex_destroy(&c->voice);
    pthread_mutex_destroy(&c->lock);
    arena_done(&c->arena);
    mem_free(c);
}

struct str client_server(const struct client *c)
{
    return c->o.config->server;
}

/* ---- idle connections ---- */

/* Those that were opened with certificates which have been replaced since: who took one back, or lost
 * it, means them, too. Requests without certificates have none (0). */
static void drop_outdated(struct client *c, unsigned generation)
{
    struct connection *dropped = NULL;
    pthread_mutex_lock(&c->lock);
    for (struct connection **at = &c->idle; *at;) {
        struct connection *i = *at;
        if (i->generation && i->generation < generation) {
            *at = i->next;
            i->next = dropped;
            dropped = i;
        } else {
            at = &i->next;
        }
    }
    pthread_mutex_unlock(&c->lock);
    while (dropped) {
        struct connection *next = dropped->next;
        connection_free(dropped);
        dropped = next;
    }
}

struct connection *client_take_idle(struct client *c, struct str key, unsigned generation)
{
    drop_outdated(c, generation);
    for (;;) {
        pthread_mutex_lock(&c->lock);
        struct connection **at = &c->idle;
        while (*at && !str_eq((*at)->key, key))
            at = &(*at)->next;
        struct connection *found = *at;
        if (found)
            *at = found->next;
        pthread_mutex_unlock(&c->lock);
        if (!found || connection_is_quiet(found))
            return found;
        connection_free(found);
    }
}

void client_keep_idle(struct client *c, struct connection *conn)
{
    struct connection *dropped = NULL;
    conn->was_used = true;
    pthread_mutex_lock(&c->lock);
    conn->next = c->idle;
    c->idle = conn;
    size_t count = 0;
    for (struct connection *i = conn; i; i = i->next)
        if (++count == MOST_IDLE) {
            dropped = i->next;
            i->next = NULL;
        }
    pthread_mutex_unlock(&c->lock);
    connection_free(dropped);
}

/* ---- what it says ---- */

static void say(struct client *c, void (*voice)(void *, struct str), struct str text)
{
    struct buf line CLEANUP(buf_done);
    buf_init(&line, 16 * KIB);
    text_add_clean(&line, text);
    pthread_mutex_lock(&c->voice);
    voice(c->o.ctx, buf_str(&line));
    pthread_mutex_unlock(&c->voice);
}

void client_warn(struct client *c, struct str text)
{
    uint64_t hash = str_hash(text);
    bool known = false;
    if (!c->o.warn)
        return;
    pthread_mutex_lock(&c->lock);
    for (size_t i = 0; i < c->warned_count; i++)
        known = known || c->warned[i] == hash;
    known = known || c->warned_count == MOST_WARNINGS;
    if (!known)
        c->warned[c->warned_count++] = hash;
    pthread_mutex_unlock(&c->lock);
    if (!known)
        say(c, c->o.warn, text);
}

void client_add_url(const struct client *c, const struct client_request *r, bool with_query,
                    struct buf *b)
{
    struct str query;
    struct str path = str_cut(r->path, '?', &query);
    if (r->server.n) {
        buf_add_str(b, r->server);
    } else {
        buf_printf(b, STR_FMT "://", STR_ARG(c->server.scheme));
        url_add_authority(b, c->server.host, c->server.port);
        buf_add_str(b, str_ends(c->server.path, "/")
                           ? str_sub(c->server.path, 0, c->server.path.n - 1)
                           : c->server.path);
    }
    buf_add_str(b, path);
    if (with_query && query.n) {
        buf_add_char(b, '?');
        buf_add_str(b, query);
    }
}

/* "GET URL: 200 OK in 12 ms". The query of an upgrade is a command, which may hold a password. */
static void begin_trace(struct client *c, const struct client_request *r,
                        const struct client_answer *answer, struct buf *line)
{
    buf_init(line, 16 * KIB);
    buf_printf(line, "%s ", r->method);
    client_add_url(c, r, !r->upgrade.n, line);
    if (answer->status)
        buf_printf(line, ": %d %s in %lld ms", answer->status, answer_status_words(answer->status),
                   (long long)answer->took_ms);
}

void client_trace(struct client *c, const struct client_request *r,
                  const struct client_answer *answer, const struct err *e)
{
    struct buf line CLEANUP(buf_done) = {0};
    if (!c->o.trace)
        return;
    begin_trace(c, r, answer, &line);
    if (answer->status) {
        buf_add_cstr(&line, ", ");
        text_add_count(&line, (int64_t)answer->wire_bytes);
        buf_add_cstr(&line, " bytes");
    } else {
        buf_printf(&line, ": %s after %lld ms", e ? e->msg : "no answer",
                   (long long)answer->took_ms);
    }
    if (answer->status && answer->body_bytes > answer->wire_bytes) {
        buf_add_cstr(&line, ", unpacked ");
        text_add_count(&line, (int64_t)answer->body_bytes);
    }
    say(c, c->o.trace, buf_str(&line));
}

void client_trace_stream(struct client *c, const struct client_request *r,
                         const struct client_answer *answer)
{
    struct buf line CLEANUP(buf_done) = {0};
    if (!c->o.trace)
        return;
    begin_trace(c, r, answer, &line);
    buf_add_cstr(&line, ", open");
    say(c, c->o.trace, buf_str(&line));
}
