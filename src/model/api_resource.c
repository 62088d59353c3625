/* SPDX-License-Identifier: Apache-2.0
 *
 * The table of what is read of a live cluster. Pods come first: they are by far the most, and whether
 * they may be listed everywhere decides what else is asked. Secrets are not in it.
 */
#include "model/api_resource.h"

const char *const api_use_words[USE_COUNT] = {"check", "inspect",  "victims",
                                              "place", "simulate", "snapshot"};

enum {
    ALL = USE_CHECK | USE_INSPECT | USE_VICTIMS | USE_PLACE | USE_SIMULATE | USE_SNAPSHOT,
    WORLD = USE_VICTIMS | USE_PLACE | USE_SIMULATE, /* verbs that are about nodes */
    JUDGED = USE_CHECK | USE_SNAPSHOT,
    MOVED = USE_PLACE | USE_SIMULATE | JUDGED, /* what scheduling asks for */
    RUN = USE_SIMULATE | JUDGED,
    OWNED = ALL & ~USE_PLACE, /* makes pods, or is said to own them */
};

static const char *const kubelet_names[] = {"kubelet-config", NULL};
static const char *const proxy_names[] = {"kube-proxy", NULL};
static const char *const cilium_names[] = {"cilium-config", NULL};

#define CORE          "", "v1"
#define RBAC          "rbac.authorization.k8s.io", "v1"
#define ADMISSION     "admissionregistration.k8s.io", "v1 v1beta1"
#define MONITORING    "monitoring.coreos.com", "v1"
#define METRICS       "metrics.k8s.io", "v1beta1"
#define SYSTEM(names) true, JUDGED, 0, "kube-system", names

const struct api_resource api_resources[] = {
    {KIND_POD, CORE, "pods", true, false, ALL, ALL & ~USE_CHECK & ~USE_INSPECT, NULL, NULL},
    {KIND_NODE, CORE, "nodes", false, false, ALL, WORLD, NULL, NULL},
    {KIND_NAMESPACE, CORE, "namespaces", false, false, MOVED | USE_INSPECT, 0, NULL, NULL},
    {KIND_DEPLOYMENT, "apps", "v1", "deployments", true, false, ALL, 0, NULL, NULL},
    {KIND_REPLICA_SET, "apps", "v1", "replicasets", true, false, ALL, 0, NULL, NULL},
    {KIND_STATEFUL_SET, "apps", "v1", "statefulsets", true, false, ALL, 0, NULL, NULL},
    {KIND_DAEMON_SET, "apps", "v1", "daemonsets", true, false, ALL, 0, NULL, NULL},
    {KIND_JOB, "batch", "v1", "jobs", true, false, OWNED, 0, NULL, NULL},
    {KIND_CRON_JOB, "batch", "v1 v1beta1", "cronjobs", true, false, OWNED, 0, NULL, NULL},
    {KIND_REPLICATION_CONTROLLER, CORE, "replicationcontrollers", true, false, ALL, 0, NULL, NULL},
    {KIND_POD_METRICS, METRICS, "pods", true, true, ALL & ~USE_PLACE, 0, NULL, NULL},
    {KIND_NODE_METRICS, METRICS, "nodes", false, true, ALL & ~USE_PLACE, 0, NULL, NULL},
    {KIND_PDB, "policy", "v1 v1beta1", "poddisruptionbudgets", true, false, MOVED, 0, NULL, NULL},
    {KIND_HPA, "autoscaling", "v2 v2beta2 v1", "horizontalpodautoscalers", true, false, RUN, 0,
     NULL, NULL},
    {KIND_SERVICE, CORE, "services", true, false, MOVED, 0, NULL, NULL},
    {KIND_ENDPOINT_SLICE, "discovery.k8s.io", "v1 v1beta1", "endpointslices", true, false,
     USE_SIMULATE | USE_SNAPSHOT, 0, NULL, NULL},
    {KIND_LIMIT_RANGE, CORE, "limitranges", true, false, MOVED | USE_INSPECT, 0, NULL, NULL},
    {KIND_RESOURCE_QUOTA, CORE, "resourcequotas", true, false, JUDGED, 0, NULL, NULL},
    {KIND_PRIORITY_CLASS, "scheduling.k8s.io", "v1", "priorityclasses", false, false,
     MOVED | USE_INSPECT, 0, NULL, NULL},
    {KIND_RUNTIME_CLASS, "node.k8s.io", "v1 v1beta1", "runtimeclasses", false, false,
     MOVED | USE_INSPECT, 0, NULL, NULL},
    {KIND_PV, CORE, "persistentvolumes", false, false, USE_PLACE | USE_SIMULATE | USE_SNAPSHOT, 0,
     NULL, NULL},
    {KIND_PVC, CORE, "persistentvolumeclaims", true, false, USE_PLACE | USE_SIMULATE | USE_SNAPSHOT,
     0, NULL, NULL},
    {KIND_STORAGE_CLASS, "storage.k8s.io", "v1", "storageclasses", false, false,
     USE_PLACE | USE_SIMULATE | USE_SNAPSHOT, 0, NULL, NULL},
    {KIND_CSI_NODE, "storage.k8s.io", "v1", "csinodes", false, false,
     USE_PLACE | USE_SIMULATE | USE_SNAPSHOT, 0, NULL, NULL},
    {KIND_CSI_DRIVER, "storage.k8s.io", "v1", "csidrivers", false, true,
     USE_PLACE | USE_SIMULATE | USE_SNAPSHOT, 0, NULL, NULL},
    {KIND_CSI_STORAGE_CAPACITY, "storage.k8s.io", "v1", "csistoragecapacities", true, true,
     USE_PLACE | USE_SIMULATE | USE_SNAPSHOT, 0, NULL, NULL},
    {KIND_VOLUME_ATTACHMENT, "storage.k8s.io", "v1", "volumeattachments", false, false,
     USE_PLACE | USE_SIMULATE | USE_SNAPSHOT, 0, NULL, NULL},
    {KIND_VALIDATING_WEBHOOKS, ADMISSION, "validatingwebhookconfigurations", false, false, RUN, 0,
     NULL, NULL},
    {KIND_MUTATING_WEBHOOKS, ADMISSION, "mutatingwebhookconfigurations", false, false, RUN, 0, NULL,
     NULL},
    {KIND_NETWORK_POLICY, "networking.k8s.io", "v1", "networkpolicies", true, false, JUDGED, 0,
     NULL, NULL},
    {KIND_CILIUM_NETWORK_POLICY, "cilium.io", "v2", "ciliumnetworkpolicies", true, true, JUDGED, 0,
     NULL, NULL},
    {KIND_SERVICE_ACCOUNT, CORE, "serviceaccounts", true, false, JUDGED, 0, NULL, NULL},
    {KIND_ROLE, RBAC, "roles", true, false, JUDGED, 0, NULL, NULL},
    {KIND_CLUSTER_ROLE, RBAC, "clusterroles", false, false, JUDGED, 0, NULL, NULL},
    {KIND_ROLE_BINDING, RBAC, "rolebindings", true, false, JUDGED, 0, NULL, NULL},
    {KIND_CLUSTER_ROLE_BINDING, RBAC, "clusterrolebindings", false, false, JUDGED, 0, NULL, NULL},
    {KIND_VPA, "autoscaling.k8s.io", "v1", "verticalpodautoscalers", true, true, JUDGED, 0, NULL,
     NULL},
    {KIND_PROMETHEUS_RULE, MONITORING, "prometheusrules", true, true, JUDGED, 0, NULL, NULL},
    {KIND_PROMETHEUS, MONITORING, "prometheuses", true, true, JUDGED, 0, NULL, NULL},
    {KIND_KUBELET_CONFIGURATION, CORE, "configmaps", true, true, ALL & ~USE_PLACE & ~USE_INSPECT, 0,
     "kube-system", kubelet_names},
    {KIND_KUBE_PROXY_CONFIGURATION, CORE, "configmaps", true, SYSTEM(proxy_names)},
    {KIND_CONFIG_MAP, CORE, "configmaps", true, SYSTEM(cilium_names)},
};
const size_t api_resource_count = ARRAY_LEN(api_resources);

struct str api_resource_name(const struct api_resource *r, struct arena *a)
{
    if (r->in_namespace)
        return arena_printf(a, "%s %s/%s", r->resource, r->in_namespace, r->names[0]);
    return arena_printf(a, "%s%s%s", r->resource, r->group[0] ? "." : "", r->group);
}
