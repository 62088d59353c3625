/* SPDX-License-Identifier: Apache-2.0
 *
 * Says what another bpf-map-dynamic-size-ratio than Cilium's own does. It sizes the maps of connection
 * tracking, NAT, neighbours and socket translation (Cilium's documentation, "eBPF Maps"), as a share
 * of the memory of each node; not those of policies, whatever the comment in its Helm chart says.
 */
#include "model/resources.h"
#include "rules/facts.h"

enum { OPTION_MILLIONTHS };

/* "0.0055" -> 5500; -1 if it is no such number. */
static int64_t millionths(struct str text)
{
    struct quantity q;
    if (quantity_parse_field(text, &q))
        return -1;
    return quantity_scaled_value(q, -6);
}

static int64_t largest_node_bytes(const struct cluster *c)
{
    int64_t most_bytes = 0;
    for (size_t i = 0; i < c->nodes.count; i++)
        most_bytes = MAX(most_bytes, resources_memory_bytes(&c->nodes.items[i]->capacity));
    return most_bytes;
}

static void check(const struct rule_ctx *c, const struct config_map *m)
{
    const struct label *ratio = labels_find(&m->data, STR("bpf-map-dynamic-size-ratio"));
    if (!ratio || !str_is(m->o.name, "cilium-config"))
        return;
    int64_t n = millionths(ratio->value), usual = c->options[OPTION_MILLIONTHS];
    if (n <= 0 || n == usual)
        return;
    int64_t node_bytes = largest_node_bytes(c->cluster);
    const char *size = node_bytes
                           ? say(c, " (%s of the largest node)",
                                 say_bytes(c, (int64_t)((double)node_bytes / 1e6 * (double)n)))
                           : "";
    const char *policies = labels_find(&m->data, STR("bpf-policy-map-max"))
                               ? "bpf-policy-map-max says how large those of policies are"
                               : "those of policies keep their size (bpf-policy-map-max)";
    finding(c, AT(ratio->at, "data.bpf-map-dynamic-size-ratio"),
            STR_FMT
            " of each node's memory%s, %s than Cilium's own %lld.%06lld, goes to the maps of "
            "connections, NAT, neighbours and sockets; %s",
            STR_ARG(ratio->value), size, n > usual ? "more" : "less", (long long)(usual / 1000000),
            (long long)(usual % 1000000), policies);
}

const struct rule rule_cilium_map_ratio = {
    .id = "cilium-map-ratio",
    .severity = SEV_INFO,
    .title = "Cilium's maps are not of the usual size",
    .why = "larger maps are kernel memory that no pod requests; smaller ones are full sooner, and "
           "packets are dropped. A map of policies that is full is not helped by the ratio",
    .fix = "watch cilium_bpf_map_pressure, raise the one map that is full, and count the memory in "
           "systemReserved",
    .see = "post-mortem 3",
    .options = {{"millionths", 2500, 1, 1000000, "Cilium's own ratio, in millionths"}},
    .config_map = check,
};
