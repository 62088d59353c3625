/* SPDX-License-Identifier: Apache-2.0
 *
 * Edits as changes of bytes. The tree says which bytes a value stands in; what is missing is written
 * beside what is there, in its style. Does not write files: act/ does.
 */
#include "model/edit.h"

const struct doc *edit_find_object(const struct doc *root, const struct object *o)
{
    if (!root)
        return NULL;
    if (root->start == o->start && root->end == o->end)
        return root;
    const struct doc *items = doc_get(root, "items");
    for (const struct doc *i = items ? items->child : NULL; i; i = i->next)
        if (i->start == o->start && i->end == o->end)
            return i;
    return NULL;
}

/* ---- paths ---- */

struct step {
    struct str key; /* absent: an index */
    int64_t index;
};

/* Takes the first step off *path. */
static int next_step(struct str *path, struct step *ret)
{
    struct str p = *path;
    if (p.n && p.p[0] == '.')
        p = str_sub(p, 1, p.n);
    *ret = (struct step){0};
    if (p.n && p.p[0] == '[') {
        ptrdiff_t end = str_find_char(p, ']');
        if (end < 0 || str_to_int64(str_sub(p, 1, (size_t)end), &ret->index) < 0 || ret->index < 0)
            return -EINVAL;
        *path = str_sub(p, (size_t)end + 1, p.n);
        return 0;
    }
    size_t n = 0;
    while (n < p.n && p.p[n] != '.' && p.p[n] != '[')
        n++;
    if (n == 0)
        return -EINVAL;
    ret->key = str_sub(p, 0, n);
    *path = str_sub(p, n, p.n);
    return 0;
}

static const struct doc *take_step(const struct doc *n, const struct step *s)
{
    if (n->type != (s->key.p ? DOC_MAP : DOC_SEQ))
        return NULL;
    int64_t i = 0;
    for (const struct doc *c = n->child; c; c = c->next, i++)
        if (s->key.p ? str_eq(c->key, s->key) : i == s->index)
            return c;
    return NULL;
}

int edit_walk(const struct doc *n, struct str path, const struct doc **ret_found,
              const struct doc **ret_last, struct str *ret_rest)
{
    const struct doc *last = n;
    struct str rest = path;
    while (rest.n) {
        struct str after = rest;
        struct step s;
        if (next_step(&after, &s) < 0)
            return -EINVAL;
        const struct doc *below = take_step(last, &s);
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

/* ---- what is written ---- */

static bool is_flow(const struct doc *n, struct str text)
{
    return n->start < text.n && (text.p[n->start] == '{' || text.p[n->start] == '[');
}

/* The spaces that a block map's keys stand behind: its first key's column. */
static size_t indent_of(const struct doc *map)
{
    return map->child ? map->child->key_at.column - 1 : 0;
}

static void add_spaces(struct buf *b, size_t n)
{
    for (size_t i = 0; i < n; i++)
        buf_add_char(b, ' ');
}

/* "a: {b: v}" or, in JSON, "\"a\": {\"b\": v}". */
static int add_flow(struct buf *b, struct str rest, struct str value, bool json)
{
    size_t braces = 0;
    while (rest.n) {
        struct step s;
        if (next_step(&rest, &s) < 0 || !s.key.p)
            return -EINVAL;
        buf_printf(b, json ? "\"" STR_FMT "\": " : STR_FMT ": ", STR_ARG(s.key));
        if (rest.n) {
            buf_add_char(b, '{');
            braces++;
        }
    }
    buf_add_str(b, value);
    for (; braces; braces--)
        buf_add_char(b, '}');
    return 0;
}

/* "a:\n  b: v"; the first key stands behind indent spaces already. */
static int add_block(struct buf *b, struct str rest, struct str value, size_t indent)
{
    for (bool first = true; rest.n; first = false) {
        struct step s;
        if (next_step(&rest, &s) < 0 || !s.key.p)
            return -EINVAL;
        if (!first) {
            buf_add_char(b, '\n');
            add_spaces(b, indent);
        }
        buf_printf(b, STR_FMT ":", STR_ARG(s.key));
        indent += 2;
    }
    buf_add_char(b, ' ');
    buf_add_str(b, value);
    return 0;
}

static size_t line_end(struct str text, size_t at)
{
    while (at < text.n && text.p[at] != '\n')
        at++;
    return at > 0 && at <= text.n && text.p[at - 1] == '\r' ? at - 1 : at;
}

static bool on_one_line(const struct doc *n, struct str text)
{
    bool leaf = n->type != DOC_MAP && n->type != DOC_SEQ;
    return (leaf || is_flow(n, text)) && n->end > n->start &&
           !memchr(text.p + n->start, '\n', n->end - n->start) && text.p[n->start] != '|' &&
           text.p[n->start] != '>';
}

/* Beside a key of a block map: after the last key's line where its value is on one line, else after
 * the first such key, else before the first key. */
static int insert_block(const struct doc *map, struct str rest, struct str value, struct str text,
                        struct buf *b, size_t *ret_at)
{
    const struct doc *after = NULL, *last = NULL;
    size_t indent = indent_of(map);
    for (const struct doc *c = map->child; c; c = c->next) {
        if (!after && on_one_line(c, text))
            after = c;
        last = c;
    }
    if (last && on_one_line(last, text))
        after = last;
    if (!after) {
        *ret_at = map->child->key_start;
        if (add_block(b, rest, value, indent) < 0)
            return -EINVAL;
        buf_add_char(b, '\n');
        add_spaces(b, indent);
        return 0;
    }
    *ret_at = line_end(text, after->end);
    buf_add_char(b, '\n');
    add_spaces(b, indent);
    return add_block(b, rest, value, indent);
}

static int insert_flow(const struct doc *map, struct str rest, struct str value, struct str text,
                       struct buf *b, size_t *ret_at)
{
    bool json =
        map->child && map->child->key_start < text.n && text.p[map->child->key_start] == '"';
    const struct doc *last = map->child;
    while (last && last->next)
        last = last->next;
    *ret_at = last ? last->end : map->start + 1;
    if (last)
        buf_add_cstr(b, ", ");
    return add_flow(b, rest, value, json);
}

static struct str take_text(struct arena *a, struct buf *b)
{
    struct str s = arena_str(a, buf_str(b));
    buf_done(b);
    return s;
}

/* "limits:" with nothing behind it, which reads as null. */
static int fill_null(const struct doc *n, struct str rest, struct str value, struct str text,
                     struct buf *b, struct splice *ret)
{
    bool bare = n->end == n->start;
    size_t colon = n->key_start;
    while (bare && colon < text.n && text.p[colon] != ':')
        colon++;
    ret->start = bare ? colon + 1 : n->start;
    ret->end = bare ? colon + 1 : n->end;
    if (bare)
        buf_add_char(b, ' ');
    buf_add_char(b, '{');
    int r = add_flow(b, rest, value, false);
    buf_add_char(b, '}');
    return r;
}

static int set_missing(const struct edit *edit, const struct doc *last, struct str rest,
                       struct str text, struct arena *a, struct splice *ret, struct err *e)
{
    struct buf b;
    buf_init(&b, 64 * (size_t)KIB);
    int r = -EINVAL;
    if (last->type == DOC_MAP && is_flow(last, text))
        r = insert_flow(last, rest, edit->value, text, &b, &ret->start);
    else if (last->type == DOC_MAP && last->child)
        r = insert_block(last, rest, edit->value, text, &b, &ret->start);
    if (r == 0)
        ret->end = ret->start;
    else if (last->type == DOC_NULL)
        r = fill_null(last, rest, edit->value, text, &b, ret);
    ret->text = take_text(a, &b);
    if (r < 0)
        return err_set(e, EINVAL, "cannot set " STR_FMT ": what is there is %s",
                       STR_ARG(edit->path), doc_type_name(last));
    return 1;
}

static bool same_value(const struct doc *n, struct str value)
{
    struct str bare = value;
    bool quoted = value.n >= 2 && value.p[0] == '"';
    if (quoted)
        bare = str_sub(value, 1, value.n - 1);
    return n->type != DOC_MAP && n->type != DOC_SEQ && (n->type == DOC_STRING) == quoted &&
           str_eq(n->text, bare);
}

/* ---- removing ---- */

/* In a block map: the key's lines. The only key of a map goes with the map's content: "{}" stays. */
static int remove_node(const struct doc *parent, const struct doc *n, struct str text,
                       struct arena *a, struct splice *ret)
{
    ret->text = arena_str(a, STR(""));
    if (parent->count == 1) {
        *ret = (struct splice){parent->start, n->end, STR("{}")};
        if (is_flow(parent, text))
            ret->end = parent->end;
        return 1;
    }
    size_t start = parent->type == DOC_MAP ? n->key_start : n->start;
    if (is_flow(parent, text)) {
        if (n->next) {
            *ret = (struct splice){start, n->next->key_start, ret->text};
        } else {
            const struct doc *before = parent->child;
            while (before->next != n)
                before = before->next;
            *ret = (struct splice){before->end, n->end, ret->text};
        }
        return 1;
    }
    /* From this key to the next one, or from the end of the line before it. */
    if (n == parent->child) {
        *ret = (struct splice){start, n->next->key_start, ret->text};
        return 1;
    }
    size_t line = start;
    while (line > 0 && text.p[line - 1] != '\n')
        line--;
    *ret =
        (struct splice){line ? line - 1 : 0, line_end(text, MAX(n->end, start + 1) - 1), ret->text};
    return 1;
}

static const struct doc *parent_of(const struct doc *n, const struct doc *child)
{
    for (const struct doc *c = n->child; c; c = c->next) {
        if (c == child)
            return n;
        if (c->start <= child->start && child->end <= c->end && c->child) {
            const struct doc *found = parent_of(c, child); /* as deep as the path is long */
            if (found)
                return found;
        }
    }
    return NULL;
}

int edit_splice(const struct edit *edit, const struct doc *object, struct str text, struct arena *a,
                struct splice *ret, struct err *e)
{
    const struct doc *found, *last;
    struct str rest;
    if (edit_walk(object, edit->path, &found, &last, &rest) < 0)
        return err_set(e, EINVAL, "\"" STR_FMT "\" is no field path", STR_ARG(edit->path));
    if (last->merged)
        return err_set(e, EINVAL,
                       "cannot change " STR_FMT ": it comes from an alias or a merge key",
                       STR_ARG(edit->path));
    if (edit->op == EDIT_REMOVE) {
        const struct doc *parent = found ? parent_of(object, found) : NULL;
        return parent ? remove_node(parent, found, text, a, ret) : 0;
    }
    if (!found)
        return set_missing(edit, last, rest, text, a, ret, e);
    if (same_value(found, edit->value))
        return 0;
    if (found->type == DOC_NULL && found->start == found->end) {
        struct str colon = str_sub(text, found->key_start, text.n);
        size_t at = found->key_start + (size_t)MAX(str_find_char(colon, ':'), 0) + 1;
        *ret = (struct splice){at, at, arena_printf(a, " " STR_FMT, STR_ARG(edit->value))};
        return 1;
    }
    *ret = (struct splice){found->start, found->end, edit->value};
    return 1;
}

static int by_start(const void *a, const void *b)
{
    size_t x = ((const struct splice *)a)->start, y = ((const struct splice *)b)->start;
    return (x > y) - (x < y);
}

void splices_apply(struct str text, struct splice *splices, size_t count, struct buf *out)
{
    if (count)
        qsort(splices, count, sizeof(*splices), by_start);
    size_t at = 0;
    for (size_t i = 0; i < count; i++) {
        buf_add_str(out, str_sub(text, at, splices[i].start));
        buf_add_str(out, splices[i].text);
        at = splices[i].end;
    }
    buf_add_str(out, str_sub(text, at, text.n));
}
