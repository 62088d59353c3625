/* SPDX-License-Identifier: Apache-2.0
 *
 * How pods and nodes come and go: Jobs and pods that nothing restarts, nodes that are back while
 * something else is under way, growth where pods need no time to warm up.
 */
#include "analysis/simulate/test_world.h"

/* ---- restartPolicy Never ---- */

static struct contingency job_world(struct test_world *t, const char *kind, const char *more,
                                    const char *spec)
{
    test_init(t);
    test_node(t, "a", 1000, NULL);
    test_pod(t, (struct test_pod){"job-1", kind, kind ? "job" : NULL, "a", 100, 200, 100, more});
    return test_scenario(t, spec);
}

#define LEAK(name) \
    "until: 8m, events: [{at: 0s, leak: {workload: shop/" name ", growthPerMinute: 50Mi}}]"

/* Its pod is Failed, another is made after 10 s, the next after 20 s. */
static void test_job_fails(void **state)
{
    (void)state;
    struct test_world t;
    struct contingency c = job_world(&t, "Job", "restartPolicy: Never", LEAK("job"));
    for (int i = 0; i < 2; i++) {
        test_run(&t, &c, FACTOR_ONE);
        ASSERT_EVENTS(&t, {120001, SIM_MEMCG_OOM, 0}, {120001, SIM_FAILED, 0},
                      {130001, SIM_REPLACED, -1}, {130001, SIM_PLACED, 0}, {140001, SIM_STARTED, 0},
                      {320002, SIM_MEMCG_OOM, 0}, {320002, SIM_FAILED, 0},
                      {340002, SIM_REPLACED, -1}, {340002, SIM_PLACED, 0},
                      {350002, SIM_STARTED, 0});
        assert_int_equal(t.outcome.failure_count, 0);
    }
    test_done(&t);
}

/* OnFailure: in its place, as any other. */
static void test_job_restarts(void **state)
{
    (void)state;
    struct test_world t;
    struct contingency c = job_world(&t, "Job", "restartPolicy: OnFailure", LEAK("job"));
    test_run(&t, &c, FACTOR_ONE);
    ASSERT_EVENTS(&t, {120001, SIM_MEMCG_OOM, 0}, {120001, SIM_RESTARTED, 0},
                  {300002, SIM_MEMCG_OOM, 0}, {310002, SIM_RESTARTED, 0});
    test_done(&t);
}

/* A bare pod is gone for good. */
static void test_bare_pod_fails(void **state)
{
    (void)state;
    struct test_world t;
    struct contingency c = job_world(&t, NULL, "restartPolicy: Never", LEAK("job-1"));
    test_run(&t, &c, FACTOR_ONE);
    ASSERT_EVENTS(&t, {120001, SIM_MEMCG_OOM, 0}, {120001, SIM_FAILED, 0});
    assert_failure(&t, WAY_ZERO, "Pod shop/job-1");
    test_done(&t);
}

/* backoffLimit 1: the second failure is the last. */
static void test_job_gives_up(void **state)
{
    (void)state;
    struct test_world t;
    test_init(&t);
    test_node(&t, "a", 1000, NULL);
    test_yaml(&t,
              "{apiVersion: batch/v1, kind: Job, metadata: {name: job, namespace: shop, uid: "
              "u-job}, spec: {backoffLimit: 1, template: {metadata: {labels: {app: job}}, spec: "
              "{restartPolicy: Never, containers: [{name: c}]}}}}");
    test_pod(&t,
             (struct test_pod){"job-1", "Job", "job", "a", 100, 200, 100, "restartPolicy: Never"});
    struct contingency c = test_scenario(
        &t, "until: 1h, events: [{at: 0s, leak: {workload: shop/job, growthPerMinute: 50Mi}}]");
    test_run(&t, &c, FACTOR_ONE);
    assert_int_equal(count_events(&t, SIM_FAILED), 2);
    assert_int_equal(count_events(&t, SIM_STARTED), 1);
    assert_false(t.outcome.timed_out);
    test_done(&t);
}

/* Killed while its kubelet was away: that finds out when it is back. After a reboot nothing starts
 * it either. */
static void test_fails_when_back(void **state)
{
    (void)state;
    struct test_world t;
    struct contingency c =
        job_world(&t, NULL, "restartPolicy: Never",
                  "until: 8m, events: [{at: 2m, kubeletStopped: node/a}, {at: 0s, leak: {workload: "
                  "shop/job-1, growthPerMinute: 50Mi}}, {at: 150s, back: node/a}]");
    test_run(&t, &c, FACTOR_ONE);
    ASSERT_EVENTS(&t, {120000, SIM_KUBELET_STOPPED, 0}, {120001, SIM_MEMCG_OOM, 0},
                  {150000, SIM_BACK, 0}, {150000, SIM_FAILED, 0});
    test_done(&t);
    c = job_world(&t, NULL, "restartPolicy: Never",
                  "events: [{at: 0s, lose: node/a}, {at: 30s, back: node/a}]");
    test_run(&t, &c, FACTOR_ONE);
    ASSERT_EVENTS(&t, {0, SIM_LOST, 0}, {30000, SIM_BACK, 0}, {30000, SIM_FAILED, 0});
    test_done(&t);
}

/* Its sidecar is restarted, whatever the pod's policy says; the pod does not fail with it. */
static void test_sidecar_restarts(void **state)
{
    (void)state;
    struct test_world t;
    struct contingency c = job_world(
        &t, "Job",
        "restartPolicy: Never, initContainers: [{name: s, restartPolicy: Always, resources: "
        "{requests: {memory: 200Mi}, limits: {memory: 250Mi}}}]",
        LEAK("job"));
    test_run(&t, &c, FACTOR_ONE);
    ASSERT_EVENTS(&t, {60001, SIM_MEMCG_OOM, 0}, {60001, SIM_RESTARTED, 0},
                  {180002, SIM_MEMCG_OOM, 0}, {190002, SIM_RESTARTED, 0},
                  {310003, SIM_MEMCG_OOM, 0}, {330003, SIM_RESTARTED, 0},
                  {450004, SIM_MEMCG_OOM, 0});
    test_done(&t);
}

/* ---- nodes that come back ---- */

/* Three of five are away: no taint in a small zone (PartialDisruption). With one back it is two of
 * five, and the queue goes on. */
static void test_zone_recovers(void **state)
{
    (void)state;
    struct test_world t;
    test_init(&t);
    for (int i = 0; i < 5; i++)
        test_node(&t, arena_printf(&t.a, "n%d", i).p, 1000, "x");
    struct contingency c = test_scenario(
        &t, "events: [{at: 0s, lose: node/n0}, {at: 0s, lose: node/n1}, {at: 0s, lose: node/n2}, "
            "{at: 10m, back: node/n1}]");
    test_run(&t, &c, FACTOR_ONE);
    ASSERT_EVENTS(&t, {0, SIM_LOST, 0}, {0, SIM_LOST, 1}, {0, SIM_LOST, 2},
                  {50000, SIM_NOT_READY, 0}, {50000, SIM_NOT_READY, 1}, {50000, SIM_NOT_READY, 2},
                  {600000, SIM_BACK, 1}, {600000, SIM_TAINTED, 0}, {610000, SIM_TAINTED, 2});
    test_done(&t);
}

/* Lost once more while its pods were starting: they begin again. */
static void test_back_twice(void **state)
{
    (void)state;
    struct test_world t;
    test_init(&t);
    test_node(&t, "a", 1000, NULL);
    test_pod(&t, (struct test_pod){"web-1", "ReplicaSet", "web", "a", 100, 200, 100, NULL});
    struct contingency c =
        test_scenario(&t, "events: [{at: 0s, lose: node/a}, {at: 5s, back: node/a}, {at: 7s, lose: "
                          "node/a}, {at: 9s, back: node/a}]");
    test_run(&t, &c, FACTOR_ONE);
    ASSERT_EVENTS(&t, {0, SIM_LOST, 0}, {5000, SIM_BACK, 0}, {7000, SIM_LOST, 0},
                  {9000, SIM_BACK, 0}, {19000, SIM_STARTED, 0});
    test_done(&t);
}

/* ---- growth ---- */

/* Without warming up a restarted container has its full usage at once and grows from there: every
 * 3 minutes 30Mi. */
static void test_growth_without_warming(void **state)
{
    (void)state;
    struct test_world t;
    test_init(&t);
    t.options.warm_ms = 0;
    test_node(&t, "a", 1000, NULL);
    test_pod(&t, (struct test_pod){"web-1", "ReplicaSet", "web", "a", 100, 130, 100, NULL});
    struct contingency c = test_scenario(
        &t, "until: 7m, usage: [{target: {kind: ReplicaSet, namespace: shop, name: web}, "
            "containers: [{name: c, level: 100Mi, growthPerMinute: 10Mi}]}]");
    test_run(&t, &c, FACTOR_ONE);
    ASSERT_EVENTS(&t, {180001, SIM_MEMCG_OOM, 0}, {180001, SIM_RESTARTED, 0},
                  {360002, SIM_MEMCG_OOM, 0}, {370002, SIM_RESTARTED, 0});
    test_done(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_job_fails),
        cmocka_unit_test(test_job_restarts),
        cmocka_unit_test(test_bare_pod_fails),
        cmocka_unit_test(test_job_gives_up),
        cmocka_unit_test(test_fails_when_back),
        cmocka_unit_test(test_sidecar_restarts),
        cmocka_unit_test(test_zone_recovers),
        cmocka_unit_test(test_back_twice),
        cmocka_unit_test(test_growth_without_warming),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
