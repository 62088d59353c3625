/* SPDX-License-Identifier: Apache-2.0
 *
 * Effective requests and limits of a pod, as component-helpers/resource/helpers.go computes them:
 * the greater of (containers + sidecars) and of each init container with the sidecars before it;
 * pod-level amounts in place of the sum; overhead on top. For requests and limits the walk is the
 * same, so there is one.
 */
#include "model/requests.h"

#include "model/cluster.h"

/* pkg/scheduler/util/pod_resources.go */
#define DEFAULT_CPU_MILLI    100
#define DEFAULT_MEMORY_BYTES (200 * MIB)

const struct requests_options requests_scheduler = {
    .use_status = true,
    .pod_level_status = true,
};

static const struct requests_options no_options;

bool resource_is_pod_level(struct str name)
{
    return str_is(name, "cpu") || str_is(name, "memory") || resource_is_hugepages(name);
}

static bool any_pod_level(const struct resources *r)
{
    for (size_t i = 0; i < r->count; i++)
        if (resource_is_pod_level(r->items[i].name))
            return true;
    return false;
}

bool pod_level_requests_set(const struct pod_spec *spec)
{
    return any_pod_level(&spec->resources.requests);
}

bool pod_level_limits_set(const struct pod_spec *spec)
{
    return any_pod_level(&spec->resources.limits);
}

bool pod_level_resources_set(const struct pod_spec *spec)
{
    return pod_level_requests_set(spec) || pod_level_limits_set(spec);
}

bool pod_resize_infeasible(const struct pod_status *status)
{
    for (size_t i = 0; status && i < status->conditions.count; i++)
        if (str_is(status->conditions.items[i].type, "PodResizePending"))
            return str_is(status->conditions.items[i].reason, "Infeasible");
    return false;
}

/* What one sum is made of. */
struct walk {
    struct arena *a;
    const struct pod_spec *spec;
    const struct pod_status *status;
    const struct requests_options *o;
    bool limits;
};

static const struct container_status *find_status(const struct walk *w, struct str name)
{
    /* One map upstream, init containers put in last. */
    const struct container_statuses *lists[] = {&w->status->init_containers,
                                                &w->status->containers};
    for (size_t i = 0; i < ARRAY_LEN(lists); i++)
        for (size_t k = lists[i]->count; k-- > 0;)
            if (str_eq(lists[i]->items[k].name, name))
                return &lists[i]->items[k];
    return NULL;
}

/* While a resize is under way the greatest of wanted, actual and granted counts; one that cannot
 * be done does not (determineEffectiveRequests, determineEffectiveLimits). */
static void effective(const struct walk *w, const struct resources *spec,
                      const struct resources *actuated, const struct resources *allocated,
                      struct resources *ret)
{
    resources_copy(w->a, actuated, ret);
    if (!w->limits)
        resources_max(w->a, ret, allocated);
    if (!pod_resize_infeasible(w->status))
        resources_max(w->a, ret, spec);
}

/* What a container counts for, before the containers around it. */
static void container_amounts(const struct walk *w, const struct container *c,
                              struct resources *ret)
{
    const struct resource_requirements *rr = &c->resources;
    const struct resources *own = w->limits ? &rr->limits : &rr->requests;
    const struct container_status *s = NULL;
    if (w->o->use_status && w->status && c->kind != CONTAINER_INIT)
        s = find_status(w, c->name);
    if (s && s->resources_set)
        effective(w, own, w->limits ? &s->resources.limits : &s->resources.requests, &s->allocated,
                  ret);
    else
        resources_copy(w->a, own, ret);
    for (size_t i = 0; !w->limits && w->o->non_missing && i < w->o->non_missing->count; i++) {
        const struct resource_amount *m = &w->o->non_missing->items[i];
        if (!resources_find_str(ret, m->name))
            resources_set(w->a, ret, m->name, m->q);
    }
}

static void tell(const struct walk *w, const struct resources *r, bool init)
{
    if (w->o->container)
        w->o->container(w->o->ctx, r, init);
}

static void add_claims(const struct walk *w, struct resources *sum)
{
    for (size_t i = 0; i < w->status->claims.count; i++)
        resources_add(w->a, sum, &w->status->claims.items[i].resources);
}

static void aggregate(const struct walk *w, struct resources *ret)
{
    struct resources sum = {0}, sidecars = {0}, init = {0};
    for (size_t i = 0; i < w->spec->containers.count; i++) {
        struct resources r;
        container_amounts(w, &w->spec->containers.items[i], &r);
        tell(w, &r, false);
        resources_add(w->a, &sum, &r);
    }
    for (size_t i = 0; i < w->spec->init_containers.count; i++) {
        const struct container *c = &w->spec->init_containers.items[i];
        struct resources r;
        container_amounts(w, c, &r);
        if (c->kind == CONTAINER_SIDECAR) {
            resources_add(w->a, &sum, &r);
            resources_add(w->a, &sidecars, &r);
            r = sidecars;
        } else {
            resources_add(w->a, &r, &sidecars);
        }
        tell(w, &r, true);
        resources_max(w->a, &init, &r);
    }
    resources_max(w->a, &sum, &init);
    if (!w->limits && w->o->use_claims && w->status)
        add_claims(w, &sum);
    *ret = sum;
}

static void apply_pod_level(const struct walk *w, struct resources *sum)
{
    const struct resource_requirements *rr = &w->spec->resources;
    const struct resources *own = w->limits ? &rr->limits : &rr->requests;
    struct resources resized = {0};
    bool in_status =
        w->o->pod_level_status && w->o->use_status && w->status && w->status->resources.set;
    if (in_status)
        effective(w, own, w->limits ? &w->status->resources.limits : &w->status->resources.requests,
                  &w->status->allocated, &resized);
    for (size_t i = 0; i < own->count; i++) {
        struct str name = own->items[i].name;
        if (!resource_is_pod_level(name))
            continue;
        const struct resource_amount *m = &own->items[i];
        struct quantity q = m->q;
        if (in_status) {
            const struct resource_amount *s = resources_find_str(&resized, name);
            q = s ? s->q : (struct quantity){0};
        }
        resources_set_origin(w->a, sum, name, q, m->origin);
    }
}

void pod_requests(struct arena *a, const struct pod_spec *spec, const struct pod_status *status,
                  const struct requests_options *o, struct resources *ret)
{
    struct walk w = {a, spec, status, o ? o : &no_options, false};
    struct resources sum = {0};
    if (!w.o->skip_containers)
        aggregate(&w, &sum);
    if (!w.o->skip_pod_level && pod_level_requests_set(spec))
        apply_pod_level(&w, &sum);
    if (!w.o->exclude_overhead)
        resources_add(a, &sum, &spec->overhead);
    *ret = sum;
}

void pod_limits(struct arena *a, const struct pod_spec *spec, const struct pod_status *status,
                const struct requests_options *o, struct resources *ret)
{
    struct walk w = {a, spec, status, o ? o : &no_options, true};
    struct resources sum = {0};
    aggregate(&w, &sum);
    if (!w.o->skip_pod_level && pod_level_resources_set(spec))
        apply_pod_level(&w, &sum);
    for (size_t i = 0; !w.o->exclude_overhead && i < spec->overhead.count; i++) {
        const struct resource_amount *over = &spec->overhead.items[i];
        const struct resource_amount *m = resources_find_str(&sum, over->name);
        if (m && !quantity_is_zero(m->q))
            resources_set(a, &sum, over->name, quantity_add(m->q, over->q));
    }
    *ret = sum;
}

static struct pod_amounts amounts(const struct resources *r)
{
    return (struct pod_amounts){
        .cpu_milli = resources_cpu_milli(r),
        .memory_bytes = resources_memory_bytes(r),
        .cpu_set = resources_has(r, "cpu"),
        .memory_set = resources_has(r, "memory"),
    };
}

struct pod_amounts pod_request_amounts(struct arena *a, const struct pod_spec *spec,
                                       const struct pod_status *status)
{
    struct resources r;
    pod_requests(a, spec, status, &requests_scheduler, &r);
    return amounts(&r);
}

struct pod_amounts pod_limit_amounts(struct arena *a, const struct pod_spec *spec,
                                     const struct pod_status *status)
{
    struct resources r;
    pod_limits(a, spec, status, &requests_scheduler, &r);
    return amounts(&r);
}

/* As getNonMissingContainerRequests in pkg/scheduler/framework/types.go: where the pod has requests
 * of its own, a container's lack only counts for what the pod as a whole does not request. */
struct pod_amounts pod_nonzero_requests(struct arena *a, const struct pod_spec *spec,
                                        const struct pod_status *status)
{
    struct resources r, missing = {0};
    pod_requests(a, spec, status, &requests_scheduler, &r);
    bool pod_level = pod_level_requests_set(spec);
    if (!pod_level || !resources_has(&r, "cpu"))
        resources_set(a, &missing, STR("cpu"), quantity_of_milli(DEFAULT_CPU_MILLI));
    if (!pod_level || !resources_has(&r, "memory"))
        resources_set(a, &missing, STR("memory"), quantity_of_bytes(DEFAULT_MEMORY_BYTES));
    struct requests_options o = requests_scheduler;
    o.non_missing = &missing;
    pod_requests(a, spec, status, &o, &r);
    return amounts(&r);
}
