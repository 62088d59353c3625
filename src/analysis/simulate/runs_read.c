/* SPDX-License-Identifier: Apache-2.0
 *
 * Reads one part of Monte Carlo runs (kind SimulationRunsShard) back from its document. What others
 * may have changed in it is not trusted: sums that do not add up are refused.
 */
#include "analysis/simulate/runs.h"

struct reader {
    struct arena *a;
    bool wrong; /* a field is missing, of another type or out of bounds */
};

static int64_t number(struct reader *d, const struct doc *n, const char *key, int64_t most)
{
    int64_t v = doc_int(n, key, -1);
    if (v < 0 || v > most)
        d->wrong = true;
    return v;
}

static struct str text(struct reader *d, const struct doc *n, const char *key)
{
    struct doc *child = doc_get(n, key);
    if (!child || child->type != DOC_STRING)
        d->wrong = true;
    return arena_str(d->a, doc_text(n, key));
}

/* 1.05 -> 10500, a multiple of RUNS_LINE_STEP. */
static int64_t line_of(struct reader *d, const struct doc *n)
{
    double x;
    if (str_to_double(doc_text(n, "loadLine"), &x) < 0 || !(x >= 0 && x <= 1000)) {
        d->wrong = true;
        return 0;
    }
    int64_t line = (int64_t)(x * FACTOR_ONE + 0.5);
    d->wrong = d->wrong || line % RUNS_LINE_STEP || line > RUNS_LINE_MOST;
    return line;
}

static const struct doc *list_of(struct reader *d, const struct doc *root, const char *key)
{
    const struct doc *list = doc_get(root, key);
    if (!list || list->type != DOC_SEQ) {
        d->wrong = true;
        return NULL;
    }
    return list->child;
}

static void read_workloads(struct reader *d, const struct doc *root, struct runs_result *ret)
{
    for (const struct doc *x = list_of(d, root, "items"); x; x = x->next)
        *PUSH(d->a, &ret->workloads) = (struct runs_workload){
            .name = text(d, x, "name"),
            .zero = number(d, x, "atZero", ret->done),
            .below = number(d, x, "below", ret->done),
            .again = number(d, x, "failingOn", ret->done),
            .structural = number(d, x, "atAnyUse", ret->done),
            .at_limit = number(d, x, "overLimit", ret->done),
        };
}

static void read_lists(struct reader *d, const struct doc *root, struct runs_result *ret)
{
    int64_t lines = 0, drawn = 0, outages = 0;
    for (const struct doc *x = list_of(d, root, "loadLines"); x; x = x->next) {
        struct runs_bin b = {line_of(d, x), number(d, x, "runs", ret->done)};
        lines += b.count;
        *PUSH(d->a, &ret->bins) = b;
    }
    for (const struct doc *x = list_of(d, root, "contingencies"); x; x = x->next) {
        struct runs_contingency c = {text(d, x, "name"), number(d, x, "drawn", ret->done),
                                     number(d, x, "outages", ret->done)};
        drawn += c.drawn;
        outages += c.outages;
        *PUSH(d->a, &ret->contingencies) = c;
    }
    for (const struct doc *x = list_of(d, root, "nodes"); x; x = x->next)
        *PUSH(d->a, &ret->node_list) =
            (struct runs_node){text(d, x, "name"), number(d, x, "gaveWayFirst", ret->done)};
    if (lines != ret->done || drawn != ret->done || outages != ret->outages)
        d->wrong = true;
}

static void read_worst(struct reader *d, const struct doc *root, struct runs_result *ret)
{
    for (const struct doc *x = list_of(d, root, "lowest"); x; x = x->next)
        *PUSH(d->a, &ret->worst) = (struct runs_worst){
            .run = number(d, x, "run", ret->runs),
            .line = line_of(d, x),
            .outage = doc_bool(x, "outage", false),
            .contingency = text(d, x, "contingency"),
            .at_ms = number(d, x, "atMs", INT64_MAX),
            .first = arena_str(d->a, doc_text(x, "firstToGiveWay")),
        };
}

static void read_summary(struct reader *d, const struct doc *s, struct runs_result *ret)
{
    *ret = (struct runs_result){
        .version = text(d, s, "version"),
        .runs = number(d, s, "runs", RUNS_MOST),
        .seed = number(d, s, "seed", INT64_MAX),
        .shards = number(d, s, "shards", RUNS_MOST),
        .nodes = number(d, s, "nodes", UINT32_MAX),
        .pods = number(d, s, "pods", UINT32_MAX),
        .question = text(d, s, "question"),
        .world_digest = text(d, s, "worldDigest"),
    };
    ret->shard = number(d, s, "shard", ret->shards - 1);
    ret->done = number(d, s, "done", ret->runs);
    ret->outages = number(d, s, "outages", ret->done);
    ret->nodes_lost = number(d, s, "runsWithNodesLost", ret->done);
    ret->structural = number(d, s, "runsWithStructuralFailures", ret->done);
}

static void read_assumptions(struct reader *d, const struct doc *root, struct runs_result *ret)
{
    for (const struct doc *x = list_of(d, root, "assumptions"); x; x = x->next)
        *PUSH(d->a, &ret->assumptions) = (struct runs_assumption){
            text(d, x, "name"), text(d, x, "text"), arena_str(d->a, doc_text(x, "option"))};
}

int runs_read(struct arena *a, const struct doc *root, struct runs_result *ret, struct err *e)
{
    struct reader d = {.a = a};
    struct str kind = doc_text(root, "kind");
    if (str_is(kind, "SimulationRunsReport"))
        return err_set(e, EINVAL,
                       "it is a report already: only parts written with --shard can be merged");
    if (!str_is(kind, "SimulationRunsShard"))
        return err_set(e, EINVAL,
                       "its kind is \"%.*s\", not SimulationRunsShard (--shard writes it)",
                       (int)MIN(kind.n, 40U), kind.p ? kind.p : "");
    read_summary(&d, doc_get(root, "summary"), ret);
    read_assumptions(&d, root, ret);
    read_workloads(&d, root, ret);
    read_lists(&d, root, ret);
    read_worst(&d, root, ret);
    if (d.wrong)
        return err_set(e, EINVAL,
                       "it is not as --shard wrote it: a field is missing or sums do not "
                       "add up");
    runs_result_digest(ret);
    if (!str_is(doc_text(doc_get(root, "summary"), "digest"), ret->digest))
        return err_set(e, EINVAL,
                       "it is not as --shard wrote it: its digest is not that of what it "
                       "holds");
    return 0;
}
