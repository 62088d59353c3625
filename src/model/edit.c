/* SPDX-License-Identifier: Apache-2.0
 *
 * Edits as changes of bytes. The tree says which bytes a value stands in; what is missing is written
 * beside what is there, in its style. Does not write files: act/ does.
 */
#include "model/edit.h"

#include "model/edit_style.h"

enum { EDIT_MAX_BYTES = 1 << 20 }; /* of what one edit writes */

/* ---- where things are ---- */

/* Past the anchor and the tag of a map or sequence: what is left of them is "{", "[" or a block. */
static size_t content_start(const struct doc *n, struct str text)
{
    size_t i = n->start;
    while (i < text.n && (text.p[i] == '&' || text.p[i] == '!')) {
        while (i < text.n && !memchr(" \t\r\n", text.p[i], 4))
            i++;
        while (i < text.n && memchr(" \t\r\n", text.p[i], 4))
            i++;
    }
    return i;
}

static bool is_flow(const struct doc *n, struct str text)
{
    size_t i = content_start(n, text);
    return i < text.n && (text.p[i] == '{' || text.p[i] == '[');
}

/* The first child whose bytes are here: not one that a merge key brought. */
static const struct doc *own_child(const struct doc *n)
{
    const struct doc *c = n->child;
    while (c && c->by_merge_key)
        c = c->next;
    return c;
}

/* The child that stands last in the text (a key given twice has its first place in the list). */
static const struct doc *last_child(const struct doc *n)
{
    const struct doc *last = NULL;
    for (const struct doc *c = n->child; c; c = c->next)
        if (!c->by_merge_key && (!last || c->end >= last->end))
            last = c;
    return last;
}

static bool is_json(const struct doc *n, struct str text)
{
    const struct doc *c = own_child(n);
    return c && is_flow(n, text) && c->key_start < text.n && text.p[c->key_start] == '"';
}

/* The spaces that a block map's keys stand behind: its first key's column. */
static size_t indent_of(const struct doc *map)
{
    const struct doc *c = own_child(map);
    return c && c->key_at.column ? c->key_at.column - 1 : 0;
}

/* Where the line of this byte ends, without its line break. */
static size_t line_end(struct str text, size_t at)
{
    size_t i = at;
    while (i < text.n && text.p[i] != '\n')
        i++;
    return i > at && text.p[i - 1] == '\r' ? i - 1 : i;
}

static size_t line_start(struct str text, size_t at)
{
    while (at > 0 && text.p[at - 1] != '\n')
        at--;
    return at;
}

static struct str blanks_of_line(struct str text, size_t at)
{
    size_t from = line_start(text, at), to = from;
    while (to < at && (text.p[to] == ' ' || text.p[to] == '\t'))
        to++;
    return str_sub(text, from, to);
}

/* Behind the colon of n's key. */
static size_t after_colon(const struct doc *n, struct str text)
{
    size_t i = n->key_start;
    char quote = i < text.n ? text.p[i] : 0;
    if (quote == '"' || quote == '\'')
        for (i++; i < text.n && text.p[i] != quote; i++)
            if (quote == '"' && text.p[i] == '\\')
                i++;
    while (i < text.n && text.p[i] != ':')
        i++;
    return MIN(i + 1, text.n);
}

static bool is_bare_null(const struct doc *n)
{
    return n->type == DOC_NULL && n->end <= n->start && !n->merged;
}

/* Whether n's value is on one line, so that a new line can follow it. */
static bool on_one_line(const struct doc *n, struct str text)
{
    if (is_bare_null(n))
        return true;
    bool leaf = n->merged || (n->type != DOC_MAP && n->type != DOC_SEQ);
    return (leaf || is_flow(n, text)) && n->end > n->start && n->end <= text.n &&
           !memchr(text.p + n->start, '\n', n->end - n->start) && text.p[n->start] != '|' &&
           text.p[n->start] != '>';
}

/* What stands last below n. */
static const struct doc *last_leaf(const struct doc *n, struct str text)
{
    const struct doc *c;
    while (!n->merged && (n->type == DOC_MAP || n->type == DOC_SEQ) && !is_flow(n, text) &&
           (c = last_child(n)))
        n = c;
    return n;
}

/* The end of the last line of n, a value on one line, and of the comments that follow it and are
 * indented by more than `indent`. */
static size_t end_of_block(const struct doc *n, struct str text, size_t indent)
{
    size_t end = line_end(text, is_bare_null(n) && n->key.p ? after_colon(n, text) : n->end);
    for (;;) {
        size_t i = end;
        while (i < text.n && text.p[i] != '\n')
            i++;
        size_t from = ++i;
        while (i < text.n && text.p[i] == ' ')
            i++;
        if (i >= text.n || text.p[i] != '#' || i - from <= indent)
            return end;
        end = line_end(text, i);
    }
}

/* ---- values ---- */

/* value at the path `rest`, as a map: a.b and 1 make {a: {b: 1}}. */
static struct doc *wrap(struct str rest, struct doc *value, struct arena *a)
{
    struct doc *map = arena_new(a, struct doc), *at = map;
    while (rest.n) {
        struct str key;
        int64_t index;
        if (edit_path_next(&rest, &key, &index) < 0 || !key.p)
            return NULL;
        struct doc *c = rest.n ? arena_new(a, struct doc) : value;
        c->key = key;
        at->type = DOC_MAP;
        at->child = c;
        at->count = 1;
        at = c;
    }
    return map;
}

static struct str take_text(struct arena *a, struct buf *b)
{
    struct str s = arena_str(a, buf_str(b));
    buf_done(b);
    return s;
}

/* An edit at work: the text and where the new bytes go. */
struct work {
    struct str text;
    struct arena *a;
    struct edit_style style;
    struct buf b;
    struct splice *ret;
};

/* ---- setting what is missing ---- */

/* Beside a key of a block map: after the last one where that can be, else after another that is on
 * one line, else before the first. */
static int insert_block(struct work *w, const struct doc *map, const struct doc *added)
{
    size_t indent = indent_of(map);
    const struct doc *last = last_child(map), *after = NULL;
    if (!last)
        return -EINVAL;
    const struct doc *leaf = last_leaf(last, w->text);
    if (on_one_line(leaf, w->text))
        after = leaf;
    for (const struct doc *c = map->child; c && !after; c = c->next)
        if (!c->by_merge_key && on_one_line(c, w->text))
            after = c;
    w->style.newline = edit_newline(w->text, own_child(map)->key_start);
    if (!after) {
        w->ret->start = own_child(map)->key_start;
        edit_add_block(&w->b, &w->style, added, indent);
        edit_add_newline(&w->b, &w->style, indent);
        return 1;
    }
    w->ret->start = end_of_block(after, w->text, indent);
    edit_add_newline(&w->b, &w->style, indent);
    edit_add_block(&w->b, &w->style, added, indent);
    return 1;
}

/* How a map or sequence in flow style lays out its elements, the first of which is at `first`. */
static void find_layout(struct work *w, const struct doc *n, size_t first)
{
    struct str outer = blanks_of_line(w->text, n->start);
    struct str own = blanks_of_line(w->text, first);
    bool begins_line = line_start(w->text, first) + own.n == first;
    w->style.newline = edit_newline(w->text, n->start);
    w->style.lines = begins_line && line_start(w->text, first) > n->start;
    w->style.prefix = own;
    w->style.unit = own.n > outer.n && str_eq(str_sub(own, 0, outer.n), outer)
                        ? str_sub(own, outer.n, own.n)
                        : STR("  ");
}

/* Whether nothing but a comma and blanks follows on the line, or the end of the braces. */
static bool ends_line(struct str text, size_t at)
{
    if (at < text.n && text.p[at] == ',')
        at++;
    while (at < text.n && (text.p[at] == ' ' || text.p[at] == '\t' || text.p[at] == '\r'))
        at++;
    return at == text.n || memchr("\n}]", text.p[at], 3);
}

static void add_line_break(struct work *w)
{
    buf_add_str(&w->b, w->style.newline);
    buf_add_str(&w->b, w->style.prefix);
}

/* Between two elements in flow style. */
static void add_comma(struct work *w, bool lines)
{
    buf_add_char(&w->b, ',');
    if (lines)
        add_line_break(w);
    else
        buf_add_char(&w->b, ' ');
}

/* Into braces: after the last element, or before the first one where a comment follows the last. */
static int insert_flow(struct work *w, const struct doc *map, const struct doc *added)
{
    const struct doc *first = own_child(map), *last = last_child(map);
    if (!first) {
        w->ret->start = content_start(map, w->text) + 1;
        edit_add_flow(&w->b, &w->style, added);
        if (map->child) /* nothing but what a merge key brings */
            buf_add_cstr(&w->b, ", ");
        return 1;
    }
    w->style.quoted = w->style.quoted || is_json(map, w->text);
    find_layout(w, map, first->key_start);
    bool lines = w->style.lines;
    w->style.lines = lines && w->style.quoted;
    if (is_bare_null(last) || (lines && !ends_line(w->text, last->end))) {
        w->ret->start = first->key_start;
        edit_add_flow(&w->b, &w->style, added);
        add_comma(w, lines);
        return 1;
    }
    w->ret->start = last->end;
    add_comma(w, lines);
    edit_add_flow(&w->b, &w->style, added);
    return 1;
}

/* "limits:" with nothing behind it, or "limits: null". */
static int fill_null(struct work *w, const struct doc *n, const struct doc *added, bool in_block)
{
    w->style.newline = edit_newline(w->text, n->key_start);
    if (is_bare_null(n) && in_block && n->key_at.column) {
        size_t indent = n->key_at.column + 1;
        w->ret->start = w->ret->end = line_end(w->text, after_colon(n, w->text));
        edit_add_newline(&w->b, &w->style, indent);
        edit_add_block(&w->b, &w->style, added, indent);
        return 1;
    }
    bool bare = is_bare_null(n);
    w->ret->start = bare ? after_colon(n, w->text) : n->start;
    w->ret->end = bare ? w->ret->start : n->end;
    if (bare)
        buf_add_char(&w->b, ' ');
    edit_add_flow_value(&w->b, &w->style, added);
    return 1;
}

static const struct doc *parent_of(const struct doc *n, const struct doc *child)
{
    for (const struct doc *c = n->child; c; c = c->next) {
        if (c == child)
            return n;
        if (c->child) {
            const struct doc *found = parent_of(c, child); /* as deep as the document is */
            if (found)
                return found;
        }
    }
    return NULL;
}

static int set_missing(struct work *w, const struct doc *object, const struct doc *last,
                       const struct doc *added)
{
    int r = -EINVAL;
    if (last->type == DOC_MAP && is_flow(last, w->text))
        r = insert_flow(w, last, added);
    else if (last->type == DOC_MAP)
        r = insert_block(w, last, added);
    if (r > 0)
        w->ret->end = w->ret->start;
    if (last->type == DOC_NULL && last->key.p) {
        const struct doc *parent = parent_of(object, last);
        r = fill_null(w, last, added, parent && !is_flow(parent, w->text));
    }
    return r;
}

/* ---- removing ---- */

/* In a block map: the key's lines. The only key of a map goes with the map's content: "{}" stays. */
static int remove_node(const struct doc *parent, const struct doc *n, struct str text,
                       struct splice *ret)
{
    if (parent->count == 1) {
        *ret = (struct splice){content_start(parent, text), n->end, STR("{}")};
        if (is_flow(parent, text))
            ret->end = parent->end;
        return 1;
    }
    size_t start = parent->type == DOC_MAP ? n->key_start : n->start;
    if (is_flow(parent, text)) {
        if (n->next) {
            size_t next = parent->type == DOC_MAP ? n->next->key_start : n->next->start;
            *ret = (struct splice){start, next, STR("")};
        } else {
            const struct doc *before = parent->child;
            while (before->next != n)
                before = before->next;
            *ret = (struct splice){before->end, n->end, STR("")};
        }
        return 1;
    }
    /* From this key to the next one, or from the end of the line before it. */
    if (n == parent->child && parent->type == DOC_MAP) {
        *ret = (struct splice){start, n->next->key_start, STR("")};
        return 1;
    }
    size_t from = line_start(text, start);
    if (from > 0)
        from--;
    if (from > 0 && text.p[from - 1] == '\r')
        from--;
    *ret = (struct splice){from, line_end(text, MAX(n->end, start + 1) - 1), STR("")};
    return 1;
}

/* ---- setting what is there ---- */

static bool same_value(const struct doc *n, const struct doc *v)
{
    struct buf path CLEANUP(buf_done);
    buf_init(&path, 1 << 16);
    return edit_same(n, v, &path);
}

static int replace(struct work *w, const struct doc *n, struct doc *value, struct err *e)
{
    if (same_value(n, value))
        return 0;
    bool is_map = n->type == DOC_MAP || n->type == DOC_SEQ;
    if (is_map && !is_flow(n, w->text))
        return err_set(e, EINVAL, "what is there spans several lines");
    if (is_bare_null(n) && n->key.p) {
        w->ret->start = w->ret->end = after_colon(n, w->text);
        buf_add_char(&w->b, ' ');
    } else {
        w->ret->start = is_map ? content_start(n, w->text) : n->start;
        w->ret->end = n->end;
    }
    char now = w->ret->start < w->text.n ? w->text.p[w->ret->start] : 0;
    w->style.quoted = w->style.quoted || (n->quoted && (now == '"' || now == '\''));
    edit_add_flow_value(&w->b, &w->style, value);
    return 1;
}

static int set(struct work *w, const struct edit *edit, const struct doc *object, struct doc *value,
               struct err *e)
{
    const struct doc *found, *last;
    struct str rest;
    if (edit_walk(object, edit->path, &found, &last, &rest) < 0)
        return -EINVAL;
    w->style.quoted = is_json(object, w->text);
    if (found)
        return replace(w, found, value, e);
    const struct doc *added = wrap(rest, value, w->a);
    int r = added ? set_missing(w, object, last, added) : -EINVAL;
    if (r < 0)
        return err_set(e, EINVAL, "cannot set " STR_FMT ": what is there is %s",
                       STR_ARG(edit->path), doc_type_name(last));
    return r;
}

int edit_splice(const struct edit *edit, const struct doc *object, struct str text, struct arena *a,
                struct splice *ret, struct err *e)
{
    const struct doc *found, *last;
    if (edit_walk(object, edit->path, &found, &last, NULL) < 0)
        return err_set(e, EINVAL, "\"" STR_FMT "\" is no field path", STR_ARG(edit->path));
    if (last->merged)
        return err_set(e, EINVAL,
                       "cannot change " STR_FMT ": it comes from an alias or a merge key",
                       STR_ARG(edit->path));
    if (edit->op == EDIT_REMOVE) {
        const struct doc *parent = found ? parent_of(object, found) : NULL;
        return parent ? remove_node(parent, found, text, ret) : 0;
    }
    struct doc_root value = {0};
    int r = json_parse(STR("edit"), edit->value, a, &value, e);
    if (r < 0)
        return r;
    struct work w = {.text = text, .a = a, .ret = ret};
    w.style.newline = STR("\n");
    buf_init(&w.b, EDIT_MAX_BYTES);
    r = set(&w, edit, object, value.root, e);
    ret->text = take_text(a, &w.b);
    return r;
}

/* ---- adding objects ---- */

static int add_item(struct work *w, const struct doc *items, const struct doc *value)
{
    const struct doc *first = items->child, *last = last_child(items);
    if (is_flow(items, w->text)) {
        w->style.quoted = is_json(last, w->text);
        find_layout(w, items, first->start);
        bool lines = w->style.lines;
        w->ret->start = last->end;
        add_comma(w, lines);
        w->style.lines = lines && w->style.quoted &&
                         memchr(w->text.p + last->start, '\n', last->end - last->start);
        edit_add_flow_value(&w->b, &w->style, value);
        return 1;
    }
    size_t indent = items->at.column - 1;
    const struct doc *leaf = last_leaf(last, w->text);
    if (!on_one_line(leaf, w->text))
        return -EINVAL;
    w->style.newline = edit_newline(w->text, items->start);
    w->ret->start = end_of_block(leaf, w->text, indent);
    edit_add_newline(&w->b, &w->style, indent);
    buf_add_cstr(&w->b, "- ");
    edit_add_block(&w->b, &w->style, value, indent + 2);
    return 1;
}

static void add_yaml_document(struct work *w, size_t end, const struct doc *value)
{
    bool line_is_open = end > 0 && w->text.p[end - 1] != '\n';
    w->style.newline = edit_newline(w->text, end);
    w->ret->start = end;
    if (line_is_open)
        buf_add_str(&w->b, w->style.newline);
    buf_add_cstr(&w->b, "---");
    edit_add_newline(&w->b, &w->style, 0);
    edit_add_block(&w->b, &w->style, value, 0);
    if (!line_is_open)
        edit_add_newline(&w->b, &w->style, 0);
}

static void add_json_value(struct work *w, const struct doc *before, const struct doc *value)
{
    w->style.quoted = w->style.lines = true;
    w->style.prefix = STR("");
    w->style.unit = STR("  ");
    w->style.newline = edit_newline(w->text, before->end);
    w->ret->start = before->end;
    buf_add_str(&w->b, w->style.newline);
    edit_add_flow_value(&w->b, &w->style, value);
}

bool edit_is_json(const struct doc_root *document, struct str text)
{
    return document->root && is_json(document->root, text);
}

static int add_object(struct work *w, const struct edit_site *site, const struct doc *value,
                      struct err *e)
{
    const struct doc *root = site->document->root;
    if (site->item) {
        const struct doc *items = doc_get(root, "items");
        if (!items || items->merged || site->item->merged)
            return err_set(e, EINVAL, "the List's items come from an alias");
        int r = add_item(w, items, value);
        return r < 0 ? err_set(e, EINVAL, "the List ends with text over several lines") : r;
    }
    if (!site->dashes && is_json(root, site->text))
        add_json_value(w, root, value);
    else
        add_yaml_document(w, site->document->end, value);
    return 1;
}

int edit_add_splice(const struct edit *edit, const struct edit_site *site, struct arena *a,
                    struct splice *ret, struct err *e)
{
    struct doc_root value = {0};
    int r = json_parse(STR("edit"), edit->value, a, &value, e);
    if (r < 0)
        return r;
    struct work w = {.text = site->text, .a = a, .ret = ret};
    buf_init(&w.b, EDIT_MAX_BYTES);
    r = add_object(&w, site, value.root, e);
    ret->end = ret->start;
    ret->text = take_text(a, &w.b);
    return r;
}

#define LIST_BEGINS "{\"apiVersion\": \"v1\", \"kind\": \"List\", \"items\": ["

void edit_list_splices(const struct doc *object, struct str text, struct splice ret[2])
{
    bool lines = memchr(text.p + object->start, '\n', object->end - object->start);
    bool crlf = str_eq(edit_newline(text, object->start), STR("\r\n"));
    ret[0] = (struct splice){.start = object->start, .end = object->start};
    ret[0].text = !lines ? STR(LIST_BEGINS)
                  : crlf ? STR(LIST_BEGINS "\r\n")
                         : STR(LIST_BEGINS "\n");
    ret[1] = (struct splice){.start = object->end, .end = object->end};
    ret[1].text = !lines ? STR("]}") : crlf ? STR("\r\n]}") : STR("\n]}");
}

struct doc *edit_list_tree(struct doc *object, struct arena *a)
{
    struct doc_root list = {0};
    if (json_parse(STR("list"), STR(LIST_BEGINS "]}"), a, &list, NULL) < 0)
        return NULL;
    struct doc *items = doc_get(list.root, "items");
    items->child = object;
    items->count = 1;
    return list.root;
}

int edit_add_yaml(struct buf *b, struct str json, struct arena *a, struct err *e)
{
    struct edit_style style = {.newline = STR("\n")};
    struct doc_root value = {0};
    int r = json_parse(STR("object"), json, a, &value, e);
    if (r < 0)
        return r;
    edit_add_block(b, &style, value.root, 0);
    buf_add_char(b, '\n');
    return 0;
}

/* ---- putting it together ---- */

/* By place; an insertion sort, so that equal ones stay in order: they come nearly sorted. */
static void sort(struct splice *v, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        struct splice s = v[i];
        size_t k = i;
        for (; k > 0 && v[k - 1].start > s.start; k--)
            v[k] = v[k - 1];
        v[k] = s;
    }
}

void splices_apply(struct str text, struct splice *splices, size_t count, struct buf *out)
{
    sort(splices, count);
    size_t at = 0;
    for (size_t i = 0; i < count; i++) {
        buf_add_str(out, str_sub(text, at, splices[i].start));
        buf_add_str(out, splices[i].text);
        at = splices[i].end;
    }
    buf_add_str(out, str_sub(text, at, text.n));
}
