/* SPDX-License-Identifier: Apache-2.0
 *
 * A class's nodes as they are at the mark of a what-if, in order of preference, so that a placement
 * after it looks only at the nodes that have changed since and at the best of all others.
 *
 * What other pods decide (spread, affinity) and what is normalised over the nodes that are left is
 * the same for all nodes that are alike in a few numbers, the *digits*: the value of a topology
 * key, how many matching pods the node has, the weight of its taints. Nodes with the same digits
 * form a *group*: within it the score of the node alone decides. How many nodes each group has is
 * all that the rest needs. The tests hold it against the plain cycle.
 */
#include "analysis/schedule/ranking.h"

void ranking_node_changed(struct schedule *s, uint32_t node)
{
    if (!s->marked) {
        s->rest++;
        return;
    }
    if (s->changed.stamps[node] == s->changed.stamp)
        return;
    s->changed.stamps[node] = s->changed.stamp;
    s->changed.items[s->changed.count++] = node;
}

/* ---- digits ---- */

static bool by_node(const struct schedule *s, uint32_t topo)
{
    return topo == TOPO_NODE || s->topos.items[topo].by_node;
}

/* Where it is among the digits; DIGITS = there is no room. */
static uint8_t digit_find(struct ranking *r, const struct digit *d)
{
    for (uint32_t i = 0; i < r->digit_count; i++) {
        const struct digit *x = &r->digits[i];
        if (x->type == d->type && x->topo == d->topo && x->counter == d->counter &&
            x->fixed == d->fixed)
            return (uint8_t)i;
    }
    if (r->digit_count == DIGITS)
        return DIGITS;
    r->digits[r->digit_count] = *d;
    return (uint8_t)r->digit_count++;
}

static uint8_t value_digit(struct ranking *r, uint32_t topo)
{
    return digit_find(r, &(struct digit){.type = DIGIT_VALUE, .topo = topo});
}

static uint8_t count_digit(struct ranking *r, uint32_t topo, uint32_t counter)
{
    return digit_find(r, &(struct digit){.type = DIGIT_COUNT, .topo = topo, .counter = counter});
}

static bool affinity_digits(struct schedule *s, struct ranking *r, const struct view *v)
{
    const struct topo_counters *const lists[] = {&v->affinity, &v->anti, &v->existing_anti,
                                                 &v->score};
    uint8_t **const digits[] = {&r->affinity, &r->anti, &r->existing_anti, &r->score};
    enum { AFFINITY, ANTI, EXISTING, SCORE };
    for (size_t k = 0; k < ARRAY_LEN(lists); k++) {
        if (!*digits[k])
            *digits[k] = arena_array(s->a, uint8_t, lists[k]->count);
        for (size_t i = 0; i < lists[k]->count; i++) {
            const struct topo_counter *x = &lists[k]->items[i];
            uint8_t digit = DIGITS;
            if (!by_node(s, x->topo))
                digit = value_digit(r, x->topo);
            else if (k == SCORE)
                digit = count_digit(r, x->topo, x->counter);
            if (digit == DIGITS && (k == AFFINITY || k == SCORE || !by_node(s, x->topo)))
                return false;
            (*digits[k])[i] = digit;
        }
    }
    return true;
}

static bool digits_make(struct schedule *s, struct ranking *r, const struct view *v)
{
    r->digit_count = 0;
    r->wish = r->prefer = DIGITS;
    if (v->hard_count > CONSTRAINTS_MOST || v->soft_count > CONSTRAINTS_MOST)
        return false;
    for (uint32_t i = 0; i < v->hard_count; i++) {
        const struct hard_spread *h = &v->hard[i];
        r->hard[i] =
            by_node(s, h->topo) ? count_digit(r, h->topo, h->counter) : value_digit(r, h->topo);
        if (r->hard[i] == DIGITS)
            return false;
    }
    for (uint32_t i = 0; i < v->soft_count; i++) {
        const struct soft_spread *soft = &v->soft[i];
        r->soft[i] =
            soft->per_node ? count_digit(r, soft->topo, soft->counter) : value_digit(r, soft->topo);
        if (r->soft[i] == DIGITS)
            return false;
    }
    if (v->wish)
        r->wish = digit_find(r, &(struct digit){.type = DIGIT_FIXED, .fixed = v->wish->raw});
    if (v->taints->prefer)
        r->prefer = digit_find(r, &(struct digit){.type = DIGIT_FIXED, .fixed = v->taints->prefer});
    if ((v->wish && r->wish == DIGITS) || (v->taints->prefer && r->prefer == DIGITS))
        return false;
    return affinity_digits(s, r, v);
}

/* False where a number does not fit. */
static bool digit_of(const struct schedule *s, const struct digit *d, uint32_t node, uint64_t *ret)
{
    int64_t x;
    if (d->type != DIGIT_FIXED && s->topos.items[d->topo].value[node] < 0) {
        *ret = MISSING;
        return true;
    }
    if (d->type == DIGIT_FIXED)
        x = d->fixed[node];
    else if (d->type == DIGIT_VALUE)
        x = s->topos.items[d->topo].value[node];
    else
        x = (int64_t)ZERO + counter_at(s, &s->counters.items[d->counter], node);
    *ret = (uint64_t)x;
    return x >= 0 && x < DIGIT_MOST;
}

static bool key_of(const struct schedule *s, const struct ranking *r, uint32_t node, uint64_t *ret)
{
    uint64_t key = 0, digit;
    for (uint32_t i = 0; i < r->digit_count; i++) {
        if (!digit_of(s, &r->digits[i], node, &digit))
            return false;
        key |= digit << (16 * i);
    }
    *ret = key;
    return true;
}

/* A required anti-affinity of the pod, or of one that runs, over a key of one node each. */
static bool is_blocked(const struct schedule *s, const struct topo_counters *l,
                       const uint8_t *digits, uint32_t node)
{
    for (size_t i = 0; i < l->count; i++)
        if (digits[i] == DIGITS && counter_at(s, &s->counters.items[l->items[i].counter], node) > 0)
            return true;
    return false;
}

/* UNFIT, or what the node's own score adds to that of its group. */
static int32_t own_score(struct schedule *s, const struct class_ *c, const struct view *v,
                         uint32_t node)
{
    int32_t score = node_score(s, c, v, node);
    if (score == UNFIT || is_blocked(s, &v->anti, v->ranking->anti, node) ||
        is_blocked(s, &v->existing_anti, v->ranking->existing_anti, node))
        return UNFIT;
    return score + (v->image->score ? v->image->score[node] : 0);
}

/* The higher score first, then by name. */
static bool is_better(const struct schedule *s, int32_t score, uint32_t node,
                      const struct ranked *than)
{
    return score != than->score ? score > than->score
                                : s->name_rank[node] < s->name_rank[than->node];
}

/* ---- making ---- */

static void list_add(const struct schedule *s, struct group *g, uint32_t node, int32_t score)
{
    g->fit++;
    if (g->listed == LISTED && !is_better(s, score, node, &g->best[LISTED - 1]))
        return;
    uint32_t i = g->listed < LISTED ? g->listed++ : LISTED - 1;
    for (; i > 0 && is_better(s, score, node, &g->best[i - 1]); i--)
        g->best[i] = g->best[i - 1];
    g->best[i] = (struct ranked){node, score};
}

/* GROUPS_MOST = there are too many. */
static uint32_t group_find(struct ranking_work *w, uint32_t *count, uint64_t key)
{
    uint32_t g = 0;
    while (g < *count && w->groups[g].key != key)
        g++;
    if (g < *count || g == GROUPS_MOST)
        return g;
    w->groups[g] = (struct group){.key = key, .best = w->best[g]};
    ++*count;
    return g;
}

/* What own_score says, of all nodes. */
static void scores_make(struct schedule *s, const struct class_ *c, const struct view *v)
{
    struct ranking_work *w = s->ranking_work;
    int16_t *restrict score = w->score;
    uint32_t nodes = s->node_count;
    bool usual = class_is_usual(s, c, v) && usual_scores(s, &w->usual, c, score);
    bool blocks = v->anti.count || v->existing_anti.count || v->image->score;
    for (uint32_t n = 0; n < nodes; n++) {
        if (blocks || !usual || !w->usual.usual[n])
            score[n] = (int16_t)own_score(s, c, v, n);
        else if (score[n] != UNFIT && is_refused(s, v, n))
            score[n] = UNFIT;
    }
}

/* False where a number does not fit. */
static bool digit_add(struct schedule *s, const struct digit *d, uint32_t shift, uint64_t *key)
{
    const int32_t *value = d->type == DIGIT_FIXED ? d->fixed : s->topos.items[d->topo].value;
    uint32_t nodes = s->node_count;
    bool fits = true;
    if (d->type == DIGIT_COUNT) {
        const struct counter *c = &s->counters.items[d->counter];
        const int32_t *counts = counter_dense(s, c);
        for (uint32_t n = 0; n < nodes; n++) {
            int32_t at = c->topo == TOPO_NODE ? (int32_t)n : value[n];
            int64_t x = value[n] < 0 ? MISSING : (int64_t)counts[at] + ZERO;
            fits = fits && (value[n] < 0 || (x >= 0 && x < DIGIT_MOST));
            key[n] |= (uint64_t)x << shift;
        }
        return fits;
    }
    for (uint32_t n = 0; n < nodes; n++) {
        bool missing = d->type == DIGIT_VALUE && value[n] < 0;
        fits &= missing || (value[n] >= 0 && value[n] < DIGIT_MOST);
        key[n] |= (uint64_t)(uint32_t)(missing ? MISSING : value[n]) << shift;
    }
    return fits;
}

static bool keys_make(struct schedule *s, const struct ranking *r)
{
    uint64_t *key = s->ranking_work->key;
    memset(key, 0, s->node_count * sizeof(*key));
    for (uint32_t i = 0; i < r->digit_count; i++)
        if (!digit_add(s, &r->digits[i], 16 * i, key))
            return false;
    return true;
}

static bool groups_make(struct schedule *s, const struct class_ *c, struct view *v)
{
    struct ranking *r = v->ranking;
    struct ranking_work *w = s->ranking_work;
    uint32_t count = 0, g = 0;
    scores_make(s, c, v);
    if (!keys_make(s, r))
        return false;
    for (uint32_t n = 0; n < s->node_count; n++) {
        r->group_of[n] = NO_GROUP;
        if (w->score[n] == UNFIT)
            continue;
        if (g == count || w->groups[g].key != w->key[n])
            g = group_find(w, &count, w->key[n]);
        if (g == GROUPS_MOST)
            return false;
        r->group_of[n] = (uint8_t)g;
        list_add(s, &w->groups[g], n, w->score[n]);
    }
    r->group_count = count;
    r->groups = arena_array(s->a, struct group, count);
    for (g = 0; g < count; g++) {
        r->groups[g] = w->groups[g];
        r->groups[g].best = arena_array(s->a, struct ranked, w->groups[g].listed);
        memcpy(r->groups[g].best, w->best[g], w->groups[g].listed * sizeof(struct ranked));
    }
    return true;
}

static void work_make(struct schedule *s)
{
    struct ranking_work *w = s->ranking_work;
    if (!w) {
        w = s->ranking_work = arena_new(s->a, struct ranking_work);
        w->score = arena_array(s->a, int16_t, s->node_count);
        w->key = arena_array(s->a, uint64_t, s->node_count);
    }
    if (!w->made || w->rest != s->rest)
        usual_nodes_make(s, &w->usual);
    w->made = true;
    w->rest = s->rest;
}

/* Notes the nodes as they are: before anything changes. */
static void ranking_make(struct schedule *s, const struct class_ *c, struct view *v)
{
    uint32_t assumed = v->volumes && v->volumes->unbound ? s->assumed : 0;
    if (v->ranking && v->ranking->rest == s->rest && v->ranking->version == s->version &&
        v->ranking->assumed == assumed)
        return;
    if (v->volumes && volume_view_update(s, c, v->volumes))
        v->stale = true;
    if (!v->ranking) {
        v->ranking = arena_new(s->a, struct ranking);
        v->ranking->group_of = arena_array(s->a, uint8_t, s->node_count);
    }
    work_make(s);
    if (v->image->version != s->version)
        image_view_update(s, v->image);
    v->ranking->rest = s->rest;
    v->ranking->version = s->version;
    v->ranking->assumed = assumed;
    v->ranking->possible = digits_make(s, v->ranking, v) && groups_make(s, c, v);
    arena_reset(&s->scratch);
}

/* ---- the mark ---- */

void schedule_mark(struct schedule *s)
{
    s->marked = true;
    s->mark = s->log_count;
    s->changed.count = 0;
    s->changed.stamp++;
    for (size_t i = 0; i < s->unranked.count; i++) {
        struct class_ *c = &s->classes.items[s->unranked.items[i]];
        ranking_make(s, c, c->view);
    }
    s->unranked.count = 0;
}

void schedule_expect(struct schedule *s, uint32_t pod)
{
    uint32_t class_ = s->pods.items[pod].class_;
    if (s->log_count == s->mark && s->marked)
        ranking_make(s, &s->classes.items[class_], view_of(s, class_));
}

/* ---- a placement ---- */

static struct tally *tally_of(struct tallies *t, uint64_t key)
{
    for (uint32_t i = 0; i < t->count; i++)
        if (t->items[i].key == key)
            return &t->items[i];
    if (t->count == GROUPS_MOST)
        return NULL;
    t->items[t->count] = (struct tally){.key = key};
    return &t->items[t->count++];
}

static bool tally_changed(struct schedule *s, const struct class_ *c, const struct view *v,
                          struct tallies *t)
{
    const struct ranking *r = v->ranking;
    for (uint32_t i = 0; i < s->changed.count; i++) {
        uint32_t node = s->changed.items[i];
        uint64_t key;
        if (r->group_of[node] != NO_GROUP)
            t->items[r->group_of[node]].fit--;
        int32_t score = own_score(s, c, v, node);
        if (score == UNFIT)
            continue;
        struct tally *x = key_of(s, r, node, &key) ? tally_of(t, key) : NULL;
        if (!x)
            return false;
        x->fit++;
        if (x->found && !is_better(s, score, node, &x->best))
            continue;
        x->found = true;
        x->best = (struct ranked){node, score};
    }
    return true;
}

/* The best of a group that has not changed; false = further down than its list goes. */
static bool tally_listed(const struct schedule *s, const struct group *g, struct tally *x)
{
    for (uint32_t i = 0; i < g->listed; i++) {
        const struct ranked *b = &g->best[i];
        if (s->changed.stamps[b->node] == s->changed.stamp)
            continue;
        if (!x->found || is_better(s, b->score, b->node, &x->best))
            x->best = *b;
        x->found = true;
        return true;
    }
    return g->listed == g->fit;
}

/* Drops the groups at whose digit the counter allows no pod. */
static void tally_refuse(struct tallies *t, const struct counter *c, uint32_t digit, int64_t most)
{
    for (uint32_t i = 0; i < t->count; i++) {
        uint32_t x = digit_at(t->items[i].key, digit);
        if (x != MISSING && t->items[i].fit && counter_count(c, (int32_t)x) > most)
            t->items[i].fit = 0;
    }
}

static void filter_spread(struct schedule *s, const struct view *v, struct tallies *t)
{
    const struct ranking *r = v->ranking;
    for (uint32_t i = 0; i < v->hard_count; i++) {
        const struct hard_spread *h = &v->hard[i];
        struct counter *c = &s->counters.items[h->counter];
        int64_t min = counter_min(s, c);
        if (c->domains < (uint32_t)MAX(h->min_domains, 0))
            min = 0;
        int64_t most = h->max_skew - h->self + min;
        bool counts = r->digits[r->hard[i]].type == DIGIT_COUNT;
        for (uint32_t k = 0; k < t->count; k++) {
            uint32_t x = digit_at(t->items[k].key, r->hard[i]);
            if (x == MISSING || (counts && (int64_t)x - ZERO > most))
                t->items[k].fit = 0;
        }
        if (!counts)
            tally_refuse(t, c, r->hard[i], most);
    }
}

static void filter_anti(const struct schedule *s, const struct topo_counters *l,
                        const uint8_t *digits, struct tallies *t)
{
    for (size_t i = 0; i < l->count; i++)
        if (digits[i] != DIGITS)
            tally_refuse(t, &s->counters.items[l->items[i].counter], digits[i], 0);
}

static void filter_affinity(const struct schedule *s, const struct view *v, struct tallies *t)
{
    bool any = false;
    for (size_t i = 0; i < v->affinity.count; i++)
        any = any || s->counters.items[v->affinity.items[i].counter].matches;
    for (size_t i = 0; i < v->affinity.count; i++) {
        const struct counter *c = &s->counters.items[v->affinity.items[i].counter];
        for (uint32_t k = 0; k < t->count; k++) {
            uint32_t x = digit_at(t->items[k].key, v->ranking->affinity[i]);
            if (x == MISSING || !((!any && v->affinity_self) || counter_count(c, (int32_t)x) > 0))
                t->items[k].fit = 0;
        }
    }
}

static int32_t pick_total(const struct schedule *s, const struct tallies *t)
{
    struct ranked best = {0};
    bool found = false;
    for (uint32_t i = 0; i < t->count; i++) {
        const struct tally *x = &t->items[i];
        int32_t total = x->best.score + x->total;
        if (!x->fit || (found && !is_better(s, total, x->best.node, &best)))
            continue;
        best = (struct ranked){x->best.node, total};
        found = true;
    }
    return found ? (int32_t)best.node : NO_NODE;
}

bool ranking_pick(struct schedule *s, const struct class_ *c, const struct view *v, int32_t *ret)
{
    const struct ranking *r = v->ranking;
    struct tallies t;
    if (!r || !r->possible || r->rest != s->rest || r->version != s->version ||
        v->image->version != s->version || s->changed.count > CHANGED_MOST ||
        (v->volumes && v->volumes->unbound && r->assumed != s->assumed))
        return false;
    t.count = r->group_count;
    for (uint32_t i = 0; i < t.count; i++)
        t.items[i] = (struct tally){.key = r->groups[i].key, .fit = (int32_t)r->groups[i].fit};
    if (!tally_changed(s, c, v, &t))
        return false;
    filter_spread(s, v, &t);
    filter_anti(s, &v->anti, r->anti, &t);
    filter_anti(s, &v->existing_anti, r->existing_anti, &t);
    filter_affinity(s, v, &t);
    for (uint32_t i = 0; i < r->group_count; i++)
        if (t.items[i].fit && !tally_listed(s, &r->groups[i], &t.items[i]))
            return false;
    ranking_score_fixed(&t, r->prefer, PLUGIN_TAINT_TOLERATION, true);
    ranking_score_fixed(&t, r->wish, PLUGIN_NODE_AFFINITY, false);
    ranking_score_affinity(s, v, &t);
    if (v->soft_count)
        ranking_score_spread(s, v, &t);
    *ret = pick_total(s, &t);
    return true;
}
