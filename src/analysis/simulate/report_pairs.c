/* SPDX-License-Identifier: Apache-2.0
 *
 * The losses of two nodes in a report: which are proved (pairs.h) and which are run. Every 97th is
 * run in any case, and so is what may have the smallest booking margin.
 */
#include "analysis/simulate/report.h"

enum {
    CHECK_EVERY = 97,   /* a little more than 1 % */
    MARGIN_FIRST = 256, /* of the lowest bounds, before the others are compared with the best */
};

static bool is_pair(const struct contingency *c)
{
    return c->type == CONTINGENCY_LOSE && c->node_count == 2 && c->nodes[0] < c->nodes[1];
}

void pairs_begin(struct job *j, struct arena *a)
{
    struct sim_report *r = j->report;
    const struct sim_options *o = &r->world->options;
    atomic_store(&j->wrong, SIZE_MAX);
    r->pairs.wrong = SIZE_MAX;
    for (size_t i = 0; i < r->count; i++)
        r->pairs.count += is_pair(r->items[i].contingency);
    if (!r->pairs.count || o->pairs == SIM_PAIRS_ALL ||
        (o->pairs == SIM_PAIRS_AUTO && r->pairs.count <= SIM_PAIRS_RUN))
        return;
    j->pairs = pairs_new(a, job_runner(j));
    if (j->pairs)
        pairs_set_factor(j->pairs, job_runner(j), sim_usage_known(r->world) ? FACTOR_ONE : 0);
}

bool pairs_item(struct worker *k, size_t i)
{
    struct sim_item *item = &k->job->report->items[i];
    const struct pairs *p = k->job->pairs;
    if (!p || !is_pair(item->contingency) || !pairs_quiet(p, item->contingency))
        return false;
    item->proved = pairs_prove(p, item->contingency, &k->arena, &item->structural);
    return item->proved;
}

/* ---- proof against run ---- */

static void found_wrong(struct job *j, size_t i)
{
    size_t seen = atomic_load(&j->wrong);
    while (i < seen && !atomic_compare_exchange_weak(&j->wrong, &seen, i))
        continue;
}

/* At factor 0, where the margin is measured too, and at factor 1 without any short cut. */
static void phase_check(struct worker *k, size_t i)
{
    const struct sim_item *item = &k->job->report->items[i];
    struct sim_run_input in = {.contingency = item->contingency, .factor = FACTOR_ONE};
    struct sim_outcome o;
    run_structural(k, i, &o);
    if (!outcome_equal(&o, &item->structural))
        found_wrong(k->job, i);
    if (!sim_usage_known(k->job->report->world))
        return;
    sim_run(k->runner, &in, &k->arena, &o);
    if (!outcome_equal(&o, &item->structural))
        found_wrong(k->job, i);
}

static void phase_margin(struct worker *k, size_t i)
{
    struct sim_outcome o;
    run_structural(k, i, &o);
    if (!outcome_equal(&o, &k->job->report->items[i].structural))
        found_wrong(k->job, i);
}

static void run_some(struct job *j, const size_t *items, size_t count,
                     void (*phase)(struct worker *, size_t))
{
    j->todo = items;
    j->todo_count = count;
    if (count)
        job_run(j, phase);
    j->todo = NULL;
}

/* ---- the smallest margin ---- */

struct bounded {
    int64_t margin;
    size_t item;
};

static int bounded_order(const void *a, const void *b)
{
    const struct bounded *x = a, *y = b;
    if (x->margin != y->margin)
        return x->margin < y->margin ? -1 : 1;
    return (x->item > y->item) - (x->item < y->item);
}

static int64_t margin_seen(const struct sim_report *r)
{
    int64_t least = INT64_MAX - 1;
    for (size_t i = 0; i < r->count; i++)
        if (r->items[i].spare_known)
            least = MIN(least, r->items[i].spare_pods);
    return least;
}

/* Everything whose bound is not above the smallest margin that was measured: there lies the true
 * one, and of equals the first. */
static void find_margin(struct job *j, struct arena *tmp)
{
    struct sim_report *r = j->report;
    int64_t most = margin_seen(r);
    struct bounded *list = arena_array(tmp, struct bounded, r->pairs.proved);
    size_t *todo = arena_array(tmp, size_t, r->pairs.proved), n = 0, count = 0;
    pairs_set_margin(j->pairs, tmp, job_runner(j), most);
    for (size_t i = 0; i < r->count; i++) {
        if (!r->items[i].proved || r->items[i].run)
            continue;
        int64_t bound = pairs_least_margin(j->pairs, r->items[i].contingency);
        if (bound <= most)
            list[n++] = (struct bounded){bound, i};
    }
    if (n)
        qsort(list, n, sizeof(*list), bounded_order);
    size_t first = MIN(n, (size_t)MARGIN_FIRST);
    for (size_t i = 0; i < first; i++)
        todo[i] = list[i].item;
    run_some(j, todo, first, phase_margin);
    most = margin_seen(r);
    for (size_t i = first; i < n && list[i].margin <= most; i++)
        todo[count++] = list[i].item;
    run_some(j, todo, count, phase_margin);
}

void pairs_end(struct job *j)
{
    struct sim_report *r = j->report;
    CLEANUP(arena_done) struct arena tmp;
    arena_init(&tmp);
    if (j->pairs) {
        size_t *checks = arena_array(&tmp, size_t, r->count / CHECK_EVERY + 1), n = 0;
        for (size_t i = 0; i < r->count; i++) {
            r->pairs.proved += r->items[i].proved;
            if (i % CHECK_EVERY == 0 && r->items[i].proved)
                checks[n++] = i;
        }
        run_some(j, checks, n, phase_check);
        if (r->pairs.proved)
            find_margin(j, &tmp);
    }
    for (size_t i = 0; i < r->count; i++) {
        bool run = is_pair(r->items[i].contingency) && r->items[i].run;
        r->pairs.run += run;
        r->pairs.checked += run && r->items[i].proved;
    }
    r->pairs.wrong = atomic_load(&j->wrong);
}
