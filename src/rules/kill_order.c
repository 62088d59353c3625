/* SPDX-License-Identifier: Apache-2.0
 *
 * Compares the kernel's order of killing with priorities, node by node.
 */
#include "rules/kill_order.h"

#include "model/oom_score.h"
#include "model/resources.h"

/* A pod as the kernel sees it. */
struct ranked {
    const struct pod *pod;
    const struct container *container; /* the one with most points; NULL: all have the best class */
    int64_t priority, points, points_at_limit;
    bool limited;
};

static int64_t thousandths(int64_t bytes, int64_t of_bytes)
{
    return (int64_t)((double)bytes * 1000.0 / (double)of_bytes);
}

static int64_t usage_of(const struct pod *p, struct str container)
{
    for (size_t i = 0; p->metrics && i < p->metrics->containers.count; i++)
        if (str_eq(p->metrics->containers.items[i].name, container))
            return p->metrics->containers.items[i].memory_bytes;
    return 0;
}

static void add_container(struct ranked *r, const struct oom_pod *o, const struct container *k,
                          int64_t capacity_bytes)
{
    int64_t adj = oom_pod_adj(o, k, capacity_bytes).max;
    int64_t points = adj + thousandths(usage_of(r->pod, k->name), capacity_bytes);
    bool best_class = adj <= OOM_ADJ_GUARANTEED; /* nothing more can be done for it */
    const struct resource_amount *limit = memory_limit(&k->resources);
    r->limited = r->limited && limit;
    if (limit)
        r->points_at_limit =
            MAX(r->points_at_limit, adj + thousandths(quantity_value(limit->q), capacity_bytes));
    if (!best_class && (!r->container || points > r->points)) {
        r->container = k;
        r->points = points;
    }
}

static bool has_ended(const struct pod *p)
{
    return str_is(p->status.phase, "Succeeded") || str_is(p->status.phase, "Failed");
}

static bool rank(const struct pod *p, int64_t capacity_bytes, struct ranked *ret)
{
    struct oom_pod o = oom_pod_of(&p->spec, p);
    *ret = (struct ranked){.pod = p,
                           .priority = p->spec.priority.set ? p->spec.priority.v : 0,
                           .points_at_limit = INT64_MIN,
                           .limited = true};
    for (size_t i = 0; i < p->spec.containers.count; i++)
        add_container(ret, &o, &p->spec.containers.items[i], capacity_bytes);
    for (size_t i = 0; i < p->spec.init_containers.count; i++)
        if (p->spec.init_containers.items[i].kind == CONTAINER_SIDECAR)
            add_container(ret, &o, &p->spec.init_containers.items[i], capacity_bytes);
    return p->spec.containers.count > 0 && !has_ended(p);
}

static struct str key_of(const struct workload *const *w)
{
    return (struct str){(const char *)w, sizeof(*w)};
}

static void record(const struct facts *f, const struct ranked *r, const struct ranked *other)
{
    const struct workload *w = r->pod->owner;
    const struct node *n = r->pod->node;
    struct kill_inversion *i = map_get(&f->kill_order->by_workload, key_of(&w));
    if (!i) {
        i = arena_new(f->a, struct kill_inversion);
        i->workload = w;
        map_put(&f->kill_order->by_workload, key_of(&i->workload), i);
    }
    i->nodes += i->node != n;
    if (i->other && i->points - i->other_points >= r->points - other->points_at_limit)
        return;
    i->node = n;
    i->container = r->container;
    i->points = r->points;
    i->priority = r->priority;
    i->other = other->pod;
    i->other_points = other->points_at_limit;
    i->other_priority = other->priority;
}

static int by_priority(const void *x, const void *y)
{
    const struct ranked *a = x, *b = y;
    if (a->priority != b->priority)
        return a->priority < b->priority ? -1 : 1;
    int by_ns = str_cmp(a->pod->o.ns, b->pod->o.ns);
    return by_ns ? by_ns : str_cmp(a->pod->o.name, b->pod->o.name);
}

/* For each pod the one of lower priority with the fewest points at its limit: pods by rising
 * priority, and the best of those before. */
static void compare_node(const struct facts *f, struct ranked *v, size_t n, int64_t least_points)
{
    qsort(v, n, sizeof(*v), by_priority);
    const struct ranked *best = NULL, *next = NULL; /* of lower priority; with those of this one */
    for (size_t i = 0; i < n; i++) {
        if (i > 0 && v[i].priority != v[i - 1].priority)
            best = next;
        if (best && v[i].container && v[i].points - best->points_at_limit >= least_points &&
            v[i].pod->owner)
            record(f, &v[i], best);
        if (v[i].limited && (!next || v[i].points_at_limit < next->points_at_limit))
            next = &v[i];
    }
}

static bool one_priority(const struct node *n)
{
    for (size_t i = 1; i < n->pods.count; i++)
        if (n->pods.items[i]->spec.priority.v != n->pods.items[0]->spec.priority.v)
            return false;
    return true;
}

static void compare_all(const struct facts *f, int64_t least_points)
{
    for (size_t i = 0; i < f->cluster->nodes.count; i++) {
        const struct node *n = f->cluster->nodes.items[i];
        int64_t capacity_bytes = resources_memory_bytes(&n->capacity);
        if (capacity_bytes <= 0 || one_priority(n))
            continue;
        struct arena scratch;
        arena_init(&scratch);
        struct ranked *v = arena_array(&scratch, struct ranked, n->pods.count);
        size_t count = 0;
        for (size_t p = 0; p < n->pods.count; p++)
            count += rank(n->pods.items[p], capacity_bytes, &v[count]);
        compare_node(f, v, count, least_points);
        arena_done(&scratch);
    }
}

const struct kill_inversion *facts_kill_inversion(const struct rule_ctx *c,
                                                  const struct workload *w, int64_t least_points)
{
    struct kill_orders *k = c->facts->kill_order;
    if (!k->made) {
        k->made = true;
        compare_all(c->facts, least_points);
    }
    return map_get(&k->by_workload, key_of(&w));
}
