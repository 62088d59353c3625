/* SPDX-License-Identifier: Apache-2.0
 *
 * What kubelets say, as the objects that metrics.k8s.io would have had: for snapshots.
 */
#include "base/json_write.h"
#include "base/text.h"
#include "source/kubelet_usage.h"

static void add_amounts(struct json_writer *w, int64_t cpu_milli, bool memory_set,
                        int64_t memory_bytes)
{
    char text[32];
    json_key(w, "usage");
    json_map(w);
    snprintf(text, sizeof(text), "%lldm", (long long)cpu_milli);
    json_add_cstr(w, "cpu", text);
    snprintf(text, sizeof(text), "%lld", (long long)memory_bytes);
    if (memory_set)
        json_add_cstr(w, "memory", text);
    json_map_end(w);
}

static void begin_object(struct json_writer *w, const struct object *o, int64_t taken_ms,
                         const struct opt_int *pod_memory)
{
    char memory[32];
    struct buf at CLEANUP(buf_done);
    json_map(w);
    json_add_str(w, "apiVersion", o->api_version);
    json_add_str(w, "kind", o->kind_text);
    json_key(w, "metadata");
    json_map(w);
    json_add_str(w, "name", o->name);
    if (o->ns.n)
        json_add_str(w, "namespace", o->ns);
    if (pod_memory && pod_memory->set) {
        snprintf(memory, sizeof(memory), "%lld", (long long)pod_memory->v);
        json_key(w, "annotations");
        json_map(w);
        json_add_cstr(w, POD_MEMORY_ANNOTATION, memory);
        json_map_end(w);
    }
    json_map_end(w);
    buf_init(&at, 64);
    if (taken_ms) {
        text_add_time(&at, taken_ms);
        json_add_str(w, "timestamp", buf_str(&at));
    }
}

static void add_pod(struct json_writer *w, const struct pod_metrics *m)
{
    begin_object(w, &m->o, m->taken_ms, &m->pod_memory_bytes);
    json_key(w, "containers");
    json_seq(w);
    for (size_t i = 0; i < m->containers.count; i++) {
        const struct container_usage *u = &m->containers.items[i];
        json_map(w);
        json_add_str(w, "name", u->name);
        add_amounts(w, u->cpu_milli, u->memory_set, u->memory_bytes);
        json_map_end(w);
    }
    json_seq_end(w);
    json_map_end(w);
}

static void add_node(struct json_writer *w, const struct node_metrics *m)
{
    begin_object(w, &m->o, m->taken_ms, NULL);
    add_amounts(w, m->cpu_milli, true, m->memory_bytes);
    json_map_end(w);
}

struct telling {
    each_fn *fn;
    void *ctx;
    struct arena scratch;
    struct buf text;
    struct err *e;
};

static int tell(struct telling *t, const struct object *o)
{
    struct json_writer w;
    struct doc_root root = {0};
    buf_clear(&t->text);
    json_writer_init(&w, &t->text, JSON_COMPACT);
    if (o->kind == KIND_POD_METRICS)
        add_pod(&w, (const struct pod_metrics *)o);
    else
        add_node(&w, (const struct node_metrics *)o);
    int r = json_parse(STR(""), buf_str(&t->text), &t->scratch, &root, t->e);
    struct each_object each = {
        .object = root.root, .api_version = o->api_version, .kind = o->kind_text};
    if (r == 0)
        r = t->fn(t->ctx, &each, t->e);
    arena_reset(&t->scratch);
    return r;
}

int kubelet_usage_each(const struct kubelet_question *q, each_fn *fn, void *ctx, struct arena *a,
                       struct cluster *c, struct err *e)
{
    struct telling t = {.fn = fn, .ctx = ctx, .e = e};
    int r = kubelet_usage_read(q, a, c, e);
    arena_init(&t.scratch);
    buf_init(&t.text, 16 * MIB);
    for (size_t i = 0; i < c->pod_metrics.count && r == 0; i++)
        r = tell(&t, &c->pod_metrics.items[i]->o);
    for (size_t i = 0; i < c->node_metrics.count && r == 0; i++)
        r = tell(&t, &c->node_metrics.items[i]->o);
    c->pod_metrics.count = c->node_metrics.count = 0;
    buf_done(&t.text);
    arena_done(&t.scratch);
    return r;
}
