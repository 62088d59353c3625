/* SPDX-License-Identifier: Apache-2.0
 *
 * Field tables of nodes, of storage, and of the configuration of the kubelet and of kube-proxy.
 */
#include "model/decode_table.h"

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
    FIELD("declaredFeatures", F_STR_LIST, declared_features),
    FIELD_FN("addresses", internal_ip, read_addresses),
    FIELD_FN("daemonEndpoints", kubelet_port, read_endpoints),
    FIELDS_END};
static const struct shape shape_node_status = {sizeof(T), node_status_fields, 0, NULL};
static const struct field node_fields[] = {OBJECT_FIELDS, SPEC(shape_node_spec),
                                           FIELD_INTO("status", shape_node_status), FIELDS_END};
const struct shape shape_node = {sizeof(T), node_fields, 0, NULL};
#undef T

/* ---- storage ---- */

#define T struct pv
static const struct field claim_ref_fields[] = {FIELD("namespace", F_STR, claim_ns),
                                                FIELD("name", F_STR, claim_name),
                                                FIELD("uid", F_STR, claim_uid), FIELDS_END};
static const struct shape shape_claim_ref = {sizeof(T), claim_ref_fields, 0, NULL};
static const struct field pv_affinity_fields[] = {
    FIELD_OF("required", F_STRUCT, node_affinity, shape_node_selector), FIELDS_END};
static const struct shape shape_pv_affinity = {sizeof(T), pv_affinity_fields, 0, NULL};
static const struct field pv_source_fields[] = {
    FIELD("driver", F_STR, driver),   FIELD("volumeHandle", F_STR, handle),
    FIELD("volumeID", F_STR, handle), FIELD("pdName", F_STR, handle),
    FIELD("diskURI", F_STR, handle),  FIELDS_END};
static const struct shape shape_pv_source = {sizeof(T), pv_source_fields, 0, NULL};
static void pv_type(struct decoder *d, const struct doc *n, void *ret)
{
    static const struct {
        const char *name, *handle;
    } types[] = {
        {"local", NULL},
        {"hostPath", NULL},
        {"csi", "volumeHandle"},
        {"nfs", NULL},
        {"awsElasticBlockStore", "volumeID"},
        {"gcePersistentDisk", "pdName"},
        {"azureDisk", "diskURI"},
        {"cinder", "volumeID"},
        {"portworxVolume", "volumeID"},
        {"cephfs", NULL},
        {"rbd", NULL},
        {"iscsi", NULL},
        {"fc", NULL},
    };
    struct pv *pv = ret;
    for (size_t i = 0; i < ARRAY_LEN(types); i++) {
        const struct doc *source = doc_get(n, types[i].name);
        if (!source)
            continue;
        pv->volume_type = str_of(types[i].name);
        if (types[i].handle && source->type == DOC_MAP) {
            pv->handle = decode_copy(d, doc_text(source, types[i].handle));
            pv->driver = decode_copy(d, doc_text(source, "driver"));
        }
    }
}
static const struct field pv_spec_fields[] = {
    FIELD("capacity", F_RESOURCES, capacity), FIELD("storageClassName", F_STR, storage_class),
    FIELD_INTO("claimRef", shape_claim_ref), FIELD("accessModes", F_STR_LIST, access_modes),
    FIELD_INTO("nodeAffinity", shape_pv_affinity), FIELD("volumeMode", F_STR, mode),
    /* What pv_type() looks for. */
    FIELD_KEPT("local", NULL), FIELD_KEPT("hostPath", NULL), FIELD_KEPT("csi", &shape_pv_source),
    FIELD_KEPT("nfs", NULL), FIELD_KEPT("awsElasticBlockStore", &shape_pv_source),
    FIELD_KEPT("gcePersistentDisk", &shape_pv_source), FIELD_KEPT("azureDisk", &shape_pv_source),
    FIELD_KEPT("cinder", &shape_pv_source), FIELD_KEPT("portworxVolume", &shape_pv_source),
    FIELD_KEPT("cephfs", NULL), FIELD_KEPT("rbd", NULL), FIELD_KEPT("iscsi", NULL),
    FIELD_KEPT("fc", NULL), FIELDS_END};
static const struct field pv_status_fields[] = {FIELD("phase", F_STR, phase), FIELDS_END};
static const struct shape shape_pv_status = {sizeof(T), pv_status_fields, 0, NULL};
static const struct shape shape_pv_spec = {sizeof(T), pv_spec_fields, 0, pv_type};
static const struct field pv_fields[] = {OBJECT_FIELDS, SPEC(shape_pv_spec),
                                         FIELD_INTO("status", shape_pv_status), FIELDS_END};
const struct shape shape_pv = {sizeof(T), pv_fields, 0, NULL};
#undef T

#define T struct pvc
static const struct field pvc_spec_fields[] = {
    FIELD_OF("resources", F_STRUCT, resources, shape_resource_requirements),
    FIELD("storageClassName", F_OPT_STR, storage_class),
    FIELD("volumeName", F_STR, volume_name),
    FIELD("volumeMode", F_STR, mode),
    FIELD_OF("selector", F_STRUCT, selector, shape_label_selector),
    FIELD("accessModes", F_STR_LIST, access_modes),
    FIELDS_END};
static const struct shape shape_pvc_spec = {sizeof(T), pvc_spec_fields, 0, NULL};
static const struct field pvc_status_fields[] = {FIELD("phase", F_STR, phase), FIELDS_END};
static const struct shape shape_pvc_status = {sizeof(T), pvc_status_fields, 0, NULL};
static const struct field pvc_fields[] = {OBJECT_FIELDS, SPEC(shape_pvc_spec),
                                          FIELD_INTO("status", shape_pvc_status), FIELDS_END};
const struct shape shape_pvc = {sizeof(T), pvc_fields, 0, NULL};
#undef T

#define T struct topology_values
static const struct field topology_values_fields[] = {
    FIELD("key", F_STR, key), FIELD("values", F_STR_LIST, values), FIELDS_END};
static const struct shape shape_topology_values = {sizeof(T), topology_values_fields, 0, NULL};
#undef T
#define T struct topology_term
static const struct field topology_term_fields[] = {
    FIELD_OF("matchLabelExpressions", F_LIST, keys, shape_topology_values), FIELDS_END};
static const struct shape shape_topology_term = {sizeof(T), topology_term_fields, 0, NULL};
#undef T
#define T struct storage_class
static const struct field storage_class_fields[] = {
    OBJECT_FIELDS, FIELD("provisioner", F_STR, provisioner),
    FIELD("volumeBindingMode", F_STR, binding_mode),
    FIELD_OF("allowedTopologies", F_LIST, allowed_topologies, shape_topology_term), FIELDS_END};
const struct shape shape_storage_class = {sizeof(T), storage_class_fields, 0, NULL};
#undef T

#define T struct csi_driver_limit
static const struct field csi_allocatable_fields[] = {FIELD("count", F_OPT_INT, count), FIELDS_END};
static const struct shape shape_csi_allocatable = {sizeof(T), csi_allocatable_fields, 0, NULL};
static const struct field csi_driver_fields[] = {
    FIELD("name", F_STR, name), FIELD_INTO("allocatable", shape_csi_allocatable),
    FIELD("topologyKeys", F_STR_LIST, topology_keys), FIELDS_END};
static const struct shape shape_csi_driver = {sizeof(T), csi_driver_fields, 0, NULL};
#undef T
#define T struct csi_node
static const struct field csi_spec_fields[] = {
    FIELD_OF("drivers", F_LIST, drivers, shape_csi_driver), FIELDS_END};
static const struct shape shape_csi_spec = {sizeof(T), csi_spec_fields, 0, NULL};
static const struct field csi_node_fields[] = {OBJECT_FIELDS, SPEC(shape_csi_spec), FIELDS_END};
const struct shape shape_csi_node = {sizeof(T), csi_node_fields, 0, NULL};
#undef T

#define T struct csi_driver
static const struct field csi_driver_spec_fields[] = {
    FIELD("storageCapacity", F_BOOL, storage_capacity), FIELDS_END};
static const struct shape shape_csi_driver_spec = {sizeof(T), csi_driver_spec_fields, 0, NULL};
static const struct field csi_drivers_fields[] = {OBJECT_FIELDS, SPEC(shape_csi_driver_spec),
                                                  FIELDS_END};
const struct shape shape_csi_driver_kind = {sizeof(T), csi_drivers_fields, 0, NULL};
#undef T
#define T struct csi_storage_capacity
static void read_quantity(struct decoder *d, const struct doc *v, void *ret)
{
    struct opt_quantity *q = ret;
    q->set = v->type != DOC_NULL && decode_quantity(d, v, &q->v);
}
static const struct field csi_storage_capacity_fields[] = {
    OBJECT_FIELDS,
    FIELD("storageClassName", F_STR, storage_class),
    FIELD_OF("nodeTopology", F_STRUCT, topology, shape_label_selector),
    FIELD_FN("capacity", capacity, read_quantity),
    FIELD_FN("maximumVolumeSize", maximum_size, read_quantity),
    FIELDS_END};
const struct shape shape_csi_storage_capacity = {sizeof(T), csi_storage_capacity_fields, 0, NULL};
#undef T

#define T struct volume_attachment
static const struct field attachment_source_fields[] = {
    FIELD("persistentVolumeName", F_STR, volume_name), FIELDS_END};
static const struct shape shape_attachment_source = {sizeof(T), attachment_source_fields, 0, NULL};
static const struct field attachment_spec_fields[] = {
    FIELD("attacher", F_STR, attacher), FIELD("nodeName", F_STR, node_name),
    FIELD_INTO("source", shape_attachment_source), FIELDS_END};
static const struct shape shape_attachment_spec = {sizeof(T), attachment_spec_fields, 0, NULL};
static const struct field attachment_fields[] = {OBJECT_FIELDS, SPEC(shape_attachment_spec),
                                                 FIELDS_END};
const struct shape shape_volume_attachment = {sizeof(T), attachment_fields, 0, NULL};
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
const struct shape shape_config_map = {sizeof(T), config_map_fields, 0, NULL};
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
const struct shape shape_kubelet = {sizeof(T), kubelet_fields, 0, kubelet_done};
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
const struct shape shape_kube_proxy = {sizeof(T), kube_proxy_fields, 0, NULL};
#undef T
