/* SPDX-License-Identifier: Apache-2.0
 *
 * Which pods an admission webhook is asked about, as webhook/predicates of the API server.
 */
#ifndef MODEL_WEBHOOK_H
#define MODEL_WEBHOOK_H

#include "model/cluster.h"

/* Asked when a pod is created, as far as its rules tell. "*" is every resource, and so is the pair
 * of stars, which takes in subresources. */
bool webhook_matches_pods(const struct webhook *h);
/* Refuses what it does not answer. Absent is Fail in v1, was Ignore in v1beta1. */
bool webhook_fails_closed(const struct webhook_config *c, const struct webhook *h);
/* Whether a namespace's pods are sent to it. The label kubernetes.io/metadata.name, which the API
 * server sets on all, is known without the Namespace; of others only what the input has. */
bool webhook_asks_about(const struct cluster *c, const struct webhook *h, struct str ns);
/* Whether a pod with these labels is sent to it. */
bool webhook_selects(const struct webhook *h, const struct labels *l);

#endif
