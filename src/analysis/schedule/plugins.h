/* SPDX-License-Identifier: Apache-2.0
 *
 * The parts of the scheduler's plugins that need no state: a node, a pod, numbers.
 */
#ifndef ANALYSIS_SCHEDULE_PLUGINS_H
#define ANALYSIS_SCHEDULE_PLUGINS_H

#include "model/cluster.h"

bool toleration_tolerates(const struct toleration *t, const struct taint *taint);
/* The same with the operators Gt and Lt, which 1.36 has behind a gate that is off. */
bool toleration_compares(const struct toleration *t, const struct taint *taint);
/* A NoSchedule or NoExecute taint that nothing tolerates. compares: Gt and Lt count. */
bool taints_untolerated(const struct node *n, const struct tolerations *t, bool compares);

bool label_key_valid(struct str key);
bool label_value_valid(struct str value);
/* nodeSelector and required node affinity. */
bool node_need_match(const struct pod_spec *spec, const struct node *n);
bool node_terms_match(const struct node_selector_terms *terms, const struct node *n);
/* Sum of the weights of the preferred terms that match. */
int32_t node_wish_score(const struct node_selector_terms *terms, const struct node *n);
/* PreFilter: every term names nodes, so only the named ones are looked at. *ret_conflict: each
 * term contradicts itself. */
bool node_names_restrict(const struct node_selector_terms *terms, bool *ret_conflict);
bool node_names_have(const struct node_selector_terms *terms, struct str node);

/* The weight of a topology of so many values. */
double spread_weight(uint32_t size);

#endif
