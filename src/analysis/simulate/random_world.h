/* SPDX-License-Identifier: Apache-2.0
 *
 * Random small worlds for tests: a few nodes of uneven size, workloads of every kind, some
 * unplaceable, some without samples. The seed makes the world.
 */
#ifndef ANALYSIS_SIMULATE_RANDOM_WORLD_H
#define ANALYSIS_SIMULATE_RANDOM_WORLD_H

#include "analysis/simulate/test_world.h"

/* xorshift64*: the same worlds everywhere. */
static uint64_t seed;
static inline int draw(int below)
{
    seed ^= seed >> 12;
    seed ^= seed << 25;
    seed ^= seed >> 27;
    return (int)((seed * UINT64_C(2685821657736338717)) >> 33) % below;
}

static const char *const kinds[] = {"ReplicaSet", "ReplicaSet", "StatefulSet", "DaemonSet", "Job"};
static const char *const specs[] = {
    NULL,
    NULL,
    "topologySpreadConstraints: [{maxSkew: 1, topologyKey: kubernetes.io/hostname, "
    "whenUnsatisfiable: DoNotSchedule, labelSelector: {matchLabels: {app: w1}}}]",
    "priority: 1000",
    "affinity: {podAntiAffinity: {requiredDuringSchedulingIgnoredDuringExecution: [{topologyKey: "
    "kubernetes.io/hostname, labelSelector: {matchLabels: {app: w2}}}]}}",
};

static inline void random_world(struct test_world *t)
{
    int nodes = 1 + draw(6), workloads = 1 + draw(5);
    test_init(t);
    t->options.node_oom = draw(3) ? NODE_OOM_KILL : NODE_OOM_LOST;
    t->options.node_pressure = draw(3) ? NODE_PRESSURE_EVICT : NODE_PRESSURE_THRASH;
    t->options.elastic_permyriad = draw(3) ? 0 : draw(FACTOR_ONE);
    t->options.unaccounted_permyriad = draw(800);
    t->options.warm_ms = draw(4) ? 60000 : 0;
    t->options.start_ms = draw(4) ? 10000 : 0;
    for (int i = 0; i < nodes; i++) {
        const char *zone = draw(2) ? "x" : "y";
        int memory = 500 + draw(1500); /* one by one: every compiler draws the same worlds */
        test_node(t, arena_printf(&t->a, "n%d", i).p, memory, zone);
    }
    if (draw(3) == 0)
        test_yaml(t, "{apiVersion: kubelet.config.k8s.io/v1beta1, kind: KubeletConfiguration, "
                     "systemReserved: {memory: 150Mi}, evictionHard: {memory.available: 50Mi}}");
    for (int i = 0; i < workloads; i++) {
        const char *owner = arena_printf(&t->a, "w%d", i).p, *kind = kinds[draw(5)];
        int replicas = 1 + draw(6), request = draw(3) ? draw(300) : 0;
        int limit = draw(2) ? request + draw(300) : 0;
        const char *more = specs[draw(5)];
        for (int k = 0; k < replicas; k++) {
            const char *node = draw(8) ? arena_printf(&t->a, "n%d", draw(nodes)).p : NULL;
            int usage = draw(8) ? 1 + draw(350) : 0;
            test_pod(t, (struct test_pod){arena_printf(&t->a, "w%d-%d", i, k).p, kind, owner, node,
                                          request, limit, usage, more});
        }
        if (draw(2)) {
            int least = draw(replicas + 1);
            test_yaml(t,
                      arena_printf(&t->a,
                                   "{apiVersion: policy/v1, kind: PodDisruptionBudget, metadata: "
                                   "{name: w%d, namespace: shop}, spec: {minAvailable: %d, "
                                   "selector: {matchLabels: {app: w%d}}}}",
                                   i, least, i)
                          .p);
        }
    }
    test_ready(t);
}

#endif
