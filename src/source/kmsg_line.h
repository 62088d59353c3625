/* SPDX-License-Identifier: Apache-2.0
 *
 * One line of the kernel log, as far as it is about the OOM killer (4.x to 6.x). Bare text, dmesg,
 * dmesg -T, syslog and /dev/kmsg records are all read; continuation is the caller's business.
 */
#ifndef SOURCE_KMSG_LINE_H
#define SOURCE_KMSG_LINE_H

#include "model/object.h"

enum kmsg_type {
    KMSG_OTHER,
    KMSG_START,        /* "X invoked oom-killer": a report begins */
    KMSG_LEGACY_MEMCG, /* "Task in A killed as a result of limit of B", up to 4.20 */
    KMSG_CHOICE,       /* "Kill process 1 (x) score 9 or sacrifice child", up to 5.0 */
    KMSG_KILLED,       /* "Killed process": what to count */
    KMSG_SUMMARY,      /* "oom-kill:constraint=", since 5.0 */
    KMSG_USAGE,        /* "memory: usage 1kB, limit 2kB, failcnt 3"; also swap, memory+swap, kmem */
    KMSG_NO_VICTIM,    /* nothing to kill: a panic, or a warning for a memory cgroup */
    KMSG_SKIPPED,      /* the victim is exiting already */
    KMSG_GROUP,        /* memory.oom.group: all tasks of a cgroup go */
    KMSG_REAPED,       /* oom_reaper took the memory */
    KMSG_TASK_HEADER,  /* of the table of tasks */
    KMSG_TASK_ROW,
};
enum oom_scope { OOM_SCOPE_UNKNOWN, OOM_SCOPE_MEMCG, OOM_SCOPE_GLOBAL };
enum { KMSG_COLUMNS = 16 };

/* Fields that the line has; the rest is absent. Texts point into the line. */
struct kmsg_line {
    enum kmsg_type type;
    enum oom_scope scope;
    bool allocating_task; /* vm.oom_kill_allocating_task */
    bool fatal;           /* panic */
    bool unlimited;       /* usage: the limit is the kernel's "none" */
    struct str message;   /* without the log's prefix */
    struct str wall;      /* dmesg -T's time */
    struct opt_int uptime_us;
    struct str comm, gfp_mask, constraint, oom_memcg, task_memcg, memcg, what;
    struct opt_int pid, uid, tgid, order, score, oom_score_adj;
    struct opt_int total_vm_kb, anon_rss_kb, file_rss_kb, shmem_rss_kb, pgtables_kb;
    struct opt_int usage_kb, limit_kb, failcnt;
    struct opt_int total_vm_pages, rss_pages, pgtables_bytes, swapents;
    struct str columns[KMSG_COLUMNS];
    size_t column_count;
};
/* header: the KMSG_TASK_HEADER above a row, which names its columns; NULL = those of 4.19 to 6.7. */
void kmsg_line_parse(struct str line, const struct kmsg_line *header, struct kmsg_line *ret);

#endif
