/* SPDX-License-Identifier: Apache-2.0
 *
 * Facts of pods as JSON or YAML.
 */
#include "output/inspect_json.h"

void json_add_opt_int(struct json_writer *w, const char *key, bool set, int64_t v)
{
    if (set)
        json_add_int(w, key, v);
    else
        json_add_null(w, key);
}

/* "key": {"cpuMilli": ..., "memoryBytes": ...}, null where unset. */
static void json_add_amounts(struct json_writer *w, const char *key, const struct pod_amounts *v)
{
    json_key(w, key);
    json_map(w);
    json_add_opt_int(w, "cpuMilli", v->cpu_set, v->cpu_milli);
    json_add_opt_int(w, "memoryBytes", v->memory_set, v->memory_bytes);
    json_map_end(w);
}

/* "key": {"min": ..., "max": ...} */
static void json_add_adj(struct json_writer *w, const char *key, struct oom_adj adj)
{
    json_key(w, key);
    json_map(w);
    json_add_int(w, "min", adj.min);
    json_add_int(w, "max", adj.max);
    json_map_end(w);
}

static const char *origin_name(enum amount_origin o)
{
    switch (o) {
    case AMOUNT_FROM_LIMIT:
        return "limit";
    case AMOUNT_FROM_LIMITRANGE:
        return "LimitRange";
    case AMOUNT_FROM_POD:
        return "pod";
    case AMOUNT_GIVEN:
        break;
    }
    return NULL;
}

/* What the API server filled in: [{"field": "requests.memory", "from": "limit"}]. */
static void add_defaulted_list(struct json_writer *w, const char *list, const struct resources *r)
{
    for (size_t i = 0; i < r->count; i++) {
        const char *from = origin_name(r->items[i].origin);
        if (!from)
            continue;
        struct buf field CLEANUP(buf_done);
        buf_init(&field, 4 * KIB);
        buf_printf(&field, "%s." STR_FMT, list, STR_ARG(r->items[i].name));
        json_map(w);
        json_add_str(w, "field", buf_str(&field));
        json_add_cstr(w, "from", from);
        json_map_end(w);
    }
}

static void add_defaulted(struct json_writer *w, const struct resource_requirements *r)
{
    json_key(w, "defaulted");
    json_seq(w);
    add_defaulted_list(w, "requests", &r->requests);
    add_defaulted_list(w, "limits", &r->limits);
    json_seq_end(w);
}

static void add_container(struct json_writer *w, const struct container_facts *k)
{
    json_map(w);
    json_add_str(w, "name", k->container->name);
    json_add_cstr(w, "kind", container_kind_name(k->container));
    json_add_amounts(w, "requests", &k->request);
    json_add_amounts(w, "limits", &k->limit);
    add_defaulted(w, &k->container->resources);
    json_add_opt_int(w, "usageMaxBytes", k->usage_max_bytes.set, k->usage_max_bytes.v);
    json_add_adj(w, "oomScoreAdj", k->adj);
    json_add_opt_int(w, "memoryMaxBytes", k->cgroup.memory_max_bytes.set,
                     k->cgroup.memory_max_bytes.v);
    json_add_opt_int(w, "memoryHighBytes", k->cgroup.memory_high_bytes.set,
                     k->cgroup.memory_high_bytes.v);
    if (k->cgroup.oom_group.set)
        json_add_bool(w, "oomGroup", k->cgroup.oom_group.v != 0);
    else
        json_add_null(w, "oomGroup");
    json_map_end(w);
}

static void add_capacity(struct json_writer *w, const struct capacity_range *c)
{
    static const char *const from[] = {NULL, "option", "node", "nodes"};
    bool known = c->origin != CAPACITY_UNKNOWN;
    json_key(w, "nodeMemory");
    json_map(w);
    json_add_cstr(w, "from", from[c->origin]);
    json_add_opt_int(w, "minBytes", known, c->min_bytes);
    json_add_opt_int(w, "maxBytes", known, c->max_bytes);
    json_map_end(w);
}

static void add_source(struct json_writer *w, const struct object *o)
{
    json_key(w, "source");
    json_map(w);
    json_add_str(w, "file", o->template_source.n ? o->template_source : o->source->name);
    json_add_opt_int(w, "line", o->at.line != 0, o->at.line);
    json_map_end(w);
}

static void add_item(struct arena *a, struct json_writer *w, const struct pod_facts *f)
{
    const struct object *o = &f->workload->o;
    json_map(w);
    json_add_str(w, "namespace", o->ns);
    json_add_str(w, "name", pod_facts_name(f));
    json_add_str(w, "kind", o->kind_text);
    json_add_str(w, "owner", f->owner);
    json_add_opt_int(w, "replicas", f->replicas.set, f->replicas.v);
    json_add_int(w, "livePods", (int64_t)f->live);
    json_add_int(w, "injectedContainers", (int64_t)f->injected);
    json_add_cstr(w, "qosClass", qos_name(f->qos));
    json_add_str(w, "qosReason", qos_reason_text(a, f->qos, &f->why));
    json_add_bool(w, "critical", f->critical);
    json_add_cstr(w, "resize", pod_resize_name(f->resize));
    json_add_amounts(w, "requests", &f->request);
    json_add_amounts(w, "limits", &f->limit);
    add_defaulted(w, &f->spec->resources);
    json_add_int(w, "sampledPods", (int64_t)f->sampled);
    json_add_opt_int(w, "usageMaxBytes", f->usage_max_bytes.set, f->usage_max_bytes.v);
    json_add_opt_int(w, "podMemoryMaxBytes", f->cgroup.memory_max_bytes.set,
                     f->cgroup.memory_max_bytes.v);
    add_capacity(w, &f->capacity);
    json_key(w, "containers");
    json_seq(w);
    for (size_t i = 0; i < f->container_count; i++)
        add_container(w, &f->containers[i]);
    json_seq_end(w);
    add_source(w, o);
    json_map_end(w);
}

static void add_summary(const struct inspect_results *r, struct json_writer *w)
{
    int64_t qos[3] = {0};
    for (size_t i = 0; i < r->facts->count; i++)
        qos[r->facts->items[i].qos]++;
    json_key(w, "summary");
    json_map(w);
    json_add_int(w, "items", (int64_t)r->facts->count);
    json_add_int(w, "pods", pod_facts_replicas(r->facts));
    json_add_int(w, "guaranteed", qos[QOS_GUARANTEED]);
    json_add_int(w, "burstable", qos[QOS_BURSTABLE]);
    json_add_int(w, "bestEffort", qos[QOS_BEST_EFFORT]);
    json_add_int(w, "files", (int64_t)r->cluster->files);
    json_add_int(w, "objects", (int64_t)r->cluster->objects);
    json_key(w, "skippedKinds");
    json_seq(w);
    for (size_t i = 0; i < r->cluster->skipped.count; i++) {
        json_map(w);
        json_add_str(w, "apiVersion", r->cluster->skipped.items[i].api_version);
        json_add_str(w, "kind", r->cluster->skipped.items[i].kind);
        json_add_int(w, "count", (int64_t)r->cluster->skipped.items[i].count);
        json_map_end(w);
    }
    json_seq_end(w);
    json_map_end(w);
}

void inspect_render_json(const struct inspect_results *r, enum json_style style, struct buf *b)
{
    struct json_writer w;
    json_writer_init(&w, b, style);
    json_map(&w);
    json_add_cstr(&w, "apiVersion", "plimsoll.dev/v1");
    json_add_cstr(&w, "kind", "PodFactsList");
    add_summary(r, &w);
    json_key(&w, "items");
    json_seq(&w);
    for (size_t i = 0; i < r->facts->count; i++)
        add_item(r->arena, &w, &r->facts->items[i]);
    json_seq_end(&w);
    json_map_end(&w);
    json_writer_end(&w);
}
