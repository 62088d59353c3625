/* SPDX-License-Identifier: Apache-2.0
 *
 * Effective requests: in-place resize of containers and pods, what a container lacks, the quirk of
 * limits behind a sidecar, huge pages, and what saturates.
 */
#include "model/requests.h"

#include "base/test.h"
#include "model/cgroup.h"
#include "model/decode.h"
#include "model/oom_score.h"

struct fixture {
    struct arena a;
    struct pod p;
};

static void fixture_init(struct fixture *f, const char *json)
{
    struct doc_root root;
    struct err e;
    arena_init(&f->a);
    f->p = (struct pod){0};
    assert_int_equal(json_parse(STR("pod"), str_of(json), &f->a, &root, &e), 0);
    decode_pod(&f->a, root.root, &f->p);
}

static void assert_request(struct fixture *f, const struct requests_options *o, const char *name,
                           const char *want)
{
    struct resources r;
    char text[QUANTITY_TEXT];
    pod_requests(&f->a, &f->p.spec, &f->p.status, o, &r);
    (void)quantity_text(resources_get(&r, name), text);
    assert_string_equal(text, want);
}

#define RESIZING                                                                                  \
    "{\"spec\":{\"containers\":[{\"name\":\"c\",\"resources\":{\"requests\":{\"cpu\":\"4\"}}}]}," \
    "\"status\":{\"containerStatuses\":[{\"name\":\"c\",\"allocatedResources\":{\"cpu\":\"3\"},"  \
    "\"resources\":{\"requests\":{\"cpu\":\"2\"}}}]"

static void test_resize(void **state)
{
    (void)state;
    const struct requests_options status = {.use_status = true};
    struct fixture f;
    fixture_init(&f, RESIZING "}}");
    assert_request(&f, NULL, "cpu", "4");
    assert_request(&f, &status, "cpu", "4");
    arena_done(&f.a);
    fixture_init(&f, RESIZING ",\"conditions\":[{\"type\":\"PodResizePending\","
                              "\"status\":\"True\",\"reason\":\"Infeasible\"}]}}");
    assert_request(&f, &status, "cpu", "3");
    assert_request(&f, NULL, "cpu", "4");
    arena_done(&f.a);
}

static void test_pod_level_resize(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, "{\"spec\":{\"containers\":[{\"name\":\"c\"}],\"overhead\":{\"cpu\":\"1\"},"
                     "\"resources\":{\"requests\":{\"cpu\":\"1\"}}},\"status\":{\"resources\":"
                     "{\"requests\":{\"cpu\":\"3\"}},\"allocatedResources\":{\"cpu\":\"2\"}}}");
    assert_request(&f, &(struct requests_options){.use_status = true}, "cpu", "2");
    assert_request(&f, &requests_scheduler, "cpu", "4");
    assert_request(&f, &(struct requests_options){.skip_pod_level = true}, "cpu", "1");
    arena_done(&f.a);
}

static void test_nonzero(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, "{\"spec\":{\"containers\":[{\"name\":\"a\",\"resources\":{\"requests\":"
                     "{\"cpu\":\"0\"}}},{\"name\":\"b\"}]}}");
    struct pod_amounts m = pod_nonzero_requests(&f.a, &f.p.spec, NULL);
    assert_int_equal(m.cpu_milli, 100); /* an explicit 0 is left alone */
    assert_int_equal(m.memory_bytes, 400 * MIB);
    m = pod_request_amounts(&f.a, &f.p.spec, NULL);
    assert_true(m.cpu_set);
    assert_false(m.memory_set);
    arena_done(&f.a);
    /* Pod level for memory only: containers lack CPU alone. */
    fixture_init(&f, "{\"spec\":{\"containers\":[{\"name\":\"a\"},{\"name\":\"b\"}],"
                     "\"resources\":{\"requests\":{\"memory\":\"64Mi\"}}}}");
    m = pod_nonzero_requests(&f.a, &f.p.spec, NULL);
    assert_int_equal(m.cpu_milli, 200);
    assert_int_equal(m.memory_bytes, 64 * MIB);
    arena_done(&f.a);
}

/* An init container without a limit goes unnoticed behind a sidecar that has one, and counts
 * before it. */
static void test_limits_declared(void **state)
{
    (void)state;
    static const char *const order[] = {
        "{\"name\":\"s\",\"restartPolicy\":\"Always\",\"resources\":{\"limits\":{\"memory\":"
        "\"1Gi\"}}},{\"name\":\"i\"}",
        "{\"name\":\"i\"},{\"name\":\"s\",\"restartPolicy\":\"Always\",\"resources\":{\"limits\":"
        "{\"memory\":\"1Gi\"}}}",
    };
    for (size_t i = 0; i < ARRAY_LEN(order); i++) {
        struct fixture f;
        struct cgroup_settings s;
        struct cgroup_values v;
        char json[512];
        int n = snprintf(json, sizeof(json),
                         "{\"spec\":{\"initContainers\":[%s],\"containers\":[{\"name\":\"c\","
                         "\"resources\":{\"limits\":{\"memory\":\"2Gi\"}}}]}}",
                         order[i]);
        assert_true(n > 0 && (size_t)n < sizeof(json));
        fixture_init(&f, json);
        cgroup_settings_default(&s);
        pod_cgroup(&f.a, &s, &f.p.spec, &f.p, &v);
        assert_int_equal(v.memory_max_bytes.set, i == 0);
        if (i == 0)
            assert_int_equal(v.memory_max_bytes.v, 3 * GIB);
        arena_done(&f.a);
    }
}

static void test_pod_limit_of_container(void **state)
{
    (void)state;
    struct fixture f;
    struct cgroup_settings s;
    struct cgroup_values v;
    fixture_init(&f, "{\"spec\":{\"containers\":[{\"name\":\"a\"}],"
                     "\"resources\":{\"limits\":{\"memory\":\"1Gi\"}}}}");
    cgroup_settings_default(&s);
    container_cgroup(&s, &f.p.spec, &f.p, &f.p.spec.containers.items[0], &v);
    assert_int_equal(v.memory_max_bytes.v, GIB);
    assert_int_equal(v.oom_group.v, 1);
    assert_int_equal(v.swap_max_bytes.v, 0);
    s.single_process_oom_kill = true;
    container_cgroup(&s, &f.p.spec, &f.p, &f.p.spec.containers.items[0], &v);
    assert_false(v.oom_group.set);
    arena_done(&f.a);
}

static void assert_adj(const struct fixture *f, int64_t capacity, int min, int max)
{
    struct oom_adj adj =
        container_oom_adj(&f->p.spec, &f->p, &f->p.spec.containers.items[0], capacity);
    assert_int_equal(adj.min, min);
    assert_int_equal(adj.max, max);
}

static void test_oom_adj(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, "{\"spec\":{\"containers\":[{\"name\":\"a\",\"resources\":{\"requests\":"
                     "{\"memory\":\"1Gi\"}}}]}}");
    assert_adj(&f, 0, 3, 999);
    assert_adj(&f, 4 * GIB, 750, 750);
    assert_adj(&f, GIB, 3, 3);
    assert_adj(&f, INT64_MAX, 999, 999);
    arena_done(&f.a);
    /* No memory request: the capacity does not matter. */
    fixture_init(&f, "{\"spec\":{\"containers\":[{\"name\":\"a\",\"resources\":{\"requests\":"
                     "{\"cpu\":\"1\"}}}]}}");
    assert_adj(&f, 0, 999, 999);
    arena_done(&f.a);
    /* More than int64 holds: no wrapping. */
    fixture_init(&f, "{\"spec\":{\"containers\":[{\"name\":\"a\",\"resources\":{\"requests\":"
                     "{\"memory\":\"8Ei\"}}}]}}");
    assert_adj(&f, GIB, 3, 3);
    arena_done(&f.a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_resize),  cmocka_unit_test(test_pod_level_resize),
        cmocka_unit_test(test_nonzero), cmocka_unit_test(test_limits_declared),
        cmocka_unit_test(test_oom_adj), cmocka_unit_test(test_pod_limit_of_container),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
