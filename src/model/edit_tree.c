/* SPDX-License-Identifier: Apache-2.0
 *
 * Edits as changes of a document tree, and the comparison of trees: what a change of bytes must
 * amount to.
 */
#include "model/edit.h"

static struct doc *find(struct doc *n, struct str key, int64_t index)
{
    if (n->type != (key.p ? DOC_MAP : DOC_SEQ))
        return NULL;
    int64_t i = 0;
    for (struct doc *c = n->child; c; c = c->next, i++)
        if (key.p ? str_eq(c->key, key) : i == index)
            return c;
    return NULL;
}

static void unlink_child(struct doc *parent, struct doc *child)
{
    struct doc **link = &parent->child;
    while (*link != child)
        link = &(*link)->next;
    *link = child->next;
    parent->count--;
}

static struct doc *append(struct doc *map, struct str key, struct arena *a)
{
    struct doc **link = &map->child;
    while (*link)
        link = &(*link)->next;
    *link = arena_new(a, struct doc);
    (*link)->key = key;
    map->count++;
    return *link;
}

static int wrong_path(const struct edit *edit, const struct doc *n, struct err *e)
{
    return err_set(e, EINVAL, "cannot set " STR_FMT ": what is there is %s", STR_ARG(edit->path),
                   doc_type_name(n));
}

/* The node at the path; with `make`, missing keys are added on the way. */
static int reach(const struct edit *edit, struct doc *object, struct arena *a, struct doc **ret,
                 struct doc **ret_parent)
{
    struct str rest = edit->path;
    bool make = edit->op == EDIT_SET;
    struct doc *n = object, *parent = NULL;
    while (rest.n && n) {
        struct str key;
        int64_t index = 0;
        if (edit_path_next(&rest, &key, &index) < 0)
            return -EINVAL;
        if (make && key.p && n->type == DOC_NULL)
            n->type = DOC_MAP;
        struct doc *below = find(n, key, index);
        if (!below && make) {
            if (!key.p || n->type != DOC_MAP)
                return -EINVAL;
            below = append(n, key, a);
        }
        parent = n;
        n = below;
    }
    *ret = n;
    *ret_parent = parent;
    return 0;
}

int edit_tree(const struct edit *edit, struct doc *object, struct arena *a, struct err *e)
{
    struct doc *n, *parent;
    if (reach(edit, object, a, &n, &parent) < 0)
        return wrong_path(edit, object, e);
    if (edit->op == EDIT_REMOVE) {
        if (n && parent)
            unlink_child(parent, n);
        return 0;
    }
    struct doc_root value = {0};
    int r = json_parse(edit->path, edit->value, a, &value, e);
    if (r < 0)
        return r;
    n->type = value.root->type;
    n->text = value.root->text;
    n->child = value.root->child;
    n->count = value.root->count;
    return 0;
}

/* ---- comparing ---- */

static const struct doc *partner(const struct doc *map, const struct doc *guess, struct str key)
{
    if (guess && str_eq(guess->key, key))
        return guess;
    for (const struct doc *c = map->child; c; c = c->next)
        if (str_eq(c->key, key))
            return c;
    return NULL;
}

static bool same_children(const struct doc *x, const struct doc *y, struct buf *path)
{
    const struct doc *guess = y->child;
    size_t index = 0;
    for (const struct doc *c = x->child; c; c = c->next, index++) {
        size_t before = path->n;
        const struct doc *other = x->type == DOC_MAP ? partner(y, guess, c->key) : guess;
        if (x->type == DOC_MAP)
            edit_path_add(path, c->key);
        else
            buf_printf(path, "[%zu]", index);
        if (!other || !edit_same(c, other, path))
            return false;
        path->n = before;
        guess = other->next;
    }
    if (x->count == y->count)
        return true;
    /* y has more: the first that x lacks. */
    for (const struct doc *c = y->child; c && y->type == DOC_MAP; c = c->next)
        if (!partner(x, NULL, c->key)) {
            edit_path_add(path, c->key);
            break;
        }
    return false;
}

/* As deep as documents may be (DOC_MAX_DEPTH). */
bool edit_same(const struct doc *x, const struct doc *y, struct buf *path)
{
    if (!x || !y)
        return x == y;
    if (x->type != y->type)
        return false;
    if (x->type == DOC_MAP || x->type == DOC_SEQ)
        return same_children(x, y, path);
    return str_eq(x->text, y->text);
}
