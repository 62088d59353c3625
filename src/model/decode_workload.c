/* SPDX-License-Identifier: Apache-2.0
 *
 * Field tables of workloads and of what disrupts and scales them: PodDisruptionBudgets, autoscalers,
 * PriorityClasses, RuntimeClasses.
 */
#include "model/decode_table.h"

/* ---- workloads ---- */

#define T struct workload
static const struct field rolling_fields[] = {
    FIELD("maxUnavailable", F_INT_OR_STR, max_unavailable),
    FIELD("maxSurge", F_INT_OR_STR, max_surge), FIELD("partition", F_OPT_INT, partition),
    FIELDS_END};
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
    FIELD("activeDeadlineSeconds", F_OPT_INT, deadline_seconds),
    FIELD("minReadySeconds", F_OPT_INT, min_ready_seconds),
    FIELD("revisionHistoryLimit", F_OPT_INT, revision_history_limit),
    FIELD("paused", F_OPT_BOOL, paused),
    FIELD("suspend", F_OPT_BOOL, suspend),
    FIELD_FN("selector", selector, read_workload_selector),
    FIELD_INTO("strategy", shape_strategy),
    FIELD_INTO("updateStrategy", shape_strategy),
    FIELD("serviceName", F_OPT_STR, service_name),
    FIELD_OF("volumeClaimTemplates", F_LIST, claims, shape_pvc),
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
const struct shape shape_workload = {sizeof(T), workload_fields, 0, workload_done};

static const struct field pod_template_fields[] = {OBJECT_FIELDS,
                                                   {.name = "template",
                                                    .type = F_STRUCT,
                                                    .offset = offsetof(T, tmpl),
                                                    .at = AT_OF(T, tmpl.at),
                                                    .shape = &shape_pod_template},
                                                   FIELDS_END};
const struct shape shape_pod_template_object = {sizeof(T), pod_template_fields, 0, workload_done};

static const struct field job_template_fields[] = {SPEC(shape_workload_spec), FIELDS_END};
static const struct shape shape_job_template = {sizeof(T), job_template_fields, 0, NULL};
static const struct field cron_spec_fields[] = {
    FIELD("suspend", F_OPT_BOOL, suspend), FIELD("schedule", F_OPT_STR, schedule),
    FIELD("concurrencyPolicy", F_OPT_STR, concurrency),
    FIELD_INTO("jobTemplate", shape_job_template), FIELDS_END};
static const struct shape shape_cron_spec = {sizeof(T), cron_spec_fields, 0, NULL};
static const struct field cron_fields[] = {OBJECT_FIELDS, SPEC(shape_cron_spec), FIELDS_END};
const struct shape shape_cron_job = {sizeof(T), cron_fields, 0, workload_done};
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
const struct shape shape_pdb = {sizeof(T), pdb_fields, 0, NULL};
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
const struct shape shape_hpa = {sizeof(T), hpa_fields, 0, NULL};
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
const struct shape shape_vpa = {sizeof(T), vpa_fields, 0, NULL};
#undef T

#define T struct priority_class
static const struct field priority_class_fields[] = {
    OBJECT_FIELDS, FIELD("value", F_INT, value), FIELD("globalDefault", F_BOOL, global_default),
    FIELD("preemptionPolicy", F_STR, preemption_policy), FIELDS_END};
const struct shape shape_priority_class = {sizeof(T), priority_class_fields, 0, NULL};
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
const struct shape shape_runtime_class = {sizeof(T), runtime_class_fields, 0, NULL};
#undef T
