/* SPDX-License-Identifier: Apache-2.0
 *
 * How many healthy pods each workload must have: one, or what its PodDisruptionBudget demands; and
 * budgets that several workloads share.
 */
#include "analysis/simulate/internal.h"
#include "model/oom_score.h"
#include "model/pdb_status.h"

static bool may_end(const struct workload *w)
{
    return w->o.kind == KIND_JOB || w->o.kind == KIND_CRON_JOB ||
           (w->pod && (pod_is_mirror(w->pod) || pod_is_static(w->pod)));
}

/* disruption.go getExpectedPodCount: all but a plain number of pods to be kept asks the pods'
 * controllers for their scale. Without one no disruption is allowed. */
static bool lacks_scale(const struct workload *w, const struct pdb *p)
{
    bool has = w->pod ? sim_controller_ref(&w->pod->o) != NULL
                      : w->o.kind != KIND_JOB && w->o.kind != KIND_CRON_JOB &&
                            w->o.kind != KIND_DAEMON_SET;
    return !has && (p->max_unavailable.type != IOS_ABSENT || p->min_available.type != IOS_INT);
}

static int64_t scale_of(const struct sim_workload *x)
{
    const struct workload *w = x->workload;
    bool says = w->replicas.set && !w->pod && w->o.kind != KIND_DAEMON_SET;
    return says ? w->replicas.v : x->replicas;
}

/* One of the pairs. */
struct selected {
    const struct pdb *pdb;
    uint32_t workload;
};

static int selected_order(const void *a, const void *b)
{
    const struct selected *x = a, *y = b;
    int order = str_cmp(x->pdb->o.ns, y->pdb->o.ns);
    if (order == 0)
        order = str_cmp(x->pdb->o.name, y->pdb->o.name);
    return order ? order : (x->workload > y->workload) - (x->workload < y->workload);
}

/* One budget for all whose pods it selects, as disruption.go counts them. */
static void add_shared(struct arena *a, struct sim_world *w, const struct selected *list, size_t n)
{
    const struct pdb *p = list[0].pdb;
    struct pdb_status st = {0};
    struct sim_budget *b = PUSH(a, &w->budgets);
    *b = (struct sim_budget){.pdb = p};
    for (size_t i = 0; i < n; i++) {
        struct sim_workload *x = &w->workloads[list[i].workload];
        *PUSH(a, &b->workloads) = list[i].workload;
        *PUSH(a, &x->shared) = (uint32_t)w->budgets.count - 1;
        b->scale += scale_of(x);
        b->healthy += x->healthy;
        b->no_scale = b->no_scale || lacks_scale(x->workload, p);
    }
    if (pdb_compute_replicas(p, b->scale, b->healthy, &st, NULL) < 0)
        b->no_scale = true;
    b->desired = st.desired_healthy;
}

static void find_shared(struct arena *a, struct sim_world *w)
{
    CLEANUP(arena_done) struct arena scratch;
    LIST_OF(struct selected) l = {0};
    arena_init(&scratch);
    for (uint32_t i = 0; i < w->workload_count; i++)
        for (size_t k = 0; w->workloads[i].replicas && k < w->workloads[i].workload->pdbs.count;
             k++)
            *PUSH(&scratch, &l) = (struct selected){w->workloads[i].workload->pdbs.items[k], i};
    if (l.count)
        qsort(l.items, l.count, sizeof(*l.items), selected_order);
    for (size_t i = 0, n; i < l.count; i += n) {
        for (n = 1; i + n < l.count && l.items[i + n].pdb == l.items[i].pdb;)
            n++;
        if (n > 1)
            add_shared(a, w, &l.items[i], n);
    }
}

static const struct sim_budget *shared_budget(const struct sim_world *w,
                                              const struct sim_workload *x, const struct pdb *p)
{
    for (size_t i = 0; i < x->shared.count; i++)
        if (w->budgets.items[x->shared.items[i]].pdb == p)
            return &w->budgets.items[x->shared.items[i]];
    return NULL;
}

static void add_budget(const struct sim_world *w, struct sim_workload *x, const struct pdb *p)
{
    const struct sim_budget *b = shared_budget(w, x, p);
    struct pdb_status st = {0};
    bool fails = !b && pdb_compute_replicas(p, x->scale, x->healthy, &st, NULL) < 0;
    int64_t desired = b ? b->desired : st.desired_healthy;
    if (x->pdb)
        x->eviction = EVICTION_TWO_BUDGETS;
    else if (fails || (b ? b->no_scale : lacks_scale(x->workload, p)))
        x->eviction = EVICTION_NO_SCALE;
    if (!b)
        x->need = MAX(x->need, desired);
    if (!x->pdb || desired > x->budget) {
        x->pdb = p;
        x->budget = desired;
    }
}

void sim_needs_find(struct arena *a, struct sim_world *w)
{
    find_shared(a, w);
    for (uint32_t i = 0; i < w->workload_count; i++) {
        struct sim_workload *x = &w->workloads[i];
        if (x->replicas == 0)
            continue;
        x->name = sim_workload_name(a, x->workload);
        x->scale = scale_of(x);
        x->need = may_end(x->workload) ? 0 : MIN(1, x->scale);
        for (size_t k = 0; k < x->workload->pdbs.count; k++)
            add_budget(w, x, x->workload->pdbs.items[k]);
    }
}
