/* SPDX-License-Identifier: Apache-2.0
 *
 * Placements as JSON or YAML: kind PlacementReport (docs/schema/PlacementReport.json).
 */
#include "output/place.h"

static struct str node_name(const struct place_results *r, uint32_t node)
{
    return schedule_node(r->schedule, node)->o.name;
}

static void add_pod_ref(const struct place_results *r, struct json_writer *w, uint32_t pod)
{
    const struct object *o = &schedule_pod(r->schedule, pod)->o;
    json_map(w);
    json_add_str(w, "namespace", o->ns);
    json_add_str(w, "name", o->name);
    json_map_end(w);
}

static void add_feasible(const struct place_results *r, struct json_writer *w,
                         const struct verdict *v)
{
    json_key(w, "feasible");
    json_seq(w);
    for (uint32_t i = 0; i < v->feasible_count; i++) {
        json_map(w);
        json_add_str(w, "node", node_name(r, v->feasible[i]));
        json_add_int(w, "total", v->total[i]);
        json_key(w, "scores");
        json_map(w);
        for (int p = 0; p < PLUGIN_COUNT; p++) {
            if (v->scores[p])
                json_add_int(w, plugin_name((enum sched_plugin)p), v->scores[p][i]);
        }
        json_map_end(w);
        json_map_end(w);
    }
    json_seq_end(w);
}

static void add_refused(const struct place_results *r, struct json_writer *w,
                        const struct verdict *v)
{
    json_key(w, "refused");
    json_seq(w);
    for (uint32_t n = 0; v->nodes && n < schedule_node_count(r->schedule); n++) {
        const struct node_verdict *nv = &v->nodes[n];
        if (nv->plugin == PLUGIN_NONE)
            continue;
        struct str *reasons;
        size_t count = schedule_reasons(r->schedule, nv, r->arena, &reasons);
        json_map(w);
        json_add_str(w, "node", node_name(r, n));
        json_add_cstr(w, "plugin", plugin_name((enum sched_plugin)nv->plugin));
        json_add_cstr(w, "code", code_name((enum sched_code)nv->code));
        json_key(w, "reasons");
        json_seq(w);
        for (size_t i = 0; i < count; i++)
            json_str(w, reasons[i]);
        json_seq_end(w);
        json_add_str(w, "message", refusal_text(r->schedule, v->pod, n, nv, r->arena));
        json_map_end(w);
    }
    json_seq_end(w);
}

static void add_candidate(const struct place_results *r, struct json_writer *w,
                          const struct preempt_candidate *c)
{
    json_map(w);
    json_add_str(w, "node", node_name(r, c->node));
    json_add_int(w, "pdbViolations", c->pdb_violations);
    json_key(w, "victims");
    json_seq(w);
    for (uint32_t i = 0; i < c->victim_count; i++)
        add_pod_ref(r, w, c->victims[i]);
    json_seq_end(w);
    json_map_end(w);
}

static void add_preemption(const struct place_results *r, struct json_writer *w,
                           const struct placement *p)
{
    json_key(w, "preemption");
    if (!p->preemption_tried) {
        json_null(w);
        return;
    }
    const struct preemption *e = &p->preemption;
    json_map(w);
    json_add_bool(w, "eligible", e->eligible);
    json_add_cstr(w, "reason", e->reason);
    json_key(w, "best");
    json_seq(w);
    for (uint32_t i = 0; i < e->best_count; i++)
        json_str(w, node_name(r, e->candidates[e->best[i]].node));
    json_seq_end(w);
    json_key(w, "candidates");
    json_seq(w);
    for (uint32_t i = 0; i < e->candidate_count; i++)
        add_candidate(r, w, &e->candidates[i]);
    json_seq_end(w);
    json_map_end(w);
}

static void add_capacity(struct json_writer *w, const struct placement *p)
{
    json_key(w, "capacity");
    if (!p->capacity_known) {
        json_null(w);
        return;
    }
    json_map(w);
    json_add_int(w, "pods", p->capacity);
    json_key(w, "limitedBy");
    json_seq(w);
    for (size_t i = 0; i < p->shortage_count; i++) {
        json_map(w);
        json_add_str(w, "reason", p->shortages[i].reason);
        json_add_int(w, "nodes", p->shortages[i].nodes);
        json_map_end(w);
    }
    json_seq_end(w);
    json_map_end(w);
}

static void add_item(const struct place_results *r, struct json_writer *w,
                     const struct placement *p)
{
    const struct verdict *v = &p->verdict;
    const struct object *o = &schedule_pod(r->schedule, p->pod)->o;
    json_map(w);
    json_add_str(w, "namespace", o->ns);
    json_add_str(w, "name", o->name);
    json_add_int(w, "priority", schedule_pod_priority(r->schedule, p->pod));
    json_add_bool(w, "schedulingGated", p->gated);
    json_add_str(w, "nominatedNode",
                 p->nominated_node == NO_NODE ? STR_NONE
                                              : node_name(r, (uint32_t)p->nominated_node));
    json_key(w, "notJudged");
    json_seq(w);
    if (p->claims_devices)
        json_str(w, STR("resourceClaims"));
    json_seq_end(w);
    json_add_str(w, "boundTo", p->was_bound ? node_name(r, (uint32_t)p->bound_node) : STR_NONE);
    json_key(w, "best");
    json_seq(w);
    for (uint32_t i = 0; i < v->best_count; i++)
        json_str(w, node_name(r, v->best[i]));
    json_seq_end(w);
    json_add_str(w, "message", v->message.n ? v->message : STR_NONE);
    json_key(w, "prefilter");
    if (v->prefilter.reason.n) {
        json_map(w);
        json_add_cstr(w, "plugin", plugin_name(v->prefilter.plugin));
        json_add_cstr(w, "code", code_name(v->prefilter.code));
        json_add_str(w, "reason", v->prefilter.reason);
        json_map_end(w);
    } else {
        json_null(w);
    }
    add_feasible(r, w, v);
    add_refused(r, w, v);
    add_preemption(r, w, p);
    add_capacity(w, p);
    json_map_end(w);
}

void place_render_json(const struct place_results *r, enum json_style style, struct buf *b)
{
    struct json_writer w;
    size_t fit = 0;
    for (size_t i = 0; i < r->count; i++)
        fit += r->items[i].verdict.feasible_count > 0;
    json_writer_init(&w, b, style);
    json_map(&w);
    json_add_cstr(&w, "apiVersion", "plimsoll.dev/v1");
    json_add_cstr(&w, "kind", "PlacementReport");
    json_key(&w, "summary");
    json_map(&w);
    json_add_int(&w, "nodes", schedule_node_count(r->schedule));
    json_add_int(&w, "pods", (int64_t)r->count);
    json_add_int(&w, "schedulable", (int64_t)fit);
    json_map_end(&w);
    json_key(&w, "items");
    json_seq(&w);
    for (size_t i = 0; i < r->count; i++)
        add_item(r, &w, &r->items[i]);
    json_seq_end(&w);
    json_map_end(&w);
    json_writer_end(&w);
}
