/* SPDX-License-Identifier: Apache-2.0
 *
 * Who dies first on a node. The kubelet's ranking and the kernel's points are the model's
 * (model/eviction.h, model/badness.h); here pods get their usage, and the two orders are compared.
 */
#include "analysis/victims.h"

#include "base/sat.h"
#include "model/allocatable.h"
#include "model/in_force.h"

enum { NEAR_LIMIT_PERCENT = 90 };

struct scope {
    struct arena *arena;
    struct victims *ret;
    struct cgroup_settings settings;
};

/* What the containers of one pod share. */
struct pod_basis {
    struct oom_pod oom;
    struct cgroup_pod cgroup;
    size_t hint; /* of container_find_usage() */
};

/* ---- usage ---- */

static void sample(struct victim_container *k, const struct pod_metrics *m, size_t *hint)
{
    const struct container_usage *u = container_find_usage(m, k->container->name, hint);
    if (!u)
        return;
    k->usage_origin = USAGE_SAMPLED;
    k->usage_bytes = MAX(u->memory_bytes, 0);
}

static void assume_usage(struct scope *s, struct victim_container *k, struct pod_basis *b)
{
    const struct pod_metrics *m = k->pod->pod->metrics;
    switch (s->ret->assume) {
    case ASSUME_NOTHING:
        sample(k, m, &b->hint);
        return;
    case ASSUME_LIMITS:
        if (k->memory_max_bytes.set) {
            k->usage_origin = USAGE_LIMIT;
            k->usage_bytes = k->memory_max_bytes.v;
            return;
        }
        /* Nothing bounds it: what it was seen to use says more than its request. */
        s->ret->without_limit++;
        sample(k, m, &b->hint);
        if (k->usage_origin == USAGE_SAMPLED)
            return;
        break;
    case ASSUME_REQUESTS:
        break;
    }
    k->usage_origin = USAGE_REQUEST;
    k->usage_bytes = resources_memory_bytes(&k->container->resources.requests);
}

static void note_sample_time(struct victims *v, const struct pod_metrics *m)
{
    if (!m || m->taken_ms == 0)
        return;
    v->oldest_ms = v->oldest_ms ? MIN(v->oldest_ms, m->taken_ms) : m->taken_ms;
    v->newest_ms = MAX(v->newest_ms, m->taken_ms);
}

/* ---- pods ---- */

static void add_container(struct scope *s, struct pod_basis *b, struct victim_pod *p,
                          const struct container *c)
{
    struct victim_container *k = &p->containers[p->container_count++];
    struct cgroup_values cgroup;
    k->container = c;
    k->pod = p;
    cgroup_pod_container(&s->settings, &b->cgroup, c, &cgroup);
    k->memory_max_bytes = cgroup.memory_max_bytes;
    k->adj = oom_pod_adj(&b->oom, c, s->ret->capacity_bytes).min;
    assume_usage(s, k, b);
    k->near_limit =
        k->usage_origin == USAGE_SAMPLED && k->memory_max_bytes.set &&
        (double)k->usage_bytes * 100 >= (double)k->memory_max_bytes.v * NEAR_LIMIT_PERCENT;
}

/* The containers that hold memory now: init containers are over, unless they are sidecars. */
static void add_containers(struct scope *s, struct victim_pod *p)
{
    const struct pod_spec *spec = pod_spec_in_force(s->arena, p->pod);
    struct pod_basis b = {oom_pod_of(spec, p->pod), cgroup_pod_of(spec, p->pod), 0};
    size_t hint = 0;
    p->containers = arena_array(s->arena, struct victim_container,
                                spec->containers.count + spec->init_containers.count +
                                    spec->ephemeral_containers.count);
    for (size_t i = 0; i < spec->init_containers.count; i++)
        if (spec->init_containers.items[i].kind == CONTAINER_SIDECAR)
            add_container(s, &b, p, &spec->init_containers.items[i]);
    for (size_t i = 0; i < spec->containers.count; i++)
        add_container(s, &b, p, &spec->containers.items[i]);
    for (size_t i = 0; i < spec->ephemeral_containers.count; i++)
        if (container_find_usage(p->pod->metrics, spec->ephemeral_containers.items[i].name, &hint))
            add_container(s, &b, p, &spec->ephemeral_containers.items[i]);
}

static void add_pod(struct scope *s, const struct pod *pod)
{
    struct victims *v = s->ret;
    struct victim_pod *p = &v->pods[v->pod_count++];
    p->pod = pod;
    p->owner = pod->owner ? workload_owner_text(s->arena, pod->owner) : STR_NONE;
    p->qos = pod_qos(&pod->spec, &pod->status, NULL);
    add_containers(s, p);
    for (size_t i = 0; i < p->container_count; i++) {
        p->usage_set = p->usage_set || p->containers[i].usage_origin != USAGE_UNKNOWN;
        p->usage_bytes = sat_add(p->usage_bytes, p->containers[i].usage_bytes);
    }
    /* Where it is known the kubelet's own measure counts (eviction/helpers.go memory: podStats). */
    const struct pod_metrics *m = pod->metrics;
    if (v->assume == ASSUME_NOTHING && m && m->pod_memory_bytes.set) {
        p->usage_set = true;
        p->usage_bytes = MAX(m->pod_memory_bytes.v, 0);
    }
    v->pods_usage_bytes = sat_add(v->pods_usage_bytes, p->usage_bytes);
    v->without_usage += !p->usage_set;
    if (v->assume != ASSUME_REQUESTS)
        note_sample_time(v, pod->metrics);
}

/* ---- the kubelet's order ---- */

static void rank_evictions(struct scope *s)
{
    struct victims *v = s->ret;
    struct eviction_candidate *c = arena_array(s->arena, struct eviction_candidate, v->pod_count);
    struct victim_pod *sorted = arena_array(s->arena, struct victim_pod, v->pod_count);
    for (size_t i = 0; i < v->pod_count; i++) {
        eviction_candidate_of(s->arena, v->pods[i].pod, &c[i]);
        c[i].usage = quantity_of(v->pods[i].usage_bytes);
        c[i].usage_set = v->pods[i].usage_set;
        c[i].ctx = &v->pods[i];
    }
    eviction_rank_memory(c, v->pod_count);
    size_t rank = 0, last = v->pod_count;
    int64_t freed = 0;
    for (size_t i = 0; i < v->pod_count; i++)
        last -= c[i].critical;
    v->critical = v->pod_count - last;
    for (size_t i = 0; i < v->pod_count; i++) {
        struct victim_pod *p = &sorted[c[i].critical ? last++ : rank];
        *p = *(struct victim_pod *)c[i].ctx;
        p->critical = c[i].critical;
        p->priority = c[i].priority;
        p->request_bytes = quantity_value(c[i].request);
        p->over_bytes = sat_sub(p->usage_bytes, p->request_bytes);
        p->exceeds = !p->usage_set || eviction_exceeds(&c[i]);
        if (!p->critical) {
            freed = sat_add(freed, p->usage_bytes);
            p->freed_bytes = freed;
            p->eviction_rank = ++rank;
        }
        for (size_t k = 0; k < p->container_count; k++)
            p->containers[k].pod = p;
    }
    v->pods = sorted;
}

/* ---- the kernel's order ---- */

static int by_points(const void *x, const void *y)
{
    const struct victim_container *a = *(struct victim_container *const *)x;
    const struct victim_container *b = *(struct victim_container *const *)y;
    if (a->badness.never != b->badness.never)
        return a->badness.never ? 1 : -1;
    if (a->badness.points != b->badness.points)
        return a->badness.points > b->badness.points ? -1 : 1;
    return str_cmp(a->container->name, b->container->name);
}

static void score(struct victims *v, struct victim_container *k)
{
    int64_t total_pages = sat_add(v->capacity_bytes, v->swap_bytes) / v->page_bytes;
    struct oom_task t = {.rss_pages = k->usage_bytes / v->page_bytes, .adj = k->adj};
    k->badness = oom_badness(v->kernel, &t, total_pages, v->page_bytes);
    k->oom_score = oom_score(v->kernel, &t, total_pages, v->page_bytes);
}

int64_t victims_adj_point_bytes(const struct victims *v)
{
    int64_t total_pages = sat_add(v->capacity_bytes, v->swap_bytes) / v->page_bytes;
    return total_pages / 1000 * v->page_bytes;
}

static void rank_kills(struct scope *s)
{
    struct victims *v = s->ret;
    size_t count = 0;
    for (size_t i = 0; i < v->pod_count; i++)
        count += v->pods[i].container_count;
    v->kills = arena_array(s->arena, struct victim_container *, count);
    for (size_t i = 0; i < v->pod_count; i++)
        for (size_t k = 0; k < v->pods[i].container_count; k++) {
            score(v, &v->pods[i].containers[k]);
            v->kills[v->kill_count++] = &v->pods[i].containers[k];
        }
    if (count)
        qsort(v->kills, count, sizeof(v->kills[0]), by_points);
    for (size_t i = 0; i < count; i++) {
        struct victim_container *k = v->kills[i];
        const struct victim_container *before = i ? v->kills[i - 1] : NULL;
        k->kill_rank = k->badness.never ? 0 : i + 1;
        if (before && !k->badness.never && before->badness.points == k->badness.points) {
            k->tie = true;
            v->kills[i - 1]->tie = true;
        }
    }
}

/* ---- where a better class goes first ---- */

static enum inversion_reason eviction_reason(const struct victim_pod *first,
                                             const struct victim_pod *second)
{
    /* The keys of kubelet eviction/helpers.go rankMemoryPressure, in its order. */
    if (!first->usage_set)
        return INVERSION_UNKNOWN;
    if (first->exceeds != second->exceeds)
        return INVERSION_EXCEEDS;
    return first->priority != second->priority ? INVERSION_PRIORITY : INVERSION_OVERAGE;
}

/* All keys are equal: chance decides, which is no inversion. */
static bool is_tie(const struct victim_pod *a, const struct victim_pod *b)
{
    return a->usage_set == b->usage_set && a->exceeds == b->exceeds && a->priority == b->priority &&
           a->over_bytes == b->over_bytes;
}

/* Inversions are found from the end; the first victim belongs first. */
static void reverse_last(struct victims *v, size_t found)
{
    if (found == 0)
        return;
    struct victim_inversion *l = v->inversions.items + (v->inversions.count - found);
    for (size_t i = 0; i < found / 2; i++) {
        struct victim_inversion t = l[i];
        l[i] = l[found - 1 - i];
        l[found - 1 - i] = t;
    }
}

static void compare_evictions(struct scope *s)
{
    struct victims *v = s->ret;
    const struct victim_pod *next = NULL;
    size_t behind = 0, found = 0;
    for (size_t i = v->pod_count - v->critical; i-- > 0;) {
        const struct victim_pod *p = &v->pods[i];
        if (p->qos == QOS_BEST_EFFORT) {
            next = p;
            behind++;
        } else if (next && !is_tie(p, next)) {
            *PUSH(s->arena, &v->inversions) =
                (struct victim_inversion){eviction_reason(p, next), p, next, NULL, NULL, behind};
            found++;
        }
    }
    reverse_last(v, found);
}

static void compare_kills(struct scope *s)
{
    struct victims *v = s->ret;
    const struct victim_container *next = NULL;
    size_t behind = 0, found = 0;
    for (size_t i = v->kill_count; i-- > 0;) {
        const struct victim_container *k = v->kills[i];
        if (k->badness.never)
            continue;
        if (k->pod->qos == QOS_BEST_EFFORT) {
            next = k;
            behind++;
        } else if (next && k->badness.points > next->badness.points) {
            *PUSH(s->arena, &v->inversions) =
                (struct victim_inversion){INVERSION_BADNESS, k->pod, next->pod, k, next, behind};
            found++;
        }
    }
    reverse_last(v, found);
}

/* ---- the node ---- */

static void describe_node(struct scope *s, const struct node *n)
{
    struct victims *v = s->ret;
    cgroup_settings_of(n, n->kubelet, &s->settings);
    v->node = n;
    v->capacity_bytes = resources_memory_bytes(&n->capacity);
    v->allocatable_bytes = resources_memory_bytes(&n->allocatable);
    v->swap_bytes = s->settings.swap_capacity_bytes;
    v->page_bytes = s->settings.page_bytes ? s->settings.page_bytes : 4096;
    v->kubepods_max_bytes = node_kubepods_memory_bytes(s->arena, n);
    v->eviction_hard_bytes = eviction_hard_memory_bytes(s->arena, n->kubelet, v->capacity_bytes);
    v->kernel = oom_kernel_of(n->kernel_version);
    /* A measured node says nothing about assumed pods. */
    if (n->metrics && v->assume == ASSUME_NOTHING)
        v->node_usage_bytes = (struct opt_int){.v = MAX(n->metrics->memory_bytes, 0), .set = true};
}

int victims_on_node(struct arena *a, const struct node *n, enum victims_assume assume,
                    struct victims *ret, struct err *e)
{
    struct scope s = {.arena = a, .ret = ret};
    *ret = (struct victims){.assume = assume};
    describe_node(&s, n);
    if (ret->capacity_bytes <= 0)
        return err_set(e, ENODATA, "node " STR_FMT " has no status.capacity.memory",
                       STR_ARG(n->o.name));
    ret->pods = arena_array(a, struct victim_pod, n->pods.count);
    for (size_t i = 0; i < n->pods.count; i++) {
        if (pod_is_finished(n->pods.items[i]))
            ret->finished++;
        else
            add_pod(&s, n->pods.items[i]);
    }
    if (ret->pod_count == 0)
        return err_set(e, ENODATA, "nothing to judge: no pods run on node " STR_FMT,
                       STR_ARG(n->o.name));
    if (ret->without_usage == ret->pod_count)
        return err_set(e, ENODATA,
                       "no PodMetrics of the pods on node " STR_FMT ": add them to the world "
                       "(kubectl get pods.metrics.k8s.io -A -o json), or say --assume "
                       "requests|limits",
                       STR_ARG(n->o.name));
    rank_evictions(&s);
    rank_kills(&s);
    compare_evictions(&s);
    compare_kills(&s);
    return 0;
}

/* ---- which node ---- */

struct fullness {
    const struct node *node;
    double used; /* share of the capacity */
    size_t order;
};

static double node_fullness(struct arena *scratch, const struct node *n)
{
    int64_t capacity = resources_memory_bytes(&n->capacity);
    int64_t used = 0;
    if (capacity <= 0)
        return 0;
    if (n->metrics)
        return (double)n->metrics->memory_bytes / (double)capacity;
    for (size_t i = 0; i < n->pods.count; i++) {
        const struct pod *p = n->pods.items[i];
        if (!pod_is_finished(p))
            used = sat_add(used, pod_request_amounts(scratch, &p->spec, &p->status).memory_bytes);
    }
    return (double)used / (double)capacity;
}

static int by_fullness(const void *x, const void *y)
{
    const struct fullness *a = x, *b = y;
    if (a->used != b->used)
        return a->used > b->used ? -1 : 1;
    return a->order < b->order ? -1 : a->order > b->order;
}

const struct node **nodes_by_fullness(struct arena *a, const struct cluster *c)
{
    struct fullness *all = arena_array(a, struct fullness, c->nodes.count);
    const struct node **ret = arena_array(a, const struct node *, c->nodes.count);
    for (size_t i = 0; i < c->nodes.count; i++)
        all[i] = (struct fullness){c->nodes.items[i], node_fullness(a, c->nodes.items[i]), i};
    if (c->nodes.count)
        qsort(all, c->nodes.count, sizeof(all[0]), by_fullness);
    for (size_t i = 0; i < c->nodes.count; i++)
        ret[i] = all[i].node;
    return ret;
}
