/* SPDX-License-Identifier: Apache-2.0
 *
 * What rules need to know about the rest of the cluster, worked out by the engine so that rules
 * need not search.
 */
#ifndef RULES_FACTS_H
#define RULES_FACTS_H

#include "model/requests.h"
#include "rules/engine.h"

struct facts {
    const struct cluster *cluster;
    const struct check_config *config;
    struct arena *a;      /* that of the findings */
    struct map populated; /* names of namespaces with workloads */
    struct map live;      /* names of namespaces with pods that have been bound to a node */
    struct map visible;   /* names of namespaces of which more than workloads are seen */
    int64_t smallest_memory_bytes, smallest_cpu_milli; /* that any one Node can give */
    struct map node_groups, kubelet_groups; /* content -> struct object_group; see groups.h */
    struct map bound;                       /* "NS/ACCOUNT" -> a binding of it */
    struct map networks;            /* namespace -> struct namespace_network; see network.h */
    struct kill_orders *kill_order; /* made when first asked for; see kill_order.h */
};

void facts_init(struct facts *f, const struct cluster *c, const struct check_config *config,
                struct arena *a);
void facts_done(struct facts *f);

/* What is absent from the namespace does not exist. */
bool facts_namespace_visible(const struct facts *f, struct str ns);
/* The input holds pods of it as they run, not only manifests. */
bool facts_namespace_is_live(const struct facts *f, struct str ns);
bool facts_namespace_has_workloads(const struct facts *f, struct str ns);
/* The input holds kinds that are not Kubernetes' own (any of them may stand for pods). */
bool facts_has_custom_kinds(const struct facts *f);
bool list_has(const struct str_list *l, const char *word);
/* The word or "*", as in rules of roles and webhooks. */
bool list_matches(const struct str_list *l, const char *word);
/* By nature, by injection, or by name or image beside another container; see model/sidecar.h. */
bool facts_is_sidecar(const struct rule_ctx *c, const struct container *k);
/* The last part of the image's name, without registry, tag and digest: "prometheus". */
bool facts_image_is(const struct container *k, const char *name);
/* Whether command or args hold this option ("--max-nodes-total"), as one word with its value or as
 * two; *ret_value is "" where it has none. Options that a shell's script holds are not seen. */
bool facts_option(const struct container *k, const char *option, struct str *ret_value,
                  struct pos *ret_at);
/* Whether a word of command or args holds this text. */
bool facts_says(const struct container *k, const char *text);
/* How many pods of w there are in which the container is down, or was before it was restarted, because
 * it was OOM-killed; the status in the pod where it was restarted most. */
struct oom_killed {
    size_t pods;
    const struct pod *pod;
    const struct container_status *status;
};
struct oom_killed facts_oom_killed(const struct workload *w, const struct container *k);
/* The most memory that a container of w was measured to use, over its pods, and the pod; -1 if
 * nothing was measured. */
int64_t facts_peak_usage(const struct workload *w, struct str container,
                         const struct pod **ret_pod);
/* The amounts in force (given or defaulted), or NULL. */
const struct resource_amount *memory_request(const struct resource_requirements *r);
const struct resource_amount *memory_limit(const struct resource_requirements *r);
/* The effective requests of a pod made from w's template. */
struct pod_amounts facts_pod_requests(const struct rule_ctx *c, const struct workload *w);
/* A static pod of the control plane: the kubelet's mirror, or kubeadm's manifest. */
bool facts_is_control_plane(const struct workload *w);
/* A fragment that is to be merged into a manifest (a kustomize patch): a container has no image, and
 * there is no selector. What it lacks, the whole may have. */
bool facts_is_patch(const struct workload *w);
/* A role or binding that the API server makes itself, and mends when somebody changes it. */
bool facts_is_built_in_rbac(const struct object *o);
/* Kubernetes' own namespaces: kube-system and the like. */
bool facts_is_system_namespace(struct str name);
/* Runs to completion: Job and CronJob. */
bool facts_is_job(const struct workload *w);
/* Long-running pods are asked for probes: not Jobs, not DaemonSets, not init containers. */
bool facts_is_asked_for_probes(const struct rule_ctx *c, const struct container *k);
/* A Service that sends traffic (not only scrapes of metrics) to this container: to a port that it declares or, where no container
 * of the pod declares the port, to the only one there is. NULL if there is none. */
const struct service *facts_service_of(const struct workload *w, const struct container *k);
/* A Service that sends more than scrapes of metrics to w's pods, or NULL. */
const struct service *facts_serves(const struct workload *w);
/* Another workload of w's namespace whose pods w's selector matches, too; NULL if there is none. */
const struct workload *facts_also_selected(const struct rule_ctx *c, const struct workload *w);
/* How many pods w is meant to have at the least: its replicas or, with an HPA, what the HPA may go
 * down to. -1 if its kind has no such number (DaemonSet, unknown kinds). */
int64_t facts_replicas_min(const struct workload *w);

/* What pods can have of a node: its allocatable, else its capacity; INT64_MAX if it says neither. */
int64_t facts_node_memory_bytes(const struct node *n);
int64_t facts_node_cpu_milli(const struct node *n);

/* The nodes that a workload's nodeSelector and required node affinity allow. */
struct node_room {
    size_t allowed, memory_fits, cpu_fits, both_fit;
    const struct node *roomiest; /* most allocatable memory among the allowed; NULL if none */
    const struct node *most_cpu;
};
void facts_node_room(const struct facts *f, const struct workload *w, int64_t memory_bytes,
                     int64_t cpu_milli, struct node_room *ret);

bool facts_node_allowed(const struct pod_spec *s, const struct node *n);

/* How many pods stand at the least behind a Service, as far as their workloads are in the input;
 * *ret_only is the workload where there is just one. */
int64_t facts_pods_behind(const struct facts *f, const struct service *s,
                          const struct workload **ret_only);
void bindings_init(struct facts *f);
/* Namespaces of workloads whose Namespace is not in the input, in the order of their workloads, made
 * up with what the input holds of them; without Kubernetes' own. Each stands in the place of its
 * first workload, and its `ns_implied` says that no workload names it. */
struct namespace_list {
    struct namespace_ **items;
    size_t count, cap;
};
void facts_unseen_namespaces(const struct facts *f, struct namespace_list *ret);
/* A binding of the input that gives a service account a role: by name, or by the group of all
 * accounts of its namespace or of the cluster. NULL if there is none. */
const struct role_binding *facts_binding_of(const struct facts *f, struct str ns,
                                            struct str account);
/* A folder of the host that a log agent (on control plane nodes) mounts and that lies on the disk of
 * this one, as far as paths tell; absent if there is none. */
struct str facts_log_path_beside(const struct facts *f, struct str path,
                                 const struct workload **ret_agent);
/* A ConfigMap holds what looks like alerting rules. */
bool facts_has_rule_files(const struct facts *f);

#endif
