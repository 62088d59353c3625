/* SPDX-License-Identifier: Apache-2.0
 *
 * Walks the tables of decoding along the path of an edit, copying what the path goes through, and
 * decodes the value into the member that the path ends at.
 */
#include "model/edit_apply.h"

#include "model/decode_table.h"

/* {items, count, cap}, for elements of any size. */
struct any_list {
    char *items;
    size_t count, cap;
};

struct walk {
    struct decoder *d;
    const struct edit *edit;
    const struct doc *value; /* NULL: remove */
    struct err *e;
};

static int fail(const struct walk *w, const char *why)
{
    struct str p = w->edit->path;
    return err_set(w->e, EINVAL, "%.*s: %s", (int)MIN(p.n, 120U), p.p ? p.p : "", why);
}

static const struct field *find_field(const struct shape *s, struct str key)
{
    for (const struct field *f = s->fields; f->name; f++)
        if (f->type != F_AT && f->type != F_KEPT && str_is(key, f->name))
            return f;
    return NULL;
}

static size_t field_size(const struct field *f)
{
    switch (f->type) {
    case F_AT:
        return sizeof(struct pos);
    case F_STR:
        return sizeof(struct str);
    case F_OPT_STR:
        return sizeof(struct opt_str);
    case F_OPT_INT:
        return sizeof(struct opt_int);
    case F_BOOL:
        return sizeof(bool);
    case F_OPT_BOOL:
        return sizeof(struct opt_bool);
    case F_INT_OR_STR:
        return sizeof(struct int_or_str);
    case F_INT:
    case F_TIME:
    case F_DURATION:
    case F_CPU:
    case F_BYTES:
        return sizeof(int64_t);
    case F_STR_LIST:
    case F_LABELS:
    case F_TEXT_MAP:
    case F_RESOURCES:
    case F_LIST:
        return sizeof(struct any_list);
    case F_STRUCT:
        return f->offset ? f->shape->size : 0;
    case F_POINTER:
        return sizeof(void *);
    case F_CUSTOM:
    case F_KEPT:
        break;
    }
    return 0;
}

/* The member itself: cleared, and decoded from the value. */
static int set_field(struct walk *w, const struct field *f, char *base)
{
    const struct field fields[] = {*f, FIELDS_END};
    const struct shape one = {.size = 0, .fields = fields};
    size_t size = field_size(f);
    if (size)
        memset(base + f->offset, 0, size);
    else if (!w->value)
        return fail(w, "cannot be removed");
    if (!w->value)
        return 0;
    struct doc value = *w->value;
    value.key = str_of(f->name);
    value.next = NULL;
    struct doc map = {.type = DOC_MAP, .child = &value, .count = 1};
    decode_shape(w->d, &map, &one, base);
    return 0;
}

/* An entry of a map from names to amounts or texts, which is copied first. */
static int set_entry(struct walk *w, const struct field *f, char *base, struct str path)
{
    struct arena *a = w->d->in->a;
    char *at = base + f->offset;
    struct str key;
    int64_t index;
    if (edit_path_next(&path, &key, &index) < 0 || !key.p || path.n)
        return fail(w, "no path");
    if (f->type == F_RESOURCES) {
        struct resources *r = (struct resources *)(void *)at, copy = {0};
        for (size_t i = 0; i < r->count; i++)
            if (!str_eq(r->items[i].name, key))
                *PUSH(a, &copy) = r->items[i];
        *r = copy;
    } else {
        struct labels *l = (struct labels *)(void *)at, copy = {0};
        for (size_t i = 0; i < l->count; i++)
            if (!str_eq(l->items[i].key, key))
                *PUSH(a, &copy) = l->items[i];
        *l = copy;
    }
    if (!w->value)
        return 0;
    const struct field fields[] = {*f, FIELDS_END};
    const struct shape one = {.size = 0, .fields = fields};
    struct doc entry = *w->value;
    entry.key = key;
    entry.next = NULL;
    struct doc inner = {.type = DOC_MAP, .child = &entry, .count = 1, .key = str_of(f->name)};
    struct doc map = {.type = DOC_MAP, .child = &inner, .count = 1};
    decode_shape(w->d, &map, &one, base);
    return 0;
}

static int walk(struct walk *w, const struct shape *s, char *base, struct str path);

static int walk_list(struct walk *w, const struct field *f, char *base, struct str path)
{
    struct any_list list;
    struct str key;
    int64_t index;
    memcpy(&list, base + f->offset, sizeof(list));
    if (edit_path_next(&path, &key, &index) < 0 || key.p)
        return fail(w, "no path");
    if ((size_t)index >= list.count)
        return fail(w, "there is no such element");
    char *items = arena_alloc_array(w->d->in->a, list.count, f->shape->size);
    memcpy(items, list.items, list.count * f->shape->size);
    list.items = items;
    list.cap = list.count;
    memcpy(base + f->offset, &list, sizeof(list));
    return walk(w, f->shape, items + (size_t)index * f->shape->size, path);
}

static int walk(struct walk *w, const struct shape *s, char *base, struct str path)
{
    struct str key;
    int64_t index;
    if (edit_path_next(&path, &key, &index) < 0)
        return fail(w, "no path");
    const struct field *f = key.p ? find_field(s, key) : NULL;
    if (!f)
        return fail(w, "the model has no such field");
    if (path.n == 0)
        return set_field(w, f, base);
    switch (f->type) {
    case F_STRUCT:
        return walk(w, f->shape, base + f->offset, path);
    case F_POINTER: {
        void *old, *copy = arena_alloc(w->d->in->a, f->shape->size);
        memcpy(&old, base + f->offset, sizeof(old));
        if (old)
            memcpy(copy, old, f->shape->size);
        memcpy(base + f->offset, &copy, sizeof(copy));
        return walk(w, f->shape, copy, path);
    }
    case F_LIST:
        return walk_list(w, f, base, path);
    case F_RESOURCES:
    case F_LABELS:
    case F_TEXT_MAP:
        return set_entry(w, f, base, path);
    default:
        return fail(w, "the model has no such field");
    }
}

static int apply(struct arena *a, const struct edit *edit, const struct shape *s, void *object,
                 struct str path, struct err *e)
{
    struct cluster problems = {.arena = a};
    struct decode_input in = {.a = a, .bulk = true};
    struct decoder d = {.in = &in, .cluster = &problems};
    struct walk w = {.d = &d, .edit = edit, .e = e};
    struct doc_root root = {0};
    if (edit->op == EDIT_SET) {
        int r = json_parse(STR("value"), edit->value, a, &root, e);
        if (r < 0)
            return r;
        w.value = root.root;
    }
    int r = walk(&w, s, object, path);
    if (r < 0)
        return r;
    if (problems.problems.count)
        return err_set(e, EINVAL, "%.*s: %.*s", (int)MIN(edit->path.n, 120U), edit->path.p,
                       (int)problems.problems.items[0].message.n,
                       problems.problems.items[0].message.p);
    return 0;
}

int edit_apply(struct arena *a, const struct edit *edit, void *object, struct err *e)
{
    const struct shape *s = decode_kind_shape(edit->object->kind);
    if (!s)
        return err_set(e, EINVAL, "the model has no such kind");
    return apply(a, edit, s, object, edit->path, e);
}

int edit_apply_pod_spec(struct arena *a, const struct edit *edit, struct str path,
                        struct pod_spec *spec, struct err *e)
{
    return apply(a, edit, &shape_pod_spec, spec, path, e);
}
