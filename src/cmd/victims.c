/* SPDX-License-Identifier: Apache-2.0
 *
 * plimsoll victims: who dies first on a node that runs out of memory.
 */
#include "analysis/victims.h"
#include "cmd/verb.h"
#include "model/api_resource.h"
#include "output/victims.h"

struct options {
    struct world_options world;
    struct str node;
    int assume; /* an enum victims_assume */
    struct option_outputs outputs;
};

static const char *const formats[] = {
    [VICTIMS_TEXT] = "text",
    [VICTIMS_JSON] = "json",
    [VICTIMS_YAML] = "yaml",
    NULL,
};
static const char *const assumptions[] = {
    [ASSUME_NOTHING] = "samples",
    [ASSUME_REQUESTS] = "requests",
    [ASSUME_LIMITS] = "limits",
    NULL,
};

static const struct option_spec specs[] = {
    {
        .name = "node",
        .type = OPTION_TEXT,
        .arg = "NODE",
        .help = "The node that runs out of memory.",
        .absent = "the only node of the world",
        .offset = offsetof(struct options, node),
    },
    {
        .name = "assume",
        .type = OPTION_WORD,
        .words = assumptions,
        .preset = "samples",
        .help = "How much memory each container uses: what PodMetrics say (samples), what it "
                "requests, or its limit (without one: as sampled, else what it requests).",
        .offset = offsetof(struct options, assume),
    },
    OUTPUT_OPTION(struct options, outputs, formats, "text",
                  "How to print it; several at once when all but one go to a file."),
};

static const struct option_table tables[] = {
    WORLD_OPTIONS(struct options, world),
    WHOLE_OPTIONS(struct options, world),
    {.specs = specs, .count = ARRAY_LEN(specs)},
};

/* Some nodes to choose from, as " (a, b, c, ...)": those with the least memory left. */
static void add_nodes(struct buf *b, struct arena *a, const struct cluster *c)
{
    enum { SHOWN = 3 };
    const struct node **fullest = nodes_by_fullness(a, c);
    for (size_t i = 0; i < MIN(c->nodes.count, (size_t)SHOWN); i++) {
        struct str name = fullest[i]->o.name;
        buf_printf(b, "%s%.*s",
                   i                       ? ", "
                   : c->node_metrics.count ? " (fullest: "
                                           : " (",
                   (int)MIN(name.n, 40U), name.p);
    }
    if (c->nodes.count)
        buf_add_cstr(b, c->nodes.count > SHOWN ? ", ...)" : ")");
}

static int no_such_node(const struct verb_call *call, const struct cluster *c, struct str name,
                        struct err *e)
{
    struct option_guess g;
    option_guess_init(&g, name);
    size_t pods = 0;
    for (size_t i = 0; i < c->nodes.count; i++)
        option_guess_try(&g, c->nodes.items[i]->o.name);
    for (size_t i = 0; i < c->pods.count; i++)
        pods += name.n && str_eq(c->pods.items[i]->spec.node_name.v, name);
    int shown = (int)MIN(name.n, 63U);
    if (pods)
        return err_set(
            e, ENOENT,
            "%zu pod%s on node %.*s, but the Node itself is not in the input: its memory "
            "is needed (kubectl get nodes -o json)",
            pods, pods == 1 ? " runs" : "s run", shown, name.p);
    if (c->nodes.count == 0)
        return err_set(e, ENOENT, "there is no Node in the input (kubectl get nodes -o json)");
    if (g.best.p)
        return err_set(e, ENOENT, "there is no node \"%.*s\"; did you mean \"%.*s\"?", shown,
                       name.p, (int)MIN(g.best.n, 63U), g.best.p);
    struct buf some CLEANUP(buf_done);
    buf_init(&some, 1 * KIB);
    add_nodes(&some, call->arena, c);
    return err_set(e, ENOENT, "there is no node \"%.*s\" among %zu" STR_FMT, shown, name.p,
                   c->nodes.count, STR_ARG(buf_str(&some)));
}

static int find_node(const struct verb_call *call, const struct cluster *c, const struct node **ret,
                     struct err *e)
{
    struct str name = ((const struct options *)call->options)->node;
    if (name.p && c->nodes.count) {
        *ret = cluster_find_node(c, name);
        return *ret ? 0 : no_such_node(call, c, name, e);
    }
    if (name.p)
        return no_such_node(call, c, name, e);
    if (c->nodes.count == 1) {
        *ret = c->nodes.items[0];
        return 0;
    }
    if (c->nodes.count == 0)
        return no_such_node(call, c, STR(""), e);
    struct buf some CLEANUP(buf_done);
    buf_init(&some, 1 * KIB);
    add_nodes(&some, call->arena, c);
    return err_set(e, EINVAL, "which node? There are %zu" STR_FMT ": --node NAME", c->nodes.count,
                   STR_ARG(buf_str(&some)));
}

static int run(const struct verb_call *c, struct err *e)
{
    const struct options *o = c->options;
    struct cluster *cluster = arena_new(c->arena, struct cluster);
    const struct node *node = NULL;
    struct victims victims;
    int code;
    struct world_options world = o->world;
    world.uses = USE_VICTIMS;
    world.outputs = &o->outputs;
    int r = world_read(&world, c->arena, cluster, &code, e);
    if (r == 0)
        world_warn(cluster);
    if (r < 0)
        return r;
    if (cluster->nodes.count == 0 && cluster->pods.count == 0)
        return world_empty(cluster, code, "a Node or a Pod", e);
    r = find_node(c, cluster, &node, e);
    if (r < 0)
        return r;
    r = victims_on_node(c->arena, node, (enum victims_assume)o->assume, &victims, e);
    if (r < 0)
        return r;
    struct victims_results results = {c->arena, &victims};
    r = out_write_all(&o->outputs, victims_render, &results, e);
    return r < 0 ? r : code;
}

static const struct verb_example examples[] = {
    {"Who dies first on one node of a recorded cluster:",
     "plimsoll victims -f examples/black-friday --node ip-10-0-2-15", EXIT_CLEAN},
    {"The worst that the limits allow:",
     "plimsoll victims -f examples/black-friday --node ip-10-0-2-15 --assume limits", EXIT_CLEAN},
};

const struct verb verb_victims = {
    .name = "victims",
    .summary = "who dies first on a node that runs out of memory",
    .description =
        "Prints two orders for one node, with the numbers behind each rank: the pods that the "
        "kubelet evicts when memory.available falls below its threshold, and the containers that "
        "the kernel kills when memory is gone before the kubelet looks (it looks every 10 s). "
        "Then it says where a Burstable or Guaranteed pod dies before a BestEffort one, and "
        "why.\n\n"
        "The world needs the Node, its Pods and their PodMetrics: kubectl get nodes,pods -A -o "
        "json, and kubectl get pods.metrics.k8s.io -A -o json. NodeMetrics and the kubelet's "
        "configuration make it more exact. The usage is one sample; it says nothing about growth.",
    .options = {tables, ARRAY_LEN(tables)},
    .options_size = sizeof(struct options),
    .examples = examples,
    .example_count = ARRAY_LEN(examples),
    .run = run,
};
