/* SPDX-License-Identifier: Apache-2.0
 *
 * Where limits and requests come from, and what forbids them: present use, the other one of the two,
 * the namespace's LimitRanges.
 */
#include "rules/sizes.h"

#include "model/memory_use.h"
#include "rules/slip.h"

/* ---- what forbids an amount ---- */

static int64_t amount_of(const struct resource_amount *m)
{
    return m ? quantity_value(m->q) : 0;
}

/* The reason why a LimitRange of the namespace refuses it, or NULL. */
static const char *refused_by_range(const struct rule_ctx *c, int64_t bytes)
{
    for (size_t i = 0; i < c->cluster->limit_ranges.count; i++) {
        const struct limit_range *l = c->cluster->limit_ranges.items[i];
        for (size_t k = 0; str_eq(l->o.ns, c->w->o.ns) && k < l->limits.count; k++) {
            const struct limit_range_item *item = &l->limits.items[k];
            int64_t max = amount_of(resources_find(&item->max, "memory"));
            int64_t min = amount_of(resources_find(&item->min, "memory"));
            if (!str_is(item->type, "Container"))
                continue;
            if (max && bytes > max)
                return say(c, "LimitRange " STR_FMT " allows at most %s", STR_ARG(l->o.name),
                           say_bytes(c, max));
            if (bytes < min)
                return say(c, "LimitRange " STR_FMT " asks for at least %s", STR_ARG(l->o.name),
                           say_bytes(c, min));
        }
    }
    return NULL;
}

static void set_amount(const struct rule_ctx *c, struct finding *f, const char *path, int64_t bytes)
{
    const char *reason = refused_by_range(c, bytes);
    const char *text = memory_amount_text(c->facts->a, bytes).p;
    if (reason)
        finding_unfixable(c, f, "%s is no choice: %s", text, reason);
    else
        finding_set(c, f, path, say(c, "\"%s\"", text));
}

/* ---- the two fixers ---- */

void fix_memory_limit(const struct rule_ctx *c, struct finding *f)
{
    struct memory_use use = memory_use_of(c->cluster, c->w, c->k->name);
    int64_t given = c->facts->config->memory_limit_bytes;
    const struct resource_amount *request = memory_request(&c->k->resources);
    int64_t reserved = request && request->origin == AMOUNT_GIVEN ? amount_of(request) : 0;
    if (given && given < use.present_bytes)
        finding_refuse(c, f, "it uses %s, more than --memory-limit %s",
                       say_bytes(c, use.present_bytes), memory_amount_text(c->facts->a, given).p);
    else if (given && given < reserved)
        finding_unfixable(c, f, "its request of %s is more than --memory-limit %s",
                          say_bytes(c, reserved), memory_amount_text(c->facts->a, given).p);
    else if (given)
        set_amount(c, f, "resources.limits.memory", given);
    else if (use.peak_bytes && c->facts->config->fix >= FIX_ALL)
        set_amount(c, f, "resources.limits.memory",
                   MAX(memory_whole_mebibytes(use.peak_bytes), reserved));
    else if (use.peak_bytes)
        finding_unfixable(c, f, "needs --fix=all (its use is in the input) or --memory-limit");
    else if (use.present_bytes)
        finding_unfixable(c, f,
                          "the input knows what it uses at this moment, not what it grows to: give "
                          "--memory-limit, or a UsageProfile with its max");
    else
        finding_unfixable(c, f, "its use is not in the input: give --memory-limit");
}

void fix_memory_request(const struct rule_ctx *c, struct finding *f)
{
    struct memory_use use = memory_use_of(c->cluster, c->w, c->k->name);
    int64_t given = c->facts->config->memory_request_bytes;
    const struct resource_amount *limit = memory_limit(&c->k->resources);
    bool from_use = !given && use.usual_bytes && c->facts->config->fix >= FIX_ALL;
    int64_t bytes = from_use ? memory_whole_mebibytes(use.usual_bytes) : given;
    const struct resource_amount *request = memory_request(&c->k->resources);
    /* Its limit is its request. A smaller one would take it out of its QoS class. */
    if (request && !is_slip(request))
        return;
    if (bytes && bytes < use.present_bytes)
        finding_refuse(c, f, "it uses %s, more than --memory-request %s",
                       say_bytes(c, use.present_bytes), memory_amount_text(c->facts->a, bytes).p);
    else if (bytes && limit && bytes > amount_of(limit))
        finding_unfixable(c, f, "%s is more than its limit of %s",
                          memory_amount_text(c->facts->a, bytes).p, say_bytes(c, amount_of(limit)));
    else if (bytes)
        set_amount(c, f, "resources.requests.memory", bytes);
    else if (use.usual_bytes)
        finding_unfixable(c, f, "needs --fix=all (its use is in the input) or --memory-request");
    else
        finding_unfixable(c, f, "its use is not in the input: give --memory-request");
}
