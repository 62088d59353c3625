/* SPDX-License-Identifier: Apache-2.0
 *
 * Statistics in plain IEEE arithmetic: additions, products, quotients and square roots only, which
 * every machine rounds alike. (The C library's exp() and log() may differ in the last bit from one
 * processor to the next, and with it a drawn number.)
 */
#ifndef BASE_STATISTICS_H
#define BASE_STATISTICS_H

#include "base/defs.h"

/* Natural logarithm of x > 0 and exponential, to within a few units of the last place. */
double portable_log(double x);
double portable_exp(double x);
/* sqrt(), which IEEE rounds for everybody. */
double square_root(double x);

/* The value below which a normal variable with mean 0 and variance 1 lies with probability p,
 * 0 < p < 1: Wichura's AS241, PPND16, about 16 digits. */
double normal_quantile(double p);

/* Two-sided 95 %. */
#define NORMAL_95 1.959963984540054

/* The 95 % confidence interval of a probability after `hits` of `count` trials: Wilson's score
 * interval, which also holds when there are no hits or nothing else. Of no trials: 0 to 1. */
struct interval {
    double low, high;
};
struct interval wilson_interval(uint64_t hits, uint64_t count);
/* The same around a share that need not be a whole number of trials. */
struct interval wilson_interval_of(double share, uint64_t count);

#endif
