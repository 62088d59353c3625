/* SPDX-License-Identifier: Apache-2.0
 *
 * What Monte Carlo draws, against what theory says of it. Seeds are fixed: a test always or never
 * passes, and tolerances are 4.5 standard errors.
 */
#include <math.h>

#include "analysis/simulate/runs.h"
#include "analysis/simulate/test_world.h"
#include "base/random.h"

enum { DRAWS = 40000 };

static void assert_near(double got, double want, double error)
{
    if (fabs(got - want) > 4.5 * error)
        fail_msg("%g is not %g within 4.5 times %g", got, want, error);
}

/* ---- the factor alone ---- */

/* The n-th moment of runs_factor_at over the standard normal, by Simpson's rule. */
static double theory(const struct runs_plan *p, const struct runs_group *g, int n)
{
    enum { STEPS = 40000 };
    double sum = 0, h = 16.0 / STEPS;
    for (int i = 0; i <= STEPS; i++) {
        double z = -8 + i * h, weight = i == 0 || i == STEPS ? 1 : i % 2 ? 4 : 2;
        sum += weight * pow(runs_factor_at(p, g, z), n) * exp(-z * z / 2);
    }
    return sum * h / 3 / sqrt(2 * 3.14159265358979323846);
}

static void moments(const struct runs_plan *p, const struct runs_group *g, double mean)
{
    double sum = 0, squares = 0;
    for (uint32_t i = 0; i < DRAWS; i++) {
        struct random_run r = {.seed = 5, .run = i};
        double x = runs_factor_at(p, g, random_normal(&r, 0, 0));
        sum += x;
        squares += x * x;
    }
    double m1 = theory(p, g, 1), m2 = theory(p, g, 2), m4 = theory(p, g, 4);
    if (mean > 0)
        assert_near(m1, mean, 1e-7);
    assert_near(sum / DRAWS, m1, sqrt((m2 - m1 * m1) / DRAWS));
    assert_near(squares / DRAWS, m2, sqrt((m4 - m2 * m2) / DRAWS));
}

static struct runs_plan spread_of(double spread)
{
    double variance = log(1 + spread * spread);
    return (struct runs_plan){.log_mean = -variance / 2, .log_sigma = sqrt(variance)};
}

static void log_normal(void **state)
{
    (void)state;
    struct runs_group g = {0};
    static const double spreads[] = {0.05, 0.15, 0.5, 1};
    for (size_t i = 0; i < ARRAY_LEN(spreads); i++) {
        struct runs_plan p = spread_of(spreads[i]);
        moments(&p, &g, 1);
        /* The spread is the standard deviation over the mean, which is 1. */
        assert_near(sqrt(theory(&p, &g, 2) - 1), spreads[i], 1e-5);
    }
    struct runs_plan none = spread_of(0);
    assert_true(runs_factor_at(&none, &g, 3) == 1);
}

static double share_up_to(const struct runs_plan *p, const struct runs_group *g, double factor)
{
    size_t n = 0;
    for (uint32_t i = 0; i < DRAWS; i++) {
        struct random_run r = {.seed = 6, .run = i};
        n += runs_factor_at(p, g, random_normal(&r, 0, 0)) <= factor;
    }
    return (double)n / DRAWS;
}

static void percentiles(void **state)
{
    (void)state;
    struct usage_container u = {
        .p50_bytes = 400, .p95_bytes = 600, .p99_bytes = 900, .max_bytes = 1000};
    struct runs_plan p = spread_of(0.15);
    struct runs_group g = {.spread = &u};
    moments(&p, &g, 0);
    assert_near(share_up_to(&p, &g, 1), 0.5, sqrt(0.25 / DRAWS));
    assert_near(share_up_to(&p, &g, 1.5), 0.95, sqrt(0.95 * 0.05 / DRAWS));
    assert_near(share_up_to(&p, &g, 2.25), 0.99, sqrt(0.99 * 0.01 / DRAWS));
    assert_true(share_up_to(&p, &g, 2.5) == 1);
    /* The lower half mirrors the upper, and ends at 0. */
    assert_near(runs_factor_at(&p, &g, -1), 2 - runs_factor_at(&p, &g, 1), 1e-12);
    assert_true(runs_factor_at(&p, &g, -8) == 0);
}

/* Percentiles of a normal give that normal back, tails too. */
static void percentiles_of_a_normal(void **state)
{
    (void)state;
    struct runs_plan p = spread_of(0.15);
    struct usage_container u = {
        .p50_bytes = 1000000, .p95_bytes = 1000000 + 164485, .p99_bytes = 1000000 + 232635};
    struct runs_group g = {.spread = &u};
    moments(&p, &g, 1);
    for (double z = -4; z < 4; z += 0.25)
        assert_true(fabs(runs_factor_at(&p, &g, z) - (1 + 0.1 * z)) < 1e-5);
    /* One percentile is enough; those that are not given are passed over. */
    u.p99_bytes = 0;
    assert_true(fabs(runs_factor_at(&p, &g, 3) - 1.3) < 1e-5);
    u.p95_bytes = 0;
    assert_true(runs_factor_at(&p, &g, 3) == 1);
    u.max_bytes = 2000000;
    assert_true(fabs(runs_factor_at(&p, &g, 3.0902323061678132) - 2) < 1e-12);
    assert_true(runs_factor_at(&p, &g, 7) == 2);
}

/* ---- whole draws ---- */

struct draws {
    struct test_world t;
    struct contingencies set;
    struct runs_plan plan;
    struct runs_draw draw;
};

static void draws_init(struct draws *d)
{
    test_init(&d->t);
    for (int i = 0; i < 4; i++)
        test_node(&d->t, arena_printf(&d->t.a, "n%d", i).p, 10000, "z");
    for (int i = 0; i < 4; i++) {
        test_pod(&d->t, (struct test_pod){.name = arena_printf(&d->t.a, "web%d", i).p,
                                          .kind = "ReplicaSet",
                                          .owner = "web",
                                          .node = arena_printf(&d->t.a, "n%d", i).p,
                                          .request = 100,
                                          .usage = 200 + i});
        test_pod(&d->t, (struct test_pod){.name = arena_printf(&d->t.a, "data%d", i).p,
                                          .kind = "ReplicaSet",
                                          .owner = "data",
                                          .node = arena_printf(&d->t.a, "n%d", i).p,
                                          .request = 100,
                                          .usage = 300});
    }
}

static void draws_ready(struct draws *d, const struct runs_options *o)
{
    struct err e = {0};
    test_ready(&d->t);
    contingencies_none(&d->t.a, &d->set);
    contingencies_n1(&d->t.a, d->t.world, &d->set);
    assert_int_equal(runs_plan_make(&d->t.a, d->t.world, &d->set, o, &d->plan, &e), 0);
    runs_draw_init(&d->t.a, &d->plan, &d->draw);
}

static double ratio(const struct draws *d, uint32_t container)
{
    return (double)d->draw.world.containers[container].usage /
           (double)d->t.world->containers[container].usage;
}

/* The first container of a workload's first pod. */
static uint32_t container_of(const struct draws *d, const char *workload)
{
    uint32_t at = 0;
    struct err e = {0};
    if (sim_find_workload(d->t.world, str_of(workload), &at, &e) < 0)
        fail_msg("%s", e.msg);
    return d->t.world->pods[d->t.world->workload_pods[d->t.world->workload_first[at]]].container;
}

static void pods_of_a_workload_share_a_draw(void **state)
{
    (void)state;
    struct draws d = {0};
    struct runs_options o = {.runs = DRAWS, .seed = 1, .shards = 1, .spread_permyriad = 1500};
    draws_init(&d);
    draws_ready(&d, &o);
    assert_int_equal(d.plan.group_count, 2);
    assert_int_equal(d.plan.candidate_count, 4);
    size_t drawn[5] = {0};
    double sum = 0, squares = 0, product = 0, time = 0;
    uint32_t cx = container_of(&d, "web"), cy = container_of(&d, "data");
    for (int64_t run = 0; run < DRAWS; run++) {
        runs_draw_make(&d.plan, run, &d.draw);
        const struct sim_world *w = &d.draw.world;
        for (uint32_t p = 0; p < w->pod_count; p++) {
            bool is_x = w->pods[p].workload == w->pods[0].workload;
            double first = ratio(&d, is_x ? w->pods[0].container : cx == 0 ? cy : cx);
            assert_true(fabs(ratio(&d, w->pods[p].container) - first) < 1e-7);
        }
        sum += ratio(&d, cx);
        squares += ratio(&d, cx) * ratio(&d, cx);
        product += (ratio(&d, cx) - 1) * (ratio(&d, cy) - 1);
        drawn[d.draw.drawn]++;
        assert_int_equal(d.draw.contingency.actions.count, 1);
        assert_int_equal(d.draw.contingency.actions.items[0].node,
                         d.set.items[d.draw.drawn].nodes[0]);
        assert_in_range(d.draw.at_ms, 0, d.t.options.until_ms / 2 - 1);
        time += (double)d.draw.at_ms / (double)d.t.options.until_ms;
    }
    double n = DRAWS;
    assert_near(sum / n, 1, 0.15 / sqrt(n));
    assert_near(sqrt(squares / n - sum / n * sum / n), 0.15, 0.15 / sqrt(2 * n) * 1.2);
    assert_near(product / n, 0, 0.15 * 0.15 / sqrt(n));
    assert_near(time / n, 0.25, 0.5 / sqrt(12 * n));
    assert_int_equal(drawn[0], 0); /* "nothing lost" is not drawn when there is something to lose */
    for (size_t i = 1; i < 5; i++)
        assert_near((double)drawn[i] / n, 0.25, sqrt(0.25 * 0.75 / n));
    test_done(&d.t);
}

static void correlation(void **state)
{
    (void)state;
    static const int64_t shares[] = {0, 3000, 10000};
    for (size_t i = 0; i < ARRAY_LEN(shares); i++) {
        struct draws d = {0};
        struct runs_options o = {.runs = DRAWS,
                                 .seed = 2,
                                 .shards = 1,
                                 .spread_permyriad = 1500,
                                 .correlation_permyriad = shares[i]};
        draws_init(&d);
        draws_ready(&d, &o);
        uint32_t cx = container_of(&d, "web"), cy = container_of(&d, "data");
        double xx = 0, yy = 0, xy = 0, mean = d.plan.log_mean;
        for (int64_t run = 0; run < DRAWS; run++) {
            runs_draw_make(&d.plan, run, &d.draw);
            double x = log(ratio(&d, cx)) - mean, y = log(ratio(&d, cy)) - mean;
            xx += x * x;
            yy += y * y;
            xy += x * y;
        }
        double want = (double)shares[i] / 10000;
        assert_near(xy / sqrt(xx * yy), want, (1 - want * want) / sqrt(DRAWS) + 1e-6);
        test_done(&d.t);
    }
}

/* Each pod apart, evenly within the jitter, around the level that all share. */
static void jitter(void **state)
{
    (void)state;
    struct draws d = {0};
    struct runs_options o = {.runs = DRAWS, .seed = 3, .shards = 1};
    draws_init(&d);
    test_yaml(&d.t,
              "{apiVersion: plimsoll.dev/v1, kind: UsageProfile, metadata: {name: u, namespace: "
              "shop}, spec: {target: {kind: ReplicaSet, name: web}, containers: [{level: "
              "1000Mi, jitterPercent: 20}]}}");
    draws_ready(&d, &o);
    uint32_t first = container_of(&d, "web"), other = 0;
    for (uint32_t p = 0; p < d.t.world->pod_count; p++)
        if (d.t.world->pods[p].container != first &&
            d.plan.group_of[d.t.world->pods[p].container] == d.plan.group_of[first])
            other = d.t.world->pods[p].container;
    double sum = 0, squares = 0, product = 0, level = 1000.0 * MIB;
    for (int64_t run = 0; run < DRAWS; run++) {
        runs_draw_make(&d.plan, run, &d.draw);
        double x = (double)d.draw.world.containers[first].usage / level - 1;
        double y = (double)d.draw.world.containers[other].usage / level - 1;
        assert_true(x >= -0.2 && x <= 0.2);
        sum += x;
        squares += x * x;
        product += x * y;
    }
    assert_near(sum / DRAWS, 0, 0.2 / sqrt(3.0 * DRAWS));
    assert_near(squares / DRAWS, 0.04 / 3, 0.04 * sqrt(4.0 / 45) / sqrt(DRAWS));
    assert_near(product / DRAWS, 0, 0.04 / 3 / sqrt(DRAWS));
    test_done(&d.t);
}

static void leaks_begin_at_random(void **state)
{
    (void)state;
    struct draws d = {0};
    struct runs_options o = {.runs = DRAWS, .seed = 4, .shards = 1};
    draws_init(&d);
    test_ready(&d.t);
    *PUSH(&d.t.a, &d.t.world->leaks) = (struct sim_leak){0, 7 * MIB};
    *PUSH(&d.t.a, &d.t.world->leaks) = (struct sim_leak){1, 9 * MIB};
    contingencies_n1(&d.t.a, d.t.world, &d.set);
    struct err e = {0};
    assert_int_equal(runs_plan_make(&d.t.a, d.t.world, &d.set, &o, &d.plan, &e), 0);
    runs_draw_init(&d.t.a, &d.plan, &d.draw);
    double half = (double)d.t.options.until_ms / 2, sum[3] = {0}, product = 0;
    for (int64_t run = 0; run < DRAWS; run++) {
        runs_draw_make(&d.plan, run, &d.draw);
        assert_int_equal(d.draw.contingency.actions.count, 3);
        assert_int_equal(d.draw.world.leaks.count, 0);
        double at[3];
        for (size_t i = 0; i < 3; i++) {
            const struct sim_action *x = &d.draw.contingency.actions.items[i];
            assert_int_equal(x->type, i ? ACTION_LEAK : ACTION_LOSE);
            assert_int_equal(x->leak.bytes_per_minute, i == 1 ? 7 * MIB : i == 2 ? 9 * MIB : 0);
            at[i] = (double)x->at_ms / half;
            assert_true(at[i] >= 0 && at[i] < 1);
            sum[i] += at[i];
        }
        product += (at[1] - 0.5) * (at[2] - 0.5);
    }
    for (size_t i = 0; i < 3; i++)
        assert_near(sum[i] / DRAWS, 0.5, sqrt(1.0 / 12 / DRAWS));
    assert_near(product / DRAWS, 0, 1.0 / 12 / sqrt(DRAWS));
    test_done(&d.t);
}

static void falling_percentiles_are_refused(void **state)
{
    (void)state;
    struct draws d = {0};
    struct runs_options o = {.runs = 1, .shards = 1};
    struct err e = {0};
    draws_init(&d);
    test_yaml(&d.t,
              "{apiVersion: plimsoll.dev/v1, kind: UsageProfile, metadata: {name: u, namespace: "
              "shop}, spec: {target: {kind: ReplicaSet, name: web}, containers: [{p50: 500Mi, "
              "p95: 400Mi}]}}");
    test_ready(&d.t);
    contingencies_none(&d.t.a, &d.set);
    assert_int_equal(runs_plan_make(&d.t.a, d.t.world, &d.set, &o, &d.plan, &e), -EINVAL);
    assert_string_equal(e.msg,
                        "the usage of ReplicaSet shop/web: p50, p95, p99 and max must not fall "
                        "from one to the next");
    test_done(&d.t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(log_normal),
        cmocka_unit_test(percentiles),
        cmocka_unit_test(percentiles_of_a_normal),
        cmocka_unit_test(pods_of_a_workload_share_a_draw),
        cmocka_unit_test(correlation),
        cmocka_unit_test(jitter),
        cmocka_unit_test(leaks_begin_at_random),
        cmocka_unit_test(falling_percentiles_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
