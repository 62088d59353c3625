/* SPDX-License-Identifier: Apache-2.0
 *
 * Which servers a proxy is asked for, beside what golang.org/x/net/http/httpproxy answers.
 */
#include "client/proxy.h"

#include "base/test.h"
#include "client/client.h"
#include "client/pace.h"

static void test_bypassed(void **state)
{
    (void)state;
    static const struct {
        const char *no_proxy, *host;
        uint16_t port;
        bool bypassed;
    } cases[] = {
        {"", "example.com", 443, false},
        {"", "localhost", 443, true},
        {"", "127.0.0.1", 443, true},
        {"", "127.9.9.9", 443, true},
        {"", "::1", 443, true},
        {"", "::ffff:127.0.0.1", 443, true},
        {"*", "example.com", 443, true},
        {"example.com", "example.com", 443, true},
        {"example.com", "EXAMPLE.com", 443, true},
        {"example.com", "a.b.example.com", 443, true},
        {"example.com", "notexample.com", 443, false},
        {".example.com", "example.com", 443, false},
        {".example.com", "a.example.com", 443, true},
        {"*.example.com", "example.com", 443, false},
        {"*.example.com", "a.example.com", 443, true},
        {"example.com:443", "example.com", 443, true},
        {"example.com:80", "example.com", 443, false},
        {" a , example.com ,b", "example.com", 443, true},
        {"10.0.0.0/8", "10.20.30.40", 443, true},
        {"10.0.0.0/8", "11.20.30.40", 443, false},
        {"10.0.0.0/33", "10.20.30.40", 443, false},
        {"10.0.0.0/8", "ten.example.com", 443, false},
        {"10.0.0.1", "10.0.0.1", 443, true},
        {"10.0.0.1:443", "10.0.0.1", 443, true},
        {"10.0.0.1:80", "10.0.0.1", 443, false},
        {"10.0.0", "10.0.0.1", 443, false},
        {"fd00::/8", "fd12::1", 443, true},
        {"fd00::/8", "fe80::1", 443, false},
        {"fd12::1", "fd12::1", 443, true},
        {"[fd12::1]:443", "fd12::1", 443, true},
        {"[fd12::1]:80", "fd12::1", 443, false},
        {",,:,/,[,]", "example.com", 443, false},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        if (proxy_is_bypassed(str_of(cases[i].no_proxy), str_of(cases[i].host), cases[i].port) !=
            cases[i].bypassed)
            fail_msg("NO_PROXY=%s for %s:%u", cases[i].no_proxy, cases[i].host, cases[i].port);
}

static void test_timeouts(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t ms;
    } good[] = {{"0", -1},      {"0s", -1},       {"30", 30000},
                {"30s", 30000}, {"1m30s", 90000}, {"250ms", 250}};
    static const char *const bad[] = {"", "-1", "-5s", "soon", "1 s", "99999999999999"};
    int64_t ms;
    for (size_t i = 0; i < ARRAY_LEN(good); i++) {
        assert_int_equal(client_parse_timeout(str_of(good[i].text), &ms), 0);
        assert_int_equal(ms, good[i].ms);
    }
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        if (client_parse_timeout(str_of(bad[i]), &ms) != -EINVAL)
            fail_msg("\"%s\" is taken", bad[i]);
}

/* The burst goes at once, the rest at its rate, and a deadline holds while waiting, too. */
static void test_pace(void **state)
{
    (void)state;
    struct pace p;
    struct err e = {0};
    struct wait end = wait_for(-1, NULL);
    pace_init(&p, 100, 5, 1);
    int64_t begun_ms = clock_ms();
    for (int i = 0; i < 5; i++)
        assert_int_equal(pace_wait(&p, &end, &e), 0);
    assert_true(clock_ms() - begun_ms < 40);
    for (int i = 0; i < 10; i++)
        assert_int_equal(pace_wait(&p, &end, &e), 0);
    assert_true(clock_ms() - begun_ms >= 90);

    struct wait soon = wait_for(30, NULL);
    assert_int_equal(pace_enter(&p, &end, &e), 0);
    assert_int_equal(pace_enter(&p, &soon, &e), -ETIMEDOUT);
    pace_leave(&p);
    assert_int_equal(pace_enter(&p, &end, &e), 0);
    pace_leave(&p);

    atomic_bool stop = true;
    struct wait stopped = wait_for(-1, &stop);
    assert_int_equal(wait_sleep(&stopped, 1000), -EINTR);
    pace_done(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bypassed),
        cmocka_unit_test(test_timeouts),
        cmocka_unit_test(test_pace),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
