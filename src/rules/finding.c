/* SPDX-License-Identifier: Apache-2.0
 *
 * Makes findings: severity as configured, place, fingerprint, suppression; and their order.
 */
#include "rules/finding.h"

#include "base/sha256.h"
#include "base/text.h"
#include "model/injected.h"

struct pos pos_or(struct pos a, struct pos b)
{
    return a.line ? a : b;
}

static struct pos object_pos(const struct object *o)
{
    return o ? pos_or(o->name_at, pos_or(o->metadata_at, o->at)) : (struct pos){0, 0};
}

static struct str join_path(struct arena *a, struct str prefix, const char *path)
{
    if (!*path)
        return prefix;
    if (str_empty(prefix))
        return arena_str(a, str_of(path));
    return arena_printf(a, STR_FMT ".%s", STR_ARG(prefix), path);
}

static struct str group_of(struct str api_version)
{
    ptrdiff_t slash = str_find_char(api_version, '/');
    return slash < 0 ? STR("") : str_sub(api_version, 0, (size_t)slash);
}

static void hash_field(struct sha256 *s, struct str text)
{
    sha256_add(s, text.p, text.n);
    sha256_add(s, "", 1);
}

/* The path, but for the index of the container, whose name is hashed: one that is put before it must
 * not make another finding of it. */
static void hash_path(struct sha256 *s, const struct finding *f)
{
    ptrdiff_t at = f->container.p ? str_find(f->path, "ontainers[") : -1;
    ptrdiff_t end = at < 0 ? -1 : str_find_char(str_sub(f->path, (size_t)at, f->path.n), ']');
    if (end < 0) {
        hash_field(s, f->path);
        return;
    }
    sha256_add(s, f->path.p, (size_t)at);
    hash_field(s, str_sub(f->path, (size_t)(at + end), f->path.n));
}

const char *finding_fingerprint(struct finding *f)
{
    if (f->fingerprint[0])
        return f->fingerprint;
    struct sha256 s;
    sha256_init(&s);
    hash_field(&s, str_of(f->rule->id));
    if (f->object) {
        hash_field(&s, group_of(f->object->api_version));
        hash_field(&s, f->object->kind_text);
        hash_field(&s, f->object->ns);
        hash_field(&s, f->object->name);
    } else {
        hash_field(&s, f->file);
    }
    hash_field(&s, f->container);
    hash_path(&s, f);
    sha256_hex(&s, f->fingerprint);
    return f->fingerprint;
}

static void set_place(struct engine *e, struct finding *f, struct place where)
{
    const struct visit *v = &e->visit;
    const struct object *o = v->object;
    f->object = o;
    f->path = join_path(e->a, where.in_pod ? v->pod_path : v->path, where.path);
    f->at = pos_or(where.at, pos_or(where.in_pod ? v->pod_at : v->at, object_pos(o)));
    o = v->seen_in ? v->seen_in : o;
    if (o)
        f->file = str_empty(o->template_source) ? o->source->name : o->template_source;
}

/* Who reads "set the limit" looks for the container in the manifest, where it is not. */
static struct str fix_in_its_place(const struct rule_ctx *c, const struct finding *f,
                                   struct str text)
{
    if (!c->injected_in)
        return text;
    const char *annotations =
        str_find(f->path, "memory") < 0 ? NULL : sidecar_annotations(f->container);
    if (!annotations)
        return arena_printf(c->engine->a, STR_FMT " (it is injected: in the injector's settings)",
                            STR_ARG(text));
    return arena_printf(c->engine->a,
                        STR_FMT " (it is injected: by the annotations %s of the pod template, or "
                                "in the injector's settings)",
                        STR_ARG(text), annotations);
}

static void fix(const struct rule_ctx *c, struct finding *f)
{
    if (c->injected_in) {
        finding_unfixable(c, f,
                          "an injector puts the container there: change it where it is injected");
        return;
    }
    if (f->object && f->object->uid.n) {
        finding_unfixable(c, f,
                          "it is a recording of what runs in a cluster (it has a uid): fix its "
                          "manifest");
        return;
    }
    c->rule->fixer(c, f);
    if (f->edits.count && f->fix_level == FIX_ALL && c->facts->config->fix < FIX_ALL)
        finding_unfixable(c, f, "needs --fix=all");
}

/* ---- values that were refused ---- */

/* A free pod and the workload that stands for it are two objects: the place tells which is meant. */
static void add_refused_key(struct buf *b, const struct object *o, struct str path)
{
    buf_init(b, 64 * KIB);
    if (o->source)
        buf_add_str(b, o->source->name);
    buf_printf(b, ":%u:%u ", o->at.line, o->at.column);
    buf_add_str(b, o->kind_text);
    buf_add_char(b, '/');
    buf_add_str(b, o->ns);
    buf_add_char(b, '/');
    buf_add_str(b, o->name);
    buf_add_char(b, ' ');
    buf_add_str(b, path);
}

void refused_add(struct engine *e, const struct problem *p)
{
    if (p->type != PROBLEM_INVALID_VALUE || !p->object || str_empty(p->path))
        return;
    struct buf key CLEANUP(buf_done);
    add_refused_key(&key, p->object, p->path);
    (void)map_put(&e->refused, arena_str(e->a, buf_str(&key)), e);
}

/* Whether the value at the path, or one around it, was refused. */
static bool is_refused(const struct engine *e, const struct finding *f)
{
    if (e->refused.count == 0 || !f->object || f->rule->problem)
        return false;
    struct buf key CLEANUP(buf_done);
    add_refused_key(&key, f->object, f->path);
    for (size_t n = 0; n < MIN(f->path.n, key.n); n++) {
        bool end = n == 0 || f->path.p[f->path.n - n] == '.' || f->path.p[f->path.n - n] == '[';
        if (end && map_get(&e->refused, str_sub(buf_str(&key), 0, key.n - n)))
            return true;
    }
    return false;
}

static struct finding *add(const struct rule_ctx *c, enum severity severity, struct place where,
                           struct str message)
{
    struct engine *e = c->engine;
    const struct rule_settings *settings = &c->facts->config->rules[rule_index(c->rule)];
    struct finding *f = arena_new(e->a, struct finding);
    f->rule = c->rule;
    f->severity = settings->severity_set ? settings->severity : severity;
    f->message = e->visit.alike && *e->visit.alike
                     ? arena_printf(e->a, STR_FMT "%s", STR_ARG(message), e->visit.alike)
                     : message;
    f->why = str_of(c->rule->why);
    f->container = e->visit.container;
    set_place(e, f, where);
    f->fix = fix_in_its_place(c, f, str_of(c->rule->fix));
    if (is_refused(e, f))
        return f;
    const struct suppression *s = suppressions_find(e, c->rule);
    if (s) {
        f->suppressed = true;
        f->suppress_reason = s->reason;
        e->out->suppressed++;
    } else {
        e->out->by_severity[f->severity]++;
    }
    *PUSH(e->a, &e->out->findings) = f;
    f->fix_level = c->rule->fix_level;
    if (c->rule->fixer && c->facts->config->fix != FIX_NONE && !f->suppressed)
        fix(c, f);
    return f;
}

/* Names come from the input and may be of any length; a message is one line. */
enum { MESSAGE_MAX = 2000 };

static struct str vsay(struct arena *a, const char *fmt, va_list va) PRINTF_LIKE(2, 0);
static struct str vsay(struct arena *a, const char *fmt, va_list va)
{
    char text[MESSAGE_MAX + 1];
    int needed = vsnprintf(text, sizeof(text), fmt, va);
    size_t n = needed < 0 ? 0 : MIN((size_t)needed, (size_t)MESSAGE_MAX);
    return arena_str(a, (struct str){text, n});
}

struct finding *finding(const struct rule_ctx *c, struct place where, const char *fmt, ...)
{
    va_list va;
    va_start(va, fmt);
    struct str message = vsay(c->engine->a, fmt, va);
    va_end(va);
    return add(c, c->rule->severity, where, message);
}

struct finding *finding_as(const struct rule_ctx *c, enum severity s, struct place where,
                           const char *fmt, ...)
{
    va_list va;
    va_start(va, fmt);
    struct str message = vsay(c->engine->a, fmt, va);
    va_end(va);
    return add(c, s, where, message);
}

void finding_fix(const struct rule_ctx *c, struct finding *f, const char *fmt, ...)
{
    va_list va;
    va_start(va, fmt);
    f->fix = fix_in_its_place(c, f, vsay(c->engine->a, fmt, va));
    va_end(va);
}

/* ---- edits ---- */

static void add_edit(const struct rule_ctx *c, struct finding *f, enum edit_op op, struct str path,
                     struct str value)
{
    *PUSH(c->engine->a, &f->edits) =
        (struct edit){.object = f->object, .op = op, .path = path, .value = value};
}

void finding_set(const struct rule_ctx *c, struct finding *f, const char *path, const char *json)
{
    struct arena *a = c->engine->a;
    add_edit(c, f, EDIT_SET, join_path(a, c->engine->visit.path, path), arena_str(a, str_of(json)));
}

void finding_set_in_pod(const struct rule_ctx *c, struct finding *f, const char *path,
                        const char *json)
{
    struct arena *a = c->engine->a;
    add_edit(c, f, EDIT_SET, join_path(a, c->engine->visit.pod_path, path),
             arena_str(a, str_of(json)));
}

void finding_add(const struct rule_ctx *c, struct finding *f, struct str json)
{
    add_edit(c, f, EDIT_ADD, STR_NONE, arena_str(c->engine->a, json));
}

void finding_refuse(const struct rule_ctx *c, struct finding *f, const char *fmt, ...)
{
    va_list va;
    va_start(va, fmt);
    f->unfixable = vsay(c->engine->a, fmt, va);
    va_end(va);
    f->edits.count = 0;
    f->refused = true;
}

void finding_unfixable(const struct rule_ctx *c, struct finding *f, const char *fmt, ...)
{
    va_list va;
    va_start(va, fmt);
    f->unfixable = vsay(c->engine->a, fmt, va);
    va_end(va);
    f->edits.count = 0;
}

const char *say(const struct rule_ctx *c, const char *fmt, ...)
{
    va_list va;
    va_start(va, fmt);
    struct str text = vsay(c->engine->a, fmt, va);
    va_end(va);
    return text.p;
}

static const char *say_with(const struct rule_ctx *c, void (*add_text)(struct buf *, int64_t),
                            int64_t n)
{
    struct buf b CLEANUP(buf_done);
    buf_init(&b, 64);
    add_text(&b, n);
    return arena_str(c->engine->a, buf_str(&b)).p;
}

const char *say_bytes(const struct rule_ctx *c, int64_t bytes)
{
    return say_with(c, text_add_bytes, bytes);
}

const char *say_milli(const struct rule_ctx *c, int64_t milli)
{
    return say_with(c, text_add_milli, milli);
}

const char *say_count(const struct rule_ctx *c, int64_t n, const char *noun)
{
    return say(c, "%lld %s%s", (long long)n, noun, n == 1 ? "" : "s");
}

const char *say_container(const struct rule_ctx *c, const struct container *k)
{
    const char *what = facts_is_sidecar(c, k)      ? "sidecar container"
                       : k->kind == CONTAINER_INIT ? "init container"
                                                   : "container";
    return say(c, "%s%s \"" STR_FMT "\"", c->injected_in ? "injected " : "", what,
               STR_ARG(k->name));
}

bool finding_is_open(const struct finding *f)
{
    return !f->suppressed && f->known == KNOWN_NOT;
}

/* ---- order ---- */

/* By file name, then by place in it, so that the output does not depend on how it was walked. */
static int compare(const struct finding *a, const struct finding *b)
{
    if (!str_eq(a->file, b->file))
        return str_cmp(a->file, b->file);
    if (a->at.line != b->at.line)
        return a->at.line < b->at.line ? -1 : 1;
    if (a->at.column != b->at.column)
        return a->at.column < b->at.column ? -1 : 1;
    int by_rule = str_cmp(str_of(a->rule->id), str_of(b->rule->id));
    return by_rule ? by_rule : str_cmp(a->path, b->path);
}

static void merge(struct finding **from, size_t mid, size_t n, struct finding **to)
{
    size_t i = 0, j = mid;
    for (size_t k = 0; k < n; k++)
        to[k] = j >= n || (i < mid && compare(from[i], from[j]) <= 0) ? from[i++] : from[j++];
}

/* A stable merge sort: findings that compare equal stay in the order of the rules. */
static void sort(struct finding **v, size_t n, struct finding **scratch)
{
    if (n < 2)
        return;
    size_t mid = n / 2;
    sort(v, mid, scratch);
    sort(v + mid, n - mid, scratch);
    merge(v, mid, n, scratch);
    memcpy(v, scratch, n * sizeof(*v));
}

void findings_sort(struct judgement *j, struct arena *a)
{
    struct finding **scratch = arena_array(a, struct finding *, j->findings.count);
    sort(j->findings.items, j->findings.count, scratch);
}
