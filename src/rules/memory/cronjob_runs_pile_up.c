/* SPDX-License-Identifier: Apache-2.0
 *
 * Flags CronJobs whose runs may stand beside each other without end: nothing forbids the next while
 * one still runs, and nothing ends one that hangs. Of those that run once a day or less it is only
 * worth knowing.
 */
#include "rules/facts.h"

/* The n-th field of "minute hour day month weekday". */
static struct str field(struct str schedule, size_t n)
{
    struct str rest = str_trim(schedule);
    for (;;) {
        ptrdiff_t space = str_find_char(rest, ' ');
        struct str first = space < 0 ? rest : str_sub(rest, 0, (size_t)space);
        if (n-- == 0 || space < 0)
            return first;
        rest = str_trim(str_sub(rest, (size_t)space, rest.n));
    }
}

/* More than once a day: its hour is a list, a range or a step. */
static bool is_frequent(struct str schedule)
{
    if (str_starts(str_trim(schedule), "@"))
        return str_is(str_trim(schedule), "@hourly");
    struct str hour = field(schedule, 1);
    for (size_t i = 0; i < hour.n; i++)
        if (strchr("*,-/", hour.p[i]))
            return true;
    return false;
}

static void check(const struct rule_ctx *c, const struct workload *w)
{
    bool waits = w->concurrency.v.n && !str_is(w->concurrency.v, "Allow");
    bool ends = w->deadline_seconds.set || w->tmpl.spec.active_deadline_seconds.set;
    if (w->o.kind != KIND_CRON_JOB || waits || ends || (w->suspend.set && w->suspend.v))
        return;
    finding_as(
        c, is_frequent(w->schedule.v) ? SEV_WARNING : SEV_INFO,
        AT(pos_or(w->concurrency.at, w->o.spec_at), "spec.concurrencyPolicy"),
        "runs that hang pile up: the next one starts beside them (concurrencyPolicy Allow%s), "
        "and no activeDeadlineSeconds ends them",
        w->concurrency.v.n ? "" : ", the default");
}

const struct rule rule_cronjob_runs_pile_up = {
    .id = "cronjob-runs-pile-up",
    .severity = SEV_WARNING,
    .title = "Runs of a CronJob may pile up",
    .why =
        "when what a run waits for is slow, every run that is due takes its memory on top, until "
        "nodes are full of them",
    .fix =
        "set concurrencyPolicy: Forbid, and jobTemplate.spec.activeDeadlineSeconds to what a run "
        "may take",
    .workload = check,
};
