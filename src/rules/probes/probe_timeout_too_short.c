/* SPDX-License-Identifier: Apache-2.0
 *
 * Flags liveness probes that must answer within a second and kill within half a minute: a
 * garbage collection or a throttled CPU is enough. TCP probes are answered by the kernel.
 */
#include "model/defaults.h"
#include "rules/facts.h"

enum { OPTION_BUDGET };

static void check(const struct rule_ctx *c, const struct container *k)
{
    const struct probe *p = k->liveness;
    if (!p || p->handler.type == HANDLER_TCP || probe_timeout_seconds(p) > 1)
        return;
    int64_t budget = probe_period_seconds(p) * probe_failure_threshold(p);
    if (budget > c->options[OPTION_BUDGET])
        return;
    finding(c, AT(pos_or(p->timeout_seconds.at, p->at), "livenessProbe.timeoutSeconds"),
            "liveness of %s must answer within 1 s%s; %lld answers too slow (%lld s) restart it",
            say_container(c, k), p->timeout_seconds.set ? "" : " (the default)",
            (long long)probe_failure_threshold(p), (long long)budget);
}

static void fix(const struct rule_ctx *c, struct finding *f)
{
    finding_set(c, f, "livenessProbe.timeoutSeconds", "5");
}

const struct rule rule_probe_timeout_too_short = {
    .id = "probe-timeout-too-short",
    .severity = SEV_WARNING,
    .title = "A liveness probe has one second to answer",
    .why = "under memory or CPU pressure answers take longer: all replicas are restarted just when "
           "they are busiest",
    .fix =
        "set livenessProbe.timeoutSeconds to 5, or raise period and failureThreshold to a minute "
        "in all",
    .see = "post-mortem 2",
    .options = {{"budgetSeconds", 30, 1, 3600,
                 "up to which period x failureThreshold a timeout of 1 s is reported"}},
    .container = check,
    .fixer = fix,
    .fix_level = FIX_SAFE,
};
