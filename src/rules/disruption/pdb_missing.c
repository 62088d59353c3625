/* SPDX-License-Identifier: Apache-2.0
 *
 * Flags workloads of several replicas that no PodDisruptionBudget covers: a drain may then take all
 * of them at once. Asked only of Deployments, StatefulSets, ReplicaSets and ReplicationControllers.
 */
#include "base/json_write.h"
#include "rules/facts.h"

enum { OPTION_MANY };

/* Replicas that there are at the least; an HPA that can only make one pod counts as one. */
static int64_t replicas_of(const struct workload *w)
{
    int64_t least = facts_replicas_min(w);
    if (least < 0 || w->hpas.count == 0)
        return least;
    const struct hpa *h = w->hpas.items[0];
    int64_t given = w->replicas.set ? w->replicas.v : 1;
    if (given == 0)
        return 0;
    if (h->max_replicas.set && h->max_replicas.v <= 1)
        return 1;
    return MAX(2, MAX(given, least));
}

static bool applies(const struct rule_ctx *c)
{
    const struct workload *w = c->w;
    return w->o.kind != KIND_POD && replicas_of(w) > 1 && w->pdbs.count == 0;
}

static void check(const struct rule_ctx *c, const struct workload *w)
{
    if (!applies(c))
        return;
    int64_t replicas = replicas_of(w);
    enum severity s = replicas >= c->options[OPTION_MANY] ? SEV_ERROR : SEV_WARNING;
    struct place where = AT(w->replicas.at, "spec.replicas");
    if (w->hpas.count > 0) {
        const struct hpa *h = w->hpas.items[0];
        finding_as(c, s, where,
                   "no PodDisruptionBudget covers its pods, which HorizontalPodAutoscaler " STR_FMT
                   " scales%s: a drain may take all of them at once",
                   STR_ARG(h->o.name),
                   h->max_replicas.set ? say(c, " up to %lld", (long long)h->max_replicas.v) : "");
        return;
    }
    finding_as(c, s, where,
               "no PodDisruptionBudget covers its %lld replicas: a drain may take all of them at "
               "once",
               (long long)replicas);
}

static void add_selector(struct json_writer *w, const struct label_selector *s)
{
    static const char *const ops[] = {"In", "NotIn", "Exists", "DoesNotExist"};
    json_map(w);
    if (s->match_labels.count) {
        json_key(w, "matchLabels");
        json_map(w);
        for (size_t i = 0; i < s->match_labels.count; i++) {
            json_key_str(w, s->match_labels.items[i].key);
            json_str(w, s->match_labels.items[i].value);
        }
        json_map_end(w);
    }
    if (s->expressions.count) {
        json_key(w, "matchExpressions");
        json_seq(w);
        for (size_t i = 0; i < s->expressions.count; i++) {
            const struct requirement *r = &s->expressions.items[i];
            json_map(w);
            json_add_str(w, "key", r->key);
            json_add_cstr(w, "operator", ops[r->op]);
            if (r->values.count)
                json_key(w, "values");
            if (r->values.count)
                json_seq(w);
            for (size_t k = 0; k < r->values.count; k++)
                json_str(w, r->values.items[k]);
            if (r->values.count)
                json_seq_end(w);
            json_map_end(w);
        }
        json_seq_end(w);
    }
    json_map_end(w);
}

static void add_pdb(struct buf *b, const struct workload *w, struct str name)
{
    struct json_writer j;
    json_writer_init(&j, b, JSON_COMPACT);
    json_map(&j);
    json_add_cstr(&j, "apiVersion", "policy/v1");
    json_add_cstr(&j, "kind", "PodDisruptionBudget");
    json_key(&j, "metadata");
    json_map(&j);
    json_add_str(&j, "name", name);
    if (!w->o.ns_implied)
        json_add_str(&j, "namespace", w->o.ns);
    json_map_end(&j);
    json_key(&j, "spec");
    json_map(&j);
    json_add_int(&j, "maxUnavailable", 1);
    /* Else pods that never got ready cannot be drained. */
    json_add_cstr(&j, "unhealthyPodEvictionPolicy", "AlwaysAllow");
    json_key(&j, "selector");
    add_selector(&j, &w->selector);
    json_map_end(&j);
    json_map_end(&j);
}

static bool can_be_copied(const struct workload *w)
{
    for (size_t i = 0; i < w->selector.expressions.count; i++)
        if (w->selector.expressions.items[i].op > SEL_NOT_EXISTS)
            return false;
    return w->selector.present && selector_matches(&w->selector, &w->tmpl.labels);
}

static void fix(const struct rule_ctx *c, struct finding *f)
{
    const struct workload *w = c->w, *other = facts_also_selected(c, w);
    if (!can_be_copied(w)) {
        finding_unfixable(c, f, "it has no selector that matches its pods");
        return;
    }
    if (other) {
        finding_unfixable(c, f,
                          "its selector also matches the pods of %s " STR_FMT
                          ": choose labels that tell them apart",
                          kind_name(other->o.kind), STR_ARG(other->o.name));
        return;
    }
    struct str name = w->o.name;
    if (str_empty(name) || cluster_find(c->cluster, KIND_PDB, w->o.ns, name))
        name = str_of(say(c, STR_FMT "-pdb", STR_ARG(w->o.name)));
    if (str_empty(w->o.name) || cluster_find(c->cluster, KIND_PDB, w->o.ns, name)) {
        finding_unfixable(c, f, "there is a PodDisruptionBudget of that name already");
        return;
    }
    struct buf b CLEANUP(buf_done);
    buf_init(&b, 1 << 20);
    add_pdb(&b, w, name);
    finding_add(c, f, buf_str(&b));
}

const struct rule rule_pdb_missing = {
    .id = "pdb-missing",
    .severity = SEV_ERROR,
    .title = "Several replicas and no PodDisruptionBudget",
    .why = "upgrades, autoscaler and people draining nodes evict without looking at how many "
           "replicas are left; what remains takes over all the traffic and runs out of memory",
    .fix = "add a PodDisruptionBudget with the workload's selector and maxUnavailable: 1 (or what "
           "the service can spare)",
    .see = "post-mortems 0 and 2",
    .needs = NEEDS_NAMESPACE,
    .reads = KIND_BIT(PDB) | KIND_BIT(HPA),
    .applies = applies,
    .options = {{"manyReplicas", 10, 1, INT32_MAX,
                 "from how many replicas on it is an error, not a warning"}},
    .workload = check,
    .fixer = fix,
    .fix_level = FIX_SAFE,
};
