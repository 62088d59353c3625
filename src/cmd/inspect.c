/* SPDX-License-Identifier: Apache-2.0
 *
 * plimsoll inspect: what Kubernetes and the kernel will make of each pod.
 */
#include "output/inspect.h"
#include "analysis/pod_facts.h"
#include "cmd/verb.h"
#include "model/api_resource.h"

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
    OUTPUT_OPTION(struct options, outputs, formats, "text",
                  "How to print it; several at once when all but one go to a file. wide adds the "
                  "containers."),
};

static const struct option_table tables[] = {
    WORLD_OPTIONS(struct options, world),
    SCOPE_OPTIONS(struct options, world),
    {.specs = specs, .count = ARRAY_LEN(specs)},
};

/* A name that nothing has is a slip, not an empty answer. */
static int check_names(const struct verb_call *call, const struct cluster *c, struct err *e)
{
    const struct options *o = call->options;
    for (size_t i = 0; i < call->args.count; i++) {
        struct str name = call->args.items[i];
        struct option_guess g;
        bool found = false;
        option_guess_init(&g, name);
        for (size_t k = 0; k < c->workloads.count && !found; k++) {
            const struct workload *w = c->workloads.items[k];
            if (!w->judged || (o->world.ns.p && !str_eq(o->world.ns, w->o.ns)))
                continue;
            found = workload_is_named(w, name);
            option_guess_try(&g, w->o.name);
        }
        if (found)
            continue;
        if (g.best.p)
            return err_set(e, ENOENT,
                           "there is no workload or pod \"%.*s\"; did you mean \"%.*s\"?",
                           (int)MIN(name.n, 63U), name.p, (int)MIN(g.best.n, 63U), g.best.p);
        return err_set(e, ENOENT, "there is no workload or pod \"%.*s\"", (int)MIN(name.n, 63U),
                       name.p);
    }
    return 0;
}

/* Without -f a cluster would be asked for it. */
static int check_args(const struct verb_call *c, struct err *e)
{
    for (size_t i = 0; i < c->args.count; i++) {
        struct str name = c->args.items[i];
        if (str_ends(name, ".yaml") || str_ends(name, ".yml") || str_ends(name, ".json"))
            return err_set(e, EINVAL, "\"%.*s\" is not expected here; files come after -f",
                           (int)MIN(name.n, 63U), name.p);
    }
    return 0;
}

static int run(const struct verb_call *c, struct err *e)
{
    const struct options *o = c->options;
    struct cluster *cluster = arena_new(c->arena, struct cluster);
    struct pod_facts_options how = {
        .node_memory_bytes = o->node_memory_bytes,
        .ns = o->world.ns,
        .names = {c->args.items, c->args.count, c->args.cap},
    };
    struct pod_facts_list facts;
    int code = EXIT_CLEAN;
    struct world_options world = o->world;
    world.uses = USE_INSPECT;
    world.outputs = &o->outputs;
    int r = check_args(c, e);
    if (r == 0)
        r = world_read(&world, c->arena, cluster, &code, e);
    if (r == 0)
        world_warn(cluster);
    if (r == 0)
        r = check_names(c, cluster, e);
    if (r < 0)
        return r;
    pod_facts_all(c->arena, cluster, &how, &facts);
    if (facts.count == 0)
        return world_empty(
            cluster, code,
            o->world.ns.p ? "a pod or a workload of that namespace" : "a pod or a workload", e);
    struct inspect_results results = {c->arena, cluster, &facts};
    r = out_write_all(&o->outputs, inspect_render, &results, e);
    return r < 0 ? r : code;
}

static const struct verb_example examples[] = {
    {"What a folder of manifests will get, on nodes of 64 GiB:",
     "plimsoll inspect -f examples/black-friday --node-memory 64Gi", EXIT_CLEAN},
    {"Every container of one workload, with the values of its cgroup:",
     "plimsoll inspect -f examples/black-friday -o wide -n production deployment/checkout",
     EXIT_CLEAN},
    {"For a script:", "plimsoll inspect -o json < examples/black-friday/checkout.yaml", EXIT_CLEAN},
};

const struct verb verb_inspect = {
    .name = "inspect",
    .summary = "what Kubernetes and the kernel will make of each pod",
    .args = "[NAME...]",
    .description =
        "Prints for each pod (or the pod that a workload makes): the requests and limits that "
        "count, the QoS class and which container decides it, and the oom_score_adj that the "
        "kubelet gives; with -o wide and -o json also memory.max, memory.high and "
        "memory.oom.group of each container.\n\n"
        "What the API server fills in (requests from limits, the namespace's LimitRange) is "
        "applied and marked. Of a workload with live pods these are judged, not its template: "
        "containers that were injected and resized pods are seen. LIMIT says \"1 of 2\" when only "
        "one of two containers has a memory limit; the pod as a whole has none then.\n\n"
        "A NAME is that of a workload (checkout, deployment/checkout) or of a live pod; without "
        "one all are listed.",
    .options = {tables, ARRAY_LEN(tables)},
    .options_size = sizeof(struct options),
    .examples = examples,
    .example_count = ARRAY_LEN(examples),
    .run = run,
};
