/* SPDX-License-Identifier: Apache-2.0
 *
 * resource.Quantity of k8s.io/apimachinery v0.36.3 (pkg/api/resource/quantity.go): a decimal number
 * that is exact to 10^-9 once parsed. Where upstream wraps (conversion to int64, exponents past
 * int32) the result saturates at +-(2^63-1) or the text is refused. 38 significant digits are kept;
 * what is longer is rounded away from zero.
 */
#ifndef MODEL_QUANTITY_H
#define MODEL_QUANTITY_H

#include "base/err.h"

enum quantity_format { QUANTITY_DECIMAL_SI, QUANTITY_BINARY_SI, QUANTITY_DECIMAL_EXPONENT };

/* +-(high * 2^64 + low) * 10^exponent. All zero is the number 0. */
struct quantity {
    uint64_t low, high;
    int32_t exponent;
    bool negative;
    uint8_t format;  /* enum quantity_format: of the text it came from */
    bool as_written; /* String() of upstream gives the text it was parsed from, even if that is not
                        canonical ("1E6", "+5Gi", "1.230") */
};

/* Parses as ParseQuantity does (finer than 10^-9 rounds away from zero). 0 or -EINVAL. */
int quantity_parse(struct str s, struct quantity *ret) MUST_USE;
/* The same of a field's value in JSON or YAML: white space around it is allowed. */
int quantity_parse_field(struct str s, struct quantity *ret) MUST_USE;
/* Whole units and thousandths, DecimalSI. */
struct quantity quantity_of(int64_t units);
struct quantity quantity_of_milli(int64_t milli);
struct quantity quantity_of_bytes(int64_t bytes); /* BinarySI */
/* value * 10^scale. */
struct quantity quantity_scaled(int64_t value, int32_t scale, enum quantity_format format);

/* Value(): whole units, rounded away from zero. Saturates. */
int64_t quantity_value(struct quantity q);
/* MilliValue(): thousandths, rounded away from zero. Saturates. */
int64_t quantity_milli(struct quantity q);
/* ScaledValue(): units of 10^scale, rounded away from zero. Saturates. */
int64_t quantity_scaled_value(struct quantity q, int32_t scale);
/* Whether Value() is the exact number and fits an int64. */
bool quantity_is_whole(struct quantity q);
/* AsApproximateFloat64(). May be infinite. */
double quantity_double(struct quantity q);

int quantity_cmp(struct quantity a, struct quantity b);
bool quantity_is_zero(struct quantity q);
/* -1, 0, 1 */
int quantity_sign(struct quantity q);
/* The format of the result is a's, or b's when a is zero. */
struct quantity quantity_add(struct quantity a, struct quantity b);
struct quantity quantity_sub(struct quantity a, struct quantity b);
struct quantity quantity_neg(struct quantity q);
/* *exact (may be NULL): the mantissa still fits an int64, as the result of upstream's Mul. */
struct quantity quantity_mul(struct quantity q, int64_t factor, bool *exact);
/* To a multiple of 10^scale, away from zero; *exact (may be NULL) if nothing was lost. */
struct quantity quantity_round_up(struct quantity q, int32_t scale, bool *exact);

/* Canonical text: "1Gi", "500m", "1e3". At most QUANTITY_TEXT bytes with the NUL. */
enum { QUANTITY_TEXT = 64 };
struct str quantity_text(struct quantity q, char text[QUANTITY_TEXT]);
/* What upstream prints for a quantity parsed from `written`: that text where as_written. */
struct str quantity_text_of(struct quantity q, struct str written, char text[QUANTITY_TEXT]);

#endif
