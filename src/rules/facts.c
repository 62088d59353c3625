/* SPDX-License-Identifier: Apache-2.0
 *
 * Facts about the rest of the cluster that rules ask for: which namespaces are seen whole, how
 * large nodes are, what is a sidecar.
 */
#include "rules/facts.h"

#include "model/resources.h"
#include "model/sidecar.h"
#include "rules/groups.h"
#include "rules/kill_order.h"
#include "rules/network.h"

/* Objects by which the input shows more of a namespace than its workloads. Metrics do not count:
 * they come along with pods. */
#define NAMESPACE_LISTS(X) \
    X(limit_ranges)        \
    X(resource_quotas)     \
    X(pdbs)                \
    X(hpas)                \
    X(services)            \
    X(endpoint_slices)     \
    X(pvcs)                \
    X(network_policies)    \
    X(cilium_policies)     \
    X(service_accounts)    \
    X(config_maps)         \
    X(vpas)                \
    X(prometheus_rules)

static void find_visible(struct facts *f, const struct cluster *c)
{
    static char seen;
    map_init(&f->visible);
    map_init(&f->populated);
    map_init(&f->live);
    for (size_t i = 0; i < c->pods.count; i++)
        if (!str_empty(c->pods.items[i]->spec.node_name.v))
            map_put(&f->live, c->pods.items[i]->o.ns, &seen);
    for (size_t i = 0; i < c->workloads.count; i++)
        map_put(&f->populated, c->workloads.items[i]->o.ns, &seen);
    for (size_t i = 0; i < c->namespaces.count; i++)
        map_put(&f->visible, c->namespaces.items[i]->o.name, &seen);
#define X(list)                                \
    for (size_t i = 0; i < c->list.count; i++) \
        map_put(&f->visible, c->list.items[i]->o.ns, &seen);
    NAMESPACE_LISTS(X)
#undef X
    for (size_t i = 0; i < c->roles.count; i++)
        if (c->roles.items[i]->o.kind == KIND_ROLE)
            map_put(&f->visible, c->roles.items[i]->o.ns, &seen);
    for (size_t i = 0; i < c->role_bindings.count; i++)
        if (c->role_bindings.items[i]->o.kind == KIND_ROLE_BINDING)
            map_put(&f->visible, c->role_bindings.items[i]->o.ns, &seen);
}

int64_t facts_node_memory_bytes(const struct node *n)
{
    if (resources_has(&n->allocatable, "memory"))
        return resources_memory_bytes(&n->allocatable);
    return resources_has(&n->capacity, "memory") ? resources_memory_bytes(&n->capacity) : INT64_MAX;
}

int64_t facts_node_cpu_milli(const struct node *n)
{
    if (resources_has(&n->allocatable, "cpu"))
        return resources_cpu_milli(&n->allocatable);
    return resources_has(&n->capacity, "cpu") ? resources_cpu_milli(&n->capacity) : INT64_MAX;
}

void facts_init(struct facts *f, const struct cluster *c, const struct check_config *config,
                struct arena *a)
{
    memset(f, 0, sizeof(*f));
    f->a = a;
    f->cluster = c;
    f->config = config;
    find_visible(f, c);
    networks_init(f);
    groups_init(f);
    bindings_init(f);
    f->kill_order = arena_new(a, struct kill_orders);
    map_init(&f->kill_order->by_workload);
    f->smallest_memory_bytes = f->smallest_cpu_milli = INT64_MAX;
    for (size_t i = 0; i < c->nodes.count; i++) {
        const struct node *n = c->nodes.items[i];
        f->smallest_memory_bytes = MIN(f->smallest_memory_bytes, facts_node_memory_bytes(n));
        f->smallest_cpu_milli = MIN(f->smallest_cpu_milli, facts_node_cpu_milli(n));
    }
}

void facts_done(struct facts *f)
{
    map_done(&f->visible);
    map_done(&f->populated);
    map_done(&f->live);
    map_done(&f->networks);
    map_done(&f->bound);
    map_done(&f->node_groups);
    map_done(&f->kubelet_groups);
    map_done(&f->kill_order->by_workload);
}

bool facts_namespace_visible(const struct facts *f, struct str ns)
{
    const struct live_cluster *live = f->cluster->live;
    return f->cluster->complete || (live && str_eq(live->ns, ns)) || map_get(&f->visible, ns);
}

bool facts_namespace_is_live(const struct facts *f, struct str ns)
{
    return map_get(&f->live, ns) != NULL;
}

bool facts_namespace_has_workloads(const struct facts *f, struct str ns)
{
    return map_get(&f->populated, ns) != NULL;
}

bool facts_has_custom_kinds(const struct facts *f)
{
    if (f->cluster->prometheuses.count > 0)
        return true;
    for (size_t i = 0; i < f->cluster->skipped.count; i++) {
        struct str version,
            group = str_cut(f->cluster->skipped.items[i].api_version, '/', &version);
        if (version.p && str_find_char(group, '.') > 0 && !str_ends(group, ".k8s.io"))
            return true;
    }
    return false;
}

bool list_has(const struct str_list *l, const char *word)
{
    for (size_t i = 0; i < l->count; i++)
        if (str_is(l->items[i], word))
            return true;
    return false;
}

bool list_matches(const struct str_list *l, const char *word)
{
    return list_has(l, "*") || list_has(l, word);
}

bool facts_image_is(const struct container *k, const char *name)
{
    return str_is(image_last_part(k->image.v), name);
}

static bool option_of(const struct str_list *words, const char *option, struct str *ret_value)
{
    for (size_t i = 0; i < words->count; i++) {
        struct str value, name = str_cut(str_trim(words->items[i]), '=', &value);
        if (!str_is(name, option))
            continue;
        bool next = !value.p && i + 1 < words->count && !str_starts(words->items[i + 1], "-");
        *ret_value = value.p ? value : next ? words->items[i + 1] : STR("");
        return true;
    }
    return false;
}

bool facts_option(const struct container *k, const char *option, struct str *ret_value,
                  struct pos *ret_at)
{
    *ret_at = pos_or(k->args_at, k->command_at);
    if (option_of(&k->args, option, ret_value))
        return true;
    if (!option_of(&k->command, option, ret_value))
        return false;
    *ret_at = k->command_at;
    return true;
}

bool facts_says(const struct container *k, const char *text)
{
    const struct str_list *lists[] = {&k->command, &k->args};
    for (size_t l = 0; l < ARRAY_LEN(lists); l++)
        for (size_t i = 0; i < lists[l]->count; i++)
            if (str_find(lists[l]->items[i], text) >= 0)
                return true;
    return false;
}

int64_t facts_peak_usage(const struct workload *w, struct str container, const struct pod **ret_pod)
{
    int64_t most_bytes = -1;
    for (size_t i = 0; i < w->pods.count; i++) {
        const struct pod_metrics *m = w->pods.items[i]->metrics;
        for (size_t n = 0; m && n < m->containers.count; n++) {
            const struct container_usage *u = &m->containers.items[n];
            if (!u->memory_set || !str_eq(u->name, container) || u->memory_bytes <= most_bytes)
                continue;
            most_bytes = u->memory_bytes;
            *ret_pod = w->pods.items[i];
        }
    }
    return most_bytes;
}

bool facts_is_sidecar(const struct rule_ctx *c, const struct container *k)
{
    /* Seen in a pod but not in the template that made it: somebody put it there. */
    if (c->injected_in)
        return k->kind != CONTAINER_INIT;
    return container_is_sidecar(&c->w->tmpl, k, &c->facts->config->sidecars);
}

/* An amount of 0 is none: the kubelet writes no limit for it, and QoS does not count it. */
static const struct resource_amount *memory_of(const struct resources *r)
{
    const struct resource_amount *m = resources_find(r, "memory");
    return m && quantity_is_zero(m->q) ? NULL : m;
}

const struct resource_amount *memory_request(const struct resource_requirements *r)
{
    return memory_of(&r->requests);
}

const struct resource_amount *memory_limit(const struct resource_requirements *r)
{
    return memory_of(&r->limits);
}

struct pod_amounts facts_pod_requests(const struct rule_ctx *c, const struct workload *w)
{
    return pod_request_amounts(c->facts->a, &w->tmpl.spec, w->pod ? &w->pod->status : NULL);
}

bool facts_is_control_plane(const struct workload *w)
{
    if (w->o.kind != KIND_POD || !str_is(w->o.ns, "kube-system"))
        return false;
    return labels_get(&w->o.annotations, "kubernetes.io/config.mirror").p ||
           str_is(labels_get(&w->o.labels, "tier"), "control-plane");
}

bool facts_is_patch(const struct workload *w)
{
    /* An object of the API server has been checked by it. */
    if (w->selector.present || !str_empty(w->o.uid))
        return false;
    const struct containers *lists[] = {&w->tmpl.spec.containers, &w->tmpl.spec.init_containers};
    for (size_t l = 0; l < ARRAY_LEN(lists); l++)
        for (size_t i = 0; i < lists[l]->count; i++)
            if (!lists[l]->items[i].image.v.p)
                return true;
    return w->tmpl.spec.containers.count == 0;
}

bool facts_is_system_namespace(struct str name)
{
    return str_starts(name, "kube-");
}

bool facts_is_job(const struct workload *w)
{
    return w->o.kind == KIND_JOB || w->o.kind == KIND_CRON_JOB;
}

bool facts_is_asked_for_probes(const struct rule_ctx *c, const struct container *k)
{
    return k->kind != CONTAINER_INIT && !facts_is_job(c->w) && c->w->o.kind != KIND_DAEMON_SET &&
           c->w->o.kind != KIND_POD;
}

static bool declares(const struct container *k, const struct service_port *p)
{
    for (size_t i = 0; i < k->ports.count; i++) {
        const struct container_port *own = &k->ports.items[i];
        int64_t number = p->target_port.type == IOS_INT ? p->target_port.i : p->port;
        if (p->target_port.type == IOS_STRING ? str_eq(own->name, p->target_port.s)
                                              : own->container_port == number)
            return true;
    }
    return false;
}

/* Nobody's requests fail when metrics are scraped a little later. What kube-rbac-proxy guards are
 * metrics. */
static bool is_for_metrics(const struct workload *w, const struct service_port *p)
{
    if (str_find(p->name, "metrics") >= 0 ||
        (p->target_port.type == IOS_STRING && str_find(p->target_port.s, "metrics") >= 0))
        return true;
    for (size_t i = 0; i < w->tmpl.spec.containers.count; i++)
        if (declares(&w->tmpl.spec.containers.items[i], p))
            return facts_image_is(&w->tmpl.spec.containers.items[i], "kube-rbac-proxy");
    return false;
}

static bool is_declared(const struct workload *w, const struct service_port *p)
{
    for (size_t i = 0; i < w->tmpl.spec.containers.count; i++)
        if (declares(&w->tmpl.spec.containers.items[i], p))
            return true;
    for (size_t i = 0; i < w->tmpl.spec.init_containers.count; i++)
        if (declares(&w->tmpl.spec.init_containers.items[i], p))
            return true;
    return false;
}

const struct service *facts_service_of(const struct workload *w, const struct container *k)
{
    bool alone = k->kind == CONTAINER_APP && w->tmpl.spec.containers.count == 1;
    for (size_t i = 0; i < w->services.count; i++) {
        const struct service *s = w->services.items[i];
        for (size_t n = 0; n < s->ports.count; n++)
            if (!is_for_metrics(w, &s->ports.items[n]) &&
                (declares(k, &s->ports.items[n]) || (alone && !is_declared(w, &s->ports.items[n]))))
                return s;
    }
    return NULL;
}

const struct service *facts_serves(const struct workload *w)
{
    for (size_t i = 0; i < w->services.count; i++) {
        const struct service *s = w->services.items[i];
        for (size_t n = 0; n < s->ports.count; n++)
            if (!is_for_metrics(w, &s->ports.items[n]))
                return s;
    }
    return NULL;
}

int64_t facts_replicas_min(const struct workload *w)
{
    switch (w->o.kind) {
    case KIND_POD:
        return 1;
    case KIND_DEPLOYMENT:
    case KIND_STATEFUL_SET:
    case KIND_REPLICA_SET:
    case KIND_REPLICATION_CONTROLLER:
        break;
    default:
        return -1;
    }
    int64_t replicas = w->replicas.set ? w->replicas.v : 1;
    /* Replicas of 0 switches an HPA off. */
    if (w->hpas.count == 0 || replicas == 0)
        return replicas;
    const struct hpa *h = w->hpas.items[0];
    return h->min_replicas.set ? h->min_replicas.v : 1;
}

static bool term_allows(const struct node_selector_term *t, const struct node *n)
{
    /* As nodeaffinity.nodeSelectorTerm: an empty term matches no node. */
    if (t->expressions.count == 0 && t->fields.count == 0)
        return false;
    for (size_t i = 0; i < t->expressions.count; i++)
        if (!requirement_matches(&t->expressions.items[i], &n->o.labels))
            return false;
    struct label name = {.key = STR("metadata.name"), .value = n->o.name};
    struct labels fields = {.items = &name, .count = 1};
    for (size_t i = 0; i < t->fields.count; i++)
        if (!requirement_matches(&t->fields.items[i], &fields))
            return false;
    return true;
}

bool facts_node_allowed(const struct pod_spec *s, const struct node *n)
{
    for (size_t i = 0; i < s->node_selector.count; i++) {
        const struct label *want = &s->node_selector.items[i];
        const struct label *have = labels_find(&n->o.labels, want->key);
        if (!have || !str_eq(have->value, want->value))
            return false;
    }
    if (!s->affinity || !s->affinity->node_required.present)
        return true;
    const struct node_selector_terms *terms = &s->affinity->node_required;
    for (size_t i = 0; i < terms->count; i++)
        if (term_allows(&terms->items[i], n))
            return true;
    return false;
}

void facts_node_room(const struct facts *f, const struct workload *w, int64_t memory_bytes,
                     int64_t cpu_milli, struct node_room *ret)
{
    memset(ret, 0, sizeof(*ret));
    int64_t best_memory_bytes = -1, best_cpu_milli = -1;
    for (size_t i = 0; i < f->cluster->nodes.count; i++) {
        const struct node *n = f->cluster->nodes.items[i];
        if (!facts_node_allowed(&w->tmpl.spec, n))
            continue;
        int64_t node_memory_bytes = facts_node_memory_bytes(n);
        int64_t node_cpu_milli = facts_node_cpu_milli(n);
        ret->allowed++;
        ret->memory_fits += memory_bytes <= node_memory_bytes;
        ret->cpu_fits += cpu_milli <= node_cpu_milli;
        ret->both_fit += memory_bytes <= node_memory_bytes && cpu_milli <= node_cpu_milli;
        if (node_memory_bytes > best_memory_bytes) {
            best_memory_bytes = node_memory_bytes;
            ret->roomiest = n;
        }
        if (node_cpu_milli > best_cpu_milli) {
            best_cpu_milli = node_cpu_milli;
            ret->most_cpu = n;
        }
    }
}

const struct workload *facts_also_selected(const struct rule_ctx *c, const struct workload *w)
{
    for (size_t i = 0; i < c->cluster->workloads.count; i++) {
        const struct workload *other = c->cluster->workloads.items[i];
        if (other != w && other->judged && str_eq(other->o.ns, w->o.ns) &&
            selector_matches(&w->selector, &other->tmpl.labels))
            return other;
    }
    return NULL;
}
