/* SPDX-License-Identifier: Apache-2.0
 *
 * How fast and how many at once: our own limit, so that a sick API server is not finished off by the
 * tool that is to find out why. 50 requests a second and 300 at first are what kubectl allows itself;
 * 300 pages are the pods of the largest clusters. What protects the server is the other limit: four
 * at once are less than the seats that API priority and fairness gives to one user's lists.
 */
#ifndef CLIENT_PACE_H
#define CLIENT_PACE_H

#include <pthread.h>

#include "base/err.h"
#include "base/wait.h"

enum { PACE_PER_SECOND = 50, PACE_BURST = 300, PACE_AT_ONCE = 4 };

struct pace {
    pthread_mutex_t lock;
    pthread_cond_t freed;
    int64_t interval_us, burst_us;
    int64_t full_us; /* when all of the burst will be there again */
    int most_at_once, at_once;
};

/* 0: the figures above. */
void pace_init(struct pace *p, int per_second, int burst, int most_at_once);
void pace_done(struct pace *p);
/* Waits for this request's turn. -ETIMEDOUT, -EINTR. */
int pace_wait(struct pace *p, const struct wait *w, struct err *e) MUST_USE;
/* Takes one of the places, given back by pace_leave(). */
int pace_enter(struct pace *p, const struct wait *w, struct err *e) MUST_USE;
void pace_leave(struct pace *p);

#endif
