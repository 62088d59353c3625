/* SPDX-License-Identifier: Apache-2.0
 *
 * One candidate, tried: the world as it would be with it, against the weakest contingencies only. No
 * contingency that is left out can make the line better, so what comes out is an upper bound.
 */
#include "analysis/remedy/internal.h"

/* What runs outside of pods was told from NodeMetrics and the pods that ran there when they were
 * taken; pods that have moved since must not change it. */
static void keep_system(const struct sim_world *before, const struct remedy *r, struct sim_world *w)
{
    for (uint32_t i = 0; i < w->node_count && (i < before->node_count || r->like); i++) {
        int32_t from = i < before->node_count ? (int32_t)i : sim_find_node(before, r->like->o.name);
        w->nodes[i].system = before->nodes[from].system;
    }
}

int trial_world(struct arena *a, const struct sim_world *before, const struct remedy *r,
                struct sim_world **ret, struct err *e)
{
    struct change x;
    struct cluster *c;
    int got = 0;
    change_begin(&x, a, before->cluster);
    for (size_t i = 0; i < r->edit_count && got == 0; i++)
        got = change_edit(&x, &r->edits[i], e);
    if (got == 0 && r->like)
        change_add_node(&x, r->like, r->node_name);
    if (got == 0)
        got = change_end(&x, &c, e);
    struct sim_options o = before->options;
    o.watch = NULL;
    if (got == 0)
        got = sim_world_new(a, c, &o, ret, e);
    if (got < 0)
        return got;
    keep_system(before, r, *ret);
    (*ret)->leaks = before->leaks;
    (*ret)->expanded = before->expanded;
    return 0;
}

/* The loss of each node is in the set, one by one. */
static bool loses_each_node(const struct sim_world *w, const struct contingencies *set)
{
    size_t usable = 0, lost = 0;
    for (uint32_t i = 0; i + 1 < w->node_count; i++) /* the last is new */
        usable += w->nodes[i].usable;
    for (size_t i = 0; i < set->count; i++)
        lost += set->items[i].type == CONTINGENCY_LOSE && set->items[i].node_count == 1;
    return lost >= usable;
}

void trial_set(struct arena *a, const struct sim_world *w, const struct contingencies *set,
               const struct remedy *r, struct contingencies *ret)
{
    *ret = (struct contingencies){0};
    for (size_t i = 0; i < set->count; i++)
        *PUSH(a, ret) = set->items[i];
    if (!r->like || !loses_each_node(w, set))
        return;
    struct contingency *c = PUSH(a, ret);
    *c = (struct contingency){.type = CONTINGENCY_LOSE,
                              .name = arena_printf(a, "node/" STR_FMT, STR_ARG(r->node_name)),
                              .nodes = arena_array(a, uint32_t, 1),
                              .node_count = 1};
    c->nodes[0] = w->node_count - 1;
}

/* ---- against the weakest ---- */

struct bench {
    struct arena scratch;
    struct sim_runner *runner;
    const struct weakest *weak;
    struct sim_outcome structural[WEAKEST_MAX + NODES_MAX];
};

static size_t fails(struct bench *b, size_t i, int64_t factor, bool stop, struct sim_outcome *ret)
{
    struct sim_failure *list;
    struct sim_run_input in = {
        .contingency = &b->weak->set.items[i], .factor = factor, .stop_at_failure = stop};
    sim_run(b->runner, &in, &b->scratch, ret);
    return failures_beyond(&b->scratch, ret, &b->structural[i], &list);
}

/* Of those that could survive before. */
static bool any_fails(struct bench *b, int64_t factor)
{
    struct sim_outcome o;
    for (size_t i = 0; i < b->weak->set.count; i++)
        if (!b->weak->structural[i] && fails(b, i, factor, true, &o))
            return true;
    return false;
}

/* The first factor that fails lies above the line to beat; found as the line itself is: on a grid,
 * then by bisection. Where the line to beat fails still, that is the answer. */
static int64_t line_bound(struct bench *b, int64_t at)
{
    enum { FINE = 25, GRID_PERCENT = 5 };
    int64_t passes = at, failing = 0;
    if (any_fails(b, at))
        return 0;
    while (!failing && passes < FACTOR_MAX) {
        int64_t next = MIN(passes + passes * GRID_PERCENT / 100 + 1, FACTOR_MAX);
        if (any_fails(b, next))
            failing = next;
        else
            passes = next;
    }
    while (failing && failing - passes > FINE) {
        int64_t middle = passes + (failing - passes) / 2;
        if (any_fails(b, middle))
            failing = middle;
        else
            passes = middle;
    }
    return passes;
}

void trial_run(const struct sim_world *w, const struct weakest *weak, bool want_line,
               struct trial *ret)
{
    struct bench b = {.weak = weak};
    struct sim_outcome o;
    arena_init(&b.scratch);
    b.runner = sim_runner_new(&b.scratch, w);
    for (size_t i = 0; i < weak->set.count; i++) {
        struct sim_run_input in = {.contingency = &weak->set.items[i]};
        sim_run(b.runner, &in, &b.scratch, &b.structural[i]);
        ret->structural += b.structural[i].failure_count > 0;
        ret->pending += b.structural[i].pending;
        ret->blocked = ret->blocked || b.structural[i].blocked;
    }
    if (want_line)
        ret->line = line_bound(&b, weak->factor);
    for (size_t i = 0; i < weak->set.count && !want_line; i++) {
        size_t n = fails(&b, i, FACTOR_ONE, false, &o);
        ret->failing += n > 0;
        ret->failures += n;
        ret->nodes_lost = MAX(ret->nodes_lost, o.nodes_lost);
    }
    sim_runner_done(b.runner);
    arena_done(&b.scratch);
}

/* Lines that are this near are the same: then what is simpler comes first. */
enum { SAME_LINE = 100 };

int trial_order(const struct trial *x, const struct trial *y)
{
    const int64_t keys[][2] = {
        {x->refused, y->refused},
        {x->blocked, y->blocked},
        {-(x->line / SAME_LINE), -(y->line / SAME_LINE)},
        {(int64_t)x->failing, (int64_t)y->failing},
        {x->nodes_lost, y->nodes_lost},
        {(int64_t)x->failures, (int64_t)y->failures},
        {(int64_t)x->structural, (int64_t)y->structural},
        {(int64_t)x->pending, (int64_t)y->pending},
    };
    for (size_t i = 0; i < ARRAY_LEN(keys); i++)
        if (keys[i][0] != keys[i][1])
            return keys[i][0] < keys[i][1] ? -1 : 1;
    return 0;
}
