/* SPDX-License-Identifier: Apache-2.0
 *
 * pairs WORLD...: every loss of two nodes by proof where there is one, and again by simulation. The
 * outcomes must be equal, item by item, and so must be the smallest booking margin. Exit status 1
 * on a difference.
 */
#include <stdio.h>

#include "analysis/simulate/internal.h"
#include "base/alloc.h"
#include "source/source.h"

enum { SHOWN = 10 };

struct run {
    struct arena a;
    struct cluster c;
    struct str path;
    size_t differences;
};

static void read_world(struct run *r)
{
    struct source_options o = {.paths = &r->path, .path_count = 1, .complete = true};
    struct err e = {0};
    if (source_read(&o, &r->a, &r->c, &e) == 0 && source_unreadable(&r->c) == 0)
        return;
    fprintf(stderr, "%s\n", e.msg[0] ? e.msg : "the world cannot be read");
    exit(1);
}

static void make(struct run *r, enum sim_pairs pairs, struct sim_report *ret)
{
    struct sim_options o;
    struct sim_world *w;
    struct err e = {0};
    struct contingencies *set = arena_new(&r->a, struct contingencies);
    sim_options_default(&o);
    o.pairs = pairs;
    if (sim_world_new(&r->a, &r->c, &o, &w, &e) < 0) {
        fprintf(stderr, "%s\n", e.msg);
        exit(1);
    }
    contingencies_n2(&r->a, w, set);
    sim_report_make(&r->a, w, set, &(struct sim_wanted){0}, ret);
}

static void show(const char *how, const struct sim_outcome *o)
{
    printf("  %s: displaced %u, pending %u, killed %u, evicted %u, below %u, zero %u, dips %u, "
           "created %u, settled %lld ms, events %llu\n",
           how, o->displaced, o->pending, o->killed, o->evicted, o->below, o->zero, o->dips,
           o->peak_creations, (long long)o->settled_ms, (unsigned long long)o->events);
}

static void compare(struct run *r, const struct sim_item *proved, const struct sim_item *run)
{
    const struct sim_outcome *const x[] = {&proved->structural, &proved->now};
    const struct sim_outcome *const y[] = {&run->structural, &run->now};
    bool same = proved->survives == run->survives && proved->fail_count == run->fail_count;
    for (size_t i = 0; i < ARRAY_LEN(x); i++)
        same = same && outcome_equal(x[i], y[i]);
    if (proved->spare_known)
        same = same && run->spare_known && proved->spare_pods == run->spare_pods &&
               proved->spare_bytes == run->spare_bytes;
    if (same || r->differences++ >= SHOWN)
        return;
    printf("%.*s differs\n", STR_ARG(proved->contingency->name));
    for (size_t i = 0; i < ARRAY_LEN(x); i++) {
        show("proved   ", x[i]);
        show("simulated", y[i]);
    }
}

static int run_world(void *arg)
{
    struct run *r = arg;
    struct sim_report proved, run;
    arena_init(&r->a);
    read_world(r);
    make(r, SIM_PAIRS_PROVE, &proved);
    make(r, SIM_PAIRS_ALL, &run);
    for (size_t i = 0; i < proved.count; i++)
        compare(r, &proved.items[i], &run.items[i]);
    if (proved.margin.pods != run.margin.pods || proved.margin.item != run.margin.item) {
        printf("margin differs: proved %lld pods after %.*s, simulated %lld after %.*s\n",
               (long long)proved.margin.pods,
               STR_ARG(proved.items[proved.margin.item].contingency->name),
               (long long)run.margin.pods, STR_ARG(run.items[run.margin.item].contingency->name));
        r->differences++;
    }
    printf("%zu pairs: %zu proved, %zu simulated, %zu of them to check a proof; %zu differ\n",
           proved.pairs.count, proved.pairs.proved, proved.pairs.run, proved.pairs.checked,
           r->differences);
    r->differences += proved.pairs.wrong != SIZE_MAX;
    arena_done(&r->a);
    return 0;
}

int main(int argc, char **argv)
{
    size_t differences = 0;
    for (int i = 1; i < argc; i++) {
        struct run r = {.path = str_of(argv[i])};
        if (mem_protect(run_world, &r) < 0)
            return 70;
        differences += r.differences;
    }
    return argc < 2 ? 2 : differences > 0;
}
