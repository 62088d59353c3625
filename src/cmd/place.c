/* SPDX-License-Identifier: Apache-2.0
 *
 * plimsoll place: where can this pod go?
 */
#include "output/place.h"
#include "analysis/schedule/claims.h"
#include "analysis/schedule/placement.h"
#include "cmd/verb.h"
#include "model/api_resource.h"
#include "model/cluster.h"
#include "model/defaults.h"

struct options {
    struct world_options world;
    struct option_texts pods;
    struct str pod_file;
    bool capacity;
    int64_t top;
    struct option_outputs outputs;
};

static const char *const formats[] = {
    [PLACE_TEXT] = "text",
    [PLACE_JSON] = "json",
    [PLACE_YAML] = "yaml",
    NULL,
};

static const struct option_spec specs[] = {
    {
        .name = "pod",
        .type = OPTION_TEXTS,
        .arg = "[NAMESPACE/]NAME",
        .help = "A pod of the world, pending or bound (then it is judged as if it did not run "
                "yet). May be given several times.",
        .absent = "every pending pod",
        .offset = offsetof(struct options, pods),
    },
    {
        .name = "namespace",
        .letter = 'n',
        .type = OPTION_TEXT,
        .arg = "NAMESPACE",
        .help =
            "The namespace of --pod NAME, of objects in files that name none, and, without "
            "--pod and --pod-file, of the pending pods. The whole cluster is read all the same: "
            "pods of all namespaces share the nodes.",
        .absent = "all",
        .offset = offsetof(struct options, world.ns),
    },
    {
        .name = "all-namespaces",
        .letter = 'A',
        .type = OPTION_FLAG,
        .hidden = true,
        .help = "All namespaces, as without --namespace.",
        .offset = offsetof(struct options, world.all_namespaces),
    },
    {
        .name = "pod-file",
        .type = OPTION_TEXT,
        .takes_file = true,
        .arg = "FILE",
        .help = "Pods that are not in the world, or workloads whose pod template is meant.",
        .offset = offsetof(struct options, pod_file),
    },
    {
        .name = "capacity",
        .type = OPTION_FLAG,
        .help = "Also count how many more pods like it fit, one placed after the other, and what "
                "runs out first.",
        .offset = offsetof(struct options, capacity),
    },
    {
        .name = "top",
        .type = OPTION_INT,
        .arg = "N",
        .preset = "20",
        .help = "How many nodes of each sort text shows; 0 = all.",
        .max = INT32_MAX,
        .offset = offsetof(struct options, top),
    },
    OUTPUT_OPTION(struct options, outputs, formats, "text",
                  "How to print it; several at once when all but one go to a file."),
};

static const struct option_table tables[] = {
    {.specs = specs, .count = ARRAY_LEN(specs)},
    WORLD_OPTIONS(struct options, world),
};

struct wanted {
    uint32_t *items;
    size_t count, cap;
};

/* The pod that a workload of the pod file would make. */
static void add_template(struct arena *a, struct cluster *c, const struct workload *w)
{
    struct pod *p = arena_new(a, struct pod);
    p->o = w->o;
    p->o.kind = KIND_POD;
    p->o.owners.count = 0;
    p->o.labels = w->tmpl.labels;
    p->o.created_ms = p->o.deleted_ms = 0;
    p->spec = w->tmpl.spec;
    pod_add_claims(a, c, w, NO_ORDINAL, p);
    *PUSH(a, &c->pods) = p;
}

static bool from_file(const struct object *o, struct str file)
{
    return file.p && o->source && str_eq(o->source->name, file);
}

/* Puts pods that only a template describes into the world, as pending pods of the file. */
static void expand_file(struct arena *a, struct cluster *c, struct str file)
{
    for (size_t i = 0; i < c->workloads.count; i++) {
        const struct workload *w = c->workloads.items[i];
        /* Of two objects with one identity the last counts: the file may be part of the world. */
        bool counts = cluster_find(c, w->o.kind, w->o.ns, w->o.name) == &w->o;
        if (w->o.kind != KIND_POD && from_file(&w->o, file) && counts)
            add_template(a, c, w);
    }
}

/* name: as it was asked for; plain: without its namespace. */
static int no_such_pod(const struct schedule *s, struct str name, struct str plain, struct err *e)
{
    struct option_guess g;
    int shown = (int)MIN(name.n, 127U);
    option_guess_init(&g, plain);
    for (uint32_t i = 0; i < schedule_pod_count(s); i++) {
        const struct object *o = &schedule_pod(s, i)->o;
        if (str_eq(o->name, plain))
            return err_set(e, ENOENT, "there is no pod \"%.*s\", but one in namespace \"%.*s\"",
                           shown, name.p, (int)MIN(o->ns.n, 63U), o->ns.p);
        option_guess_try(&g, o->name);
    }
    if (g.best.p)
        return err_set(e, ENOENT, "there is no pod \"%.*s\"; did you mean \"%.*s\"?", shown, name.p,
                       (int)MIN(g.best.n, 63U), g.best.p);
    return err_set(e, ENOENT, "there is no pod \"%.*s\" (one that has ended does not count)", shown,
                   name.p);
}

static int add_named(const struct schedule *s, struct arena *a, struct str name, struct wanted *ret,
                     struct err *e)
{
    struct str rest;
    struct str ns = str_cut(name, '/', &rest);
    int64_t found =
        rest.p ? schedule_find_pod(s, ns, rest) : schedule_find_pod(s, STR("default"), name);
    size_t matches = found >= 0;
    for (uint32_t i = 0; !rest.p && found < 0 && i < schedule_pod_count(s); i++) {
        if (str_eq(schedule_pod(s, i)->o.name, name)) {
            *PUSH(a, ret) = i;
            matches++;
        }
    }
    if (found >= 0)
        *PUSH(a, ret) = (uint32_t)found;
    if (matches > 0)
        return 0;
    return no_such_pod(s, name, rest.p ? rest : name, e);
}

static int choose(const struct options *o, struct schedule *s, struct arena *a, struct wanted *ret,
                  struct err *e)
{
    struct str ns = o->world.ns;
    for (size_t i = 0; i < o->pods.count; i++) {
        struct str name = o->pods.items[i], rest, own = str_cut(name, '/', &rest);
        if (ns.p && rest.p && !str_eq(own, ns))
            return err_set(e, EINVAL, "--pod %.*s is not of --namespace %.*s",
                           (int)MIN(name.n, 127U), name.p, (int)MIN(ns.n, 63U), ns.p);
        if (ns.p && !rest.p)
            name = arena_printf(a, STR_FMT "/" STR_FMT, STR_ARG(ns), STR_ARG(name));
        int r = add_named(s, a, name, ret, e);
        if (r < 0)
            return r;
    }
    uint32_t count;
    uint32_t *queue = schedule_queue(s, a, &count);
    for (uint32_t i = 0; o->pods.count == 0 && i < count; i++) {
        const struct object *pod = &schedule_pod(s, queue[i])->o;
        if (o->pod_file.p ? from_file(pod, o->pod_file) : !ns.p || str_eq(pod->ns, ns))
            *PUSH(a, ret) = queue[i];
    }
    if (ret->count)
        return 0;
    if (o->pod_file.p)
        return err_set(e, ENODATA, "there is no pod to place in \"%.*s\"",
                       (int)MIN(o->pod_file.n, 127U), o->pod_file.p);
    if (ns.p)
        return err_set(e, ENODATA,
                       "no pod of namespace %.*s is pending: --pod NAME or --pod-file FILE",
                       (int)MIN(ns.n, 63U), ns.p);
    return err_set(e, ENODATA, "no pod is pending: --pod NAME or --pod-file FILE");
}

static int run(const struct verb_call *c, struct err *e)
{
    struct options o = *(const struct options *)c->options;
    struct cluster *cluster = arena_new(c->arena, struct cluster);
    struct wanted wanted = {0};
    int code;
    o.world.uses = USE_PLACE;
    o.world.outputs = &o.outputs;
    if (o.pod_file.p)
        *PUSH(c->arena, &o.world.paths) = o.pod_file;
    int r = world_read(&o.world, c->arena, cluster, &code, e);
    if (r < 0)
        return r;
    world_warn(cluster);
    if (cluster->nodes.count == 0)
        return world_empty(cluster, code, "a Node", e);
    expand_file(c->arena, cluster, o.pod_file);
    for (size_t i = 0; i < cluster->pods.count; i++)
        pod_spec_default(c->arena, &cluster->pods.items[i]->spec);
    struct schedule *s = schedule_new(c->arena, cluster);
    r = choose(&o, s, c->arena, &wanted, e);
    if (r == 0) {
        struct placement *items = arena_array(c->arena, struct placement, wanted.count);
        for (size_t i = 0; i < wanted.count; i++)
            placement_make(s, wanted.items[i], o.capacity, c->arena, &items[i]);
        struct place_results results = {c->arena, s, items, wanted.count, o.top};
        r = out_write_all(&o.outputs, place_render, &results, e);
    }
    schedule_done(s);
    return r < 0 ? r : code;
}

static const struct verb_example examples[] = {
    {"Where one more pod of a service could run, and how many:",
     "plimsoll place -f examples/black-friday --pod-file examples/black-friday/checkout.yaml "
     "--capacity --top 3",
     EXIT_CLEAN},
};

const struct verb verb_place = {
    .name = "place",
    .summary = "where can this pod go, and what refuses it elsewhere",
    .description =
        "Decides as kube-scheduler 1.36 with its default profile would, looking at every node: for "
        "each pod the nodes that can take it with their scores by plugin, the best ones (the "
        "scheduler takes any of them), and for each node that refuses the filter that does, with "
        "amounts. Where no node can take it: whom it would preempt.\n\n"
        "Each pod is judged against the world as given, nothing else being placed before it. "
        "Scores are times their weight: TAINTS 3, AFFINITY (node) 2, FREE (LeastAllocated) 1, "
        "BALANCE 1, SPREAD 2, PODS (inter-pod affinity) 2, IMAGES 1.\n\n"
        "Volumes count as far as the world tells: PersistentVolumes (node affinity, zone labels), "
        "StorageClasses, how many volumes a node attaches (CSINode, VolumeAttachment) and how much "
        "room its drivers have (CSIDriver, CSIStorageCapacity). Pods "
        "that preemption has made room for (status.nominatedNodeName) keep that room. Claims of "
        "devices (DRA) are not judged; where a pod has any, the answer says so.",
    .options = {tables, ARRAY_LEN(tables)},
    .options_size = sizeof(struct options),
    .examples = examples,
    .example_count = ARRAY_LEN(examples),
    .run = run,
};
