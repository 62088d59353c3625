/* SPDX-License-Identifier: Apache-2.0
 *
 * LimitRange, ResourceQuota and NetworkPolicies of a namespace as YAML.
 */
#include "output/namespace_kit.h"

#include "base/json_write.h"
#include "base/text.h"
#include "model/edit.h"
#include "model/memory_use.h"

/* What is being written. */
struct work {
    const struct namespace_kit *k;
    const struct cluster *c;
    struct arena *a;
    struct buf *b;
    struct buf json;
    struct json_writer j;
};

bool namespace_kit_has_objects(const struct namespace_kit *k)
{
    return k->limit_range || k->quota || k->deny_ingress || k->deny_egress;
}

/* A comment line; names in it come from the input. */
static void comment(struct work *w, const char *fmt, ...) PRINTF_LIKE(2, 3);
static void comment(struct work *w, const char *fmt, ...)
{
    struct buf line CLEANUP(buf_done);
    va_list va;
    buf_init(&line, 4096);
    va_start(va, fmt);
    buf_vprintf(&line, fmt, va);
    va_end(va);
    buf_add_cstr(w->b, "# ");
    text_add_clean(w->b, buf_str(&line));
    buf_add_char(w->b, '\n');
}

static const char *bytes(struct work *w, int64_t n)
{
    return memory_amount_text(w->a, n).p;
}

/* A name that no object of the kind has in the namespace. */
static struct str free_name(struct work *w, enum kind kind, const char *name)
{
    struct str s = str_of(name);
    for (int n = 2; cluster_find(w->c, kind, w->k->ns, s); n++)
        s = arena_printf(w->a, "%s-%d", name, n);
    return s;
}

static void begin(struct work *w, const char *version, enum kind kind, const char *name)
{
    buf_clear(&w->json);
    json_writer_init(&w->j, &w->json, JSON_COMPACT);
    json_map(&w->j);
    json_add_cstr(&w->j, "apiVersion", version);
    json_add_cstr(&w->j, "kind", kind_name(kind));
    json_key(&w->j, "metadata");
    json_map(&w->j);
    json_add_str(&w->j, "name", free_name(w, kind, name));
    json_add_str(&w->j, "namespace", w->k->ns);
    json_map_end(&w->j);
    json_key(&w->j, "spec");
    json_map(&w->j);
}

static void end(struct work *w)
{
    struct err e = {0};
    json_map_end(&w->j);
    json_map_end(&w->j);
    if (edit_add_yaml(w->b, buf_str(&w->json), w->a, &e) < 0)
        w->b->overflow = true; /* our own JSON: only a lack of room */
}

static void memory_map(struct work *w, const char *key, int64_t n)
{
    json_key(&w->j, key);
    json_map(&w->j);
    json_add_cstr(&w->j, "memory", bytes(w, n));
    json_map_end(&w->j);
}

/* ---- the objects ---- */

static void add_limit_range(struct work *w)
{
    static const char *const basis[] = {
        [KIT_MEDIAN_LIMIT] = "the median of the memory limits",
        [KIT_LARGEST_LIMIT] = "the largest memory limit",
        [KIT_LARGEST_USE] = "the largest use that is measured",
    };
    const struct namespace_kit *k = w->k;
    buf_add_cstr(w->b, "---\n");
    comment(w, "What a container of %.*s gets that names no memory of its own.", (int)k->ns.n,
            k->ns.p);
    comment(w, "default %s: %s in it, that of container %.*s of %s %.*s;",
            bytes(w, k->default_limit_bytes), basis[k->basis], (int)k->model.k->name.n,
            k->model.k->name.p, kind_name(k->model.w->o.kind), (int)k->model.w->o.name.n,
            k->model.w->o.name.p);
    comment(w, "%zu of its %zu containers %s without a limit now.", k->unlimited, k->containers,
            k->unlimited == 1 ? "runs" : "run");
    comment(w, "defaultRequest %s: %s.", bytes(w, k->default_request_bytes),
            k->requests_known ? "the median of their requests"
                              : "as the default, since none requests any");
    begin(w, "v1", KIND_LIMIT_RANGE, "memory-defaults");
    json_key(&w->j, "limits");
    json_seq(&w->j);
    json_map(&w->j);
    json_add_cstr(&w->j, "type", "Container");
    memory_map(w, "default", k->default_limit_bytes);
    memory_map(w, "defaultRequest", k->default_request_bytes);
    json_map_end(&w->j);
    json_seq_end(&w->j);
    end(w);
}

static void add_quota(struct work *w)
{
    const struct namespace_kit *k = w->k;
    buf_add_cstr(w->b, "---\n");
    comment(w, "What the %zu workload%s of %.*s ask%s for at the most, and no more: %lld pods,",
            k->workloads, k->workloads == 1 ? "" : "s", (int)k->ns.n, k->ns.p,
            k->workloads == 1 ? "s" : "", (long long)k->pods);
    comment(w,
            "of these %lld that HorizontalPodAutoscalers may add, %lld of roll-outs (maxSurge, all "
            "at once),",
            (long long)k->hpa_pods, (long long)k->surge_pods);
    comment(w, "%lld of DaemonSets. Raise it before you add workloads.", (long long)k->daemon_pods);
    begin(w, "v1", KIND_RESOURCE_QUOTA, "memory");
    json_key(&w->j, "hard");
    json_map(&w->j);
    json_add_cstr(&w->j, "requests.memory", bytes(w, k->requests_bytes));
    json_add_cstr(&w->j, "limits.memory", bytes(w, k->limits_bytes));
    json_map_end(&w->j);
    end(w);
}

static void all_pods(struct work *w, bool ingress, bool egress)
{
    json_key(&w->j, "podSelector");
    json_map(&w->j);
    json_map_end(&w->j);
    json_key(&w->j, "policyTypes");
    json_seq(&w->j);
    if (ingress)
        json_str(&w->j, STR("Ingress"));
    if (egress)
        json_str(&w->j, STR("Egress"));
    json_seq_end(&w->j);
}

static void add_deny(struct work *w)
{
    const struct namespace_kit *k = w->k;
    buf_add_cstr(w->b, "---\n");
    comment(w, "Denies all %s that no other NetworkPolicy allows. Add the connections that are",
            k->deny_ingress && k->deny_egress ? "traffic"
            : k->deny_ingress                 ? "incoming traffic"
                                              : "outgoing traffic");
    comment(w, "wanted first: applied alone, it cuts the workloads of %.*s off.", (int)k->ns.n,
            k->ns.p);
    begin(w, "networking.k8s.io/v1", KIND_NETWORK_POLICY, "default-deny");
    all_pods(w, k->deny_ingress, k->deny_egress);
    end(w);
}

static void label_selector(struct work *w, const char *key, const char *label, const char *value)
{
    json_key(&w->j, key);
    json_map(&w->j);
    json_key(&w->j, "matchLabels");
    json_map(&w->j);
    json_add_cstr(&w->j, label, value);
    json_map_end(&w->j);
    json_map_end(&w->j);
}

static void port(struct work *w, const char *protocol)
{
    json_map(&w->j);
    json_add_cstr(&w->j, "protocol", protocol);
    json_add_int(&w->j, "port", 53);
    json_map_end(&w->j);
}

/* A cache on each node answers from the node's own address: no pod selector matches that. */
static bool has_node_cache(const struct cluster *c)
{
    return cluster_find(c, KIND_DAEMON_SET, STR("kube-system"), STR("node-local-dns")) != NULL;
}

static void add_dns(struct work *w)
{
    bool anywhere = has_node_cache(w->c);
    buf_add_cstr(w->b, "---\n");
    comment(w, "Names are still resolved: DNS%s.",
            anywhere ? " to any address, since node-local-dns answers from the node's"
                     : " to the cluster's own (kube-system, k8s-app: kube-dns)");
    begin(w, "networking.k8s.io/v1", KIND_NETWORK_POLICY, "allow-dns");
    all_pods(w, false, true);
    json_key(&w->j, "egress");
    json_seq(&w->j);
    json_map(&w->j);
    if (!anywhere) {
        json_key(&w->j, "to");
        json_seq(&w->j);
        json_map(&w->j);
        label_selector(w, "namespaceSelector", "kubernetes.io/metadata.name", "kube-system");
        label_selector(w, "podSelector", "k8s-app", "kube-dns");
        json_map_end(&w->j);
        json_seq_end(&w->j);
    }
    json_key(&w->j, "ports");
    json_seq(&w->j);
    port(w, "UDP");
    port(w, "TCP");
    json_seq_end(&w->j);
    json_map_end(&w->j);
    json_seq_end(&w->j);
    end(w);
}

void namespace_kit_render(const struct namespace_kit *k, const struct cluster *c, struct arena *a,
                          struct buf *b)
{
    struct work w = {.k = k, .c = c, .a = a, .b = b};
    buf_init(&w.json, 1 << 20);
    if (k->limit_range)
        add_limit_range(&w);
    if (k->quota)
        add_quota(&w);
    if (k->deny_ingress || k->deny_egress)
        add_deny(&w);
    if (k->deny_egress)
        add_dns(&w);
    buf_done(&w.json);
}
