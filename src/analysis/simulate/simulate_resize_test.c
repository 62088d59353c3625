/* SPDX-License-Identifier: Apache-2.0
 *
 * Amounts that hold on a node where they are not those of the containers in the spec: pods that are
 * being resized in place, and pod-level resources.
 */
#include "analysis/simulate/internal.h"
#include "analysis/simulate/test_world.h"

#define GRANTED(request, limit)                                                            \
    "containerStatuses: [{name: c, allocatedResources: {memory: " request "}, resources: " \
    "{requests: {memory: " request "}, limits: {memory: " limit "}}}]"

/* Wants 400Mi and has 100Mi, both as request and as limit: booked is the greater, the node goes by
 * what it has granted. */
static void test_waits(void **state)
{
    (void)state;
    enum { MEMORY = 2 };
    struct test_world t;
    test_init(&t);
    test_node(&t, "a", 1000, NULL);
    test_pod(&t, (struct test_pod){"w", "ReplicaSet", "w", "a", 400, 400, 50, NULL,
                                   GRANTED("100Mi", "100Mi")});
    test_ready(&t);
    assert_int_equal(schedule_pod_request(t.runner->schedule, 0, MEMORY), 400 * MIB);
    assert_int_equal(t.world->pods[0].request, 100 * MIB);
    assert_int_equal(t.world->containers[0].limit, 100 * MIB);
    /* 50Mi, 10 more each minute: at the old limit after five. */
    struct contingency leak = test_leak(&t, "w", 10);
    test_run(&t, &leak, FACTOR_ONE);
    assert_int_equal(t.outcome.first.type, SIM_MEMCG_OOM);
    assert_in_range(t.outcome.first.at_ms, 5 * 60000, 5 * 60000 + 10);
    test_done(&t);
}

/* A lower limit that could not be carried out does not hold; one that has been does, whatever the
 * spec says by now. */
static void test_refused(void **state)
{
    (void)state;
    struct test_world t;
    test_init(&t);
    test_node(&t, "a", 1000, NULL);
    test_pod(&t, (struct test_pod){"w", "ReplicaSet", "w", "a", 100, 100, 50, NULL,
                                   GRANTED("100Mi", "300Mi")});
    test_pod(&t, (struct test_pod){"x", "ReplicaSet", "x", "a", 100, 0, 50, NULL,
                                   GRANTED("100Mi", "80Mi")});
    test_ready(&t);
    assert_int_equal(t.world->containers[0].limit, 300 * MIB);
    assert_int_equal(t.world->containers[1].limit, 80 * MIB);
    test_done(&t);
}

/* The kernel's choice goes by the request that was granted: small is granted more than it asks for
 * now, and the other dies though it uses less. */
static void test_badness(void **state)
{
    (void)state;
    struct test_world t;
    test_init(&t);
    test_node(&t, "a", 1000, NULL);
    test_pod(&t, (struct test_pod){"small", "ReplicaSet", "small", "a", 10, 0, 520, NULL,
                                   "containerStatuses: [{name: c, allocatedResources: {memory: "
                                   "600Mi}}]"});
    test_pod(&t, (struct test_pod){"w", "ReplicaSet", "w", "a", 300, 0, 440, NULL, NULL});
    test_ready(&t);
    t.world->nodes[0].evict_below = 0;
    struct contingency leak = test_leak(&t, "w", 10);
    test_run(&t, &leak, FACTOR_ONE);
    assert_int_equal(t.outcome.first.type, SIM_GLOBAL_OOM);
    assert_int_equal(t.outcome.first.pod, 1);
    test_done(&t);
}

/* Of two containers one says what it needs; the other has the rest of the pod's amount. */
static void test_shares(void **state)
{
    (void)state;
    static const enum sim_usage_source by[] = {SIM_REQUESTS, SIM_LIMITS};
    for (size_t i = 0; i < ARRAY_LEN(by); i++) {
        struct test_world t;
        test_init(&t);
        t.options.assume = by[i];
        test_node(&t, "a", 2000, NULL);
        test_yaml(&t, "{apiVersion: v1, kind: Pod, metadata: {name: w, namespace: shop}, spec: "
                      "{nodeName: a, resources: {requests: {memory: 500Mi}, limits: {memory: "
                      "900Mi}}, containers: [{name: c, resources: {requests: {memory: 100Mi}, "
                      "limits: {memory: 200Mi}}}, {name: d}, {name: e}]}, status: {phase: "
                      "Running}}");
        test_ready(&t);
        bool limits = by[i] == SIM_LIMITS;
        assert_int_equal(t.world->containers[0].usage, (limits ? 200 : 100) * MIB);
        assert_int_equal(t.world->containers[1].usage, (limits ? 350 : 200) * MIB);
        assert_int_equal(t.world->containers[2].usage, (limits ? 350 : 200) * MIB);
        /* Each alone may have all of the pod's. */
        assert_int_equal(t.world->containers[1].limit, 900 * MIB);
        assert_int_equal(t.world->pods[0].limit, 900 * MIB);
        test_done(&t);
    }
}

static size_t pods_added(int target_percent)
{
    struct test_world t;
    test_init(&t);
    test_node(&t, "a", 2000, NULL);
    test_yaml(&t, "{apiVersion: apps/v1, kind: Deployment, metadata: {name: w, namespace: shop, "
                  "uid: u-w}, spec: {replicas: 1, selector: {matchLabels: {app: w}}, template: "
                  "{metadata: {labels: {app: w}}, spec: {containers: [{name: c}]}}}}");
    test_yaml(&t, arena_printf(&t.a,
                               "{apiVersion: autoscaling/v2, kind: HorizontalPodAutoscaler, "
                               "metadata: {name: w, namespace: shop}, spec: {scaleTargetRef: "
                               "{apiVersion: apps/v1, kind: Deployment, name: w}, minReplicas: 1, "
                               "maxReplicas: 3, metrics: [{type: Resource, resource: {name: "
                               "memory, target: {type: Utilization, averageUtilization: %d}}}]}}",
                               target_percent)
                      .p);
    test_yaml(&t, "{apiVersion: v1, kind: Pod, metadata: {name: w-0, namespace: shop, uid: p, "
                  "labels: {app: w}, ownerReferences: [{apiVersion: apps/v1, kind: Deployment, "
                  "name: w, uid: u-w, controller: true}]}, spec: {nodeName: a, resources: "
                  "{requests: {memory: 200Mi}}, containers: [{name: c}]}, status: {phase: "
                  "Running}}");
    test_yaml(&t, "{apiVersion: metrics.k8s.io/v1beta1, kind: PodMetrics, metadata: {name: w-0, "
                  "namespace: shop}, timestamp: \"2024-01-01T00:00:00Z\", containers: [{name: c, "
                  "usage: {memory: 180Mi}}]}");
    test_ready(&t);
    struct contingency none = {.type = CONTINGENCY_NONE, .name = STR("none")};
    test_run(&t, &none, FACTOR_ONE);
    size_t added = count_events(&t, SIM_REPLACED);
    test_done(&t);
    return added;
}

/* 180Mi of 200Mi that the pod requests are 90 %; its containers request nothing. A tenth above the
 * target is borne. Each further pod uses as much, so there is no end before maxReplicas. */
static void test_hpa(void **state)
{
    (void)state;
    assert_int_equal(pods_added(90), 0);
    assert_int_equal(pods_added(82), 0);
    assert_int_equal(pods_added(80), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_waits),   cmocka_unit_test(test_refused),
        cmocka_unit_test(test_badness), cmocka_unit_test(test_shares),
        cmocka_unit_test(test_hpa),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
