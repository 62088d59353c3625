/* SPDX-License-Identifier: Apache-2.0
 *
 * A simulation as JSON or YAML: kind SimulationReport (docs/schema/SimulationReport.json).
 */
#include "output/inspect_json.h"
#include "output/simulate.h"

static void add_factor(struct json_writer *w, const char *key, bool known, int64_t factor)
{
    if (known)
        json_add_double(w, key, (double)factor / FACTOR_ONE);
    else
        json_add_null(w, key);
}

static void add_cycle(const struct simulate_results *r, struct json_writer *w,
                      const struct sim_cycle *c)
{
    json_key(w, "cycle");
    if (!c) {
        json_null(w);
        return;
    }
    json_map(w);
    json_add_bool(w, "repeats", c->repeats);
    json_add_opt_int(w, "periodMs", c->repeats, c->period_ms);
    json_add_int(w, "failures", c->failures);
    json_add_int(w, "pods", c->pods);
    json_key(w, "steps");
    json_seq(w);
    for (size_t i = 0; i < c->step_count; i++) {
        json_map(w);
        json_add_cstr(w, "event", sim_event_name(c->steps[i].type));
        json_add_str(w, "node", r->report->world->nodes[c->steps[i].node].node->o.name);
        json_add_str(w, "container",
                     c->steps[i].container == NO_INDEX32
                         ? STR_NONE
                         : r->report->world->containers[c->steps[i].container].container->name);
        json_add_int(w, "afterMs", c->steps[i].after_ms);
        json_map_end(w);
    }
    json_seq_end(w);
    json_map_end(w);
}

static void add_failures(const struct simulate_results *r, struct json_writer *w, const char *key,
                         const struct sim_failure *list, size_t count)
{
    const struct sim_world *world = r->report->world;
    json_key(w, key);
    json_seq(w);
    for (size_t i = 0; i < count; i++) {
        bool node = list[i].way == WAY_NODE_LOST;
        json_map(w);
        json_add_cstr(w, "way", sim_way_name(list[i].way));
        json_add_str(w, "subject",
                     node ? world->nodes[list[i].subject].node->o.name
                          : world->workloads[list[i].subject].name);
        json_add_opt_int(w, "healthy", list[i].way == WAY_SHORT || list[i].way == WAY_ZERO,
                         list[i].have);
        json_add_opt_int(w, "needed", list[i].way == WAY_SHORT || list[i].way == WAY_ZERO,
                         list[i].need);
        add_cycle(r, w, list[i].cycle);
        json_map_end(w);
    }
    json_seq_end(w);
}

static void add_event(const struct simulate_results *r, struct json_writer *w,
                      const struct sim_event *e)
{
    const struct sim_world *world = r->report->world;
    bool bytes = e->bytes || e->of_bytes;
    json_map(w);
    json_add_int(w, "atMs", e->at_ms);
    json_add_cstr(w, "event", sim_event_name(e->type));
    json_add_str(w, "node", e->node == NO_INDEX32 ? STR_NONE : world->nodes[e->node].node->o.name);
    json_add_str(w, "namespace", e->pod == NO_INDEX32 ? STR_NONE : world->pods[e->pod].pod->o.ns);
    json_add_str(w, "pod",
                 e->pod == NO_INDEX32 || e->generation ? STR_NONE
                                                       : world->pods[e->pod].pod->o.name);
    json_add_str(w, "workload",
                 e->pod == NO_INDEX32 ? STR_NONE
                                      : world->workloads[world->pods[e->pod].workload].name);
    json_add_opt_int(w, "generation", e->pod != NO_INDEX32, e->generation);
    json_add_str(w, "container",
                 e->container == NO_INDEX32 ? STR_NONE
                                            : world->containers[e->container].container->name);
    json_add_opt_int(w, "bytes", bytes, e->bytes);
    json_add_opt_int(w, "ofBytes", bytes, e->of_bytes);
    json_add_cstr(w, "source", sim_event_source(e->type));
    json_add_cstr(w, "rule", sim_event_rule(e->type));
    json_add_str(w, "message", simulate_event_text(r, e));
    json_map_end(w);
}

static void add_outcome(const struct simulate_results *r, struct json_writer *w,
                        const struct sim_outcome *o)
{
    json_add_int(w, "nodesLost", o->nodes_lost);
    json_add_int(w, "displaced", o->displaced);
    json_add_int(w, "killed", o->killed);
    json_add_int(w, "evicted", o->evicted);
    json_add_int(w, "preempted", o->preempted);
    json_add_int(w, "pending", o->pending);
    json_add_int(w, "workloadsBelow", o->below);
    json_add_int(w, "workloadsAtZero", o->zero);
    json_add_int(w, "dips", o->dips);
    json_add_int(w, "depth", o->depth);
    json_add_int(w, "peakPodsPerSecond", o->peak_creations);
    json_add_int(w, "settledMs", o->settled_ms);
    json_add_bool(w, "storm", o->storm);
    json_add_bool(w, "cutOff", o->timed_out);
    json_add_bool(w, "drainBlocked", o->blocked);
    simulate_add_services_json(r, w, o);
}

static void add_item(const struct simulate_results *r, struct json_writer *w,
                     const struct sim_item *x)
{
    json_map(w);
    json_add_str(w, "name", x->contingency->name);
    json_add_bool(w, "survived", x->survives);
    add_outcome(r, w, &x->now);
    json_add_str(w, "drainRefusal", x->now.blocked ? simulate_refusal_text(r, &x->now) : STR_NONE);
    json_key(w, "firstToGiveWay");
    if (x->now.first.type == SIM_EVENT_TYPES)
        json_null(w);
    else
        add_event(r, w, &x->now.first);
    add_failures(r, w, "failures", x->fails, x->fail_count);
    add_failures(r, w, "structuralFailures", x->structural.failures, x->structural.failure_count);
    json_add_opt_int(w, "bookingMarginBytes", x->spare_known, x->spare_bytes);
    json_add_opt_int(w, "bookingMarginPods", x->spare_known, x->spare_pods);
    json_add_str(w, "bookingMarginWorkload",
                 x->spare_known ? r->report->world->workloads[x->spare_workload].name : STR_NONE);
    json_map_end(w);
}

static void add_pairs(const struct sim_report *r, struct json_writer *w)
{
    json_key(w, "pairs");
    if (!r->pairs.count) {
        json_null(w);
        return;
    }
    json_map(w);
    json_add_int(w, "count", (int64_t)r->pairs.count);
    json_add_int(w, "proved", (int64_t)r->pairs.proved);
    json_add_int(w, "simulated", (int64_t)r->pairs.run);
    json_add_int(w, "checked", (int64_t)r->pairs.checked);
    json_map_end(w);
}

static void add_summary(const struct simulate_results *r, struct json_writer *w)
{
    const struct sim_report *p = r->report;
    const struct sim_line *l = &p->line;
    bool line = l->known && l->fails_at != NO_FACTOR;
    size_t survived = 0, structural = 0;
    for (size_t i = 0; i < p->count; i++) {
        survived += p->items[i].survives;
        structural += p->items[i].structural.failure_count > 0;
    }
    json_key(w, "summary");
    json_map(w);
    add_factor(w, "loadLine", l->known, l->factor);
    json_add_bool(w, "loadLineIsLowerBound", l->known && (l->above || l->stopped));
    json_add_bool(w, "loadLineIsUpperBound", l->known && l->at_most);
    add_factor(w, "failsAt", line, l->fails_at);
    json_add_bool(w, "notMonotone", l->not_monotone);
    json_add_opt_int(w, "bookingMarginBytes", p->margin.known, p->margin.bytes);
    json_add_opt_int(w, "bookingMarginPods", p->margin.known, p->margin.pods);
    json_add_str(w, "bookingMarginWorkload",
                 p->margin.known ? p->world->workloads[p->margin.workload].name : STR_NONE);
    json_add_str(w, "bookingMarginContingency",
                 p->margin.known ? p->items[p->margin.item].contingency->name : STR_NONE);
    json_add_str(w, "weakest", line ? p->items[l->weakest].contingency->name : STR_NONE);
    json_key(w, "firstToGiveWay");
    if (line && l->outcome.first.type != SIM_EVENT_TYPES)
        add_event(r, w, &l->outcome.first);
    else
        json_null(w);
    add_failures(r, w, "failures", l->fails, l->fail_count);
    json_add_bool(w, "partial", p->stopped);
    json_add_int(w, "contingenciesAsked", (int64_t)p->asked);
    json_add_int(w, "contingencies", (int64_t)p->count);
    json_add_bool(w, "usageLookedAt", p->by_usage);
    json_add_int(w, "survived", (int64_t)survived);
    json_add_int(w, "withStructuralFailures", (int64_t)structural);
    add_pairs(p, w);
    json_add_int(w, "nodes", sim_nodes_now(p->world));
    json_add_int(w, "pods", sim_pods_now(p->world));
    json_add_int(w, "pendingBefore", p->world->pending);
    json_add_str(w, "digest", p->stopped ? STR_NONE : str_of(p->digest));
    json_map_end(w);
}

static void add_groups(const struct simulate_results *r, struct json_writer *w)
{
    const struct sim_report *p = r->report;
    json_key(w, "groups");
    json_seq(w);
    for (size_t i = 0; i < p->group_count; i++) {
        const struct sim_group *g = &p->groups[i];
        json_map(w);
        json_add_cstr(w, "type", g->type == SIM_GROUP_ZONE ? "zone" : "pool");
        json_add_cstr(w, "label", g->label);
        json_add_str(w, "name", g->name);
        json_add_int(w, "nodes", g->nodes);
        json_add_int(w, "contingencies", (int64_t)g->contingencies);
        json_add_int(w, "survived", (int64_t)g->survived);
        add_factor(w, "loadLine", g->factor != NO_FACTOR, g->factor);
        json_add_bool(w, "loadLineIsLowerBound", g->above);
        json_add_str(w, "weakest",
                     g->weakest == SIZE_MAX ? STR_NONE : p->items[g->weakest].contingency->name);
        json_add_opt_int(w, "bookingMarginBytes", g->margin.known, g->margin.bytes);
        json_add_opt_int(w, "bookingMarginPods", g->margin.known, g->margin.pods);
        json_add_str(w, "bookingMarginWorkload",
                     g->margin.known ? p->world->workloads[g->margin.workload].name : STR_NONE);
        json_map_end(w);
    }
    json_seq_end(w);
}

static void add_nodes(const struct simulate_results *r, struct json_writer *w)
{
    const struct sim_world *world = r->report->world;
    struct simulate_node_use *list;
    size_t n = simulate_node_uses(r, &list);
    json_key(w, "nodes");
    json_seq(w);
    for (size_t i = 0; i < n; i++) {
        const struct sim_node *node = &world->nodes[list[i].node];
        json_map(w);
        json_add_str(w, "name", node->node->o.name);
        json_add_str(w, "zone", node->zone ? world->zones[node->zone] : STR_NONE);
        json_add_int(w, "usedBytes", list[i].used_bytes);
        json_add_int(w, "boundBytes", list[i].bound_bytes);
        json_add_int(w, "spareBytes", list[i].spare_bytes);
        json_map_end(w);
    }
    json_seq_end(w);
}

static void add_assumptions(const struct simulate_results *r, struct json_writer *w)
{
    struct simulate_assumption list[ASSUMPTIONS_MAX];
    size_t n = simulate_assumptions(r, list);
    json_key(w, "assumptions");
    json_seq(w);
    for (size_t i = 0; i < n; i++) {
        json_map(w);
        json_add_cstr(w, "name", list[i].name);
        json_add_str(w, "text", list[i].text);
        json_add_cstr(w, "option", list[i].option);
        json_map_end(w);
    }
    json_seq_end(w);
}

void simulate_render_json(const struct simulate_results *r, enum json_style style, struct buf *b)
{
    const struct sim_report *p = r->report;
    struct json_writer w;
    json_writer_init(&w, b, style);
    json_map(&w);
    json_add_cstr(&w, "apiVersion", "plimsoll.dev/v1");
    json_add_cstr(&w, "kind", "SimulationReport");
    add_summary(r, &w);
    add_assumptions(r, &w);
    json_key(&w, "clipped");
    json_seq(&w);
    for (size_t i = 0; i < p->clipped_count; i++) {
        json_map(&w);
        json_add_str(&w, "workload", p->world->workloads[p->clipped[i].workload].name);
        json_add_int(&w, "containers", p->clipped[i].count);
        json_map_end(&w);
    }
    json_seq_end(&w);
    add_groups(r, &w);
    add_nodes(r, &w);
    json_key(&w, "remedies");
    simulate_json_remedies(r, &w);
    json_key(&w, "items");
    json_seq(&w);
    for (size_t i = 0; i < p->count; i++)
        add_item(r, &w, &p->items[p->ranked[i]]);
    json_seq_end(&w);
    json_key(&w, "timeline");
    if (r->explained) {
        json_seq(&w);
        for (size_t i = 0; i < r->explained->events.count; i++)
            add_event(r, &w, &r->explained->events.items[i]);
        json_seq_end(&w);
    } else {
        json_null(&w);
    }
    json_map_end(&w);
    json_writer_end(&w);
}
