/* SPDX-License-Identifier: Apache-2.0
 *
 * What differs from run to run: how much each workload uses, which contingency happens and when, and
 * when leaks begin.
 */
#include "analysis/simulate/internal.h"
#include "analysis/simulate/runs.h"
#include "base/random.h"

/* Streams of the generator: one for each kind of thing that is drawn. */
enum { STREAM_RUN, STREAM_GROUP, STREAM_JITTER, STREAM_LEAK };
enum { DRAW_CONTINGENCY, DRAW_TIME, DRAW_COMMON };
enum { PERCENT = 100 };

/* ---- groups ---- */

struct named {
    uint32_t workload, container;
    struct str name;
};

static int named_order(const void *a, const void *b)
{
    const struct named *x = a, *y = b;
    if (x->workload != y->workload)
        return x->workload < y->workload ? -1 : 1;
    int names = str_cmp(x->name, y->name);
    return names ? names : (x->container > y->container) - (x->container < y->container);
}

static int check_percentiles(const struct sim_world *w, const struct runs_group *g, struct err *e)
{
    const struct usage_container *u = g->spread;
    const int64_t given[] = {u->p50_bytes, u->p95_bytes, u->p99_bytes, u->max_bytes};
    int64_t last = 0;
    for (size_t i = 0; i < ARRAY_LEN(given); i++) {
        if (given[i] > 0 && given[i] < last)
            return err_set(e, EINVAL,
                           "the usage of " STR_FMT
                           ": p50, p95, p99 and max must not fall from one to the next",
                           STR_ARG(w->workloads[g->workload].name));
        last = MAX(last, given[i]);
    }
    return 0;
}

static int make_groups(struct arena *a, struct runs_plan *p, struct err *e)
{
    const struct sim_world *w = p->world;
    struct named *list = arena_array(a, struct named, w->container_count);
    uint32_t n = 0;
    for (uint32_t i = 0; i < w->pod_count; i++)
        for (uint32_t k = 0; k < w->pods[i].container_count; k++) {
            uint32_t c = w->pods[i].container + k;
            list[n++] = (struct named){w->pods[i].workload, c, w->containers[c].container->name};
        }
    qsort(list, n, sizeof(*list), named_order);
    p->groups = arena_array(a, struct runs_group, n);
    p->group_of = arena_array(a, uint32_t, w->container_count);
    for (uint32_t i = 0; i < n; i++) {
        const struct sim_container *c = &w->containers[list[i].container];
        bool same =
            i && list[i].workload == list[i - 1].workload && str_eq(list[i].name, list[i - 1].name);
        if (!same)
            p->groups[p->group_count++] =
                (struct runs_group){list[i].workload, list[i].name, c->spread};
        p->group_of[list[i].container] = p->group_count - 1;
        if (!same && c->spread) {
            int r = check_percentiles(w, &p->groups[p->group_count - 1], e);
            if (r < 0)
                return r;
        }
    }
    return 0;
}

int runs_plan_make(struct arena *a, const struct sim_world *w, const struct contingencies *set,
                   const struct runs_options *o, struct runs_plan *ret, struct err *e)
{
    *ret = (struct runs_plan){.world = w, .set = set, .options = *o};
    uint32_t *list = arena_array(a, uint32_t, set->count);
    for (size_t i = 0; i < set->count; i++)
        if (set->count == 1 || set->items[i].type != CONTINGENCY_NONE)
            list[ret->candidate_count++] = (uint32_t)i;
    ret->candidates = list;
    if (ret->candidate_count == 0)
        return err_set(e, EINVAL, "there is nothing to draw from: no contingency in the set");
    double spread = (double)o->spread_permyriad / FACTOR_ONE;
    double variance = portable_log(1 + spread * spread);
    ret->log_sigma = square_root(variance);
    ret->log_mean = -variance / 2;
    return make_groups(a, ret, e);
}

/* ---- one run ---- */

void runs_draw_init(struct arena *a, const struct runs_plan *p, struct runs_draw *ret)
{
    const struct sim_world *w = p->world;
    size_t most = 0;
    *ret = (struct runs_draw){.world = *w};
    ret->world.containers = arena_array(a, struct sim_container, w->container_count);
    memcpy(ret->world.containers, w->containers, w->container_count * sizeof(*w->containers));
    ret->world.leaks.items = NULL;
    ret->world.leaks.count = ret->world.leaks.cap = 0;
    ret->factor = arena_array(a, double, p->group_count);
    for (size_t i = 0; i < p->set->count; i++)
        most = MAX(most, p->set->items[i].node_count + p->set->items[i].actions.count + 1);
    ret->actions = arena_array(a, struct sim_action, most + w->leaks.count);
}

double runs_factor_at(const struct runs_plan *p, const struct runs_group *g, double z)
{
    /* normal_quantile of 0.5, 0.95, 0.99 and 0.999 */
    static const double knot[] = {0, 1.6448536269514722, 2.3263478740408408, 3.0902323061678132};
    if (!g->spread)
        return portable_exp(p->log_mean + p->log_sigma * z);
    const struct usage_container *u = g->spread;
    const int64_t given[] = {u->p50_bytes, u->p95_bytes, u->p99_bytes, u->max_bytes};
    double p50 = (double)u->p50_bytes, x = z < 0 ? -z : z, level = p50, slope = 0;
    double at_z = 0, at_level = p50;
    for (size_t i = 1; i < ARRAY_LEN(given) && x > at_z; i++) {
        if (given[i] <= 0)
            continue;
        slope = ((double)given[i] - at_level) / (knot[i] - at_z);
        level = at_level + slope * (MIN(x, knot[i]) - at_z);
        at_z = knot[i];
        at_level = (double)given[i];
    }
    if (x > at_z)
        level = at_level + slope * (x - at_z);
    if (u->max_bytes > 0)
        level = MIN(level, (double)u->max_bytes);
    if (z < 0)
        level = MAX(2 * p50 - level, 0.0);
    return level / p50;
}

static void draw_usage(const struct runs_plan *p, const struct random_run *r, struct runs_draw *d)
{
    const struct sim_world *w = p->world;
    double shared = (double)p->options.correlation_permyriad / FACTOR_ONE;
    double common = random_normal(r, STREAM_RUN, DRAW_COMMON) * square_root(shared);
    double own = square_root(1 - shared);
    for (uint32_t g = 0; g < p->group_count; g++)
        d->factor[g] =
            runs_factor_at(p, &p->groups[g], common + own * random_normal(r, STREAM_GROUP, g));
    for (uint32_t c = 0; c < w->container_count; c++) {
        double factor = d->factor[p->group_of[c]];
        if (w->containers[c].jitter_percent)
            factor *= 1 + (2 * random_uniform(r, STREAM_JITTER, c) - 1) *
                              (double)w->containers[c].jitter_percent / PERCENT;
        d->world.containers[c].usage =
            (int64_t)MIN((double)w->containers[c].mean * factor + 0.5, (double)SIM_USAGE_MAX);
    }
}

/* Evenly over the first half of the run: what follows has time to unfold. */
static int64_t draw_time(const struct runs_plan *p, const struct random_run *r, uint32_t stream,
                         uint32_t index)
{
    uint64_t half = (uint64_t)p->world->options.until_ms / 2;
    return half ? (int64_t)random_below(r, stream, index, half) : 0;
}

static void add_action(struct runs_draw *d, struct sim_action x)
{
    d->actions[d->contingency.actions.count++] = x;
}

static void draw_contingency(const struct runs_plan *p, const struct random_run *r,
                             struct runs_draw *d)
{
    uint64_t i = random_below(r, STREAM_RUN, DRAW_CONTINGENCY, p->candidate_count);
    d->drawn = p->candidates[i];
    d->at_ms = draw_time(p, r, STREAM_RUN, DRAW_TIME);
    const struct contingency *from = &p->set->items[d->drawn];
    d->contingency = *from;
    d->contingency.actions.items = d->actions;
    memcpy(d->actions, from->actions.items ? from->actions.items : d->actions,
           from->actions.count * sizeof(*d->actions));
    enum sim_action_type what = from->type == CONTINGENCY_DRAIN ? ACTION_DRAIN : ACTION_LOSE;
    if (from->type == CONTINGENCY_LOSE || from->type == CONTINGENCY_DRAIN) {
        for (uint32_t k = 0; k < from->node_count; k++)
            add_action(
                d, (struct sim_action){.at_ms = d->at_ms, .type = what, .node = from->nodes[k]});
        d->contingency.type = CONTINGENCY_SCENARIO;
        d->contingency.node_count = 0;
    } else if (from->type == CONTINGENCY_LEAK) {
        add_action(d,
                   (struct sim_action){.at_ms = d->at_ms, .type = ACTION_LEAK, .leak = from->leak});
        d->contingency.type = CONTINGENCY_SCENARIO;
    } else {
        d->at_ms = 0;
    }
    for (uint32_t k = 0; k < p->world->leaks.count; k++)
        add_action(d, (struct sim_action){.at_ms = draw_time(p, r, STREAM_LEAK, k),
                                          .type = ACTION_LEAK,
                                          .leak = p->world->leaks.items[k]});
}

void runs_draw_make(const struct runs_plan *p, int64_t run, struct runs_draw *d)
{
    struct random_run r = {.seed = (uint64_t)p->options.seed, .run = (uint64_t)run};
    draw_usage(p, &r, d);
    draw_contingency(p, &r, d);
}
