/* SPDX-License-Identifier: Apache-2.0
 *
 * A leaky bucket that only remembers when it will be empty.
 */
#include "client/pace.h"

#include <time.h>

void pace_init(struct pace *p, int per_second, int burst, int most_at_once)
{
    pthread_condattr_t how;
    *p = (struct pace){0};
    p->interval_us = 1000000 / (per_second > 0 ? per_second : PACE_PER_SECOND);
    p->burst_us = p->interval_us * (burst > 0 ? burst : PACE_BURST);
    p->most_at_once = most_at_once > 0 ? most_at_once : PACE_AT_ONCE;
    pthread_mutex_init(&p->lock, NULL);
    pthread_condattr_init(&how);
    pthread_condattr_setclock(&how, CLOCK_MONOTONIC);
    pthread_cond_init(&p->freed, &how);
    pthread_condattr_destroy(&how);
}

void pace_done(struct pace *p)
{
    pthread_cond_destroy(&p->freed);
    pthread_mutex_destroy(&p->lock);
}

int pace_wait(struct pace *p, const struct wait *w, struct err *e)
{
    pthread_mutex_lock(&p->lock);
    int64_t now_us = clock_ms() * 1000;
    p->full_us = MAX(p->full_us, now_us) + p->interval_us;
    int64_t turn_ms = (p->full_us - p->burst_us - now_us) / 1000;
    pthread_mutex_unlock(&p->lock);
    int r = turn_ms > 0 ? wait_sleep(w, turn_ms) : 0;
    return r < 0 ? err_set(e, -r, "%s",
                           r == -EINTR ? "stopped" : "no time left after our own rate limit")
                 : 0;
}

int pace_enter(struct pace *p, const struct wait *w, struct err *e)
{
    int r = 0;
    pthread_mutex_lock(&p->lock);
    while (p->at_once >= p->most_at_once && r == 0) {
        struct wait slice = wait_at_most(*w, 100);
        struct timespec until = {.tv_sec = slice.until_ms / 1000,
                                 .tv_nsec = slice.until_ms % 1000 * 1000000};
        pthread_cond_timedwait(&p->freed, &p->lock, &until);
        if (w->stop && atomic_load(w->stop))
            r = err_set(e, EINTR, "stopped");
        else if (wait_left_ms(w) == 0)
            r = err_set(e, ETIMEDOUT, "no time left: %d other requests are under way", p->at_once);
    }
    p->at_once += r == 0;
    pthread_mutex_unlock(&p->lock);
    return r;
}

void pace_leave(struct pace *p)
{
    pthread_mutex_lock(&p->lock);
    p->at_once--;
    pthread_cond_signal(&p->freed);
    pthread_mutex_unlock(&p->lock);
}
