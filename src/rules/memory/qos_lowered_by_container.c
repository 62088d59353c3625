/* SPDX-License-Identifier: Apache-2.0
 *
 * Flags pods whose applications are all Guaranteed by themselves, but where an init container or a
 * sidecar costs the pod that class (init containers count, as in Kubernetes).
 */
#include "model/qos.h"
#include "model/requests.h"
#include "rules/facts.h"

/* The class of a pod that had this container only, and why it is no better. */
static bool is_guaranteed(const struct container *k, struct qos_reason *why)
{
    struct container copy = *k;
    struct pod_spec alone = {.containers = {.items = &copy, .count = 1}};
    return pod_qos_compute(&alone, why) == QOS_GUARANTEED;
}

static bool applications_are_guaranteed(const struct rule_ctx *c, const struct workload *w)
{
    struct qos_reason why;
    size_t applications = 0;
    for (size_t i = 0; i < w->tmpl.spec.containers.count; i++) {
        const struct container *k = &w->tmpl.spec.containers.items[i];
        if (facts_is_sidecar(c, k))
            continue;
        if (!is_guaranteed(k, &why))
            return false;
        applications++;
    }
    return applications > 0;
}

static const char *reason(const struct rule_ctx *c, const struct qos_reason *why)
{
    switch (why->type) {
    case QOS_REASON_NOTHING_SET:
        return "has neither requests nor limits";
    case QOS_REASON_NO_LIMIT:
        return say(c, "has no %s limit", why->resource);
    default:
        return say(c, "requests less %s than its limit", why->resource);
    }
}

static const struct container *first_culprit(const struct rule_ctx *c,
                                             const struct containers *list, struct qos_reason *why,
                                             size_t *count)
{
    const struct container *first = NULL;
    for (size_t i = 0; i < list->count; i++) {
        const struct container *k = &list->items[i];
        struct qos_reason one;
        if ((k->kind == CONTAINER_APP && !facts_is_sidecar(c, k)) || is_guaranteed(k, &one))
            continue;
        (*count)++;
        if (!first) {
            first = k;
            *why = one;
        }
    }
    return first;
}

static void check(const struct rule_ctx *c, const struct workload *w)
{
    const struct pod_spec *s = &w->tmpl.spec;
    if (pod_level_resources_set(s) || !applications_are_guaranteed(c, w))
        return;
    size_t init_count = 0, app_count = 0;
    struct qos_reason init_why, app_why;
    const struct container *init = first_culprit(c, &s->init_containers, &init_why, &init_count);
    const struct container *app = first_culprit(c, &s->containers, &app_why, &app_count);
    const struct container *k = init ? init : app;
    if (!k)
        return;
    size_t others = init_count + app_count - 1;
    const char *more =
        others ? say(c, " (and %s like it)", say_count(c, (int64_t)others, "container")) : "";
    struct finding *f = finding(
        c,
        AT_POD(pos_or(k->resources.at, k->at),
               say(c, "%s[%u].resources", init ? "initContainers" : "containers", k->index)),
        "%s %s%s: the pod is Burstable though its own containers are Guaranteed",
        say_container(c, k), reason(c, init ? &init_why : &app_why), more);
    f->container = k->name;
}

const struct rule rule_qos_lowered_by_container = {
    .id = "qos-lowered-by-container",
    .severity = SEV_WARNING,
    .title = "One init or sidecar container costs the pod its Guaranteed class",
    .why = "the application loses its oom_score_adj of -997: when the node is out of memory, the "
           "kernel may now choose it",
    .fix = "give that container requests equal to limits, for CPU and memory, or set "
           "spec.resources for the whole pod",
    .reads = KIND_BIT(LIMIT_RANGE),
    .workload = check,
};
