/* SPDX-License-Identifier: Apache-2.0
 *
 * oom_score_adj.json: pod and node memory -> range of oom_score_adj per container.
 */
#include "model/oom_score.h"

#include "fidelity.h"

static void check_list(struct check *k, const struct pod *p, const struct containers *list,
                       size_t *seen)
{
    const struct doc *want = at(k, "expect");
    for (size_t i = 0; i < list->count; i++) {
        const struct container *c = &list->items[i];
        const struct doc *range = NULL;
        for (const struct doc *d = want ? want->child : NULL; d && !range; d = d->next)
            if (str_eq(d->key, c->name))
                range = d;
        if (!range)
            continue;
        struct oom_adj adj = container_oom_adj(&p->spec, p, c, int_at(k, "memory_capacity"));
        int64_t low = 0, high = 0;
        if (range->count != 2 || str_to_int64(range->child->text, &low) ||
            str_to_int64(range->child->next->text, &high))
            fail(k, "the expected range is none");
        if (adj.min != adj.max || adj.min < low || adj.max > high)
            fail(k, STR_FMT ": expected %lld..%lld, got %d..%d", STR_ARG(c->name), (long long)low,
                 (long long)high, adj.min, adj.max);
        (*seen)++;
    }
}

static void oom_score_adj(struct check *k)
{
    struct pod p;
    size_t seen = 0;
    pod_at(k, "pod", &p);
    check_list(k, &p, &p.spec.containers, &seen);
    check_list(k, &p, &p.spec.init_containers, &seen);
    expect_int(k, "containers", is_null(at(k, "expect")) ? 0 : (int64_t)at(k, "expect")->count,
               (int64_t)seen);
}

const struct kind_check oom_score_adj_kinds[] = {
    {"oom_score_adj", oom_score_adj},
    {NULL, NULL},
};
