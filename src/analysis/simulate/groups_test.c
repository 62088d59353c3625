/* SPDX-License-Identifier: Apache-2.0
 *
 * Zones and pools: which nodes and contingencies belong to which, and that a group's load line is
 * what the same search finds when only its nodes can be lost.
 */
#include "analysis/simulate/internal.h"
#include "analysis/simulate/test_world.h"

static uint64_t seed;
static int draw(int below)
{
    seed ^= seed >> 12;
    seed ^= seed << 25;
    seed ^= seed >> 27;
    return (int)((seed * UINT64_C(2685821657736338717)) >> 33) % below;
}

static void pooled_node(struct test_world *t, int i, int memory, const char *zone, const char *pool)
{
    test_yaml(t,
              arena_printf(&t->a,
                           "{apiVersion: v1, kind: Node, metadata: {name: n%d, labels: "
                           "{kubernetes.io/hostname: n%d, topology.kubernetes.io/zone: %s, "
                           "node.kubernetes.io/instance-type: small, "
                           "cloud.google.com/gke-nodepool: %s}}, status: {capacity: {cpu: 64, "
                           "memory: %dMi, pods: 110}, allocatable: {cpu: 64, memory: %dMi, pods: "
                           "110}}}",
                           i, i, zone, pool, memory, memory)
                  .p);
}

static void random_world(struct test_world *t)
{
    int nodes = 3 + draw(6), workloads = 2 + draw(5);
    static const char *const zones[] = {"east", "west", "south"}, *const pools[] = {"a", "b"};
    test_init(t);
    for (int i = 0; i < nodes; i++) { /* one by one: every compiler draws the same worlds */
        int memory = 700 + draw(1500);
        const char *zone = zones[draw(3)], *pool = pools[draw(2)];
        pooled_node(t, i, memory, zone, pool);
    }
    for (int i = 0; i < workloads; i++) {
        int replicas = 1 + draw(6), request = draw(200);
        const char *owner = arena_printf(&t->a, "w%d", i).p;
        for (int k = 0; k < replicas; k++) {
            int node = draw(nodes), limit = draw(3) ? 0 : 300, usage = 1 + draw(250);
            test_pod(t, (struct test_pod){.name = arena_printf(&t->a, "w%d-%d", i, k).p,
                                          .kind = "ReplicaSet",
                                          .owner = owner,
                                          .node = arena_printf(&t->a, "n%d", node).p,
                                          .request = request,
                                          .limit = limit,
                                          .usage = usage});
        }
    }
    test_ready(t);
}

/* Whether a contingency of the group, or none at all, fails in a new way at the factor. */
static bool group_fails(struct test_world *t, const struct sim_report *r, size_t g, int64_t factor)
{
    for (size_t i = 0; i < r->count; i++) {
        const struct contingency *c = r->items[i].contingency;
        if (c->node_count && r->group_of_node[r->groups[g].type][c->nodes[0]] != (int32_t)g)
            continue;
        struct sim_failure *list;
        test_run(t, c, factor);
        if (failures_beyond(&t->a, &t->outcome, &r->items[i].structural, &list))
            return true;
    }
    return false;
}

static void check_groups(struct test_world *t, const struct sim_report *r)
{
    int64_t lowest[SIM_GROUP_TYPES] = {INT64_MAX, INT64_MAX};
    uint32_t nodes[SIM_GROUP_TYPES] = {0};
    for (size_t g = 0; g < r->group_count; g++) {
        const struct sim_group *x = &r->groups[g];
        assert_int_equal(x->contingencies, x->nodes);
        assert_false(group_fails(t, r, g, x->factor));
        if (x->fails_at != NO_FACTOR) {
            assert_true(group_fails(t, r, g, x->fails_at));
            assert_true((x->fails_at - x->factor) * 100 <= x->fails_at);
            assert_false(x->above);
        } else {
            assert_true(x->above);
        }
        lowest[x->type] = MIN(lowest[x->type], x->factor);
        nodes[x->type] += x->nodes;
    }
    for (int i = 0; i < SIM_GROUP_TYPES; i++)
        if (nodes[i]) {
            assert_int_equal(nodes[i], t->world->node_count);
            assert_int_equal(lowest[i], r->line.factor);
        }
}

static void test_lines(void **state)
{
    (void)state;
    for (int i = 0; i < 60; i++) {
        struct test_world t;
        struct contingencies set = {0};
        struct sim_report one, many;
        seed = 77 + (uint64_t)i;
        random_world(&t);
        contingencies_none(&t.a, &set);
        contingencies_n1(&t.a, t.world, &set);
        struct sim_wanted wanted = {.line = true, .group_lines = true};
        sim_report_make(&t.a, t.world, &set, &wanted, &one);
        check_groups(&t, &one);
        t.world->options.threads = 3;
        sim_report_make(&t.a, t.world, &set, &wanted, &many);
        assert_string_equal(one.digest, many.digest);
        test_done(&t);
    }
}

static void test_labels(void **state)
{
    (void)state;
    struct test_world t;
    struct contingencies set = {0};
    struct sim_report r;
    test_init(&t);
    pooled_node(&t, 0, 1000, "east", "general");
    pooled_node(&t, 1, 1000, "east", "batch");
    pooled_node(&t, 2, 1000, "east", "batch");
    test_ready(&t);
    contingencies_n2(&t.a, t.world, &set);
    sim_report_make(&t.a, t.world, &set, &(struct sim_wanted){.line = false}, &r);
    /* One zone is no group; the pool's label comes before the machine's. */
    assert_int_equal(r.group_count, 2);
    assert_true(str_is(r.groups[0].name, "batch"));
    assert_string_equal(r.groups[0].label, "cloud.google.com/gke-nodepool");
    assert_int_equal(r.groups[0].nodes, 2);
    assert_int_equal(r.groups[0].contingencies, 1); /* the pair n1, n2 */
    assert_int_equal(r.groups[1].contingencies, 0);
    assert_int_equal(r.groups[0].factor, NO_FACTOR);
    test_done(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lines),
        cmocka_unit_test(test_labels),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
