/* SPDX-License-Identifier: Apache-2.0
 *
 * oom_badness() and select_bad_process() of mm/oom_kill.c. Kernel 5.9 (commit 9066e5cfb73c) made
 * the points signed, so that tasks below zero keep their order; before, all of them were 1.
 */
#include "model/badness.h"

enum { ADJ_NEVER = -1000 };

__extension__ typedef __int128 i128;

static int64_t clamp(i128 v)
{
    return v > INT64_MAX ? INT64_MAX : v < INT64_MIN + 1 ? INT64_MIN + 1 : (int64_t)v;
}

/* "5.15..." -> 5, 15. False if it does not begin with two numbers. */
static bool read_version(struct str s, int64_t *major, int64_t *minor)
{
    struct str rest, first = str_cut(s, '.', &rest);
    size_t n = 0;
    while (n < rest.n && rest.p[n] >= '0' && rest.p[n] <= '9')
        n++;
    return !str_to_int64(first, major) && !str_to_int64(str_sub(rest, 0, n), minor);
}

enum oom_kernel oom_kernel_of(struct str version)
{
    int64_t major, minor;
    if (!read_version(version, &major, &minor) || major > 5 || (major == 5 && minor >= 9))
        return OOM_KERNEL_5_9;
    return major == 5 ? OOM_KERNEL_5 : OOM_KERNEL_4;
}

struct oom_points oom_badness(enum oom_kernel k, const struct oom_task *t, int64_t total_pages,
                              int64_t page_bytes)
{
    if (t->unkillable || t->adj == ADJ_NEVER)
        return (struct oom_points){.never = true};
    i128 points = (i128)t->rss_pages + t->swap_pages + t->pgtable_bytes / page_bytes;
    points += (i128)t->adj * (total_pages / 1000);
    if (k != OOM_KERNEL_5_9 && points <= 0)
        points = 1;
    return (struct oom_points){.points = clamp(points)};
}

int64_t oom_score(enum oom_kernel k, const struct oom_task *t, int64_t total_pages,
                  int64_t page_bytes)
{
    struct oom_points b = oom_badness(k, t, total_pages, page_bytes);
    if (b.never || total_pages <= 0)
        return 0;
    i128 score = (i128)b.points * 1000 / total_pages;
    if (k == OOM_KERNEL_5_9)
        score = (1000 + score) * 2 / 3;
    return clamp(score);
}

/* Upstream's scan keeps the first of equals in 4.x and the last since 5.x. */
ptrdiff_t oom_victim(enum oom_kernel k, const struct oom_task *tasks, size_t count,
                     int64_t total_pages, int64_t page_bytes, bool *ret_tie)
{
    ptrdiff_t chosen = -1;
    int64_t best = 0;
    bool tie = false;
    for (size_t i = 0; i < count; i++) {
        struct oom_points b = oom_badness(k, &tasks[i], total_pages, page_bytes);
        if (b.never || (chosen >= 0 && b.points < best))
            continue;
        bool equal = chosen >= 0 && b.points == best;
        tie = equal;
        if (equal && k == OOM_KERNEL_4)
            continue;
        chosen = (ptrdiff_t)i;
        best = b.points;
    }
    if (ret_tie)
        *ret_tie = tie;
    return chosen;
}
