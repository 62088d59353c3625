/* SPDX-License-Identifier: Apache-2.0
 *
 * Pods: spec, containers, probes, affinity, volumes, status. Values are as the input gives them
 * until model/defaults.h has filled in what the API server would.
 */
#ifndef MODEL_POD_H
#define MODEL_POD_H

#include "model/object.h"

/* ---- containers ---- */

struct env_var {
    struct str name, value;
    bool from_source; /* valueFrom */
    struct pos at;
};
struct container_port {
    struct str name, protocol, host_ip;
    int64_t container_port, host_port;
    struct pos at;
};
struct volume_mount {
    struct str name, mount_path;
    struct pos at;
};

enum handler_type {
    HANDLER_NONE,
    HANDLER_EXEC,
    HANDLER_HTTP,
    HANDLER_TCP,
    HANDLER_GRPC,
    HANDLER_SLEEP
};
/* One handler of a probe or a lifecycle hook. */
struct handler {
    enum handler_type type;
    struct pos at;
    struct str_list command; /* exec */
    struct str path, scheme; /* http */
    struct opt_str host;     /* http, tcp */
    struct int_or_str port;  /* http, tcp, grpc */
    struct str service;      /* grpc */
    struct opt_int sleep_seconds;
};
struct probe {
    struct pos at; /* of the key: livenessProbe */
    struct handler handler;
    /* Absent = the API server's default: 0, 1, 10, 1, 3 (probe_* in model/defaults.h). */
    struct opt_int initial_delay_seconds, timeout_seconds, period_seconds, success_threshold,
        failure_threshold, termination_grace_period_seconds;
};
struct lifecycle {
    struct pos at;
    struct handler pre_stop, post_start;
};

enum container_kind { CONTAINER_APP, CONTAINER_INIT, CONTAINER_SIDECAR };

struct restart_rule {
    struct str action;
};
struct container {
    struct str name;
    struct opt_str image, image_pull_policy;
    struct pos at; /* of the list element */
    struct pos name_at;
    enum container_kind kind; /* SIDECAR = init container with restartPolicy Always */
    uint32_t index;           /* in its own list */
    struct opt_str restart_policy;
    LIST_OF(struct restart_rule) restart_rules;
    struct str_list command, args;
    struct pos command_at, args_at, env_at;
    LIST_OF(struct env_var) env;
    LIST_OF(struct container_port) ports;
    LIST_OF(struct volume_mount) volume_mounts;
    struct resource_requirements resources;
    struct probe *liveness, *readiness, *startup; /* NULL = absent */
    struct lifecycle *lifecycle;
    struct opt_bool privileged, run_as_non_root, read_only_root_filesystem,
        allow_privilege_escalation;
    struct opt_int run_as_user;
};
struct containers {
    struct container *items;
    size_t count, cap;
};

/* ---- scheduling ---- */

struct toleration {
    struct str key, op, value, effect;
    struct opt_int seconds;
};
struct tolerations {
    struct toleration *items;
    size_t count, cap;
};
struct node_selector_term {
    struct requirements expressions, fields;
    int64_t weight; /* preferred terms */
};
struct node_selector_terms {
    struct node_selector_term *items;
    size_t count, cap;
    bool present; /* the list exists (required terms: an empty list matches no node) */
};
struct pod_affinity_term {
    struct label_selector selector, ns_selector;
    struct str_list namespaces, match_label_keys, mismatch_label_keys;
    struct str topology_key;
    int64_t weight; /* preferred terms */
    struct pos at;
};
struct pod_affinity_terms {
    struct pod_affinity_term *items;
    size_t count, cap;
};
struct affinity {
    struct pos at;
    struct node_selector_terms node_required, node_preferred;
    struct pod_affinity_terms pod_required, pod_preferred, anti_required, anti_preferred;
};
struct topology_spread {
    int64_t max_skew;
    struct opt_int min_domains;
    struct str topology_key, when_unsatisfiable, node_affinity_policy, node_taints_policy;
    struct label_selector selector;
    struct str_list match_label_keys;
    struct pos at;
};

/* ---- volumes ---- */

enum volume_type {
    VOLUME_OTHER,
    VOLUME_EMPTY_DIR,
    VOLUME_HOST_PATH,
    VOLUME_PVC,
    VOLUME_CONFIG_MAP,
    VOLUME_SECRET,
    VOLUME_EPHEMERAL,
    VOLUME_IMAGE,
    VOLUME_PROJECTED,
    VOLUME_CSI, /* in-line: made with the pod, never attached */
    /* In-tree disks. */
    VOLUME_AWS_EBS,
    VOLUME_GCE_PD,
    VOLUME_AZURE_DISK,
    VOLUME_CINDER,
    VOLUME_PORTWORX,
    VOLUME_ISCSI,
    VOLUME_RBD
};
struct volume {
    struct str name;
    enum volume_type type;
    bool read_only; /* of an in-tree disk */
    struct pos at;
    struct str medium;         /* emptyDir; rbd: "pool/image" */
    struct opt_str size_limit; /* emptyDir, quantity text */
    const struct pvc *claim;   /* that its claim is made like, where there is none yet */
    /* Claim name, host path, configMap or secret name, image reference, the disk of an in-tree type;
     * rbd: its monitors, each with a comma behind it. */
    struct str target;
};

struct pod_spec {
    struct pos at;
    struct containers containers, init_containers, ephemeral_containers;
    LIST_OF(struct volume) volumes;
    struct resource_requirements resources; /* pod level */
    struct resources overhead;
    struct opt_str restart_policy, priority_class_name, runtime_class_name, scheduler_name,
        service_account_name, preemption_policy, node_name;
    struct opt_int priority, termination_grace_period_seconds, active_deadline_seconds;
    struct opt_bool automount_token, host_network, host_pid, host_ipc, host_users,
        enable_service_links;
    struct labels node_selector;
    struct affinity *affinity; /* NULL = absent */
    struct tolerations tolerations;
    LIST_OF(struct topology_spread) spread;
    struct str_list scheduling_gates, resource_claims;
    struct opt_str os_name;
    struct opt_bool run_as_non_root; /* pod security context */
    struct opt_int run_as_user;
    struct pos pod_security_at;
};

/* ---- status ---- */

enum container_state_type { STATE_UNKNOWN, STATE_WAITING, STATE_RUNNING, STATE_TERMINATED };
struct container_state {
    enum container_state_type type;
    struct str reason, message;
    int64_t exit_code, signal;
    int64_t started_ms, finished_ms;
};
struct container_status {
    struct str name, image_id, container_id;
    bool ready;
    int64_t restart_count;
    struct container_state state, last_state;
    struct resource_requirements resources; /* actuated */
    struct resources allocated;             /* allocatedResources */
    bool resources_set, allocated_set;
};
struct container_statuses {
    struct container_status *items;
    size_t count, cap;
};
struct condition {
    struct str type, status, reason, message;
    int64_t since_ms;
};
struct conditions {
    struct condition *items;
    size_t count, cap;
};
/* status.nodeAllocatableResourceClaimStatuses (DRA). */
struct claim_allocation {
    struct str_list containers;
    struct str claim;
    struct resources resources;
};

struct pod {
    struct object o;
    struct pod_spec spec;
    struct pod_status {
        struct str phase, qos_class, reason, nominated_node_name, resize;
        int64_t start_time_ms;
        struct conditions conditions;
        struct container_statuses containers, init_containers;
        struct resource_requirements resources; /* pod-level, actuated */
        struct resources allocated;
        LIST_OF(struct claim_allocation) claims;
    } status;
    /* Set by model/resolve.c. */
    struct workload *owner;            /* top of the owner chain that is present, or NULL */
    struct workload *controller;       /* the direct controller, when present */
    struct node *node;                 /* spec.nodeName, when present in the world */
    const struct pod_metrics *metrics; /* usage, or NULL */
    /* Set by analysis/simulate/prepare.c: not there yet; the event of a Scenario, from 1, that makes
     * it in place of another. */
    uint32_t planned;
    const struct pod *replaces;
};

/* Succeeded or Failed: holds no memory. */
static inline bool pod_is_finished(const struct pod *p)
{
    return str_is(p->status.phase, "Succeeded") || str_is(p->status.phase, "Failed");
}

#endif
