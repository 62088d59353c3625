/* SPDX-License-Identifier: Apache-2.0
 *
 * Whole JSON texts: one value as a tree, or a huge list one item at a time.
 */
#include "base/alloc.h"
#include "base/json.h"

static int unexpected(const struct json_cursor *c, struct err *e, const char *what)
{
    struct pos at = json_pos(c);
    return err_at(e, EINVAL, c->name, at.line, at.column, "JSON: %s", what);
}

static int expect_end(struct json_cursor *c, struct err *e)
{
    json_skip_space(c);
    return c->p == c->end ? 0 : unexpected(c, e, "something follows the value");
}

struct parse_job {
    struct str name, text;
    struct doc_builder builder;
    struct doc_root *ret;
    struct err *e;
};

static int parse(void *arg)
{
    struct parse_job *j = arg;
    struct json_cursor c;
    json_cursor_init(&c, j->name, j->text);
    json_skip_space(&c);
    int r = json_build(&c, &j->builder, NULL, j->e);
    if (r == 0)
        r = expect_end(&c, j->e);
    return r;
}

int json_parse(struct str name, struct str text, struct arena *a, struct doc_root *ret,
               struct err *e)
{
    struct doc_root root = {.end = text.n};
    struct parse_job j = {.name = name, .text = text, .e = e};
    doc_build_init(&j.builder, a, &root);
    int r = mem_protect(parse, &j);
    doc_build_done(&j.builder);
    if (r == -ENOMEM)
        mem_out();
    if (r == 0)
        *ret = root;
    return r;
}

/* The state of json_parse_list: `header` grows while the fields of the object come by. */
struct list_job {
    struct json_cursor c;
    struct arena *scratch;
    const struct json_stream *stream;
    struct arena header_arena;
    struct doc_builder header, item;
    struct doc_root header_root;
    bool header_shown;
    struct err *e;
};

static int show_header(struct list_job *j)
{
    if (j->header_shown || !j->stream->header)
        return 0;
    j->header_shown = true;
    j->header_root.root->end = (size_t)(j->c.p - j->c.begin);
    return j->stream->header(j->stream->ctx, j->header_root.root, j->e);
}

static int read_item(struct list_job *j)
{
    struct doc_root root = {.start = (size_t)(j->c.p - j->c.begin)};
    arena_reset(j->scratch);
    doc_build_init(&j->item, j->scratch, &root);
    int r = json_build(&j->c, &j->item, NULL, j->e);
    doc_build_done(&j->item);
    if (r)
        return r;
    root.end = (size_t)(j->c.p - j->c.begin);
    return j->stream->item ? j->stream->item(j->stream->ctx, &root, j->e) : 0;
}

/* At the '[' of items. */
static int read_items(struct list_job *j)
{
    struct json_cursor *c = &j->c;
    if (doc_get(j->header_root.root, "kind")) {
        int r = show_header(j);
        if (r < 0)
            return r;
    }
    c->p++;
    json_skip_space(c);
    if (c->p < c->end && *c->p == ']') {
        c->p++;
        return 0;
    }
    for (;;) {
        int r = read_item(j);
        if (r < 0)
            return r;
        json_skip_space(c);
        if (c->p == c->end || (*c->p != ',' && *c->p != ']'))
            return unexpected(c, j->e, "expected ',' or ']' after a list item");
        if (*c->p++ == ']')
            return 0;
        json_skip_space(c);
    }
}

static int read_field(struct list_job *j)
{
    struct doc_key key;
    int r = json_key_and_colon(&j->c, &j->header_arena, &key, j->e);
    if (r)
        return r;
    if (str_is(key.text, "items") && j->c.p < j->c.end && *j->c.p == '[')
        return read_items(j);
    return json_build(&j->c, &j->header, &key, j->e);
}

static int read_list(void *arg)
{
    struct list_job *j = arg;
    struct json_cursor *c = &j->c;
    json_skip_space(c);
    if (c->p == c->end || *c->p != '{')
        return unexpected(c, j->e, "expected an object");
    struct doc *top = doc_build_add(&j->header, STR_NONE, (struct pos){0}, 0);
    top->type = DOC_MAP;
    top->at = json_pos(c);
    top->start = (size_t)(c->p - c->begin);
    doc_build_open(&j->header, top);
    c->p++;
    json_skip_space(c);
    bool more = c->p == c->end || *c->p != '}';
    while (more) {
        int r = read_field(j);
        if (r < 0)
            return r;
        json_skip_space(c);
        if (c->p == c->end || (*c->p != ',' && *c->p != '}'))
            return unexpected(c, j->e, "expected ',' or '}'");
        more = *c->p == ',';
        if (more) {
            c->p++;
            json_skip_space(c);
        }
    }
    c->p++;
    int r = expect_end(c, j->e);
    return r ? r : show_header(j);
}

int json_parse_list(struct str name, struct str text, struct arena *scratch,
                    const struct json_stream *s, struct err *e)
{
    struct list_job j = {.scratch = scratch, .stream = s, .e = e};
    json_cursor_init(&j.c, name, text);
    arena_init(&j.header_arena);
    doc_build_init(&j.header, &j.header_arena, &j.header_root);
    int r = mem_protect(read_list, &j);
    doc_build_done(&j.header);
    doc_build_done(&j.item);
    arena_done(&j.header_arena);
    if (r == -ENOMEM)
        mem_out();
    return r;
}
