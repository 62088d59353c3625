/* SPDX-License-Identifier: Apache-2.0
 *
 * Requests that change something, against a server that goes through a script: what is sent, and what
 * its answers mean. The answers are those of a kube-apiserver of 1.36.
 */
#include "act/request.h"

#include "base/text.h"
#include "client/test_server.h"

#define POD "{\"kind\":\"Pod\",\"apiVersion\":\"v1\",\"metadata\":{\"name\":\"web-0\"}}"
#define STATUS(code, reason, message, details)                                           \
    "{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"metadata\":{},\"status\":\"Failure\"," \
    "\"message\":\"" message "\",\"reason\":\"" reason "\",\"details\":{" details        \
    "},\"code\":" code "}"

struct scene {
    struct arena a;
    struct test_server server;
    struct client *client;
    struct buf trace;
    struct act_answer answer;
    struct err e;
};

static void trace(void *ctx, struct str line)
{
    buf_add_str(&((struct scene *)ctx)->trace, line);
}

static void begin(struct scene *s, const struct test_step *step)
{
    *s = (struct scene){0};
    arena_init(&s->a);
    buf_init(&s->trace, 64 * KIB);
    test_server_begin(&s->server, step, 1);
    s->server.config.token = STR("CANARY");
    struct client_options o = {.config = &s->server.config, .trace = trace, .ctx = s};
    assert_int_equal(client_new(&o, &s->client, NULL), 0);
}

static void end(struct scene *s)
{
    client_free(s->client);
    test_server_end(&s->server);
    assert_int_equal(str_find(buf_str(&s->trace), "CANARY"), -1);
    assert_null(strstr(s->e.msg, "CANARY"));
    buf_done(&s->trace);
    arena_done(&s->a);
}

static const struct act_target pod = {.group = {"", 0},
                                      .version = {"v1", 2},
                                      .resource = {"pods", 4},
                                      .ns = {"shop", 4},
                                      .name = {"web-0", 5}};
static const struct act_target deployment = {.group = {"apps", 4},
                                             .version = {"v1", 2},
                                             .resource = {"deployments", 11},
                                             .ns = {"shop", 4},
                                             .name = {"a/b?c d", 7}};

static int patch(struct scene *s, enum patch_type type, bool dry_run)
{
    struct act_patch p = {.type = type, .body = STR("{\"spec\":{}}")};
    return act_patch(s->client, &deployment, &p, dry_run, &s->a, &s->answer, &s->e);
}

/* ---- what is sent ---- */

static void test_patches(void **state)
{
    (void)state;
    struct scene s;
    struct test_step step = {
        .expects = {"PATCH /apis/apps/v1/namespaces/shop/deployments/a%2Fb%3Fc%20d?fieldManager="
                    "plimsoll&fieldValidation=Strict&force=false HTTP/1.1\r\n",
                    "\r\nContent-Type: application/apply-patch+yaml\r\nContent-Length: 11\r\n",
                    "\r\n\r\n{\"spec\":{}}", "!Authorization"}, /* this server has no TLS */
        .chunks = {POD}};
    begin(&s, &step);
    assert_int_equal(patch(&s, PATCH_APPLY, false), 0);
    assert_int_equal(s.answer.result, ACT_DONE);
    assert_true(str_is(doc_text(s.answer.object, "kind"), "Pod"));
    end(&s);
    step.expects[0] = "fieldValidation=Strict&dryRun=All HTTP/1.1\r\n";
    step.expects[1] = "\r\nContent-Type: application/json-patch+json\r\n";
    step.expects[2] = "!force=";
    begin(&s, &step);
    assert_int_equal(patch(&s, PATCH_JSON, true), 0);
    end(&s);
    step.expects[0] = "?fieldManager=someone%20else&fieldValidation=Strict&force=true&dryRun=All ";
    step.expects[1] = step.expects[2] = NULL;
    begin(&s, &step);
    struct act_patch p = {.body = STR("{}"), .manager = "someone else", .force = true};
    assert_int_equal(act_patch(s.client, &deployment, &p, true, &s.a, &s.answer, &s.e), 0);
    end(&s);
}

static void test_resize(void **state)
{
    (void)state;
    struct scene s;
    struct test_step step = {
        .expects =
            {"PATCH /api/v1/namespaces/shop/pods/web-0/resize?fieldManager=plimsoll&"
             "fieldValidation=Strict&dryRun=All HTTP",
             "\r\nContent-Type: application/strategic-merge-patch+json\r\n",
             "\r\n\r\n{\"spec\":{\"containers\":[{\"name\":\"main\",\"resources\":{\"requests\":{"
             "\"memory\":\"64Mi\"},\"limits\":{\"memory\":\"96Mi\"}}},{\"name\":\"side\","
             "\"resources\":{\"limits\":{\"memory\":\"1Gi\"}}}]}}"},
        .chunks = {POD}};
    const struct act_resources r[] = {
        {.container = STR("main"), .memory_request = STR("64Mi"), .memory_limit = STR("96Mi")},
        {.container = STR("side"), .memory_limit = STR("1Gi")}};
    begin(&s, &step);
    assert_int_equal(act_resize(s.client, &pod, r, 2, true, &s.a, &s.answer, &s.e), 0);
    assert_int_equal(s.answer.result, ACT_DONE);
    end(&s);
    /* A server that has no such subresource does not mean that the pod is gone. */
    step.status = "404 Not Found";
    step.chunks[0] =
        STATUS("404", "NotFound", "the server could not find the requested resource", "");
    begin(&s, &step);
    assert_int_equal(act_resize(s.client, &pod, r, 2, true, &s.a, &s.answer, &s.e), -ENOENT);
    end(&s);
}

static int evict(struct scene *s, const char *uid, int64_t grace_seconds, bool dry_run)
{
    struct act_eviction v = {.uid = str_of(uid), .grace_seconds = grace_seconds};
    return act_evict(s->client, &pod, &v, dry_run, &s->a, &s->answer, &s->e);
}

static void test_evictions(void **state)
{
    (void)state;
    struct scene s;
    struct test_step step = {
        .expects =
            {"POST /api/v1/namespaces/shop/pods/web-0/eviction HTTP/1.1\r\n",
             "\r\n\r\n{\"apiVersion\":\"policy/v1\",\"kind\":\"Eviction\",\"metadata\":{\"name\":"
             "\"web-0\",\"namespace\":\"shop\"},\"deleteOptions\":{\"gracePeriodSeconds\":0,"
             "\"preconditions\":{\"uid\":\"u1\"}}}"},
        .status = "201 Created",
        .chunks = {"{\"kind\":\"Status\",\"status\":\"Success\",\"code\":201}"}};
    begin(&s, &step);
    assert_int_equal(evict(&s, "u1", 0, false), 0);
    assert_int_equal(s.answer.result, ACT_DONE);
    end(&s);
    step.expects[0] = "/eviction?dryRun=All HTTP/1.1\r\n";
    step.expects[1] = "\"deleteOptions\":{}}";
    begin(&s, &step);
    assert_int_equal(evict(&s, "", -1, true), 0);
    end(&s);
}

/* ---- what the answers mean ---- */

static void test_conflict(void **state)
{
    (void)state;
    struct scene s;
    struct test_step step = {
        .status = "409 Conflict",
        .chunks = {STATUS(
            "409", "Conflict",
            "Apply failed with 2 conflicts: conflicts with \\\"kubectl\\\" using apps/v1",
            "\"causes\":[{\"reason\":\"FieldManagerConflict\",\"message\":\"conflict with "
            "\\\"kubectl\\\" using apps/v1 at 2026-11-21T20:00:00Z\",\"field\":\".spec.replicas\"},{"
            "\"reason\":\"FieldManagerConflict\",\"message\":\"conflict with \\\"helm\\\" with "
            "subresource \\\"scale\\\" using apps/v1\",\"field\":\".spec.paused\"}]")}};
    begin(&s, &step);
    assert_int_equal(patch(&s, PATCH_APPLY, false), 0);
    assert_int_equal(s.answer.result, ACT_CONFLICT);
    assert_int_equal(s.answer.conflicts.count, 2);
    assert_true(str_is(s.answer.conflicts.items[0].manager, "kubectl"));
    assert_true(str_is(s.answer.conflicts.items[0].field, ".spec.replicas"));
    assert_true(str_is(s.answer.conflicts.items[1].manager, "helm"));
    assert_null(s.answer.object);
    end(&s);
}

static void test_budget(void **state)
{
    (void)state;
    struct scene s;
    struct test_step step = {
        .answer =
            "HTTP/1.1 429 Too Many Requests\r\nContent-Type: application/json\r\nRetry-After: "
            "10\r\nConnection: close\r\n\r\n" STATUS(
                "429", "TooManyRequests",
                "Cannot evict pod as it would violate the pod's disruption budget.",
                "\"causes\":[{\"reason\":\"DisruptionBudget\",\"message\":\"The disruption "
                "budget web needs 2 healthy pods and has 2 currently\"}]")};
    begin(&s, &step);
    assert_int_equal(evict(&s, "", -1, false), 0);
    assert_int_equal(s.answer.result, ACT_BLOCKED);
    assert_true(str_is(s.answer.budget, "web"));
    assert_int_equal(s.answer.retry_after_ms, 10000);
    end(&s);
    /* An overloaded server is no budget, and is not waited for either: the caller decides. */
    step.answer = "HTTP/1.1 429 Too Many Requests\r\nRetry-After: 1\r\nConnection: close\r\n\r\n";
    begin(&s, &step);
    assert_int_equal(evict(&s, "", -1, false), -EAGAIN);
    assert_int_equal(s.answer.retry_after_ms, 1000);
    end(&s);
}

static void test_refusals(void **state)
{
    (void)state;
    static const struct {
        const char *status, *body;
        int code;
        enum act_result result;
        const char *message;
    } cases[] = {
        {"404 Not Found",
         STATUS("404", "NotFound", "deployments.apps \\\"x\\\" not found",
                "\"name\":\"x\",\"group\":\"apps\",\"kind\":\"deployments\""),
         0, ACT_GONE, "deployments.apps \"x\" not found"},
        {"404 Not Found", "404 page not found\n", -ENOENT, ACT_DONE, NULL},
        {"422 Unprocessable Entity",
         STATUS("422", "Invalid",
                "Deployment \\\"x\\\" is invalid: spec.replicas: must be positive",
                "\"causes\":[{\"reason\":\"FieldValueInvalid\",\"field\":\"spec.replicas\"}]"),
         0, ACT_REFUSED, "Deployment \"x\" is invalid: spec.replicas: must be positive"},
        {"400 Bad Request",
         STATUS("400", "BadRequest", "strict decoding error: unknown field \\\"spec.x\\\"", ""), 0,
         ACT_REFUSED, "strict decoding error: unknown field \"spec.x\""},
        {"403 Forbidden",
         STATUS("403", "Forbidden",
                "deployments.apps \\\"x\\\" is forbidden: User \\\"eve\\\" cannot "
                "patch resource \\\"deployments\\\"",
                ""),
         -EPERM, ACT_DONE, NULL},
        {"403 Forbidden",
         STATUS("403", "Forbidden", "pods \\\"x\\\" is forbidden: exceeded quota: mem", ""), 0,
         ACT_REFUSED, "pods \"x\" is forbidden: exceeded quota: mem"},
        {"409 Conflict",
         STATUS("409", "Conflict", "the object has been modified", "\"name\":\"x\""), 0,
         ACT_CONFLICT, "the object has been modified"},
        {"500 Internal Server Error", STATUS("500", "InternalError", "failed calling webhook", ""),
         -EIO, ACT_DONE, NULL},
        {"200 OK", "no JSON", -EBADMSG, ACT_DONE, NULL},
        {"200 OK", "", -EBADMSG, ACT_DONE, NULL},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct scene s;
        struct test_step step = {.status = cases[i].status, .chunks = {cases[i].body}};
        step.chunks[0] = cases[i].body[0] ? cases[i].body : NULL;
        begin(&s, &step);
        assert_int_equal(patch(&s, PATCH_STRATEGIC, false), cases[i].code);
        if (cases[i].code == 0) {
            assert_int_equal(s.answer.result, cases[i].result);
            assert_true(str_is(s.answer.message, cases[i].message));
        } else {
            assert_true(s.e.where[0] && s.e.msg[0]);
        }
        end(&s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_patches),   cmocka_unit_test(test_resize),
        cmocka_unit_test(test_evictions), cmocka_unit_test(test_conflict),
        cmocka_unit_test(test_budget),    cmocka_unit_test(test_refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
