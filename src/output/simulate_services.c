/* SPDX-License-Identifier: Apache-2.0
 *
 * What a simulation says of the services that others need, in text and JSON: webhooks that fail
 * closed, CoreDNS and Prometheus without a ready pod, and how many pods are made at once.
 */
#include "output/inspect_json.h"
#include "output/out.h"
#include "output/simulate.h"
#include "output/table.h"

struct loss {
    size_t contingencies, for_ever;
    const struct sim_item *worst;
    int64_t longest_ms; /* INT64_MAX: to the end */
};

static void see_outage(struct loss *l, const struct sim_item *x, const struct sim_outage *o,
                       bool first)
{
    int64_t ms = o->to_ms == NOT_YET ? INT64_MAX : o->to_ms - o->from_ms;
    l->contingencies += first;
    l->for_ever += ms == INT64_MAX;
    if (l->worst && ms <= l->longest_ms)
        return;
    l->worst = x;
    l->longest_ms = ms;
}

static struct loss loss_of(const struct sim_report *p, uint32_t service)
{
    struct loss l = {0};
    for (size_t i = 0; i < p->count; i++) {
        const struct sim_outcome *o = &p->items[i].now;
        bool first = true;
        for (size_t k = 0; k < o->outage_count; k++)
            if (o->outages[k].service == service) {
                see_outage(&l, &p->items[i], &o->outages[k], first);
                first = false;
            }
    }
    return l;
}

static void add_loss(const struct simulate_results *r, const struct out_format *f, uint32_t service,
                     struct buf *b)
{
    struct arena *a = r->arena;
    const struct sim_report *p = r->report;
    struct loss l = loss_of(p, service);
    struct str name = simulate_service_text(r, service);
    if (p->world->services.items[service].type == SERVICE_WEBHOOK &&
        p->world->services.items[service].ready == 0) {
        text_wrap(b, f, "  ",
                  arena_printf(a,
                               STR_FMT " has no ready pod in the input: every pod that it is asked "
                                       "about is refused.",
                               STR_ARG(name)),
                  4);
        return;
    }
    if (l.contingencies == 0)
        return;
    struct str how_long =
        l.longest_ms == INT64_MAX
            ? STR("to the end")
            : arena_printf(a, "for " STR_FMT, STR_ARG(duration_text(a, l.longest_ms)));
    text_wrap(b, f, "  ",
              arena_printf(a,
                           STR_FMT " has no ready pod left after %zu of %zu (worst: " STR_FMT
                                   ", " STR_FMT ").",
                           STR_ARG(name), l.contingencies, p->count,
                           STR_ARG(l.worst->contingency->name), STR_ARG(how_long)),
              4);
}

static void add_refused(const struct simulate_results *r, const struct out_format *f, struct buf *b)
{
    const struct sim_item *worst = NULL;
    size_t n = 0;
    for (size_t i = 0; i < r->report->count; i++) {
        const struct sim_item *x = &r->report->items[i];
        n += x->now.refused > 0;
        if (x->now.refused && (!worst || x->now.refused_left > worst->now.refused_left))
            worst = x;
    }
    if (!worst)
        return;
    text_wrap(b, f, "  ",
              arena_printf(r->arena,
                           "Webhooks that fail closed and are gone refuse pods after %zu of %zu "
                           "(worst: " STR_FMT ", %u refused, %u of them to the end).",
                           n, r->report->count, STR_ARG(worst->contingency->name),
                           worst->now.refused, worst->now.refused_left),
              4);
}

static void add_peak(const struct simulate_results *r, const struct out_format *f, struct buf *b)
{
    const struct sim_item *worst = NULL;
    for (size_t i = 0; i < r->report->count; i++) {
        const struct sim_item *x = &r->report->items[i];
        if (x->now.peak_creations > (worst ? worst->now.peak_creations : 1))
            worst = x;
    }
    if (worst)
        text_wrap(b, f, "  ",
                  arena_printf(r->arena,
                               "At most %u pods are made within one second (after " STR_FMT ").",
                               worst->now.peak_creations, STR_ARG(worst->contingency->name)),
                  4);
}

void simulate_add_services(const struct simulate_results *r, const struct out_format *f,
                           struct buf *b)
{
    struct buf text CLEANUP(buf_done);
    buf_init(&text, 1 * MIB);
    for (size_t i = 0; i < r->report->world->services.count; i++)
        add_loss(r, f, (uint32_t)i, &text);
    add_refused(r, f, &text);
    add_peak(r, f, &text);
    if (text.n == 0)
        return;
    buf_add_cstr(b, "\nServices and control plane:\n");
    buf_add(b, text.p, text.n);
}

void simulate_add_services_json(const struct simulate_results *r, struct json_writer *w,
                                const struct sim_outcome *o)
{
    static const char *const types[] = {
        [SERVICE_WEBHOOK] = "webhook", [SERVICE_DNS] = "dns", [SERVICE_PROMETHEUS] = "prometheus"};
    json_add_int(w, "podsRefused", o->refused);
    json_add_int(w, "podsRefusedToTheEnd", o->refused_left);
    json_key(w, "servicesLost");
    json_seq(w);
    for (size_t i = 0; i < o->outage_count; i++) {
        const struct sim_outage *x = &o->outages[i];
        const struct sim_service *s = &r->report->world->services.items[x->service];
        json_map(w);
        json_add_cstr(w, "type", types[s->type]);
        json_add_str(w, "name", s->name);
        json_add_int(w, "fromMs", x->from_ms);
        json_add_opt_int(w, "toMs", x->to_ms != NOT_YET, x->to_ms);
        json_map_end(w);
    }
    json_seq_end(w);
}
