/* SPDX-License-Identifier: Apache-2.0
 *
 * How much memory each container uses at factor 1, and where that is known from: its PodMetrics,
 * the mean of its siblings in the workload, or an assumption.
 */
#include "analysis/simulate/internal.h"
#include "base/sat.h"
#include "model/resources.h"

/* Mean over the workload's containers of one name. */
struct mean {
    uint32_t workload;
    struct str name;
    int64_t sum, count;
};

static const struct container_usage *measured(const struct sim_pod *p, struct str name)
{
    const struct pod_metrics *m = p->pod->metrics;
    for (size_t i = 0; m && i < m->containers.count; i++)
        if (str_eq(m->containers.items[i].name, name))
            return m->containers.items[i].memory_set ? &m->containers.items[i] : NULL;
    return NULL;
}

static int mean_order(const void *a, const void *b)
{
    const struct mean *x = a, *y = b;
    if (x->workload != y->workload)
        return x->workload < y->workload ? -1 : 1;
    return str_cmp(x->name, y->name);
}

/* Sums what is measured, by workload and name. */
static size_t make_means(const struct sim_world *w, struct mean *means)
{
    size_t n = 0, kept = 0;
    for (uint32_t i = 0; i < w->pod_count; i++) {
        const struct sim_pod *p = &w->pods[i];
        for (uint32_t k = 0; !p->planned && k < p->container_count; k++) {
            struct str name = w->containers[p->container + k].container->name;
            const struct container_usage *u = measured(p, name);
            if (u)
                means[n++] = (struct mean){p->workload, name, u->memory_bytes, 1};
        }
    }
    qsort(means, n, sizeof(*means), mean_order);
    for (size_t i = 0; i < n; i++) {
        if (kept && mean_order(&means[kept - 1], &means[i]) == 0) {
            means[kept - 1].sum = sat_add(means[kept - 1].sum, means[i].sum);
            means[kept - 1].count++;
        } else {
            means[kept++] = means[i];
        }
    }
    return kept;
}

static int64_t amount_of(const struct resources *r)
{
    const struct resource_amount *m = resources_find(r, "memory");
    return m ? MAX(quantity_value(m->q), 0) : 0;
}

/* Of containers that do not say it themselves: an even share of what is left of the pod's own
 * amount. By requests or by limits. */
static int64_t share_of(const struct sim_world *w, const struct sim_pod *p, bool limits)
{
    const struct resource_requirements *level = &p->granted->resources;
    int64_t left = amount_of(limits ? &level->limits : &level->requests), without = 0;
    if (!left)
        return 0;
    for (uint32_t k = 0; k < p->container_count; k++) {
        const struct resource_requirements *r = &w->containers[p->container + k].granted->resources;
        int64_t own = amount_of(limits ? &r->limits : &r->requests);
        left = sat_sub(left, own);
        without += own == 0;
    }
    return without ? MAX(left, 0) / without : 0;
}

static int64_t assumed(struct sim_world *w, const struct sim_pod *p, const struct sim_container *c)
{
    const struct resource_requirements *r = &c->granted->resources;
    int64_t request = amount_of(&r->requests);
    if (!request)
        request = share_of(w, p, false);
    if (w->options.assume == SIM_LIMITS && c->limit) {
        int64_t limit = amount_of(&r->limits);
        w->usage.limited++;
        return limit ? limit : share_of(w, p, true);
    }
    if (request)
        w->usage.requested++;
    else
        w->usage.unknown++;
    return request;
}

static void fill_pod(struct sim_world *w, const struct sim_pod *p, const struct mean *means,
                     size_t count)
{
    for (uint32_t k = 0; k < p->container_count; k++) {
        struct sim_container *c = &w->containers[p->container + k];
        const struct container_usage *u = measured(p, c->container->name);
        struct mean key = {p->workload, c->container->name, 0, 0};
        const struct mean *m = bsearch(&key, means, count, sizeof(*means), mean_order);
        if (w->options.assume != SIM_MEASURED) {
            c->usage = assumed(w, p, c);
        } else if (u) {
            c->usage = u->memory_bytes;
            c->known = true;
            w->usage.measured++;
        } else if (m) {
            c->usage = m->sum / m->count;
            c->known = true;
            w->usage.siblings++;
        } else {
            c->usage = assumed(w, p, c);
        }
        c->usage = c->mean = MIN(MAX(c->usage, 0), SIM_USAGE_MAX);
        c->elastic = w->options.elastic_permyriad;
    }
    const struct pod_metrics *pm = p->pod->metrics;
    if (!pm || !pm->taken_ms)
        return;
    struct sim_usage_note *note = &w->usage;
    note->oldest_ms = note->oldest_ms ? MIN(note->oldest_ms, pm->taken_ms) : pm->taken_ms;
    note->newest_ms = MAX(note->newest_ms, pm->taken_ms);
}

/* What NodeMetrics say beyond the pods' own samples runs outside of pods: kubelet, container
 * runtime, system daemons. */
static void fill_system(struct sim_world *w)
{
    for (uint32_t i = 0; i < w->node_count; i++) {
        struct sim_node *n = &w->nodes[i];
        int64_t pods = 0;
        for (uint32_t p = n->first_pod; p != NO_POD; p = w->pods[p].next)
            for (uint32_t k = 0; k < w->pods[p].container_count; k++) {
                const struct sim_container *c = &w->containers[w->pods[p].container + k];
                const struct container_usage *u = measured(&w->pods[p], c->container->name);
                pods = sat_add(pods, u ? u->memory_bytes : 0);
            }
        if (n->node->metrics && pods)
            n->system = MIN(MAX(sat_sub(n->node->metrics->memory_bytes, pods), 0), SIM_USAGE_MAX);
    }
}

void sim_usage_fill(struct sim_world *w)
{
    CLEANUP(arena_done) struct arena scratch;
    arena_init(&scratch);
    struct mean *means = arena_array(&scratch, struct mean, w->container_count);
    size_t count = make_means(w, means);
    for (uint32_t i = 0; i < w->pod_count; i++) {
        const struct sim_usage_note noted = w->usage;
        fill_pod(w, &w->pods[i], means, count);
        if (w->pods[i].planned)
            w->usage = noted; /* it is not there yet */
    }
    fill_system(w);
}

/* ---- profiles ---- */

/* Between -10000 and 10000, always the same for the same text: FNV-1a, then a finaliser so that
 * names that differ in their last character lie apart. */
static int64_t share_of_text(struct str s)
{
    uint64_t h = UINT64_C(0xcbf29ce484222325);
    for (size_t i = 0; i < s.n; i++)
        h = (h ^ (unsigned char)s.p[i]) * UINT64_C(0x100000001b3);
    h ^= h >> 33;
    h *= UINT64_C(0xff51afd7ed558ccd);
    h ^= h >> 33;
    return (int64_t)(h % (2 * FACTOR_ONE + 1)) - FACTOR_ONE;
}

/* A level is that of the mean pod: with a jitter each lies somewhere around it, by its name. */
static void set_level(struct sim_container *c, const struct sim_pod *p, int64_t level)
{
    int64_t off = c->jitter_percent * (FACTOR_ONE / 100) * share_of_text(p->pod->o.name);
    c->mean = MIN(level, SIM_USAGE_MAX / 2);
    c->usage = c->mean + c->mean / FACTOR_ONE * (off / FACTOR_ONE);
}

static void apply_container(struct sim_world *w, const struct sim_pod *p, struct sim_container *c,
                            const struct usage_container *u)
{
    if (u->name.n && !str_eq(u->name, c->container->name))
        return;
    if (u->jitter_percent.set)
        c->jitter_percent = MAX(MIN(u->jitter_percent.v, 100), 0);
    if (u->follows_load_percent.set)
        c->elastic = MAX(MIN(u->follows_load_percent.v, 100), 0) * (FACTOR_ONE / 100);
    if (u->level_bytes > 0 || u->p50_bytes > 0) {
        set_level(c, p, u->level_bytes > 0 ? u->level_bytes : u->p50_bytes);
        w->usage.profiled += !p->planned;
        c->known = true;
    }
    if (u->p50_bytes > 0)
        c->spread = u;
    if (u->growth_bytes_per_minute > 0)
        c->growth = MIN(u->growth_bytes_per_minute, SIM_USAGE_MAX);
    if (u->ceiling_bytes > 0)
        c->ceiling = u->ceiling_bytes;
}

static int apply_usage(struct arena *a, struct sim_world *w, const struct workload_usage *u,
                       struct str ns, struct err *e)
{
    uint32_t workload = 0;
    struct str space = u->target_ns.n ? u->target_ns : ns;
    struct str text = arena_printf(a, STR_FMT "/" STR_FMT "/" STR_FMT, STR_ARG(u->target_kind),
                                   STR_ARG(space), STR_ARG(u->target_name));
    int r = sim_find_workload(w, text, &workload, e);
    if (r < 0)
        return r;
    for (uint32_t p = 0; p < w->pod_count; p++)
        for (uint32_t k = 0; w->pods[p].workload == workload && k < w->pods[p].container_count; k++)
            for (size_t i = 0; i < u->containers.count; i++)
                apply_container(w, &w->pods[p], &w->containers[w->pods[p].container + k],
                                &u->containers.items[i]);
    return 0;
}

/* What its pods use from then on. */
static void apply_deploy(struct sim_world *w, const struct sim_pod *p,
                         const struct scenario_event *x)
{
    for (uint32_t k = 0; k < p->container_count; k++) {
        struct sim_container *c = &w->containers[p->container + k];
        for (size_t i = 0; i < x->deploy_containers.count; i++) {
            const struct deploy_container *d = &x->deploy_containers.items[i];
            if (d->name.n && !str_eq(d->name, c->container->name))
                continue;
            if (d->level_bytes > 0)
                set_level(c, p, d->level_bytes);
            if (d->growth_at.line)
                c->growth = MIN(d->growth_bytes_per_minute, SIM_USAGE_MAX);
            if (d->ceiling_bytes > 0)
                c->ceiling = d->ceiling_bytes;
        }
    }
}

static void note_ways(struct sim_world *w)
{
    for (uint32_t p = 0; p < w->pod_count; p++)
        for (uint32_t k = 0; k < w->pods[p].container_count; k++) {
            const struct sim_container *c = &w->containers[w->pods[p].container + k];
            w->grows = w->grows || c->growth > 0;
            if (c->elastic)
                w->elastic = w->workloads[w->pods[p].workload].elastic = true;
        }
}

int sim_usage_profiles(struct arena *a, struct sim_world *w, struct err *e)
{
    const struct scenario *s = w->options.scenario;
    int r = 0;
    for (size_t i = 0; i < w->cluster->usage_profiles.count && r == 0; i++) {
        const struct usage_profile *u = w->cluster->usage_profiles.items[i];
        r = apply_usage(a, w, &u->usage, u->o.ns, e);
        if (r < 0)
            err_wrap(e, "UsageProfile %.*s", (int)MIN(u->o.name.n, 63U), u->o.name.p);
    }
    for (size_t i = 0; s && i < s->usage.count && r == 0; i++) {
        r = apply_usage(a, w, &s->usage.items[i], STR(""), e);
        if (r < 0)
            err_wrap(e, "Scenario %.*s", (int)MIN(s->o.name.n, 63U), s->o.name.p);
    }
    for (uint32_t p = w->pod_count; s && p-- > 0 && w->pods[p].planned;)
        apply_deploy(w, &w->pods[p], &s->events.items[w->pods[p].planned - 1]);
    note_ways(w);
    for (uint32_t n = 0; n < w->node_count; n++) {
        bool grows = false;
        for (uint32_t p = w->nodes[n].first_pod; p != NO_POD; p = w->pods[p].next)
            for (uint32_t k = 0; k < w->pods[p].container_count; k++)
                grows = grows || w->containers[w->pods[p].container + k].growth;
        if (grows)
            *PUSH(a, &w->growing) = n;
    }
    return r;
}

bool sim_usage_known(const struct sim_world *w)
{
    return w->options.assume != SIM_MEASURED || w->usage.measured + w->usage.profiled > 0;
}
