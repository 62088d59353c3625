/* SPDX-License-Identifier: Apache-2.0
 *
 * place [NODES [PODS]]: placements per CPU second of the scheduler model, every node considered, each
 * pod bound before the next. Nodes of 32 CPU and 64 GiB in three zones; pods of 100m and 128 MiB in
 * 20 workloads that take turns.
 */
#include <stdio.h>
#include <time.h>

#include "analysis/schedule/schedule.h"
#include "model/resources.h"

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
    printf("%-24s %u nodes, %u of %u placed: %.0f placements/s\n", names[v], nodes, placed, pods,
           (double)pods / seconds);
    schedule_done(s);
    arena_done(&a);
}

int main(int argc, char **argv)
{
    int64_t nodes = 5000, pods = 50000;
    if ((argc > 1 && str_to_int64(str_of(argv[1]), &nodes) < 0) ||
        (argc > 2 && str_to_int64(str_of(argv[2]), &pods) < 0) || nodes < 1 || pods < 1) {
        fprintf(stderr, "usage: place [NODES [PODS]]\n");
        return 2;
    }
    for (int v = 0; v < VARIETIES; v++)
        run((enum variety)v, (uint32_t)nodes, (uint32_t)pods);
    return 0;
}
