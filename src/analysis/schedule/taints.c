/* SPDX-License-Identifier: Apache-2.0
 *
 * NodeUnschedulable and TaintToleration, filters and score, as upstream's
 * plugins/nodeunschedulable/node_unschedulable.go, plugins/tainttoleration/taint_toleration.go and
 * api core/v1/toleration.go. The comparison operators Gt and Lt of tolerations are behind a gate
 * that is off in 1.36: such a toleration matches nothing. What a pod tolerates does not depend on
 * other pods, so it is computed once per distinct list of tolerations.
 */
#include "analysis/schedule/internal.h"

bool toleration_tolerates(const struct toleration *t, const struct taint *taint)
{
    if (t->effect.n && !str_eq(t->effect, taint->effect))
        return false;
    if (t->key.n && !str_eq(t->key, taint->key))
        return false;
    if (t->op.n == 0 || str_is(t->op, "Equal"))
        return str_eq(t->value, taint->value);
    return str_is(t->op, "Exists");
}

bool toleration_compares(const struct toleration *t, const struct taint *taint)
{
    int64_t bound, value;
    bool more = str_is(t->op, "Gt");
    if (!more && !str_is(t->op, "Lt"))
        return toleration_tolerates(t, taint);
    if ((t->effect.n && !str_eq(t->effect, taint->effect)) ||
        (t->key.n && !str_eq(t->key, taint->key)))
        return false;
    if (str_to_int64(t->value, &bound) < 0 || str_to_int64(taint->value, &value) < 0)
        return false;
    return more ? value > bound : value < bound;
}

struct how {
    bool prefer_only; /* tolerations of PreferNoSchedule or of any effect */
    bool compares;
};

static bool tolerated(const struct tolerations *list, const struct taint *taint, struct how how)
{
    for (size_t i = 0; i < list->count; i++) {
        const struct toleration *t = &list->items[i];
        if (how.prefer_only && t->effect.n && !str_is(t->effect, "PreferNoSchedule"))
            continue;
        if (how.compares ? toleration_compares(t, taint) : toleration_tolerates(t, taint))
            return true;
    }
    return false;
}

bool taints_untolerated(const struct node *n, const struct tolerations *t, bool compares)
{
    for (size_t i = 0; i < n->taints.count; i++) {
        const struct taint *taint = &n->taints.items[i];
        bool hard = str_is(taint->effect, "NoSchedule") || str_is(taint->effect, "NoExecute");
        if (hard && !tolerated(t, taint, (struct how){.compares = compares}))
            return true;
    }
    return false;
}

/* PreferNoSchedule taints that are not tolerated: the raw score. */
static int32_t taints_preferred(const struct node *n, const struct tolerations *t, bool compares)
{
    int32_t count = 0;
    for (size_t i = 0; i < n->taints.count; i++) {
        const struct taint *taint = &n->taints.items[i];
        count += str_is(taint->effect, "PreferNoSchedule") &&
                 !tolerated(t, taint, (struct how){true, compares});
    }
    return count;
}

static enum sched_reason node_reason(const struct node *n, const struct tolerations *t,
                                     bool compares)
{
    static const struct taint cordon = {
        .key = {"node.kubernetes.io/unschedulable", 32},
        .effect = {"NoSchedule", 10},
    };
    if (n->unschedulable && !tolerated(t, &cordon, (struct how){.compares = compares}))
        return REASON_UNSCHEDULABLE;
    return taints_untolerated(n, t, compares) ? REASON_TAINT : REASON_NONE;
}

static void taint_view_make(struct schedule *s, struct taint_view *v)
{
    const struct tolerations *t = v->of;
    v->reject = arena_array(s->a, uint8_t, s->node_count);
    v->untainted = arena_array(s->a, uint8_t, s->node_count);
    v->prefer = arena_array(s->a, int32_t, s->node_count);
    bool any_reject = false, any_prefer = false;
    for (uint32_t n = 0; n < s->node_count; n++) {
        v->reject[n] = (uint8_t)node_reason(s->nodes[n], t, s->compares_taints);
        v->untainted[n] = !taints_untolerated(s->nodes[n], t, s->compares_taints);
        v->prefer[n] = taints_preferred(s->nodes[n], t, s->compares_taints);
        any_reject |= v->reject[n] != 0;
        any_prefer |= v->prefer[n] != 0;
    }
    if (!any_reject)
        v->reject = NULL;
    if (!any_prefer)
        v->prefer = NULL;
}

uint32_t taint_view_of(struct schedule *s, const struct tolerations *t)
{
    uint64_t *w = arena_array(&s->scratch, uint64_t, 1 + 4 * t->count);
    size_t n = 0;
    w[n++] = 'L';
    for (size_t i = 0; i < t->count; i++) {
        w[n++] = name_of(s, t->items[i].key);
        w[n++] = name_of(s, t->items[i].op);
        w[n++] = name_of(s, t->items[i].value);
        w[n++] = name_of(s, t->items[i].effect);
    }
    bool is_new;
    uint32_t id = key_index(s, w, n, (uint32_t)s->taint_views.count, &is_new);
    if (is_new) {
        struct taint_view *v = arena_new(s->a, struct taint_view);
        v->of = t;
        *PUSH(s->a, &s->taint_views) = v;
    }
    return id;
}

const struct taint_view *taint_view_made(struct schedule *s, uint32_t view)
{
    if (view == NO_INDEX)
        return NULL;
    struct taint_view *v = s->taint_views.items[view];
    if (!v->made)
        taint_view_make(s, v);
    v->made = true;
    return v;
}
