/* SPDX-License-Identifier: Apache-2.0
 *
 * The API server's defaulting (pkg/apis/core/v1/defaults.go SetDefaults_Pod) and then, in its
 * order, the admission plug-ins that change what the model counts: LimitRanger, Priority and
 * RuntimeClass. Objects that come from a server have been through all this.
 */
#include "model/defaults.h"

#include "model/limit_range.h"
#include "model/requests.h"

enum { MILLI = -3, DEFAULT_GRACE_SECONDS = 30 };

/* ---- what needs no world ---- */

static void round_amounts(struct resources *r)
{
    for (size_t i = 0; i < r->count; i++) {
        bool exact;
        struct quantity q = quantity_round_up(r->items[i].q, MILLI, &exact);
        if (!exact)
            r->items[i].q = q;
    }
}

static void default_ports(struct container *c, bool host_network)
{
    for (size_t i = 0; i < c->ports.count; i++) {
        struct container_port *p = &c->ports.items[i];
        if (!p->protocol.n)
            p->protocol = STR("TCP");
        if (host_network && !p->host_port)
            p->host_port = p->container_port;
    }
}

static void default_container(struct arena *a, struct container *c, bool host_network)
{
    struct resource_requirements *r = &c->resources;
    round_amounts(&r->requests);
    round_amounts(&r->limits);
    for (size_t i = 0; i < r->limits.count; i++) {
        const struct resource_amount *l = &r->limits.items[i];
        if (!resources_find_str(&r->requests, l->name))
            resources_set_origin(a, &r->requests, l->name, l->q, AMOUNT_FROM_LIMIT);
    }
    default_ports(c, host_network);
}

/* A pod's limit of huge pages is what its containers have, unless it requests some itself. */
static void default_pod_hugepages(struct arena *a, struct pod_spec *s)
{
    const struct requests_options o = {.skip_pod_level = true, .exclude_overhead = true};
    struct resources limits;
    if (!s->resources.limits.count && !s->resources.requests.count)
        return;
    pod_limits(a, s, NULL, &o, &limits);
    for (size_t i = 0; i < limits.count; i++) {
        const struct resource_amount *l = &limits.items[i];
        if (resource_is_hugepages(l->name) &&
            !resources_find_str(&s->resources.requests, l->name) &&
            !resources_find_str(&s->resources.limits, l->name))
            resources_set_origin(a, &s->resources.limits, l->name, l->q, AMOUNT_FROM_POD);
    }
}

/* Where a pod has limits of its own, its missing requests are those of its containers together,
 * and failing that the limits. */
static void default_pod_requests(struct arena *a, struct pod_spec *s)
{
    const struct requests_options o = {.skip_pod_level = true, .exclude_overhead = true};
    struct resources sum, *own = &s->resources.requests;
    if (!s->resources.limits.count)
        return;
    pod_requests(a, s, NULL, &o, &sum);
    for (size_t i = 0; i < sum.count; i++) {
        struct str name = sum.items[i].name;
        if (resource_is_pod_level(name) && !resource_is_hugepages(name) &&
            !resources_find_str(own, name))
            resources_set_origin(a, own, name, sum.items[i].q, AMOUNT_FROM_POD);
    }
    for (size_t i = 0; i < s->resources.limits.count; i++) {
        const struct resource_amount *l = &s->resources.limits.items[i];
        if (resource_is_pod_level(l->name) && !resources_find_str(own, l->name))
            resources_set_origin(a, own, l->name, l->q, AMOUNT_FROM_LIMIT);
    }
}

void pod_spec_default(struct arena *a, struct pod_spec *s)
{
    struct containers *lists[] = {&s->containers, &s->init_containers};
    for (size_t i = 0; i < ARRAY_LEN(lists); i++)
        for (size_t k = 0; k < lists[i]->count; k++)
            default_container(a, &lists[i]->items[k], s->host_network.v);
    round_amounts(&s->overhead);
    round_amounts(&s->resources.requests);
    round_amounts(&s->resources.limits);
    default_pod_hugepages(a, s);
    default_pod_requests(a, s);
}

static void complete(struct arena *a, struct resources *r, const struct resources *from)
{
    for (size_t i = 0; i < from->count; i++)
        if (!resources_find_str(r, from->items[i].name))
            resources_set_origin(a, r, from->items[i].name, from->items[i].q,
                                 AMOUNT_FROM_LIMITRANGE);
}

void limit_range_default(struct arena *a, struct limit_range *l)
{
    for (size_t i = 0; i < l->limits.count; i++) {
        struct limit_range_item *item = &l->limits.items[i];
        if (!str_is(item->type, "Container"))
            continue;
        complete(a, &item->default_limit, &item->max);
        complete(a, &item->default_request, &item->default_limit);
        complete(a, &item->default_request, &item->min);
    }
}

/* ---- what the world adds ---- */

/* LimitRanges of a namespace, and the classes. */
struct range_list {
    const struct limit_range *range;
    struct range_list *next;
};
struct admission {
    struct cluster *c;
    struct map ranges; /* namespace -> struct range_list */
    struct map priorities, runtimes;
    const struct priority_class *global;
};

static void admission_init(struct admission *m, struct cluster *c)
{
    *m = (struct admission){.c = c};
    map_init(&m->ranges);
    map_init(&m->priorities);
    map_init(&m->runtimes);
    for (size_t i = c->limit_ranges.count; i-- > 0;) {
        limit_range_default(c->arena, c->limit_ranges.items[i]);
        struct range_list *l = arena_new(c->arena, struct range_list);
        l->range = c->limit_ranges.items[i];
        l->next = map_get(&m->ranges, l->range->o.ns);
        (void)map_put(&m->ranges, l->range->o.ns, l);
    }
    for (size_t i = 0; i < c->priority_classes.count; i++) {
        struct priority_class *p = c->priority_classes.items[i];
        (void)map_put(&m->priorities, p->o.name, p);
        /* Of several global defaults the lowest counts (plugin/pkg/admission/priority). */
        if (p->global_default && (!m->global || p->value < m->global->value))
            m->global = p;
    }
    for (size_t i = 0; i < c->runtime_classes.count; i++)
        (void)map_put(&m->runtimes, c->runtime_classes.items[i]->o.name,
                      c->runtime_classes.items[i]);
}

static void admission_done(struct admission *m)
{
    map_done(&m->ranges);
    map_done(&m->priorities);
    map_done(&m->runtimes);
}

static void set_priority(const struct admission *m, struct pod_spec *s)
{
    const struct priority_class *p = m->global;
    struct str name = s->priority_class_name.v;
    if (s->priority.set)
        return;
    if (name.n) {
        p = map_get(&m->priorities, name);
        if (!p && str_is(name, "system-cluster-critical"))
            s->priority = (struct opt_int){.v = 2000000000, .set = true};
        if (!p && str_is(name, "system-node-critical"))
            s->priority = (struct opt_int){.v = 2000001000, .set = true};
    }
    if (!p)
        return;
    s->priority = (struct opt_int){.v = p->value, .set = true};
    if (!s->preemption_policy.v.p)
        s->preemption_policy.v = p->preemption_policy;
}

static void set_runtime(const struct admission *m, struct pod_spec *s)
{
    const struct runtime_class *r = map_get(&m->runtimes, s->runtime_class_name.v);
    if (!r)
        return;
    struct arena *a = m->c->arena;
    if (!s->overhead.count)
        resources_copy(a, &r->overhead, &s->overhead);
    for (size_t i = 0; i < r->node_selector.count; i++)
        if (!labels_find(&s->node_selector, r->node_selector.items[i].key))
            *PUSH(a, &s->node_selector) = r->node_selector.items[i];
    for (size_t i = 0; i < r->tolerations.count; i++)
        *PUSH(a, &s->tolerations) = r->tolerations.items[i];
}

static void admit(const struct admission *m, struct str ns, struct pod_spec *s)
{
    struct arena *a = m->c->arena;
    pod_spec_default(a, s);
    for (const struct range_list *l = map_get(&m->ranges, ns); l; l = l->next)
        limit_range_apply(a, l->range, s, NULL);
    set_priority(m, s);
    if (s->runtime_class_name.v.n)
        set_runtime(m, s);
}

void cluster_default(struct cluster *c)
{
    struct admission m;
    admission_init(&m, c);
    for (size_t i = 0; i < c->pods.count; i++) {
        struct pod *p = c->pods.items[i];
        if (!p->o.uid.n)
            admit(&m, p->o.ns, &p->spec);
    }
    for (size_t i = 0; i < c->workloads.count; i++) {
        struct workload *w = c->workloads.items[i];
        if (w->pod)
            w->tmpl.spec = w->pod->spec;
        else
            admit(&m, w->o.ns, &w->tmpl.spec);
    }
    admission_done(&m);
}

/* ---- values of single fields ---- */

static int64_t or_else(struct opt_int v, int64_t absent)
{
    /* The API server reads 0 as absent, where 0 makes no sense. */
    return v.set && (v.v || !absent) ? v.v : absent;
}

int64_t probe_initial_delay_seconds(const struct probe *p)
{
    return or_else(p->initial_delay_seconds, 0);
}

int64_t probe_timeout_seconds(const struct probe *p)
{
    return or_else(p->timeout_seconds, 1);
}

int64_t probe_period_seconds(const struct probe *p)
{
    return or_else(p->period_seconds, 10);
}

int64_t probe_success_threshold(const struct probe *p)
{
    return or_else(p->success_threshold, 1);
}

int64_t probe_failure_threshold(const struct probe *p)
{
    return or_else(p->failure_threshold, 3);
}

struct str handler_scheme(const struct handler *h)
{
    return h->scheme.n ? h->scheme : STR("HTTP");
}

struct str handler_path(const struct handler *h)
{
    return h->path.n ? h->path : STR("/");
}

int64_t pod_grace_seconds(const struct pod_spec *s)
{
    return s->termination_grace_period_seconds.set ? s->termination_grace_period_seconds.v
                                                   : DEFAULT_GRACE_SECONDS;
}

/* The tag is what follows the last colon, unless that belongs to a registry's port. */
static bool is_latest(struct str image)
{
    if (str_find_char(image, '@') >= 0)
        return false;
    ptrdiff_t colon = str_rfind_char(image, ':');
    if (colon < 0 || str_rfind_char(image, '/') > colon)
        return true;
    return str_is(str_sub(image, (size_t)colon + 1, image.n), "latest");
}

struct str container_pull_policy(const struct container *c)
{
    if (c->image_pull_policy.v.n)
        return c->image_pull_policy.v;
    return is_latest(c->image.v) ? STR("Always") : STR("IfNotPresent");
}
