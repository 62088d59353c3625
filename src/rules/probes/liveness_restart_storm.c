/* SPDX-License-Identifier: Apache-2.0
 *
 * Flags impatient liveness probes of workloads with many replicas: what slows one slows all, and
 * they restart together.
 */
#include "model/defaults.h"
#include "rules/facts.h"

enum { OPTION_BUDGET, OPTION_REPLICAS };

static void check(const struct rule_ctx *c, const struct container *k)
{
    const struct probe *p = k->liveness;
    int64_t replicas = facts_replicas_min(c->w);
    if (!p || replicas <= c->options[OPTION_REPLICAS])
        return;
    int64_t budget = probe_period_seconds(p) * probe_failure_threshold(p);
    if (budget <= c->options[OPTION_BUDGET])
        finding(c, AT(p->at, "livenessProbe"),
                "%lld replicas of %s are restarted together after %lld s of whatever slows them",
                (long long)replicas, say_container(c, k), (long long)budget);
}

const struct rule rule_liveness_restart_storm = {
    .id = "liveness-restart-storm",
    .severity = SEV_WARNING,
    .title = "Many replicas share an impatient liveness probe",
    .why = "a slow dependency or a busy node restarts all of them within the same half minute; "
           "their start-up load then hits what was slow already",
    .fix = "raise livenessProbe.failureThreshold or periodSeconds so that period x failures is a "
           "minute or more",
    .see = "post-mortem 3",
    .options = {{"budgetSeconds", 30, 1, 3600, "up to which period x failureThreshold"},
                {"replicas", 10, 1, INT32_MAX, "with more replicas than this"}},
    .container = check,
};
