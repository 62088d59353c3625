/* SPDX-License-Identifier: Apache-2.0
 *
 * Preemption, as upstream's plugins/defaultpreemption/default_preemption.go and
 * framework/preemption/preemption.go. Each potential node is tried on a copy of its own numbers
 * (struct node_state), so nothing changes.
 */
#include "analysis/schedule/internal.h"
#include "analysis/schedule/victim_sort.h"

struct trial {
    struct schedule *s;
    struct arena *a;
    uint32_t pod;
    const struct class_ *c;
    const struct view *v;
    struct node_state state;
    struct victim *victims;
    uint32_t count;
};

static int64_t start_of(const struct schedule *s, uint32_t pod)
{
    int64_t start = s->pods.items[pod].pod->status.start_time_ms;
    return start ? start : INT64_MAX;
}

static bool fits_now(struct trial *t)
{
    return filter_node_twice(t->s, t->pod, t->state.node, &t->state).plugin == PLUGIN_NONE;
}

static bool disrupted(const struct pdb *b, struct str pod)
{
    return labels_find(&b->status.disrupted_pods, pod) != NULL;
}

static bool pdb_covers(const struct pdb *b, const struct pod *p)
{
    if (!str_eq(b->o.ns, p->o.ns) || p->o.labels.count == 0)
        return false;
    if (b->selector.match_labels.count + b->selector.expressions.count == 0)
        return false; /* nil or empty matches nothing here */
    return selector_matches(&b->selector, &p->o.labels) && !disrupted(b, p->o.name);
}

/* As filterPodsWithPDBViolation: budgets are spent in the order of importance. */
static void mark_violations(struct trial *t)
{
    const struct cluster *c = t->s->c;
    int64_t *allowed = arena_array(t->a, int64_t, c->pdbs.count);
    for (size_t i = 0; i < c->pdbs.count; i++)
        allowed[i] = c->pdbs.items[i]->status.disruptions_allowed;
    for (uint32_t k = 0; k < t->count; k++) {
        const struct pod *p = t->s->pods.items[t->victims[k].pod].pod;
        for (size_t i = 0; i < c->pdbs.count; i++) {
            if (pdb_covers(c->pdbs.items[i], p) && --allowed[i] < 0)
                t->victims[k].violating = true;
        }
    }
}

static void take_away_lower(struct trial *t, uint32_t node)
{
    struct schedule *s = t->s;
    uint32_t count = 0;
    for (uint32_t p = s->first_pod[node]; p != NO_INDEX; p = s->pods.items[p].node_next)
        count += schedule_pod_priority(s, p) < t->c->priority;
    t->victims = arena_array(t->a, struct victim, count);
    t->count = 0;
    for (uint32_t p = s->first_pod[node]; count && p != NO_INDEX; p = s->pods.items[p].node_next) {
        int64_t priority = schedule_pod_priority(s, p);
        if (priority < t->c->priority)
            t->victims[t->count++] = (struct victim){p, priority, start_of(s, p), false};
    }
    for (uint32_t i = 0; i < t->count; i++)
        node_state_account(t->s, t->c, &t->state, t->victims[i].pod, -1);
}

/* As SelectVictimsOnNode. Returns whether the node is a candidate. */
static bool select_victims(struct trial *t, uint32_t node, struct preempt_candidate *ret)
{
    node_state_init(t->s, t->a, t->c, node, &t->state);
    take_away_lower(t, node);
    if (t->count == 0 || !fits_now(t))
        return false;
    victims_sort(t->victims, t->count);
    mark_violations(t);
    bool *stays = arena_array(t->a, bool, t->count);
    for (int pass = 0; pass < 2; pass++) { /* those whose budget it would break first */
        for (uint32_t i = 0; i < t->count; i++) {
            if (t->victims[i].violating != (pass == 0))
                continue;
            node_state_account(t->s, t->c, &t->state, t->victims[i].pod, 1);
            stays[i] = fits_now(t);
            if (!stays[i])
                node_state_account(t->s, t->c, &t->state, t->victims[i].pod, -1);
        }
    }
    *ret = (struct preempt_candidate){.node = node};
    ret->victims = arena_array(t->a, uint32_t, t->count);
    for (uint32_t i = 0; i < t->count; i++) {
        if (stays[i])
            continue;
        ret->victims[ret->victim_count++] = t->victims[i].pod;
        ret->pdb_violations += t->victims[i].violating;
    }
    return ret->victim_count > 0;
}

/* ---- ranking ---- */

static int64_t rank_sum(const struct schedule *s, const struct preempt_candidate *c)
{
    int64_t sum = 0;
    for (uint32_t i = 0; i < c->victim_count; i++)
        sum += schedule_pod_priority(s, c->victims[i]) + (INT64_C(1) << 31);
    return sum;
}

/* As GetEarliestPodStartTime: among the victims of the highest priority. */
static int64_t rank_start(const struct schedule *s, const struct preempt_candidate *c)
{
    int64_t earliest = INT64_MAX, highest = schedule_pod_priority(s, c->victims[0]);
    for (uint32_t i = 0; i < c->victim_count; i++) {
        if (schedule_pod_priority(s, c->victims[i]) == highest)
            earliest = MIN(earliest, start_of(s, c->victims[i]));
    }
    return earliest;
}

/* The five rules of pickOneNodeForPreemption, each as "lower is better". */
static int64_t rank(const struct schedule *s, const struct preempt_candidate *c, int rule)
{
    switch (rule) {
    case 0:
        return c->pdb_violations;
    case 1:
        return schedule_pod_priority(s, c->victims[0]);
    case 2:
        return rank_sum(s, c);
    case 3:
        return c->victim_count;
    default:
        return -rank_start(s, c);
    }
}

static int candidate_order(const void *a, const void *b, void *ctx)
{
    const uint64_t *keys = ctx;
    uint64_t x = keys[*(const uint32_t *)a], y = keys[*(const uint32_t *)b];
    return (x > y) - (x < y);
}

static void pick_candidates(const struct schedule *s, struct arena *a, struct preemption *p)
{
    p->best = arena_array(a, uint32_t, p->candidate_count);
    for (uint32_t i = 0; i < p->candidate_count; i++)
        p->best[p->best_count++] = i;
    for (int rule = 0; rule < 5 && p->best_count > 1; rule++) {
        int64_t lowest = INT64_MAX;
        uint32_t kept = 0;
        for (uint32_t i = 0; i < p->best_count; i++)
            lowest = MIN(lowest, rank(s, &p->candidates[p->best[i]], rule));
        for (uint32_t i = 0; i < p->best_count; i++) {
            if (rank(s, &p->candidates[p->best[i]], rule) == lowest)
                p->best[kept++] = p->best[i];
        }
        p->best_count = kept;
    }
    uint64_t *keys = arena_array(a, uint64_t, p->candidate_count);
    for (uint32_t i = 0; i < p->candidate_count; i++)
        keys[i] = s->name_rank[p->candidates[i].node];
    qsort_r(p->best, p->best_count, sizeof(*p->best), candidate_order, keys);
}

static bool ends_by_preemption(const struct pod *p)
{
    for (size_t i = 0; p->o.deleted_ms && i < p->status.conditions.count; i++) {
        const struct condition *c = &p->status.conditions.items[i];
        if (str_is(c->type, "DisruptionTarget"))
            return str_is(c->status, "True") && str_is(c->reason, "PreemptionByScheduler");
    }
    return false;
}

/* As PodEligibleToPreemptOthers: room is being made for it already. */
static bool waits_for_victim(const struct schedule *s, const struct verdict *v)
{
    int32_t node = schedule_nominated_node(s, v->pod);
    if (node == NO_NODE || (v->nodes && v->nodes[node].code == CODE_UNRESOLVABLE) ||
        v->prefilter.code == CODE_UNRESOLVABLE)
        return false;
    int64_t priority = schedule_pod_priority(s, v->pod);
    for (uint32_t p = s->first_pod[node]; p != NO_INDEX; p = s->pods.items[p].node_next) {
        if (schedule_pod_priority(s, p) < priority && ends_by_preemption(s->pods.items[p].pod))
            return true;
    }
    return false;
}

void schedule_preempt(struct schedule *s, const struct verdict *v, struct arena *a,
                      struct preemption *ret)
{
    uint32_t class_ = s->pods.items[v->pod].class_;
    struct trial t = {.s = s, .a = &s->scratch, .pod = v->pod, .v = view_of(s, class_)};
    t.c = &s->classes.items[class_];
    *ret = (struct preemption){.eligible = !t.c->never_preempts};
    if (!ret->eligible) {
        ret->reason = "not eligible due to preemptionPolicy=Never.";
        return;
    }
    if (waits_for_victim(s, v)) {
        ret->eligible = false;
        ret->reason = "not eligible due to a terminating pod on the nominated node.";
        return;
    }
    ret->candidates = arena_array(a, struct preempt_candidate, v->nodes ? s->node_count : 0);
    uint32_t potential = 0;
    for (uint32_t n = 0; v->nodes && n < s->node_count; n++) {
        if (!s->on[n] || v->nodes[n].code != CODE_UNSCHEDULABLE)
            continue;
        potential++;
        struct preempt_candidate found;
        if (select_victims(&t, n, &found)) {
            uint32_t *victims = arena_array(a, uint32_t, found.victim_count);
            memcpy(victims, found.victims, found.victim_count * sizeof(*victims));
            found.victims = victims;
            ret->candidates[ret->candidate_count++] = found;
        }
        arena_reset(&s->scratch);
    }
    if (potential == 0)
        ret->reason = "no node whose rejection can be resolved by removing pods";
    else if (ret->candidate_count == 0)
        ret->reason = "no candidate";
    else
        pick_candidates(s, a, ret);
}
