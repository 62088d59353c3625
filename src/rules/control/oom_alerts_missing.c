/* SPDX-License-Identifier: Apache-2.0
 *
 * Flags clusters whose PrometheusRules have no alert on memory: none on containers (close to their
 * limit, or killed) or none on nodes. Where the input shows rules of another kind it stays silent.
 */
#include "rules/facts.h"

static bool mentions(struct str expr, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (str_find(expr, words[i]) >= 0)
            return true;
    return false;
}

/* Killed for memory, or use against the limit. kube_pod_container_status_restarts_total has no label
 * reason: an alert that asks for one never fires. */
static bool watches_containers(struct str expr)
{
    static const char *const killed[] = {"container_oom_events_total", "node_vmstat_oom_kill",
                                         "memory_events_oom"};
    static const char *const used[] = {"container_memory_working_set_bytes",
                                       "container_memory_usage_bytes", "container_memory_rss"};
    static const char *const limits[] = {"resource_limits", "spec_memory_limit_bytes",
                                         "limits_memory_bytes"};
    return mentions(expr, killed, ARRAY_LEN(killed)) ||
           (str_find(expr, "OOMKilled") >= 0 && str_find(expr, "terminated_reason") >= 0) ||
           (mentions(expr, used, ARRAY_LEN(used)) && mentions(expr, limits, ARRAY_LEN(limits)));
}

static bool watches_nodes(struct str expr)
{
    static const char *const nodes[] = {
        "MemoryPressure",        "node_memory_MemAvailable",  "node_memory_MemFree",
        "node_memory_available", "node_pressure_memory",      "kubelet_evictions",
        "node_vmstat_oom_kill",  "(Memory|Disk|PID)Pressure", "instance:node_memory_utilisation"};
    return mentions(expr, nodes, ARRAY_LEN(nodes));
}

struct watched {
    bool containers, nodes;
};

static struct watched watched_of(const struct cluster *c)
{
    struct watched w = {0};
    for (size_t i = 0; i < c->prometheus_rules.count; i++)
        for (size_t n = 0; n < c->prometheus_rules.items[i]->rules.count; n++) {
            struct str expr = c->prometheus_rules.items[i]->rules.items[n].expr;
            w.containers = w.containers || watches_containers(expr);
            w.nodes = w.nodes || watches_nodes(expr);
        }
    return w;
}

/* Said once: at the first PrometheusRule, else at the first Prometheus object, else at the container
 * of that image. */
static bool is_the_place(const struct rule_ctx *c)
{
    const struct cluster *k = c->cluster;
    if (c->k)
        return k->prometheus_rules.count == 0 && k->prometheuses.count == 0 &&
               facts_image_is(c->k, "prometheus");
    if (k->prometheus_rules.count > 0)
        return c->object == &k->prometheus_rules.items[0]->o;
    return k->prometheuses.count > 0 && c->object == &k->prometheuses.items[0]->o;
}

static void report(const struct rule_ctx *c, struct place where)
{
    if (!is_the_place(c) || facts_has_rule_files(c->facts))
        return;
    struct watched w = watched_of(c->cluster);
    size_t rules = c->cluster->prometheus_rules.count;
    if (w.containers && w.nodes)
        return;
    finding(c, where, "%s on %s",
            rules ? say(c, "no alert in %s", say_count(c, (int64_t)rules, "PrometheusRule"))
                  : "Prometheus runs without any PrometheusRule: no alert",
            w.containers ? "nodes that are short of memory"
            : w.nodes    ? "containers close to their memory limit, or OOM-killed"
                      : "memory, neither of containers (close to their limit, OOM-killed) nor of "
                        "nodes");
}

static void check_rules(const struct rule_ctx *c, const struct prometheus_rule *p)
{
    report(c, AT(p->o.spec_at, "spec.groups"));
}

static void check_object(const struct rule_ctx *c, const struct prometheus *p)
{
    report(c, AT(p->o.spec_at, "spec"));
}

static void check_container(const struct rule_ctx *c, const struct container *k)
{
    if (is_the_place(c))
        report(c, AT(k->at, ""));
}

const struct rule rule_oom_alerts_missing = {
    .id = "oom-alerts-missing",
    .severity = SEV_WARNING,
    .title = "No alert on memory",
    .why = "the first to notice are customers: use climbs for hours before the first kill, and a "
           "restart hides each kill",
    .fix =
        "alert on use / limit > 0.9 for 5 min (only where there is a limit), on containers whose "
        "last termination was OOMKilled, and on nodes with MemoryPressure",
    .see = "post-mortem 0",
    .needs = NEEDS_CLUSTER,
    .reads = KIND_BIT(PROMETHEUS_RULE) | KIND_BIT(PROMETHEUS) | KIND_BIT(CONFIG_MAP),
    .applies = is_the_place,
    .container = check_container,
    .prometheus = check_object,
    .prometheus_rule = check_rules,
};
