/* SPDX-License-Identifier: Apache-2.0
 *
 * struct cluster: the one picture of the world that every verb works on. Readers in source/ fill
 * it, model/resolve.c links it, everything after that only reads it. It owns nothing: all of it is
 * in arenas that outlive it.
 */
#ifndef MODEL_CLUSTER_H
#define MODEL_CLUSTER_H

#include "base/map.h"
#include "model/pod.h"

struct pod_template {
    struct pos at;
    struct labels labels, annotations;
    struct pod_spec spec;
};

/* Anything that makes pods, and (wrapped by resolve) a Pod that nothing present owns. */
struct workload {
    struct object o;
    struct opt_int replicas; /* absent = 1; a Job: parallelism */
    struct opt_int completions, backoff_limit, min_ready_seconds, revision_history_limit;
    struct opt_bool paused, suspend;
    struct label_selector selector;
    struct pod_template tmpl; /* CronJob: of its job template */
    struct opt_str strategy_type;
    struct int_or_str max_unavailable, max_surge;
    struct opt_int partition; /* StatefulSet: lower ordinals keep what they are */
    struct pos strategy_at;
    struct opt_str service_name; /* StatefulSet */
    struct {
        struct pvc *items;
        size_t count, cap;
    } claims;                        /* StatefulSet: volumeClaimTemplates */
    struct opt_str schedule;         /* CronJob */
    struct opt_str concurrency;      /* CronJob: concurrencyPolicy */
    struct opt_int deadline_seconds; /* Job, CronJob: activeDeadlineSeconds of the Job */
    struct str template_path; /* path of the pod spec: "spec.template.spec", "spec" for a Pod */
    /* status, when live */
    struct opt_int status_replicas, ready_replicas;
    /* Set by model/resolve.c. */
    struct workload *owner;     /* direct controller when present, else NULL */
    struct pod *pod;            /* the Pod it wraps, when o.kind is KIND_POD */
    const struct workload *was; /* by source/join.c: what it replaces; its pods are still of that */
    bool judged;                /* a top: not owned by something present */
    LIST_OF(struct pod *) pods; /* live pods below it */
    LIST_OF(struct pdb *) pdbs; /* that select its pods */
    LIST_OF(struct hpa *) hpas;
    LIST_OF(struct service *) services;
    LIST_OF(struct vpa *) vpas;
    struct namespace_ *ns; /* NULL if the Namespace object is not present */
};

struct taint {
    struct str key, value, effect;
    int64_t added_ms;
};
struct node_image {
    struct str_list names;
    int64_t size_bytes;
};
struct node {
    struct object o;
    bool unschedulable;
    LIST_OF(struct taint) taints;
    struct resources capacity, allocatable;
    struct pos allocatable_at;
    struct conditions conditions;
    LIST_OF(struct node_image) images;
    struct str kernel_version, kubelet_version, container_runtime_version, os_image;
    struct str provider_id;
    struct str_list declared_features;    /* of its kubelet, from 1.36 */
    struct str internal_ip;               /* the first address of this type */
    int64_t kubelet_port;                 /* 0 = not said */
    LIST_OF(struct pod *) pods;           /* set by resolve: pods bound to it */
    const struct kubelet_config *kubelet; /* set by resolve, or NULL */
    const struct node_metrics *metrics;   /* set by resolve, or NULL */
    /* Set by analysis/simulate/prepare.c: not there yet; the group, from 1, that it would come from. */
    uint32_t planned;
};

struct namespace_ {
    struct object o;
    /* Set by resolve. */
    LIST_OF(struct limit_range *) limit_ranges;
    LIST_OF(struct resource_quota *) quotas;
    LIST_OF(struct network_policy *) network_policies;
    LIST_OF(struct workload *) workloads;
};

struct limit_range_item {
    struct str type; /* Container, Pod, PersistentVolumeClaim */
    struct resources max, min, default_limit, default_request, max_ratio;
    struct pos at;
};
struct limit_range {
    struct object o;
    LIST_OF(struct limit_range_item) limits;
};

struct resource_quota {
    struct object o;
    struct resources hard, used;
    struct str_list scopes;
};

struct pdb {
    struct object o;
    struct int_or_str min_available, max_unavailable;
    struct label_selector selector;
    struct opt_str unhealthy_policy; /* unhealthyPodEvictionPolicy */
    struct {
        bool present;
        int64_t disruptions_allowed, current_healthy, desired_healthy, expected_pods;
        struct labels disrupted_pods; /* name -> time */
    } status;
    LIST_OF(struct workload *) workloads; /* set by resolve: tops whose template it selects */
    size_t pods_matched;                  /* set by resolve: live pods */
};

struct hpa_metric {
    struct str type;     /* Resource, ContainerResource, Pods, Object, External */
    struct str resource; /* cpu, memory */
    struct str container;
    struct str target_type; /* Utilization, AverageValue, Value */
    struct opt_int utilization;
    struct opt_str average_value;
    struct pos at;
};
struct hpa_policy {
    struct str type; /* Pods, Percent */
    int64_t value, period_seconds;
};
struct hpa_rules {
    struct opt_int window_seconds; /* stabilizationWindowSeconds */
    struct opt_str select_policy, tolerance;
    LIST_OF(struct hpa_policy) policies;
};
struct hpa_behavior {
    struct hpa_rules up, down;
};
struct hpa {
    struct object o;
    struct str target_api_version, target_kind, target_name;
    struct pos target_at;
    struct opt_int min_replicas, max_replicas;
    LIST_OF(struct hpa_metric) metrics;
    struct hpa_behavior *behavior; /* NULL = absent */
    struct opt_int current_replicas, desired_replicas;
    struct workload *target; /* set by resolve */
};

struct priority_class {
    struct object o;
    int64_t value;
    bool global_default;
    struct str preemption_policy;
};

struct runtime_class {
    struct object o;
    struct str handler;
    struct resources overhead;
    struct labels node_selector;
    struct tolerations tolerations;
};

struct service_port {
    struct str name, protocol;
    int64_t port;
    struct int_or_str target_port;
};
struct service {
    struct object o;
    struct labels selector; /* count 0 = none */
    struct str type, external_name, cluster_ip;
    LIST_OF(struct service_port) ports;
};

struct endpoint {
    struct str_list addresses;
    struct str node_name, zone, target_kind, target_name, target_namespace;
    bool ready;
};
struct endpoint_slice {
    struct object o;
    struct str service; /* from its label kubernetes.io/service-name */
    LIST_OF(struct endpoint) endpoints;
};

struct pv {
    struct object o;
    struct resources capacity;
    struct str storage_class, claim_ns, claim_name, claim_uid, volume_type;
    struct str phase, mode; /* mode: volumeMode */
    /* handle: csi.volumeHandle, or what an in-tree type calls its disk. */
    struct str driver, handle;
    struct str_list access_modes;
    struct node_selector_terms node_affinity;
};
struct pvc {
    struct object o;
    struct resource_requirements resources;
    struct opt_str storage_class;
    struct str volume_name, phase, mode;
    struct label_selector selector;
    struct str_list access_modes;
};
/* An element of allowedTopologies: every key with one of its values. */
struct topology_values {
    struct str key;
    struct str_list values;
};
struct topology_term {
    LIST_OF(struct topology_values) keys;
};
struct storage_class {
    struct object o;
    struct str provisioner, binding_mode;
    LIST_OF(struct topology_term) allowed_topologies;
};
struct csi_driver_limit {
    struct str name;
    struct opt_int count;
    struct str_list topology_keys;
};
struct csi_node {
    struct object o;
    LIST_OF(struct csi_driver_limit) drivers;
};
struct csi_driver {
    struct object o;
    bool storage_capacity; /* it publishes how much there is: CSIStorageCapacity */
};
struct csi_storage_capacity {
    struct object o;
    struct str storage_class;
    struct label_selector topology; /* of nodes; absent: of none */
    struct opt_quantity capacity, maximum_size;
};
struct volume_attachment {
    struct object o;
    struct str attacher, node_name, volume_name;
};

struct policy_port {
    struct str protocol;
    struct int_or_str port;
    struct opt_int end_port;
};
struct policy_peer {
    struct label_selector pods, namespaces;
    struct str cidr;
};
struct policy_rule {
    LIST_OF(struct policy_peer) peers; /* from / to; none = everyone */
    LIST_OF(struct policy_port) ports; /* none = all */
    struct pos at;
};
struct policy_rules {
    struct policy_rule *items;
    size_t count, cap;
    bool present;
};
struct network_policy {
    struct object o;
    struct label_selector pod_selector;
    struct str_list types; /* policyTypes; empty = defaulted */
    struct policy_rules ingress, egress;
};
/* Only what rules read. */
struct cilium_rule {
    size_t peers, ports;
    bool has_l7; /* rules of an application protocol other than DNS */
    bool
        l7_restricts; /* and one of them asks for more than the method: path, host, header, topic */
    struct pos at, l7_at;
};
struct cilium_policy {
    struct object o;
    LIST_OF(struct cilium_rule) rules;
};

struct service_account {
    struct object o;
    struct opt_bool automount_token;
};
struct rbac_rule {
    struct str_list verbs, api_groups, resources, resource_names, non_resource_urls;
    struct pos at;
};
struct role {
    struct object o; /* KIND_ROLE or KIND_CLUSTER_ROLE */
    LIST_OF(struct rbac_rule) rules;
};
struct rbac_subject {
    struct str kind, api_group, name, ns;
    struct pos at;
};
struct role_binding {
    struct object o; /* KIND_ROLE_BINDING or KIND_CLUSTER_ROLE_BINDING */
    struct str role_kind, role_name;
    struct pos role_at;
    LIST_OF(struct rbac_subject) subjects;
};

struct webhook_rule {
    struct str_list operations, api_groups, api_versions, resources;
    struct str scope;
};
struct webhook {
    struct str name;
    struct pos at;
    struct opt_str failure_policy;
    struct opt_int timeout_seconds;
    struct label_selector namespace_selector, object_selector;
    LIST_OF(struct webhook_rule) rules;
    struct str service_name, service_ns; /* clientConfig.service */
    struct opt_str url;                  /* clientConfig.url */
    size_t match_conditions;
};
struct webhook_config {
    struct object o;
    LIST_OF(struct webhook) webhooks;
};

struct config_map {
    struct object o;
    struct labels data; /* key, value, position of the key */
};

/* KubeletConfiguration (kubelet.config.k8s.io/v1beta1), alone or in a ConfigMap (key `kubelet`,
 * label plimsoll.dev/node, see DESIGN). Maps keep quantities as text: they may be percentages. */
struct kubelet_config {
    struct object o; /* no metadata of its own: name is the node's when known */
    struct str node;
    struct labels eviction_hard, eviction_soft, eviction_soft_grace, eviction_min_reclaim;
    struct labels system_reserved, kube_reserved;
    struct pos eviction_hard_at, system_reserved_at, kube_reserved_at;
    bool eviction_hard_set, system_reserved_set, kube_reserved_set;
    struct str_list enforce_node_allocatable;
    struct opt_bool merge_default_eviction, single_process_oom_kill, fail_swap_on, fail_cgroup_v1;
    struct opt_int read_only_port, max_pods;
    struct opt_str swap_behavior, memory_reservation_policy, cgroup_driver;
    struct opt_str memory_throttling_factor;
    struct labels feature_gates;
    struct opt_str eviction_pressure_transition_period;
};

struct vpa_policy {
    struct str container, mode;
    struct str_list controlled_resources;
};
struct vpa {
    struct object o;
    struct str target_kind, target_name;
    struct opt_str update_mode;
    LIST_OF(struct vpa_policy) policies;
    struct workload *target; /* set by resolve */
};

struct container_usage {
    struct str name;
    int64_t cpu_milli, memory_bytes;
    bool memory_set;
};
struct pod_metrics {
    struct object o;
    int64_t taken_ms, window_ms;
    LIST_OF(struct container_usage) containers;
    /* Working set of the pod's own cgroup, of which only kubelets tell: more than the sum of the
     * containers by what ended ones left in volumes of memory. */
    struct opt_int pod_memory_bytes;
};
/* ... in a snapshot, for PodMetrics have no field for it. */
#define POD_MEMORY_ANNOTATION "plimsoll.dev/pod-memory"
struct node_metrics {
    struct object o;
    int64_t taken_ms;
    int64_t cpu_milli, memory_bytes;
};

struct alert_rule {
    struct str alert, expr;
};
struct prometheus_rule {
    struct object o;
    LIST_OF(struct alert_rule) rules;
};

/* The Prometheus operator's: it makes a StatefulSet of this. */
struct prometheus {
    struct object o;
    struct opt_int replicas;
    struct resource_requirements resources; /* of the container prometheus */
};

/* KubeProxyConfiguration (kubeproxy.config.k8s.io/v1alpha1), alone or in kubeadm's ConfigMap. */
struct kube_proxy_config {
    struct object o;
    struct opt_int conntrack_max_per_core, conntrack_min;
};

/* ---- plimsoll.dev/v1 ---- */

struct usage_container {
    struct str name;                                             /* absent: every container */
    int64_t level_bytes, growth_bytes_per_minute, ceiling_bytes; /* 0 = not given */
    /* What it used over time: Monte Carlo draws from it, and p50 is the level where none is given. */
    int64_t p50_bytes, p95_bytes, p99_bytes, max_bytes; /* 0 = not given */
    struct opt_int jitter_percent;                      /* each pod apart, up or down */
    struct opt_int follows_load_percent;
};
struct workload_usage {
    struct str target_kind, target_ns, target_name;
    LIST_OF(struct usage_container) containers;
    struct pos at;
};
/* How much memory a workload of its namespace uses, for simulate. */
struct usage_profile {
    struct object o;
    struct workload_usage usage;
};
/* The size of a container from a deploy on; 0 = as before. */
struct deploy_container {
    struct str name; /* absent: every container */
    int64_t request_bytes, limit_bytes, level_bytes, growth_bytes_per_minute, ceiling_bytes;
    struct pos growth_at; /* none: as before */
};
struct scenario_event {
    int64_t at_ms;
    struct str lose, drain, cordon, kubelet_stopped, back; /* node/NAME */
    struct str leak, deploy;                               /* a workload */
    int64_t leak_bytes_per_minute, surge_permyriad;
    LIST_OF(struct deploy_container) deploy_containers;
    struct pos at;
};
/* Nodes that the cluster autoscaler may add, all like one that there is. */
struct scenario_node_group {
    struct str like; /* node/NAME */
    int64_t max_nodes, ready_after_ms;
    struct pos at;
};
struct scenario {
    struct object o;
    int64_t until_ms;
    struct str node_oom, node_pressure, eviction_hard, swap, hpa, hpa_cpu;
    struct opt_int unaccounted_percent, elastic_percent;
    struct opt_str system_reserved, kube_reserved;
    LIST_OF(struct scenario_node_group) node_groups;
    LIST_OF(struct workload_usage) usage;
    LIST_OF(struct scenario_event) events;
};

/* A kind of a live cluster that could not be read: what is absent of it may exist. */
struct unlisted_kind {
    enum kind kind;
    struct str
        resource; /* "networkpolicies.networking.k8s.io"; absent: known, and not worth a word */
    struct str reason; /* what the server says; one line */
    bool forbidden;    /* the user has no right to; else it failed */
};
/* What a snapshot says of itself: how much of its cluster it has seen. */
struct recording {
    struct object o;
    struct str ns; /* only this namespace; absent: all */
    LIST_OF(struct unlisted_kind) unlisted;
};

/* Something that the reader saw: not a rule's finding, but to be reported. */
enum problem_type {
    PROBLEM_UNREADABLE,    /* a file or document that could not be read: exit 2 */
    PROBLEM_DUPLICATE_KEY, /* a finding */
    PROBLEM_INVALID_VALUE, /* a field whose type or value Kubernetes refuses: a finding */
    PROBLEM_SAME_OBJECT,   /* two objects with one identity: the last wins, a warning */
    PROBLEM_DANGLING,      /* an owner or a node that is not present: counted warnings */
};
struct problem {
    enum problem_type type;
    struct str file;
    struct pos at, other; /* other: the first of two */
    struct str message;
    struct str path;             /* field path, if any */
    const struct object *object; /* NULL if unknown */
};

struct skipped_kind {
    struct str api_version, kind;
    size_t count;
};

/* Where usage (PodMetrics, NodeMetrics) of a live cluster came from. */
enum usage_source { USAGE_NONE, USAGE_METRICS_API, USAGE_KUBELETS };
struct live_cluster {
    struct str context, server, version;
    struct str ns;         /* only this namespace was read; absent: all */
    bool ns_is_a_fallback; /* ... for the user may not read more */
    enum usage_source usage;
};

/* X(struct, list): every list of objects. */
#define CLUSTER_LISTS(X)                            \
    X(pod, pods)                                    \
    X(workload, workloads)                          \
    X(node, nodes)                                  \
    X(namespace_, namespaces)                       \
    X(limit_range, limit_ranges)                    \
    X(resource_quota, resource_quotas)              \
    X(pdb, pdbs)                                    \
    X(hpa, hpas)                                    \
    X(priority_class, priority_classes)             \
    X(runtime_class, runtime_classes)               \
    X(service, services)                            \
    X(endpoint_slice, endpoint_slices)              \
    X(pv, pvs)                                      \
    X(pvc, pvcs)                                    \
    X(storage_class, storage_classes)               \
    X(csi_node, csi_nodes)                          \
    X(csi_driver, csi_drivers)                      \
    X(csi_storage_capacity, csi_storage_capacities) \
    X(volume_attachment, volume_attachments)        \
    X(network_policy, network_policies)             \
    X(cilium_policy, cilium_policies)               \
    X(service_account, service_accounts)            \
    X(role, roles)                                  \
    X(role_binding, role_bindings)                  \
    X(webhook_config, webhook_configs)              \
    X(config_map, config_maps)                      \
    X(kubelet_config, kubelet_configs)              \
    X(vpa, vpas)                                    \
    X(pod_metrics, pod_metrics)                     \
    X(node_metrics, node_metrics)                   \
    X(prometheus_rule, prometheus_rules)            \
    X(prometheus, prometheuses)                     \
    X(kube_proxy_config, kube_proxy_configs)        \
    X(usage_profile, usage_profiles)                \
    X(scenario, scenarios)                          \
    X(recording, recordings)

struct cluster {
    struct arena *arena; /* for what resolve and defaults add */
#define X(type, list)        \
    struct {                 \
        struct type **items; \
        size_t count, cap;   \
    } list;
    CLUSTER_LISTS(X)
#undef X
    LIST_OF(struct problem) problems;
    LIST_OF(struct skipped_kind) skipped;
    size_t files, documents, objects; /* read */
    size_t excluded_paths;            /* files and folders that were not to be read */
    size_t overlaid;                  /* objects of files that lie over a live cluster */
    const struct object
        *elsewhere; /* the first of these that is not in the namespace that was read */
    bool complete; /* --complete, Nodes present, or a live cluster: what is absent does not exist */
    const struct live_cluster *live; /* NULL: all of it is from files */
    LIST_OF(struct unlisted_kind) unlisted;
    uint64_t unlisted_kinds; /* KIND_BIT of each */
    struct map by_key;       /* "kind/ns/name" -> object, set by resolve */
};

#define KIND_BIT(word) ((uint64_t)1 << KIND_##word)
_Static_assert(KIND_COUNT <= 64, "kinds fit a mask");

/* Finds an object by kind, namespace ("" for cluster scope) and name; NULL if absent. After
 * cluster_resolve only. */
struct object *cluster_find(const struct cluster *c, enum kind kind, struct str ns,
                            struct str name);
/* Whether it holds the Namespace, or any object of it. */
bool cluster_has_namespace(const struct cluster *c, struct str name);
struct node *cluster_find_node(const struct cluster *c, struct str name);
struct namespace_ *cluster_find_namespace(const struct cluster *c, struct str name);

/* Links everything: indexes objects, finds owners up to the top that is present, wraps free pods in
 * workloads, matches PDBs, HPAs, VPAs, Services, metrics, kubelet configurations, and binds pods to
 * nodes. Call once, after the last object was read. Adds problems for what dangles. */
void cluster_resolve(struct cluster *c);

/* The value of a label or annotation, or absent. */
struct str labels_get(const struct labels *l, const char *key);
const struct label *labels_find(const struct labels *l, struct str key);
/* As metav1.LabelSelectorAsSelector: nil matches nothing, empty everything. */
bool selector_matches(const struct label_selector *s, const struct labels *l);
bool requirement_matches(const struct requirement *r, const struct labels *l);
/* The amount of a resource, or NULL. */
const struct resource_amount *resources_find(const struct resources *r, const char *name);

#endif
