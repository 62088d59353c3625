/* SPDX-License-Identifier: Apache-2.0
 *
 * Flags PodDisruptionBudgets that allow no eviction even when every pod is healthy: a drain of any
 * node with such a pod hangs for ever. The number of pods is what their workloads want at the
 * least (with an HPA its minimum). DaemonSets do not count: drains pass over their pods.
 */
#include "model/pdb_status.h"
#include "rules/facts.h"

struct demand {
    int64_t replicas;    /* of all that are known */
    bool known, unknown; /* some are; some are not */
    bool only_daemons;
    const struct hpa *hpa;
};

static struct demand demand_of(const struct pdb *p)
{
    struct demand d = {.only_daemons = p->workloads.count > 0};
    for (size_t i = 0; i < p->workloads.count; i++) {
        const struct workload *w = p->workloads.items[i];
        if (w->o.kind == KIND_DAEMON_SET)
            continue;
        d.only_daemons = false;
        int64_t replicas = facts_replicas_min(w);
        if (replicas < 0) {
            d.unknown = true;
            continue;
        }
        d.known = true;
        d.replicas += replicas;
        if (w->hpas.count > 0)
            d.hpa = w->hpas.items[0];
    }
    return d;
}

static bool is_percent(const struct int_or_str *v, int64_t *ret)
{
    return v->type == IOS_STRING && str_ends(v->s, "%") &&
           str_to_int64(str_sub(v->s, 0, v->s.n - 1), ret) == 0;
}

/* Allows nothing whatever the number of pods. */
static bool blocks_always(const struct pdb *p)
{
    int64_t percent;
    /* As getExpectedPodCount in pkg/controller/disruption: neither field means 0 pods expected, and
     * of 0 pods none may go. */
    if (p->max_unavailable.type == IOS_ABSENT && p->min_available.type == IOS_ABSENT)
        return p->selector.present;
    if (p->max_unavailable.type == IOS_INT)
        return p->max_unavailable.i <= 0;
    if (is_percent(&p->max_unavailable, &percent))
        return percent <= 0;
    return is_percent(&p->min_available, &percent) && percent >= 100;
}

static bool blocks(const struct pdb *p, const struct demand *d, struct pdb_status *ret)
{
    struct err e;
    if (!d->known || d->unknown || d->replicas <= 0)
        return false;
    return pdb_compute_replicas(p, d->replicas, d->replicas, ret, &e) == 0 &&
           ret->disruptions_allowed <= 0;
}

static void report(const struct rule_ctx *c, const struct pdb *p, const struct demand *d,
                   const struct pdb_status *s)
{
    bool max = p->max_unavailable.type != IOS_ABSENT;
    if (!max && p->min_available.type == IOS_ABSENT) {
        finding(c, AT(p->o.spec_at, "spec"),
                "neither minAvailable nor maxUnavailable is set, which allows 0 evictions, so a "
                "drain hangs");
        return;
    }
    const struct int_or_str *v = max ? &p->max_unavailable : &p->min_available;
    const char *field = max ? "maxUnavailable" : "minAvailable";
    struct place where = AT(v->at, max ? "spec.maxUnavailable" : "spec.minAvailable");
    struct finding *f;
    if (d->known && d->replicas > 0)
        f = finding(c, where,
                    "%s " STR_FMT " of %s%s keeps %lld of %lld: 0 evictions allowed, so a drain "
                    "hangs",
                    field, STR_ARG(v->s), say_count(c, d->replicas, "replica"),
                    d->hpa ? " (the autoscaler's minimum)" : "", (long long)s->desired_healthy,
                    (long long)d->replicas);
    else
        f = finding(c, where,
                    "%s " STR_FMT " allows 0 evictions of any number of pods, so a drain "
                    "hangs",
                    field, STR_ARG(v->s));
    if (d->known && d->replicas == 1)
        finding_fix(c, f,
                    "run 2 replicas and set maxUnavailable: 1; a single pod that must not be "
                    "moved by machine needs a person's drain instead");
}

static void check(const struct rule_ctx *c, const struct pdb *p)
{
    struct demand d = demand_of(p);
    struct pdb_status s = {.desired_healthy = d.replicas};
    if (d.only_daemons || (d.known && !d.unknown && d.replicas == 0))
        return;
    if (blocks(p, &d, &s) || blocks_always(p))
        report(c, p, &d, &s);
}

const struct rule rule_pdb_blocks_drain = {
    .id = "pdb-blocks-drain",
    .severity = SEV_ERROR,
    .title = "A PodDisruptionBudget allows no eviction at all",
    .why = "a sick node cannot be emptied (\"would violate the pod's disruption budget\"): "
           "upgrades stop, and people reach for --force",
    .fix = "set maxUnavailable: 1 in place of minAvailable: it holds for any number of replicas",
    .see = "post-mortem 3",
    .reads = KIND_BIT(HPA) | WORKLOAD_KINDS,
    .pdb = check,
};
