/* SPDX-License-Identifier: Apache-2.0
 *
 * LimitRange admission as plugin/pkg/admission/limitranger/admission.go: first defaults, then
 * validation of each container, of the pod as a whole, and of claims.
 */
#include "model/limit_range.h"

#include "model/requests.h"

#define MAX_MILLI_VALUE (INT64_MAX / 1000)

/* ---- defaults ---- */

static void override(struct arena *a, struct resources *r, const struct resources *by)
{
    for (size_t i = 0; i < by->count; i++)
        resources_set_origin(a, r, by->items[i].name, by->items[i].q, AMOUNT_FROM_LIMITRANGE);
}

void limit_range_defaults(struct arena *a, const struct limit_range *l,
                          struct resources *ret_limits, struct resources *ret_requests)
{
    *ret_limits = *ret_requests = (struct resources){0};
    for (size_t i = 0; i < l->limits.count; i++) {
        if (!str_is(l->limits.items[i].type, "Container"))
            continue;
        override(a, ret_requests, &l->limits.items[i].default_request);
        override(a, ret_limits, &l->limits.items[i].default_limit);
    }
}

/* Inserts a name into a sorted list. */
static void add_sorted(struct arena *a, struct str_list *l, struct str name)
{
    *PUSH(a, l) = name;
    for (size_t i = l->count - 1; i > 0 && str_cmp(l->items[i], l->items[i - 1]) < 0; i--) {
        struct str t = l->items[i];
        l->items[i] = l->items[i - 1];
        l->items[i - 1] = t;
    }
}

static void note(struct arena *a, struct str *text, const struct str_list *names, const char *what,
                 const struct container *c)
{
    struct str s =
        text->p ? arena_printf(a, STR_FMT "; ", STR_ARG(*text)) : STR("LimitRanger plugin set: ");
    for (size_t i = 0; i < names->count; i++)
        s = arena_printf(a, STR_FMT "%s" STR_FMT, STR_ARG(s), i ? ", " : "",
                         STR_ARG(names->items[i]));
    *text =
        arena_printf(a, STR_FMT " %s for %s " STR_FMT, STR_ARG(s), what,
                     c->kind == CONTAINER_APP ? "container" : "init container", STR_ARG(c->name));
}

static void merge(struct arena *a, struct resources *r, const struct resources *defaults,
                  const char *what, const struct container *c, struct str *text)
{
    struct str_list set = {0};
    for (size_t i = 0; i < defaults->count; i++) {
        const struct resource_amount *d = &defaults->items[i];
        if (resources_find_str(r, d->name))
            continue;
        resources_set_origin(a, r, d->name, d->q, AMOUNT_FROM_LIMITRANGE);
        add_sorted(a, &set, d->name);
    }
    if (set.count)
        note(a, text, &set, what, c);
}

void limit_range_apply(struct arena *a, const struct limit_range *l, struct pod_spec *spec,
                       struct str *ret_note)
{
    struct containers *lists[] = {&spec->containers, &spec->init_containers};
    struct resources limits, requests;
    struct str text = STR_NONE;
    limit_range_defaults(a, l, &limits, &requests);
    for (size_t i = 0; i < ARRAY_LEN(lists); i++)
        for (size_t k = 0; k < lists[i]->count; k++) {
            struct container *c = &lists[i]->items[k];
            merge(a, &c->resources.requests, &requests, "request", c, &text);
            merge(a, &c->resources.limits, &limits, "limit", c, &text);
        }
    if (ret_note)
        *ret_note = text;
}

/* ---- validation ---- */

/* Request, limit and bound of one resource, in milli units where all of them fit. */
struct observed {
    bool has_request, has_limit;
    int64_t request, limit, bound;
};

static struct observed observe(const struct resource_amount *bound,
                               const struct resources *requests, const struct resources *limits)
{
    const struct resource_amount *request = resources_find_str(requests, bound->name);
    const struct resource_amount *limit = limits ? resources_find_str(limits, bound->name) : NULL;
    struct quantity r = request ? request->q : (struct quantity){0};
    struct quantity l = limit ? limit->q : (struct quantity){0};
    struct observed o = {request != NULL, limit != NULL, quantity_value(r), quantity_value(l),
                         quantity_value(bound->q)};
    if (o.request <= MAX_MILLI_VALUE && o.limit <= MAX_MILLI_VALUE && o.bound <= MAX_MILLI_VALUE) {
        o.request = quantity_milli(r);
        o.limit = quantity_milli(l);
        o.bound = quantity_milli(bound->q);
    }
    return o;
}

static int deny(struct err *e, const char *bound, const struct resource_amount *m, struct str type,
                const char *why)
{
    char text[QUANTITY_TEXT];
    struct str q = quantity_text(m->q, text);
    (void)err_set(e, EINVAL, "%s " STR_FMT " per " STR_FMT " is " STR_FMT ", %s", bound,
                  STR_ARG(m->name), STR_ARG(type), STR_ARG(q), why);
    return 0;
}

static int check_min(const struct resource_amount *m, struct str type,
                     const struct resources *requests, const struct resources *limits,
                     struct err *e)
{
    struct observed o = observe(m, requests, limits);
    if (!o.has_request)
        return deny(e, "minimum", m, type, "but nothing is requested");
    if (o.request < o.bound)
        return deny(e, "minimum", m, type, "more than the request");
    if (o.has_limit && o.limit < o.bound)
        return deny(e, "minimum", m, type, "more than the limit");
    return 1;
}

static int check_max(const struct resource_amount *m, struct str type,
                     const struct resources *requests, const struct resources *limits,
                     struct err *e)
{
    struct observed o = observe(m, requests, limits);
    if (limits && !o.has_limit)
        return deny(e, "maximum", m, type, "but there is no limit");
    if (limits && o.limit > o.bound)
        return deny(e, "maximum", m, type, "less than the limit");
    if (!limits && !o.has_request)
        return deny(e, "maximum", m, type, "but nothing is requested");
    if (o.has_request && o.request > o.bound)
        return deny(e, "maximum", m, type, "less than the request");
    return 1;
}

static int check_ratio(const struct resource_amount *m, struct str type,
                       const struct resources *requests, const struct resources *limits,
                       struct err *e)
{
    struct observed o = observe(m, requests, limits);
    if (!o.has_request || !o.request)
        return deny(e, "maximum ratio of limit to request of", m, type, "but nothing is requested");
    if (!o.has_limit || !o.limit)
        return deny(e, "maximum ratio of limit to request of", m, type, "but there is no limit");
    double ratio = (double)o.limit / (double)o.request;
    double most = (double)quantity_value(m->q);
    if (quantity_value(m->q) <= MAX_MILLI_VALUE) {
        ratio *= 1000;
        most = (double)quantity_milli(m->q);
    }
    return ratio > most
               ? deny(e, "maximum ratio of limit to request of", m, type, "less than it is")
               : 1;
}

static int check_item(const struct limit_range_item *item, const struct resources *requests,
                      const struct resources *limits, struct err *e)
{
    for (size_t i = 0; i < item->min.count; i++)
        if (!check_min(&item->min.items[i], item->type, requests, limits, e))
            return 0;
    for (size_t i = 0; i < item->max.count; i++)
        if (!check_max(&item->max.items[i], item->type, requests, limits, e))
            return 0;
    for (size_t i = 0; i < item->max_ratio.count; i++)
        if (!check_ratio(&item->max_ratio.items[i], item->type, requests, limits, e))
            return 0;
    return 1;
}

static int check_containers(const struct limit_range_item *item, const struct containers *list,
                            struct err *e)
{
    for (size_t i = 0; i < list->count; i++) {
        const struct resource_requirements *r = &list->items[i].resources;
        if (!check_item(item, &r->requests, &r->limits, e))
            return 0;
    }
    return 1;
}

/* The plug-in has its own sum: pod level only of CPU and memory, no overhead. */
static void override_pod_level(struct arena *a, const struct resources *pod, struct resources *sum)
{
    for (size_t i = 0; i < pod->count; i++)
        if (str_is(pod->items[i].name, "cpu") || str_is(pod->items[i].name, "memory"))
            resources_set(a, sum, pod->items[i].name, pod->items[i].q);
}

static int check_pod(struct arena *a, const struct limit_range_item *item,
                     const struct pod_spec *spec, struct err *e)
{
    const struct requests_options o = {.skip_pod_level = true, .exclude_overhead = true};
    struct resources requests, limits;
    pod_requests(a, spec, NULL, &o, &requests);
    pod_limits(a, spec, NULL, &o, &limits);
    override_pod_level(a, &spec->resources.requests, &requests);
    override_pod_level(a, &spec->resources.limits, &limits);
    return check_item(item, &requests, &limits, e);
}

int limit_range_allows_pod(struct arena *a, const struct limit_range *l,
                           const struct pod_spec *spec, struct err *e)
{
    for (size_t i = 0; i < l->limits.count; i++) {
        const struct limit_range_item *item = &l->limits.items[i];
        if (str_is(item->type, "Container") && (!check_containers(item, &spec->containers, e) ||
                                                !check_containers(item, &spec->init_containers, e)))
            return 0;
        if (str_is(item->type, "Pod") && !check_pod(a, item, spec, e))
            return 0;
    }
    return 1;
}

/* Claims are held by what they request; limits mean nothing to them. */
int limit_range_allows_pvc(const struct limit_range *l, const struct pvc *claim, struct err *e)
{
    const struct resources *requests = &claim->resources.requests;
    for (size_t i = 0; i < l->limits.count; i++) {
        const struct limit_range_item *item = &l->limits.items[i];
        if (!str_is(item->type, "PersistentVolumeClaim"))
            continue;
        for (size_t k = 0; k < item->min.count; k++)
            if (!check_min(&item->min.items[k], item->type, requests, NULL, e))
                return 0;
        for (size_t k = 0; k < item->max.count; k++)
            if (!check_max(&item->max.items[k], item->type, requests, NULL, e))
                return 0;
    }
    return 1;
}
