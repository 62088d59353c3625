/* SPDX-License-Identifier: Apache-2.0
 *
 * Which containers are sidecars in the eyes of rules: native ones (init containers that restart
 * always), those that an injector put there, and well-known helpers by name or image. QoS and
 * effective requests know native ones only; that is CONTAINER_SIDECAR.
 */
#ifndef MODEL_SIDECAR_H
#define MODEL_SIDECAR_H

#include "model/cluster.h"

/* Name or image is in the table of helpers, or name is among `more` (may be NULL). */
bool sidecar_is_known(const struct container *k, const struct str_list *more);

/* Of an image's name, without registry, tag and digest: "registry.example.com/a/b:v1" -> "b". */
struct str image_last_part(struct str image);

/* Whether k, a container of t, is a sidecar. A known helper counts only where it accompanies
 * another container: alone in its pod (a fluent-bit DaemonSet, an envoy gateway) it is the
 * application. */
bool container_is_sidecar(const struct pod_template *t, const struct container *k,
                          const struct str_list *more);

#endif
