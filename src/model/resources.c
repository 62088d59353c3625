/* SPDX-License-Identifier: Apache-2.0
 *
 * Arithmetic on lists of amounts. Lists are short (a handful of names), so looking up is linear.
 */
#include "model/resources.h"

#include "model/cluster.h"

const struct resource_amount *resources_find_str(const struct resources *r, struct str name)
{
    for (size_t i = 0; i < r->count; i++)
        if (str_eq(r->items[i].name, name))
            return &r->items[i];
    return NULL;
}

bool resources_has(const struct resources *r, const char *name)
{
    return resources_find(r, name) != NULL;
}

struct quantity resources_get(const struct resources *r, const char *name)
{
    const struct resource_amount *m = resources_find(r, name);
    return m ? m->q : (struct quantity){0};
}

int64_t resources_cpu_milli(const struct resources *r)
{
    return quantity_milli(resources_get(r, "cpu"));
}

int64_t resources_memory_bytes(const struct resources *r)
{
    return quantity_value(resources_get(r, "memory"));
}

static struct resource_amount *find_or_add(struct arena *a, struct resources *r, struct str name)
{
    for (size_t i = 0; i < r->count; i++)
        if (str_eq(r->items[i].name, name))
            return &r->items[i];
    struct resource_amount *m = PUSH(a, r);
    m->name = name;
    return m;
}

void resources_set_origin(struct arena *a, struct resources *r, struct str name, struct quantity q,
                          enum amount_origin origin)
{
    struct resource_amount *m = find_or_add(a, r, name);
    m->q = q;
    m->origin = origin;
}

void resources_set(struct arena *a, struct resources *r, struct str name, struct quantity q)
{
    find_or_add(a, r, name)->q = q;
}

void resources_add(struct arena *a, struct resources *r, const struct resources *more)
{
    for (size_t i = 0; i < more->count; i++) {
        const struct resource_amount *from = &more->items[i];
        const struct resource_amount *old = resources_find_str(r, from->name);
        if (old)
            resources_set(a, r, from->name, quantity_add(old->q, from->q));
        else
            *PUSH(a, r) = *from;
    }
}

void resources_max(struct arena *a, struct resources *r, const struct resources *more)
{
    for (size_t i = 0; i < more->count; i++) {
        const struct resource_amount *from = &more->items[i];
        const struct resource_amount *old = resources_find_str(r, from->name);
        if (!old)
            *PUSH(a, r) = *from;
        else if (quantity_cmp(from->q, old->q) > 0)
            resources_set(a, r, from->name, from->q);
    }
}

void resources_copy(struct arena *a, const struct resources *from, struct resources *ret)
{
    *ret = (struct resources){0};
    if (!from->count)
        return;
    ret->items = arena_array(a, struct resource_amount, from->count);
    memcpy(ret->items, from->items, from->count * sizeof(*from->items));
    ret->count = ret->cap = from->count;
}

static const char hugepages[] = "hugepages-";

bool resource_is_hugepages(struct str name)
{
    return str_starts(name, hugepages);
}

int resource_page_bytes(struct str name, int64_t *ret)
{
    struct quantity q;
    if (!resource_is_hugepages(name) ||
        quantity_parse(str_sub(name, sizeof(hugepages) - 1, name.n), &q) || quantity_sign(q) <= 0)
        return -EINVAL;
    *ret = quantity_value(q);
    return 0;
}
