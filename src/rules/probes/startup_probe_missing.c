/* SPDX-License-Identifier: Apache-2.0
 *
 * Flags containers whose liveness probe stands in for a startup probe: a long initial delay, or a
 * budget so short that a slow start is a crash loop.
 */
#include "model/defaults.h"
#include "rules/facts.h"

enum { OPTION_DELAY, OPTION_BUDGET };

static void check(const struct rule_ctx *c, const struct container *k)
{
    const struct probe *p = k->liveness;
    if (!p || k->startup)
        return;
    int64_t delay = probe_initial_delay_seconds(p);
    int64_t budget = probe_period_seconds(p) * probe_failure_threshold(p);
    if (delay >= c->options[OPTION_DELAY])
        finding(c, AT(pos_or(p->initial_delay_seconds.at, p->at), "startupProbe"),
                "liveness of %s waits %lld s for it to start, after every restart: a hang in that "
                "time is not seen, a longer start is killed",
                say_container(c, k), (long long)delay);
    else if (budget < c->options[OPTION_BUDGET])
        finding(c, AT(p->at, "startupProbe"),
                "%s has %lld s to start before liveness restarts it, and no startup probe",
                say_container(c, k), (long long)(delay + budget));
}

const struct rule rule_startup_probe_missing = {
    .id = "startup-probe-missing",
    .severity = SEV_WARNING,
    .title = "A slow start is left to the liveness probe",
    .why = "on a busy node everything starts slower: liveness kills what is only starting, and the "
           "crash loop keeps the node busy",
    .fix =
        "add a startupProbe (failureThreshold: 30, periodSeconds: 10) and drop the initial delay",
    .see = "post-mortem 3",
    .options = {{"delaySeconds", 60, 1, 3600, "from which initial delay on"},
                {"budgetSeconds", 15, 1, 3600, "below which period x failureThreshold"}},
    .container = check,
};
