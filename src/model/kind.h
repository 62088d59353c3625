/* SPDX-License-Identifier: Apache-2.0
 *
 * The kinds of Kubernetes objects that plimsoll reads.
 */
#ifndef MODEL_KIND_H
#define MODEL_KIND_H

#include "base/str.h"

/* X(enum word, Kind, API group without version, namespaced, struct, list in struct cluster) */
#define KIND_TABLE(X)                                                                              \
    X(POD, "Pod", "", true, pod, pods)                                                             \
    X(POD_TEMPLATE, "PodTemplate", "", true, workload, workloads)                                  \
    X(DEPLOYMENT, "Deployment", "apps", true, workload, workloads)                                 \
    X(STATEFUL_SET, "StatefulSet", "apps", true, workload, workloads)                              \
    X(DAEMON_SET, "DaemonSet", "apps", true, workload, workloads)                                  \
    X(REPLICA_SET, "ReplicaSet", "apps", true, workload, workloads)                                \
    X(REPLICATION_CONTROLLER, "ReplicationController", "", true, workload, workloads)              \
    X(JOB, "Job", "batch", true, workload, workloads)                                              \
    X(CRON_JOB, "CronJob", "batch", true, workload, workloads)                                     \
    X(OTHER_WORKLOAD, "", "", true, workload, workloads) /* any kind with a pod template */        \
    X(NODE, "Node", "", false, node, nodes)                                                        \
    X(NAMESPACE, "Namespace", "", false, namespace_, namespaces)                                   \
    X(LIMIT_RANGE, "LimitRange", "", true, limit_range, limit_ranges)                              \
    X(RESOURCE_QUOTA, "ResourceQuota", "", true, resource_quota, resource_quotas)                  \
    X(PDB, "PodDisruptionBudget", "policy", true, pdb, pdbs)                                       \
    X(HPA, "HorizontalPodAutoscaler", "autoscaling", true, hpa, hpas)                              \
    X(PRIORITY_CLASS, "PriorityClass", "scheduling.k8s.io", false, priority_class,                 \
      priority_classes)                                                                            \
    X(RUNTIME_CLASS, "RuntimeClass", "node.k8s.io", false, runtime_class, runtime_classes)         \
    X(SERVICE, "Service", "", true, service, services)                                             \
    X(ENDPOINT_SLICE, "EndpointSlice", "discovery.k8s.io", true, endpoint_slice, endpoint_slices)  \
    X(PV, "PersistentVolume", "", false, pv, pvs)                                                  \
    X(PVC, "PersistentVolumeClaim", "", true, pvc, pvcs)                                           \
    X(STORAGE_CLASS, "StorageClass", "storage.k8s.io", false, storage_class, storage_classes)      \
    X(CSI_NODE, "CSINode", "storage.k8s.io", false, csi_node, csi_nodes)                           \
    X(CSI_DRIVER, "CSIDriver", "storage.k8s.io", false, csi_driver, csi_drivers)                   \
    X(CSI_STORAGE_CAPACITY, "CSIStorageCapacity", "storage.k8s.io", true, csi_storage_capacity,    \
      csi_storage_capacities)                                                                      \
    X(VOLUME_ATTACHMENT, "VolumeAttachment", "storage.k8s.io", false, volume_attachment,           \
      volume_attachments)                                                                          \
    X(NETWORK_POLICY, "NetworkPolicy", "networking.k8s.io", true, network_policy,                  \
      network_policies)                                                                            \
    X(CILIUM_NETWORK_POLICY, "CiliumNetworkPolicy", "cilium.io", true, cilium_policy,              \
      cilium_policies)                                                                             \
    X(SERVICE_ACCOUNT, "ServiceAccount", "", true, service_account, service_accounts)              \
    X(ROLE, "Role", "rbac.authorization.k8s.io", true, role, roles)                                \
    X(CLUSTER_ROLE, "ClusterRole", "rbac.authorization.k8s.io", false, role, roles)                \
    X(ROLE_BINDING, "RoleBinding", "rbac.authorization.k8s.io", true, role_binding, role_bindings) \
    X(CLUSTER_ROLE_BINDING, "ClusterRoleBinding", "rbac.authorization.k8s.io", false,              \
      role_binding, role_bindings)                                                                 \
    X(VALIDATING_WEBHOOKS, "ValidatingWebhookConfiguration", "admissionregistration.k8s.io",       \
      false, webhook_config, webhook_configs)                                                      \
    X(MUTATING_WEBHOOKS, "MutatingWebhookConfiguration", "admissionregistration.k8s.io", false,    \
      webhook_config, webhook_configs)                                                             \
    X(CONFIG_MAP, "ConfigMap", "", true, config_map, config_maps)                                  \
    X(KUBELET_CONFIGURATION, "KubeletConfiguration", "kubelet.config.k8s.io", false,               \
      kubelet_config, kubelet_configs)                                                             \
    X(VPA, "VerticalPodAutoscaler", "autoscaling.k8s.io", true, vpa, vpas)                         \
    X(POD_METRICS, "PodMetrics", "metrics.k8s.io", true, pod_metrics, pod_metrics)                 \
    X(NODE_METRICS, "NodeMetrics", "metrics.k8s.io", false, node_metrics, node_metrics)            \
    X(PROMETHEUS_RULE, "PrometheusRule", "monitoring.coreos.com", true, prometheus_rule,           \
      prometheus_rules)                                                                            \
    X(PROMETHEUS, "Prometheus", "monitoring.coreos.com", true, prometheus, prometheuses)           \
    X(KUBE_PROXY_CONFIGURATION, "KubeProxyConfiguration", "kubeproxy.config.k8s.io", false,        \
      kube_proxy_config, kube_proxy_configs)                                                       \
    X(USAGE_PROFILE, "UsageProfile", "plimsoll.dev", true, usage_profile, usage_profiles)          \
    X(SCENARIO, "Scenario", "plimsoll.dev", false, scenario, scenarios)                            \
    X(RECORDING, "Recording", "plimsoll.dev", false, recording, recordings)

enum kind {
    KIND_UNKNOWN,
#define X(word, kind, group, namespaced, type, list) KIND_##word,
    KIND_TABLE(X)
#undef X
        KIND_COUNT
};

/* "Deployment"; "" for KIND_UNKNOWN and KIND_OTHER_WORKLOAD. */
const char *kind_name(enum kind k);
bool kind_is_namespaced(enum kind k);
/* By apiVersion and kind, any version of the group (extensions/v1beta1 counts as the group that
 * the kind moved to). KIND_UNKNOWN if it is not one of ours. */
enum kind kind_find(struct str api_version, struct str kind);

#endif
