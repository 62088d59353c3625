/* SPDX-License-Identifier: Apache-2.0
 *
 * NodeAffinity, filter and score, as upstream's plugins/nodeaffinity/node_affinity.go over
 * component-helpers/scheduling/corev1/nodeaffinity/nodeaffinity.go. A term that cannot be parsed
 * matches no node, an empty term neither. Computed once per distinct demand: nothing here depends on
 * other pods.
 */
#include "analysis/schedule/internal.h"

static bool is_alnum(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* As apimachinery's IsValidLabelValue. */
bool label_value_valid(struct str v)
{
    if (v.n == 0)
        return true;
    if (v.n > 63 || !is_alnum(v.p[0]) || !is_alnum(v.p[v.n - 1]))
        return false;
    for (size_t i = 0; i < v.n; i++) {
        if (!is_alnum(v.p[i]) && v.p[i] != '-' && v.p[i] != '_' && v.p[i] != '.')
            return false;
    }
    return true;
}

static bool dns_name_valid(struct str v)
{
    if (v.n == 0 || v.n > 253)
        return false;
    for (size_t i = 0; i < v.n; i++) {
        bool lower = (v.p[i] >= '0' && v.p[i] <= '9') || (v.p[i] >= 'a' && v.p[i] <= 'z');
        bool edge = i == 0 || i + 1 == v.n || v.p[i - 1] == '.' || v.p[i + 1] == '.';
        if (!lower && (edge || (v.p[i] != '-' && v.p[i] != '.')))
            return false;
    }
    return true;
}

bool label_key_valid(struct str key)
{
    struct str name;
    struct str prefix = str_cut(key, '/', &name);
    if (!name.p)
        return key.n > 0 && label_value_valid(key);
    return dns_name_valid(prefix) && name.n > 0 && label_value_valid(name);
}

/* As labels.NewRequirement. */
static bool expression_valid(const struct requirement *r)
{
    int64_t number;
    size_t n = r->values.count;
    if (r->op == SEL_INVALID || !label_key_valid(r->key))
        return false;
    if ((r->op == SEL_IN || r->op == SEL_NOT_IN) && n == 0)
        return false;
    if ((r->op == SEL_EXISTS || r->op == SEL_NOT_EXISTS) && n != 0)
        return false;
    if ((r->op == SEL_GT || r->op == SEL_LT) &&
        (n != 1 || str_to_int64(r->values.items[0], &number) < 0))
        return false;
    for (size_t i = 0; i < n; i++) {
        if (!label_value_valid(r->values.items[i]))
            return false;
    }
    return true;
}

static bool field_valid(const struct requirement *r)
{
    return (r->op == SEL_IN || r->op == SEL_NOT_IN) && r->values.count == 1;
}

/* metadata.name is the only field that a node has; any other is "". */
static bool field_match(const struct requirement *r, const struct node *n)
{
    struct str have = str_is(r->key, "metadata.name") ? n->o.name : STR("");
    return str_eq(have, r->values.items[0]) == (r->op == SEL_IN);
}

static bool term_empty(const struct node_selector_term *t)
{
    return t->expressions.count == 0 && t->fields.count == 0;
}

static bool term_match(const struct node_selector_term *t, const struct node *n)
{
    for (size_t i = 0; i < t->expressions.count; i++) {
        if (!expression_valid(&t->expressions.items[i]))
            return false;
    }
    for (size_t i = 0; i < t->fields.count; i++) {
        if (!field_valid(&t->fields.items[i]))
            return false;
    }
    for (size_t i = 0; i < t->expressions.count; i++) {
        if (!requirement_matches(&t->expressions.items[i], &n->o.labels))
            return false;
    }
    for (size_t i = 0; n->o.name.n > 0 && i < t->fields.count; i++) {
        if (!field_match(&t->fields.items[i], n))
            return false;
    }
    return true;
}

bool node_terms_match(const struct node_selector_terms *terms, const struct node *n)
{
    for (size_t i = 0; i < terms->count; i++) {
        if (!term_empty(&terms->items[i]) && term_match(&terms->items[i], n))
            return true;
    }
    return false;
}

bool node_need_match(const struct pod_spec *spec, const struct node *n)
{
    for (size_t i = 0; i < spec->node_selector.count; i++) {
        const struct label *want = &spec->node_selector.items[i];
        const struct label *have = labels_find(&n->o.labels, want->key);
        if (!have || !str_eq(have->value, want->value))
            return false;
    }
    if (!spec->affinity || !spec->affinity->node_required.present)
        return true;
    return node_terms_match(&spec->affinity->node_required, n);
}

int32_t node_wish_score(const struct node_selector_terms *terms, const struct node *n)
{
    int32_t sum = 0;
    for (size_t i = 0; i < terms->count; i++) {
        const struct node_selector_term *t = &terms->items[i];
        if (t->weight != 0 && !term_empty(t) && term_match(t, n))
            sum += (int32_t)t->weight;
    }
    return sum;
}

static bool list_has(const struct str_list *l, struct str v)
{
    for (size_t i = 0; i < l->count; i++) {
        if (str_eq(l->items[i], v))
            return true;
    }
    return false;
}

/* Whether the term names nodes; *ret says if it names this one: the intersection of its In lists. */
static bool term_names(const struct node_selector_term *t, struct str node, bool *ret)
{
    bool any = false;
    *ret = true;
    for (size_t i = 0; i < t->fields.count; i++) {
        const struct requirement *r = &t->fields.items[i];
        if (r->op != SEL_IN || !str_is(r->key, "metadata.name"))
            continue;
        any = true;
        *ret = *ret && list_has(&r->values, node);
    }
    return any;
}

/* Whether the intersection of the term's In lists holds any name at all, present or not. */
static bool term_names_something(const struct node_selector_term *t)
{
    for (size_t i = 0; i < t->fields.count; i++) {
        const struct requirement *r = &t->fields.items[i];
        if (r->op != SEL_IN || !str_is(r->key, "metadata.name"))
            continue;
        for (size_t k = 0; k < r->values.count; k++) {
            bool in;
            term_names(t, r->values.items[k], &in);
            if (in)
                return true;
        }
        return false;
    }
    return false;
}

bool node_names_restrict(const struct node_selector_terms *terms, bool *ret_conflict)
{
    bool something = false, in;
    *ret_conflict = false;
    if (!terms->present || terms->count == 0)
        return false;
    for (size_t i = 0; i < terms->count; i++) {
        if (!term_names(&terms->items[i], STR_NONE, &in))
            return false;
        something |= term_names_something(&terms->items[i]);
    }
    *ret_conflict = !something;
    return true;
}

bool node_names_have(const struct node_selector_terms *terms, struct str node)
{
    for (size_t i = 0; i < terms->count; i++) {
        bool in;
        term_names(&terms->items[i], node, &in);
        if (in)
            return true;
    }
    return false;
}

static size_t requirements_words(struct schedule *s, const struct requirements *rs, uint64_t *w)
{
    size_t n = 0;
    for (size_t i = 0; i < rs->count; i++) {
        const struct requirement *r = &rs->items[i];
        uint64_t head[3] = {name_of(s, r->key), r->op, r->values.count};
        for (size_t k = 0; k < 3; k++, n++) {
            if (w)
                w[n] = head[k];
        }
        for (size_t k = 0; k < r->values.count; k++, n++) {
            if (w)
                w[n] = name_of(s, r->values.items[k]);
        }
    }
    return n;
}

/* The terms as words for key_index: call with w NULL for their number. */
static size_t terms_words(struct schedule *s, const struct node_selector_terms *t, uint64_t *w)
{
    size_t n = 0;
    for (size_t i = 0; i < t->count; i++) {
        const struct node_selector_term *term = &t->items[i];
        uint64_t head[3] = {(uint64_t)term->weight, term->expressions.count, term->fields.count};
        for (size_t k = 0; k < 3; k++, n++) {
            if (w)
                w[n] = head[k];
        }
        n += requirements_words(s, &term->expressions, w ? w + n : NULL);
        n += requirements_words(s, &term->fields, w ? w + n : NULL);
    }
    return n;
}

static void need_view_make(struct schedule *s, struct need_view *v)
{
    const struct pod_spec *spec = v->of;
    static const struct node_selector_terms none;
    const struct node_selector_terms *t = spec->affinity ? &spec->affinity->node_required : &none;
    v->match = arena_array(s->a, uint8_t, s->node_count);
    if (node_names_restrict(t, &v->conflict))
        v->named = arena_array(s->a, uint8_t, s->node_count);
    for (uint32_t n = 0; n < s->node_count; n++) {
        v->match[n] = node_need_match(spec, s->nodes[n]);
        if (v->named)
            v->named[n] = node_names_have(t, s->nodes[n]->o.name);
    }
}

uint32_t need_view_of(struct schedule *s, const struct pod_spec *spec)
{
    static const struct node_selector_terms none;
    const struct node_selector_terms *t = spec->affinity ? &spec->affinity->node_required : &none;
    if (spec->node_selector.count == 0 && !t->present)
        return NO_INDEX;
    size_t words = 3 + 2 * spec->node_selector.count + terms_words(s, t, NULL), n = 0;
    uint64_t *w = arena_array(&s->scratch, uint64_t, words);
    w[n++] = 'A';
    w[n++] = t->present;
    w[n++] = spec->node_selector.count;
    for (size_t i = 0; i < spec->node_selector.count; i++) {
        w[n++] = name_of(s, spec->node_selector.items[i].key);
        w[n++] = name_of(s, spec->node_selector.items[i].value);
    }
    terms_words(s, t, w + n);
    bool is_new;
    uint32_t id = key_index(s, w, words, (uint32_t)s->need_views.count, &is_new);
    if (is_new) {
        struct need_view *v = arena_new(s->a, struct need_view);
        v->of = spec;
        *PUSH(s->a, &s->need_views) = v;
    }
    return id;
}

uint32_t wish_view_of(struct schedule *s, const struct pod_spec *spec)
{
    const struct node_selector_terms *t = spec->affinity ? &spec->affinity->node_preferred : NULL;
    static const struct node_selector_terms none;
    bool added = s->added && s->added->node_preferred.count > 0;
    if (!added && (!t || (!t->present && t->count == 0)))
        return NO_INDEX;
    t = t ? t : &none;
    size_t words = 1 + terms_words(s, t, NULL);
    uint64_t *w = arena_array(&s->scratch, uint64_t, words);
    w[0] = 'W';
    terms_words(s, t, w + 1);
    bool is_new;
    uint32_t id = key_index(s, w, words, (uint32_t)s->wish_views.count, &is_new);
    if (is_new) {
        struct wish_view *v = arena_new(s->a, struct wish_view);
        v->of = t;
        *PUSH(s->a, &s->wish_views) = v;
    }
    return id;
}

const struct need_view *need_view_made(struct schedule *s, uint32_t view)
{
    if (view == NO_INDEX)
        return NULL;
    struct need_view *v = s->need_views.items[view];
    if (!v->made)
        need_view_make(s, v);
    v->made = true;
    return v;
}

const struct wish_view *wish_view_made(struct schedule *s, uint32_t view)
{
    if (view == NO_INDEX)
        return NULL;
    struct wish_view *v = s->wish_views.items[view];
    if (v->made)
        return v;
    v->made = true;
    v->raw = arena_array(s->a, int32_t, s->node_count);
    for (uint32_t n = 0; n < s->node_count; n++)
        v->raw[n] = node_wish_score(v->of, s->nodes[n]) +
                    (s->added ? node_wish_score(&s->added->node_preferred, s->nodes[n]) : 0);
    return v;
}

void added_affinity_make(struct schedule *s, const struct affinity *added)
{
    s->added = added;
    if (!added || !added->node_required.present)
        return;
    s->enforced = arena_array(s->a, uint8_t, s->node_count);
    for (uint32_t n = 0; n < s->node_count; n++)
        s->enforced[n] = !node_terms_match(&added->node_required, s->nodes[n]);
}
