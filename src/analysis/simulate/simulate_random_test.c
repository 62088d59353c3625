/* SPDX-License-Identifier: Apache-2.0
 *
 * Random small worlds, with the invariants tested after every event: a run ends, leaves everything
 * as it was, and the short cut for contingencies in which nothing happens is right.
 */
#include "analysis/simulate/internal.h"
#include "analysis/simulate/random_world.h"

/* PLIMSOLL_WORLDS asks for more, PLIMSOLL_FIRST_WORLD for others. */
enum { WORLDS = 100 };

static struct contingency random_contingency(struct test_world *t, uint32_t *nodes)
{
    struct contingency c = {.type = CONTINGENCY_NONE, .name = STR("c"), .nodes = nodes};
    int type = draw(4);
    if (type == 0) {
        c.type = CONTINGENCY_LEAK;
        c.leak.workload = t->world->pods[draw((int)t->world->pod_count)].workload;
        c.leak.bytes_per_minute = (1 + draw(3000)) * MIB;
        return c;
    }
    c.type = type == 1 ? CONTINGENCY_DRAIN : CONTINGENCY_LOSE;
    for (uint32_t i = 0; i < t->world->node_count; i++)
        if (t->world->nodes[i].usable && draw(3) == 0)
            nodes[c.node_count++] = i;
    return c;
}

static void assert_same_failure(const struct sim_failure *x, const struct sim_failure *y)
{
    assert_int_equal(x->way, y->way);
    assert_int_equal(x->subject, y->subject);
    assert_int_equal(x->have, y->have);
    assert_int_equal(x->need, y->need);
    assert_int_equal(x->way == WAY_STORM, x->cycle != NULL);
    assert_int_equal(!x->cycle, !y->cycle);
    if (!x->cycle)
        return;
    assert_true(x->cycle->step_count > 0 && (x->cycle->repeats || !x->cycle->period_ms));
    assert_int_equal(x->cycle->step_count, y->cycle->step_count);
    assert_memory_equal(x->cycle->steps, y->cycle->steps,
                        x->cycle->step_count * sizeof(*x->cycle->steps));
}

static void assert_same(const struct sim_outcome *x, const struct sim_outcome *y)
{
    assert_int_equal(x->events, y->events);
    assert_int_equal(x->settled_ms, y->settled_ms);
    assert_int_equal(x->killed, y->killed);
    assert_int_equal(x->evicted, y->evicted);
    assert_int_equal(x->pending, y->pending);
    assert_int_equal(x->failure_count, y->failure_count);
    for (size_t i = 0; i < x->failure_count; i++)
        assert_same_failure(&x->failures[i], &y->failures[i]);
}

/* At factor 0 the run tells where pods go; when nothing more can happen, it is not run again. */
static void check_short_cut(struct test_world *t, const struct contingency *c, int64_t factor)
{
    struct landings l;
    test_run(t, c, 0);
    struct sim_outcome structural = t->outcome;
    assert_int_equal(structural.killed + structural.evicted, 0);
    run_landings(t->runner, &t->a, &l);
    if (!contingency_is_quiet(t->runner, c, factor, &l))
        return;
    test_run(t, c, factor);
    assert_same(&structural, &t->outcome);
}

static void test_random(void **state)
{
    (void)state;
    static const int64_t factors[] = {0, 5000, FACTOR_ONE, 15000, 30000, FACTOR_MAX};
    const char *more = getenv("PLIMSOLL_WORLDS"), *from = getenv("PLIMSOLL_FIRST_WORLD");
    uint64_t worlds = more ? strtoull(more, NULL, 10) : WORLDS;
    uint64_t first_world = from ? strtoull(from, NULL, 10) : 0;
    size_t storms = 0, quiet = 0;
    for (uint64_t i = 0; i < worlds; i++) {
        struct test_world t;
        uint32_t nodes[8];
        seed = (first_world + i + 1) * UINT64_C(0x9E3779B97F4A7C15);
        random_world(&t);
        for (int k = 0; k < 6; k++) {
            struct contingency c = random_contingency(&t, nodes);
            int64_t factor = factors[draw(6)];
            test_run(&t, &c, factor);
            struct sim_outcome first = t.outcome;
            storms += first.storm;
            quiet += first.killed + first.evicted == 0;
            for (size_t n = 1; n < t.events.count; n++)
                assert_true(t.events.items[n].at_ms >= t.events.items[n - 1].at_ms);
            check_short_cut(&t, &c, factor);
            test_run(&t, &c, factor);
            assert_same(&first, &t.outcome);
        }
        test_done(&t);
    }
    /* The worlds are of both sorts. */
    assert_in_range(storms, worlds / 10, worlds * 5);
    assert_in_range(quiet, worlds / 10, worlds * 6 - worlds / 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_random)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
