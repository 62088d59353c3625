/* SPDX-License-Identifier: Apache-2.0
 *
 * Field tables of Services, network policies, RBAC and admission webhooks: who reaches what.
 */
#include "model/decode_table.h"

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
const struct shape shape_service = {sizeof(T), service_fields, 0, NULL};
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
const struct shape shape_endpoint_slice = {sizeof(T), endpoint_slice_fields, 0,
                                           endpoint_slice_done};
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
const struct shape shape_network_policy = {sizeof(T), policy_fields, 0, NULL};
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
const struct shape shape_cilium = {sizeof(T), cilium_fields, 0, NULL};
#undef T

/* ---- access ---- */

#define T struct service_account
static const struct field service_account_fields[] = {
    OBJECT_FIELDS, FIELD("automountServiceAccountToken", F_OPT_BOOL, automount_token), FIELDS_END};
const struct shape shape_service_account = {sizeof(T), service_account_fields, 0, NULL};
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
const struct shape shape_role = {sizeof(T), role_fields, 0, NULL};
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
const struct shape shape_role_binding = {sizeof(T), role_binding_fields, 0, NULL};
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
const struct shape shape_webhook_config = {sizeof(T), webhook_config_fields, 0, NULL};
#undef T
