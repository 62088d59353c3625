/* SPDX-License-Identifier: Apache-2.0
 *
 * Services inside the cluster that others need: webhooks that fail closed, cluster DNS, Prometheus.
 * When the last ready pod of one is gone that is told; while a webhook has none the API server
 * refuses the pods that it is asked about (webhook/generic, failurePolicy Fail), and controllers
 * try again.
 */
#include "analysis/simulate/internal.h"
#include "model/webhook.h"

/* More would not fit into a pod's set of bits; the first are those of the input's first webhooks. */
enum { SERVICES_MAX = 64 };

/* ---- the world's ---- */

static bool slice_names(const struct cluster *c, const struct service *s, const struct pod *p)
{
    for (size_t i = 0; i < c->endpoint_slices.count; i++) {
        const struct endpoint_slice *e = c->endpoint_slices.items[i];
        if (!str_eq(e->o.ns, s->o.ns) || !str_eq(e->service, s->o.name))
            continue;
        for (size_t k = 0; k < e->endpoints.count; k++)
            if (str_is(e->endpoints.items[k].target_kind, "Pod") &&
                str_eq(e->endpoints.items[k].target_name, p->o.name))
                return true;
    }
    return false;
}

/* As pkg/controller/endpointslice: by the selector; without one somebody else keeps the slices. */
static bool service_has(const struct cluster *c, const struct service *s, const struct pod *p)
{
    struct label_selector l = {.present = true, .match_labels = s->selector};
    if (!str_eq(s->o.ns, p->o.ns))
        return false;
    return s->selector.count ? selector_matches(&l, &p->o.labels) : slice_names(c, s, p);
}

static struct sim_service *service_add(struct arena *a, struct sim_world *w,
                                       enum sim_service_type type, struct str name)
{
    if (w->services.count == SERVICES_MAX)
        return NULL;
    struct sim_service *s = PUSH(a, &w->services);
    s->type = type;
    s->name = name;
    return s;
}

/* All webhooks of one Service answer or fail together. Those whose Service has no pod in the input
 * are not followed. */
static void add_webhook(struct arena *a, struct sim_world *w, const struct webhook *h)
{
    const struct object *o = cluster_find(w->cluster, KIND_SERVICE, h->service_ns, h->service_name);
    const struct service *service = (const void *)o;
    uint32_t pods = 0;
    for (size_t i = 0; i < w->services.count && service; i++)
        if (w->services.items[i].service == service) {
            *PUSH(a, &w->services.items[i].webhooks) = h;
            return;
        }
    for (uint32_t p = 0; service && p < w->pod_count; p++)
        pods += service_has(w->cluster, service, w->pods[p].pod);
    struct sim_service *s =
        pods ? service_add(a, w, SERVICE_WEBHOOK,
                           arena_printf(a, STR_FMT " (Service " STR_FMT "/" STR_FMT ")",
                                        STR_ARG(h->name), STR_ARG(h->service_ns),
                                        STR_ARG(h->service_name)))
             : NULL;
    if (!s) {
        w->webhooks_unknown++;
        return;
    }
    s->service = service;
    *PUSH(a, &s->webhooks) = h;
    for (uint32_t p = 0; p < w->pod_count; p++)
        if (service_has(w->cluster, service, w->pods[p].pod))
            w->pods[p].serves |= UINT64_C(1) << (w->services.count - 1);
}

static bool webhook_is_asked(const struct sim_world *w, const struct webhook *h,
                             const struct pod *p)
{
    return webhook_selects(h, &p->o.labels) && webhook_asks_about(w->cluster, h, p->o.ns);
}

/* The pods of one workload are alike to a webhook: it is asked about all of them or none. */
static void find_guarded(struct sim_world *w)
{
    CLEANUP(arena_done) struct arena scratch;
    arena_init(&scratch);
    uint64_t *of = arena_array(&scratch, uint64_t, w->workload_count);
    uint8_t *known = arena_array(&scratch, uint8_t, w->workload_count);
    for (uint32_t i = 0; w->services.count && i < w->pod_count; i++) {
        struct sim_pod *p = &w->pods[i];
        for (size_t s = 0; !known[p->workload] && s < w->services.count; s++)
            for (size_t k = 0; k < w->services.items[s].webhooks.count; k++)
                if (webhook_is_asked(w, w->services.items[s].webhooks.items[k], p->pod))
                    of[p->workload] |= UINT64_C(1) << s;
        known[p->workload] = 1;
        p->guarded = of[p->workload];
    }
}

/* "registry.example.com/coredns/coredns:1.11" is coredns. */
static bool image_is(struct str image, const char *name)
{
    size_t from = 0;
    for (size_t i = 0; i < image.n; i++)
        if (image.p[i] == '/')
            from = i + 1;
    struct str last = str_sub(image, from, image.n), rest;
    last = str_cut(last, '@', &rest);
    return str_is(str_cut(last, ':', &rest), name);
}

static bool pod_runs(const struct pod *p, const char *name)
{
    for (size_t i = 0; i < p->spec.containers.count; i++)
        if (image_is(p->spec.containers.items[i].image.v, name))
            return true;
    return str_is(labels_get(&p->o.labels, "app.kubernetes.io/name"), name);
}

static void find_known(struct arena *a, struct sim_world *w, enum sim_service_type type,
                       const char *name)
{
    size_t from = w->services.count;
    for (uint32_t i = 0; i < w->pod_count; i++) {
        struct sim_pod *p = &w->pods[i];
        size_t s = from;
        if (!pod_runs(p->pod, name))
            continue;
        while (s < w->services.count && w->services.items[s].workload != p->workload)
            s++;
        if (s == w->services.count) {
            struct sim_service *made = service_add(a, w, type, w->workloads[p->workload].name);
            if (!made)
                return;
            made->workload = p->workload;
        }
        p->serves |= UINT64_C(1) << s;
    }
}

void sim_services_find(struct arena *a, struct sim_world *w)
{
    const struct cluster *c = w->cluster;
    for (size_t i = 0; i < c->webhook_configs.count; i++) {
        const struct webhook_config *config = c->webhook_configs.items[i];
        for (size_t k = 0; k < config->webhooks.count; k++) {
            const struct webhook *h = &config->webhooks.items[k];
            if (!webhook_fails_closed(config, h) || !webhook_matches_pods(h))
                continue;
            w->webhooks_conditional += h->match_conditions > 0;
            if (h->service_name.n)
                add_webhook(a, w, h);
            else
                w->webhooks_unknown++; /* a URL */
        }
    }
    find_guarded(w);
    find_known(a, w, SERVICE_DNS, "coredns");
    find_known(a, w, SERVICE_PROMETHEUS, "prometheus");
    for (uint32_t i = 0; i < w->pod_count; i++)
        for (size_t s = 0; s < w->services.count; s++)
            if (w->pods[i].serves >> s & 1)
                w->services.items[s].ready += w->pods[i].ready;
}

/* ---- in a run ---- */

static void note_service(struct sim_runner *r, enum sim_event_type type, uint32_t pod,
                         size_t service)
{
    const struct run_pod *p = &r->pods.items[pod];
    note(r, (struct sim_event){.type = type,
                               .node = p->node,
                               .pod = (int32_t)p->origin,
                               .container = NO_INDEX32,
                               .generation = p->generation,
                               .count = (int64_t)service});
}

void services_begin(struct sim_runner *r)
{
    const struct sim_world *w = r->world;
    r->outages.count = r->refused.count = 0;
    r->silent = 0;
    for (size_t i = 0; i < w->services.count; i++) {
        r->service_ready[i] = w->services.items[i].ready;
        if (w->services.items[i].ready == 0 && w->services.items[i].type == SERVICE_WEBHOOK)
            r->silent |= UINT64_C(1) << i;
    }
}

/* Controllers try again after 5 ms, 10, 20 ... up to 1000 s (client-go util/workqueue
 * DefaultTypedControllerRateLimiter): the first try from now on. */
static int64_t next_try(int64_t since_ms, int64_t now_ms)
{
    int64_t at_ms = since_ms, delay_ms = 5;
    while (at_ms < now_ms) {
        at_ms += delay_ms;
        delay_ms = MIN(2 * delay_ms, 1000 * SECOND);
    }
    return at_ms;
}

static void service_lost(struct sim_runner *r, uint32_t pod, size_t i)
{
    *PUSH(r->arena, &r->outages) =
        (struct sim_outage){.service = (uint32_t)i, .from_ms = r->now, .to_ms = NOT_YET};
    if (r->world->services.items[i].type == SERVICE_WEBHOOK)
        r->silent |= UINT64_C(1) << i;
    note_service(r, SIM_SERVICE_LOST, pod, i);
}

static void service_back(struct sim_runner *r, uint32_t pod, size_t i)
{
    for (size_t k = 0; k < r->outages.count; k++)
        if (r->outages.items[k].service == i && r->outages.items[k].to_ms == NOT_YET)
            r->outages.items[k].to_ms = r->now;
    r->silent &= ~(UINT64_C(1) << i);
    note_service(r, SIM_SERVICE_BACK, pod, i);
    for (size_t k = 0; k < r->refused.count; k++)
        if (!r->refused.items[k].made)
            plan(r, next_try(r->refused.items[k].since_ms, r->now), TODO_CREATE, (uint32_t)k, 0);
}

void services_ready(struct sim_runner *r, uint32_t pod, bool ready)
{
    uint64_t serves = pod_world(r, pod)->serves;
    for (size_t i = 0; serves >> i; i++) {
        if (!(serves >> i & 1))
            continue;
        r->service_ready[i] += ready ? 1 : UINT32_MAX;
        if (!ready && r->service_ready[i] == 0)
            service_lost(r, pod, i);
        else if (ready && r->service_ready[i] == 1)
            service_back(r, pod, i);
        if (i == SERVICES_MAX - 1)
            return;
    }
}

bool pod_is_refused(struct sim_runner *r, const struct run_refused *x)
{
    uint64_t by = pod_world(r, x->like)->guarded & r->silent;
    size_t first = 0;
    if (!by)
        return false;
    while (!(by >> first & 1))
        first++;
    struct run_refused kept = *x;
    kept.since_ms = r->now;
    *PUSH(r->arena, &r->refused) = kept;
    r->out->refused++;
    note_service(r, SIM_REFUSED, x->like, first);
    return true;
}

void services_outcome(const struct sim_runner *r, struct arena *a, struct sim_outcome *ret)
{
    for (size_t i = 0; i < r->refused.count; i++)
        ret->refused_left += !r->refused.items[i].made;
    ret->outage_count = r->outages.count;
    ret->outages = arena_array(a, struct sim_outage, r->outages.count);
    if (r->outages.count)
        memcpy(ret->outages, r->outages.items, r->outages.count * sizeof(*ret->outages));
}

void refused_retry(struct sim_runner *r, uint32_t index)
{
    struct run_refused *x = &r->refused.items[index];
    if (x->made || pod_world(r, x->like)->guarded & r->silent)
        return; /* and again when a webhook is back */
    x->made = true;
    struct run_refused again = *x;
    pod_create(r, &again);
    want_schedule(r);
}
