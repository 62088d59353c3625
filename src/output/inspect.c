/* SPDX-License-Identifier: Apache-2.0
 *
 * Facts of pods as a table: one line per pod, with `wide` one more per container.
 */
#include "output/inspect.h"

#include "base/text.h"
#include "output/inspect_json.h"
#include "output/table.h"

enum { NARROW_COLUMNS = 9, WIDE_COLUMNS = 15 };

static const struct table_column narrow[NARROW_COLUMNS] = {
    {.title = "NAMESPACE", .shrinks = true},
    {.title = "POD", .shrinks = true},
    {.title = "N", .right = true},
    {.title = "QOS"},
    {.title = "REQUEST", .right = true},
    {.title = "USED", .right = true, .may_lack = true},
    {.title = "LIMIT", .right = true},
    {.title = "OOM_ADJ", .right = true},
    {.title = "WHY", .shrinks = true, .keeps_front = true, .may_go = true},
};

static const struct table_column wide[WIDE_COLUMNS] = {
    {.title = "NAMESPACE", .shrinks = true},
    {.title = "POD/CONTAINER", .shrinks = true},
    {.title = "N", .right = true},
    {.title = "QOS"},
    {.title = "CPU_REQ", .right = true, .may_go = true},
    {.title = "CPU_LIM", .right = true, .may_go = true},
    {.title = "MEM_REQ", .right = true},
    {.title = "USED", .right = true, .may_lack = true},
    {.title = "MEM_LIM", .right = true},
    {.title = "memory.max", .right = true},
    {.title = "memory.high", .right = true, .may_go = true},
    {.title = "oom.group", .may_go = true},
    {.title = "OOM_ADJ", .right = true},
    {.title = "WHY", .shrinks = true, .keeps_front = true, .may_go = true},
    {.title = "SOURCE", .shrinks = true, .may_go = true},
};

const char *container_kind_name(const struct container *c)
{
    return c->kind == CONTAINER_SIDECAR ? "sidecar" : c->kind == CONTAINER_INIT ? "init" : "app";
}

struct str qos_reason_text(struct arena *a, enum qos q, const struct qos_reason *why)
{
    const char *resource = !why->resource                      ? "CPU or memory"
                           : strcmp(why->resource, "cpu") == 0 ? "CPU"
                                                               : why->resource;
    struct str who = why->container
                         ? arena_printf(a, "container " STR_FMT, STR_ARG(why->container->name))
                         : STR("the pod (spec.resources)");
    switch (why->type) {
    case QOS_REASON_NOTHING_SET:
        return STR("no container requests or limits CPU or memory");
    case QOS_REASON_NO_LIMIT:
        return arena_printf(a, STR_FMT " has no %s limit", STR_ARG(who), resource);
    case QOS_REASON_LIMIT_MISMATCH:
        return arena_printf(a, STR_FMT " requests less %s than its limit", STR_ARG(who), resource);
    case QOS_REASON_STATUS:
        return STR("status.qosClass says so; the spec alone gives another class");
    case QOS_REASON_NONE:
        break;
    }
    return q == QOS_GUARANTEED ? STR("requests equal limits, of CPU and memory, everywhere")
                               : STR_NONE;
}

static enum table_style qos_style(enum qos q)
{
    return q == QOS_BEST_EFFORT ? STYLE_BAD : q == QOS_GUARANTEED ? STYLE_GOOD : STYLE_PLAIN;
}

/* How many containers that run with the pod have a limit of their own or the pod's. */
static size_t count_limited(const struct pod_facts *f, size_t *ret_all)
{
    size_t limited = 0;
    *ret_all = 0;
    for (size_t i = 0; i < f->container_count; i++) {
        if (f->containers[i].container->kind == CONTAINER_INIT)
            continue;
        ++*ret_all;
        limited += f->containers[i].cgroup.memory_max_bytes.set;
    }
    return limited;
}

static bool is_unlimited(const struct pod_facts *f)
{
    size_t all, limited = count_limited(f, &all);
    return limited < all;
}

/* "=" after a request that is a copy of the limit, "*" after one that a LimitRange gave. */
static const char *origin_mark(const struct container *k, bool limits)
{
    const struct resources *r = limits ? &k->resources.limits : &k->resources.requests;
    const struct resource_amount *m = resources_find(r, "memory");
    if (!m)
        return "";
    return m->origin == AMOUNT_FROM_LIMIT ? "=" : m->origin == AMOUNT_FROM_LIMITRANGE ? "*" : "";
}

/* The marks of all containers that run with the pod. */
static const char *pod_mark(const struct pod_facts *f, bool limits)
{
    bool copied = false, ranged = false;
    for (size_t i = 0; i < f->container_count; i++) {
        const char *mark = origin_mark(f->containers[i].container, limits);
        if (f->containers[i].container->kind == CONTAINER_INIT)
            continue;
        copied = copied || *mark == '=';
        ranged = ranged || *mark == '*';
    }
    return copied && ranged ? "=*" : copied ? "=" : ranged ? "*" : "";
}

static void add_marked_bytes(struct table *t, const struct pod_amounts *v, const char *mark)
{
    struct buf text CLEANUP(buf_done);
    buf_init(&text, 64);
    if (v->memory_set)
        text_add_bytes(&text, v->memory_bytes);
    else
        buf_add_char(&text, '-');
    buf_add_cstr(&text, v->memory_set ? mark : "");
    table_add(t, buf_str(&text), STYLE_PLAIN);
}

/* The largest sample: red close to the limit, yellow above the request. */
static void add_usage(struct table *t, const struct opt_int *used,
                      const struct pod_amounts *request, const struct pod_amounts *limit)
{
    enum table_style style = STYLE_PLAIN;
    if (!used->set) {
        table_add(t, STR(""), STYLE_PLAIN);
        return;
    }
    if (limit->memory_set && (double)used->v >= 0.9 * (double)limit->memory_bytes)
        style = STYLE_BAD;
    else if (used->v > request->memory_bytes)
        style = STYLE_WARN;
    table_measured(t, true, used->v, style);
}

/* The limit that holds: the sum, "none", or how many of the containers are limited. */
static void add_limit(struct table *t, const struct pod_facts *f)
{
    size_t all, limited = count_limited(f, &all);
    if (limited == 0)
        table_add(t, STR("none"), STYLE_BAD);
    else if (limited < all)
        table_printf(t, STYLE_WARN, "%zu of %zu", limited, all);
    else
        add_marked_bytes(t, &f->limit, pod_mark(f, true));
}

static void add_adj(struct table *t, const struct oom_adj *adj)
{
    if (adj->min == adj->max)
        table_printf(t, STYLE_PLAIN, "%d", adj->min);
    else
        table_printf(t, STYLE_PLAIN, "%d..%d", adj->min, adj->max);
}

/* Over the containers that run with the pod. */
static struct oom_adj pod_adj(const struct pod_facts *f)
{
    struct oom_adj all = {0};
    bool any = false;
    for (size_t i = 0; i < f->container_count; i++) {
        const struct oom_adj *k = &f->containers[i].adj;
        if (f->containers[i].container->kind == CONTAINER_INIT)
            continue;
        all.min = any ? MIN(all.min, k->min) : k->min;
        all.max = any ? MAX(all.max, k->max) : k->max;
        any = true;
    }
    return all;
}

struct str pod_facts_name(const struct pod_facts *f)
{
    const struct object *o = &f->workload->o;
    return o->name.n ? o->name : o->generate_name;
}

/* NAMESPACE, POD, N, QOS: the same in both tables. */
static void add_identity(struct arena *a, struct table *t, const struct pod_facts *f)
{
    const struct object *o = &f->workload->o;
    struct str name =
        arena_printf(a, STR_FMT "/" STR_FMT, STR_ARG(o->kind_text), STR_ARG(pod_facts_name(f)));
    table_add(t, o->ns, STYLE_PLAIN);
    table_add(t, name, STYLE_PLAIN);
    if (f->replicas.set)
        table_printf(t, STYLE_PLAIN, "%lld", (long long)f->replicas.v);
    else
        table_add(t, STR("-"), STYLE_PLAIN);
    table_add(t, str_of(qos_name(f->qos)), qos_style(f->qos));
}

static void add_why(struct arena *a, struct table *t, const struct pod_facts *f)
{
    struct str why = f->qos == QOS_GUARANTEED && !f->qos_contradicts
                         ? STR("")
                         : qos_reason_text(a, f->qos, &f->why);
    if (f->injected)
        why = arena_printf(a, STR_FMT "%s%zu container%s injected", STR_ARG(why), why.n ? "; " : "",
                           f->injected, f->injected == 1 ? "" : "s");
    if (f->resize)
        why = arena_printf(a, STR_FMT "%sresize: %s", STR_ARG(why), why.n ? "; " : "",
                           pod_resize_name(f->resize));
    table_add(t, why, STYLE_PLAIN);
}

static void add_narrow_row(struct arena *a, struct table *t, const struct pod_facts *f)
{
    struct oom_adj adj = pod_adj(f);
    add_identity(a, t, f);
    add_marked_bytes(t, &f->request, pod_mark(f, false));
    add_usage(t, &f->usage_max_bytes, &f->request, &f->limit);
    add_limit(t, f);
    add_adj(t, &adj);
    add_why(a, t, f);
    table_row_end(t);
}

/* The columns of a cgroup; what is not written is the kernel's "max". */
static void add_cgroup(struct table *t, const struct cgroup_values *v)
{
    if (v->memory_max_bytes.set)
        table_bytes(t, true, v->memory_max_bytes.v, STYLE_PLAIN);
    else
        table_add(t, STR("max"), STYLE_WARN);
    table_bytes(t, v->memory_high_bytes.set, v->memory_high_bytes.v, STYLE_PLAIN);
    if (v->oom_group.set)
        table_printf(t, STYLE_PLAIN, "%lld", (long long)v->oom_group.v);
    else
        table_add(t, STR("-"), STYLE_PLAIN);
}

static void add_wide_container(struct table *t, const struct container_facts *k)
{
    table_add(t, STR(""), STYLE_PLAIN);
    table_printf(t, STYLE_PLAIN, "  " STR_FMT, STR_ARG(k->container->name));
    table_add(t, STR(""), STYLE_PLAIN);
    table_add(t, str_of(container_kind_name(k->container)), STYLE_DIM);
    table_milli(t, k->request.cpu_set, k->request.cpu_milli);
    table_milli(t, k->limit.cpu_set, k->limit.cpu_milli);
    add_marked_bytes(t, &k->request, origin_mark(k->container, false));
    add_usage(t, &k->usage_max_bytes, &k->request, &k->limit);
    add_marked_bytes(t, &k->limit, origin_mark(k->container, true));
    add_cgroup(t, &k->cgroup);
    add_adj(t, &k->adj);
    table_row_end(t);
}

static void add_wide_rows(struct arena *a, struct table *t, const struct pod_facts *f)
{
    add_identity(a, t, f);
    table_milli(t, f->request.cpu_set, f->request.cpu_milli);
    table_milli(t, f->limit.cpu_set, f->limit.cpu_milli);
    table_bytes(t, f->request.memory_set, f->request.memory_bytes, STYLE_PLAIN);
    add_usage(t, &f->usage_max_bytes, &f->request, &f->limit);
    table_bytes(t, f->limit.memory_set, f->limit.memory_bytes, STYLE_PLAIN);
    add_cgroup(t, &f->cgroup);
    table_add(t, STR(""), STYLE_PLAIN);
    add_why(a, t, f);
    const struct object *o = &f->workload->o;
    if (o->at.line)
        table_printf(t, STYLE_DIM, STR_FMT ":%u", STR_ARG(o->source->name), o->at.line);
    else
        table_add(t, o->source->name, STYLE_DIM);
    table_row_end(t);
    for (size_t i = 0; i < f->container_count; i++)
        add_wide_container(t, &f->containers[i]);
}

/* ---- below the table ---- */

static const char *plural(size_t n)
{
    return n == 1 ? "" : "s";
}

static void add_totals(const struct inspect_results *r, const struct out_format *f, struct buf *b)
{
    size_t qos[3] = {0}, unlimited = 0;
    for (size_t i = 0; i < r->facts->count; i++) {
        qos[r->facts->items[i].qos]++;
        unlimited += is_unlimited(&r->facts->items[i]);
    }
    struct buf text CLEANUP(buf_done);
    buf_init(&text, 1 * KIB);
    int64_t replicas = pod_facts_replicas(r->facts);
    bool single = replicas == (int64_t)r->facts->count;
    buf_printf(&text, "%zu ", r->facts->count);
    if (!single)
        buf_printf(&text, "kind%s of ", plural(r->facts->count));
    buf_printf(&text, "pod%s", plural(r->facts->count));
    if (!single) {
        buf_add_cstr(&text, ", ");
        text_add_count(&text, replicas);
        buf_add_cstr(&text, " in all");
    }
    buf_printf(&text, ": %zu Guaranteed, %zu Burstable, %zu BestEffort.", qos[QOS_GUARANTEED],
               qos[QOS_BURSTABLE], qos[QOS_BEST_EFFORT]);
    if (unlimited)
        buf_printf(&text,
                   " %zu ha%s a container without memory limit, which can grow until the node has "
                   "no memory left.",
                   unlimited, unlimited == 1 ? "s" : "ve");
    text_wrap(b, f, "", buf_str(&text), 0);
}

static bool any_mark(const struct pod_facts_list *l, const char *mark)
{
    for (size_t i = 0; i < l->count; i++)
        for (size_t k = 0; k < l->items[i].container_count; k++) {
            const struct container *c = l->items[i].containers[k].container;
            if (strcmp(origin_mark(c, false), mark) == 0 || strcmp(origin_mark(c, true), mark) == 0)
                return true;
        }
    return false;
}

static void add_capacity_note(const struct inspect_results *r, const struct out_format *f,
                              struct buf *b)
{
    bool seen[4] = {false};
    const struct capacity_range *c = NULL;
    for (size_t i = 0; i < r->facts->count; i++) {
        const struct pod_facts *p = &r->facts->items[i];
        if (p->qos != QOS_BURSTABLE)
            continue;
        seen[p->capacity.origin] = true;
        c = p->capacity.origin != CAPACITY_OWN ? &p->capacity : c;
    }
    if (seen[CAPACITY_UNKNOWN])
        text_wrap(b, f, "",
                  STR("OOM_ADJ 3..999: of a Burstable pod it depends on the memory of the node; no "
                      "node is known here (--node-memory 64Gi gives one)."),
                  0);
    if (!c || c->origin == CAPACITY_UNKNOWN)
        return;
    struct buf text CLEANUP(buf_done);
    buf_init(&text, 1 * KIB);
    buf_add_cstr(&text, "OOM_ADJ is for a node with ");
    text_add_bytes(&text, c->min_bytes);
    if (c->max_bytes != c->min_bytes) {
        buf_add_cstr(&text, " to ");
        text_add_bytes(&text, c->max_bytes);
    }
    buf_add_cstr(&text, c->origin == CAPACITY_GIVEN ? " of memory (--node-memory)."
                                                    : " of memory: what the nodes here have.");
    text_wrap(b, f, "", buf_str(&text), 0);
}

/* -997 beside Burstable or BestEffort looks like a mistake, and is none. */
static void add_critical_note(const struct inspect_results *r, const struct out_format *f,
                              struct buf *b)
{
    for (size_t i = 0; i < r->facts->count; i++) {
        const struct pod_facts *p = &r->facts->items[i];
        if (p->qos == QOS_GUARANTEED || pod_adj(p).max != OOM_ADJ_GUARANTEED)
            continue;
        text_wrap(b, f, "",
                  STR("OOM_ADJ -997 of a pod that is not Guaranteed: its priority class is "
                      "system-node-critical."),
                  0);
        return;
    }
}

static void add_notes(const struct inspect_results *r, const struct out_format *f, struct buf *b)
{
    buf_add_char(b, '\n');
    add_totals(r, f, b);
    if (any_mark(r->facts, "="))
        text_wrap(b, f, "= ", STR("the API server copies the request from the limit"), 2);
    if (any_mark(r->facts, "*"))
        text_wrap(b, f, "* ", STR("filled in from the namespace's LimitRange"), 2);
    for (size_t i = 0; i < r->facts->count; i++) {
        if (!r->facts->items[i].resize)
            continue;
        text_wrap(
            b, f, "",
            STR("resize: not carried out yet, or refused: the pod's conditions say why. OOM_ADJ and "
                "memory.max are those in force; requests and limits are what is wanted, and "
                "of a pod what it holds, if that is more."),
            0);
        break;
    }
    for (size_t i = 0; i < r->facts->count; i++) {
        if (!r->facts->items[i].sampled)
            continue;
        text_wrap(b, f, "",
                  STR("USED: the most that one of the pods used, in one sample (PodMetrics)."), 0);
        break;
    }
    add_critical_note(r, f, b);
    add_capacity_note(r, f, b);
}

static void render_text(const struct inspect_results *r, const struct out_format *f, struct buf *b)
{
    bool is_wide = f->word == INSPECT_WIDE;
    struct table t;
    table_init(&t, r->arena, is_wide ? wide : narrow, is_wide ? WIDE_COLUMNS : NARROW_COLUMNS);
    for (size_t i = 0; i < r->facts->count; i++) {
        if (is_wide)
            add_wide_rows(r->arena, &t, &r->facts->items[i]);
        else
            add_narrow_row(r->arena, &t, &r->facts->items[i]);
    }
    table_render(&t, f, b);
    add_notes(r, f, b);
}

void inspect_render(const void *results, const struct out_format *f, struct buf *b)
{
    const struct inspect_results *r = results;
    if (f->word == INSPECT_JSON || f->word == INSPECT_YAML)
        inspect_render_json(r, f->word == INSPECT_YAML ? JSON_AS_YAML : JSON_INDENTED, b);
    else
        render_text(r, f, b);
}
