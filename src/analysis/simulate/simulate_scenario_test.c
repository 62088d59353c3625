/* SPDX-License-Identifier: Apache-2.0
 *
 * The events of a Scenario on tiny worlds: who, when to the millisecond, and what it comes to.
 */
#include "analysis/simulate/test_world.h"

/* ---- a kubelet stops and comes back ---- */

/* Two nodes, a web pod on each of them and a database on a. */
static struct contingency two_nodes(struct test_world *t, const char *spec)
{
    test_init(t);
    test_node(t, "a", 1000, NULL);
    test_node(t, "b", 1000, NULL);
    test_pod(t, (struct test_pod){"web-1", "ReplicaSet", "web", "a", 100, 0, 200, NULL});
    test_pod(t, (struct test_pod){"db-0", "StatefulSet", "db", "a", 100, 0, 200, NULL});
    return test_scenario(t, spec);
}

/* The lease expires, pods are deleted after their toleration, but what runs there goes on and holds
 * its memory; when the kubelet is back it ends them, and only then the StatefulSet makes another. */
static void test_kubelet_stopped(void **state)
{
    (void)state;
    struct test_world t;
    struct contingency c =
        two_nodes(&t, "events: [{at: 10s, kubeletStopped: node/a}, {at: 400s, back: node/a}]");
    for (int i = 0; i < 2; i++) { /* the second run finds everything put back */
        test_run(&t, &c, FACTOR_ONE);
        ASSERT_EVENTS(&t, {10000, SIM_KUBELET_STOPPED, 0}, {60000, SIM_NOT_READY, 0},
                      {60000, SIM_TAINTED, 0}, {360000, SIM_DELETED, 0}, {360000, SIM_WAITS, 0},
                      {360000, SIM_REPLACED, -1}, {360000, SIM_PLACED, 1}, {370000, SIM_STARTED, 1},
                      {400000, SIM_BACK, 0}, {401000, SIM_ENDED, 0}, {401000, SIM_ENDED, 0},
                      {401000, SIM_REPLACED, -1}, {401000, SIM_PLACED, 0},
                      {411000, SIM_STARTED, 0});
        assert_int_equal(t.outcome.failure_count, 0);
        assert_int_equal(t.outcome.dips, 2);
        assert_int_equal(t.outcome.displaced, 2);
    }
    test_done(&t);
}

/* Nobody notices: no lease has run out. */
static void test_back_in_time(void **state)
{
    (void)state;
    struct test_world t;
    struct contingency c =
        two_nodes(&t, "events: [{at: 10s, kubeletStopped: node/a}, {at: 50s, back: node/a}]");
    test_run(&t, &c, FACTOR_ONE);
    ASSERT_EVENTS(&t, {10000, SIM_KUBELET_STOPPED, 0}, {50000, SIM_BACK, 0});
    assert_int_equal(t.outcome.dips, 0);
    test_done(&t);
}

/* Tainted, but back before the 300 s are over: nothing is deleted (cancelWorkWithEvent). */
static void test_back_before_deletion(void **state)
{
    (void)state;
    struct test_world t;
    struct contingency c =
        two_nodes(&t, "events: [{at: 10s, kubeletStopped: node/a}, {at: 300s, back: node/a}]");
    test_run(&t, &c, FACTOR_ONE);
    ASSERT_EVENTS(&t, {10000, SIM_KUBELET_STOPPED, 0}, {60000, SIM_NOT_READY, 0},
                  {60000, SIM_TAINTED, 0}, {300000, SIM_BACK, 0});
    assert_int_equal(t.outcome.dips, 2);
    assert_int_equal(t.outcome.displaced, 0);
    assert_int_equal(t.outcome.failure_count, 0);
    test_done(&t);
}

/* Without a kubelet nobody evicts and nobody restarts; the kernel kills on. */
static void test_stopped_kubelet_does_nothing(void **state)
{
    (void)state;
    struct test_world t;
    test_init(&t);
    test_node(&t, "a", 1000, NULL);
    test_pod(&t, (struct test_pod){"leak-1", "ReplicaSet", "leak", "a", 50, 0, 900, NULL});
    struct contingency c = test_scenario(
        &t, "until: 5m, events: [{at: 0s, kubeletStopped: node/a}, {at: 0s, leak: {workload: "
            "shop/leak, growthPerMinute: 100Mi}}, {at: 4m, back: node/a}]");
    test_run(&t, &c, FACTOR_ONE);
    ASSERT_EVENTS(&t, {0, SIM_KUBELET_STOPPED, 0}, {50000, SIM_NOT_READY, 0},
                  {60001, SIM_GLOBAL_OOM, 0}, {240000, SIM_BACK, 0}, {240000, SIM_RESTARTED, 0});
    test_done(&t);
}

/* A node that was lost boots: its pods start from nothing, those deleted meanwhile are gone. */
static void test_lost_node_comes_back(void **state)
{
    (void)state;
    struct test_world t;
    struct contingency c =
        two_nodes(&t, "events: [{at: 0s, lose: node/a}, {at: 100s, back: node/a}]");
    test_run(&t, &c, FACTOR_ONE);
    ASSERT_EVENTS(&t, {0, SIM_LOST, 0}, {50000, SIM_NOT_READY, 0}, {50000, SIM_TAINTED, 0},
                  {100000, SIM_BACK, 0}, {110000, SIM_STARTED, 0}, {110000, SIM_STARTED, 0});
    assert_int_equal(t.outcome.failure_count, 0);
    c.actions.items[1].at_ms = 400000;
    test_run(&t, &c, FACTOR_ONE);
    assert_int_equal(count_events(&t, SIM_ENDED), 1); /* the StatefulSet's */
    assert_int_equal(t.outcome.failure_count, 0);
    test_done(&t);
}

/* What grows already goes on from where it is: 100Mi + 10 min of 10Mi, then 40Mi a minute. */
static void test_leak_after_growth(void **state)
{
    (void)state;
    struct test_world t;
    test_init(&t);
    test_node(&t, "a", 1000, NULL);
    test_pod(&t, (struct test_pod){"leak-1", "ReplicaSet", "leak", "a", 50, 500, 100, NULL});
    struct contingency c = test_scenario(
        &t, "until: 18m, usage: [{target: {kind: ReplicaSet, namespace: shop, name: leak}, "
            "containers: [{name: c, level: 100Mi, growthPerMinute: 10Mi}]}], events: [{at: 10m, "
            "leak: {workload: shop/leak, growthPerMinute: 40Mi}}]");
    test_run(&t, &c, FACTOR_ONE);
    ASSERT_EVENTS(&t, {1050001, SIM_MEMCG_OOM, 0}, {1050001, SIM_RESTARTED, 0});
    test_done(&t);
}

/* ---- deploys ---- */

static void deployment(struct test_world *t, const char *kind, int replicas, const char *strategy)
{
    const char *field = strcmp(kind, "Deployment") == 0 ? "strategy" : "updateStrategy";
    test_yaml(t, arena_printf(&t->a,
                              "{apiVersion: apps/v1, kind: %s, metadata: {name: web, namespace: "
                              "shop, uid: u-web}, spec: {replicas: %d, %s: {%s}, selector: "
                              "{matchLabels: {app: web}}, template: {metadata: {labels: {app: "
                              "web}}, spec: {containers: [{name: c}]}}}}",
                              kind, replicas, field, strategy)
                     .p);
    for (int i = 0; i < replicas; i++)
        test_pod(t, (struct test_pod){arena_printf(&t->a, "web-%d", i).p, kind, "web",
                                      i % 2 ? "b" : "a", 100, 0, 100, NULL});
}

static struct contingency deploy_world(struct test_world *t, const char *kind, int replicas,
                                       const char *strategy)
{
    test_init(t);
    test_node(t, "a", 1000, NULL);
    test_node(t, "b", 1000, NULL);
    deployment(t, kind, replicas, strategy);
    return test_scenario(t, "events: [{at: 60s, deploy: {workload: shop/web, containers: [{request:"
                            " 200Mi, limit: 400Mi, level: 300Mi}]}}]");
}

/* One more at a time, and an old one goes when the new one is ready. */
static void test_deploy_surges(void **state)
{
    (void)state;
    struct test_world t;
    struct contingency c =
        deploy_world(&t, "Deployment", 2, "rollingUpdate: {maxSurge: 1, maxUnavailable: 0}");
    for (int i = 0; i < 2; i++) {
        test_run(&t, &c, FACTOR_ONE);
        ASSERT_EVENTS(&t, {60000, SIM_DEPLOYED, -1}, {60000, SIM_REPLACED, -1},
                      {60000, SIM_PLACED, 0}, {70000, SIM_STARTED, 0}, {70000, SIM_SCALED_DOWN, 0},
                      {70000, SIM_REPLACED, -1}, {70000, SIM_PLACED, 1}, {80000, SIM_STARTED, 1},
                      {80000, SIM_SCALED_DOWN, 1}, {80000, SIM_ROLLED_OUT, -1});
        assert_int_equal(t.outcome.failure_count, 0);
        assert_int_equal(t.outcome.dips, 0);
        assert_int_equal(t.outcome.peak_creations, 1);
    }
    /* Its size is the new one: what it requests and what it uses. */
    assert_int_equal(t.events.items[2].of_bytes, 200 * MIB);
    assert_int_equal(t.world->pods[2].planned, 1);
    assert_int_equal(t.world->containers[t.world->pods[2].container].usage, 300 * MIB);
    assert_int_equal(t.world->containers[t.world->pods[2].container].limit, 400 * MIB);
    test_done(&t);
}

/* 25 % of 4: one more, one less (ResolveFenceposts). */
static void test_deploy_defaults(void **state)
{
    (void)state;
    struct test_world t;
    struct contingency c = deploy_world(&t, "Deployment", 4, "type: RollingUpdate");
    test_run(&t, &c, FACTOR_ONE);
    size_t made = 0, deleted = 0;
    for (size_t i = 0; i < t.events.count && t.events.items[i].at_ms == 60000; i++) {
        made += t.events.items[i].type == SIM_REPLACED;
        deleted += t.events.items[i].type == SIM_SCALED_DOWN;
    }
    assert_int_equal(made, 2);
    assert_int_equal(deleted, 1);
    assert_int_equal(count_events(&t, SIM_STARTED), 4);
    assert_int_equal(count_events(&t, SIM_SCALED_DOWN), 4);
    assert_int_equal(count_events(&t, SIM_ROLLED_OUT), 1);
    test_done(&t);
}

static void test_deploy_recreates(void **state)
{
    (void)state;
    struct test_world t;
    struct contingency c = deploy_world(&t, "Deployment", 2, "type: Recreate");
    test_run(&t, &c, FACTOR_ONE);
    ASSERT_EVENTS(&t, {60000, SIM_DEPLOYED, -1}, {60000, SIM_SCALED_DOWN, 1},
                  {60000, SIM_SCALED_DOWN, 0}, {60000, SIM_REPLACED, -1}, {60000, SIM_REPLACED, -1},
                  {60000, SIM_PLACED, 0}, {60000, SIM_PLACED, 1}, {70000, SIM_STARTED, 0},
                  {70000, SIM_STARTED, 1}, {70000, SIM_ROLLED_OUT, -1});
    assert_int_equal(t.outcome.dips, 1);
    assert_int_equal(t.outcome.peak_creations, 2);
    test_done(&t);
}

/* What does not fit any more stops the rollout, and the old pods stay. */
static void test_deploy_too_large(void **state)
{
    (void)state;
    struct test_world t;
    test_two_nodes(&t);
    deployment(&t, "Deployment", 2, "rollingUpdate: {maxSurge: 1, maxUnavailable: 0}");
    struct contingency c = test_scenario(
        &t, "events: [{at: 60s, deploy: {workload: shop/web, containers: [{request: 950Mi}]}}]");
    test_run(&t, &c, FACTOR_ONE);
    ASSERT_EVENTS(&t, {60000, SIM_DEPLOYED, -1}, {60000, SIM_REPLACED, -1},
                  {60000, SIM_PENDING, -1});
    assert_int_equal(t.outcome.pending, 1);
    assert_int_equal(t.outcome.failure_count, 0);
    test_done(&t);
}

/* From the highest ordinal down, each when the one before is ready. */
static void test_deploy_stateful(void **state)
{
    (void)state;
    struct test_world t;
    struct contingency c = deploy_world(&t, "StatefulSet", 2, "type: RollingUpdate");
    test_run(&t, &c, FACTOR_ONE);
    ASSERT_EVENTS(&t, {60000, SIM_DEPLOYED, -1}, {60000, SIM_SCALED_DOWN, 1},
                  {60000, SIM_REPLACED, -1}, {60000, SIM_PLACED, 1}, {70000, SIM_STARTED, 1},
                  {70000, SIM_SCALED_DOWN, 0}, {70000, SIM_REPLACED, -1}, {70000, SIM_PLACED, 0},
                  {80000, SIM_STARTED, 0}, {80000, SIM_ROLLED_OUT, -1});
    test_done(&t);
}

/* The partition keeps lower ordinals; the next goes when the one before has been ready for 30 s. */
static void test_deploy_partition(void **state)
{
    (void)state;
    struct test_world t;
    struct contingency c = deploy_world(&t, "StatefulSet", 2, "rollingUpdate: {partition: 1}");
    test_run(&t, &c, FACTOR_ONE);
    ASSERT_EVENTS(&t, {60000, SIM_DEPLOYED, -1}, {60000, SIM_SCALED_DOWN, 1},
                  {60000, SIM_REPLACED, -1}, {60000, SIM_PLACED, 1}, {70000, SIM_STARTED, 1},
                  {70000, SIM_ROLLED_OUT, -1});
    assert_int_equal(t.outcome.failure_count, 0);
    test_done(&t);
    c = deploy_world(&t, "StatefulSet", 2, "rollingUpdate: {partition: 2}");
    test_run(&t, &c, FACTOR_ONE);
    ASSERT_EVENTS(&t, {60000, SIM_DEPLOYED, -1}, {60000, SIM_ROLLED_OUT, -1});
    test_done(&t);
}

static void test_deploy_min_ready(void **state)
{
    (void)state;
    struct test_world t;
    struct contingency c =
        deploy_world(&t, "StatefulSet", 2, "type: RollingUpdate}, minReadySeconds: 30, x: {");
    test_run(&t, &c, FACTOR_ONE);
    ASSERT_EVENTS(&t, {60000, SIM_DEPLOYED, -1}, {60000, SIM_SCALED_DOWN, 1},
                  {60000, SIM_REPLACED, -1}, {60000, SIM_PLACED, 1}, {70000, SIM_STARTED, 1},
                  {100000, SIM_SCALED_DOWN, 0}, {100000, SIM_REPLACED, -1}, {100000, SIM_PLACED, 0},
                  {110000, SIM_STARTED, 0}, {140000, SIM_ROLLED_OUT, -1});
    test_done(&t);
    c = deploy_world(&t, "Deployment", 2,
                     "rollingUpdate: {maxSurge: 1, maxUnavailable: 0}}, minReadySeconds: 20, x: {");
    for (int i = 0; i < 2; i++) {
        test_run(&t, &c, FACTOR_ONE);
        ASSERT_EVENTS(&t, {60000, SIM_DEPLOYED, -1}, {60000, SIM_REPLACED, -1},
                      {60000, SIM_PLACED, 0}, {70000, SIM_STARTED, 0}, {90000, SIM_SCALED_DOWN, 0},
                      {90000, SIM_REPLACED, -1}, {90000, SIM_PLACED, 1}, {100000, SIM_STARTED, 1},
                      {120000, SIM_SCALED_DOWN, 1}, {120000, SIM_ROLLED_OUT, -1});
    }
    test_done(&t);
}

static void test_deploy_daemon(void **state)
{
    (void)state;
    struct test_world t;
    struct contingency c = deploy_world(&t, "DaemonSet", 2, "type: RollingUpdate");
    test_run(&t, &c, FACTOR_ONE);
    ASSERT_EVENTS(&t, {60000, SIM_DEPLOYED, -1}, {60000, SIM_SCALED_DOWN, 0},
                  {60000, SIM_REPLACED, -1}, {70000, SIM_STARTED, 0}, {70000, SIM_SCALED_DOWN, 1},
                  {70000, SIM_REPLACED, -1}, {80000, SIM_STARTED, 1}, {80000, SIM_ROLLED_OUT, -1});
    test_done(&t);
    c = deploy_world(&t, "DaemonSet", 2, "rollingUpdate: {maxSurge: 1, maxUnavailable: 0}");
    test_run(&t, &c, FACTOR_ONE);
    ASSERT_EVENTS(&t, {60000, SIM_DEPLOYED, -1}, {60000, SIM_REPLACED, -1}, {70000, SIM_STARTED, 0},
                  {70000, SIM_SCALED_DOWN, 0}, {70000, SIM_REPLACED, -1}, {80000, SIM_STARTED, 1},
                  {80000, SIM_SCALED_DOWN, 1}, {80000, SIM_ROLLED_OUT, -1});
    test_done(&t);
}

/* A version that leaks: from 100 MiB by 100 MiB a minute against a limit of 200 MiB. */
static void test_deploy_leaks(void **state)
{
    (void)state;
    struct test_world t;
    test_init(&t);
    test_node(&t, "a", 1000, NULL);
    deployment(&t, "Deployment", 1, "rollingUpdate: {maxSurge: 1, maxUnavailable: 0}");
    struct contingency c = test_scenario(
        &t, "until: 5m, events: [{at: 0s, deploy: {workload: shop/web, containers: [{limit: 200Mi,"
            " growthPerMinute: 100Mi}]}}]");
    test_run(&t, &c, FACTOR_ONE);
    /* 10 s to start, 60 s to 100 MiB, 60 s to the limit. */
    ASSERT_EVENTS(&t, {0, SIM_DEPLOYED, -1}, {0, SIM_REPLACED, -1}, {0, SIM_PLACED, 0},
                  {10000, SIM_STARTED, 0}, {10000, SIM_SCALED_DOWN, 0}, {10000, SIM_ROLLED_OUT, -1},
                  {130001, SIM_MEMCG_OOM, 0}, {130001, SIM_RESTARTED, 0},
                  {250002, SIM_MEMCG_OOM, 0}, {260002, SIM_RESTARTED, 0});
    test_done(&t);
}

static void expect_prepare_error(const char *spec, const char *message)
{
    struct test_world t;
    struct err e = {0};
    test_init(&t);
    test_node(&t, "a", 1000, NULL);
    test_pod(&t, (struct test_pod){"web-1", "ReplicaSet", "web", "a", 100, 0, 200, NULL});
    test_pod(&t, (struct test_pod){"agent-a", "DaemonSet", "agent", "a", 10, 0, 10, NULL});
    test_yaml(&t, "{apiVersion: apps/v1, kind: DaemonSet, metadata: {name: agent, namespace: shop, "
                  "uid: u-agent}, spec: {updateStrategy: {type: OnDelete}, template: {spec: "
                  "{containers: [{name: c}]}}}}");
    test_pod(&t, (struct test_pod){"api-1", "Deployment", "api", "a", 10, 0, 10, NULL});
    test_yaml(&t,
              "{apiVersion: apps/v1, kind: Deployment, metadata: {name: api, namespace: shop, "
              "uid: u-api}, spec: {paused: true, template: {spec: {containers: [{name: c}]}}}}");
    test_yaml(&t, arena_printf(&t.a,
                               "{apiVersion: plimsoll.dev/v1, kind: Scenario, metadata: {name: s}, "
                               "spec: {%s}}",
                               spec)
                      .p);
    t.options.scenario = t.c.scenarios.items[0];
    cluster_resolve(&t.c);
    cluster_default(&t.c);
    assert_int_equal(sim_prepare(&t.a, &t.c, &t.options, &e), -EINVAL);
    assert_string_equal(e.msg, message);
    arena_done(&t.scratch);
    arena_done(&t.a);
}

static void test_several_at_once(void **state)
{
    (void)state;
    struct test_world t;
    struct contingency c;
    struct err e = {0};
    two_nodes(&t, "events: []");
    test_yaml(&t, "{apiVersion: plimsoll.dev/v1, kind: Scenario, metadata: {name: s}, spec: "
                  "{events: [{at: 1m, lose: node/a, back: node/b}]}}");
    assert_int_equal(contingency_of_scenario(&t.a, t.world, t.c.scenarios.items[1], &c, &e),
                     -EINVAL);
    assert_string_equal(e.msg, "Scenario s, line 1: an event that is several at once: write one "
                               "for each");
    test_done(&t);
}

static void test_prepare_errors(void **state)
{
    (void)state;
    expect_prepare_error("events: [{deploy: {workload: shop/web}}]",
                         "Scenario s: \"shop/web\" is no Deployment, StatefulSet or DaemonSet in "
                         "the input: nothing rolls its pods");
    expect_prepare_error("events: [{deploy: {workload: shop/cart}}]",
                         "Scenario s: there is no workload \"shop/cart\" that has pods");
    expect_prepare_error("events: [{deploy: {workload: agent}}]",
                         "Scenario s: \"agent\" has the update strategy OnDelete: a deploy changes "
                         "none of its pods");
    expect_prepare_error("events: [{deploy: {workload: api}}]",
                         "Scenario s: \"api\" is paused: a deploy changes none of its pods");
    expect_prepare_error("assumptions: {swap: LimitedSwap}",
                         "Scenario s: swap is \"LimitedSwap\", and only none is modelled");
    expect_prepare_error("assumptions: {systemReserved: much}",
                         "Scenario s: node a: systemReserved: memory: \"much\" is no amount");
    expect_prepare_error("assumptions: {systemReserved: 2000Mi}",
                         "Scenario s: node a: more memory is reserved than the node has");
}

/* ---- nodes and usage ---- */

/* Reserved memory and thresholds of the Scenario count for the scheduler, the kubelet and kubepods. */
static void test_node_assumptions(void **state)
{
    (void)state;
    struct test_world t;
    two_nodes(&t, "assumptions: {systemReserved: 100Mi, kubeReserved: 100Mi, evictionHard: 5%, "
                  "swap: none}");
    assert_int_equal(t.world->nodes[0].kubepods, 800 * MIB);
    assert_int_equal(t.world->nodes[0].evict_below, 50 * MIB);
    assert_int_equal(t.world->nodes[0].allocatable, 750 * MIB);
    test_done(&t);
    /* Only the threshold: what is reserved stays what allocatable says. */
    test_init(&t);
    test_yaml(&t, "{apiVersion: v1, kind: Node, metadata: {name: a}, status: {capacity: {cpu: 4, "
                  "memory: 1000Mi, pods: 110}, allocatable: {cpu: 4, memory: 700Mi, pods: 110}}}");
    test_scenario(&t, "assumptions: {evictionHard: 300Mi}");
    assert_int_equal(t.world->nodes[0].kubepods, 800 * MIB);
    assert_int_equal(t.world->nodes[0].evict_below, 300 * MIB);
    assert_int_equal(t.world->nodes[0].allocatable, 500 * MIB);
    test_done(&t);
}

/* A jitter spreads the pods around the level, each always to the same place. */
static void test_jitter(void **state)
{
    (void)state;
    int64_t first[8] = {0}, sum = 0;
    for (int round = 0; round < 2; round++) {
        struct test_world t;
        test_init(&t);
        test_node(&t, "a", 4000, NULL);
        for (int i = 0; i < 8; i++)
            test_pod(&t, (struct test_pod){arena_printf(&t.a, "web-%d", i).p, "ReplicaSet", "web",
                                           "a", 100, 0, 50, NULL});
        test_scenario(&t, "usage: [{target: {kind: ReplicaSet, namespace: shop, name: web}, "
                          "containers: [{level: 100Mi, jitterPercent: 20}]}]");
        size_t apart = 0;
        for (int i = 0; i < 8; i++) {
            int64_t usage = t.world->containers[i].usage;
            assert_in_range(usage, 80 * MIB, 120 * MIB);
            apart += i > 0 && usage != t.world->containers[i - 1].usage;
            if (round)
                assert_int_equal(usage, first[i]);
            first[i] = usage;
            sum += usage;
        }
        assert_int_equal(apart, 7);
        assert_int_equal(t.world->containers[0].mean, 100 * MIB);
        test_done(&t);
    }
    assert_in_range(sum / 16, 90 * MIB, 110 * MIB);
}

/* Only the workload that follows load takes over: 80 % of 500 MiB follow, twice the load is 900. */
static void test_follows_load(void **state)
{
    (void)state;
    struct test_world t;
    test_two_nodes(&t);
    test_pod(&t, (struct test_pod){"web-1", "ReplicaSet", "web", "a", 100, 880, 500, NULL});
    test_pod(&t, (struct test_pod){"web-2", "ReplicaSet", "web", "b", 100, 880, 500, NULL});
    test_pod(&t, (struct test_pod){"db-1", "ReplicaSet", "db", "b", 10, 60, 50, NULL});
    struct contingency c = test_scenario(
        &t, "until: 60s, usage: [{target: {kind: ReplicaSet, namespace: shop, name: web}, "
            "containers: [{followsLoadPercent: 80}]}], events: [{at: 0s, surge: 2}]");
    assert_int_equal(t.world->containers[0].elastic, 8000);
    assert_int_equal(t.world->containers[2].elastic, 0);
    test_run(&t, &c, FACTOR_ONE);
    /* 880 at their limit: alone on a that leaves 120 MiB, with the database on b 70. */
    ASSERT_EVENTS(&t, {60000, SIM_PRESSURE, 1}, {60000, SIM_EVICTED, 1});
    test_done(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_kubelet_stopped),
        cmocka_unit_test(test_back_in_time),
        cmocka_unit_test(test_back_before_deletion),
        cmocka_unit_test(test_stopped_kubelet_does_nothing),
        cmocka_unit_test(test_lost_node_comes_back),
        cmocka_unit_test(test_leak_after_growth),
        cmocka_unit_test(test_deploy_surges),
        cmocka_unit_test(test_deploy_defaults),
        cmocka_unit_test(test_deploy_recreates),
        cmocka_unit_test(test_deploy_too_large),
        cmocka_unit_test(test_deploy_stateful),
        cmocka_unit_test(test_deploy_partition),
        cmocka_unit_test(test_deploy_min_ready),
        cmocka_unit_test(test_deploy_daemon),
        cmocka_unit_test(test_deploy_leaks),
        cmocka_unit_test(test_several_at_once),
        cmocka_unit_test(test_prepare_errors),
        cmocka_unit_test(test_node_assumptions),
        cmocka_unit_test(test_jitter),
        cmocka_unit_test(test_follows_load),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
