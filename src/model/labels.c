/* SPDX-License-Identifier: Apache-2.0
 *
 * Labels and selectors, as k8s.io/apimachinery pkg/labels/selector.go matches them.
 */
#include "model/cluster.h"

const struct label *labels_find(const struct labels *l, struct str key)
{
    for (size_t i = 0; i < l->count; i++)
        if (str_eq(l->items[i].key, key))
            return &l->items[i];
    return NULL;
}

struct str labels_get(const struct labels *l, const char *key)
{
    const struct label *found = labels_find(l, str_of(key));
    return found ? found->value : STR_NONE;
}

static bool list_has(const struct str_list *l, struct str v)
{
    for (size_t i = 0; i < l->count; i++)
        if (str_eq(l->items[i], v))
            return true;
    return false;
}

/* Gt and Lt: both sides must be signed 64-bit integers, else no match. */
static bool compares(const struct requirement *r, struct str value)
{
    int64_t have, want;
    if (r->values.count != 1 || str_to_int64(value, &have) < 0 ||
        str_to_int64(r->values.items[0], &want) < 0)
        return false;
    return r->op == SEL_GT ? have > want : have < want;
}

bool requirement_matches(const struct requirement *r, const struct labels *l)
{
    const struct label *found = labels_find(l, r->key);
    switch (r->op) {
    case SEL_IN:
        return found && list_has(&r->values, found->value);
    case SEL_NOT_IN:
        return !found || !list_has(&r->values, found->value);
    case SEL_EXISTS:
        return found;
    case SEL_NOT_EXISTS:
        return !found;
    case SEL_GT:
    case SEL_LT:
        return found && compares(r, found->value);
    case SEL_INVALID:
        return false;
    }
    return false;
}

bool selector_matches(const struct label_selector *s, const struct labels *l)
{
    if (!s->present)
        return false;
    for (size_t i = 0; i < s->match_labels.count; i++) {
        const struct label *want = &s->match_labels.items[i];
        const struct label *found = labels_find(l, want->key);
        if (!found || !str_eq(found->value, want->value))
            return false;
    }
    for (size_t i = 0; i < s->expressions.count; i++)
        if (!requirement_matches(&s->expressions.items[i], l))
            return false;
    return true;
}

const struct resource_amount *resources_find(const struct resources *r, const char *name)
{
    for (size_t i = 0; i < r->count; i++)
        if (str_is(r->items[i].name, name))
            return &r->items[i];
    return NULL;
}
