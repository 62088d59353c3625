/* SPDX-License-Identifier: Apache-2.0
 *
 * Random numbers without a state: each is a function of where it is asked for, so that work can be
 * cut in any way among threads and machines and still gets the same numbers. The generator is
 * Philox4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011). Not for
 * secrets.
 */
#ifndef BASE_RANDOM_H
#define BASE_RANDOM_H

#include "base/defs.h"

/* One block of the generator: 128 bits of counter, 64 of key. */
void philox4x32(const uint32_t counter[4], const uint32_t key[2], uint32_t ret[4]);

/* The numbers of one run of an experiment. Numbers of different streams, and of different indices
 * in a stream, are independent. */
struct random_run {
    uint64_t seed, run;
};
uint64_t random_bits(const struct random_run *r, uint32_t stream, uint32_t index);
/* Evenly over (0, 1): neither end occurs. */
double random_uniform(const struct random_run *r, uint32_t stream, uint32_t index);
/* Evenly over 0 ... count - 1; count > 0. */
uint64_t random_below(const struct random_run *r, uint32_t stream, uint32_t index, uint64_t count);
/* Normal with mean 0 and variance 1. */
double random_normal(const struct random_run *r, uint32_t stream, uint32_t index);

#endif
