/* SPDX-License-Identifier: Apache-2.0
 *
 * The decoding engine: walks a document tree by the tables, checks types as Kubernetes' decoder
 * does, and notes what it would refuse. The tables are in the other decode_*.c files.
 */
#include "base/alloc.h"
#include "base/text.h"
#include "model/decode_table.h"

struct pos decode_pos(const struct decoder *d, struct pos at)
{
    return d->in->bulk ? (struct pos){0, 0} : at;
}

struct str decode_copy(struct decoder *d, struct str s)
{
    return arena_str(d->in->a, s);
}

static void add_path(struct buf *b, const struct path *p)
{
    const struct path *chain[64];
    size_t n = 0;
    for (; p && n < ARRAY_LEN(chain); p = p->outer)
        chain[n++] = p;
    while (n-- > 0) {
        if (!chain[n]->key)
            buf_printf(b, "[%zu]", chain[n]->index);
        else
            buf_printf(b, "%s%s", b->n ? "." : "", chain[n]->key);
    }
}

void decode_problem(struct decoder *d, const struct doc *value, const char *fmt, ...)
{
    if (!d->cluster)
        return;
    CLEANUP(buf_done) struct buf path;
    CLEANUP(buf_done) struct buf message;
    buf_init(&path, 1024);
    buf_init(&message, 1024);
    add_path(&path, d->path);
    va_list va;
    va_start(va, fmt);
    buf_vprintf(&message, fmt, va);
    va_end(va);
    struct problem *p = PUSH(d->in->a, &d->cluster->problems);
    *p = (struct problem){
        .type = PROBLEM_INVALID_VALUE,
        .file = d->in->source ? d->in->source->name : STR_NONE,
        .at = decode_pos(d, value->at),
        .object = d->object,
    };
    p->message = decode_copy(d, buf_str(&message));
    p->path = decode_copy(d, buf_str(&path));
}

static bool is_null(const struct doc *v)
{
    return v->type == DOC_NULL;
}

/* 1 and reports when v is not of the type wanted. */
static bool wrong_type(struct decoder *d, const struct doc *v, bool right, const char *want)
{
    if (right)
        return false;
    const char *hint = "";
    if (str_is(str_of(want), "string") &&
        (v->type == DOC_BOOL || v->type == DOC_INT || v->type == DOC_FLOAT))
        hint = ": put it in quotes";
    else if (v->type == DOC_STRING && v->quoted &&
             (str_is(str_of(want), "integer") || str_is(str_of(want), "boolean")))
        hint = ": remove the quotes";
    decode_problem(d, v, "must be %s %s, is %s%s", strchr("aio", want[0]) ? "an" : "a", want,
                   doc_type_name(v), hint);
    return true;
}

/* An integer of the input; a float without fraction counts, as after the YAML to JSON conversion. */
static bool read_int(struct decoder *d, const struct doc *v, int64_t *ret)
{
    double x;
    if (v->type == DOC_FLOAT && str_to_double(v->text, &x) == 0 && x == (double)(int64_t)x &&
        x > -9e15 && x < 9e15) {
        *ret = (int64_t)x;
        return true;
    }
    if (wrong_type(d, v, v->type == DOC_INT, "integer"))
        return false;
    if (str_to_int64(v->text, ret) < 0) {
        decode_problem(d, v, "does not fit 64 bits");
        return false;
    }
    return true;
}

/* false and reports when a number is negative. */
static bool is_natural(struct decoder *d, const struct doc *v, int sign)
{
    if (sign >= 0)
        return true;
    CLEANUP(buf_done) struct buf clean;
    buf_init(&clean, 200);
    text_add_clean(&clean, str_sub(v->text, 0, 40));
    decode_problem(d, v, "must not be negative, is " STR_FMT, STR_ARG(buf_str(&clean)));
    return false;
}

static void read_int_or_str(struct decoder *d, const struct doc *v, struct int_or_str *ret)
{
    struct int_or_str r = {.type = IOS_STRING, .at = decode_pos(d, v->at)};
    if (v->type == DOC_INT || v->type == DOC_FLOAT) {
        if (!read_int(d, v, &r.i) || !is_natural(d, v, r.i < 0 ? -1 : 1))
            return;
        r.type = IOS_INT;
    } else if (wrong_type(d, v, v->type == DOC_STRING, "integer or string")) {
        return;
    }
    r.s = decode_copy(d, v->text);
    *ret = r;
}

bool decode_quantity(struct decoder *d, const struct doc *v, struct quantity *ret)
{
    if (wrong_type(d, v, v->type == DOC_INT || v->type == DOC_FLOAT || v->type == DOC_STRING,
                   "quantity (number or string)"))
        return false;
    if (quantity_parse_field(v->text, ret) == 0)
        return true;
    CLEANUP(buf_done) struct buf clean;
    buf_init(&clean, 200);
    text_add_clean(&clean, str_sub(v->text, 0, 40));
    decode_problem(d, v,
                   "\"" STR_FMT "\" is no quantity (a number with Ki, Mi, Gi, m, k, M, G ...)",
                   STR_ARG(buf_str(&clean)));
    return false;
}

void decode_resources_map(struct decoder *d, const struct doc *n, void *ret)
{
    struct resources *r = ret;
    if (is_null(n) || wrong_type(d, n, n->type == DOC_MAP, "object"))
        return;
    const struct path *outer = d->path;
    for (const struct doc *c = n->child; c; c = c->next) {
        if (is_null(c))
            continue;
        struct quantity q;
        CLEANUP(buf_done) struct buf key;
        buf_init(&key, 256);
        text_add_clean(&key, c->key);
        struct path p = {outer, key.n ? key.p : "", 0};
        d->path = &p;
        if (decode_quantity(d, c, &q) && is_natural(d, c, quantity_sign(q))) {
            struct resource_amount *a = PUSH(d->in->a, r);
            *a = (struct resource_amount){.q = q, .at = decode_pos(d, c->key_at)};
            a->name = decode_copy(d, c->key);
        }
        d->path = outer;
    }
}

enum { LONGEST_LABEL = 4096 }; /* longer annotations are for machines: the key is kept */

static void read_labels(struct decoder *d, const struct doc *n, struct labels *ret, bool any_scalar)
{
    if (wrong_type(d, n, n->type == DOC_MAP, "object"))
        return;
    for (const struct doc *c = n->child; c; c = c->next) {
        bool scalar = c->type == DOC_STRING || c->type == DOC_NULL ||
                      (any_scalar && c->type != DOC_SEQ && c->type != DOC_MAP);
        if (wrong_type(d, c, scalar, "string"))
            continue;
        struct label *l = PUSH(d->in->a, ret);
        l->key = decode_copy(d, c->key);
        l->at = decode_pos(d, c->key_at);
        bool keep = c->text.n <= LONGEST_LABEL || str_starts(c->key, "plimsoll.dev/");
        l->value = decode_copy(d, keep ? c->text : STR(""));
    }
}

static void read_str_list(struct decoder *d, const struct doc *n, struct str_list *ret)
{
    if (wrong_type(d, n, n->type == DOC_SEQ, "array"))
        return;
    const struct path *outer = d->path;
    size_t i = 0;
    for (const struct doc *c = n->child; c; c = c->next, i++) {
        struct path p = {outer, NULL, i};
        d->path = &p;
        /* A list that is only read loosely (resource claims) may hold objects with a name. */
        const struct doc *v = c->type == DOC_MAP ? doc_get(c, "name") : c;
        if (v && !wrong_type(d, v, v->type == DOC_STRING || is_null(v), "string"))
            *PUSH(d->in->a, ret) = decode_copy(d, v->text);
        d->path = outer;
    }
}

/* {items, count, cap} as PUSH knows it, for elements of any size. */
struct any_list {
    char *items;
    size_t count, cap;
};

void decode_list(struct decoder *d, const struct doc *n, const struct shape *s, void *ret)
{
    if (wrong_type(d, n, n->type == DOC_SEQ, "array"))
        return;
    struct any_list list = {.items = arena_alloc_array(d->in->a, n->count, s->size)};
    list.cap = n->count;
    const struct path *outer = d->path;
    size_t i = 0;
    for (const struct doc *c = n->child; c; c = c->next, i++) {
        struct path p = {outer, NULL, i};
        d->path = &p;
        decode_shape(d, c, s, list.items + list.count++ * s->size);
        d->path = outer;
    }
    memcpy(ret, &list, sizeof(list));
}

static void read_str(struct decoder *d, const struct doc *v, struct str *ret)
{
    if (!wrong_type(d, v, v->type == DOC_STRING, "string"))
        *ret = decode_copy(d, v->text);
}

static void read_bool(struct decoder *d, const struct doc *v, bool *ret, bool *ret_set)
{
    if (wrong_type(d, v, v->type == DOC_BOOL, "boolean"))
        return;
    *ret = str_is(v->text, "true");
    *ret_set = true;
}

static void read_time(struct decoder *d, const struct doc *v, int64_t *ret, bool duration)
{
    if (wrong_type(d, v, v->type == DOC_STRING, "string"))
        return;
    int r = duration ? text_parse_duration(v->text, ret) : text_parse_time(v->text, ret);
    if (r < 0)
        decode_problem(d, v, duration ? "is no duration (like 5m0s)" : "is no RFC 3339 time");
}

static void read_amount(struct decoder *d, const struct doc *v, int64_t *ret, bool milli)
{
    struct quantity q;
    if (decode_quantity(d, v, &q))
        *ret = milli ? quantity_milli(q) : quantity_value(q);
}

static void read_optional(struct decoder *d, const struct doc *v, const struct field *f, void *to)
{
    struct pos at = decode_pos(d, v->at);
    if (f->type == F_OPT_STR) {
        struct opt_str *s = to;
        read_str(d, v, &s->v);
        s->at = at;
    } else if (f->type == F_OPT_INT) {
        struct opt_int *i = to;
        int64_t n;
        i->set = read_int(d, v, &n) && (f->any_sign || is_natural(d, v, n < 0 ? -1 : 1));
        i->v = i->set ? n : i->v;
        i->at = at;
    } else {
        struct opt_bool *b = to;
        read_bool(d, v, &b->v, &b->set);
        b->at = at;
    }
}

static void read_parts(struct decoder *d, const struct doc *v, const struct field *f, void *to)
{
    void *made = to;
    switch (f->type) {
    case F_STR_LIST:
        read_str_list(d, v, to);
        break;
    case F_LABELS:
    case F_TEXT_MAP:
        read_labels(d, v, to, f->type == F_TEXT_MAP);
        break;
    case F_RESOURCES:
        decode_resources_map(d, v, to);
        break;
    case F_POINTER:
        made = arena_alloc(d->in->a, f->shape->size);
        decode_shape(d, v, f->shape, made);
        memcpy(to, &made, sizeof(made));
        break;
    case F_STRUCT:
        decode_shape(d, v, f->shape, to);
        break;
    default: /* F_LIST */
        decode_list(d, v, f->shape, to);
        break;
    }
}

static void read_value(struct decoder *d, const struct doc *v, const struct field *f, void *to)
{
    bool ignored;
    switch (f->type) {
    case F_AT:
    case F_KEPT:
        break;
    case F_STR:
        read_str(d, v, to);
        break;
    case F_INT:
        read_int(d, v, to);
        break;
    case F_BOOL:
        read_bool(d, v, to, &ignored);
        break;
    case F_OPT_STR:
    case F_OPT_INT:
    case F_OPT_BOOL:
        read_optional(d, v, f, to);
        break;
    case F_INT_OR_STR:
        read_int_or_str(d, v, to);
        break;
    case F_TIME:
    case F_DURATION:
        read_time(d, v, to, f->type == F_DURATION);
        break;
    case F_CPU:
    case F_BYTES:
        read_amount(d, v, to, f->type == F_CPU);
        break;
    case F_STR_LIST:
    case F_LABELS:
    case F_TEXT_MAP:
    case F_RESOURCES:
    case F_STRUCT:
    case F_POINTER:
    case F_LIST:
        read_parts(d, v, f, to);
        break;
    case F_CUSTOM:
        f->fn(d, v, to);
        break;
    }
}

static void read_field(struct decoder *d, const struct doc *v, const struct field *f, char *base)
{
    if (f->at)
        *(struct pos *)(void *)(base + f->at - 1) = decode_pos(d, v->key_at);
    if (f->type == F_AT)
        *(struct pos *)(void *)(base + f->offset) = decode_pos(d, v->key_at);
    else if (!is_null(v) || f->type == F_CUSTOM)
        read_value(d, v, f, base + f->offset);
}

/* ---- shared values ---- */

void decode_cache_init(struct decode_cache *c)
{
    map_init(&c->values);
    arena_init(&c->a);
}

void decode_cache_done(struct decode_cache *c)
{
    map_done(&c->values);
    arena_done(&c->a);
}

/* How many bytes of a struct hold the value, if it may be shared; 0 = never. */
static size_t shared_size(const struct field *f)
{
    switch (f->type) {
    case F_LIST:
    case F_STR_LIST:
    case F_LABELS:
    case F_RESOURCES:
        return sizeof(struct any_list);
    case F_POINTER:
        return sizeof(void *);
    case F_CUSTOM:
        return f->shared ? sizeof(void *) : 0;
    default:
        return 0;
    }
}

/* Equal bytes in another field are another value. No padding: it is compared as bytes. */
struct shared_key {
    const struct field *field;
    uint64_t bytes;
    uint64_t hash[2];
};
enum { SHORTEST_SHARED = 32, LONGEST_SHARED = 64 << 10 };

static void read_field(struct decoder *d, const struct doc *v, const struct field *f, char *base);

/* As read_field, through the cache. Values with a fault in them are not kept: each object is to
 * report its own. */
static void read_shared(struct decoder *d, const struct doc *v, const struct field *f, char *base)
{
    size_t size = d->cached ? shared_size(f) : 0;
    size_t bytes = v->end - v->start;
    if (!size || bytes < SHORTEST_SHARED || bytes > LONGEST_SHARED || v->end > d->in->text.n) {
        read_field(d, v, f, base);
        return;
    }
    struct shared_key key = {.field = f, .bytes = bytes};
    str_hash128(str_sub(d->in->text, v->start, v->end), key.hash);
    struct decode_cache *cache = d->in->cache;
    const void *known = map_get(&cache->values, (struct str){(const char *)&key, sizeof(key)});
    if (known) {
        memcpy(base + f->offset, known, size);
        return;
    }
    size_t problems = d->cluster ? d->cluster->problems.count : 0;
    read_field(d, v, f, base);
    if (d->cluster && d->cluster->problems.count > problems)
        return;
    struct shared_key *kept = arena_new(&cache->a, struct shared_key);
    void *value = arena_alloc(&cache->a, size);
    *kept = key;
    memcpy(value, base + f->offset, size);
    map_put(&cache->values, (struct str){(const char *)kept, sizeof(*kept)}, value);
}

void decode_shape(struct decoder *d, const struct doc *n, const struct shape *s, void *ret)
{
    if (is_null(n) || wrong_type(d, n, n->type == DOC_MAP, "object"))
        return;
    if (s->self_at)
        *(struct pos *)(void *)((char *)ret + s->self_at - 1) =
            decode_pos(d, n->key_at.line ? n->key_at : n->at);
    const struct path *outer = d->path;
    for (const struct doc *c = n->child; c; c = c->next) {
        for (const struct field *f = s->fields; f->name; f++) {
            if (c->key.n == 0 || c->key.p[0] != f->name[0] || !str_is(c->key, f->name))
                continue;
            struct path p = {outer, f->name, 0};
            d->path = &p;
            read_shared(d, c, f, ret);
            d->path = outer;
        }
    }
    if (s->after)
        s->after(d, n, ret);
}
