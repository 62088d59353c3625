/* SPDX-License-Identifier: Apache-2.0
 *
 * The watch against a server that goes through a script: what it asks for next after everything that
 * can happen to a watch, and what it hands on.
 */
#include "client/watch.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/text.h"
#include "base/wait.h"
#include "client/test_server.h"

#define LIST(version, items)                                           \
    "{\"kind\":\"ConfigMapList\",\"apiVersion\":\"v1\",\"metadata\":{" \
    "\"resourceVersion\":\"" version "\"},\"items\":[" items "]}\n"
#define PAGE(token, items)                                             \
    "{\"kind\":\"ConfigMapList\",\"apiVersion\":\"v1\",\"metadata\":{" \
    "\"resourceVersion\":\"9\",\"continue\":\"" token "\"},\"items\":[" items "]}\n"
#define OBJECT(name, version) \
    "{\"metadata\":{\"name\":\"" name "\",\"resourceVersion\":\"" version "\"}}"
#define EVENT(type, name, version) "{\"type\":\"" type "\",\"object\":" OBJECT(name, version) "}\n"
#define STATUS(code, reason)                                                              \
    "{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"status\":\"Failure\",\"message\":\"no " \
    "such thing\",\"reason\":\"" reason "\",\"code\":" code "}"
#define ERROR_EVENT(code) "{\"type\":\"ERROR\",\"object\":" STATUS(code, "Expired") "}\n"

#define LISTS                                                        \
    {                                                                \
        "GET /api/v1/configmaps?limit=500 ", "Accept-Encoding: gzip" \
    }
#define WATCHES(version)                                                              \
    {                                                                                 \
        "GET /api/v1/configmaps?watch=true&allowWatchBookmarks=true&timeoutSeconds=", \
            "&resourceVersion=" version " ", "!Accept-Encoding", "!limit="            \
    }
#define LISTED(version)                                   \
    {                                                     \
        .expects = LISTS, .chunks = { LIST(version, "") } \
    }
/* The last step: an event by which the test ends. */
#define ENDS(version)                                                           \
    {                                                                           \
        .expects = WATCHES(version), .chunks = { EVENT("ADDED", "end", "999") } \
    }

struct log {
    struct buf events, notes;
    atomic_bool stop;
};

static int take(void *ctx, enum watch_event event, const struct doc *object, struct err *e)
{
    static const char *const words[] = {"BEGIN", "=", "SYNCED", "+", "~", "-"};
    struct log *l = ctx;
    struct str name = object ? doc_text(doc_get(object, "metadata"), "name") : STR("");
    (void)e;
    buf_printf(&l->events, "%s%s" STR_FMT, l->events.n ? " " : "", words[event], STR_ARG(name));
    return str_is(name, "end") ? 7 : str_is(name, "fails") ? -EDOM : 0;
}

static void note(void *ctx, struct str line)
{
    struct log *l = ctx;
    buf_printf(&l->notes, STR_FMT "\n", STR_ARG(line));
}

struct outcome {
    int code;
    const char *events, *notes;
    struct err e;
};

/* Valid until the next. */
static struct outcome watched(const struct test_step *steps, size_t count, struct watch_options o)
{
    static char events[1024], notes[4096];
    struct test_server server;
    struct client *client;
    struct log l = {.stop = false};
    struct outcome ret = {.events = events, .notes = notes};
    test_server_begin(&server, steps, count);
    struct client_options options = {.config = &server.config};
    assert_int_equal(client_new(&options, &client, NULL), 0);
    buf_init(&l.events, sizeof(events) - 1);
    buf_init(&l.notes, sizeof(notes) - 1);
    o.client = client;
    o.path = STR("/api/v1/configmaps");
    o.backoff_ms = o.backoff_ms ? o.backoff_ms : 1;
    o.note = note;
    o.most_ms = o.most_ms ? o.most_ms : TEST_SERVER_PATIENCE_S * 1000;
    ret.code = watch_run(&o, take, &l, &ret.e);
    snprintf(events, sizeof(events), STR_FMT, STR_ARG(buf_str(&l.events)));
    snprintf(notes, sizeof(notes), STR_FMT, STR_ARG(buf_str(&l.notes)));
    buf_done(&l.events);
    buf_done(&l.notes);
    client_free(client);
    test_server_end(&server);
    return ret;
}

static void expect(const struct test_step *steps, size_t count, const char *events,
                   const char *said)
{
    struct outcome o = watched(steps, count, (struct watch_options){0});
    assert_string_equal(o.events, events);
    if (said && !strstr(o.notes, said))
        fail_msg("\"%s\" is not said: %s", said, o.notes);
    if (!said)
        assert_string_equal(o.notes, "");
    assert_int_equal(o.code, 7);
}

/* ---- cases ---- */

/* Pages, then events from where the list was; a bookmark moves that on, and a watch that ends goes on
 * there, without a list. */
static void test_resume(void **state)
{
    (void)state;
    static const struct test_step steps[] = {
        {.expects = LISTS, .chunks = {PAGE("a/b", OBJECT("one", "5"))}},
        {.expects = {"GET /api/v1/configmaps?limit=500&continue=a%2Fb "},
         .chunks = {LIST("10", OBJECT("two", "6"))}},
        {.expects = WATCHES("10"),
         .chunks = {EVENT("ADDED", "three", "11") EVENT("MODIFIED", "one", "12"),
                    EVENT("BOOKMARK", "", "50")}},
        {.expects = WATCHES("50"), .chunks = {EVENT("DELETED", "two", "51")}},
        ENDS("51"),
    };
    expect(steps, ARRAY_LEN(steps), "BEGIN =one =two SYNCED +three ~one -two +end", NULL);
}

static void test_gone(void **state)
{
    (void)state;
    static const struct test_step steps[] = {
        LISTED("10"),
        {.expects = WATCHES("10"), .status = "410 Gone", .chunks = {STATUS("410", "Expired")}},
        {.expects = LISTS, .chunks = {LIST("20", OBJECT("one", "15"))}},
        ENDS("20"),
    };
    expect(steps, ARRAY_LEN(steps), "BEGIN SYNCED BEGIN =one SYNCED +end", "listed anew");
}

/* The same as an event, and in the middle of a list: etcd was compacted between two pages. */
static void test_gone_later(void **state)
{
    (void)state;
    static const struct test_step steps[] = {
        {.expects = LISTS, .chunks = {PAGE("x", OBJECT("one", "5"))}},
        {.expects = {"continue=x "}, .status = "410 Gone", .chunks = {STATUS("410", "Expired")}},
        LISTED("10"),
        {.expects = WATCHES("10"),
         .chunks = {EVENT("ADDED", "two", "11"), ERROR_EVENT("410"), EVENT("ADDED", "no", "12")}},
        LISTED("30"),
        ENDS("30"),
    };
    expect(steps, ARRAY_LEN(steps), "BEGIN =one BEGIN SYNCED +two BEGIN SYNCED +end",
           "the server ends the watch: no such thing");
}

/* Any other ERROR leaves what is known. */
static void test_error_event(void **state)
{
    (void)state;
    static const struct test_step steps[] = {
        LISTED("10"),
        {.expects = WATCHES("10"), .chunks = {EVENT("ADDED", "one", "11"), ERROR_EVENT("500")}},
        ENDS("11"),
    };
    expect(steps, ARRAY_LEN(steps), "BEGIN SYNCED +one +end", "tried again: the server ends");
}

/* What did not come whole is asked for again, and handed on once. */
static void test_cut(void **state)
{
    (void)state;
    static const struct test_step steps[] = {
        LISTED("10"),
        {.expects = WATCHES("10"),
         .chunks = {EVENT("ADDED", "one", "11"), "{\"type\":\"ADDED\",\"object\":{\"metadata\":{"},
         .cuts = true},
        {.expects = WATCHES("11"),
         .chunks = {"{\"type\":\"AD", "DED\",\"object\":", OBJECT("two", "12"), "}", "\n\n \n",
                    EVENT("ADDED", "three", "13")}},
        ENDS("13"),
    };
    expect(steps, ARRAY_LEN(steps), "BEGIN SYNCED +one +two +three +end",
           "tried again: the answer broke off");
}

/* None of it ends the watch. */
static void test_no_list(void **state)
{
    (void)state;
    static const struct test_step steps[] = {
        {.answer = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: "
                   "5\r\n\r\n[1,2]"},
        {.chunks = {"{\"kind\":\"ConfigMap\",\"metadata\":{\"resourceVersion\":\"1\"}}"}},
        {.chunks = {"{\"kind\":\"ConfigMapList\",\"metadata\":{},\"items\":[]}"}},
        {.chunks = {"{\"kind\":\"ConfigMapList\",\"metadata\":{\"resourceVersion\":\"1\"},\"it"}},
        {.chunks = {"no JSON"}},
        {.chunks = {LIST("1234567890123456789012345678901234567890123456789012345678901234567890"
                         "12345678901234567890123456789012345678901234567890123456789012345678",
                         "")}},
        {.answer = "no HTTP\r\n\r\n"},
        {.status = "500 Internal Server Error", .chunks = {"boom"}},
        LISTED("10"),
        ENDS("10"),
    };
    struct outcome o = watched(steps, ARRAY_LEN(steps), (struct watch_options){0});
    assert_int_equal(o.code, 7);
    assert_non_null(strstr(o.events, "BEGIN SYNCED +end"));
    assert_null(strstr(o.events, "SYNCED BEGIN"));
}

static void test_no_events(void **state)
{
    (void)state;
    static const struct test_step steps[] = {
        LISTED("10"),
        {.expects = WATCHES("10"), .chunks = {"no JSON\n"}},
        {.expects = WATCHES("10"), .chunks = {"{\"type\":\"ADDED\"}\n"}},
        {.expects = WATCHES("10"), .chunks = {"[]\n"}},
        {.expects = WATCHES("10"), .chunks = {"\"\\u0000\x01\"\n"}},
        {.expects = WATCHES("10"),
         .answer = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<html>"},
        {.expects = WATCHES("10"), .chunks = {EVENT("NEWS", "what", "11")}},
        ENDS("11"),
    };
    expect(steps, ARRAY_LEN(steps), "BEGIN SYNCED +end", "the watch sends no events");
}

/* A line without an end is not kept for ever. */
static void test_endless_event(void **state)
{
    (void)state;
    static const struct test_step steps[] = {
        LISTED("10"),
        {.expects = WATCHES("10"), .padding = WATCH_LARGEST_EVENT + (1 << 20), .cuts = true},
        ENDS("10"),
    };
    expect(steps, ARRAY_LEN(steps), "BEGIN SYNCED +end", "an event is larger than 32 MiB");
}

/* After a restore of etcd the server is behind us: it would say so for ever. */
static void test_version_from_the_future(void **state)
{
    (void)state;
    static const struct test_step steps[] = {
        LISTED("1000"),
        {.expects = WATCHES("1000"),
         .status = "504 Gateway Timeout",
         .chunks =
             {"{\"kind\":\"Status\",\"status\":\"Failure\",\"reason\":\"Timeout\",\"code\":504,"
              "\"message\":\"Timeout: Too large resource version: 1000, current: 20\","
              "\"details\":{\"causes\":[{\"reason\":\"ResourceVersionTooLarge\",\"message\":"
              "\"Too large resource version\"}],\"retryAfterSeconds\":1}}"}},
        LISTED("20"),
        ENDS("20"),
    };
    expect(steps, ARRAY_LEN(steps), "BEGIN SYNCED BEGIN SYNCED +end", "listed anew");
}

/* What trying again does not mend. */
static void test_final(void **state)
{
    (void)state;
    static const struct {
        struct test_step step;
        int code;
    } cases[] = {
        {{.status = "403 Forbidden", .chunks = {STATUS("403", "Forbidden")}}, -EPERM},
        {{.status = "404 Not Found", .chunks = {STATUS("404", "NotFound")}}, -ENOENT},
        {{.status = "400 Bad Request", .chunks = {STATUS("400", "BadRequest")}}, -EINVAL},
        {{.status = "405 Method Not Allowed", .chunks = {STATUS("405", "")}}, -EOPNOTSUPP},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct outcome o = watched(&cases[i].step, 1, (struct watch_options){0});
        assert_int_equal(o.code, cases[i].code);
        assert_string_equal(o.events, "BEGIN");
        assert_non_null(strstr(o.e.msg, "no such thing"));
        struct test_step after[] = {LISTED("10"), cases[i].step};
        o = watched(after, 2, (struct watch_options){0});
        assert_int_equal(o.code, cases[i].code);
        assert_string_equal(o.events, "BEGIN SYNCED");
    }
}

/* What the caller returns ends it, from a list and from a watch. */
static void test_caller_ends(void **state)
{
    (void)state;
    static const struct test_step of_list[] = {
        {.expects = LISTS, .chunks = {LIST("10", OBJECT("fails", "5") "," OBJECT("no", "6"))}}};
    static const struct test_step of_watch[] = {
        LISTED("10"), {.expects = WATCHES("10"), .chunks = {EVENT("ADDED", "fails", "11")}}};
    struct outcome o = watched(of_list, 1, (struct watch_options){0});
    assert_int_equal(o.code, -EDOM);
    assert_string_equal(o.events, "BEGIN =fails");
    o = watched(of_watch, 2, (struct watch_options){0});
    assert_int_equal(o.code, -EDOM);
    assert_string_equal(o.events, "BEGIN SYNCED +fails");
}

static void *stop_soon(void *arg)
{
    usleep(200000);
    atomic_store((atomic_bool *)arg, true);
    return NULL;
}

/* A silent server: neither stop nor the end of time waits for it. */
static void test_silence(void **state)
{
    (void)state;
    static const struct test_step steps[] = {LISTED("10"),
                                             {.expects = WATCHES("10"), .holds = true}};
    atomic_bool stop = false;
    pthread_t thread;
    struct outcome o = watched(steps, 2, (struct watch_options){.most_ms = 500});
    assert_int_equal(o.code, -ETIMEDOUT);
    assert_string_equal(o.events, "BEGIN SYNCED");
    assert_int_equal(pthread_create(&thread, NULL, stop_soon, &stop), 0);
    o = watched(steps, 2, (struct watch_options){.stop = &stop});
    pthread_join(thread, NULL);
    assert_int_equal(o.code, -EINTR);
    assert_string_equal(o.e.msg, "stopped");
}

/* As client-go's: doubled, capped, and not everybody at once. */
static void test_backoff(void **state)
{
    (void)state;
    size_t same = 0;
    for (int failures = 0; failures < 40; failures++) {
        int64_t least = MIN((int64_t)800 << MIN(failures, 20), (int64_t)WATCH_BACKOFF_MOST_MS);
        for (uint32_t i = 0; i < 50; i++) {
            struct random_run one = {.seed = 1}, other = {.seed = 2};
            int64_t ms = watch_backoff_ms(800, failures, &one, i);
            assert_in_range(ms, least, 2 * least);
            same += ms == watch_backoff_ms(800, failures, &other, i);
        }
    }
    assert_true(same < 20);
}

/* A server that refuses every watch at once is asked less and less often. */
static void test_refused_again_and_again(void **state)
{
    (void)state;
    struct test_step steps[9] = {LISTED("10")};
    for (size_t i = 1; i < 8; i++)
        steps[i] =
            (struct test_step){.expects = WATCHES("10"), .status = "500 Internal Server Error"};
    steps[8] = (struct test_step)ENDS("10");
    int64_t began = clock_ms();
    struct outcome o = watched(steps, 9, (struct watch_options){.backoff_ms = 4});
    assert_int_equal(o.code, 7);
    /* 4 + 8 + ... + 256 ms at least. */
    assert_true(clock_ms() - began >= 508);
}

struct times {
    int64_t refused, returned,
        listed; /* the last note before the server was back, the 410, the list */
    size_t lists;
};

static int take_times(void *ctx, enum watch_event event, const struct doc *object, struct err *e)
{
    struct times *t = ctx;
    (void)e;
    if (event == WATCH_BEGIN && t->lists++)
        t->listed = clock_ms();
    return object ? 7 : 0;
}

static void note_times(void *ctx, struct str line)
{
    struct times *t = ctx;
    t->refused = t->returned;
    t->returned = clock_ms();
    (void)line;
}

/* A server that is back after a long time and no longer knows our version: what it was away for is not
 * waited for once more. */
static void test_gone_after_absence(void **state)
{
    (void)state;
    struct test_step steps[12] = {LISTED("10")};
    for (size_t i = 1; i < 10; i++)
        steps[i] =
            (struct test_step){.expects = WATCHES("10"), .status = "503 Service Unavailable"};
    steps[10] = (struct test_step){.expects = WATCHES("10"), .chunks = {ERROR_EVENT("410")}};
    steps[11] = (struct test_step){.expects = LISTS, .chunks = {LIST("30", OBJECT("one", "15"))}};
    struct test_server server;
    struct client *client;
    struct times t = {.lists = 0};
    test_server_begin(&server, steps, ARRAY_LEN(steps));
    struct client_options options = {.config = &server.config};
    assert_int_equal(client_new(&options, &client, NULL), 0);
    struct watch_options o = {.client = client,
                              .path = STR("/api/v1/configmaps"),
                              .backoff_ms = 4,
                              .note = note_times,
                              .most_ms = TEST_SERVER_PATIENCE_S * 1000};
    assert_int_equal(watch_run(&o, take_times, &t, NULL), 7);
    assert_int_equal(t.lists, 2);
    /* 4 ms, doubled eight times, and the server's answer; then 4 to 8 ms and the list. */
    assert_true(t.returned - t.refused >= 1024);
    assert_true(t.listed - t.returned < t.returned - t.refused);
    client_free(client);
    test_server_end(&server);
}

/* A server that starts and has not read its roles yet refuses a right that it gave before. */
static void test_refused_for_a_while(void **state)
{
    (void)state;
    static const struct test_step steps[] = {
        LISTED("10"),
        {.expects = WATCHES("10"), .chunks = {EVENT("ADDED", "one", "11")}, .cuts = true},
        {.expects = WATCHES("11"),
         .status = "403 Forbidden",
         .chunks = {STATUS("403", "Forbidden")}},
        {.expects = WATCHES("11"),
         .status = "401 Unauthorized",
         .chunks = {STATUS("401", "Unauthorized")}},
        ENDS("11"),
    };
    expect(steps, ARRAY_LEN(steps), "BEGIN SYNCED +one +end", "tried again");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_resume),
        cmocka_unit_test(test_gone),
        cmocka_unit_test(test_gone_later),
        cmocka_unit_test(test_error_event),
        cmocka_unit_test(test_cut),
        cmocka_unit_test(test_no_list),
        cmocka_unit_test(test_no_events),
        cmocka_unit_test(test_endless_event),
        cmocka_unit_test(test_version_from_the_future),
        cmocka_unit_test(test_final),
        cmocka_unit_test(test_caller_ends),
        cmocka_unit_test(test_silence),
        cmocka_unit_test(test_backoff),
        cmocka_unit_test(test_refused_again_and_again),
        cmocka_unit_test(test_gone_after_absence),
        cmocka_unit_test(test_refused_for_a_while),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
