/* SPDX-License-Identifier: Apache-2.0
 *
 * Field tables of everything but pods: workloads, nodes, policies, access, webhooks, kubelet
 * configuration, metrics. Versions 1.24 to 1.36; older API groups decode by the same names.
 */
#include "model/decode_table.h"

/* ---- workloads ---- */

#define T struct workload
static const struct field rolling_fields[] = {
    FIELD("maxUnavailable", F_INT_OR_STR, max_unavailable),
    FIELD("maxSurge", F_INT_OR_STR, max_surge), FIELDS_END};
static const struct shape shape_rolling = {sizeof(T), rolling_fields, 0, NULL};
static const struct field strategy_fields[] = {FIELD("type", F_OPT_STR, strategy_type),
                                               FIELD_INTO("rollingUpdate", shape_rolling),
                                               FIELDS_END};
static const struct shape shape_strategy = {sizeof(T), strategy_fields, AT_OF(T, strategy_at),
                                            NULL};

/* A ReplicationController's selector is a bare map. */
static void read_workload_selector(struct decoder *d, const struct doc *v, void *ret)
{
    struct label_selector *s = ret;
    bool modern = v->type != DOC_MAP || doc_get(v, "matchLabels") || doc_get(v, "matchExpressions");
    if (modern) {
        decode_shape(d, v, &shape_label_selector, s);
        return;
    }
    static const struct field bare[] = {{.name = "selector",
                                         .type = F_LABELS,
                                         .offset = offsetof(struct label_selector, match_labels)},
                                        FIELDS_END};
    static const struct shape bare_shape = {sizeof(struct label_selector), bare, 0, NULL};
    struct doc copy = *v;
    copy.key = STR("selector");
    copy.next = NULL;
    struct doc wrapper = {.type = DOC_MAP, .at = v->at, .child = &copy, .count = 1};
    decode_shape(d, &wrapper, &bare_shape, s);
    s->present = true;
    s->at = decode_pos(d, v->at);
}

static const struct field workload_spec_fields[] = {
    FIELD("replicas", F_OPT_INT, replicas),
    FIELD("parallelism", F_OPT_INT, replicas),
    FIELD("completions", F_OPT_INT, completions),
    FIELD("backoffLimit", F_OPT_INT, backoff_limit),
    FIELD("minReadySeconds", F_OPT_INT, min_ready_seconds),
    FIELD("revisionHistoryLimit", F_OPT_INT, revision_history_limit),
    FIELD("paused", F_OPT_BOOL, paused),
    FIELD("suspend", F_OPT_BOOL, suspend),
    FIELD_FN("selector", selector, read_workload_selector),
    FIELD_INTO("strategy", shape_strategy),
    FIELD_INTO("updateStrategy", shape_strategy),
    FIELD("serviceName", F_OPT_STR, service_name),
    {.name = "template",
     .type = F_STRUCT,
     .offset = offsetof(T, tmpl),
     .at = AT_OF(T, tmpl.at),
     .shape = &shape_pod_template},
    FIELDS_END};
static const struct shape shape_workload_spec = {sizeof(T), workload_spec_fields, 0, NULL};
static const struct field workload_status_fields[] = {
    FIELD("replicas", F_OPT_INT, status_replicas),
    FIELD("readyReplicas", F_OPT_INT, ready_replicas), FIELDS_END};
static const struct shape shape_workload_status = {sizeof(T), workload_status_fields, 0, NULL};

static void workload_done(struct decoder *d, const struct doc *n, void *ret)
{
    (void)d;
    (void)n;
    struct workload *w = ret;
    w->template_path = w->o.kind == KIND_CRON_JOB       ? STR("spec.jobTemplate.spec.template.spec")
                       : w->o.kind == KIND_POD_TEMPLATE ? STR("template.spec")
                                                        : STR("spec.template.spec");
}
static const struct field workload_fields[] = {OBJECT_FIELDS, SPEC(shape_workload_spec),
                                               FIELD_INTO("status", shape_workload_status),
                                               FIELDS_END};
static const struct shape shape_workload = {sizeof(T), workload_fields, 0, workload_done};

static const struct field pod_template_fields[] = {OBJECT_FIELDS,
                                                   {.name = "template",
                                                    .type = F_STRUCT,
                                                    .offset = offsetof(T, tmpl),
                                                    .at = AT_OF(T, tmpl.at),
                                                    .shape = &shape_pod_template},
                                                   FIELDS_END};
static const struct shape shape_pod_template_object = {sizeof(T), pod_template_fields, 0,
                                                       workload_done};

static const struct field job_template_fields[] = {SPEC(shape_workload_spec), FIELDS_END};
static const struct shape shape_job_template = {sizeof(T), job_template_fields, 0, NULL};
static const struct field cron_spec_fields[] = {
    FIELD("suspend", F_OPT_BOOL, suspend), FIELD("schedule", F_OPT_STR, schedule),
    FIELD_INTO("jobTemplate", shape_job_template), FIELDS_END};
static const struct shape shape_cron_spec = {sizeof(T), cron_spec_fields, 0, NULL};
static const struct field cron_fields[] = {OBJECT_FIELDS, SPEC(shape_cron_spec), FIELDS_END};
static const struct shape shape_cron_job = {sizeof(T), cron_fields, 0, workload_done};
#undef T

/* ---- nodes ---- */

#define T struct taint
static const struct field taint_fields[] = {FIELD("key", F_STR, key), FIELD("value", F_STR, value),
                                            FIELD("effect", F_STR, effect),
                                            FIELD("timeAdded", F_TIME, added_ms), FIELDS_END};
static const struct shape shape_taint = {sizeof(T), taint_fields, 0, NULL};
#undef T

#define T struct node_image
static const struct field image_fields[] = {FIELD("names", F_STR_LIST, names),
                                            FIELD("sizeBytes", F_INT, size_bytes), FIELDS_END};
static const struct shape shape_image = {sizeof(T), image_fields, 0, NULL};
#undef T

#define T struct node
static const struct field node_info_fields[] = {
    FIELD("kernelVersion", F_STR, kernel_version), FIELD("kubeletVersion", F_STR, kubelet_version),
    FIELD("containerRuntimeVersion", F_STR, container_runtime_version),
    FIELD("osImage", F_STR, os_image), FIELDS_END};
static const struct shape shape_node_info = {sizeof(T), node_info_fields, 0, NULL};
static const struct field node_spec_fields[] = {
    FIELD("unschedulable", F_BOOL, unschedulable), FIELD("providerID", F_STR, provider_id),
    FIELD_OF("taints", F_LIST, taints, shape_taint), FIELDS_END};
static const struct shape shape_node_spec = {sizeof(T), node_spec_fields, 0, NULL};
static void read_addresses(struct decoder *d, const struct doc *v, void *ret)
{
    struct str *ip = ret;
    for (const struct doc *i = v->type == DOC_SEQ ? v->child : NULL; i && !ip->n; i = i->next)
        if (i->type == DOC_MAP && str_is(doc_text(i, "type"), "InternalIP"))
            *ip = decode_copy(d, doc_text(i, "address"));
}
static void read_endpoints(struct decoder *d, const struct doc *v, void *ret)
{
    (void)d;
    *(int64_t *)ret = doc_int(doc_get(v, "kubeletEndpoint"), "Port", 0);
}
static const struct field node_status_fields[] = {
    FIELD("capacity", F_RESOURCES, capacity),
    FIELD_AT("allocatable", F_RESOURCES, allocatable, allocatable_at),
    FIELD_OF("conditions", F_LIST, conditions, shape_condition),
    FIELD_OF("images", F_LIST, images, shape_image),
    FIELD_INTO("nodeInfo", shape_node_info),
    FIELD_FN("addresses", internal_ip, read_addresses),
    FIELD_FN("daemonEndpoints", kubelet_port, read_endpoints),
    FIELDS_END};
static const struct shape shape_node_status = {sizeof(T), node_status_fields, 0, NULL};
static const struct field node_fields[] = {OBJECT_FIELDS, SPEC(shape_node_spec),
                                           FIELD_INTO("status", shape_node_status), FIELDS_END};
static const struct shape shape_node = {sizeof(T), node_fields, 0, NULL};
#undef T

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

/* ---- disruption and scaling ---- */

static void read_disrupted_pods(struct decoder *d, const struct doc *v, void *ret)
{
    struct labels *l = ret;
    for (const struct doc *c = v->type == DOC_MAP ? v->child : NULL; c; c = c->next) {
        struct label *pod = PUSH(d->in->a, l);
        pod->key = decode_copy(d, c->key);
        pod->value = decode_copy(d, c->text);
    }
}

#define T struct pdb
static const struct field pdb_spec_fields[] = {
    FIELD("minAvailable", F_INT_OR_STR, min_available),
    FIELD("maxUnavailable", F_INT_OR_STR, max_unavailable),
    FIELD_OF("selector", F_STRUCT, selector, shape_label_selector),
    FIELD("unhealthyPodEvictionPolicy", F_OPT_STR, unhealthy_policy), FIELDS_END};
static const struct shape shape_pdb_spec = {sizeof(T), pdb_spec_fields, 0, NULL};
static void pdb_status_done(struct decoder *d, const struct doc *n, void *ret)
{
    (void)d;
    ((struct pdb *)ret)->status.present = doc_get(n, "disruptionsAllowed") != NULL;
}
static const struct field pdb_status_fields[] = {
    FIELD("disruptionsAllowed", F_INT, status.disruptions_allowed),
    FIELD("currentHealthy", F_INT, status.current_healthy),
    FIELD("desiredHealthy", F_INT, status.desired_healthy),
    FIELD("expectedPods", F_INT, status.expected_pods),
    FIELD_FN("disruptedPods", status.disrupted_pods, read_disrupted_pods),
    FIELDS_END};
static const struct shape shape_pdb_status = {sizeof(T), pdb_status_fields, 0, pdb_status_done};
static const struct field pdb_fields[] = {OBJECT_FIELDS, SPEC(shape_pdb_spec),
                                          FIELD_INTO("status", shape_pdb_status), FIELDS_END};
static const struct shape shape_pdb = {sizeof(T), pdb_fields, 0, NULL};
#undef T

#define T struct hpa_metric
/* v2: {name, target: {type, averageUtilization}}; v2beta1: {name, targetAverageUtilization}. */
static const struct field metric_target_fields[] = {
    FIELD("type", F_STR, target_type), FIELD("averageUtilization", F_OPT_INT, utilization),
    FIELD("averageValue", F_OPT_STR, average_value), FIELDS_END};
static const struct shape shape_metric_target = {sizeof(T), metric_target_fields, 0, NULL};
static const struct field metric_source_fields[] = {
    FIELD("name", F_STR, resource),
    FIELD("container", F_STR, container),
    FIELD("targetAverageUtilization", F_OPT_INT, utilization),
    FIELD("targetAverageValue", F_OPT_STR, average_value),
    FIELD_INTO("target", shape_metric_target),
    FIELDS_END};
static const struct shape shape_metric_source = {sizeof(T), metric_source_fields, 0, NULL};
static const struct field metric_fields[] = {
    FIELD("type", F_STR, type), FIELD_INTO("resource", shape_metric_source),
    FIELD_INTO("containerResource", shape_metric_source), FIELDS_END};
static const struct shape shape_metric = {sizeof(T), metric_fields, AT_OF(T, at), NULL};
#undef T

#define T struct hpa_policy
static const struct field hpa_policy_fields[] = {
    FIELD("type", F_STR, type), FIELD("value", F_INT, value),
    FIELD("periodSeconds", F_INT, period_seconds), FIELDS_END};
static const struct shape shape_hpa_policy = {sizeof(T), hpa_policy_fields, 0, NULL};
#undef T
#define T struct hpa_rules
static const struct field hpa_rules_fields[] = {
    FIELD("stabilizationWindowSeconds", F_OPT_INT, window_seconds),
    FIELD("selectPolicy", F_OPT_STR, select_policy), FIELD("tolerance", F_OPT_STR, tolerance),
    FIELD_OF("policies", F_LIST, policies, shape_hpa_policy), FIELDS_END};
static const struct shape shape_hpa_rules = {sizeof(T), hpa_rules_fields, 0, NULL};
#undef T
#define T struct hpa_behavior
static const struct field hpa_behavior_fields[] = {
    FIELD_OF("scaleUp", F_STRUCT, up, shape_hpa_rules),
    FIELD_OF("scaleDown", F_STRUCT, down, shape_hpa_rules), FIELDS_END};
static const struct shape shape_hpa_behavior = {sizeof(T), hpa_behavior_fields, 0, NULL};
#undef T

/* autoscaling/v1: one CPU utilisation target. */
static void read_cpu_target(struct decoder *d, const struct doc *v, void *ret)
{
    struct hpa *h = (struct hpa *)(void *)((char *)ret - offsetof(struct hpa, metrics));
    if (v->type == DOC_NULL)
        return;
    struct hpa_metric *m = PUSH(d->in->a, &h->metrics);
    m->type = STR("Resource");
    m->resource = STR("cpu");
    m->target_type = STR("Utilization");
    m->at = decode_pos(d, v->key_at);
    m->utilization.at = decode_pos(d, v->at);
    m->utilization.set = v->type == DOC_INT && str_to_int64(v->text, &m->utilization.v) == 0;
}

#define T struct hpa
static const struct field target_fields[] = {FIELD("apiVersion", F_STR, target_api_version),
                                             FIELD("kind", F_STR, target_kind),
                                             FIELD("name", F_STR, target_name), FIELDS_END};
static const struct shape shape_target = {sizeof(T), target_fields, AT_OF(T, target_at), NULL};
static const struct field hpa_spec_fields[] = {
    FIELD_INTO("scaleTargetRef", shape_target),
    FIELD("minReplicas", F_OPT_INT, min_replicas),
    FIELD("maxReplicas", F_OPT_INT, max_replicas),
    FIELD_OF("metrics", F_LIST, metrics, shape_metric),
    FIELD_OF("behavior", F_POINTER, behavior, shape_hpa_behavior),
    FIELD_FN("targetCPUUtilizationPercentage", metrics, read_cpu_target),
    FIELDS_END};
static const struct shape shape_hpa_spec = {sizeof(T), hpa_spec_fields, 0, NULL};
static const struct field hpa_status_fields[] = {
    FIELD("currentReplicas", F_OPT_INT, current_replicas),
    FIELD("desiredReplicas", F_OPT_INT, desired_replicas), FIELDS_END};
static const struct shape shape_hpa_status = {sizeof(T), hpa_status_fields, 0, NULL};
static const struct field hpa_fields[] = {OBJECT_FIELDS, SPEC(shape_hpa_spec),
                                          FIELD_INTO("status", shape_hpa_status), FIELDS_END};
static const struct shape shape_hpa = {sizeof(T), hpa_fields, 0, NULL};
#undef T

#define T struct vpa_policy
static const struct field vpa_policy_fields[] = {
    FIELD("containerName", F_STR, container), FIELD("mode", F_STR, mode),
    FIELD("controlledResources", F_STR_LIST, controlled_resources), FIELDS_END};
static const struct shape shape_vpa_policy = {sizeof(T), vpa_policy_fields, 0, NULL};
#undef T
#define T struct vpa
static const struct field vpa_target_fields[] = {FIELD("kind", F_STR, target_kind),
                                                 FIELD("name", F_STR, target_name), FIELDS_END};
static const struct shape shape_vpa_target = {sizeof(T), vpa_target_fields, 0, NULL};
static const struct field vpa_update_fields[] = {FIELD("updateMode", F_OPT_STR, update_mode),
                                                 FIELDS_END};
static const struct shape shape_vpa_update = {sizeof(T), vpa_update_fields, 0, NULL};
static const struct field vpa_resource_fields[] = {
    FIELD_OF("containerPolicies", F_LIST, policies, shape_vpa_policy), FIELDS_END};
static const struct shape shape_vpa_resource = {sizeof(T), vpa_resource_fields, 0, NULL};
static const struct field vpa_spec_fields[] = {
    FIELD_INTO("targetRef", shape_vpa_target), FIELD_INTO("updatePolicy", shape_vpa_update),
    FIELD_INTO("resourcePolicy", shape_vpa_resource), FIELDS_END};
static const struct shape shape_vpa_spec = {sizeof(T), vpa_spec_fields, 0, NULL};
static const struct field vpa_fields[] = {OBJECT_FIELDS, SPEC(shape_vpa_spec), FIELDS_END};
static const struct shape shape_vpa = {sizeof(T), vpa_fields, 0, NULL};
#undef T

#define T struct priority_class
static const struct field priority_class_fields[] = {
    OBJECT_FIELDS, FIELD("value", F_INT, value), FIELD("globalDefault", F_BOOL, global_default),
    FIELD("preemptionPolicy", F_STR, preemption_policy), FIELDS_END};
static const struct shape shape_priority_class = {sizeof(T), priority_class_fields, 0, NULL};
#undef T

#define T struct runtime_class
static const struct field overhead_fields[] = {FIELD("podFixed", F_RESOURCES, overhead),
                                               FIELDS_END};
static const struct shape shape_overhead = {sizeof(T), overhead_fields, 0, NULL};
static const struct field rc_scheduling_fields[] = {
    FIELD("nodeSelector", F_LABELS, node_selector),
    FIELD_OF("tolerations", F_LIST, tolerations, shape_toleration), FIELDS_END};
static const struct shape shape_rc_scheduling = {sizeof(T), rc_scheduling_fields, 0, NULL};
static const struct field runtime_class_fields[] = {
    OBJECT_FIELDS, FIELD("handler", F_STR, handler), FIELD_INTO("overhead", shape_overhead),
    FIELD_INTO("scheduling", shape_rc_scheduling), FIELDS_END};
static const struct shape shape_runtime_class = {sizeof(T), runtime_class_fields, 0, NULL};
#undef T

/* ---- services ---- */

#define T struct service_port
static const struct field service_port_fields[] = {
    FIELD("name", F_STR, name), FIELD("protocol", F_STR, protocol), FIELD("port", F_INT, port),
    FIELD("targetPort", F_INT_OR_STR, target_port), FIELDS_END};
static const struct shape shape_service_port = {sizeof(T), service_port_fields, 0, NULL};
#undef T
#define T struct service
static const struct field service_spec_fields[] = {
    FIELD("selector", F_LABELS, selector),
    FIELD("type", F_STR, type),
    FIELD("externalName", F_STR, external_name),
    FIELD("clusterIP", F_STR, cluster_ip),
    FIELD_OF("ports", F_LIST, ports, shape_service_port),
    FIELDS_END};
static const struct shape shape_service_spec = {sizeof(T), service_spec_fields, 0, NULL};
static const struct field service_fields[] = {OBJECT_FIELDS, SPEC(shape_service_spec), FIELDS_END};
static const struct shape shape_service = {sizeof(T), service_fields, 0, NULL};
#undef T

#define T struct endpoint
static const struct field endpoint_target_fields[] = {
    FIELD("kind", F_STR, target_kind), FIELD("name", F_STR, target_name),
    FIELD("namespace", F_STR, target_namespace), FIELDS_END};
static const struct shape shape_endpoint_target = {sizeof(T), endpoint_target_fields, 0, NULL};
static const struct field endpoint_condition_fields[] = {FIELD("ready", F_BOOL, ready), FIELDS_END};
static const struct shape shape_endpoint_conditions = {sizeof(T), endpoint_condition_fields, 0,
                                                       NULL};
static const struct field endpoint_fields[] = {FIELD("addresses", F_STR_LIST, addresses),
                                               FIELD("nodeName", F_STR, node_name),
                                               FIELD("zone", F_STR, zone),
                                               FIELD_INTO("targetRef", shape_endpoint_target),
                                               FIELD_INTO("conditions", shape_endpoint_conditions),
                                               FIELDS_END};
static const struct shape shape_endpoint = {sizeof(T), endpoint_fields, 0, NULL};
#undef T
#define T struct endpoint_slice
static void endpoint_slice_done(struct decoder *d, const struct doc *n, void *ret)
{
    (void)d;
    (void)n;
    struct endpoint_slice *s = ret;
    s->service = labels_get(&s->o.labels, "kubernetes.io/service-name");
}
static const struct field endpoint_slice_fields[] = {
    OBJECT_FIELDS, FIELD_OF("endpoints", F_LIST, endpoints, shape_endpoint), FIELDS_END};
static const struct shape shape_endpoint_slice = {sizeof(T), endpoint_slice_fields, 0,
                                                  endpoint_slice_done};
#undef T

/* ---- storage ---- */

#define T struct pv
static const struct field claim_ref_fields[] = {FIELD("namespace", F_STR, claim_ns),
                                                FIELD("name", F_STR, claim_name), FIELDS_END};
static const struct shape shape_claim_ref = {sizeof(T), claim_ref_fields, 0, NULL};
static const struct field pv_affinity_fields[] = {
    FIELD_OF("required", F_STRUCT, node_affinity, shape_node_selector), FIELDS_END};
static const struct shape shape_pv_affinity = {sizeof(T), pv_affinity_fields, 0, NULL};
static void pv_type(struct decoder *d, const struct doc *n, void *ret)
{
    static const char *const types[] = {"local",
                                        "hostPath",
                                        "csi",
                                        "nfs",
                                        "awsElasticBlockStore",
                                        "gcePersistentDisk",
                                        "azureDisk",
                                        "cephfs",
                                        "rbd",
                                        "iscsi",
                                        "fc"};
    (void)d;
    for (size_t i = 0; i < ARRAY_LEN(types); i++)
        if (doc_get(n, types[i]))
            ((struct pv *)ret)->volume_type = str_of(types[i]);
}
static const struct field pv_spec_fields[] = {
    FIELD("capacity", F_RESOURCES, capacity), FIELD("storageClassName", F_STR, storage_class),
    FIELD_INTO("claimRef", shape_claim_ref), FIELD("accessModes", F_STR_LIST, access_modes),
    FIELD_INTO("nodeAffinity", shape_pv_affinity),
    /* What pv_type() looks for. */
    FIELD_KEPT("local", NULL), FIELD_KEPT("hostPath", NULL), FIELD_KEPT("csi", NULL),
    FIELD_KEPT("nfs", NULL), FIELD_KEPT("awsElasticBlockStore", NULL),
    FIELD_KEPT("gcePersistentDisk", NULL), FIELD_KEPT("azureDisk", NULL),
    FIELD_KEPT("cephfs", NULL), FIELD_KEPT("rbd", NULL), FIELD_KEPT("iscsi", NULL),
    FIELD_KEPT("fc", NULL), FIELDS_END};
static const struct shape shape_pv_spec = {sizeof(T), pv_spec_fields, 0, pv_type};
static const struct field pv_fields[] = {OBJECT_FIELDS, SPEC(shape_pv_spec), FIELDS_END};
static const struct shape shape_pv = {sizeof(T), pv_fields, 0, NULL};
#undef T

#define T struct pvc
static const struct field pvc_spec_fields[] = {
    FIELD_OF("resources", F_STRUCT, resources, shape_resource_requirements),
    FIELD("storageClassName", F_OPT_STR, storage_class), FIELD("volumeName", F_STR, volume_name),
    FIELD("accessModes", F_STR_LIST, access_modes), FIELDS_END};
static const struct shape shape_pvc_spec = {sizeof(T), pvc_spec_fields, 0, NULL};
static const struct field pvc_status_fields[] = {FIELD("phase", F_STR, phase), FIELDS_END};
static const struct shape shape_pvc_status = {sizeof(T), pvc_status_fields, 0, NULL};
static const struct field pvc_fields[] = {OBJECT_FIELDS, SPEC(shape_pvc_spec),
                                          FIELD_INTO("status", shape_pvc_status), FIELDS_END};
static const struct shape shape_pvc = {sizeof(T), pvc_fields, 0, NULL};
#undef T

#define T struct storage_class
static const struct field storage_class_fields[] = {
    OBJECT_FIELDS, FIELD("provisioner", F_STR, provisioner),
    FIELD("volumeBindingMode", F_STR, binding_mode), FIELDS_END};
static const struct shape shape_storage_class = {sizeof(T), storage_class_fields, 0, NULL};
#undef T

#define T struct csi_driver_limit
static const struct field csi_allocatable_fields[] = {FIELD("count", F_OPT_INT, count), FIELDS_END};
static const struct shape shape_csi_allocatable = {sizeof(T), csi_allocatable_fields, 0, NULL};
static const struct field csi_driver_fields[] = {
    FIELD("name", F_STR, name), FIELD_INTO("allocatable", shape_csi_allocatable), FIELDS_END};
static const struct shape shape_csi_driver = {sizeof(T), csi_driver_fields, 0, NULL};
#undef T
#define T struct csi_node
static const struct field csi_spec_fields[] = {
    FIELD_OF("drivers", F_LIST, drivers, shape_csi_driver), FIELDS_END};
static const struct shape shape_csi_spec = {sizeof(T), csi_spec_fields, 0, NULL};
static const struct field csi_node_fields[] = {OBJECT_FIELDS, SPEC(shape_csi_spec), FIELDS_END};
static const struct shape shape_csi_node = {sizeof(T), csi_node_fields, 0, NULL};
#undef T

/* ---- network policies ---- */

#define T struct policy_port
static const struct field policy_port_fields[] = {
    FIELD("protocol", F_STR, protocol), FIELD("port", F_INT_OR_STR, port),
    FIELD("endPort", F_OPT_INT, end_port), FIELDS_END};
static const struct shape shape_policy_port = {sizeof(T), policy_port_fields, 0, NULL};
#undef T
#define T struct policy_peer
static const struct field ip_block_fields[] = {FIELD("cidr", F_STR, cidr), FIELDS_END};
static const struct shape shape_ip_block = {sizeof(T), ip_block_fields, 0, NULL};
static const struct field policy_peer_fields[] = {
    FIELD_OF("podSelector", F_STRUCT, pods, shape_label_selector),
    FIELD_OF("namespaceSelector", F_STRUCT, namespaces, shape_label_selector),
    FIELD_INTO("ipBlock", shape_ip_block), FIELDS_END};
static const struct shape shape_policy_peer = {sizeof(T), policy_peer_fields, 0, NULL};
#undef T
#define T struct policy_rule
static const struct field policy_rule_fields[] = {
    FIELD_OF("from", F_LIST, peers, shape_policy_peer),
    FIELD_OF("to", F_LIST, peers, shape_policy_peer),
    FIELD_OF("ports", F_LIST, ports, shape_policy_port), FIELDS_END};
static const struct shape shape_policy_rule = {sizeof(T), policy_rule_fields, AT_OF(T, at), NULL};
#undef T

#define T struct network_policy
static void policy_spec_done(struct decoder *d, const struct doc *n, void *ret)
{
    (void)d;
    struct network_policy *p = ret;
    p->ingress.present = doc_get(n, "ingress") != NULL;
    p->egress.present = doc_get(n, "egress") != NULL;
}
static const struct field policy_spec_fields[] = {
    FIELD_OF("podSelector", F_STRUCT, pod_selector, shape_label_selector),
    FIELD("policyTypes", F_STR_LIST, types),
    FIELD_OF("ingress", F_LIST, ingress, shape_policy_rule),
    FIELD_OF("egress", F_LIST, egress, shape_policy_rule), FIELDS_END};
static const struct shape shape_policy_spec = {sizeof(T), policy_spec_fields, 0, policy_spec_done};
static const struct field policy_fields[] = {OBJECT_FIELDS, SPEC(shape_policy_spec), FIELDS_END};
static const struct shape shape_network_policy = {sizeof(T), policy_fields, 0, NULL};
#undef T

#define T struct cilium_rule
static const char *const cilium_peer_keys[] = {
    "fromEndpoints", "fromEntities", "fromCIDR",  "fromCIDRSet", "toEndpoints",
    "toEntities",    "toCIDR",       "toCIDRSet", "toFQDNs",     "toServices"};
/* One rule of http, kafka or l7: {method: GET} still lets every path through. */
static bool is_restrictive(const struct doc *rule)
{
    for (const struct doc *k = rule->type == DOC_MAP ? rule->child : NULL; k; k = k->next) {
        bool all = k->type != DOC_STRING || str_is(k->text, ".*") || str_is(k->text, "/.*") ||
                   str_is(k->text, "/") || str_empty(k->text);
        if (!str_is(k->key, "method") && (!all || (k->type != DOC_STRING && k->count > 0)))
            return true;
    }
    return false;
}

/* DNS rules do not count: they are how toFQDNs learns names. */
static void read_l7(struct decoder *d, const struct doc *rules, struct cilium_rule *ret)
{
    for (const struct doc *k = rules && rules->type == DOC_MAP ? rules->child : NULL; k;
         k = k->next) {
        if (str_is(k->key, "dns") || str_is(k->key, "l7proto"))
            continue;
        ret->has_l7 = true;
        ret->l7_at = decode_pos(d, k->key_at);
        for (const struct doc *one = k->type == DOC_SEQ ? k->child : NULL; one; one = one->next)
            ret->l7_restricts = ret->l7_restricts || is_restrictive(one);
    }
}

static void cilium_rule_done(struct decoder *d, const struct doc *n, void *ret)
{
    struct cilium_rule *r = ret;
    for (size_t i = 0; i < ARRAY_LEN(cilium_peer_keys); i++) {
        const struct doc *peers = doc_get(n, cilium_peer_keys[i]);
        r->peers += peers ? peers->count : 0;
    }
    const struct doc *to_ports = doc_get(n, "toPorts");
    for (const struct doc *p = to_ports && to_ports->type == DOC_SEQ ? to_ports->child : NULL; p;
         p = p->next) {
        const struct doc *ports = doc_get(p, "ports");
        r->ports += ports ? ports->count : 0;
        read_l7(d, doc_get(p, "rules"), r);
    }
}
static const struct field no_fields[] = {FIELDS_END};
static const struct shape shape_cilium_rule = {sizeof(T), no_fields, AT_OF(T, at),
                                               cilium_rule_done};
#undef T
/* Rules of ingress and egress, of `spec` or of each of `specs`, in one list. */
static void read_cilium_rules(struct decoder *d, const struct doc *v, void *ret)
{
    struct cilium_policy *p = ret;
    static const char *const directions[] = {"ingress", "egress"};
    for (size_t i = 0; i < ARRAY_LEN(directions); i++) {
        const struct doc *rules = v->type == DOC_MAP ? doc_get(v, directions[i]) : NULL;
        for (const struct doc *r = rules && rules->type == DOC_SEQ ? rules->child : NULL; r;
             r = r->next)
            decode_shape(d, r, &shape_cilium_rule, PUSH(d->in->a, &p->rules));
    }
}
static void read_cilium_specs(struct decoder *d, const struct doc *v, void *ret)
{
    for (const struct doc *s = v->type == DOC_SEQ ? v->child : NULL; s; s = s->next)
        read_cilium_rules(d, s, ret);
}
#define T struct cilium_policy
static const struct field cilium_fields[] = {OBJECT_FIELDS, FIELD_FN("spec", o, read_cilium_rules),
                                             FIELD_FN("specs", o, read_cilium_specs), FIELDS_END};
static const struct shape shape_cilium = {sizeof(T), cilium_fields, 0, NULL};
#undef T

/* ---- access ---- */

#define T struct service_account
static const struct field service_account_fields[] = {
    OBJECT_FIELDS, FIELD("automountServiceAccountToken", F_OPT_BOOL, automount_token), FIELDS_END};
static const struct shape shape_service_account = {sizeof(T), service_account_fields, 0, NULL};
#undef T

#define T struct rbac_rule
static const struct field rbac_rule_fields[] = {
    FIELD("verbs", F_STR_LIST, verbs),
    FIELD("apiGroups", F_STR_LIST, api_groups),
    FIELD("resources", F_STR_LIST, resources),
    FIELD("resourceNames", F_STR_LIST, resource_names),
    FIELD("nonResourceURLs", F_STR_LIST, non_resource_urls),
    FIELDS_END};
static const struct shape shape_rbac_rule = {sizeof(T), rbac_rule_fields, AT_OF(T, at), NULL};
#undef T
#define T struct role
static const struct field role_fields[] = {
    OBJECT_FIELDS, FIELD_OF("rules", F_LIST, rules, shape_rbac_rule), FIELDS_END};
static const struct shape shape_role = {sizeof(T), role_fields, 0, NULL};
#undef T

#define T struct rbac_subject
static const struct field subject_fields[] = {
    FIELD("kind", F_STR, kind), FIELD("apiGroup", F_STR, api_group), FIELD("name", F_STR, name),
    FIELD("namespace", F_STR, ns), FIELDS_END};
static const struct shape shape_subject = {sizeof(T), subject_fields, AT_OF(T, at), NULL};
#undef T
#define T struct role_binding
static const struct field role_ref_fields[] = {FIELD("kind", F_STR, role_kind),
                                               FIELD("name", F_STR, role_name), FIELDS_END};
static const struct shape shape_role_ref = {sizeof(T), role_ref_fields, AT_OF(T, role_at), NULL};
static const struct field role_binding_fields[] = {
    OBJECT_FIELDS, FIELD_INTO("roleRef", shape_role_ref),
    FIELD_OF("subjects", F_LIST, subjects, shape_subject), FIELDS_END};
static const struct shape shape_role_binding = {sizeof(T), role_binding_fields, 0, NULL};
#undef T

/* ---- webhooks ---- */

#define T struct webhook_rule
static const struct field webhook_rule_fields[] = {FIELD("operations", F_STR_LIST, operations),
                                                   FIELD("apiGroups", F_STR_LIST, api_groups),
                                                   FIELD("apiVersions", F_STR_LIST, api_versions),
                                                   FIELD("resources", F_STR_LIST, resources),
                                                   FIELD("scope", F_STR, scope),
                                                   FIELDS_END};
static const struct shape shape_webhook_rule = {sizeof(T), webhook_rule_fields, 0, NULL};
#undef T
static void count_elements(struct decoder *d, const struct doc *v, void *ret)
{
    (void)d;
    *(size_t *)ret = v->type == DOC_SEQ ? v->count : 0;
}
#define T struct webhook
static const struct field webhook_service_fields[] = {
    FIELD("name", F_STR, service_name), FIELD("namespace", F_STR, service_ns), FIELDS_END};
static const struct shape shape_webhook_service = {sizeof(T), webhook_service_fields, 0, NULL};
static const struct field client_config_fields[] = {FIELD_INTO("service", shape_webhook_service),
                                                    FIELD("url", F_OPT_STR, url), FIELDS_END};
static const struct shape shape_client_config = {sizeof(T), client_config_fields, 0, NULL};
static const struct field webhook_fields[] = {
    FIELD("name", F_STR, name),
    FIELD_INTO("clientConfig", shape_client_config),
    FIELD("failurePolicy", F_OPT_STR, failure_policy),
    FIELD("timeoutSeconds", F_OPT_INT, timeout_seconds),
    FIELD_OF("namespaceSelector", F_STRUCT, namespace_selector, shape_label_selector),
    FIELD_OF("objectSelector", F_STRUCT, object_selector, shape_label_selector),
    FIELD_OF("rules", F_LIST, rules, shape_webhook_rule),
    FIELD_FN_OF("matchConditions", match_conditions, count_elements, shape_presence),
    FIELDS_END};
static const struct shape shape_webhook = {sizeof(T), webhook_fields, AT_OF(T, at), NULL};
#undef T
#define T struct webhook_config
static const struct field webhook_config_fields[] = {
    OBJECT_FIELDS, FIELD_OF("webhooks", F_LIST, webhooks, shape_webhook), FIELDS_END};
static const struct shape shape_webhook_config = {sizeof(T), webhook_config_fields, 0, NULL};
#undef T

/* ---- configuration ---- */

/* The kubelet's and kube-proxy's configuration, and the sizes of Cilium's maps. */
static bool keeps_text(struct str key)
{
    return str_is(key, "kubelet") || str_is(key, "config.conf") || str_starts(key, "bpf-");
}

/* Of other keys just the name (they can be megabytes). */
static void read_config_data(struct decoder *d, const struct doc *v, void *ret)
{
    struct labels *l = ret;
    for (const struct doc *c = v->type == DOC_MAP ? v->child : NULL; c; c = c->next) {
        struct label *entry = PUSH(d->in->a, l);
        entry->key = decode_copy(d, c->key);
        entry->value = keeps_text(c->key) ? decode_copy(d, c->text) : STR("");
        entry->at = decode_pos(d, c->key_at);
    }
}
#define T struct config_map
static const struct field config_map_fields[] = {
    OBJECT_FIELDS, FIELD_FN("data", data, read_config_data), FIELDS_END};
static const struct shape shape_config_map = {sizeof(T), config_map_fields, 0, NULL};
#undef T

#define T struct kubelet_config
static const struct field memory_swap_fields[] = {FIELD("swapBehavior", F_OPT_STR, swap_behavior),
                                                  FIELDS_END};
static const struct shape shape_memory_swap = {sizeof(T), memory_swap_fields, 0, NULL};
static void kubelet_done(struct decoder *d, const struct doc *n, void *ret)
{
    (void)d;
    struct kubelet_config *k = ret;
    const struct doc *v;
    k->eviction_hard_set = (v = doc_get(n, "evictionHard")) && v->type == DOC_MAP;
    k->system_reserved_set = (v = doc_get(n, "systemReserved")) && v->type == DOC_MAP;
    k->kube_reserved_set = (v = doc_get(n, "kubeReserved")) && v->type == DOC_MAP;
    if (!k->o.name.p)
        k->o.name = k->node.p ? k->node : STR("");
}
static void read_scalar_text(struct decoder *d, const struct doc *v, void *ret)
{
    struct opt_str *s = ret;
    if (v->type != DOC_NULL && v->type != DOC_SEQ && v->type != DOC_MAP)
        *s = (struct opt_str){decode_copy(d, v->text), decode_pos(d, v->at)};
}
static const struct field kubelet_fields[] = {
    {.name = "metadata", .type = F_STRUCT, .offset = 0, .shape = &shape_object_metadata},
    FIELD_AT("evictionHard", F_TEXT_MAP, eviction_hard, eviction_hard_at),
    FIELD("evictionSoft", F_TEXT_MAP, eviction_soft),
    FIELD("evictionSoftGracePeriod", F_TEXT_MAP, eviction_soft_grace),
    FIELD("evictionMinimumReclaim", F_TEXT_MAP, eviction_min_reclaim),
    FIELD_AT("systemReserved", F_TEXT_MAP, system_reserved, system_reserved_at),
    FIELD_AT("kubeReserved", F_TEXT_MAP, kube_reserved, kube_reserved_at),
    FIELD("enforceNodeAllocatable", F_STR_LIST, enforce_node_allocatable),
    FIELD("mergeDefaultEvictionSettings", F_OPT_BOOL, merge_default_eviction),
    FIELD("singleProcessOOMKill", F_OPT_BOOL, single_process_oom_kill),
    FIELD("failSwapOn", F_OPT_BOOL, fail_swap_on),
    FIELD("failCgroupV1", F_OPT_BOOL, fail_cgroup_v1),
    FIELD("readOnlyPort", F_OPT_INT, read_only_port),
    FIELD("maxPods", F_OPT_INT, max_pods),
    FIELD_INTO("memorySwap", shape_memory_swap),
    FIELD("memoryReservationPolicy", F_OPT_STR, memory_reservation_policy),
    FIELD_FN("memoryThrottlingFactor", memory_throttling_factor, read_scalar_text),
    FIELD("cgroupDriver", F_OPT_STR, cgroup_driver),
    FIELD("featureGates", F_TEXT_MAP, feature_gates),
    FIELD_FN("evictionPressureTransitionPeriod", eviction_pressure_transition_period,
             read_scalar_text),
    FIELDS_END};
static const struct shape shape_kubelet = {sizeof(T), kubelet_fields, 0, kubelet_done};
#undef T

#define T struct kube_proxy_config
static const struct field conntrack_fields[] = {
    FIELD("maxPerCore", F_OPT_INT, conntrack_max_per_core), FIELD("min", F_OPT_INT, conntrack_min),
    FIELDS_END};
static const struct shape shape_conntrack = {sizeof(T), conntrack_fields, 0, NULL};
static const struct field kube_proxy_fields[] = {
    {.name = "metadata", .type = F_STRUCT, .offset = 0, .shape = &shape_object_metadata},
    FIELD_INTO("conntrack", shape_conntrack),
    FIELDS_END};
static const struct shape shape_kube_proxy = {sizeof(T), kube_proxy_fields, 0, NULL};
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
#define T struct pod_metrics
static const struct field pod_metrics_fields[] = {
    OBJECT_FIELDS, FIELD("timestamp", F_TIME, taken_ms), FIELD("window", F_DURATION, window_ms),
    FIELD_OF("containers", F_LIST, containers, shape_container_usage), FIELDS_END};
static const struct shape shape_pod_metrics = {sizeof(T), pod_metrics_fields, 0, NULL};
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
};

const struct shape *decode_kind_shape(enum kind k)
{
    return shapes[k];
}
