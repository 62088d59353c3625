/* SPDX-License-Identifier: Apache-2.0
 *
 * Says which containers have no liveness probe: a process that hangs stays. Only worth knowing; a
 * wrong probe does more harm than none.
 */
#include "rules/facts.h"

static void check(const struct rule_ctx *c, const struct container *k)
{
    if (!k->liveness && facts_is_asked_for_probes(c, k) && !facts_is_sidecar(c, k))
        finding(c, AT(k->at, "livenessProbe"), "%s has no liveness probe", say_container(c, k));
}

const struct rule rule_liveness_missing = {
    .id = "liveness-missing",
    .severity = SEV_INFO,
    .title = "A container has no liveness probe",
    .why = "a process that is stuck, but has not ended, is never restarted",
    .fix = "add a livenessProbe that asks the process alone, without its dependencies, and with "
           "patience (period 20, failures 5)",
    .container = check,
};
