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

/* web and api have one budget. Of their three pods two must stay: the first goes at once, the second
 * when the first is back. For each alone it would be none, or both at once. */
static void shared_world(struct test_world *t, const char *budget, const char *kind_of_api)
{
    test_init(t);
    test_node(t, "a", 1000, NULL);
    test_node(t, "b", 1000, NULL);
    test_pod(t, (struct test_pod){"web-1", "ReplicaSet", "web", "a", 100, 0, 100, NULL, NULL});
    test_pod(t, (struct test_pod){"api-1", kind_of_api, "api", "a", 100, 0, 100, NULL, NULL});
    test_pod(t, (struct test_pod){"api-2", kind_of_api, "api", "b", 100, 0, 100, NULL, NULL});
    test_yaml(t, arena_printf(&t->a,
                              "{apiVersion: policy/v1, kind: PodDisruptionBudget, metadata: {name: "
                              "both, namespace: shop}, spec: {%s, selector: {matchExpressions: "
                              "[{key: app, operator: In, values: [web, api]}]}}}",
                              budget)
                     .p);
    test_ready(t);
}

static void test_drain_shared(void **state)
{
    (void)state;
    static const char *const budgets[] = {"minAvailable: 2", "maxUnavailable: 1",
                                          "minAvailable: 60%"};
    for (size_t i = 0; i < ARRAY_LEN(budgets); i++) {
        struct test_world t;
        shared_world(&t, budgets[i], "ReplicaSet");
        assert_int_equal(t.world->budgets.count, 1);
        assert_int_equal(t.world->budgets.items[0].scale, 3);
        assert_int_equal(t.world->budgets.items[0].desired, 2);
        test_run_first(&t, CONTINGENCY_DRAIN, FACTOR_ONE);
        ASSERT_EVENTS(&t, {0, SIM_CORDONED, 0}, {0, SIM_DRAINED, 0}, {0, SIM_REPLACED, -1},
                      {0, SIM_PLACED, 1}, {10000, SIM_STARTED, 1}, {10000, SIM_DRAINED, 0},
                      {10000, SIM_REPLACED, -1}, {10000, SIM_PLACED, 1}, {20000, SIM_STARTED, 1});
        assert_false(t.outcome.blocked);
        test_run_first(&t, CONTINGENCY_DRAIN, FACTOR_ONE); /* the runner is as it was */
        assert_false(t.outcome.blocked);
        test_done(&t);
    }
}

/* What cannot be counted for one cannot be counted for all; and with too few in all no one goes. */
static void test_drain_shared_blocked(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        struct test_world t;
        shared_world(&t, i ? "minAvailable: 3" : "maxUnavailable: 1", i ? "ReplicaSet" : NULL);
        test_run_first(&t, CONTINGENCY_DRAIN, FACTOR_ONE);
        assert_true(t.outcome.blocked);
        assert_int_equal(count_events(&t, SIM_DRAINED), 0);
        assert_int_equal(t.world->workloads[t.outcome.blocked_workload].eviction,
                         i ? EVICTION_BY_BUDGET : EVICTION_NO_SCALE);
        test_done(&t);
    }
}

/* Node a is lost and b is full: one of three is left where two must be. Both lack pods, and what is
 * told is the budget's. */
static void test_lose_shared(void **state)
{
    (void)state;
    struct test_world t;
    test_init(&t);
    test_node(&t, "a", 1000, NULL);
    test_node(&t, "b", 150, NULL);
    test_pod(&t, (struct test_pod){"web-1", "ReplicaSet", "web", "a", 100, 0, 10, NULL, NULL});
    test_pod(&t, (struct test_pod){"api-1", "ReplicaSet", "api", "a", 100, 0, 10, NULL, NULL});
    test_pod(&t, (struct test_pod){"api-2", "ReplicaSet", "api", "b", 100, 0, 10, NULL, NULL});
    test_yaml(&t, "{apiVersion: policy/v1, kind: PodDisruptionBudget, metadata: {name: both, "
                  "namespace: shop}, spec: {minAvailable: 2, selector: {matchExpressions: [{key: "
                  "app, operator: In, values: [web, api]}]}}}");
    test_ready(&t);
    test_run_first(&t, CONTINGENCY_LOSE, FACTOR_ONE);
    assert_int_equal(t.outcome.below, 2);
    assert_int_equal(t.outcome.zero, 1);
    assert_failure(&t, WAY_ZERO, "ReplicaSet shop/web");
    assert_failure(&t, WAY_SHORT, "ReplicaSet shop/api");
    for (size_t i = 0; i < t.outcome.failure_count; i++)
        if (t.outcome.failures[i].way == WAY_SHORT) {
            assert_int_equal(t.outcome.failures[i].have, 1);
            assert_int_equal(t.outcome.failures[i].need, 2);
            assert_ptr_equal(t.outcome.failures[i].shared, t.world->budgets.items[0].pdb);
        }
    test_done(&t);
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
        cmocka_unit_test(test_drain_shared),   cmocka_unit_test(test_drain_shared_blocked),
        cmocka_unit_test(test_lose_shared),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
