/* SPDX-License-Identifier: Apache-2.0
 *
 * Random small worlds with everything that reacts: Deployments, StatefulSets, DaemonSets and Jobs,
 * budgets of every form, HPAs, a webhook, sidecars, growth, load; and a random Scenario. The seed
 * (random_world.h) makes the world; values are drawn one by one, so that every compiler makes the
 * same.
 */
#ifndef TESTS_SIMULATE_RICH_WORLD_H
#define TESTS_SIMULATE_RICH_WORLD_H

#include "analysis/simulate/random_world.h"

enum rich_kind { RICH_DEPLOYMENT, RICH_STATEFUL, RICH_DAEMON, RICH_REPLICAS, RICH_JOB };
struct rich_workload {
    enum rich_kind kind;
    int replicas, request;
};
struct rich_world {
    struct test_world *t;
    struct rich_workload workloads[6];
    int nodes, count;
    bool storage;
};

static const char *const rich_kinds[] = {"Deployment", "StatefulSet", "DaemonSet", "ReplicaSet",
                                         "Job"};

static inline const char *draw_of(const char *const *list, int count)
{
    return list[draw(count)];
}

/* The object itself, where something rolls its pods. */
static inline void rich_owner(struct rich_world *x, int i)
{
    static const char *const deployments[] = {
        "strategy: {type: RollingUpdate}",
        "strategy: {rollingUpdate: {maxSurge: 1, maxUnavailable: 0}}",
        "strategy: {rollingUpdate: {maxSurge: 0, maxUnavailable: 2}}",
        "strategy: {rollingUpdate: {maxSurge: 60%, maxUnavailable: 40%}}, minReadySeconds: 15",
        "strategy: {type: Recreate}"};
    static const char *const stateful[] = {
        "updateStrategy: {type: RollingUpdate}",
        "updateStrategy: {rollingUpdate: {partition: 1}}, minReadySeconds: 20"};
    static const char *const daemons[] = {
        "updateStrategy: {type: RollingUpdate}",
        "updateStrategy: {rollingUpdate: {maxUnavailable: 2}}",
        "updateStrategy: {rollingUpdate: {maxSurge: 1, maxUnavailable: 0}}"};
    const struct rich_workload *w = &x->workloads[i];
    const char *strategy = w->kind == RICH_DEPLOYMENT ? draw_of(deployments, 5)
                           : w->kind == RICH_STATEFUL ? draw_of(stateful, 2)
                                                      : draw_of(daemons, 3);
    if (w->kind > RICH_DAEMON)
        return;
    test_yaml(x->t, arena_printf(&x->t->a,
                                 "{apiVersion: apps/v1, kind: %s, metadata: {name: w%d, namespace: "
                                 "shop, uid: u-w%d}, spec: {replicas: %d, %s, selector: "
                                 "{matchLabels: {app: w%d}}, template: {metadata: {labels: {app: "
                                 "w%d}}, spec: {containers: [{name: c}]}}}}",
                                 rich_kinds[w->kind], i, i, w->replicas, strategy, i, i)
                        .p);
}

static inline const char *rich_spec(const struct rich_workload *w)
{
    static const char *const more[] = {
        NULL,
        NULL,
        "priority: 1000",
        "topologySpreadConstraints: [{maxSkew: 1, topologyKey: kubernetes.io/hostname, "
        "whenUnsatisfiable: DoNotSchedule, labelSelector: {matchLabels: {app: w1}}}]",
        "initContainers: [{name: s, restartPolicy: Always, resources: {requests: {memory: 40Mi}, "
        "limits: {memory: 60Mi}}}]",
        "initContainers: [{name: s, restartPolicy: Always, resources: {requests: {memory: 90Mi}}}]",
        "resources: {limits: {memory: 310Mi}}",
        "resources: {requests: {memory: 260Mi, cpu: 200m}, limits: {memory: 330Mi}}",
        "priority: 2000000000, priorityClassName: system-cluster-critical",
    };
    static const char *const jobs[] = {"restartPolicy: Never", "restartPolicy: OnFailure",
                                       "restartPolicy: Never, initContainers: [{name: s, "
                                       "restartPolicy: Always, resources: {requests: {memory: "
                                       "40Mi}, limits: {memory: 60Mi}}}]"};
    return w->kind == RICH_JOB ? draw_of(jobs, 3) : draw_of(more, 9);
}

/* ---- volumes ---- */

/* Classes whose volumes are of a zone, of a node, anywhere, or there already; two volumes of the
 * last for each node, no two of one size. */
static inline void rich_storage(struct rich_world *x)
{
    test_yaml(x->t, "{apiVersion: storage.k8s.io/v1, kind: StorageClass, metadata: {name: zonal}, "
                    "provisioner: zonal.csi.example.com, volumeBindingMode: WaitForFirstConsumer}");
    test_yaml(x->t, "{apiVersion: storage.k8s.io/v1, kind: StorageClass, metadata: {name: host}, "
                    "provisioner: host.csi.example.com, volumeBindingMode: WaitForFirstConsumer}");
    test_yaml(x->t, "{apiVersion: storage.k8s.io/v1, kind: StorageClass, metadata: {name: wide}, "
                    "provisioner: wide.csi.example.com, volumeBindingMode: WaitForFirstConsumer, "
                    "allowedTopologies: [{matchLabelExpressions: [{key: "
                    "topology.kubernetes.io/zone, values: [x]}]}]}");
    test_yaml(x->t, "{apiVersion: storage.k8s.io/v1, kind: StorageClass, metadata: {name: there}, "
                    "provisioner: kubernetes.io/no-provisioner, volumeBindingMode: "
                    "WaitForFirstConsumer}");
    for (int n = 0; n < x->nodes; n++)
        test_yaml(x->t, arena_printf(
                            &x->t->a,
                            "{apiVersion: storage.k8s.io/v1, kind: CSINode, metadata: {name: n%d}, "
                            "spec: {drivers: [{name: zonal.csi.example.com, nodeID: n%d, "
                            "topologyKeys: [topology.kubernetes.io/zone]}, {name: "
                            "host.csi.example.com, nodeID: n%d, topologyKeys: "
                            "[kubernetes.io/hostname]}, {name: wide.csi.example.com, nodeID: n%d, "
                            "topologyKeys: []}]}}",
                            n, n, n, n)
                            .p);
    for (int k = 0; k < 2 * x->nodes; k++)
        test_yaml(x->t, arena_printf(
                            &x->t->a,
                            "{apiVersion: v1, kind: PersistentVolume, metadata: {name: there-%d}, "
                            "spec: {capacity: {storage: %dGi}, accessModes: [ReadWriteOnce], "
                            "storageClassName: there, nodeAffinity: {required: "
                            "{nodeSelectorTerms: [{matchExpressions: [{key: "
                            "kubernetes.io/hostname, operator: In, values: [n%d]}]}]}}}, status: "
                            "{phase: Available}}",
                            k, k + 1, k % x->nodes)
                            .p);
}

static inline void rich_claim(struct rich_world *x, const char *name, const char *class_)
{
    int size = 1 + draw(6);
    const char *mode = draw(4) || str_is(str_of(class_), "there") ? "" : "Pod";
    test_yaml(x->t,
              arena_printf(&x->t->a,
                           "{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: %s, "
                           "namespace: shop, uid: c-%s}, spec: {accessModes: [ReadWriteOnce%s], "
                           "storageClassName: %s, resources: {requests: {storage: %dGi}}}, status: "
                           "{phase: Pending}}",
                           name, name, mode, class_, size)
                  .p);
}

/* What the pod's spec says beside `more`. */
static inline const char *rich_volumes(struct rich_world *x, const char *claim, const char *more)
{
    return arena_printf(&x->t->a,
                        "volumes: [{name: data, persistentVolumeClaim: {claimName: %s}}]%s%s",
                        claim, more ? ", " : "", more ? more : "")
        .p;
}

static inline const char *rich_own_volume(struct rich_world *x, const char *class_,
                                          const char *more)
{
    int size = 1 + draw(6);
    return arena_printf(&x->t->a,
                        "volumes: [{name: own, ephemeral: {volumeClaimTemplate: {spec: "
                        "{accessModes: [ReadWriteOnce], storageClassName: %s, resources: "
                        "{requests: {storage: %dGi}}}}}}]%s%s",
                        class_, size, more ? ", " : "", more ? more : "")
        .p;
}

static inline void rich_pods(struct rich_world *x, int i)
{
    static const char *const classes[] = {"zonal", "host", "wide", "there"};
    const struct rich_workload *w = &x->workloads[i];
    int limit = draw(2) ? w->request + 20 + draw(300) : 0;
    const char *spec = rich_spec(w), *owner = arena_printf(&x->t->a, "w%d", i).p, *more = spec;
    /* One claim for all its pods, one for each, or new ones with the pods. */
    int claims = x->storage && w->kind != RICH_DAEMON ? draw(4) : 0;
    const char *class_ = draw_of(classes, 4);
    if (claims == 3)
        more = rich_own_volume(x, class_, spec);
    if (claims == 1) {
        rich_claim(x, owner, class_);
        more = rich_volumes(x, owner, spec);
    }
    for (int k = 0; k < w->replicas; k++) {
        const char *claim = arena_printf(&x->t->a, "w%d-%d", i, k).p;
        if (claims == 2) {
            rich_claim(x, claim, class_);
            more = rich_volumes(x, claim, spec);
        }
        int node = w->kind == RICH_DAEMON ? k : draw(x->nodes), placed = draw(8);
        int usage = draw(8) ? 1 + draw(350) : 0;
        const char *status = NULL;
        if (placed && draw(6) == 0) {
            int granted = draw(200), bound = granted + draw(300);
            status = arena_printf(&x->t->a,
                                  "containerStatuses: [{name: c, allocatedResources: {memory: "
                                  "%dMi}, resources: {requests: {memory: %dMi}, limits: {memory: "
                                  "%dMi}}}]",
                                  granted, granted, bound)
                         .p;
        }
        const char *on =
            placed || w->kind == RICH_DAEMON ? arena_printf(&x->t->a, "n%d", node).p : NULL;
        test_pod(x->t,
                 (struct test_pod){arena_printf(&x->t->a, "w%d-%d", i, k).p, rich_kinds[w->kind],
                                   owner, on, w->request, limit, usage, more, status});
    }
}

static inline void rich_budget(struct rich_world *x, int i)
{
    static const char *const budgets[] = {
        "minAvailable: 1",   "minAvailable: 0", "maxUnavailable: 1",   "maxUnavailable: 40%",
        "minAvailable: 60%", "minAvailable: 3", "maxUnavailable: 100%"};
    const char *owner = arena_printf(&x->t->a, "w%d", i).p;
    int count = draw(3) ? draw(2) : 1 + (draw(4) == 0);
    for (int k = 0; k < count; k++) {
        const char *budget = draw_of(budgets, 7);
        if (draw(4) == 0)
            budget =
                arena_printf(&x->t->a, "%s, unhealthyPodEvictionPolicy: AlwaysAllow", budget).p;
        test_budget(x->t, owner, budget);
    }
}

/* One for several workloads: all, or all but one. */
static inline void rich_shared_budget(struct rich_world *x)
{
    static const char *const budgets[] = {"minAvailable: 3", "maxUnavailable: 1",
                                          "minAvailable: 80%", "minAvailable: 5"};
    static const char *const whom[] = {
        "{}", "{matchExpressions: [{key: app, operator: NotIn, values: [w0]}]}"};
    const char *budget = draw_of(budgets, 4), *selector = draw_of(whom, 2);
    test_yaml(x->t, arena_printf(&x->t->a,
                                 "{apiVersion: policy/v1, kind: PodDisruptionBudget, metadata: "
                                 "{name: together, namespace: shop}, spec: {%s, selector: %s}}",
                                 budget, selector)
                        .p);
}

static inline void rich_hpa(struct rich_world *x, int i)
{
    static const char *const targets[] = {
        "{name: memory, target: {type: Utilization, averageUtilization: 80}}",
        "{name: memory, target: {type: Utilization, averageUtilization: 150}}",
        "{name: memory, target: {type: AverageValue, averageValue: 150Mi}}",
        "{name: cpu, target: {type: AverageValue, averageValue: 100m}}"};
    static const char *const behaviors[] = {
        "", "", ", behavior: {scaleUp: {policies: [{type: Pods, value: 1, periodSeconds: 30}]}}",
        ", behavior: {scaleUp: {stabilizationWindowSeconds: 30}, scaleDown: "
        "{stabilizationWindowSeconds: 60, policies: [{type: Percent, value: 50, periodSeconds: "
        "30}]}}"};
    const struct rich_workload *w = &x->workloads[i];
    const char *target = draw_of(targets, 4), *behavior = draw_of(behaviors, 4);
    int most = w->replicas + draw(4), least = 1 + draw(w->replicas);
    test_yaml(x->t, arena_printf(&x->t->a,
                                 "{apiVersion: autoscaling/v2, kind: HorizontalPodAutoscaler, "
                                 "metadata: {name: w%d, namespace: shop}, spec: {scaleTargetRef: "
                                 "{apiVersion: apps/v1, kind: %s, name: w%d}, minReplicas: %d, "
                                 "maxReplicas: %d, metrics: [{type: Resource, resource: %s}]%s}}",
                                 i, rich_kinds[w->kind], i, least, most, target, behavior)
                        .p);
}

/* The pods of w0 answer it. */
static inline void rich_webhook(struct rich_world *x)
{
    static const char *const asked[] = {
        "", ", objectSelector: {matchExpressions: [{key: app, operator: NotIn, values: [w0]}]}",
        ", objectSelector: {matchLabels: {app: w1}}"};
    const char *whom = draw_of(asked, 3);
    test_yaml(x->t,
              arena_printf(&x->t->a,
                           "{apiVersion: admissionregistration.k8s.io/v1, kind: "
                           "ValidatingWebhookConfiguration, metadata: {name: policy}, "
                           "webhooks: [{name: policy.example.com, clientConfig: {service: "
                           "{namespace: shop, name: policy}}, rules: [{apiGroups: [''], "
                           "apiVersions: [v1], operations: [CREATE], resources: [pods]}]%s}]}",
                           whom)
                  .p);
    test_yaml(x->t, "{apiVersion: v1, kind: Service, metadata: {name: policy, namespace: shop}, "
                    "spec: {selector: {app: w0}}}");
}

/* ---- the Scenario ---- */

static inline struct str rich_usage(struct rich_world *x)
{
    struct str text = STR("");
    for (int i = 0; i < x->count; i++) {
        int level = 20 + draw(200), growth = draw(3) ? 0 : 1 + draw(60), ceiling = draw(500);
        int load = draw(3) ? 0 : draw(101), jitter = draw(30);
        if (draw(3))
            continue;
        text = arena_printf(&x->t->a,
                            STR_FMT "%s{target: {kind: %s, namespace: shop, name: w%d}, "
                                    "containers: [{name: c, level: %dMi, growthPerMinute: %dMi, "
                                    "ceiling: %dMi, followsLoadPercent: %d, jitterPercent: %d}]}",
                            STR_ARG(text), text.n ? ", " : "", rich_kinds[x->workloads[i].kind], i,
                            level, growth, ceiling, load, jitter);
    }
    return text;
}

static inline struct str rich_deploy(struct rich_world *x, int i)
{
    int request = draw(400), level = 10 + draw(400), growth = draw(2) ? draw(50) : 0;
    return arena_printf(&x->t->a,
                        "deploy: {workload: shop/w%d, containers: [{name: c, request: %dMi, "
                        "limit: %dMi, level: %dMi, growthPerMinute: %dMi}]}",
                        i, request, request + 50, level, growth);
}

static inline struct str rich_event(struct rich_world *x)
{
    static const char *const on_nodes[] = {"lose",           "lose",           "drain", "cordon",
                                           "kubeletStopped", "kubeletStopped", "back",  "back"};
    struct arena *a = &x->t->a;
    int type = draw(12), node = draw(x->nodes), i = draw(x->count), amount = 1 + draw(120);
    if (type < 8)
        return arena_printf(a, "%s: node/n%d", on_nodes[type], node);
    if (type == 8)
        return arena_printf(a, "leak: {workload: shop/w%d, growthPerMinute: %dMi}", i, amount);
    if (type == 9)
        return arena_printf(a, "surge: %d.%d", amount / 30, 1 + amount % 9);
    return x->workloads[i].kind <= RICH_DAEMON ? rich_deploy(x, i)
                                               : arena_printf(a, "lose: node/n%d", node);
}

static inline struct contingency rich_scenario(struct rich_world *x)
{
    struct str events = STR(""), usage = rich_usage(x);
    int count = 1 + draw(7), at_s = 0, until = 5 + draw(35);
    const char *cpu = draw(2) ? "hpaCpu: load" : "";
    for (int i = 0; i < count; i++) {
        struct str event = rich_event(x);
        at_s += draw(4) ? draw(200) : draw(2) * 300;
        events = arena_printf(&x->t->a, STR_FMT "%s{at: %ds, " STR_FMT "}", STR_ARG(events),
                              i ? ", " : "", at_s, STR_ARG(event));
    }
    return test_scenario(x->t, arena_printf(&x->t->a,
                                            "until: %dm, assumptions: {%s}, usage: [" STR_FMT
                                            "], events: [" STR_FMT "]",
                                            until, cpu, STR_ARG(usage), STR_ARG(events))
                                   .p);
}

/* ---- all of it ---- */

static inline void rich_options(struct sim_options *o)
{
    o->node_oom = draw(3) ? NODE_OOM_KILL : NODE_OOM_LOST;
    o->node_pressure = draw(3) ? NODE_PRESSURE_EVICT : NODE_PRESSURE_THRASH;
    o->elastic_permyriad = draw(2) ? 0 : draw(FACTOR_ONE);
    o->surge_permyriad = draw(3) ? FACTOR_ONE : 5000 + draw(10000);
    o->unaccounted_permyriad = draw(800);
    o->warm_ms = draw(4) ? 60000 : 0;
    o->start_ms = draw(4) ? 10000 : 0;
}

/* Gives its Scenario; t is built with it. */
static inline struct contingency rich_world(struct test_world *t)
{
    struct rich_world x = {.t = t, .nodes = 1 + draw(6), .count = 1 + draw(5)};
    test_init(t);
    rich_options(&t->options);
    for (int i = 0; i < x.nodes; i++) {
        const char *zone = draw(2) ? "x" : "y";
        int memory = 500 + draw(1500);
        test_node(t, arena_printf(&t->a, "n%d", i).p, memory, zone);
    }
    if (draw(3) == 0)
        test_yaml(t, "{apiVersion: kubelet.config.k8s.io/v1beta1, kind: KubeletConfiguration, "
                     "systemReserved: {memory: 150Mi}, evictionHard: {memory.available: 50Mi}}");
    bool together = draw(5) == 0;
    if (together)
        rich_shared_budget(&x);
    x.storage = draw(3) == 0;
    if (x.storage)
        rich_storage(&x);
    for (int i = 0; i < x.count; i++) {
        struct rich_workload *w = &x.workloads[i];
        w->kind = (enum rich_kind)draw(5);
        w->replicas = w->kind == RICH_DAEMON ? x.nodes : 1 + draw(6);
        w->request = draw(3) ? draw(300) : 0;
        rich_owner(&x, i);
        rich_pods(&x, i);
        if (!together)
            rich_budget(&x, i);
        if (w->kind <= RICH_STATEFUL && draw(3) == 0)
            rich_hpa(&x, i);
    }
    if (draw(3) == 0)
        rich_webhook(&x);
    return rich_scenario(&x);
}

#endif
