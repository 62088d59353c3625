/* SPDX-License-Identifier: Apache-2.0
 *
 * The clock that only goes forward, and waiting with an end.
 */
#ifndef BASE_WAIT_H
#define BASE_WAIT_H

#include <stdatomic.h>

#include "base/defs.h"

/* Milliseconds of CLOCK_MONOTONIC, and since 1970. */
int64_t clock_ms(void);
int64_t clock_unix_ms(void);

#define WAIT_FOREVER INT64_MAX

struct wait {
    int64_t until_ms;        /* of clock_ms(), or WAIT_FOREVER */
    const atomic_bool *stop; /* true ends it; may be NULL */
};
/* From now; ms < 0: no end. */
struct wait wait_for(int64_t ms, const atomic_bool *stop);
/* The one that ends first, w or ms from now. */
struct wait wait_at_most(struct wait w, int64_t ms);
int64_t wait_left_ms(const struct wait *w);
/* Until the descriptor can do what events says (POLLIN, POLLOUT): 0, -ETIMEDOUT, -EINTR (stopped).
 * A descriptor in error counts as ready. fd < 0: only time passes. */
int wait_fd(const struct wait *w, int fd, short events) MUST_USE;
/* Sleeps: 0 when ms have passed, -ETIMEDOUT, -EINTR. */
int wait_sleep(const struct wait *w, int64_t ms) MUST_USE;

#endif
