/* SPDX-License-Identifier: Apache-2.0
 *
 * Flags nodes that offer all of their memory to pods: between capacity and allocatable lies no more
 * than the eviction threshold. Nodes that are alike are one finding, at the first of them.
 */
#include "model/resources.h"
#include "rules/groups.h"

/* evictionHard's memory.available: the node's own where it is a size, else the default. */
static int64_t threshold_bytes(const struct node *n)
{
    struct quantity q;
    struct str text =
        n->kubelet ? labels_get(&n->kubelet->eviction_hard, "memory.available") : STR_NONE;
    return text.p && quantity_parse_field(text, &q) == 0 ? quantity_value(q) : 100 * MIB;
}

static void check(const struct rule_ctx *c, const struct node *n)
{
    if (!resources_has(&n->capacity, "memory") || !resources_has(&n->allocatable, "memory"))
        return;
    int64_t capacity = resources_memory_bytes(&n->capacity);
    int64_t rest = capacity - resources_memory_bytes(&n->allocatable);
    const struct object_group *g = facts_node_group(c->facts, n);
    if (rest > threshold_bytes(n) || (g && g->first != &n->o))
        return;
    finding(c, AT(n->allocatable_at, "status.allocatable"),
            "of %s it keeps %s for system, kubelet and eviction together: pods may book the rest%s",
            say_bytes(c, capacity), say_bytes(c, rest), say_group(c->facts->a, g, "node"));
}

const struct rule rule_node_not_reserved = {
    .id = "node-not-reserved",
    .severity = SEV_ERROR,
    .title = "A node reserves no memory for the system",
    .why =
        "a node whose pods use what they were promised has nothing left for kubelet and runtime: "
        "it goes NotReady instead of evicting",
    .fix = "set kubeReserved.memory and systemReserved.memory in its kubelet configuration",
    .see = "post-mortem 3",
    .needs = NEEDS_NODES,
    .node = check,
};
