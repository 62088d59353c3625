/* SPDX-License-Identifier: Apache-2.0
 *
 * Flags webhooks that may hold every request for long: pods and whatever else matters most wait for
 * them, one after the other.
 */
#include "rules/facts.h"

enum { OPTION_SECONDS };

/* Asked about objects of the core group or apps: what a cluster recovers with. */
static bool matters(const struct webhook *h)
{
    for (size_t i = 0; i < h->rules.count; i++)
        if (list_matches(&h->rules.items[i].api_groups, "") ||
            list_matches(&h->rules.items[i].api_groups, "apps"))
            return true;
    return false;
}

static void check(const struct rule_ctx *c, const struct webhook *h)
{
    /* v1: 10 s by default; v1beta1: 30. */
    int64_t preset = str_ends(c->object->api_version, "/v1beta1") ? 30 : 10;
    int64_t seconds = h->timeout_seconds.set ? h->timeout_seconds.v : preset;
    if (seconds > c->options[OPTION_SECONDS] && matters(h))
        finding(c, AT(pos_or(h->timeout_seconds.at, h->at), "timeoutSeconds"),
                "webhook " STR_FMT " may hold each request for %lld s%s before it is given up",
                STR_ARG(h->name), (long long)seconds,
                h->timeout_seconds.set ? "" : " (the default)");
}

static void fix(const struct rule_ctx *c, struct finding *f)
{
    finding_set(c, f, "timeoutSeconds",
                say(c, "%lld", (long long)MIN(c->options[OPTION_SECONDS], 3)));
}

const struct rule rule_webhook_timeout = {
    .id = "webhook-timeout",
    .severity = SEV_WARNING,
    .title = "A webhook may hold requests for long",
    .why = "when it does not answer, creating 100 pods takes a quarter of an hour: just when they "
           "are to replace those of a lost node",
    .fix = "set timeoutSeconds to 3 or less",
    .see = "post-mortem 3",
    .options = {{"seconds", 5, 1, 30, "above which timeout"}},
    .webhook = check,
    .fixer = fix,
    .fix_level = FIX_ALL,
};
