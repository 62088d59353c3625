/* SPDX-License-Identifier: Apache-2.0
 *
 * What Kubernetes and the kernel make of each pod. All arithmetic is the model's; here is only
 * which pods are looked at, and with which node.
 */
#include "analysis/pod_facts.h"

#include "base/buf.h"
#include "base/sat.h"
#include "model/injected.h"

/* What all items share. */
struct scope {
    struct arena *arena;
    const struct cluster *cluster;
    const struct pod_facts_options *options;
    struct capacity_range nodes; /* over the whole cluster */
    struct cgroup_settings settings;
    struct pod_facts_list *ret;
};

/* The live pods of one workload that are alike. */
struct pod_class {
    const struct pod *first;
    struct {
        const struct pod **items;
        size_t count, cap;
    } pods;
    size_t live, order;
    struct capacity_range capacity;
};
struct pod_classes {
    struct pod_class **items;
    size_t count, cap;
};

/* Amounts in a container's own list. */
static struct pod_amounts resource_amounts(const struct resources *r)
{
    return (struct pod_amounts){
        .cpu_milli = resources_cpu_milli(r),
        .memory_bytes = resources_memory_bytes(r),
        .cpu_set = resources_has(r, "cpu"),
        .memory_set = resources_has(r, "memory"),
    };
}

static void capacity_add(struct capacity_range *c, enum capacity_origin origin, int64_t bytes)
{
    if (bytes <= 0)
        return;
    if (c->origin == CAPACITY_UNKNOWN)
        *c = (struct capacity_range){origin, bytes, bytes};
    c->min_bytes = MIN(c->min_bytes, bytes);
    c->max_bytes = MAX(c->max_bytes, bytes);
}

/* ---- what makes pods alike ---- */

static void sign_resources(struct buf *b, const struct resources *r)
{
    for (size_t i = 0; i < r->count; i++) {
        char text[QUANTITY_TEXT];
        buf_add_str(b, r->items[i].name);
        buf_add_char(b, '=');
        buf_add_str(b, quantity_text(r->items[i].q, text));
        buf_add_char(b, ';');
    }
    buf_add_char(b, '|');
}

static void sign_requirements(struct buf *b, const struct resource_requirements *r)
{
    sign_resources(b, &r->requests);
    sign_resources(b, &r->limits);
}

static void sign_containers(struct buf *b, const struct containers *list)
{
    for (size_t i = 0; i < list->count; i++) {
        const struct container *k = &list->items[i];
        buf_add_str(b, k->name);
        buf_printf(b, "\n%d", (int)k->kind);
        sign_requirements(b, &k->resources);
    }
    buf_add_char(b, '\n');
}

/* What the node runs, where a resize is on its way. */
static void sign_statuses(struct buf *b, const struct container_statuses *list)
{
    for (size_t i = 0; i < list->count; i++) {
        buf_add_str(b, list->items[i].name);
        sign_requirements(b, &list->items[i].resources);
        sign_resources(b, &list->items[i].allocated);
    }
    buf_add_char(b, '\n');
}

static struct str pod_signature(const struct pod *p, struct buf *scratch)
{
    buf_clear(scratch);
    sign_containers(scratch, &p->spec.init_containers);
    sign_containers(scratch, &p->spec.containers);
    sign_statuses(scratch, &p->status.init_containers);
    sign_statuses(scratch, &p->status.containers);
    sign_requirements(scratch, &p->spec.resources);
    if (p->spec.resources.set) {
        sign_requirements(scratch, &p->status.resources);
        sign_resources(scratch, &p->status.allocated);
    }
    sign_resources(scratch, &p->spec.overhead);
    buf_add_str(scratch, p->status.qos_class);
    buf_add_char(scratch, '\n');
    buf_add_str(scratch, p->spec.priority_class_name.v);
    return buf_str(scratch);
}

static int by_frequency(const void *a, const void *b)
{
    const struct pod_class *x = *(struct pod_class *const *)a, *y = *(struct pod_class *const *)b;
    if (x->pods.count != y->pods.count)
        return x->pods.count > y->pods.count ? -1 : 1;
    return x->order < y->order ? -1 : x->order > y->order;
}

/* The kinds of live pods of a workload, the most frequent first. */
static void classify(struct scope *s, const struct workload *w, struct pod_classes *ret)
{
    struct buf scratch CLEANUP(buf_done);
    buf_init(&scratch, MIB);
    CLEANUP(map_done) struct map known;
    map_init(&known);
    for (size_t i = 0; i < w->pods.count; i++) {
        const struct pod *p = w->pods.items[i];
        if (pod_is_finished(p))
            continue;
        struct str signature = pod_signature(p, &scratch);
        struct pod_class *k = map_get(&known, signature);
        if (!k) {
            k = arena_new(s->arena, struct pod_class);
            *k = (struct pod_class){.first = p, .order = ret->count};
            map_put(&known, arena_str(s->arena, signature), k);
            *PUSH(s->arena, ret) = k;
        }
        *PUSH(s->arena, &k->pods) = p;
        k->live += p->spec.node_name.v.n > 0;
        if (p->node)
            capacity_add(&k->capacity, CAPACITY_OWN, resources_memory_bytes(&p->node->capacity));
    }
    if (ret->count)
        qsort(ret->items, ret->count, sizeof(ret->items[0]), by_frequency);
}

/* ---- facts of one pod ---- */

/* What the node goes by, which a resize makes differ from the spec. */
struct basis {
    const struct pod_spec *spec;
    struct cgroup_settings settings;
    struct oom_pod oom;
    struct cgroup_pod cgroup;
};

/* now: the same containers in b->spec. */
static void add_containers(const struct pod_facts *f, const struct basis *b,
                           const struct containers *list, const struct containers *now,
                           struct container_facts *ret)
{
    for (size_t i = 0; i < list->count; i++) {
        const struct container *k = &list->items[i];
        struct oom_adj low = oom_pod_adj(&b->oom, &now->items[i], f->capacity.min_bytes);
        struct oom_adj high = oom_pod_adj(&b->oom, &now->items[i], f->capacity.max_bytes);
        ret[i] = (struct container_facts){
            .container = k,
            .request = resource_amounts(&k->resources.requests),
            .limit = resource_amounts(&k->resources.limits),
            .adj = {MIN(low.min, high.min), MAX(low.max, high.max)},
        };
        cgroup_pod_container(&b->settings, &b->cgroup, &now->items[i], &ret[i].cgroup);
    }
}

/* oom_score_adj and the values of cgroups, of the pod and of its containers. */
static void compute_node_values(struct scope *s, struct pod_facts *f)
{
    const struct pod_spec *spec = f->spec;
    struct basis b = {.spec = f->pod ? pod_spec_in_force(s->arena, f->pod) : spec,
                      .settings = s->settings};
    if (f->pod && f->pod->node)
        cgroup_settings_of(f->pod->node, f->pod->node->kubelet, &b.settings);
    if (s->options->node_memory_bytes)
        b.settings.memory_capacity_bytes = s->options->node_memory_bytes;
    b.oom = oom_pod_of(b.spec, f->pod);
    b.cgroup = cgroup_pod_of(b.spec, f->pod);
    pod_cgroup(s->arena, &b.settings, b.spec, f->pod, &f->cgroup);
    f->container_count = spec->init_containers.count + spec->containers.count;
    f->containers = arena_array(s->arena, struct container_facts, f->container_count);
    add_containers(f, &b, &spec->init_containers, &b.spec->init_containers, f->containers);
    add_containers(f, &b, &spec->containers, &b.spec->containers,
                   f->containers + spec->init_containers.count);
}

static size_t count_injected(const struct workload *w, const struct pod *p)
{
    size_t found = 0;
    for (size_t i = 0; i < p->spec.containers.count; i++)
        found += container_is_injected(w, p, p->spec.containers.items[i].name);
    for (size_t i = 0; i < p->spec.init_containers.count; i++)
        found += container_is_injected(w, p, p->spec.init_containers.items[i].name);
    return found;
}

/* Fills what follows from f->spec, f->pod and f->capacity. */
static void compute(struct scope *s, struct pod_facts *f)
{
    const struct pod_spec *spec = f->spec;
    const struct pod_status *status = f->pod ? &f->pod->status : NULL;
    f->qos = pod_qos(spec, status, &f->why);
    if (f->why.type == QOS_REASON_STATUS) {
        struct qos_reason from_spec;
        f->qos_contradicts = pod_qos_compute(spec, &from_spec) != f->qos;
        if (!f->qos_contradicts)
            f->why = from_spec;
    }
    f->critical = pod_is_critical(spec, f->pod);
    f->resize = f->pod ? pod_resize_of(f->pod) : RESIZE_NONE;
    f->request = pod_request_amounts(s->arena, spec, status);
    f->limit = pod_limit_amounts(s->arena, spec, status);
    compute_node_values(s, f);
}

const struct container_usage *container_find_usage(const struct pod_metrics *m, struct str name,
                                                   size_t *hint)
{
    for (size_t i = 0; m && i < m->containers.count; i++) {
        size_t at = (*hint + i) % m->containers.count;
        if (!str_eq(m->containers.items[at].name, name) || !m->containers.items[at].memory_set)
            continue;
        *hint = at + 1;
        return &m->containers.items[at];
    }
    return NULL;
}

static void keep_max(struct opt_int *v, int64_t bytes)
{
    v->v = v->set ? MAX(v->v, bytes) : bytes;
    v->set = true;
}

/* Raises the largest samples by those of one pod. */
static void add_usage(struct pod_facts *f, const struct pod_metrics *m)
{
    int64_t all = 0;
    size_t hint = 0;
    bool any = false;
    for (size_t i = 0; i < f->container_count; i++) {
        struct container_facts *k = &f->containers[i];
        const struct container_usage *u = container_find_usage(m, k->container->name, &hint);
        if (!u)
            continue;
        keep_max(&k->usage_max_bytes, MAX(u->memory_bytes, 0));
        all = sat_add(all, MAX(u->memory_bytes, 0));
        any = true;
    }
    if (any)
        keep_max(&f->usage_max_bytes, all);
    f->sampled += any;
}

struct str workload_owner_text(struct arena *a, const struct workload *w)
{
    if (!w->pod)
        return arena_printf(a, STR_FMT "/" STR_FMT, STR_ARG(w->o.kind_text), STR_ARG(w->o.name));
    for (size_t i = 0; i < w->o.owners.count; i++) {
        const struct owner_ref *r = &w->o.owners.items[i];
        if (r->controller || w->o.owners.count == 1)
            return arena_printf(a, STR_FMT "/" STR_FMT, STR_ARG(r->kind), STR_ARG(r->name));
    }
    return STR_NONE;
}

static struct opt_int replicas_of(const struct workload *w)
{
    if (w->pod)
        return (struct opt_int){.v = (int64_t)MAX(w->pods.count, 1U), .set = true};
    if (w->replicas.set || w->o.kind == KIND_DAEMON_SET || w->o.kind == KIND_POD_TEMPLATE)
        return w->replicas;
    return (struct opt_int){.v = 1, .set = true};
}

int64_t pod_facts_replicas(const struct pod_facts_list *l)
{
    int64_t all = 0;
    for (size_t i = 0; i < l->count; i++) {
        const struct pod_facts *f = &l->items[i];
        int64_t one = f->replicas.set ? f->replicas.v : MAX((int64_t)f->alike, 1);
        all = sat_add(all, one);
    }
    return all;
}

static struct pod_facts *add_facts(struct scope *s, const struct workload *w)
{
    struct pod_facts *f = PUSH(s->arena, s->ret);
    f->workload = w;
    f->owner = workload_owner_text(s->arena, w);
    f->replicas = replicas_of(w);
    f->capacity = s->nodes;
    return f;
}

static void add_workload(struct scope *s, const struct workload *w)
{
    struct pod_classes classes = {0};
    classify(s, w, &classes);
    for (size_t i = 0; i < classes.count; i++) {
        const struct pod_class *k = classes.items[i];
        struct pod_facts *f = add_facts(s, w);
        f->pod = k->first;
        f->spec = &k->first->spec;
        f->alike = k->pods.count;
        f->live = k->live;
        f->differs = classes.count > 1;
        f->injected = w->pod ? 0 : count_injected(w, k->first);
        if (f->differs)
            f->replicas = (struct opt_int){.v = (int64_t)k->pods.count, .set = true};
        if (k->capacity.origin != CAPACITY_UNKNOWN && !s->options->node_memory_bytes)
            f->capacity = k->capacity;
        compute(s, f);
        for (size_t n = 0; n < k->pods.count; n++)
            add_usage(f, k->pods.items[n]->metrics);
    }
    if (classes.count == 0 && !(w->pod && pod_is_finished(w->pod))) {
        struct pod_facts *f = add_facts(s, w);
        f->spec = &w->tmpl.spec;
        compute(s, f);
    }
}

/* The settings that a pod meets wherever it lands: those of the nodes where they agree. */
static void settings_of_cluster(const struct cluster *c, struct cgroup_settings *ret)
{
    cgroup_settings_default(ret);
    for (size_t i = 0; i < c->nodes.count; i++) {
        struct cgroup_settings one;
        cgroup_settings_of(c->nodes.items[i], c->nodes.items[i]->kubelet, &one);
        if (i == 0)
            *ret = one;
        else if (one.memory_qos != ret->memory_qos ||
                 one.single_process_oom_kill != ret->single_process_oom_kill ||
                 one.cgroup_v1 != ret->cgroup_v1) {
            cgroup_settings_default(ret);
            return;
        }
    }
}

bool workload_is_named(const struct workload *w, struct str name)
{
    struct str rest;
    struct str kind = str_cut(name, '/', &rest);
    if (rest.p) {
        if (str_is_nocase(kind, "pod"))
            kind = STR("Pod");
        else if (kind.n != w->o.kind_text.n || strncasecmp(kind.p, w->o.kind_text.p, kind.n) != 0)
            return false;
        name = rest;
    }
    if (str_eq(w->o.name, name) && (!str_is(kind, "Pod") || w->pod || !rest.p))
        return true;
    for (size_t i = 0; i < w->pods.count && (!rest.p || str_is(kind, "Pod")); i++)
        if (str_eq(w->pods.items[i]->o.name, name))
            return true;
    return false;
}

static bool is_wanted(const struct pod_facts_options *o, const struct workload *w)
{
    if (!w->judged || (o->ns.p && !str_eq(o->ns, w->o.ns)))
        return false;
    for (size_t i = 0; i < o->names.count; i++)
        if (workload_is_named(w, o->names.items[i]))
            return true;
    return o->names.count == 0;
}

void pod_facts_all(struct arena *a, const struct cluster *c, const struct pod_facts_options *o,
                   struct pod_facts_list *ret)
{
    struct scope s = {.arena = a, .cluster = c, .options = o, .ret = ret};
    *ret = (struct pod_facts_list){0};
    settings_of_cluster(c, &s.settings);
    if (o->node_memory_bytes) {
        capacity_add(&s.nodes, CAPACITY_GIVEN, o->node_memory_bytes);
    } else {
        for (size_t i = 0; i < c->nodes.count; i++)
            capacity_add(&s.nodes, CAPACITY_NODES,
                         resources_memory_bytes(&c->nodes.items[i]->capacity));
    }
    for (size_t i = 0; i < c->workloads.count; i++)
        if (is_wanted(o, c->workloads.items[i]))
            add_workload(&s, c->workloads.items[i]);
}
