/* SPDX-License-Identifier: Apache-2.0
 *
 * The runs of a Monte Carlo simulation, by several threads: each draws, runs at the drawn use, and
 * looks for the factor on it at which the same run would fail.
 */
#include "analysis/simulate/runs.h"
#include "analysis/simulate/report.h"

enum { STEP = 500 /* 5 %: the grid of the search, before it is bisected */ };

struct runs_job;
struct runs_worker {
    struct runs_job *job;
    struct arena arena, scratch; /* scratch: of one run */
    struct sim_runner *runner;
    struct runs_draw draw;
    struct sim_outcome structural; /* of the run at hand */
    bool structural_known;
    /* sums, by workload, contingency, node */
    struct runs_workload *workloads;
    struct runs_contingency *contingencies;
    int64_t *first;
    int64_t *seen; /* by workload: the last run, counted from 1, that found it at its limit */
    int64_t bins[RUNS_LINE_BINS], done, outages, structural_runs, nodes_lost;
    struct runs_worst worst[RUNS_WORST];
    size_t worst_count;
};
struct runs_job {
    const struct runs_plan *plan;
    int64_t end;
    _Atomic int64_t next;
    atomic_bool out_of_memory;
};

/* ---- one run ---- */

static void run_at(struct runs_worker *k, int64_t factor, bool stop, struct sim_outcome *ret)
{
    struct sim_run_input in = {
        .contingency = &k->draw.contingency, .factor = factor, .stop_at_failure = stop};
    sim_run(k->runner, &in, &k->scratch, ret);
}

/* What fails in this run at any use is not the memory's fault. */
static size_t beyond_structural(struct runs_worker *k, const struct sim_outcome *o,
                                struct sim_failure **ret)
{
    *ret = NULL;
    if (o->failure_count == 0)
        return 0;
    if (!k->structural_known)
        run_at(k, 0, false, &k->structural);
    k->structural_known = true;
    return failures_beyond(&k->scratch, o, &k->structural, ret);
}

static bool fails_at(struct runs_worker *k, int64_t factor)
{
    struct sim_outcome o;
    struct sim_failure *list;
    run_at(k, factor, true, &o);
    return beyond_structural(k, &o, &list) > 0;
}

/* The line of this run: outwards from 1, where it is known, by the grid to the first change, and
 * between by halves. */
static int64_t find_line(struct runs_worker *k, bool fails_now)
{
    int64_t passes = FACTOR_ONE, fails = FACTOR_ONE;
    if (fails_now) {
        while (passes > 0 && passes == fails) {
            int64_t next = MAX(fails - STEP, 0);
            if (next > 0 && fails_at(k, next))
                passes = fails = next;
            else
                passes = next;
        }
    } else {
        while (passes == fails) {
            int64_t next = MIN(passes + STEP, RUNS_LINE_MOST);
            if (fails_at(k, next))
                fails = next;
            else
                passes = fails = next;
            if (passes == RUNS_LINE_MOST)
                return RUNS_LINE_MOST;
        }
    }
    while (fails - passes > RUNS_LINE_STEP) {
        int64_t middle = (passes + fails) / 2 / RUNS_LINE_STEP * RUNS_LINE_STEP;
        if (fails_at(k, middle))
            fails = middle;
        else
            passes = middle;
    }
    return passes;
}

static void count_failures(struct runs_worker *k, const struct sim_outcome *o)
{
    for (size_t i = 0; i < o->failure_count; i++) {
        const struct sim_failure *f = &o->failures[i];
        if (f->way == WAY_NODE_LOST)
            continue;
        struct runs_workload *w = &k->workloads[f->subject];
        w->zero += f->way == WAY_ZERO;
        w->below += f->way == WAY_ZERO || f->way == WAY_SHORT;
        w->again += f->way == WAY_STORM;
    }
    k->nodes_lost += o->nodes_lost > 0;
    if (!k->structural_known)
        return;
    k->structural_runs += k->structural.failure_count > 0;
    for (size_t i = 0; i < k->structural.failure_count; i++)
        if (k->structural.failures[i].way != WAY_NODE_LOST)
            k->workloads[k->structural.failures[i].subject].structural++;
}

/* A workload counts once a run. */
static void count_limits(struct runs_worker *k)
{
    const struct sim_world *w = &k->draw.world;
    for (uint32_t p = 0; p < w->pod_count; p++)
        for (uint32_t i = 0; i < w->pods[p].container_count; i++) {
            const struct sim_container *c = &w->containers[w->pods[p].container + i];
            uint32_t x = w->pods[p].workload;
            if (!c->limit || c->usage <= c->limit || k->seen[x] == k->done)
                continue;
            k->seen[x] = k->done;
            k->workloads[x].at_limit++;
        }
}

static int worst_order(const struct runs_worst *a, const struct runs_worst *b)
{
    if (a->line != b->line)
        return a->line < b->line ? -1 : 1;
    return (a->run > b->run) - (a->run < b->run);
}

static void keep_worst(struct runs_worst *list, size_t *count, struct runs_worst x)
{
    size_t i = *count;
    if (i == RUNS_WORST && worst_order(&x, &list[i - 1]) >= 0)
        return;
    i -= i == RUNS_WORST;
    for (; i > 0 && worst_order(&x, &list[i - 1]) < 0; i--)
        list[i] = list[i - 1];
    list[i] = x;
    *count = MIN(*count + 1, (size_t)RUNS_WORST);
}

static void one_run(struct runs_worker *k, int64_t run)
{
    struct sim_outcome now;
    struct sim_failure *list;
    runs_draw_make(k->job->plan, run, &k->draw);
    sim_runner_forget(k->runner);
    k->structural_known = false;
    k->done++;
    run_at(k, FACTOR_ONE, false, &now);
    bool outage = beyond_structural(k, &now, &list) > 0;
    count_failures(k, &now);
    count_limits(k);
    k->outages += outage;
    k->contingencies[k->draw.drawn].drawn++;
    k->contingencies[k->draw.drawn].outages += outage;
    if (outage && now.first.type != SIM_EVENT_TYPES && now.first.node != NO_INDEX32)
        k->first[now.first.node]++;
    int64_t line = find_line(k, outage);
    k->bins[line / RUNS_LINE_STEP]++;
    keep_worst(k->worst, &k->worst_count,
               (struct runs_worst){.run = run,
                                   .line = line,
                                   .outage = outage,
                                   .contingency = k->draw.contingency.name,
                                   .at_ms = k->draw.at_ms});
    arena_reset(&k->scratch);
}

/* ---- threads ---- */

static void worker_init(struct runs_worker *k)
{
    const struct runs_plan *p = k->job->plan;
    arena_init(&k->scratch);
    runs_draw_init(&k->arena, p, &k->draw);
    k->workloads = arena_array(&k->arena, struct runs_workload, p->world->workload_count);
    k->seen = arena_array(&k->arena, int64_t, p->world->workload_count);
    k->contingencies = arena_array(&k->arena, struct runs_contingency, p->set->count);
    k->first = arena_array(&k->arena, int64_t, p->world->node_count);
    k->runner = sim_runner_new(&k->arena, &k->draw.world);
}

static int work(void *arg)
{
    struct runs_worker *k = arg;
    struct sim_watch *watch = k->job->plan->world->options.watch;
    worker_init(k);
    while (!atomic_load(&k->job->out_of_memory) && !sim_stopped(watch)) {
        int64_t run = atomic_fetch_add(&k->job->next, 1);
        if (run >= k->job->end)
            break;
        one_run(k, run);
        sim_watch_step(watch);
    }
    return 0;
}

static void *work_protected(void *arg)
{
    struct runs_worker *k = arg;
    if (mem_protect(work, k) < 0)
        atomic_store(&k->job->out_of_memory, true);
    return NULL;
}

static unsigned thread_count(const struct sim_world *w, int64_t runs)
{
    long cpus = sysconf(_SC_NPROCESSORS_ONLN);
    int64_t n = w->options.threads ? (int64_t)w->options.threads : MAX(cpus, 1);
    return (unsigned)MAX(MIN(MIN(n, runs), (int64_t)SIM_MOST_THREADS), (int64_t)1);
}

/* ---- sums ---- */

static void add_worker(struct runs_worker *to, const struct runs_worker *k)
{
    const struct runs_plan *p = to->job->plan;
    for (uint32_t i = 0; i < p->world->workload_count; i++) {
        to->workloads[i].zero += k->workloads[i].zero;
        to->workloads[i].below += k->workloads[i].below;
        to->workloads[i].again += k->workloads[i].again;
        to->workloads[i].structural += k->workloads[i].structural;
        to->workloads[i].at_limit += k->workloads[i].at_limit;
    }
    for (size_t i = 0; i < p->set->count; i++) {
        to->contingencies[i].drawn += k->contingencies[i].drawn;
        to->contingencies[i].outages += k->contingencies[i].outages;
    }
    for (uint32_t i = 0; i < p->world->node_count; i++)
        to->first[i] += k->first[i];
    for (size_t i = 0; i < RUNS_LINE_BINS; i++)
        to->bins[i] += k->bins[i];
    for (size_t i = 0; i < k->worst_count; i++)
        keep_worst(to->worst, &to->worst_count, k->worst[i]);
    to->done += k->done;
    to->outages += k->outages;
    to->structural_runs += k->structural_runs;
    to->nodes_lost += k->nodes_lost;
}

static void give_lists(struct arena *a, const struct runs_worker *k, struct runs_result *ret)
{
    const struct runs_plan *p = k->job->plan;
    const struct sim_world *w = p->world;
    for (size_t i = 0; i < RUNS_LINE_BINS; i++)
        if (k->bins[i])
            *PUSH(a, &ret->bins) = (struct runs_bin){(int64_t)i * RUNS_LINE_STEP, k->bins[i]};
    for (uint32_t i = 0; i < w->workload_count; i++) {
        struct runs_workload x = k->workloads[i];
        x.name = w->workloads[i].name;
        if (x.below || x.again || x.structural || x.at_limit)
            *PUSH(a, &ret->workloads) = x;
    }
    for (size_t i = 0; i < p->set->count; i++) {
        struct runs_contingency x = k->contingencies[i];
        x.name = p->set->items[i].name;
        if (x.drawn)
            *PUSH(a, &ret->contingencies) = x;
    }
    for (uint32_t i = 0; i < w->node_count; i++)
        if (k->first[i])
            *PUSH(a, &ret->node_list) = (struct runs_node){w->nodes[i].node->o.name, k->first[i]};
    for (size_t i = 0; i < k->worst_count; i++)
        *PUSH(a, &ret->worst) = k->worst[i];
    runs_result_sort(ret);
}

void runs_make(struct arena *a, const struct runs_plan *p, struct runs_result *ret)
{
    const struct runs_options *o = &p->options;
    struct runs_job j = {.plan = p};
    int64_t from = runs_first(o->runs, o->shard, o->shards);
    j.end = runs_first(o->runs, o->shard + 1, o->shards);
    atomic_store(&j.next, from);
    sim_watch_phase(p->world->options.watch, SIM_PHASE_RUNS, (size_t)(j.end - from), 0);
    unsigned threads = thread_count(p->world, j.end - from), started = 0;
    struct runs_worker *workers = arena_array(a, struct runs_worker, threads);
    pthread_t ids[SIM_MOST_THREADS];
    for (unsigned i = 0; i < threads; i++) {
        workers[i].job = &j;
        arena_init(&workers[i].arena);
    }
    for (unsigned i = 1; i < threads; i++) {
        if (pthread_create(&ids[started], NULL, work_protected, &workers[i]) != 0)
            break;
        started++;
    }
    work_protected(&workers[0]);
    for (unsigned i = 0; i < started; i++)
        pthread_join(ids[i], NULL);
    if (atomic_load(&j.out_of_memory))
        mem_out();
    for (unsigned i = 1; i <= started; i++)
        add_worker(&workers[0], &workers[i]);
    *ret = (struct runs_result){.version = STR(PLIMSOLL_VERSION),
                                .runs = o->runs,
                                .seed = o->seed,
                                .shard = o->shard,
                                .shards = o->shards,
                                .done = workers[0].done,
                                .outages = workers[0].outages,
                                .structural = workers[0].structural_runs,
                                .nodes_lost = workers[0].nodes_lost,
                                .nodes = sim_nodes_now(p->world),
                                .pods = sim_pods_now(p->world)};
    give_lists(a, &workers[0], ret);
    for (unsigned i = 0; i <= started; i++) {
        sim_runner_done(workers[i].runner);
        arena_done(&workers[i].scratch);
        arena_absorb(a, &workers[i].arena);
    }
}

void runs_explain(struct arena *a, const struct runs_plan *p, int64_t run, struct sim_events *ret,
                  struct sim_outcome *ret_outcome)
{
    struct runs_draw d;
    runs_draw_init(a, p, &d);
    runs_draw_make(p, run, &d);
    struct sim_runner *r = sim_runner_new(a, &d.world);
    struct sim_run_input in = {
        .contingency = &d.contingency, .factor = FACTOR_ONE, .log = ret, .log_arena = a};
    sim_run(r, &in, a, ret_outcome);
    sim_runner_done(r);
}
