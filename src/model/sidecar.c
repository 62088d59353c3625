/* SPDX-License-Identifier: Apache-2.0
 *
 * The one table of well-known sidecars: container names, last parts of image names, and the
 * annotations by which injectors name what they have put into a pod.
 */
#include "model/sidecar.h"

/* Container names, whole; where it ends in "*", the beginning. Image: the last part of the
 * repository, without registry, tag and digest; NULL where the image does other work too. */
static const struct {
    const char *name, *image;
} table[] = {
    {"aws-otel-collector", "aws-otel-collector"},
    {"cloud-sql-proxy", "cloud-sql-proxy"},
    {"cloudsql-proxy", "gce-proxy"},
    {"config-reloader", "prometheus-config-reloader"},
    {"consul-dataplane", "consul-dataplane"},
    {"dapr", "daprd"},
    {"daprd", "daprd"},
    {"datadog-agent", NULL},
    {"envoy", "envoy"},
    {"envoy-sidecar", "envoy"},
    {"filebeat", "filebeat"},
    {"fluent-bit", "fluent-bit"},
    {"fluentbit", "fluent-bit"},
    {"fluentd", "fluentd"},
    {"git-sync", "git-sync"},
    {"istio-proxy", "proxyv2"},
    {"jaeger-agent", "jaeger-agent"},
    {"k8s-sidecar", "k8s-sidecar"},
    {"kube-rbac-proxy*", "kube-rbac-proxy"},
    {"kuma-sidecar", "kuma-dp"},
    {"linkerd-proxy", "proxy-linkerd"},
    {"oauth2-proxy", "oauth2-proxy"},
    {"oauth-proxy", "oauth-proxy"},
    {"otc-container", NULL},
    {"prometheus-agent", NULL},
    {"promtail", "promtail"},
    {"td-agent", NULL},
    {"telegraf", "telegraf"},
    {"vault-agent", NULL},
    {"vector", "vector"},
};

/* Annotations that injectors leave behind; the value names the containers in its text, as JSON
 * strings. */
static const char *const injected_lists[] = {"sidecar.istio.io/status"};

struct str image_last_part(struct str image)
{
    ptrdiff_t digest = str_find_char(image, '@');
    if (digest >= 0)
        image.n = (size_t)digest;
    ptrdiff_t slash = str_rfind_char(image, '/');
    struct str last = str_sub(image, (size_t)(slash + 1), image.n);
    ptrdiff_t colon = str_find_char(last, ':');
    return colon < 0 ? last : str_sub(last, 0, (size_t)colon);
}

static bool name_is(struct str name, const char *pattern)
{
    size_t n = strlen(pattern);
    if (n > 0 && pattern[n - 1] == '*')
        return name.n >= n - 1 && memcmp(name.p, pattern, n - 1) == 0;
    return str_is(name, pattern);
}

bool sidecar_is_known(const struct container *k, const struct str_list *more)
{
    if (str_empty(k->name))
        return false;
    for (size_t i = 0; more && i < more->count; i++)
        if (str_eq(more->items[i], k->name))
            return true;
    struct str repository = image_last_part(k->image.v);
    for (size_t i = 0; i < ARRAY_LEN(table); i++)
        if (name_is(k->name, table[i].name) ||
            (table[i].image && str_is(repository, table[i].image)))
            return true;
    return false;
}

static bool is_injected(const struct pod_template *t, const struct container *k)
{
    for (size_t i = 0; i < ARRAY_LEN(injected_lists); i++) {
        struct str list = labels_get(&t->annotations, injected_lists[i]);
        for (struct str rest = list; !str_empty(rest);) {
            /* Every second part between quotes is a string. */
            struct str before = str_cut(rest, '"', &rest);
            (void)before;
            if (str_eq(str_cut(rest, '"', &rest), k->name))
                return true;
        }
    }
    return false;
}

bool container_is_sidecar(const struct pod_template *t, const struct container *k,
                          const struct str_list *more)
{
    if (k->kind == CONTAINER_SIDECAR)
        return true;
    if (k->kind != CONTAINER_APP)
        return false;
    if (!sidecar_is_known(k, more) && !is_injected(t, k))
        return false;
    for (size_t i = 0; i < t->spec.containers.count; i++) {
        const struct container *other = &t->spec.containers.items[i];
        if (!str_eq(other->name, k->name) && !sidecar_is_known(other, more) &&
            !is_injected(t, other))
            return true;
    }
    return false;
}
