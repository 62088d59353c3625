/* SPDX-License-Identifier: Apache-2.0
 *
 * Two quantities, one a line: what parses has a canonical text that means the same, arithmetic and
 * order agree, and nothing overflows.
 */
#include "model/quantity.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool ok)
{
    if (!ok)
        __builtin_trap();
}

static bool saturated(int64_t v)
{
    return v == INT64_MAX || v <= -INT64_MAX;
}

static void check_one(struct quantity q)
{
    char text[QUANTITY_TEXT];
    struct quantity back;
    struct str canonical = quantity_text(q, text);
    require(canonical.n > 0 && canonical.n < QUANTITY_TEXT);
    /* Close to the largest exponent the canonical form (one digit, exponent a multiple of three)
     * may need a larger one. */
    if (q.exponent < INT32_MAX - 64)
        require(quantity_parse(canonical, &back) == 0 && quantity_cmp(q, back) == 0);
    require(quantity_cmp(q, q) == 0);
    require(quantity_is_zero(q) == (quantity_sign(q) == 0));
    require(quantity_sign(quantity_neg(q)) == -quantity_sign(q));
    int64_t value = quantity_value(q), milli = quantity_milli(q);
    require(quantity_is_zero(q) || (value > 0) == (quantity_sign(q) > 0));
    /* Both are rounded away from zero, so one follows from the other. */
    if (!saturated(value) && !saturated(milli))
        require(value == (milli > 0   ? (milli - 1) / 1000 + 1
                          : milli < 0 ? (milli + 1) / 1000 - 1
                                      : 0));
    (void)quantity_double(q);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str rest, first = str_cut((struct str){(const char *)data, size}, '\n', &rest);
    struct quantity a, b;
    bool has_a = quantity_parse(first, &a) == 0, has_b = quantity_parse(rest, &b) == 0;
    if (has_a)
        check_one(a);
    if (has_b)
        check_one(b);
    if (has_a && has_b) {
        require(quantity_cmp(a, b) == -quantity_cmp(b, a));
        require(quantity_cmp(quantity_add(a, b), quantity_add(b, a)) == 0);
        if (quantity_cmp(a, b) <= 0)
            require(quantity_value(a) <= quantity_value(b));
        (void)quantity_sub(a, b);
        (void)quantity_mul(a, quantity_value(b), NULL);
    }
    return 0;
}
