/* SPDX-License-Identifier: Apache-2.0
 *
 * Field tables of the kinds of our own (plimsoll.dev/v1): UsageProfile, how much memory a workload uses
 * and how that grows; Scenario, what is assumed and what happens when; Recording, what a snapshot has
 * not seen.
 */
#include "model/decode_table.h"

#define T struct usage_container
static const struct field usage_container_fields[] = {
    FIELD("name", F_STR, name),
    FIELD("level", F_BYTES, level_bytes),
    FIELD("growthPerMinute", F_BYTES, growth_bytes_per_minute),
    FIELD("ceiling", F_BYTES, ceiling_bytes),
    FIELD("p50", F_BYTES, p50_bytes),
    FIELD("p95", F_BYTES, p95_bytes),
    FIELD("p99", F_BYTES, p99_bytes),
    FIELD("max", F_BYTES, max_bytes),
    FIELD("jitterPercent", F_OPT_INT, jitter_percent),
    FIELD("followsLoadPercent", F_OPT_INT, follows_load_percent),
    FIELDS_END};
static const struct shape shape_usage_container = {sizeof(T), usage_container_fields, 0, NULL};
#undef T

#define T struct workload_usage
static const struct field usage_target_fields[] = {FIELD("kind", F_STR, target_kind),
                                                   FIELD("namespace", F_STR, target_ns),
                                                   FIELD("name", F_STR, target_name), FIELDS_END};
static const struct shape shape_usage_target = {sizeof(T), usage_target_fields, 0, NULL};
static const struct field workload_usage_fields[] = {
    FIELD_INTO("target", shape_usage_target),
    FIELD_OF("containers", F_LIST, containers, shape_usage_container), FIELDS_END};
static const struct shape shape_workload_usage = {sizeof(T), workload_usage_fields, AT_OF(T, at),
                                                  NULL};
#undef T

#define T struct usage_profile
static const struct field usage_profile_fields[] = {
    OBJECT_FIELDS, FIELD_OF("spec", F_STRUCT, usage, shape_workload_usage), FIELDS_END};
const struct shape shape_usage_profile = {sizeof(T), usage_profile_fields, 0, NULL};
#undef T

#define T struct deploy_container
static const struct field deploy_container_fields[] = {
    FIELD("name", F_STR, name),
    FIELD("request", F_BYTES, request_bytes),
    FIELD("limit", F_BYTES, limit_bytes),
    FIELD("level", F_BYTES, level_bytes),
    FIELD_AT("growthPerMinute", F_BYTES, growth_bytes_per_minute, growth_at),
    FIELD("ceiling", F_BYTES, ceiling_bytes),
    FIELDS_END};
static const struct shape shape_deploy_container = {sizeof(T), deploy_container_fields, 0, NULL};
#undef T

#define T struct scenario_event
static const struct field event_deploy_fields[] = {
    FIELD("workload", F_STR, deploy),
    FIELD_OF("containers", F_LIST, deploy_containers, shape_deploy_container), FIELDS_END};
static const struct shape shape_event_deploy = {sizeof(T), event_deploy_fields, 0, NULL};
static const struct field event_leak_fields[] = {
    FIELD("workload", F_STR, leak), FIELD("growthPerMinute", F_BYTES, leak_bytes_per_minute),
    FIELDS_END};
static const struct shape shape_event_leak = {sizeof(T), event_leak_fields, 0, NULL};
static void read_surge(struct decoder *d, const struct doc *v, void *ret)
{
    double x;
    if (str_to_double(v->text, &x) < 0 || x < 0.0001 || x > 1000)
        decode_problem(d, v, "is no factor from 0.0001 to 1000");
    else
        *(int64_t *)ret = (int64_t)(x * 10000 + 0.5);
}
static const struct field scenario_event_fields[] = {
    FIELD("at", F_DURATION, at_ms),
    FIELD("lose", F_STR, lose),
    FIELD("drain", F_STR, drain),
    FIELD("cordon", F_STR, cordon),
    FIELD("kubeletStopped", F_STR, kubelet_stopped),
    FIELD("back", F_STR, back),
    FIELD_INTO("leak", shape_event_leak),
    FIELD_INTO("deploy", shape_event_deploy),
    FIELD_FN("surge", surge_permyriad, read_surge),
    FIELDS_END};
static const struct shape shape_scenario_event = {sizeof(T), scenario_event_fields, AT_OF(T, at),
                                                  NULL};
#undef T

#define T struct scenario_node_group
static const struct field node_group_fields[] = {
    FIELD("like", F_STR, like), FIELD("maxNodes", F_INT, max_nodes),
    FIELD("readyAfter", F_DURATION, ready_after_ms), FIELDS_END};
static const struct shape shape_node_group = {sizeof(T), node_group_fields, AT_OF(T, at), NULL};
#undef T

#define T struct scenario
static const struct field scenario_assumption_fields[] = {
    FIELD("nodeOom", F_STR, node_oom),
    FIELD("nodePressure", F_STR, node_pressure),
    FIELD("unaccountedPercent", F_OPT_INT, unaccounted_percent),
    FIELD("elasticPercent", F_OPT_INT, elastic_percent),
    FIELD("systemReserved", F_OPT_STR, system_reserved),
    FIELD("kubeReserved", F_OPT_STR, kube_reserved),
    FIELD("evictionHard", F_STR, eviction_hard),
    FIELD("swap", F_STR, swap),
    FIELD("hpa", F_STR, hpa),
    FIELD("hpaCpu", F_STR, hpa_cpu),
    FIELD_OF("clusterAutoscaler", F_LIST, node_groups, shape_node_group),
    FIELDS_END};
static const struct shape shape_scenario_assumptions = {sizeof(T), scenario_assumption_fields, 0,
                                                        NULL};
static const struct field scenario_spec_fields[] = {
    FIELD("until", F_DURATION, until_ms), FIELD_INTO("assumptions", shape_scenario_assumptions),
    FIELD_OF("usage", F_LIST, usage, shape_workload_usage),
    FIELD_OF("events", F_LIST, events, shape_scenario_event), FIELDS_END};
static const struct shape shape_scenario_spec = {sizeof(T), scenario_spec_fields, 0, NULL};
static const struct field scenario_fields[] = {OBJECT_FIELDS, SPEC(shape_scenario_spec),
                                               FIELDS_END};
const struct shape shape_scenario = {sizeof(T), scenario_fields, 0, NULL};
#undef T

static void read_unlisted_kind(struct decoder *d, const struct doc *v, void *ret)
{
    (void)d;
    enum kind *k = ret;
    for (int i = KIND_UNKNOWN + 1; i < KIND_COUNT; i++)
        if (str_is(v->text, kind_name((enum kind)i)))
            *k = (enum kind)i;
}

#define T struct unlisted_kind
static const struct field unlisted_fields[] = {
    FIELD_FN("kind", kind, read_unlisted_kind), FIELD("resource", F_STR, resource),
    FIELD("reason", F_STR, reason), FIELD("forbidden", F_BOOL, forbidden), FIELDS_END};
static const struct shape shape_unlisted = {sizeof(T), unlisted_fields, 0, NULL};
#undef T

#define T struct recording
static const struct field recording_spec_fields[] = {
    FIELD("namespace", F_STR, ns), FIELD_OF("unlisted", F_LIST, unlisted, shape_unlisted),
    FIELDS_END};
static const struct shape shape_recording_spec = {sizeof(T), recording_spec_fields, 0, NULL};
static const struct field recording_fields[] = {OBJECT_FIELDS, SPEC(shape_recording_spec),
                                                FIELDS_END};
const struct shape shape_recording = {sizeof(T), recording_fields, 0, NULL};
#undef T
