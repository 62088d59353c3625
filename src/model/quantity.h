/* SPDX-License-Identifier: Apache-2.0
 *
 * resource.Quantity of k8s.io/apimachinery v0.36.3 (pkg/api/resource/quantity.go): a fixed-point
 * number exact to 10^-9. Upstream keeps magnitudes to 2^63-1 and lets some arithmetic wrap; here
 * everything saturates at +-(2^63-1).
 */
#ifndef MODEL_QUANTITY_H
#define MODEL_QUANTITY_H

#include "base/err.h"

enum quantity_format { QUANTITY_DECIMAL_SI, QUANTITY_BINARY_SI, QUANTITY_DECIMAL_EXPONENT };

/* value = units + nanos / 10^9; nanos has the sign of the value, |nanos| < 10^9. */
struct quantity {
    int64_t units;
    int32_t nanos;
    uint8_t format; /* enum quantity_format: of the text it came from */
};

/* Parses as ParseQuantity does (finer than 10^-9 rounds away from zero). 0 or -EINVAL. */
int quantity_parse(struct str s, struct quantity *ret) MUST_USE;
struct quantity quantity_of(int64_t units);
struct quantity quantity_of_milli(int64_t milli);

/* Value(): whole units, rounded up (towards +infinity as upstream: away from zero). Saturates. */
int64_t quantity_value(struct quantity q);
/* MilliValue(): thousandths, rounded up. Saturates. */
int64_t quantity_milli(struct quantity q);
int quantity_cmp(struct quantity a, struct quantity b);
bool quantity_is_zero(struct quantity q);
struct quantity quantity_add(struct quantity a, struct quantity b);
struct quantity quantity_sub(struct quantity a, struct quantity b);

/* Canonical text as String(): "1Gi", "500m", "1e3". At most QUANTITY_TEXT bytes with the NUL. */
enum { QUANTITY_TEXT = 48 };
struct str quantity_text(struct quantity q, char text[QUANTITY_TEXT]);

#endif
