/* SPDX-License-Identifier: Apache-2.0
 *
 * Decoding and resolving: types as Kubernetes' decoder sees them, positions, owners, policies.
 */
#include "base/test.h"

#include "base/alloc.h"
#include "model/decode.h"

struct world {
    struct arena a, scratch;
    struct source source;
    struct cluster c;
};

static void world_init(struct world *w)
{
    arena_init(&w->a);
    arena_init(&w->scratch);
    w->source.name = STR("world.yaml");
    w->c = (struct cluster){.arena = &w->a};
}

static void world_add(struct world *w, const char *yaml)
{
    struct doc_reader r;
    struct decode_input in = {.a = &w->a, .source = &w->source};
    struct doc_root root = {0};
    struct err e = {0};
    int got;
    doc_reader_init(&r, w->source.name, str_of(yaml));
    while ((got = doc_read(&r, &w->scratch, &root, &e)) > 0)
        decode_document(&in, &root, &w->c);
    assert_string_equal(e.msg, "");
    assert_int_equal(got, 0);
    doc_reader_done(&r);
}

static void world_done(struct world *w)
{
    arena_done(&w->scratch);
    arena_done(&w->a);
}

static void test_deployment(void **state)
{
    (void)state;
    struct world w;
    world_init(&w);
    world_add(&w, "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\nspec:\n"
                  "  replicas: 3\n  strategy: {rollingUpdate: {maxSurge: 25%}}\n  template:\n"
                  "    metadata: {labels: {app: web}}\n    spec:\n      initContainers:\n"
                  "      - {name: proxy, restartPolicy: Always}\n      - name: setup\n"
                  "      containers:\n      - name: app\n        image: shop/web:v1\n"
                  "        resources:\n          limits: {memory: 1.5Gi, cpu: 0.5}\n"
                  "        livenessProbe:\n          httpGet: {path: /live, port: http}\n"
                  "          timeoutSeconds: 2\n");
    assert_int_equal(w.c.problems.count, 0);
    assert_int_equal(w.c.workloads.count, 1);
    const struct workload *d = w.c.workloads.items[0];
    assert_true(str_is(d->o.ns, "default") && d->o.ns_implied);
    assert_int_equal(d->replicas.v, 3);
    assert_int_equal(d->max_surge.type, IOS_STRING);
    const struct pod_spec *s = &d->tmpl.spec;
    assert_int_equal(s->init_containers.items[0].kind, CONTAINER_SIDECAR);
    assert_int_equal(s->init_containers.items[1].kind, CONTAINER_INIT);
    const struct container *k = &s->containers.items[0];
    assert_int_equal(quantity_value(resources_find(&k->resources.limits, "memory")->q),
                     3 * GIB / 2);
    assert_int_equal(quantity_milli(resources_find(&k->resources.limits, "cpu")->q), 500);
    assert_int_equal(resources_find(&k->resources.limits, "memory")->at.line, 18);
    assert_int_equal(k->liveness->handler.type, HANDLER_HTTP);
    assert_true(str_is(k->liveness->handler.port.s, "http"));
    assert_int_equal(k->liveness->timeout_seconds.v, 2);
    assert_int_equal(k->liveness->at.line, 19);
    assert_false(k->liveness->period_seconds.set);
    assert_null(k->readiness);
    world_done(&w);
}

/* Each document has one fault; the message must name the path. */
static const struct {
    const char *yaml, *path, *message;
} faults[] = {
    {"{apiVersion: apps/v1, kind: Deployment, spec: {replicas: \"3\"}}", "spec.replicas",
     "must be an integer, is string: remove the quotes"},
    {"{apiVersion: v1, kind: Pod, spec: {containers: [{name: a, env: [{name: X, value: 8080}]}]}}",
     "spec.containers[0].env[0].value", "must be a string, is number: put it in quotes"},
    {"{apiVersion: v1, kind: Pod, spec: {containers: [{resources: {limits: {memory: 1GB}}}]}}",
     "spec.containers[0].resources.limits.memory", NULL},
    {"{apiVersion: v1, kind: Pod, metadata: {labels: {on: yes}}}", "metadata.labels", NULL},
    {"{apiVersion: v1, kind: Pod, spec: {containers: {name: a}}}", "spec.containers", NULL},
    {"{apiVersion: v1, kind: Pod, metadata: {creationTimestamp: yesterday}}",
     "metadata.creationTimestamp", NULL},
};

static void test_faults(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(faults); i++) {
        struct world w;
        world_init(&w);
        world_add(&w, faults[i].yaml);
        assert_int_equal(w.c.problems.count, 1);
        const struct problem *p = &w.c.problems.items[0];
        assert_int_equal(p->type, PROBLEM_INVALID_VALUE);
        assert_string_equal(p->path.p, faults[i].path);
        if (faults[i].message)
            assert_string_equal(p->message.p, faults[i].message);
        assert_non_null(p->object);
        world_done(&w);
    }
}

static void test_null_is_absent(void **state)
{
    (void)state;
    struct world w;
    world_init(&w);
    world_add(&w, "apiVersion: v1\nkind: Pod\nmetadata: {name: a, labels: null}\nspec:\n"
                  "  containers:\n  - name: x\n    resources:\n    livenessProbe: null\n"
                  "  tolerations: ~\n  priority:\n");
    assert_int_equal(w.c.problems.count, 0);
    const struct pod *p = w.c.pods.items[0];
    assert_false(p->spec.priority.set);
    assert_null(p->spec.containers.items[0].liveness);
    assert_int_equal(p->spec.tolerations.count, 0);
    world_done(&w);
}

static void test_lists_and_other_kinds(void **state)
{
    (void)state;
    struct world w;
    world_init(&w);
    world_add(&w,
              "{apiVersion: v1, kind: PodList, items: [{metadata: {name: a}}, {metadata: {name: "
              "b}}]}\n---\n{apiVersion: v1, kind: List, items: [{apiVersion: v1, kind: Node, "
              "metadata: {name: n}}]}\n---\nkind: Kustomization\n---\n---\n"
              "{apiVersion: argoproj.io/v1alpha1, kind: Rollout, metadata: {name: r}, spec: "
              "{template: {spec: {containers: [{name: x}]}}}}\n---\n"
              "{apiVersion: serving.knative.dev/v1, kind: Service, metadata: {name: s}, spec: "
              "{template: {spec: {containers: [{name: x}]}}}}\n");
    assert_int_equal(w.c.pods.count, 2);
    assert_int_equal(w.c.nodes.count, 1);
    assert_int_equal(w.c.services.count, 0);
    assert_int_equal(w.c.workloads.count, 2);
    assert_int_equal(w.c.workloads.items[0]->o.kind, KIND_OTHER_WORKLOAD);
    assert_int_equal(w.c.skipped.count, 1);
    assert_true(str_is(w.c.skipped.items[0].kind, "Kustomization"));
    world_done(&w);
}

static const char *const owned_world =
    "{apiVersion: v1, kind: Node, metadata: {name: n1}}\n---\n"
    "{apiVersion: apps/v1, kind: Deployment, metadata: {name: web, namespace: shop, uid: d1}, spec: "
    "{template: {metadata: {labels: {app: web}}}}}\n---\n"
    "{apiVersion: apps/v1, kind: ReplicaSet, metadata: {name: web-1, namespace: shop, uid: r1, "
    "ownerReferences: [{apiVersion: apps/v1, kind: Deployment, name: web, uid: d1, controller: "
    "true}]}}\n---\n"
    "{apiVersion: v1, kind: Pod, metadata: {name: web-1-a, namespace: shop, labels: {app: web}, "
    "ownerReferences: [{apiVersion: apps/v1, kind: ReplicaSet, name: web-1, uid: r1, controller: "
    "true}]}, spec: {nodeName: n1}}\n---\n"
    "{apiVersion: v1, kind: Pod, metadata: {name: free, namespace: shop}, spec: {nodeName: "
    "n2}}\n---\n"
    "{apiVersion: v1, kind: Pod, metadata: {name: o1, namespace: shop, ownerReferences: [{kind: "
    "ReplicaSet, apiVersion: apps/v1, name: gone, controller: true}]}}\n---\n"
    "{apiVersion: v1, kind: Pod, metadata: {name: o2, namespace: shop, ownerReferences: [{kind: "
    "ReplicaSet, apiVersion: apps/v1, name: gone, controller: true}]}}\n---\n"
    "{apiVersion: policy/v1, kind: PodDisruptionBudget, metadata: {name: web, namespace: shop}, "
    "spec: {selector: {matchLabels: {app: web}}}}\n---\n"
    "{apiVersion: v1, kind: Service, metadata: {name: web, namespace: shop}, spec: {selector: {app: "
    "web}}}\n---\n"
    "{apiVersion: autoscaling/v1, kind: HorizontalPodAutoscaler, metadata: {name: web, namespace: "
    "shop}, spec: {scaleTargetRef: {kind: Deployment, name: web}, maxReplicas: 9, "
    "targetCPUUtilizationPercentage: 70}}\n---\n"
    "{apiVersion: metrics.k8s.io/v1beta1, kind: PodMetrics, metadata: {name: web-1-a, namespace: "
    "shop}, timestamp: 2026-11-21T00:00:00Z, window: 15s, containers: [{name: x, usage: {cpu: 5m, "
    "memory: 3Mi}}]}\n";

static void test_resolve(void **state)
{
    (void)state;
    struct world w;
    world_init(&w);
    world_add(&w, owned_world);
    cluster_resolve(&w.c);
    const struct pod *p = w.c.pods.items[0];
    struct workload *web = w.c.workloads.items[0];
    assert_ptr_equal(p->owner, web);
    assert_ptr_equal(p->controller, w.c.workloads.items[1]);
    assert_ptr_equal(p->node, w.c.nodes.items[0]);
    assert_int_equal(p->metrics->containers.items[0].memory_bytes, 3 * MIB);
    assert_true(web->judged);
    assert_false(w.c.workloads.items[1]->judged);
    assert_int_equal(web->pdbs.count, 1);
    assert_int_equal(web->services.count, 1);
    assert_int_equal(web->hpas.count, 1);
    assert_int_equal(web->hpas.items[0]->metrics.items[0].utilization.v, 70);
    assert_int_equal(w.c.pdbs.items[0]->pods_matched, 1);
    /* two tops more: the free pod, and one for both orphans */
    assert_int_equal(w.c.workloads.count, 4);
    assert_ptr_equal(w.c.pods.items[2]->owner, w.c.pods.items[3]->owner);
    assert_int_equal(w.c.pods.items[2]->owner->pods.count, 2);
    assert_int_equal(w.c.problems.count, 2); /* owners, and a node that is not there */
    assert_int_equal(w.c.problems.items[0].type, PROBLEM_DANGLING);
    assert_true(w.c.complete);
    world_done(&w);
}

static void test_owner_cycle_ends(void **state)
{
    (void)state;
    struct world w;
    world_init(&w);
    world_add(&w, "{apiVersion: apps/v1, kind: ReplicaSet, metadata: {name: a, ownerReferences: "
                  "[{apiVersion: apps/v1, kind: ReplicaSet, name: b, controller: true}]}}\n---\n"
                  "{apiVersion: apps/v1, kind: ReplicaSet, metadata: {name: b, ownerReferences: "
                  "[{apiVersion: apps/v1, kind: ReplicaSet, name: a, controller: true}]}}\n---\n"
                  "{apiVersion: v1, kind: Pod, metadata: {name: p, ownerReferences: [{apiVersion: "
                  "apps/v1, kind: ReplicaSet, name: a, controller: true}]}}\n");
    cluster_resolve(&w.c);
    assert_non_null(w.c.pods.items[0]->owner);
    world_done(&w);
}

static void test_kubelet_config_map(void **state)
{
    (void)state;
    struct world w;
    world_init(&w);
    world_add(&w, "{apiVersion: v1, kind: Node, metadata: {name: n1}}\n---\n"
                  "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: plimsoll-kubelet-n1, labels: "
                  "{plimsoll.dev/node: n1}}\ndata:\n  kubelet: |\n    evictionHard:\n      "
                  "memory.available: 500Mi\n    systemReserved: {memory: 1Gi}\n");
    cluster_resolve(&w.c);
    assert_int_equal(w.c.problems.count, 0);
    const struct kubelet_config *k = w.c.nodes.items[0]->kubelet;
    assert_non_null(k);
    assert_true(k->eviction_hard_set && k->system_reserved_set && !k->kube_reserved_set);
    assert_true(str_is(labels_get(&k->eviction_hard, "memory.available"), "500Mi"));
    world_done(&w);
}

static void test_kube_proxy_config(void **state)
{
    (void)state;
    struct world w;
    world_init(&w);
    world_add(&w, "apiVersion: v1\nkind: ConfigMap\n"
                  "metadata: {name: kube-proxy, namespace: kube-system}\n"
                  "data:\n  config.conf: |\n    conntrack: {min: 65536}\n"
                  "  other: kept by name only\n");
    world_add(&w, "apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\n"
                  "conntrack:\n  maxPerCore: 0\n");
    world_add(&w, "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: other}\n"
                  "data: {config.conf: 'conntrack: {min: 1}'}\n");
    assert_int_equal(w.c.kube_proxy_configs.count, 2);
    assert_int_equal(w.c.kube_proxy_configs.items[0]->conntrack_min.v, 65536);
    assert_false(w.c.kube_proxy_configs.items[0]->conntrack_max_per_core.set);
    assert_int_equal(w.c.kube_proxy_configs.items[0]->o.at.line, 5);
    assert_true(w.c.kube_proxy_configs.items[1]->conntrack_max_per_core.set);
    assert_int_equal(w.c.config_maps.items[0]->data.items[1].value.n, 0);
    world_done(&w);
}

static void test_prometheus_and_cilium(void **state)
{
    (void)state;
    struct world w;
    world_init(&w);
    world_add(&w, "apiVersion: monitoring.coreos.com/v1\nkind: Prometheus\nmetadata: {name: k8s}\n"
                  "spec: {replicas: 2, resources: {requests: {memory: 400Mi}}}\n");
    world_add(
        &w, "apiVersion: cilium.io/v2\nkind: CiliumNetworkPolicy\nmetadata: {name: a}\n"
            "spec:\n  egress:\n  - toFQDNs: [{matchName: a.example.com}]\n"
            "    toPorts:\n    - ports: [{port: '53'}]\n      rules: {dns: [{matchPattern: '*'}]}\n"
            "  ingress:\n  - fromEndpoints: [{}, {}]\n"
            "    toPorts:\n    - ports: [{port: '80'}]\n      rules: {http: [{method: GET}]}\n"
            "  - toPorts:\n    - ports: [{port: '80'}]\n"
            "      rules: {http: [{method: GET, path: '/a'}]}\n");
    assert_int_equal(w.c.prometheuses.items[0]->replicas.v, 2);
    assert_int_equal(w.c.prometheuses.items[0]->resources.requests.count, 1);
    const struct cilium_policy *p = w.c.cilium_policies.items[0];
    assert_int_equal(p->rules.count, 3);
    assert_true(p->rules.items[0].has_l7 && !p->rules.items[0].l7_restricts);
    assert_int_equal(p->rules.items[0].peers, 2);
    assert_true(p->rules.items[1].l7_restricts);
    assert_false(p->rules.items[2].has_l7); /* DNS */
    assert_int_equal(p->rules.items[2].peers, 1);
    world_done(&w);
}

static void test_the_last_pod_of_a_name_wins(void **state)
{
    (void)state;
    struct world w;
    world_init(&w);
    world_add(&w, "{apiVersion: v1, kind: Pod, metadata: {name: p}, spec: {priority: 1}}\n---\n"
                  "{apiVersion: v1, kind: Pod, metadata: {name: p}, spec: {priority: 2}}\n");
    cluster_resolve(&w.c);
    assert_int_equal(w.c.pods.count, 1);
    assert_int_equal(w.c.pods.items[0]->spec.priority.v, 2);
    assert_int_equal(w.c.problems.count, 1);
    assert_int_equal(w.c.problems.items[0].type, PROBLEM_SAME_OBJECT);
    world_done(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_deployment),
        cmocka_unit_test(test_faults),
        cmocka_unit_test(test_null_is_absent),
        cmocka_unit_test(test_lists_and_other_kinds),
        cmocka_unit_test(test_resolve),
        cmocka_unit_test(test_owner_cycle_ends),
        cmocka_unit_test(test_kubelet_config_map),
        cmocka_unit_test(test_kube_proxy_config),
        cmocka_unit_test(test_prometheus_and_cilium),
        cmocka_unit_test(test_the_last_pod_of_a_name_wins),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
