/* SPDX-License-Identifier: Apache-2.0
 *
 * Pseudonyms: what is replaced, what stays, and that the same is the same everywhere.
 */
#include "base/test.h"
#include "model/redact.h"

static struct redact r;

static struct str redacted(struct arena *a, const char *text)
{
    struct buf b CLEANUP(buf_done);
    buf_init(&b, KIB);
    redact_add(&r, &b, str_of(text));
    return arena_str(a, buf_str(&b));
}

static void test_what_stays(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "kube-system",  "default", "app.kubernetes.io/name",
        "istio-proxy",  "apps/v1", "v1beta1",
        "512Mi",        "8080",    "127.0.0.1",
        "OOMKilled",    "::1",     "0.0.0.0/0",
        "redis-cli -h", "-Xmx2g",  "",
    };
    struct arena a;
    arena_init(&a);
    redact_init(&r, STR("key"), NULL);
    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        assert_string_equal(redacted(&a, texts[i]).p, texts[i]);
    redact_done(&r);
    arena_done(&a);
}

static void test_what_goes(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "ledger",       "10.1.2.3",
        "ip-10-1-2-3",  "1234567",
        "fe80::1",      "acme.corp",
        "LedgerWorker", "caf\xc3\xa9s",
        "x1y2z3",       "0ca0a1b2-1111-2222-3333-444455556666",
        "ledgerbase",   "123456789012",
    };
    struct arena a;
    arena_init(&a);
    redact_init(&r, STR("key"), NULL);
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        struct str once = redacted(&a, texts[i]);
        assert_string_not_equal(once.p, texts[i]);
        assert_string_equal(redacted(&a, texts[i]).p, once.p);
    }
    /* Parts meet: the host of a Service begins with its name. */
    struct str name = redacted(&a, "ledger"), host = redacted(&a, "ledger.shop.svc.cluster.local");
    assert_true(str_starts(host, name.p));
    assert_true(str_ends(host, ".svc.cluster.local"));
    assert_true(str_starts(redacted(&a, "10.1.2.3:443"), "10."));
    assert_true(str_ends(redacted(&a, "10.1.2.3:443"), ":443"));
    assert_true(str_ends(redacted(&a, "ordersmysql"), "mysql"));
    assert_null(strstr(redacted(&a, "[::ffff:10.1.2.3]:80").p, ".2.3"));
    assert_true(str_ends(redacted(&a, "[::ffff:10.1.2.3]:80"), "]:80"));
    assert_null(strstr(redacted(&a, "host10.1.2.3").p, ".1.2.3"));
    redact_done(&r);
    redact_init(&r, STR("another key"), NULL);
    assert_string_not_equal(redacted(&a, "ledger").p, name.p);
    redact_done(&r);
    arena_done(&a);
}

static void test_nodes_keep_their_order(void **state)
{
    (void)state;
    static const struct str names[] = {
        {"web-b", 5}, {"web-a", 5}, {"zz.example", 10}, {"node", 4}, {"web-10", 6}};
    struct arena a;
    arena_init(&a);
    redact_init(&r, STR("key"), NULL);
    redact_nodes(&r, names, ARRAY_LEN(names));
    struct str first = redacted(&a, "web-10"), second = redacted(&a, "web-a");
    assert_true(str_cmp(first, second) < 0);
    assert_true(str_cmp(second, redacted(&a, "web-b")) < 0);
    assert_true(str_cmp(redacted(&a, "web-b"), redacted(&a, "zz.example")) < 0);
    assert_string_equal(redacted(&a, "node").p, "node");
    assert_true(str_starts(redacted(&a, "node/web-a"), "node/node-"));
    redact_done(&r);
    arena_done(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_stays),
        cmocka_unit_test(test_what_goes),
        cmocka_unit_test(test_nodes_keep_their_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
