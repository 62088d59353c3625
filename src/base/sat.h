/* SPDX-License-Identifier: Apache-2.0
 *
 * Arithmetic that saturates at the ends of int64_t: amounts in the input may be as large as it
 * pleases, sums of them must not turn around.
 */
#ifndef BASE_SAT_H
#define BASE_SAT_H

#include "base/defs.h"

static inline int64_t sat_add(int64_t a, int64_t b)
{
    int64_t sum;
    return !__builtin_add_overflow(a, b, &sum) ? sum : a < 0 ? INT64_MIN : INT64_MAX;
}

static inline int64_t sat_sub(int64_t a, int64_t b)
{
    int64_t difference;
    return !__builtin_sub_overflow(a, b, &difference) ? difference : a < 0 ? INT64_MIN : INT64_MAX;
}

static inline int64_t sat_mul(int64_t a, int64_t b)
{
    int64_t product;
    return !__builtin_mul_overflow(a, b, &product) ? product
           : (a < 0) != (b < 0)                    ? INT64_MIN
                                                   : INT64_MAX;
}

#endif
