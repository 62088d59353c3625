/* SPDX-License-Identifier: Apache-2.0
 *
 * Quantities: the corners that the tables of tests/fidelity do not reach (saturation, exponents at
 * the edge, long digits). The bulk is compared with the real ParseQuantity by tests/quantity-diff.
 */
#include "base/test.h"
#include "model/quantity.h"

static struct quantity parse(const char *s)
{
    struct quantity q;
    assert_int_equal(quantity_parse(str_of(s), &q), 0);
    return q;
}

static void assert_text(struct quantity q, const char *want)
{
    char text[QUANTITY_TEXT];
    struct str s = quantity_text(q, text);
    assert_int_equal(s.n, strlen(text));
    assert_string_equal(text, want);
}

static void test_text(void **state)
{
    (void)state;
    static const struct {
        const char *in, *want;
    } rows[] = {
        {"0", "0"},
        {".", "0"},
        {"k", "0"},
        {"0Ei", "0"},
        {"-", "0"},
        {"1024Mi", "1Gi"},
        {"1.5Gi", "1536Mi"},
        {"0.5Ki", "512"},
        {"1.1Ki", "1126400m"},
        {"100Ei", "9223372036854775807"},
        {"-100Ei", "-9223372036854775807"},
        {"1e99", "1e99"},
        {"12345678901234567890123456789012345678", "12345678901234567890123456789012345678"},
        {"123456789012345678901234567890123456789", "123456789012345678901234567890123456790"},
        {"0.0000000001", "1n"},
        {"1e-2147483648", "1e-9"},
        {"1e2147483647", "10e2147483646"},
        {"1000E", "1e21"},
        {"0.00000000000000000001Ei", "11529216n"},
        {".99999999999999999999999999999999999999999999Ki", "1Ki"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        assert_text(parse(rows[i].in), rows[i].want);
}

static void test_refused(void **state)
{
    (void)state;
    static const char *const rows[] = {
        "",    " 1",           "1 ",  "1i",           "1.2.3",
        "1e",  "1E+",          "i",   "1Gi1",         "1g",
        "0x",  "1e4294967297", "1k5", "1e2147483648", "2E6024865272343",
        "--1", "1\n",          "Ei",  "+Pi",          "e-16",
    };
    struct quantity q;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        assert_int_equal(quantity_parse(str_of(rows[i]), &q), -EINVAL);
    assert_int_equal(quantity_parse(STR("1\0"), &q), -EINVAL);
    assert_int_equal(quantity_parse_field(STR(" 1Gi\n"), &q), 0);
}

static void test_as_written(void **state)
{
    (void)state;
    char text[QUANTITY_TEXT];
    struct quantity q = parse("+5Gi");
    assert_true(str_is(quantity_text_of(q, STR("+5Gi"), text), "+5Gi"));
    assert_true(str_is(quantity_text(q, text), "5Gi"));
    assert_false(parse("8Gi").as_written);
    assert_false(quantity_add(q, q).as_written);
}

static void test_values(void **state)
{
    (void)state;
    assert_int_equal(quantity_value(parse("1e99")), INT64_MAX);
    assert_int_equal(quantity_value(parse("-1e99")), -INT64_MAX);
    assert_int_equal(quantity_milli(parse("10P")), INT64_MAX);
    assert_int_equal(quantity_value(parse("0.1")), 1);
    assert_int_equal(quantity_value(parse("-0.1")), -1);
    assert_int_equal(quantity_milli(parse("1n")), 1);
    assert_int_equal(quantity_value(parse("1e2147483647")), INT64_MAX);
    assert_int_equal(quantity_value(quantity_of(INT64_MIN)), -INT64_MAX);
    assert_true(quantity_is_whole(parse("1.5Ki")));
    assert_false(quantity_is_whole(parse("1.1Ki")));
    assert_false(quantity_is_whole(parse("1e30")));
}

static void test_arithmetic(void **state)
{
    (void)state;
    assert_text(quantity_add(parse("1Gi"), parse("1G")), "2073741824");
    assert_text(quantity_add(parse("0"), parse("1Gi")), "1Gi");
    assert_text(quantity_sub(parse("1"), parse("1m")), "999m");
    assert_text(quantity_sub(parse("1m"), parse("1")), "-999m");
    assert_text(quantity_sub(parse("1Gi"), parse("1024Mi")), "0");
    assert_int_equal(quantity_cmp(parse("1e99"), parse("9e98")), 1);
    assert_int_equal(quantity_cmp(parse("1e2147483647"), parse("1n")), 1);
    assert_int_equal(quantity_cmp(parse("-1e2147483647"), parse("1n")), -1);
    assert_int_equal(quantity_cmp(parse("1Ki"), parse("1024")), 0);
    assert_int_equal(quantity_cmp(parse("340282366920938463463374607431768211455"), parse("9e38")),
                     -1);
    /* Far apart: the small one is rounded away from zero, not lost, and nothing loops. */
    struct quantity q = quantity_add(parse("1e2147483647"), parse("1n"));
    assert_int_equal(quantity_cmp(q, parse("1e2147483647")), 1);
    bool exact;
    assert_text(quantity_mul(parse("1500m"), 2, &exact), "3");
    assert_true(exact);
    (void)quantity_mul(parse("9223372036854775807"), 2, &exact);
    assert_false(exact);
    assert_text(quantity_mul(parse("340282366920938463463374607431768211455"), 1000, &exact),
                "340282366920938463463374607431768220M");
    assert_text(quantity_round_up(parse("9.01"), 1, &exact), "10");
    assert_false(exact);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_text),       cmocka_unit_test(test_refused),
        cmocka_unit_test(test_as_written), cmocka_unit_test(test_values),
        cmocka_unit_test(test_arithmetic),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
