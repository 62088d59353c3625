/* SPDX-License-Identifier: Apache-2.0
 *
 * One pod's placement in full, and refusals in words. The reason is the scheduler's; what follows
 * the colon is taken from the state and the pod.
 */
#include "analysis/schedule/placement.h"

#include "analysis/schedule/internal.h"
#include "base/text.h"

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
    if (v->prefilter.reason.n)
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

/* ---- words ---- */

static void add_amount(struct buf *b, uint32_t resource, int64_t v)
{
    if (resource == RES_CPU)
        text_add_milli(b, v);
    else if (resource == RES_MEMORY || resource == RES_EPHEMERAL)
        text_add_bytes(b, v);
    else
        buf_printf(b, "%lld", (long long)v);
}

static void add_lacking(const struct schedule *s, uint32_t pod, uint32_t node, uint64_t lacking,
                        struct buf *b)
{
    bool first = true;
    for (uint32_t r = 0; r < s->resource_count; r++) {
        if (!(lacking >> r & 1))
            continue;
        int64_t has = s->allocatable[r][node], used = s->used[r][node];
        if (!first)
            buf_add_cstr(b, "; ");
        first = false;
        if (r == RES_PODS) {
            buf_printf(b, "Too many pods: %lld of %lld", (long long)used, (long long)has);
            continue;
        }
        buf_printf(b, "Insufficient " STR_FMT ": needs ", STR_ARG(schedule_resource_name(s, r)));
        add_amount(b, r, schedule_pod_request(s, pod, r));
        buf_add_cstr(b, ", ");
        add_amount(b, r, MAX(has - used, 0));
        buf_add_cstr(b, " free of ");
        add_amount(b, r, has);
    }
}

static void add_taint(const struct schedule *s, uint32_t pod, uint32_t node, struct buf *b)
{
    const struct tolerations *t = &schedule_pod(s, pod)->spec.tolerations;
    struct node one = {0};
    for (size_t i = 0; i < s->nodes[node]->taints.count; i++) {
        struct taint *taint = &s->nodes[node]->taints.items[i];
        one.taints.items = taint;
        one.taints.count = 1;
        if (!taints_untolerated(&one, t, s->compares_taints))
            continue;
        buf_printf(b, ": " STR_FMT "%s" STR_FMT ":" STR_FMT, STR_ARG(taint->key),
                   taint->value.n ? "=" : "", STR_ARG(taint->value), STR_ARG(taint->effect));
        return;
    }
}

/* The first label of the nodeSelector that differs; affinity terms are not taken apart. */
static void add_selector(const struct schedule *s, uint32_t pod, uint32_t node, struct buf *b)
{
    const struct labels *want = &schedule_pod(s, pod)->spec.node_selector;
    for (size_t i = 0; i < want->count; i++) {
        const struct label *have = labels_find(&s->nodes[node]->o.labels, want->items[i].key);
        if (have && str_eq(have->value, want->items[i].value))
            continue;
        buf_printf(b, ": wants " STR_FMT "=" STR_FMT ", ", STR_ARG(want->items[i].key),
                   STR_ARG(want->items[i].value));
        if (have)
            buf_printf(b, "is " STR_FMT, STR_ARG(have->value));
        else
            buf_add_cstr(b, "has no such label");
        return;
    }
}

static void add_ports(const struct schedule *s, uint32_t pod, uint32_t node, struct buf *b)
{
    const struct port_list *want = &s->classes.items[s->pods.items[pod].class_].ports;
    for (size_t i = 0; i < want->count; i++) {
        struct port_list one = {&want->items[i], 1, 1};
        if (ports_conflict(s, &one, &s->ports[node])) {
            buf_printf(b, ": %d/" STR_FMT " is taken", want->items[i].port,
                       STR_ARG(s->texts.items[want->items[i].protocol]));
            return;
        }
    }
}

static void add_spread(const struct schedule *s, uint32_t pod, uint32_t node, struct buf *b)
{
    const struct view *v = s->classes.items[s->pods.items[pod].class_].view;
    for (uint32_t i = 0; v && i < v->hard_count; i++) {
        const struct hard_spread *h = &v->hard[i];
        const struct topo *t = &s->topos.items[h->topo];
        struct counter *c = &s->counters.items[h->counter];
        struct str key = s->texts.items[t->key];
        int32_t value = t->value[node];
        if (value < 0) {
            buf_printf(b, ": no label " STR_FMT, STR_ARG(key));
            return;
        }
        int32_t min = c->domains < (uint32_t)MAX(h->min_domains, 0) ? 0 : counter_min(s, c);
        if (counter_count(c, value) + h->self - min <= h->max_skew)
            continue;
        const struct label *l = labels_find(&s->nodes[node]->o.labels, key);
        buf_printf(b, ": " STR_FMT "=" STR_FMT " has %d, the least is %d, maxSkew %d", STR_ARG(key),
                   STR_ARG(l->value), counter_count(c, value), min, h->max_skew);
        return;
    }
}

static const char nominated_note[] =
    " (it would fit but for pods that preemption has made room for there)";

/* "ebs.csi.aws.com attaches 25 at most". */
static void add_limits(const struct schedule *s, uint32_t pod, uint32_t node, struct buf *b)
{
    const struct class_ *c = &s->classes.items[s->pods.items[pod].class_];
    const char *between = ": ";
    for (size_t i = 0; i < s->limits[node].drivers.count; i++) {
        const struct driver_limit *d = &s->limits[node].drivers.items[i];
        bool wanted = false;
        for (size_t k = 0; k < c->attached.count; k++)
            wanted |= c->attached.items[k].driver == d->driver;
        if (!wanted)
            continue;
        buf_printf(b, "%s" STR_FMT " attaches %lld at most", between,
                   STR_ARG(s->texts.items[d->driver]), (long long)d->most);
        between = ", ";
    }
}

/* The scheduler counts nodes ("node(s) had ..."); here it is one. */
static const char *reason_of_one(enum sched_reason r)
{
    if (r == REASON_UNSCHEDULABLE)
        return "is cordoned (unschedulable)";
    if (r == REASON_TAINT)
        return "has an untolerated taint";
    if (r == REASON_VOLUME_LIMIT)
        return "exceeds its max volume count";
    const char *text = reason_text(r);
    return str_starts(str_of(text), "node(s) ") ? text + 8 : text;
}

struct str refusal_text(const struct schedule *s, uint32_t pod, uint32_t node,
                        const struct node_verdict *v, struct arena *a)
{
    struct buf text CLEANUP(buf_done);
    buf_init(&text, 16 * KIB);
    if (v->reason == REASON_RESOURCES) {
        add_lacking(s, pod, node, v->lacking, &text);
        if (v->for_nominated)
            buf_add_cstr(&text, nominated_note);
        return arena_str(a, buf_str(&text));
    }
    buf_add_cstr(&text, reason_of_one(v->reason));
    if (v->reason == REASON_TAINT)
        add_taint(s, pod, node, &text);
    else if (v->reason == REASON_NODE_AFFINITY)
        add_selector(s, pod, node, &text);
    else if (v->reason == REASON_PORTS)
        add_ports(s, pod, node, &text);
    else if (v->reason == REASON_SPREAD || v->reason == REASON_SPREAD_LABEL)
        add_spread(s, pod, node, &text);
    else if (v->reason == REASON_VOLUME_LIMIT)
        add_limits(s, pod, node, &text);
    if (v->for_nominated)
        buf_add_cstr(&text, nominated_note);
    return arena_str(a, buf_str(&text));
}
