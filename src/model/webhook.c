/* SPDX-License-Identifier: Apache-2.0
 *
 * As k8s.io/apiserver pkg/admission/plugin/webhook/predicates: rules, namespace, object.
 */
#include "model/webhook.h"

#include "base/alloc.h"

static bool has(const struct str_list *l, const char *word)
{
    for (size_t i = 0; i < l->count; i++)
        if (str_is(l->items[i], word) || str_is(l->items[i], "*"))
            return true;
    return false;
}

bool webhook_matches_pods(const struct webhook *h)
{
    for (size_t i = 0; i < h->rules.count; i++) {
        const struct webhook_rule *r = &h->rules.items[i];
        bool pods = has(&r->resources, "pods") || has(&r->resources, "*/*");
        if (pods && has(&r->api_groups, "") && has(&r->operations, "CREATE") &&
            !str_is(r->scope, "Cluster"))
            return true;
    }
    return false;
}

bool webhook_fails_closed(const struct webhook_config *c, const struct webhook *h)
{
    if (h->failure_policy.v.p)
        return str_is(h->failure_policy.v, "Fail");
    return !str_ends(c->o.api_version, "/v1beta1");
}

bool webhook_asks_about(const struct cluster *c, const struct webhook *h, struct str name)
{
    if (!h->namespace_selector.present)
        return true;
    const struct namespace_ *ns = cluster_find_namespace(c, name);
    struct label only[] = {{.key = STR("kubernetes.io/metadata.name"), .value = name}};
    struct labels all = {.items = only, .count = 1};
    if (!ns || ns->o.labels.count == 0)
        return selector_matches(&h->namespace_selector, &all);
    if (labels_find(&ns->o.labels, only[0].key))
        return selector_matches(&h->namespace_selector, &ns->o.labels);
    all.count = ns->o.labels.count + 1;
    all.items = mem_alloc(all.count * sizeof(*all.items));
    memcpy(all.items, ns->o.labels.items, ns->o.labels.count * sizeof(*all.items));
    all.items[all.count - 1] = only[0];
    bool asks = selector_matches(&h->namespace_selector, &all);
    mem_free(all.items);
    return asks;
}

bool webhook_selects(const struct webhook *h, const struct labels *l)
{
    return !h->object_selector.present || selector_matches(&h->object_selector, l);
}
