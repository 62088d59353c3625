/* SPDX-License-Identifier: Apache-2.0
 *
 * The proofs of pairs.h: facts of each node and of each class of pods, then sums over two nodes.
 */
#include "analysis/simulate/pairs.h"
#include "base/map.h"

enum {
    LOST_NODES = 2,
    DOMAINS_MOST = 64,
    /* Pods above this ratio of usage to request, in ten-thousandths, count as if they requested
     * nothing: amounts below 2^49 bytes then multiply without overflow. */
    RATIO_MOST = 10000000,
};
#define AMOUNT_MOST (INT64_C(1) << 49)

/* Pods of a workload that are down with a node, and those of them that come back. */
struct pair_loss {
    uint32_t workload;
    int32_t ready, back;
};
/* Replaced so long after the taint. */
struct pair_group {
    int64_t after_ms;
    uint32_t pods;
};
struct pair_node {
    bool proved;
    uint32_t landing, waiting, deleted;
    /* Nodes that would take a pod of the class that fewest would take, less those that its booking
     * margin needs. */
    uint32_t room;
    int64_t settled_ms;
    LIST_OF(struct pair_loss) losses; /* by workload */
    LIST_OF(struct pair_group) groups;
    uint64_t serves;        /* services of which it has pods */
    uint32_t *served;       /* by service: that are ready; NULL = none */
    LIST_OF(uint32_t) pods; /* that land elsewhere */
    /* At the factor that was set. */
    int64_t usage, loose; /* of those pods; of those that request nothing */
    int64_t ratio;        /* permyriad, of the others the highest */
    bool within_limits;
    LIST_OF(uint32_t) narrow; /* indices in pairs.narrow of their classes */
};
/* A node's way to trouble: with so much less than `left` nothing can happen to it, and else only
 * above this ratio (of any node with as little left). */
struct pair_left {
    int64_t left, ratio;
};
/* A class that may have the smallest booking margin. */
struct pair_narrow {
    int64_t slots;
    int64_t *spoilt; /* by lost node */
};
struct pairs {
    const struct sim_world *world;
    struct pair_node *nodes;
    struct index_list sick;                 /* workloads that are short before anything is lost */
    int64_t *zone_interval[LOST_NODES + 1]; /* by zone, with so many more nodes down */
    struct pair_left *left;                 /* ascending */
    size_t left_count;
    bool quiet_known;
    LIST_OF(uint32_t) classes; /* one landing pod of each */
    struct pair_narrow *narrow;
};

/* ---- (1) a place for everything ---- */

static const struct topology_spread *hard_spread(const struct pod_spec *spec, size_t *ret_count)
{
    const struct topology_spread *found = NULL;
    *ret_count = 0;
    for (size_t i = 0; i < spec->spread.count; i++) {
        if (str_is(spec->spread.items[i].when_unsatisfiable, "ScheduleAnyway"))
            continue;
        found = &spec->spread.items[i];
        ++*ret_count;
    }
    return found;
}

/* One pod of the kind can be in the way of others, or depend on them, beyond the node it is on. */
static bool reaches_beyond(const struct pod_spec *spec)
{
    const struct affinity *a = spec->affinity;
    size_t hard = 0;
    const struct topology_spread *spread = hard_spread(spec, &hard);
    if (hard > 1 || (spread && (spread->min_domains.set ||
                                str_is(spread->topology_key, "kubernetes.io/hostname"))))
        return true;
    if (spec->resource_claims.count || spec->scheduling_gates.count)
        return true;
    for (size_t i = 0; i < spec->volumes.count; i++)
        if (spec->volumes.items[i].type == VOLUME_PVC ||
            spec->volumes.items[i].type == VOLUME_EPHEMERAL ||
            spec->volumes.items[i].type >= VOLUME_AWS_EBS)
            return true;
    if (a && a->pod_required.count)
        return true;
    for (size_t i = 0; a && i < a->anti_required.count; i++)
        if (!str_is(a->anti_required.items[i].topology_key, "kubernetes.io/hostname"))
            return true;
    return false;
}

/* Nodes that would take the pod but for a topology spread, by domain: of the poorest domain. */
static uint32_t poorest_domain(struct sim_runner *r, const struct verdict *v, struct str key)
{
    struct str names[DOMAINS_MOST];
    uint32_t counts[DOMAINS_MOST], domains = 0, least = UINT32_MAX;
    for (uint32_t n = 0; n < r->world->node_count; n++) {
        const struct label *l = labels_find(&r->world->nodes[n].node->o.labels, key);
        uint32_t d = 0;
        if (key.n && !l)
            continue;
        struct str name = l ? l->value : STR_NONE;
        while (d < domains && !str_eq(names[d], name))
            d++;
        if (d == DOMAINS_MOST)
            return 0;
        if (d == domains) {
            names[domains] = name;
            counts[domains++] = 0;
        }
        bool takes = v->nodes[n].plugin == PLUGIN_NONE;
        if (v->nodes[n].plugin == PLUGIN_POD_TOPOLOGY_SPREAD)
            takes = schedule_ask(r->schedule, v->pod, n, PLUGIN_INTER_POD_AFFINITY).plugin ==
                    PLUGIN_NONE;
        counts[d] += takes && r->world->nodes[n].usable;
    }
    for (uint32_t d = 0; d < domains; d++)
        least = MIN(least, counts[d]);
    return domains ? least : 0;
}

/* Needs the state at rest. */
static uint32_t class_room(struct sim_runner *r, uint32_t pod)
{
    const struct pod_spec *spec = &r->world->pods[pod].pod->spec;
    struct verdict v;
    size_t hard = 0;
    uint32_t room = 0;
    if (reaches_beyond(spec))
        return 0;
    const struct topology_spread *spread = hard_spread(spec, &hard);
    uint32_t more = schedule_clone_pod(r->schedule, pod);
    schedule_explain(r->schedule, more, &r->scratch, &v);
    if (v.nodes)
        room = poorest_domain(r, &v, spread ? spread->topology_key : STR_NONE);
    schedule_forget_clones(r->schedule, more);
    arena_reset(&r->scratch);
    return room;
}

/* A webhook that has no pod refuses from the beginning. */
static bool webhooks_answer(const struct sim_world *w)
{
    for (size_t i = 0; i < w->services.count; i++)
        if (w->services.items[i].type == SERVICE_WEBHOOK && w->services.items[i].ready == 0)
            return false;
    return true;
}

/* "On a node alone" rests on this. */
static bool hostnames_differ(const struct sim_world *w)
{
    CLEANUP(map_done) struct map seen;
    map_init(&seen);
    for (uint32_t i = 0; i < w->node_count; i++) {
        struct str name = labels_get(&w->nodes[i].node->o.labels, "kubernetes.io/hostname");
        if (!name.n || map_put(&seen, name, &w->nodes[i]))
            return false;
    }
    return true;
}

/* ---- facts of a node ---- */

static void add_loss(struct arena *a, struct pair_node *n, const struct pair_loss *x)
{
    size_t at = n->losses.count;
    for (size_t i = 0; i < n->losses.count; i++)
        if (n->losses.items[i].workload == x->workload) {
            n->losses.items[i].ready += x->ready;
            n->losses.items[i].back += x->back;
            return;
        }
    (void)PUSH(a, &n->losses);
    for (; at > 0 && n->losses.items[at - 1].workload > x->workload; at--)
        n->losses.items[at] = n->losses.items[at - 1];
    n->losses.items[at] = *x;
}

static void add_served(struct arena *a, struct pair_node *n, const struct sim_world *w,
                       const struct sim_pod *p)
{
    n->serves |= p->serves;
    if (p->serves && !n->served)
        n->served = arena_array(a, uint32_t, w->services.count);
    for (size_t i = 0; p->serves && i < w->services.count; i++)
        n->served[i] += p->serves >> i & 1 && p->ready;
}

static void add_group(struct arena *a, struct pair_node *n, int64_t after_ms)
{
    for (size_t i = 0; i < n->groups.count; i++)
        if (n->groups.items[i].after_ms == after_ms) {
            n->groups.items[i].pods++;
            return;
        }
    *PUSH(a, &n->groups) = (struct pair_group){after_ms, 1};
}

/* What becomes of one pod when its node is lost, as node_delete_pods. */
static void add_pod(struct arena *a, struct pair_node *n, const struct sim_world *w, uint32_t pod)
{
    const struct sim_pod *p = &w->pods[pod];
    struct pair_loss loss = {.workload = p->workload, .ready = p->ready};
    int64_t done_ms = NODE_MONITOR_GRACE_MS + p->tolerates_ms;
    if (p->tolerates_ms >= 0) {
        n->proved = n->proved && p->tolerates_ms % SECOND == 0;
        n->waiting += p->controller == CONTROLLER_STATEFUL;
        n->deleted += p->controller != CONTROLLER_STATEFUL;
        if (p->controller == CONTROLLER_REPLACES) {
            loss.back = 1;
            n->landing++;
            *PUSH(a, &n->pods) = pod;
            add_group(a, n, p->tolerates_ms);
            done_ms += w->options.start_ms;
        } else if (p->controller == CONTROLLER_DAEMON) {
            n->proved = false;
        }
        n->settled_ms = MAX(n->settled_ms, done_ms);
    }
    n->proved = n->proved && !w->workloads[p->workload].hpa; /* it may react */
    n->proved = n->proved && !w->workloads[p->workload].shared.count;
    add_loss(a, n, &loss);
    add_served(a, n, w, p);
}

static void make_node(struct arena *a, struct pairs *p, uint32_t node)
{
    const struct sim_world *w = p->world;
    struct pair_node *n = &p->nodes[node];
    n->proved = w->nodes[node].usable;
    n->settled_ms = NODE_MONITOR_GRACE_MS;
    n->room = UINT32_MAX;
    for (uint32_t i = w->nodes[node].first_pod; n->proved && i != NO_POD; i = w->pods[i].next)
        add_pod(a, n, w, i);
}

/* The room of every class that lands, and of every node the least of its own. */
static void make_rooms(struct arena *a, struct pairs *p, struct sim_runner *r)
{
    CLEANUP(arena_done) struct arena tmp;
    arena_init(&tmp);
    uint32_t classes = schedule_class_count(r->schedule);
    uint32_t *room = arena_array(&tmp, uint32_t, classes);
    uint8_t *known = arena_array(&tmp, uint8_t, classes);
    for (uint32_t i = 0; i < p->world->node_count; i++) {
        struct pair_node *n = &p->nodes[i];
        for (size_t k = 0; n->proved && k < n->pods.count; k++) {
            uint32_t class_ = schedule_pod_class(r->schedule, n->pods.items[k]);
            if (!known[class_]) {
                known[class_] = 1;
                room[class_] = class_room(r, n->pods.items[k]);
                if (pods_entangle(&p->world->pods[n->pods.items[k]].pod->spec))
                    room[class_] -= MIN(room[class_], (uint32_t)PODS_TRIED);
                *PUSH(a, &p->classes) = n->pods.items[k];
            }
            n->room = MIN(n->room, room[class_]);
        }
    }
}

static void make_intervals(struct arena *a, struct pairs *p)
{
    const struct sim_world *w = p->world;
    uint32_t *total = arena_array(a, uint32_t, w->zone_count);
    uint32_t *down = arena_array(a, uint32_t, w->zone_count);
    for (uint32_t i = 0; i < w->node_count; i++) {
        total[w->nodes[i].zone]++;
        down[w->nodes[i].zone] += !w->nodes[i].usable;
    }
    for (uint32_t more = 1; more <= LOST_NODES; more++) {
        p->zone_interval[more] = arena_array(a, int64_t, w->zone_count);
        for (uint32_t z = 0; z < w->zone_count; z++)
            p->zone_interval[more][z] = zone_taint_interval_ms(
                zone_state_of(total[z], down[z] + more, UNHEALTHY_ZONE_THRESHOLD), total[z],
                LARGE_CLUSTER_NODES);
    }
}

struct pairs *pairs_new(struct arena *a, struct sim_runner *r)
{
    const struct sim_world *w = r->world;
    if (!world_is_still(w) || !webhooks_answer(w) || r->waiting.count || !hostnames_differ(w))
        return NULL;
    struct pairs *p = arena_new(a, struct pairs);
    p->world = w;
    p->nodes = arena_array(a, struct pair_node, w->node_count);
    p->left = arena_array(a, struct pair_left, w->node_count);
    p->sick = r->sick;
    make_intervals(a, p);
    for (uint32_t i = 0; i < w->node_count; i++)
        make_node(a, p, i);
    make_rooms(a, p, r);
    return p;
}

/* ---- (4) nothing happens to another node ---- */

static void set_usage(struct pairs *p, struct sim_runner *r, uint32_t node)
{
    enum { MEMORY = 2 }; /* schedule_resource_name */
    struct pair_node *n = &p->nodes[node];
    n->usage = n->loose = n->ratio = 0;
    n->within_limits = true;
    for (size_t i = 0; i < n->pods.count; i++) {
        const struct sim_pod *wp = &p->world->pods[n->pods.items[i]];
        int64_t request =
            MIN(schedule_pod_request(r->schedule, n->pods.items[i], MEMORY), AMOUNT_MOST);
        int64_t usage = MIN(base_of_pod(r, wp), AMOUNT_MOST);
        int64_t ratio = request > 0 ? (usage * FACTOR_ONE + request - 1) / request : RATIO_MOST;
        if (wp->limit && usage > wp->limit)
            n->within_limits = false;
        n->usage += usage;
        if (ratio < RATIO_MOST)
            n->ratio = MAX(n->ratio, ratio);
        else
            n->loose += usage;
    }
}

static int left_order(const void *a, const void *b)
{
    const struct pair_left *x = a, *y = b;
    return (x->left > y->left) - (x->left < y->left);
}

/* How much more its pods can use before anything happens. */
static int64_t bytes_left(const struct sim_node *n, int64_t pods)
{
    int64_t fine = 0, bad = AMOUNT_MOST;
    while (bad - fine > 1) {
        int64_t middle = fine + (bad - fine) / 2;
        if (level_trouble(n, pods + middle) == TROUBLE_NONE)
            fine = middle;
        else
            bad = middle;
    }
    return fine;
}

void pairs_set_factor(struct pairs *p, struct sim_runner *r, int64_t factor)
{
    enum { MEMORY = 2 };
    const struct sim_world *w = p->world;
    int64_t loose = 0;
    base_make(r, factor);
    p->quiet_known = r->hot.count == 0 && !r->hpas_hot;
    p->left_count = 0;
    for (uint32_t i = 0; i < w->node_count; i++) {
        if (!w->nodes[i].usable)
            continue;
        if (p->nodes[i].proved)
            set_usage(p, r, i);
        loose = MAX(loose, LOST_NODES * p->nodes[i].loose);
    }
    for (uint32_t i = 0; p->quiet_known && i < w->node_count; i++) {
        if (!w->nodes[i].usable)
            continue;
        int64_t left = bytes_left(&w->nodes[i], r->base[i]);
        int64_t unbooked = schedule_allocatable(r->schedule, i, MEMORY) -
                           schedule_requested(r->schedule, i, MEMORY);
        int64_t part = MAX(unbooked, 0) / FACTOR_ONE + 1;
        p->left[p->left_count++] =
            (struct pair_left){left, left < loose ? -1 : (left - loose) / part};
    }
    if (p->left_count)
        qsort(p->left, p->left_count, sizeof(*p->left), left_order);
    for (size_t i = 1; i < p->left_count; i++)
        p->left[i].ratio = MIN(p->left[i].ratio, p->left[i - 1].ratio);
}

bool pairs_quiet(const struct pairs *p, const struct contingency *c)
{
    const struct pair_node *x = &p->nodes[c->nodes[0]], *y = &p->nodes[c->nodes[1]];
    int64_t usage = x->usage + y->usage, ratio = MAX(x->ratio, y->ratio);
    if (!p->quiet_known || !x->within_limits || !y->within_limits)
        return false;
    size_t low = 0, high = p->left_count; /* the first with enough left for everything */
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (p->left[middle].left < usage)
            low = middle + 1;
        else
            high = middle;
    }
    return low == 0 || ratio <= p->left[low - 1].ratio;
}

/* ---- (2) and (3) ---- */

/* The second is tainted so much later; -1 = it is not told. */
static int64_t taint_shift(const struct pairs *p, const struct contingency *c)
{
    const struct sim_node *nodes = p->world->nodes;
    uint32_t zone = nodes[c->nodes[0]].zone;
    if (zone == nodes[c->nodes[1]].zone) {
        int64_t shift = p->zone_interval[2][zone];
        return shift ? shift : -1;
    }
    bool both = p->zone_interval[1][zone] && p->zone_interval[1][nodes[c->nodes[1]].zone];
    return both ? 0 : -1;
}

/* Every service that has a ready pod keeps one: no webhook refuses, no service is told as lost. */
static bool services_stay(const struct pairs *p, const struct pair_node *x,
                          const struct pair_node *y)
{
    uint64_t both = x->serves | y->serves;
    for (size_t i = 0; both && i < p->world->services.count; i++) {
        uint32_t lost = (x->served ? x->served[i] : 0) + (y->served ? y->served[i] : 0);
        if (both >> i & 1 && lost && lost >= p->world->services.items[i].ready)
            return false;
    }
    return true;
}

/* Most pods made within one second. */
static uint32_t peak_creations(const struct pair_node *x, const struct pair_node *y, int64_t shift)
{
    uint32_t peak = 0;
    for (size_t i = 0; i < x->groups.count; i++)
        peak = MAX(peak, x->groups.items[i].pods);
    for (size_t k = 0; k < y->groups.count; k++) {
        uint32_t pods = y->groups.items[k].pods;
        int64_t second = (y->groups.items[k].after_ms + shift) / SECOND;
        for (size_t i = 0; i < x->groups.count; i++)
            if (x->groups.items[i].after_ms / SECOND == second)
                pods += x->groups.items[i].pods;
        peak = MAX(peak, pods);
    }
    return peak;
}

static void judge(const struct pairs *p, const struct pair_loss *l, struct sim_outcome *o)
{
    const struct sim_workload *w = &p->world->workloads[l->workload];
    int64_t least = w->healthy - l->ready, last = least + l->back;
    if (last >= w->need) {
        o->dips += w->healthy >= w->need && least < w->need;
        return;
    }
    if (o->failures)
        o->failures[o->failure_count++] = (struct sim_failure){
            last <= 0 ? WAY_ZERO : WAY_SHORT, l->workload, last, w->need, NULL, NULL};
    o->below++;
    o->zero += last <= 0;
}

static bool has_loss(const struct pair_node *n, uint32_t workload)
{
    for (size_t i = 0; i < n->losses.count; i++)
        if (n->losses.items[i].workload == workload)
            return true;
    return false;
}

/* Both lists are in the order of workloads. With o->failures NULL they are only counted. */
static void judge_both(const struct pairs *p, const struct pair_node *x, const struct pair_node *y,
                       struct sim_outcome *o)
{
    size_t i = 0, k = 0;
    o->dips = o->below = o->zero = 0;
    for (size_t s = 0; s < p->sick.count; s++) {
        struct pair_loss none = {.workload = p->sick.items[s]};
        if (!has_loss(x, none.workload) && !has_loss(y, none.workload))
            judge(p, &none, o);
    }
    for (;;) {
        const struct pair_loss *a = i < x->losses.count ? &x->losses.items[i] : NULL;
        const struct pair_loss *b = k < y->losses.count ? &y->losses.items[k] : NULL;
        if (!a && !b)
            return;
        struct pair_loss sum = a && (!b || a->workload <= b->workload) ? *a : *b;
        if (a && b && a->workload == b->workload) {
            sum.ready += b->ready;
            sum.back += b->back;
        }
        i += a && a->workload == sum.workload;
        k += b && b->workload == sum.workload;
        judge(p, &sum, o);
    }
}

bool pairs_prove(const struct pairs *p, const struct contingency *c, struct arena *a,
                 struct sim_outcome *ret)
{
    const struct pair_node *x = &p->nodes[c->nodes[0]], *y = &p->nodes[c->nodes[1]];
    uint32_t landing = x->landing + y->landing;
    int64_t shift = taint_shift(p, c);
    if (!x->proved || !y->proved || shift < 0 || !services_stay(p, x, y) ||
        MIN(x->room, y->room) < landing + LOST_NODES)
        return false;
    *ret = (struct sim_outcome){.first = {.type = SIM_EVENT_TYPES}};
    ret->settled_ms = MAX(x->settled_ms, y->settled_ms + shift);
    if (ret->settled_ms + p->world->options.warm_ms > p->world->options.until_ms)
        return false;
    ret->displaced = x->waiting + x->deleted + y->waiting + y->deleted;
    ret->events = 2 * 3 + ret->displaced + UINT64_C(3) * landing;
    ret->peak_creations = peak_creations(x, y, shift);
    judge_both(p, x, y, ret);
    if (ret->below) {
        ret->failures = arena_array(a, struct sim_failure, ret->below);
        judge_both(p, x, y, ret);
        failures_sort(ret);
    }
    return true;
}

/* ---- (5) the booking margin ---- */

/* So many slots of c's class one pod takes at most. */
static int64_t slots_taken(const struct sim_runner *r, uint32_t pod, uint32_t c)
{
    int64_t most = 0;
    for (size_t k = 0; k < schedule_resource_count(r->schedule); k++) {
        int64_t unit = schedule_pod_request(r->schedule, c, k);
        int64_t amount = schedule_pod_request(r->schedule, pod, k);
        if (unit > 0 && amount > 0)
            most = MAX(most, (amount - 1) / unit + 1);
    }
    return most;
}

/* The most that the loss of any one node can spoil of the class, without looking at each. */
static int64_t spoilt_most(const struct pairs *p, struct sim_runner *r, uint32_t c)
{
    int64_t slots = 0, taken = 0, landing = 0;
    for (size_t i = 0; i < p->classes.count; i++)
        taken = MAX(taken, slots_taken(r, p->classes.items[i], c));
    for (uint32_t i = 0; i < p->world->node_count; i++) {
        slots = MAX(slots, slots_on(r, c, i));
        landing = MAX(landing, (int64_t)p->nodes[i].landing);
    }
    return slots + taken * landing;
}

static struct pair_narrow narrow_of(const struct pairs *p, struct arena *a, struct sim_runner *r,
                                    uint32_t c)
{
    const struct run_slots *x = slots_of(r, c);
    struct pair_narrow ret = {.slots = x->total};
    ret.spoilt = arena_array(a, int64_t, p->world->node_count);
    for (uint32_t i = 0; i < p->world->node_count; i++) {
        ret.spoilt[i] = x->allowed[i] ? slots_on(r, c, i) : 0;
        for (size_t k = 0; k < p->nodes[i].pods.count; k++)
            ret.spoilt[i] += slots_taken(r, p->nodes[i].pods.items[k], c);
    }
    return ret;
}

void pairs_set_margin(struct pairs *p, struct arena *a, struct sim_runner *r, int64_t most)
{
    uint32_t classes = schedule_class_count(r->schedule), count = 0;
    uint32_t *index = arena_array(a, uint32_t, classes); /* in narrow, plus one */
    p->narrow = arena_array(a, struct pair_narrow, p->classes.count);
    for (size_t i = 0; i < p->classes.count; i++) {
        uint32_t c = p->classes.items[i];
        /* Of pods that get into each other's way PODS_TRIED always fit: proof (1). */
        if (pods_entangle(&p->world->pods[c].pod->spec))
            continue;
        if (slots_of(r, c)->total - LOST_NODES * spoilt_most(p, r, c) > most)
            continue;
        p->narrow[count++] = narrow_of(p, a, r, c);
        index[schedule_pod_class(r->schedule, c)] = count;
    }
    for (uint32_t i = 0; i < p->world->node_count; i++)
        for (size_t k = 0; k < p->nodes[i].pods.count; k++) {
            uint32_t at = index[schedule_pod_class(r->schedule, p->nodes[i].pods.items[k])];
            if (at)
                *PUSH(a, &p->nodes[i].narrow) = at - 1;
        }
}

int64_t pairs_least_margin(const struct pairs *p, const struct contingency *c)
{
    int64_t least = INT64_MAX;
    for (int side = 0; side < LOST_NODES; side++) {
        const struct pair_node *n = &p->nodes[c->nodes[side]];
        for (size_t i = 0; i < n->narrow.count; i++) {
            const struct pair_narrow *x = &p->narrow[n->narrow.items[i]];
            least = MIN(least, x->slots - x->spoilt[c->nodes[0]] - x->spoilt[c->nodes[1]]);
        }
    }
    return least;
}
