/* SPDX-License-Identifier: Apache-2.0
 *
 * Monte Carlo runs as JSON or YAML: kind SimulationRunsReport, and kind SimulationRunsShard, which
 * has the sums alone and is what analysis/simulate/runs_read.c reads.
 */
#include "output/inspect_json.h"
#include "output/simulate_runs.h"

static void add_probability(struct json_writer *w, const char *key, int64_t hits, int64_t count)
{
    struct interval i = wilson_interval((uint64_t)hits, (uint64_t)count);
    json_key(w, key);
    if (count == 0) {
        json_null(w);
        return;
    }
    json_map(w);
    json_add_double(w, "estimate", (double)hits / (double)count);
    json_add_double(w, "low95", i.low);
    json_add_double(w, "high95", i.high);
    json_map_end(w);
}

static void add_factor(struct json_writer *w, const char *key, int64_t line)
{
    json_add_double(w, key, (double)line / FACTOR_ONE);
}

/* ---- what both kinds have ---- */

static void add_lists(const struct simulate_runs_results *r, struct json_writer *w)
{
    const struct runs_result *x = r->result;
    json_key(w, "loadLines");
    json_seq(w);
    for (size_t i = 0; i < x->bins.count; i++) {
        json_map(w);
        add_factor(w, "loadLine", x->bins.items[i].line);
        json_add_int(w, "runs", x->bins.items[i].count);
        json_map_end(w);
    }
    json_seq_end(w);
    json_key(w, "contingencies");
    json_seq(w);
    for (size_t i = 0; i < x->contingencies.count; i++) {
        const struct runs_contingency *c = &x->contingencies.items[i];
        json_map(w);
        json_add_str(w, "name", c->name);
        json_add_int(w, "drawn", c->drawn);
        json_add_int(w, "outages", c->outages);
        json_map_end(w);
    }
    json_seq_end(w);
    json_key(w, "nodes");
    json_seq(w);
    for (size_t i = 0; i < x->node_list.count; i++) {
        json_map(w);
        json_add_str(w, "name", x->node_list.items[i].name);
        json_add_int(w, "gaveWayFirst", x->node_list.items[i].first);
        json_map_end(w);
    }
    json_seq_end(w);
}

static void add_worst(const struct simulate_runs_results *r, struct json_writer *w)
{
    json_key(w, "lowest");
    json_seq(w);
    for (size_t i = 0; i < r->result->worst.count; i++) {
        const struct runs_worst *x = &r->result->worst.items[i];
        json_map(w);
        json_add_int(w, "run", x->run);
        add_factor(w, "loadLine", x->line);
        json_add_bool(w, "outage", x->outage);
        json_add_str(w, "contingency", x->contingency);
        json_add_int(w, "atMs", x->at_ms);
        json_add_str(w, "firstToGiveWay", x->first.n ? x->first : STR_NONE);
        json_map_end(w);
    }
    json_seq_end(w);
}

static void add_workloads(const struct simulate_runs_results *r, struct json_writer *w)
{
    const struct runs_result *x = r->result;
    json_key(w, "items");
    json_seq(w);
    for (size_t i = 0; i < x->workloads.count; i++) {
        const struct runs_workload *l = &x->workloads.items[i];
        json_map(w);
        json_add_str(w, "name", l->name);
        json_add_int(w, "atZero", l->zero);
        json_add_int(w, "below", l->below);
        json_add_int(w, "failingOn", l->again);
        json_add_int(w, "atAnyUse", l->structural);
        json_add_int(w, "overLimit", l->at_limit);
        if (!r->shard) {
            add_probability(w, "probabilityOfZero", l->zero, x->done);
            add_probability(w, "probabilityOfBelow", l->below, x->done);
        }
        json_map_end(w);
    }
    json_seq_end(w);
}

static void add_assumptions(const struct simulate_runs_results *r, struct json_writer *w)
{
    json_key(w, "assumptions");
    json_seq(w);
    for (size_t i = 0; i < r->result->assumptions.count; i++) {
        const struct runs_assumption *x = &r->result->assumptions.items[i];
        json_map(w);
        json_add_str(w, "name", x->name);
        json_add_str(w, "text", x->text);
        json_add_str(w, "option", x->option.n ? x->option : STR_NONE);
        json_map_end(w);
    }
    json_seq_end(w);
}

static void add_quantiles(const struct runs_result *x, struct json_writer *w)
{
    static const double shares[] = {0.01, 0.05, 0.25, 0.5, 0.75, 0.95};
    json_key(w, "loadLine");
    json_seq(w);
    for (size_t i = 0; x->done && i < ARRAY_LEN(shares); i++) {
        struct runs_quantile q = runs_quantile_of(x, shares[i]);
        json_map(w);
        json_add_double(w, "quantile", shares[i]);
        add_factor(w, "estimate", q.line);
        add_factor(w, "low95", q.low);
        add_factor(w, "high95", q.high);
        json_add_bool(w, "isLowerBound", q.line >= RUNS_LINE_MOST);
        json_map_end(w);
    }
    json_seq_end(w);
}

static void add_summary(const struct simulate_runs_results *r, struct json_writer *w)
{
    const struct runs_result *x = r->result;
    json_key(w, "summary");
    json_map(w);
    json_add_int(w, "runs", x->runs);
    json_add_int(w, "done", x->done);
    json_add_int(w, "seed", x->seed);
    if (r->shard) {
        json_add_int(w, "shard", x->shard);
        json_add_int(w, "shards", x->shards);
    }
    json_add_str(w, "question", x->question);
    json_add_int(w, "outages", x->outages);
    if (!r->shard) {
        add_probability(w, "probabilityOfOutage", x->outages, x->done);
        add_quantiles(x, w);
    }
    json_add_int(w, "runsWithNodesLost", x->nodes_lost);
    json_add_int(w, "runsWithStructuralFailures", x->structural);
    json_add_int(w, "nodes", x->nodes);
    json_add_int(w, "pods", x->pods);
    json_add_str(w, "version", x->version);
    json_add_str(w, "worldDigest", x->world_digest);
    json_add_str(w, "digest", str_of(x->digest));
    json_map_end(w);
}

void simulate_runs_render_json(const struct simulate_runs_results *r, enum json_style style,
                               struct buf *b)
{
    struct json_writer w;
    json_writer_init(&w, b, style);
    json_map(&w);
    json_add_cstr(&w, "apiVersion", "plimsoll.dev/v1");
    json_add_cstr(&w, "kind", r->shard ? "SimulationRunsShard" : "SimulationRunsReport");
    add_summary(r, &w);
    add_assumptions(r, &w);
    add_workloads(r, &w);
    add_lists(r, &w);
    add_worst(r, &w);
    json_map_end(&w);
    json_writer_end(&w);
}
