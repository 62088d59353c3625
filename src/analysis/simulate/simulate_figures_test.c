/* SPDX-License-Identifier: Apache-2.0
 *
 * The load line and what fails at any use, and the documents of our own that say what is used and
 * what happens.
 */
#include "analysis/simulate/test_world.h"

/* ---- the figures ---- */

/* Two workloads of 400 MiB on two nodes. Alone on b they need 800 f of 900 MiB: the line is 1.125. */
static void test_load_line(void **state)
{
    (void)state;
    char digest[65] = "";
    for (unsigned threads = 1; threads <= 4; threads++) {
        struct test_world t;
        struct contingencies set = {0};
        struct sim_report report;
        test_init(&t);
        t.options.threads = threads;
        test_node(&t, "a", 1000, NULL);
        test_node(&t, "b", 1000, NULL);
        test_pod(&t, (struct test_pod){"x-1", "ReplicaSet", "x", "a", 100, 0, 400, NULL});
        test_pod(&t, (struct test_pod){"y-1", "ReplicaSet", "y", "b", 100, 0, 400, NULL});
        test_ready(&t);
        contingencies_none(&t.a, &set);
        contingencies_n1(&t.a, t.world, &set);
        assert_int_equal(set.count, 3);
        sim_report_make(&t.a, t.world, &set, &(struct sim_wanted){.line = true}, &report);
        assert_true(report.line.known && !report.line.above);
        assert_in_range(report.line.factor, 11240, 11250);
        assert_in_range(report.line.fails_at, 11251, 11261);
        assert_int_equal(report.line.weakest, 1);
        assert_int_equal(report.line.outcome.first.type, SIM_PRESSURE);
        assert_int_equal(report.margin.pods, 8);
        assert_int_equal(report.margin.bytes, 800 * MIB);
        assert_true(report.items[1].survives && report.items[2].survives);
        if (threads > 1)
            assert_string_equal(digest, report.digest);
        memcpy(digest, report.digest, sizeof(digest));
        test_done(&t);
    }
}

/* Limits hold usage: nothing grows past them, so there is no line. */
static void test_line_above(void **state)
{
    (void)state;
    struct test_world t;
    struct contingencies set = {0};
    struct sim_report report;
    test_two_nodes(&t);
    test_pod(&t, (struct test_pod){"x-1", "ReplicaSet", "x", "a", 100, 400, 300, NULL});
    test_pod(&t, (struct test_pod){"y-1", "ReplicaSet", "y", "b", 100, 400, 300, NULL});
    test_ready(&t);
    contingencies_n1(&t.a, t.world, &set);
    sim_report_make(&t.a, t.world, &set, &(struct sim_wanted){.line = true}, &report);
    assert_true(report.line.known && report.line.above);
    assert_int_equal(report.clipped_count, 2);
    test_done(&t);
}

/* What fails without any memory is told apart and does not lower the line. */
static void test_structural(void **state)
{
    (void)state;
    struct test_world t;
    struct contingencies set = {0};
    struct sim_report report;
    test_two_nodes(&t);
    test_pod(&t, (struct test_pod){"db-0", "StatefulSet", "db", "a", 100, 0, 100, NULL});
    test_ready(&t);
    contingencies_n1(&t.a, t.world, &set);
    sim_report_make(&t.a, t.world, &set, &(struct sim_wanted){.line = true}, &report);
    assert_int_equal(report.items[0].structural.failure_count, 1);
    assert_int_equal(report.items[1].structural.failure_count, 0);
    assert_true(report.items[0].survives);
    assert_in_range(report.line.factor, 89900, 90000); /* 900 MiB is 9 times its use */
    test_done(&t);
}

/* ---- our own kinds ---- */

static const char scenario_yaml[] =
    "{apiVersion: plimsoll.dev/v1, kind: Scenario, metadata: {name: s}, spec: {until: 20m, usage: "
    "[{target: {kind: ReplicaSet, namespace: shop, name: web}, containers: [{level: 50Mi, "
    "growthPerMinute: 100Mi, ceiling: 450Mi}]}], events: [{at: 1m, cordon: node/b}, {at: 2m, lose: "
    "node/a}, {at: 3m, leak: {workload: shop/db, growthPerMinute: 100Mi}}]}}";

/* A profile says where usage starts, grows and ends; events happen when they are said to. */
static void test_profile_and_events(void **state)
{
    (void)state;
    struct test_world t;
    struct contingency c;
    struct err e = {0};
    test_two_nodes(&t);
    test_node(&t, "c", 1000, NULL);
    test_pod(&t, (struct test_pod){"web-1", "ReplicaSet", "web", "a", 100, 0, 200, NULL});
    test_pod(&t, (struct test_pod){"db-1", "ReplicaSet", "db", "c", 100, 300, 200, NULL});
    test_yaml(&t, scenario_yaml);
    assert_int_equal(t.c.problems.count, 0);
    assert_int_equal(t.c.scenarios.count, 1);
    t.options.scenario = t.c.scenarios.items[0];
    t.options.until_ms = 260000;
    test_ready(&t);
    assert_int_equal(t.world->containers[0].usage, 50 * MIB);
    assert_int_equal(t.world->usage.profiled, 1);
    assert_int_equal(contingency_of_scenario(&t.a, t.world, t.options.scenario, &c, &e), 0);
    test_run(&t, &c, FACTOR_ONE);
    ASSERT_EVENTS(&t, {60000, SIM_CORDONED, 1}, {120000, SIM_LOST, 0}, {170000, SIM_NOT_READY, 0},
                  {170000, SIM_TAINTED, 0}, {240001, SIM_MEMCG_OOM, 2}, {240001, SIM_RESTARTED, 2});
    t.world->options.until_ms = 1200000;
    c.actions.count = 0;
    test_run(&t, &c, FACTOR_ONE);
    assert_int_equal(t.events.count, 0); /* 450 MiB at most */
    test_done(&t);
}

static void test_scenario_errors(void **state)
{
    (void)state;
    struct test_world t;
    struct contingency c;
    struct err e = {0};
    test_init(&t);
    test_node(&t, "a", 1000, NULL);
    test_pod(&t, (struct test_pod){"web-1", "ReplicaSet", "web", "a", 100, 0, 200, NULL});
    test_yaml(&t, "{apiVersion: plimsoll.dev/v1, kind: Scenario, metadata: {name: s}, spec: "
                  "{events: [{at: 1m, lose: node/zz}]}}");
    test_ready(&t);
    assert_int_equal(contingency_of_scenario(&t.a, t.world, t.c.scenarios.items[0], &c, &e),
                     -EINVAL);
    assert_string_equal(e.msg, "Scenario s, line 1: there is no node \"node/zz\"");
    test_done(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_profile_and_events), cmocka_unit_test(test_scenario_errors),
        cmocka_unit_test(test_load_line),          cmocka_unit_test(test_line_above),
        cmocka_unit_test(test_structural),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
