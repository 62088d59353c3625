/* SPDX-License-Identifier: Apache-2.0
 *
 * Says which containers have been OOM-killed already: the status of a pod remembers the last time.
 */
#include "rules/facts.h"

static void check(const struct rule_ctx *c, const struct container *k)
{
    struct oom_killed found = facts_oom_killed(c->w, k);
    if (!found.pods)
        return;
    const struct resource_amount *own = memory_limit(&k->resources);
    const struct resource_amount *limit = own ? own : memory_limit(&c->w->tmpl.spec.resources);
    const char *restarts = say_count(c, found.status->restart_count, "restart");
    finding(c, AT(own ? own->at : pos_or(k->resources.at, k->at), "resources.limits.memory"),
            "%s was OOM-killed the last time that it ended, in pod " STR_FMT "%s (%s)%s",
            say_container(c, k), STR_ARG(found.pod->o.name),
            found.pods > 1 ? say(c, " and %zu more", found.pods - 1) : "", restarts,
            limit ? say(c, ": %s is %s", own ? "its limit" : "the limit of its pod",
                        say_bytes(c, quantity_value(limit->q)))
                  : ": it has no memory limit, so the node was short of memory");
}

const struct rule rule_container_oom_killed = {
    .id = "container-oom-killed",
    .severity = SEV_WARNING,
    .title = "A container has been OOM-killed",
    .why =
        "what was killed once will be again: at the next peak, or sooner if it leaks; its replicas "
        "take over the load and come closer to their own limits",
    .fix =
        "find out which it is, a limit below its peak (raise it) or a leak (mend it), before the "
        "crash loop does: kubectl logs --previous, and its memory over days",
    .see = "post-mortem 4",
    .reads = KIND_BIT(POD),
    .container = check,
};
