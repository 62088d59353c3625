/* SPDX-License-Identifier: Apache-2.0
 *
 * What Monte Carlo runs come to: sums that can be added part by part, their order, their digest, and
 * the quantiles of the load line.
 */
#include "analysis/simulate/runs.h"

int64_t runs_first(int64_t runs, int64_t shard, int64_t shards)
{
    /* runs / shards * shard + rest, without overflow */
    return runs / shards * shard + runs % shards * shard / shards;
}

/* ---- order ---- */

static int workload_order(const void *a, const void *b)
{
    return str_cmp(((const struct runs_workload *)a)->name,
                   ((const struct runs_workload *)b)->name);
}

static int contingency_order(const void *a, const void *b)
{
    return str_cmp(((const struct runs_contingency *)a)->name,
                   ((const struct runs_contingency *)b)->name);
}

static int node_order(const void *a, const void *b)
{
    return str_cmp(((const struct runs_node *)a)->name, ((const struct runs_node *)b)->name);
}

static int bin_order(const void *a, const void *b)
{
    const struct runs_bin *x = a, *y = b;
    return (x->line > y->line) - (x->line < y->line);
}

static int worst_order(const void *a, const void *b)
{
    const struct runs_worst *x = a, *y = b;
    if (x->line != y->line)
        return x->line < y->line ? -1 : 1;
    return (x->run > y->run) - (x->run < y->run);
}

/* An empty list has no address to sort. */
#define SORT(list, order)                                                    \
    do {                                                                     \
        if ((list).count)                                                    \
            qsort((list).items, (list).count, sizeof(*(list).items), order); \
    } while (0)

void runs_result_sort(struct runs_result *r)
{
    SORT(r->workloads, workload_order);
    SORT(r->contingencies, contingency_order);
    SORT(r->node_list, node_order);
    SORT(r->bins, bin_order);
    SORT(r->worst, worst_order);
}

/* ---- digests ---- */

static void add_number(struct sha256 *h, int64_t v)
{
    char text[32];
    int n = snprintf(text, sizeof(text), "%lld ", (long long)v);
    sha256_add(h, text, (size_t)n);
}

/* With its length, so that no two lists of texts look alike. */
static void add_text(struct sha256 *h, struct str s)
{
    add_number(h, (int64_t)s.n);
    sha256_add(h, s.p ? s.p : "", s.n);
}

void runs_result_digest(struct runs_result *r)
{
    struct sha256 h;
    sha256_init(&h);
    add_text(&h, r->version);
    add_text(&h, r->world_digest);
    add_text(&h, r->question);
    const int64_t sums[] = {r->runs,       r->seed,       r->done,  r->outages,
                            r->structural, r->nodes_lost, r->nodes, r->pods};
    for (size_t i = 0; i < ARRAY_LEN(sums); i++)
        add_number(&h, sums[i]);
    for (size_t i = 0; i < r->bins.count; i++) {
        add_number(&h, r->bins.items[i].line);
        add_number(&h, r->bins.items[i].count);
    }
    for (size_t i = 0; i < r->workloads.count; i++) {
        const struct runs_workload *x = &r->workloads.items[i];
        const int64_t counts[] = {x->zero, x->below, x->again, x->structural, x->at_limit};
        add_text(&h, x->name);
        for (size_t k = 0; k < ARRAY_LEN(counts); k++)
            add_number(&h, counts[k]);
    }
    for (size_t i = 0; i < r->contingencies.count; i++) {
        add_text(&h, r->contingencies.items[i].name);
        add_number(&h, r->contingencies.items[i].drawn);
        add_number(&h, r->contingencies.items[i].outages);
    }
    for (size_t i = 0; i < r->node_list.count; i++) {
        add_text(&h, r->node_list.items[i].name);
        add_number(&h, r->node_list.items[i].first);
    }
    for (size_t i = 0; i < r->worst.count; i++) {
        add_number(&h, r->worst.items[i].run);
        add_number(&h, r->worst.items[i].line);
        add_text(&h, r->worst.items[i].first);
    }
    sha256_hex(&h, r->digest);
}

static void add_nodes(struct sha256 *h, const struct sim_world *w)
{
    for (uint32_t i = 0; i < w->node_count; i++) {
        const struct sim_node *n = &w->nodes[i];
        const int64_t numbers[] = {n->capacity,    n->allocatable, n->kubepods,
                                   n->evict_below, n->system,      n->unaccounted,
                                   n->zone,        n->usable,      n->thrash_below};
        add_text(h, n->node->o.name);
        for (size_t k = 0; k < ARRAY_LEN(numbers); k++)
            add_number(h, numbers[k]);
    }
}

static void add_containers(struct sha256 *h, const struct sim_world *w, const struct sim_pod *p)
{
    for (uint32_t k = 0; k < p->container_count; k++) {
        const struct sim_container *c = &w->containers[p->container + k];
        const struct usage_container *u = c->spread;
        const int64_t numbers[] = {c->usage, c->limit, c->growth, c->ceiling, c->jitter_percent};
        const int64_t spread[] = {u ? u->p50_bytes : 0, u ? u->p95_bytes : 0, u ? u->p99_bytes : 0,
                                  u ? u->max_bytes : 0};
        add_text(h, c->container->name);
        for (size_t i = 0; i < ARRAY_LEN(numbers); i++)
            add_number(h, numbers[i]);
        for (size_t i = 0; i < ARRAY_LEN(spread); i++)
            add_number(h, spread[i]);
    }
}

static void add_pods(struct sha256 *h, const struct sim_world *w)
{
    for (uint32_t i = 0; i < w->pod_count; i++) {
        const struct sim_pod *p = &w->pods[i];
        const int64_t numbers[] = {p->workload,   p->node,     p->request,
                                   p->priority,   p->limit,    p->tolerates_ms,
                                   p->controller, p->critical, p->ready};
        add_text(h, p->pod->o.ns);
        add_text(h, p->pod->o.name);
        for (size_t k = 0; k < ARRAY_LEN(numbers); k++)
            add_number(h, numbers[k]);
        add_containers(h, w, p);
    }
    for (uint32_t i = 0; i < w->workload_count; i++) {
        add_text(h, w->workloads[i].name);
        add_number(h, w->workloads[i].need);
        add_number(h, w->workloads[i].healthy);
    }
}

static void add_set(struct sha256 *h, const struct runs_plan *p)
{
    for (size_t i = 0; i < p->set->count; i++) {
        const struct contingency *c = &p->set->items[i];
        add_text(h, c->name);
        add_number(h, c->type);
        for (size_t k = 0; k < c->actions.count; k++) {
            const struct sim_action *x = &c->actions.items[k];
            const int64_t numbers[] = {x->at_ms,
                                       x->type,
                                       x->node,
                                       x->leak.workload,
                                       x->surge_permyriad,
                                       x->leak.bytes_per_minute};
            for (size_t n = 0; n < ARRAY_LEN(numbers); n++)
                add_number(h, numbers[n]);
        }
    }
    for (size_t i = 0; i < p->world->leaks.count; i++) {
        add_number(h, p->world->leaks.items[i].workload);
        add_number(h, p->world->leaks.items[i].bytes_per_minute);
    }
}

void runs_world_digest(const struct runs_plan *p, const struct runs_result *r, char ret[SHA256_HEX])
{
    const struct sim_options *o = &p->world->options;
    const int64_t options[] = {o->assume,
                               o->node_oom,
                               o->node_pressure,
                               o->unaccounted_permyriad,
                               o->elastic_permyriad,
                               o->surge_permyriad,
                               o->start_ms,
                               o->warm_ms,
                               o->until_ms,
                               p->options.spread_permyriad,
                               p->options.correlation_permyriad};
    struct sha256 h;
    sha256_init(&h);
    for (size_t i = 0; i < ARRAY_LEN(options); i++)
        add_number(&h, options[i]);
    for (size_t i = 0; i < r->assumptions.count; i++)
        add_text(&h, r->assumptions.items[i].text);
    add_nodes(&h, p->world);
    add_pods(&h, p->world);
    add_set(&h, p);
    sha256_hex(&h, ret);
}

/* ---- merging ---- */

struct merger {
    const struct runs_result *parts;
    const struct str *names;
    struct err *e;
};

static int refuse(const struct merger *m, size_t i, const char *what, struct str other)
{
    return err_set(m->e, EINVAL, STR_FMT ": %s" STR_FMT, STR_ARG(m->names[i]), what,
                   STR_ARG(other));
}

/* Part i belongs to what the first part belongs to. */
static int check_part(const struct merger *m, size_t i)
{
    const struct runs_result *a = &m->parts[0], *b = &m->parts[i];
    if (b->shards < 1 || b->shard < 0 || b->shard >= b->shards || b->runs < 1)
        return refuse(m, i, "it does not say which part of how many runs it is", STR_NONE);
    if (!str_eq(a->version, b->version))
        return refuse(m, i, "made by another version of plimsoll than ", m->names[0]);
    if (!str_eq(a->world_digest, b->world_digest))
        return refuse(m, i, "another world or other assumptions than ", m->names[0]);
    if (a->seed != b->seed)
        return refuse(m, i, "another --seed than ", m->names[0]);
    if (a->runs != b->runs)
        return refuse(m, i, "another number of --runs than ", m->names[0]);
    if (a->shards != b->shards)
        return refuse(m, i, "cut into another number of shards than ", m->names[0]);
    int64_t part =
        runs_first(b->runs, b->shard + 1, b->shards) - runs_first(b->runs, b->shard, b->shards);
    if (b->done != part)
        return err_set(m->e, EINVAL, STR_FMT ": it ended early, after %lld of its %lld runs",
                       STR_ARG(m->names[i]), (long long)b->done, (long long)part);
    return 0;
}

static int check_complete(struct arena *a, const struct merger *m, size_t count)
{
    const struct runs_result *first = &m->parts[0];
    size_t *by = arena_array(a, size_t, (size_t)MIN(first->shards, (int64_t)count));
    for (size_t i = 0; i < count; i++) {
        int64_t shard = m->parts[i].shard;
        if (shard >= (int64_t)count)
            continue;
        if (by[shard])
            return err_set(m->e, EINVAL, STR_FMT " and " STR_FMT " are both shard %lld of %lld",
                           STR_ARG(m->names[by[shard] - 1]), STR_ARG(m->names[i]), (long long)shard,
                           (long long)first->shards);
        by[shard] = i + 1;
    }
    for (int64_t s = 0; s < first->shards; s++)
        if (s >= (int64_t)count || !by[s])
            return err_set(m->e, EINVAL, "shard %lld of %lld is missing: %zu file%s", (long long)s,
                           (long long)first->shards, count, count == 1 ? "" : "s");
    return 0;
}

static void append(struct arena *a, const struct runs_result *from, struct runs_result *to)
{
    for (size_t i = 0; i < from->bins.count; i++)
        *PUSH(a, &to->bins) = from->bins.items[i];
    for (size_t i = 0; i < from->workloads.count; i++)
        *PUSH(a, &to->workloads) = from->workloads.items[i];
    for (size_t i = 0; i < from->contingencies.count; i++)
        *PUSH(a, &to->contingencies) = from->contingencies.items[i];
    for (size_t i = 0; i < from->node_list.count; i++)
        *PUSH(a, &to->node_list) = from->node_list.items[i];
    for (size_t i = 0; i < from->worst.count; i++)
        *PUSH(a, &to->worst) = from->worst.items[i];
    to->done += from->done;
    to->outages += from->outages;
    to->structural += from->structural;
    to->nodes_lost += from->nodes_lost;
}

/* Neighbours of one name (or line) become one. */
static void fold(struct runs_result *r)
{
    size_t n = 0;
    for (size_t i = 0; i < r->bins.count; i++)
        if (n && r->bins.items[n - 1].line == r->bins.items[i].line)
            r->bins.items[n - 1].count += r->bins.items[i].count;
        else
            r->bins.items[n++] = r->bins.items[i];
    r->bins.count = n;
    n = 0;
    for (size_t i = 0; i < r->workloads.count; i++) {
        const struct runs_workload *x = &r->workloads.items[i];
        struct runs_workload *y = n ? &r->workloads.items[n - 1] : NULL;
        if (!y || !str_eq(x->name, y->name)) {
            r->workloads.items[n++] = *x;
            continue;
        }
        y->zero += x->zero;
        y->below += x->below;
        y->again += x->again;
        y->structural += x->structural;
        y->at_limit += x->at_limit;
    }
    r->workloads.count = n;
    n = 0;
    for (size_t i = 0; i < r->contingencies.count; i++) {
        const struct runs_contingency *x = &r->contingencies.items[i];
        struct runs_contingency *y = n ? &r->contingencies.items[n - 1] : NULL;
        if (!y || !str_eq(x->name, y->name)) {
            r->contingencies.items[n++] = *x;
            continue;
        }
        y->drawn += x->drawn;
        y->outages += x->outages;
    }
    r->contingencies.count = n;
    n = 0;
    for (size_t i = 0; i < r->node_list.count; i++)
        if (n && str_eq(r->node_list.items[n - 1].name, r->node_list.items[i].name))
            r->node_list.items[n - 1].first += r->node_list.items[i].first;
        else
            r->node_list.items[n++] = r->node_list.items[i];
    r->node_list.count = n;
    r->worst.count = MIN(r->worst.count, (size_t)RUNS_WORST);
}

int runs_merge(struct arena *a, const struct runs_result *parts, const struct str *names,
               size_t count, struct runs_result *ret, struct err *e)
{
    struct merger m = {parts, names, e};
    for (size_t i = 0; i < count; i++) {
        int r = check_part(&m, i);
        if (r < 0)
            return r;
    }
    int r = check_complete(a, &m, count);
    if (r < 0)
        return r;
    *ret = (struct runs_result){.version = parts[0].version,
                                .runs = parts[0].runs,
                                .seed = parts[0].seed,
                                .shards = 1,
                                .nodes = parts[0].nodes,
                                .pods = parts[0].pods,
                                .question = parts[0].question,
                                .world_digest = parts[0].world_digest};
    ret->assumptions.items = parts[0].assumptions.items;
    ret->assumptions.count = ret->assumptions.cap = parts[0].assumptions.count;
    for (size_t i = 0; i < count; i++)
        append(a, &parts[i], ret);
    runs_result_sort(ret);
    fold(ret);
    runs_result_digest(ret);
    return 0;
}

/* ---- quantiles ---- */

/* The line of the rank-th of the runs, from 1, lowest first. */
static int64_t line_of(const struct runs_result *r, int64_t rank)
{
    int64_t passed = 0;
    for (size_t i = 0; i < r->bins.count; i++) {
        passed += r->bins.items[i].count;
        if (passed >= rank)
            return r->bins.items[i].line;
    }
    return -1;
}

static int64_t rank_of(double share, int64_t count)
{
    double x = share * (double)count;
    int64_t rank = (int64_t)x;
    rank += (double)rank < x;
    return MAX(MIN(rank, count), 1);
}

struct runs_quantile runs_quantile_of(const struct runs_result *r, double share)
{
    if (r->done == 0)
        return (struct runs_quantile){-1, -1, -1};
    struct interval w = wilson_interval_of(share, (uint64_t)r->done);
    return (struct runs_quantile){line_of(r, rank_of(share, r->done)),
                                  line_of(r, MAX((int64_t)(w.low * (double)r->done), 1)),
                                  line_of(r, rank_of(w.high, r->done))};
}
