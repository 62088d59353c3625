/* SPDX-License-Identifier: Apache-2.0
 *
 * QoS class of a pod (pkg/apis/core/v1/helper/qos/qos.go) and which container decided it.
 */
#ifndef MODEL_QOS_H
#define MODEL_QOS_H

#include "model/pod.h"

/* In the order of better treatment. */
enum qos { QOS_BEST_EFFORT, QOS_BURSTABLE, QOS_GUARANTEED };

/* Why the pod is not in the next better class. */
enum qos_reason_type {
    QOS_REASON_NONE,           /* Guaranteed, nothing better */
    QOS_REASON_STATUS,         /* status.qosClass says so; never computed again */
    QOS_REASON_NOTHING_SET,    /* no container (nor the pod) requests or limits CPU or memory */
    QOS_REASON_NO_LIMIT,       /* `container` has no limit of `resource` */
    QOS_REASON_LIMIT_MISMATCH, /* `container` requests less of `resource` than its limit */
};
struct qos_reason {
    enum qos_reason_type type;
    const struct container *container; /* NULL: the pod's own resources decide (pod level), or all
                                          containers do */
    const char *resource;              /* "cpu", "memory" or NULL */
};

/* status may be NULL. *ret_why may be NULL. */
enum qos pod_qos(const struct pod_spec *spec, const struct pod_status *status,
                 struct qos_reason *ret_why);
/* The same from the spec alone. */
enum qos pod_qos_compute(const struct pod_spec *spec, struct qos_reason *ret_why);

/* "Guaranteed" */
const char *qos_name(enum qos q);
/* The class of this name, or -EINVAL. */
int qos_find(struct str name, enum qos *ret) MUST_USE;

#endif
