/* SPDX-License-Identifier: Apache-2.0
 *
 * Sizes. The default limit is one that a container of the namespace has, so somebody chose it: the
 * median; where containers run without a limit, the largest, because the default will be theirs; where
 * none has a limit, the largest peak of measured use. What runs without a limit must be known to fit,
 * else there is no LimitRange. The quota is what all workloads ask for at their most: replicas or the
 * HPA's maximum, and the surge of a roll-out.
 */
#include "analysis/namespace_kit.h"

#include "base/sat.h"
#include "model/memory_use.h"
#include "model/pdb_status.h"
#include "model/requests.h"

struct given_limit {
    int64_t bytes;
    struct kit_container of;
};
struct work {
    const struct cluster *c;
    struct arena *a;
    struct namespace_kit *kit;
    struct {
        int64_t *items;
        size_t count, cap;
    } requests; /* of containers, as given */
    struct {
        struct given_limit *items;
        size_t count, cap;
    } limits;
    struct kit_container hungriest; /* without a limit, by use */
    int64_t hungriest_bytes;
    struct kit_container unknown; /* without a limit, of unknown use */
    int64_t peak_bytes;           /* the largest known */
    struct kit_container peak;
    bool request_missing;
};

static int64_t amount(const struct resources *r)
{
    const struct resource_amount *m = resources_find(r, "memory");
    return m ? quantity_value(m->q) : 0;
}

static bool is_given(const struct resources *r)
{
    const struct resource_amount *m = resources_find(r, "memory");
    return m && quantity_value(m->q) > 0;
}

/* ---- what is there ---- */

static void note_unlimited(struct work *w, struct kit_container k)
{
    struct memory_use use = memory_use_of(w->c, k.w, k.k->name);
    int64_t bytes = MAX(use.present_bytes, use.peak_bytes);
    w->kit->unlimited++;
    if (!bytes && !w->unknown.w)
        w->unknown = k;
    /* A default below a request makes the pod invalid. */
    bytes = MAX(bytes, amount(&k.k->resources.requests));
    if (bytes > w->hungriest_bytes) {
        w->hungriest_bytes = bytes;
        w->hungriest = k;
    }
    if (use.peak_bytes > w->peak_bytes) {
        w->peak_bytes = use.peak_bytes;
        w->peak = k;
    }
}

static void look_at_container(struct work *w, struct kit_container k)
{
    const struct resource_requirements *r = &k.k->resources;
    int64_t limit = amount(&r->limits);
    w->kit->containers++;
    if (is_given(&r->requests))
        *PUSH(w->a, &w->requests) = amount(&r->requests);
    else if (k.k->kind != CONTAINER_INIT)
        w->request_missing = true;
    if (limit)
        *PUSH(w->a, &w->limits) = (struct given_limit){limit, k};
    if (!limit && !is_given(&k.w->tmpl.spec.resources.limits))
        note_unlimited(w, k);
}

static void look_at_workload(struct work *w, const struct workload *wl)
{
    const struct containers *lists[] = {&wl->tmpl.spec.init_containers, &wl->tmpl.spec.containers};
    w->kit->workloads++;
    for (size_t l = 0; l < ARRAY_LEN(lists); l++)
        for (size_t i = 0; i < lists[l]->count; i++)
            look_at_container(w, (struct kit_container){wl, &lists[l]->items[i]});
}

/* ---- LimitRange ---- */

static bool gives_memory(const struct limit_range *l)
{
    for (size_t i = 0; i < l->limits.count; i++)
        if (str_is(l->limits.items[i].type, "Container") &&
            resources_has(&l->limits.items[i].default_limit, "memory"))
            return true;
    return false;
}

static bool has_limit_range(const struct work *w)
{
    for (size_t i = 0; i < w->c->limit_ranges.count; i++)
        if (str_eq(w->c->limit_ranges.items[i]->o.ns, w->kit->ns) &&
            gives_memory(w->c->limit_ranges.items[i]))
            return true;
    return false;
}

static int by_value(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static int by_limit(const void *a, const void *b)
{
    return by_value(&((const struct given_limit *)a)->bytes,
                    &((const struct given_limit *)b)->bytes);
}

static void choose_limit(struct work *w)
{
    struct namespace_kit *kit = w->kit;
    if (w->limits.count) {
        kit->basis = kit->unlimited ? KIT_LARGEST_LIMIT : KIT_MEDIAN_LIMIT;
        qsort(w->limits.items, w->limits.count, sizeof(*w->limits.items), by_limit);
        const struct given_limit *l =
            &w->limits.items[kit->unlimited ? w->limits.count - 1 : w->limits.count / 2];
        kit->default_limit_bytes = l->bytes;
        kit->model = l->of;
    } else if (w->peak_bytes) {
        kit->basis = KIT_LARGEST_USE;
        kit->default_limit_bytes = memory_whole_mebibytes(w->peak_bytes);
        kit->model = w->peak;
    }
}

static struct str name_of(struct work *w, struct kit_container k)
{
    return arena_printf(w->a, "container " STR_FMT " of %s " STR_FMT, STR_ARG(k.k->name),
                        kind_name(k.w->o.kind), STR_ARG(k.w->o.name));
}

static void make_limit_range(struct work *w)
{
    struct namespace_kit *kit = w->kit;
    if (has_limit_range(w))
        return;
    if (w->unknown.w) {
        kit->no_limit_range =
            arena_printf(w->a,
                         "the use of " STR_FMT ", which has no limit, is not in the input, and a "
                         "default might be below it",
                         STR_ARG(name_of(w, w->unknown)));
        return;
    }
    choose_limit(w);
    if (kit->default_limit_bytes == 0) {
        kit->no_limit_range = STR("no container has a limit, and what they may grow to is not in "
                                  "the input (a UsageProfile with max)");
        return;
    }
    if (w->hungriest.k && w->hungriest_bytes > kit->default_limit_bytes) {
        kit->no_limit_range = arena_printf(
            w->a,
            STR_FMT
            " has no limit and uses or requests more (%s) than the largest limit there is (%s)",
            STR_ARG(name_of(w, w->hungriest)),
            memory_amount_text(w->a, memory_whole_mebibytes(w->hungriest_bytes)).p,
            memory_amount_text(w->a, kit->default_limit_bytes).p);
        return;
    }
    kit->limit_range = true;
    if (w->requests.count)
        qsort(w->requests.items, w->requests.count, sizeof(int64_t), by_value);
    kit->requests_known = w->requests.count > 0;
    kit->default_request_bytes = w->requests.count ? w->requests.items[(w->requests.count - 1) / 2]
                                                   : kit->default_limit_bytes;
    kit->default_request_bytes = MIN(kit->default_request_bytes, kit->default_limit_bytes);
}

/* ---- ResourceQuota ---- */

static bool has_quota(const struct work *w)
{
    static const char *const names[] = {"memory", "requests.memory", "limits.memory"};
    for (size_t i = 0; i < w->c->resource_quotas.count; i++)
        for (size_t n = 0; n < ARRAY_LEN(names); n++)
            if (str_eq(w->c->resource_quotas.items[i]->o.ns, w->kit->ns) &&
                resources_has(&w->c->resource_quotas.items[i]->hard, names[n]))
                return true;
    return false;
}

static int64_t most_replicas(const struct workload *w)
{
    int64_t n = w->replicas.set ? w->replicas.v : 1;
    for (size_t i = 0; i < w->hpas.count; i++)
        n = MAX(n, w->hpas.items[i]->max_replicas.v);
    if (w->o.kind == KIND_JOB && w->completions.set)
        n = MIN(n, w->completions.v);
    return MAX(n, 0);
}

static int64_t surge_of(const struct workload *w, int64_t replicas)
{
    struct int_or_str surge = w->max_surge;
    int64_t more = 0;
    if (w->o.kind != KIND_DEPLOYMENT || str_is(w->strategy_type.v, "Recreate"))
        return 0;
    if (surge.type == IOS_ABSENT)
        surge = (struct int_or_str){.type = IOS_STRING, .s = STR("25%")};
    return int_or_percent(&surge, replicas, &more) < 0 ? 0 : MAX(more, 0);
}

/* The pod as it is once the LimitRange is there. */
static void with_defaults(struct work *w, const struct pod_spec *from, struct pod_spec *ret)
{
    struct containers *lists[] = {&ret->containers, &ret->init_containers};
    *ret = *from;
    for (size_t l = 0; l < ARRAY_LEN(lists); l++) {
        const struct container *old = lists[l]->items;
        lists[l]->items = arena_array(w->a, struct container, lists[l]->count);
        for (size_t i = 0; i < lists[l]->count; i++) {
            struct container *k = &lists[l]->items[i];
            *k = old[i];
            resources_copy(w->a, &old[i].resources.limits, &k->resources.limits);
            resources_copy(w->a, &old[i].resources.requests, &k->resources.requests);
            if (!w->kit->limit_range)
                continue;
            if (!is_given(&k->resources.requests))
                resources_set(w->a, &k->resources.requests, STR("memory"),
                              quantity_of_bytes(is_given(&k->resources.limits)
                                                    ? amount(&k->resources.limits)
                                                    : w->kit->default_request_bytes));
            if (!is_given(&k->resources.limits))
                resources_set(w->a, &k->resources.limits, STR("memory"),
                              quantity_of_bytes(MAX(w->kit->default_limit_bytes,
                                                    amount(&k->resources.requests))));
        }
    }
}

static void add_to_quota(struct work *w, const struct workload *wl)
{
    struct namespace_kit *kit = w->kit;
    struct pod_spec spec;
    int64_t pods = most_replicas(wl), given = wl->replicas.set ? wl->replicas.v : 1;
    if (wl->o.kind == KIND_DAEMON_SET) {
        pods = (int64_t)w->c->nodes.count;
        kit->daemon_pods += pods;
    } else if (wl->hpas.count) {
        kit->hpa_pods += MAX(pods - given, 0);
    }
    int64_t surge = surge_of(wl, pods);
    kit->surge_pods += surge;
    pods += surge;
    kit->pods += pods;
    with_defaults(w, &wl->tmpl.spec, &spec);
    struct pod_amounts requests = pod_request_amounts(w->a, &spec, NULL);
    struct pod_amounts limits = pod_limit_amounts(w->a, &spec, NULL);
    kit->requests_bytes = sat_add(kit->requests_bytes, sat_mul(requests.memory_bytes, pods));
    kit->limits_bytes = sat_add(kit->limits_bytes, sat_mul(limits.memory_bytes, pods));
}

static void make_quota(struct work *w, const struct workload *const *list, size_t count)
{
    struct namespace_kit *kit = w->kit;
    if (has_quota(w))
        return;
    if (!kit->limit_range && !has_limit_range(w) && (kit->unlimited || w->request_missing)) {
        kit->no_quota = STR("without a LimitRange it would refuse the pods that name no memory");
        return;
    }
    for (size_t i = 0; i < count; i++) {
        if (list[i]->o.kind == KIND_DAEMON_SET && w->c->nodes.count == 0) {
            kit->no_quota = arena_printf(w->a,
                                         "how many pods DaemonSet " STR_FMT
                                         " has is not known: the input holds no Nodes",
                                         STR_ARG(list[i]->o.name));
            return;
        }
        add_to_quota(w, list[i]);
    }
    kit->requests_bytes = memory_whole_mebibytes(kit->requests_bytes);
    kit->limits_bytes = memory_whole_mebibytes(kit->limits_bytes);
    kit->quota = true;
}

/* ---- NetworkPolicy ---- */

static bool denies(const struct network_policy *p, const char *type)
{
    bool all = p->pod_selector.match_labels.count == 0 && p->pod_selector.expressions.count == 0;
    bool named = false;
    for (size_t i = 0; i < p->types.count; i++)
        named = named || str_is(p->types.items[i], type);
    if (p->types.count == 0)
        named = str_is(STR("Ingress"), type) || p->egress.present;
    return all && named;
}

static void make_network(struct work *w)
{
    struct namespace_kit *kit = w->kit;
    kit->deny_ingress = kit->deny_egress = true;
    for (size_t i = 0; i < w->c->cilium_policies.count; i++)
        if (str_eq(w->c->cilium_policies.items[i]->o.ns, kit->ns))
            kit->no_network = STR("it has CiliumNetworkPolicies, which plimsoll does not weigh");
    for (size_t i = 0; i < w->c->network_policies.count; i++) {
        const struct network_policy *p = w->c->network_policies.items[i];
        if (!str_eq(p->o.ns, kit->ns))
            continue;
        kit->deny_ingress = kit->deny_ingress && !denies(p, "Ingress");
        kit->deny_egress = kit->deny_egress && !denies(p, "Egress");
    }
    if (kit->no_network.p)
        kit->deny_ingress = kit->deny_egress = false;
}

/* ---- all ---- */

static void make_kit(struct work *w, const struct workload *const *list, size_t count)
{
    for (size_t i = 0; i < count; i++)
        look_at_workload(w, list[i]);
    make_limit_range(w);
    make_quota(w, list, count);
    make_network(w);
}

static bool is_known(const struct namespace_kits *kits, struct str ns)
{
    for (size_t i = 0; i < kits->count; i++)
        if (str_eq(kits->items[i].ns, ns))
            return true;
    return false;
}

void namespace_kits_make(const struct cluster *c, struct arena *a, struct namespace_kits *ret)
{
    const struct workload **list = arena_array(a, const struct workload *, c->workloads.count);
    *ret = (struct namespace_kits){0};
    for (size_t i = 0; i < c->workloads.count; i++) {
        const struct workload *first = c->workloads.items[i];
        if (!first->judged || str_starts(first->o.ns, "kube-") || is_known(ret, first->o.ns))
            continue;
        size_t count = 0;
        for (size_t k = i; k < c->workloads.count; k++)
            if (c->workloads.items[k]->judged && str_eq(c->workloads.items[k]->o.ns, first->o.ns))
                list[count++] = c->workloads.items[k];
        struct namespace_kit *kit = PUSH(a, ret);
        kit->ns = first->o.ns;
        struct work w = {.c = c, .a = a, .kit = kit};
        make_kit(&w, list, count);
    }
}
