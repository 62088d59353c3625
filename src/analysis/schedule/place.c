/* SPDX-License-Identifier: Apache-2.0
 *
 * The decision of schedule_explain without its detail, made fast. What a class gets from each node
 * alone (static filters, ports, resources and their scores) is kept with the class and renewed for
 * the nodes that have changed since; what depends on other pods is read off the counters, plugin by
 * plugin over all nodes. The tests hold it against the plain cycle.
 */
#include "analysis/schedule/internal.h"

enum { UNFIT = -1 };

/* Arrays over the nodes that a placement works in, kept between placements. */
struct work {
    uint8_t *ok;
    int32_t *total, *raw;
    double *sum;
    uint32_t *seen, stamp; /* per topology value */
};

static struct work *work_of(struct schedule *s)
{
    if (s->work)
        return s->work;
    struct work *w = s->work = arena_new(s->a, struct work);
    w->ok = arena_array(s->a, uint8_t, s->node_count);
    w->total = arena_array(s->a, int32_t, s->node_count);
    w->raw = arena_array(s->a, int32_t, s->node_count);
    w->sum = arena_array(s->a, double, s->node_count);
    w->seen = arena_array(s->a, uint32_t, (size_t)s->node_count + 1);
    return w;
}

/* ---- what a node alone decides ---- */

static int16_t node_base(struct schedule *s, const struct class_ *c, const struct view *v,
                         uint32_t node)
{
    uint8_t code;
    if (!s->on[node] || s->closed[node])
        return UNFIT;
    if (v->taints->reject && v->taints->reject[node])
        return UNFIT;
    if (v->need && (!v->need->match[node] || (v->need->named && !v->need->named[node])))
        return UNFIT;
    if (c->ports.count && ports_conflict(s, &c->ports, &s->ports[node]))
        return UNFIT;
    if (fit_lacking(s, c, node, NULL, &code))
        return UNFIT;
    if (v->volumes &&
        (v->volumes->reject[node] || (v->volumes->one_pod && volume_in_use(s, c, node))))
        return UNFIT;
    int64_t score = plugin_weight(PLUGIN_NODE_RESOURCES_FIT) * score_least(s, c, node);
    if (c->request[RES_CPU] || c->request[RES_MEMORY])
        score += plugin_weight(PLUGIN_BALANCED_ALLOCATION) * score_balanced(s, c, node);
    return (int16_t)score;
}

static void base_refresh(struct schedule *s, const struct class_ *c, struct view *v)
{
    bool all = !v->base || s->log_count - v->seen > s->log_size;
    if (!v->base)
        v->base = arena_array(s->a, int16_t, s->node_count);
    for (uint32_t n = 0; all && n < s->node_count; n++)
        v->base[n] = node_base(s, c, v, n);
    for (uint64_t i = v->seen; !all && i < s->log_count; i++) {
        uint32_t node = s->log[i & (s->log_size - 1)];
        v->base[node] = node_base(s, c, v, node);
    }
    v->seen = s->log_count;
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

static void mask_spread(struct schedule *s, const struct view *v, struct work *w)
{
    for (uint32_t i = 0; i < v->hard_count; i++) {
        const struct hard_spread *h = &v->hard[i];
        struct counter *c = &s->counters.items[h->counter];
        const int32_t *value = s->topos.items[h->topo].value, *counts = c->counts;
        int64_t min = counter_min(s, c);
        if (c->domains < (uint32_t)MAX(h->min_domains, 0))
            min = 0;
        int64_t most = h->max_skew - h->self + min;
        for (uint32_t n = 0; n < s->node_count; n++)
            w->ok[n] = w->ok[n] && value[n] >= 0 && counts[value[n]] <= most;
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

static void mask_affinity(const struct schedule *s, const struct view *v, struct work *w)
{
    bool self = !any_matches(s, &v->affinity) && v->affinity_self;
    for (size_t i = 0; i < v->affinity.count; i++) {
        const int32_t *value = s->topos.items[v->affinity.items[i].topo].value;
        const int32_t *counts = s->counters.items[v->affinity.items[i].counter].counts;
        for (uint32_t n = 0; n < s->node_count; n++)
            w->ok[n] = w->ok[n] && value[n] >= 0 && (self || counts[value[n]] > 0);
    }
}

static void mask_anti(const struct schedule *s, const struct topo_counters *l, struct work *w)
{
    for (size_t i = 0; i < l->count; i++) {
        const struct counter *c = &s->counters.items[l->items[i].counter];
        const int32_t *value = s->topos.items[l->items[i].topo].value;
        for (uint32_t n = 0; c->matches && n < s->node_count; n++)
            w->ok[n] = w->ok[n] && !(value[n] >= 0 && c->counts[value[n]] > 0);
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

static uint32_t soft_size(const struct schedule *s, const struct soft_spread *soft, struct work *w)
{
    const struct topo *t = &s->topos.items[soft->topo];
    uint32_t size = 0, stamp = ++w->stamp;
    for (uint32_t n = 0; n < s->node_count; n++) {
        if (w->ok[n] != 1)
            continue;
        if (soft->per_node) {
            size++;
            continue;
        }
        uint32_t value = t->value[n] >= 0      ? (uint32_t)t->value[n]
                         : t->empty_value >= 0 ? (uint32_t)t->empty_value
                                               : t->value_count;
        size += w->seen[value] != stamp;
        w->seen[value] = stamp;
    }
    return size;
}

/* Nodes that lack a key of the pod's own constraints are left out: ok 2. */
static void mark_ignored(const struct schedule *s, const struct view *v, struct work *w)
{
    for (uint32_t i = 0; v->soft_all_keys && i < v->soft_count; i++) {
        const int32_t *value = s->topos.items[v->soft[i].topo].value;
        for (uint32_t n = 0; n < s->node_count; n++) {
            if (w->ok[n] && value[n] < 0)
                w->ok[n] = 2;
        }
    }
}

/* round(x) of x >= 0, half away from zero: the difference to the integer below is exact. */
static int32_t round_half_up(double x)
{
    int32_t below = (int32_t)x;
    return below + (x - (double)below >= 0.5);
}

static void add_spread(const struct schedule *s, const struct view *v, struct work *w)
{
    mark_ignored(s, v, w);
    memset(w->sum, 0, s->node_count * sizeof(*w->sum));
    for (uint32_t i = 0; i < v->soft_count; i++) {
        const struct soft_spread *soft = &v->soft[i];
        const int32_t *value = s->topos.items[soft->topo].value;
        const int32_t *counts = s->counters.items[soft->counter].counts;
        double weight = spread_weight(soft_size(s, soft, w));
        double skew = (double)(soft->max_skew - 1);
        for (uint32_t n = 0; n < s->node_count; n++) {
            if (value[n] >= 0)
                w->sum[n] += (double)counts[soft->per_node ? (int32_t)n : value[n]] * weight + skew;
        }
    }
    int32_t min = INT32_MAX, max = 0, factor = (int32_t)plugin_weight(PLUGIN_POD_TOPOLOGY_SPREAD);
    for (uint32_t n = 0; n < s->node_count; n++) {
        w->raw[n] = round_half_up(w->sum[n]);
        if (w->ok[n] == 1) {
            min = MIN(min, w->raw[n]);
            max = MAX(max, w->raw[n]);
        }
    }
    for (uint32_t n = 0; n < s->node_count; n++) {
        if (w->ok[n] != 1)
            continue;
        int32_t score = max == 0 ? SCORE_MAX : SCORE_MAX * (max + min - w->raw[n]) / max;
        w->total[n] += factor * score;
    }
}

static void add_affinity(const struct schedule *s, const struct view *v, struct work *w)
{
    memset(w->raw, 0, s->node_count * sizeof(*w->raw));
    for (size_t i = 0; i < v->score.count; i++) {
        const int32_t *value = s->topos.items[v->score.items[i].topo].value;
        const int32_t *counts = s->counters.items[v->score.items[i].counter].counts;
        for (uint32_t n = 0; n < s->node_count; n++)
            w->raw[n] += value[n] >= 0 ? counts[value[n]] : 0;
    }
    int32_t min = INT32_MAX, max = INT32_MIN;
    for (uint32_t n = 0; n < s->node_count; n++) {
        if (w->ok[n]) {
            min = MIN(min, w->raw[n]);
            max = MAX(max, w->raw[n]);
        }
    }
    int32_t factor = (int32_t)plugin_weight(PLUGIN_INTER_POD_AFFINITY);
    for (uint32_t n = 0; max > min && n < s->node_count; n++) {
        double part = (double)((int64_t)w->raw[n] - min) / (double)((int64_t)max - min);
        w->total[n] += w->ok[n] ? factor * (int32_t)((double)SCORE_MAX * part) : 0;
    }
}

static int32_t pick_total(const struct schedule *s, const struct work *w)
{
    int32_t best = NO_NODE;
    for (uint32_t n = 0; n < s->node_count; n++) {
        if (!w->ok[n])
            continue;
        if (best < 0 || w->total[n] > w->total[best] ||
            (w->total[n] == w->total[best] && s->name_rank[n] < s->name_rank[best]))
            best = (int32_t)n;
    }
    return best;
}

static int32_t place_related(struct schedule *s, const struct view *v)
{
    struct work *w = work_of(s);
    bool any = false;
    for (uint32_t n = 0; n < s->node_count; n++) {
        w->ok[n] = v->base[n] != UNFIT;
        w->total[n] = v->base[n];
    }
    mask_spread(s, v, w);
    mask_affinity(s, v, w);
    mask_anti(s, &v->anti, w);
    mask_anti(s, &v->existing_anti, w);
    for (uint32_t n = 0; n < s->node_count; n++)
        any |= w->ok[n];
    if (!any)
        return NO_NODE;
    for (uint32_t n = 0; v->image->score && n < s->node_count; n++)
        w->total[n] += v->image->score[n];
    if (v->taints->prefer)
        add_normalized(s, w, v->taints->prefer, plugin_weight(PLUGIN_TAINT_TOLERATION), true);
    if (v->wish)
        add_normalized(s, w, v->wish->raw, plugin_weight(PLUGIN_NODE_AFFINITY), false);
    if (any_matches(s, &v->score))
        add_affinity(s, v, w);
    if (v->soft_count)
        add_spread(s, v, w);
    return pick_total(s, w);
}

int32_t schedule_place(struct schedule *s, uint32_t pod)
{
    uint32_t class_ = s->pods.items[pod].class_;
    struct view *v = view_of(s, class_);
    if ((v->need && v->need->conflict) || (v->volumes && v->volumes->prefilter_reason.n))
        return NO_NODE;
    base_refresh(s, &s->classes.items[class_], v);
    if (v->image->version != s->version) {
        image_view_update(s, v->image);
        arena_reset(&s->scratch);
    }
    return is_plain(s, v) ? pick_plain(s, v) : place_related(s, v);
}
