/* SPDX-License-Identifier: Apache-2.0
 *
 * Field paths: keys joined by dots, indices in brackets, unusual keys in brackets and quotes.
 */
#include "model/edit.h"

static bool is_plain_key(struct str key)
{
    for (size_t i = 0; i < key.n; i++)
        if (memchr(".[]\"", key.p[i], 4))
            return false;
    return key.n > 0;
}

void edit_path_add(struct buf *path, struct str key)
{
    if (!is_plain_key(key)) {
        buf_printf(path, "[\"" STR_FMT "\"]", STR_ARG(key));
        return;
    }
    if (path->n)
        buf_add_char(path, '.');
    buf_add_str(path, key);
}

int edit_path_next(struct str *path, struct str *ret_key, int64_t *ret_index)
{
    struct str p = *path;
    if (p.n && p.p[0] == '.')
        p = str_sub(p, 1, p.n);
    *ret_key = STR_NONE;
    if (str_starts(p, "[\"")) {
        ptrdiff_t end = str_find(p, "\"]");
        if (end < 2)
            return -EINVAL;
        *ret_key = str_sub(p, 2, (size_t)end);
        *path = str_sub(p, (size_t)end + 2, p.n);
        return 0;
    }
    if (p.n && p.p[0] == '[') {
        ptrdiff_t end = str_find_char(p, ']');
        if (end < 0 || str_to_int64(str_sub(p, 1, (size_t)end), ret_index) < 0 || *ret_index < 0)
            return -EINVAL;
        *path = str_sub(p, (size_t)end + 1, p.n);
        return 0;
    }
    size_t n = 0;
    while (n < p.n && p.p[n] != '.' && p.p[n] != '[')
        n++;
    if (n == 0)
        return -EINVAL;
    *ret_key = str_sub(p, 0, n);
    *path = str_sub(p, n, p.n);
    return 0;
}

static const struct doc *take_step(const struct doc *n, struct str key, int64_t index)
{
    if (n->type != (key.p ? DOC_MAP : DOC_SEQ))
        return NULL;
    int64_t i = 0;
    for (const struct doc *c = n->child; c; c = c->next, i++)
        if (key.p ? str_eq(c->key, key) : i == index)
            return c;
    return NULL;
}

int edit_walk(const struct doc *n, struct str path, const struct doc **ret_found,
              const struct doc **ret_last, struct str *ret_rest)
{
    const struct doc *last = n;
    struct str rest = path;
    while (rest.n) {
        struct str after = rest, key;
        int64_t index = 0;
        if (edit_path_next(&after, &key, &index) < 0)
            return -EINVAL;
        const struct doc *below = take_step(last, key, index);
        if (!below)
            break;
        last = below;
        rest = after;
    }
    if (rest.n && rest.p[0] == '.')
        rest = str_sub(rest, 1, rest.n);
    *ret_found = rest.n ? NULL : last;
    if (ret_last)
        *ret_last = last;
    if (ret_rest)
        *ret_rest = rest;
    return 0;
}
