/* SPDX-License-Identifier: Apache-2.0
 *
 * Links a cluster after the last object was read: identities, owners, nodes, usage, and which
 * policies cover which workload. Rules and analyses read the links and never search.
 */
#include "model/cluster.h"

enum { LONGEST_OWNER_CHAIN = 16 };

/* Names have at most 253 characters (RFC 1123 subdomain), namespaces 63; those of broken input may be
 * longer. */
struct key {
    char text[512];
    size_t n;
};

static void key_add(struct key *k, struct str part)
{
    size_t n = MIN(part.n, sizeof(k->text) - k->n);
    if (n)
        memcpy(k->text + k->n, part.p, n);
    k->n += n;
}

static struct str key_str(const struct key *k)
{
    return (struct str){k->text, k->n};
}

/* "Kind/namespace/name" in text; false: too long. */
static bool object_key(struct key *k, enum kind kind, struct str kind_text, struct str ns,
                       struct str name)
{
    struct str known = str_of(kind_name(kind));
    k->n = 0;
    key_add(k, known.n ? known : kind_text);
    key_add(k, STR("/"));
    key_add(k, ns);
    key_add(k, STR("/"));
    key_add(k, name);
    return k->n < sizeof(k->text);
}

struct object *cluster_find(const struct cluster *c, enum kind kind, struct str ns, struct str name)
{
    struct key k;
    return object_key(&k, kind, STR(""), ns, name) ? map_get(&c->by_key, key_str(&k)) : NULL;
}

struct node *cluster_find_node(const struct cluster *c, struct str name)
{
    return (struct node *)cluster_find(c, KIND_NODE, STR(""), name);
}

struct namespace_ *cluster_find_namespace(const struct cluster *c, struct str name)
{
    return (struct namespace_ *)cluster_find(c, KIND_NAMESPACE, STR(""), name);
}

/* ---- identities ---- */

static void note_same(struct cluster *c, const struct object *first, const struct object *second)
{
    struct problem *p = PUSH(c->arena, &c->problems);
    *p = (struct problem){
        .type = PROBLEM_SAME_OBJECT, .at = second->at, .other = first->at, .object = second};
    p->file = second->source ? second->source->name : STR_NONE;
    p->message =
        arena_printf(c->arena, STR_FMT " " STR_FMT " is given twice, first in " STR_FMT ":%u",
                     STR_ARG(second->kind_text), STR_ARG(second->name),
                     STR_ARG(first->source ? first->source->name : STR("")), first->at.line);
}

/* True: one of this name was there. */
static bool index_object(struct cluster *c, struct object *o)
{
    struct key k;
    struct str key;
    if (object_key(&k, o->kind, o->kind_text, o->ns, o->name))
        key = arena_str(c->arena, key_str(&k));
    else
        key = arena_printf(c->arena, "%s/" STR_FMT "/" STR_FMT, kind_name(o->kind), STR_ARG(o->ns),
                           STR_ARG(o->name));
    struct object *old = map_put(&c->by_key, key, o);
    bool same = old && o->name.n && old != o;
    if (same)
        note_same(c, old, o);
    return same;
}

/* A later object with the same identity replaces a recorded one: a pod cannot run twice. */
static bool is_replaced(const struct cluster *c, const struct object *o)
{
    const struct object *found = cluster_find(c, o->kind, o->ns, o->name);
    /* NULL: the name is longer than any that cluster_find() looks for. */
    return o->name.n && found && found != o;
}

#define DROP_REPLACED(c, list)                                \
    do {                                                      \
        size_t kept = 0;                                      \
        for (size_t i = 0; i < (c)->list.count; i++)          \
            if (!is_replaced((c), &(c)->list.items[i]->o))    \
                (c)->list.items[kept++] = (c)->list.items[i]; \
        (c)->list.count = kept;                               \
    } while (0)

static void index_all(struct cluster *c)
{
    bool same = false;
#define X(type, list)                          \
    for (size_t i = 0; i < c->list.count; i++) \
        same |= index_object(c, &c->list.items[i]->o);
    CLUSTER_LISTS(X)
#undef X
    map_freeze(&c->by_key, c->arena);
    if (!same)
        return;
    DROP_REPLACED(c, nodes);
    DROP_REPLACED(c, pods);
    DROP_REPLACED(c, pod_metrics);
    DROP_REPLACED(c, node_metrics);
}

static bool is_of_namespace(const struct object *o, struct str ns)
{
    return str_eq(o->kind == KIND_NAMESPACE ? o->name : o->ns, ns);
}

bool cluster_has_namespace(const struct cluster *c, struct str name)
{
#define X(type, list)                                    \
    for (size_t i = 0; i < c->list.count; i++)           \
        if (is_of_namespace(&c->list.items[i]->o, name)) \
            return true;
    CLUSTER_LISTS(X)
#undef X
    return false;
}

/* ---- owners ---- */

static const struct owner_ref *controller_of(const struct object *o)
{
    for (size_t i = 0; i < o->owners.count; i++)
        if (o->owners.items[i].controller)
            return &o->owners.items[i];
    /* Recordings that were cut down by hand often lose the flag. */
    return o->owners.count == 1 ? &o->owners.items[0] : NULL;
}

static bool is_workload(const struct object *o)
{
    switch (o->kind) {
    case KIND_DEPLOYMENT:
    case KIND_STATEFUL_SET:
    case KIND_DAEMON_SET:
    case KIND_REPLICA_SET:
    case KIND_REPLICATION_CONTROLLER:
    case KIND_JOB:
    case KIND_CRON_JOB:
    case KIND_OTHER_WORKLOAD:
        return true;
    default:
        return false;
    }
}

static struct workload *find_owner(struct cluster *c, const struct object *o,
                                   const struct owner_ref *ref)
{
    enum kind kind = kind_find(ref->api_version, ref->kind);
    if (kind == KIND_UNKNOWN)
        kind = KIND_OTHER_WORKLOAD;
    struct key k;
    struct object *found =
        object_key(&k, kind, ref->kind, o->ns, ref->name) ? map_get(&c->by_key, key_str(&k)) : NULL;
    if (!found || !is_workload(found))
        return NULL;
    if (ref->uid.n && found->uid.n && !str_eq(ref->uid, found->uid))
        return NULL;
    return (struct workload *)found;
}

static void link_workload_owners(struct cluster *c)
{
    for (size_t i = 0; i < c->workloads.count; i++) {
        struct workload *w = c->workloads.items[i];
        const struct owner_ref *ref = controller_of(&w->o);
        w->owner = ref ? find_owner(c, &w->o, ref) : NULL;
        if (w->owner == w)
            w->owner = NULL;
    }
}

/* The highest owner that is present; a cycle ends where the chain gets too long. */
static struct workload *top_of(struct workload *w)
{
    for (int i = 0; w->owner && i < LONGEST_OWNER_CHAIN; i++)
        w = w->owner;
    return w;
}

/* ---- pods ---- */

/* A Pod as the workload that rules and inspect look at. */
static struct workload *wrap_pod(struct cluster *c, struct pod *p)
{
    struct workload *w = arena_new(c->arena, struct workload);
    w->o = p->o;
    w->pod = p;
    w->tmpl.at = p->o.at;
    w->tmpl.labels = p->o.labels;
    w->tmpl.annotations = p->o.annotations;
    w->tmpl.spec = p->spec;
    w->template_path = STR("spec");
    w->judged = true;
    *PUSH(c->arena, &c->workloads) = w;
    return w;
}

/* Pods whose owner is not in the input are judged once per owner, at the first of them. */
static struct workload *orphan_top(struct cluster *c, struct map *orphans, struct pod *p,
                                   const struct owner_ref *ref)
{
    struct str key = arena_printf(c->arena, STR_FMT "/" STR_FMT "/" STR_FMT, STR_ARG(ref->kind),
                                  STR_ARG(p->o.ns), STR_ARG(ref->name));
    struct workload *w = map_get(orphans, key);
    if (w)
        return w;
    w = wrap_pod(c, p);
    map_put(orphans, key, w);
    return w;
}

struct dangling {
    size_t owners, nodes;
    const struct pod *first_orphan, *first_lost;
    const struct owner_ref *first_owner;
};

/* Of a live cluster an owner of a known kind is one that the verb has no use for, that may not be
 * listed (which is said), or that has just gone. */
static void note_orphan(const struct cluster *c, const struct pod *p, const struct owner_ref *ref,
                        struct dangling *d)
{
    if (c->live && kind_find(ref->api_version, ref->kind) != KIND_UNKNOWN)
        return;
    d->owners++;
    if (!d->first_orphan) {
        d->first_orphan = p;
        d->first_owner = ref;
    }
}

static void link_pod(struct cluster *c, struct pod *p, struct map *orphans, struct dangling *d)
{
    const struct owner_ref *ref = controller_of(&p->o);
    /* A mirror pod is owned by its node; it stands for itself. */
    bool owned = ref && !str_is(ref->kind, "Node");
    p->controller = owned ? find_owner(c, &p->o, ref) : NULL;
    if (p->controller) {
        p->owner = top_of(p->controller);
    } else if (owned) {
        note_orphan(c, p, ref, d);
        p->owner = orphan_top(c, orphans, p, ref);
    } else {
        p->owner = wrap_pod(c, p);
    }
    *PUSH(c->arena, &p->owner->pods) = p;

    if (p->spec.node_name.v.n) {
        p->node = cluster_find_node(c, p->spec.node_name.v);
        if (p->node) {
            *PUSH(c->arena, &p->node->pods) = p;
        } else if (c->nodes.count) {
            d->nodes++;
            if (!d->first_lost)
                d->first_lost = p;
        }
    }
    p->metrics = (const struct pod_metrics *)cluster_find(c, KIND_POD_METRICS, p->o.ns, p->o.name);
}

static void note_dangling(struct cluster *c, const struct pod *p, struct str message)
{
    struct problem *problem = PUSH(c->arena, &c->problems);
    *problem = (struct problem){
        .type = PROBLEM_DANGLING, .at = p->o.at, .object = &p->o, .message = message};
    problem->file = p->o.source ? p->o.source->name : STR_NONE;
}

static void link_pods(struct cluster *c)
{
    struct dangling d = {0};
    CLEANUP(map_done) struct map orphans;
    map_init(&orphans);
    for (size_t i = 0; i < c->pods.count; i++)
        link_pod(c, c->pods.items[i], &orphans, &d);
    if (d.owners)
        note_dangling(c, d.first_orphan,
                      arena_printf(c->arena,
                                   "%zu pod%s owned by something that %s "
                                   "(first: " STR_FMT "/" STR_FMT " of " STR_FMT " " STR_FMT ")",
                                   d.owners, d.owners == 1 ? " is" : "s are",
                                   c->live ? "plimsoll does not read" : "is not in the input",
                                   STR_ARG(d.first_orphan->o.ns), STR_ARG(d.first_orphan->o.name),
                                   STR_ARG(d.first_owner->kind), STR_ARG(d.first_owner->name)));
    if (d.nodes)
        note_dangling(c, d.first_lost,
                      arena_printf(c->arena,
                                   "%zu pod%s on a node that is not in the input "
                                   "(first: " STR_FMT "/" STR_FMT " on " STR_FMT ")",
                                   d.nodes, d.nodes == 1 ? " is" : "s are",
                                   STR_ARG(d.first_lost->o.ns), STR_ARG(d.first_lost->o.name),
                                   STR_ARG(d.first_lost->spec.node_name.v)));
}

/* ---- policies ---- */

/* Which selectors of a namespace ask for a label. Each is entered under one pair that it wants, so
 * that a set of labels is compared only with selectors that may match it: matching stays linear in
 * pods however many budgets there are. */
struct asked {
    struct map by_pair; /* "ns key=value" -> struct owners; "ns" -> those that name no pair */
};
struct owners {
    LIST_OF(struct object *) objects; /* PDBs or Services */
};

/* Key 253 + 1 + 63 characters, value 63; a pair that does not fit is taken as far as it does, so
 * that it meets more, never less. */
static struct str pair_key(struct key *k, struct str ns, const struct label *l)
{
    k->n = 0;
    key_add(k, ns);
    if (l) {
        key_add(k, STR(" "));
        key_add(k, l->key);
        key_add(k, STR("="));
        key_add(k, l->value);
    }
    return key_str(k);
}

static void asked_add(struct cluster *c, struct asked *x, struct object *o,
                      const struct label *pair)
{
    struct key k;
    struct str key = pair_key(&k, o->ns, pair);
    struct owners *l = map_get(&x->by_pair, key);
    if (!l) {
        l = arena_new(c->arena, struct owners);
        map_put(&x->by_pair, arena_str(c->arena, key), l);
    }
    *PUSH(c->arena, &l->objects) = o;
}

static bool service_selects(const struct service *s, const struct labels *l)
{
    for (size_t i = 0; i < s->selector.count; i++) {
        const struct label *found = labels_find(l, s->selector.items[i].key);
        if (!found || !str_eq(found->value, s->selector.items[i].value))
            return false;
    }
    return s->selector.count > 0;
}

/* A selector meets the labels of a workload's template (w) or of a pod (w is NULL). */
static void meet(struct cluster *c, struct object *o, struct workload *w,
                 const struct labels *labels)
{
    if (o->kind == KIND_SERVICE) {
        struct service *s = (struct service *)o;
        if (w && service_selects(s, labels))
            *PUSH(c->arena, &w->services) = s;
        return;
    }
    struct pdb *p = (struct pdb *)o;
    if (!selector_matches(&p->selector, labels))
        return;
    if (!w) {
        p->pods_matched++;
        return;
    }
    *PUSH(c->arena, &w->pdbs) = p;
    *PUSH(c->arena, &p->workloads) = w;
}

static void meet_all(struct cluster *c, const struct asked *x, struct str ns, struct workload *w,
                     const struct labels *labels)
{
    struct key k;
    for (size_t i = 0; i <= labels->count; i++) {
        const struct label *pair = i < labels->count ? &labels->items[i] : NULL;
        const struct owners *l = map_get(&x->by_pair, pair_key(&k, ns, pair));
        for (size_t j = 0; l && j < l->objects.count; j++)
            meet(c, l->objects.items[j], w, labels);
    }
}

static void link_selectors(struct cluster *c)
{
    struct asked x;
    map_init(&x.by_pair);
    for (size_t i = 0; i < c->pdbs.count; i++) {
        struct pdb *p = c->pdbs.items[i];
        const struct labels *pairs = &p->selector.match_labels;
        asked_add(c, &x, &p->o, pairs->count ? &pairs->items[0] : NULL);
    }
    for (size_t i = 0; i < c->services.count; i++) {
        struct service *s = c->services.items[i];
        if (s->selector.count)
            asked_add(c, &x, &s->o, &s->selector.items[0]);
    }
    for (size_t i = 0; i < c->workloads.count; i++)
        if (c->workloads.items[i]->judged)
            meet_all(c, &x, c->workloads.items[i]->o.ns, c->workloads.items[i],
                     &c->workloads.items[i]->tmpl.labels);
    for (size_t i = 0; c->pdbs.count && i < c->pods.count; i++)
        meet_all(c, &x, c->pods.items[i]->o.ns, NULL, &c->pods.items[i]->o.labels);
    map_done(&x.by_pair);
}

static struct workload *find_target(struct cluster *c, struct str ns, struct str kind,
                                    struct str name)
{
    struct owner_ref ref = {.kind = kind, .name = name};
    static const char *const groups[] = {"apps/v1", "v1", "batch/v1"};
    struct object at = {.ns = ns};
    for (size_t i = 0; i < ARRAY_LEN(groups); i++) {
        ref.api_version = str_of(groups[i]);
        struct workload *w = find_owner(c, &at, &ref);
        if (w)
            return w;
    }
    return NULL;
}

static void link_scalers(struct cluster *c)
{
    for (size_t i = 0; i < c->hpas.count; i++) {
        struct hpa *h = c->hpas.items[i];
        h->target = find_target(c, h->o.ns, h->target_kind, h->target_name);
        if (h->target)
            *PUSH(c->arena, &h->target->hpas) = h;
    }
    for (size_t i = 0; i < c->vpas.count; i++) {
        struct vpa *v = c->vpas.items[i];
        v->target = find_target(c, v->o.ns, v->target_kind, v->target_name);
        if (v->target)
            *PUSH(c->arena, &v->target->vpas) = v;
    }
}

/* Files that are laid over a cluster: kubectl would refuse what lies in a namespace that neither has. */
static void note_no_namespace(struct cluster *c, const struct workload *first, size_t count)
{
    if (count == 0 || !c->overlaid || c->namespaces.count == 0 || c->live->ns.n ||
        (c->unlisted_kinds & KIND_BIT(NAMESPACE)))
        return;
    struct problem *p = PUSH(c->arena, &c->problems);
    *p = (struct problem){.type = PROBLEM_DANGLING, .at = first->o.at, .object = &first->o};
    p->file = first->o.source ? first->o.source->name : STR_NONE;
    p->message =
        arena_printf(c->arena,
                     "%zu workload%s in a namespace that neither the cluster nor the files "
                     "have (first: " STR_FMT " " STR_FMT "/" STR_FMT ")",
                     count, count == 1 ? " is" : "s are", STR_ARG(first->o.kind_text),
                     STR_ARG(first->o.ns), STR_ARG(first->o.name));
}

static void link_namespaces(struct cluster *c)
{
    const struct workload *lost = NULL;
    size_t lost_count = 0;
    for (size_t i = 0; i < c->workloads.count; i++) {
        struct workload *w = c->workloads.items[i];
        if (!w->pod)
            w->judged = !w->owner;
        w->ns = cluster_find_namespace(c, w->o.ns);
        if (w->judged && w->ns)
            *PUSH(c->arena, &w->ns->workloads) = w;
        if (w->judged && !w->ns && lost_count++ == 0)
            lost = w;
    }
    note_no_namespace(c, lost, lost_count);
#define TO_NAMESPACE(from, to)                                                     \
    for (size_t i = 0; i < c->from.count; i++) {                                   \
        struct namespace_ *ns = cluster_find_namespace(c, c->from.items[i]->o.ns); \
        if (ns)                                                                    \
            *PUSH(c->arena, &ns->to) = c->from.items[i];                           \
    }
    TO_NAMESPACE(limit_ranges, limit_ranges)
    TO_NAMESPACE(resource_quotas, quotas)
    TO_NAMESPACE(network_policies, network_policies)
#undef TO_NAMESPACE
}

/* ---- nodes ---- */

static void link_nodes(struct cluster *c)
{
    const struct kubelet_config *for_all = NULL;
    struct map by_node;
    map_init(&by_node);
    for (size_t i = 0; i < c->kubelet_configs.count; i++) {
        struct kubelet_config *k = c->kubelet_configs.items[i];
        if (k->node.n)
            map_put(&by_node, k->node, k);
        else
            for_all = k;
    }
    for (size_t i = 0; i < c->nodes.count; i++) {
        struct node *n = c->nodes.items[i];
        const struct kubelet_config *own = map_get(&by_node, n->o.name);
        n->kubelet = own ? own : for_all;
        n->metrics =
            (const struct node_metrics *)cluster_find(c, KIND_NODE_METRICS, STR(""), n->o.name);
    }
    map_done(&by_node);
}

/* What a snapshot has not seen is as unknown as it was then. Whether all of it is of one namespace. */
static bool read_recordings(struct cluster *c)
{
    bool part = false;
    for (size_t i = 0; i < c->recordings.count; i++) {
        const struct recording *r = c->recordings.items[i];
        part = part || r->ns.n > 0;
        for (size_t n = 0; n < r->unlisted.count; n++) {
            const struct unlisted_kind *u = &r->unlisted.items[n];
            if (u->kind != KIND_UNKNOWN)
                c->unlisted_kinds |= (uint64_t)1 << u->kind;
            if (u->resource.n)
                *PUSH(c->arena, &c->unlisted) = *u;
        }
    }
    return part;
}

void cluster_resolve(struct cluster *c)
{
    if (read_recordings(c) || (c->live && c->live->ns.p))
        c->complete = false;
    else
        c->complete = c->complete || c->live || c->nodes.count > 0;
    index_all(c);
    link_workload_owners(c);
    link_pods(c);
    link_namespaces(c);
    link_selectors(c);
    link_scalers(c);
    link_nodes(c);
}
