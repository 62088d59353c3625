/* SPDX-License-Identifier: Apache-2.0
 *
 * Philox against the known answers of Random123, and draws against what theory says of them.
 */
#include <math.h>

#include "base/random.h"
#include "base/statistics.h"
#include "base/test.h"

static void known_answers(void **state)
{
    (void)state;
    static const struct {
        uint32_t counter[4], key[2], out[4];
    } table[] = {
        {{0, 0, 0, 0}, {0, 0}, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
        {{UINT32_MAX, UINT32_MAX, UINT32_MAX, UINT32_MAX},
         {UINT32_MAX, UINT32_MAX},
         {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
        {{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
         {0xa4093822, 0x299f31d0},
         {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
    };
    for (size_t i = 0; i < ARRAY_LEN(table); i++) {
        uint32_t got[4];
        philox4x32(table[i].counter, table[i].key, got);
        assert_memory_equal(got, table[i].out, sizeof(got));
    }
}

/* Each of seed, run, stream and index makes another number, and order does not matter. */
static void every_coordinate_counts(void **state)
{
    (void)state;
    struct random_run r = {.seed = 7, .run = 11};
    uint64_t x = random_bits(&r, 3, 5);
    assert_true(x != random_bits(&r, 5, 3));
    assert_true(x != random_bits(&r, 3, 6));
    r.run = UINT64_C(11) << 32;
    assert_true(x != random_bits(&r, 3, 5));
    r = (struct random_run){.seed = UINT64_C(7) << 32, .run = 11};
    assert_true(x != random_bits(&r, 3, 5));
    r.seed = 7;
    assert_true(x == random_bits(&r, 3, 5));
}

enum { DRAWS = 200000 };

/* The mean of n values lies within 4.5 standard errors (once in 150,000 it would not; the seed is
 * fixed, so it always or never does). */
static void assert_mean(double sum, double mean, double deviation)
{
    double error = fabs(sum / DRAWS - mean) / (deviation / sqrt(DRAWS));
    if (error > 4.5)
        fail_msg("mean %g is %g standard errors from %g", sum / DRAWS, error, mean);
}

static void uniform_moments(void **state)
{
    (void)state;
    double sum = 0, squares = 0, neighbours = 0, last = 0.5;
    size_t bins[64] = {0};
    for (uint32_t i = 0; i < DRAWS; i++) {
        struct random_run r = {.seed = 1, .run = i % 100};
        double u = random_uniform(&r, 2, i / 100);
        assert_true(u > 0 && u < 1);
        sum += u;
        squares += u * u;
        neighbours += (u - 0.5) * (last - 0.5);
        last = u;
        bins[(size_t)(u * 64)]++;
    }
    assert_mean(sum, 0.5, sqrt(1.0 / 12));
    assert_mean(squares, 1.0 / 3, sqrt(4.0 / 45));
    assert_mean(neighbours, 0, 1.0 / 12);
    double chi = 0, expected = (double)DRAWS / 64;
    for (size_t i = 0; i < 64; i++)
        chi += ((double)bins[i] - expected) * ((double)bins[i] - expected) / expected;
    assert_true(chi > 30 && chi < 115); /* 63 degrees of freedom: 1e-4 on either side */
}

static void normal_moments(void **state)
{
    (void)state;
    double m[5] = {0};
    for (uint32_t i = 0; i < DRAWS; i++) {
        struct random_run r = {.seed = 42, .run = i};
        double z = random_normal(&r, 0, 0), p = 1;
        for (int k = 1; k <= 4; k++)
            m[k] += p *= z;
    }
    assert_mean(m[1], 0, 1);
    assert_mean(m[2], 1, sqrt(2));
    assert_mean(m[3], 0, sqrt(15));
    assert_mean(m[4], 3, sqrt(96));
}

static void below_is_even(void **state)
{
    (void)state;
    size_t seen[7] = {0};
    for (uint32_t i = 0; i < 70000; i++) {
        struct random_run r = {.seed = 3, .run = i};
        seen[random_below(&r, 1, 0, 7)]++;
    }
    for (size_t i = 0; i < 7; i++)
        assert_true(seen[i] > 9600 && seen[i] < 10400);
    struct random_run r = {.seed = 3};
    assert_int_equal(random_below(&r, 1, 0, 1), 0);
    for (uint32_t i = 0; i < 1000; i++)
        assert_true(random_below(&r, 1, i, UINT64_C(1) << 63) < UINT64_C(1) << 63);
}

/* ---- statistics ---- */

static void logarithm_and_exponential(void **state)
{
    (void)state;
    for (double x = -700; x < 700; x += 0.37) {
        double e = portable_exp(x);
        assert_true(fabs(e / exp(x) - 1) < 2e-15);
        assert_true(fabs(portable_log(e) - log(e)) <= 4e-16 * fabs(x) + 3e-16);
    }
    assert_true(portable_exp(0) == 1 && portable_log(1) == 0);
    assert_true(portable_exp(-1e9) == 0 && portable_exp(1e9) == HUGE_VAL);
}

static void quantiles_of_the_normal(void **state)
{
    (void)state;
    static const double table[][2] = {
        {0.5, 0},
        {0.975, 1.9599639845400542},
        {0.95, 1.6448536269514722},
        {0.99, 2.3263478740408408},
        {0.999, 3.0902323061678132},
        {1e-10, -6.361340902404056},
        {0.025, -1.9599639845400542},
    };
    for (size_t i = 0; i < ARRAY_LEN(table); i++)
        assert_true(fabs(normal_quantile(table[i][0]) - table[i][1]) < 1e-13);
    /* And back, by the C library's error function. */
    for (double p = 0.0005; p < 1; p += 0.0005)
        assert_true(fabs(erfc(-normal_quantile(p) / sqrt(2)) / 2 - p) < 1e-14);
}

/* Newcombe, "Two-sided confidence intervals for the single proportion", 1998, table I. */
static void wilson(void **state)
{
    (void)state;
    static const struct {
        uint64_t hits, count;
        double low, high;
    } table[] = {
        {0, 0, 0, 1},       {81, 263, 0.2553, 0.3662}, {15, 148, 0.0624, 0.1605},
        {0, 20, 0, 0.1611}, {1, 29, 0.0061, 0.1718},   {20, 20, 0.8389, 1},
    };
    for (size_t i = 0; i < ARRAY_LEN(table); i++) {
        struct interval w = wilson_interval(table[i].hits, table[i].count);
        if (fabs(w.low - table[i].low) > 5e-5 || fabs(w.high - table[i].high) > 5e-5)
            fail_msg("%zu: %.8f to %.8f", i, w.low, w.high);
    }
}

/* In 95 of 100 experiments the interval holds the true probability. */
static void wilson_covers(void **state)
{
    (void)state;
    enum { EXPERIMENTS = 4000, TRIALS = 200 };
    size_t covered = 0;
    for (uint32_t e = 0; e < EXPERIMENTS; e++) {
        struct random_run r = {.seed = 9, .run = e};
        uint64_t hits = 0;
        for (uint32_t i = 0; i < TRIALS; i++)
            hits += random_uniform(&r, 0, i) < 0.1;
        struct interval w = wilson_interval(hits, TRIALS);
        covered += w.low <= 0.1 && 0.1 <= w.high;
    }
    assert_true(covered > EXPERIMENTS * 93 / 100 && covered < EXPERIMENTS * 97 / 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_answers),           cmocka_unit_test(every_coordinate_counts),
        cmocka_unit_test(uniform_moments),         cmocka_unit_test(normal_moments),
        cmocka_unit_test(below_is_even),           cmocka_unit_test(logarithm_and_exponential),
        cmocka_unit_test(quantiles_of_the_normal), cmocka_unit_test(wilson),
        cmocka_unit_test(wilson_covers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
