/* SPDX-License-Identifier: Apache-2.0
 *
 * Edits made in a copy of the cluster. Only objects that change are copied, and what the simulation
 * reaches through a pointer is turned to the copies: pods to their workloads, workloads to their
 * budgets, nodes to their kubelet configuration. Other links (by name, from namespaces) still show
 * the cluster as it was.
 */
#include "analysis/remedy/change.h"

#include "model/allocatable.h"
#include "model/edit_apply.h"

struct changed_workload {
    const struct workload *old;
    struct workload *made;
    LIST_OF(const struct edit *) pod_edits;
    /* The last pod spec that the edits were made in, and what came of it: most pods share theirs. */
    const struct pod_spec *before, *after;
};

static struct str address(const void **p)
{
    return (struct str){(const char *)p, sizeof(*p)};
}

#define COPY_LIST(x, list)                                                                   \
    do {                                                                                     \
        size_t n_ = (x)->from->list.count;                                                   \
        (x)->to->list.items = arena_alloc_array((x)->a, n_, sizeof(*(x)->from->list.items)); \
        if (n_)                                                                              \
            memcpy((x)->to->list.items, (x)->from->list.items,                               \
                   n_ * sizeof(*(x)->from->list.items));                                     \
        (x)->to->list.cap = n_;                                                              \
    } while (0)

void change_begin(struct change *x, struct arena *a, const struct cluster *from)
{
    *x = (struct change){.a = a, .from = from, .to = arena_new(a, struct cluster)};
    *x->to = *from;
    x->to->arena = a;
    COPY_LIST(x, pods);
    COPY_LIST(x, workloads);
    COPY_LIST(x, nodes);
    COPY_LIST(x, pdbs);
    COPY_LIST(x, webhook_configs);
    COPY_LIST(x, kubelet_configs);
    memset(&x->to->problems, 0, sizeof(x->to->problems));
}

static bool is_same(const struct object *x, const struct object *y)
{
    return x == y || (x->kind == y->kind && str_eq(x->name, y->name) && str_eq(x->ns, y->ns));
}

/* The place of an object in a list of the new cluster, or -1. */
#define FIND(ret, list, object)                                   \
    do {                                                          \
        (ret) = -1;                                               \
        for (size_t i_ = 0; i_ < (list).count && (ret) < 0; i_++) \
            if (is_same(&(list).items[i_]->o, (object)))          \
                (ret) = (ptrdiff_t)i_;                            \
    } while (0)

/* ---- workloads ---- */

static struct changed_workload *own_workload(struct change *x, size_t at)
{
    struct workload *w = x->to->workloads.items[at];
    for (size_t i = 0; i < x->workloads.count; i++)
        if (x->workloads.items[i]->made == w)
            return x->workloads.items[i];
    struct changed_workload *c = arena_new(x->a, struct changed_workload);
    c->old = w;
    c->made = arena_new(x->a, struct workload);
    *c->made = *w;
    x->to->workloads.items[at] = c->made;
    *PUSH(x->a, &x->workloads) = c;
    return c;
}

/* The value of a class that a pod spec names, as admission fills it in. */
static void set_priority(const struct cluster *c, struct pod_spec *s)
{
    for (size_t i = 0; i < c->priority_classes.count; i++)
        if (str_eq(c->priority_classes.items[i]->o.name, s->priority_class_name.v))
            s->priority = (struct opt_int){.v = c->priority_classes.items[i]->value, .set = true};
}

static int edit_workload(struct change *x, const struct edit *edit, struct err *e)
{
    ptrdiff_t at;
    FIND(at, x->to->workloads, edit->object);
    if (at < 0)
        return err_set(e, EINVAL, "no %.*s %.*s", (int)MIN(edit->object->kind_text.n, 63U),
                       edit->object->kind_text.p, (int)MIN(edit->object->name.n, 120U),
                       edit->object->name.p);
    struct changed_workload *c = own_workload(x, (size_t)at);
    struct str prefix = c->made->template_path, path = edit->path;
    if (!prefix.n || path.n <= prefix.n || !str_eq(str_sub(path, 0, prefix.n), prefix) ||
        path.p[prefix.n] != '.')
        return edit_apply(x->a, edit, c->made, e);
    *PUSH(x->a, &c->pod_edits) = edit;
    int r = edit_apply_pod_spec(x->a, edit, str_sub(path, prefix.n + 1, path.n),
                                &c->made->tmpl.spec, e);
    set_priority(x->to, &c->made->tmpl.spec);
    return r;
}

/* ---- their pods ---- */

/* containers[2] of the template is the container of that name in the pod, whose list injection may
 * have made longer. */
static int path_in_pod(struct change *x, const struct changed_workload *c, const struct edit *edit,
                       const struct pod_spec *pod, struct str *ret)
{
    struct str path = str_sub(edit->path, c->made->template_path.n + 1, edit->path.n);
    bool init = str_starts(path, "initContainers[");
    *ret = path;
    if (!init && !str_starts(path, "containers["))
        return 0;
    const struct containers *from =
        init ? &c->old->tmpl.spec.init_containers : &c->old->tmpl.spec.containers;
    const struct containers *to = init ? &pod->init_containers : &pod->containers;
    size_t open = init ? 15 : 11;
    ptrdiff_t end = str_find_char(path, ']');
    int64_t index;
    if (end < 0 || str_to_int64(str_sub(path, open, (size_t)end), &index) < 0 || index < 0 ||
        (size_t)index >= from->count)
        return -EINVAL;
    for (size_t i = 0; i < to->count; i++)
        if (str_eq(to->items[i].name, from->items[index].name)) {
            *ret = arena_printf(x->a, "%s[%zu]" STR_FMT, init ? "initContainers" : "containers", i,
                                STR_ARG(str_sub(path, (size_t)end + 1, path.n)));
            return 0;
        }
    return -EINVAL;
}

static bool shares_parts(const struct pod_spec *x, const struct pod_spec *y)
{
    return x->containers.items == y->containers.items &&
           x->init_containers.items == y->init_containers.items && x->affinity == y->affinity &&
           x->spread.items == y->spread.items;
}

static int edit_pod_spec(struct change *x, struct changed_workload *c, const struct pod *old,
                         struct pod_spec *spec, struct err *e)
{
    if (c->before && shares_parts(c->before, &old->spec)) {
        spec->containers = c->after->containers;
        spec->init_containers = c->after->init_containers;
        spec->affinity = c->after->affinity;
        spec->spread = c->after->spread;
        spec->priority = c->after->priority;
        spec->priority_class_name = c->after->priority_class_name;
        return 0;
    }
    for (size_t i = 0; i < c->pod_edits.count; i++) {
        struct str path;
        if (path_in_pod(x, c, c->pod_edits.items[i], spec, &path) < 0)
            return err_set(e, EINVAL, "pod %.*s has no such container",
                           (int)MIN(old->o.name.n, 120U), old->o.name.p);
        int r = edit_apply_pod_spec(x->a, c->pod_edits.items[i], path, spec, e);
        if (r < 0)
            return r;
    }
    if (spec->priority_class_name.v.n)
        set_priority(x->to, spec);
    c->before = &old->spec;
    c->after = spec;
    return 0;
}

static bool stays_on_node(const struct pod *p)
{
    if (p->controller)
        return p->controller->o.kind == KIND_DAEMON_SET;
    for (size_t i = 0; i < p->o.owners.count; i++)
        if (str_is(p->o.owners.items[i].kind, "DaemonSet") ||
            str_is(p->o.owners.items[i].kind, "Node"))
            return true;
    return false;
}

static int remake_pod(struct change *x, struct changed_workload *c, const struct pod *old,
                      struct pod **ret, struct err *e)
{
    struct pod *p = arena_new(x->a, struct pod);
    *p = *old;
    p->owner = c->made;
    if (p->controller == c->old)
        p->controller = c->made;
    *ret = p;
    if (c->made->pod == old)
        c->made->pod = p;
    if (c->pod_edits.count == 0)
        return 0;
    if (p->planned)
        return edit_pod_spec(x, c, old, &p->spec, e);
    memset(&p->status, 0, sizeof(p->status));
    p->status.phase = STR("Running");
    if (!stays_on_node(p)) {
        p->spec.node_name = (struct opt_str){0};
        p->node = NULL;
    }
    return edit_pod_spec(x, c, old, &p->spec, e);
}

/* A volume claim that a StatefulSet makes for each of its pods: NAME-POD. */
static bool is_own_claim(const struct volume *v, const struct pod *p)
{
    struct str claim = v->target, name = p->o.name;
    return v->type == VOLUME_PVC && claim.n > name.n && claim.p[claim.n - name.n - 1] == '-' &&
           str_eq(str_sub(claim, claim.n - name.n, claim.n), name);
}

/* One more replica like this one, with a volume of its own where it has one. */
static void add_replica(struct change *x, struct changed_workload *c, const struct pod *like,
                        size_t number)
{
    struct pod *p = arena_new(x->a, struct pod);
    *p = *like;
    p->o.name = arena_printf(x->a, STR_FMT "-new-%zu", STR_ARG(c->made->o.name), number);
    p->spec.node_name = (struct opt_str){0};
    p->node = NULL;
    p->metrics = NULL;
    memset(&p->status, 0, sizeof(p->status));
    p->status.phase = STR("Running");
    memset(&p->spec.volumes, 0, sizeof(p->spec.volumes));
    for (size_t i = 0; i < like->spec.volumes.count; i++)
        if (!is_own_claim(&like->spec.volumes.items[i], like))
            *PUSH(x->a, &p->spec.volumes) = like->spec.volumes.items[i];
    *PUSH(x->a, &c->made->pods) = p;
    *PUSH(x->a, &x->to->pods) = p;
}

static void scale(struct change *x, struct changed_workload *c)
{
    const struct workload *w = c->made;
    if (!w->replicas.set || (c->old->replicas.set && c->old->replicas.v == w->replicas.v) ||
        w->pod || w->o.kind == KIND_DAEMON_SET || w->pods.count == 0)
        return;
    const struct pod *like = w->pods.items[w->pods.count - 1];
    size_t number = 0;
    while ((int64_t)c->made->pods.count < w->replicas.v)
        add_replica(x, c, like, ++number);
}

static int remake_pods(struct change *x, struct err *e)
{
    if (x->workloads.count == 0)
        return 0;
    CLEANUP(map_done) struct map by_owner; /* address of a workload -> what it becomes */
    map_init(&by_owner);
    for (size_t i = 0; i < x->workloads.count; i++) {
        struct changed_workload *c = x->workloads.items[i];
        const void **key = arena_new(x->a, const void *);
        *key = c->old;
        map_put(&by_owner, address(key), c);
        memset(&c->made->pods, 0, sizeof(c->made->pods));
    }
    int r = 0;
    for (size_t i = 0; i < x->to->pods.count && r == 0; i++) {
        const struct pod *old = x->to->pods.items[i];
        const void *owner = old->owner;
        struct changed_workload *c = map_get(&by_owner, address(&owner));
        if (!c)
            continue;
        r = remake_pod(x, c, old, &x->to->pods.items[i], e);
        if (!old->planned)
            *PUSH(x->a, &c->made->pods) = x->to->pods.items[i];
    }
    return r;
}

/* Pods that a Scenario's deploys will make stand at the end, and know whose place they will take. */
static void order_planned(struct change *x)
{
    size_t n = x->to->pods.count, now = 0, later = 0;
    struct pod **list = x->to->pods.items, **planned = arena_array(x->a, struct pod *, n);
    if (!x->from->pods.count || !x->from->pods.items[x->from->pods.count - 1]->planned)
        return;
    CLEANUP(map_done) struct map made; /* address of a pod -> what it became */
    map_init(&made);
    for (size_t i = 0; i < x->from->pods.count; i++) {
        const void **key = arena_new(x->a, const void *);
        *key = x->from->pods.items[i];
        map_put(&made, address(key), list[i]);
    }
    for (size_t i = 0; i < n; i++) {
        struct pod *p = list[i];
        if (!p->planned) {
            list[now++] = p;
            continue;
        }
        struct pod *copy = planned[later++] = arena_new(x->a, struct pod);
        const void *replaced = p->replaces;
        *copy = *p;
        copy->replaces = map_get(&made, address(&replaced));
    }
    memcpy(list + now, planned, later * sizeof(struct pod *));
}

/* ---- nodes ---- */

static struct node *own_node(struct change *x, size_t at)
{
    struct node *old = x->to->nodes.items[at], *made = arena_new(x->a, struct node);
    *made = *old;
    x->to->nodes.items[at] = made;
    return made;
}

static int64_t reserved_memory(struct arena *a, const struct node *n,
                               const struct kubelet_config *k)
{
    struct node_reservation r;
    struct resources taken;
    if (node_reservation_of(a, k, &r, NULL) < 0)
        return 0;
    node_reserved(a, &n->capacity, &r, &taken);
    return resources_memory_bytes(&taken);
}

/* The kubelet reports as much less as it keeps back more. */
static void use_kubelet(struct change *x, size_t at, const struct kubelet_config *k)
{
    struct node *n = own_node(x, at);
    struct resources all = n->allocatable;
    int64_t more = reserved_memory(x->a, n, k) - reserved_memory(x->a, n, n->kubelet);
    n->kubelet = k;
    if (!resources_has(&all, "memory"))
        return;
    resources_copy(x->a, &all, &n->allocatable);
    resources_set(x->a, &n->allocatable, STR("memory"),
                  quantity_of_bytes(MAX(resources_memory_bytes(&all) - more, 0)));
}

static int edit_kubelet(struct change *x, const struct edit *edit, struct err *e)
{
    ptrdiff_t at;
    struct kubelet_config *made = arena_new(x->a, struct kubelet_config);
    const struct kubelet_config *old = NULL;
    FIND(at, x->to->kubelet_configs, edit->object);
    if (at >= 0)
        old = x->to->kubelet_configs.items[at];
    if (old)
        *made = *old;
    else
        made->o = *edit->object;
    int r = edit_apply(x->a, edit, made, e);
    if (r < 0)
        return r;
    made->eviction_hard_set = made->eviction_hard.count > 0;
    made->system_reserved_set = made->system_reserved.count > 0;
    made->kube_reserved_set = made->kube_reserved.count > 0;
    if (at >= 0)
        x->to->kubelet_configs.items[at] = made;
    else
        *PUSH(x->a, &x->to->kubelet_configs) = made;
    for (size_t i = 0; i < x->to->nodes.count; i++)
        if (x->to->nodes.items[i]->kubelet == old)
            use_kubelet(x, i, made);
    return 0;
}

void change_add_node(struct change *x, const struct node *like, struct str name)
{
    struct node *n = arena_new(x->a, struct node);
    *n = *like;
    n->o.name = arena_str(x->a, name);
    n->o.uid = STR_NONE;
    memset(&n->o.labels, 0, sizeof(n->o.labels));
    for (size_t i = 0; i < like->o.labels.count; i++) {
        struct label l = like->o.labels.items[i];
        if (str_is(l.key, "kubernetes.io/hostname"))
            l.value = n->o.name;
        *PUSH(x->a, &n->o.labels) = l;
    }
    n->metrics = NULL;
    memset(&n->pods, 0, sizeof(n->pods));
    for (size_t i = 0; i < like->pods.count; i++) {
        const struct pod *old = like->pods.items[i];
        if (!stays_on_node(old) ||
            (old->o.owners.count && str_is(old->o.owners.items[0].kind, "Node")))
            continue;
        struct pod *p = arena_new(x->a, struct pod);
        *p = *old;
        p->o.name = arena_printf(x->a, STR_FMT "-new", STR_ARG(old->o.name));
        p->spec.node_name.v = n->o.name;
        p->node = n;
        *PUSH(x->a, &n->pods) = p;
        *PUSH(x->a, &x->to->pods) = p;
    }
    *PUSH(x->a, &x->to->nodes) = n;
}

/* ---- the rest ---- */

static int edit_pdb(struct change *x, const struct edit *edit, struct err *e)
{
    ptrdiff_t at;
    FIND(at, x->to->pdbs, edit->object);
    if (at < 0)
        return err_set(e, EINVAL, "no such PodDisruptionBudget");
    struct pdb *old = x->to->pdbs.items[at], *made = arena_new(x->a, struct pdb);
    *made = *old;
    memset(&made->status, 0, sizeof(made->status)); /* of the old spec */
    x->to->pdbs.items[at] = made;
    for (size_t i = 0; i < x->to->workloads.count; i++) {
        const struct workload *w = x->to->workloads.items[i];
        for (size_t k = 0; k < w->pdbs.count; k++) {
            if (w->pdbs.items[k] != old)
                continue;
            struct workload *own = own_workload(x, i)->made;
            struct pdb **list = arena_array(x->a, struct pdb *, own->pdbs.count);
            memcpy(list, own->pdbs.items, own->pdbs.count * sizeof(*list));
            list[k] = made;
            own->pdbs.items = list;
            own->pdbs.cap = own->pdbs.count;
            w = own;
        }
    }
    return edit_apply(x->a, edit, made, e);
}

static int edit_webhook(struct change *x, const struct edit *edit, struct err *e)
{
    ptrdiff_t at;
    FIND(at, x->to->webhook_configs, edit->object);
    if (at < 0)
        return err_set(e, EINVAL, "no such webhook configuration");
    struct webhook_config *made = arena_new(x->a, struct webhook_config);
    *made = *x->to->webhook_configs.items[at];
    x->to->webhook_configs.items[at] = made;
    return edit_apply(x->a, edit, made, e);
}

int change_edit(struct change *x, const struct edit *edit, struct err *e)
{
    switch (edit->object->kind) {
    case KIND_PDB:
        return edit_pdb(x, edit, e);
    case KIND_KUBELET_CONFIGURATION:
        return edit_kubelet(x, edit, e);
    case KIND_VALIDATING_WEBHOOKS:
    case KIND_MUTATING_WEBHOOKS:
        return edit_webhook(x, edit, e);
    default:
        return edit_workload(x, edit, e);
    }
}

int change_end(struct change *x, struct cluster **ret, struct err *e)
{
    int r = remake_pods(x, e);
    for (size_t i = 0; i < x->workloads.count && r == 0; i++)
        scale(x, x->workloads.items[i]);
    if (r == 0)
        order_planned(x);
    *ret = x->to;
    return r;
}
