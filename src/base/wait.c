/* SPDX-License-Identifier: Apache-2.0
 *
 * Waiting on poll(). A stop flag is looked at ten times a second: whoever sets it need not know the
 * threads that wait.
 */
#include "base/wait.h"

#include <poll.h>
#include <time.h>

enum { LOOK_AT_STOP_MS = 100 };

static int64_t read_clock(clockid_t id)
{
    struct timespec t;
    clock_gettime(id, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

int64_t clock_ms(void)
{
    return read_clock(CLOCK_MONOTONIC);
}

int64_t clock_unix_ms(void)
{
    return read_clock(CLOCK_REALTIME);
}

struct wait wait_for(int64_t ms, const atomic_bool *stop)
{
    int64_t until;
    if (ms < 0 || __builtin_add_overflow(clock_ms(), ms, &until))
        until = WAIT_FOREVER;
    return (struct wait){until, stop};
}

struct wait wait_at_most(struct wait w, int64_t ms)
{
    struct wait other = wait_for(ms, w.stop);
    return other.until_ms < w.until_ms ? other : w;
}

int64_t wait_left_ms(const struct wait *w)
{
    return w->until_ms == WAIT_FOREVER ? WAIT_FOREVER : MAX(0, w->until_ms - clock_ms());
}

static bool is_stopped(const struct wait *w)
{
    return w->stop && atomic_load_explicit(w->stop, memory_order_relaxed);
}

int wait_fd(const struct wait *w, int fd, short events)
{
    for (;;) {
        if (is_stopped(w))
            return -EINTR;
        int64_t left = wait_left_ms(w);
        int slice = (int)MIN(left, w->stop ? LOOK_AT_STOP_MS : 60000);
        struct pollfd p = {.fd = fd, .events = events};
        int n = poll(&p, 1, slice);
        if (n > 0)
            return 0;
        if (n < 0 && errno != EINTR)
            return -errno;
        if (n == 0 && left <= slice)
            return -ETIMEDOUT;
    }
}

int wait_sleep(const struct wait *w, int64_t ms)
{
    struct wait end = wait_at_most(*w, ms);
    bool cut_short = end.until_ms == w->until_ms;
    int r = wait_fd(&end, -1, 0);
    return r == -ETIMEDOUT && !cut_short ? 0 : r;
}
