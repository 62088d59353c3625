/* SPDX-License-Identifier: Apache-2.0
 *
 * Nodes and kubelets that are alike: a pool of 120 machines has one fault, not 120.
 */
#ifndef RULES_GROUPS_H
#define RULES_GROUPS_H

#include "rules/facts.h"

struct object_group {
    const struct object *first; /* the one that findings are about */
    size_t count;
    struct str others[3]; /* names of the next ones */
};

void groups_init(struct facts *f);
/* Nodes with the same memory, capacity and allocatable, and alike kubelets. */
const struct object_group *facts_node_group(const struct facts *f, const struct node *n);
/* Recorded configurations of nodes with the same content. NULL: it stands for itself. */
const struct object_group *facts_kubelet_group(const struct facts *f,
                                               const struct kubelet_config *k);
/* "; 119 more nodes are alike (b, c, d, ...)", or "" for a group of one. */
const char *say_group(struct arena *a, const struct object_group *g, const char *noun);

#endif
