/* SPDX-License-Identifier: Apache-2.0
 *
 * Victims of a node as text: the kubelet's order, the kernel's order, and where they part from what
 * QoS classes lead one to expect.
 */
#include "output/victims.h"

#include "base/sat.h"
#include "base/text.h"
#include "output/inspect.h"
#include "output/table.h"

enum { EVICTION_COLUMNS = 9, KILL_COLUMNS = 8, SENTENCES_MAX = 3 };

static const struct table_column eviction_columns[EVICTION_COLUMNS] = {
    {.title = "#", .right = true},
    {.title = "POD", .shrinks = true},
    {.title = "QOS"},
    {.title = "PRIORITY", .right = true, .may_go = true},
    {.title = "USAGE", .right = true},
    {.title = "REQUEST", .right = true},
    {.title = "OVER_BY", .right = true},
    {.title = "FREED", .right = true, .may_go = true},
    {.title = "OWNER", .shrinks = true, .may_go = true},
};

static const struct table_column kill_columns[KILL_COLUMNS] = {
    {.title = "#", .right = true},
    {.title = "POD:CONTAINER", .shrinks = true},
    {.title = "QOS"},
    {.title = "USAGE", .right = true},
    {.title = "LIMIT", .right = true, .may_go = true},
    {.title = "OOM_ADJ", .right = true},
    {.title = "BADNESS", .right = true},
    {.title = "OOM_SCORE", .right = true},
};

/* ---- sentences ---- */

/* Bytes for arena_printf; several may be used in one call. */
static const char *amount(struct arena *a, int64_t bytes)
{
    struct buf text CLEANUP(buf_done);
    buf_init(&text, 64);
    text_add_measured(&text, bytes);
    return arena_str(a, buf_str(&text)).p;
}

static struct str pod_name(struct arena *a, const struct victim_pod *p)
{
    return arena_printf(a, STR_FMT "/" STR_FMT, STR_ARG(p->pod->o.ns), STR_ARG(p->pod->o.name));
}

static struct str container_name(struct arena *a, const struct victim_container *k)
{
    return arena_printf(a, STR_FMT ":" STR_FMT, STR_ARG(pod_name(a, k->pod)),
                        STR_ARG(k->container->name));
}

struct str victims_usage_text(struct arena *a, const struct victims *v)
{
    if (v->assume == ASSUME_REQUESTS)
        return STR("assumed: every container uses what it requests");
    if (v->assume == ASSUME_LIMITS && v->without_limit)
        return arena_printf(a, "assumed: every container uses its limit; %zu without limit: %s",
                            v->without_limit,
                            v->oldest_ms ? "as sampled, else what they request"
                                         : "what they request, though nothing holds them there");
    if (v->assume == ASSUME_LIMITS)
        return STR("assumed: every container uses its limit");
    struct buf text CLEANUP(buf_done);
    buf_init(&text, 1 * KIB);
    buf_add_cstr(&text, "PodMetrics, one sample, taken at ");
    if (v->oldest_ms == 0)
        buf_add_cstr(&text, "an unknown time");
    else
        text_add_time(&text, v->oldest_ms);
    if (v->newest_ms != v->oldest_ms) {
        buf_add_cstr(&text, " to ");
        text_add_time(&text, v->newest_ms);
    }
    if (v->without_usage)
        buf_printf(&text,
                   "; %zu pod%s without: the kubelet ranks that as over the request, and the rank "
                   "with the kernel is a lower bound",
                   v->without_usage, v->without_usage == 1 ? "" : "s");
    return arena_str(a, buf_str(&text));
}

static struct str eviction_reason_text(struct arena *a, const struct victim_inversion *i)
{
    const struct victim_pod *x = i->first, *y = i->second;
    struct str second = pod_name(a, y);
    switch (i->reason) {
    case INVERSION_UNKNOWN:
        return STR("its usage is not known, and the kubelet ranks that as over the request");
    case INVERSION_EXCEEDS:
        return arena_printf(a, "it uses %s more than it requests, " STR_FMT " does not",
                            amount(a, x->over_bytes), STR_ARG(second));
    case INVERSION_PRIORITY:
        return arena_printf(a, "its priority is %lld, that of " STR_FMT " is %lld",
                            (long long)x->priority, STR_ARG(second), (long long)y->priority);
    case INVERSION_OVERAGE:
        if (!x->exceeds)
            return arena_printf(
                a, "neither is over its request, but it is %s closer to it than " STR_FMT,
                amount(a, sat_sub(x->over_bytes, y->over_bytes)), STR_ARG(second));
        return arena_printf(
            a, "both are over their requests, it by %s, which is %s more than " STR_FMT,
            amount(a, x->over_bytes), amount(a, sat_sub(x->over_bytes, y->over_bytes)),
            STR_ARG(second));
    case INVERSION_BADNESS:
        break;
    }
    return STR("");
}

static struct str kill_reason_text(struct arena *a, const struct victims *v,
                                   const struct victim_inversion *i)
{
    const struct victim_container *x = i->first_container, *y = i->second_container;
    return arena_printf(a,
                        "its oom_score_adj is lower (%d, not %d), which is worth %s on this node; "
                        "it uses %s more",
                        x->adj, y->adj, amount(a, (y->adj - x->adj) * victims_adj_point_bytes(v)),
                        amount(a, x->usage_bytes - y->usage_bytes));
}

struct str inversion_text(struct arena *a, const struct victims *v,
                          const struct victim_inversion *i)
{
    bool kernel = i->reason == INVERSION_BADNESS;
    struct str first = kernel ? container_name(a, i->first_container) : pod_name(a, i->first);
    struct str second = kernel ? container_name(a, i->second_container) : pod_name(a, i->second);
    struct str why = kernel ? kill_reason_text(a, v, i) : eviction_reason_text(a, i);
    struct str rest = i->count > 2 ? arena_printf(a, " and %zu other BestEffort %s", i->count - 1,
                                                  kernel ? "containers" : "pods")
                      : i->count == 2 ? arena_printf(a, " and one other BestEffort %s",
                                                     kernel ? "container" : "pod")
                                      : STR(" (BestEffort)");
    return arena_printf(a, STR_FMT " (%s) %s before " STR_FMT STR_FMT ": " STR_FMT ".",
                        STR_ARG(first), qos_name(i->first->qos),
                        kernel ? "is killed" : "is evicted", STR_ARG(second), STR_ARG(rest),
                        STR_ARG(why));
}

/* ---- parts of the page ---- */

static void add_node(struct arena *a, const struct victims *v, const struct out_format *f,
                     struct buf *b)
{
    struct str text =
        arena_printf(a, "Node " STR_FMT ": %s of memory, %s allocatable; the pods use %s",
                     STR_ARG(v->node->o.name), amount(a, v->capacity_bytes),
                     amount(a, v->allocatable_bytes), amount(a, v->pods_usage_bytes));
    if (v->node_usage_bytes.set)
        text = arena_printf(a, STR_FMT ", the node %s", STR_ARG(text),
                            amount(a, v->node_usage_bytes.v));
    text = arena_printf(a, STR_FMT ".", STR_ARG(text));
    text_wrap(b, f, "", text, 0);
    text_wrap(b, f, "", arena_printf(a, "Usage: " STR_FMT ".", STR_ARG(victims_usage_text(a, v))),
              0);
    int64_t used = v->node_usage_bytes.set ? v->node_usage_bytes.v : v->pods_usage_bytes;
    int64_t left = sat_sub(sat_sub(v->capacity_bytes, used), v->eviction_hard_bytes);
    if (v->eviction_hard_bytes == 0)
        text = STR("The kubelet evicts nothing here: its configuration has no hard threshold for "
                   "memory.available. Only the kernel kills.");
    else if (left > 0)
        text =
            arena_printf(a, "The kubelet evicts when less than %s is available: after %s%s more.",
                         amount(a, v->eviction_hard_bytes),
                         v->node_usage_bytes.set ? "" : "at most ", amount(a, left));
    else
        text = arena_printf(a, "The kubelet evicts when less than %s is available: that is now.",
                            amount(a, v->eviction_hard_bytes));
    text_wrap(b, f, "", text, 0);
    if (v->kubepods_max_bytes && v->kubepods_max_bytes < v->capacity_bytes)
        text_wrap(b, f, "",
                  arena_printf(a,
                               "All pods together may use %s (memory.max of kubepods): there the "
                               "kernel kills among them although the node has memory left.",
                               amount(a, v->kubepods_max_bytes)),
                  0);
}

static enum table_style qos_style(enum qos q)
{
    return q == QOS_BEST_EFFORT ? STYLE_BAD : q == QOS_GUARANTEED ? STYLE_GOOD : STYLE_PLAIN;
}

static void add_eviction_row(struct arena *a, struct table *t, const struct victim_pod *p)
{
    if (p->eviction_rank)
        table_printf(t, STYLE_PLAIN, "%zu", p->eviction_rank);
    else
        table_add(t, STR("never"), STYLE_GOOD);
    table_add(t, pod_name(a, p), STYLE_PLAIN);
    table_add(t, str_of(qos_name(p->qos)), qos_style(p->qos));
    table_printf(t, STYLE_PLAIN, "%lld", (long long)p->priority);
    if (p->usage_set)
        table_measured(t, true, p->usage_bytes, STYLE_PLAIN);
    else
        table_add(t, STR("?"), STYLE_WARN);
    table_bytes(t, true, p->request_bytes, STYLE_PLAIN);
    table_measured(t, p->usage_set, p->over_bytes, p->over_bytes > 0 ? STYLE_WARN : STYLE_PLAIN);
    table_measured(t, p->eviction_rank != 0, p->freed_bytes, STYLE_PLAIN);
    table_add(t, p->owner, STYLE_DIM);
}

static void add_evictions(struct arena *a, const struct victims *v, const struct out_format *f,
                          struct buf *b)
{
    struct table t;
    table_init(&t, a, eviction_columns, EVICTION_COLUMNS);
    for (size_t i = 0; i < v->pod_count; i++)
        add_eviction_row(a, &t, &v->pods[i]);
    buf_add_char(b, '\n');
    style_begin(b, f, STYLE_BOLD);
    buf_add_cstr(b, "The kubelet evicts, one pod per pass");
    style_end(b, f, STYLE_BOLD);
    buf_add_char(b, '\n');
    table_render(&t, f, b);
    text_wrap(b, f, "",
              STR("Order: over its request first, then lower priority, then the largest overage. "
                  "The QoS class is not asked. FREED: by this pod and all before it."),
              0);
    if (v->critical)
        text_wrap(b, f, "",
                  arena_printf(a,
                               "%zu critical pod%s (static, mirror, or priority of at least "
                               "2000000000): never evicted.",
                               v->critical, v->critical == 1 ? "" : "s"),
                  0);
}

static void add_kill_row(struct arena *a, struct table *t, const struct victims *v,
                         const struct victim_container *k)
{
    if (k->kill_rank)
        table_printf(t, STYLE_PLAIN, "%zu%s", k->kill_rank, k->tie ? "=" : "");
    else
        table_add(t, STR("never"), STYLE_GOOD);
    table_add(t, container_name(a, k), STYLE_PLAIN);
    table_add(t, str_of(qos_name(k->pod->qos)), qos_style(k->pod->qos));
    if (k->usage_origin == USAGE_UNKNOWN)
        table_add(t, STR("?"), STYLE_WARN);
    else
        table_measured(t, true, k->usage_bytes, k->near_limit ? STYLE_WARN : STYLE_PLAIN);
    if (k->memory_max_bytes.set)
        table_bytes(t, true, k->memory_max_bytes.v, STYLE_PLAIN);
    else
        table_add(t, STR("none"), STYLE_WARN);
    table_printf(t, STYLE_PLAIN, "%d", k->adj);
    table_measured(t, !k->badness.never, sat_mul(k->badness.points, v->page_bytes), STYLE_PLAIN);
    table_printf(t, STYLE_PLAIN, "%lld", (long long)k->oom_score);
}

static void add_kills(struct arena *a, const struct victims *v, const struct out_format *f,
                      struct buf *b)
{
    struct table t;
    bool tie = false;
    table_init(&t, a, kill_columns, KILL_COLUMNS);
    for (size_t i = 0; i < v->kill_count; i++) {
        add_kill_row(a, &t, v, v->kills[i]);
        tie = tie || v->kills[i]->tie;
    }
    buf_add_char(b, '\n');
    style_begin(b, f, STYLE_BOLD);
    buf_add_cstr(b, "The kernel kills, when memory is gone before the kubelet looks (every 10 s)");
    style_end(b, f, STYLE_BOLD);
    buf_add_char(b, '\n');
    table_render(&t, f, b);
    struct str text =
        arena_printf(a,
                     "Badness: the process' memory + oom_score_adj x %s (a thousandth of the "
                     "node's memory and swap); the whole container dies (memory.oom.group). One "
                     "process per container is assumed, using what the container uses.",
                     amount(a, victims_adj_point_bytes(v)));
    text_wrap(b, f, "", text, 0);
    if (tie)
        text_wrap(b, f, "= ", STR("as many points as another: the order of the scan decides"), 2);
}

/* Up to SENTENCES_MAX sentences about one of the two orders. */
static void add_inversions(struct arena *a, const struct victims *v, const struct out_format *f,
                           bool kernel, struct buf *b)
{
    size_t shown = 0, all = 0;
    for (size_t i = 0; i < v->inversions.count; i++) {
        const struct victim_inversion *x = &v->inversions.items[i];
        if ((x->reason == INVERSION_BADNESS) != kernel)
            continue;
        all++;
        if (shown == SENTENCES_MAX)
            continue;
        shown++;
        text_wrap(b, f, "- ", inversion_text(a, v, x), 2);
    }
    if (all > shown)
        text_wrap(b, f, "- ",
                  arena_printf(a, "and %zu more %s (all in -o json)", all - shown,
                               kernel ? "containers" : "pods"),
                  2);
}

static void add_surprises(struct arena *a, const struct victims *v, const struct out_format *f,
                          struct buf *b)
{
    buf_add_char(b, '\n');
    if (v->inversions.count == 0) {
        text_wrap(b, f, "",
                  STR("No Burstable or Guaranteed pod dies before a BestEffort one here."), 0);
        return;
    }
    style_begin(b, f, STYLE_BOLD);
    buf_add_cstr(b, "A better QoS class dies before BestEffort");
    style_end(b, f, STYLE_BOLD);
    buf_add_char(b, '\n');
    add_inversions(a, v, f, false, b);
    add_inversions(a, v, f, true, b);
}

static void add_near_limit(struct arena *a, const struct victims *v, const struct out_format *f,
                           struct buf *b)
{
    size_t shown = 0, all = 0;
    for (size_t i = 0; i < v->kill_count; i++) {
        const struct victim_container *k = v->kills[i];
        if (!k->near_limit)
            continue;
        if (all++ == 0) {
            style_begin(b, f, STYLE_BOLD);
            buf_add_cstr(b,
                         "\nClose to their own limit, where they die first whatever the node has");
            style_end(b, f, STYLE_BOLD);
            buf_add_char(b, '\n');
        }
        if (shown == SENTENCES_MAX)
            continue;
        shown++;
        text_wrap(b, f, "- ",
                  arena_printf(a, STR_FMT " uses %s of its limit, %s (%.0f %%)",
                               STR_ARG(container_name(a, k)), amount(a, k->usage_bytes),
                               amount(a, k->memory_max_bytes.v),
                               100.0 * (double)k->usage_bytes / (double)k->memory_max_bytes.v),
                  2);
    }
    if (all > shown)
        text_wrap(b, f, "- ", arena_printf(a, "and %zu more (all in -o json)", all - shown), 2);
}

void victims_render(const void *results, const struct out_format *f, struct buf *b)
{
    const struct victims_results *r = results;
    if (f->word != VICTIMS_TEXT) {
        victims_render_json(r, f->word == VICTIMS_YAML ? JSON_AS_YAML : JSON_INDENTED, b);
        return;
    }
    add_node(r->arena, r->victims, f, b);
    add_evictions(r->arena, r->victims, f, b);
    add_kills(r->arena, r->victims, f, b);
    add_surprises(r->arena, r->victims, f, b);
    add_near_limit(r->arena, r->victims, f, b);
}
