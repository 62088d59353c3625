/* SPDX-License-Identifier: Apache-2.0
 *
 * Every kind of event on tiny worlds: who, when to the millisecond, and what it comes to.
 */
#include "analysis/simulate/test_world.h"

/* Nodes a and b; one ReplicaSet pod and one daemon on a. */
static void two_nodes(struct test_world *t, const char *kind)
{
    test_init(t);
    test_node(t, "a", 1000, NULL);
    test_node(t, "b", 1000, NULL);
    test_pod(t, (struct test_pod){"web-1", kind, "web", "a", 100, 0, 200, NULL});
    test_pod(t, (struct test_pod){"agent-a", "DaemonSet", "agent", "a", 10, 0, 10, NULL});
    test_pod(t, (struct test_pod){"agent-b", "DaemonSet", "agent", "b", 10, 0, 10, NULL});
    test_ready(t);
}

/* node_lifecycle.json: 50 s without heartbeat, 300 s of toleration, the ReplicaSet at once. */
static void test_node_lost(void **state)
{
    (void)state;
    struct test_world t;
    uint32_t a = 0;
    two_nodes(&t, "ReplicaSet");
    struct contingency c = test_lose(CONTINGENCY_LOSE, &a, 1);
    for (int i = 0; i < 2; i++) { /* the second run finds everything put back */
        test_run(&t, &c, FACTOR_ONE);
        ASSERT_EVENTS(&t, {0, SIM_LOST, 0}, {50000, SIM_NOT_READY, 0}, {50000, SIM_TAINTED, 0},
                      {350000, SIM_DELETED, 0}, {350000, SIM_REPLACED, -1}, {350000, SIM_PLACED, 1},
                      {360000, SIM_STARTED, 1});
        assert_int_equal(t.outcome.failure_count, 0);
        assert_int_equal(t.outcome.dips, 1);
        assert_int_equal(t.outcome.displaced, 1);
        assert_int_equal(t.outcome.settled_ms, 360000);
        assert_int_equal(t.outcome.depth, 0);
    }
    test_done(&t);
}

static void test_stateful_set_waits(void **state)
{
    (void)state;
    struct test_world t;
    two_nodes(&t, "StatefulSet");
    test_run_first(&t, CONTINGENCY_LOSE, FACTOR_ONE);
    ASSERT_EVENTS(&t, {0, SIM_LOST, 0}, {50000, SIM_NOT_READY, 0}, {50000, SIM_TAINTED, 0},
                  {350000, SIM_WAITS, 0});
    assert_int_equal(t.outcome.failure_count, 1);
    assert_failure(&t, WAY_ZERO, "StatefulSet shop/web");
    test_done(&t);
}

static void test_nobody_makes_it_again(void **state)
{
    (void)state;
    struct test_world t;
    two_nodes(&t, NULL);
    test_run_first(&t, CONTINGENCY_LOSE, FACTOR_ONE);
    ASSERT_EVENTS(&t, {0, SIM_LOST, 0}, {50000, SIM_NOT_READY, 0}, {50000, SIM_TAINTED, 0},
                  {350000, SIM_DELETED, 0});
    assert_failure(&t, WAY_ZERO, "Pod shop/web-1");
    test_done(&t);
}

/* What matters more takes the place of what matters less, which waits. */
static void test_preemption(void **state)
{
    (void)state;
    struct test_world t;
    test_two_nodes(&t);
    test_pod(&t,
             (struct test_pod){"vip-1", "ReplicaSet", "vip", "a", 600, 0, 100, "priority: 1000"});
    test_pod(&t, (struct test_pod){"low-1", "ReplicaSet", "low", "b", 600, 0, 100, NULL});
    test_ready(&t);
    test_run_first(&t, CONTINGENCY_LOSE, FACTOR_ONE);
    ASSERT_EVENTS(&t, {0, SIM_LOST, 0}, {50000, SIM_NOT_READY, 0}, {50000, SIM_TAINTED, 0},
                  {350000, SIM_DELETED, 0}, {350000, SIM_REPLACED, -1}, {350000, SIM_PREEMPTED, 1},
                  {350000, SIM_PLACED, 1}, {350000, SIM_REPLACED, -1}, {350000, SIM_PENDING, -1},
                  {360000, SIM_STARTED, 1});
    assert_int_equal(t.outcome.failure_count, 1);
    assert_failure(&t, WAY_ZERO, "ReplicaSet shop/low");
    test_done(&t);
}

static void test_pending(void **state)
{
    (void)state;
    struct test_world t;
    test_init(&t);
    test_node(&t, "a", 1000, NULL);
    test_node(&t, "b", 500, NULL);
    test_pod(&t, (struct test_pod){"web-1", "ReplicaSet", "web", "a", 600, 0, 100, NULL});
    test_ready(&t);
    test_run_first(&t, CONTINGENCY_LOSE, 0);
    ASSERT_EVENTS(&t, {0, SIM_LOST, 0}, {50000, SIM_NOT_READY, 0}, {50000, SIM_TAINTED, 0},
                  {350000, SIM_DELETED, 0}, {350000, SIM_REPLACED, -1}, {350000, SIM_PENDING, -1});
    assert_int_equal(t.outcome.pending, 1);
    assert_failure(&t, WAY_ZERO, "ReplicaSet shop/web");
    test_done(&t);
}

/* A leak of 100 MiB a minute from 100 MiB to the limit of 200 MiB; a minute to warm up again.
 * Delays 0, 10, 20, 40, 80, 160, 300, and the eighth failure is the last that is followed. */
static void test_container_limit(void **state)
{
    (void)state;
    struct test_world t;
    test_init(&t);
    t.options.until_ms = 6 * 3600 * 1000;
    test_node(&t, "a", 10000, NULL);
    test_pod(&t, (struct test_pod){"web-1", "ReplicaSet", "web", "a", 100, 200, 100, NULL});
    test_ready(&t);
    struct contingency c = test_leak(&t, "web", 100);
    test_run(&t, &c, FACTOR_ONE);
    static const int64_t delays_ms[] = {0, 10000, 20000, 40000, 80000, 160000, 300000};
    int64_t at_ms = 60001; /* the first millisecond above the limit */
    size_t kills = 0;
    for (size_t i = 0; i < t.events.count; i++) {
        const struct sim_event *e = &t.events.items[i];
        if (e->type == SIM_STORM)
            continue;
        assert_int_equal(e->at_ms, at_ms);
        if (e->type == SIM_MEMCG_OOM) {
            assert_int_equal(e->of_bytes, 200 * MIB);
            kills++;
            at_ms += kills <= ARRAY_LEN(delays_ms) ? delays_ms[kills - 1] : 0;
        } else {
            assert_int_equal(e->type, SIM_RESTARTED);
            at_ms += 60000 + 60001;
        }
    }
    assert_int_equal(kills, 8);
    assert_int_equal(t.outcome.killed, 8);
    assert_failure(&t, WAY_STORM, "ReplicaSet shop/web");
    const struct sim_failure *storm = &t.outcome.failures[t.outcome.failure_count - 1];
    assert_int_equal(storm->way, WAY_STORM);
    assert_true(storm->cycle->repeats);
    assert_int_equal(storm->cycle->step_count, 1);
    assert_int_equal(storm->cycle->steps[0].type, SIM_MEMCG_OOM);
    assert_int_equal(storm->cycle->period_ms, 300000 + 60000 + 60001);
    assert_int_equal(storm->cycle->failures, 8);
    assert_int_equal(storm->cycle->pods, 1);
    assert_failure(&t, WAY_ZERO, "ReplicaSet shop/web");
    test_done(&t);
}

/* After ten good minutes the crash-loop delay begins anew: never more than 0 here. */
static void test_backoff_resets(void **state)
{
    (void)state;
    struct test_world t;
    test_init(&t);
    t.options.until_ms = 3600 * 1000;
    test_node(&t, "a", 10000, NULL);
    test_pod(&t, (struct test_pod){"web-1", "ReplicaSet", "web", "a", 100, 200, 100, NULL});
    test_ready(&t);
    struct contingency c = test_leak(&t, "web", 10);
    test_run(&t, &c, FACTOR_ONE);
    ASSERT_EVENTS(&t, {600001, SIM_MEMCG_OOM, 0}, {600001, SIM_RESTARTED, 0},
                  {1260002, SIM_MEMCG_OOM, 0}, {1260002, SIM_RESTARTED, 0},
                  {1920003, SIM_MEMCG_OOM, 0}, {1920003, SIM_RESTARTED, 0},
                  {2580004, SIM_MEMCG_OOM, 0}, {2580004, SIM_RESTARTED, 0},
                  {3240005, SIM_MEMCG_OOM, 0}, {3240005, SIM_RESTARTED, 0});
    test_done(&t);
}

/* 600 of 1000 MiB in use, threshold 100 MiB: crossed after five minutes, seen at the next poll. The
 * pod over its request goes first, whatever else uses more. */
static void eviction_world(struct test_world *t)
{
    test_init(t);
    test_node(t, "a", 1000, NULL);
    test_node(t, "b", 1000, NULL);
    test_pod(t, (struct test_pod){"big-1", "ReplicaSet", "big", "a", 450, 0, 400, NULL});
    test_pod(t, (struct test_pod){"leak-1", "ReplicaSet", "leak", "a", 50, 0, 200, NULL});
    test_ready(t);
}

static void test_kubelet_evicts(void **state)
{
    (void)state;
    struct test_world t;
    eviction_world(&t);
    t.world->options.until_ms = 700000;
    struct contingency c = test_leak(&t, "leak", 60);
    test_run(&t, &c, FACTOR_ONE);
    ASSERT_EVENTS(&t, {310000, SIM_PRESSURE, 0}, {310000, SIM_EVICTED, 0},
                  {311000, SIM_REPLACED, -1}, {311000, SIM_PLACED, 1}, {321000, SIM_STARTED, 1},
                  {610000, SIM_PRESSURE_END, 0});
    assert_int_equal(t.events.items[1].bytes, 510 * MIB);
    assert_int_equal(t.outcome.evicted, 1);
    assert_int_equal(t.outcome.failure_count, 0);
    assert_int_equal(t.outcome.first.type, SIM_PRESSURE);
    assert_int_equal(t.outcome.depth, 1);
    test_done(&t);
}

/* 100 MiB a second: gone before the kubelet looks. The most over by badness dies. */
static void test_global_oom(void **state)
{
    (void)state;
    struct test_world t;
    eviction_world(&t);
    t.world->options.until_ms = 9000;
    struct contingency c = test_leak(&t, "leak", 6000);
    test_run(&t, &c, FACTOR_ONE);
    ASSERT_EVENTS(&t, {4001, SIM_GLOBAL_OOM, 0}, {4001, SIM_RESTARTED, 0});
    assert_int_equal(t.events.items[0].pod, 1);
    test_done(&t);
}

static void test_global_oom_takes_the_kubelet(void **state)
{
    (void)state;
    struct test_world t;
    eviction_world(&t);
    t.world->options.until_ms = 360000;
    t.world->options.node_oom = NODE_OOM_LOST;
    struct contingency c = test_leak(&t, "leak", 6000);
    test_run(&t, &c, FACTOR_ONE);
    /* It goes on growing where it lands. */
    ASSERT_EVENTS(&t, {4001, SIM_OOM_LOST, 0}, {54001, SIM_NOT_READY, 0}, {54001, SIM_TAINTED, 0},
                  {354001, SIM_DELETED, 0}, {354001, SIM_DELETED, 0}, {354001, SIM_REPLACED, -1},
                  {354001, SIM_REPLACED, -1}, {354001, SIM_PLACED, 1}, {354001, SIM_PLACED, 1});
    assert_failure(&t, WAY_NODE_LOST, "a");
    assert_int_equal(t.outcome.nodes_lost, 1);
    test_done(&t);
}

static void test_thrash(void **state)
{
    (void)state;
    struct test_world t;
    eviction_world(&t);
    t.world->options.until_ms = 60000;
    t.world->options.node_pressure = NODE_PRESSURE_THRASH;
    struct contingency c = test_leak(&t, "leak", 6000);
    test_run(&t, &c, FACTOR_ONE);
    ASSERT_EVENTS(&t, {3001, SIM_THRASHED, 0}, {53001, SIM_NOT_READY, 0}, {53001, SIM_TAINTED, 0});
    assert_failure(&t, WAY_NODE_LOST, "a");
    test_done(&t);
}

/* What the kubelet cannot see brings the kernel first: at 970 MiB of pods, not at 900. */
static void test_unaccounted(void **state)
{
    (void)state;
    struct test_world t;
    test_init(&t);
    t.options.unaccounted_permyriad = 2000;
    t.options.until_ms = 250000;
    test_node(&t, "a", 1000, NULL);
    test_pod(&t, (struct test_pod){"leak-1", "ReplicaSet", "leak", "a", 50, 0, 600, NULL});
    test_ready(&t);
    struct contingency c = test_leak(&t, "leak", 60);
    test_run(&t, &c, FACTOR_ONE);
    /* A capacity of 1048576000 in 10000 parts is 104857; times 2000. */
    assert_true(t.events.count >= 1);
    assert_int_equal(t.events.items[0].type, SIM_GLOBAL_OOM);
    assert_in_range(t.events.items[0].at_ms, 200001, 201000);
    test_done(&t);
}

/* systemReserved leaves kubepods 800 MiB; the allocatable signal would see 100 MiB before that. */
static void test_kubepods_limit(void **state)
{
    (void)state;
    struct test_world t;
    test_init(&t);
    test_node(&t, "a", 1000, NULL);
    test_yaml(&t, "{apiVersion: kubelet.config.k8s.io/v1beta1, kind: KubeletConfiguration, "
                  "systemReserved: {memory: 200Mi}}");
    test_pod(&t, (struct test_pod){"big-1", "ReplicaSet", "big", "a", 450, 0, 400, NULL});
    test_pod(&t, (struct test_pod){"leak-1", "ReplicaSet", "leak", "a", 50, 0, 200, NULL});
    test_ready(&t);
    t.world->options.until_ms = 9000;
    struct contingency c = test_leak(&t, "leak", 6000);
    test_run(&t, &c, FACTOR_ONE);
    ASSERT_EVENTS(&t, {2001, SIM_KUBEPODS_OOM, 0}, {2001, SIM_RESTARTED, 0});
    t.world->options.until_ms = 115000;
    c = test_leak(&t, "leak", 60);
    test_run(&t, &c, FACTOR_ONE);
    ASSERT_EVENTS(&t, {110000, SIM_PRESSURE, 0}, {110000, SIM_EVICTED, 0},
                  {111000, SIM_REPLACED, -1}, {111000, SIM_PENDING, -1});
    test_done(&t);
}

/* Pod level: two containers share 300 MiB, neither reaches it alone. */
static void test_pod_limit(void **state)
{
    (void)state;
    struct test_world t;
    test_init(&t);
    test_node(&t, "a", 1000, NULL);
    test_yaml(&t, "{apiVersion: v1, kind: Pod, metadata: {name: duo, namespace: shop, uid: duo}, "
                  "spec: {nodeName: a, resources: {limits: {memory: 300Mi}, requests: {memory: "
                  "300Mi}}, containers: [{name: x}, {name: y}]}, status: {phase: Running}}");
    test_yaml(&t, "{apiVersion: metrics.k8s.io/v1beta1, kind: PodMetrics, metadata: {name: duo, "
                  "namespace: shop}, timestamp: \"2024-01-01T00:00:00Z\", containers: [{name: x, "
                  "usage: {memory: 100Mi}}, {name: y, usage: {memory: 140Mi}}]}");
    test_ready(&t);
    t.world->options.until_ms = 61000;
    struct contingency c = test_leak(&t, "duo", 60);
    test_run(&t, &c, FACTOR_ONE);
    ASSERT_EVENTS(&t, {60001, SIM_POD_OOM, 0}, {60001, SIM_RESTARTED, 0});
    assert_int_equal(t.events.items[0].container, 1);
    test_done(&t);
}

/* An evicted daemon comes back to its node; nothing else may. */
static void test_daemon_comes_back(void **state)
{
    (void)state;
    struct test_world t;
    test_init(&t);
    test_node(&t, "a", 1000, NULL);
    test_pod(&t, (struct test_pod){"agent-a", "DaemonSet", "agent", "a", 10, 0, 880, NULL});
    test_ready(&t);
    t.world->options.until_ms = 25000;
    struct contingency c = test_leak(&t, "agent", 180);
    test_run(&t, &c, FACTOR_ONE);
    ASSERT_EVENTS(&t, {10000, SIM_PRESSURE, 0}, {10000, SIM_EVICTED, 0}, {11000, SIM_REPLACED, -1},
                  {21000, SIM_STARTED, 0});
    test_done(&t);
}

/* ---- zones ---- */

static void zone_world(struct test_world *t, int in_x, int in_y)
{
    test_init(t);
    for (int i = 0; i < in_x + in_y; i++)
        test_node(t, arena_printf(&t->a, "n%d", i).p, 1000, i < in_x ? "x" : "y");
    test_ready(t);
}

static void test_zone_rates(void **state)
{
    (void)state;
    static const struct {
        int in_x, in_y;
        uint32_t lost;
        size_t tainted;
        int64_t last_ms;
    } cases[] = {
        {3, 3, 3, 3, 70000},      /* a whole zone: one per 10 s */
        {5, 3, 3, 0, 0},          /* 60 % of a small zone: none */
        {7, 3, 3, 3, 70000},      /* 43 %: normal */
        {2, 0, 2, 0, 0},          /* all zones: master disruption */
        {60, 1, 40, 36, 3550000}, /* 67 % of a large zone: one per 100 s, within an hour */
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct test_world t;
        uint32_t nodes[64];
        zone_world(&t, cases[i].in_x, cases[i].in_y);
        for (uint32_t k = 0; k < cases[i].lost; k++)
            nodes[k] = k;
        struct contingency c = test_lose(CONTINGENCY_LOSE, nodes, cases[i].lost);
        test_run(&t, &c, FACTOR_ONE);
        assert_int_equal(count_events(&t, SIM_TAINTED), cases[i].tainted);
        if (cases[i].tainted)
            assert_int_equal(t.outcome.settled_ms, cases[i].last_ms);
        test_done(&t);
    }
}

/* ---- traffic ---- */

/* The survivor takes all the load: from 500 to 1000 MiB within a minute; seen at 900 by the poll. */
static void test_elastic(void **state)
{
    (void)state;
    struct test_world t;
    test_init(&t);
    t.options.elastic_permyriad = FACTOR_ONE;
    t.options.until_ms = 52000;
    test_node(&t, "a", 1000, NULL);
    test_node(&t, "b", 1000, NULL);
    test_pod(&t, (struct test_pod){"web-1", "ReplicaSet", "web", "a", 100, 0, 500, NULL});
    test_pod(&t, (struct test_pod){"web-2", "ReplicaSet", "web", "b", 100, 0, 500, NULL});
    test_ready(&t);
    test_run_first(&t, CONTINGENCY_LOSE, FACTOR_ONE);
    assert_int_equal(count_events(&t, SIM_PRESSURE), 1);
    assert_int_equal(count_events(&t, SIM_EVICTED), 1);
    assert_int_equal(t.outcome.first.at_ms, 50000);
    test_done(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_node_lost),
        cmocka_unit_test(test_stateful_set_waits),
        cmocka_unit_test(test_nobody_makes_it_again),
        cmocka_unit_test(test_preemption),
        cmocka_unit_test(test_pending),
        cmocka_unit_test(test_container_limit),
        cmocka_unit_test(test_backoff_resets),
        cmocka_unit_test(test_kubelet_evicts),
        cmocka_unit_test(test_global_oom),
        cmocka_unit_test(test_global_oom_takes_the_kubelet),
        cmocka_unit_test(test_thrash),
        cmocka_unit_test(test_unaccounted),
        cmocka_unit_test(test_kubepods_limit),
        cmocka_unit_test(test_pod_limit),
        cmocka_unit_test(test_daemon_comes_back),
        cmocka_unit_test(test_zone_rates),
        cmocka_unit_test(test_elastic),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
