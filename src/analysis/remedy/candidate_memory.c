/* SPDX-License-Identifier: Apache-2.0
 *
 * Candidates about memory requests and limits: of one workload, of a namespace, of all. Figures come
 * from use only.
 */
#include "analysis/remedy/internal.h"
#include "base/text.h"
#include "model/resources.h"

static const char why_request[] =
    "the scheduler then looks for a node with that memory to spare, and kubelet and kernel take "
    "others first";
static const char why_limit[] =
    "growth then ends in a restart at its own limit instead of taking the node's last page; what "
    "it uses is requested too";

struct str bytes_text(struct arena *a, int64_t bytes)
{
    CLEANUP(buf_done) struct buf b;
    buf_init(&b, 64);
    text_add_bytes(&b, bytes);
    return arena_str(a, buf_str(&b));
}

void candidate_edit(struct candidates *c, const struct object *o, enum edit_op op, struct str path,
                    struct str value)
{
    *PUSH(c->a, &c->edits) = (struct edit){o, op, path, value};
}

struct remedy *candidate_add(struct candidates *c, const char *rule, struct str title,
                             const char *why)
{
    struct remedy *r = PUSH(c->a, &c->items);
    *r = (struct remedy){.rule = rule,
                         .title = title,
                         .why = str_of(why),
                         .holds_to = FACTOR_MAX,
                         .edits = c->edits.items,
                         .edit_count = c->edits.count};
    memset(&c->edits, 0, sizeof(c->edits));
    return r;
}

/* ---- use ---- */

static int64_t amount(const struct resources *r)
{
    const struct resource_amount *m = resources_find(r, "memory");
    return m ? quantity_value(m->q) : 0;
}

static void add_use(struct arena *a, struct workload_use *u, const struct containers *list,
                    bool init)
{
    for (size_t i = 0; i < list->count; i++) {
        const struct container *k = &list->items[i];
        if (init && k->kind != CONTAINER_SIDECAR)
            continue;
        *PUSH(a, u) = (struct container_use){.container = k,
                                             .list = init ? "initContainers" : "containers",
                                             .request_bytes = amount(&k->resources.requests),
                                             .limit_bytes = amount(&k->resources.limits)};
    }
}

/* Profiles know more than a sample: its 95th percentile is to be requested, and a limit is to lie
 * above its maximum. */
static void see_container(struct container_use *u, const struct sim_container *c)
{
    const struct usage_container *p = c->spread;
    int64_t typical = c->usage, highest = c->usage;
    if (!c->known || !str_eq(u->container->name, c->container->name))
        return;
    if (p && p->p95_bytes > 0)
        typical = p->p95_bytes;
    if (p)
        highest = MAX(MAX(highest, p->max_bytes), MAX(p->p99_bytes, p->p95_bytes));
    u->typical_bytes = MAX(u->typical_bytes, typical);
    u->highest_bytes = MAX(u->highest_bytes, highest);
}

void workload_uses(struct arena *a, const struct sim_world *w, struct workload_use *ret)
{
    for (uint32_t i = 0; i < w->workload_count; i++) {
        const struct pod_spec *spec = &w->workloads[i].workload->tmpl.spec;
        add_use(a, &ret[i], &spec->containers, false);
        add_use(a, &ret[i], &spec->init_containers, true);
    }
    for (uint32_t p = 0; p < w->pod_count; p++) {
        const struct sim_pod *x = &w->pods[p];
        struct workload_use *u = &ret[x->workload];
        u->pods += !x->planned;
        for (uint32_t k = 0; k < x->container_count; k++)
            for (size_t i = 0; i < u->count; i++)
                see_container(&u->items[i], &w->containers[x->container + k]);
    }
}

/* ---- edits ---- */

/* Pods that nobody makes again, static pods and Jobs keep the template that they have. */
static bool may_change(const struct sim_workload *x)
{
    const struct workload *w = x->workload;
    if (!x->replicas || w->o.kind == KIND_JOB || w->tmpl.spec.resources.set)
        return false;
    if (!w->pod)
        return true;
    for (size_t i = 0; i < w->o.owners.count; i++)
        if (!str_is(w->o.owners.items[i].kind, "Node") && !str_is(w->o.owners.items[i].kind, "Job"))
            return true;
    return false;
}

static int64_t whole_mib(int64_t bytes)
{
    return (bytes + MIB - 1) / MIB * MIB;
}

/* The most that a LimitRange of the namespace lets a container have; INT64_MAX = no bound. */
static int64_t most_allowed(const struct workload *w)
{
    int64_t most = INT64_MAX;
    for (size_t i = 0; w->ns && i < w->ns->limit_ranges.count; i++) {
        const struct limit_range *l = w->ns->limit_ranges.items[i];
        for (size_t k = 0; k < l->limits.count; k++) {
            int64_t max = amount(&l->limits.items[k].max);
            if (str_is(l->limits.items[k].type, "Container") && max > 0)
                most = MIN(most, max);
        }
    }
    return most;
}

struct proposal {
    int64_t request, limit; /* 0 = as it is */
};
static struct proposal propose(const struct candidates *c, const struct workload *w,
                               const struct container_use *u, bool limits)
{
    struct proposal p = {0};
    int64_t most = most_allowed(w);
    int64_t headroom = c->question->headroom_permyriad;
    if (!u->highest_bytes)
        return p;
    if (limits && !u->limit_bytes) {
        p.limit = MIN(whole_mib(u->highest_bytes + (int64_t)((double)u->highest_bytes *
                                                             (double)headroom / FACTOR_ONE)),
                      most);
        p.limit = p.limit < u->highest_bytes || p.limit < u->request_bytes ? 0 : p.limit;
    }
    int64_t request = MIN(whole_mib(u->typical_bytes), most);
    if (u->limit_bytes || p.limit)
        request = MIN(request, p.limit ? p.limit : u->limit_bytes);
    p.request = request > u->request_bytes ? request : 0;
    return p;
}

/* What a group of workloads comes to. */
struct sums {
    size_t workloads, containers;
    int64_t request_before, request_after; /* over all pods */
    bool requests_nothing;
    int64_t holds_to;
    const struct sim_workload *first;
    struct str text; /* of the first: "1.9Gi", "main 1.9Gi, proxy 60Mi" */
    bool named;
};

static void edit_amount(struct candidates *c, const struct workload *w,
                        const struct container_use *u, const char *which, int64_t bytes)
{
    candidate_edit(c, &w->o, EDIT_SET,
                   arena_printf(c->a, STR_FMT ".%s[%u].resources.%s.memory",
                                STR_ARG(w->template_path), u->list, u->container->index, which),
                   bytes % MIB ? arena_printf(c->a, "\"%lld\"", (long long)bytes)
                               : arena_printf(c->a, "\"%lldMi\"", (long long)(bytes / MIB)));
}

static void add_workload(struct candidates *c, uint32_t at, bool limits, struct sums *s)
{
    const struct sim_workload *x = &c->world->workloads[at];
    const struct workload_use *use = &c->uses[at];
    bool changes = false;
    if (!may_change(x))
        return;
    for (size_t i = 0; i < use->count; i++) {
        const struct container_use *u = &use->items[i];
        struct proposal p = propose(c, x->workload, u, limits);
        if (limits ? !p.limit : !p.request)
            continue;
        if (p.limit) {
            edit_amount(c, x->workload, u, "limits", p.limit);
            s->holds_to = MIN(s->holds_to,
                              (int64_t)((double)p.limit * FACTOR_ONE / (double)u->highest_bytes));
        }
        if (p.request)
            edit_amount(c, x->workload, u, "requests", p.request);
        changes = true;
        s->containers++;
        s->requests_nothing = s->requests_nothing || !u->request_bytes;
        s->request_before += u->request_bytes * use->pods;
        s->request_after += (p.request ? p.request : u->request_bytes) * use->pods;
        if (!s->first || s->first == x) {
            struct str bytes = bytes_text(c->a, limits ? p.limit : p.request);
            s->first = x;
            s->named = use->count > 1;
            s->text = use->count > 1 ? arena_printf(c->a, STR_FMT "%s" STR_FMT " " STR_FMT,
                                                    STR_ARG(s->text), s->text.n ? ", " : "",
                                                    STR_ARG(u->container->name), STR_ARG(bytes))
                                     : bytes;
        }
    }
    s->workloads += changes;
}

static void finish(struct candidates *c, const struct sums *s, struct str where, bool limits)
{
    struct str title;
    if (s->workloads == 1)
        title = arena_printf(c->a, "set the memory %s%s of " STR_FMT "%s " STR_FMT,
                             limits ? "limit" : "request", s->containers > 1 ? "s" : "",
                             STR_ARG(s->first->name), s->named ? ":" : " to", STR_ARG(s->text));
    else if (limits)
        title = arena_printf(c->a,
                             "set memory limits for the %zu workloads" STR_FMT
                             " that have none, at %lld %% of their highest use",
                             s->workloads, STR_ARG(where),
                             (long long)(100 + c->question->headroom_permyriad / 100));
    else
        title =
            arena_printf(c->a,
                         "set the memory requests of %zu workloads" STR_FMT
                         " to what they use (" STR_FMT " in all, now " STR_FMT ")",
                         s->workloads, STR_ARG(where), STR_ARG(bytes_text(c->a, s->request_after)),
                         STR_ARG(bytes_text(c->a, s->request_before)));
    const char *rule = limits                ? "memory-limit-missing"
                       : s->requests_nothing ? "memory-request-missing"
                                             : NULL;
    struct remedy *r = candidate_add(c, rule, title, limits ? why_limit : why_request);
    r->workloads = s->workloads;
    if (limits)
        r->holds_to = s->holds_to;
}

static void of_suspect(struct candidates *c, uint32_t workload, bool limits)
{
    struct sums s = {.text = STR(""), .holds_to = FACTOR_MAX};
    add_workload(c, workload, limits, &s);
    if (s.workloads)
        finish(c, &s, STR(""), limits);
}

/* ns absent: of the whole cluster. */
static void of_group(struct candidates *c, struct str ns, bool limits)
{
    struct sums s = {.text = STR(""), .holds_to = FACTOR_MAX};
    for (uint32_t i = 0; i < c->world->workload_count; i++)
        if (!ns.p || str_eq(c->world->workloads[i].workload->o.ns, ns))
            add_workload(c, i, limits, &s);
    if (s.workloads < 2) {
        memset(&c->edits, 0, sizeof(c->edits));
        return;
    }
    finish(c, &s, ns.p ? arena_printf(c->a, " of namespace " STR_FMT, STR_ARG(ns)) : STR(""),
           limits);
}

void candidates_of_memory(struct candidates *c, const struct suspects *s)
{
    struct str seen[SPACES_MAX];
    size_t spaces = 0;
    for (size_t i = 0; i < s->count; i++) {
        struct str ns = c->world->workloads[s->items[i].workload].workload->o.ns;
        size_t k = 0;
        while (k < spaces && !str_eq(seen[k], ns))
            k++;
        if (k == spaces && spaces < SPACES_MAX)
            seen[spaces++] = ns;
    }
    for (int limits = 0; limits < 2; limits++) {
        for (size_t i = 0; i < s->count; i++)
            of_suspect(c, s->items[i].workload, limits);
        for (size_t i = 0; i < spaces; i++)
            of_group(c, seen[i], limits);
        of_group(c, STR_NONE, limits);
    }
}
