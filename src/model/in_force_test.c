/* SPDX-License-Identifier: Apache-2.0
 *
 * Pods whose resize waits, was refused half-way, or is done; old statuses; pod-level amounts.
 * tests/fidelity/truth/resize.json holds what a real kubelet made of such pods.
 */
#include "model/in_force.h"

#include "base/test.h"
#include "model/decode.h"
#include "model/resources.h"

struct fixture {
    struct arena a;
    struct pod p;
    const struct pod_spec *now;
};

static void fixture_init(struct fixture *f, const char *json)
{
    struct doc_root root;
    struct err e;
    arena_init(&f->a);
    f->p = (struct pod){0};
    assert_int_equal(json_parse(STR("pod"), str_of(json), &f->a, &root, &e), 0);
    decode_pod(&f->a, root.root, &f->p);
    f->now = pod_spec_in_force(&f->a, &f->p);
}

static int64_t request_mib(const struct containers *l)
{
    return resources_memory_bytes(&l->items[0].resources.requests) / MIB;
}

static int64_t limit_mib(const struct containers *l)
{
    return resources_memory_bytes(&l->items[0].resources.limits) / MIB;
}

#define SPEC(list)                                             \
    "{\"spec\":{\"" list "\":[{\"name\":\"c\",\"resources\":{" \
    "\"requests\":{\"memory\":\"64Mi\"},\"limits\":{\"memory\":\"128Mi\"}}}]}"
#define STATUS(list, request, limit)                                                           \
    ",\"status\":{\"" list "\":[{\"name\":\"c\",\"allocatedResources\":{\"memory\":\"" request \
    "\"},\"resources\":{\"requests\":{\"memory\":\"" request "\"},"                            \
    "\"limits\":{\"memory\":\"" limit "\"}}}]}}"

static void test_nothing_differs(void **state)
{
    (void)state;
    const char *const same[] = {
        SPEC("containers") "}",
        SPEC("containers") ",\"status\":{\"containerStatuses\":[{\"name\":\"c\"}]}}",
        SPEC("containers") STATUS("containerStatuses", "65536Ki", "134217728"),
        /* of another container */
        SPEC("containers") STATUS("initContainerStatuses", "1Mi", "2Mi"),
    };
    for (size_t i = 0; i < ARRAY_LEN(same); i++) {
        struct fixture f;
        fixture_init(&f, same[i]);
        assert_ptr_equal(f.now, &f.p.spec);
        arena_done(&f.a);
    }
}

static void test_waits(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, SPEC("containers") STATUS("containerStatuses", "32Mi", "48Mi"));
    assert_int_equal(request_mib(&f.now->containers), 32);
    assert_int_equal(limit_mib(&f.now->containers), 48);
    assert_int_equal(request_mib(&f.p.spec.containers), 64); /* the spec stays what it is */
    arena_done(&f.a);
    fixture_init(&f, SPEC("initContainers") STATUS("initContainerStatuses", "32Mi", "48Mi"));
    assert_int_equal(request_mib(&f.now->init_containers), 32);
    assert_int_equal(limit_mib(&f.now->init_containers), 48);
    arena_done(&f.a);
}

/* Granted, and not carried out: the request is the new one, the limit the old one. */
static void test_half_way(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, SPEC("containers") STATUS("containerStatuses", "64Mi", "256Mi"));
    assert_int_equal(request_mib(&f.now->containers), 64);
    assert_int_equal(limit_mib(&f.now->containers), 256);
    arena_done(&f.a);
    fixture_init(&f, SPEC("containers") ",\"status\":{\"containerStatuses\":[{\"name\":\"c\","
                                        "\"resources\":{}}]}}");
    assert_int_equal(limit_mib(&f.now->containers), 0); /* it has none yet */
    assert_int_equal(request_mib(&f.now->containers), 64);
    arena_done(&f.a);
}

#define POD_LEVEL(more)                                                                      \
    "{\"spec\":{" more "\"resources\":{\"requests\":{\"memory\":\"64Mi\"},"                  \
    "\"limits\":{\"memory\":\"128Mi\"}}},\"status\":{\"allocatedResources\":{\"cpu\":\"1\"," \
    "\"memory\":\"32Mi\"},\"resources\":{\"limits\":{\"cpu\":\"2\",\"memory\":\"48Mi\"}}}}"

static void test_pod_level(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, POD_LEVEL(""));
    assert_int_equal(resources_memory_bytes(&f.now->resources.requests), 32 * MIB);
    assert_int_equal(resources_memory_bytes(&f.now->resources.limits), 48 * MIB);
    assert_false(resources_has(&f.now->resources.limits, "cpu")); /* a sum, not the pod's own */
    arena_done(&f.a);
    fixture_init(&f, POD_LEVEL("\"overhead\":{\"memory\":\"8Mi\"},"));
    assert_ptr_equal(f.now, &f.p.spec);
    arena_done(&f.a);
}

static enum pod_resize resize_of(const char *status)
{
    struct fixture f;
    char json[512];
    (void)snprintf(json, sizeof(json), "{\"status\":{%s}}", status);
    fixture_init(&f, json);
    enum pod_resize r = pod_resize_of(&f.p);
    arena_done(&f.a);
    return r;
}

#define CONDITION(type, status, reason) \
    "{\"type\":\"" type "\",\"status\":\"" status "\",\"reason\":\"" reason "\"}"
#define PENDING(reason) CONDITION("PodResizePending", "True", reason)
#define GOING(reason)   CONDITION("PodResizeInProgress", "True", reason)

static void test_where_it_stands(void **state)
{
    (void)state;
    assert_int_equal(resize_of(""), RESIZE_NONE);
    assert_int_equal(resize_of("\"conditions\":[" PENDING("Deferred") "]"), RESIZE_DEFERRED);
    assert_int_equal(resize_of("\"conditions\":[" PENDING("Infeasible") "]"), RESIZE_INFEASIBLE);
    assert_int_equal(resize_of("\"conditions\":[" GOING("") "]"), RESIZE_IN_PROGRESS);
    assert_int_equal(resize_of("\"conditions\":[" GOING("Error") "]"), RESIZE_ERROR);
    assert_int_equal(resize_of("\"conditions\":[" GOING("Error") "," PENDING("Deferred") "]"),
                     RESIZE_DEFERRED);
    assert_int_equal(
        resize_of("\"conditions\":[" CONDITION("PodResizePending", "False", "Deferred") "]"),
        RESIZE_NONE);
    assert_int_equal(resize_of("\"resize\":\"InProgress\""), RESIZE_IN_PROGRESS);
    assert_int_equal(resize_of("\"resize\":\"Proposed\""), RESIZE_NONE);
    assert_string_equal(pod_resize_name(RESIZE_ERROR), "Error");
    assert_null(pod_resize_name(RESIZE_NONE));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing_differs), cmocka_unit_test(test_waits),
        cmocka_unit_test(test_half_way),        cmocka_unit_test(test_pod_level),
        cmocka_unit_test(test_where_it_stands),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
