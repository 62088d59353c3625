/* SPDX-License-Identifier: Apache-2.0
 *
 * Flags containers (or pods with resources of their own) that may use far more memory than is
 * reserved for them. Ordinary init containers run alone and are not asked.
 */
#include "rules/slip.h"

enum { OPTION_RATIO };

/* k: whose they are; NULL: the pod's. */
static void compare(const struct rule_ctx *c, const struct container *k,
                    const struct resource_requirements *r)
{
    const struct resource_amount *request = memory_request(r), *limit = memory_limit(r);
    if (!request || !limit || (k && is_slip(request)))
        return; /* a slip is memory-request-missing's */
    int64_t requested = quantity_value(request->q), limited = quantity_value(limit->q);
    int64_t ratio = c->options[OPTION_RATIO];
    if (requested <= 0 || limited / ratio < requested ||
        (limited / ratio == requested && limited % ratio == 0))
        return;
    struct place where = AT(limit->at, "resources.limits.memory");
    where.in_pod = !k;
    finding(c, where, "%s reserves %s of memory and may use %s, more than %lld times as much",
            k ? say_container(c, k) : "the pod", say_bytes(c, requested), say_bytes(c, limited),
            (long long)ratio);
}

static void check_container(const struct rule_ctx *c, const struct container *k)
{
    if (k->kind != CONTAINER_INIT && !pod_level_resources_set(&c->w->tmpl.spec))
        compare(c, k, &k->resources);
}

static void check_pod(const struct rule_ctx *c, const struct workload *w)
{
    compare(c, NULL, &w->tmpl.spec.resources);
}

const struct rule rule_memory_overcommit_ratio = {
    .id = "memory-overcommit-ratio",
    .severity = SEV_WARNING,
    .title = "A memory limit is far above the request",
    .why = "nodes are filled by requests: when several such pods use what they may, the node runs "
           "out of memory though no limit was passed",
    .fix = "raise the request to what it really uses, or lower the limit to twice the request",
    .options = {{"maxRatio", 2, 1, 1000, "how many times the request the limit may be"}},
    .container = check_container,
    .workload = check_pod,
};
