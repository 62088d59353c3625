/* SPDX-License-Identifier: Apache-2.0
 *
 * Philox4x32-10 and what is drawn with it.
 */
#include "base/random.h"

#include "base/statistics.h"

enum { PHILOX_ROUNDS = 10 };

void philox4x32(const uint32_t counter[4], const uint32_t key[2], uint32_t ret[4])
{
    uint32_t c0 = counter[0], c1 = counter[1], c2 = counter[2], c3 = counter[3];
    uint32_t k0 = key[0], k1 = key[1];
    for (int i = 0; i < PHILOX_ROUNDS; i++) {
        uint64_t p0 = UINT64_C(0xD2511F53) * c0, p1 = UINT64_C(0xCD9E8D57) * c2;
        c0 = (uint32_t)(p1 >> 32) ^ c1 ^ k0;
        c1 = (uint32_t)p1;
        c2 = (uint32_t)(p0 >> 32) ^ c3 ^ k1;
        c3 = (uint32_t)p0;
        k0 += 0x9E3779B9;
        k1 += 0xBB67AE85;
    }
    ret[0] = c0;
    ret[1] = c1;
    ret[2] = c2;
    ret[3] = c3;
}

uint64_t random_bits(const struct random_run *r, uint32_t stream, uint32_t index)
{
    const uint32_t counter[4] = {index, stream, (uint32_t)r->run, (uint32_t)(r->run >> 32)};
    const uint32_t key[2] = {(uint32_t)r->seed, (uint32_t)(r->seed >> 32)};
    uint32_t out[4];
    philox4x32(counter, key, out);
    return (uint64_t)out[1] << 32 | out[0];
}

double random_uniform(const struct random_run *r, uint32_t stream, uint32_t index)
{
    /* 52 bits and a half: the sum is exact, and neither 0 nor 1 can come of it. */
    return ((double)(random_bits(r, stream, index) >> 12) + 0.5) / 4503599627370496.0;
}

uint64_t random_below(const struct random_run *r, uint32_t stream, uint32_t index, uint64_t count)
{
    uint64_t bits = random_bits(r, stream, index);
    /* The upper half of bits * count in 128 bits; uneven by count / 2^64 at most. */
    uint64_t low = (bits & UINT32_MAX) * (count & UINT32_MAX);
    uint64_t m1 = (bits >> 32) * (count & UINT32_MAX), m2 = (bits & UINT32_MAX) * (count >> 32);
    uint64_t carry = (low >> 32) + (m1 & UINT32_MAX) + (m2 & UINT32_MAX);
    return (bits >> 32) * (count >> 32) + (m1 >> 32) + (m2 >> 32) + (carry >> 32);
}

double random_normal(const struct random_run *r, uint32_t stream, uint32_t index)
{
    return normal_quantile(random_uniform(r, stream, index));
}
