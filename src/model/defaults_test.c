/* SPDX-License-Identifier: Apache-2.0
 *
 * What the API server fills in, and in which order: requests from limits before LimitRange, pod
 * level after the containers, classes from the world; nothing for pods that come from a server.
 */
#include "model/defaults.h"

#include "base/test.h"
#include "model/decode.h"
#include "model/resources.h"

struct world {
    struct arena a;
    struct cluster c;
};

static void world_init(struct world *w, const char *yaml)
{
    static const struct source source = {.name = STR("test.yaml")};
    struct doc_reader r;
    struct doc_root root;
    struct err e = {0};
    int got;
    arena_init(&w->a);
    w->c = (struct cluster){.arena = &w->a};
    struct decode_input in = {.a = &w->a, .source = &source};
    doc_reader_init(&r, source.name, str_of(yaml));
    while ((got = doc_read(&r, &w->a, &root, &e)) > 0)
        decode_document(&in, &root, &w->c);
    doc_reader_done(&r);
    assert_int_equal(got, 0);
    cluster_resolve(&w->c);
    cluster_default(&w->c);
}

static void world_done(struct world *w)
{
    arena_done(&w->a);
}

static void assert_amount(const struct resources *r, const char *name, const char *want,
                          enum amount_origin origin)
{
    const struct resource_amount *m = resources_find(r, name);
    char text[QUANTITY_TEXT];
    assert_non_null(m);
    (void)quantity_text(m->q, text);
    assert_string_equal(text, want);
    assert_int_equal(m->origin, origin);
}

#define POD(name, more) \
    "apiVersion: v1\nkind: Pod\nmetadata: {name: " name ", namespace: shop}\nspec:\n" more "---\n"
#define RANGE                                                                   \
    "apiVersion: v1\nkind: LimitRange\nmetadata: {name: r, namespace: shop}\n"  \
    "spec: {limits: [{type: Container, max: {memory: 2Gi}, default: {cpu: 1}, " \
    "defaultRequest: {memory: 128Mi}, min: {ephemeral-storage: 1Mi}}]}\n---\n"

static void test_requests_from_limits(void **state)
{
    (void)state;
    struct world w;
    world_init(&w, POD("a", "  initContainers: [{name: i, resources: {limits: {cpu: 250m}}}]\n"
                            "  containers:\n"
                            "  - name: c\n"
                            "    resources: {limits: {cpu: 1, memory: 1Gi}, requests: {cpu: 0}}\n"
                            "    ports: [{containerPort: 80}]\n"
                            "  hostNetwork: true\n"));
    const struct pod_spec *s = &w.c.pods.items[0]->spec;
    const struct resources *r = &s->containers.items[0].resources.requests;
    assert_amount(r, "memory", "1Gi", AMOUNT_FROM_LIMIT);
    assert_amount(r, "cpu", "0", AMOUNT_GIVEN);
    assert_amount(&s->init_containers.items[0].resources.requests, "cpu", "250m",
                  AMOUNT_FROM_LIMIT);
    assert_int_equal(s->containers.items[0].ports.items[0].host_port, 80);
    assert_true(str_is(s->containers.items[0].ports.items[0].protocol, "TCP"));
    /* The workload that wraps the pod shows the same. */
    const struct workload *top = w.c.workloads.items[0];
    assert_amount(&top->tmpl.spec.containers.items[0].resources.requests, "memory", "1Gi",
                  AMOUNT_FROM_LIMIT);
    world_done(&w);
}

/* A limit of one's own becomes the request before LimitRange is asked; the LimitRange's max is its
 * default limit, and that its default request. */
static void test_limit_range(void **state)
{
    (void)state;
    struct world w;
    world_init(&w, RANGE POD("a", "  containers:\n"
                                  "  - {name: own, resources: {limits: {memory: 1Gi}}}\n"
                                  "  - {name: none}\n"));
    const struct containers *list = &w.c.pods.items[0]->spec.containers;
    assert_amount(&list->items[0].resources.requests, "memory", "1Gi", AMOUNT_FROM_LIMIT);
    assert_amount(&list->items[0].resources.limits, "cpu", "1", AMOUNT_FROM_LIMITRANGE);
    assert_amount(&list->items[1].resources.limits, "memory", "2Gi", AMOUNT_FROM_LIMITRANGE);
    assert_amount(&list->items[1].resources.requests, "memory", "128Mi", AMOUNT_FROM_LIMITRANGE);
    assert_amount(&list->items[1].resources.requests, "cpu", "1", AMOUNT_FROM_LIMITRANGE);
    assert_amount(&list->items[1].resources.requests, "ephemeral-storage", "1Mi",
                  AMOUNT_FROM_LIMITRANGE);
    world_done(&w);
}

static void test_pod_level(void **state)
{
    (void)state;
    struct world w;
    world_init(&w, POD("a", "  resources: {limits: {cpu: 2, memory: 2Gi}}\n"
                            "  containers:\n"
                            "  - {name: c, resources: {requests: {memory: 300Mi}, "
                            "limits: {hugepages-2Mi: 4Mi}}}\n"));
    const struct resource_requirements *r = &w.c.pods.items[0]->spec.resources;
    assert_amount(&r->requests, "memory", "300Mi", AMOUNT_FROM_POD);
    assert_amount(&r->requests, "cpu", "2", AMOUNT_FROM_LIMIT);
    assert_amount(&r->limits, "hugepages-2Mi", "4Mi", AMOUNT_FROM_POD);
    assert_amount(&r->requests, "hugepages-2Mi", "4Mi", AMOUNT_FROM_LIMIT);
    world_done(&w);
}

static void test_classes(void **state)
{
    (void)state;
    struct world w;
    world_init(&w,
               "apiVersion: scheduling.k8s.io/v1\nkind: PriorityClass\nmetadata: {name: high}\n"
               "value: 1000\npreemptionPolicy: Never\n---\n"
               "apiVersion: scheduling.k8s.io/v1\nkind: PriorityClass\nmetadata: {name: usual}\n"
               "value: 7\nglobalDefault: true\n---\n"
               "apiVersion: node.k8s.io/v1\nkind: RuntimeClass\nmetadata: {name: kata}\n"
               "handler: kata\noverhead: {podFixed: {memory: 160Mi}}\n---\n" POD(
                   "a", "  priorityClassName: high\n  runtimeClassName: kata\n"
                        "  containers: [{name: c}]\n") POD("b", "  containers: [{name: c}]\n")
                   POD("c", "  priorityClassName: system-node-critical\n"
                            "  containers: [{name: c}]\n"));
    const struct pod_spec *a = &w.c.pods.items[0]->spec;
    assert_int_equal(a->priority.v, 1000);
    assert_true(str_is(a->preemption_policy.v, "Never"));
    assert_amount(&a->overhead, "memory", "160Mi", AMOUNT_GIVEN);
    assert_int_equal(w.c.pods.items[1]->spec.priority.v, 7);
    assert_int_equal(w.c.pods.items[2]->spec.priority.v, 2000001000);
    world_done(&w);
}

static void test_live_pods_stay(void **state)
{
    (void)state;
    struct world w;
    world_init(&w, RANGE "apiVersion: v1\nkind: Pod\nmetadata: {name: a, namespace: shop, uid: x}\n"
                         "spec: {containers: [{name: c, resources: {limits: {memory: 1Gi}}}]}\n");
    const struct container *c = &w.c.pods.items[0]->spec.containers.items[0];
    assert_int_equal(c->resources.requests.count, 0);
    assert_int_equal(c->resources.limits.count, 1);
    world_done(&w);
}

static void test_fields(void **state)
{
    (void)state;
    const struct probe none = {0}, set = {.period_seconds = {.v = 5, .set = true},
                                          .timeout_seconds = {.set = true}};
    assert_int_equal(probe_initial_delay_seconds(&none), 0);
    assert_int_equal(probe_timeout_seconds(&none), 1);
    assert_int_equal(probe_timeout_seconds(&set), 1); /* 0 is read as absent */
    assert_int_equal(probe_period_seconds(&none), 10);
    assert_int_equal(probe_period_seconds(&set), 5);
    assert_int_equal(probe_success_threshold(&none), 1);
    assert_int_equal(probe_failure_threshold(&none), 3);
    static const struct {
        const char *image, *policy;
    } rows[] = {
        {"nginx", "Always"},
        {"nginx:latest", "Always"},
        {"nginx:1.25", "IfNotPresent"},
        {"registry:5000/nginx", "Always"},
        {"registry:5000/nginx:1", "IfNotPresent"},
        {"nginx@sha256:0000", "IfNotPresent"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct container c = {.image.v = str_of(rows[i].image)};
        assert_true(str_is(container_pull_policy(&c), rows[i].policy));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_requests_from_limits),
        cmocka_unit_test(test_limit_range),
        cmocka_unit_test(test_pod_level),
        cmocka_unit_test(test_classes),
        cmocka_unit_test(test_live_pods_stay),
        cmocka_unit_test(test_fields),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
