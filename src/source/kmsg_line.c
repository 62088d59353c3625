/* SPDX-License-Identifier: Apache-2.0
 *
 * Reads the lines that mm/oom_kill.c and mm/memcontrol.c print. A comm may hold spaces, commas and
 * parentheses, so it is bounded by what must follow it, searched from the right.
 */
#include "source/kmsg_line.h"

/* PAGE_COUNTER_MAX of a 64-bit kernel with 4 KiB pages, in kB. */
#define UNLIMITED_KB INT64_C(9007199254740988)

/* ---- pieces of text ---- */

static bool take(struct str *s, const char *prefix)
{
    if (!str_starts(*s, prefix))
        return false;
    *s = str_sub(*s, strlen(prefix), s->n);
    return true;
}

static bool take_int(struct str *s, struct opt_int *ret)
{
    size_t n = s->n && s->p[0] == '-';
    int64_t v;
    while (n < s->n && s->p[n] >= '0' && s->p[n] <= '9')
        n++;
    if (str_to_int64(str_sub(*s, 0, n), &v))
        return false;
    *ret = (struct opt_int){.v = v, .set = true};
    *s = str_sub(*s, n, s->n);
    return true;
}

/* The last occurrence, or -1. */
static ptrdiff_t rfind(struct str s, const char *needle)
{
    size_t n = strlen(needle);
    for (size_t i = s.n >= n ? s.n - n + 1 : 0; i-- > 0;)
        if (memcmp(s.p + i, needle, n) == 0)
            return (ptrdiff_t)i;
    return -1;
}

/* The number right after the last `key`. */
static void find_int(struct str s, const char *key, struct opt_int *ret)
{
    ptrdiff_t i = rfind(s, key);
    if (i < 0)
        return;
    struct str rest = str_sub(s, (size_t)i + strlen(key), s.n);
    (void)take_int(&rest, ret);
}

/* What stands between the first `from` and the first `to` after it ("" = the end). */
static struct str between(struct str s, const char *from, const char *to)
{
    ptrdiff_t i = str_find(s, from);
    if (i < 0)
        return STR_NONE;
    struct str rest = str_sub(s, (size_t)i + strlen(from), s.n);
    ptrdiff_t end = *to ? str_find(rest, to) : (ptrdiff_t)rest.n;
    return end < 0 ? rest : str_sub(rest, 0, (size_t)end);
}

/* ---- the prefix that the log put before the message ---- */

/* "[62279.421192] " */
static bool take_uptime(struct str *s, struct kmsg_line *ret)
{
    struct str rest = *s;
    struct opt_int seconds = {0}, micros = {0};
    if (!take(&rest, "["))
        return false;
    while (take(&rest, " "))
        continue;
    if (!take_int(&rest, &seconds) || !take(&rest, "."))
        return false;
    size_t digits = rest.n;
    if (!take_int(&rest, &micros) || digits - rest.n != 6 || seconds.v > INT64_MAX / 1000000 - 1 ||
        !take(&rest, "]"))
        return false;
    (void)take(&rest, " ");
    ret->uptime_us = (struct opt_int){.v = seconds.v * 1000000 + micros.v, .set = true};
    *s = rest;
    return true;
}

/* "[Fri Oct  2 14:14:07 2026] " */
static bool take_wall(struct str *s, struct kmsg_line *ret)
{
    ptrdiff_t end = str_find(*s, "] ");
    if (s->n < 2 || s->p[0] != '[' || s->p[1] < 'A' || s->p[1] > 'Z' || end < 0)
        return false;
    struct str time = str_sub(*s, 1, (size_t)end);
    if (str_find_char(time, ':') < 0)
        return false;
    ret->wall = time;
    *s = str_sub(*s, (size_t)end + 2, s->n);
    return true;
}

/* "6,1234,62279421192,-;" of /dev/kmsg */
static bool take_record(struct str *s, struct kmsg_line *ret)
{
    struct str rest = *s;
    struct opt_int priority, sequence, micros;
    if (!take_int(&rest, &priority) || !take(&rest, ",") || !take_int(&rest, &sequence) ||
        !take(&rest, ",") || !take_int(&rest, &micros) || !take(&rest, ","))
        return false;
    ptrdiff_t end = str_find_char(rest, ';');
    if (end < 0)
        return false;
    ret->uptime_us = micros;
    *s = str_sub(rest, (size_t)end + 1, rest.n);
    return true;
}

static struct str strip_prefix(struct str s, struct kmsg_line *ret)
{
    if (take_record(&s, ret))
        return s;
    ptrdiff_t syslog = str_find(s, " kernel: ");
    if (syslog >= 0)
        s = str_sub(s, (size_t)syslog + 9, s.n);
    if (!take_uptime(&s, ret))
        (void)take_wall(&s, ret);
    return s;
}

/* ---- kinds of lines: each tries, and says whether it was one ---- */

/* "PID (comm)" with `end` after it. */
static bool read_process(struct str s, const char *end, struct kmsg_line *ret)
{
    if (!take_int(&s, &ret->pid) || !take(&s, " ("))
        return false;
    ptrdiff_t close = *end ? str_find(s, end) : -1;
    if (close < 0)
        close = str_rfind_char(s, ')');
    if (close < 0)
        return false;
    ret->comm = str_sub(s, 0, (size_t)close);
    return true;
}

/* What precedes "Kill process" and the like. */
static void read_scope(struct str before, struct kmsg_line *ret)
{
    if (str_find(before, "Memory cgroup out of memory") >= 0)
        ret->scope = OOM_SCOPE_MEMCG;
    else if (str_find(before, "Out of memory") >= 0)
        ret->scope = OOM_SCOPE_GLOBAL;
    ret->allocating_task = str_find(before, "oom_kill_allocating_task") >= 0;
}

static void read_rss(struct str s, struct kmsg_line *ret)
{
    find_int(s, "total-vm:", &ret->total_vm_kb);
    find_int(s, "anon-rss:", &ret->anon_rss_kb);
    find_int(s, "file-rss:", &ret->file_rss_kb);
    find_int(s, "shmem-rss:", &ret->shmem_rss_kb);
}

static bool read_start(struct str m, struct kmsg_line *ret)
{
    ptrdiff_t i = str_find(m, " invoked oom-killer:");
    if (i < 0)
        return false;
    ret->comm = str_sub(m, 0, (size_t)i);
    struct str rest = str_sub(m, (size_t)i, m.n);
    ret->gfp_mask = between(rest, "gfp_mask=", ",");
    ptrdiff_t names = str_find_char(ret->gfp_mask, '(');
    if (names >= 0)
        ret->gfp_mask.n = (size_t)names;
    find_int(rest, "order=", &ret->order);
    find_int(rest, "oom_score_adj=", &ret->oom_score_adj);
    return true;
}

static bool read_legacy(struct str m, struct kmsg_line *ret)
{
    static const char limit_of[] = " killed as a result of limit of ";
    ptrdiff_t i = str_find(m, limit_of);
    if (!str_starts(m, "Task in ") || i < 0)
        return false;
    ret->task_memcg = str_sub(m, 8, (size_t)i);
    ret->oom_memcg = str_sub(m, (size_t)i + sizeof(limit_of) - 1, m.n);
    return true;
}

static bool read_choice(struct str m, struct kmsg_line *ret)
{
    ptrdiff_t i = str_find(m, "Kill process ");
    if (i < 0 || !read_process(str_sub(m, (size_t)i + 13, m.n), ") score ", ret))
        return false;
    read_scope(str_sub(m, 0, (size_t)i), ret);
    find_int(m, ") score ", &ret->score);
    return ret->score.set;
}

static bool read_killed(struct str m, struct kmsg_line *ret)
{
    ptrdiff_t i = str_find(m, "Killed process ");
    if (i < 0 || !read_process(str_sub(m, (size_t)i + 15, m.n), ") total-vm:", ret))
        return false;
    read_scope(str_sub(m, 0, (size_t)i), ret);
    read_rss(m, ret);
    find_int(m, " UID:", &ret->uid);
    find_int(m, " pgtables:", &ret->pgtables_kb);
    find_int(m, " oom_score_adj:", &ret->oom_score_adj);
    return true;
}

static bool read_summary(struct str m, struct kmsg_line *ret)
{
    if (!str_starts(m, "oom-kill:constraint="))
        return false;
    ptrdiff_t pid = rfind(m, ",pid=");
    ptrdiff_t task = str_find(m, ",task=");
    if (pid < 0 || task < 0 || task + 6 > pid)
        return false;
    struct str head = str_sub(m, 0, (size_t)task);
    ret->constraint = between(head, "constraint=", ",");
    ret->comm = str_sub(m, (size_t)task + 6, (size_t)pid);
    find_int(m, ",pid=", &ret->pid);
    find_int(m, ",uid=", &ret->uid);
    ret->task_memcg = between(head, ",task_memcg=", "");
    ret->oom_memcg = between(head, ",oom_memcg=", ",task_memcg=");
    ret->scope = str_find(head, ",global_oom") >= 0 || !ret->oom_memcg.p ? OOM_SCOPE_GLOBAL
                                                                         : OOM_SCOPE_MEMCG;
    return true;
}

static bool read_usage(struct str m, struct kmsg_line *ret)
{
    ptrdiff_t i = str_find(m, ": usage ");
    if (i < 0 || str_find(m, "kB, limit ") < 0)
        return false;
    ret->what = str_sub(m, 0, (size_t)i);
    find_int(m, ": usage ", &ret->usage_kb);
    find_int(m, " limit ", &ret->limit_kb);
    find_int(m, " failcnt ", &ret->failcnt);
    ret->unlimited = ret->limit_kb.v >= UNLIMITED_KB;
    return ret->usage_kb.set;
}

static bool read_no_victim(struct str m, struct kmsg_line *ret)
{
    ret->fatal =
        str_starts(m, "Kernel panic") &&
        (str_find(m, "System is deadlocked on memory") >= 0 || str_find(m, "panic_on_oom") >= 0);
    return ret->fatal || str_find(m, "ut of memory and no killable processes") >= 0;
}

static bool read_skipped(struct str m, struct kmsg_line *ret)
{
    ptrdiff_t i = str_find(m, "OOM victim ");
    if (i < 0 || !read_process(str_sub(m, (size_t)i + 11, m.n), ") is already exiting", ret))
        return false;
    read_scope(str_sub(m, 0, (size_t)i), ret);
    return true;
}

static bool read_group(struct str m, struct kmsg_line *ret)
{
    ptrdiff_t i = str_find(m, " are going to be killed due to memory.oom.group set");
    if (!str_starts(m, "Tasks in ") || i < 0)
        return false;
    ret->memcg = str_sub(m, 9, (size_t)i);
    return true;
}

static bool read_reaped(struct str m, struct kmsg_line *ret)
{
    static const char prefix[] = "oom_reaper: reaped process ";
    if (!str_starts(m, prefix) ||
        !read_process(str_sub(m, sizeof(prefix) - 1, m.n), "), now ", ret))
        return false;
    read_rss(m, ret);
    return true;
}

/* ---- the table of tasks ---- */

/* The next word, without brackets. */
static struct str next_word(struct str *s)
{
    size_t i = 0;
    while (i < s->n && (s->p[i] == ' ' || s->p[i] == '[' || s->p[i] == ']'))
        i++;
    size_t end = i;
    while (end < s->n && s->p[end] != ' ' && s->p[end] != ']')
        end++;
    struct str word = str_sub(*s, i, end);
    *s = str_sub(*s, end, s->n);
    return word;
}

static bool read_header(struct str m, struct kmsg_line *ret)
{
    struct str rest = m;
    if (!str_starts(m, "[") || !str_is(next_word(&rest), "pid"))
        return false;
    ret->columns[ret->column_count++] = STR("pid");
    while (ret->column_count < KMSG_COLUMNS) {
        struct str word = next_word(&rest);
        if (!word.n)
            break;
        ret->columns[ret->column_count++] = word;
    }
    return true;
}

static struct opt_int *column_field(struct kmsg_line *l, struct str name)
{
    const struct {
        const char *name;
        struct opt_int *field;
    } fields[] = {
        {"pid", &l->pid},           {"uid", &l->uid},
        {"tgid", &l->tgid},         {"total_vm", &l->total_vm_pages},
        {"rss", &l->rss_pages},     {"pgtables_bytes", &l->pgtables_bytes},
        {"swapents", &l->swapents}, {"oom_score_adj", &l->oom_score_adj},
    };
    for (size_t i = 0; i < ARRAY_LEN(fields); i++)
        if (str_is(name, fields[i].name))
            return fields[i].field;
    return NULL;
}

static bool read_row(struct str m, const struct kmsg_line *header, struct kmsg_line *ret)
{
    static const struct str usual[] = {
        STR("pid"),      STR("uid"),           STR("tgid"),
        STR("total_vm"), STR("rss"),           STR("pgtables_bytes"),
        STR("swapents"), STR("oom_score_adj"), STR("name"),
    };
    const struct str *columns = header && header->column_count ? header->columns : usual;
    size_t count = header && header->column_count ? header->column_count : ARRAY_LEN(usual);
    struct str rest = m;
    if (!str_starts(m, "["))
        return false;
    for (size_t i = 0; i + 1 < count; i++) {
        struct str word = next_word(&rest);
        struct opt_int v, *field = column_field(ret, columns[i]);
        if (!take_int(&word, &v) || word.n)
            return false;
        if (field)
            *field = v;
    }
    ret->comm = str_trim(rest);
    return ret->comm.n > 0;
}

/* ---- all together ---- */

void kmsg_line_parse(struct str line, const struct kmsg_line *header, struct kmsg_line *ret)
{
    static const struct {
        bool (*read)(struct str message, struct kmsg_line *ret);
        enum kmsg_type type;
    } readers[] = {
        {read_killed, KMSG_KILLED},       {read_summary, KMSG_SUMMARY},
        {read_choice, KMSG_CHOICE},       {read_start, KMSG_START},
        {read_legacy, KMSG_LEGACY_MEMCG}, {read_usage, KMSG_USAGE},
        {read_skipped, KMSG_SKIPPED},     {read_group, KMSG_GROUP},
        {read_reaped, KMSG_REAPED},       {read_no_victim, KMSG_NO_VICTIM},
        {read_header, KMSG_TASK_HEADER},
    };
    struct kmsg_line clean = {0};
    clean.message = strip_prefix(line, &clean);
    for (size_t i = 0; i < ARRAY_LEN(readers); i++) {
        *ret = clean;
        if (readers[i].read(clean.message, ret)) {
            ret->type = readers[i].type;
            return;
        }
    }
    *ret = clean;
    if (read_row(clean.message, header, ret))
        ret->type = KMSG_TASK_ROW;
    else
        *ret = clean;
}
