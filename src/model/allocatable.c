/* SPDX-License-Identifier: Apache-2.0
 *
 * Node allocatable. The scheduler's figure lies below the limit of the cgroup kubepods by exactly
 * the hard eviction threshold: that gap is where the kubelet evicts before the kernel kills.
 */
#include "model/allocatable.h"

static int read_reserved(struct arena *a, const char *field, const struct labels *text,
                         struct resources *ret, struct err *e)
{
    *ret = (struct resources){0};
    for (size_t i = 0; i < text->count; i++) {
        struct quantity q;
        const struct label *l = &text->items[i];
        if (quantity_parse_field(l->value, &q) || quantity_sign(q) < 0)
            return err_set(e, EINVAL, "%s: %.*s: \"%.*s\" is no amount", field, STR_ARG(l->key),
                           STR_ARG(l->value));
        resources_set(a, ret, l->key, q);
    }
    return 0;
}

int node_reservation_of(struct arena *a, const struct kubelet_config *k,
                        struct node_reservation *ret, struct err *e)
{
    struct node_reservation r = {0};
    struct eviction_thresholds t;
    if (k && (read_reserved(a, "systemReserved", &k->system_reserved, &r.system, e) ||
              read_reserved(a, "kubeReserved", &k->kube_reserved, &r.kube, e)))
        return -EINVAL;
    if (eviction_thresholds_of(a, k, &t, e))
        return -EINVAL;
    r.thresholds = t.items;
    r.threshold_count = t.count;
    *ret = r;
    return 0;
}

/* The hard threshold that reserves this resource, as hardEvictionReservation of
 * pkg/kubelet/cm/helpers.go. */
static struct quantity eviction_reserve(const struct node_reservation *r,
                                        const struct resource_amount *capacity)
{
    struct quantity q = {0};
    enum eviction_signal signal = str_is(capacity->name, "memory") ? SIGNAL_MEMORY_AVAILABLE
                                  : str_is(capacity->name, "ephemeral-storage")
                                      ? SIGNAL_NODEFS_AVAILABLE
                                      : SIGNAL_UNKNOWN;
    for (size_t i = 0; signal != SIGNAL_UNKNOWN && i < r->threshold_count; i++)
        if (r->thresholds[i].signal == signal && !r->thresholds[i].grace_ms)
            q = threshold_quantity(&r->thresholds[i].value, capacity->q);
    return q;
}

static struct quantity given(const struct resources *r, struct str name)
{
    const struct resource_amount *m = resources_find_str(r, name);
    return m ? m->q : (struct quantity){0};
}

static struct quantity configured(const struct node_reservation *r, struct str name)
{
    return quantity_add(given(&r->system, name), given(&r->kube, name));
}

void node_reserved(struct arena *a, const struct resources *capacity,
                   const struct node_reservation *r, struct resources *ret)
{
    *ret = (struct resources){0};
    for (size_t i = 0; i < capacity->count; i++) {
        const struct resource_amount *c = &capacity->items[i];
        struct quantity q = quantity_add(configured(r, c->name), eviction_reserve(r, c));
        if (!quantity_is_zero(q))
            resources_set(a, ret, c->name, q);
    }
}

static struct quantity left(struct quantity capacity, struct quantity taken)
{
    struct quantity q = quantity_sub(capacity, taken);
    return quantity_sign(q) < 0 ? (struct quantity){.format = q.format} : q;
}

void node_allocatable(struct arena *a, const struct resources *capacity,
                      const struct node_reservation *r, struct resources *ret)
{
    *ret = (struct resources){0};
    for (size_t i = 0; i < capacity->count; i++) {
        const struct resource_amount *c = &capacity->items[i];
        struct quantity taken = quantity_add(configured(r, c->name), eviction_reserve(r, c));
        resources_set(a, ret, c->name, left(c->q, taken));
    }
    const struct resource_amount *memory = resources_find(ret, "memory");
    for (size_t i = 0; memory && i < ret->count; i++)
        if (resource_is_hugepages(ret->items[i].name))
            resources_set(a, ret, STR("memory"), left(memory->q, ret->items[i].q));
}

void node_kubepods_limit(struct arena *a, const struct resources *capacity,
                         const struct node_reservation *r, struct resources *ret)
{
    *ret = (struct resources){0};
    for (size_t i = 0; i < capacity->count; i++) {
        const struct resource_amount *c = &capacity->items[i];
        resources_set(a, ret, c->name, left(c->q, configured(r, c->name)));
    }
}

int node_reservation_check(struct arena *a, const struct resources *capacity,
                           const struct node_reservation *r, struct err *e)
{
    struct resources taken;
    node_reserved(a, capacity, r, &taken);
    for (size_t i = 0; i < taken.count; i++)
        if (quantity_cmp(taken.items[i].q, given(capacity, taken.items[i].name)) > 0)
            return err_set(e, EINVAL, "more %.*s is reserved than the node has",
                           STR_ARG(taken.items[i].name));
    return 0;
}

int64_t node_kubepods_memory_bytes(struct arena *a, const struct node *n)
{
    struct node_reservation r;
    struct resources limit;
    if (node_reservation_of(a, n->kubelet, &r, NULL))
        return 0;
    node_kubepods_limit(a, &n->capacity, &r, &limit);
    return resources_memory_bytes(&limit);
}
