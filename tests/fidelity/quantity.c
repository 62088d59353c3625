/* SPDX-License-Identifier: Apache-2.0
 *
 * quantity.json: parsing, text, rounding, comparing and arithmetic of quantities.
 */
#include <math.h>

#include "fidelity.h"

/* Upstream builds some numbers in code that its String() cannot print: the exponent has no suffix
 * and is left out, so the table's text is another number. By test and line, the mantissa and
 * exponent that upstream's test really uses (staging/src/k8s.io/apimachinery/pkg/api/resource/
 * quantity_test.go at v1.36.3). */
static const struct {
    const char *test, *text;
    int64_t line, mantissa;
    int32_t exponent;
} lost_exponents[] = {
    {"TestQuantityCmpInt64AndDec", "922337203685477580700", 618, INT64_MAX, -16},
    {"TestQuantityCmpInt64AndDec", "-9223372036854775808", 619, INT64_MIN, -18},
    {"TestQuantityCmpInt64AndDec", "-922337203685477580800", 620, INT64_MIN, -19},
    {"TestQuantityCmpInt64AndDec", "10000000000000000010", 627, 1000000000000000001, -17},
    {"TestQuantityCmpInt64AndDec", "9999999999999999990", 628, 999999999999999999, -17},
    {"TestQuantityAsApproximateFloat64", "1200", 1344, 12, 500},
    {"TestQuantityAsApproximateFloat64", "-1200", 1345, -12, 500},
};

static struct quantity operand(struct check *k, const char *key)
{
    struct str text = text_at(k, key), test = text_at(k, "test");
    int64_t line = int_at(k, "line");
    for (size_t i = 0; i < ARRAY_LEN(lost_exponents); i++)
        if (str_is(test, lost_exponents[i].test) && line == lost_exponents[i].line &&
            str_is(text, lost_exponents[i].text))
            return quantity_scaled(lost_exponents[i].mantissa, lost_exponents[i].exponent,
                                   QUANTITY_DECIMAL_SI);
    return quantity_of_doc(k, at(k, key));
}

/* An unknown format is written with exponents, as upstream does. */
static enum quantity_format format_of(struct str name)
{
    if (str_is(name, "DecimalSI"))
        return QUANTITY_DECIMAL_SI;
    return str_is(name, "BinarySI") ? QUANTITY_BINARY_SI : QUANTITY_DECIMAL_EXPONENT;
}

static void expect_string(struct check *k, const char *what, struct str want, struct quantity q)
{
    char text[QUANTITY_TEXT];
    expect_text(k, what, want, quantity_text(q, text));
}

/* A plain decimal in units of 10^-places, away from zero, saturated. */
static int64_t rounded(struct str decimal, size_t places)
{
    struct str fraction, whole = str_cut(decimal, '.', &fraction);
    bool negative = str_starts(whole, "-");
    int64_t v = 0;
    bool more = false, over = false;
    for (size_t i = negative; i < whole.n; i++)
        over |=
            __builtin_mul_overflow(v, 10, &v) || __builtin_add_overflow(v, whole.p[i] - '0', &v);
    for (size_t i = 0; i < places; i++) {
        int digit = i < fraction.n ? fraction.p[i] - '0' : 0;
        over |= __builtin_mul_overflow(v, 10, &v) || __builtin_add_overflow(v, digit, &v);
    }
    for (size_t i = places; i < fraction.n; i++)
        more |= fraction.p[i] != '0';
    over |= __builtin_add_overflow(v, more, &v);
    if (over)
        v = INT64_MAX;
    return negative ? -v : v;
}

static void parse(struct check *k)
{
    struct str input = text_at(k, "input");
    struct quantity q;
    char text[QUANTITY_TEXT];
    bool valid = quantity_parse(input, &q) == 0;
    expect_bool(k, "valid", bool_at(k, "valid"), valid);
    if (!valid || k->failed)
        return;
    expect_int(k, "format", format_of(text_at(k, "format")), q.format);
    expect_text(k, "canonical", text_at(k, "canonical"), quantity_text_of(q, input, text));
    if (is_null(at(k, "exact"))) { /* too long to list: beyond any int64 */
        int64_t most = str_starts(input, "-") ? -INT64_MAX : INT64_MAX;
        expect_int(k, "value", most, quantity_value(q));
        expect_int(k, "milli", most, quantity_milli(q));
        return;
    }
    struct str exact = text_at(k, "exact");
    int64_t value = rounded(exact, 0), milli = rounded(exact, 3);
    expect_quantity(k, "exact", quantity_of_doc(k, at(k, "exact")), q);
    expect_int(k, "value", value, quantity_value(q));
    expect_int(k, "milli", milli, quantity_milli(q));
    /* Where upstream did not wrap, the table says the same. */
    if (!bool_at(k, "value_wrapped"))
        expect_opt(k, "value as listed", at(k, "value"), (struct opt_int){.v = value, .set = true});
    if (!bool_at(k, "milli_wrapped"))
        expect_opt(k, "milli as listed", at(k, "milli"), (struct opt_int){.v = milli, .set = true});
}

static void canonical(struct check *k)
{
    expect_string(k, "canonical", text_at(k, "expect"), quantity_of_doc(k, at(k, "input")));
}

static void round_up(struct check *k)
{
    bool exact;
    struct quantity q = quantity_round_up(operand(k, "input"), (int32_t)int_at(k, "scale"), &exact);
    expect_quantity(k, "rounded", quantity_of_doc(k, at(k, "expect")), q);
    expect_bool(k, "exact", bool_at(k, "exact"), exact);
}

static void cmp(struct check *k)
{
    struct quantity a = operand(k, "a"), b = operand(k, "b");
    expect_int(k, "cmp(a, b)", int_at(k, "expect"), quantity_cmp(a, b));
    expect_int(k, "cmp(b, a)", -int_at(k, "expect"), quantity_cmp(b, a));
}

static void add(struct check *k)
{
    expect_quantity(k, "a + b", operand(k, "expect"),
                    quantity_add(operand(k, "a"), operand(k, "b")));
}

static void sub(struct check *k)
{
    expect_quantity(k, "a - b", operand(k, "expect"),
                    quantity_sub(operand(k, "a"), operand(k, "b")));
}

static void mul(struct check *k)
{
    bool exact;
    struct quantity q = quantity_mul(operand(k, "a"), int_at(k, "b"), &exact);
    expect_quantity(k, "a * b", operand(k, "expect"), q);
    expect_bool(k, "exact", bool_at(k, "exact"), exact);
}

/* The mantissa behind a text is not always upstream's, hence the last bits may differ. */
static void approximate(struct check *k)
{
    struct str text = text_at(k, "expect");
    double want = 0, got = quantity_double(operand(k, "input"));
    if (str_ends(text, "Inf"))
        want = str_starts(text, "-") ? -HUGE_VAL : HUGE_VAL;
    else if (str_to_double(text, &want))
        fail(k, "\"" STR_FMT "\" is no number", STR_ARG(text));
    bool same = isinf(want) ? isinf(got) && signbit(want) == signbit(got)
                            : fabs(got - want) <= fabs(want) * 4e-16;
    if (!same)
        fail(k, "float: expected %.17g, got %.17g", want, got);
}

static void json(struct check *k)
{
    struct doc_root root;
    struct quantity q;
    if (json_parse(STR("case"), text_at(k, "json"), k->a, &root, NULL) || !root.root ||
        quantity_parse_field(root.root->text, &q))
        fail(k, "not read");
    else
        expect_string(k, "text", text_at(k, "expect"), q);
}

static void from_int(struct check *k)
{
    struct quantity q = quantity_scaled(int_at(k, "value"), 0, format_of(text_at(k, "format")));
    expect_string(k, "text", text_at(k, "expect"), q);
    expect_int(k, "value", int_at(k, "value"), quantity_value(q));
}

static void from_milli(struct check *k)
{
    struct quantity q = quantity_scaled(int_at(k, "value"), -3, format_of(text_at(k, "format")));
    expect_string(k, "text", text_at(k, "expect"), q);
    expect_int(k, "milli", int_at(k, "value"), quantity_milli(q));
}

static void scaled_value(struct check *k)
{
    int32_t from = (int32_t)int_at(k, "quantity_of_1e6_at_scale");
    struct quantity q = quantity_scaled(1, from, QUANTITY_DECIMAL_SI);
    expect_int(k, "scaled value", int_at(k, "expect"),
               quantity_scaled_value(q, (int32_t)int_at(k, "to_scale")));
}

const struct kind_check quantity_kinds[] = {
    {"parse", parse},
    {"canonical", canonical},
    {"round_up", round_up},
    {"cmp", cmp},
    {"add", add},
    {"sub", sub},
    {"mul", mul},
    {"float", approximate},
    {"json", json},
    {"from_int", from_int},
    {"from_milli", from_milli},
    {"scaled_value", scaled_value},
    {NULL, NULL},
};
