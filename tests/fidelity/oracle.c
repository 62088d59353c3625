/* SPDX-License-Identifier: Apache-2.0
 *
 * Compares the scheduler model with recorded answers of kube-scheduler's own code, verdict by
 * verdict: explain (every pod against the world as given), sequence (one by one, each bound to the
 * recorded pick) and preempt (the same with preemption). The recorded decisions are followed also
 * where ours differ, so that one mistake does not spread.
 */
#include "oracle.h"

#include <dirent.h>
#include <stdio.h>
#ifdef HAVE_ZLIB
#include <zlib.h>
#endif

#include "analysis/schedule/schedule.h"
#include "base/alloc.h"
#include "base/buf.h"
#include "model/decode.h"
#include "model/defaults.h"

struct run {
    const char *world;
    const char *mode;
    struct arena a; /* of one verdict */
    struct schedule *s;
    struct str pod;
    size_t passed, failed;
    bool bad; /* the verdict at hand */
};

static void deviate(struct run *r, struct str node, const char *what, struct str expected,
                    struct str got)
{
    r->bad = true;
    printf("%s %s " STR_FMT " node=" STR_FMT " %s: expected " STR_FMT ", got " STR_FMT "\n",
           r->world, r->mode, STR_ARG(r->pod), STR_ARG(node), what, STR_ARG(expected),
           STR_ARG(got));
}

static struct str number(struct run *r, int64_t v)
{
    return arena_printf(&r->a, "%lld", (long long)v);
}

static struct str node_name(const struct run *r, uint32_t node)
{
    return schedule_node(r->s, node)->o.name;
}

/* ---- reading ---- */

#ifdef HAVE_ZLIB
static int read_all(const char *path, struct buf *ret)
{
    gzFile f = gzopen(path, "rb"); /* reads plain files as they are */
    if (!f)
        return -ENOENT;
    char chunk[65536];
    int n;
    while ((n = gzread(f, chunk, sizeof(chunk))) > 0)
        buf_add(ret, chunk, (size_t)n);
    (void)gzclose(f);
    return n < 0 || ret->overflow ? -EIO : 0;
}
#else
static int read_all(const char *path, struct buf *ret)
{
    FILE *f = fopen(path, "re");
    if (!f)
        return -ENOENT;
    char chunk[65536];
    size_t n;
    while ((n = fread(chunk, 1, sizeof(chunk), f)) > 0)
        buf_add(ret, chunk, n);
    (void)fclose(f);
    return ret->overflow ? -EIO : 0;
}
#endif

static int read_json(const char *path, struct arena *a, struct doc_root *ret)
{
    struct buf text CLEANUP(buf_done);
    buf_init(&text, SIZE_MAX / 4);
    struct err e = {0};
    if (read_all(path, &text) < 0) {
        printf("%s: cannot be read\n", path);
        return -EIO;
    }
    struct str kept = arena_str(a, buf_str(&text));
    if (json_parse(str_of(path), kept, a, ret, &e) < 0) {
        printf("%s: %s\n", path, e.msg);
        return -EINVAL;
    }
    return 0;
}

static int read_world(const char *path, struct arena *a, struct cluster *ret)
{
    struct doc_root root;
    if (read_json(path, a, &root) < 0)
        return -EINVAL;
    static const struct source source = {{"oracle", 6}};
    struct decode_input in = {.a = a, .source = &source, .bulk = true};
    *ret = (struct cluster){.arena = a, .complete = true};
    decode_document(&in, &root, ret);
    cluster_resolve(ret);
    cluster_default(ret);
    for (size_t i = 0; i < ret->pods.count; i++)
        pod_spec_default(a, &ret->pods.items[i]->spec);
    return 0;
}

/* ---- comparing ---- */

static struct str seq_text(struct run *r, const struct doc *seq)
{
    struct str out = STR("[");
    for (const struct doc *n = seq ? seq->child : NULL; n; n = n->next)
        out = arena_printf(&r->a, STR_FMT "%s" STR_FMT, STR_ARG(out), n == seq->child ? "" : ", ",
                           STR_ARG(n->text));
    return arena_printf(&r->a, STR_FMT "]", STR_ARG(out));
}

static struct str nodes_text(struct run *r, const uint32_t *nodes, uint32_t count)
{
    struct str out = STR("[");
    for (uint32_t i = 0; i < count; i++)
        out = arena_printf(&r->a, STR_FMT "%s" STR_FMT, STR_ARG(out), i ? ", " : "",
                           STR_ARG(node_name(r, nodes[i])));
    return arena_printf(&r->a, STR_FMT "]", STR_ARG(out));
}

/* The same nodes in the same order. */
static void compare_nodes(struct run *r, const char *what, const struct doc *want,
                          const uint32_t *nodes, uint32_t count)
{
    const struct doc *n = want ? want->child : NULL;
    uint32_t i = 0;
    for (; n && i < count && str_eq(n->text, node_name(r, nodes[i])); n = n->next)
        i++;
    if (n || i < count)
        deviate(r, STR("-"), what, seq_text(r, want), nodes_text(r, nodes, count));
}

static struct str verdict_text(struct run *r, const struct node_verdict *v)
{
    if (v->plugin == PLUGIN_NONE)
        return STR("feasible");
    struct str *reasons;
    size_t n = schedule_reasons(r->s, v, &r->a, &reasons);
    struct str out = arena_printf(&r->a, "%s %s", plugin_name(v->plugin), code_name(v->code));
    for (size_t i = 0; i < n; i++)
        out = arena_printf(&r->a, STR_FMT " \"" STR_FMT "\"", STR_ARG(out), STR_ARG(reasons[i]));
    return out;
}

static struct str rejected_text(struct run *r, const struct doc *rejected)
{
    struct str out = arena_printf(&r->a, STR_FMT " " STR_FMT, STR_ARG(doc_text(rejected, "plugin")),
                                  STR_ARG(doc_text(rejected, "code")));
    for (const struct doc *n = doc_get(rejected, "reasons")->child; n; n = n->next)
        out = arena_printf(&r->a, STR_FMT " \"" STR_FMT "\"", STR_ARG(out), STR_ARG(n->text));
    return out;
}

static void compare_rejected(struct run *r, const struct doc *want, const struct verdict *v)
{
    uint32_t nodes = schedule_node_count(r->s);
    uint8_t *seen = arena_array(&r->a, uint8_t, nodes);
    const struct doc *list = doc_get(want, "rejected");
    for (const struct doc *g = list ? list->child : NULL; g; g = g->next) {
        struct str expected = rejected_text(r, g);
        for (const struct doc *n = doc_get(g, "nodes")->child; n; n = n->next) {
            int32_t node = schedule_find_node(r->s, n->text);
            if (node < 0 || !v->nodes)
                continue;
            seen[node] = 1;
            struct str got = verdict_text(r, &v->nodes[node]);
            if (!str_eq(expected, got))
                deviate(r, n->text, "rejected", expected, got);
        }
    }
    for (uint32_t n = 0; v->nodes && n < nodes; n++) {
        if (!seen[n] && v->nodes[n].plugin != PLUGIN_NONE)
            deviate(r, node_name(r, n), "rejected", STR("feasible"), verdict_text(r, &v->nodes[n]));
    }
}

static void compare_list(struct run *r, const char *what, const struct doc *want,
                         const struct verdict *v, const int64_t *got)
{
    uint32_t i = 0;
    if (!want != !got) {
        deviate(r, STR("-"), what, want ? STR("scores") : STR("skipped"),
                got ? STR("scores") : STR("skipped"));
        return;
    }
    for (const struct doc *n = want ? want->child : NULL; n && i < v->feasible_count; n = n->next) {
        int64_t expected = 0;
        if (str_to_int64(n->text, &expected) < 0 || expected != got[i])
            deviate(r, node_name(r, v->feasible[i]), what, n->text, number(r, got[i]));
        i++;
    }
}

static void compare_scores(struct run *r, const struct doc *want, const struct verdict *v)
{
    const struct doc *scores = doc_get(want, "scores");
    if (!scores && v->feasible_count == 0)
        return;
    for (int p = 0; p < PLUGIN_COUNT; p++) {
        const struct doc *list = doc_get(scores, plugin_name((enum sched_plugin)p));
        compare_list(r, plugin_name((enum sched_plugin)p), list, v, v->scores[p]);
    }
    compare_list(r, "total", doc_get(want, "total"), v, v->total);
}

static void compare_prefilter(struct run *r, const struct doc *want, const struct verdict *v)
{
    const struct doc *p = doc_get(want, "prefilter");
    struct str expected = p ? rejected_text(r, p) : STR("passed"), got = STR("passed");
    if (v->prefilter.reason.n)
        got = arena_printf(&r->a, "%s %s \"" STR_FMT "\"", plugin_name(v->prefilter.plugin),
                           code_name(v->prefilter.code), STR_ARG(v->prefilter.reason));
    if (!str_eq(expected, got))
        deviate(r, STR("-"), "prefilter", expected, got);
}

static void compare_verdict(struct run *r, const struct doc *want, const struct verdict *v,
                            bool full)
{
    compare_prefilter(r, want, v);
    if (doc_get(want, "feasible"))
        compare_nodes(r, "feasible", doc_get(want, "feasible"), v->feasible, v->feasible_count);
    if (full && !r->bad) {
        compare_rejected(r, want, v);
        compare_scores(r, want, v);
    }
    compare_nodes(r, "best", doc_get(want, "best"), v->best, v->best_count);
    struct str message = doc_text(want, "message");
    if (!str_eq(message, v->message) && (message.n || v->message.n))
        deviate(r, STR("-"), "message", message, v->message);
    int64_t priority = doc_int(want, "priority", 0);
    if (priority != schedule_pod_priority(r->s, v->pod))
        deviate(r, STR("-"), "priority", number(r, priority),
                number(r, schedule_pod_priority(r->s, v->pod)));
}

/* ---- preemption ---- */

static struct str pod_name(struct run *r, uint32_t pod)
{
    const struct object *o = &schedule_pod(r->s, pod)->o;
    return arena_printf(&r->a, STR_FMT "/" STR_FMT, STR_ARG(o->ns), STR_ARG(o->name));
}

static int64_t find_pod(struct run *r, struct str key)
{
    struct str name;
    struct str ns = str_cut(key, '/', &name);
    return schedule_find_pod(r->s, ns, name);
}

struct rank_key {
    int64_t priority, start;
};

static int key_order(const void *a, const void *b)
{
    const struct rank_key *x = a, *y = b;
    if (x->priority != y->priority)
        return x->priority < y->priority ? -1 : 1;
    return (x->start > y->start) - (x->start < y->start);
}

/* Upstream sorts unstably: victims of equal priority and start time stand for each other. */
static void compare_victims(struct run *r, struct str node, const struct doc *want,
                            const uint32_t *got, uint32_t count)
{
    struct rank_key *a = arena_array(&r->a, struct rank_key, count);
    struct rank_key *b = arena_array(&r->a, struct rank_key, count);
    uint32_t n = 0;
    for (uint32_t i = 0; i < count; i++)
        a[i] = (struct rank_key){schedule_pod_priority(r->s, got[i]),
                                 schedule_pod(r->s, got[i])->status.start_time_ms};
    for (const struct doc *d = want ? want->child : NULL; d; d = d->next, n++) {
        int64_t pod = find_pod(r, d->text);
        if (n < count && pod >= 0)
            b[n] = (struct rank_key){schedule_pod_priority(r->s, (uint32_t)pod),
                                     schedule_pod(r->s, (uint32_t)pod)->status.start_time_ms};
    }
    qsort(a, count, sizeof(*a), key_order);
    qsort(b, count, sizeof(*b), key_order);
    if (n == count && (count == 0 || memcmp(a, b, count * sizeof(*a)) == 0))
        return;
    struct str mine = STR("");
    for (uint32_t i = 0; i < count; i++)
        mine =
            arena_printf(&r->a, STR_FMT " " STR_FMT, STR_ARG(mine), STR_ARG(pod_name(r, got[i])));
    deviate(r, node, "victims", seq_text(r, want), mine);
}

static void compare_candidates(struct run *r, const struct doc *want, const struct preemption *p)
{
    const struct doc *list = doc_get(want, "candidates");
    const struct doc *d = list ? list->child : NULL;
    for (uint32_t i = 0; i < p->candidate_count || d; i++) {
        struct str expected = d ? doc_text(d, "node") : STR("none");
        struct str got = STR("none");
        if (i < p->candidate_count)
            got = node_name(r, p->candidates[i].node);
        if (!str_eq(expected, got)) {
            deviate(r, expected, "candidate", expected, got);
            return;
        }
        compare_victims(r, expected, doc_get(d, "victims"), p->candidates[i].victims,
                        p->candidates[i].victim_count);
        int64_t violations = doc_int(d, "pdbViolations", 0);
        if (violations != p->candidates[i].pdb_violations)
            deviate(r, expected, "pdbViolations", number(r, violations),
                    number(r, p->candidates[i].pdb_violations));
        d = d ? d->next : NULL;
    }
}

/* A victim that has not started counts as started "now" upstream, at each look a little later: of
 * nodes that tie but for that, the recording keeps one at random. */
static bool starts_unknown(const struct run *r, const struct preemption *p)
{
    for (uint32_t i = 0; i < p->best_count; i++) {
        const struct preempt_candidate *c = &p->candidates[p->best[i]];
        for (uint32_t k = 0; k < c->victim_count; k++) {
            if (schedule_pod(r->s, c->victims[k])->status.start_time_ms == 0)
                return true;
        }
    }
    return false;
}

static void compare_preemption(struct run *r, const struct doc *want, const struct preemption *p)
{
    const struct doc *w = doc_get(want, "preemption");
    if (!w) {
        deviate(r, STR("-"), "preemption", STR("none"), STR("tried"));
        return;
    }
    if (doc_bool(w, "eligible", false) != p->eligible)
        deviate(r, STR("-"), "eligible", doc_text(w, "eligible"),
                p->eligible ? STR("true") : STR("false"));
    if (!str_is(doc_text(w, "reason"), p->reason ? p->reason : ""))
        deviate(r, STR("-"), "reason", doc_text(w, "reason"), str_of(p->reason));
    compare_candidates(r, w, p);
    uint32_t *best = arena_array(&r->a, uint32_t, p->best_count);
    for (uint32_t i = 0; i < p->best_count; i++)
        best[i] = p->candidates[p->best[i]].node;
    const struct doc *nodes = doc_get(w, "best");
    bool subset = starts_unknown(r, p);
    for (const struct doc *d = nodes ? nodes->child : NULL; d && subset; d = d->next) {
        bool found = false;
        for (uint32_t i = 0; i < p->best_count; i++)
            found |= str_eq(d->text, node_name(r, best[i]));
        subset = found;
    }
    if (!subset)
        compare_nodes(r, "preemption best", nodes, best, p->best_count);
}

/* Does what the recording did: victims go, the pod comes. */
static void follow(struct run *r, const struct doc *want, uint32_t pod)
{
    struct str pick = doc_text(want, "pick");
    const struct doc *p = doc_get(want, "preemption");
    if (!pick.n && p) {
        pick = doc_text(p, "nominated");
        const struct doc *victims = doc_get(p, "victims");
        for (const struct doc *d = victims ? victims->child : NULL; d; d = d->next) {
            int64_t victim = find_pod(r, d->text);
            if (victim >= 0 && schedule_pod_node(r->s, (uint32_t)victim) != NO_NODE)
                schedule_unbind(r->s, (uint32_t)victim);
        }
    }
    int32_t node = pick.n ? schedule_find_node(r->s, pick) : NO_NODE;
    if (node != NO_NODE && p)
        schedule_clear_nominations(r->s, (uint32_t)node, schedule_pod_priority(r->s, pod));
    if (node != NO_NODE && !doc_bool(p, "staysPending", false)) {
        schedule_assume_volumes(r->s, pod, (uint32_t)node);
        schedule_bind(r->s, pod, (uint32_t)node);
    }
}

static void compare_one(struct run *r, const struct doc *want, uint32_t pod)
{
    struct verdict v;
    r->bad = false;
    r->pod = pod_name(r, pod);
    if (!str_eq(r->pod, doc_text(want, "pod")))
        deviate(r, STR("-"), "queue order", doc_text(want, "pod"), r->pod);
    if (doc_bool(want, "gated", false) || schedule_pod_gated(r->s, pod)) {
        if (!doc_bool(want, "gated", false) || !schedule_pod_gated(r->s, pod))
            deviate(r, STR("-"), "gated", doc_bool(want, "gated", false) ? STR("yes") : STR("no"),
                    schedule_pod_gated(r->s, pod) ? STR("yes") : STR("no"));
        r->failed += r->bad;
        r->passed += !r->bad;
        return;
    }
    schedule_explain(r->s, pod, &r->a, &v);
    compare_verdict(r, want, &v, str_is(str_of(r->mode), "explain"));
    int32_t fast = schedule_place(r->s, pod);
    int32_t slow = v.best_count ? (int32_t)v.best[0] : NO_NODE;
    if (fast != slow)
        deviate(r, STR("-"), "place", slow < 0 ? STR("none") : node_name(r, (uint32_t)slow),
                fast < 0 ? STR("none") : node_name(r, (uint32_t)fast));
    if (str_is(str_of(r->mode), "preempt") && v.feasible_count == 0) {
        struct preemption p;
        schedule_preempt(r->s, &v, &r->a, &p);
        compare_preemption(r, want, &p);
    }
    if (!str_is(str_of(r->mode), "explain"))
        follow(r, want, pod);
    r->failed += r->bad;
    r->passed += !r->bad;
}

static void compare_mode(struct run *r, const struct cluster *c, const struct doc *answers)
{
    struct arena state;
    arena_init(&state);
    arena_init(&r->a);
    r->s = schedule_new(&state, c);
    uint32_t count, i = 0;
    uint32_t *queue = schedule_queue(r->s, &state, &count);
    const struct doc *d = answers ? answers->child : NULL;
    for (; d && i < count; d = d->next, i++) {
        compare_one(r, d, queue[i]);
        arena_reset(&r->a);
    }
    if (d || i < count) {
        r->pod = STR("-");
        deviate(r, STR("-"), "pending pods", number(r, answers ? (int64_t)answers->count : 0),
                number(r, count));
        r->failed++;
    }
    schedule_done(r->s);
    arena_done(&r->a);
    arena_done(&state);
}

static void compare_world(const char *path, const char *name, size_t *passed, size_t *failed)
{
    static const char *const modes[] = {"explain", "sequence", "preempt"};
    struct str stem = str_of(path), suffix = STR("");
    if (str_ends(stem, ".gz")) {
        stem.n -= 3;
        suffix = STR(".gz");
    }
    stem.n -= 5;
    struct arena a;
    arena_init(&a);
    struct str answer =
        arena_printf(&a, STR_FMT ".answer.json" STR_FMT, STR_ARG(stem), STR_ARG(suffix));
    struct cluster c;
    struct doc_root want;
    struct run r = {.world = name};
    if (read_world(path, &a, &c) < 0 || read_json(answer.p, &a, &want) < 0) {
        r.failed = 1;
    } else {
        for (size_t i = 0; i < ARRAY_LEN(modes); i++) {
            r.mode = modes[i];
            if (doc_get(want.root, modes[i]))
                compare_mode(&r, &c, doc_get(want.root, modes[i]));
        }
    }
    *passed += r.passed;
    *failed += r.failed;
    arena_done(&a);
}

static int worlds_only(const struct dirent *e)
{
    struct str name = str_of(e->d_name);
    bool json = str_ends(name, ".json") || str_ends(name, ".json.gz");
    return json && str_find(name, ".answer.") < 0;
}

int oracle_run(const char *path)
{
    struct dirent **names = NULL;
    size_t passed = 0, failed = 0;
    int n = scandir(path, &names, worlds_only, alphasort);
    if (n < 0) {
        const char *slash = strrchr(path, '/');
        compare_world(path, slash ? slash + 1 : path, &passed, &failed);
    }
    for (int i = 0; i < n; i++) {
#ifndef HAVE_ZLIB
        if (str_ends(str_of(names[i]->d_name), ".gz")) {
            printf("skip: %s: built without zlib\n", names[i]->d_name);
            free(names[i]);
            continue;
        }
#endif
        struct arena a;
        arena_init(&a);
        struct str full = arena_printf(&a, "%s/%s", path, names[i]->d_name);
        compare_world(full.p, names[i]->d_name, &passed, &failed);
        arena_done(&a);
        free(names[i]);
    }
    free(names);
    printf("%zu passed, %zu failed\n", passed, failed);
    return passed + failed == 0 ? 2 : failed > 0;
}
