/* SPDX-License-Identifier: Apache-2.0
 *
 * Edits of the model: the copy has the new value, and the original does not change.
 */
#include "base/test.h"

#include "base/alloc.h"
#include "model/decode.h"
#include "model/edit_apply.h"

static const char *const manifest =
    "{apiVersion: apps/v1, kind: Deployment, metadata: {name: web}, spec: {replicas: 2, template: "
    "{spec: {containers: [{name: app, resources: {requests: {cpu: 1, memory: 100Mi}}}, "
    "{name: log}], tolerations: [{key: a}]}}}}";

struct test {
    struct arena a;
    struct source source;
    struct cluster c;
};

static void setup(struct test *t, const char *yaml)
{
    struct doc_reader r;
    struct doc_root root = {0};
    struct err e = {0};
    memset(t, 0, sizeof(*t));
    arena_init(&t->a);
    t->source.name = STR("web.yaml");
    t->c.arena = &t->a;
    struct decode_input in = {.a = &t->a, .source = &t->source};
    doc_reader_init(&r, t->source.name, str_of(yaml));
    assert_int_equal(doc_read(&r, &t->a, &root, &e), 1);
    decode_document(&in, &root, &t->c);
    doc_reader_done(&r);
}

static int apply(struct test *t, struct workload *copy, enum edit_op op, const char *path,
                 const char *value)
{
    struct err e = {0};
    struct edit edit = {&t->c.workloads.items[0]->o, op, str_of(path), str_of(value)};
    return edit_apply(&t->a, &edit, copy, &e);
}

static int64_t memory(const struct workload *w, size_t container, bool limit)
{
    const struct resource_requirements *r = &w->tmpl.spec.containers.items[container].resources;
    const struct resource_amount *m = resources_find(limit ? &r->limits : &r->requests, "memory");
    return m ? quantity_value(m->q) >> 20 : -1;
}

static void test_sets(void **state)
{
    (void)state;
    struct test t;
    setup(&t, manifest);
    const struct workload *old = t.c.workloads.items[0];
    struct workload w = *old;
    assert_int_equal(apply(&t, &w, EDIT_SET, "spec.replicas", "3"), 0);
    assert_int_equal(w.replicas.v, 3);
    assert_int_equal(apply(&t, &w, EDIT_SET,
                           "spec.template.spec.containers[0].resources.limits.memory", "\"1Gi\""),
                     0);
    assert_int_equal(apply(&t, &w, EDIT_SET,
                           "spec.template.spec.containers[0].resources.requests.memory",
                           "\"512Mi\""),
                     0);
    assert_int_equal(apply(&t, &w, EDIT_SET,
                           "spec.template.spec.containers[1].resources.requests.memory",
                           "\"50Mi\""),
                     0);
    assert_int_equal(memory(&w, 0, true), 1024);
    assert_int_equal(memory(&w, 0, false), 512);
    assert_int_equal(w.tmpl.spec.containers.items[0].resources.requests.count, 2);
    assert_int_equal(memory(&w, 1, false), 50);
    /* the original is as it was */
    assert_int_equal(old->replicas.v, 2);
    assert_int_equal(memory(old, 0, true), -1);
    assert_int_equal(memory(old, 0, false), 100);
    assert_int_equal(memory(old, 1, false), -1);
    arena_done(&t.a);
}

static void test_structures(void **state)
{
    (void)state;
    struct test t;
    setup(&t, manifest);
    struct workload w = *t.c.workloads.items[0];
    assert_int_equal(apply(&t, &w, EDIT_SET, "spec.template.spec.topologySpreadConstraints",
                           "[{\"maxSkew\": 1, \"topologyKey\": \"kubernetes.io/hostname\", "
                           "\"whenUnsatisfiable\": \"DoNotSchedule\", \"labelSelector\": "
                           "{\"matchLabels\": {\"app\": \"web\"}}}]"),
                     0);
    assert_int_equal(w.tmpl.spec.spread.count, 1);
    assert_true(w.tmpl.spec.spread.items[0].selector.present);
    assert_int_equal(apply(&t, &w, EDIT_SET, "spec.template.spec.tolerations", "[]"), 0);
    assert_int_equal(w.tmpl.spec.tolerations.count, 0);
    assert_int_equal(t.c.workloads.items[0]->tmpl.spec.tolerations.count, 1);
    assert_int_equal(apply(&t, &w, EDIT_SET, "spec.template.spec.priorityClassName", "\"low\""), 0);
    assert_string_equal(w.tmpl.spec.priority_class_name.v.p, "low");
    arena_done(&t.a);
}

static void test_removes(void **state)
{
    (void)state;
    struct test t;
    setup(&t, manifest);
    struct workload w = *t.c.workloads.items[0];
    assert_int_equal(apply(&t, &w, EDIT_REMOVE,
                           "spec.template.spec.containers[0].resources.requests.memory", ""),
                     0);
    assert_int_equal(memory(&w, 0, false), -1);
    assert_int_equal(apply(&t, &w, EDIT_REMOVE, "spec.replicas", ""), 0);
    assert_false(w.replicas.set);
    assert_int_equal(memory(t.c.workloads.items[0], 0, false), 100);
    arena_done(&t.a);
}

static void test_errors(void **state)
{
    (void)state;
    struct test t;
    setup(&t, manifest);
    struct workload w = *t.c.workloads.items[0];
    static const char *const bad[][2] = {
        {"spec.template.spec.containers[2].resources.limits.memory", "\"1Gi\""},
        {"spec.template.spec.containers[x].resources.limits.memory", "\"1Gi\""},
        {"spec.template.spec.containers[0].resources.limits.memory", "\"much\""},
        {"spec.template.spec.containers[0", "1"},
        {"spec.nonsense", "1"},
        {"spec.replicas.deeper", "1"},
        {"spec.replicas", "\"two\""},
        {"spec.replicas", "{"},
        {"", "1"},
    };
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        assert_int_equal(apply(&t, &w, EDIT_SET, bad[i][0], bad[i][1]), -EINVAL);
    arena_done(&t.a);
}

static void test_kubelet(void **state)
{
    (void)state;
    struct test t;
    struct err e = {0};
    setup(&t, "{apiVersion: kubelet.config.k8s.io/v1beta1, kind: KubeletConfiguration, "
              "evictionHard: {nodefs.available: 10%, memory.available: 100Mi}}");
    struct kubelet_config *old = t.c.kubelet_configs.items[0], k = *old;
    struct edit edit = {&old->o, EDIT_SET, STR("evictionHard[\"memory.available\"]"),
                        STR("\"1Gi\"")};
    assert_int_equal(edit_apply(&t.a, &edit, &k, &e), 0);
    assert_int_equal(k.eviction_hard.count, 2);
    assert_string_equal(labels_get(&k.eviction_hard, "memory.available").p, "1Gi");
    assert_string_equal(labels_get(&old->eviction_hard, "memory.available").p, "100Mi");
    arena_done(&t.a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sets),    cmocka_unit_test(test_structures),
        cmocka_unit_test(test_removes), cmocka_unit_test(test_errors),
        cmocka_unit_test(test_kubelet),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
