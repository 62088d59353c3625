/* SPDX-License-Identifier: Apache-2.0
 *
 * What a Scenario changes in the cluster before time 0: how its nodes are set up, and the pods that
 * its deploys will make. These are in the cluster from the beginning, marked as planned, so that
 * the scheduler model knows their sizes; the simulation leaves them out until they are made.
 */
#include "analysis/simulate/internal.h"
#include "base/sat.h"
#include "model/allocatable.h"
#include "model/resources.h"

/* ---- nodes ---- */

static void label_set(struct arena *a, struct labels *l, const char *key, struct str value)
{
    struct label *items = arena_array(a, struct label, l->count + 1);
    size_t at = 0;
    for (size_t i = 0; i < l->count; i++)
        items[i] = l->items[i];
    while (at < l->count && !str_is(items[at].key, key))
        at++;
    items[at].key = str_of(key);
    items[at].value = value;
    l->items = items;
    l->cap = l->count = MAX(l->count, at + 1);
}

/* Without a kubelet configuration in the input, allocatable tells what is reserved in all. */
static struct str reserved_text(struct arena *a, const struct node *n)
{
    int64_t reserved =
        sat_sub(resources_memory_bytes(&n->capacity), resources_memory_bytes(&n->allocatable));
    reserved = sat_sub(reserved,
                       eviction_hard_memory_bytes(a, NULL, resources_memory_bytes(&n->capacity)));
    return arena_printf(a, "%lld", (long long)MAX(reserved, 0));
}

static int assume_node(struct arena *a, struct node *n, const struct scenario *s, struct err *e)
{
    struct kubelet_config *k = arena_new(a, struct kubelet_config);
    struct node_reservation reservation;
    struct resources allocatable;
    if (n->kubelet)
        *k = *n->kubelet;
    if (s->system_reserved.v.n)
        label_set(a, &k->system_reserved, "memory", s->system_reserved.v);
    if (s->kube_reserved.v.n)
        label_set(a, &k->kube_reserved, "memory", s->kube_reserved.v);
    if (!n->kubelet && !s->system_reserved.v.n && !s->kube_reserved.v.n)
        label_set(a, &k->system_reserved, "memory", reserved_text(a, n));
    if (s->eviction_hard.n) {
        label_set(a, &k->eviction_hard, "memory.available", s->eviction_hard);
        k->eviction_hard_set = true;
    }
    if (node_reservation_of(a, k, &reservation, e) ||
        node_reservation_check(a, &n->capacity, &reservation, e))
        return -EINVAL;
    node_allocatable(a, &n->capacity, &reservation, &allocatable);
    const struct resource_amount *memory = resources_find(&allocatable, "memory");
    struct resources copy;
    resources_copy(a, &n->allocatable, &copy);
    if (memory)
        resources_set(a, &copy, STR("memory"), memory->q);
    n->allocatable = copy;
    n->kubelet = k;
    return 0;
}

static int assume_nodes(struct arena *a, struct cluster *c, const struct scenario *s, struct err *e)
{
    if (s->swap.n && !str_is(s->swap, "none"))
        return err_set(e, EINVAL, "swap is \"%.*s\", and only none is modelled",
                       (int)MIN(s->swap.n, 40U), s->swap.p);
    if (!s->system_reserved.v.n && !s->kube_reserved.v.n && !s->eviction_hard.n)
        return 0;
    for (size_t i = 0; i < c->nodes.count; i++) {
        int r = assume_node(a, c->nodes.items[i], s, e);
        if (r < 0)
            return err_wrap(e, "node %.*s", (int)MIN(c->nodes.items[i]->o.name.n, 63U),
                            c->nodes.items[i]->o.name.p);
    }
    return 0;
}

/* ---- deploys ---- */

static bool rolls(const struct workload *w)
{
    return w->o.kind == KIND_DEPLOYMENT || w->o.kind == KIND_STATEFUL_SET ||
           w->o.kind == KIND_DAEMON_SET;
}

static int find_rolling(struct arena *a, const struct cluster *c, struct str text,
                        struct workload **ret, struct err *e)
{
    size_t found = 0;
    for (size_t i = 0; i < c->workloads.count; i++) {
        struct workload *w = c->workloads.items[i];
        if (w->pods.count && sim_name_matches(sim_workload_name(a, w), text) && ++found)
            *ret = w;
    }
    if (found != 1)
        return err_set(e, EINVAL,
                       found ? "\"%.*s\" names %zu workloads: say KIND/NAMESPACE/NAME"
                             : "there is no workload \"%.*s\" that has pods",
                       (int)MIN(text.n, 80U), text.p, found);
    if (!rolls(*ret))
        return err_set(e, EINVAL,
                       "\"%.*s\" is no Deployment, StatefulSet or DaemonSet in the input: nothing "
                       "rolls its pods",
                       (int)MIN(text.n, 80U), text.p);
    if (str_is((*ret)->strategy_type.v, "OnDelete"))
        return err_set(e, EINVAL,
                       "\"%.*s\" has the update strategy OnDelete: a deploy changes none "
                       "of its pods",
                       (int)MIN(text.n, 80U), text.p);
    if ((*ret)->o.kind == KIND_DEPLOYMENT && (*ret)->paused.set && (*ret)->paused.v)
        return err_set(e, EINVAL, "\"%.*s\" is paused: a deploy changes none of its pods",
                       (int)MIN(text.n, 80U), text.p);
    return 0;
}

static void set_memory(struct arena *a, struct resources *r, int64_t bytes)
{
    struct resources copy;
    if (bytes <= 0)
        return;
    resources_copy(a, r, &copy);
    resources_set(a, &copy, STR("memory"), quantity_of_bytes(bytes));
    *r = copy;
}

static size_t size_containers(struct arena *a, struct containers *list,
                              const struct scenario_event *x)
{
    struct containers copy = *list;
    size_t sized = 0;
    copy.items = arena_array(a, struct container, list->count);
    copy.cap = list->count;
    for (size_t i = 0; i < list->count; i++) {
        struct container *k = &copy.items[i];
        *k = list->items[i];
        for (size_t d = 0; d < x->deploy_containers.count; d++) {
            const struct deploy_container *size = &x->deploy_containers.items[d];
            if (size->name.n && !str_eq(size->name, k->name))
                continue;
            set_memory(a, &k->resources.requests, size->request_bytes);
            set_memory(a, &k->resources.limits, size->limit_bytes);
            sized++;
        }
    }
    *list = copy;
    return sized;
}

/* A pod of another revision hashes to another label (deployment/sync.go), which spread constraints
 * may ask for. */
static struct labels relabelled(struct arena *a, const struct labels *from, uint32_t revision)
{
    static const char *const hashes[] = {"pod-template-hash", "controller-revision-hash"};
    struct labels l = *from;
    for (size_t i = 0; i < ARRAY_LEN(hashes); i++)
        if (labels_get(from, hashes[i]).n)
            label_set(a, &l, hashes[i], arena_printf(a, "deploy%u", revision));
    return l;
}

static size_t plan_pod(struct arena *a, struct cluster *c, const struct pod *old,
                       const struct scenario_event *x, uint32_t revision)
{
    struct pod *p = arena_new(a, struct pod);
    *p = *old;
    p->planned = revision;
    p->replaces = old;
    p->o.name = arena_printf(a, STR_FMT "+deploy%u", STR_ARG(old->o.name), revision);
    p->o.labels = relabelled(a, &old->o.labels, revision);
    p->o.deleted_ms = 0;
    p->node = NULL;
    p->spec.node_name.v = STR_NONE;
    p->status = (struct pod_status){.phase = STR("Pending")};
    size_t sized = size_containers(a, &p->spec.containers, x);
    sized += size_containers(a, &p->spec.init_containers, x);
    *PUSH(c->arena, &c->pods) = p;
    return sized;
}

static int plan_deploy(struct arena *a, struct cluster *c, const struct scenario_event *x,
                       uint32_t revision, struct err *e)
{
    struct workload *w = NULL;
    size_t sized = 0;
    int r = find_rolling(a, c, x->deploy, &w, e);
    if (r < 0 || !w)
        return r;
    for (size_t i = 0; r == 0 && i < x->deploy_containers.count; i++) {
        const struct deploy_container *k = &x->deploy_containers.items[i];
        if (k->request_bytes > k->limit_bytes && k->limit_bytes > 0)
            return err_set(e, EINVAL, "deploy of \"%.*s\": a request above the limit",
                           (int)MIN(x->deploy.n, 80U), x->deploy.p);
    }
    for (size_t i = 0; r == 0 && i < w->pods.count; i++)
        sized += plan_pod(a, c, w->pods.items[i], x, revision);
    if (r == 0 && sized == 0 && x->deploy_containers.count)
        return err_set(e, EINVAL, "deploy of \"%.*s\" names no container of it",
                       (int)MIN(x->deploy.n, 80U), x->deploy.p);
    return r;
}

/* ---- nodes to come ---- */

enum { NODES_ADDED_MAX = 1000 };

/* The taints of a node's state, which a new one does not have. */
static void drop_taints(struct arena *a, struct node *n)
{
    struct node copy = *n;
    memset(&copy.taints, 0, sizeof(copy.taints));
    for (size_t i = 0; i < n->taints.count; i++)
        if (!str_starts(n->taints.items[i].key, "node.kubernetes.io/"))
            *PUSH(a, &copy.taints) = n->taints.items[i];
    *n = copy;
}

static void plan_node(struct arena *a, struct cluster *c, const struct node *like, uint32_t group,
                      int64_t number)
{
    struct node *n = arena_new(a, struct node);
    *n = *like;
    n->planned = group;
    n->o.name = arena_printf(a, STR_FMT "+%lld", STR_ARG(like->o.name), (long long)number);
    label_set(a, &n->o.labels, "kubernetes.io/hostname", n->o.name);
    n->unschedulable = false;
    n->metrics = NULL;
    memset(&n->conditions, 0, sizeof(n->conditions));
    memset(&n->images, 0, sizeof(n->images));
    memset(&n->pods, 0, sizeof(n->pods));
    drop_taints(a, n);
    *PUSH(c->arena, &c->nodes) = n;
}

static int plan_nodes(struct arena *a, struct cluster *c, const struct sim_options *o,
                      struct err *e)
{
    for (size_t g = 0; g < o->node_groups.count; g++) {
        const struct scenario_node_group *x = &o->node_groups.items[g];
        struct str name = str_starts(x->like, "node/") ? str_sub(x->like, 5, x->like.n) : x->like;
        const struct node *like = cluster_find_node(c, name);
        if (!like)
            return err_set(e, EINVAL, "clusterAutoscaler: there is no node \"%.*s\"",
                           (int)MIN(name.n, 63U), name.p ? name.p : "");
        if (x->max_nodes < 1 || x->max_nodes > NODES_ADDED_MAX)
            return err_set(e, EINVAL, "clusterAutoscaler: %lld nodes like %.*s, not 1 to %d",
                           (long long)x->max_nodes, (int)MIN(name.n, 63U), name.p, NODES_ADDED_MAX);
        for (int64_t i = 0; i < x->max_nodes; i++)
            plan_node(a, c, like, (uint32_t)g + 1, i + 1);
    }
    return 0;
}

int sim_prepare(struct arena *a, struct cluster *c, const struct sim_options *o, struct err *e)
{
    const struct scenario *s = o->scenario;
    if (!s)
        return plan_nodes(a, c, o, e);
    int r = assume_nodes(a, c, s, e);
    if (r == 0)
        r = plan_nodes(a, c, o, e);
    for (size_t i = 0; r == 0 && i < s->events.count; i++)
        if (s->events.items[i].deploy.n)
            r = plan_deploy(a, c, &s->events.items[i], (uint32_t)i + 1, e);
    if (r < 0)
        return err_wrap(e, "Scenario %.*s", (int)MIN(s->o.name.n, 63U), s->o.name.p);
    return 0;
}
