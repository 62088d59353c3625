/* SPDX-License-Identifier: Apache-2.0
 *
 * Drains: what the Eviction API lets go, in which order, and how a drain that cannot end ends.
 */
#include "analysis/simulate/test_world.h"

static void drain_world(struct test_world *t, const char *budget)
{
    test_init(t);
    test_node(t, "a", 1000, NULL);
    test_node(t, "b", 1000, NULL);
    test_pod(t, (struct test_pod){"web-1", "ReplicaSet", "web", "a", 100, 0, 100, NULL});
    test_pod(t, (struct test_pod){"web-2", "ReplicaSet", "web", "a", 100, 0, 100, NULL});
    test_yaml(t, arena_printf(&t->a,
                              "{apiVersion: policy/v1, kind: PodDisruptionBudget, metadata: {name: "
                              "web, namespace: shop}, spec: {minAvailable: %s, selector: "
                              "{matchLabels: {app: web}}}}",
                              budget)
                     .p);
    test_ready(t);
}

/* One may go; the other when the first's replacement runs, at the next try. */
static void test_drain(void **state)
{
    (void)state;
    struct test_world t;
    drain_world(&t, "1");
    test_run_first(&t, CONTINGENCY_DRAIN, FACTOR_ONE);
    ASSERT_EVENTS(&t, {0, SIM_CORDONED, 0}, {0, SIM_DRAINED, 0}, {0, SIM_REPLACED, -1},
                  {0, SIM_PLACED, 1}, {10000, SIM_STARTED, 1}, {10000, SIM_DRAINED, 0},
                  {10000, SIM_REPLACED, -1}, {10000, SIM_PLACED, 1}, {20000, SIM_STARTED, 1});
    assert_false(t.outcome.blocked);
    assert_int_equal(t.outcome.failure_count, 0);
    test_done(&t);
}

static void test_drain_blocked(void **state)
{
    (void)state;
    struct test_world t;
    drain_world(&t, "100%");
    test_run_first(&t, CONTINGENCY_DRAIN, FACTOR_ONE);
    ASSERT_EVENTS(&t, {0, SIM_CORDONED, 0}, {0, SIM_BLOCKED, 0});
    assert_true(t.outcome.blocked);
    assert_int_equal(t.world->workloads[t.outcome.blocked_workload].need, 2);
    test_done(&t);
}

/* 30 % of one replica rounds up to one: none must be healthy, and the drain goes through. */
static void test_drain_single(void **state)
{
    (void)state;
    static const char *const budgets[] = {"maxUnavailable: 1", "maxUnavailable: 30%",
                                          "minAvailable: 0"};
    for (size_t i = 0; i < ARRAY_LEN(budgets); i++) {
        struct test_world t;
        test_two_nodes(&t);
        test_pod(&t, (struct test_pod){"web-1", "ReplicaSet", "web", "a", 100, 0, 100, NULL});
        test_budget(&t, "web", budgets[i]);
        test_ready(&t);
        test_run_first(&t, CONTINGENCY_DRAIN, FACTOR_ONE);
        ASSERT_EVENTS(&t, {0, SIM_CORDONED, 0}, {0, SIM_DRAINED, 0}, {0, SIM_REPLACED, -1},
                      {0, SIM_PLACED, 1}, {10000, SIM_STARTED, 1});
        assert_false(t.outcome.blocked);
        assert_int_equal(t.outcome.dips, 1); /* it is away for a while all the same */
        test_done(&t);
    }
}

/* Whatever they demand: the Eviction API does not choose between two. */
static void test_drain_two_budgets(void **state)
{
    (void)state;
    struct test_world t;
    test_two_nodes(&t);
    test_pod(&t, (struct test_pod){"web-1", "ReplicaSet", "web", "a", 100, 0, 100, NULL});
    test_budget(&t, "web", "maxUnavailable: 1");
    test_budget(&t, "web", "minAvailable: 0");
    test_ready(&t);
    test_run_first(&t, CONTINGENCY_DRAIN, FACTOR_ONE);
    ASSERT_EVENTS(&t, {0, SIM_CORDONED, 0}, {0, SIM_BLOCKED, 0});
    assert_int_equal(t.world->workloads[t.outcome.blocked_workload].eviction, EVICTION_TWO_BUDGETS);
    test_done(&t);
}

/* A bare pod has no scale: only a number of pods to be kept can be counted. */
static void test_drain_no_scale(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        struct test_world t;
        test_init(&t);
        test_node(&t, "a", 1000, NULL);
        test_pod(&t, (struct test_pod){"bare", NULL, NULL, "a", 100, 0, 100, NULL});
        test_budget(&t, "bare", i ? "minAvailable: 0" : "maxUnavailable: 1");
        test_ready(&t);
        test_run_first(&t, CONTINGENCY_DRAIN, FACTOR_ONE);
        assert_int_equal(t.outcome.blocked, i == 0);
        assert_int_equal(t.world->workloads[0].eviction,
                         i ? EVICTION_BY_BUDGET : EVICTION_NO_SCALE);
        test_done(&t);
    }
}

/* IfHealthyBudget: what is not ready may go while the budget is met; AlwaysAllow: always. */
static void test_drain_unready(void **state)
{
    (void)state;
    static const struct {
        const char *budget;
        bool blocked;
    } rows[] = {{"minAvailable: 1", false},
                {"minAvailable: 2", true},
                {"minAvailable: 2, unhealthyPodEvictionPolicy: AlwaysAllow", false}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct test_world t;
        uint32_t a = 0;
        test_init(&t);
        test_node(&t, "a", 1000, NULL);
        test_node(&t, "b", 300, NULL);
        test_pod(&t, (struct test_pod){"web-1", "ReplicaSet", "web", "a", 100, 0, 100, NULL});
        test_pod(&t, (struct test_pod){"web-2", "ReplicaSet", "web", "b", 100, 0, 100, NULL});
        test_budget(&t, "web", rows[i].budget);
        cluster_resolve(&t.c);
        cluster_default(&t.c);
        *PUSH(&t.a, &t.c.pods.items[0]->status.conditions) =
            (struct condition){.type = STR("Ready"), .status = STR("False")};
        test_build(&t);
        struct contingency c = test_lose(CONTINGENCY_DRAIN, &a, 1);
        test_run(&t, &c, FACTOR_ONE);
        assert_int_equal(t.outcome.blocked, rows[i].blocked);
        test_done(&t);
    }
}

/* Two drains that wait for each other end, and are told as blocked. */
static void test_drains_blocked(void **state)
{
    (void)state;
    struct test_world t;
    uint32_t both[] = {0, 1};
    test_two_nodes(&t);
    test_node(&t, "c", 1000, NULL);
    test_pod(&t, (struct test_pod){"web-1", "ReplicaSet", "web", "a", 100, 0, 100, NULL});
    test_pod(&t, (struct test_pod){"web-2", "ReplicaSet", "web", "b", 100, 0, 100, NULL});
    test_budget(&t, "web", "minAvailable: 2");
    test_ready(&t);
    struct contingency c = test_lose(CONTINGENCY_DRAIN, both, 2);
    test_run(&t, &c, FACTOR_ONE);
    assert_true(t.outcome.blocked);
    assert_false(t.outcome.timed_out);
    assert_int_equal(count_events(&t, SIM_BLOCKED), 2);
    test_done(&t);
}

/* kubectl drain leaves mirror pods and DaemonSets' alone, but not what is merely critical. */
static void test_drain_critical(void **state)
{
    (void)state;
    struct test_world t;
    uint32_t a = 0;
    test_two_nodes(&t);
    test_pod(&t, (struct test_pod){"dns-1", "ReplicaSet", "dns", "a", 100, 0, 100,
                                   "priority: 2000000000, priorityClassName: "
                                   "system-cluster-critical"});
    test_pod(&t, (struct test_pod){"proxy-1", "DaemonSet", "proxy", "a", 100, 0, 100, NULL});
    cluster_resolve(&t.c);
    cluster_default(&t.c);
    struct toleration all = {.op = STR("Exists")};
    *PUSH(&t.a, &t.c.pods.items[0]->spec.tolerations) = all;
    test_build(&t);
    struct contingency c = test_lose(CONTINGENCY_DRAIN, &a, 1);
    test_run(&t, &c, FACTOR_ONE);
    ASSERT_EVENTS(&t, {0, SIM_CORDONED, 0}, {0, SIM_DRAINED, 0}, {0, SIM_REPLACED, -1},
                  {0, SIM_PLACED, 1}, {10000, SIM_STARTED, 1});
    test_done(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_drain),          cmocka_unit_test(test_drain_blocked),
        cmocka_unit_test(test_drain_single),   cmocka_unit_test(test_drain_two_budgets),
        cmocka_unit_test(test_drain_no_scale), cmocka_unit_test(test_drain_unready),
        cmocka_unit_test(test_drains_blocked), cmocka_unit_test(test_drain_critical),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
