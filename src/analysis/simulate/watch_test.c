/* SPDX-License-Identifier: Apache-2.0
 *
 * A report that is stopped early tells less, and nothing that is not so.
 */
#include <pthread.h>

#include "analysis/simulate/test_world.h"

enum { NODES = 12 };

static void make_world(struct test_world *t)
{
    test_init(t);
    for (int i = 0; i < NODES; i++) {
        struct test_pod p = {.kind = "ReplicaSet", .request = 100, .usage = 300};
        const char *node = arena_printf(&t->a, "n%02d", i).p;
        test_node(t, node, 1000, "z");
        p.node = node;
        p.name = arena_printf(&t->a, "p%02d", i).p;
        p.owner = arena_printf(&t->a, "w%02d", i / 4).p;
        test_pod(t, p);
    }
    test_ready(t);
}

static void make_report(struct test_world *t, struct sim_watch *w, struct sim_report *ret)
{
    struct contingencies set = {0};
    t->world->options.watch = w;
    contingencies_n1(&t->a, t->world, &set);
    sim_report_make(&t->a, t->world, &set, &(struct sim_wanted){.line = true}, ret);
}

static void test_stopped_at_once(void **state)
{
    (void)state;
    struct test_world t;
    struct sim_watch w = {.stop = true};
    struct sim_report r;
    make_world(&t);
    make_report(&t, &w, &r);
    assert_true(r.stopped);
    assert_int_equal(r.count, 0);
    assert_int_equal(r.asked, NODES);
    assert_false(r.line.known);
    assert_false(r.margin.known);
    assert_false(r.by_usage);
    test_done(&t);
}

struct stopper {
    struct sim_watch *watch;
    int phase;
    size_t done;
};

/* Says stop as soon as a phase is so far. */
static void *stop_there(void *arg)
{
    struct stopper *s = arg;
    while (!atomic_load(&s->watch->stop))
        if (atomic_load(&s->watch->phase) >= s->phase && atomic_load(&s->watch->done) >= s->done)
            atomic_store(&s->watch->stop, true);
    return NULL;
}

/* Whenever it is stopped: what it tells of a contingency is what the whole report tells of it, and
 * the line is no higher. */
static void test_stopped_anywhere(void **state)
{
    (void)state;
    for (size_t i = 0; i < 60; i++) {
        struct test_world t;
        struct sim_watch w = {0};
        struct stopper s = {&w, (int)(SIM_PHASE_BOOKINGS + i % 3), i / 3 % NODES};
        struct sim_report whole, r;
        pthread_t id;
        make_world(&t);
        make_report(&t, NULL, &whole);
        assert_int_equal(pthread_create(&id, NULL, stop_there, &s), 0);
        make_report(&t, &w, &r);
        atomic_store(&w.stop, true);
        pthread_join(id, NULL);
        assert_true(r.count <= r.asked);
        if (!r.stopped)
            assert_string_equal(r.digest, whole.digest);
        for (size_t k = 0; k < r.count; k++) {
            const struct sim_item *x = &r.items[k], *y = NULL;
            for (size_t n = 0; n < whole.count && !y; n++)
                if (str_eq(whole.items[n].contingency->name, x->contingency->name))
                    y = &whole.items[n];
            if (!y) {
                fail_msg("an item that the whole report has not");
                return;
            }
            assert_int_equal(x->spare_pods, y->spare_pods);
            if (r.by_usage)
                assert_int_equal(x->survives, y->survives);
        }
        if (r.line.known)
            assert_true(r.line.factor <= whole.line.factor);
        test_done(&t);
    }
}

static void test_steps_are_counted(void **state)
{
    (void)state;
    struct test_world t;
    struct sim_watch w = {0};
    struct sim_report r;
    make_world(&t);
    make_report(&t, &w, &r);
    assert_false(r.stopped);
    assert_int_equal(r.count, NODES);
    assert_int_equal(atomic_load(&w.phase), SIM_PHASE_LINE);
    assert_true(atomic_load(&w.factor) > 0);
    test_done(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_stopped_at_once),
        cmocka_unit_test(test_stopped_anywhere),
        cmocka_unit_test(test_steps_are_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
