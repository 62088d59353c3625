/* SPDX-License-Identifier: Apache-2.0
 *
 * All lists that a verb needs, each by one of a few threads into a
 * cluster and an arena of its own; these are joined in the order of the table, so that the result does
 * not depend on who was first.
 */
#include "source/apiserver.h"

#include "base/alloc.h"
#include "source/api_groups.h"
#include "source/join.h"
#include "source/kubelet_usage.h"
#include "source/parallel.h"

enum {
    AT_ONCE = 4,            /* requests in flight: lists are many and mostly small */
    PAGED_SINCE_MINOR = 34, /* pages of any resource version come from the watch cache */
};

struct listing {
    struct api_list list;
    struct arena keep;
    struct cluster cluster;
    int result;
    struct err e;
    bool skip;
};

struct reading {
    const struct apiserver_options *o;
    struct arena *a;
    struct source source;
    struct live_cluster *live;
    struct api_groups groups;
    struct listing *lists;
    size_t count;
};

/* ---- lists ---- */

enum list_mode api_list_mode(enum list_mode asked, const struct api_groups *g)
{
    bool paged = g->major > 1 || (g->major == 1 && g->minor >= PAGED_SINCE_MINOR);
    return asked != LIST_AUTO ? asked : paged ? LIST_PAGED : LIST_CACHE;
}

bool api_is_about_cluster(enum kind k)
{
    return k == KIND_VALIDATING_WEBHOOKS || k == KIND_MUTATING_WEBHOOKS || k == KIND_CLUSTER_ROLE ||
           k == KIND_KUBELET_CONFIGURATION || k == KIND_KUBE_PROXY_CONFIGURATION ||
           k == KIND_CONFIG_MAP || k == KIND_PV || k == KIND_CSI_NODE;
}

int api_no_namespace(const struct live_cluster *live, struct err *e)
{
    return err_set(e, ENODATA, "there is no namespace \"" STR_FMT "\" in the cluster",
                   STR_ARG(live->ns));
}

static void plan(struct reading *g)
{
    g->lists = arena_array(g->a, struct listing, api_resource_count);
    for (size_t i = 0; i < api_resource_count; i++) {
        const struct api_resource *r = &api_resources[i];
        struct str version = api_groups_version(&g->groups, r);
        if (!(r->uses & g->o->uses) || !version.p)
            continue;
        struct listing *l = &g->lists[g->count++];
        arena_init(&l->keep);
        l->list = (struct api_list){.client = g->o->client,
                                    .resource = r,
                                    .version = version,
                                    .ns = g->live->ns,
                                    .mode = api_list_mode(g->o->list, &g->groups),
                                    .threads = r->kind == KIND_POD ? g->o->threads : 1,
                                    .source = &g->source};
        l->skip = g->live->ns.p && api_is_about_cluster(r->kind);
    }
}

static int read_one(void *ctx, size_t i)
{
    struct listing *l = &((struct reading *)ctx)->lists[i];
    if (!l->skip)
        l->result = api_list_read(&l->list, &l->keep, &l->cluster, &l->e);
    return l->result == -ENOMEM ? -ENOMEM : 0;
}

static struct listing *pods_of(struct reading *g)
{
    for (size_t i = 0; i < g->count; i++)
        if (g->lists[i].list.resource->kind == KIND_POD)
            return &g->lists[i];
    return NULL;
}

/* Who may not list pods everywhere is shown one namespace: all that lies in one is asked for anew. */
static void narrow(struct reading *g)
{
    g->live->ns = g->o->fallback_ns;
    g->live->ns_is_a_fallback = true;
    for (size_t i = 0; i < g->count; i++) {
        struct listing *l = &g->lists[i];
        const struct api_resource *r = l->list.resource;
        l->list.ns = g->live->ns;
        bool again = (r->namespaced && !r->in_namespace) || r->kind == KIND_NAMESPACE;
        bool drop = again || api_is_about_cluster(r->kind);
        if (drop) {
            l->result = 0;
            l->cluster = (struct cluster){0};
        }
        l->skip = !again;
    }
}

static int read_lists(struct reading *g, struct err *e)
{
    if (parallel_run(read_one, g, g->count, AT_ONCE) < 0)
        return err_set(e, ENOMEM, "out of memory");
    struct listing *pods = pods_of(g);
    if (!pods || pods->result != -EPERM || g->live->ns.p || !g->o->fallback_ns.p)
        return 0;
    narrow(g);
    if (parallel_run(read_one, g, g->count, AT_ONCE) < 0)
        return err_set(e, ENOMEM, "out of memory");
    return 0;
}

/* ---- what was not read ---- */

static struct str error_text(struct arena *a, const struct err *e)
{
    return arena_str(a, str_of(e->msg));
}

static void note_unlisted(struct reading *g, const struct listing *l, struct cluster *ret)
{
    const struct api_resource *r = l->list.resource;
    struct unlisted_kind *u = PUSH(g->a, &ret->unlisted);
    *u = (struct unlisted_kind){.kind = r->kind, .forbidden = l->result == -EPERM};
    u->resource = api_resource_name(r, g->a);
    u->reason = error_text(g->a, &l->e);
    ret->unlisted_kinds |= (uint64_t)1 << r->kind;
    /* A cluster may do without an add-on, and that is said (world_print_live). */
    if (!u->forbidden && !r->addon)
        cluster_unreadable(g->a, ret, arena_str(g->a, str_of(l->e.where)), (struct pos){0, 0},
                           u->reason);
}

/* Not found: a resource that this server does not have, or a ConfigMap that nobody made. */
static bool is_absent(const struct listing *l)
{
    return l->result == -ENOENT;
}

/* What makes pods, at the least. */
static bool nothing_allowed(struct reading *g)
{
    const uint64_t pods = KIND_BIT(POD) | KIND_BIT(DEPLOYMENT) | KIND_BIT(STATEFUL_SET) |
                          KIND_BIT(DAEMON_SET) | KIND_BIT(JOB) | KIND_BIT(CRON_JOB);
    for (size_t i = 0; i < g->count; i++)
        if ((pods >> g->lists[i].list.resource->kind & 1) && g->lists[i].result != -EPERM)
            return false;
    return true;
}

static int join(struct reading *g, struct cluster *ret, struct err *e)
{
    if (nothing_allowed(g)) {
        *e = pods_of(g)->e;
        return -EPERM;
    }
    for (size_t i = 0; i < g->count; i++) {
        struct listing *l = &g->lists[i];
        const struct api_resource *r = l->list.resource;
        if (l->result == -EACCES || (l->result < 0 && !is_absent(l) && (r->needed & g->o->uses))) {
            *e = l->e;
            return l->result;
        }
        if (is_absent(l) && r->kind == KIND_NAMESPACE && g->o->ns_must_exist)
            return api_no_namespace(g->live, e);
        if (l->result < 0 && !is_absent(l))
            note_unlisted(g, l, ret);
        if (l->result == 0)
            cluster_join(g->a, ret, &l->cluster);
    }
    /* ConfigMaps are fetched by name. Who has PrometheusRules keeps alerts there; of others it is not
     * known whether their Prometheus has rules in a ConfigMap. */
    if (ret->prometheus_rules.count == 0)
        ret->unlisted_kinds |= KIND_BIT(CONFIG_MAP);
    return 0;
}

static void absorb(struct reading *g)
{
    for (size_t i = 0; i < g->count; i++)
        arena_absorb(g->a, &g->lists[i].keep);
}

/* Where metrics.k8s.io says nothing. */
static int read_usage(struct reading *g, struct cluster *ret, struct err *e)
{
    const struct apiserver_options *o = g->o;
    struct kubelet_question q = {o->client, o->via_nodes_proxy, o->kubelets_insecure,
                                 o->kubelet_ms};
    g->live->usage = ret->pod_metrics.count ? USAGE_METRICS_API : USAGE_NONE;
    if (ret->pod_metrics.count || !(o->ask_kubelets || o->via_nodes_proxy) ||
        !(o->uses & ~(unsigned)USE_PLACE))
        return 0;
    int r = kubelet_usage_read(&q, g->a, ret, e);
    if (r == 0 && ret->pod_metrics.count)
        g->live->usage = USAGE_KUBELETS;
    return r;
}

int apiserver_read(const struct apiserver_options *o, struct arena *a, struct cluster *ret,
                   struct err *e)
{
    struct live_cluster *live = arena_new(a, struct live_cluster);
    struct reading *g = arena_new(a, struct reading);
    *live = (struct live_cluster){.context = o->context, .server = o->server, .ns = o->ns};
    g->o = o;
    g->a = a;
    g->live = live;
    g->source.name = STR(""); /* no file: findings name the object */
    int r = api_groups_read(o->client, a, &g->groups, e);
    if (r < 0)
        return r;
    live->version = g->groups.version;
    plan(g);
    r = read_lists(g, e);
    absorb(g);
    if (r == 0)
        r = join(g, ret, e);
    if (r < 0)
        return r;
    ret->live = live;
    return read_usage(g, ret, e);
}
