/* SPDX-License-Identifier: Apache-2.0
 *
 * Tiny worlds for tests of the simulation, written in a few lines. Memory is in MiB.
 */
#ifndef ANALYSIS_SIMULATE_TEST_WORLD_H
#define ANALYSIS_SIMULATE_TEST_WORLD_H

#include "analysis/simulate/simulate.h"
#include "base/test.h"
#include "model/decode.h"
#include "model/defaults.h"

struct test_world {
    struct arena a, scratch;
    struct source source;
    struct cluster c;
    struct sim_options options;
    struct sim_world *world;
    struct sim_runner *runner;
    struct sim_events events;
    struct sim_outcome outcome;
};

struct test_pod {
    const char *name, *kind, *owner, *node; /* kind NULL: nobody makes it again; node NULL: waits */
    int request, limit, usage;              /* 0 = none */
    const char *more;                       /* further fields of the spec, flow YAML */
    const char *status;                     /* and of the status */
};

static inline void test_yaml(struct test_world *t, const char *yaml)
{
    struct doc_reader r;
    struct decode_input in = {.a = &t->a, .source = &t->source};
    struct doc_root root = {0};
    struct err e = {0};
    int got;
    doc_reader_init(&r, t->source.name, str_of(yaml));
    while ((got = doc_read(&r, &t->scratch, &root, &e)) > 0)
        decode_document(&in, &root, &t->c);
    assert_string_equal(e.msg, "");
    assert_int_equal(got, 0);
    doc_reader_done(&r);
}

static inline void test_init(struct test_world *t)
{
    memset(t, 0, sizeof(*t));
    arena_init(&t->a);
    arena_init(&t->scratch);
    t->source.name = STR("world.yaml");
    t->c.arena = &t->a;
    sim_options_default(&t->options);
    t->options.unaccounted_permyriad = 0;
    t->options.check = true;
    t->options.threads = 1;
}

static inline void test_node(struct test_world *t, const char *name, int memory, const char *zone)
{
    test_yaml(
        t, arena_printf(&t->a,
                        "{apiVersion: v1, kind: Node, metadata: {name: %s, labels: "
                        "{kubernetes.io/hostname: \"%s\", topology.kubernetes.io/zone: \"%s\"}}, "
                        "status: {capacity: {cpu: 64, memory: %dMi, pods: 110}, allocatable: "
                        "{cpu: 64, memory: %dMi, pods: 110}}}",
                        name, name, zone ? zone : "z", memory, memory)
               .p);
}

/* Nodes a and b of 1,000 MiB. */
static inline void test_two_nodes(struct test_world *t)
{
    test_init(t);
    test_node(t, "a", 1000, NULL);
    test_node(t, "b", 1000, NULL);
}

static inline void test_pod(struct test_world *t, struct test_pod p)
{
    struct str owner = STR(""), limits = STR(""), node = STR("");
    if (p.kind)
        owner = arena_printf(&t->a,
                             ", ownerReferences: [{apiVersion: apps/v1, kind: %s, name: %s, uid: "
                             "u-%s, controller: true}]",
                             p.kind, p.owner, p.owner);
    if (p.limit)
        limits = arena_printf(&t->a, ", limits: {memory: %dMi}", p.limit);
    if (p.node)
        node = arena_printf(&t->a, ", nodeName: %s", p.node);
    test_yaml(t, arena_printf(
                     &t->a,
                     "{apiVersion: v1, kind: Pod, metadata: {name: %s, namespace: shop, uid: p-%s, "
                     "labels: {app: \"%s\"}" STR_FMT "}, spec: {tolerations: [{key: "
                     "node.kubernetes.io/unreachable, operator: Exists, effect: NoExecute, "
                     "tolerationSeconds: 300}]%s%s, containers: [{name: c, resources: {requests: "
                     "{memory: %dMi}" STR_FMT "}}]" STR_FMT "}, status: {phase: Running%s%s}}",
                     p.name, p.name, p.owner ? p.owner : p.name, STR_ARG(owner), p.more ? ", " : "",
                     p.more ? p.more : "", p.request, STR_ARG(limits), STR_ARG(node),
                     p.status ? ", " : "", p.status ? p.status : "")
                     .p);
    if (p.usage)
        test_yaml(t, arena_printf(&t->a,
                                  "{apiVersion: metrics.k8s.io/v1beta1, kind: PodMetrics, "
                                  "metadata: {name: %s, namespace: shop}, timestamp: "
                                  "\"2024-01-01T00:00:00Z\", containers: [{name: c, usage: "
                                  "{memory: %dMi}}]}",
                                  p.name, p.usage)
                         .p);
}

/* spec without its selector: pods with the label app=NAME */
static inline void test_budget(struct test_world *t, const char *app, const char *spec)
{
    test_yaml(t, arena_printf(&t->a,
                              "{apiVersion: policy/v1, kind: PodDisruptionBudget, metadata: {name: "
                              "pdb%zu, namespace: shop}, spec: {%s, selector: {matchLabels: {app: "
                              "%s}}}}",
                              t->c.pdbs.count, spec, app)
                     .p);
}

static inline void test_build(struct test_world *t)
{
    struct err e = {0};
    assert_int_equal(sim_world_new(&t->a, &t->c, &t->options, &t->world, &e), 0);
    t->runner = sim_runner_new(&t->a, t->world);
}

/* The world is complete: nothing is added any more. */
static inline void test_ready(struct test_world *t)
{
    cluster_resolve(&t->c);
    cluster_default(&t->c);
    test_build(t);
}

static inline void test_run(struct test_world *t, const struct contingency *c, int64_t factor)
{
    struct sim_run_input in = {
        .contingency = c, .factor = factor, .log = &t->events, .log_arena = &t->a};
    t->events.count = 0;
    sim_run(t->runner, &in, &t->a, &t->outcome);
}

static inline void test_done(struct test_world *t)
{
    sim_runner_done(t->runner);
    arena_done(&t->scratch);
    arena_done(&t->a);
}

/* The loss (or drain) of nodes by index. */
static inline struct contingency test_lose(enum contingency_type type, uint32_t *nodes,
                                           uint32_t count)
{
    return (struct contingency){
        .type = type, .name = STR("test"), .nodes = nodes, .node_count = count};
}

/* What happens to the node that was added first, run at once. */
static inline void test_run_first(struct test_world *t, enum contingency_type type, int64_t factor)
{
    uint32_t first = 0;
    struct contingency c = test_lose(type, &first, 1);
    test_run(t, &c, factor);
}

static inline struct contingency test_leak(struct test_world *t, const char *workload,
                                           int64_t mib_per_minute)
{
    struct contingency c = {.type = CONTINGENCY_LEAK, .name = STR("leak")};
    struct err e = {0};
    assert_int_equal(sim_find_workload(t->world, str_of(workload), &c.leak.workload, &e), 0);
    c.leak.bytes_per_minute = mib_per_minute * MIB;
    return c;
}

/* ---- what happened ---- */

struct expected {
    int64_t at_ms;
    enum sim_event_type type;
    int node; /* -1 = none */
};

static inline void assert_events(const struct test_world *t, const struct expected *e, size_t count)
{
    for (size_t i = 0; i < MAX(count, t->events.count); i++) {
        if (i >= count || i >= t->events.count || t->events.items[i].at_ms != e[i].at_ms ||
            t->events.items[i].type != e[i].type || t->events.items[i].node != e[i].node) {
            for (size_t k = 0; k < t->events.count; k++)
                print_message("%zu: %lld ms %s node %d%s\n", k, (long long)t->events.items[k].at_ms,
                              sim_event_name(t->events.items[k].type), t->events.items[k].node,
                              k == i ? "   <-- not as expected" : "");
            fail_msg("event %zu of %zu", i, count);
        }
    }
}
#define ASSERT_EVENTS(t, ...)                                     \
    do {                                                          \
        static const struct expected expected_[] = {__VA_ARGS__}; \
        assert_events((t), expected_, ARRAY_LEN(expected_));      \
    } while (0)

static inline void assert_failure(const struct test_world *t, enum sim_way way, const char *subject)
{
    for (size_t i = 0; i < t->outcome.failure_count; i++) {
        const struct sim_failure *f = &t->outcome.failures[i];
        struct str name = way == WAY_NODE_LOST ? t->world->nodes[f->subject].node->o.name
                                               : t->world->workloads[f->subject].name;
        if (f->way == way && str_is(name, subject))
            return;
    }
    for (size_t i = 0; i < t->outcome.failure_count; i++)
        print_message("%s of %.*s\n", sim_way_name(t->outcome.failures[i].way),
                      STR_ARG(t->world->workloads[t->outcome.failures[i].subject].name));
    fail_msg("no failure %s of %s among %zu", sim_way_name(way), subject, t->outcome.failure_count);
}

static inline size_t count_events(const struct test_world *t, enum sim_event_type type)
{
    size_t n = 0;
    for (size_t i = 0; i < t->events.count; i++)
        n += t->events.items[i].type == type;
    return n;
}

/* A Scenario of these fields, in flow YAML; run with test_run. */
static inline struct contingency test_scenario(struct test_world *t, const char *spec)
{
    struct contingency c = {0};
    struct err e = {0};
    test_yaml(t, arena_printf(&t->a,
                              "{apiVersion: plimsoll.dev/v1, kind: Scenario, metadata: {name: s}, "
                              "spec: {%s}}",
                              spec)
                     .p);
    for (size_t i = 0; i < t->c.problems.count; i++)
        print_message("%.*s\n", STR_ARG(t->c.problems.items[i].message));
    assert_int_equal(t->c.problems.count, 0);
    t->options.scenario = t->c.scenarios.items[t->c.scenarios.count - 1];
    for (size_t i = 0; i < t->options.scenario->node_groups.count; i++)
        *PUSH(&t->a, &t->options.node_groups) = t->options.scenario->node_groups.items[i];
    if (str_is(t->options.scenario->hpa_cpu, "load"))
        t->options.hpa_cpu = HPA_CPU_LOAD;
    if (t->options.scenario->until_ms)
        t->options.until_ms = t->options.scenario->until_ms;
    cluster_resolve(&t->c);
    cluster_default(&t->c);
    if (sim_prepare(&t->a, &t->c, &t->options, &e))
        fail_msg("%s", e.msg);
    test_build(t);
    if (contingency_of_scenario(&t->a, t->world, t->options.scenario, &c, &e))
        fail_msg("%s", e.msg);
    return c;
}

#endif
