/* SPDX-License-Identifier: Apache-2.0
 *
 * What only the pods of a workload show: containers that an injector (Istio, Linkerd, a policy) puts
 * into them while they are created.
 */
#ifndef MODEL_INJECTED_H
#define MODEL_INJECTED_H

#include "model/cluster.h"

/* What its pods are now: the newest of those that neither end nor have ended. NULL: none runs. */
const struct pod *workload_newest_pod(const struct workload *w);

/* Whether an injector put a container of p, a pod of w, there: no template that p may have been made
 * of has it. */
bool container_is_injected(const struct workload *w, const struct pod *p, struct str name);

/* How much memory (or CPU) an injector gives its container is said by these annotations of the pod
 * template: "KEY and KEY". NULL: it is not one whose annotations are known here. */
const char *sidecar_annotations(struct str name);

#endif
