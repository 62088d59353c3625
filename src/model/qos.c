/* SPDX-License-Identifier: Apache-2.0
 *
 * QoS classes, as pkg/apis/core/v1/helper/qos/qos.go: only CPU and memory above 0 count; all init
 * containers count, ephemeral ones do not; pod-level resources, once present, are all that counts.
 * Guaranteed compares sums over the pod, so the container to blame is looked for afterwards.
 */
#include "model/qos.h"

#include "model/resources.h"

static const char *const names[] = {
    [QOS_BEST_EFFORT] = "BestEffort",
    [QOS_BURSTABLE] = "Burstable",
    [QOS_GUARANTEED] = "Guaranteed",
};
static const char *const counted[] = {"memory", "cpu"};
enum { COUNTED = ARRAY_LEN(counted) };

const char *qos_name(enum qos q)
{
    return names[q];
}

int qos_find(struct str name, enum qos *ret)
{
    for (enum qos q = QOS_BEST_EFFORT; q <= QOS_GUARANTEED; q++)
        if (str_is(name, names[q])) {
            *ret = q;
            return 0;
        }
    return -EINVAL;
}

/* Sums of what is above 0, per counted resource. */
struct totals {
    struct quantity request[COUNTED], limit[COUNTED];
};

static struct quantity positive(const struct resources *r, const char *name)
{
    struct quantity q = resources_get(r, name);
    return quantity_sign(q) > 0 ? q : (struct quantity){0};
}

/* Adds one holder of resources; returns the first counted resource that it has no limit of. */
static const char *add(struct totals *t, const struct resource_requirements *r)
{
    const char *unlimited = NULL;
    for (int i = 0; i < COUNTED; i++) {
        struct quantity limit = positive(&r->limits, counted[i]);
        t->request[i] = quantity_add(t->request[i], positive(&r->requests, counted[i]));
        t->limit[i] = quantity_add(t->limit[i], limit);
        if (!unlimited && quantity_is_zero(limit))
            unlimited = counted[i];
    }
    return unlimited;
}

static bool is_empty(const struct totals *t)
{
    for (int i = 0; i < COUNTED; i++)
        if (!quantity_is_zero(t->request[i]) || !quantity_is_zero(t->limit[i]))
            return false;
    return true;
}

/* The first counted resource whose sums differ, or NULL. */
static const char *mismatch(const struct totals *t)
{
    for (int i = 0; i < COUNTED; i++)
        if (quantity_cmp(t->request[i], t->limit[i]))
            return counted[i];
    return NULL;
}

static enum qos with_reason(enum qos q, enum qos_reason_type type, const struct container *c,
                            const char *resource, struct qos_reason *ret_why)
{
    if (ret_why)
        *ret_why = (struct qos_reason){type, c, resource};
    return q;
}

static enum qos pod_level_qos(const struct pod_spec *spec, struct qos_reason *why)
{
    struct totals t = {0};
    const char *unlimited = add(&t, &spec->resources);
    if (is_empty(&t))
        return with_reason(QOS_BEST_EFFORT, QOS_REASON_NOTHING_SET, NULL, NULL, why);
    if (unlimited)
        return with_reason(QOS_BURSTABLE, QOS_REASON_NO_LIMIT, NULL, unlimited, why);
    const char *differs = mismatch(&t);
    if (differs)
        return with_reason(QOS_BURSTABLE, QOS_REASON_LIMIT_MISMATCH, NULL, differs, why);
    return with_reason(QOS_GUARANTEED, QOS_REASON_NONE, NULL, NULL, why);
}

static const struct container *container_at(const struct pod_spec *spec, size_t i)
{
    return i < spec->containers.count ? &spec->containers.items[i]
                                      : &spec->init_containers.items[i - spec->containers.count];
}

enum qos pod_qos_compute(const struct pod_spec *spec, struct qos_reason *ret_why)
{
    if (spec->resources.set)
        return pod_level_qos(spec, ret_why);
    struct totals t = {0};
    const size_t count = spec->containers.count + spec->init_containers.count;
    const struct container *first = NULL;
    const char *unlimited = NULL;
    for (size_t i = 0; i < count; i++) {
        const char *lacks = add(&t, &container_at(spec, i)->resources);
        if (lacks && !first) {
            first = container_at(spec, i);
            unlimited = lacks;
        }
    }
    if (is_empty(&t))
        return with_reason(QOS_BEST_EFFORT, QOS_REASON_NOTHING_SET, NULL, NULL, ret_why);
    if (first)
        return with_reason(QOS_BURSTABLE, QOS_REASON_NO_LIMIT, first, unlimited, ret_why);
    const char *differs = mismatch(&t);
    if (!differs)
        return with_reason(QOS_GUARANTEED, QOS_REASON_NONE, NULL, NULL, ret_why);
    for (size_t i = 0; i < count && !first; i++) {
        const struct resource_requirements *r = &container_at(spec, i)->resources;
        if (quantity_cmp(positive(&r->requests, differs), positive(&r->limits, differs)))
            first = container_at(spec, i);
    }
    return with_reason(QOS_BURSTABLE, QOS_REASON_LIMIT_MISMATCH, first, differs, ret_why);
}

enum qos pod_qos(const struct pod_spec *spec, const struct pod_status *status,
                 struct qos_reason *ret_why)
{
    struct qos_reason why;
    enum qos computed = pod_qos_compute(spec, &why), q;
    if (!status || qos_find(status->qos_class, &q))
        q = computed;
    else if (q != computed)
        why = (struct qos_reason){.type = QOS_REASON_STATUS};
    if (ret_why)
        *ret_why = why;
    return q;
}
