/* SPDX-License-Identifier: Apache-2.0
 *
 * Which rules were not judged, and for want of what, in one sentence that all formats share.
 */
#include "base/text.h"
#include "output/findings.h"

static const char *needs_text(const struct rule *r)
{
    switch (r->needs) {
    case NEEDS_NAMESPACE:
        return r->ns ? "only workloads in the input, or no namespace named; --complete judges them "
                       "all the same"
                     : "nothing else of their namespaces in the input; --complete judges them all "
                       "the same";
    case NEEDS_NODES:
        return "no Nodes in the input";
    default:
        return "no Nodes in the input, and not --complete";
    }
}

static bool are_alike(const struct not_judged *x, const struct not_judged *y)
{
    if (x->lacks || y->lacks)
        return x->lacks == y->lacks;
    return x->count == y->count && x->rule->needs == y->rule->needs && !x->rule->ns == !y->rule->ns;
}

bool not_judged_is_first(const struct judgement *j, size_t i)
{
    for (size_t n = 0; n < i; n++)
        if (are_alike(&j->not_judged.items[n], &j->not_judged.items[i]))
            return false;
    return true;
}

bool not_judged_is_refused(const struct cluster *c, const struct not_judged *n)
{
    for (size_t i = 0; i < c->unlisted.count; i++)
        if (n->lacks >> c->unlisted.items[i].kind & 1)
            return true;
    return false;
}

void not_judged_add_reason(struct buf *b, const struct cluster *c, const struct not_judged *n)
{
    if (!n->lacks) {
        buf_add_cstr(b, needs_text(n->rule));
        return;
    }
    const char *before = "cannot list ";
    for (size_t i = 0; i < c->unlisted.count; i++) {
        if (!(n->lacks >> c->unlisted.items[i].kind & 1))
            continue;
        buf_add_cstr(b, before);
        text_add_clean(b, c->unlisted.items[i].resource);
        before = ", ";
    }
    /* ConfigMaps are never listed: apiserver.c. */
    buf_add_cstr(b, before[0] == ',' ? "" : "ConfigMaps are not listed");
}

void not_judged_add(struct buf *b, const struct findings_results *r, size_t first)
{
    const struct judgement *j = r->judgement;
    const struct not_judged *all = j->not_judged.items;
    buf_printf(b, "not judged: %s", all[first].rule->id);
    for (size_t i = first + 1; i < j->not_judged.count; i++)
        if (are_alike(&all[i], &all[first]))
            buf_printf(b, ", %s", all[i].rule->id);
    if (!all[first].lacks) {
        buf_add_cstr(b, " of ");
        text_add_count(b, (int64_t)all[first].count);
        buf_printf(b, " %s%s", all[first].rule->ns ? "namespace" : "object",
                   all[first].count == 1 ? "" : "s");
    }
    buf_add_cstr(b, " (");
    not_judged_add_reason(b, r->cluster, &all[first]);
    buf_add_char(b, ')');
}
