/* SPDX-License-Identifier: Apache-2.0
 *
 * PodTopologySpread, filter and score, as upstream's plugins/podtopologyspread/{common,filtering,
 * scoring}.go and plugins/helper/spread.go (the selector of the system's default constraints).
 */
#include "analysis/schedule/internal.h"

#include <math.h>

static bool is_ignore(struct str policy, bool absent)
{
    return policy.n ? str_is(policy, "Ignore") : absent;
}

/* The pod's own values of matchLabelKeys join the selector. */
static uint32_t rule_selector(struct schedule *s, const struct topology_spread *t,
                              const struct labels *pod)
{
    uint32_t sel = selector_compile(s, &t->selector);
    struct labels own = {0};
    for (size_t i = 0; i < t->match_label_keys.count; i++) {
        const struct label *l = labels_find(pod, t->match_label_keys.items[i]);
        if (l)
            *PUSH(&s->scratch, &own) = *l;
    }
    return own.count ? selector_join(s, sel, selector_of_labels(s, &own)) : sel;
}

void spread_compile(struct schedule *s, const struct pod *p, struct spread_list *ret)
{
    for (size_t i = 0; i < p->spec.spread.count; i++) {
        const struct topology_spread *t = &p->spec.spread.items[i];
        *PUSH(s->a, ret) = (struct spread_rule){
            .selector = rule_selector(s, t, &p->o.labels),
            .topo = topo_of(s, t->topology_key),
            .max_skew = (int32_t)t->max_skew,
            .min_domains = t->min_domains.set ? (int32_t)t->min_domains.v : 1,
            .hard = str_is(t->when_unsatisfiable, "DoNotSchedule"),
            .honor_affinity = !is_ignore(t->node_affinity_policy, false),
            .honor_taints = !is_ignore(t->node_taints_policy, true),
        };
    }
}

/* Nodes that a rule counts: they have every key (keys NULL: not asked), and pass its policies. */
static const uint8_t *include_of(struct schedule *s, const struct class_ *c,
                                 const struct spread_rule *rule, const uint32_t *keys,
                                 uint32_t key_count, uint32_t *ret_id)
{
    uint32_t need = rule->honor_affinity ? c->node_need : NO_INDEX;
    uint32_t taints = rule->honor_taints ? c->tolerations : NO_INDEX;
    uint64_t *w = arena_array(&s->scratch, uint64_t, 3 + key_count);
    w[0] = 'X';
    w[1] = need;
    w[2] = taints;
    for (uint32_t i = 0; i < key_count; i++)
        w[3 + i] = keys[i];
    bool is_new;
    *ret_id = key_index(s, w, 3 + key_count, (uint32_t)s->includes.count, &is_new);
    if (!is_new)
        return s->includes.items[*ret_id];
    uint8_t *include = arena_array(s->a, uint8_t, s->node_count);
    const struct need_view *needed = need_view_made(s, need);
    const struct taint_view *tolerated = taint_view_made(s, taints);
    for (uint32_t n = 0; n < s->node_count; n++) {
        bool in = (!needed || needed->match[n]) && (!tolerated || tolerated->untainted[n]);
        for (uint32_t k = 0; k < key_count; k++)
            in = in && s->topos.items[keys[k]].value[n] >= 0;
        include[n] = in;
    }
    *PUSH(s->a, &s->includes) = include;
    return include;
}

struct counted {
    uint32_t space, selector, topo, include_id;
    const uint8_t *include;
    bool domains;
    int32_t missing; /* see struct counter */
};

/* countPodsMatchSelector: of the same namespace, not being deleted; an empty selector counts 0. */
static uint32_t spread_counter(struct schedule *s, const struct counted *of)
{
    uint32_t space = of->space, selector = of->selector;
    uint64_t w[] = {
        'C', space, selector, of->topo, of->include_id, of->domains, (uint64_t)of->missing};
    bool is_new;
    uint32_t id = key_index(s, w, ARRAY_LEN(w), (uint32_t)s->counters.count, &is_new);
    if (!is_new)
        return id;
    counter_new(s, of->topo, of->include, of->domains);
    s->counters.items[id].missing = of->missing;
    if (selector_is_empty(s, selector))
        return id;
    for (size_t i = 0; i < s->spaces.items[space].classes.count; i++) {
        struct class_ *c = &s->classes.items[s->spaces.items[space].classes.items[i]];
        if (!c->terminating && selector_match(s, selector, &s->shapes.items[c->shape].labels))
            counter_attach(s, id, c, 1, 1);
    }
    return id;
}

/* As plugins/helper/spread.go DefaultSelector. */
static uint32_t default_selector(struct schedule *s, const struct class_ *c)
{
    struct shape *shape = &s->shapes.items[c->shape];
    const struct space *space = &s->spaces.items[shape->space];
    if (shape->service_selector == NO_INDEX) {
        struct label_selector everything = {.present = true};
        uint32_t sel = selector_compile(s, &everything);
        for (size_t i = 0; i < space->services.count; i++) {
            if (selector_match(s, space->services.items[i], &shape->labels))
                sel = selector_join(s, sel, space->services.items[i]);
        }
        shape->service_selector = sel;
    }
    if (c->owner_selector == NO_INDEX || s->selectors.items[c->owner_selector].nothing)
        return shape->service_selector;
    return selector_join(s, shape->service_selector, c->owner_selector);
}

static void hard_view_make(struct schedule *s, struct class_ *c, struct view *v)
{
    uint32_t *keys = arena_array(&s->scratch, uint32_t, c->spread.count), key_count = 0, id;
    v->hard = arena_array(s->a, struct hard_spread, c->spread.count);
    for (size_t i = 0; i < c->spread.count; i++) {
        if (c->spread.items[i].hard)
            keys[key_count++] = c->spread.items[i].topo;
    }
    for (size_t i = 0; i < c->spread.count; i++) {
        const struct spread_rule *r = &c->spread.items[i];
        if (!r->hard)
            continue;
        const uint8_t *include = include_of(s, c, r, keys, key_count, &id);
        struct counted of = {c->space, r->selector, r->topo, id, include, true, -1};
        v->hard[v->hard_count++] = (struct hard_spread){
            .counter = spread_counter(s, &of),
            .topo = r->topo,
            .max_skew = r->max_skew,
            .min_domains = r->min_domains,
            .self = selector_match(s, r->selector, &s->shapes.items[c->shape].labels),
            .selector = r->selector,
            .include = include,
        };
    }
}

static void soft_add(struct schedule *s, const struct class_ *c, struct view *v,
                     const struct spread_rule *r, const uint32_t *keys, uint32_t key_count)
{
    struct soft_spread soft = {.topo = r->topo, .max_skew = r->max_skew};
    soft.per_node = r->topo == s->hostname_topo;
    uint32_t id = NO_INDEX;
    const uint8_t *include = NULL;
    if (!soft.per_node)
        include = include_of(s, c, r, keys, key_count, &id);
    struct counted of = {c->space, r->selector, soft.per_node ? TOPO_NODE : r->topo, id, include,
                         false,    -1};
    /* The system's constraints ask for no label: a node without a zone counts as one whose zone is
     * the empty string, as Go's map lookup gives it (scoring.go processAllNode). */
    if (!soft.per_node && !keys)
        of.missing = s->topos.items[r->topo].empty_value;
    soft.counter = spread_counter(s, &of);
    v->soft[v->soft_count++] = soft;
}

static void soft_view_make(struct schedule *s, struct class_ *c, struct view *v)
{
    uint32_t *keys = arena_array(&s->scratch, uint32_t, c->spread.count), key_count = 0;
    v->soft = arena_array(s->a, struct soft_spread, MAX(c->spread.count, 2));
    v->soft_all_keys = c->spread.count > 0;
    for (size_t i = 0; i < c->spread.count; i++) {
        if (!c->spread.items[i].hard)
            keys[key_count++] = c->spread.items[i].topo;
    }
    for (size_t i = 0; i < c->spread.count; i++) {
        if (!c->spread.items[i].hard)
            soft_add(s, c, v, &c->spread.items[i], keys, key_count);
    }
    if (c->spread.count > 0)
        return;
    uint32_t selector = default_selector(s, c);
    if (selector_is_empty(s, selector))
        return;
    struct spread_rule host = {
        .selector = selector, .topo = s->hostname_topo, .max_skew = 3, .honor_affinity = true};
    struct spread_rule zone = host;
    zone.topo = s->zone_topo;
    zone.max_skew = 5;
    soft_add(s, c, v, &host, NULL, 0);
    soft_add(s, c, v, &zone, NULL, 0);
}

void spread_view_make(struct schedule *s, struct class_ *c, struct view *v)
{
    hard_view_make(s, c, v);
    soft_view_make(s, c, v);
}

enum sched_reason spread_filter(struct schedule *s, const struct view *v, uint32_t node,
                                const struct node_state *over)
{
    for (uint32_t i = 0; i < v->hard_count; i++) {
        const struct hard_spread *h = &v->hard[i];
        struct counter *c = &s->counters.items[h->counter];
        int32_t value = s->topos.items[h->topo].value[node];
        if (value < 0)
            return REASON_SPREAD_LABEL;
        int64_t count = counter_count(c, value), min = counter_min(s, c);
        if (over && h->include[node]) {
            count += over->hard_delta[i];
            min = MIN(over->hard_min_without[i], count);
        }
        if (c->domains < (uint32_t)MAX(h->min_domains, 0))
            min = 0;
        if (count + h->self - min > h->max_skew)
            return REASON_SPREAD;
    }
    return REASON_NONE;
}

/* ---- score ---- */

/* The node's value of the key; where the label is missing, that of the value "" or one past all. */
static uint32_t value_or_empty(const struct topo *t, uint32_t node)
{
    if (t->value[node] >= 0)
        return (uint32_t)t->value[node];
    return t->empty_value >= 0 ? (uint32_t)t->empty_value : t->value_count;
}

static bool soft_ignored(const struct schedule *s, const struct view *v, uint32_t node)
{
    for (uint32_t i = 0; v->soft_all_keys && i < v->soft_count; i++) {
        if (s->topos.items[v->soft[i].topo].value[node] < 0)
            return true;
    }
    return false;
}

static uint32_t soft_size(struct schedule *s, const struct soft_spread *soft, const uint32_t *nodes,
                          uint32_t count, const uint8_t *ignored)
{
    const struct topo *t = &s->topos.items[soft->topo];
    uint8_t *seen = arena_array(&s->scratch, uint8_t, t->value_count + 1);
    uint32_t size = 0;
    for (uint32_t i = 0; i < count; i++) {
        if (ignored[i])
            continue;
        if (soft->per_node) {
            size++;
        } else {
            uint32_t value = value_or_empty(t, nodes[i]);
            size += !seen[value];
            seen[value] = 1;
        }
    }
    return size;
}

double spread_weight(uint32_t size)
{
    return log((double)(size + 2));
}

static int64_t soft_raw(const struct schedule *s, const struct view *v, const double *weight,
                        uint32_t node)
{
    double score = 0;
    for (uint32_t i = 0; i < v->soft_count; i++) {
        const struct soft_spread *soft = &v->soft[i];
        if (s->topos.items[soft->topo].value[node] < 0)
            continue;
        double count = counter_at(s, &s->counters.items[soft->counter], node);
        score += count * weight[i] + (double)(soft->max_skew - 1);
    }
    return (int64_t)round(score);
}

bool spread_score(struct schedule *s, const struct view *v, const uint32_t *nodes, uint32_t count,
                  int64_t *ret)
{
    if (v->soft_count == 0)
        return false;
    uint8_t *ignored = arena_array(&s->scratch, uint8_t, count);
    double *weight = arena_array(&s->scratch, double, v->soft_count);
    for (uint32_t i = 0; i < count; i++)
        ignored[i] = soft_ignored(s, v, nodes[i]);
    for (uint32_t i = 0; i < v->soft_count; i++)
        weight[i] = spread_weight(soft_size(s, &v->soft[i], nodes, count, ignored));
    int64_t min = INT64_MAX, max = 0;
    for (uint32_t i = 0; i < count; i++) {
        if (ignored[i])
            continue;
        ret[i] = soft_raw(s, v, weight, nodes[i]);
        min = MIN(min, ret[i]);
        max = MAX(max, ret[i]);
    }
    for (uint32_t i = 0; i < count; i++) {
        if (ignored[i])
            ret[i] = 0;
        else
            ret[i] = max == 0 ? SCORE_MAX : SCORE_MAX * (max + min - ret[i]) / max;
    }
    return true;
}
