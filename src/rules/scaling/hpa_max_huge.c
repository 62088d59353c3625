/* SPDX-License-Identifier: Apache-2.0
 *
 * Flags HorizontalPodAutoscalers that may ask for more memory than the nodes have: the pods of a
 * leak or a retry storm then fill the cluster, and everything else stays Pending.
 */
#include "rules/facts.h"

/* What the nodes that w may use can give in all. */
static int64_t room_bytes(const struct rule_ctx *c, const struct workload *w)
{
    int64_t sum = 0;
    for (size_t i = 0; i < c->cluster->nodes.count; i++) {
        const struct node *n = c->cluster->nodes.items[i];
        int64_t bytes = facts_node_memory_bytes(n);
        if (facts_node_allowed(&w->tmpl.spec, n))
            sum = bytes > INT64_MAX - sum ? INT64_MAX : sum + bytes;
    }
    return sum;
}

/* What its pods use on average, where it was measured. */
static int64_t measured_bytes(const struct workload *w)
{
    int64_t sum = 0, pods = 0;
    for (size_t i = 0; i < w->pods.count; i++) {
        const struct pod_metrics *m = w->pods.items[i]->metrics;
        pods += m != NULL;
        for (size_t k = 0; m && k < m->containers.count; k++)
            sum += MIN(m->containers.items[k].memory_bytes, INT64_MAX - sum);
    }
    return pods ? sum / pods : 0;
}

/* What one pod takes: its requests; where it has none, what it uses, or else its limits. */
static int64_t pod_bytes(const struct rule_ctx *c, const struct workload *w, const char **ret_what)
{
    struct pod_amounts request = facts_pod_requests(c, w);
    *ret_what = "requested";
    if (request.memory_bytes > 0)
        return request.memory_bytes;
    int64_t measured = measured_bytes(w);
    *ret_what = measured > 0 ? "measured" : "at their limits";
    return measured > 0 ? measured
                        : pod_limit_amounts(c->facts->a, &w->tmpl.spec, NULL).memory_bytes;
}

static void check(const struct rule_ctx *c, const struct hpa *h)
{
    if (!h->target || !h->max_replicas.set || h->max_replicas.v < 1)
        return;
    const char *what;
    int64_t each = pod_bytes(c, h->target, &what), room = room_bytes(c, h->target);
    if (each <= 0 || room <= 0 || h->max_replicas.v <= room / each)
        return;
    struct finding *f = finding(
        c, AT(h->max_replicas.at, "spec.maxReplicas"),
        "%lld replicas of %s (%s) are %s of memory; the nodes that may run them have %s in "
        "all",
        (long long)h->max_replicas.v, say_bytes(c, each), what,
        say_bytes(c, each > INT64_MAX / h->max_replicas.v ? INT64_MAX : each * h->max_replicas.v),
        say_bytes(c, room));
    finding_fix(c, f,
                "lower maxReplicas: %lld are all that fit with nothing else on the nodes; plan for "
                "far fewer",
                (long long)(room / each));
}

const struct rule rule_hpa_max_huge = {
    .id = "hpa-max-huge",
    .severity = SEV_WARNING,
    .title = "An autoscaler may ask for more memory than there is",
    .why =
        "a bound that cannot be reached is none: one runaway workload books every node, and what "
        "falls over elsewhere finds no room to come back",
    .fix = "lower maxReplicas to what the peak needs and the nodes can hold beside the rest",
    .see = "post-mortem 0",
    .needs = NEEDS_NODES,
    .reads = WORKLOAD_KINDS,
    .hpa = check,
};
