/* SPDX-License-Identifier: Apache-2.0
 *
 * Renders what simulate found (analysis/simulate/simulate.h): text, JSON and YAML.
 */
#ifndef OUTPUT_SIMULATE_H
#define OUTPUT_SIMULATE_H

#include "analysis/remedy/remedy.h"
#include "analysis/simulate/simulate.h"
#include "base/json_write.h"
#include "output/out.h"

enum simulate_format {
    SIMULATE_TEXT,
    SIMULATE_JSON,
    SIMULATE_YAML,
    SIMULATE_HTML,
    SIMULATE_JUNIT,
};

/* One run, event by event. */
struct simulate_story {
    const struct contingency *contingency;
    int64_t factor; /* on usage */
    struct sim_outcome outcome;
    struct sim_events events;
};

struct simulate_results {
    struct arena *arena; /* scratch of the renderer */
    const struct sim_report *report;
    const char *question;                   /* "losing any one node" */
    int64_t top;                            /* rows of each list */
    const struct simulate_story *explained; /* NULL = none was asked for */
    const struct remedies *remedies;        /* NULL = none were sought */
    const struct simulate_story *worst;     /* HTML: the worst cascade; NULL = not looked at */
    bool want_line, digest;
    int64_t min_line; /* the gate; 0 = none */
};
/* An out_render_fn: results is a struct simulate_results, f->word an enum simulate_format. */
void simulate_render(const void *results, const struct out_format *f, struct buf *b);
/* kind SimulationReport (docs/schema/SimulationReport.json). */
void simulate_render_json(const struct simulate_results *r, enum json_style style, struct buf *b);
/* One page that needs nothing else: no script, no network. */
void simulate_render_html(const struct simulate_results *r, struct buf *b);
/* A test case for each contingency, and one for the gate. */
void simulate_render_junit(const struct simulate_results *r, struct buf *b);
/* "Yes: node/a drains at once.", "No: ..." where a budget refuses or what follows fails; the explained
 * contingency is a drain. */
struct str simulate_drain_text(const struct simulate_results *r);
/* Why the Eviction API refuses a pod of the drain that is blocked. */
struct str simulate_refusal_text(const struct simulate_results *r, const struct sim_outcome *o);
/* The timeline of the explained contingency, one event or group of events a line. */
void simulate_add_timeline(const struct simulate_results *r, const struct out_format *f,
                           struct buf *b);

/* Someone who fails at any use of memory. */
struct simulate_structural {
    struct sim_failure failure;         /* the worst of them */
    size_t order, contingencies, worst; /* worst: index in items */
};
/* By how many contingencies they fail in. */
size_t simulate_structurals(const struct simulate_results *r, struct simulate_structural **ret);

/* How near a node is to its bounds now. */
struct simulate_node_use {
    uint32_t node;
    int64_t used_bytes;
    int64_t bound_bytes; /* above it the node evicts or kills */
    int64_t spare_bytes; /* negative: it is over */
};
/* All usable nodes, the nearest first. */
size_t simulate_node_uses(const struct simulate_results *r, struct simulate_node_use **ret);
/* A chart of them; the two figures by zone and pool. */
void simulate_add_nodes(const struct simulate_results *r, const struct out_format *f,
                        struct buf *b);
void simulate_add_groups(const struct simulate_results *r, const struct out_format *f,
                         struct buf *b);
/* Zones and pools of which the set takes nodes, the neediest first. */
size_t simulate_groups(const struct simulate_results *r, const struct sim_group ***ret);
/* "zone/eu-1a", "karpenter.sh/nodepool=general" */
struct str simulate_group_text(struct arena *a, const struct sim_group *g);
/* What would raise the line, best first: text, and the value of JSON's key "remedies". */
void simulate_add_remedies(const struct simulate_results *r, const struct out_format *f,
                           struct buf *b);
void simulate_json_remedies(const struct simulate_results *r, struct json_writer *w);
/* "load line 0.82 -> 0.97", "nodes lost 120 -> 0": what changed most. */
struct str remedy_gain_text(struct arena *a, const struct remedy_figures *before,
                            const struct remedy_figures *after);

/* Webhooks, CoreDNS and Prometheus without a ready pod, and pods made at once; nothing when there is
 * nothing to say. */
void simulate_add_services(const struct simulate_results *r, const struct out_format *f,
                           struct buf *b);
/* Keys of an outcome's map. */
void simulate_add_services_json(const struct simulate_results *r, struct json_writer *w,
                                const struct sim_outcome *o);

/* One assumption in force: what, its value, the option that changes it. */
struct simulate_assumption {
    const char *name; /* camelCase */
    struct str text;
    const char *option; /* "--node-oom=kill|lost" */
};
enum { ASSUMPTIONS_MAX = 20 };
size_t simulate_assumptions(const struct simulate_results *r,
                            struct simulate_assumption ret[ASSUMPTIONS_MAX]);
/* "checkout-7d9f-x2 on ip-10-0-1-45 is killed ..." without a time. */
struct str simulate_event_text(const struct simulate_results *r, const struct sim_event *e);
/* "ip-10-0-1-45 out of memory, kills shop/cart-2": what gave way first, for a column. */
struct str simulate_first_text(const struct simulate_results *r, const struct sim_outcome *o);
/* "1.58Gi" */
const char *simulate_amount(struct arena *a, int64_t bytes);
/* "webhook policy.example.com (Service policy/policy)", "CoreDNS, Deployment kube-system/coredns" */
struct str simulate_service_text(const struct simulate_results *r, uint32_t service);
/* Where the events of one kind and moment that begin at i end. */
size_t simulate_group_end(const struct sim_events *e, size_t i);
/* The first sentence of the report: "Load line 1.12: memory use may grow 12 % ..." */
struct str simulate_line_text(const struct simulate_results *r);
/* What a report that was stopped early lacks; "" for a complete one. */
struct str simulate_stopped_text(const struct simulate_results *r);
/* Whether that is good news. */
bool simulate_is_good(const struct simulate_results *r);
/* The booking margin in a sentence; "" when there is nothing to say. */
struct str simulate_margin_text(const struct simulate_results *r);
/* A load line as it is shown: in hundredths, rounded down. Nobody is to load deeper than was tried. */
double simulate_shown_line(int64_t factor);
/* And a use at which something fails: rounded up. */
double simulate_shown_failing(int64_t factor);
/* Whether the load line passes a gate; one that cannot be told does not. */
bool simulate_passes(const struct sim_report *r, int64_t min_line);
/* When the run settled: "6m", ">1h" when it was cut off, "never". */
struct str simulate_settled_text(const struct simulate_results *r, const struct sim_outcome *o);
/* "5m50s" */
struct str duration_text(struct arena *a, int64_t ms);
/* "Deployment production/checkout: 12 of 15 healthy" */
struct str simulate_failure_text(const struct simulate_results *r, const struct sim_failure *f);

#endif
