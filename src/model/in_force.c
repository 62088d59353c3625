/* SPDX-License-Identifier: Apache-2.0
 *
 * Upstream: pkg/kubelet/kubelet_pods.go getAllocatedPods, which the eviction manager and the start
 * of containers see, and convertToAPIContainerStatuses, which tells what is granted and in force.
 */
#include "model/in_force.h"

#include "model/resources.h"

static const struct container_status *find_status(const struct container_statuses *list,
                                                  struct str name)
{
    for (size_t i = 0; i < list->count; i++)
        if (str_eq(list->items[i].name, name))
            return &list->items[i];
    return NULL;
}

static bool has_all_of(const struct resources *r, const struct resources *other)
{
    for (size_t i = 0; i < other->count; i++) {
        const struct resource_amount *m = resources_find_str(r, other->items[i].name);
        if (!m || quantity_cmp(m->q, other->items[i].q) != 0)
            return false;
    }
    return true;
}

static bool are_equal(const struct resources *a, const struct resources *b)
{
    return has_all_of(a, b) && has_all_of(b, a);
}

static bool is_in_force(const struct container *c, const struct container_status *s)
{
    return !s || ((!s->allocated_set || are_equal(&c->resources.requests, &s->allocated)) &&
                  (!s->resources_set || are_equal(&c->resources.limits, &s->resources.limits)));
}

static bool all_in_force(const struct containers *list, const struct container_statuses *statuses)
{
    for (size_t i = 0; i < list->count; i++)
        if (!is_in_force(&list->items[i], find_status(statuses, list->items[i].name)))
            return false;
    return true;
}

static void replace(struct arena *a, const struct resources *now, struct resources *ret)
{
    if (!are_equal(ret, now))
        resources_copy(a, now, ret);
}

static struct containers replace_all(struct arena *a, const struct containers *list,
                                     const struct container_statuses *statuses)
{
    struct containers ret = {arena_array(a, struct container, list->count), list->count,
                             list->count};
    for (size_t i = 0; i < list->count; i++) {
        struct container *c = &ret.items[i];
        *c = list->items[i];
        const struct container_status *s = find_status(statuses, c->name);
        if (s && s->allocated_set)
            replace(a, &s->allocated, &c->resources.requests);
        if (s && s->resources_set)
            replace(a, &s->resources.limits, &c->resources.limits);
    }
    return ret;
}

/* Of the pod's own amounts only those that the spec has: the status fills in the sums of the
 * containers. */
static void replace_named(struct arena *a, const struct resources *now, struct resources *ret)
{
    struct resources old = *ret;
    if (has_all_of(now, &old))
        return;
    resources_copy(a, &old, ret);
    for (size_t i = 0; i < old.count; i++) {
        const struct resource_amount *m = resources_find_str(now, old.items[i].name);
        if (m)
            resources_set(a, ret, m->name, m->q);
    }
}

/* With an overhead the status holds other sums than the spec's amounts. */
static bool has_pod_level(const struct pod *p)
{
    return p->spec.resources.set && p->spec.overhead.count == 0;
}

static bool pod_level_in_force(const struct pod *p)
{
    const struct pod_status *s = &p->status;
    return !has_pod_level(p) ||
           ((!s->allocated.count || has_all_of(&s->allocated, &p->spec.resources.requests)) &&
            (!s->resources.limits.count ||
             has_all_of(&s->resources.limits, &p->spec.resources.limits)));
}

const struct pod_spec *pod_spec_in_force(struct arena *a, const struct pod *p)
{
    const struct pod_status *s = &p->status;
    if (all_in_force(&p->spec.containers, &s->containers) &&
        all_in_force(&p->spec.init_containers, &s->init_containers) && pod_level_in_force(p))
        return &p->spec;
    struct pod_spec *spec = arena_new(a, struct pod_spec);
    *spec = p->spec;
    spec->containers = replace_all(a, &p->spec.containers, &s->containers);
    spec->init_containers = replace_all(a, &p->spec.init_containers, &s->init_containers);
    if (has_pod_level(p) && s->allocated.count)
        replace_named(a, &s->allocated, &spec->resources.requests);
    if (has_pod_level(p) && s->resources.limits.count)
        replace_named(a, &s->resources.limits, &spec->resources.limits);
    return spec;
}

/* ---- where a resize stands ---- */

static const struct condition *find_condition(const struct pod *p, const char *type)
{
    for (size_t i = 0; i < p->status.conditions.count; i++) {
        const struct condition *c = &p->status.conditions.items[i];
        if (str_is(c->type, type) && str_is(c->status, "True"))
            return c;
    }
    return NULL;
}

const char *pod_resize_name(enum pod_resize r)
{
    static const char *const names[] = {NULL, "Infeasible", "Deferred", "Error", "InProgress"};
    return names[r];
}

static enum pod_resize resize_named(struct str name, enum pod_resize otherwise)
{
    for (enum pod_resize r = RESIZE_INFEASIBLE; r <= RESIZE_IN_PROGRESS; r++)
        if (str_is(name, pod_resize_name(r)))
            return r;
    return otherwise;
}

enum pod_resize pod_resize_of(const struct pod *p)
{
    const struct condition *pending = find_condition(p, "PodResizePending");
    const struct condition *going = find_condition(p, "PodResizeInProgress");
    if (pending)
        return resize_named(pending->reason, RESIZE_DEFERRED);
    if (going)
        return resize_named(going->reason, RESIZE_IN_PROGRESS);
    return resize_named(p->status.resize, RESIZE_NONE); /* before 1.33 */
}
