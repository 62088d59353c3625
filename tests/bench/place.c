/* SPDX-License-Identifier: Apache-2.0
 *
 * place [NODES [PODS]]: placements per CPU second of the scheduler model, every node considered, each
 * pod bound before the next. Nodes of 32 CPU and 64 GiB in three zones; pods of 100m and 128 MiB in
 * 20 workloads that take turns.
 *
 * place -f WORLD: the same in a world of pods that run. Of each kind 20,000 at most, all over the
 * world, are taken away, and placed again in the order in which they stand there.
 */
#include <stdio.h>
#include <time.h>

#include "analysis/schedule/schedule.h"
#include "base/alloc.h"
#include "model/defaults.h"
#include "model/resources.h"
#include "source/source.h"

enum { WORKLOADS = 20 };
enum variety { PLAIN, OWNED, SPREAD, ANTI_AFFINITY, AFFINITY, VARIETIES };
static const char *const names[VARIETIES] = {"plain", "default spread", "spread",
                                             "required anti-affinity", "preferred affinity"};

static void label(struct arena *a, struct labels *l, const char *key, struct str value)
{
    *PUSH(a, l) = (struct label){.key = str_of(key), .value = value};
}

static void nodes_make(struct arena *a, struct cluster *c, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        struct node *n = arena_new(a, struct node);
        n->o.name = arena_printf(a, "node-%05u", i);
        label(a, &n->o.labels, "kubernetes.io/hostname", n->o.name);
        label(a, &n->o.labels, "topology.kubernetes.io/zone", arena_printf(a, "zone-%u", i % 3));
        resources_set(a, &n->allocatable, STR("cpu"), quantity_of(32));
        resources_set(a, &n->allocatable, STR("memory"), quantity_of(64 * GIB));
        resources_set(a, &n->allocatable, STR("pods"), quantity_of(110));
        *PUSH(a, &c->nodes) = n;
    }
}

static struct label_selector selects(struct arena *a, struct str app)
{
    struct label_selector s = {.present = true};
    label(a, &s.match_labels, "app", app);
    return s;
}

static void constrain(struct arena *a, struct cluster *c, struct pod *p, enum variety v)
{
    struct label_selector own = selects(a, p->o.labels.items[0].value);
    if (v == SPREAD) {
        *PUSH(a, &p->spec.spread) =
            (struct topology_spread){.max_skew = 1,
                                     .topology_key = STR("topology.kubernetes.io/zone"),
                                     .when_unsatisfiable = STR("DoNotSchedule"),
                                     .selector = own};
        *PUSH(a, &p->spec.spread) =
            (struct topology_spread){.max_skew = 1,
                                     .topology_key = STR("kubernetes.io/hostname"),
                                     .when_unsatisfiable = STR("ScheduleAnyway"),
                                     .selector = own};
    } else if (v == ANTI_AFFINITY || v == AFFINITY) {
        p->spec.affinity = arena_new(a, struct affinity);
        struct pod_affinity_terms *t =
            v == AFFINITY ? &p->spec.affinity->pod_preferred : &p->spec.affinity->anti_required;
        *PUSH(a, t) = (struct pod_affinity_term){
            .selector = own, .topology_key = STR("kubernetes.io/hostname"), .weight = 10};
        if (v == AFFINITY)
            t->items[0].topology_key = STR("topology.kubernetes.io/zone");
    } else if (v == OWNED) {
        struct service *svc = arena_new(a, struct service);
        svc->o.name = p->o.name;
        svc->o.ns = p->o.ns;
        svc->selector = own.match_labels;
        *PUSH(a, &c->services) = svc;
    }
}

static void pods_make(struct arena *a, struct cluster *c, enum variety v)
{
    for (uint32_t i = 0; i < WORKLOADS; i++) {
        struct pod *p = arena_new(a, struct pod);
        p->o.ns = STR("default");
        p->o.name = arena_printf(a, "pod-%u", i);
        label(a, &p->o.labels, "app", arena_printf(a, "app-%u", i));
        struct container *k = PUSH(a, &p->spec.containers);
        k->name = STR("main");
        k->image.v = STR("registry.example/app:1");
        resources_set(a, &k->resources.requests, STR("cpu"), quantity_of_milli(100));
        resources_set(a, &k->resources.requests, STR("memory"), quantity_of(128 * MIB));
        constrain(a, c, p, v);
        *PUSH(a, &c->pods) = p;
    }
}

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t); /* one thread: the machine may be shared */
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

struct count {
    uint32_t placed, tried;
};

static void print(enum variety v, const struct schedule *s, struct count n, double seconds)
{
    printf("%s: %.0f placements/s (%u nodes, %u of %u placed)\n", names[v],
           (double)n.tried / seconds, schedule_node_count(s), n.placed, n.tried);
    fflush(stdout);
}

static void run(enum variety v, uint32_t nodes, uint32_t pods)
{
    struct arena a;
    arena_init(&a);
    struct cluster c = {.arena = &a};
    nodes_make(&a, &c, nodes);
    pods_make(&a, &c, v);
    struct schedule *s = schedule_new(&a, &c);
    uint32_t placed = 0;
    double start = now();
    for (uint32_t i = 0; i < pods; i++) {
        uint32_t pod = schedule_clone_pod(s, i % WORKLOADS);
        int32_t node = schedule_place(s, pod);
        if (node == NO_NODE)
            continue;
        schedule_bind(s, pod, (uint32_t)node);
        placed++;
    }
    double seconds = now() - start;
    print(v, s, (struct count){placed, pods}, seconds);
    schedule_done(s);
    arena_done(&a);
}

/* ---- a world ---- */

enum { AGAIN_MAX = 20000 };

static enum variety variety_of(const struct pod *p)
{
    const struct affinity *a = p->spec.affinity;
    if (a && a->anti_required.count)
        return ANTI_AFFINITY;
    if (a && a->pod_required.count + a->pod_preferred.count + a->anti_preferred.count)
        return AFFINITY;
    if (p->spec.spread.count)
        return SPREAD;
    /* One that is bound to its node asks for nothing. */
    if (a && a->node_required.present)
        return VARIETIES;
    return p->o.owners.count ? OWNED : PLAIN; /* a ReplicaSet's pods are spread by default */
}

/* Every n-th bound pod of the kind, taken from its node. */
static uint32_t *take_away(struct arena *a, struct schedule *s, enum variety v, uint32_t *ret_count)
{
    uint32_t all = 0, seen = 0, count = 0, pods = schedule_pod_count(s);
    for (uint32_t p = 0; p < pods; p++)
        all += schedule_pod_node(s, p) != NO_NODE && variety_of(schedule_pod(s, p)) == v;
    uint32_t every = MAX(1, (all + AGAIN_MAX - 1) / AGAIN_MAX);
    uint32_t *taken = arena_array(a, uint32_t, all / every + 1);
    for (uint32_t p = 0; p < pods; p++) {
        if (schedule_pod_node(s, p) == NO_NODE || variety_of(schedule_pod(s, p)) != v ||
            seen++ % every)
            continue;
        schedule_unbind(s, p);
        taken[count++] = p;
    }
    *ret_count = count;
    return taken;
}

static void run_kind(const struct cluster *c, enum variety v)
{
    CLEANUP(arena_done) struct arena a;
    arena_init(&a);
    struct schedule *s = schedule_new(&a, c);
    struct count n = {0};
    uint32_t *again = take_away(&a, s, v, &n.tried);
    double start = now();
    for (uint32_t i = 0; i < n.tried; i++) {
        int32_t node = schedule_place(s, again[i]);
        if (node == NO_NODE)
            continue;
        schedule_bind(s, again[i], (uint32_t)node);
        n.placed++;
    }
    if (n.tried)
        print(v, s, n, now() - start);
    schedule_done(s);
}

static int run_world(void *arg)
{
    const struct str *path = arg;
    CLEANUP(arena_done) struct arena a;
    arena_init(&a);
    struct cluster c = {.arena = &a};
    struct source_options o = {.paths = path, .path_count = 1, .complete = true};
    struct err e = {0};
    if (source_read(&o, &a, &c, &e) < 0 || source_unreadable(&c)) {
        fprintf(stderr, "%s\n", e.msg[0] ? e.msg : "the world cannot be read");
        return -EINVAL;
    }
    for (size_t i = 0; i < c.pods.count; i++)
        pod_spec_default(&a, &c.pods.items[i]->spec);
    for (int v = 0; v < VARIETIES; v++)
        run_kind(&c, (enum variety)v);
    return 0;
}

int main(int argc, char **argv)
{
    int64_t nodes = 5000, pods = 50000;
    if (argc == 3 && str_is(str_of(argv[1]), "-f")) {
        struct str path = str_of(argv[2]);
        return mem_protect(run_world, &path) < 0 ? 2 : 0;
    }
    if ((argc > 1 && str_to_int64(str_of(argv[1]), &nodes) < 0) ||
        (argc > 2 && str_to_int64(str_of(argv[2]), &pods) < 0) || nodes < 1 || pods < 1) {
        fprintf(stderr, "usage: place [NODES [PODS]] | -f WORLD\n");
        return 2;
    }
    for (int v = 0; v < VARIETIES; v++)
        run((enum variety)v, (uint32_t)nodes, (uint32_t)pods);
    return 0;
}
