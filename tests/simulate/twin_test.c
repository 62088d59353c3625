/* SPDX-License-Identifier: Apache-2.0
 *
 * The simulation against its plain twin (twin.h): on random small worlds (PLIMSOLL_WORLDS of them),
 * and on the worlds of files that are named.
 */
#include "analysis/simulate/internal.h"
#include "analysis/simulate/random_world.h"
#include "source/source.h"
#include "twin.h"

enum { WORLDS = 1000, CONTINGENCIES = 3, OF_A_FILE = 5 };

static void show(const char *who, const struct sim_outcome *o)
{
    print_message(
        "%s: lost %u, killed %u, evicted %u, preempted %u, displaced %u, pending %u, below %u, zero %u, "
        "dips %u, depth %u, created %u, settled %lld, events %llu, storm %d, cut %d, "
        "first %s, failures %zu\n",
        who, o->nodes_lost, o->killed, o->evicted, o->preempted, o->displaced, o->pending, o->below,
        o->zero, o->dips, o->depth, o->peak_creations, (long long)o->settled_ms,
        (unsigned long long)o->events, o->storm, o->timed_out,
        o->first.type == SIM_EVENT_TYPES ? "none" : sim_event_name(o->first.type),
        o->failure_count);
}

static void compare(struct test_world *t, const struct contingency *c, int64_t factor)
{
    CLEANUP(arena_done) struct arena a;
    struct sim_outcome plain;
    struct sim_run_input in = {.contingency = c, .factor = factor};
    arena_init(&a);
    sim_run(t->runner, &in, &a, &t->outcome);
    twin_run(t->world, c, factor, &a, &plain);
    if (outcome_equal(&t->outcome, &plain))
        return;
    show("simulation", &t->outcome);
    show("plain twin", &plain);
    fail_msg("%.*s at %lld of 10000: the outcomes differ", STR_ARG(c->name), (long long)factor);
}

static void test_random(void **state)
{
    (void)state;
    static const int64_t factors[] = {0, 5000, FACTOR_ONE, 12000, 15000, 30000};
    const char *more = getenv("PLIMSOLL_WORLDS");
    uint64_t worlds = more ? strtoull(more, NULL, 10) : WORLDS;
    size_t storms = 0, lost = 0, preempted = 0;
    plain_worlds = true;
    for (uint64_t i = 0; i < worlds; i++) {
        struct test_world t;
        uint32_t nodes[8];
        seed = (i + 1) * UINT64_C(0x9E3779B97F4A7C15);
        random_world(&t);
        t.world->options.check = false;
        for (int k = 0; k < CONTINGENCIES; k++) {
            struct contingency c = {.type = CONTINGENCY_LOSE, .name = STR("lose"), .nodes = nodes};
            for (uint32_t n = 0; n < t.world->node_count; n++)
                if (t.world->nodes[n].usable && draw(3) == 0)
                    nodes[c.node_count++] = n;
            compare(&t, &c, factors[draw(6)]);
            storms += t.outcome.storm;
            lost += t.outcome.nodes_lost > 0;
            preempted += t.outcome.preempted > 0;
        }
        test_done(&t);
    }
    /* The worlds are of every sort. */
    assert_in_range(storms, worlds / 10, worlds * CONTINGENCIES);
    assert_in_range(lost, worlds / 20, worlds * CONTINGENCIES);
    assert_in_range(preempted, worlds / 50, worlds * CONTINGENCIES);
}

static const char *file;

static void test_file(void **state)
{
    (void)state;
    struct test_world t = {0};
    struct err e = {0};
    struct str path = str_of(file);
    struct source_options o = {.paths = &path, .path_count = 1, .complete = true};
    struct contingencies set = {0};
    arena_init(&t.a);
    arena_init(&t.scratch);
    sim_options_default(&t.options);
    assert_int_equal(source_read(&o, &t.a, &t.c, &e), 0);
    assert_int_equal(sim_world_new(&t.a, &t.c, &t.options, &t.world, &e), 0);
    t.runner = sim_runner_new(&t.a, t.world);
    contingencies_n1(&t.a, t.world, &set);
    contingencies_zones(&t.a, t.world, &set);
    for (size_t i = 0; i < OF_A_FILE; i++) {
        compare(&t, &set.items[i * 37 % set.count], FACTOR_ONE);
        compare(&t, &set.items[i * 101 % set.count], 13000 + (int64_t)i * 500);
    }
    test_done(&t);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest random[] = {cmocka_unit_test(test_random)};
    const struct CMUnitTest of_file[] = {cmocka_unit_test(test_file)};
    int failed = 0;
    if (argc < 2)
        return cmocka_run_group_tests(random, NULL, NULL);
    for (int i = 1; i < argc; i++) {
        file = argv[i];
        failed |= cmocka_run_group_tests(of_file, NULL, NULL);
    }
    return failed;
}
