/* SPDX-License-Identifier: Apache-2.0
 *
 * Sums of memory by workload and namespace, before and after a change. Effective requests and limits
 * (model/requests.h) times replicas: what an autoscaler adds on top of its minimum is not counted.
 */
#include "analysis/memory_change.h"

#include "base/sat.h"
#include "model/injected.h"
#include "model/requests.h"

/* How many pods it is meant to have; -1 = cannot be told. */
static int64_t pods_of(const struct cluster *c, const struct workload *w)
{
    if (w->pod)
        return 1;
    if (w->o.kind == KIND_DAEMON_SET)
        return w->pods.count    ? (int64_t)w->pods.count
               : c->nodes.count ? (int64_t)c->nodes.count
                                : -1;
    int64_t pods = w->replicas.set ? w->replicas.v : 1;
    /* Replicas of 0 switches an HPA off. */
    for (size_t i = 0; i < w->hpas.count && pods > 0; i++)
        if (w->hpas.items[i]->min_replicas.set)
            pods = MAX(pods, w->hpas.items[i]->min_replicas.v);
    return MAX(pods, 0);
}

static bool has_limit(const struct container *k)
{
    return resources_find(&k->resources.limits, "memory") != NULL;
}

static bool is_unlimited(const struct pod_spec *s)
{
    if (resources_find(&s->resources.limits, "memory"))
        return false;
    for (size_t i = 0; i < s->containers.count; i++)
        if (!has_limit(&s->containers.items[i]))
            return true;
    for (size_t i = 0; i < s->init_containers.count; i++)
        if (s->init_containers.items[i].kind == CONTAINER_SIDECAR &&
            !has_limit(&s->init_containers.items[i]))
            return true;
    return false;
}

static void add_injected(struct arena *scratch, const struct workload *w, const struct pod *p,
                         const struct containers *from, struct containers *to)
{
    struct containers all = {0};
    for (size_t i = 0; i < to->count; i++)
        *PUSH(scratch, &all) = to->items[i];
    for (size_t i = 0; i < from->count; i++)
        if (container_is_injected(w, p, from->items[i].name))
            *PUSH(scratch, &all) = from->items[i];
    *to = all;
}

/* What its pods will be: the template, and what an injector puts into them. */
static struct pod_spec spec_of(struct arena *scratch, const struct workload *w)
{
    struct pod_spec s = w->tmpl.spec;
    const struct pod *p = w->pod ? NULL : workload_newest_pod(w);
    if (p) {
        add_injected(scratch, w, p, &p->spec.containers, &s.containers);
        add_injected(scratch, w, p, &p->spec.init_containers, &s.init_containers);
    }
    return s;
}

static int64_t times(int64_t a, int64_t b)
{
    int64_t product;
    return __builtin_mul_overflow(a, b, &product) ? INT64_MAX : product;
}

static struct memory_sum sum_of(struct arena *scratch, const struct cluster *c,
                                const struct workload *w)
{
    int64_t pods = pods_of(c, w);
    if (pods < 0)
        return (struct memory_sum){.uncounted = 1};
    struct pod_spec spec = spec_of(scratch, w);
    struct pod_amounts request = pod_request_amounts(scratch, &spec, NULL);
    struct pod_amounts limit = pod_limit_amounts(scratch, &spec, NULL);
    bool unlimited = is_unlimited(&spec);
    struct memory_sum s = {
        .pods = pods,
        .request_bytes = times(pods, request.memory_bytes),
        .limit_bytes = unlimited ? 0 : times(pods, limit.memory_bytes),
        .unlimited = unlimited ? pods : 0,
    };
    arena_reset(scratch);
    return s;
}

static void add(struct memory_sum *to, const struct memory_sum *s)
{
    to->pods = sat_add(to->pods, s->pods);
    to->request_bytes = sat_add(to->request_bytes, s->request_bytes);
    to->limit_bytes = sat_add(to->limit_bytes, s->limit_bytes);
    to->unlimited = sat_add(to->unlimited, s->unlimited);
    to->uncounted += s->uncounted;
}

static bool memory_sum_equal(const struct memory_sum *x, const struct memory_sum *y)
{
    return x->pods == y->pods && x->request_bytes == y->request_bytes &&
           x->limit_bytes == y->limit_bytes && x->unlimited == y->unlimited &&
           x->uncounted == y->uncounted;
}

static int compare(const void *x, const void *y)
{
    const struct memory_row *a = x, *b = y;
    int r = str_cmp(a->ns, b->ns);
    if (r == 0 && a->workload && b->workload)
        r = str_cmp(a->workload->o.kind_text, b->workload->o.kind_text);
    if (r == 0 && a->workload && b->workload)
        r = str_cmp(a->workload->o.name, b->workload->o.name);
    return r;
}

struct rows {
    struct memory_row *items;
    size_t count, cap;
};
struct making {
    struct arena *a, scratch;
    struct map workloads, namespaces; /* to 1 + index in the rows */
    struct rows rows, spaces;
};

static struct memory_row *row_of(struct making *m, struct map *index, struct rows *rows,
                                 struct str key)
{
    uintptr_t at = (uintptr_t)map_get(index, key);
    if (!at) {
        (void)PUSH(m->a, rows);
        at = rows->count;
        map_put(index, key, (void *)at);
    }
    return &rows->items[at - 1];
}

static void add_cluster(struct making *m, const struct cluster *c, bool after,
                        struct memory_change *ret)
{
    for (size_t i = 0; i < c->workloads.count; i++) {
        const struct workload *w = c->workloads.items[i];
        if (!w->judged)
            continue;
        struct str key =
            arena_printf(m->a, STR_FMT " " STR_FMT "/" STR_FMT, STR_ARG(w->o.kind_text),
                         STR_ARG(w->o.ns), STR_ARG(w->o.name));
        struct memory_sum s = sum_of(&m->scratch, c, w);
        struct memory_row *row = row_of(m, &m->workloads, &m->rows, key);
        row->workload = w;
        row->ns = w->o.ns;
        struct memory_row *space = row_of(m, &m->namespaces, &m->spaces, w->o.ns);
        space->ns = w->o.ns;
        add(after ? &row->after : &row->before, &s);
        add(after ? &space->after : &space->before, &s);
        add(after ? &ret->all.after : &ret->all.before, &s);
    }
}

void memory_change_make(struct arena *a, const struct cluster *before, const struct cluster *after,
                        struct memory_change *ret)
{
    struct making m = {.a = a};
    memset(ret, 0, sizeof(*ret));
    arena_init(&m.scratch);
    map_init(&m.workloads);
    map_init(&m.namespaces);
    add_cluster(&m, before, false, ret);
    add_cluster(&m, after, true, ret);
    map_done(&m.workloads);
    map_done(&m.namespaces);
    arena_done(&m.scratch);
    for (size_t i = 0; i < m.rows.count; i++)
        if (!memory_sum_equal(&m.rows.items[i].before, &m.rows.items[i].after))
            *PUSH(a, &ret->workloads) = m.rows.items[i];
    for (size_t i = 0; i < m.spaces.count; i++)
        if (!memory_sum_equal(&m.spaces.items[i].before, &m.spaces.items[i].after))
            *PUSH(a, &ret->namespaces) = m.spaces.items[i];
    if (ret->workloads.count)
        qsort(ret->workloads.items, ret->workloads.count, sizeof(struct memory_row), compare);
    if (ret->namespaces.count)
        qsort(ret->namespaces.items, ret->namespaces.count, sizeof(struct memory_row), compare);
}
