/* SPDX-License-Identifier: Apache-2.0
 *
 * Pseudonyms: what is replaced, what stays, and that the same is the same everywhere.
 */
#include "base/json.h"
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
        "v20250131",    "555555m",
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

static struct str redacted_number(struct arena *a, const char *text)
{
    struct buf b CLEANUP(buf_done);
    buf_init(&b, KIB);
    redact_add_number(&r, &b, str_of(text));
    return arena_str(a, buf_str(&b));
}

static void test_numbers(void **state)
{
    (void)state;
    static const char *const stay[] = {"0", "65535", "-12345", "null", "0.5"};
    static const char *const go[] = {"123456789012", "-1000000", "1e100000", "9999999",
                                     "0.1234567"};
    struct arena a;
    arena_init(&a);
    redact_init(&r, STR("key"), NULL);
    for (size_t i = 0; i < ARRAY_LEN(stay); i++)
        assert_string_equal(redacted_number(&a, stay[i]).p, stay[i]);
    for (size_t i = 0; i < ARRAY_LEN(go); i++) {
        struct str made = redacted_number(&a, go[i]);
        struct doc_root root = {0};
        assert_string_not_equal(made.p, go[i]);
        assert_int_equal(made.n, strlen(go[i]));
        assert_int_equal(json_parse(STR(""), made, &a, &root, NULL), 0);
        assert_string_equal(redacted_number(&a, go[i]).p, made.p);
    }
    redact_done(&r);
    arena_done(&a);
}

/* 0.7 % of eight letters at random hold "db". */
static void test_pseudonyms_say_nothing(void **state)
{
    (void)state;
    struct arena a;
    char word[32];
    arena_init(&a);
    redact_init(&r, STR("key"), NULL);
    for (int i = 0; i < 5000; i++) {
        snprintf(word, sizeof(word), "ledger%dx", i);
        struct str made = redacted(&a, word);
        for (size_t p = 0; redact_parts[p]; p++)
            assert_int_equal(str_find(made, redact_parts[p]), -1);
    }
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
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_pseudonyms_say_nothing),
        cmocka_unit_test(test_nodes_keep_their_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
