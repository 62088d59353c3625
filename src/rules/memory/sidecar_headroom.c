/* SPDX-License-Identifier: Apache-2.0
 *
 * Flags sidecars whose measured use comes close to their limit. A sidecar's memory follows the traffic
 * of its application, so what is enough today is not at the peak. Without measurements it says
 * nothing.
 */
#include "rules/facts.h"

enum { OPTION_PERCENT };

static void check(const struct rule_ctx *c, const struct container *k)
{
    const struct resource_amount *limit = memory_limit(&k->resources);
    const struct pod *p = NULL;
    if (!limit || k->kind == CONTAINER_INIT || !facts_is_sidecar(c, k))
        return;
    int64_t limit_bytes = quantity_value(limit->q);
    int64_t used_bytes = facts_peak_usage(c->w, k->name, &p);
    int64_t free_bytes = limit_bytes - used_bytes;
    if (used_bytes < 0 || free_bytes >= limit_bytes / 100 * c->options[OPTION_PERCENT])
        return;
    struct finding *f =
        finding(c, AT(limit->at, "resources.limits.memory"),
                "%s uses %s of its limit of %s in pod " STR_FMT ": less than %lld %% is left",
                say_container(c, k), say_bytes(c, used_bytes), say_bytes(c, limit_bytes),
                STR_ARG(p->o.name), (long long)c->options[OPTION_PERCENT]);
    finding_fix(c, f,
                "raise the limit to its peak use plus %lld %% (measured over days, not at one "
                "moment)",
                (long long)c->options[OPTION_PERCENT]);
}

const struct rule rule_sidecar_headroom = {
    .id = "sidecar-headroom",
    .severity = SEV_WARNING,
    .title = "A sidecar is close to its memory limit",
    .why =
        "its memory follows traffic: at the peak it is OOM-killed, and its application is cut off "
        "although it is well",
    .fix = "raise the limit to its peak use plus 15 %",
    .see = "post-mortem 1",
    .options = {{"percent", 15, 1, 90,
                 "of the limit that is to be free at the highest measured use"}},
    .container = check,
};
