/* SPDX-License-Identifier: Apache-2.0
 *
 * Says which containers behind a Service have no preStop hook: they are told to end while proxies
 * still send them requests.
 */
#include "rules/facts.h"

static void check(const struct rule_ctx *c, const struct container *k)
{
    const struct service *s = facts_service_of(c->w, k);
    if (s && (!k->lifecycle || k->lifecycle->pre_stop.type == HANDLER_NONE))
        finding(c, AT(k->lifecycle ? k->lifecycle->at : k->at, "lifecycle.preStop"),
                "%s gets requests of Service " STR_FMT " for a moment after it was told to end",
                say_container(c, k), STR_ARG(s->o.name));
}

const struct rule rule_prestop_missing = {
    .id = "prestop-missing",
    .severity = SEV_INFO,
    .title = "A container that serves traffic has no preStop hook",
    .why = "endpoints are removed at the same time as the pod is told to end: requests in between "
           "fail, unless the application goes on serving",
    .fix = "add lifecycle.preStop: {sleep: {seconds: 5}}, or let the application serve on after "
           "SIGTERM",
    .see = "post-mortem 1",
    .reads = KIND_BIT(SERVICE),
    .container = check,
};
