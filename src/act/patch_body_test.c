/* SPDX-License-Identifier: Apache-2.0
 *
 * Bodies of patches, for a Deployment as the server has it.
 */
#include "act/patch_body.h"

#include "base/json.h"
#include "base/test.h"

#define CONTAINERS "spec.template.spec.containers"

static const char deployment[] =
    "{\"apiVersion\":\"apps/v1\",\"kind\":\"Deployment\",\"metadata\":{\"name\":\"web\","
    "\"namespace\":\"shop\",\"uid\":\"u1\",\"annotations\":{\"a/b\":\"x\"}},\"spec\":{\"replicas\":2,"
    "\"template\":{\"spec\":{\"containers\":[{\"name\":\"main\",\"resources\":{\"requests\":{"
    "\"memory\":\"64Mi\"}},\"env\":[{\"name\":\"A\",\"value\":\"1\"}],\"ports\":[{\"containerPort\":80}],"
    "\"volumeMounts\":[{\"mountPath\":\"/data\",\"name\":\"d\"}]},{\"name\":\"side\"}],"
    "\"tolerations\":[{\"key\":\"a\"}]}}}}";

struct wish {
    const char *path, *value; /* NULL: removed */
};
enum { MOST_WISHES = 4 };

/* The body, or "error: ..."; valid until the next call. */
static const char *made(enum patch_type type, const struct wish *wishes)
{
    static char text[4096];
    struct arena a;
    struct doc_root root;
    struct err e = {0};
    struct edit edits[MOST_WISHES];
    struct buf b CLEANUP(buf_done);
    size_t count = 0;
    arena_init(&a);
    buf_init(&b, sizeof(text) - 1);
    assert_int_equal(json_parse(STR("live"), str_of(deployment), &a, &root, NULL), 0);
    for (; count < MOST_WISHES && wishes[count].path; count++)
        edits[count] =
            (struct edit){.op = wishes[count].value ? EDIT_SET : EDIT_REMOVE,
                          .path = str_of(wishes[count].path),
                          .value = str_of(wishes[count].value ? wishes[count].value : "")};
    int r = patch_body_make(type, root.root, edits, count, &b, &e);
    if (r < 0)
        snprintf(text, sizeof(text), "error: %s", e.msg);
    else
        snprintf(text, sizeof(text), STR_FMT, STR_ARG(buf_str(&b)));
    assert_int_equal(r, r < 0 ? -EINVAL : 0);
    /* What is sent is JSON. */
    if (r == 0)
        assert_int_equal(json_parse(STR("body"), buf_str(&b), &a, &root, NULL), 0);
    arena_done(&a);
    return text;
}

struct body_case {
    struct wish wishes[MOST_WISHES + 1];
    const char *body;
};

static void hold(enum patch_type type, const struct body_case *cases, size_t count)
{
    for (size_t i = 0; i < count; i++)
        assert_string_equal(made(type, cases[i].wishes), cases[i].body);
}

#define TEST_MAIN \
    "{\"op\":\"test\",\"path\":\"/spec/template/spec/containers/0/name\",\"value\":\"main\"}"
#define AT_MAIN "\"path\":\"/spec/template/spec/containers/0"

static void test_json_patch(void **state)
{
    (void)state;
    static const struct body_case cases[] = {
        {{{"spec.replicas", "3"}},
         "[{\"op\":\"replace\",\"path\":\"/spec/replicas\",\"value\":3}]"},
        {{{"spec.replicas", "2"}}, "[]"},
        {{{"spec.paused", NULL}}, "[]"},
        {{{"spec.replicas", NULL}}, "[{\"op\":\"remove\",\"path\":\"/spec/replicas\"}]"},
        /* A test guards the index; what is there already needs neither. */
        {{{CONTAINERS "[0].resources.requests.memory", "\"64Mi\""}}, "[]"},
        {{{CONTAINERS "[0].resources.requests.memory", "\"128Mi\""}},
         "[" TEST_MAIN ",{\"op\":\"replace\"," AT_MAIN
         "/resources/requests/memory\",\"value\":\"128Mi\"}]"},
        {{{CONTAINERS "[1].resources.limits.memory", "\"1Gi\""}},
         "[{\"op\":\"test\",\"path\":\"/spec/template/spec/containers/1/name\",\"value\":\"side\"},"
         "{\"op\":\"add\",\"path\":\"/spec/template/spec/containers/1/resources\",\"value\":{"
         "\"limits\":{\"memory\":\"1Gi\"}}}]"},
        /* The second edit sees the map that the first has made: "add" would take its place. */
        {{{CONTAINERS "[0].resources.limits.memory", "\"1Gi\""},
          {CONTAINERS "[0].resources.limits.cpu", "\"1\""}},
         "[" TEST_MAIN ",{\"op\":\"add\"," AT_MAIN
         "/resources/limits\",\"value\":{\"memory\":\"1Gi\"}}," TEST_MAIN
         ",{\"op\":\"add\"," AT_MAIN "/resources/limits/cpu\",\"value\":\"1\"}]"},
        {{{"metadata.annotations[\"a/b\"]", "\"y~\\\"\""}},
         "[{\"op\":\"replace\",\"path\":\"/metadata/annotations/a~1b\",\"value\":\"y~\\\"\"}]"},
        {{{"metadata.labels[\"c~d\"]", "\"1\""}},
         "[{\"op\":\"add\",\"path\":\"/metadata/labels\",\"value\":{\"c~d\":\"1\"}}]"},
        {{{"spec.strategy", "{\"type\":\"Recreate\",\"n\":[1,true,null,-2.5]}"}},
         "[{\"op\":\"add\",\"path\":\"/spec/strategy\",\"value\":{\"type\":\"Recreate\",\"n\":[1,true,"
         "null,-2.5]}}]"},
        {{{CONTAINERS "[2].image", "\"x\""}},
         "error: " CONTAINERS "[2].image: there is no such element"},
        {{{"spec.replicas.x", "1"}}, "error: spec.replicas.x: meets a value of another type"},
        {{{"spec[0]", "1"}}, "error: spec[0]: meets a value of another type"},
        {{{"spec.none[0].x", "1"}}, "error: spec.none[0].x: there is no such element"},
        {{{"spec..x", "1"}}, "error: spec..x: is no path"},
    };
    hold(PATCH_JSON, cases, ARRAY_LEN(cases));
}

#define APPLY                                                                             \
    "{\"apiVersion\":\"apps/v1\",\"kind\":\"Deployment\",\"metadata\":{\"name\":\"web\"," \
    "\"namespace\":\"shop\",\"uid\":\"u1\"}"
#define IN_MAIN "\"spec\":{\"template\":{\"spec\":{\"containers\":[{\"name\":\"main\""

/* Exactly what is set, and the keys by which elements are found. */
static void test_apply(void **state)
{
    (void)state;
    static const struct body_case cases[] = {
        {{{0}}, APPLY "}"},
        {{{"spec.replicas", "2"}}, APPLY ",\"spec\":{\"replicas\":2}}"},
        {{{CONTAINERS "[0].resources.limits.memory", "\"1Gi\""},
          {CONTAINERS "[0].resources.limits.cpu", "\"1\""},
          {CONTAINERS "[1].image", "\"i\""}},
         APPLY "," IN_MAIN ",\"resources\":{\"limits\":{\"memory\":\"1Gi\",\"cpu\":\"1\"}}},{"
               "\"name\":\"side\",\"image\":\"i\"}]}}}}"},
        {{{CONTAINERS "[0].env[0].value", "\"2\""}},
         APPLY "," IN_MAIN ",\"env\":[{\"name\":\"A\",\"value\":\"2\"}]}]}}}}"},
        {{{CONTAINERS "[0].volumeMounts[0].readOnly", "true"}},
         APPLY "," IN_MAIN ",\"volumeMounts\":[{\"mountPath\":\"/data\",\"readOnly\":true}]}]}}}}"},
        {{{"metadata.annotations[\"a/b\"]", "\"y\""}},
         "{\"apiVersion\":\"apps/v1\",\"kind\":\"Deployment\",\"metadata\":{\"name\":\"web\","
         "\"namespace\":\"shop\",\"uid\":\"u1\",\"annotations\":{\"a/b\":\"y\"}}}"},
        {{{"spec.replicas", NULL}},
         "error: spec.replicas: apply cannot remove what others have set"},
        {{{CONTAINERS "[5].image", "\"x\""}},
         "error: " CONTAINERS "[5].image: there is no such element"},
        {{{"spec.template.spec.tolerations[0].key", "\"x\""}},
         "error: spec.template.spec.tolerations[0].key: the elements of this list have no names"},
        {{{"spec.replicas", "no json"}}, "error: an edit's value: JSON: unknown word"},
        {{{"spec.replicas", "3"}, {"spec.replicas.x", "1"}},
         "error: spec.replicas.x: meets a value that is no object"},
    };
    hold(PATCH_APPLY, cases, ARRAY_LEN(cases));
}

/* A value that is set takes the place of what is there; null removes. */
static void test_strategic(void **state)
{
    (void)state;
    static const struct body_case cases[] = {
        {{{CONTAINERS "[0].resources.limits.memory", "\"1Gi\""}},
         "{" IN_MAIN ",\"resources\":{\"limits\":{\"memory\":\"1Gi\"}}}]}}}}"},
        {{{"spec.replicas", NULL}}, "{\"spec\":{\"replicas\":null}}"},
        {{{CONTAINERS "[0].resources", "{\"limits\":{\"memory\":\"1Gi\"}}"}},
         "{" IN_MAIN
         ",\"resources\":{\"limits\":{\"memory\":\"1Gi\"},\"$patch\":\"replace\"}}]}}}}"},
        {{{CONTAINERS "[0].env", "[{\"name\":\"B\",\"value\":\"2\"}]"}},
         "{" IN_MAIN ",\"env\":[{\"name\":\"B\",\"value\":\"2\"},{\"$patch\":\"replace\"}]}]}}}}"},
        {{{CONTAINERS "[1].env", "[{\"name\":\"B\"}]"}},
         "{\"spec\":{\"template\":{\"spec\":{\"containers\":[{\"name\":\"side\",\"env\":[{\"name\":"
         "\"B\"}]}]}}}}"},
        {{{"spec.template.spec.tolerations", "[{\"key\":\"b\"}]"}},
         "{\"spec\":{\"template\":{\"spec\":{\"tolerations\":[{\"key\":\"b\"}]}}}}"},
    };
    hold(PATCH_STRATEGIC, cases, ARRAY_LEN(cases));
}

static void test_no_patch(void **state)
{
    (void)state;
    struct doc live = {.type = DOC_MAP};
    struct edit edit = {.op = EDIT_ADD, .value = STR("{}")};
    struct err e = {0};
    struct buf b CLEANUP(buf_done);
    buf_init(&b, KIB);
    assert_int_equal(patch_body_make(PATCH_JSON, &live, &edit, 1, &b, &e), -EINVAL);
    assert_non_null(strstr(e.msg, "an object that is added is no patch"));
    struct edit set = {.op = EDIT_SET, .path = STR("a"), .value = STR("\"0123456789012345\"")};
    struct buf tight CLEANUP(buf_done);
    buf_init(&tight, 16);
    assert_int_equal(patch_body_make(PATCH_STRATEGIC, &live, &set, 1, &tight, &e), -EFBIG);
    assert_string_equal(patch_content_type(PATCH_APPLY), "application/apply-patch+yaml");
    assert_string_equal(patch_content_type(PATCH_JSON), "application/json-patch+json");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_json_patch),
        cmocka_unit_test(test_apply),
        cmocka_unit_test(test_strategic),
        cmocka_unit_test(test_no_patch),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
