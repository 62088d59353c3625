/* SPDX-License-Identifier: Apache-2.0
 *
 * Victims of a node as JSON or YAML: kind VictimList (docs/schema/VictimList.json).
 */
#include "base/text.h"
#include "output/inspect_json.h"
#include "output/victims.h"

static void add_time(struct json_writer *w, const char *key, int64_t unix_ms)
{
    struct buf text CLEANUP(buf_done);
    buf_init(&text, 64);
    if (unix_ms)
        text_add_time(&text, unix_ms);
    json_add_str(w, key, unix_ms ? buf_str(&text) : STR_NONE);
}

static void add_container(struct json_writer *w, const struct victim_container *k)
{
    static const char *const origins[] = {NULL, "PodMetrics", "request", "limit"};
    bool known = k->usage_origin != USAGE_UNKNOWN;
    json_map(w);
    json_add_str(w, "name", k->container->name);
    json_add_cstr(w, "kind", container_kind_name(k->container));
    json_add_opt_int(w, "usageBytes", known, k->usage_bytes);
    json_add_cstr(w, "usageFrom", origins[k->usage_origin]);
    json_add_opt_int(w, "memoryMaxBytes", k->memory_max_bytes.set, k->memory_max_bytes.v);
    json_add_bool(w, "nearLimit", k->near_limit);
    json_add_int(w, "oomScoreAdj", k->adj);
    json_add_opt_int(w, "badnessPages", !k->badness.never, k->badness.points);
    json_add_int(w, "oomScore", k->oom_score);
    json_add_opt_int(w, "killRank", k->kill_rank != 0, (int64_t)k->kill_rank);
    json_add_bool(w, "killTie", k->tie);
    json_map_end(w);
}

static void add_pod(struct json_writer *w, const struct victim_pod *p)
{
    json_map(w);
    json_add_str(w, "namespace", p->pod->o.ns);
    json_add_str(w, "name", p->pod->o.name);
    json_add_str(w, "owner", p->owner);
    json_add_opt_int(w, "evictionRank", p->eviction_rank != 0, (int64_t)p->eviction_rank);
    json_add_bool(w, "critical", p->critical);
    json_add_cstr(w, "qosClass", qos_name(p->qos));
    json_add_int(w, "priority", p->priority);
    json_add_opt_int(w, "usageBytes", p->usage_set, p->usage_bytes);
    json_add_int(w, "requestBytes", p->request_bytes);
    json_add_opt_int(w, "overRequestBytes", p->usage_set, p->over_bytes);
    json_add_bool(w, "exceedsRequest", p->exceeds);
    json_key(w, "containers");
    json_seq(w);
    for (size_t i = 0; i < p->container_count; i++)
        add_container(w, &p->containers[i]);
    json_seq_end(w);
    json_map_end(w);
}

static void add_party(struct json_writer *w, const char *key, const struct victim_pod *p,
                      const struct victim_container *k)
{
    json_key(w, key);
    json_map(w);
    json_add_str(w, "namespace", p->pod->o.ns);
    json_add_str(w, "name", p->pod->o.name);
    json_add_str(w, "container", k ? k->container->name : STR_NONE);
    json_add_cstr(w, "qosClass", qos_name(p->qos));
    json_map_end(w);
}

static void add_inversion(struct arena *a, struct json_writer *w, const struct victims *v,
                          const struct victim_inversion *i)
{
    static const char *const reasons[] = {"overRequest", "priority", "overage", "unknownUsage",
                                          "badness"};
    json_map(w);
    json_add_cstr(w, "order", i->reason == INVERSION_BADNESS ? "kernel" : "kubelet");
    json_add_cstr(w, "reason", reasons[i->reason]);
    add_party(w, "first", i->first, i->first_container);
    add_party(w, "second", i->second, i->second_container);
    json_add_int(w, "before", (int64_t)i->count);
    json_add_str(w, "message", inversion_text(a, v, i));
    json_map_end(w);
}

static void add_summary(struct arena *a, struct json_writer *w, const struct victims *v)
{
    static const char *const assume[] = {NULL, "requests", "limits"};
    json_key(w, "summary");
    json_map(w);
    json_add_str(w, "node", v->node->o.name);
    json_add_int(w, "capacityBytes", v->capacity_bytes);
    json_add_int(w, "allocatableBytes", v->allocatable_bytes);
    json_add_int(w, "swapBytes", v->swap_bytes);
    json_add_opt_int(w, "kubepodsMemoryMaxBytes", v->kubepods_max_bytes != 0,
                     v->kubepods_max_bytes);
    json_add_opt_int(w, "evictionHardBytes", v->eviction_hard_bytes != 0, v->eviction_hard_bytes);
    json_add_opt_int(w, "nodeUsageBytes", v->node_usage_bytes.set, v->node_usage_bytes.v);
    json_add_int(w, "podsUsageBytes", v->pods_usage_bytes);
    json_add_str(w, "kernelVersion", v->node->kernel_version);
    json_add_cstr(w, "assume", assume[v->assume]);
    json_add_str(w, "usage", victims_usage_text(a, v));
    add_time(w, "sampledFrom", v->oldest_ms);
    add_time(w, "sampledTo", v->newest_ms);
    json_add_int(w, "pods", (int64_t)v->pod_count);
    json_add_int(w, "critical", (int64_t)v->critical);
    json_add_int(w, "withoutUsage", (int64_t)v->without_usage);
    json_key(w, "inversions");
    json_seq(w);
    for (size_t i = 0; i < v->inversions.count; i++)
        add_inversion(a, w, v, &v->inversions.items[i]);
    json_seq_end(w);
    json_map_end(w);
}

void victims_render_json(const struct victims_results *r, enum json_style style, struct buf *b)
{
    const struct victims *v = r->victims;
    struct json_writer w;
    json_writer_init(&w, b, style);
    json_map(&w);
    json_add_cstr(&w, "apiVersion", "plimsoll.dev/v1");
    json_add_cstr(&w, "kind", "VictimList");
    add_summary(r->arena, &w, v);
    json_key(&w, "items");
    json_seq(&w);
    for (size_t i = 0; i < v->pod_count; i++)
        add_pod(&w, &v->pods[i]);
    json_seq_end(&w);
    json_map_end(&w);
    json_writer_end(&w);
}
