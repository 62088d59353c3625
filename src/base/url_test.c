/* SPDX-License-Identifier: Apache-2.0
 *
 * URLs, and base64 beside them.
 */
#include "base/url.h"

#include "base/base64.h"
#include "base/test.h"

static void assert_text(struct str s, const char *text)
{
    if (!str_is(s, text))
        fail_msg("\"" STR_FMT "\" instead of \"%s\"", STR_ARG(s), text);
}

static void test_taken_apart(void **state)
{
    (void)state;
    static const struct {
        const char *text, *scheme, *user, *host;
        uint16_t port;
        const char *path;
    } cases[] = {
        {"https://10.0.0.1:6443", "https", "", "10.0.0.1", 6443, ""},
        {"http://host", "http", "", "host", 0, ""},
        {"https://host/", "https", "", "host", 0, "/"},
        {"https://host:1/k8s/clusters/c-1", "https", "", "host", 1, "/k8s/clusters/c-1"},
        {"https://[::1]:6443/a", "https", "", "::1", 6443, "/a"},
        {"https://[fd00::1]", "https", "", "fd00::1", 0, ""},
        {"socks5://eve:p%40ss@proxy:1080", "socks5", "eve:p%40ss", "proxy", 1080, ""},
        {"http://a@b@host", "http", "a@b", "host", 0, ""},
        {"https://host:", "https", "", "host", 0, ""},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct url u;
        assert_int_equal(url_parse(str_of(cases[i].text), &u, NULL), 0);
        assert_text(u.scheme, cases[i].scheme);
        assert_text(u.user_info, cases[i].user);
        assert_text(u.host, cases[i].host);
        assert_int_equal(u.port, cases[i].port);
        assert_text(u.path, cases[i].path);
    }
}

static void test_refused(void **state)
{
    (void)state;
    static const char *const cases[] = {
        "",
        "host:6443",
        "://host",
        "https://",
        "https://:443",
        "https://host:0",
        "https://host:65536",
        "https://host:-1",
        "https://host:x",
        "https://[::1",
        "https://[]",
        "https://[::1]x",
        "https://host?a=b",
        "https://host/#a",
        "https://ho st",
        "https://host\r\nX: y",
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct url u;
        struct err e = {0};
        if (url_parse(str_of(cases[i]), &u, &e) != -EINVAL)
            fail_msg("\"%s\" is taken", cases[i]);
        assert_non_null(strstr(e.msg, "URL"));
    }
}

/* Nobody wants a password in a log. */
static void test_secrets_stay_out_of_messages(void **state)
{
    (void)state;
    struct url u;
    struct err e = {0};
    assert_int_equal(url_parse(STR("https://eve:secret@host:99999"), &u, &e), -EINVAL);
    assert_null(strstr(e.msg, "secret"));
    assert_non_null(strstr(e.msg, "host"));
}

static void test_escaped(void **state)
{
    (void)state;
    struct buf b CLEANUP(buf_done);
    struct buf back CLEANUP(buf_done);
    buf_init(&b, KIB);
    buf_init(&back, KIB);
    struct str hostile = {"a=b&c d/\0\xff%~", 12};
    url_add_escaped(&b, hostile);
    assert_text(buf_str(&b), "a%3Db%26c%20d%2F%00%FF%25~");
    url_add_unescaped(&back, buf_str(&b));
    assert_true(str_eq(buf_str(&back), hostile));
    buf_clear(&back);
    url_add_unescaped(&back, STR("%zz%4"));
    assert_text(buf_str(&back), "%zz%4");
}

static void test_authority(void **state)
{
    (void)state;
    struct buf b CLEANUP(buf_done);
    buf_init(&b, KIB);
    url_add_authority(&b, STR("::1"), 80);
    url_add_authority(&b, STR("host"), 0);
    assert_text(buf_str(&b), "[::1]:80host");
}

static void test_base64(void **state)
{
    (void)state;
    static const char *const pairs[][2] = {
        {"", ""},        {"f", "Zg=="},        {"fo", "Zm8="},
        {"foo", "Zm9v"}, {"foob", "Zm9vYg=="}, {"\x7f?>~\x01", "fz8+fgE="},
    };
    for (size_t i = 0; i < ARRAY_LEN(pairs); i++) {
        struct buf b CLEANUP(buf_done);
        struct arena a;
        struct str back;
        buf_init(&b, KIB);
        arena_init(&a);
        base64_add(&b, str_of(pairs[i][0]));
        assert_text(buf_str(&b), pairs[i][1]);
        assert_int_equal(base64_decode_text(&a, buf_str(&b), &back), 0);
        assert_text(back, pairs[i][0]);
        arena_done(&a);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_taken_apart),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_secrets_stay_out_of_messages),
        cmocka_unit_test(test_escaped),
        cmocka_unit_test(test_authority),
        cmocka_unit_test(test_base64),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
