/* SPDX-License-Identifier: Apache-2.0
 *
 * Some jobs, by a few threads, in order of their numbers.
 */
#ifndef SOURCE_PARALLEL_H
#define SOURCE_PARALLEL_H

#include <stddef.h>

#include "base/defs.h"

/* Calls job(ctx, i) for i from 0 to count - 1, by up to `threads` threads, this one included. Returns
 * when all have ended: 0, or the first negative result, after which no further job begins. Out of
 * memory in a job is -ENOMEM. */
int parallel_run(int (*job)(void *ctx, size_t i), void *ctx, size_t count,
                 unsigned threads) MUST_USE;

#endif
