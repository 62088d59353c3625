/* SPDX-License-Identifier: Apache-2.0
 *
 * InterPodAffinity, filter and score, as upstream's plugins/interpodaffinity/{filtering,scoring}.go
 * and AffinityTerm of kube-scheduler framework/types.go. A term of the incoming pod has its
 * namespaceSelector unrolled over the Namespace objects that exist; a term of a pod that runs is
 * matched against the labels of the incoming pod's namespace, which are empty when that object is
 * missing. Hence the two sets of namespaces of a term.
 */
#include "analysis/schedule/internal.h"

static bool term_names_space(const struct pod_affinity_term *t, const struct pod *owner,
                             struct str space)
{
    if (t->namespaces.count == 0 && !t->ns_selector.present)
        return str_eq(owner->o.ns, space);
    for (size_t i = 0; i < t->namespaces.count; i++) {
        if (str_eq(t->namespaces.items[i], space))
            return true;
    }
    return false;
}

static struct term term_make(struct schedule *s, const struct pod_affinity_term *t,
                             const struct pod *owner, uint32_t selector, uint32_t spaces)
{
    struct term out = {.selector = selector, .topo = topo_of(s, t->topology_key)};
    static const struct label_set none;
    /* Upstream clears the namespaceSelector of a copy only, so it still matches a namespace that it
     * takes to be without labels. */
    bool every = selector_match(s, spaces, &none);
    out.own_spaces = arena_array(s->a, uint8_t, s->spaces.count);
    out.other_spaces = arena_array(s->a, uint8_t, s->spaces.count);
    for (size_t i = 0; i < s->spaces.count; i++) {
        const struct space *space = &s->spaces.items[i];
        bool named = term_names_space(t, owner, s->texts.items[space->name]);
        bool match = selector_match(s, spaces, &space->labels);
        out.own_spaces[i] = named || every || (space->present && match);
        out.other_spaces[i] = named || match;
    }
    return out;
}

static bool names_key(const struct label_selector *l, struct str key, enum selector_op op)
{
    for (size_t i = 0; i < l->expressions.count; i++) {
        if (l->expressions.items[i].op == op && str_eq(l->expressions.items[i].key, key))
            return true;
    }
    return false;
}

/* As applyLabelKeysToLabelSelector of pkg/registry/core/pod/strategy.go. In a pod that the API
 * server has created the requirement is there already. */
static void join_keys(struct schedule *s, const struct str_list *keys, enum selector_op op,
                      const struct labels *pod, struct label_selector *l)
{
    for (size_t i = 0; i < keys->count; i++) {
        const struct label *own = labels_find(pod, keys->items[i]);
        if (!own || names_key(l, keys->items[i], op))
            continue;
        struct requirement *r = PUSH(&s->scratch, &l->expressions);
        *r = (struct requirement){.key = own->key, .op = op};
        *PUSH(&s->scratch, &r->values) = own->value;
    }
}

/* With matchLabelKeys and mismatchLabelKeys joined to the selector. */
static struct pod_affinity_term term_joined(struct schedule *s, const struct pod_affinity_term *t,
                                            const struct pod *owner)
{
    struct pod_affinity_term out = *t;
    if (!t->selector.present || t->match_label_keys.count + t->mismatch_label_keys.count == 0)
        return out;
    memset(&out.selector.expressions, 0, sizeof(out.selector.expressions));
    for (size_t i = 0; i < t->selector.expressions.count; i++)
        *PUSH(&s->scratch, &out.selector.expressions) = t->selector.expressions.items[i];
    join_keys(s, &t->match_label_keys, SEL_IN, &owner->o.labels, &out.selector);
    join_keys(s, &t->mismatch_label_keys, SEL_NOT_IN, &owner->o.labels, &out.selector);
    return out;
}

static uint32_t term_of(struct schedule *s, const struct pod_affinity_term *t,
                        const struct pod *owner)
{
    uint32_t selector = selector_compile(s, &t->selector);
    uint32_t spaces = selector_compile(s, &t->ns_selector);
    bool own = t->namespaces.count == 0 && !t->ns_selector.present;
    uint64_t *w = arena_array(&s->scratch, uint64_t, 5 + t->namespaces.count);
    size_t n = 0;
    w[n++] = 'P';
    w[n++] = selector;
    w[n++] = spaces;
    w[n++] = topo_of(s, t->topology_key);
    w[n++] = own ? name_of(s, owner->o.ns) : 0;
    for (size_t i = 0; i < t->namespaces.count; i++)
        w[n++] = name_of(s, t->namespaces.items[i]);
    bool is_new;
    uint32_t id = key_index(s, w, n, (uint32_t)s->terms.count, &is_new);
    if (is_new)
        *PUSH(s->a, &s->terms) = term_make(s, t, owner, selector, spaces);
    return id;
}

/* As labels.NewRequirement says of a value; absent if all values are fine. */
static struct str selector_fault(struct schedule *s, const struct label_selector *l)
{
    static const char words[] =
        "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or "
        "'.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or "
        "'my_value',  or '12345', regex used for validation is "
        "'(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";
    for (size_t i = 0; i < l->match_labels.count; i++) {
        const struct label *m = &l->match_labels.items[i];
        if (!label_value_valid(m->value))
            return arena_printf(s->a, "values[0][" STR_FMT "]: Invalid value: \"" STR_FMT "\": %s",
                                STR_ARG(m->key), STR_ARG(m->value), words);
    }
    for (size_t i = 0; i < l->expressions.count; i++) {
        const struct requirement *r = &l->expressions.items[i];
        for (size_t k = 0; k < r->values.count; k++) {
            if (!label_value_valid(r->values.items[k]))
                return arena_printf(s->a,
                                    "values[%zu][" STR_FMT "]: Invalid value: \"" STR_FMT "\": %s",
                                    k, STR_ARG(r->key), STR_ARG(r->values.items[k]), words);
        }
    }
    return STR_NONE;
}

struct named_terms {
    const char *name; /* as PodInfo.Update calls them */
    const struct pod_affinity_terms *list;
};

/* As PodInfo.Update: the list of which one term cannot be parsed is empty. */
static void terms_of(struct schedule *s, const struct pod *owner, struct named_terms terms,
                     struct class_ *c, struct term_list *ret)
{
    for (size_t i = 0; i < terms.list->count; i++) {
        const struct pod_affinity_term t = term_joined(s, &terms.list->items[i], owner);
        struct str fault = selector_fault(s, &t.selector);
        if (!fault.n)
            fault = selector_fault(s, &t.ns_selector);
        if (fault.n) {
            ret->count = 0;
            if (!c->unparsed.n)
                c->unparsed =
                    arena_printf(s->a, "parsing pod: %s: " STR_FMT, terms.name, STR_ARG(fault));
            return;
        }
        uint32_t term = term_of(s, &t, owner);
        *PUSH(s->a, ret) = (struct weighted_term){term, (int32_t)t.weight};
    }
}

void terms_compile(struct schedule *s, const struct pod *p, struct class_ *c)
{
    const struct affinity *a = p->spec.affinity;
    if (!a)
        return;
    terms_of(s, p, (struct named_terms){"requiredAffinityTerms", &a->pod_required}, c,
             &c->affinity);
    terms_of(s, p, (struct named_terms){"requiredAntiAffinityTerms", &a->anti_required}, c,
             &c->anti);
    terms_of(s, p, (struct named_terms){"preferredAffinityTerms", &a->pod_preferred}, c,
             &c->prefers);
    terms_of(s, p, (struct named_terms){"preferredAntiAffinityTerms", &a->anti_preferred}, c,
             &c->avoids);
}

enum side { OWN_TERMS, OTHER_TERMS };

/* Some term of the class may select a pod of that namespace: when its own pod is the incoming one, or
 * when the other is. */
static bool looks_at(const struct schedule *s, const struct class_ *c, uint32_t space,
                     enum side side)
{
    const struct term_list *const lists[] = {&c->affinity, &c->anti, &c->prefers, &c->avoids};
    for (size_t k = 0; k < ARRAY_LEN(lists); k++)
        for (size_t i = 0; i < lists[k]->count; i++) {
            const struct term *t = &s->terms.items[lists[k]->items[i].term];
            if (side == OWN_TERMS ? t->own_spaces[space] : t->other_spaces[space])
                return true;
        }
    return false;
}

void terms_announce(struct schedule *s, const struct class_ *c, uint32_t id)
{
    for (size_t i = 0; i < s->spaces.count; i++)
        if (looks_at(s, c, (uint32_t)i, OTHER_TERMS))
            *PUSH(s->a, &s->spaces.items[i].asked_by) = id;
}

/* A term of the incoming pod, and a pod that runs. */
static bool own_term_match(const struct schedule *s, uint32_t term, const struct class_ *runs)
{
    const struct term *t = &s->terms.items[term];
    return t->own_spaces[runs->space] &&
           selector_match(s, t->selector, &s->shapes.items[runs->shape].labels);
}

/* A term of a pod that runs, and the incoming pod. */
static bool other_term_match(const struct schedule *s, uint32_t term, const struct class_ *incoming)
{
    const struct term *t = &s->terms.items[term];
    return t->other_spaces[incoming->space] &&
           selector_match(s, t->selector, &s->shapes.items[incoming->shape].labels);
}

/* A pod of the class in the same domain of the topology key as the node. */
static uint32_t class_pod_near(const struct schedule *s, const struct class_ *runs, uint32_t topo,
                               uint32_t node)
{
    int32_t value = topo_value(s, topo, node);
    uint32_t p = value < 0 ? NO_INDEX : runs->first_pod;
    while (p != NO_INDEX && topo_value(s, topo, (uint32_t)s->pods.items[p].node) != value)
        p = s->pods.items[p].class_next;
    return p;
}

uint32_t affinity_find_pod(const struct schedule *s, uint32_t term, uint32_t node)
{
    uint32_t found = NO_INDEX;
    for (size_t i = 0; i < s->classes.count && found == NO_INDEX; i++) {
        if (own_term_match(s, term, &s->classes.items[i]))
            found = class_pod_near(s, &s->classes.items[i], s->terms.items[term].topo, node);
    }
    return found;
}

uint32_t affinity_keeps_out(const struct schedule *s, uint32_t term, const struct class_ *runs,
                            const struct class_ *incoming, uint32_t node)
{
    if (!other_term_match(s, term, incoming))
        return NO_INDEX;
    return class_pod_near(s, runs, s->terms.items[term].topo, node);
}

static bool own_terms_all(const struct schedule *s, const struct class_ *c,
                          const struct class_ *runs)
{
    for (size_t i = 0; i < c->affinity.count; i++) {
        if (!own_term_match(s, c->affinity.items[i].term, runs))
            return false;
    }
    return c->affinity.count > 0;
}

/* One counter per topology key that the terms of one kind name. */
static uint32_t topo_counter(struct schedule *s, struct topo_counters *l, uint32_t topo)
{
    for (size_t i = 0; i < l->count; i++) {
        if (l->items[i].topo == topo)
            return l->items[i].counter;
    }
    uint32_t counter = counter_new(s, topo, NULL, false);
    *PUSH(s->a, l) = (struct topo_counter){topo, counter};
    return counter;
}

/* What one class adds, per topology key: collected first, so that it becomes one member. */
struct share {
    uint32_t topo;
    int32_t weight, matches;
};
struct shares {
    struct share *items;
    size_t count, cap;
};

static void share_add(struct schedule *s, struct shares *l, uint32_t term, int32_t weight)
{
    uint32_t topo = s->terms.items[term].topo;
    struct share *share = NULL;
    for (size_t i = 0; i < l->count && !share; i++) {
        if (l->items[i].topo == topo)
            share = &l->items[i];
    }
    if (!share) {
        share = PUSH(&s->scratch, l);
        *share = (struct share){.topo = topo};
    }
    share->weight += weight;
    share->matches++;
}

static void shares_attach(struct schedule *s, struct shares *shares, struct topo_counters *l,
                          struct class_ *runs)
{
    for (size_t i = 0; i < shares->count; i++)
        counter_attach(s, topo_counter(s, l, shares->items[i].topo), runs, shares->items[i].weight,
                       shares->items[i].matches);
    shares->count = 0;
}

static void own_shares(struct schedule *s, const struct term_list *terms, const struct class_ *runs,
                       int32_t sign, struct shares *ret)
{
    for (size_t i = 0; i < terms->count; i++) {
        if (own_term_match(s, terms->items[i].term, runs))
            share_add(s, ret, terms->items[i].term, sign * terms->items[i].weight);
    }
}

static void other_shares(struct schedule *s, const struct term_list *terms,
                         const struct class_ *incoming, int32_t sign, struct shares *ret)
{
    for (size_t i = 0; i < terms->count; i++) {
        if (other_term_match(s, terms->items[i].term, incoming))
            share_add(s, ret, terms->items[i].term,
                      sign * (terms->items[i].weight ? terms->items[i].weight : 1));
    }
}

static void class_relate(struct schedule *s, struct class_ *c, struct class_ *runs, struct view *v)
{
    struct shares shares = {0};
    if (own_terms_all(s, c, runs)) {
        for (size_t i = 0; i < c->affinity.count; i++)
            share_add(s, &shares, c->affinity.items[i].term, 1);
        shares_attach(s, &shares, &v->affinity, runs);
    }
    for (size_t i = 0; i < c->anti.count; i++) {
        if (own_term_match(s, c->anti.items[i].term, runs))
            share_add(s, &shares, c->anti.items[i].term, 1);
    }
    shares_attach(s, &shares, &v->anti, runs);
    other_shares(s, &runs->anti, c, 1, &shares);
    shares_attach(s, &shares, &v->existing_anti, runs);
    if (s->ignores_preferred && c->prefers.count + c->avoids.count == 0)
        return; /* the score skips itself */
    own_shares(s, &c->prefers, runs, 1, &shares);
    own_shares(s, &c->avoids, runs, -1, &shares);
    other_shares(s, &runs->affinity, c, 1, &shares); /* hardPodAffinityWeight 1 */
    other_shares(s, &runs->prefers, c, 1, &shares);
    other_shares(s, &runs->avoids, c, -1, &shares);
    shares_attach(s, &shares, &v->score, runs);
}

void affinity_view_make(struct schedule *s, struct class_ *c, struct view *v)
{
    /* A key that a required term names is asked for even when no pod matches. */
    for (size_t i = 0; i < c->affinity.count; i++)
        topo_counter(s, &v->affinity, s->terms.items[c->affinity.items[i].term].topo);
    v->affinity_self = own_terms_all(s, c, c);
    v->requires_pods = c->affinity.count + c->anti.count > 0;
    /* Terms of either relate two classes. */
    for (size_t i = 0; class_terms(c) && i < s->spaces.count; i++) {
        if (!looks_at(s, c, (uint32_t)i, OWN_TERMS))
            continue;
        const struct space *space = &s->spaces.items[i];
        for (size_t k = 0; k < space->classes.count; k++)
            class_relate(s, c, &s->classes.items[space->classes.items[k]], v);
    }
    const struct space *own = &s->spaces.items[c->space];
    for (size_t i = 0; i < own->asked_by.count; i++) {
        struct class_ *runs = &s->classes.items[own->asked_by.items[i]];
        if (!looks_at(s, c, runs->space, OWN_TERMS))
            class_relate(s, c, runs, v);
    }
}

static bool pairs_exist(const struct schedule *s, const struct topo_counters *l, uint32_t node,
                        const int32_t *delta)
{
    for (size_t i = 0; i < l->count; i++) {
        int32_t value = topo_value(s, l->items[i].topo, node);
        const struct counter *c = &s->counters.items[l->items[i].counter];
        if (value >= 0 && counter_count(c, value) + (delta ? delta[i] : 0) > 0)
            return true;
    }
    return false;
}

static bool affinity_satisfied(const struct schedule *s, const struct view *v, uint32_t node,
                               const int32_t *delta)
{
    bool exist = true, any = false;
    for (size_t i = 0; i < v->affinity.count; i++) {
        const struct counter *c = &s->counters.items[v->affinity.items[i].counter];
        int32_t value = topo_value(s, v->affinity.items[i].topo, node);
        int32_t less = delta ? delta[i] : 0;
        if (value < 0)
            return false;
        exist = exist && counter_count(c, value) + less > 0;
        any = any || c->matches + less != 0;
    }
    return exist || (!any && v->affinity_self);
}

/* PreFilter: nobody has a term that concerns the pod, and it has none. The plug-in is then off, for
 * pods that are nominated to a node too. */
static bool is_skipped(const struct schedule *s, const struct view *v)
{
    int64_t matches = 0;
    for (size_t i = 0; i < v->existing_anti.count; i++)
        matches += s->counters.items[v->existing_anti.items[i].counter].matches;
    return matches == 0 && !v->requires_pods;
}

enum sched_reason affinity_filter(const struct schedule *s, const struct view *v, uint32_t node,
                                  const struct node_state *over)
{
    if (over && is_skipped(s, v))
        return REASON_NONE;
    if (!affinity_satisfied(s, v, node, over ? over->affinity_delta : NULL))
        return REASON_AFFINITY;
    if (pairs_exist(s, &v->anti, node, over ? over->anti_delta : NULL))
        return REASON_ANTI_AFFINITY;
    if (pairs_exist(s, &v->existing_anti, node, over ? over->existing_delta : NULL))
        return REASON_EXISTING_ANTI_AFFINITY;
    return REASON_NONE;
}

static int64_t affinity_raw(const struct schedule *s, const struct view *v, uint32_t node)
{
    int64_t sum = 0;
    for (size_t i = 0; i < v->score.count; i++)
        sum += counter_at(s, &s->counters.items[v->score.items[i].counter], node);
    return sum;
}

bool affinity_score(const struct schedule *s, const struct view *v, const uint32_t *nodes,
                    uint32_t count, int64_t *ret)
{
    int64_t matches = 0, min = INT64_MAX, max = INT64_MIN;
    for (size_t i = 0; i < v->score.count; i++)
        matches += s->counters.items[v->score.items[i].counter].matches;
    if (matches == 0)
        return false;
    for (uint32_t i = 0; i < count; i++) {
        ret[i] = affinity_raw(s, v, nodes[i]);
        min = MIN(min, ret[i]);
        max = MAX(max, ret[i]);
    }
    for (uint32_t i = 0; i < count; i++) {
        double f = 0;
        if (max > min)
            f = (double)SCORE_MAX * ((double)(ret[i] - min) / (double)(max - min));
        ret[i] = (int64_t)f;
    }
    return true;
}
