/* SPDX-License-Identifier: Apache-2.0
 *
 * A recorded world in which manifests have changed: its pods are as their workloads were. Here they
 * become what their workloads say now, and those of a changed one wait for the scheduler, as after a
 * rollout; a DaemonSet's stay on their nodes. Their measured use stays theirs.
 */
#include "analysis/simulate/internal.h"
#include "base/sat.h"
#include "model/resources.h"

static bool same_amount(const struct resources *x, const struct resources *y, const char *name)
{
    const struct resource_amount *a = resources_find(x, name), *b = resources_find(y, name);
    if (!a || !b)
        return a == b;
    return quantity_cmp(a->q, b->q) == 0;
}

static bool same_resources(const struct resource_requirements *x,
                           const struct resource_requirements *y)
{
    static const char *const names[] = {"cpu", "memory"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (!same_amount(&x->requests, &y->requests, names[i]) ||
            !same_amount(&x->limits, &y->limits, names[i]))
            return false;
    return true;
}

static bool same_containers(const struct containers *x, const struct containers *y)
{
    if (x->count != y->count)
        return false;
    for (size_t i = 0; i < x->count; i++)
        if (!str_eq(x->items[i].name, y->items[i].name) ||
            !same_resources(&x->items[i].resources, &y->items[i].resources))
            return false;
    return true;
}

static bool same_template(const struct pod_spec *x, const struct pod_spec *y)
{
    return same_containers(&x->containers, &y->containers) &&
           same_containers(&x->init_containers, &y->init_containers) &&
           same_resources(&x->resources, &y->resources);
}

static bool has(const struct containers *list, struct str name)
{
    for (size_t i = 0; i < list->count; i++)
        if (str_eq(list->items[i].name, name))
            return true;
    return false;
}

/* What the template says now, and what only the pod had: injected containers. */
static struct containers merged(struct arena *a, const struct containers *was,
                                const struct containers *old, const struct containers *now)
{
    struct containers ret = {0};
    for (size_t i = 0; i < now->count; i++)
        *PUSH(a, &ret) = now->items[i];
    for (size_t i = 0; i < was->count; i++)
        if (!has(old, was->items[i].name) && !has(now, was->items[i].name))
            *PUSH(a, &ret) = was->items[i];
    return ret;
}

/* The node's own use is what NodeMetrics say beyond its pods: what leaves takes its use along. */
static void leave_node(struct arena *a, struct pod *p)
{
    struct node *n = p->node;
    p->spec.node_name.v = STR_NONE;
    p->node = NULL;
    memset(&p->status, 0, sizeof(p->status));
    if (!n)
        return;
    size_t kept = 0;
    for (size_t i = 0; i < n->pods.count; i++)
        if (n->pods.items[i] != p)
            n->pods.items[kept++] = n->pods.items[i];
    n->pods.count = kept;
    if (!n->metrics || !p->metrics)
        return;
    struct node_metrics *m = arena_new(a, struct node_metrics);
    *m = *n->metrics;
    for (size_t i = 0; i < p->metrics->containers.count; i++)
        m->memory_bytes =
            MAX(sat_sub(m->memory_bytes, p->metrics->containers.items[i].memory_bytes), 0);
    n->metrics = m;
}

static void adopt_template(struct arena *a, struct workload *w, const struct workload *before)
{
    for (size_t i = 0; i < w->pods.count; i++) {
        struct pod *p = w->pods.items[i];
        p->spec.containers =
            merged(a, &p->spec.containers, &before->tmpl.spec.containers, &w->tmpl.spec.containers);
        p->spec.init_containers =
            merged(a, &p->spec.init_containers, &before->tmpl.spec.init_containers,
                   &w->tmpl.spec.init_containers);
        p->spec.resources = w->tmpl.spec.resources;
        if (w->o.kind != KIND_DAEMON_SET)
            leave_node(a, p);
        else
            p->status =
                (struct pod_status){.phase = p->status.phase, .conditions = p->status.conditions};
    }
}

static void drop_pod(struct arena *a, struct cluster *c, struct pod *p)
{
    size_t kept = 0;
    leave_node(a, p);
    for (size_t i = 0; i < c->pods.count; i++)
        if (c->pods.items[i] != p)
            c->pods.items[kept++] = c->pods.items[i];
    c->pods.count = kept;
}

static void add_pod(struct arena *a, struct cluster *c, struct workload *w, size_t number)
{
    struct pod *p = arena_new(a, struct pod);
    *p = *w->pods.items[0];
    p->o.name = arena_printf(a, STR_FMT "-new-%zu", STR_ARG(w->o.name), number);
    p->o.uid = STR_NONE;
    p->metrics = NULL;
    p->node = NULL;
    leave_node(a, p);
    *PUSH(a, &w->pods) = p;
    *PUSH(a, &c->pods) = p;
}

static void adopt_replicas(struct arena *a, struct cluster *c, struct workload *w,
                           const struct workload *before)
{
    enum { MOST = 1000000 };
    int64_t was = before->replicas.set ? before->replicas.v : 1;
    int64_t now = MIN(w->replicas.set ? w->replicas.v : 1, MOST);
    if (w->o.kind == KIND_DAEMON_SET || was == now || now < 0)
        return;
    while ((int64_t)w->pods.count > now)
        drop_pod(a, c, w->pods.items[--w->pods.count]);
    for (size_t i = w->pods.count; i && (int64_t)i < now; i++)
        add_pod(a, c, w, i);
}

void sim_adopt(struct arena *a, struct cluster *after, const struct cluster *before)
{
    for (size_t i = 0; i < after->workloads.count; i++) {
        struct workload *w = after->workloads.items[i];
        if (w->pod || !w->judged || w->pods.count == 0)
            continue;
        const struct workload *old =
            (const struct workload *)cluster_find(before, w->o.kind, w->o.ns, w->o.name);
        if (!old)
            continue;
        if (!same_template(&w->tmpl.spec, &old->tmpl.spec))
            adopt_template(a, w, old);
        adopt_replicas(a, after, w, old);
    }
}
