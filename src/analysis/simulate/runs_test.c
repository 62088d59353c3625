/* SPDX-License-Identifier: Apache-2.0
 *
 * Monte Carlo runs: a probability that is known beforehand, the same result however the runs are cut,
 * and parts that do not belong together.
 */
#include <math.h>

#include "analysis/simulate/runs.h"
#include "analysis/simulate/test_world.h"

struct experiment {
    struct test_world t;
    struct contingencies set;
    struct runs_options o;
};

/* One node of 1000Mi that evicts below 100Mi: its one pod may use 900Mi. */
static void one_pod(struct experiment *x, int usage)
{
    *x = (struct experiment){.o = {.runs = 1000, .seed = 1, .shards = 1, .spread_permyriad = 1500}};
    test_init(&x->t);
    test_node(&x->t, "a", 1000, "z");
    test_pod(&x->t, (struct test_pod){.name = "p",
                                      .kind = "ReplicaSet",
                                      .owner = "w",
                                      .node = "a",
                                      .request = 100,
                                      .usage = usage});
    test_ready(&x->t);
    contingencies_none(&x->t.a, &x->set);
    x->t.world->options.check = false;
}

/* Eight nodes with two pods each: what the loss of one displaces may be too much for the others. */
static void eight_nodes(struct experiment *x)
{
    *x = (struct experiment){.o = {.runs = 100, .seed = 7, .shards = 1, .spread_permyriad = 2500}};
    test_init(&x->t);
    for (int i = 0; i < 8; i++) {
        const char *node = arena_printf(&x->t.a, "n%d", i).p;
        test_node(&x->t, node, 1000, i % 2 ? "y" : "z");
        for (int k = 0; k < 2; k++)
            test_pod(&x->t, (struct test_pod){.name = arena_printf(&x->t.a, "p%d%d", i, k).p,
                                              .kind = k ? "StatefulSet" : "ReplicaSet",
                                              .owner = arena_printf(&x->t.a, "w%d%d", i / 3, k).p,
                                              .node = node,
                                              .request = 150,
                                              .limit = k ? 500 : 0,
                                              .usage = 300 + 20 * i});
    }
    test_ready(&x->t);
    contingencies_none(&x->t.a, &x->set);
    contingencies_n1(&x->t.a, x->t.world, &x->set);
}

static void run(struct experiment *x, struct runs_result *ret)
{
    struct runs_plan plan;
    struct err e = {0};
    char *digest = arena_text(&x->t.a, SHA256_HEX);
    assert_int_equal(runs_plan_make(&x->t.a, x->t.world, &x->set, &x->o, &plan, &e), 0);
    runs_make(&x->t.a, &plan, ret);
    runs_world_digest(&plan, ret, digest);
    ret->world_digest = str_of(digest);
    ret->question = STR("losing one node");
    runs_result_digest(ret);
}

static int64_t at_zero(const struct runs_result *r)
{
    return r->workloads.count ? r->workloads.items[0].zero : 0;
}

/* An outage is a draw above 900/800: z = (ln 1.125 - mean) / sigma of the logarithm. */
static void probability_that_is_known(void **state)
{
    (void)state;
    struct experiment x;
    struct runs_result r;
    one_pod(&x, 800);
    run(&x, &r);
    double variance = log(1 + 0.15 * 0.15), z = (log(1.125) + variance / 2) / sqrt(variance);
    double want = erfc(z / sqrt(2)) / 2;
    struct interval w = wilson_interval((uint64_t)r.outages, (uint64_t)r.done);
    assert_int_equal(r.done, 1000);
    assert_true(w.low < want && want < w.high);
    /* The line of a run is 1.125 over its draw, cut to 1 %: the median draw is e^mean. */
    struct runs_quantile q = runs_quantile_of(&r, 0.5);
    double median = 1.125 / exp(-variance / 2);
    assert_true(fabs((double)q.line / 10000 - median) < 0.02);
    assert_true(q.low <= q.line && q.line <= q.high && q.high - q.low <= 300);
    /* Lines below 1 and outages are the same runs. */
    int64_t below = 0;
    for (size_t i = 0; i < r.bins.count; i++)
        below += r.bins.items[i].line < FACTOR_ONE ? r.bins.items[i].count : 0;
    assert_int_equal(below, r.outages);
    assert_true(r.worst.items[0].line == r.bins.items[0].line && r.worst.items[0].outage);
    assert_int_equal(r.worst.count, RUNS_WORST);
    test_done(&x.t);
}

static void no_spread_is_no_chance(void **state)
{
    (void)state;
    static const struct {
        int usage;
        int64_t outages, line;
    } table[] = {{800, 0, 11200}, {950, 50, 9400}, {20, 0, RUNS_LINE_MOST}};
    for (size_t i = 0; i < ARRAY_LEN(table); i++) {
        struct experiment x;
        struct runs_result r;
        one_pod(&x, table[i].usage);
        x.o.runs = 50;
        x.o.spread_permyriad = 0;
        run(&x, &r);
        assert_int_equal(r.outages, table[i].outages);
        assert_int_equal(r.bins.count, 1);
        assert_int_equal(r.bins.items[0].line, table[i].line);
        test_done(&x.t);
    }
}

/* What fails at any use is counted apart and is no outage. */
static void structural_is_no_outage(void **state)
{
    (void)state;
    struct experiment x;
    struct runs_result r;
    one_pod(&x, 100);
    contingencies_n1(&x.t.a, x.t.world, &x.set);
    x.o.runs = 20;
    run(&x, &r);
    assert_int_equal(r.outages, 0);
    assert_int_equal(r.structural, 20);
    assert_int_equal(at_zero(&r), 20);
    assert_int_equal(r.workloads.items[0].structural, 20);
    assert_int_equal(r.contingencies.count, 1);
    assert_int_equal(r.contingencies.items[0].drawn, 20);
    test_done(&x.t);
}

static void over_limit_is_counted_once_a_run(void **state)
{
    (void)state;
    struct experiment x = {.o = {.runs = 1000, .seed = 1, .shards = 1, .spread_permyriad = 1500}};
    struct runs_result r;
    test_init(&x.t);
    test_node(&x.t, "a", 100000, "z");
    for (int i = 0; i < 3; i++)
        test_pod(&x.t, (struct test_pod){.name = arena_printf(&x.t.a, "p%d", i).p,
                                         .kind = "ReplicaSet",
                                         .owner = "w",
                                         .node = "a",
                                         .request = 100,
                                         .limit = 220,
                                         .usage = 200});
    test_ready(&x.t);
    contingencies_none(&x.t.a, &x.set);
    run(&x, &r);
    double variance = log(1 + 0.15 * 0.15), z = (log(1.1) + variance / 2) / sqrt(variance);
    struct interval w = wilson_interval((uint64_t)r.workloads.items[0].at_limit, 1000);
    assert_true(w.low < erfc(z / sqrt(2)) / 2 && erfc(z / sqrt(2)) / 2 < w.high);
    assert_int_equal(r.outages, 0);
    test_done(&x.t);
}

/* ---- cut in parts ---- */

static void any_number_of_threads(void **state)
{
    (void)state;
    static const unsigned threads[] = {2, 3, 7};
    struct experiment x;
    struct runs_result one, many;
    eight_nodes(&x);
    x.t.world->options.threads = 1;
    run(&x, &one);
    assert_true(one.outages > 0 && one.outages < one.done);
    for (size_t i = 0; i < ARRAY_LEN(threads); i++) {
        x.t.world->options.threads = threads[i];
        run(&x, &many);
        assert_string_equal(one.digest, many.digest);
    }
    x.o.seed = 8;
    run(&x, &many);
    assert_string_not_equal(one.digest, many.digest);
    test_done(&x.t);
}

enum { MOST_PARTS = 61 }; /* one run less than parts: one of them is empty */

static void parts(struct experiment *x, int64_t shards, struct runs_result *ret)
{
    x->o.shards = shards;
    for (x->o.shard = 0; x->o.shard < shards; x->o.shard++)
        run(x, &ret[x->o.shard]);
    x->o.shard = 0;
    x->o.shards = 1;
}

static void any_number_of_parts(void **state)
{
    (void)state;
    static const int64_t shards[] = {1, 2, 3, 7, MOST_PARTS};
    struct experiment x;
    struct runs_result whole, merged;
    eight_nodes(&x);
    x.o.runs = 60;
    run(&x, &whole);
    for (size_t i = 0; i < ARRAY_LEN(shards); i++) {
        struct runs_result *list = arena_array(&x.t.a, struct runs_result, MOST_PARTS);
        struct str *names = arena_array(&x.t.a, struct str, MOST_PARTS);
        struct err e = {0};
        parts(&x, shards[i], list);
        for (int64_t k = 0; k < shards[i]; k++)
            names[k] = STR("part");
        /* In any order. */
        struct runs_result first = list[0];
        list[0] = list[shards[i] - 1];
        list[shards[i] - 1] = first;
        assert_int_equal(runs_merge(&x.t.a, list, names, (size_t)shards[i], &merged, &e), 0);
        assert_string_equal(whole.digest, merged.digest);
        assert_int_equal(merged.done, 60);
        assert_int_equal(merged.workloads.count, whole.workloads.count);
        assert_int_equal(merged.worst.items[0].run, whole.worst.items[0].run);
    }
    test_done(&x.t);
}

static void first_runs(void **state)
{
    (void)state;
    for (int64_t shards = 1; shards < 40; shards++) {
        assert_int_equal(runs_first(100, 0, shards), 0);
        assert_int_equal(runs_first(100, shards, shards), 100);
        for (int64_t s = 0; s < shards; s++) {
            int64_t size = runs_first(100, s + 1, shards) - runs_first(100, s, shards);
            assert_true(size == 100 / shards || size == 100 / shards + 1);
        }
    }
    assert_int_equal(runs_first(RUNS_MOST, 99999, 100000), RUNS_MOST - RUNS_MOST / 100000);
}

static void expect_refusal(struct arena *a, const struct runs_result *list, size_t count,
                           const char *want)
{
    static const struct str names[] = {{"a.json", 6}, {"b.json", 6}, {"c.json", 6}, {"d.json", 6}};
    struct runs_result merged;
    struct err e = {0};
    assert_int_equal(runs_merge(a, list, names, count, &merged, &e), -EINVAL);
    assert_string_equal(e.msg, want);
}

static void parts_that_do_not_belong_together(void **state)
{
    (void)state;
    struct experiment x;
    struct runs_result good[3], bad[4];
    eight_nodes(&x);
    x.o.runs = 10;
    parts(&x, 3, good);
#define BAD(i, ...)                  \
    memcpy(bad, good, sizeof(good)); \
    bad[i] = (__VA_ARGS__)
    struct arena *a = &x.t.a;
    expect_refusal(a, good, 2, "shard 2 of 3 is missing: 2 files");
    expect_refusal(a, &good[1], 1, "shard 0 of 3 is missing: 1 file");
    BAD(1, good[2]);
    expect_refusal(a, bad, 3, "b.json and c.json are both shard 2 of 3");
    memcpy(bad, good, sizeof(good));
    bad[3] = good[0];
    expect_refusal(a, bad, 4, "a.json and d.json are both shard 0 of 3");
    BAD(1, good[1]);
    bad[1].world_digest = STR("other");
    expect_refusal(a, bad, 3, "b.json: another world or other assumptions than a.json");
    BAD(2, good[2]);
    bad[2].seed = 8;
    expect_refusal(a, bad, 3, "c.json: another --seed than a.json");
    BAD(2, good[2]);
    bad[2].runs = 11;
    expect_refusal(a, bad, 3, "c.json: another number of --runs than a.json");
    BAD(1, good[1]);
    bad[1].shards = 4;
    expect_refusal(a, bad, 3, "b.json: cut into another number of shards than a.json");
    BAD(1, good[1]);
    bad[1].version = STR("0.0.0");
    expect_refusal(a, bad, 3, "b.json: made by another version of plimsoll than a.json");
    BAD(0, good[0]);
    bad[0].done = 1;
    expect_refusal(a, bad, 3, "a.json: it ended early, after 1 of its 3 runs");
    test_done(&x.t);
}

/* The digest of the world tells worlds, sets and assumptions apart. */
static void worlds_differ(void **state)
{
    (void)state;
    struct experiment x;
    struct runs_result r, other;
    one_pod(&x, 800);
    x.o.runs = 1;
    run(&x, &r);
    x.o.spread_permyriad = 1600;
    run(&x, &other);
    assert_false(str_eq(r.world_digest, other.world_digest));
    x.o.spread_permyriad = 1500;
    x.t.world->options.until_ms++;
    run(&x, &other);
    assert_false(str_eq(r.world_digest, other.world_digest));
    x.t.world->options.until_ms--;
    x.t.world->containers[0].usage++;
    run(&x, &other);
    assert_false(str_eq(r.world_digest, other.world_digest));
    x.t.world->containers[0].usage--;
    contingencies_n1(&x.t.a, x.t.world, &x.set);
    run(&x, &other);
    assert_false(str_eq(r.world_digest, other.world_digest));
    x.set.count = 1;
    run(&x, &other);
    assert_true(str_eq(r.world_digest, other.world_digest));
    test_done(&x.t);
}

/* ---- quantiles, stopping, explaining ---- */

static void quantiles(void **state)
{
    (void)state;
    struct runs_bin bins[] = {{9000, 10}, {10000, 40}, {11000, 45}, {RUNS_LINE_MOST, 5}};
    struct runs_result r = {.done = 100};
    r.bins.items = bins;
    r.bins.count = ARRAY_LEN(bins);
    assert_int_equal(runs_quantile_of(&r, 0.05).line, 9000);
    assert_int_equal(runs_quantile_of(&r, 0.10).line, 9000);
    assert_int_equal(runs_quantile_of(&r, 0.11).line, 10000);
    assert_int_equal(runs_quantile_of(&r, 0.50).line, 10000);
    assert_int_equal(runs_quantile_of(&r, 0.51).line, 11000);
    assert_int_equal(runs_quantile_of(&r, 0.99).line, RUNS_LINE_MOST);
    /* Wilson's interval for 10 of 100 is 5.5 to 17.4 %: ranks 5 and 18. */
    assert_int_equal(runs_quantile_of(&r, 0.10).low, 9000);
    assert_int_equal(runs_quantile_of(&r, 0.10).high, 10000);
    r.done = 0;
    assert_int_equal(runs_quantile_of(&r, 0.5).line, -1);
}

static void stopped_early(void **state)
{
    (void)state;
    struct experiment x;
    struct runs_result r;
    struct sim_watch watch = {0};
    eight_nodes(&x);
    x.t.world->options.watch = &watch;
    x.o.runs = 20;
    run(&x, &r);
    assert_int_equal(r.done, 20);
    assert_int_equal(atomic_load(&watch.done), 20);
    assert_int_equal(atomic_load(&watch.phase), SIM_PHASE_RUNS);
    atomic_store(&watch.stop, true);
    run(&x, &r);
    assert_int_equal(r.done, 0);
    assert_int_equal(r.bins.count, 0);
    test_done(&x.t);
}

/* A run told again is the run that was counted. */
static void explained(void **state)
{
    (void)state;
    struct experiment x;
    struct runs_result r;
    struct runs_plan plan;
    struct err e = {0};
    eight_nodes(&x);
    run(&x, &r);
    assert_int_equal(runs_plan_make(&x.t.a, x.t.world, &x.set, &x.o, &plan, &e), 0);
    for (size_t i = 0; i < r.worst.count; i++) {
        struct sim_events events = {0};
        struct sim_outcome o;
        runs_explain(&x.t.a, &plan, r.worst.items[i].run, &events, &o);
        assert_true(r.worst.items[i].outage && o.failure_count > 0);
        size_t lost = 0;
        for (size_t k = 0; k < events.count; k++)
            if (events.items[k].type == SIM_LOST) {
                lost++;
                assert_int_equal(events.items[k].at_ms, r.worst.items[i].at_ms);
            }
        assert_int_equal(lost, 1);
    }
    test_done(&x.t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(probability_that_is_known),
        cmocka_unit_test(no_spread_is_no_chance),
        cmocka_unit_test(structural_is_no_outage),
        cmocka_unit_test(over_limit_is_counted_once_a_run),
        cmocka_unit_test(any_number_of_threads),
        cmocka_unit_test(any_number_of_parts),
        cmocka_unit_test(first_runs),
        cmocka_unit_test(parts_that_do_not_belong_together),
        cmocka_unit_test(worlds_differ),
        cmocka_unit_test(quantiles),
        cmocka_unit_test(stopped_early),
        cmocka_unit_test(explained),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
