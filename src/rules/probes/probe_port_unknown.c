/* SPDX-License-Identifier: Apache-2.0
 *
 * Flags probes that name a port that their container does not declare: the kubelet cannot resolve
 * it, so the probe always fails. Ports by number need no declaration.
 */
#include "rules/facts.h"

static bool is_known(const struct container *k, const struct int_or_str *port)
{
    int64_t number;
    /* As resolveContainerPort in pkg/probe/util.go: by name, then as a number. */
    if (port->type != IOS_STRING || str_to_int64(port->s, &number) == 0)
        return true;
    for (size_t i = 0; i < k->ports.count; i++)
        if (str_eq(k->ports.items[i].name, port->s))
            return true;
    return false;
}

static void check_probe(const struct rule_ctx *c, const struct container *k, const struct probe *p,
                        const char *field)
{
    if (!p || (p->handler.type != HANDLER_HTTP && p->handler.type != HANDLER_TCP) ||
        is_known(k, &p->handler.port))
        return;
    finding(c,
            AT(p->handler.port.at, say(c, "%s.%s.port", field,
                                       p->handler.type == HANDLER_HTTP ? "httpGet" : "tcpSocket")),
            "%s of %s asks port \"" STR_FMT "\", which is no port of that container: it always "
            "fails",
            field, say_container(c, k), STR_ARG(p->handler.port.s));
}

static void check(const struct rule_ctx *c, const struct container *k)
{
    check_probe(c, k, k->liveness, "livenessProbe");
    check_probe(c, k, k->readiness, "readinessProbe");
    check_probe(c, k, k->startup, "startupProbe");
}

const struct rule rule_probe_port_unknown = {
    .id = "probe-port-unknown",
    .severity = SEV_ERROR,
    .title = "A probe names a port that the container does not have",
    .why =
        "the probe can never succeed: the container is restarted for ever, or never gets traffic",
    .fix = "name one of the container's ports, or write the port's number",
    .container = check,
};
