/* SPDX-License-Identifier: Apache-2.0
 *
 * kmsg.json: the kernel's OOM lines, and whom it chooses.
 */
#include "fidelity.h"
#include "model/badness.h"
#include "model/cgroup.h"
#include "source/kmsg_line.h"

/* ---- lines ---- */

static const char *const scopes[] = {NULL, "memcg", "global"};

static struct str text_or_none(const char *s)
{
    return s ? str_of(s) : STR_NONE;
}

/* Where the limit was that was hit. */
static const char *limit_scope(struct check *k, const struct kmsg_line *l)
{
    struct cgroup_owner o;
    cgroup_owner_of(k->a, l->oom_memcg, &o);
    if (l->scope == OOM_SCOPE_GLOBAL)
        return "node";
    if (o.container_id.n)
        return "container";
    if (o.pod_uid.n)
        return "pod";
    return o.in_kubepods ? o.qos_known ? "qos" : "kubepods" : "other";
}

static struct str owner_field(struct check *k, const struct kmsg_line *l, struct str name)
{
    struct cgroup_owner o;
    cgroup_owner_of(k->a, l->memcg.p ? l->memcg : l->task_memcg, &o);
    if (str_is(name, "pod_uid"))
        return o.pod_uid;
    if (str_is(name, "container_id"))
        return o.container_id;
    if (str_is(name, "runtime"))
        return text_or_none(o.runtime);
    static const char *const lower[] = {"besteffort", "burstable", "guaranteed"};
    return o.qos_known ? str_of(lower[o.qos]) : STR_NONE;
}

static const struct opt_int *number_field(const struct kmsg_line *l, struct str name)
{
    const struct {
        const char *name;
        const struct opt_int *v;
    } fields[] = {
        {"pid", &l->pid},
        {"uid", &l->uid},
        {"tgid", &l->tgid},
        {"order", &l->order},
        {"score", &l->score},
        {"oom_score_adj", &l->oom_score_adj},
        {"total_vm_kb", &l->total_vm_kb},
        {"anon_rss_kb", &l->anon_rss_kb},
        {"file_rss_kb", &l->file_rss_kb},
        {"shmem_rss_kb", &l->shmem_rss_kb},
        {"pgtables_kb", &l->pgtables_kb},
        {"usage_kb", &l->usage_kb},
        {"limit_kb", &l->limit_kb},
        {"failcnt", &l->failcnt},
        {"total_vm_pages", &l->total_vm_pages},
        {"rss_pages", &l->rss_pages},
        {"pgtables_bytes", &l->pgtables_bytes},
        {"swapents", &l->swapents},
    };
    for (size_t i = 0; i < ARRAY_LEN(fields); i++)
        if (str_is(name, fields[i].name))
            return fields[i].v;
    return NULL;
}

static struct str text_field(struct check *k, const struct kmsg_line *l, struct str name)
{
    const struct {
        const char *name;
        struct str v;
    } fields[] = {
        {"comm", l->comm},
        {"gfp_mask", l->gfp_mask},
        {"constraint", l->constraint},
        {"oom_memcg", l->oom_memcg},
        {"task_memcg", l->task_memcg},
        {"memcg", l->memcg},
        {"wall", l->wall},
        {"scope", text_or_none(scopes[l->scope])},
    };
    for (size_t i = 0; i < ARRAY_LEN(fields); i++)
        if (str_is(name, fields[i].name))
            return fields[i].v;
    if (str_is(name, "limit_scope"))
        return str_of(limit_scope(k, l));
    return owner_field(k, l, name);
}

/* -1 = no such field. */
static int bool_field(const struct kmsg_line *l, struct str name)
{
    if (str_is(name, "fatal"))
        return l->fatal;
    if (str_is(name, "unlimited"))
        return l->unlimited;
    if (str_is(name, "allocating_task"))
        return l->allocating_task;
    if (str_is(name, "killed"))
        return l->type == KMSG_KILLED;
    if (str_is(name, "global"))
        return l->scope == OOM_SCOPE_GLOBAL;
    return -1;
}

static void expect_field(struct check *k, const struct doc *want, const struct kmsg_line *l)
{
    struct str name = arena_str(k->a, want->key);
    const struct opt_int *number = number_field(l, name);
    int yes = bool_field(l, name);
    if (str_is(name, "columns")) {
        struct str_list list, got = {0};
        strings_of_doc(k, want, &list);
        for (size_t i = 0; i < l->column_count; i++)
            *PUSH(k->a, &got) = l->columns[i];
        expect_strings(k, "columns", &list, &got);
    } else if (str_is(name, "uptime_s")) {
        double seconds = 0;
        (void)!str_to_double(want->text, &seconds);
        expect_int(k, "uptime", (int64_t)(seconds * 1e6 + 0.5), l->uptime_us.v);
    } else if (number) {
        expect_bool(k, name.p, !is_null(want), number->set);
        expect_opt(k, name.p, want, *number);
    } else if (yes >= 0) {
        expect_bool(k, name.p, str_is(want->text, "true"), yes);
    } else {
        expect_text(k, name.p, is_null(want) ? STR_NONE : want->text, text_field(k, l, name));
    }
}

static void line(struct check *k)
{
    struct kmsg_line l;
    kmsg_line_parse(text_at(k, "line"), NULL, &l);
    if (l.type == KMSG_OTHER)
        fail(k, "the line is not known");
    const struct doc *want = at(k, "expect");
    for (const struct doc *d = want ? want->child : NULL; d; d = d->next)
        expect_field(k, d, &l);
}

/* ---- badness ---- */

static enum oom_kernel kernel_of(struct str range)
{
    return str_starts(range, "<5.9") ? OOM_KERNEL_5
           : str_starts(range, "<")  ? OOM_KERNEL_4
                                     : OOM_KERNEL_5_9;
}

static void read_task(const struct doc *d, struct oom_task *ret)
{
    *ret = (struct oom_task){.rss_pages = doc_int(d, "rss", 0),
                             .swap_pages = doc_int(d, "swap", 0),
                             .pgtable_bytes = doc_int(d, "pgtables", 0),
                             .adj = doc_int(d, "adj", 0)};
}

/* A kernel's report tells the tasks and the victim, not the points: expect_points may be absent. */
static void badness(struct check *k)
{
    const struct doc *list = at(k, "tasks"), *points = at(k, "expect_points");
    struct oom_task *tasks = arena_array(k->a, struct oom_task, list->count);
    enum oom_kernel kernel = kernel_of(text_at(k, "kernel"));
    int64_t total = int_at(k, "totalpages");
    size_t n = 0;
    const struct doc *want = points ? points->child : NULL;
    for (const struct doc *d = list->child; d; d = d->next, want = want ? want->next : NULL) {
        struct oom_task *t = &tasks[n++];
        read_task(d, t);
        if (!points)
            continue;
        struct oom_points got = oom_badness(kernel, t, total, 4096);
        struct str name = arena_str(k->a, doc_text(d, "name"));
        expect_bool(k, name.p, is_null(want), got.never);
        if (!got.never)
            expect_opt(k, name.p, want, (struct opt_int){.v = got.points, .set = true});
    }
    bool tie;
    ptrdiff_t victim = oom_victim(kernel, tasks, n, total, 4096, &tie);
    const struct doc *d = list->child;
    for (ptrdiff_t i = 0; d && i < victim; i++)
        d = d->next;
    if (is_null(at(k, "expect_victim"))) /* the order of the scan decides */
        expect_bool(k, "undetermined", true, victim < 0 || tie);
    else
        expect_text(k, "victim", text_at(k, "expect_victim"),
                    victim < 0 ? STR("none") : doc_text(d, "name"));
}

/* /proc/PID/oom_score of one task. */
static void proc_score(struct check *k)
{
    struct oom_task t;
    read_task(at(k, "task"), &t);
    expect_int(k, "oom_score", int_at(k, "expect"),
               oom_score(kernel_of(text_at(k, "kernel")), &t, int_at(k, "totalpages"), 4096));
}

const struct kind_check kmsg_kinds[] = {
    {"badness", badness},   {"choice", line},   {"group", line},           {"killed", line},
    {"legacy_memcg", line}, {"nokill", line},   {"oom_score", proc_score}, {"prefix", line},
    {"reaped", line},       {"skip", line},     {"start", line},           {"summary", line},
    {"task_header", line},  {"task_row", line}, {"usage", line},           {NULL, NULL},
};
