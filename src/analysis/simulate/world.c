/* SPDX-License-Identifier: Apache-2.0
 *
 * The world as runs share it: nodes with their memory bounds, pods with their containers' usage,
 * workloads with what must stay healthy. Pods that wait are placed by the scheduler model first.
 */
#include "analysis/pod_facts.h"
#include "analysis/schedule/schedule.h"
#include "analysis/simulate/internal.h"
#include "base/sat.h"
#include "model/allocatable.h"
#include "model/in_force.h"
#include "model/oom_score.h"
#include "model/requests.h"

void sim_options_default(struct sim_options *ret)
{
    *ret = (struct sim_options){
        .unaccounted_permyriad = 300,
        .surge_permyriad = FACTOR_ONE,
        .start_ms = 10 * 1000,
        .warm_ms = 60 * 1000,
        .until_ms = 3600 * 1000,
    };
}

/* ---- nodes ---- */

static bool node_is_ready(const struct node *n)
{
    for (size_t i = 0; i < n->conditions.count; i++)
        if (str_is(n->conditions.items[i].type, "Ready"))
            return str_is(n->conditions.items[i].status, "True");
    return true;
}

static uint32_t zone_of(struct arena *a, struct sim_world *w, const struct node *n)
{
    struct str name = labels_get(&n->o.labels, "topology.kubernetes.io/zone");
    if (!name.n)
        name = labels_get(&n->o.labels, "failure-domain.beta.kubernetes.io/zone");
    if (!name.n)
        return 0;
    for (uint32_t i = 1; i < w->zone_count; i++)
        if (str_eq(w->zones[i], name))
            return i;
    struct str *zones = arena_array(a, struct str, w->zone_count + 1);
    memcpy(zones, w->zones, w->zone_count * sizeof(*zones));
    zones[w->zone_count] = name;
    w->zones = zones;
    return w->zone_count++;
}

static void build_nodes(struct arena *a, struct sim_world *w, const struct schedule *s)
{
    CLEANUP(arena_done) struct arena scratch;
    arena_init(&scratch);
    w->zones = arena_array(a, struct str, 1);
    w->zones[0] = STR("");
    w->zone_count = 1;
    w->node_count = schedule_node_count(s);
    w->nodes = arena_array(a, struct sim_node, w->node_count);
    for (uint32_t i = 0; i < w->node_count; i++) {
        struct sim_node *n = &w->nodes[i];
        n->node = schedule_node(s, i);
        n->capacity = MIN(resources_memory_bytes(&n->node->capacity), SIM_USAGE_MAX);
        n->allocatable = MIN(resources_memory_bytes(&n->node->allocatable), SIM_USAGE_MAX);
        if (n->capacity <= 0)
            n->capacity = n->allocatable;
        n->kubepods = n->node->kubelet ? node_kubepods_memory_bytes(&scratch, n->node) : 0;
        if (n->kubepods >= n->capacity)
            n->kubepods = 0;
        n->evict_below = eviction_hard_memory_bytes(&scratch, n->node->kubelet, n->capacity);
        n->unaccounted = n->capacity / FACTOR_ONE * w->options.unaccounted_permyriad;
        if (w->options.node_pressure == NODE_PRESSURE_THRASH)
            n->thrash_below = n->evict_below;
        n->zone = zone_of(a, w, n->node);
        n->first_pod = NO_POD;
        n->planned = n->node->planned;
        n->usable = n->capacity > 0 && node_is_ready(n->node) && !n->planned;
        w->planned_nodes += n->planned > 0;
        arena_reset(&scratch);
    }
}

/* ---- workloads ---- */

static int pointer_order(const void *a, const void *b)
{
    uintptr_t x = (uintptr_t)((const struct owner_index *)a)->workload;
    uintptr_t y = (uintptr_t)((const struct owner_index *)b)->workload;
    return (x > y) - (x < y);
}

struct str sim_workload_name(struct arena *a, const struct workload *w)
{
    const struct object *o = &w->o;
    struct str kind = o->kind_text.n ? o->kind_text : str_of(kind_name(o->kind));
    struct str name = o->name;
    /* Pods whose owner is not in the input go by the owner's name. */
    if (w->pod) {
        const struct owner_ref *ref = sim_controller_ref(&w->pod->o);
        if (ref && !str_is(ref->kind, "Node")) {
            kind = ref->kind;
            name = ref->name;
        }
    }
    return arena_printf(a, STR_FMT " " STR_FMT "/" STR_FMT, STR_ARG(kind), STR_ARG(o->ns),
                        STR_ARG(name));
}

static struct owner_index *build_workloads(struct arena *a, struct sim_world *w)
{
    const struct cluster *c = w->cluster;
    w->workload_count = (uint32_t)c->workloads.count;
    w->workloads = arena_array(a, struct sim_workload, w->workload_count);
    struct owner_index *index = arena_array(a, struct owner_index, w->workload_count);
    for (uint32_t i = 0; i < w->workload_count; i++) {
        w->workloads[i].workload = c->workloads.items[i];
        index[i] = (struct owner_index){c->workloads.items[i], i};
    }
    qsort(index, w->workload_count, sizeof(*index), pointer_order);
    return index;
}

static uint32_t find_workload(const struct sim_world *w, const struct owner_index *index,
                              const struct workload *owner)
{
    struct owner_index key = {owner, 0};
    const struct owner_index *found =
        bsearch(&key, index, w->workload_count, sizeof(*index), pointer_order);
    return found ? found->at : 0;
}

/* ---- pods ---- */

const struct owner_ref *sim_controller_ref(const struct object *o)
{
    for (size_t i = 0; i < o->owners.count; i++)
        if (o->owners.items[i].controller)
            return &o->owners.items[i];
    return o->owners.count == 1 ? &o->owners.items[0] : NULL;
}

static enum sim_controller controller_type(const struct pod *p)
{
    const struct owner_ref *ref = sim_controller_ref(&p->o);
    enum kind k = p->controller ? p->controller->o.kind : KIND_UNKNOWN;
    if (!p->controller && !ref)
        return CONTROLLER_NONE;
    if (k == KIND_STATEFUL_SET || (ref && str_is(ref->kind, "StatefulSet")))
        return CONTROLLER_STATEFUL;
    if (k == KIND_DAEMON_SET || (ref && str_is(ref->kind, "DaemonSet")))
        return CONTROLLER_DAEMON;
    if (ref && str_is(ref->kind, "Node"))
        return CONTROLLER_NONE;
    return CONTROLLER_REPLACES;
}

/* The least tolerationSeconds for unreachable:NoExecute, as tainteviction/taint_eviction.go
 * getMinTolerationTime; -1 = for ever. Without any, admission DefaultTolerationSeconds gives 300 s
 * to a pod that has not been through it. */
static int64_t toleration_ms(const struct pod *p, enum sim_controller controller)
{
    const struct tolerations *t = &p->spec.tolerations;
    int64_t least = -1;
    bool tolerated = false;
    if (controller == CONTROLLER_DAEMON || pod_is_mirror(p) || pod_is_static(p))
        return -1;
    for (size_t i = 0; i < t->count; i++) {
        const struct toleration *x = &t->items[i];
        bool exists = str_is(x->op, "Exists");
        bool key = x->key.n ? str_is(x->key, "node.kubernetes.io/unreachable") : exists;
        bool value = exists || x->value.n == 0;
        bool effect = x->effect.n == 0 || str_is(x->effect, "NoExecute");
        if (!key || !value || !effect)
            continue;
        tolerated = true;
        int64_t ms = MAX(sat_mul(x->seconds.v, 1000), 0);
        if (x->seconds.set && (least < 0 || ms < least))
            least = ms;
    }
    if (tolerated)
        return least;
    return p->o.uid.n ? 0 : 300 * 1000;
}

static bool pod_is_ready(const struct pod *p)
{
    for (size_t i = 0; i < p->status.conditions.count; i++)
        if (str_is(p->status.conditions.items[i].type, "Ready"))
            return str_is(p->status.conditions.items[i].status, "True");
    return true;
}

static bool is_of_job(const struct pod *p)
{
    const struct owner_ref *ref = sim_controller_ref(&p->o);
    return ref && str_is(ref->kind, "Job");
}

static int64_t backoff_limit(const struct pod *p)
{
    enum { DEFAULT = 6 };
    const struct workload *w = p->controller;
    return w && w->backoff_limit.set ? MAX(w->backoff_limit.v, 0) : DEFAULT;
}

static int64_t memory_limit(const struct resources *limits)
{
    const struct resource_amount *m = resources_find(limits, "memory");
    return m ? MAX(quantity_value(m->q), 0) : 0;
}

/* Limits as the kubelet enforces them; a container without one has the pod's. */
static void add_containers(struct sim_world *w, struct sim_pod *p, const struct containers *list,
                           const struct containers *granted)
{
    for (size_t i = 0; i < list->count; i++) {
        if (list == &p->pod->spec.init_containers && list->items[i].kind != CONTAINER_SIDECAR)
            continue;
        struct sim_container *x = &w->containers[w->container_count++];
        x->container = &list->items[i];
        x->granted = &granted->items[i];
        x->limit = memory_limit(&x->granted->resources.limits);
        if (!x->limit)
            x->limit = p->limit;
        p->container_count++;
    }
}

/* podautoscaler/replica_calculator.go calculatePodLevelRequests: of the spec, whatever is granted. */
static void level_requests(struct sim_pod *p, struct arena *scratch)
{
    const struct pod_spec *spec = &p->pod->spec;
    p->level_request_bytes = p->level_request_milli = -1;
    if (!pod_level_requests_set(spec))
        return;
    struct pod_amounts all = pod_request_amounts(scratch, spec, NULL);
    p->level_request_bytes = all.memory_bytes;
    p->level_request_milli = all.cpu_milli;
}

struct building {
    struct arena *a, scratch;
    const struct schedule *schedule;
    const struct owner_index *index;
};

static void build_pod(struct sim_world *w, struct building *b, uint32_t i)
{
    const struct schedule *s = b->schedule;
    struct sim_pod *p = &w->pods[i];
    struct eviction_candidate rank = {0};
    p->pod = schedule_pod(s, i);
    p->controller = controller_type(p->pod);
    p->workload = find_workload(w, b->index, p->pod->owner);
    p->node = schedule_pod_node(s, i);
    p->tolerates_ms = toleration_ms(p->pod, p->controller);
    p->granted = pod_spec_in_force(b->a, p->pod);
    p->limit = memory_limit(&p->granted->resources.limits);
    level_requests(p, &b->scratch);
    p->next = p->prev = NO_POD;
    eviction_candidate_of(&b->scratch, p->pod, &rank);
    p->priority = schedule_pod_priority(s, i);
    p->planned = p->pod->planned;
    w->planned_pods += p->planned > 0;
    p->slot = i;
    p->request = quantity_value(rank.request);
    p->critical = rank.critical;
    p->is_static = pod_is_mirror(p->pod) || pod_is_static(p->pod);
    p->ends = str_is(p->pod->spec.restart_policy.v, "Never");
    p->of_job = is_of_job(p->pod);
    p->backoff_limit = backoff_limit(p->pod);
    p->container = w->container_count;
    add_containers(w, p, &p->pod->spec.containers, &p->granted->containers);
    p->apps = p->container_count;
    add_containers(w, p, &p->pod->spec.init_containers, &p->granted->init_containers);
    arena_reset(&b->scratch);
}

static void build_pods(struct arena *a, struct sim_world *w, const struct schedule *s,
                       const struct owner_index *index)
{
    struct building b = {.a = a, .schedule = s, .index = index};
    arena_init(&b.scratch);
    w->pod_count = schedule_pod_count(s);
    w->pods = arena_array(a, struct sim_pod, w->pod_count);
    size_t containers = 0;
    for (uint32_t i = 0; i < w->pod_count; i++) {
        const struct pod_spec *spec = &schedule_pod(s, i)->spec;
        containers += spec->containers.count + spec->init_containers.count;
    }
    w->containers = arena_array(a, struct sim_container, containers);
    for (uint32_t i = 0; i < w->pod_count; i++) {
        build_pod(w, &b, i);
        w->lowest_priority = i ? MIN(w->lowest_priority, w->pods[i].priority) : w->pods[i].priority;
    }
    arena_done(&b.scratch);
}

/* One round over what waits, in the order of the scheduling queue. */
static uint32_t place_round(struct sim_world *w, struct schedule *s, struct arena *scratch)
{
    uint32_t count = 0, left = 0;
    const uint32_t *queue = schedule_queue(s, scratch, &count);
    uint8_t *full = arena_array(scratch, uint8_t, schedule_class_count(s));
    for (uint32_t i = 0; i < count; i++) {
        uint32_t p = queue[i], class_ = schedule_pod_class(s, p);
        if (w->pods[p].planned)
            continue;
        int32_t node = full[class_] ? NO_NODE : schedule_place(s, p);
        if (node == NO_NODE) {
            full[class_] = 1;
            left++;
            continue;
        }
        schedule_assume_volumes(s, p, (uint32_t)node);
        schedule_bind(s, p, (uint32_t)node);
        w->pods[p].node = node;
        w->placed++;
    }
    return left;
}

/* Time 0: what waits is placed, in a further round what had to wait for a volume. Where a pod runs
 * its volumes are, whatever its claims say. */
static void place_pending(struct sim_world *w, struct schedule *s)
{
    CLEANUP(arena_done) struct arena scratch;
    arena_init(&scratch);
    for (uint32_t i = 0; i < w->pod_count; i++)
        if (w->pods[i].node != NO_INDEX32)
            schedule_assume_volumes(s, i, (uint32_t)w->pods[i].node);
    (void)schedule_make_volumes(s);
    do {
        w->pending = place_round(w, s, &scratch);
    } while (schedule_make_volumes(s) && w->pending);
    w->settled = s;
}

/* Where a planned pod comes in place of one: they are at the end. */
static void find_slots(struct sim_world *w)
{
    for (uint32_t i = w->pod_count; i-- > 0 && w->pods[i].planned;)
        for (uint32_t p = 0; p < i; p++)
            if (w->pods[p].pod == w->pods[i].pod->replaces)
                w->pods[i].slot = p;
}

static void link_pods(struct sim_world *w)
{
    for (uint32_t i = w->pod_count; i-- > 0;) {
        struct sim_pod *p = &w->pods[i];
        struct sim_workload *x = &w->workloads[p->workload];
        if (p->planned)
            continue;
        x->replicas++;
        if (p->node == NO_INDEX32)
            continue;
        struct sim_node *n = &w->nodes[p->node];
        p->ready = n->usable && pod_is_ready(p->pod);
        x->healthy += p->ready;
        p->next = n->first_pod;
        if (p->next != NO_POD)
            w->pods[p->next].prev = i;
        n->first_pod = i;
    }
}

/* By counting: pods stay in the order of their numbers. */
static void index_workload_pods(struct arena *a, struct sim_world *w)
{
    uint32_t *first = arena_array(a, uint32_t, w->workload_count + 1);
    w->workload_pods = arena_array(a, uint32_t, w->pod_count);
    for (uint32_t i = 0; i < w->pod_count; i++)
        first[w->pods[i].workload]++;
    for (uint32_t i = 0, sum = 0; i <= w->workload_count; i++) {
        uint32_t own = i < w->workload_count ? first[i] : 0;
        first[i] = sum += own;
    }
    for (uint32_t i = w->pod_count; i-- > 0;)
        w->workload_pods[--first[w->pods[i].workload]] = i;
    w->workload_first = first;
}

/* The nodes of a group are one after the other. */
static void find_groups(struct arena *a, struct sim_world *w)
{
    for (uint32_t i = 0; i < w->node_count; i++) {
        struct sim_node *n = &w->nodes[i];
        if (!n->planned)
            continue;
        while (w->groups.count < n->planned)
            PUSH(a, &w->groups)->first = i;
        struct sim_group_of_nodes *g = &w->groups.items[n->planned - 1];
        const struct scenario_node_group *from = &w->options.node_groups.items[n->planned - 1];
        struct str like =
            str_starts(from->like, "node/") ? str_sub(from->like, 5, from->like.n) : from->like;
        g->like = (uint32_t)sim_find_node(w, like);
        g->count++;
        g->ready_after_ms = from->ready_after_ms;
        n->system = w->nodes[g->like].system;
    }
}

int sim_world_new(struct arena *a, const struct cluster *c, const struct sim_options *o,
                  struct sim_world **ret, struct err *e)
{
    struct sim_world *w = arena_new(a, struct sim_world);
    w->cluster = c;
    w->options = *o;
    size_t usable = 0;
    for (size_t i = 0; i < c->nodes.count; i++)
        usable += resources_memory_bytes(&c->nodes.items[i]->allocatable) > 0 &&
                  node_is_ready(c->nodes.items[i]);
    if (!usable)
        return err_set(e, ENODATA,
                       "no usable node among %zu: simulate needs Nodes with allocatable memory "
                       "that are Ready",
                       c->nodes.count);
    struct schedule *s = schedule_new(a, c);
    build_nodes(a, w, s);
    const struct owner_index *index = build_workloads(a, w);
    build_pods(a, w, s, index);
    for (uint32_t i = 0; i < w->node_count; i++)
        if (w->nodes[i].planned)
            schedule_node_off(s, i, true);
        else
            schedule_node_close(s, i, !w->nodes[i].usable);
    place_pending(w, s);
    link_pods(w);
    find_slots(w);
    index_workload_pods(a, w);
    sim_needs_find(a, w);
    sim_services_find(a, w);
    sim_hpas_find(a, w);
    sim_usage_fill(w);
    schedule_done(s);
    find_groups(a, w);
    *ret = w;
    return sim_usage_profiles(a, w, e);
}

/* ---- names ---- */

int32_t sim_find_node(const struct sim_world *w, struct str name)
{
    for (uint32_t i = 0; i < w->node_count; i++)
        if (str_eq(w->nodes[i].node->o.name, name))
            return (int32_t)i;
    return NO_INDEX32;
}

/* kubectl's short names. */
static struct str full_kind(struct str kind)
{
    static const char *const names[][2] = {
        {"deploy", "Deployment"},
        {"deployment", "Deployment"},
        {"sts", "StatefulSet"},
        {"statefulset", "StatefulSet"},
        {"ds", "DaemonSet"},
        {"daemonset", "DaemonSet"},
        {"rs", "ReplicaSet"},
        {"replicaset", "ReplicaSet"},
        {"job", "Job"},
        {"pod", "Pod"},
        {"po", "Pod"},
    };
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (str_is_nocase(kind, names[i][0]))
            return str_of(names[i][1]);
    return STR_NONE;
}

/* "Kind ns/name" against [kind/][ns/]name. */
static bool name_matches(struct str full, struct str kind, struct str ns, struct str name)
{
    struct str rest, tail, k = str_cut(full, ' ', &rest), space = str_cut(rest, '/', &tail);
    return (!kind.n || str_eq(k, kind)) && (!ns.n || str_eq(space, ns)) && str_eq(tail, name);
}

bool sim_name_matches(struct str full, struct str text)
{
    struct str parts[3] = {STR_NONE, STR_NONE, STR_NONE}, rest = text;
    size_t n = 0;
    while (rest.n && n < ARRAY_LEN(parts))
        parts[n++] = str_cut(rest, '/', &rest);
    struct str kind = STR_NONE, ns = STR_NONE, name = n ? parts[n - 1] : STR_NONE;
    if (n >= 2) {
        kind = full_kind(parts[0]);
        ns = n == 3 ? parts[1] : kind.n ? STR_NONE : parts[0];
    }
    return name_matches(full, kind, ns, name);
}

int sim_find_workload(const struct sim_world *w, struct str text, uint32_t *ret, struct err *e)
{
    size_t found = 0;
    for (uint32_t i = 0; i < w->workload_count; i++) {
        if (!w->workloads[i].replicas || !sim_name_matches(w->workloads[i].name, text))
            continue;
        *ret = i;
        found++;
    }
    if (found == 1)
        return 0;
    return err_set(e, EINVAL,
                   found ? "\"%.*s\" names %zu workloads: say KIND/NAMESPACE/NAME"
                         : "there is no workload \"%.*s\" that has pods",
                   (int)MIN(text.n, 80), text.p ? text.p : "", found);
}
