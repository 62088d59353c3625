/* SPDX-License-Identifier: Apache-2.0
 *
 * kmsg.json: the kernel's OOM lines, and whom it chooses.
 */
#include "fidelity.h"
#include "model/badness.h"

static enum oom_kernel kernel_of(struct str range)
{
    return str_starts(range, "<5.9") ? OOM_KERNEL_5
           : str_starts(range, "<")  ? OOM_KERNEL_4
                                     : OOM_KERNEL_5_9;
}

static void badness(struct check *k)
{
    const struct doc *list = at(k, "tasks"), *points = at(k, "expect_points");
    struct oom_task *tasks = arena_array(k->a, struct oom_task, list->count);
    enum oom_kernel kernel = kernel_of(text_at(k, "kernel"));
    int64_t total = int_at(k, "totalpages");
    size_t n = 0;
    const struct doc *want = points->child;
    for (const struct doc *d = list->child; d; d = d->next, want = want ? want->next : NULL) {
        struct oom_task *t = &tasks[n++];
        t->rss_pages = doc_int(d, "rss", 0);
        t->swap_pages = doc_int(d, "swap", 0);
        t->pgtable_bytes = doc_int(d, "pgtables", 0);
        t->adj = doc_int(d, "adj", 0);
        struct oom_points got = oom_badness(kernel, t, total, 4096);
        struct str name = arena_str(k->a, doc_text(d, "name"));
        expect_bool(k, name.p, is_null(want), got.never);
        if (!got.never)
            expect_opt(k, name.p, want, (struct opt_int){.v = got.points, .set = true});
    }
    bool tie;
    ptrdiff_t victim = oom_victim(kernel, tasks, n, total, 4096, &tie);
    const struct doc *d = list->child;
    for (ptrdiff_t i = 0; i < victim; i++)
        d = d->next;
    if (is_null(at(k, "expect_victim"))) /* the order of the scan decides */
        expect_bool(k, "undetermined", true, victim < 0 || tie);
    else
        expect_text(k, "victim", text_at(k, "expect_victim"),
                    victim < 0 ? STR("none") : doc_text(d, "name"));
}

const struct kind_check kmsg_kinds[] = {
    {"badness", badness},
    {NULL, NULL},
};
