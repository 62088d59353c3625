/* SPDX-License-Identifier: Apache-2.0
 *
 * Flags pods that are killed before they could end: a grace period no longer than what their preStop
 * hook sleeps, or of a few seconds only.
 */
#include "model/defaults.h"
#include "rules/facts.h"

enum { OPTION_LEAST };

/* Seconds that a preStop hook sleeps for: the sleep handler, or a command "sleep N". 0 if none. */
static int64_t sleep_seconds(const struct handler *h)
{
    if (h->type == HANDLER_SLEEP)
        return h->sleep_seconds.v;
    if (h->type != HANDLER_EXEC)
        return 0;
    for (size_t i = 0; i < h->command.count; i++) {
        struct str word = h->command.items[i], rest;
        ptrdiff_t at = str_find(word, "sleep");
        int64_t v;
        if (at < 0)
            continue;
        rest = str_trim(str_sub(word, (size_t)at + 5, word.n));
        if (str_empty(rest) && i + 1 < h->command.count)
            rest = h->command.items[i + 1];
        size_t n = 0;
        while (n < rest.n && rest.p[n] >= '0' && rest.p[n] <= '9')
            n++;
        if (n > 0 && str_to_int64(str_sub(rest, 0, n), &v) == 0)
            return v;
    }
    return 0;
}

static void check(const struct rule_ctx *c, const struct workload *w)
{
    const struct pod_spec *s = &w->tmpl.spec;
    int64_t grace = pod_grace_seconds(s);
    struct place where =
        AT_POD(s->termination_grace_period_seconds.at, "terminationGracePeriodSeconds");
    for (size_t i = 0; i < s->containers.count; i++) {
        const struct container *k = &s->containers.items[i];
        int64_t sleeps = k->lifecycle ? sleep_seconds(&k->lifecycle->pre_stop) : 0;
        if (sleeps > 0 && grace <= sleeps) {
            finding(
                c, where,
                "its pods have %lld s to end, all of which preStop of %s sleeps (%lld s): it is "
                "killed in the middle of its work",
                (long long)grace, say_container(c, k), (long long)sleeps);
            return;
        }
    }
    if (grace < c->options[OPTION_LEAST] && !facts_is_job(w))
        finding(c, where, "its pods have %lld s to end before they are killed", (long long)grace);
}

const struct rule rule_grace_period_too_short = {
    .id = "grace-period-too-short",
    .severity = SEV_WARNING,
    .title = "Pods are killed before they can end",
    .why = "every drain and roll-out then breaks requests and may lose what was not yet written",
    .fix = "set terminationGracePeriodSeconds to the preStop sleep plus the longest request (30 by "
           "default)",
    .see = "post-mortem 1",
    .options = {{"leastSeconds", 5, 0, 3600, "below which grace period"}},
    .workload = check,
};
