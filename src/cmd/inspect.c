/* SPDX-License-Identifier: Apache-2.0
 *
 * plimsoll inspect: what Kubernetes and the kernel will make of each pod.
 */
#include "output/inspect.h"
#include "analysis/pod_facts.h"
#include "cmd/verb.h"

struct options {
    struct world_options world;
    int64_t node_memory_bytes;
    struct option_outputs outputs;
};

static const char *const formats[] = {
    [INSPECT_TEXT] = "text",
    [INSPECT_WIDE] = "wide",
    [INSPECT_JSON] = "json",
    [INSPECT_YAML] = "yaml",
    NULL,
};

static const struct option_spec specs[] = {
    {
        .name = "node-memory",
        .type = OPTION_PARSED,
        .arg = "QUANTITY",
        .parse = option_parse_bytes,
        .help = "The memory of the node, such as 64Gi: oom_score_adj of Burstable pods depends on "
                "it.",
        .absent = "that of the pod's node, else the range over the nodes that were read, else the "
                  "whole range 3..999",
        .offset = offsetof(struct options, node_memory_bytes),
    },
    {
        .name = "output",
        .letter = 'o',
        .type = OPTION_OUTPUTS,
        .arg = "FORMAT[=FILE]",
        .words = formats,
        .preset = "text",
        .help = "How to print it; several at once when all but one go to a file. wide adds the "
                "containers.",
        .offset = offsetof(struct options, outputs),
    },
};

static const struct option_table tables[] = {
    {.specs = specs, .count = ARRAY_LEN(specs)},
    WORLD_OPTIONS(struct options, world),
};

static int run(const struct verb_call *c, struct err *e)
{
    const struct options *o = c->options;
    struct cluster *cluster = arena_new(c->arena, struct cluster);
    struct pod_facts_options how = {.node_memory_bytes = o->node_memory_bytes};
    struct pod_facts_list facts;
    int code;
    int r = world_read(&o->world, c->arena, cluster, &code, e);
    if (r < 0)
        return r;
    pod_facts_all(c->arena, cluster, &how, &facts);
    if (facts.count == 0)
        return world_empty(cluster, code, "a pod or a workload", e);
    struct inspect_results results = {c->arena, cluster, &facts};
    r = out_write_all(&o->outputs, inspect_render, &results, e);
    return r < 0 ? r : code;
}

static const struct verb_example examples[] = {
    {"What a folder of manifests will get, on nodes of 64 GiB:",
     "plimsoll inspect -f examples/black-friday --node-memory 64Gi", EXIT_CLEAN},
    {"Every container, with the values of its cgroup:",
     "plimsoll inspect -f examples/black-friday -o wide", EXIT_CLEAN},
    {"For a script:", "plimsoll inspect -o json < examples/black-friday/checkout.yaml", EXIT_CLEAN},
};

const struct verb verb_inspect = {
    .name = "inspect",
    .summary = "what Kubernetes and the kernel will make of each pod",
    .description =
        "Prints for each pod (or the pod that a workload makes): the requests and limits that "
        "count, the QoS class and which container decides it, and the oom_score_adj that the "
        "kubelet gives; with -o wide and -o json also memory.max, memory.high and "
        "memory.oom.group of each container.\n\n"
        "What the API server fills in (requests from limits, the namespace's LimitRange) is "
        "applied and marked. Of a workload with live pods these are judged, not its template: "
        "containers that were injected and resized pods are seen. LIMIT says \"1 of 2\" when only "
        "one of two containers has a memory limit; the pod as a whole has none then.",
    .options = {tables, ARRAY_LEN(tables)},
    .options_size = sizeof(struct options),
    .examples = examples,
    .example_count = ARRAY_LEN(examples),
    .run = run,
};
