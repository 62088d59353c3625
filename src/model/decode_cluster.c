/* SPDX-License-Identifier: Apache-2.0
 *
 * Field tables of namespaces with their policies, of usage and of alerts, and the table of all
 * kinds. Versions 1.24 to 1.36; older API groups decode by the same names.
 */
#include "model/decode_table.h"

/* ---- namespaces and their policies ---- */

#define T struct namespace_
static const struct field namespace_fields[] = {OBJECT_FIELDS, FIELDS_END};
static const struct shape shape_namespace = {sizeof(T), namespace_fields, 0, NULL};
#undef T

#define T struct limit_range_item
static const struct field limit_fields[] = {FIELD("type", F_STR, type),
                                            FIELD("max", F_RESOURCES, max),
                                            FIELD("min", F_RESOURCES, min),
                                            FIELD("default", F_RESOURCES, default_limit),
                                            FIELD("defaultRequest", F_RESOURCES, default_request),
                                            FIELD("maxLimitRequestRatio", F_RESOURCES, max_ratio),
                                            FIELDS_END};
static const struct shape shape_limit = {sizeof(T), limit_fields, AT_OF(T, at), NULL};
#undef T
#define T struct limit_range
static const struct field limit_range_spec_fields[] = {
    FIELD_OF("limits", F_LIST, limits, shape_limit), FIELDS_END};
static const struct shape shape_limit_range_spec = {sizeof(T), limit_range_spec_fields, 0, NULL};
static const struct field limit_range_fields[] = {OBJECT_FIELDS, SPEC(shape_limit_range_spec),
                                                  FIELDS_END};
static const struct shape shape_limit_range = {sizeof(T), limit_range_fields, 0, NULL};
#undef T

#define T struct resource_quota
static const struct field quota_spec_fields[] = {FIELD("hard", F_RESOURCES, hard),
                                                 FIELD("scopes", F_STR_LIST, scopes), FIELDS_END};
static const struct shape shape_quota_spec = {sizeof(T), quota_spec_fields, 0, NULL};
static const struct field quota_status_fields[] = {FIELD("used", F_RESOURCES, used), FIELDS_END};
static const struct shape shape_quota_status = {sizeof(T), quota_status_fields, 0, NULL};
static const struct field quota_fields[] = {OBJECT_FIELDS, SPEC(shape_quota_spec),
                                            FIELD_INTO("status", shape_quota_status), FIELDS_END};
static const struct shape shape_quota = {sizeof(T), quota_fields, 0, NULL};
#undef T

/* ---- usage and alerts ---- */

static void container_usage_done(struct decoder *d, const struct doc *n, void *ret)
{
    (void)d;
    const struct doc *memory = doc_path(n, "usage.memory");
    ((struct container_usage *)ret)->memory_set = memory && memory->type != DOC_NULL;
}
#define T struct container_usage
static const struct field usage_fields[] = {FIELD("cpu", F_CPU, cpu_milli),
                                            FIELD("memory", F_BYTES, memory_bytes), FIELDS_END};
static const struct shape shape_usage = {sizeof(T), usage_fields, 0, NULL};
static const struct field container_usage_fields[] = {FIELD("name", F_STR, name),
                                                      FIELD_INTO("usage", shape_usage), FIELDS_END};
static const struct shape shape_container_usage = {sizeof(T), container_usage_fields, 0,
                                                   container_usage_done};
#undef T
static void pod_metrics_done(struct decoder *d, const struct doc *n, void *ret)
{
    (void)d;
    (void)n;
    struct pod_metrics *m = ret;
    struct quantity q;
    struct str text = labels_get(&m->o.annotations, POD_MEMORY_ANNOTATION);
    if (text.n && quantity_parse(text, &q) == 0)
        m->pod_memory_bytes = (struct opt_int){.v = quantity_value(q), .set = true};
}

#define T struct pod_metrics
static const struct field pod_metrics_fields[] = {
    OBJECT_FIELDS, FIELD("timestamp", F_TIME, taken_ms), FIELD("window", F_DURATION, window_ms),
    FIELD_OF("containers", F_LIST, containers, shape_container_usage), FIELDS_END};
static const struct shape shape_pod_metrics = {sizeof(T), pod_metrics_fields, 0, pod_metrics_done};
#undef T
#define T struct node_metrics
static const struct field node_usage_fields[] = {
    FIELD("cpu", F_CPU, cpu_milli), FIELD("memory", F_BYTES, memory_bytes), FIELDS_END};
static const struct shape shape_node_usage = {sizeof(T), node_usage_fields, 0, NULL};
static const struct field node_metrics_fields[] = {
    OBJECT_FIELDS, FIELD("timestamp", F_TIME, taken_ms), FIELD_INTO("usage", shape_node_usage),
    FIELDS_END};
static const struct shape shape_node_metrics = {sizeof(T), node_metrics_fields, 0, NULL};
#undef T

static void read_alert_groups(struct decoder *d, const struct doc *v, void *ret)
{
    struct prometheus_rule *p = ret;
    const struct doc *groups = v->type == DOC_MAP ? doc_get(v, "groups") : NULL;
    for (const struct doc *g = groups && groups->type == DOC_SEQ ? groups->child : NULL; g;
         g = g->next) {
        const struct doc *rules = g->type == DOC_MAP ? doc_get(g, "rules") : NULL;
        for (const struct doc *r = rules && rules->type == DOC_SEQ ? rules->child : NULL; r;
             r = r->next) {
            struct str alert = r->type == DOC_MAP ? doc_text(r, "alert") : STR_NONE;
            if (!alert.p)
                continue;
            struct alert_rule *a = PUSH(d->in->a, &p->rules);
            a->alert = decode_copy(d, alert);
            a->expr = decode_copy(d, doc_text(r, "expr"));
        }
    }
}
/* What read_alert_groups() looks at: lists count as the maps in them. */
static const struct field alert_fields[] = {FIELD_KEPT("alert", NULL), FIELD_KEPT("expr", NULL),
                                            FIELDS_END};
static const struct shape shape_alert = {0, alert_fields, 0, NULL};
static const struct field alert_group_fields[] = {FIELD_KEPT("rules", &shape_alert), FIELDS_END};
static const struct shape shape_alert_group = {0, alert_group_fields, 0, NULL};
static const struct field alert_spec_fields[] = {FIELD_KEPT("groups", &shape_alert_group),
                                                 FIELDS_END};
static const struct shape shape_alert_spec = {0, alert_spec_fields, 0, NULL};
#define T struct prometheus_rule
static const struct field prometheus_rule_fields[] = {
    OBJECT_FIELDS, FIELD_FN_OF("spec", o, read_alert_groups, shape_alert_spec), FIELDS_END};
static const struct shape shape_prometheus_rule = {sizeof(T), prometheus_rule_fields, 0, NULL};
#undef T

#define T struct prometheus
static const struct field prometheus_spec_fields[] = {
    FIELD("replicas", F_OPT_INT, replicas),
    FIELD_OF("resources", F_STRUCT, resources, shape_resource_requirements), FIELDS_END};
static const struct shape shape_prometheus_spec = {sizeof(T), prometheus_spec_fields, 0, NULL};
static const struct field prometheus_fields[] = {OBJECT_FIELDS, SPEC(shape_prometheus_spec),
                                                 FIELDS_END};
static const struct shape shape_prometheus = {sizeof(T), prometheus_fields, 0, NULL};
#undef T

/* ---- the table of kinds ---- */

static const struct shape *const shapes[KIND_COUNT] = {
    [KIND_POD] = &shape_pod,
    [KIND_POD_TEMPLATE] = &shape_pod_template_object,
    [KIND_DEPLOYMENT] = &shape_workload,
    [KIND_STATEFUL_SET] = &shape_workload,
    [KIND_DAEMON_SET] = &shape_workload,
    [KIND_REPLICA_SET] = &shape_workload,
    [KIND_REPLICATION_CONTROLLER] = &shape_workload,
    [KIND_JOB] = &shape_workload,
    [KIND_CRON_JOB] = &shape_cron_job,
    [KIND_OTHER_WORKLOAD] = &shape_workload,
    [KIND_NODE] = &shape_node,
    [KIND_NAMESPACE] = &shape_namespace,
    [KIND_LIMIT_RANGE] = &shape_limit_range,
    [KIND_RESOURCE_QUOTA] = &shape_quota,
    [KIND_PDB] = &shape_pdb,
    [KIND_HPA] = &shape_hpa,
    [KIND_PRIORITY_CLASS] = &shape_priority_class,
    [KIND_RUNTIME_CLASS] = &shape_runtime_class,
    [KIND_SERVICE] = &shape_service,
    [KIND_ENDPOINT_SLICE] = &shape_endpoint_slice,
    [KIND_PV] = &shape_pv,
    [KIND_PVC] = &shape_pvc,
    [KIND_STORAGE_CLASS] = &shape_storage_class,
    [KIND_CSI_NODE] = &shape_csi_node,
    [KIND_CSI_DRIVER] = &shape_csi_driver_kind,
    [KIND_CSI_STORAGE_CAPACITY] = &shape_csi_storage_capacity,
    [KIND_VOLUME_ATTACHMENT] = &shape_volume_attachment,
    [KIND_NETWORK_POLICY] = &shape_network_policy,
    [KIND_CILIUM_NETWORK_POLICY] = &shape_cilium,
    [KIND_SERVICE_ACCOUNT] = &shape_service_account,
    [KIND_ROLE] = &shape_role,
    [KIND_CLUSTER_ROLE] = &shape_role,
    [KIND_ROLE_BINDING] = &shape_role_binding,
    [KIND_CLUSTER_ROLE_BINDING] = &shape_role_binding,
    [KIND_VALIDATING_WEBHOOKS] = &shape_webhook_config,
    [KIND_MUTATING_WEBHOOKS] = &shape_webhook_config,
    [KIND_CONFIG_MAP] = &shape_config_map,
    [KIND_KUBELET_CONFIGURATION] = &shape_kubelet,
    [KIND_VPA] = &shape_vpa,
    [KIND_POD_METRICS] = &shape_pod_metrics,
    [KIND_NODE_METRICS] = &shape_node_metrics,
    [KIND_PROMETHEUS_RULE] = &shape_prometheus_rule,
    [KIND_PROMETHEUS] = &shape_prometheus,
    [KIND_KUBE_PROXY_CONFIGURATION] = &shape_kube_proxy,
    [KIND_USAGE_PROFILE] = &shape_usage_profile,
    [KIND_SCENARIO] = &shape_scenario,
    [KIND_RECORDING] = &shape_recording,
};

const struct shape *decode_kind_shape(enum kind k)
{
    return shapes[k];
}
