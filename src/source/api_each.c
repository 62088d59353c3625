/* SPDX-License-Identifier: Apache-2.0
 *
 * List after list, page after page, object after object.
 */
#include "source/api_each.h"

#include "base/alloc.h"
#include "base/url.h"
#include "source/api_groups.h"
#include "source/kubelet_usage.h"

enum { PAGE_ITEMS = 500, MOST_PAGES = 1 << 20 };

struct each {
    const struct apiserver_options *o;
    each_fn *fn;
    void *ctx;
    struct arena *a;    /* the caller's */
    struct arena pages; /* of the page at work */
    struct cluster *ret;
    struct live_cluster *live;
    struct api_groups groups;
    struct err *e;
    int stopped;          /* by fn */
    struct cluster nodes; /* whom to ask for usage: names and addresses */
    bool has_usage;
};

/* ---- a page ---- */

static void note_node(struct each *g, const struct doc *object)
{
    const struct doc *status = doc_get(object, "status"), *list = doc_get(status, "addresses");
    struct node *n = arena_new(g->a, struct node);
    n->o.name = arena_str(g->a, doc_text(doc_get(object, "metadata"), "name"));
    n->kubelet_port = doc_int(doc_path(status, "daemonEndpoints.kubeletEndpoint"), "Port", 0);
    for (const struct doc *i = list && list->type == DOC_SEQ ? list->child : NULL; i; i = i->next)
        if (!n->internal_ip.n && str_is(doc_text(i, "type"), "InternalIP"))
            n->internal_ip = arena_str(g->a, doc_text(i, "address"));
    *PUSH(g->a, &g->nodes.nodes) = n;
}

static int take_object(void *ctx, const struct each_object *o, struct err *e)
{
    struct each *g = ctx;
    enum kind kind = kind_find(o->api_version, o->kind);
    g->has_usage = g->has_usage || kind == KIND_POD_METRICS;
    if (kind == KIND_NODE && (g->o->ask_kubelets || g->o->via_nodes_proxy))
        note_node(g, o->object);
    g->stopped = g->fn(g->ctx, o, e);
    return g->stopped;
}

struct page {
    struct client_request request;
    struct str api_version, kind; /* of the items, which do not say */
    bool one_object;              /* it is no list */
    /* Results. */
    struct str next;
    struct str instead; /* 410: the token to go on with, at the newest state */
};

static int read_page(struct each *g, struct page *p)
{
    struct client_answer answer = {0};
    struct client_body body = {0};
    struct list_head head;
    int r = client_open(g->o->client, &p->request, &g->pages, &body.stream, &answer, g->e);
    if (r == -ESTALE && answer.status_body)
        p->instead = arena_str(g->a, doc_text(doc_get(answer.status_body, "metadata"), "continue"));
    if (r < 0)
        return r;
    struct each_input in = {.name = p->request.path,
                            .api_version = p->api_version,
                            .kind = p->kind,
                            .read = client_body_read,
                            .ctx = &body};
    r = object_list_each(&in, take_object, g, &g->pages, &head, g->e);
    client_close(body.stream);
    if (r == 0 && !p->one_object && !str_ends(head.kind, "List"))
        r = err_set(g->e, EBADMSG, "the answer is no list");
    p->next = r == 0 ? arena_str(g->a, head.next) : STR_NONE;
    return r;
}

/* ---- a list ---- */

static void add_query(struct buf *path, bool paged, struct str token)
{
    if (!paged)
        buf_add_cstr(path, "?resourceVersion=0");
    else
        buf_printf(path, "?limit=%d", PAGE_ITEMS);
    if (paged && token.n) {
        buf_add_cstr(path, "&continue=");
        url_add_escaped(path, token);
    }
}

/* base: the path without a query. */
static int read_pages(struct each *g, struct page *p, struct str base, enum list_mode mode)
{
    struct str token = STR_NONE;
    for (int pages = 0; pages < MOST_PAGES; pages++) {
        struct buf path CLEANUP(buf_done);
        buf_init(&path, 64 * KIB);
        buf_add_str(&path, base);
        if (mode != LIST_AUTO)
            add_query(&path, mode == LIST_PAGED, token);
        p->request.path = buf_str(&path);
        p->instead = STR_NONE;
        int r = read_page(g, p);
        arena_reset(&g->pages);
        if (r == -ESTALE && p->instead.n) {
            token = p->instead;
            continue;
        }
        if (r < 0 || !p->next.n || mode != LIST_PAGED)
            return r;
        token = p->next;
    }
    return err_set(g->e, EBADMSG, "the pages of the list have no end");
}

/* Metrics and single objects have no versions and no pages: LIST_AUTO, no query at all. */
static enum list_mode mode_for(const struct each *g, const struct api_list *l)
{
    bool plain = l->resource->in_namespace || (l->resource->kind == KIND_NAMESPACE && l->ns.n) ||
                 str_is(str_of(l->resource->group), "metrics.k8s.io");
    return plain ? LIST_AUTO : api_list_mode(g->o->list, &g->groups);
}

static int read_list(struct each *g, const struct api_resource *r, struct str version)
{
    struct api_list list = {
        .client = g->o->client, .resource = r, .version = version, .ns = g->live->ns};
    struct page p = {.request = {.method = "GET", .head_ms = api_list_head_ms(r)},
                     .kind = str_of(kind_name(r->kind))};
    p.one_object = r->in_namespace || (r->kind == KIND_NAMESPACE && g->live->ns.n);
    if (r->kind == KIND_KUBELET_CONFIGURATION || r->kind == KIND_KUBE_PROXY_CONFIGURATION)
        p.kind = STR("ConfigMap");
    p.api_version =
        r->group[0] ? arena_printf(g->a, "%s/" STR_FMT, r->group, STR_ARG(version)) : version;
    return read_pages(g, &p, api_list_path(&list, g->a), mode_for(g, &list));
}

/* ---- all lists ---- */

static void note_unlisted(struct each *g, const struct api_resource *r, int result)
{
    struct unlisted_kind *u = PUSH(g->a, &g->ret->unlisted);
    *u = (struct unlisted_kind){.kind = r->kind, .forbidden = result == -EPERM};
    u->resource = api_resource_name(r, g->a);
    u->reason = arena_str(g->a, str_of(g->e->msg));
    g->ret->unlisted_kinds |= (uint64_t)1 << r->kind;
}

/* One list more or less: 0, or what ends everything. */
static int read_one(struct each *g, const struct api_resource *r)
{
    struct str version = api_groups_version(&g->groups, r);
    bool skip = g->live->ns.p && api_is_about_cluster(r->kind);
    if (!(r->uses & g->o->uses) || !version.p || skip)
        return 0;
    int result = read_list(g, r, version);
    if (g->stopped < 0 || result == -ENOMEM || result == -EINTR)
        return result;
    if (result == -EPERM && r->kind == KIND_POD && !g->live->ns.p && g->o->fallback_ns.p) {
        g->live->ns = g->o->fallback_ns;
        g->live->ns_is_a_fallback = true;
        result = read_list(g, r, version);
    }
    if (result == -EPERM || (result < 0 && result != -ENOENT && r->addon)) {
        note_unlisted(g, r, result);
        return 0;
    }
    if (result == -ENOENT && r->kind == KIND_NAMESPACE && g->live->ns.n && g->o->ns_must_exist)
        return api_no_namespace(g->live, g->e);
    return result == -ENOENT ? 0 : result;
}

/* Only of the namespace that is read. */
static int take_usage(void *ctx, const struct each_object *o, struct err *e)
{
    struct each *g = ctx;
    struct str ns = doc_text(doc_get(o->object, "metadata"), "namespace");
    if (g->live->ns.n && ns.n && !str_eq(ns, g->live->ns))
        return 0;
    return take_object(g, o, e);
}

/* Where metrics.k8s.io says nothing: what the kubelets say. */
static int read_usage(struct each *g)
{
    const struct apiserver_options *o = g->o;
    struct kubelet_question q = {o->client, o->via_nodes_proxy, o->kubelets_insecure,
                                 o->kubelet_ms};
    g->live->usage = g->has_usage ? USAGE_METRICS_API : USAGE_NONE;
    if (g->has_usage || !g->nodes.nodes.count)
        return 0;
    int r = kubelet_usage_each(&q, take_usage, g, g->a, &g->nodes, g->e);
    for (size_t i = 0; i < g->nodes.problems.count; i++)
        *PUSH(g->a, &g->ret->problems) = g->nodes.problems.items[i];
    if (g->has_usage)
        g->live->usage = USAGE_KUBELETS;
    return r;
}

static int read_all(void *arg)
{
    struct each *g = arg;
    int r = api_groups_read(g->o->client, g->a, &g->groups, g->e);
    g->live->version = g->groups.version;
    for (size_t i = 0; i < api_resource_count && r == 0; i++)
        r = read_one(g, &api_resources[i]);
    if (r == 0)
        r = read_usage(g);
    return r;
}

static int end(struct each *g, int r)
{
    arena_done(&g->pages);
    return r == -ENOMEM ? err_set(g->e, ENOMEM, "out of memory") : r;
}

int apiserver_each(const struct apiserver_options *o, each_fn *fn, void *ctx, struct arena *a,
                   struct cluster *ret, struct err *e)
{
    struct live_cluster *live = arena_new(a, struct live_cluster);
    struct each g = {.o = o, .fn = fn, .ctx = ctx, .a = a, .ret = ret, .live = live, .e = e};
    *live = (struct live_cluster){.context = o->context, .server = o->server, .ns = o->ns};
    ret->live = live;
    arena_init(&g.pages);
    return end(&g, mem_protect(read_all, &g));
}

/* ---- names of nodes ---- */

struct names {
    struct arena *a;
    struct str_list *list;
};

static int take_name(void *ctx, const struct each_object *o, struct err *e)
{
    (void)e;
    struct names *n = ctx;
    struct str name = doc_text(doc_get(o->object, "metadata"), "name");
    if (name.n)
        *PUSH(n->a, n->list) = arena_str(n->a, name);
    return 0;
}

static int read_names(void *arg)
{
    struct each *g = arg;
    struct page p = {.request = {.method = "GET"}};
    p.request.accept =
        STR("application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json");
    int r = read_pages(g, &p, STR("/api/v1/nodes"), LIST_PAGED);
    return r == -EPERM ? 0 : r;
}

int apiserver_node_names(const struct apiserver_options *o, struct arena *a, struct str_list *ret,
                         struct err *e)
{
    struct names names = {a, ret};
    struct each g = {.o = o, .fn = take_name, .ctx = &names, .a = a, .e = e};
    arena_init(&g.pages);
    return end(&g, mem_protect(read_names, &g));
}
