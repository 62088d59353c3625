/* SPDX-License-Identifier: Apache-2.0
 *
 * The simulation against its plain twin (twin.h): on random small worlds (PLIMSOLL_WORLDS of them),
 * and on the worlds of files that are named.
 */
#include "analysis/simulate/internal.h"
#include "rich_world.h"
#include "source/source.h"
#include "twin.h"

enum { WORLDS = 1000, CONTINGENCIES = 3, OF_A_FILE = 5 };

static void show(const char *who, const struct sim_outcome *o)
{
    print_message(
        "%s: lost %u, killed %u, evicted %u, preempted %u, displaced %u, pending %u, "
        "below %u, zero %u, dips %u, depth %u, created %u, refused %u (%u to the end), "
        "outages %zu, settled %lld, events %llu, storm %d, cut %d, blocked %d, first %s at "
        "%lld, failures %zu\n",
        who, o->nodes_lost, o->killed, o->evicted, o->preempted, o->displaced, o->pending, o->below,
        o->zero, o->dips, o->depth, o->peak_creations, o->refused, o->refused_left, o->outage_count,
        (long long)o->settled_ms, (unsigned long long)o->events, o->storm, o->timed_out, o->blocked,
        o->first.type == SIM_EVENT_TYPES ? "none" : sim_event_name(o->first.type),
        (long long)o->first.at_ms, o->failure_count);
}

static bool same_cycle(const struct sim_cycle *x, const struct sim_cycle *y)
{
    if (!x || !y)
        return x == y;
    if (x->step_count != y->step_count || x->repeats != y->repeats || x->failures != y->failures ||
        x->pods != y->pods || x->period_ms != y->period_ms)
        return false;
    for (size_t i = 0; i < x->step_count; i++) {
        const struct sim_cycle_step *a = &x->steps[i], *b = &y->steps[i];
        if (a->type != b->type || a->node != b->node || a->container != b->container ||
            a->after_ms != b->after_ms)
            return false;
    }
    return true;
}

/* More than outcome_equal looks at. */
static bool all_equal(const struct sim_outcome *x, const struct sim_outcome *y)
{
    bool some = x->first.type != SIM_EVENT_TYPES;
    if (!outcome_equal(x, y) || x->refused_left != y->refused_left ||
        (x->blocked && x->blocked_workload != y->blocked_workload) ||
        (some && (x->first.at_ms != y->first.at_ms || x->first.node != y->first.node)))
        return false;
    for (size_t i = 0; i < x->failure_count; i++)
        if (!same_cycle(x->failures[i].cycle, y->failures[i].cycle))
            return false;
    for (size_t i = 0; i < x->outage_count; i++)
        if (x->outages[i].service != y->outages[i].service ||
            x->outages[i].from_ms != y->outages[i].from_ms ||
            x->outages[i].to_ms != y->outages[i].to_ms)
            return false;
    return true;
}

static size_t happened[SIM_EVENT_TYPES];
static uint64_t world;

static void compare(struct test_world *t, const struct contingency *c, int64_t factor)
{
    CLEANUP(arena_done) struct arena a;
    struct sim_outcome plain;
    struct sim_events log = {0};
    struct sim_run_input in = {.contingency = c, .factor = factor, .log = &log, .log_arena = &a};
    arena_init(&a);
    sim_run(t->runner, &in, &a, &t->outcome);
    for (size_t i = 0; i < log.count; i++)
        happened[log.items[i].type]++;
    twin_run(t->world, c, factor, &a, &plain);
    if (all_equal(&t->outcome, &plain))
        return;
    for (size_t i = 0; getenv("PLIMSOLL_SHOW") && i < log.count; i++)
        print_message("%8lld %s node %d pod %d\n", (long long)log.items[i].at_ms,
                      sim_event_name(log.items[i].type), log.items[i].node, log.items[i].pod);
    show("simulation", &t->outcome);
    show("plain twin", &plain);
    fail_msg("world %llu, " STR_FMT " at %lld of 10000: the outcomes differ",
             (unsigned long long)world, STR_ARG(c->name), (long long)factor);
}

static void test_random(void **state)
{
    (void)state;
    static const int64_t factors[] = {0, 5000, FACTOR_ONE, 12000, 15000, 30000};
    const char *more = getenv("PLIMSOLL_WORLDS");
    uint64_t worlds = more ? strtoull(more, NULL, 10) : WORLDS;
    size_t storms = 0, lost = 0, preempted = 0;
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

/* One of each set, and of several the scenario, at a random factor. */
static void compare_all(struct test_world *t, const struct contingency *scenario)
{
    static const int64_t factors[] = {0, 5000, FACTOR_ONE, FACTOR_ONE, 12000, 15000, 30000};
    struct contingencies set = {0};
    size_t ends[8], sets = 0;
    contingencies_none(&t->a, &set);
    ends[sets++] = set.count;
    contingencies_n1(&t->a, t->world, &set);
    ends[sets++] = set.count;
    contingencies_n2(&t->a, t->world, &set);
    ends[sets++] = set.count;
    contingencies_zones(&t->a, t->world, &set);
    ends[sets++] = set.count;
    contingencies_leaks(&t->a, t->world, (1 + draw(100)) * MIB, &set);
    ends[sets++] = set.count;
    contingencies_surges(&t->a, t->world, 5000 + draw(40000), &set);
    ends[sets++] = set.count;
    for (size_t k = 0, from = 0; k < sets; from = ends[k++]) {
        int64_t factor = factors[draw(7)];
        if (ends[k] > from)
            compare(t, &set.items[from + (size_t)draw((int)(ends[k] - from))], factor);
    }
    uint32_t nodes[8];
    struct contingency drain = {.type = CONTINGENCY_DRAIN, .name = STR("drain"), .nodes = nodes};
    for (uint32_t n = 0; n < t->world->node_count; n++)
        if (draw(3) == 0)
            nodes[drain.node_count++] = n;
    compare(t, &drain, factors[draw(7)]);
    for (int i = 0; i < 3; i++)
        compare(t, scenario, factors[draw(7)]);
}

/* What the random worlds cannot make happen: they have no node groups. */
static bool is_left_out(enum sim_event_type type)
{
    return type == SIM_NODE_ASKED || type == SIM_NODE_ADDED;
}

static void test_rich(void **state)
{
    (void)state;
    const char *more = getenv("PLIMSOLL_WORLDS"), *from = getenv("PLIMSOLL_FIRST_WORLD");
    uint64_t worlds = more ? strtoull(more, NULL, 10) : WORLDS;
    uint64_t first = from ? strtoull(from, NULL, 10) : 0;
    memset(happened, 0, sizeof(happened));
    for (uint64_t i = first; i < first + worlds; i++) {
        struct test_world t;
        seed = (i + 1) * UINT64_C(0xD1B54A32D192ED03);
        world = i;
        struct contingency scenario = rich_world(&t);
        compare_all(&t, &scenario);
        test_done(&t);
    }
    for (int type = 0; type < SIM_EVENT_TYPES; type++)
        if (worlds >= 100 && !happened[type] && !is_left_out((enum sim_event_type)type))
            fail_msg("%s never happened", sim_event_name((enum sim_event_type)type));
}

static const char *file;

/* What goes on for long, one of each. */
static void compare_slow(struct test_world *t)
{
    struct contingencies leaks = {0}, surges = {0};
    uint32_t node = t->world->node_count / 3;
    struct contingency drain = test_lose(CONTINGENCY_DRAIN, &node, 1);
    compare(t, &drain, FACTOR_ONE);
    contingencies_leaks(&t->a, t->world, 20 * MIB, &leaks);
    compare(t, &leaks.items[leaks.count / 2], FACTOR_ONE);
    contingencies_surges(&t->a, t->world, 20000, &surges);
    compare(t, &surges.items[surges.count / 2], FACTOR_ONE);
}

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
    compare_slow(&t);
    test_done(&t);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest random[] = {cmocka_unit_test(test_random), cmocka_unit_test(test_rich)};
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
