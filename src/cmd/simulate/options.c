/* SPDX-License-Identifier: Apache-2.0
 *
 * The options of simulate. What belongs together is a table; a part with options of its own (as the
 * world that every verb reads) is a file of its own whose specs and their count are named in
 * simulate_tables.
 */
#include "cmd/simulate/simulate.h"
#include "output/simulate.h"

static const char *const formats[] = {
    [SIMULATE_TEXT] = "text", [SIMULATE_JSON] = "json",   [SIMULATE_YAML] = "yaml",
    [SIMULATE_HTML] = "html", [SIMULATE_JUNIT] = "junit", NULL};
static const char *const group_words[] = {
    [GROUPS_AUTO] = "auto", [GROUPS_YES] = "yes", [GROUPS_NO] = "no", NULL};
static const char *const assumptions[] = {
    [SIM_MEASURED] = "samples", [SIM_REQUESTS] = "requests", [SIM_LIMITS] = "limits", NULL};
const char *const simulate_oom_words[] = {[NODE_OOM_KILL] = "kill", [NODE_OOM_LOST] = "lost", NULL};
const char *const simulate_pressure_words[] = {
    [NODE_PRESSURE_EVICT] = "evict", [NODE_PRESSURE_THRASH] = "thrash", NULL};

const char *const simulate_hpa_words[] = {[HPA_REACT] = "react", [HPA_OFF] = "off", NULL};
const char *const simulate_hpa_cpu_words[] = {
    [HPA_CPU_UNKNOWN] = "unknown", [HPA_CPU_LOAD] = "load", NULL};

static const struct option_spec set_specs[] = {
    {.name = "n-1",
     .type = OPTION_FLAG,
     .help = "Each node of the cluster is lost, one at a time. The default.",
     .offset = offsetof(struct simulate_options, n1)},
    {.name = "n-2",
     .type = OPTION_FLAG,
     .help = "Each pair of nodes is lost. Of more than 5000 pairs those are not simulated whose "
             "outcome follows from the two nodes, but for one in a hundred as a check.",
     .offset = offsetof(struct simulate_options, n2)},
    {.name = "exhaustive",
     .type = OPTION_FLAG,
     .help = "With --n-2: simulate every pair, and search all of them for the load line.",
     .offset = offsetof(struct simulate_options, exhaustive)},
    {.name = "zones",
     .type = OPTION_FLAG,
     .help = "Each zone is lost (label topology.kubernetes.io/zone).",
     .offset = offsetof(struct simulate_options, zones)},
    {.name = "lose",
     .type = OPTION_TEXTS,
     .arg = "node/NAME",
     .help = "This node is lost; given several times, all of them at once. Prints the timeline.",
     .offset = offsetof(struct simulate_options, lose)},
    {.name = "zone",
     .type = OPTION_TEXTS,
     .arg = "ZONE",
     .help = "All nodes of this zone are lost. Prints the timeline.",
     .offset = offsetof(struct simulate_options, zone)},
    {.name = "drain",
     .type = OPTION_TEXTS,
     .arg = "node/NAME",
     .help = "Can this node be drained now? Exit code 1 when a PodDisruptionBudget says no, or "
             "when something fails for want of memory afterwards.",
     .offset = offsetof(struct simulate_options, drain)},
    {.name = "leak",
     .type = OPTION_TEXTS,
     .arg = "WORKLOAD=AMOUNT/min",
     .help = "Every pod of a workload grows, such as deploy/checkout=20Mi/min. Alone it is the "
             "contingency itself; with another set it is in force in each.",
     .offset = offsetof(struct simulate_options, leak)},
    {.name = "leaks",
     .type = OPTION_PARSED,
     .arg = "AMOUNT/min",
     .absent = "not looked at",
     .parse = simulate_parse_rate,
     .help =
         "Each workload leaks, one at a time: the largest container of each of its pods grows so "
         "fast, such as 20Mi/min, until it is killed or --until.",
     .offset = offsetof(struct simulate_options, leaks)},
    {.name = "surges",
     .type = OPTION_PARSED,
     .arg = "FACTOR",
     .absent = "not looked at",
     .parse = simulate_parse_factor,
     .help = "The load of each workload, one at a time, becomes this many times what it is. Its "
             "memory follows by the share that --elastic says, which must be given.",
     .offset = offsetof(struct simulate_options, surges)},
    {.name = "scenario",
     .type = OPTION_TEXT,
     .arg = "NAME",
     .help =
         "The Scenario of this name in the input: its usage, assumptions and events. Prints the "
         "timeline.",
     .offset = offsetof(struct simulate_options, scenario)},
    {.name = "explain",
     .type = OPTION_TEXT,
     .arg = "CONTINGENCY",
     .help = "The timeline of one contingency of the set, by its name in the list "
             "(node/ip-10-0-1-45): each event with the rule of Kubernetes or the kernel behind "
             "it.",
     .offset = offsetof(struct simulate_options, explain)},
};

static const struct option_spec assumption_specs[] = {
    {.name = "assume",
     .type = OPTION_WORD,
     .words = assumptions,
     .preset = "samples",
     .help = "How much memory each container uses: what PodMetrics say, what it requests, or its "
             "limit.",
     .offset = offsetof(struct simulate_options, assume)},
    {.name = "node-oom",
     .type = OPTION_WORD,
     .words = simulate_oom_words,
     .preset = "kill",
     .help = "What a node does that has no memory left: the kernel kills by badness and the "
             "kubelet lives on, or the kubelet dies with it and the node is lost.",
     .offset = offsetof(struct simulate_options, node_oom)},
    {.name = "node-pressure",
     .type = OPTION_WORD,
     .words = simulate_pressure_words,
     .preset = "evict",
     .help = "What a node does below its hard eviction threshold: evict, or thrash until it "
             "misses its lease and is lost.",
     .offset = offsetof(struct simulate_options, node_pressure)},
    {.name = "unaccounted",
     .type = OPTION_PARSED,
     .arg = "SHARE",
     .preset = "3%",
     .parse = simulate_parse_share,
     .help = "Memory of a node that is in use and that the kubelet does not see: kernel, slab, "
             "sockets.",
     .offset = offsetof(struct simulate_options, unaccounted)},
    {.name = "elastic",
     .type = OPTION_PARSED,
     .arg = "SHARE",
     .preset = "0",
     .parse = simulate_parse_share,
     .help = "How much of usage follows load: survivors take over the traffic of pods that are "
             "gone.",
     .offset = offsetof(struct simulate_options, elastic)},
    {.name = "surge",
     .type = OPTION_PARSED,
     .arg = "FACTOR",
     .preset = "1",
     .parse = simulate_parse_factor,
     .help = "Load is this many times that of the sample. Counts for the elastic share.",
     .offset = offsetof(struct simulate_options, surge)},
    {.name = "hpa",
     .type = OPTION_WORD,
     .words = simulate_hpa_words,
     .preset = "react",
     .help =
         "Whether HorizontalPodAutoscalers react to memory use. None takes a workload below the "
         "replicas that it has in the input.",
     .offset = offsetof(struct simulate_options, hpa)},
    {.name = "hpa-cpu",
     .type = OPTION_WORD,
     .words = simulate_hpa_cpu_words,
     .preset = "unknown",
     .help = "What an HPA sees of CPU: nothing, or the use of the sample (without one its target) "
             "times the load on each pod.",
     .offset = offsetof(struct simulate_options, hpa_cpu)},
    {.name = "node-group",
     .type = OPTION_TEXTS,
     .arg = "node/NAME=MAX",
     .help = "A cluster autoscaler adds up to MAX nodes like this one for pods that fit nowhere. "
             "Without it none does.",
     .offset = offsetof(struct simulate_options, node_groups)},
    {.name = "node-ready-after",
     .type = OPTION_PARSED,
     .arg = "TIME",
     .preset = "3m",
     .parse = simulate_parse_time,
     .help = "From the cluster autoscaler's decision to a node that is Ready.",
     .offset = offsetof(struct simulate_options, node_ready_ms)},
    {.name = "start-up",
     .type = OPTION_PARSED,
     .arg = "TIME",
     .preset = "10s",
     .parse = simulate_parse_time,
     .help = "From scheduled to running.",
     .offset = offsetof(struct simulate_options, start_ms)},
    {.name = "warm-up",
     .type = OPTION_PARSED,
     .arg = "TIME",
     .preset = "60s",
     .parse = simulate_parse_time,
     .help = "From running to full memory use, in a straight line.",
     .offset = offsetof(struct simulate_options, warm_ms)},
    {.name = "until",
     .type = OPTION_PARSED,
     .arg = "TIME",
     .preset = "1h",
     .parse = simulate_parse_time,
     .help = "A run ends here at the latest.",
     .offset = offsetof(struct simulate_options, until_ms)},
};

static const struct option_spec report_specs[] = {
    {.name = "min-load-line",
     .type = OPTION_PARSED,
     .arg = "FACTOR",
     .absent = "no gate",
     .parse = simulate_parse_factor,
     .help = "A gate: exit code 1 when the load line is below this.",
     .offset = offsetof(struct simulate_options, min_line)},
    {.name = "groups",
     .type = OPTION_WORD,
     .words = group_words,
     .preset = "auto",
     .help =
         "Search for the load line of each zone and node pool as well. auto: up to 1,000 nodes.",
     .offset = offsetof(struct simulate_options, groups)},
    {.name = "remedies",
     .type = OPTION_PARSED,
     .arg = "N",
     .absent = "3; 0 above 1,000 nodes or 2,000 contingencies",
     .parse = simulate_parse_remedies,
     .help = "How many changes to look for that raise the line, each simulated on top of those "
             "before it. Nothing is changed anywhere. 0 = none.",
     .offset = offsetof(struct simulate_options, remedies)},
    {.name = "headroom",
     .type = OPTION_PARSED,
     .arg = "SHARE",
     .preset = "50%",
     .parse = simulate_parse_share,
     .help = "How far a memory limit that a remedy proposes lies above the highest use of any of "
             "the workload's pods.",
     .offset = offsetof(struct simulate_options, headroom)},
    {.name = "top",
     .type = OPTION_INT,
     .arg = "N",
     .preset = "10",
     .min = 1,
     .max = 1000000,
     .help = "How many rows each list of the text has.",
     .offset = offsetof(struct simulate_options, top)},
    {.name = "digest",
     .type = OPTION_FLAG,
     .help = "End the text with the SHA-256 of the report: the same for the same world and options "
             "with any number of threads.",
     .offset = offsetof(struct simulate_options, digest)},
    OUTPUT_OPTION(struct simulate_options, outputs, formats, "text",
                  "How to print it; several at once when all but one go to a file."),
};

const struct option_table simulate_tables[] = {
    {.heading = "What happens", .specs = set_specs, .count = ARRAY_LEN(set_specs)},
    {.heading = "Assumptions", .specs = assumption_specs, .count = ARRAY_LEN(assumption_specs)},
    {.heading = "Runs at random (Monte Carlo)",
     .specs = simulate_runs_specs,
     .count = SIMULATE_RUNS_SPEC_COUNT,
     .offset = offsetof(struct simulate_options, many)},
    {.heading = "Report", .specs = report_specs, .count = ARRAY_LEN(report_specs)},
    WORLD_OPTIONS(struct simulate_options, world),
    WHOLE_OPTIONS(struct simulate_options, world),
};
_Static_assert(ARRAY_LEN(simulate_tables) == SIMULATE_TABLE_COUNT, "as many as the header says");
