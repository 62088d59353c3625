/* SPDX-License-Identifier: Apache-2.0
 *
 * incremental WORLD...: the fast path and the counters against the plain way. Pods of a world are
 * cloned, bound and unbound at random, nodes closed and switched off; after each step
 * schedule_place must choose what schedule_explain chooses, also between a mark and its rewind, and
 * now and then a schedule built anew from the same bindings must explain the same, score by score.
 * Exit status 1 on a difference.
 */
#include <stdio.h>

#include "analysis/schedule/schedule.h"
#include "base/alloc.h"
#include "model/defaults.h"
#include "source/source.h"

enum { STEPS = 600, REBUILD_EVERY = 60, WHAT_IF_EVERY = 6, WHAT_IF_STEPS = 12 };

struct run {
    const char *world;
    struct cluster c;
    struct schedule *s;
    uint32_t own; /* pods of the world */
    uint64_t random;
    size_t differences;
};

/* xorshift64*: the same run on every machine. */
static uint32_t draw(struct run *r, uint32_t below)
{
    r->random ^= r->random >> 12;
    r->random ^= r->random << 25;
    r->random ^= r->random >> 27;
    return (uint32_t)((r->random * UINT64_C(0x2545f4914f6cdd1d)) >> 33) % below;
}

static void differ(struct run *r, const char *what, uint32_t pod, int64_t want, int64_t got)
{
    if (r->differences++ < 10)
        printf("%s: pod %u: %s: expected %lld, got %lld\n", r->world, pod, what, (long long)want,
               (long long)got);
}

static void compare_place(struct run *r, uint32_t pod)
{
    struct arena a;
    struct verdict v;
    arena_init(&a);
    int32_t fast = schedule_place(r->s, pod);
    schedule_explain(r->s, pod, &a, &v);
    int32_t slow = v.best_count ? (int32_t)v.best[0] : NO_NODE;
    if (fast != slow)
        differ(r, "place", pod, slow, fast);
    arena_done(&a);
}

static void compare_verdicts(struct run *r, uint32_t pod, const struct verdict *want,
                             const struct verdict *got)
{
    uint32_t nodes = schedule_node_count(r->s);
    for (uint32_t n = 0; want->nodes && n < nodes; n++) {
        if (want->nodes[n].reason != got->nodes[n].reason ||
            want->nodes[n].lacking != got->nodes[n].lacking)
            differ(r, "reason", pod, want->nodes[n].reason, got->nodes[n].reason);
    }
    if (want->feasible_count != got->feasible_count) {
        differ(r, "feasible", pod, want->feasible_count, got->feasible_count);
        return;
    }
    for (int p = 0; p < PLUGIN_COUNT; p++) {
        if (!want->scores[p] != !got->scores[p])
            differ(r, plugin_name((enum sched_plugin)p), pod, want->scores[p] != NULL,
                   got->scores[p] != NULL);
        for (uint32_t i = 0; want->scores[p] && got->scores[p] && i < want->feasible_count; i++) {
            if (want->scores[p][i] != got->scores[p][i])
                differ(r, plugin_name((enum sched_plugin)p), pod, want->scores[p][i],
                       got->scores[p][i]);
        }
    }
}

/* A world of its own with the same bindings, and what it says of every pending pod. */
static void compare_rebuilt(struct run *r)
{
    struct arena a;
    arena_init(&a);
    struct cluster c = r->c;
    uint32_t count = schedule_pod_count(r->s);
    memset(&c.pods, 0, sizeof(c.pods));
    for (uint32_t i = 0; i < count; i++) {
        struct pod *p = arena_new(&a, struct pod);
        *p = *schedule_pod(r->s, i);
        if (i >= r->own) /* a clone has ephemeral volumes of its own: none that the world has */
            p->o.name = STR("");
        int32_t node = schedule_pod_node(r->s, i);
        p->spec.node_name.v =
            node == NO_NODE ? STR_NONE : schedule_node(r->s, (uint32_t)node)->o.name;
        *PUSH(&a, &c.pods) = p;
    }
    struct schedule *fresh = schedule_new(&a, &c);
    schedule_assume_as(fresh, r->s);
    for (uint32_t i = 0; i < count; i++) {
        struct verdict want, got;
        if (schedule_pod_node(r->s, i) != NO_NODE)
            continue;
        schedule_explain(fresh, i, &a, &want);
        schedule_explain(r->s, i, &a, &got);
        compare_verdicts(r, i, &want, &got);
    }
    schedule_done(fresh);
    arena_done(&a);
}

static void empty_node(struct run *r, uint32_t node)
{
    uint32_t pod;
    while ((pod = schedule_node_first_pod(r->s, node)) != UINT32_MAX)
        schedule_unbind(r->s, pod);
}

static void step(struct run *r)
{
    uint32_t pods = schedule_pod_count(r->s), nodes = schedule_node_count(r->s);
    uint32_t pod = draw(r, pods), node = draw(r, nodes), what = draw(r, 10);
    if (what < 2 && pods < 400)
        pod = schedule_clone_pod(r->s, pod);
    if (what < 6 && schedule_pod_node(r->s, pod) == NO_NODE) {
        int32_t to = schedule_place(r->s, pod);
        if (to != NO_NODE && draw(r, 2))
            schedule_assume_volumes(r->s, pod, (uint32_t)to);
        if (to != NO_NODE)
            schedule_bind(r->s, pod, (uint32_t)to);
    } else if (what < 8 && schedule_pod_node(r->s, pod) != NO_NODE) {
        schedule_unbind(r->s, pod);
    } else if (what == 8) {
        empty_node(r, node);
        schedule_node_off(r->s, node, true);
    } else {
        schedule_node_close(r->s, node, draw(r, 2));
    }
    pod = draw(r, schedule_pod_count(r->s));
    if (schedule_pod_node(r->s, pod) == NO_NODE)
        compare_place(r, pod);
    if (what == 8)
        schedule_node_off(r->s, node, false);
}

/* ---- what-ifs ---- */

static void expect_some(struct run *r)
{
    for (uint32_t pod = 0; pod < schedule_pod_count(r->s); pod++)
        if (draw(r, 4))
            schedule_expect(r->s, pod);
}

/* Binds as before, and takes away what was not there. */
static void put_back(struct run *r, const int32_t *node_of, uint32_t pods)
{
    for (uint32_t pod = 0; pod < schedule_pod_count(r->s); pod++) {
        int32_t node = schedule_pod_node(r->s, pod);
        if (node != NO_NODE && (pod >= pods || node != node_of[pod]))
            schedule_unbind(r->s, pod);
    }
    for (uint32_t n = 0; n < schedule_node_count(r->s); n++)
        schedule_node_close(r->s, n, false);
    for (uint32_t pod = 0; pod < pods; pod++)
        if (node_of[pod] != NO_NODE && schedule_pod_node(r->s, pod) == NO_NODE)
            schedule_bind(r->s, pod, (uint32_t)node_of[pod]);
    schedule_forget_clones(r->s, pods);
}

/* Some steps between a mark and a rewind; then every pending pod must find what it found before. */
static void what_if(struct run *r)
{
    struct arena a;
    arena_init(&a);
    uint32_t pods = schedule_pod_count(r->s);
    int32_t *node_of = arena_array(&a, int32_t, pods);
    for (uint32_t n = 0; n < schedule_node_count(r->s); n++)
        schedule_node_close(r->s, n, false);
    for (uint32_t pod = 0; pod < pods; pod++)
        node_of[pod] = schedule_pod_node(r->s, pod);
    (void)schedule_make_volumes(r->s);
    size_t settled = schedule_assumed_volumes(r->s);
    schedule_mark(r->s);
    expect_some(r);
    for (int i = 0; i < WHAT_IF_STEPS; i++)
        step(r);
    (void)schedule_make_volumes(r->s);
    for (uint32_t pod = 0; pod < schedule_pod_count(r->s); pod++)
        if (schedule_pod_node(r->s, pod) == NO_NODE)
            compare_place(r, pod);
    put_back(r, node_of, pods);
    schedule_forget_volumes(r->s, settled);
    schedule_rewind(r->s);
    for (uint32_t pod = 0; pod < pods; pod++)
        if (node_of[pod] == NO_NODE)
            compare_place(r, pod);
    arena_done(&a);
}

static int run_world(void *arg)
{
    struct run *r = arg;
    struct arena a;
    struct str path = str_of(r->world);
    struct source_options o = {.paths = &path, .path_count = 1, .complete = true, .threads = 1};
    struct err e = {0};
    arena_init(&a);
    if (source_read(&o, &a, &r->c, &e) < 0 || r->c.nodes.count == 0 || r->c.pods.count == 0) {
        printf("%s: no nodes or no pods\n", r->world);
        r->differences++;
        arena_done(&a);
        return 0;
    }
    for (size_t i = 0; i < r->c.pods.count; i++)
        pod_spec_default(&a, &r->c.pods.items[i]->spec);
    r->s = schedule_new(&a, &r->c);
    r->own = schedule_pod_count(r->s);
    for (int i = 1; i <= STEPS; i++) {
        step(r);
        if (i % WHAT_IF_EVERY == 0)
            what_if(r);
        if (i % REBUILD_EVERY)
            continue;
        for (uint32_t n = 0; n < schedule_node_count(r->s); n++)
            schedule_node_close(r->s, n, false);
        compare_rebuilt(r);
    }
    schedule_done(r->s);
    arena_done(&a);
    return 0;
}

int main(int argc, char **argv)
{
    size_t differences = 0;
    for (int i = 1; i < argc; i++) {
        struct run r = {.world = argv[i], .random = 88172645463325252u + (uint64_t)i};
        if (mem_protect(run_world, &r) < 0)
            return 70;
        differences += r.differences;
    }
    printf("%d worlds, %zu differences\n", argc - 1, differences);
    return argc < 2 ? 2 : differences > 0;
}
