/* SPDX-License-Identifier: Apache-2.0
 *
 * Flags liveness probes that ask the same question as readiness: whatever makes a pod busy then
 * restarts it instead of only taking it out of the Service. Named and numbered ports count as the
 * same when they are; a liveness probe of the same target that is more patient is a warning.
 */
#include "model/defaults.h"
#include "rules/facts.h"

/* The number of a port, or -1 when its name is not among the container's. */
static int64_t port_number(const struct container *k, const struct int_or_str *port)
{
    int64_t number;
    if (port->type == IOS_INT)
        return port->i;
    for (size_t i = 0; i < k->ports.count; i++)
        if (str_eq(k->ports.items[i].name, port->s))
            return k->ports.items[i].container_port;
    return str_to_int64(port->s, &number) == 0 ? number : -1;
}

static bool same_port(const struct container *k, const struct int_or_str *a,
                      const struct int_or_str *b)
{
    int64_t left = port_number(k, a), right = port_number(k, b);
    if (left < 0 || right < 0)
        return a->type == b->type && str_eq(a->s, b->s);
    return left == right;
}

static bool same_command(const struct str_list *a, const struct str_list *b)
{
    for (size_t i = 0; i < a->count && a->count == b->count; i++)
        if (!str_eq(a->items[i], b->items[i]))
            return false;
    return a->count == b->count && a->count > 0;
}

static bool same_target(const struct container *k, const struct handler *a, const struct handler *b)
{
    if (a->type != b->type)
        return false;
    switch (a->type) {
    case HANDLER_HTTP:
        return same_port(k, &a->port, &b->port) && str_eq(a->host.v, b->host.v) &&
               str_eq(handler_scheme(a), handler_scheme(b)) &&
               str_eq(handler_path(a), handler_path(b));
    case HANDLER_GRPC:
        return same_port(k, &a->port, &b->port) && str_eq(a->service, b->service);
    case HANDLER_TCP:
        return same_port(k, &a->port, &b->port) && str_eq(a->host.v, b->host.v);
    case HANDLER_EXEC:
        return same_command(&a->command, &b->command);
    default:
        return false;
    }
}

/* How long it may fail before something happens. */
static int64_t budget_seconds(const struct probe *p)
{
    return probe_period_seconds(p) * probe_failure_threshold(p);
}

static const char *target_text(const struct rule_ctx *c, const struct handler *h)
{
    switch (h->type) {
    case HANDLER_HTTP:
        return say(c, STR_FMT " on port " STR_FMT, STR_ARG(handler_path(h)), STR_ARG(h->port.s));
    case HANDLER_GRPC:
        return say(c, "gRPC on port " STR_FMT, STR_ARG(h->port.s));
    case HANDLER_TCP:
        return say(c, "TCP port " STR_FMT, STR_ARG(h->port.s));
    default:
        return "the same command";
    }
}

static void check(const struct rule_ctx *c, const struct container *k)
{
    const struct probe *live = k->liveness, *ready = k->readiness;
    if (!live || !ready || !same_target(k, &live->handler, &ready->handler))
        return;
    int64_t live_s = budget_seconds(live), ready_s = budget_seconds(ready);
    bool asks_application =
        live->handler.type == HANDLER_HTTP || live->handler.type == HANDLER_GRPC;
    enum severity s = asks_application && live_s <= ready_s ? SEV_ERROR : SEV_WARNING;
    finding_as(c, s, AT(live->at, "livenessProbe"),
               "liveness and readiness of %s both ask %s: after %lld s of failure it is restarted, "
               "after %lld s taken out of the Service",
               say_container(c, k), target_text(c, &live->handler), (long long)live_s,
               (long long)ready_s);
}

const struct rule rule_liveness_equals_readiness = {
    .id = "liveness-equals-readiness",
    .severity = SEV_ERROR,
    .title = "Liveness and readiness probes are the same",
    .why = "a pod that is merely overloaded is killed instead of spared: its traffic goes to the "
           "others, which then fail the same probe",
    .fix = "let liveness ask only whether the process is stuck (/live, no dependencies, longer "
           "failure budget), and readiness whether it can serve (/ready)",
    .see = "post-mortem 2",
    .container = check,
};
