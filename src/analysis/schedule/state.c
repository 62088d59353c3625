/* SPDX-License-Identifier: Apache-2.0
 *
 * The state of a schedule: built from a cluster, changed by binding and unbinding pods and by
 * switching nodes off. As upstream's backend/cache with framework/types.go NodeInfo.
 */
#include <assert.h>

#include "analysis/schedule/internal.h"
#include "base/alloc.h"

static int name_order(const void *a, const void *b, void *ctx)
{
    const struct schedule *s = ctx;
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    int order = str_cmp(s->nodes[x]->o.name, s->nodes[y]->o.name);
    return order ? order : (x > y) - (x < y);
}

static void nodes_build(struct schedule *s)
{
    uint32_t n = (uint32_t)s->c->nodes.count;
    s->nodes = arena_array(s->a, const struct node *, n);
    for (uint32_t i = 0; i < n; i++)
        s->nodes[i] = s->c->nodes.items[i];
    s->node_count = s->on_count = n;
    s->on = arena_array(s->a, uint8_t, n);
    s->closed = arena_array(s->a, uint8_t, n);
    s->features = arena_array(s->a, uint8_t, n);
    s->by_name = arena_array(s->a, uint32_t, n);
    s->name_rank = arena_array(s->a, uint32_t, n);
    s->first_pod = arena_array(s->a, uint32_t, n);
    s->last_pod = arena_array(s->a, uint32_t, n);
    s->ports = arena_array(s->a, struct port_list, n);
    s->nonzero_cpu = arena_array(s->a, int64_t, n);
    s->nonzero_memory = arena_array(s->a, int64_t, n);
    memset(s->on, 1, n);
    for (uint32_t i = 0; i < n; i++) {
        s->by_name[i] = i;
        s->first_pod[i] = s->last_pod[i] = NO_INDEX;
        s->features[i] = features_declared(s->nodes[i]);
        map_put(&s->node_names, s->nodes[i]->o.name, (void *)(uintptr_t)(i + 1));
    }
    qsort_r(s->by_name, n, sizeof(*s->by_name), name_order, s);
    s->in_name_order = true;
    for (uint32_t i = 0; i < n; i++) {
        s->name_rank[s->by_name[i]] = i;
        s->in_name_order = s->in_name_order && s->by_name[i] == i;
    }
}

static void spec_resources_note(struct schedule *s, const struct pod_spec *spec)
{
    for (size_t i = 0; i < spec->containers.count; i++)
        resource_note(s, &spec->containers.items[i].resources.requests);
    for (size_t i = 0; i < spec->init_containers.count; i++)
        resource_note(s, &spec->init_containers.items[i].resources.requests);
    resource_note(s, &spec->resources.requests);
    resource_note(s, &spec->overhead);
}

/* The API server's default: without allocatable, all of the capacity. */
static const struct resources *node_offers(const struct node *n)
{
    return n->allocatable.count ? &n->allocatable : &n->capacity;
}

static void resources_build(struct schedule *s)
{
    s->resource_count = RES_SCALARS;
    static const char *const fixed[RES_SCALARS] = {"pods", "cpu", "memory", "ephemeral-storage"};
    for (uint32_t r = 0; r < RES_SCALARS; r++)
        s->resource_names[r] = name_of(s, str_of(fixed[r]));
    for (uint32_t n = 0; n < s->node_count; n++)
        resource_note(s, node_offers(s->nodes[n]));
    for (size_t i = 0; i < s->c->pods.count; i++)
        spec_resources_note(s, &s->c->pods.items[i]->spec);
    for (uint32_t r = 0; r < s->resource_count; r++) {
        s->allocatable[r] = arena_array(s->a, int64_t, s->node_count);
        s->used[r] = arena_array(s->a, int64_t, s->node_count);
    }
    for (uint32_t n = 0; n < s->node_count; n++) {
        int64_t amounts[RES_MAX] = {0};
        resources_spread_out(s, node_offers(s->nodes[n]), amounts);
        for (uint32_t r = 0; r < s->resource_count; r++)
            s->allocatable[r][n] = amounts[r];
    }
}

static void spaces_build(struct schedule *s)
{
    for (size_t i = 0; i < s->c->namespaces.count; i++) {
        const struct namespace_ *ns = s->c->namespaces.items[i];
        struct label_set labels = labels_compile(s, &ns->o.labels, false);
        uint32_t space = space_of(s, ns->o.name);
        s->spaces.items[space].present = true;
        s->spaces.items[space].labels = labels;
    }
    for (size_t i = 0; i < s->c->pods.count; i++)
        space_of(s, s->c->pods.items[i]->o.ns);
    for (size_t i = 0; i < s->c->services.count; i++) {
        const struct service *svc = s->c->services.items[i];
        if (svc->selector.count == 0)
            continue;
        uint32_t selector = selector_of_labels(s, &svc->selector);
        uint32_t id = space_of(s, svc->o.ns);
        *PUSH(s->a, &s->spaces.items[id].services) = selector;
    }
}

static uint32_t instance_add(struct schedule *s, const struct pod *p, uint32_t class_)
{
    *PUSH(s->a, &s->pods) =
        (struct instance){class_, NO_NODE, NO_INDEX, NO_INDEX, NO_INDEX, NO_INDEX, p};
    return (uint32_t)s->pods.count - 1;
}

static bool is_terminal(const struct pod *p)
{
    return str_is(p->status.phase, "Succeeded") || str_is(p->status.phase, "Failed");
}

static void pods_build(struct schedule *s)
{
    for (size_t i = 0; i < s->c->pods.count; i++) {
        const struct pod *p = s->c->pods.items[i];
        struct str on = p->spec.node_name.v;
        int32_t node = on.n ? schedule_find_node(s, on) : NO_NODE;
        if (on.n && (node == NO_NODE || is_terminal(p)))
            continue;
        uint32_t pod = instance_add(s, p, class_of(s, p));
        struct str key =
            arena_printf(s->a, STR_FMT "/" STR_FMT, STR_ARG(p->o.ns), STR_ARG(p->o.name));
        map_put(&s->pod_names, key, (void *)(uintptr_t)(pod + (uintptr_t)1));
        if (node != NO_NODE)
            schedule_bind(s, pod, (uint32_t)node);
    }
}

struct schedule *schedule_new(struct arena *a, const struct cluster *c)
{
    return schedule_new_profile(a, c, &(struct schedule_profile){0});
}

struct schedule *schedule_new_profile(struct arena *a, const struct cluster *c,
                                      const struct schedule_profile *p)
{
    struct schedule *s = arena_new(a, struct schedule);
    s->a = a;
    s->c = c;
    arena_init(&s->scratch);
    map_init(&s->names);
    map_init(&s->keys);
    map_init(&s->pod_names);
    map_init(&s->node_names);
    map_init(&s->images);
    *PUSH(a, &s->texts) = STR(""); /* name 0 is no name */
    nodes_build(s);
    s->log_size = 1024;
    while (s->log_size < s->node_count)
        s->log_size *= 2;
    s->log = arena_array(a, uint32_t, s->log_size);
    s->changed.items = arena_array(a, uint32_t, s->node_count);
    s->changed.stamps = arena_array(a, uint32_t, s->node_count);
    s->hostname_topo = topo_of(s, STR("kubernetes.io/hostname"));
    s->zone_topo = topo_of(s, STR("topology.kubernetes.io/zone"));
    resources_build(s);
    fit_configure(s, p);
    s->compares_taints = p->compares_taints;
    s->ignores_preferred = p->ignores_preferred;
    added_affinity_make(s, p->added);
    spaces_build(s);
    images_collect(s);
    relevant_collect(s);
    limits_build(s);
    pods_build(s);
    classes_renew(s);
    nominees_collect(s);
    return s;
}

void schedule_done(struct schedule *s)
{
    if (!s)
        return;
    map_done(&s->names);
    map_done(&s->keys);
    map_done(&s->pod_names);
    map_done(&s->node_names);
    map_done(&s->images);
    arena_done(&s->scratch);
}

/* ---- look up ---- */

uint32_t schedule_node_count(const struct schedule *s)
{
    return s->node_count;
}

const struct node *schedule_node(const struct schedule *s, uint32_t node)
{
    return s->nodes[node];
}

int32_t schedule_find_node(const struct schedule *s, struct str name)
{
    return (int32_t)(intptr_t)map_get(&s->node_names, name) - 1;
}

uint32_t schedule_pod_count(const struct schedule *s)
{
    return (uint32_t)s->pods.count;
}

const struct pod *schedule_pod(const struct schedule *s, uint32_t pod)
{
    return s->pods.items[pod].pod;
}

int64_t schedule_find_pod(const struct schedule *s, struct str ns, struct str name)
{
    char *text = mem_alloc(ns.n + name.n + 1);
    memcpy(text, ns.p, ns.n);
    text[ns.n] = '/';
    memcpy(text + ns.n + 1, name.p, name.n);
    int64_t found =
        (int64_t)(intptr_t)map_get(&s->pod_names, (struct str){text, ns.n + name.n + 1});
    mem_free(text);
    return found - 1;
}

int32_t schedule_pod_node(const struct schedule *s, uint32_t pod)
{
    return s->pods.items[pod].node;
}

int64_t schedule_pod_priority(const struct schedule *s, uint32_t pod)
{
    return s->classes.items[s->pods.items[pod].class_].priority;
}

bool schedule_pod_gated(const struct schedule *s, uint32_t pod)
{
    return s->pods.items[pod].pod->spec.scheduling_gates.count > 0;
}

uint32_t schedule_pod_class(const struct schedule *s, uint32_t pod)
{
    return s->pods.items[pod].class_;
}

uint32_t schedule_class_count(const struct schedule *s)
{
    return (uint32_t)s->classes.count;
}

size_t schedule_resource_count(const struct schedule *s)
{
    return s->resource_count;
}

struct str schedule_resource_name(const struct schedule *s, size_t resource)
{
    return s->texts.items[s->resource_names[resource]];
}

int64_t schedule_allocatable(const struct schedule *s, uint32_t node, size_t resource)
{
    return s->allocatable[resource][node];
}

int64_t schedule_requested(const struct schedule *s, uint32_t node, size_t resource)
{
    return s->used[resource][node];
}

int64_t schedule_pod_request(const struct schedule *s, uint32_t pod, size_t resource)
{
    return s->classes.items[s->pods.items[pod].class_].request[resource];
}

int64_t schedule_slots(const struct schedule *s, uint32_t pod, uint32_t node)
{
    const int64_t *request = s->classes.items[s->pods.items[pod].class_].request;
    int64_t slots = INT64_MAX;
    for (uint32_t k = 0; k < s->resource_count; k++)
        if (request[k] > 0)
            slots = MIN(slots, MAX(s->allocatable[k][node] - s->used[k][node], 0) / request[k]);
    return slots == INT64_MAX ? 0 : slots;
}

/* ---- change ---- */

uint32_t schedule_clone_pod(struct schedule *s, uint32_t pod)
{
    const struct class_ *c = &s->classes.items[s->pods.items[pod].class_];
    return instance_add(s, s->pods.items[pod].pod, c->like);
}

/* Two in a row that nothing was placed between are one. */
static void node_changed(struct schedule *s, uint32_t node)
{
    ranking_node_changed(s, node);
    if (s->log_count > MAX(s->mark, s->log_read) &&
        s->log[(s->log_count - 1) & (s->log_size - 1)] == node)
        return;
    s->log[s->log_count++ & (s->log_size - 1)] = node;
}

static void node_account(struct schedule *s, const struct class_ *c, uint32_t node, int sign)
{
    for (uint32_t r = 0; r < s->resource_count; r++)
        s->used[r][node] += sign * c->request[r];
    s->nonzero_cpu[node] += sign * c->nonzero_cpu;
    s->nonzero_memory[node] += sign * c->nonzero_memory;
    if (c->ports.count && sign > 0)
        ports_add(s->a, &s->ports[node], &c->ports);
    else if (c->ports.count)
        ports_remove(&s->ports[node], &c->ports);
    claims_account(s, c, sign);
    for (size_t i = 0; i < c->members.count; i++) {
        const struct member *m = &c->members.items[i];
        counter_add(s, &s->counters.items[m->counter], node, sign * m->weight, sign * m->matches);
    }
    if (!s->closed[node]) /* no pod goes there; opening it is a change */
        node_changed(s, node);
}

/* The pods of a node are in the order of upstream's NodeInfo.Pods: a new one comes last, and the
 * last one takes the place of one that goes. Preemption depends on it where victims are equals. */
static void node_append(struct schedule *s, uint32_t node, uint32_t pod)
{
    struct instance *i = &s->pods.items[pod];
    i->node_prev = s->last_pod[node];
    i->node_next = NO_INDEX;
    if (i->node_prev != NO_INDEX)
        s->pods.items[i->node_prev].node_next = pod;
    else
        s->first_pod[node] = pod;
    s->last_pod[node] = pod;
}

static void node_remove(struct schedule *s, uint32_t node, uint32_t pod)
{
    struct instance *i = &s->pods.items[pod];
    uint32_t last = s->last_pod[node];
    struct instance *l = &s->pods.items[last];
    s->last_pod[node] = l->node_prev;
    if (l->node_prev != NO_INDEX)
        s->pods.items[l->node_prev].node_next = NO_INDEX;
    else
        s->first_pod[node] = NO_INDEX;
    if (last == pod)
        return;
    l->node_prev = i->node_prev;
    l->node_next = i->node_next;
    if (l->node_prev != NO_INDEX)
        s->pods.items[l->node_prev].node_next = last;
    else
        s->first_pod[node] = last;
    if (l->node_next != NO_INDEX)
        s->pods.items[l->node_next].node_prev = last;
    else
        s->last_pod[node] = last;
}

void schedule_bind(struct schedule *s, uint32_t pod, uint32_t node)
{
    struct instance *i = &s->pods.items[pod];
    struct class_ *c = &s->classes.items[i->class_];
    assert(i->node == NO_NODE && s->on[node]);
    i->node = (int32_t)node;
    i->class_prev = NO_INDEX;
    i->class_next = c->first_pod;
    if (i->class_next != NO_INDEX)
        s->pods.items[i->class_next].class_prev = pod;
    c->first_pod = pod;
    node_append(s, node, pod);
    node_account(s, c, node, 1);
}

void schedule_unbind(struct schedule *s, uint32_t pod)
{
    struct instance *i = &s->pods.items[pod];
    struct class_ *c = &s->classes.items[i->class_];
    assert(i->node != NO_NODE);
    uint32_t node = (uint32_t)i->node;
    if (i->class_prev != NO_INDEX)
        s->pods.items[i->class_prev].class_next = i->class_next;
    else
        c->first_pod = i->class_next;
    if (i->class_next != NO_INDEX)
        s->pods.items[i->class_next].class_prev = i->class_prev;
    node_remove(s, node, pod);
    i->node = NO_NODE;
    node_account(s, c, node, -1);
}

uint32_t schedule_node_first_pod(const struct schedule *s, uint32_t node)
{
    return s->first_pod[node];
}

uint32_t schedule_next_on_node(const struct schedule *s, uint32_t pod)
{
    return s->pods.items[pod].node_next;
}

void schedule_node_off(struct schedule *s, uint32_t node, bool off)
{
    assert(s->first_pod[node] == NO_INDEX);
    if (s->on[node] == !off)
        return;
    s->on[node] = !off;
    s->on_count += off ? UINT32_MAX : 1;
    s->version++;
    for (size_t i = 0; i < s->counters.count; i++)
        counter_node_off(s, &s->counters.items[i], node, off);
    node_changed(s, node);
}

void schedule_node_close(struct schedule *s, uint32_t node, bool closed)
{
    if (s->closed[node] == closed)
        return;
    s->closed[node] = closed;
    node_changed(s, node);
}

void schedule_forget_clones(struct schedule *s, uint32_t from_pod)
{
    for (size_t i = from_pod; i < s->pods.count; i++)
        assert(s->pods.items[i].node == NO_NODE);
    s->pods.count = MIN(s->pods.count, from_pod);
}

/* ---- queue ---- */

static int queue_order(const void *a, const void *b, void *ctx)
{
    const struct schedule *s = ctx;
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    int64_t px = schedule_pod_priority(s, x), py = schedule_pod_priority(s, y);
    const struct object *ox = &s->pods.items[x].pod->o, *oy = &s->pods.items[y].pod->o;
    if (px != py)
        return px > py ? -1 : 1;
    if (ox->created_ms != oy->created_ms)
        return ox->created_ms < oy->created_ms ? -1 : 1;
    char slash = '/';
    struct str kx[3] = {ox->ns, {&slash, 1}, ox->name}, ky[3] = {oy->ns, {&slash, 1}, oy->name};
    size_t ix = 0, iy = 0, cx = 0, cy = 0;
    for (;;) { /* "ns/name" as one string */
        for (; ix < 3 && cx == kx[ix].n; cx = 0)
            ix++;
        for (; iy < 3 && cy == ky[iy].n; cy = 0)
            iy++;
        if (ix == 3 || iy == 3)
            return ix == iy ? (x > y) - (x < y) : ix == 3 ? -1 : 1;
        unsigned char bx = (unsigned char)kx[ix].p[cx++], by = (unsigned char)ky[iy].p[cy++];
        if (bx != by)
            return bx < by ? -1 : 1;
    }
}

uint32_t *schedule_queue(const struct schedule *s, struct arena *a, uint32_t *ret_count)
{
    uint32_t *queue = arena_array(a, uint32_t, s->pods.count), count = 0;
    for (uint32_t i = 0; i < s->pods.count; i++) {
        if (s->pods.items[i].node == NO_NODE)
            queue[count++] = i;
    }
    struct schedule *ctx = (struct schedule *)(uintptr_t)s; /* qsort_r takes no const */
    qsort_r(queue, count, sizeof(*queue), queue_order, ctx);
    *ret_count = count;
    return queue;
}
