/* SPDX-License-Identifier: Apache-2.0
 *
 * Volumes that are settled in the course of a simulation: what the first pod of a claim decides,
 * those after it find.
 */
#include "analysis/simulate/test_world.h"

#define CLASS                                                                                    \
    "{apiVersion: storage.k8s.io/v1, kind: StorageClass, metadata: {name: zonal}, provisioner: " \
    "zonal.csi.example.com, volumeBindingMode: WaitForFirstConsumer}"
#define CLAIM(name)                                                                              \
    "{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: " name                       \
    ", namespace: shop, uid: c}, spec: {accessModes: [ReadWriteOnce], storageClassName: zonal, " \
    "resources: {requests: {storage: 1Gi}}}, status: {phase: Pending}}"
#define USES(name) "volumes: [{name: data, persistentVolumeClaim: {claimName: " name "}}]"

static void add_driver(struct test_world *t, const char *node, const char *key)
{
    test_yaml(t, arena_printf(&t->a,
                              "{apiVersion: storage.k8s.io/v1, kind: CSINode, metadata: {name: "
                              "%s}, spec: {drivers: [{name: zonal.csi.example.com, nodeID: %s, "
                              "topologyKeys: [%s]}]}}",
                              node, node, key)
                     .p);
}

/* Three nodes, of which c has the most room; the pod runs on a, its claim open. */
static void three_nodes(struct test_world *t, const char *key)
{
    test_init(t);
    test_node(t, "a", 1000, "x");
    test_node(t, "b", 1000, "x");
    test_node(t, "c", 8000, "y");
    if (key) {
        add_driver(t, "a", key);
        add_driver(t, "b", key);
        add_driver(t, "c", key);
    }
    test_yaml(t, CLASS);
    test_yaml(t, CLAIM("data"));
    test_pod(t, (struct test_pod){"w", "ReplicaSet", "w", "a", 100, 0, 10, USES("data")});
    test_ready(t);
}

static int node_of_second(struct test_world *t)
{
    uint32_t lost = 0;
    struct contingency c = test_lose(CONTINGENCY_LOSE, &lost, 1);
    test_run(t, &c, FACTOR_ONE);
    for (size_t i = 0; i < t->events.count; i++)
        if (t->events.items[i].type == SIM_PLACED)
            return t->events.items[i].node;
    return -1;
}

/* Where the pod runs its volume is, whatever its claim says; its replacement stays in the zone. */
static void test_zone(void **state)
{
    (void)state;
    struct test_world t;
    three_nodes(&t, "topology.kubernetes.io/zone");
    assert_int_equal(node_of_second(&t), 1);
    assert_int_equal(node_of_second(&t), 1); /* runs leave nothing behind */
    test_done(&t);
}

/* A driver whose volumes are the node's own; one that reaches everywhere; one that does not tell. */
static void test_topologies(void **state)
{
    (void)state;
    struct test_world t;
    three_nodes(&t, "kubernetes.io/hostname");
    assert_int_equal(node_of_second(&t), -1);
    assert_int_equal(t.outcome.pending, 1);
    test_done(&t);
    three_nodes(&t, "");
    assert_int_equal(node_of_second(&t), 2);
    test_done(&t);
    three_nodes(&t, NULL);
    assert_int_equal(node_of_second(&t), 1);
    test_done(&t);
}

/* Two pods of one claim come back at once. The first takes the volume near its node, where there is
 * no room for the second; as soon as it is there the second follows into the zone. */
static void test_sequence(void **state)
{
    (void)state;
    static const char *const nodes[] = {"a", "b", "c"};
    struct test_world t;
    test_init(&t);
    test_node(&t, "a", 1000, "x");
    test_node(&t, "b", 1000, "x");
    test_node(&t, "c", 800, "y");
    for (int i = 0; i < 3; i++)
        add_driver(&t, nodes[i], "topology.kubernetes.io/zone");
    test_yaml(&t, CLASS);
    test_yaml(&t, CLAIM("data"));
    test_pod(&t, (struct test_pod){"w-0", "ReplicaSet", "w", NULL, 600, 0, 10, USES("data")});
    test_pod(&t, (struct test_pod){"w-1", "ReplicaSet", "w", NULL, 600, 0, 10, USES("data")});
    test_ready(&t);
    assert_int_equal(t.world->pods[0].node, 0);
    assert_int_equal(t.world->pods[1].node, 1);
    assert_int_equal(t.world->pending, 0);
    test_done(&t);
}

/* Volumes that are there already: the smallest that serves is the first pod's, and no one else's. */
static void test_taken(void **state)
{
    (void)state;
    struct test_world t;
    test_init(&t);
    test_node(&t, "a", 1000, "x");
    test_node(&t, "b", 1000, "x");
    test_yaml(&t, "{apiVersion: storage.k8s.io/v1, kind: StorageClass, metadata: {name: zonal}, "
                  "provisioner: kubernetes.io/no-provisioner, volumeBindingMode: "
                  "WaitForFirstConsumer}");
    test_yaml(&t, "{apiVersion: v1, kind: PersistentVolume, metadata: {name: v}, spec: {capacity: "
                  "{storage: 1Gi}, accessModes: [ReadWriteOnce], storageClassName: zonal, "
                  "nodeAffinity: {required: {nodeSelectorTerms: [{matchExpressions: [{key: "
                  "kubernetes.io/hostname, operator: In, values: [b]}]}]}}}, status: {phase: "
                  "Available}}");
    test_yaml(&t, CLAIM("d-0"));
    test_yaml(&t, CLAIM("d-1"));
    test_pod(&t, (struct test_pod){"w-0", "ReplicaSet", "w", NULL, 100, 0, 10, USES("d-0")});
    test_pod(&t, (struct test_pod){"w-1", "ReplicaSet", "w", NULL, 100, 0, 10, USES("d-1")});
    test_ready(&t);
    assert_int_equal(t.world->pods[0].node, 1);
    assert_int_equal(t.world->pods[1].node, -1);
    assert_int_equal(t.world->pending, 1);
    test_done(&t);
}

/* The pods of a StatefulSet of manifests get the claims that its controller would make: the disk of
 * web-0 is on a, the one of web-1 on b, and there is no third. What is there already is used. */
static void test_stateful_set(void **state)
{
    (void)state;
    struct test_world t;
    test_init(&t);
    test_node(&t, "a", 1000, "x");
    test_node(&t, "b", 1000, "x");
    test_yaml(&t, "{apiVersion: storage.k8s.io/v1, kind: StorageClass, metadata: {name: disks, "
                  "annotations: {storageclass.kubernetes.io/is-default-class: \"true\"}}, "
                  "provisioner: kubernetes.io/no-provisioner, volumeBindingMode: "
                  "WaitForFirstConsumer}");
    for (int i = 0; i < 2; i++)
        test_yaml(&t, arena_printf(&t.a,
                                   "{apiVersion: v1, kind: PersistentVolume, metadata: {name: "
                                   "v%d}, spec: {capacity: {storage: %dGi}, accessModes: "
                                   "[ReadWriteOnce], storageClassName: disks, nodeAffinity: "
                                   "{required: {nodeSelectorTerms: [{matchExpressions: [{key: "
                                   "kubernetes.io/hostname, operator: In, values: [%s]}]}]}}}, "
                                   "status: {phase: Available}}",
                                   i, i + 1, i ? "b" : "a")
                          .p);
    test_yaml(&t,
              "{apiVersion: apps/v1, kind: StatefulSet, metadata: {name: web, namespace: shop}, "
              "spec: {replicas: 3, serviceName: web, selector: {matchLabels: {app: web}}, "
              "template: {metadata: {labels: {app: web}}, spec: {containers: [{name: c, "
              "resources: {requests: {memory: 10Mi}}}]}}, volumeClaimTemplates: [{metadata: "
              "{name: data}, spec: {accessModes: [ReadWriteOnce], resources: {requests: "
              "{storage: 1Gi}}}}]}}");
    cluster_resolve(&t.c);
    cluster_default(&t.c);
    assert_int_equal(sim_expand(&t.a, &t.c), 3);
    test_build(&t);
    assert_int_equal(t.world->pods[0].node, 0);
    assert_int_equal(t.world->pods[1].node, 1);
    assert_int_equal(t.world->pods[2].node, -1);
    test_done(&t);
}

/* A generic ephemeral volume goes with its pod: the next pod has one of its own, anywhere. With a
 * claim it would be bound to the zone. */
static void test_own(void **state)
{
    (void)state;
    struct test_world t;
    test_init(&t);
    test_node(&t, "a", 1000, "x");
    test_node(&t, "b", 1000, "x");
    test_node(&t, "c", 8000, "y");
    test_yaml(&t, CLASS);
    test_yaml(&t,
              "{apiVersion: v1, kind: PersistentVolume, metadata: {name: v}, spec: {capacity: "
              "{storage: 1Gi}, accessModes: [ReadWriteOnce], storageClassName: zonal, claimRef: "
              "{namespace: shop, name: w-own}, nodeAffinity: {required: {nodeSelectorTerms: "
              "[{matchExpressions: [{key: topology.kubernetes.io/zone, operator: In, values: "
              "[x]}]}]}}}, status: {phase: Bound}}");
    test_yaml(&t,
              "{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: w-own, namespace: "
              "shop, uid: c}, spec: {accessModes: [ReadWriteOnce], storageClassName: zonal, "
              "volumeName: v, resources: {requests: {storage: 1Gi}}}, status: {phase: Bound}}");
    test_pod(&t, (struct test_pod){"w", "ReplicaSet", "w", "a", 100, 0, 10,
                                   "volumes: [{name: own, ephemeral: {volumeClaimTemplate: {spec: "
                                   "{accessModes: [ReadWriteOnce], storageClassName: zonal, "
                                   "resources: {requests: {storage: 1Gi}}}}}}]",
                                   NULL});
    test_ready(&t);
    assert_int_equal(node_of_second(&t), 2);
    test_done(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_zone),         cmocka_unit_test(test_topologies),
        cmocka_unit_test(test_sequence),     cmocka_unit_test(test_taken),
        cmocka_unit_test(test_stateful_set), cmocka_unit_test(test_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
