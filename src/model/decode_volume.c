/* SPDX-License-Identifier: Apache-2.0
 *
 * Field tables of the volumes of a pod (k8s.io api core/v1 types.go, VolumeSource), as far as
 * memory and scheduling go.
 */
#include "model/decode_table.h"

static void read_rbd(struct decoder *d, const struct doc *source, struct volume *v)
{
    struct str pool = doc_text(source, "pool");
    const struct doc *monitors = doc_get(source, "monitors");
    v->medium = arena_printf(d->in->a, STR_FMT "/" STR_FMT, STR_ARG(pool.n ? pool : STR("rbd")),
                             STR_ARG(doc_text(source, "image")));
    v->target = STR("");
    for (const struct doc *m = monitors && monitors->type == DOC_SEQ ? monitors->child : NULL; m;
         m = m->next)
        v->target =
            arena_printf(d->in->a, STR_FMT STR_FMT ",", STR_ARG(v->target), STR_ARG(m->text));
}

static void volume_type(struct decoder *d, const struct doc *n, void *ret)
{
    static const struct {
        const char *key, *target;
        enum volume_type type;
    } types[] = {
        {"emptyDir", NULL, VOLUME_EMPTY_DIR},
        {"hostPath", "path", VOLUME_HOST_PATH},
        {"persistentVolumeClaim", "claimName", VOLUME_PVC},
        {"configMap", "name", VOLUME_CONFIG_MAP},
        {"secret", "secretName", VOLUME_SECRET},
        {"ephemeral", NULL, VOLUME_EPHEMERAL},
        {"image", "reference", VOLUME_IMAGE},
        {"projected", NULL, VOLUME_PROJECTED},
        {"csi", "driver", VOLUME_CSI},
        {"awsElasticBlockStore", "volumeID", VOLUME_AWS_EBS},
        {"gcePersistentDisk", "pdName", VOLUME_GCE_PD},
        {"azureDisk", "diskURI", VOLUME_AZURE_DISK},
        {"cinder", "volumeID", VOLUME_CINDER},
        {"portworxVolume", "volumeID", VOLUME_PORTWORX},
        {"iscsi", "iqn", VOLUME_ISCSI},
        {"rbd", NULL, VOLUME_RBD},
    };
    struct volume *v = ret;
    for (size_t i = 0; i < ARRAY_LEN(types); i++) {
        const struct doc *source = doc_get(n, types[i].key);
        if (!source)
            continue;
        v->type = types[i].type;
        if (types[i].target && source->type == DOC_MAP)
            v->target = decode_copy(d, doc_text(source, types[i].target));
        if (v->type >= VOLUME_AWS_EBS && source->type == DOC_MAP)
            v->read_only = str_is(doc_text(source, "readOnly"), "true");
        if (v->type == VOLUME_RBD && source->type == DOC_MAP)
            read_rbd(d, source, v);
    }
}

#define T struct volume
static void read_size_limit(struct decoder *d, const struct doc *v, void *ret)
{
    struct opt_str *s = ret;
    if (v->type == DOC_SEQ || v->type == DOC_MAP)
        decode_problem(d, v, "must be a quantity");
    else if (v->type != DOC_NULL)
        *s = (struct opt_str){decode_copy(d, v->text), decode_pos(d, v->at)};
}
static const struct field empty_dir_fields[] = {
    FIELD("medium", F_STR, medium), FIELD_FN("sizeLimit", size_limit, read_size_limit), FIELDS_END};
static const struct shape shape_empty_dir = {sizeof(T), empty_dir_fields, 0, NULL};
/* What volume_type() looks at. */
static const struct field volume_target_fields[] = {FIELD("path", F_STR, target),
                                                    FIELD("claimName", F_STR, target),
                                                    FIELD("name", F_STR, target),
                                                    FIELD("secretName", F_STR, target),
                                                    FIELD("reference", F_STR, target),
                                                    FIELD("driver", F_STR, target),
                                                    FIELD("volumeID", F_STR, target),
                                                    FIELD("pdName", F_STR, target),
                                                    FIELD("diskURI", F_STR, target),
                                                    FIELD("iqn", F_STR, target),
                                                    FIELD("pool", F_STR, medium),
                                                    FIELD("image", F_STR, medium),
                                                    FIELD("readOnly", F_BOOL, read_only),
                                                    FIELD_KEPT("monitors", NULL),
                                                    FIELDS_END};
static const struct shape shape_volume_target = {sizeof(T), volume_target_fields, 0, NULL};
static const struct field ephemeral_fields[] = {
    FIELD_OF("volumeClaimTemplate", F_POINTER, claim, shape_pvc), FIELDS_END};
static const struct shape shape_ephemeral = {sizeof(T), ephemeral_fields, 0, NULL};
static const struct field volume_fields[] = {
    FIELD("name", F_STR, name),
    FIELD_INTO("emptyDir", shape_empty_dir),
    FIELD_KEPT("hostPath", &shape_volume_target),
    FIELD_KEPT("persistentVolumeClaim", &shape_volume_target),
    FIELD_KEPT("configMap", &shape_volume_target),
    FIELD_KEPT("secret", &shape_volume_target),
    FIELD_INTO("ephemeral", shape_ephemeral),
    FIELD_KEPT("image", &shape_volume_target),
    FIELD_KEPT("projected", NULL),
    FIELD_KEPT("csi", &shape_volume_target),
    FIELD_KEPT("awsElasticBlockStore", &shape_volume_target),
    FIELD_KEPT("gcePersistentDisk", &shape_volume_target),
    FIELD_KEPT("azureDisk", &shape_volume_target),
    FIELD_KEPT("cinder", &shape_volume_target),
    FIELD_KEPT("portworxVolume", &shape_volume_target),
    FIELD_KEPT("iscsi", &shape_volume_target),
    FIELD_KEPT("rbd", &shape_volume_target),
    FIELDS_END};
const struct shape shape_volume = {sizeof(T), volume_fields, AT_OF(T, at), volume_type};
#undef T
