/* SPDX-License-Identifier: Apache-2.0
 *
 * simulate WORLD...: for each world the losses of one node at today's usage, the load line, and with
 * --pairs the losses of two nodes. Per line: what, contingencies, wall seconds, CPU seconds; reading
 * the world is not counted, building the simulation's own state is.
 */
#include <stdio.h>
#include <time.h>

#include "analysis/simulate/simulate.h"
#include "base/alloc.h"
#include "source/source.h"

struct run {
    struct str path;
    bool pairs;
};
struct clocks {
    double wall, cpu;
};

static double seconds(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static struct clocks clocks_now(void)
{
    return (struct clocks){seconds(CLOCK_MONOTONIC), seconds(CLOCK_PROCESS_CPUTIME_ID)};
}

static void print(const char *what, size_t count, const struct clocks *since)
{
    struct clocks now = clocks_now();
    printf("%s %zu %.3f %.3f\n", what, count, now.wall - since->wall, now.cpu - since->cpu);
    fflush(stdout);
}

static bool measure(struct arena *a, const struct cluster *c, bool pairs, bool line)
{
    struct sim_options o;
    struct sim_world *w;
    struct sim_report report;
    struct contingencies set = {0};
    struct err e = {0};
    struct clocks start = clocks_now();
    sim_options_default(&o);
    if (sim_world_new(a, c, &o, &w, &e) < 0) {
        fprintf(stderr, "%s\n", e.msg);
        return false;
    }
    if (pairs)
        contingencies_n2(a, w, &set);
    else
        contingencies_n1(a, w, &set);
    sim_report_make(a, w, &set, &(struct sim_wanted){.line = line}, &report);
    print(pairs ? "n-2" : line ? "n-1-and-line" : "n-1", report.count, &start);
    if (pairs)
        printf("proved %zu, simulated %zu, checked %zu\n", report.pairs.proved, report.pairs.run,
               report.pairs.checked);
    return report.pairs.wrong == SIZE_MAX;
}

static int run_world(void *arg)
{
    const struct run *r = arg;
    CLEANUP(arena_done) struct arena a;
    struct cluster c = {.arena = &a};
    struct source_options o = {.paths = &r->path, .path_count = 1, .complete = true};
    struct err e = {0};
    struct clocks start = clocks_now();
    arena_init(&a);
    if (source_read(&o, &a, &c, &e) < 0 || source_unreadable(&c)) {
        fprintf(stderr, "%s\n", e.msg[0] ? e.msg : "the world cannot be read");
        return -EINVAL;
    }
    print("read", c.pods.count, &start);
    if (r->pairs)
        return measure(&a, &c, true, false) ? 0 : -EINVAL;
    return measure(&a, &c, false, false) && measure(&a, &c, false, true) ? 0 : -EINVAL;
}

int main(int argc, char **argv)
{
    bool pairs = argc > 1 && str_is(str_of(argv[1]), "--pairs");
    if (argc < 2 + pairs) {
        fprintf(stderr, "usage: simulate [--pairs] WORLD...\n");
        return 2;
    }
    for (int i = 1 + pairs; i < argc; i++) {
        struct run r = {str_of(argv[i]), pairs};
        if (mem_protect(run_world, &r) < 0)
            return 1;
    }
    return 0;
}
