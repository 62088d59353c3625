/* SPDX-License-Identifier: Apache-2.0
 *
 * All contingencies of a set, by several threads: what each does at factor 0 (bookings alone) and
 * at factor 1, the ranking, and the digest. The search for the load line is in line.c.
 */
#include <stdatomic.h>

#include "analysis/simulate/report.h"
#include "base/sha256.h"

/* ---- phases ---- */

void run_structural(struct worker *k, size_t i, struct sim_outcome *ret)
{
    struct sim_item *item = &k->job->report->items[i];
    struct run_margin margin;
    struct sim_run_input in = {.contingency = item->contingency, .factor = 0};
    k->runner->margin = &margin;
    sim_run(k->runner, &in, &k->arena, ret);
    item->run = true;
    k->runner->margin = NULL;
    run_landings(k->runner, &k->arena, &k->job->landings[i]);
    item->spare_known = margin.known;
    item->spare_pods = margin.pods;
    item->spare_bytes = margin.bytes;
    item->spare_workload = margin.workload;
}

static void phase_structural(struct worker *k, size_t i)
{
    if (!pairs_item(k, i))
        run_structural(k, i, &k->job->report->items[i].structural);
    k->job->done[i] = 1;
}

void run_item(struct worker *k, size_t i, int64_t factor, bool stop, struct sim_outcome *ret)
{
    const struct sim_item *item = &k->job->report->items[i];
    struct sim_run_input in = {
        .contingency = item->contingency, .factor = factor, .stop_at_failure = stop};
    /* Where it sends pods is known once it has run. */
    if (item->run &&
        contingency_is_quiet(k->runner, item->contingency, factor, &k->job->landings[i])) {
        *ret = item->structural;
        return;
    }
    sim_run(k->runner, &in, &k->arena, ret);
}

static void phase_now(struct worker *k, size_t i)
{
    struct sim_item *item = &k->job->report->items[i];
    if (item->proved)
        item->now = item->structural;
    else
        run_item(k, i, FACTOR_ONE, false, &item->now);
    item->fail_count = failures_beyond(&k->arena, &item->now, &item->structural, &item->fails);
    item->survives = item->fail_count == 0;
    k->job->done[i] = 2;
}

/* ---- threads ---- */

static int work(void *arg)
{
    struct worker *k = arg;
    struct job *j = k->job;
    size_t count = j->todo ? j->todo_count : j->report->count;
    if (!k->runner)
        k->runner = sim_runner_new(&k->arena, j->report->world);
    for (;;) {
        size_t i = atomic_fetch_add(&j->next, 1);
        if (i >= count || atomic_load(&j->out_of_memory) || sim_stopped(j->watch))
            return 0;
        j->phase(k, j->todo ? j->todo[i] : i);
        sim_watch_step(j->watch);
    }
}

static void *work_protected(void *arg)
{
    struct worker *k = arg;
    if (mem_protect(work, k) < 0)
        atomic_store(&k->job->out_of_memory, true);
    return NULL;
}

void job_run(struct job *j, void (*phase)(struct worker *, size_t))
{
    pthread_t ids[SIM_MOST_THREADS];
    unsigned started = 0;
    j->phase = phase;
    atomic_store(&j->next, 0);
    for (unsigned i = 1; i < j->threads; i++) {
        if (pthread_create(&ids[started], NULL, work_protected, &j->workers[i]) != 0)
            break;
        started++;
    }
    work_protected(&j->workers[0]);
    for (unsigned i = 0; i < started; i++)
        pthread_join(ids[i], NULL);
    if (atomic_load(&j->out_of_memory))
        mem_out();
}

struct sim_runner *job_runner(struct job *j)
{
    struct worker *k = &j->workers[0];
    if (!k->runner)
        k->runner = sim_runner_new(&k->arena, j->report->world);
    return k->runner;
}

static unsigned thread_count(const struct sim_world *w, size_t contingencies)
{
    long cpus = sysconf(_SC_NPROCESSORS_ONLN);
    size_t n = w->options.threads ? w->options.threads : cpus > 0 ? (size_t)cpus : 1;
    return (unsigned)MAX(MIN(MIN(n, contingencies), (size_t)SIM_MOST_THREADS), (size_t)1);
}

/* ---- ranking ---- */

static int64_t rank_key(const struct sim_item *x, int i)
{
    switch (i) {
    case 0:
        return !x->survives || x->now.blocked;
    case 1:
        return x->now.zero;
    case 2:
        return x->now.below;
    case 3:
        return x->now.nodes_lost;
    case 4:
        return (int64_t)x->now.killed + x->now.evicted;
    case 5:
        return x->now.pending;
    case 6:
        return x->spare_known ? -x->spare_pods : INT64_MIN;
    default:
        return 0;
    }
}

static int rank_order(const void *a, const void *b, void *ctx)
{
    const struct sim_report *r = ctx;
    size_t x = *(const size_t *)a, y = *(const size_t *)b;
    for (int i = 0; i < 7; i++) {
        int64_t kx = rank_key(&r->items[x], i), ky = rank_key(&r->items[y], i);
        if (kx != ky)
            return kx > ky ? -1 : 1;
    }
    return (x > y) - (x < y);
}

static void make_margin(struct sim_report *r)
{
    for (size_t i = 0; i < r->count; i++) {
        const struct sim_item *x = &r->items[i];
        if (!x->spare_known || (r->margin.known && x->spare_pods >= r->margin.pods))
            continue;
        r->margin = (struct sim_margin){true, x->spare_bytes, x->spare_pods, x->spare_workload, i};
    }
}

static void make_clipped(struct arena *a, struct sim_report *r)
{
    const struct sim_world *w = r->world;
    struct sim_clipped *by = arena_array(a, struct sim_clipped, w->workload_count);
    for (uint32_t p = 0; p < w->pod_count; p++)
        for (uint32_t k = 0; !w->pods[p].planned && k < w->pods[p].container_count; k++) {
            uint32_t at = w->pods[p].container + k;
            const struct sim_container *c = &w->containers[at];
            int64_t wants = (int64_t)((double)c->usage * (double)r->line.factor / FACTOR_ONE);
            if (!c->limit || wants <= c->limit)
                continue;
            struct sim_clipped *x = &by[w->pods[p].workload];
            if (x->count++ == 0)
                x->container = at;
        }
    r->clipped = arena_array(a, struct sim_clipped, w->workload_count);
    for (uint32_t i = 0; i < w->workload_count; i++)
        if (by[i].count) {
            by[i].workload = i;
            r->clipped[r->clipped_count++] = by[i];
        }
}

/* ---- digest ---- */

static void add_number(struct sha256 *h, int64_t v)
{
    char text[32];
    int n = snprintf(text, sizeof(text), "%lld ", (long long)v);
    sha256_add(h, text, (size_t)n);
}

static void add_cycle(struct sha256 *h, const struct sim_cycle *c)
{
    for (size_t i = 0; c && i < c->step_count; i++) {
        add_number(h, c->steps[i].type);
        add_number(h, c->steps[i].node);
        add_number(h, c->steps[i].container);
    }
}

static void add_outcome(struct sha256 *h, const struct sim_outcome *o)
{
    const int64_t numbers[] = {o->nodes_lost, o->preempted,   o->killed,         o->evicted,
                               o->displaced,  o->pending,     o->below,          o->zero,
                               o->dips,       o->depth,       o->storm,          o->timed_out,
                               o->settled_ms, o->blocked,     o->peak_creations, (int64_t)o->events,
                               o->refused,    o->refused_left};
    for (size_t i = 0; i < ARRAY_LEN(numbers); i++)
        add_number(h, numbers[i]);
    for (size_t i = 0; i < o->failure_count; i++) {
        add_number(h, o->failures[i].way);
        add_number(h, o->failures[i].subject);
        add_number(h, o->failures[i].have);
        add_cycle(h, o->failures[i].cycle);
    }
}

static void make_digest(struct sim_report *r)
{
    struct sha256 h;
    sha256_init(&h);
    for (size_t i = 0; i < r->count; i++) {
        const struct sim_item *x = &r->items[r->ranked[i]];
        sha256_add(&h, x->contingency->name.p, x->contingency->name.n);
        add_outcome(&h, &x->structural);
        add_outcome(&h, &x->now);
        add_number(&h, x->spare_bytes);
        add_number(&h, x->spare_pods);
    }
    add_number(&h, r->margin.bytes);
    add_number(&h, r->line.factor);
    add_number(&h, r->line.fails_at);
    add_number(&h, (int64_t)r->line.weakest);
    add_outcome(&h, &r->line.outcome);
    for (size_t i = 0; i < r->group_count; i++) {
        sha256_add(&h, r->groups[i].name.p, r->groups[i].name.n);
        add_number(&h, r->groups[i].factor);
        add_number(&h, (int64_t)r->groups[i].weakest);
        add_number(&h, r->groups[i].margin.pods);
    }
    sha256_hex(&h, r->digest);
}

/* Stopped: what has not been through goes, so that nothing half done is told. */
static void keep_done(struct job *j)
{
    struct sim_report *r = j->report;
    size_t by_usage = 0, n = 0;
    for (size_t i = 0; i < r->count; i++)
        by_usage += j->done[i] == 2;
    r->by_usage = by_usage > 0;
    for (size_t i = 0; i < r->count; i++)
        if (j->done[i] == 2 || (!by_usage && j->done[i] == 1)) {
            j->landings[n] = j->landings[i];
            r->items[n++] = r->items[i];
        }
    r->count = n;
    r->stopped = true;
}

/* Bookings are all that counts: no usage is known, or the time was too short to look at it. */
static void use_bookings(struct sim_report *r)
{
    for (size_t i = 0; i < r->count; i++) {
        r->items[i].now = r->items[i].structural;
        r->items[i].survives = true;
    }
}

static void run_phases(struct job *j, struct arena *a, const struct sim_wanted *wanted)
{
    struct sim_report *r = j->report;
    sim_watch_phase(j->watch, SIM_PHASE_BOOKINGS, r->count, 0);
    pairs_begin(j, a);
    job_run(j, phase_structural);
    pairs_end(j);
    if (sim_usage_known(r->world) && !sim_stopped(j->watch)) {
        sim_watch_phase(j->watch, SIM_PHASE_USAGE, r->count, 0);
        job_run(j, phase_now);
        r->by_usage = true;
        if (wanted->line && !sim_stopped(j->watch))
            line_search(j, a);
    }
    if (sim_stopped(j->watch))
        keep_done(j);
    if (r->by_usage)
        make_clipped(a, r);
    else
        use_bookings(r);
    groups_make(j, a, wanted->group_lines && !r->stopped && !r->line.at_most);
    r->stopped = sim_stopped(j->watch);
}

void sim_report_make(struct arena *a, const struct sim_world *w, const struct contingencies *set,
                     const struct sim_wanted *wanted, struct sim_report *ret)
{
    struct job j = {
        .report = ret, .threads = thread_count(w, set->count), .watch = w->options.watch};
    *ret = (struct sim_report){.world = w, .count = set->count, .asked = set->count};
    ret->line.factor = ret->line.fails_at = NO_FACTOR;
    ret->items = arena_array(a, struct sim_item, set->count);
    ret->ranked = arena_array(a, size_t, set->count);
    j.landings = arena_array(a, struct landings, set->count);
    j.done = arena_array(a, uint8_t, set->count);
    j.workers = arena_array(a, struct worker, j.threads);
    for (unsigned i = 0; i < j.threads; i++) {
        j.workers[i].job = &j;
        arena_init(&j.workers[i].arena);
    }
    for (size_t i = 0; i < set->count; i++)
        ret->items[i].contingency = &set->items[i];
    run_phases(&j, a, wanted);
    for (size_t i = 0; i < ret->count; i++)
        ret->ranked[i] = i;
    make_margin(ret);
    qsort_r(ret->ranked, ret->count, sizeof(*ret->ranked), rank_order, ret);
    make_digest(ret);
    for (unsigned i = 0; i < j.threads; i++) {
        sim_runner_done(j.workers[i].runner);
        arena_absorb(a, &j.workers[i].arena);
    }
}
