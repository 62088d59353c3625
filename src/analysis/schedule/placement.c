/* SPDX-License-Identifier: Apache-2.0
 *
 * One pod's placement in full.
 */
#include "analysis/schedule/placement.h"

#include "analysis/schedule/internal.h"

static int shortage_order(const void *a, const void *b)
{
    const struct shortage *x = a, *y = b;
    if (x->nodes != y->nodes)
        return x->nodes > y->nodes ? -1 : 1;
    return str_cmp(x->reason, y->reason);
}

static void shortage_add(struct placement *p, struct str reason)
{
    for (size_t i = 0; i < p->shortage_count; i++) {
        if (str_eq(p->shortages[i].reason, reason)) {
            p->shortages[i].nodes++;
            return;
        }
    }
    if (p->shortage_count < (size_t)REASON_COUNT + RES_MAX)
        p->shortages[p->shortage_count++] = (struct shortage){reason, 1};
}

static void shortages_make(struct schedule *s, const struct verdict *v, struct arena *a,
                           struct placement *p)
{
    p->shortages = arena_array(a, struct shortage, (size_t)REASON_COUNT + RES_MAX);
    p->shortages_of_pod = v->prefilter.reason.n > 0;
    if (p->shortages_of_pod)
        shortage_add(p, v->prefilter.reason);
    for (uint32_t n = 0; v->nodes && n < s->node_count; n++) {
        struct str *reasons;
        size_t count = s->on[n] ? schedule_reasons(s, &v->nodes[n], a, &reasons) : 0;
        for (size_t i = 0; i < count; i++)
            shortage_add(p, reasons[i]);
    }
    qsort(p->shortages, p->shortage_count, sizeof(*p->shortages), shortage_order);
}

/* Binds clone after clone until none fits, then takes them all away again. */
static void capacity_make(struct schedule *s, uint32_t pod, struct arena *a, struct placement *p)
{
    uint32_t first = schedule_pod_count(s);
    size_t settled = schedule_assumed_volumes(s);
    struct verdict last;
    p->capacity_known = true;
    for (;;) {
        uint32_t clone = schedule_clone_pod(s, pod);
        int32_t node = schedule_place(s, clone);
        if (node == NO_NODE) {
            schedule_explain(s, clone, a, &last);
            shortages_make(s, &last, a, p);
            break;
        }
        schedule_assume_volumes(s, clone, (uint32_t)node);
        schedule_bind(s, clone, (uint32_t)node);
        p->capacity++;
    }
    schedule_forget_volumes(s, settled);
    for (uint32_t i = 0; i < p->capacity; i++)
        schedule_unbind(s, first + i);
    schedule_forget_clones(s, first);
}

void placement_make(struct schedule *s, uint32_t pod, bool capacity, struct arena *a,
                    struct placement *ret)
{
    *ret = (struct placement){.pod = pod, .bound_node = schedule_pod_node(s, pod)};
    ret->gated = schedule_pod_gated(s, pod);
    ret->claims_devices = schedule_pod(s, pod)->spec.resource_claims.count > 0;
    ret->nominated_node = schedule_nominated_node(s, pod);
    ret->was_bound = ret->bound_node != NO_NODE;
    if (ret->was_bound)
        schedule_unbind(s, pod);
    schedule_explain(s, pod, a, &ret->verdict);
    if (ret->verdict.feasible_count == 0) {
        ret->preemption_tried = true;
        schedule_preempt(s, &ret->verdict, a, &ret->preemption);
    }
    if (ret->was_bound)
        schedule_bind(s, pod, (uint32_t)ret->bound_node);
    if (capacity)
        capacity_make(s, pod, a, ret);
}
