/* SPDX-License-Identifier: Apache-2.0
 *
 * HTTP responses: each in one piece and byte by byte, with the same result.
 */
#include "base/test.h"

#include "base/http.h"

struct result {
    int code; /* 0 complete, else what the parser said */
    int status;
    size_t used;
    bool keeps_alive;
    char body[256];
    struct err e;
};

/* Feeds text in steps of `step` bytes; closes the connection afterwards if it is not complete. */
static struct result parse(struct str text, size_t step, bool no_body)
{
    struct http_parser p;
    struct result r = {.code = 1};
    size_t body = 0, at = 0;
    http_parser_init(&p, no_body);
    int got = 0;
    while (at < text.n && got == 0) {
        struct str in = str_sub(text, at, at + step), part;
        while (in.n && got == 0) {
            size_t used;
            got = http_parser_feed(&p, in, &used, &part, &r.e);
            if (got >= 0) {
                assert_true(body + part.n < sizeof(r.body));
                memcpy(r.body + body, part.p, part.n);
                body += part.n;
                at += used;
                in = str_sub(in, used, in.n);
            }
        }
    }
    r.code = got == 1 ? 0 : got == 0 ? http_parser_end(&p, &r.e) : got;
    r.status = p.response.status;
    r.keeps_alive = p.response.keeps_alive;
    r.used = at;
    http_parser_done(&p);
    return r;
}

static void assert_answer(const char *text, bool no_body, int status, const char *body,
                          bool keeps_alive)
{
    for (size_t step = 1; step <= strlen(text); step++) {
        struct result r = parse(str_of(text), step, no_body);
        assert_int_equal(r.code, 0);
        assert_int_equal(r.status, status);
        assert_string_equal(r.body, body);
        assert_int_equal(r.keeps_alive, keeps_alive);
        assert_int_equal(r.used, strlen(text));
    }
}

static void test_answers(void **state)
{
    (void)state;
    assert_answer("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", false, 200, "hello", true);
    assert_answer("HTTP/1.1 200\r\ncontent-length:0\r\nConnection: Close\r\n\r\n", false, 200, "",
                  false);
    assert_answer("HTTP/1.0 404 Not Found\nServer: x\n\nnothing\n", false, 404, "nothing\n", false);
    assert_answer("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                  "5;name=value\r\nhello\r\nA\r\n, world!!!\r\n0\r\nTrailer: x\r\nOther: y\r\n\r\n",
                  false, 200, "hello, world!!!", true);
    assert_answer("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", false, 200, "",
                  true);
    assert_answer("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n", false, 204, "",
                  true);
    assert_answer("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", true, 200, "", true);
    assert_answer("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n", false, 101, "",
                  true);
}

static void test_headers(void **state)
{
    (void)state;
    struct http_parser p;
    size_t used;
    struct str body;
    http_parser_init(&p, false);
    struct str text = STR("HTTP/1.1 429 Too Many Requests\r\nRetry-After:  7 \r\n"
                          "CONTENT-TYPE: application/json\r\nContent-Encoding: gzip\r\n"
                          "Location: /else\r\nContent-Length: 0\r\n\r\nHTTP/1.1");
    assert_int_equal(http_parser_feed(&p, text, &used, &body, NULL), 1);
    assert_int_equal(used, text.n - 8);
    assert_true(str_is(p.response.retry_after, "7"));
    assert_true(str_is(p.response.content_type, "application/json"));
    assert_true(str_is(p.response.content_encoding, "gzip"));
    assert_true(str_is(p.response.location, "/else"));
    http_parser_done(&p);
}

static void test_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text, *says;
    } cases[] = {
        {"SSH-2.0-OpenSSH_9.2\r\n\r\n", "no HTTP: it begins with \"S"},
        {"HTTP/2 200\r\n\r\n", "HTTP/2 only"},
        {"HTTP/1.2 200\r\n\r\n", "neither HTTP/1.1 nor 1.0"},
        {"HTTP/1.1 2x0 OK\r\n\r\n", "bad status"},
        {"HTTP/1.1 2000 OK\r\n\r\n", "bad status"},
        {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n", "two different"},
        {"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n", "bad Content-Length"},
        {"HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n", "bad Content-Length"},
        {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
         "Content-Length and chunks"},
        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", "other than chunked"},
        {"HTTP/1.1 200 OK\r\nA: b\r\n folded\r\n\r\n", "without a name"},
        {"HTTP/1.1 200 OK\r\nBad Name: b\r\n\r\n", "without a name"},
        {"HTTP/1.1 200 OK\r\nA: b\x01\r\n\r\n", "control character"},
        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n", "bad size"},
        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabcd\r\n", "longer than"},
        {"", "before an answer came"},
        {"HTTP/1.1 200", "in the middle"},
        {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell", "in the middle"},
        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n", "in the middle"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        size_t n = strlen(cases[i].text);
        for (size_t step = 1; step <= MAX(n, (size_t)1); step++) {
            struct result r = parse(str_of(cases[i].text), step, false);
            assert_true(r.code < 0);
            if (!strstr(r.e.msg, cases[i].says))
                fail_msg("%s: %s", cases[i].text, r.e.msg);
        }
    }
}

/* Whatever a server sends without end is given up on. */
static void test_endless(void **state)
{
    (void)state;
    static const char *const begins[] = {
        "HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n"};
    for (size_t i = 0; i < ARRAY_LEN(begins); i++) {
        struct http_parser p;
        struct str body;
        size_t used = 0;
        int r = 0;
        http_parser_init(&p, false);
        struct str in = str_of(begins[i]);
        while (in.n && r == 0) {
            r = http_parser_feed(&p, in, &used, &body, NULL);
            in = str_sub(in, used, in.n);
        }
        size_t fed = 0;
        for (; r == 0 && fed < (size_t)MIB; fed += 16)
            r = http_parser_feed(&p, STR("a-header: value\n"), &used, &body, NULL);
        assert_int_equal(r, -EBADMSG);
        assert_true(fed <= HTTP_MAX_HEAD);
        http_parser_done(&p);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_answers),
        cmocka_unit_test(test_headers),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_endless),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
