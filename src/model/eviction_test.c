/* SPDX-License-Identifier: Apache-2.0
 *
 * What the tables of tests/fidelity leave out: a kubelet's own defaults, the choice of the kernel
 * by version, ties, budgets over pods of several owners, node allocatable with huge pages.
 */
#include "model/eviction.h"

#include "base/test.h"
#include "model/allocatable.h"
#include "model/badness.h"
#include "model/pdb_status.h"

static struct labels map_of(struct label *items, size_t count)
{
    return (struct labels){items, count, count};
}

static void test_kubelet_thresholds(void **state)
{
    (void)state;
    struct arena a;
    arena_init(&a);
    struct eviction_thresholds t;
    assert_int_equal(eviction_thresholds_of(&a, NULL, &t, NULL), 0);
    assert_int_equal(t.count, 6); /* five and allocatableMemory.available */
    assert_int_equal(eviction_hard_memory_bytes(&a, NULL, 64 * GIB), 100 * MIB);
    /* Naming one key drops the other defaults... */
    struct label hard[] = {{.key = STR("nodefs.available"), .value = STR("5%")}};
    struct kubelet_config k = {.eviction_hard = map_of(hard, 1), .eviction_hard_set = true};
    assert_int_equal(eviction_hard_memory_bytes(&a, &k, 64 * GIB), 0);
    /* ...unless they are merged. */
    k.merge_default_eviction = (struct opt_bool){.v = true, .set = true};
    assert_int_equal(eviction_hard_memory_bytes(&a, &k, 64 * GIB), 100 * MIB);
    struct label percent[] = {{.key = STR("memory.available"), .value = STR("10%")}};
    k.eviction_hard = map_of(percent, 1);
    assert_int_equal(eviction_hard_memory_bytes(&a, &k, 1000), 100);
    struct label bad[] = {{.key = STR("memory.free"), .value = STR("1Gi")}};
    struct err e = {0};
    k.eviction_hard = map_of(bad, 1);
    assert_int_equal(eviction_thresholds_of(&a, &k, &t, &e), -EINVAL);
    assert_non_null(strstr(e.msg, "memory.free"));
    arena_done(&a);
}

/* Pods without statistics first, then those over their request; equal ones stay as they were. */
static void test_rank(void **state)
{
    (void)state;
    int id[6];
    struct eviction_candidate c[6] = {0};
    const int64_t usage[] = {10, 30, 30, 5, 0, 30};
    for (int i = 0; i < 6; i++) {
        c[i].ctx = &id[i];
        c[i].request = c[i].allowed = quantity_of(20);
        c[i].usage = quantity_of(usage[i]);
        c[i].usage_set = i != 4;
    }
    c[2].priority = -1;
    eviction_rank_memory(c, 6);
    const int want[] = {4, 2, 1, 5, 0, 3};
    for (int i = 0; i < 6; i++)
        assert_ptr_equal(c[i].ctx, &id[want[i]]);
}

static void test_kernel(void **state)
{
    (void)state;
    assert_int_equal(oom_kernel_of(STR("4.19.0-25-amd64")), OOM_KERNEL_4);
    assert_int_equal(oom_kernel_of(STR("5.4.0")), OOM_KERNEL_5);
    assert_int_equal(oom_kernel_of(STR("5.8.18")), OOM_KERNEL_5);
    assert_int_equal(oom_kernel_of(STR("5.9.0")), OOM_KERNEL_5_9);
    assert_int_equal(oom_kernel_of(STR("6.1")), OOM_KERNEL_5_9);
    assert_int_equal(oom_kernel_of(STR("")), OOM_KERNEL_5_9);

    const struct oom_task tasks[] = {
        {.rss_pages = 100, .adj = -997},
        {.rss_pages = 200, .adj = -997},
        {.rss_pages = 900, .adj = -1000},
        {.rss_pages = 900, .unkillable = true},
    };
    bool tie;
    assert_int_equal(oom_victim(OOM_KERNEL_4, tasks, 4, 10000, 4096, &tie), 0);
    assert_true(tie);
    assert_int_equal(oom_victim(OOM_KERNEL_5, tasks, 4, 10000, 4096, &tie), 1);
    assert_true(tie);
    assert_int_equal(oom_victim(OOM_KERNEL_5_9, tasks, 4, 10000, 4096, &tie), 1);
    assert_false(tie);
    assert_int_equal(oom_victim(OOM_KERNEL_5_9, tasks + 2, 2, 10000, 4096, &tie), -1);

    const struct oom_task t = {.rss_pages = 250, .adj = 0};
    assert_int_equal(oom_score(OOM_KERNEL_5, &t, 1000, 4096), 250);
    assert_int_equal(oom_score(OOM_KERNEL_5_9, &t, 1000, 4096), 833);
    assert_int_equal(oom_score(OOM_KERNEL_5_9, &tasks[2], 1000, 4096), 0);
    const struct oom_task huge = {.rss_pages = INT64_MAX, .adj = 1000};
    assert_int_equal(oom_badness(OOM_KERNEL_5_9, &huge, INT64_MAX, 4096).points, INT64_MAX);
}

static void test_budget(void **state)
{
    (void)state;
    struct pdb p = {.max_unavailable = {.type = IOS_STRING, .s = STR("25%")}};
    int owners[2];
    struct pdb_pod pods[] = {
        {.name = STR("a"), .ready = true, .controller = &owners[0], .scale = 3},
        {.name = STR("b"), .ready = true, .controller = &owners[0], .scale = 3},
        {.name = STR("c"), .ready = true, .controller = &owners[1], .scale = 2},
        {.name = STR("d"), .ready = true},
        {.name = STR("e"), .ready = true, .deleting = true, .controller = &owners[1], .scale = 2},
    };
    const struct pdb_input in = {.pdb = &p, .pods = pods, .count = ARRAY_LEN(pods)};
    struct pdb_status s;
    struct err e = {0};
    assert_int_equal(pdb_compute(&in, &s, &e), 0);
    assert_int_equal(s.expected_pods, 5);
    assert_int_equal(s.desired_healthy, 3); /* 25% of 5 is 2, rounded up */
    assert_int_equal(s.current_healthy, 4);
    assert_int_equal(s.disruptions_allowed, 1);
    pods[4].controller = &e;
    pods[4].scale = -1;
    assert_int_equal(pdb_compute(&in, &s, &e), -EINVAL);
    p.max_unavailable = (struct int_or_str){.type = IOS_STRING, .s = STR("two")};
    assert_int_equal(pdb_compute_replicas(&p, 3, 3, &s, &e), -EINVAL);
    p.max_unavailable.type = IOS_ABSENT; /* says nothing: the controller allows nothing */
    assert_int_equal(pdb_compute_replicas(&p, 3, 3, &s, &e), 0);
    assert_int_equal(s.disruptions_allowed, 0);
}

static void test_allocatable(void **state)
{
    (void)state;
    struct arena a;
    arena_init(&a);
    struct resources capacity = {0}, got;
    resources_set(&a, &capacity, STR("memory"), quantity_of_bytes(8 * GIB));
    resources_set(&a, &capacity, STR("cpu"), quantity_of(2));
    resources_set(&a, &capacity, STR("hugepages-2Mi"), quantity_of_bytes(GIB));
    struct label kube[] = {{.key = STR("memory"), .value = STR("1Gi")},
                           {.key = STR("cpu"), .value = STR("3")}};
    struct kubelet_config k = {.kube_reserved = map_of(kube, 2)};
    struct node_reservation r;
    assert_int_equal(node_reservation_of(&a, &k, &r, NULL), 0);
    node_allocatable(&a, &capacity, &r, &got);
    assert_int_equal(resources_memory_bytes(&got), 6 * GIB - 100 * MIB);
    assert_int_equal(resources_cpu_milli(&got), 0); /* never below 0 */
    node_kubepods_limit(&a, &capacity, &r, &got);
    assert_int_equal(resources_memory_bytes(&got), 7 * GIB);
    assert_int_equal(node_reservation_check(&a, &capacity, &r, NULL), -EINVAL);
    kube[0].value = STR("-1Gi");
    assert_int_equal(node_reservation_of(&a, &k, &r, NULL), -EINVAL);
    arena_done(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_kubelet_thresholds),
        cmocka_unit_test(test_rank),
        cmocka_unit_test(test_kernel),
        cmocka_unit_test(test_budget),
        cmocka_unit_test(test_allocatable),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
