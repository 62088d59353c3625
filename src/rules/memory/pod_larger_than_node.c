/* SPDX-License-Identifier: Apache-2.0
 *
 * Flags pods whose requests no single node can hold: they stay Pending for ever. Only the nodes
 * count that nodeSelector and required node affinity allow. A DaemonSet that fits some of its nodes
 * only is a warning.
 */
#include "model/requests.h"
#include "rules/facts.h"

static void report_none(const struct rule_ctx *c, const struct pod_amounts *p,
                        const struct node_room *room, struct place where)
{
    if (room->memory_fits == 0)
        finding(c, where,
                "a pod of it requests %s of memory; the roomiest of %s that it may use, " STR_FMT
                ", has %s to give",
                say_bytes(c, p->memory_bytes), say_count(c, (int64_t)room->allowed, "node"),
                STR_ARG(room->roomiest->o.name),
                say_bytes(c, facts_node_memory_bytes(room->roomiest)));
    else if (room->cpu_fits == 0)
        finding(c, where,
                "a pod of it requests %s CPU; the largest of %s that it may use, " STR_FMT
                ", has %s to give",
                say_milli(c, p->cpu_milli), say_count(c, (int64_t)room->allowed, "node"),
                STR_ARG(room->most_cpu->o.name),
                say_milli(c, facts_node_cpu_milli(room->most_cpu)));
    else
        finding(c, where,
                "a pod of it requests %s of memory and %s CPU; none of %s that it may use has both",
                say_bytes(c, p->memory_bytes), say_milli(c, p->cpu_milli),
                say_count(c, (int64_t)room->allowed, "node"));
}

static void check(const struct rule_ctx *c, const struct workload *w)
{
    if (w->pod && !str_empty(w->pod->spec.node_name.v))
        return;
    struct pod_amounts p = facts_pod_requests(c, w);
    const struct facts *f = c->facts;
    if (p.memory_bytes <= f->smallest_memory_bytes && p.cpu_milli <= f->smallest_cpu_milli)
        return;
    struct node_room room;
    facts_node_room(f, w, p.memory_bytes, p.cpu_milli, &room);
    struct place where = AT_POD(((struct pos){0, 0}), "");
    if (room.allowed == 0)
        return;
    if (room.both_fit == 0)
        report_none(c, &p, &room, where);
    else if (w->o.kind == KIND_DAEMON_SET && room.both_fit < room.allowed)
        finding_as(c, SEV_WARNING, where,
                   "a pod of it requests %s of memory and %s CPU, more than %zu of %s could ever "
                   "give: those go without it",
                   say_bytes(c, p.memory_bytes), say_milli(c, p.cpu_milli),
                   room.allowed - room.both_fit, say_count(c, (int64_t)room.allowed, "node"));
}

const struct rule rule_pod_larger_than_node = {
    .id = "pod-larger-than-node",
    .severity = SEV_ERROR,
    .title = "A pod requests more than any node has",
    .why = "the scheduler can place it nowhere, however empty the cluster: it stays Pending",
    .fix = "lower the requests, split the pod, or add nodes that hold it (allocatable counts, not "
           "capacity)",
    .needs = NEEDS_NODES,
    .workload = check,
};
