/* SPDX-License-Identifier: Apache-2.0
 *
 * Apply and strategic merge: a tree of what is set, built along the paths. JSON patch: one operation for
 * each edit, at the deepest place that is there.
 */
#include "act/patch_body.h"

#include "base/json_write.h"

const char *patch_content_type(enum patch_type t)
{
    static const char *const types[] = {
        [PATCH_APPLY] = "application/apply-patch+yaml",
        [PATCH_STRATEGIC] = "application/strategic-merge-patch+json",
        [PATCH_JSON] = "application/json-patch+json",
    };
    return types[t];
}

struct body {
    enum patch_type type;
    const struct doc *live;
    struct doc *now; /* JSON patch: live as the edits so far make it */
    struct arena a;
    struct err *e;
};

static int refuse(const struct body *b, const struct edit *edit, const char *why)
{
    return err_set(b->e, EINVAL, STR_FMT ": %s", STR_ARG(str_sub(edit->path, 0, 160)), why);
}

/* ---- trees ---- */

static void add_doc(struct buf *out, const struct doc *n)
{
    bool map = n->type == DOC_MAP;
    switch (n->type) {
    case DOC_NULL:
        buf_add_cstr(out, "null");
        return;
    case DOC_BOOL:
    case DOC_INT:
    case DOC_FLOAT:
        buf_add_str(out, n->text);
        return;
    case DOC_STRING:
        json_add_quoted(out, n->text);
        return;
    case DOC_SEQ:
    case DOC_MAP:
        break;
    }
    buf_add_char(out, map ? '{' : '[');
    for (const struct doc *c = n->child; c; c = c->next) {
        if (c != n->child)
            buf_add_char(out, ',');
        if (map) {
            json_add_quoted(out, c->key);
            buf_add_char(out, ':');
        }
        add_doc(out, c);
    }
    buf_add_char(out, map ? '}' : ']');
}

static struct doc *find_child(const struct doc *n, struct str key)
{
    struct doc *c = n && n->type == DOC_MAP ? n->child : NULL;
    while (c && !str_eq(c->key, key))
        c = c->next;
    return c;
}

static struct doc *append(struct body *b, struct doc *parent, struct str key, enum doc_type type)
{
    struct doc **end = &parent->child;
    struct doc *made = arena_new(&b->a, struct doc);
    while (*end)
        end = &(*end)->next;
    *end = made;
    made->key = arena_str(&b->a, key);
    made->type = type;
    parent->count++;
    return made;
}

static void append_text(struct body *b, struct doc *parent, const char *key, struct str text)
{
    if (text.p)
        append(b, parent, str_of(key), DOC_STRING)->text = text;
}

static int read_value(struct body *b, const struct edit *edit, struct doc *ret)
{
    struct doc_root root = {0};
    int r = json_parse(STR("value"), edit->value, &b->a, &root, b->e);
    if (r < 0)
        return err_wrap(b->e, "an edit's value");
    struct doc *next = ret->next;
    struct str key = ret->key;
    *ret = *root.root;
    ret->next = next;
    ret->key = key;
    return 0;
}

/* ---- merging by key ---- */

/* As the patchMergeKey and listMapKey of k8s.io/api; every other list is replaced whole. */
static const char *merge_key(struct str list)
{
    static const struct {
        const char *list, *key;
    } keys[] = {{"containers", "name"},
                {"initContainers", "name"},
                {"ephemeralContainers", "name"},
                {"volumes", "name"},
                {"env", "name"},
                {"webhooks", "name"},
                {"volumeMounts", "mountPath"}};
    for (size_t i = 0; i < ARRAY_LEN(keys); i++)
        if (str_is(list, keys[i].list))
            return keys[i].key;
    return NULL;
}

static const struct doc *element(const struct doc *list, int64_t index)
{
    const struct doc *c = list && list->type == DOC_SEQ ? list->child : NULL;
    for (; c && index > 0; index--)
        c = c->next;
    return c;
}

static struct doc *element_named(struct body *b, struct doc *list, const char *key, struct str name)
{
    for (struct doc *c = list->child; c; c = c->next)
        if (str_eq(doc_text(c, key), name))
            return c;
    struct doc *made = append(b, list, STR_NONE, DOC_MAP);
    append_text(b, made, key, name);
    return made;
}

/* A strategic merge patch would merge a map, or a list with a merge key, with the one that is there: what is
 * set takes its place. */
static int set_value(struct body *b, const struct edit *edit, const struct doc *live,
                     struct doc *ret)
{
    int r = read_value(b, edit, ret);
    if (r < 0 || b->type != PATCH_STRATEGIC || !live || live->type != ret->type || !live->child)
        return r;
    if (ret->type == DOC_MAP) {
        append_text(b, ret, "$patch", STR("replace"));
    } else if (ret->type == DOC_SEQ && merge_key(ret->key)) {
        struct doc *all = append(b, ret, STR_NONE, DOC_MAP);
        append_text(b, all, "$patch", STR("replace"));
    }
    return 0;
}

static int add_merged(struct body *b, struct doc *root, const struct edit *edit)
{
    struct doc *out = root;
    const struct doc *live = b->live;
    for (struct str rest = edit->path; rest.n;) {
        struct str key;
        int64_t index = 0;
        if (edit_path_next(&rest, &key, &index) < 0)
            return refuse(b, edit, "is no path");
        if (!key.p) {
            const char *by = merge_key(out->key);
            live = element(live, index);
            struct str name = by && live ? doc_text(live, by) : STR_NONE;
            if (!name.n)
                return refuse(b, edit,
                              by ? "there is no such element"
                                 : "the elements of this list have no names");
            out = element_named(b, out, by, name);
            continue;
        }
        struct doc *below = find_child(out, key);
        enum doc_type type =
            rest.n && rest.p[0] == '[' && !str_starts(rest, "[\"") ? DOC_SEQ : DOC_MAP;
        if (out->type != DOC_MAP)
            return refuse(b, edit, "meets a value that is no object");
        live = find_child(live, key);
        out = below ? below : append(b, out, key, rest.n ? type : DOC_NULL);
    }
    if (edit->op == EDIT_SET)
        return set_value(b, edit, live, out);
    out->type = DOC_NULL;
    return 0;
}

static int make_merged(struct body *b, const struct edit *edits, size_t count, struct buf *out)
{
    struct doc root = {.type = DOC_MAP};
    if (b->type == PATCH_APPLY) {
        const struct doc *metadata = doc_get(b->live, "metadata");
        append_text(b, &root, "apiVersion", doc_text(b->live, "apiVersion"));
        append_text(b, &root, "kind", doc_text(b->live, "kind"));
        struct doc *own = append(b, &root, STR("metadata"), DOC_MAP);
        append_text(b, own, "name", doc_text(metadata, "name"));
        append_text(b, own, "namespace", doc_text(metadata, "namespace"));
        /* Another object of the same name is not the one that was judged. */
        append_text(b, own, "uid", doc_text(metadata, "uid"));
    }
    for (size_t i = 0; i < count; i++) {
        if (edits[i].op == EDIT_REMOVE && b->type == PATCH_APPLY)
            return refuse(b, &edits[i], "apply cannot remove what others have set");
        int r = add_merged(b, &root, &edits[i]);
        if (r < 0)
            return r;
    }
    add_doc(out, &root);
    return 0;
}

/* ---- JSON patch ---- */

static void add_step(struct buf *pointer, struct str key, int64_t index)
{
    buf_add_char(pointer, '/');
    if (!key.p) {
        buf_printf(pointer, "%lld", (long long)index);
        return;
    }
    for (size_t i = 0; i < key.n; i++)
        if (key.p[i] == '~' || key.p[i] == '/')
            buf_add_cstr(pointer, key.p[i] == '~' ? "~0" : "~1");
        else
            buf_add_char(pointer, key.p[i]);
}

static void add_operation(struct buf *out, const char *op, struct str pointer)
{
    if (out->n && out->p[out->n - 1] != '[')
        buf_add_char(out, ',');
    buf_printf(out, "{\"op\":\"%s\",\"path\":", op);
    json_add_quoted(out, pointer);
}

static void add_test(struct buf *out, const struct buf *pointer, const struct doc *element)
{
    struct str name = doc_text(element, "name");
    struct buf at CLEANUP(buf_done) = {0};
    if (!name.n)
        return;
    buf_init(&at, 64 * KIB);
    buf_add_str(&at, buf_str(pointer));
    buf_add_cstr(&at, "/name");
    add_operation(out, "test", buf_str(&at));
    buf_add_cstr(out, ",\"value\":");
    json_add_quoted(out, name);
    buf_add_char(out, '}');
}

/* The value at the end of a path that is missing from here on: maps around it. */
static int add_nested(struct body *b, const struct edit *edit, struct str rest, struct buf *out)
{
    struct doc value = {0};
    size_t maps = 0;
    int r = read_value(b, edit, &value);
    while (r == 0 && rest.n) {
        struct str key;
        int64_t index = 0;
        if (edit_path_next(&rest, &key, &index) < 0 || !key.p)
            return refuse(b, edit, "there is no such element");
        buf_add_char(out, '{');
        json_add_quoted(out, key);
        buf_add_char(out, ':');
        maps++;
    }
    if (r < 0)
        return r;
    add_doc(out, &value);
    while (maps-- > 0)
        buf_add_char(out, '}');
    return 0;
}

/* The steps to where the edit is made, each element of a list guarded by a test of its name. *ret: the
 * value there, NULL: it is missing from *rest on. */
static int add_steps(struct body *b, const struct edit *edit, struct buf *pointer, struct buf *out,
                     struct str *rest, const struct doc **ret)
{
    const struct doc *at = b->now;
    while (rest->n && at) {
        struct str key;
        int64_t index = 0;
        if (edit_path_next(rest, &key, &index) < 0)
            return refuse(b, edit, "is no path");
        if (at->type != (key.p ? DOC_MAP : DOC_SEQ))
            return refuse(b, edit, "meets a value of another type");
        at = key.p ? find_child(at, key) : element(at, index);
        if (!at && !key.p)
            return refuse(b, edit, "there is no such element");
        add_step(pointer, key, index);
        if (!key.p)
            add_test(out, pointer, at);
    }
    *ret = at;
    return 0;
}

static int is_made(struct body *b, const struct edit *edit, const struct doc *at)
{
    struct doc value = {0};
    struct buf path CLEANUP(buf_done);
    buf_init(&path, 64 * KIB);
    if (edit->op == EDIT_REMOVE)
        return !at;
    int r = at ? read_value(b, edit, &value) : 0;
    return r < 0 ? r : at && edit_same(at, &value, &path);
}

static int add_json(struct body *b, const struct edit *edit, struct buf *out)
{
    struct buf pointer CLEANUP(buf_done);
    struct buf one CLEANUP(buf_done) = {0};
    struct str rest = edit->path;
    const struct doc *at = NULL;
    buf_init(&pointer, 64 * KIB);
    buf_init(&one, out->max);
    int r = add_steps(b, edit, &pointer, &one, &rest, &at);
    if (r == 0)
        r = is_made(b, edit, at);
    if (r != 0)
        return MIN(r, 0);
    const char *op = edit->op == EDIT_REMOVE ? "remove" : !at ? "add" : "replace";
    add_operation(&one, op, buf_str(&pointer));
    if (edit->op == EDIT_SET) {
        buf_add_cstr(&one, ",\"value\":");
        r = add_nested(b, edit, rest, &one);
        if (r < 0)
            return r;
    }
    buf_add_char(&one, '}');
    if (out->p[out->n - 1] != '[')
        buf_add_char(out, ',');
    buf_add_str(out, buf_str(&one));
    return edit_tree(edit, b->now, &b->a, b->e);
}

static struct doc *copy(struct arena *a, const struct doc *n)
{
    struct doc *made = arena_new(a, struct doc), **end = &made->child;
    *made = *n;
    made->next = NULL;
    *end = NULL;
    for (const struct doc *c = n->child; c; c = c->next, end = &(*end)->next)
        *end = copy(a, c);
    return made;
}

static int make_json(struct body *b, const struct edit *edits, size_t count, struct buf *out)
{
    int r = 0;
    b->now = copy(&b->a, b->live);
    buf_add_char(out, '[');
    for (size_t i = 0; i < count && r == 0; i++)
        r = add_json(b, &edits[i], out);
    buf_add_char(out, ']');
    return r;
}

int patch_body_make(enum patch_type type, const struct doc *live, const struct edit *edits,
                    size_t count, struct buf *out, struct err *e)
{
    struct body b = {.type = type, .live = live, .e = e};
    int r = 0;
    arena_init(&b.a);
    for (size_t i = 0; i < count && r == 0; i++)
        if (edits[i].op == EDIT_ADD)
            r = refuse(&b, &edits[i], "an object that is added is no patch");
    if (r == 0)
        r = type == PATCH_JSON ? make_json(&b, edits, count, out)
                               : make_merged(&b, edits, count, out);
    if (r == 0 && out->overflow)
        r = err_set(e, EFBIG, "a patch of more than %zu bytes", out->max);
    arena_done(&b.a);
    return r;
}
