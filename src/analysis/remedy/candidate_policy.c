/* SPDX-License-Identifier: Apache-2.0
 *
 * Candidates that say nothing about memory: one more replica, spreading, a priority class, a
 * disruption budget that lets go, a webhook that fails open.
 */
#include "analysis/remedy/internal.h"
#include "base/json_write.h"
#include "model/pdb_status.h"

/* A string as JSON has it. */
static struct str quoted(struct candidates *c, struct str s)
{
    CLEANUP(buf_done) struct buf b;
    buf_init(&b, 4096);
    json_add_quoted(&b, s);
    return arena_str(c->a, buf_str(&b));
}

/* Of one workload, whose pods are made again. */
static void add(struct candidates *c, const char *rule, struct str title, const char *why)
{
    candidate_add(c, rule, title, why)->workloads = 1;
}

static bool has_replicas(const struct sim_workload *x)
{
    enum kind k = x->workload->o.kind;
    return x->replicas > 0 && !x->workload->pod &&
           (k == KIND_DEPLOYMENT || k == KIND_STATEFUL_SET || k == KIND_REPLICA_SET);
}

static const char why_replicas[] =
    "the others serve while one is away; only for what may run that often";

/* The number now, or 0 if it is not for a person to change, or high enough. */
static int64_t replicas_to_raise(const struct sim_workload *x)
{
    enum { MOST = 3 }; /* beyond that one more changes little */
    int64_t now = x->workload->replicas.set ? x->workload->replicas.v : 1;
    return has_replicas(x) && now >= 1 && now <= MOST && !x->workload->hpas.count ? now : 0;
}

static void edit_replicas(struct candidates *c, const struct sim_workload *x, int64_t now)
{
    candidate_edit(c, &x->workload->o, EDIT_SET, STR("spec.replicas"),
                   arena_printf(c->a, "%lld", (long long)now + 1));
}

static void one_more_replica(struct candidates *c, const struct sim_workload *x)
{
    int64_t now = replicas_to_raise(x);
    if (!now)
        return;
    edit_replicas(c, x, now);
    add(c,
        now == 1   ? "single-replica"
        : now == 2 ? "replicas-below-three"
                   : NULL,
        arena_printf(c->a, "run %lld replicas of " STR_FMT " in place of %lld", (long long)now + 1,
                     STR_ARG(x->name), (long long)now),
        why_replicas);
}

/* All of which the only pod is gone with its node, whatever the use of memory. */
static void second_replicas(struct candidates *c)
{
    const struct sim_report *r = c->question->report;
    uint8_t *seen = arena_array(c->a, uint8_t, c->world->workload_count);
    const struct sim_workload *first = NULL;
    size_t count = 0;
    for (size_t i = 0; i < r->count; i++)
        for (size_t k = 0; k < r->items[i].structural.failure_count; k++) {
            const struct sim_failure *f = &r->items[i].structural.failures[k];
            const struct sim_workload *x = &c->world->workloads[f->subject];
            if (f->way != WAY_ZERO || seen[f->subject]++ || replicas_to_raise(x) != 1)
                continue;
            edit_replicas(c, x, 1);
            first = first ? first : x;
            count++;
        }
    if (count < 2) {
        memset(&c->edits, 0, sizeof(c->edits));
        return;
    }
    candidate_add(c, "single-replica",
                  arena_printf(c->a,
                               "run a second replica of each of the %zu workloads that have only "
                               "one pod to lose (first: " STR_FMT ")",
                               count, STR_ARG(first->name)),
                  why_replicas)
        ->workloads = count;
}

static bool is_spread(const struct pod_spec *s)
{
    return s->spread.count > 0 ||
           (s->affinity && (s->affinity->anti_required.count || s->affinity->anti_preferred.count));
}

static void spread_it(struct candidates *c, const struct sim_workload *x)
{
    const struct workload *w = x->workload;
    const struct labels *l = &w->selector.match_labels;
    if (!has_replicas(x) || x->replicas < 2 || is_spread(&w->tmpl.spec) || !l->count ||
        w->selector.expressions.count)
        return;
    CLEANUP(buf_done) struct buf b;
    struct json_writer j;
    buf_init(&b, 64 << 10);
    json_writer_init(&j, &b, JSON_COMPACT);
    json_seq(&j);
    json_map(&j);
    json_add_int(&j, "maxSkew", 1);
    json_add_cstr(&j, "topologyKey", "kubernetes.io/hostname");
    json_add_cstr(&j, "whenUnsatisfiable", "DoNotSchedule");
    json_key(&j, "labelSelector");
    json_map(&j);
    json_key(&j, "matchLabels");
    json_map(&j);
    for (size_t i = 0; i < l->count; i++) {
        json_key_str(&j, l->items[i].key);
        json_str(&j, l->items[i].value);
    }
    json_map_end(&j);
    json_map_end(&j);
    json_map_end(&j);
    json_seq_end(&j);
    candidate_edit(
        c, &w->o, EDIT_SET,
        arena_printf(c->a, STR_FMT ".topologySpreadConstraints", STR_ARG(w->template_path)),
        arena_str(c->a, buf_str(&b)));
    add(c, "no-spread", arena_printf(c->a, "spread " STR_FMT " over the nodes", STR_ARG(x->name)),
        "one node then takes no more of it than any other does");
}

/* The highest class of the cluster's own that is above what the pods have. */
static void raise_priority(struct candidates *c, const struct sim_workload *x)
{
    const struct cluster *cl = c->world->cluster;
    const struct priority_class *best = NULL;
    const struct workload *w = x->workload;
    if (!has_replicas(x))
        return;
    for (size_t i = 0; i < cl->priority_classes.count; i++) {
        const struct priority_class *p = cl->priority_classes.items[i];
        if (str_starts(p->o.name, "system-") ||
            p->value <= (w->tmpl.spec.priority.set ? w->tmpl.spec.priority.v : 0))
            continue;
        best = !best || p->value > best->value ? p : best;
    }
    if (!best)
        return;
    candidate_edit(c, &w->o, EDIT_SET,
                   arena_printf(c->a, STR_FMT ".priorityClassName", STR_ARG(w->template_path)),
                   quoted(c, best->o.name));
    add(c, w->tmpl.spec.priority_class_name.v.n ? NULL : "priority-class-missing",
        arena_printf(c->a, "give " STR_FMT " the priority class " STR_FMT, STR_ARG(x->name),
                     STR_ARG(best->o.name)),
        "the kubelet evicts others before it, and the scheduler makes room for it");
}

/* A budget that demands every pod fails with the first that is away. */
static void loosen_budget(struct candidates *c, const struct sim_workload *x)
{
    struct pdb_status st;
    int64_t pods =
        x->shared.count ? c->world->budgets.items[x->shared.items[0]].scale : x->replicas;
    if (!x->pdb || pods < 2 || pdb_compute_replicas(x->pdb, pods, pods, &st, NULL) < 0 ||
        st.desired_healthy < pods)
        return;
    if (x->pdb->min_available.type != IOS_ABSENT)
        candidate_edit(c, &x->pdb->o, EDIT_REMOVE, STR("spec.minAvailable"), STR_NONE);
    candidate_edit(c, &x->pdb->o, EDIT_SET, STR("spec.maxUnavailable"), STR("1"));
    candidate_add(c, "pdb-blocks-drain",
                  arena_printf(c->a,
                               "let the PodDisruptionBudget " STR_FMT "/" STR_FMT " spare one pod",
                               STR_ARG(x->pdb->o.ns), STR_ARG(x->pdb->o.name)),
                  "it demands every pod: one pod away is already too few, and no node that has one "
                  "can be drained");
}

static void open_webhooks(struct candidates *c)
{
    enum { MOST = 4 };
    const struct cluster *cl = c->world->cluster;
    size_t made = 0;
    for (size_t i = 0; i < cl->webhook_configs.count; i++) {
        const struct webhook_config *w = cl->webhook_configs.items[i];
        for (size_t k = 0; k < w->webhooks.count && made < MOST; k++) {
            struct str policy = w->webhooks.items[k].failure_policy.v;
            if (policy.p && !str_is(policy, "Fail"))
                continue;
            candidate_edit(c, &w->o, EDIT_SET, arena_printf(c->a, "webhooks[%zu].failurePolicy", k),
                           STR("\"Ignore\""));
            candidate_add(c, "webhook-fail-closed",
                          arena_printf(c->a, "let the webhook " STR_FMT " fail open",
                                       STR_ARG(w->webhooks.items[k].name)),
                          "while its pods are away, no pod that it must admit can be made");
            made++;
        }
    }
}

void candidates_of_policy(struct candidates *c, const struct suspects *s)
{
    for (size_t i = 0; i < s->count; i++) {
        const struct sim_workload *x = &c->world->workloads[s->items[i].workload];
        if (s->items[i].why == SUSPECT_USES)
            continue;
        one_more_replica(c, x);
        spread_it(c, x);
        raise_priority(c, x);
        loosen_budget(c, x);
    }
    second_replicas(c);
    open_webhooks(c);
}
