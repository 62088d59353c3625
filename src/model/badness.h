/* SPDX-License-Identifier: Apache-2.0
 *
 * The kernel's choice of a victim (mm/oom_kill.c): oom_badness, /proc/PID/oom_score, and which task
 * goes. Two generations: before 5.9 unsigned with a floor of 1, since then signed.
 */
#ifndef MODEL_BADNESS_H
#define MODEL_BADNESS_H

#include "base/str.h"

enum oom_kernel { OOM_KERNEL_4, OOM_KERNEL_5, OOM_KERNEL_5_9 };

struct oom_task {
    int64_t rss_pages, swap_pages, pgtable_bytes;
    int64_t adj;
    bool unkillable; /* kernel thread, pid 1, already reaped */
};
struct oom_points {
    int64_t points;
    bool never; /* not eligible */
};

/* From a version as uname gives it ("5.15.0-91-generic", "v1.2", ""): unknown = the newest. */
enum oom_kernel oom_kernel_of(struct str version);
/* total_pages: RAM + swap for a global OOM, the limit for a memory cgroup's. */
struct oom_points oom_badness(enum oom_kernel k, const struct oom_task *t, int64_t total_pages,
                              int64_t page_bytes);
/* /proc/PID/oom_score; total_pages is RAM + swap. */
int64_t oom_score(enum oom_kernel k, const struct oom_task *t, int64_t total_pages,
                  int64_t page_bytes);
/* Index of the task killed, in scan order; -1 = none can be; *ret_tie: others have as many points,
 * so that the order of the scan decides. */
ptrdiff_t oom_victim(enum oom_kernel k, const struct oom_task *tasks, size_t count,
                     int64_t total_pages, int64_t page_bytes, bool *ret_tie);

#endif
