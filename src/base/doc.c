/* SPDX-License-Identifier: Apache-2.0
 *
 * Looking things up in a document tree, and the reader that finds out whether a text is JSON or
 * YAML and in what encoding.
 */
#include "base/doc.h"

#include "base/alloc.h"
#include "base/doc_utf16.h"
#include "base/json.h"
#include "base/yaml_read.h"

static struct doc *get(const struct doc *n, struct str key)
{
    if (!n || n->type != DOC_MAP)
        return NULL;
    for (struct doc *c = n->child; c; c = c->next)
        if (c->key.n == key.n && (key.n == 0 || memcmp(c->key.p, key.p, key.n) == 0))
            return c;
    return NULL;
}

struct doc *doc_get(const struct doc *n, const char *key)
{
    return get(n, str_of(key));
}

struct doc *doc_path(const struct doc *n, const char *path)
{
    struct str rest = str_of(path);
    struct doc *found = NULL;
    while (rest.p) {
        found = get(n, str_cut(rest, '.', &rest));
        n = found;
    }
    return found;
}

struct str doc_text(const struct doc *n, const char *key)
{
    const struct doc *c = doc_get(n, key);
    return c ? c->text : STR_NONE;
}

bool doc_bool(const struct doc *n, const char *key, bool absent)
{
    const struct doc *c = doc_get(n, key);
    return c && c->type == DOC_BOOL ? str_is(c->text, "true") : absent;
}

int64_t doc_int(const struct doc *n, const char *key, int64_t absent)
{
    const struct doc *c = doc_get(n, key);
    int64_t v = absent;
    if (c && c->type == DOC_INT && str_to_int64(c->text, &v) == -ERANGE)
        v = c->text.p[0] == '-' ? INT64_MIN : INT64_MAX;
    return v;
}

const char *doc_type_name(const struct doc *n)
{
    switch (n ? n->type : DOC_NULL) {
    case DOC_NULL:
        return "null";
    case DOC_BOOL:
        return "boolean";
    case DOC_INT:
    case DOC_FLOAT:
        return "number";
    case DOC_STRING:
        return "string";
    case DOC_SEQ:
        return "array";
    case DOC_MAP:
        return "object";
    }
    return "value";
}

struct doc_reader_state {
    struct yaml_stream *yaml; /* or, if NULL, */
    struct json_cursor json;
    bool started, failed;
    bool has_utf16;
    struct utf16 utf16;
    struct err json_error;      /* why a text that looks like JSON is none */
    struct doc_builder builder; /* of the JSON value at work; last, for its frames */
};

/* One doc_read() under mem_protect. */
struct read_job {
    struct doc_reader *r;
    struct arena *a;
    struct doc_root *ret;
    struct err *e;
};

void doc_reader_init(struct doc_reader *r, struct str name, struct str text)
{
    *r = (struct doc_reader){.name = name, .text = text.p ? text : STR("")};
}

void doc_reader_done(struct doc_reader *r)
{
    struct doc_reader_state *s = r->state;
    if (!s)
        return;
    r->state = NULL;
    yaml_stream_free(s->yaml);
    doc_build_done(&s->builder);
    utf16_done(&s->utf16);
    mem_free(s);
}

/* Whether the text is one JSON value, and what follows is none or looks like another. */
static bool is_json(struct json_cursor c, struct err *e)
{
    e->code = 0;
    json_skip_space(&c);
    if (c.p == c.end || (*c.p != '{' && *c.p != '['))
        return false;
    if (json_skip(&c, e))
        return false;
    json_skip_space(&c);
    return c.p == c.end || *c.p == '{' || *c.p == '[';
}

static int start(struct read_job *j)
{
    struct doc_reader *r = j->r;
    struct doc_reader_state *s = r->state;
    struct str text = r->text;
    s->started = true;
    if (utf16_has_mark(text)) {
        size_t bad;
        s->has_utf16 = true;
        if (utf16_init(&s->utf16, text, &bad))
            return err_at(j->e, EINVAL, r->name, 0, 0, "bad UTF-16 at byte %zu", bad);
        text = (struct str){s->utf16.text, s->utf16.n};
    }
    json_cursor_init(&s->json, r->name, text);
    if (!is_json(s->json, &s->json_error))
        s->yaml = yaml_stream_new(r, text, (size_t)(s->json.p - s->json.begin));
    return 0;
}

static int read_json(struct read_job *j)
{
    struct doc_reader_state *s = j->r->state;
    struct json_cursor *c = &s->json;
    json_skip_space(c);
    if (c->p == c->end)
        return 0;
    struct doc_root root = {.start = (size_t)(c->p - c->begin)};
    doc_build_init(&s->builder, j->a, &root);
    int r = json_build(c, &s->builder, NULL, j->e);
    doc_build_done(&s->builder);
    root.end = (size_t)(c->p - c->begin);
    if (r == 0)
        *j->ret = root;
    return r ? r : 1;
}

/* A text that begins as only JSON does, and is neither, is told its JSON error. */
static bool blame_json(const struct doc_reader_state *s)
{
    if (!s->json_error.code)
        return false;
    struct json_cursor c = s->json;
    json_skip_space(&c);
    c.p++;
    json_skip_space(&c);
    return c.p < c.end && (*c.p == '"' || (*c.p == '{' && c.p[-1] != '{'));
}

static int read_job(void *arg)
{
    struct read_job *j = arg;
    struct doc_reader_state *s = j->r->state;
    int r = s->started ? 0 : start(j);
    if (r == 0)
        r = s->yaml ? yaml_stream_read(s->yaml, j->a, j->ret, j->e) : read_json(j);
    if (r < 0 && s->yaml && blame_json(s) && j->e)
        *j->e = s->json_error;
    s->json_error.code = 0;
    if (r > 0 && s->has_utf16)
        utf16_relocate(&s->utf16, j->a, j->ret);
    s->failed = r < 0;
    return r;
}

int doc_read(struct doc_reader *r, struct arena *a, struct doc_root *ret, struct err *e)
{
    if (!r->state) {
        r->state = mem_alloc(sizeof(*r->state));
        memset(r->state, 0, offsetof(struct doc_reader_state, builder.frames));
    }
    if (r->state->failed)
        return 0;
    struct read_job j = {.r = r, .a = a, .ret = ret, .e = e};
    int got = mem_protect(read_job, &j);
    if (got == -ENOMEM) {
        doc_reader_done(r);
        mem_out();
    }
    return got;
}

int doc_reader_resync(struct doc_reader *r)
{
    struct doc_reader_state *s = r->state;
    if (!s || !s->yaml || !yaml_stream_resync(s->yaml))
        return 0;
    s->failed = false;
    return 1;
}
