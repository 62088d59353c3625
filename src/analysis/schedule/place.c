/* SPDX-License-Identifier: Apache-2.0
 *
 * The decision of schedule_explain without its detail, made fast. What a class gets from each node
 * alone (static filters, ports, resources and their scores) is kept with the class and renewed for
 * the nodes that have changed since; what depends on other pods is read off the counters, plugin by
 * plugin over all nodes. The tests hold it against the plain cycle.
 */
#include "analysis/schedule/place_work.h"

static struct work *work_of(struct schedule *s)
{
    if (s->work)
        return s->work;
    struct work *w = s->work = arena_new(s->a, struct work);
    w->ok = arena_array(s->a, uint8_t, s->node_count);
    w->total = arena_array(s->a, int32_t, s->node_count);
    w->raw = arena_array(s->a, int32_t, s->node_count);
    w->sum = arena_array(s->a, double, s->node_count);
    w->allowed = arena_array(s->a, uint8_t, (size_t)s->node_count + 1);
    w->seen = arena_array(s->a, uint32_t, (size_t)s->node_count + 1);
    return w;
}

/* ---- what a node alone decides ---- */

bool is_refused(const struct schedule *s, const struct view *v, uint32_t node)
{
    return !s->on[node] || s->closed[node] || (s->enforced && s->enforced[node]) ||
           (v->features & ~s->features[node]) || (v->taints->reject && v->taints->reject[node]) ||
           (v->need && (!v->need->match[node] || (v->need->named && !v->need->named[node])));
}

static int16_t node_base(struct schedule *s, const struct class_ *c, const struct view *v,
                         uint32_t node)
{
    uint8_t code;
    if (is_refused(s, v, node))
        return UNFIT;
    if (c->ports.count && ports_conflict(s, &c->ports, &s->ports[node]))
        return UNFIT;
    if (fit_lacking(s, c, node, NULL, &code))
        return UNFIT;
    if (v->volumes && (v->volumes->reject[node] || disks_refuse(s, c, node)))
        return UNFIT;
    int64_t score = plugin_weight(PLUGIN_NODE_RESOURCES_FIT) * score_least(s, c, node);
    if (c->request[RES_CPU] || c->request[RES_MEMORY])
        score += plugin_weight(PLUGIN_BALANCED_ALLOCATION) * score_balanced(s, c, node);
    return (int16_t)score;
}

static void base_fill(struct schedule *s, const struct class_ *c, const struct view *v)
{
    for (uint32_t n = 0; n < s->node_count; n++)
        v->base[n] = node_score(s, c, v, n);
}

int16_t node_score(struct schedule *s, const struct class_ *c, const struct view *v, uint32_t node)
{
    if (!class_is_usual(s, c, v) || !node_is_usual(s, node))
        return node_base(s, c, v, node);
    return is_refused(s, v, node) ? UNFIT : usual_score(s, c, node);
}

/* What rewinding has to put back is noted as it changes. */
static void base_set(struct schedule *s, const struct class_ *c, struct view *v, uint32_t node)
{
    int16_t now = node_score(s, c, v, node);
    if (now == v->base[node])
        return;
    if (s->marked)
        *PUSH(s->a, &s->undo) = (struct undo){v, node, v->base[node]};
    v->base[node] = now;
}

static void base_refresh(struct schedule *s, const struct class_ *c, struct view *v)
{
    uint64_t kept_from = s->log_count > s->log_size ? s->log_count - s->log_size : 0;
    bool all = !v->base || v->stale || v->seen < MAX(kept_from, s->log_from);
    if (s->marked && !v->used) {
        v->used = true;
        v->seen_unmarked = v->seen;
        *PUSH(s->a, &s->used_views) = (struct used_view){c, v};
    }
    if (all) {
        if (!v->base)
            v->base = arena_array(s->a, int16_t, s->node_count);
        base_fill(s, c, v);
        v->stale = false;
        /* Made in the middle of a what-if: it was not there before, so there is no undoing. */
        v->remade = s->marked;
    }
    for (uint64_t i = v->seen; !all && i < s->log_count; i++)
        base_set(s, c, v, s->log[i & (s->log_size - 1)]);
    v->seen = s->log_read = s->log_count;
}

/* Nothing but the node itself counts, and no score is normalised over the nodes. */
static bool is_plain(const struct schedule *s, const struct view *v)
{
    for (size_t i = 0; i < v->existing_anti.count; i++) {
        if (s->counters.items[v->existing_anti.items[i].counter].matches)
            return false;
    }
    for (size_t i = 0; i < v->score.count; i++) {
        if (s->counters.items[v->score.items[i].counter].matches)
            return false;
    }
    return !v->hard_count && !v->soft_count && !v->affinity.count && !v->anti.count && !v->wish &&
           !v->taints->prefer;
}

/* The node of the highest total, first by name. */
static int32_t pick_plain(const struct schedule *s, const struct view *v)
{
    const int16_t *base = v->base;
    int16_t max = UNFIT;
    int32_t best = NO_NODE;
    if (v->image->score) {
        int total_max = UNFIT;
        for (uint32_t n = 0; n < s->node_count; n++) {
            int total = base[n] == UNFIT ? UNFIT : base[n] + v->image->score[n];
            if (total > total_max ||
                (total == total_max && best >= 0 && s->name_rank[n] < s->name_rank[best])) {
                total_max = total;
                best = (int32_t)n;
            }
        }
        return best;
    }
    for (uint32_t n = 0; n < s->node_count; n++)
        max = MAX(max, base[n]);
    if (max == UNFIT)
        return NO_NODE;
    for (uint32_t n = 0; n < s->node_count; n++) {
        if (base[n] != max)
            continue;
        if (s->in_name_order)
            return (int32_t)n;
        if (best < 0 || s->name_rank[n] < s->name_rank[best])
            best = (int32_t)n;
    }
    return best;
}

/* ---- filters that look at other pods ---- */

static void mask_values(const struct schedule *s, uint32_t topo, struct work *w)
{
    const int32_t *restrict slot = s->topos.items[topo].slot;
    const uint8_t *restrict allowed = w->allowed;
    uint8_t *restrict ok = w->ok;
    uint32_t nodes = s->node_count;
    for (uint32_t n = 0; n < nodes; n++)
        ok[n] &= allowed[slot[n]];
}

static void mask_spread(struct schedule *s, const struct view *v, struct work *w)
{
    for (uint32_t i = 0; i < v->hard_count; i++) {
        const struct hard_spread *h = &v->hard[i];
        struct counter *c = &s->counters.items[h->counter];
        uint32_t values = topo_size(s, h->topo);
        int64_t min = counter_min(s, c);
        if (c->domains < (uint32_t)MAX(h->min_domains, 0))
            min = 0;
        int64_t most = h->max_skew - h->self + min;
        for (uint32_t k = 0; k < values; k++)
            w->allowed[k] = c->counts[k] <= most;
        w->allowed[values] = 0; /* the label is missing */
        mask_values(s, h->topo, w);
    }
}

static bool any_matches(const struct schedule *s, const struct topo_counters *l)
{
    for (size_t i = 0; i < l->count; i++) {
        if (s->counters.items[l->items[i].counter].matches)
            return true;
    }
    return false;
}

static void mask_affinity(struct schedule *s, const struct view *v, struct work *w)
{
    bool self = !any_matches(s, &v->affinity) && v->affinity_self;
    for (size_t i = 0; i < v->affinity.count; i++) {
        const int32_t *counts = counter_dense(s, &s->counters.items[v->affinity.items[i].counter]);
        uint32_t values = topo_size(s, v->affinity.items[i].topo);
        for (uint32_t k = 0; k < values; k++)
            w->allowed[k] = self || counts[k] > 0;
        w->allowed[values] = 0;
        mask_values(s, v->affinity.items[i].topo, w);
    }
}

static void mask_anti(struct schedule *s, const struct topo_counters *l, struct work *w)
{
    for (size_t i = 0; i < l->count; i++) {
        const struct counter *c = &s->counters.items[l->items[i].counter];
        const int32_t *restrict slot = s->topos.items[l->items[i].topo].slot;
        const int32_t *restrict counts = c->matches ? counter_dense(s, c) : NULL;
        uint8_t *restrict ok = w->ok;
        uint32_t nodes = c->matches ? s->node_count : 0;
        for (uint32_t n = 0; n < nodes; n++)
            ok[n] &= counts[slot[n]] <= 0;
    }
}

/* ---- scores that are normalised over the nodes that are left ---- */

static void add_normalized(const struct schedule *s, struct work *w, const int32_t *raw,
                           int64_t weight, bool reverse)
{
    int32_t max = 0;
    for (uint32_t n = 0; n < s->node_count; n++) {
        if (w->ok[n])
            max = MAX(max, raw[n]);
    }
    for (uint32_t n = 0; n < s->node_count; n++) {
        int32_t score = max ? SCORE_MAX * raw[n] / max : raw[n];
        if (reverse)
            score = max ? SCORE_MAX - score : SCORE_MAX;
        w->total[n] += (int32_t)weight * score;
    }
}

static void add_affinity(struct schedule *s, const struct view *v, struct work *w)
{
    const uint8_t *restrict ok = w->ok;
    int32_t *restrict raw = w->raw, *restrict total = w->total;
    uint32_t nodes = s->node_count;
    memset(raw, 0, nodes * sizeof(*raw));
    for (size_t i = 0; i < v->score.count; i++) {
        const int32_t *restrict slot = s->topos.items[v->score.items[i].topo].slot;
        const int32_t *restrict counts =
            counter_dense(s, &s->counters.items[v->score.items[i].counter]);
        for (uint32_t n = 0; n < nodes; n++)
            raw[n] += counts[slot[n]];
    }
    int32_t min = INT32_MAX, max = INT32_MIN;
    for (uint32_t n = 0; n < nodes; n++) {
        min = MIN(min, ok[n] ? raw[n] : INT32_MAX);
        max = MAX(max, ok[n] ? raw[n] : INT32_MIN);
    }
    int32_t factor = (int32_t)plugin_weight(PLUGIN_INTER_POD_AFFINITY);
    int64_t range = (int64_t)max - min;
    int32_t last_raw = min, last_score = 0; /* neighbours often have the same */
    for (uint32_t n = 0; max > min && n < nodes; n++) {
        if (!ok[n])
            continue;
        if (raw[n] != last_raw) {
            double part = (double)((int64_t)raw[n] - min) / (double)range;
            last_score = factor * (int32_t)((double)SCORE_MAX * part);
            last_raw = raw[n];
        }
        total[n] += last_score;
    }
}

static int32_t pick_total(const struct schedule *s, const struct work *w)
{
    const uint8_t *restrict ok = w->ok;
    const int32_t *restrict total = w->total;
    int32_t best = NO_NODE, max = INT32_MIN;
    uint32_t nodes = s->node_count;
    for (uint32_t n = 0; n < nodes; n++)
        max = MAX(max, ok[n] ? total[n] : INT32_MIN);
    for (uint32_t n = 0; n < nodes; n++) {
        if (!ok[n] || total[n] != max)
            continue;
        if (s->in_name_order)
            return (int32_t)n;
        if (best < 0 || s->name_rank[n] < s->name_rank[best])
            best = (int32_t)n;
    }
    return best;
}

void schedule_admits(struct schedule *s, uint32_t pod, uint8_t *ret)
{
    const struct class_ *c = &s->classes.items[s->pods.items[pod].class_];
    const struct view *v = view_of(s, s->pods.items[pod].class_);
    struct work *w = work_of(s);
    bool never = (v->need && v->need->conflict) || (v->volumes && v->volumes->prefilter_reason.n) ||
                 c->unparsed.n || claims_in_use(s, c);
    for (uint32_t n = 0; n < s->node_count; n++)
        w->ok[n] = !never && !is_refused(s, v, n) &&
                   !(c->ports.count && ports_conflict(s, &c->ports, &s->ports[n])) &&
                   !(v->volumes && v->volumes->reject[n]);
    mask_spread(s, v, w);
    mask_affinity(s, v, w);
    mask_anti(s, &v->anti, w);
    mask_anti(s, &v->existing_anti, w);
    memcpy(ret, w->ok, s->node_count);
}

static int32_t place_related(struct schedule *s, uint32_t pod, const struct view *v)
{
    struct work *w = work_of(s);
    const int16_t *restrict base = v->base;
    uint8_t *restrict ok = w->ok;
    int32_t *restrict total = w->total;
    uint8_t any = 0;
    uint32_t nodes = s->node_count;
    for (uint32_t n = 0; n < nodes; n++)
        ok[n] = base[n] != UNFIT;
    for (uint32_t n = 0; n < nodes; n++)
        total[n] = base[n];
    mask_spread(s, v, w);
    mask_affinity(s, v, w);
    mask_anti(s, &v->anti, w);
    mask_anti(s, &v->existing_anti, w);
    if (s->nominees.count)
        nominees_mask(s, pod, ok);
    for (uint32_t n = 0; n < nodes; n++)
        any |= ok[n];
    if (!any)
        return NO_NODE;
    const uint8_t *restrict image = v->image->score;
    for (uint32_t n = 0; image && n < nodes; n++)
        total[n] += image[n];
    if (v->taints->prefer)
        add_normalized(s, w, v->taints->prefer, plugin_weight(PLUGIN_TAINT_TOLERATION), true);
    if (v->wish)
        add_normalized(s, w, v->wish->raw, plugin_weight(PLUGIN_NODE_AFFINITY), false);
    if (any_matches(s, &v->score))
        add_affinity(s, v, w);
    if (v->soft_count)
        place_add_spread(s, v, w);
    return pick_total(s, w);
}

/* Once everything is back: of the nodes that have changed, or of all. */
static void base_remake(struct schedule *s, const struct class_ *c, struct view *v, bool all)
{
    for (uint32_t n = 0; all && n < s->node_count; n++)
        v->base[n] = node_base(s, c, v, n);
    for (uint64_t k = s->mark; !all && k < s->log_count; k++) {
        uint32_t node = s->log[k & (s->log_size - 1)];
        v->base[node] = node_base(s, c, v, node);
    }
}

void schedule_rewind(struct schedule *s)
{
    uint64_t kept_from = s->log_count > s->log_size ? s->log_count - s->log_size : 0;
    for (size_t i = s->undo.count; i-- > 0;)
        s->undo.items[i].view->base[s->undo.items[i].node] = s->undo.items[i].was;
    for (size_t i = 0; i < s->used_views.count; i++) {
        struct view *v = s->used_views.items[i].view;
        v->seen = v->remade ? s->mark : v->seen_unmarked;
        if (v->remade)
            base_remake(s, s->used_views.items[i].class_, v, s->mark < kept_from);
        v->used = v->remade = false;
    }
    /* Older entries that the ring has lost stay lost. */
    s->log_from = MIN(MAX(s->log_from, kept_from), s->mark);
    s->log_count = s->log_read = s->mark;
    s->used_views.count = s->undo.count = 0;
    s->marked = false;
    nominees_rewind(s);
}

int32_t schedule_place(struct schedule *s, uint32_t pod)
{
    uint32_t class_ = s->pods.items[pod].class_;
    struct view *v = view_of(s, class_);
    if ((v->need && v->need->conflict) || (v->volumes && v->volumes->prefilter_reason.n) ||
        s->classes.items[class_].unparsed.n)
        return NO_NODE;
    if (claims_in_use(s, &s->classes.items[class_]))
        return NO_NODE;
    int32_t node = s->nominees.count ? schedule_nominated_node(s, pod) : NO_NODE;
    if (node != NO_NODE && filter_node_twice(s, pod, (uint32_t)node, NULL).plugin == PLUGIN_NONE) {
        arena_reset(&s->scratch);
        return node;
    }
    bool is_alone = !s->nominees.count || !nominees_concern(s, pod);
    if (s->marked && is_alone && ranking_pick(s, &s->classes.items[class_], v, &node))
        return node;
    if (s->marked && !v->ranking)
        *PUSH(s->a, &s->unranked) = class_;
    base_refresh(s, &s->classes.items[class_], v);
    if (v->image->version != s->version) {
        image_view_update(s, v->image);
        arena_reset(&s->scratch);
    }
    node = is_alone && is_plain(s, v) ? pick_plain(s, v) : place_related(s, pod, v);
    if (v->volumes || s->nominees.count)
        arena_reset(&s->scratch);
    return node;
}
