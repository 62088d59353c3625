/* SPDX-License-Identifier: Apache-2.0
 *
 * What controllers do in a simulation, on tiny worlds: webhooks that refuse pods, services that are
 * lost, HorizontalPodAutoscalers and the cluster autoscaler.
 */
#include "analysis/simulate/test_world.h"

/* ---- services ---- */

static void webhook(struct test_world *t, const char *more)
{
    test_yaml(t, arena_printf(&t->a,
                              "{apiVersion: admissionregistration.k8s.io/v1, kind: "
                              "ValidatingWebhookConfiguration, metadata: {name: policy}, webhooks: "
                              "[{name: policy.example.com, clientConfig: {service: {namespace: "
                              "shop, name: policy}}, rules: [{apiGroups: [''], apiVersions: [v1], "
                              "operations: [CREATE], resources: [pods]}]%s%s}]}",
                              *more ? ", " : "", more)
                     .p);
    test_yaml(t, "{apiVersion: v1, kind: Service, metadata: {name: policy, namespace: shop}, spec: "
                 "{selector: {app: policy}}}");
}

/* The webhook's only pod and a web pod are on a. Its selector decides what it is asked about. */
static void webhook_world(struct test_world *t, const char *more)
{
    test_init(t);
    test_node(t, "a", 1000, NULL);
    test_node(t, "b", 1000, NULL);
    test_pod(t, (struct test_pod){"policy-1", "ReplicaSet", "policy", "a", 100, 0, 100, NULL});
    test_pod(t, (struct test_pod){"web-1", "ReplicaSet", "web", "a", 100, 0, 100, NULL});
    webhook(t, more);
    test_ready(t);
}

/* Nothing can be made: the webhook is asked about its own pods too, so it never comes back. */
static void test_webhook_locks(void **state)
{
    (void)state;
    struct test_world t;
    uint32_t a = 0;
    webhook_world(&t, "");
    struct contingency c = test_lose(CONTINGENCY_LOSE, &a, 1);
    for (int i = 0; i < 2; i++) {
        test_run(&t, &c, FACTOR_ONE);
        ASSERT_EVENTS(&t, {0, SIM_LOST, 0}, {0, SIM_SERVICE_LOST, 0}, {50000, SIM_NOT_READY, 0},
                      {50000, SIM_TAINTED, 0}, {350000, SIM_DELETED, 0}, {350000, SIM_DELETED, 0},
                      {350000, SIM_REFUSED, 0}, {350000, SIM_REFUSED, 0});
        assert_int_equal(t.outcome.refused, 2);
        assert_int_equal(t.outcome.refused_left, 2);
        assert_int_equal(t.outcome.outage_count, 1);
        assert_int_equal(t.outcome.outages[0].to_ms, NOT_YET);
        assert_failure(&t, WAY_ZERO, "ReplicaSet shop/web");
        assert_failure(&t, WAY_ZERO, "ReplicaSet shop/policy");
    }
    test_done(&t);
}

/* Its own pods are left out: it comes back after 10 s, and the ReplicaSet tries again after 5 ms,
 * 10, 20 ...: 11 tries take 10235 ms. */
static void test_webhook_comes_back(void **state)
{
    (void)state;
    struct test_world t;
    webhook_world(&t, "objectSelector: {matchExpressions: [{key: app, operator: NotIn, values: "
                      "[policy]}]}");
    test_run_first(&t, CONTINGENCY_LOSE, FACTOR_ONE);
    ASSERT_EVENTS(&t, {0, SIM_LOST, 0}, {0, SIM_SERVICE_LOST, 0}, {50000, SIM_NOT_READY, 0},
                  {50000, SIM_TAINTED, 0}, {350000, SIM_DELETED, 0}, {350000, SIM_DELETED, 0},
                  {350000, SIM_REPLACED, -1}, {350000, SIM_REFUSED, 0}, {350000, SIM_PLACED, 1},
                  {360000, SIM_STARTED, 1}, {360000, SIM_SERVICE_BACK, 1},
                  {360235, SIM_REPLACED, -1}, {360235, SIM_PLACED, 1}, {370235, SIM_STARTED, 1});
    assert_int_equal(t.outcome.refused, 1);
    assert_int_equal(t.outcome.refused_left, 0);
    assert_int_equal(t.outcome.outages[0].to_ms, 360000);
    assert_int_equal(t.outcome.failure_count, 0);
    test_done(&t);
}

/* What is Ignore, about another namespace, or not about the making of pods refuses nothing. */
static void test_webhook_not_asked(void **state)
{
    (void)state;
    static const char *const others[] = {
        "failurePolicy: Ignore",
        "namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: kube-system}}",
        "objectSelector: {matchLabels: {guarded: full}}",
    };
    for (size_t i = 0; i < ARRAY_LEN(others); i++) {
        struct test_world t;
        webhook_world(&t, others[i]);
        test_run_first(&t, CONTINGENCY_LOSE, FACTOR_ONE);
        assert_int_equal(t.outcome.refused, 0);
        assert_int_equal(count_events(&t, SIM_STARTED), 2);
        test_done(&t);
    }
}

/* A Service without a selector: its slices say which pods answer. */
static void test_webhook_slices(void **state)
{
    (void)state;
    struct test_world t;
    test_two_nodes(&t);
    test_pod(&t, (struct test_pod){"hook-1", "ReplicaSet", "hook", "a", 100, 0, 100, NULL});
    webhook(&t, "");
    t.c.services.items[0]->selector.count = 0;
    test_yaml(&t, "{apiVersion: discovery.k8s.io/v1, kind: EndpointSlice, metadata: {name: "
                  "policy-x, namespace: shop, labels: {kubernetes.io/service-name: policy}}, "
                  "addressType: IPv4, endpoints: [{addresses: [10.0.0.1], targetRef: {kind: Pod, "
                  "namespace: shop, name: hook-1}}]}");
    test_ready(&t);
    test_run_first(&t, CONTINGENCY_LOSE, FACTOR_ONE);
    assert_int_equal(t.outcome.refused_left, 1);
    test_done(&t);
}

static void test_dns_and_prometheus(void **state)
{
    (void)state;
    struct test_world t;
    uint32_t a = 0;
    test_two_nodes(&t);
    test_yaml(&t, "{apiVersion: v1, kind: Pod, metadata: {name: dns, namespace: kube-system, uid: "
                  "u}, spec: {nodeName: a, containers: [{name: c, image: "
                  "'registry.k8s.io/coredns/coredns:v1.12.0@sha256:ab'}]}, status: {phase: "
                  "Running}}");
    test_yaml(&t, "{apiVersion: v1, kind: Pod, metadata: {name: prom, namespace: mon, uid: v, "
                  "labels: {app.kubernetes.io/name: prometheus}}, spec: {nodeName: b, containers: "
                  "[{name: c}]}, status: {phase: Running}}");
    test_ready(&t);
    assert_int_equal(t.world->services.count, 2);
    struct contingency c = test_lose(CONTINGENCY_LOSE, &a, 1);
    test_run(&t, &c, FACTOR_ONE);
    assert_int_equal(t.outcome.outage_count, 1);
    assert_int_equal(t.world->services.items[t.outcome.outages[0].service].type, SERVICE_DNS);
    a = 1;
    test_run(&t, &c, FACTOR_ONE);
    assert_int_equal(t.outcome.outage_count, 1);
    assert_int_equal(t.world->services.items[t.outcome.outages[0].service].type,
                     SERVICE_PROMETHEUS);
    test_done(&t);
}

/* ---- HorizontalPodAutoscalers ---- */

/* A Deployment of two pods of 100 MiB requests each on two nodes, and its HPA. */
static struct contingency hpa_world(struct test_world *t, int usage, const char *spec,
                                    const char *scenario)
{
    test_init(t);
    test_node(t, "a", 4000, NULL);
    test_node(t, "b", 4000, NULL);
    test_yaml(t, "{apiVersion: apps/v1, kind: Deployment, metadata: {name: web, namespace: shop, "
                 "uid: u-web}, spec: {replicas: 2, selector: {matchLabels: {app: web}}, template: "
                 "{metadata: {labels: {app: web}}, spec: {containers: [{name: c}]}}}}");
    for (int i = 0; i < 2; i++)
        test_pod(t, (struct test_pod){arena_printf(&t->a, "web-%d", i).p, "Deployment", "web",
                                      i ? "b" : "a", 100, 0, usage, NULL});
    test_yaml(t, arena_printf(&t->a,
                              "{apiVersion: autoscaling/v2, kind: HorizontalPodAutoscaler, "
                              "metadata: {name: web, namespace: shop}, spec: {scaleTargetRef: "
                              "{apiVersion: apps/v1, kind: Deployment, name: web}, maxReplicas: 8, "
                              "%s}}",
                              spec)
                     .p);
    return test_scenario(t, scenario);
}

#define MEMORY_80                                                                      \
    "metrics: [{type: Resource, resource: {name: memory, target: {type: Utilization, " \
    "averageUtilization: 80}}}]"

static int64_t wanted_at(const struct test_world *t, size_t nth, int64_t *at_ms)
{
    for (size_t i = 0; i < t->events.count; i++)
        if (t->events.items[i].type == SIM_SCALED && nth-- == 0) {
            *at_ms = t->events.items[i].at_ms;
            return t->events.items[i].count;
        }
    return -1;
}

/* 130 % of a target of 80: ceil(1.625 * 2) = 4. They do not take any load off the others, so it goes
 * on: ceil(1.625 * 4) = 7 when they have warmed up, and then to the most. */
static void test_hpa_memory(void **state)
{
    (void)state;
    struct test_world t;
    int64_t at_ms = 0;
    struct contingency c = hpa_world(&t, 130, MEMORY_80, "until: 10m");
    for (int i = 0; i < 2; i++) {
        test_run(&t, &c, FACTOR_ONE);
        assert_int_equal(wanted_at(&t, 0, &at_ms), 4);
        assert_int_equal(at_ms, 15000);
        assert_true(wanted_at(&t, 1, &at_ms) > 4);
        assert_int_equal(wanted_at(&t, count_events(&t, SIM_SCALED) - 1, &at_ms), 8);
        assert_int_equal(count_events(&t, SIM_STARTED), 6);
    }
    /* Within the tolerance of 10 %, and never below what there is. */
    test_run(&t, &c, 6600);
    assert_int_equal(count_events(&t, SIM_SCALED), 0);
    test_run(&t, &c, 1000);
    assert_int_equal(count_events(&t, SIM_SCALED), 0);
    test_run(&t, &c, 0);
    assert_int_equal(t.events.count, 0);
    test_done(&t);
}

/* The load doubles and all of usage follows it: 160 % against 80, so four pods; each has half of it
 * then. The load goes back, and after 300 s of less so do the pods, to the two of the input. */
static void test_hpa_follows_load(void **state)
{
    (void)state;
    struct test_world t;
    int64_t at_ms = 0;
    struct contingency c = hpa_world(
        &t, 80, MEMORY_80,
        "until: 30m, assumptions: {elasticPercent: 100}, usage: [{target: {kind: Deployment, "
        "namespace: shop, name: web}, containers: [{followsLoadPercent: 100}]}], events: [{at: 1m, "
        "surge: 2}, {at: 10m, surge: 1}]");
    test_run(&t, &c, FACTOR_ONE);
    size_t scaled = count_events(&t, SIM_SCALED);
    assert_true(scaled >= 2);
    assert_true(wanted_at(&t, 0, &at_ms) > 2);
    assert_true(at_ms >= 60000 && at_ms <= 135000);
    assert_int_equal(wanted_at(&t, scaled - 1, &at_ms), 2);
    assert_true(at_ms >= 900000 && at_ms <= 960000);
    test_done(&t);
}

/* One pod a minute: policies of the behaviour. */
static void test_hpa_policies(void **state)
{
    (void)state;
    struct test_world t;
    int64_t at_ms = 0;
    struct contingency c = hpa_world(
        &t, 200,
        MEMORY_80 ", behavior: {scaleUp: {policies: [{type: Pods, value: 1, periodSeconds: 60}]}}",
        "until: 4m");
    test_run(&t, &c, FACTOR_ONE);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(wanted_at(&t, (size_t)i, &at_ms), 3 + i);
        assert_int_equal(at_ms, 15000 + i * 60000);
    }
    test_done(&t);
}

static void test_hpa_average_value(void **state)
{
    (void)state;
    struct test_world t;
    int64_t at_ms = 0;
    struct contingency c = hpa_world(&t, 150,
                                     "metrics: [{type: Resource, resource: {name: memory, target: "
                                     "{type: AverageValue, averageValue: 100Mi}}}]",
                                     "until: 30s");
    test_run(&t, &c, FACTOR_ONE);
    assert_int_equal(wanted_at(&t, 0, &at_ms), 3);
    test_done(&t);
}

/* CPU is not known, unless it is said to follow load: from the target, at three times the load. */
static void test_hpa_cpu(void **state)
{
    (void)state;
    static const char cpu[] = "metrics: [{type: Resource, resource: {name: cpu, target: {type: "
                              "AverageValue, averageValue: 200m}}}]";
    struct test_world t;
    int64_t at_ms = 0;
    struct contingency c = hpa_world(&t, 50, cpu, "until: 5m, events: [{at: 1m, surge: 3}]");
    assert_int_equal(t.world->hpas_unknown, 1);
    test_run(&t, &c, FACTOR_ONE);
    assert_int_equal(t.events.count, 0);
    test_done(&t);
    test_init(&t);
    test_done(&t);
    c = hpa_world(&t, 50, cpu,
                  "until: 5m, assumptions: {hpaCpu: load}, events: [{at: 1m, surge: 3}]");
    test_run(&t, &c, FACTOR_ONE);
    /* Without a behavior no more than twice as many at a time; those that start count with 0. */
    assert_int_equal(wanted_at(&t, 0, &at_ms), 4);
    assert_int_equal(at_ms, 75000);
    assert_int_equal(wanted_at(&t, 1, &at_ms), 6);
    assert_int_equal(at_ms, 90000);
    assert_int_equal(count_events(&t, SIM_SCALED), 2); /* six carry it */
    test_done(&t);
}

/* What is not known never lets it shrink; what is raises it. */
static void test_hpa_of_several(void **state)
{
    (void)state;
    struct test_world t;
    int64_t at_ms = 0;
    struct contingency c =
        hpa_world(&t, 130,
                  "metrics: [{type: Pods, pods: {metric: {name: rps}, target: {type: AverageValue, "
                  "averageValue: 10}}}, {type: Resource, resource: {name: memory, target: {type: "
                  "Utilization, averageUtilization: 80}}}]",
                  "until: 30s");
    assert_int_equal(t.world->hpas.items[0].unknown, 1);
    test_run(&t, &c, FACTOR_ONE);
    assert_int_equal(wanted_at(&t, 0, &at_ms), 4);
    test_done(&t);
}

/* ---- the cluster autoscaler ---- */

/* b is full: what a ran waits for a node like a, with the agent that runs on each. */
static void test_node_group(void **state)
{
    (void)state;
    struct test_world t;
    test_two_nodes(&t);
    test_pod(&t, (struct test_pod){"web-1", "ReplicaSet", "web", "a", 600, 0, 100, NULL});
    test_pod(&t, (struct test_pod){"web-2", "ReplicaSet", "web", "a", 300, 0, 100, NULL});
    test_pod(&t, (struct test_pod){"agent-a", "DaemonSet", "agent", "a", 50, 0, 10, NULL});
    test_pod(&t, (struct test_pod){"big-1", "ReplicaSet", "big", "b", 900, 0, 100, NULL});
    struct contingency c = test_scenario(
        &t, "assumptions: {clusterAutoscaler: [{like: node/a, maxNodes: 3, readyAfter: 2m}]}, "
            "events: [{at: 0s, lose: node/a}]");
    assert_int_equal(t.world->planned_nodes, 3);
    for (int i = 0; i < 2; i++) {
        test_run(&t, &c, FACTOR_ONE);
        /* 600 and 300 beside 50 fit on one node. */
        ASSERT_EVENTS(&t, {0, SIM_LOST, 0}, {50000, SIM_NOT_READY, 0}, {50000, SIM_TAINTED, 0},
                      {350000, SIM_DELETED, 0}, {350000, SIM_DELETED, 0},
                      {350000, SIM_REPLACED, -1}, {350000, SIM_REPLACED, -1},
                      {350000, SIM_PENDING, -1}, {350000, SIM_PENDING, -1},
                      {360000, SIM_NODE_ASKED, 2}, {480000, SIM_NODE_ADDED, 2},
                      {480000, SIM_REPLACED, -1}, {480000, SIM_PLACED, 2}, {480000, SIM_PLACED, 2},
                      {490000, SIM_STARTED, 2}, {490000, SIM_STARTED, 2}, {490000, SIM_STARTED, 2});
        assert_int_equal(t.outcome.pending, 0);
        assert_int_equal(t.outcome.failure_count, 0);
    }
    test_done(&t);
}

/* No more than may be added, and none for what no such node takes. */
static void test_node_group_limits(void **state)
{
    (void)state;
    struct test_world t;
    test_init(&t);
    test_node(&t, "a", 2000, NULL);
    test_node(&t, "b", 1000, NULL);
    for (int i = 0; i < 2; i++)
        test_pod(&t, (struct test_pod){arena_printf(&t.a, "web-%d", i).p, "ReplicaSet", "web", "a",
                                       700, 0, 100, NULL});
    test_pod(&t, (struct test_pod){"huge-1", "ReplicaSet", "huge", "a", 1200, 0, 100, NULL});
    test_pod(&t, (struct test_pod){"full-1", "ReplicaSet", "full", "b", 900, 0, 100, NULL});
    struct contingency c = test_scenario(
        &t, "assumptions: {clusterAutoscaler: [{like: node/b, maxNodes: 1, readyAfter: 1m}]}, "
            "events: [{at: 0s, lose: node/a}]");
    test_run(&t, &c, FACTOR_ONE);
    assert_int_equal(count_events(&t, SIM_NODE_ASKED), 1);
    assert_int_equal(count_events(&t, SIM_STARTED), 1);
    assert_int_equal(t.outcome.pending, 2);
    test_done(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_webhook_locks),      cmocka_unit_test(test_webhook_comes_back),
        cmocka_unit_test(test_webhook_not_asked),  cmocka_unit_test(test_webhook_slices),
        cmocka_unit_test(test_dns_and_prometheus), cmocka_unit_test(test_hpa_memory),
        cmocka_unit_test(test_hpa_follows_load),   cmocka_unit_test(test_hpa_policies),
        cmocka_unit_test(test_hpa_average_value),  cmocka_unit_test(test_hpa_cpu),
        cmocka_unit_test(test_hpa_of_several),     cmocka_unit_test(test_node_group),
        cmocka_unit_test(test_node_group_limits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
