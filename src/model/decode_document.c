/* SPDX-License-Identifier: Apache-2.0
 *
 * Documents to objects: lists and their items, kinds that are skipped, keys given twice; and single
 * parts of objects for tests and other readers.
 */
#include "base/alloc.h"
#include "base/text.h"
#include "model/decode_table.h"

/* ---- documents ---- */

static void count_skipped(const struct decode_input *in, struct str api_version, struct str kind,
                          struct cluster *c)
{
    for (size_t i = 0; i < c->skipped.count; i++) {
        struct skipped_kind *k = &c->skipped.items[i];
        if (str_eq(k->api_version, api_version) && str_eq(k->kind, kind)) {
            k->count++;
            return;
        }
    }
    struct skipped_kind *k = PUSH(in->a, &c->skipped);
    k->api_version = arena_str(in->a, api_version);
    k->kind = arena_str(in->a, kind);
    k->count = 1;
}

/* Puts a decoded object into its list. */
static void add_object(struct arena *a, struct cluster *c, enum kind k, void *o)
{
    switch (k) {
#define X(word, name, group, namespaced, type, list) \
    case KIND_##word:                                \
        *PUSH(a, &c->list) = o;                      \
        break;
        KIND_TABLE(X)
#undef X
    case KIND_UNKNOWN:
    case KIND_COUNT:
        break;
    }
}

static bool has_pod_template(const struct doc *n)
{
    const struct doc *containers = doc_path(n, "spec.template.spec.containers");
    return containers && containers->type == DOC_SEQ;
}

/* NULL: a kind that is skipped. */
static const struct object *decode_one(const struct decode_input *in, const struct doc_root *root,
                                       const struct doc *n, struct str api_version, struct str kind,
                                       struct cluster *c)
{
    enum kind k = kind_find(api_version, kind);
    if (k == KIND_UNKNOWN && has_pod_template(n))
        k = KIND_OTHER_WORKLOAD;
    if (k == KIND_UNKNOWN) {
        count_skipped(in, api_version, kind, c);
        return NULL;
    }
    const struct shape *s = decode_kind_shape(k);
    struct object *o = arena_alloc(in->a, s->size);
    struct decoder d = {.in = in, .cluster = c, .object = o};
    d.cached = in->cache && k == KIND_POD && doc_text(doc_get(n, "metadata"), "uid").n;
    o->kind = k;
    o->api_version = arena_str(in->a, api_version);
    o->kind_text = arena_str(in->a, kind);
    o->source = in->source;
    o->at = decode_pos(&d, n->at);
    if (root->source.p)
        o->template_source = arena_str(in->a, root->source);
    if (!in->bulk) {
        o->start = n->start;
        o->end = n->end;
    }
    decode_shape(&d, n, s, o);
    if (kind_is_namespaced(k) && !o->ns.n) {
        o->ns = STR("default");
        o->ns_implied = true;
    } else if (!o->ns.p) {
        o->ns = STR("");
    }
    if (!o->name.p)
        o->name = o->generate_name.p ? o->generate_name : STR("");
    if (!o->at.line)
        o->at = o->metadata_at;
    c->objects++;
    add_object(in->a, c, k, o);
    if (k == KIND_CONFIG_MAP)
        decode_configurations(in, (struct config_map *)o, c);
    return o;
}

/* o: the object that the document holds, NULL if it is a list. */
static void note_duplicates(const struct decode_input *in, const struct doc_root *root,
                            const struct object *o, struct cluster *c)
{
    for (size_t i = 0; i < root->duplicate_count; i++) {
        const struct doc_duplicate *dup = &root->duplicates[i];
        struct problem *p = PUSH(in->a, &c->problems);
        *p =
            (struct problem){.type = PROBLEM_DUPLICATE_KEY, .at = dup->second, .other = dup->first};
        p->object = o;
        p->file = in->source ? in->source->name : STR_NONE;
        CLEANUP(buf_done) struct buf key;
        buf_init(&key, 1024);
        text_add_clean(&key, str_sub(dup->key, 0, 80));
        p->path = arena_str(in->a, buf_str(&key));
        p->message = arena_printf(in->a,
                                  "key \"" STR_FMT "\" is given twice, first in line %u; "
                                  "the later one wins",
                                  STR_ARG(buf_str(&key)), dup->first.line);
    }
}

static void decode_item(const struct decode_input *in, const struct doc_root *root,
                        const struct doc *item, struct str api_version, struct str list_kind,
                        struct cluster *c)
{
    struct str k = doc_text(item, "kind");
    struct str v = doc_text(item, "apiVersion");
    /* PodList and the like: the items may leave out what the list's name says. */
    bool named = str_ends(list_kind, "List") && !str_is(list_kind, "List");
    struct str item_kind = named ? str_sub(list_kind, 0, list_kind.n - 4) : STR_NONE;
    if (item->type == DOC_MAP)
        (void)decode_one(in, root, item, v.p ? v : api_version, k.p ? k : item_kind, c);
}

bool decode_is_unwanted(const struct doc *root, struct str key)
{
    return str_is(key, "spec") && str_is(doc_text(root, "kind"), "CustomResourceDefinition") &&
           str_starts(doc_text(root, "apiVersion"), "apiextensions.k8s.io/");
}

void decode_list_item(const struct decode_input *in, const struct doc_root *item,
                      struct str list_api_version, struct str list_kind, struct cluster *c)
{
    if (item->root)
        decode_item(in, item, item->root, list_api_version, list_kind, c);
}

void decode_document(const struct decode_input *in, const struct doc_root *doc, struct cluster *c)
{
    const struct doc *n = doc->root;
    c->documents++;
    if (!n || n->type == DOC_NULL)
        return;
    size_t objects = c->objects;
    const struct object *o = NULL;
    struct str kind = doc_text(n, "kind");
    struct str api_version = doc_text(n, "apiVersion");
    const struct doc *items = doc_get(n, "items");
    if (n->type == DOC_MAP && str_ends(kind, "List") && items && items->type == DOC_SEQ)
        for (const struct doc *i = items->child; i; i = i->next)
            decode_item(in, doc, i, api_version, kind, c);
    else
        o = decode_one(in, doc, n, api_version, kind, c);
    /* A duplicate key matters in what is judged; in values files and CRDs it is not ours. */
    if (c->objects > objects)
        note_duplicates(in, doc, o, c);
}

/* ---- parts, for tests and other readers ---- */

static void decode_part(struct arena *a, const struct doc *n, const struct shape *s, void *ret)
{
    struct decode_input in = {.a = a};
    struct decoder d = {.in = &in};
    if (n)
        decode_shape(&d, n, s, ret);
}

void decode_kind(struct arena *a, enum kind kind, const struct doc *n, void *ret)
{
    struct object *o = ret;
    o->kind = kind;
    decode_part(a, n, decode_kind_shape(kind), ret);
}

void decode_pod(struct arena *a, const struct doc *n, struct pod *ret)
{
    decode_kind(a, KIND_POD, n, ret);
}

void decode_node(struct arena *a, const struct doc *n, struct node *ret)
{
    decode_kind(a, KIND_NODE, n, ret);
}

void decode_resources(struct arena *a, const struct doc *n, struct resources *ret)
{
    struct decode_input in = {.a = a};
    struct decoder d = {.in = &in};
    if (n)
        decode_resources_map(&d, n, ret);
}

void decode_containers(struct arena *a, const struct doc *n, enum container_kind kind,
                       struct containers *ret)
{
    struct decode_input in = {.a = a};
    struct decoder d = {.in = &in};
    if (!n)
        return;
    decode_list(&d, n, &shape_container, ret);
    for (size_t i = 0; i < ret->count; i++) {
        struct container *k = &ret->items[i];
        k->index = (uint32_t)i;
        k->kind = kind == CONTAINER_INIT && str_is(k->restart_policy.v, "Always")
                      ? CONTAINER_SIDECAR
                      : kind;
    }
}
