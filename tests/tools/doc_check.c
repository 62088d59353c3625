/* SPDX-License-Identifier: Apache-2.0
 *
 * Walks a tree, without recursion, and checks it.
 */
#include "tests/tools/doc_check.h"

/* Fields of one value on their own. */
static const char *check_value(const struct doc *n, struct str text)
{
    if (n->type > DOC_MAP)
        return "a type that does not exist";
    if (n->start > n->end || n->end > text.n)
        return "a span outside the text";
    if (!n->at.line || !n->at.column)
        return "no position";
    if (n->by_merge_key && !n->merged)
        return "by_merge_key without merged";
    bool container = n->type == DOC_SEQ || n->type == DOC_MAP;
    if (!container && (n->child || n->count))
        return "a scalar with children";
    if ((container || n->type == DOC_NULL) && n->text.p)
        return "text where there is none";
    if (!container && n->type != DOC_NULL && !n->text.p)
        return "a scalar without text";
    if (n->type == DOC_BOOL && !str_is(n->text, "true") && !str_is(n->text, "false"))
        return "a bool that is neither";
    int64_t v;
    if (n->type == DOC_INT && str_to_int64(n->text, &v) == -EINVAL)
        return "an integer that is none";
    return NULL;
}

/* A child against its parent. */
static const char *check_place(const struct doc *n, const struct doc *parent)
{
    bool in_map = parent && parent->type == DOC_MAP;
    if (in_map != (n->key.p != NULL))
        return "a key where there must be none, or none where it must be";
    if (in_map && (!n->key_at.line || !n->key_at.column))
        return "a key without position";
    if (parent && !n->merged && (n->start < parent->start || n->end > parent->end))
        return "a value outside its parent's span";
    if (in_map && !n->merged && n->key_start > n->start)
        return "a key behind its value";
    return NULL;
}

static size_t count_children(const struct doc *n)
{
    size_t count = 0;
    for (const struct doc *c = n->child; c; c = c->next)
        count++;
    return count;
}

const char *doc_check(const struct doc_root *root, struct str text, size_t *nodes)
{
    const struct doc *path[DOC_MAX_DEPTH + 1];
    size_t depth = 0;
    if (root->start > root->end || root->end > text.n)
        return "a document outside the text";
    if (root->root && root->root->next)
        return "a root with a sibling";
    for (const struct doc *n = root->root; n;) {
        ++*nodes;
        const struct doc *parent = depth ? path[depth - 1] : NULL;
        const char *fault = check_value(n, text);
        if (!fault)
            fault = check_place(n, parent);
        if (!fault && count_children(n) != n->count)
            fault = "a wrong number of children";
        if (!fault && n->child && depth == DOC_MAX_DEPTH)
            fault = "nested too deep";
        if (fault)
            return fault;
        if (n->child) {
            path[depth++] = n;
            n = n->child;
            continue;
        }
        while (n && !n->next)
            n = depth ? path[--depth] : NULL;
        n = n ? n->next : NULL;
    }
    return NULL;
}
