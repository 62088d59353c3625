/* SPDX-License-Identifier: Apache-2.0
 *
 * Worlds small enough to say by hand what helps; and the cluster after an edit, which must differ in
 * what the edit says and nothing else.
 */
#include "analysis/remedy/internal.h"
#include "analysis/simulate/test_world.h"

struct test {
    struct test_world t;
    struct contingencies set;
    struct sim_report report;
    struct remedies found;
};

static void deployment(struct test *x, const char *name, int replicas, const char *container)
{
    test_yaml(&x->t,
              arena_printf(&x->t.a,
                           "{apiVersion: apps/v1, kind: ReplicaSet, metadata: {name: %s, "
                           "namespace: shop, uid: u-%s}, spec: {replicas: %d, selector: "
                           "{matchLabels: {app: %s}}, template: {metadata: {labels: {app: %s}}, "
                           "spec: {containers: [{name: c%s}]}}}}",
                           name, name, replicas, name, name, container)
                  .p);
}

static void find(struct test *x, size_t most)
{
    test_ready(&x->t);
    contingencies_none(&x->t.a, &x->set);
    contingencies_n1(&x->t.a, x->t.world, &x->set);
    sim_report_make(&x->t.a, x->t.world, &x->set, &(struct sim_wanted){.line = true}, &x->report);
    struct remedy_question q = {.world = x->t.world,
                                .set = &x->set,
                                .report = &x->report,
                                .want_line = x->report.line.known,
                                .most = most,
                                .headroom_permyriad = 5000};
    remedies_find(&x->t.a, &q, &x->found);
}

static const struct edit *edit_of(const struct remedy *r, const char *path)
{
    for (size_t i = 0; i < r->edit_count; i++)
        if (str_is(r->edits[i].path, path))
            return &r->edits[i];
    return NULL;
}

#define REQUEST "spec.template.spec.containers[0].resources.requests.memory"
#define LIMIT   "spec.template.spec.containers[0].resources.limits.memory"

/* Four nodes; "big" uses 500Mi a pod and says nothing, so that the scheduler puts what is displaced
 * on the node where there is least room. With the requests set it cannot. */
static void big_world(struct test *x, const char *uses)
{
    memset(x, 0, sizeof(*x));
    test_init(&x->t);
    for (int i = 0; i < 4; i++)
        test_node(&x->t, (const char *[]){"a", "b", "c", "d"}[i], 1000, NULL);
    deployment(x, "big", 4, "");
    deployment(x, "small", 2, ", resources: {requests: {memory: 300Mi}}");
    static const char *const pods[] = {"big-1", "big-2", "big-3", "big-4"};
    static const char *const on[] = {"a", "a", "b", "b"};
    for (int i = 0; i < 4; i++)
        test_pod(&x->t, (struct test_pod){pods[i], "ReplicaSet", "big", on[i], 0, 0, uses ? 350 : 0,
                                          NULL});
    test_pod(&x->t,
             (struct test_pod){"small-1", "ReplicaSet", "small", "c", 300, 0, uses ? 50 : 0, NULL});
    test_pod(&x->t,
             (struct test_pod){"small-2", "ReplicaSet", "small", "d", 300, 0, uses ? 50 : 0, NULL});
}

static void test_requests(void **state)
{
    (void)state;
    struct test x;
    big_world(&x, "yes");
    find(&x, 3);
    assert_true(x.report.line.known);
    assert_true(x.found.count >= 1);
    const struct remedy *r = &x.found.items[0];
    assert_true(r->together.line >= x.found.before.line + REMEDY_LEAST);
    assert_int_equal(x.found.before.line, x.report.line.factor);
    for (size_t i = 0; i < x.found.count; i++) {
        const struct edit *e = edit_of(&x.found.items[i], REQUEST);
        if (e && str_is(e->object->name, "big"))
            assert_string_equal(e->value.p, "\"350Mi\"");
        /* what asks for more than it uses keeps it */
        assert_true(!e || !str_is(e->object->name, "small"));
    }
    test_done(&x.t);
}

/* The figure of a remedy is that of a world in which it has been made by hand. */
static void test_figures(void **state)
{
    (void)state;
    struct test x;
    big_world(&x, "yes");
    find(&x, 1);
    struct sim_world *after;
    struct contingencies set;
    struct sim_report report;
    struct err e = {0};
    const struct remedy *r = &x.found.items[0];
    assert_int_equal(trial_world(&x.t.a, x.t.world, r, &after, &e), 0);
    trial_set(&x.t.a, after, &x.set, r, &set);
    sim_report_make(&x.t.a, after, &set, &(struct sim_wanted){.line = true}, &report);
    assert_int_equal(MIN(report.line.factor, r->holds_to), r->alone.line);
    assert_int_equal(r->alone.line, r->together.line);
    /* a second time, with more threads, the same */
    struct remedies again;
    x.t.world->options.threads = 4;
    struct remedy_question q = {.world = x.t.world,
                                .set = &x.set,
                                .report = &x.report,
                                .want_line = true,
                                .most = 1,
                                .headroom_permyriad = 5000};
    remedies_find(&x.t.a, &q, &again);
    assert_int_equal(again.count, x.found.count);
    assert_int_equal(again.tried, x.found.tried);
    assert_string_equal(again.items[0].title.p, r->title.p);
    assert_int_equal(again.items[0].together.line, r->together.line);
    test_done(&x.t);
}

/* No use, no figures: nothing about memory is proposed. */
static void test_no_usage(void **state)
{
    (void)state;
    struct test x;
    big_world(&x, NULL);
    find(&x, 3);
    assert_false(x.report.line.known);
    for (size_t i = 0; i < x.found.count; i++) {
        assert_null(edit_of(&x.found.items[i], REQUEST));
        assert_null(edit_of(&x.found.items[i], LIMIT));
    }
    test_done(&x.t);
}

/* ---- a leak ---- */

static void test_leaking(void **state)
{
    (void)state;
    struct test x;
    memset(&x, 0, sizeof(x));
    test_init(&x.t);
    x.t.options.node_oom = NODE_OOM_LOST;
    x.t.options.until_ms = 3600 * 1000;
    test_node(&x.t, "a", 2000, NULL);
    test_node(&x.t, "b", 2000, NULL);
    deployment(&x, "leaky", 2, "");
    test_pod(&x.t, (struct test_pod){"leaky-1", "ReplicaSet", "leaky", "a", 0, 0, 200, NULL});
    test_pod(&x.t, (struct test_pod){"leaky-2", "ReplicaSet", "leaky", "b", 0, 0, 300, NULL});
    test_ready(&x.t);
    *PUSH(&x.t.a, &x.set) = test_leak(&x.t, "leaky", 2000);
    sim_report_make(&x.t.a, x.t.world, &x.set, &(struct sim_wanted){0}, &x.report);
    assert_int_equal(x.report.items[0].now.nodes_lost, 2);
    struct remedy_question q = {.world = x.t.world,
                                .set = &x.set,
                                .report = &x.report,
                                .most = 1,
                                .headroom_permyriad = 5000};
    remedies_find(&x.t.a, &q, &x.found);
    assert_int_equal(x.found.count, 1);
    const struct remedy *r = &x.found.items[0];
    assert_string_equal(r->rule, "memory-limit-missing");
    /* half as much again as the pod that uses most */
    assert_string_equal(edit_of(r, LIMIT)->value.p, "\"450Mi\"");
    assert_string_equal(edit_of(r, REQUEST)->value.p, "\"300Mi\"");
    assert_int_equal(r->holds_to, 15000);
    assert_int_equal(x.found.before.nodes_lost, 2);
    assert_int_equal(r->together.nodes_lost, 0);
    test_done(&x.t);
}

/* ---- the cluster after an edit ---- */

static void test_change(void **state)
{
    (void)state;
    struct test x;
    struct change c;
    struct cluster *after;
    struct err e = {0};
    big_world(&x, "yes");
    test_ready(&x.t);
    const struct workload *big = x.t.c.workloads.items[0];
    const struct edit edits[] = {
        {&big->o, EDIT_SET, STR(REQUEST), STR("\"600Mi\"")},
        {&big->o, EDIT_SET, STR("spec.replicas"), STR("5")},
    };
    change_begin(&c, &x.t.a, &x.t.c);
    for (size_t i = 0; i < ARRAY_LEN(edits); i++)
        assert_int_equal(change_edit(&c, &edits[i], &e), 0);
    change_add_node(&c, x.t.c.nodes.items[2], STR("new"));
    assert_int_equal(change_end(&c, &after, &e), 0);
    assert_int_equal(after->nodes.count, 5);
    assert_int_equal(after->pods.count, 7);
    size_t asks = 0, waits = 0, kept = 0;
    for (size_t i = 0; i < after->pods.count; i++) {
        const struct pod *p = after->pods.items[i];
        const struct resource_amount *m =
            resources_find(&p->spec.containers.items[0].resources.requests, "memory");
        asks += m && quantity_value(m->q) == 600 * MIB && p->owner == after->workloads.items[0];
        waits += !p->spec.node_name.v.n;
        kept += i < x.t.c.pods.count && p == x.t.c.pods.items[i];
    }
    assert_int_equal(asks, 5);
    assert_int_equal(waits, 5);
    assert_int_equal(kept, 2); /* small: shared with the cluster as it was */
    assert_int_equal(after->workloads.items[0]->pods.count, 5);
    /* that is as it was */
    assert_int_equal(x.t.c.pods.count, 6);
    assert_int_equal(x.t.c.nodes.count, 4);
    assert_false(resources_find(&big->tmpl.spec.containers.items[0].resources.requests, "memory"));
    assert_true(x.t.c.pods.items[0]->owner == big);
    /* what is not there cannot be edited */
    struct object nobody = big->o;
    nobody.name = STR("nobody");
    const struct edit wrong[] = {
        {&nobody, EDIT_SET, STR("spec.replicas"), STR("5")},
        {&big->o, EDIT_SET, STR("spec.template.spec.containers[1].resources.limits.memory"),
         STR("\"1Gi\"")},
    };
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
        change_begin(&c, &x.t.a, &x.t.c);
        assert_int_equal(change_edit(&c, &wrong[i], &e), -EINVAL);
    }
    test_done(&x.t);
}

/* A kubelet that keeps back more has less to give, and one that has no file gets one. */
static void test_kubelet(void **state)
{
    (void)state;
    struct test x;
    struct change c;
    struct cluster *after;
    struct err e = {0};
    big_world(&x, "yes");
    test_ready(&x.t);
    struct object o = {.kind = KIND_KUBELET_CONFIGURATION, .name = STR(""), .ns = STR("")};
    const struct edit edits[] = {
        {&o, EDIT_SET, STR("systemReserved.memory"), STR("\"200Mi\"")},
        {&o, EDIT_SET, STR("evictionHard[\"memory.available\"]"), STR("\"150Mi\"")},
    };
    change_begin(&c, &x.t.a, &x.t.c);
    for (size_t i = 0; i < ARRAY_LEN(edits); i++)
        assert_int_equal(change_edit(&c, &edits[i], &e), 0);
    assert_int_equal(change_end(&c, &after, &e), 0);
    assert_int_equal(after->kubelet_configs.count, 1);
    for (size_t i = 0; i < after->nodes.count; i++) {
        const struct resource_amount *m =
            resources_find(&after->nodes.items[i]->allocatable, "memory");
        assert_ptr_equal(after->nodes.items[i]->kubelet, after->kubelet_configs.items[0]);
        /* 1000Mi were allocatable with the default threshold of 100Mi */
        assert_int_equal(quantity_value(m->q) / MIB, 1000 - 200 - (150 - 100));
    }
    assert_null(x.t.c.nodes.items[0]->kubelet);
    test_done(&x.t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_requests), cmocka_unit_test(test_figures),
        cmocka_unit_test(test_no_usage), cmocka_unit_test(test_leaking),
        cmocka_unit_test(test_change),   cmocka_unit_test(test_kubelet),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
