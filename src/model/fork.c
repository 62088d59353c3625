/* SPDX-License-Identifier: Apache-2.0
 *
 * Objects are copied one level deep; below that only what model/defaults.c writes to.
 */
#include "model/fork.h"

/* A list whose copy has no room: what is added to it goes elsewhere. */
#define FORK_LIST(a, list) \
    (list).items = fork_items((a), (list).items, (list).count, sizeof(*(list).items), &(list).cap)

static void *fork_items(struct arena *a, const void *items, size_t count, size_t size,
                        size_t *ret_cap)
{
    *ret_cap = count;
    if (count == 0)
        return NULL;
    void *copy = arena_alloc_array(a, count, size);
    memcpy(copy, items, count * size);
    return copy;
}

static void fork_resources(struct arena *a, struct resource_requirements *r)
{
    FORK_LIST(a, r->requests);
    FORK_LIST(a, r->limits);
}

static void fork_containers(struct arena *a, struct containers *c)
{
    FORK_LIST(a, *c);
    for (size_t i = 0; i < c->count; i++) {
        fork_resources(a, &c->items[i].resources);
        FORK_LIST(a, c->items[i].ports);
    }
}

static void fork_pod_spec(struct arena *a, struct pod_spec *s)
{
    fork_containers(a, &s->containers);
    fork_containers(a, &s->init_containers);
    fork_resources(a, &s->resources);
    FORK_LIST(a, s->overhead);
    FORK_LIST(a, s->node_selector);
    FORK_LIST(a, s->tolerations);
}

static void fork_limit_range(struct arena *a, struct limit_range *l)
{
    FORK_LIST(a, l->limits);
    for (size_t i = 0; i < l->limits.count; i++) {
        FORK_LIST(a, l->limits.items[i].default_limit);
        FORK_LIST(a, l->limits.items[i].default_request);
    }
}

void cluster_fork(struct arena *a, const struct cluster *from, struct cluster *ret)
{
    *ret = *from;
    ret->arena = a;
#define X(type, list)                                  \
    FORK_LIST(a, ret->list);                           \
    for (size_t i = 0; i < ret->list.count; i++) {     \
        struct type *copy = arena_new(a, struct type); \
        *copy = *ret->list.items[i];                   \
        ret->list.items[i] = copy;                     \
    }
    CLUSTER_LISTS(X)
#undef X
    FORK_LIST(a, ret->problems);
    FORK_LIST(a, ret->skipped);
    FORK_LIST(a, ret->unlisted);
    for (size_t i = 0; i < ret->workloads.count; i++)
        fork_pod_spec(a, &ret->workloads.items[i]->tmpl.spec);
    for (size_t i = 0; i < ret->pods.count; i++)
        if (!ret->pods.items[i]->o.uid.n)
            fork_pod_spec(a, &ret->pods.items[i]->spec);
    for (size_t i = 0; i < ret->limit_ranges.count; i++)
        fork_limit_range(a, ret->limit_ranges.items[i]);
}
