/* SPDX-License-Identifier: Apache-2.0
 *
 * Field tables of pods (k8s.io/api core/v1 types.go): containers, probes, affinity, volumes,
 * status.
 */
#include "model/decode_table.h"

/* ---- metadata ---- */

#define T struct owner_ref
static const struct field owner_fields[] = {FIELD("apiVersion", F_STR, api_version),
                                            FIELD("kind", F_STR, kind),
                                            FIELD("name", F_STR, name),
                                            FIELD("uid", F_STR, uid),
                                            FIELD("controller", F_BOOL, controller),
                                            FIELDS_END};
static const struct shape shape_owner = {sizeof(T), owner_fields, 0, NULL};
#undef T

#define T struct object
static const struct field metadata_fields[] = {
    FIELD_AT("name", F_STR, name, name_at),
    FIELD("namespace", F_STR, ns),
    FIELD("uid", F_STR, uid),
    FIELD("generateName", F_STR, generate_name),
    FIELD("labels", F_LABELS, labels),
    FIELD("annotations", F_LABELS, annotations),
    FIELD_OF("ownerReferences", F_LIST, owners, shape_owner),
    FIELD("creationTimestamp", F_TIME, created_ms),
    FIELD("deletionTimestamp", F_TIME, deleted_ms),
    FIELDS_END};
const struct shape shape_object_metadata = {sizeof(T), metadata_fields, 0, NULL};
#undef T

/* ---- selectors ---- */

static void read_operator(struct decoder *d, const struct doc *v, void *ret)
{
    static const char *const names[] = {"In", "NotIn", "Exists", "DoesNotExist", "Gt", "Lt"};
    enum selector_op *op = ret;
    *op = SEL_INVALID;
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (str_is(v->text, names[i]))
            *op = (enum selector_op)i;
    if (*op == SEL_INVALID)
        decode_problem(d, v, "must be one of In, NotIn, Exists, DoesNotExist, Gt, Lt");
}

#define T struct requirement
static const struct field requirement_fields[] = {FIELD("key", F_STR, key),
                                                  FIELD_FN("operator", op, read_operator),
                                                  FIELD("values", F_STR_LIST, values), FIELDS_END};
static const struct shape shape_requirement = {sizeof(T), requirement_fields, AT_OF(T, at), NULL};
#undef T

static void selector_done(struct decoder *d, const struct doc *n, void *ret)
{
    (void)d;
    (void)n;
    ((struct label_selector *)ret)->present = true;
}

#define T struct label_selector
static const struct field selector_fields[] = {
    FIELD("matchLabels", F_LABELS, match_labels),
    FIELD_OF("matchExpressions", F_LIST, expressions, shape_requirement), FIELDS_END};
const struct shape shape_label_selector = {sizeof(T), selector_fields, AT_OF(T, at), selector_done};
#undef T

#define T struct node_selector_term
static const struct field node_term_fields[] = {
    FIELD_OF("matchExpressions", F_LIST, expressions, shape_requirement),
    FIELD_OF("matchFields", F_LIST, fields, shape_requirement), FIELDS_END};
static const struct shape shape_node_term = {sizeof(T), node_term_fields, 0, NULL};
static const struct field preferred_node_fields[] = {
    FIELD("weight", F_INT, weight), FIELD_INTO("preference", shape_node_term), FIELDS_END};
static const struct shape shape_preferred_node = {sizeof(T), preferred_node_fields, 0, NULL};
#undef T

static void node_selector_done(struct decoder *d, const struct doc *n, void *ret)
{
    (void)d;
    (void)n;
    ((struct node_selector_terms *)ret)->present = true;
}

/* The list itself is the head of struct node_selector_terms, so it decodes to offset 0. */
static const struct field node_selector_fields[] = {
    {.name = "nodeSelectorTerms", .type = F_LIST, .offset = 0, .shape = &shape_node_term},
    FIELDS_END};
const struct shape shape_node_selector = {sizeof(struct node_selector_terms), node_selector_fields,
                                          0, node_selector_done};

/* ---- affinity and the like ---- */

#define T struct pod_affinity_term
static const struct field affinity_term_fields[] = {
    FIELD_OF("labelSelector", F_STRUCT, selector, shape_label_selector),
    FIELD_OF("namespaceSelector", F_STRUCT, ns_selector, shape_label_selector),
    FIELD("namespaces", F_STR_LIST, namespaces),
    FIELD("matchLabelKeys", F_STR_LIST, match_label_keys),
    FIELD("mismatchLabelKeys", F_STR_LIST, mismatch_label_keys),
    FIELD("topologyKey", F_STR, topology_key),
    FIELDS_END};
static const struct shape shape_affinity_term = {sizeof(T), affinity_term_fields, AT_OF(T, at),
                                                 NULL};
static const struct field weighted_term_fields[] = {
    FIELD("weight", F_INT, weight), FIELD_INTO("podAffinityTerm", shape_affinity_term), FIELDS_END};
static const struct shape shape_weighted_term = {sizeof(T), weighted_term_fields, AT_OF(T, at),
                                                 NULL};
#undef T

#define T struct affinity
static const struct field node_affinity_fields[] = {
    FIELD_OF("requiredDuringSchedulingIgnoredDuringExecution", F_STRUCT, node_required,
             shape_node_selector),
    FIELD_OF("preferredDuringSchedulingIgnoredDuringExecution", F_LIST, node_preferred,
             shape_preferred_node),
    FIELDS_END};
static const struct shape shape_node_affinity = {sizeof(T), node_affinity_fields, 0, NULL};
static const struct field pod_affinity_fields[] = {
    FIELD_OF("requiredDuringSchedulingIgnoredDuringExecution", F_LIST, pod_required,
             shape_affinity_term),
    FIELD_OF("preferredDuringSchedulingIgnoredDuringExecution", F_LIST, pod_preferred,
             shape_weighted_term),
    FIELDS_END};
static const struct shape shape_pod_affinity = {sizeof(T), pod_affinity_fields, 0, NULL};
static const struct field anti_affinity_fields[] = {
    FIELD_OF("requiredDuringSchedulingIgnoredDuringExecution", F_LIST, anti_required,
             shape_affinity_term),
    FIELD_OF("preferredDuringSchedulingIgnoredDuringExecution", F_LIST, anti_preferred,
             shape_weighted_term),
    FIELDS_END};
static const struct shape shape_anti_affinity = {sizeof(T), anti_affinity_fields, 0, NULL};
static const struct field affinity_fields[] = {
    FIELD_INTO("nodeAffinity", shape_node_affinity), FIELD_INTO("podAffinity", shape_pod_affinity),
    FIELD_INTO("podAntiAffinity", shape_anti_affinity), FIELDS_END};
static const struct shape shape_affinity = {sizeof(T), affinity_fields, AT_OF(T, at), NULL};
#undef T

#define T struct toleration
static const struct field toleration_fields[] = {FIELD("key", F_STR, key),
                                                 FIELD("operator", F_STR, op),
                                                 FIELD("value", F_STR, value),
                                                 FIELD("effect", F_STR, effect),
                                                 FIELD_ANY_SIGN("tolerationSeconds", seconds),
                                                 FIELDS_END};
const struct shape shape_toleration = {sizeof(T), toleration_fields, 0, NULL};
#undef T

#define T struct topology_spread
static const struct field spread_fields[] = {
    FIELD("maxSkew", F_INT, max_skew),
    FIELD("minDomains", F_OPT_INT, min_domains),
    FIELD("topologyKey", F_STR, topology_key),
    FIELD("whenUnsatisfiable", F_STR, when_unsatisfiable),
    FIELD("nodeAffinityPolicy", F_STR, node_affinity_policy),
    FIELD("nodeTaintsPolicy", F_STR, node_taints_policy),
    FIELD_OF("labelSelector", F_STRUCT, selector, shape_label_selector),
    FIELD("matchLabelKeys", F_STR_LIST, match_label_keys),
    FIELDS_END};
static const struct shape shape_spread = {sizeof(T), spread_fields, AT_OF(T, at), NULL};
#undef T

/* ---- containers ---- */

static void resources_done(struct decoder *d, const struct doc *n, void *ret)
{
    (void)d;
    (void)n;
    ((struct resource_requirements *)ret)->set = true;
}

#define T struct resource_requirements
static const struct field requirements_fields[] = {
    FIELD_AT("requests", F_RESOURCES, requests, requests_at),
    FIELD_AT("limits", F_RESOURCES, limits, limits_at), FIELD("claims", F_STR_LIST, claims),
    FIELDS_END};
const struct shape shape_resource_requirements = {sizeof(T), requirements_fields, AT_OF(T, at),
                                                  resources_done};
#undef T

static const struct field presence_fields[] = {FIELDS_END};
const struct shape shape_presence = {0, presence_fields, 0, NULL};

static void env_value_from(struct decoder *d, const struct doc *v, void *ret)
{
    (void)d;
    *(bool *)ret = v->type == DOC_MAP;
}

#define T struct env_var
static const struct field env_fields[] = {
    FIELD("name", F_STR, name), FIELD("value", F_STR, value),
    FIELD_FN_OF("valueFrom", from_source, env_value_from, shape_presence), FIELDS_END};
static const struct shape shape_env = {sizeof(T), env_fields, AT_OF(T, at), NULL};
#undef T

#define T struct container_port
static const struct field port_fields[] = {
    FIELD("name", F_STR, name),          FIELD("protocol", F_STR, protocol),
    FIELD("hostIP", F_STR, host_ip),     FIELD("containerPort", F_INT, container_port),
    FIELD("hostPort", F_INT, host_port), FIELDS_END};
static const struct shape shape_port = {sizeof(T), port_fields, AT_OF(T, at), NULL};
#undef T

#define T struct volume_mount
static const struct field mount_fields[] = {FIELD("name", F_STR, name),
                                            FIELD("mountPath", F_STR, mount_path), FIELDS_END};
static const struct shape shape_mount = {sizeof(T), mount_fields, AT_OF(T, at), NULL};
#undef T

#define T struct handler
static const struct field exec_fields[] = {FIELD("command", F_STR_LIST, command), FIELDS_END};
static const struct shape shape_exec = {sizeof(T), exec_fields, 0, NULL};
static const struct field http_fields[] = {
    FIELD("path", F_STR, path), FIELD("scheme", F_STR, scheme), FIELD("host", F_OPT_STR, host),
    FIELD("port", F_INT_OR_STR, port), FIELDS_END};
static const struct shape shape_http = {sizeof(T), http_fields, 0, NULL};
static const struct field grpc_fields[] = {FIELD("service", F_STR, service),
                                           FIELD("port", F_INT_OR_STR, port), FIELDS_END};
static const struct shape shape_grpc = {sizeof(T), grpc_fields, 0, NULL};
static const struct field sleep_fields[] = {FIELD("seconds", F_OPT_INT, sleep_seconds), FIELDS_END};
static const struct shape shape_sleep = {sizeof(T), sleep_fields, 0, NULL};

/* The key says what the handler does. */
static void read_handler(struct decoder *d, const struct doc *v, struct handler *h,
                         enum handler_type type, const struct shape *s)
{
    if (v->type == DOC_NULL)
        return;
    h->type = type;
    h->at = decode_pos(d, v->key_at);
    decode_shape(d, v, s, h);
}
static void read_exec(struct decoder *d, const struct doc *v, void *ret)
{
    read_handler(d, v, ret, HANDLER_EXEC, &shape_exec);
}
static void read_http(struct decoder *d, const struct doc *v, void *ret)
{
    read_handler(d, v, ret, HANDLER_HTTP, &shape_http);
}
static void read_tcp(struct decoder *d, const struct doc *v, void *ret)
{
    read_handler(d, v, ret, HANDLER_TCP, &shape_http);
}
static void read_grpc(struct decoder *d, const struct doc *v, void *ret)
{
    read_handler(d, v, ret, HANDLER_GRPC, &shape_grpc);
}
static void read_sleep(struct decoder *d, const struct doc *v, void *ret)
{
    read_handler(d, v, ret, HANDLER_SLEEP, &shape_sleep);
}
#define HANDLER_FIELDS(member)                                  \
    FIELD_FN_OF("exec", member, read_exec, shape_exec),         \
        FIELD_FN_OF("httpGet", member, read_http, shape_http),  \
        FIELD_FN_OF("tcpSocket", member, read_tcp, shape_http), \
        FIELD_FN_OF("grpc", member, read_grpc, shape_grpc),     \
        FIELD_FN_OF("sleep", member, read_sleep, shape_sleep)
#undef T

struct hook {
    struct handler handler;
};
#define T struct hook
static const struct field hook_fields[] = {HANDLER_FIELDS(handler), FIELDS_END};
static const struct shape shape_hook = {sizeof(T), hook_fields, 0, NULL};
#undef T

#define T struct lifecycle
static const struct field lifecycle_fields[] = {
    FIELD_OF("preStop", F_STRUCT, pre_stop, shape_hook),
    FIELD_OF("postStart", F_STRUCT, post_start, shape_hook), FIELDS_END};
static const struct shape shape_lifecycle = {sizeof(T), lifecycle_fields, AT_OF(T, at), NULL};
#undef T

#define T struct probe
static const struct field probe_fields[] = {
    HANDLER_FIELDS(handler),
    FIELD("initialDelaySeconds", F_OPT_INT, initial_delay_seconds),
    FIELD("timeoutSeconds", F_OPT_INT, timeout_seconds),
    FIELD("periodSeconds", F_OPT_INT, period_seconds),
    FIELD("successThreshold", F_OPT_INT, success_threshold),
    FIELD("failureThreshold", F_OPT_INT, failure_threshold),
    FIELD("terminationGracePeriodSeconds", F_OPT_INT, termination_grace_period_seconds),
    FIELDS_END};
static const struct shape shape_probe = {sizeof(T), probe_fields, 0, NULL};
#undef T

static void read_probe(struct decoder *d, const struct doc *v, void *ret)
{
    if (v->type != DOC_MAP) {
        decode_shape(d, v, &shape_probe, ret); /* reports the type; null is absent */
        return;
    }
    struct probe *p = arena_new(d->in->a, struct probe);
    p->at = decode_pos(d, v->key_at);
    decode_shape(d, v, &shape_probe, p);
    *(struct probe **)ret = p;
}

#define T struct container
static const struct field security_fields[] = {
    FIELD("privileged", F_OPT_BOOL, privileged),
    FIELD("runAsNonRoot", F_OPT_BOOL, run_as_non_root),
    FIELD("runAsUser", F_OPT_INT, run_as_user),
    FIELD("readOnlyRootFilesystem", F_OPT_BOOL, read_only_root_filesystem),
    FIELD("allowPrivilegeEscalation", F_OPT_BOOL, allow_privilege_escalation),
    FIELDS_END};
static const struct shape shape_container_security = {sizeof(T), security_fields, 0, NULL};
#undef T

#define T struct restart_rule
static const struct field restart_rule_fields[] = {FIELD("action", F_STR, action), FIELDS_END};
static const struct shape shape_restart_rule = {sizeof(T), restart_rule_fields, 0, NULL};
#undef T

#define T struct container
static const struct field container_fields[] = {
    FIELD_AT("name", F_STR, name, name_at),
    FIELD("image", F_OPT_STR, image),
    FIELD("imagePullPolicy", F_OPT_STR, image_pull_policy),
    FIELD("restartPolicy", F_OPT_STR, restart_policy),
    FIELD_OF("restartPolicyRules", F_LIST, restart_rules, shape_restart_rule),
    FIELD_AT("command", F_STR_LIST, command, command_at),
    FIELD_AT("args", F_STR_LIST, args, args_at),
    {.name = "env",
     .type = F_LIST,
     .offset = offsetof(T, env),
     .at = AT_OF(T, env_at),
     .shape = &shape_env},
    FIELD_OF("ports", F_LIST, ports, shape_port),
    FIELD_OF("volumeMounts", F_LIST, volume_mounts, shape_mount),
    FIELD_OF("resources", F_STRUCT, resources, shape_resource_requirements),
    {.name = "livenessProbe",
     .type = F_CUSTOM,
     .offset = offsetof(T, liveness),
     .shape = &shape_probe,
     .fn = read_probe,
     .shared = true},
    {.name = "readinessProbe",
     .type = F_CUSTOM,
     .offset = offsetof(T, readiness),
     .shape = &shape_probe,
     .fn = read_probe,
     .shared = true},
    {.name = "startupProbe",
     .type = F_CUSTOM,
     .offset = offsetof(T, startup),
     .shape = &shape_probe,
     .fn = read_probe,
     .shared = true},
    FIELD_OF("lifecycle", F_POINTER, lifecycle, shape_lifecycle),
    FIELD_INTO("securityContext", shape_container_security),
    FIELDS_END};
const struct shape shape_container = {sizeof(T), container_fields, AT_OF(T, at), NULL};
#undef T

/* ---- pod spec and template ---- */

static void number_containers(struct containers *l, bool init)
{
    for (size_t i = 0; i < l->count; i++) {
        struct container *k = &l->items[i];
        k->index = (uint32_t)i;
        if (init)
            k->kind = str_is(k->restart_policy.v, "Always") ? CONTAINER_SIDECAR : CONTAINER_INIT;
    }
}

static void pod_spec_done(struct decoder *d, const struct doc *n, void *ret)
{
    (void)d;
    (void)n;
    struct pod_spec *s = ret;
    number_containers(&s->containers, false);
    number_containers(&s->init_containers, true);
}

#define T struct pod_spec
static const struct field pod_security_fields[] = {
    FIELD("runAsNonRoot", F_OPT_BOOL, run_as_non_root), FIELD("runAsUser", F_OPT_INT, run_as_user),
    FIELDS_END};
static const struct shape shape_pod_security = {sizeof(T), pod_security_fields,
                                                AT_OF(T, pod_security_at), NULL};
static const struct field os_fields[] = {FIELD("name", F_OPT_STR, os_name), FIELDS_END};
static const struct shape shape_os = {sizeof(T), os_fields, 0, NULL};
static const struct field pod_spec_fields[] = {
    FIELD_OF("containers", F_LIST, containers, shape_container),
    FIELD_OF("initContainers", F_LIST, init_containers, shape_container),
    FIELD_OF("ephemeralContainers", F_LIST, ephemeral_containers, shape_container),
    FIELD_OF("volumes", F_LIST, volumes, shape_volume),
    FIELD_OF("resources", F_STRUCT, resources, shape_resource_requirements),
    FIELD("overhead", F_RESOURCES, overhead), FIELD("restartPolicy", F_OPT_STR, restart_policy),
    FIELD("priorityClassName", F_OPT_STR, priority_class_name),
    FIELD("runtimeClassName", F_OPT_STR, runtime_class_name),
    FIELD("schedulerName", F_OPT_STR, scheduler_name),
    /* the old name first, so that the current one wins */
    FIELD("serviceAccount", F_OPT_STR, service_account_name),
    FIELD("serviceAccountName", F_OPT_STR, service_account_name),
    FIELD("preemptionPolicy", F_OPT_STR, preemption_policy),
    FIELD("nodeName", F_OPT_STR, node_name), FIELD_ANY_SIGN("priority", priority),
    FIELD("terminationGracePeriodSeconds", F_OPT_INT, termination_grace_period_seconds),
    FIELD("activeDeadlineSeconds", F_OPT_INT, active_deadline_seconds),
    FIELD("automountServiceAccountToken", F_OPT_BOOL, automount_token),
    FIELD("hostNetwork", F_OPT_BOOL, host_network), FIELD("hostPID", F_OPT_BOOL, host_pid),
    FIELD("hostUsers", F_OPT_BOOL, host_users), FIELD("hostIPC", F_OPT_BOOL, host_ipc),
    FIELD("enableServiceLinks", F_OPT_BOOL, enable_service_links),
    FIELD("nodeSelector", F_LABELS, node_selector),
    FIELD_OF("affinity", F_POINTER, affinity, shape_affinity),
    FIELD_OF("tolerations", F_LIST, tolerations, shape_toleration),
    FIELD_OF("topologySpreadConstraints", F_LIST, spread, shape_spread),
    FIELD("schedulingGates", F_STR_LIST, scheduling_gates),
    FIELD("resourceClaims", F_STR_LIST, resource_claims), FIELD_INTO("os", shape_os),
    FIELD_INTO("securityContext", shape_pod_security), FIELDS_END};
const struct shape shape_pod_spec = {sizeof(T), pod_spec_fields, 0, pod_spec_done};
#undef T

#define T struct pod_template
static const struct field template_metadata_fields[] = {
    FIELD("labels", F_LABELS, labels), FIELD("annotations", F_LABELS, annotations), FIELDS_END};
static const struct shape shape_template_metadata = {sizeof(T), template_metadata_fields, 0, NULL};
static const struct field template_fields[] = {FIELD_INTO("metadata", shape_template_metadata),
                                               {.name = "spec",
                                                .type = F_STRUCT,
                                                .offset = offsetof(T, spec),
                                                .at = AT_OF(T, spec.at),
                                                .shape = &shape_pod_spec},
                                               FIELDS_END};
const struct shape shape_pod_template = {sizeof(T), template_fields, 0, NULL};
#undef T

/* ---- status ---- */

#define T struct container_state
static const struct field state_fields[] = {FIELD("reason", F_STR, reason),
                                            FIELD("message", F_STR, message),
                                            FIELD("exitCode", F_INT, exit_code),
                                            FIELD("signal", F_INT, signal),
                                            FIELD("startedAt", F_TIME, started_ms),
                                            FIELD("finishedAt", F_TIME, finished_ms),
                                            FIELDS_END};
static const struct shape shape_one_state = {sizeof(T), state_fields, 0, NULL};
#undef T

static void read_state(struct decoder *d, const struct doc *v, void *ret)
{
    static const char *const names[] = {NULL, "waiting", "running", "terminated"};
    struct container_state *s = ret;
    for (int i = 1; i < 4; i++) {
        const struct doc *n = v->type == DOC_MAP ? doc_get(v, names[i]) : NULL;
        if (!n || n->type != DOC_MAP)
            continue;
        s->type = (enum container_state_type)i;
        decode_shape(d, n, &shape_one_state, s);
    }
}

static void container_status_done(struct decoder *d, const struct doc *n, void *ret)
{
    (void)d;
    struct container_status *s = ret;
    const struct doc *r = doc_get(n, "resources"), *a = doc_get(n, "allocatedResources");
    s->resources_set = r && r->type == DOC_MAP;
    s->allocated_set = a && a->type == DOC_MAP;
}

static const struct field any_state_fields[] = {
    FIELD_KEPT("waiting", &shape_one_state), FIELD_KEPT("running", &shape_one_state),
    FIELD_KEPT("terminated", &shape_one_state), FIELDS_END};
static const struct shape shape_any_state = {0, any_state_fields, 0, NULL};

#define T struct container_status
static const struct field container_status_fields[] = {
    FIELD("name", F_STR, name),
    FIELD("imageID", F_STR, image_id),
    FIELD("containerID", F_STR, container_id),
    FIELD("ready", F_BOOL, ready),
    FIELD("restartCount", F_INT, restart_count),
    FIELD_FN_OF("state", state, read_state, shape_any_state),
    FIELD_FN_OF("lastState", last_state, read_state, shape_any_state),
    FIELD_OF("resources", F_STRUCT, resources, shape_resource_requirements),
    FIELD("allocatedResources", F_RESOURCES, allocated),
    FIELDS_END};
static const struct shape shape_container_status = {sizeof(T), container_status_fields, 0,
                                                    container_status_done};
#undef T

#define T struct condition
static const struct field condition_fields[] = {FIELD("type", F_STR, type),
                                                FIELD("status", F_STR, status),
                                                FIELD("reason", F_STR, reason),
                                                FIELD("message", F_STR, message),
                                                FIELD("lastTransitionTime", F_TIME, since_ms),
                                                FIELDS_END};
const struct shape shape_condition = {sizeof(T), condition_fields, 0, NULL};
#undef T

#define T struct claim_allocation
static const struct field claim_fields[] = {FIELD("containers", F_STR_LIST, containers),
                                            FIELD("resourceClaimName", F_STR, claim),
                                            FIELD("resources", F_RESOURCES, resources), FIELDS_END};
static const struct shape shape_claim = {sizeof(T), claim_fields, 0, NULL};
#undef T

#define T struct pod_status
static const struct field pod_status_fields[] = {
    FIELD("phase", F_STR, phase),
    FIELD("qosClass", F_STR, qos_class),
    FIELD("reason", F_STR, reason),
    FIELD("nominatedNodeName", F_STR, nominated_node_name),
    FIELD("resize", F_STR, resize),
    FIELD("startTime", F_TIME, start_time_ms),
    FIELD_OF("conditions", F_LIST, conditions, shape_condition),
    FIELD_OF("containerStatuses", F_LIST, containers, shape_container_status),
    FIELD_OF("initContainerStatuses", F_LIST, init_containers, shape_container_status),
    FIELD_OF("resources", F_STRUCT, resources, shape_resource_requirements),
    FIELD("allocatedResources", F_RESOURCES, allocated),
    FIELD_OF("nodeAllocatableResourceClaimStatuses", F_LIST, claims, shape_claim),
    FIELDS_END};
static const struct shape shape_pod_status = {sizeof(T), pod_status_fields, 0, NULL};
#undef T

#define T struct pod
static const struct field pod_fields[] = {{.name = "metadata",
                                           .type = F_STRUCT,
                                           .offset = 0,
                                           .at = AT_OF(T, o.metadata_at),
                                           .shape = &shape_object_metadata},
                                          FIELD("spec", F_AT, o.spec_at),
                                          {.name = "spec",
                                           .type = F_STRUCT,
                                           .offset = offsetof(T, spec),
                                           .at = AT_OF(T, spec.at),
                                           .shape = &shape_pod_spec},
                                          FIELD_OF("status", F_STRUCT, status, shape_pod_status),
                                          FIELDS_END};
const struct shape shape_pod = {sizeof(T), pod_fields, 0, NULL};
#undef T
