/* SPDX-License-Identifier: Apache-2.0
 *
 * What the kubelet of 1.36 writes into cgroups: names and paths, CPU shares and quota, memory.max,
 * high, min, low, oom.group and swap of containers, pods and QoS levels
 * (pkg/kubelet/cm, pkg/kubelet/kuberuntime).
 */
#ifndef MODEL_CGROUP_H
#define MODEL_CGROUP_H

#include "model/cluster.h"
#include "model/qos.h"

enum swap_behavior { SWAP_NONE, SWAP_LIMITED };

/* How the node and its kubelet are set up. cgroup_settings_default() is a kubelet 1.36 on cgroup v2
 * with its defaults; cgroup_settings_of() reads what the world knows of a node. */
struct cgroup_settings {
    bool cgroup_v1;
    bool systemd;             /* cgroup driver; else cgroupfs */
    bool cpu_quota_off;       /* cpuCFSQuota false */
    bool exclusive_cpus;      /* of this container, so that its quota is lifted */
    int64_t cpu_period_us;    /* 100000 */
    bool memory_qos;          /* feature gate MemoryQoS */
    bool tiered_reservation;  /* memoryReservationPolicy TieredReservation */
    double throttling_factor; /* 0.9 */
    bool single_process_oom_kill;
    enum swap_behavior swap;
    bool swap_controller_missing;
    int64_t page_bytes;                                                           /* 4096 */
    int64_t memory_capacity_bytes, memory_allocatable_bytes, swap_capacity_bytes; /* 0 = unknown */
};
void cgroup_settings_default(struct cgroup_settings *ret);
/* n and k may be NULL. */
void cgroup_settings_of(const struct node *n, const struct kubelet_config *k,
                        struct cgroup_settings *ret);

/* An absent value is not written: the kernel's default ("max" or 0) stands. */
struct cgroup_values {
    struct opt_int cpu_shares, cpu_quota_us, cpu_period_us;
    struct opt_int memory_max_bytes, memory_high_bytes, memory_min_bytes, memory_low_bytes;
    struct opt_int swap_max_bytes; /* memory.swap.max, cgroup v2 */
    struct opt_int oom_group;      /* memory.oom.group: 1 = all die together */
};
/* Of one container (app, init or sidecar). pod as in model/oom_score.h. */
void container_cgroup(const struct cgroup_settings *s, const struct pod_spec *spec,
                      const struct pod *pod, const struct container *c, struct cgroup_values *ret);
/* The same for many containers of one pod, whose QoS class and criticality are computed once. */
struct cgroup_pod {
    const struct pod_spec *spec;
    enum qos qos;
    bool critical;
};
struct cgroup_pod cgroup_pod_of(const struct pod_spec *spec, const struct pod *pod);
void cgroup_pod_container(const struct cgroup_settings *s, const struct cgroup_pod *p,
                          const struct container *c, struct cgroup_values *ret);
/* Of the pod's own cgroup. */
void pod_cgroup(struct arena *a, const struct cgroup_settings *s, const struct pod_spec *spec,
                const struct pod *pod, struct cgroup_values *ret);
/* A pod's cgroup values without the share of spec.overhead. */
void cgroup_subtract_overhead(const struct pod_spec *spec, struct cgroup_values *v);

/* Whether a container may swap (kuberuntime GetContainerSwapBehavior). */
enum swap_behavior container_swap(const struct cgroup_settings *s, enum qos q, bool critical,
                                  const struct container *c);

int64_t cpu_shares_of_milli(int64_t milli);
/* 0 = none; at least 1000 us. */
int64_t cpu_quota_of_milli(int64_t milli, int64_t period_us);
int64_t cpu_milli_of_quota(int64_t quota_us, int64_t period_us);
/* cgroup v2 cpu.weight -> v1 shares. */
int64_t cpu_shares_of_weight(int64_t weight);

/* memory.min and memory.low of the QoS levels kubepods and kubepods/burstable over these pods. */
struct qos_reservation {
    int64_t kubepods_min_bytes; /* Guaranteed and Burstable requests */
    int64_t burstable_low_bytes;
};
struct qos_reservation qos_memory_reservation(struct arena *a, const struct pod *const *pods,
                                              size_t count);

/* An entry of the kubelet's qosReserved: only memory can be reserved, in percent ("50%"). 0 or
 * -EINVAL. */
int qos_reserved_parse(struct str resource, struct str text, int64_t *ret_percent) MUST_USE;

/* ---- huge pages ---- */

struct hugepage_limit {
    int64_t page_bytes, limit_bytes;
};
struct hugepage_limits {
    struct hugepage_limit *items;
    size_t count, cap;
};
/* All hugepages-* of a list, by page size. */
void hugepage_limits(const struct resources *r, struct arena *a, struct hugepage_limits *ret);
/* hugetlb limit of a container for one page size: its own, or the pod's, or 0. */
int64_t container_hugepage_limit(const struct pod_spec *spec, const struct container *c,
                                 int64_t page_bytes);

/* ---- names: a cgroup is a list of components, {"kubepods", "burstable", "pod<uid>"} ---- */

/* "/kubepods.slice/kubepods-burstable.slice/..." */
struct str cgroup_path_systemd(struct arena *a, const struct str_list *name);
/* "/kubepods/burstable/pod..." */
struct str cgroup_path_cgroupfs(struct arena *a, const struct str_list *name);
/* The last component as systemd names its unit. */
struct str cgroup_unit(struct arena *a, const struct str_list *name);
/* Back from a path of systemd slices. */
void cgroup_parse_systemd(struct arena *a, struct str path, struct str_list *ret);
void cgroup_parse_cgroupfs(struct arena *a, struct str path, struct str_list *ret);
/* Of a pod below `root` (kubepods; may be empty). */
void pod_cgroup_name(struct arena *a, const struct str_list *root, enum qos q, struct str uid,
                     struct str_list *ret);
/* Whether a name is a pod's directly below root, root/burstable or root/besteffort; *ret_uid. */
bool cgroup_is_pod(const struct str_list *root, const struct str_list *name, struct str *ret_uid);

/* What a path tells about the pod and container that it belongs to, whatever the driver and the
 * runtime, with any prefix (kind, docker). */
struct cgroup_owner {
    bool in_kubepods; /* below (or at) the cgroup of all pods */
    bool qos_known;
    enum qos qos;
    struct str pod_uid;      /* "" = not below a pod; static pods have 32 hex digits */
    struct str container_id; /* 64 hex digits, "" = not below a container */
    const char *runtime;     /* "containerd", "cri-o", "docker"; NULL = not told */
};
void cgroup_owner_of(struct arena *a, struct str path, struct cgroup_owner *ret);

#endif
