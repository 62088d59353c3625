/* SPDX-License-Identifier: Apache-2.0
 *
 * Paths, pages and restarts of one list. Nothing of a page is kept but its objects.
 */
#include "source/api_list.h"

#include "base/alloc.h"
#include "source/bulk.h"
#include "source/join.h"

enum {
    PAGE_ITEMS = 500,     /* as kubectl; the API server's own clients too */
    MOST_RESTARTS = 2,    /* of a list whose pages expire while they are read */
    MOST_PAGES = 1 << 20, /* a server that never ends */
};

enum { METRICS_MS = 20000 /* until an answer begins; metrics-server has its figures at hand */ };

static bool is_metrics(const struct api_resource *r)
{
    return str_is(str_of(r->group), "metrics.k8s.io");
}

int64_t api_list_head_ms(const struct api_resource *r)
{
    return is_metrics(r) ? METRICS_MS : 0;
}

/* ---- paths ---- */

struct str api_list_path(const struct api_list *l, struct arena *a)
{
    const struct api_resource *r = l->resource;
    struct buf b CLEANUP(buf_done);
    buf_init(&b, 4 * KIB);
    struct str ns = r->in_namespace ? str_of(r->in_namespace) : l->ns;
    if (r->group[0])
        buf_printf(&b, "/apis/%s/" STR_FMT, r->group, STR_ARG(l->version));
    else
        buf_printf(&b, "/api/" STR_FMT, STR_ARG(l->version));
    if (r->namespaced && ns.n)
        buf_printf(&b, "/namespaces/" STR_FMT, STR_ARG(ns));
    buf_printf(&b, "/%s", r->resource);
    if (r->in_namespace)
        buf_printf(&b, "/%s", r->names[0]);
    else if (r->kind == KIND_NAMESPACE && l->ns.n)
        buf_printf(&b, "/" STR_FMT, STR_ARG(l->ns));
    return arena_str(a, buf_str(&b));
}

static bool is_one_object(const struct api_list *l)
{
    return l->resource->in_namespace || (l->resource->kind == KIND_NAMESPACE && l->ns.n);
}

/* Tokens are base64 for URLs; whatever else a server sends is escaped. */
static void add_escaped(struct buf *b, struct str s)
{
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                     c == '-' || c == '_' || c == '.' || c == '~';
        if (plain)
            buf_add_char(b, c);
        else
            buf_printf(b, "%%%02X", (unsigned char)c);
    }
}

static struct str page_path(const struct api_list *l, bool paged, struct str token, struct arena *a)
{
    struct buf b CLEANUP(buf_done);
    buf_init(&b, 64 * KIB);
    buf_add_str(&b, api_list_path(l, a));
    /* Metrics have no versions and no pages; the server makes them for each request. */
    if (is_one_object(l) || is_metrics(l->resource))
        return arena_str(a, buf_str(&b));
    if (!paged)
        buf_add_cstr(&b, "?resourceVersion=0");
    else
        buf_printf(&b, "?limit=%d", PAGE_ITEMS);
    if (paged && token.n) {
        buf_add_cstr(&b, "&continue=");
        add_escaped(&b, token);
    }
    return arena_str(a, buf_str(&b));
}

/* ---- pages ---- */

struct reading {
    const struct api_list *list;
    struct arena *a; /* for what a request leaves behind */
    struct bulk *bulk;
    struct err *e;
};

static int feed(void *ctx, struct str piece, struct err *e)
{
    int r = bulk_feed(ctx, piece);
    return r < 0 ? err_set(e, -r, "out of memory") : 0;
}

static int read_page(struct reading *g, struct str path, struct bulk_page *ret)
{
    struct client_request request = {
        .method = "GET", .path = path, .head_ms = api_list_head_ms(g->list->resource)};
    struct client_answer answer;
    size_t mark = bulk_mark(g->bulk);
    int r = bulk_begin(g->bulk);
    if (r == 0)
        r = client_do(g->list->client, &request, feed, g->bulk, g->a, &answer, g->e);
    if (r < 0) {
        bulk_abandon(g->bulk);
    } else {
        r = bulk_finish(g->bulk, ret, g->e);
        if (r == 0 && !is_one_object(g->list) && !str_ends(ret->kind, "List"))
            r = err_set(g->e, EBADMSG, "the answer is no list");
    }
    if (r < 0)
        bulk_forget(g->bulk, mark);
    return r;
}

static int read_pages(struct reading *g)
{
    bool paged = g->list->mode == LIST_PAGED;
    struct str token = STR_NONE;
    size_t begin = bulk_mark(g->bulk);
    int restarts = 0;
    for (int pages = 0; pages < MOST_PAGES; pages++) {
        struct bulk_page page;
        int r = read_page(g, page_path(g->list, paged, token, g->a), &page);
        if (r == -ESTALE && token.n) {
            bulk_forget(g->bulk, begin);
            token = STR_NONE;
            paged = ++restarts <= MOST_RESTARTS;
            continue;
        }
        if (r < 0 || !page.next.n || !paged)
            return r;
        if (str_eq(page.next, token))
            break;
        token = page.next;
    }
    return err_set(g->e, EBADMSG, "the pages of the list have no end");
}

static int read_list(void *arg)
{
    return read_pages(arg);
}

/* An item that is no JSON: nothing of such an answer is used. */
static int check_items(const struct cluster *c, struct err *e)
{
    for (size_t i = 0; i < c->problems.count; i++) {
        struct str message = c->problems.items[i].message;
        if (c->problems.items[i].type == PROBLEM_UNREADABLE)
            return err_set(e, EBADMSG, "the answer is no JSON: %.*s", (int)MIN(message.n, 200U),
                           message.p);
    }
    return 0;
}

/* Errors name what was asked, as the client's do; a position within an answer helps nobody. */
static void tell_request(const struct api_list *l, struct arena *a, struct err *e)
{
    if (!e || str_starts(str_of(e->where), "GET "))
        return;
    struct str server = client_server(l->client), path = api_list_path(l, a);
    snprintf(e->where, sizeof(e->where), "GET " STR_FMT STR_FMT, STR_ARG(server), STR_ARG(path));
}

int api_list_read(const struct api_list *l, struct arena *keep, struct cluster *ret, struct err *e)
{
    struct arena a;
    struct cluster c = {0};
    arena_init(&a);
    struct reading g = {l, &a, bulk_new(l->source, l->threads, keep), e};
    int r = mem_protect(read_list, &g);
    int ended = bulk_end(g.bulk, r == 0 ? &c : NULL);
    if (r == -ENOMEM || ended < 0)
        r = err_set(e, ENOMEM, "out of memory");
    if (r == 0)
        r = check_items(&c, e);
    if (r == 0)
        cluster_join(keep, ret, &c);
    else
        tell_request(l, &a, e);
    arena_done(&a);
    return r;
}
