/* SPDX-License-Identifier: Apache-2.0
 *
 * qos.json: pod -> QoS class.
 */
#include "model/qos.h"

#include "fidelity.h"

static void qos(struct check *k)
{
    struct pod p;
    struct qos_reason why;
    pod_at(k, "pod", &p);
    enum qos q = pod_qos(&p.spec, &p.status, &why);
    expect_text(k, "class", text_at(k, "expect"), str_of(qos_name(q)));
    if (why.type != QOS_REASON_STATUS && (q == QOS_GUARANTEED) != (why.type == QOS_REASON_NONE))
        fail(k, "the reason %d does not go with the class %s", why.type, qos_name(q));
}

const struct kind_check qos_kinds[] = {
    {"qos", qos},
    {NULL, NULL},
};
