/* SPDX-License-Identifier: Apache-2.0
 *
 * Walks an object along the tables of decoding and writes what they name. Lists keep their length and
 * maps their type, so that findings name the same field paths and the same faults as the object does.
 */
#include "model/record.h"

#include "base/json_write.h"
#include "base/text.h"
#include "model/decode_table.h"
#include "model/record_words.h"

struct recorder {
    struct buf *out;
    struct redact *redact, *commands;
    const struct doc *container; /* that is being written */
    const struct doc *around;    /* the container that what is being written is in */
    const struct doc *object;
    enum kind kind;
};

static void add_shape(struct recorder *r, const struct doc *n, const struct shape *s);

/* ---- text ---- */

static void add_text(struct recorder *r, struct str text)
{
    if (!r->redact) {
        json_add_quoted(r->out, text);
        return;
    }
    struct buf b CLEANUP(buf_done);
    buf_init(&b, GIB);
    redact_add(r->redact, &b, text);
    json_add_quoted(r->out, buf_str(&b));
}

static void add_key(struct recorder *r, struct str key, bool is_name)
{
    char last = r->out->n ? r->out->p[r->out->n - 1] : 0;
    if (last != '{')
        buf_add_char(r->out, ',');
    if (is_name)
        add_text(r, key);
    else
        json_add_quoted(r->out, key);
    buf_add_char(r->out, ':');
}

static bool is_time(struct str s)
{
    int64_t ms;
    return text_parse_time(s, &ms) == 0;
}

static bool is_amount(struct str s)
{
    struct quantity q;
    int64_t ms;
    if (str_ends(s, "%"))
        s.n--;
    return quantity_parse(s, &q) == 0 || is_time(s) || text_parse_duration(s, &ms) == 0;
}

/* A number where a name belongs may be one, as an account's. */
static void add_number(struct recorder *r, struct str text, bool amount)
{
    if (r->redact && !amount)
        redact_add_number(r->redact, r->out, text);
    else
        buf_add_str(r->out, text);
}

/* amount: it may be an amount or a time, which are no names. Only presence is told of a map or a list. */
static void add_scalar(struct recorder *r, const struct doc *n, bool amount)
{
    switch (n->type) {
    case DOC_NULL:
        buf_add_cstr(r->out, "null");
        break;
    case DOC_BOOL:
        buf_add_str(r->out, n->text);
        break;
    case DOC_INT:
        add_number(r, n->text, amount);
        break;
    case DOC_FLOAT: /* .inf and .nan of YAML cannot be said in JSON */
        add_number(r, str_find(n->text, "n") >= 0 ? STR("null") : n->text, amount);
        break;
    case DOC_STRING:
        if (amount && is_amount(n->text))
            json_add_quoted(r->out, n->text);
        else
            add_text(r, n->text);
        break;
    case DOC_SEQ:
        buf_add_cstr(r->out, "[]");
        break;
    case DOC_MAP:
        buf_add_cstr(r->out, "{}");
        break;
    }
}

/* ---- maps and lists ---- */

/* Everything below n: selectors and the like, where "123456789012" is a name and not an amount. Only a
 * time cannot be one. */
static void add_whole(struct recorder *r, const struct doc *n)
{
    if (n->type != DOC_MAP && n->type != DOC_SEQ) {
        add_scalar(r, n, n->type == DOC_STRING && is_time(n->text));
        return;
    }
    buf_add_char(r->out, n->type == DOC_MAP ? '{' : '[');
    for (const struct doc *c = n->child; c; c = c->next) {
        if (n->type == DOC_MAP)
            add_key(r, c->key, true);
        else if (c != n->child)
            buf_add_char(r->out, ',');
        add_whole(r, c);
    }
    buf_add_char(r->out, n->type == DOC_MAP ? '}' : ']');
}

/* A map, or a list of maps. */
static void add_shaped(struct recorder *r, const struct doc *n, const struct shape *s)
{
    if (n->type == DOC_MAP) {
        add_shape(r, n, s);
        return;
    }
    if (n->type != DOC_SEQ) {
        add_scalar(r, n, true);
        return;
    }
    buf_add_char(r->out, '[');
    for (const struct doc *c = n->child; c; c = c->next) {
        if (c != n->child)
            buf_add_char(r->out, ',');
        if (c->type == DOC_MAP)
            add_shape(r, c, s);
        else
            add_scalar(r, c, false);
    }
    buf_add_char(r->out, ']');
}

/* Annotations that something reads. */
static bool is_read_annotation(struct str key)
{
    return str_starts(key, "plimsoll.dev/") || str_starts(key, "kubernetes.io/config.") ||
           str_is(key, "sidecar.istio.io/status") ||
           str_is(key, "volume.beta.kubernetes.io/storage-class") ||
           str_is(key, "volume.kubernetes.io/selected-node");
}

/* Labels, annotations, amounts, texts: keys are names, too. */
static void add_map(struct recorder *r, const struct doc *n, const struct field *f)
{
    bool annotations = str_is(str_of(f->name), "annotations");
    if (n->type != DOC_MAP) {
        add_scalar(r, n, true);
        return;
    }
    buf_add_char(r->out, '{');
    for (const struct doc *c = n->child; c; c = c->next) {
        if (annotations && !is_read_annotation(c->key))
            continue;
        add_key(r, c->key, true);
        add_scalar(r, c, f->type != F_LABELS || str_is(c->key, POD_MEMORY_ANNOTATION));
    }
    buf_add_char(r->out, '}');
}

/* Strings, or objects of which only the name counts. */
static void add_strings(struct recorder *r, const struct doc *n, struct record_words *words)
{
    if (n->type != DOC_SEQ) {
        add_scalar(r, n, false);
        return;
    }
    struct buf text CLEANUP(buf_done);
    buf_init(&text, GIB);
    buf_add_char(r->out, '[');
    for (const struct doc *c = n->child; c; c = c->next) {
        const struct doc *name = c->type == DOC_MAP ? doc_get(c, "name") : NULL;
        if (c != n->child)
            buf_add_char(r->out, ',');
        if (name) {
            buf_add_cstr(r->out, "{\"name\":");
            add_scalar(r, name, false);
            buf_add_char(r->out, '}');
        } else if (words && c->type == DOC_STRING) {
            buf_clear(&text);
            record_words_add(words, &text, c);
            add_text(r, buf_str(&text));
        } else {
            add_scalar(r, c, false);
        }
    }
    buf_add_char(r->out, ']');
}

/* ---- what is kept in part ---- */

/* A variable that is left out leaves an empty place. */
static void add_env(struct recorder *r, const struct doc *n)
{
    struct buf text CLEANUP(buf_done);
    buf_init(&text, GIB);
    if (n->type != DOC_SEQ) {
        add_scalar(r, n, false);
        return;
    }
    buf_add_char(r->out, '[');
    for (const struct doc *c = n->child; c; c = c->next) {
        if (c != n->child)
            buf_add_char(r->out, ',');
        buf_clear(&text);
        if (c->type != DOC_MAP || !record_env(&text, r->container, c)) {
            add_scalar(r, c, false);
            continue;
        }
        const struct doc *value = doc_get(c, "value");
        buf_add_cstr(r->out, "{\"name\":");
        add_text(r, doc_text(c, "name"));
        if (value && value->type == DOC_STRING) {
            buf_add_cstr(r->out, ",\"value\":");
            add_text(r, buf_str(&text));
        } else if (value) {
            buf_add_cstr(r->out, ",\"value\":");
            add_scalar(r, value, true);
        }
        if (doc_get(c, "valueFrom"))
            buf_add_cstr(r->out, ",\"valueFrom\":{}");
        buf_add_char(r->out, '}');
    }
    buf_add_char(r->out, ']');
}

/* A configuration that is text: what the model reads of it, as JSON. */
static void add_configuration(struct recorder *r, struct str text, enum kind kind)
{
    struct arena a;
    struct doc_reader reader;
    struct doc_root root = {0};
    struct buf out CLEANUP(buf_done);
    struct recorder inner = {.out = &out, .redact = r->redact, .kind = kind};
    arena_init(&a);
    buf_init(&out, GIB);
    doc_reader_init(&reader, STR(""), text);
    if (doc_read(&reader, &a, &root, NULL) > 0 && root.root)
        add_shaped(&inner, root.root, decode_kind_shape(kind));
    else
        buf_add_cstr(&out, text.n ? "{" : ""); /* as unreadable as it was */
    json_add_quoted(r->out, buf_str(&out));
    doc_reader_done(&reader);
    arena_done(&a);
}

enum data_use { DATA_UNUSED, DATA_KEY, DATA_TEXT, DATA_KUBELET, DATA_KUBE_PROXY };

/* What of a ConfigMap is read: configurations (model/decode_config.c), the sizes of Cilium's maps, and
 * that there are files of alerting rules. */
static enum data_use use_of(const struct recorder *r, const struct doc *data)
{
    const struct doc *metadata = doc_get(r->object, "metadata");
    struct str name = doc_text(metadata, "name");
    const struct doc *labels = doc_get(metadata, "labels");
    if (str_is(data->key, "kubelet") &&
        (doc_get(labels, "plimsoll.dev/node") || str_starts(name, "kubelet-config")))
        return DATA_KUBELET;
    if (str_is(data->key, "config.conf") && str_is(name, "kube-proxy"))
        return DATA_KUBE_PROXY;
    if (str_starts(data->key, "bpf-") && str_is(name, "cilium-config"))
        return DATA_TEXT;
    bool rules = str_find(data->key, "rules") >= 0 || str_find(data->key, "alert") >= 0;
    return rules && str_find(data->key, ".y") >= 0 ? DATA_KEY : DATA_UNUSED;
}

static void add_data(struct recorder *r, const struct doc *n)
{
    buf_add_char(r->out, '{');
    for (const struct doc *c = n->type == DOC_MAP ? n->child : NULL; c; c = c->next) {
        enum data_use use = use_of(r, c);
        if (use == DATA_UNUSED)
            continue;
        add_key(r, c->key, use == DATA_KEY);
        if (use == DATA_KEY || c->type != DOC_STRING)
            json_add_quoted(r->out, STR(""));
        else if (use == DATA_TEXT)
            add_scalar(r, c, true);
        else
            add_configuration(r, c->text,
                              use == DATA_KUBELET ? KIND_KUBELET_CONFIGURATION
                                                  : KIND_KUBE_PROXY_CONFIGURATION);
    }
    buf_add_char(r->out, '}');
}

static void add_path(struct recorder *r, struct str path)
{
    struct buf text CLEANUP(buf_done);
    buf_init(&text, GIB);
    record_path(&text, path);
    add_text(r, buf_str(&text));
}

/* ---- fields ---- */

static void add_field(struct recorder *r, const struct doc *n, const struct field *f)
{
    bool of_container = r->container && f->type == F_STR_LIST &&
                        (str_is(n->key, "command") || str_is(n->key, "args"));
    struct record_words words;
    switch (f->type) {
    case F_AT:
        add_scalar(r, n->type == DOC_STRING ? &(struct doc){.type = DOC_NULL} : n, false);
        break;
    case F_STRUCT:
    case F_POINTER:
    case F_LIST:
        add_shaped(r, n, f->shape);
        break;
    case F_STR_LIST:
        record_words_init(&words, of_container ? r->container : NULL, n);
        words.command = (struct record_command){.replace = r->commands, .container = r->around};
        add_strings(r, n, of_container || str_is(n->key, "command") ? &words : NULL);
        break;
    case F_LABELS:
    case F_TEXT_MAP:
    case F_RESOURCES:
        add_map(r, n, f);
        break;
    case F_CUSTOM:
        if (r->kind == KIND_CONFIG_MAP && str_is(n->key, "data"))
            add_data(r, n);
        else if (f->shape)
            add_shaped(r, n, f->shape);
        else if (n->type == DOC_MAP || n->type == DOC_SEQ)
            add_whole(r, n);
        else
            add_scalar(r, n, true);
        break;
    case F_INT_OR_STR: /* a number, a percentage, or the name of a port: "500000m" is one */
        add_scalar(r, n, n->type != DOC_STRING);
        break;
    case F_KEPT:
        if (f->shape)
            add_shaped(r, n, f->shape);
        else
            add_scalar(r, n, false);
        break;
    default:
        if (n->type == DOC_STRING && str_is(n->key, "path") && str_find_char(n->text, '?') >= 0)
            add_path(r, n->text);
        else
            add_scalar(r, n, f->type != F_STR && f->type != F_OPT_STR);
        break;
    }
}

/* The entry that says most of a key: F_AT only notes where it stands. */
static const struct field *find_field(const struct shape *s, struct str key)
{
    const struct field *found = NULL;
    for (const struct field *f = s->fields; f->name; f++)
        if (str_is(key, f->name) && (!found || found->type == F_AT))
            found = f;
    return found;
}

static void add_shape(struct recorder *r, const struct doc *n, const struct shape *s)
{
    const struct doc *outer = r->container, *around = r->around;
    r->container = s == &shape_container ? n : NULL;
    r->around = r->container ? r->container : around;
    buf_add_char(r->out, '{');
    for (const struct doc *c = n->child; c; c = c->next) {
        const struct field *f = find_field(s, c->key);
        /* The message of a container's end may be the last lines of its log. */
        bool of_log = str_is(c->key, "message") && s != &shape_condition;
        if (!f || of_log)
            continue;
        add_key(r, c->key, false);
        if (r->container && str_is(c->key, "env"))
            add_env(r, c);
        else
            add_field(r, c, f);
    }
    buf_add_char(r->out, '}');
    r->container = outer;
    r->around = around;
}

/* ---- objects ---- */

static enum kind kind_of(const struct doc *n, struct str api_version, struct str kind)
{
    enum kind k = kind_find(api_version, kind);
    const struct doc *containers = doc_path(n, "spec.template.spec.containers");
    bool workload = containers && containers->type == DOC_SEQ;
    return k == KIND_UNKNOWN && workload ? KIND_OTHER_WORKLOAD : k;
}

static void add_head(struct recorder *r, struct str api_version, struct str kind)
{
    buf_add_char(r->out, '{');
    if (api_version.p) {
        add_key(r, STR("apiVersion"), false);
        add_text(r, api_version);
    }
    if (kind.p) {
        add_key(r, STR("kind"), false);
        add_text(r, kind);
    }
}

enum record_result record_add(struct buf *out, const struct doc *object, struct str api_version,
                              struct str kind, const struct record_names *names)
{
    if (object->type != DOC_MAP)
        return RECORD_NOTHING;
    struct str own_version = doc_text(object, "apiVersion"), own_kind = doc_text(object, "kind");
    api_version = own_version.p ? own_version : api_version;
    kind = own_kind.p ? own_kind : kind;
    struct recorder r = {.out = out, .redact = names->all, .object = object};
    r.commands = names->all ? NULL : names->commands;
    r.kind = kind_of(object, api_version, kind);
    if (str_is(kind, "Secret"))
        return RECORD_NOTHING;
    add_head(&r, api_version, kind);
    if (r.kind != KIND_UNKNOWN) {
        const struct shape *s = decode_kind_shape(r.kind);
        for (const struct doc *c = object->child; c; c = c->next) {
            const struct field *f = find_field(s, c->key);
            if (!f)
                continue;
            add_key(&r, c->key, false);
            add_field(&r, c, f);
        }
    }
    buf_add_char(out, '}');
    return r.kind == KIND_UNKNOWN ? RECORD_UNKNOWN : RECORD_KEPT;
}
