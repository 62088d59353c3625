/* SPDX-License-Identifier: Apache-2.0
 *
 * The search: candidates for where the cluster is weakest, each tried against the weakest
 * contingencies by several threads; the best by that bound are simulated in full until none can be
 * better; the winner is made, and from there the next one is sought.
 */
#include "analysis/remedy/remedy.h"

#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

#include "analysis/remedy/internal.h"
#include "base/alloc.h"

enum {
    FULL_MAX = 6, /* candidates of one round that are simulated in full */
    THREADS_MAX = 64,
};

/* ---- figures ---- */

/* A node that was added brings a contingency of its own, the last: it does not count. */
static void figures_of(const struct sim_report *r, size_t contingencies, int64_t holds_to,
                       struct remedy_figures *ret)
{
    *ret = (struct remedy_figures){.line_known = r->line.known,
                                   .line_above = r->line.above,
                                   .line = r->line.factor,
                                   .margin_known = r->margin.known,
                                   .margin_bytes = r->margin.bytes,
                                   .margin_pods = r->margin.pods,
                                   .contingencies = contingencies};
    if (r->line.known && r->line.factor > holds_to) {
        ret->line = holds_to;
        ret->line_above = false;
        ret->held = true;
    }
    for (size_t i = 0; i < MIN(contingencies, r->count); i++) {
        const struct sim_item *x = &r->items[i];
        ret->structural += x->structural.failure_count > 0;
        ret->failing += !x->survives;
        ret->failures += x->fail_count;
        ret->nodes_lost = MAX(ret->nodes_lost, x->now.nodes_lost);
        ret->blocked = ret->blocked || x->now.blocked;
    }
}

/* < 0: x is better than y. Lines nearer than REMEDY_LEAST are as good. */
static int figures_order(const struct remedy_figures *x, const struct remedy_figures *y)
{
    if (x->blocked != y->blocked)
        return x->blocked ? 1 : -1;
    if (x->line_known && y->line_known && llabs(x->line - y->line) >= REMEDY_LEAST)
        return x->line > y->line ? -1 : 1;
    const int64_t keys[][2] = {
        {(int64_t)x->failing, (int64_t)y->failing},
        {x->nodes_lost, y->nodes_lost},
        {(int64_t)x->failures, (int64_t)y->failures},
        {(int64_t)x->structural, (int64_t)y->structural},
        {-MIN(x->margin_pods, 0), -MIN(y->margin_pods, 0)},
    };
    for (size_t i = 0; i < ARRAY_LEN(keys); i++)
        if (keys[i][0] != keys[i][1])
            return keys[i][0] < keys[i][1] ? -1 : 1;
    return 0;
}

/* A higher line because pods that find no place use no memory is none. */
static bool is_harm(const struct remedy_figures *before, const struct remedy_figures *after)
{
    return after->structural > before->structural ||
           (before->margin_known && after->margin_known &&
            after->margin_pods < MIN(before->margin_pods, 0));
}

/* Better by something that is worth a change. */
static bool is_gain(const struct remedy_figures *before, const struct remedy_figures *after)
{
    return !is_harm(before, after) && figures_order(after, before) < 0;
}

/* ---- a round ---- */

struct round {
    const struct remedy_question *q; /* about the world as it is in this round */
    const struct sim_world *world;
    size_t contingencies; /* that count */
    int64_t holds_to;     /* limits proposed so far */
    struct sim_watch *watch;
    struct weakest weak;
    struct suspects suspects;
    struct candidates candidates;
    struct trial *trials; /* by candidate */
    size_t *ranked;       /* candidates, best first */
    struct trial now;     /* of the world as it is */
    atomic_size_t next;
    atomic_bool out_of_memory;
};

static void try_candidate(struct round *r, size_t i)
{
    const struct remedy *x = &r->candidates.items.items[i];
    struct trial *t = &r->trials[i];
    struct arena a;
    struct sim_world *w;
    struct err e = {0};
    arena_init(&a);
    if (trial_world(&a, r->world, x, &w, &e) < 0 || w->pending > r->world->pending)
        t->refused = true;
    else
        trial_run(w, &r->weak, r->q->want_line, t);
    t->line = MIN(t->line, x->holds_to);
    arena_done(&a);
}

static int work(void *arg)
{
    struct round *r = arg;
    for (;;) {
        size_t i = atomic_fetch_add(&r->next, 1);
        if (i >= r->candidates.items.count || atomic_load(&r->out_of_memory) ||
            sim_stopped(r->watch))
            return 0;
        try_candidate(r, i);
        sim_watch_step(r->watch);
    }
}

static void *work_protected(void *arg)
{
    struct round *r = arg;
    if (mem_protect(work, r) < 0)
        atomic_store(&r->out_of_memory, true);
    return NULL;
}

static void try_all(struct round *r)
{
    pthread_t ids[THREADS_MAX];
    unsigned started = 0;
    long cpus = sysconf(_SC_NPROCESSORS_ONLN);
    size_t threads = r->world->options.threads ? r->world->options.threads
                     : cpus > 0                ? (size_t)cpus
                                               : 1;
    threads = MIN(MIN(threads, r->candidates.items.count), (size_t)THREADS_MAX);
    for (size_t i = 1; i < threads; i++) {
        if (pthread_create(&ids[started], NULL, work_protected, r) != 0)
            break;
        started++;
    }
    work_protected(r);
    for (unsigned i = 0; i < started; i++)
        pthread_join(ids[i], NULL);
    if (atomic_load(&r->out_of_memory))
        mem_out();
}

static void make_candidates(struct arena *a, struct round *r)
{
    struct workload_use *uses = arena_array(a, struct workload_use, r->world->workload_count);
    workload_uses(a, r->world, uses);
    r->candidates = (struct candidates){.a = a, .world = r->world, .question = r->q, .uses = uses};
    weakest_find(a, r->q, &r->weak);
    suspects_find(r->world, &r->weak, &r->suspects);
    candidates_of_memory(&r->candidates, &r->suspects);
    candidates_of_policy(&r->candidates, &r->suspects);
    candidates_of_nodes(&r->candidates, &r->weak);
    r->trials = arena_array(a, struct trial, r->candidates.items.count);
    sim_watch_phase(r->watch, SIM_PHASE_REMEDIES, r->candidates.items.count, 0);
}

/* Best first; of equal ones that with fewer edits, then in the order in which they were made. */
static int rank_order(const void *a, const void *b, void *ctx)
{
    const struct round *r = ctx;
    size_t x = *(const size_t *)a, y = *(const size_t *)b;
    int order = trial_order(&r->trials[x], &r->trials[y]);
    const struct remedy *rx = &r->candidates.items.items[x], *ry = &r->candidates.items.items[y];
    if (order)
        return order;
    if (rx->edit_count != ry->edit_count)
        return rx->edit_count < ry->edit_count ? -1 : 1;
    return (x > y) - (x < y);
}

static void rank(struct arena *a, struct round *r)
{
    size_t n = r->candidates.items.count;
    r->ranked = arena_array(a, size_t, n);
    for (size_t i = 0; i < n; i++)
        r->ranked[i] = i;
    qsort_r(r->ranked, n, sizeof(*r->ranked), rank_order, r);
}

/* ---- in full ---- */

struct full {
    struct arena a;
    struct sim_world *world;
    struct contingencies set;
    struct sim_report report;
    struct remedy_figures figures;
    struct remedy_figures compared; /* what counts against others, see full_compare */
};

/* A contingency that failed at any use of memory, and does so no more, now has a line of its own.
 * That this is lower than the line of the others is no loss, as long as it is survived today. */
static void full_compare(const struct round *r, struct full *x)
{
    const struct sim_report *before = r->q->report;
    const struct sim_line *l = &x->report.line;
    x->compared = x->figures;
    if (l->known && !l->above && l->weakest < before->count &&
        before->items[l->weakest].structural.failure_count &&
        x->report.items[l->weakest].structural.failure_count <
            before->items[l->weakest].structural.failure_count &&
        x->figures.line >= FACTOR_ONE)
        x->compared.line = MAX(x->figures.line, before->line.factor);
}

static int full_run(const struct round *r, const struct remedy *x, struct full *ret)
{
    struct err e = {0};
    arena_init(&ret->a);
    if (trial_world(&ret->a, r->world, x, &ret->world, &e) < 0)
        return -EINVAL;
    trial_set(&ret->a, ret->world, r->q->set, x, &ret->set);
    sim_report_make(&ret->a, ret->world, &ret->set, &(struct sim_wanted){.line = r->q->want_line},
                    &ret->report);
    figures_of(&ret->report, r->contingencies, MIN(x->holds_to, r->holds_to), &ret->figures);
    full_compare(r, ret);
    return 0;
}

/* Whether a candidate with this bound could still beat what was found. */
static bool may_win(const struct trial *t, const struct remedy_figures *found, bool found_any,
                    const struct trial *now)
{
    if (t->refused || trial_order(t, now) >= 0)
        return false;
    return !found_any || !found->line_known || t->line / REMEDY_LEAST > found->line / REMEDY_LEAST;
}

/* The best candidate of a round in full, or SIZE_MAX. */
static size_t best_in_full(const struct round *r, const struct remedy_figures *before,
                           struct full *ret)
{
    size_t n = r->candidates.items.count, best = SIZE_MAX;
    for (size_t i = 0; i < MIN(n, (size_t)FULL_MAX); i++) {
        struct full f;
        size_t at = r->ranked[i];
        if (!may_win(&r->trials[at], &ret->compared, best != SIZE_MAX, &r->now))
            break;
        bool made = full_run(r, &r->candidates.items.items[at], &f) == 0;
        if (made && is_gain(before, &f.compared) &&
            (best == SIZE_MAX || figures_order(&f.compared, &ret->compared) < 0)) {
            if (best != SIZE_MAX)
                arena_done(&ret->a);
            *ret = f;
            best = at;
        } else {
            arena_done(&f.a);
        }
    }
    return best;
}

static const char *end_of(const struct remedy_question *q, const struct remedy_figures *f,
                          size_t count)
{
    if (!f->failing && !f->structural && !f->blocked && (!f->line_known || f->line_above))
        return "nothing is left to repair";
    if (q->world->usage.measured + q->world->usage.profiled == 0)
        return "how much memory the pods use is not in the input (PodMetrics, UsageProfile): no "
               "request or limit can be proposed";
    return count ? "nothing else helps" : "none of them helps";
}

static bool is_about(const struct remedy *x, const struct remedy *y)
{
    return x->like || y->like ? x->like && y->like : x->edits[0].object == y->edits[0].object;
}

/* Where the best is a change of many workloads: what one change alone would do. */
static void find_smaller(const struct round *r, const struct remedy_figures *before, size_t most,
                         struct remedies *ret)
{
    size_t tried = 0;
    for (size_t i = 0; i < r->candidates.items.count && ret->smaller_count < most &&
                       tried < FULL_MAX && !sim_stopped(r->watch);
         i++) {
        const struct remedy *x = &r->candidates.items.items[r->ranked[i]];
        bool seen = x->workloads > 1 || trial_order(&r->trials[r->ranked[i]], &r->now) >= 0;
        for (size_t k = 0; k < ret->smaller_count && !seen; k++)
            seen = is_about(x, &ret->smaller[k]);
        if (seen)
            continue;
        struct full f;
        tried++;
        if (full_run(r, x, &f) == 0 && is_gain(before, &f.compared)) {
            size_t at = ret->smaller_count++;
            for (; at > 0 && figures_order(&f.figures, &ret->smaller[at - 1].alone) < 0; at--)
                ret->smaller[at] = ret->smaller[at - 1];
            ret->smaller[at] = *x;
            ret->smaller[at].alone = ret->smaller[at].together = f.figures;
        }
        arena_done(&f.a);
    }
}

/* The remedy by itself, on the world as it was. */
static void find_alone(const struct remedy_question *q, struct remedy *x)
{
    struct round r = {
        .q = q, .world = q->world, .contingencies = q->set->count, .holds_to = FACTOR_MAX};
    struct full f;
    if (full_run(&r, x, &f) == 0)
        x->alone = f.figures;
    arena_done(&f.a);
}

/* One more remedy on top of those before; false when nothing helps. *q goes on to its world. */
static bool find_next(struct arena *a, struct round *r, const struct remedy_figures *before,
                      struct remedies *ret, struct remedy_question *q)
{
    struct full *full = arena_new(a, struct full);
    make_candidates(a, r);
    if (!r->weak.set.count)
        return false;
    trial_run(r->world, &r->weak, q->want_line, &r->now);
    try_all(r);
    ret->tried += r->candidates.items.count;
    rank(a, r);
    size_t best = best_in_full(r, before, full);
    if (best == SIZE_MAX)
        return false;
    struct remedy *x = &ret->items[ret->count++];
    *x = r->candidates.items.items[best];
    x->alone = x->together = full->figures;
    if (ret->count == 1 && x->workloads > 1)
        find_smaller(r, before, q->most, ret);
    arena_absorb(a, &full->a);
    q->world = full->world;
    q->set = &full->set;
    q->report = &full->report;
    return true;
}

void remedies_find(struct arena *a, const struct remedy_question *q, struct remedies *ret)
{
    struct remedy_question now = *q;
    struct sim_watch *watch = q->world->options.watch;
    int64_t holds_to = FACTOR_MAX;
    *ret = (struct remedies){.wanted = q->most > 0,
                             .items = arena_array(a, struct remedy, q->most),
                             .smaller = arena_array(a, struct remedy, q->most)};
    figures_of(q->report, q->set->count, FACTOR_MAX, &ret->before);
    struct remedy_figures last = ret->before;
    while (ret->count < q->most && !sim_stopped(watch)) {
        struct round r = {.q = &now,
                          .world = now.world,
                          .contingencies = q->set->count,
                          .holds_to = holds_to,
                          .watch = watch};
        struct remedy_question next = now;
        if (!find_next(a, &r, &last, ret, &next)) {
            ret->end = sim_stopped(watch) ? "stopped" : end_of(q, &last, ret->count);
            return;
        }
        struct remedy *x = &ret->items[ret->count - 1];
        if (ret->count > 1)
            find_alone(q, x);
        holds_to = MIN(holds_to, x->holds_to);
        last = x->together;
        now = next;
    }
}
