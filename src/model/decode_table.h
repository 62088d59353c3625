/* SPDX-License-Identifier: Apache-2.0
 *
 * The tables that decoding is driven by: a shape lists the fields of one JSON object and where each
 * goes in a C struct. Private to model/decode*.c.
 */
#ifndef MODEL_DECODE_TABLE_H
#define MODEL_DECODE_TABLE_H

#include "model/decode.h"

struct decoder {
    const struct decode_input *in;
    struct cluster *cluster;     /* problems go here; NULL = nobody wants them */
    const struct object *object; /* being decoded, for problems */
    const struct path *path;     /* of the value being decoded */
    bool cached;                 /* values may be shared with other objects */
};

/* The path to a value as a chain on the C stack; decoding nests no deeper than the tables do. */
struct path {
    const struct path *outer;
    const char *key; /* NULL: an element */
    size_t index;
};

enum field_type {
    F_AT,         /* struct pos: of the key, nothing else is read */
    F_STR,        /* struct str */
    F_OPT_STR,    /* struct opt_str */
    F_INT,        /* int64_t */
    F_OPT_INT,    /* struct opt_int */
    F_BOOL,       /* bool */
    F_OPT_BOOL,   /* struct opt_bool */
    F_INT_OR_STR, /* struct int_or_str */
    F_TIME,       /* int64_t Unix ms, RFC 3339 */
    F_DURATION,   /* int64_t ms, Go duration */
    F_CPU,        /* int64_t milli-CPU, a quantity */
    F_BYTES,      /* int64_t, a quantity */
    F_STR_LIST,   /* struct str_list */
    F_LABELS,     /* struct labels: a map of strings */
    F_TEXT_MAP,   /* struct labels: a map of scalars, kept as text */
    F_RESOURCES,  /* struct resources */
    F_STRUCT,     /* an embedded struct with a shape of its own */
    F_POINTER,    /* a pointer to a new struct with a shape of its own */
    F_LIST,       /* {items, count, cap} of structs with a shape of their own */
    F_CUSTOM,     /* fn(decoder, value, struct + offset) */
    F_KEPT,       /* nothing here: the shape's after() looks at it. Named for model/record.c */
};

struct shape;
typedef void decode_fn(struct decoder *d, const struct doc *value, void *ret);

struct field {
    const char *name;
    enum field_type type;
    size_t offset;
    size_t at; /* 1 + offset of a struct pos for the key; 0 = none */
    /* F_STRUCT, F_POINTER, F_LIST. F_CUSTOM: what fn() reads of the value, NULL = anything. F_KEPT: what
     * after() reads of it, NULL = only that it is there. */
    const struct shape *shape;
    decode_fn *fn; /* F_CUSTOM */
    bool shared;   /* F_CUSTOM that makes a pointer: the value may be shared */
    bool any_sign; /* F_OPT_INT that may be negative */
};
struct shape {
    size_t size;
    const struct field *fields; /* ends with a NULL name */
    size_t self_at;             /* 1 + offset of a struct pos for the object itself; 0 = none */
    decode_fn *after;           /* NULL, or called with the object when its fields are in */
};

#define AT_OF(type, member) (1 + offsetof(type, member))

/* Table entries for a struct named by the macro T, which each table defines and undefines. */
#define FIELD(json, kind, member)                                 \
    {                                                             \
        .name = json, .type = kind, .offset = offsetof(T, member) \
    }
/* F_OPT_INT that may be negative. */
#define FIELD_ANY_SIGN(json, member)                                                     \
    {                                                                                    \
        .name = json, .type = F_OPT_INT, .offset = offsetof(T, member), .any_sign = true \
    }
#define FIELD_AT(json, kind, member, pos)                                              \
    {                                                                                  \
        .name = json, .type = kind, .offset = offsetof(T, member), .at = AT_OF(T, pos) \
    }
#define FIELD_OF(json, kind, member, sub)                                          \
    {                                                                              \
        .name = json, .type = kind, .offset = offsetof(T, member), .shape = &(sub) \
    }
/* A nested object whose fields land in the same struct. */
#define FIELD_INTO(json, sub)                                        \
    {                                                                \
        .name = json, .type = F_STRUCT, .offset = 0, .shape = &(sub) \
    }
#define FIELD_FN(json, member, function)                                                \
    {                                                                                   \
        .name = json, .type = F_CUSTOM, .offset = offsetof(T, member), .fn = (function) \
    }
#define FIELD_FN_OF(json, member, function, sub)                                       \
    {                                                                                  \
        .name = json, .type = F_CUSTOM, .offset = offsetof(T, member), .fn = function, \
        .shape = &(sub)                                                                \
    }
#define FIELD_KEPT(json, sub)                        \
    {                                                \
        .name = json, .type = F_KEPT, .shape = (sub) \
    }
#define FIELDS_END   \
    {                \
        .name = NULL \
    }

/* Every object: metadata at offset 0, and where spec is. */
#define OBJECT_FIELDS                                                  \
    {.name = "metadata",                                               \
     .type = F_STRUCT,                                                 \
     .offset = 0,                                                      \
     .at = AT_OF(T, o.metadata_at),                                    \
     .shape = &shape_object_metadata},                                 \
    {                                                                  \
        .name = "spec", .type = F_AT, .offset = offsetof(T, o.spec_at) \
    }
#define SPEC(sub) FIELD_INTO("spec", sub)

void decode_shape(struct decoder *d, const struct doc *n, const struct shape *s, void *ret);
/* An array into a {items, count, cap} of structs of this shape. */
void decode_list(struct decoder *d, const struct doc *n, const struct shape *s, void *ret);
/* Adds a PROBLEM_INVALID_VALUE at value. */
void decode_problem(struct decoder *d, const struct doc *value, const char *fmt, ...)
    PRINTF_LIKE(3, 4);
struct pos decode_pos(const struct decoder *d, struct pos at);
struct str decode_copy(struct decoder *d, struct str s);

extern const struct shape shape_pod_spec, shape_pod, shape_volume, shape_label_selector,
    shape_pod_template, shape_object_metadata, shape_resource_requirements, shape_toleration,
    shape_node_selector, shape_condition, shape_container, shape_usage_profile, shape_scenario,
    shape_recording,
    shape_presence; /* of a value of which only its presence counts: without fields */
/* Of kinds; the table of kinds is in decode_cluster.c. */
extern const struct shape shape_cilium, shape_config_map, shape_cron_job, shape_csi_node,
    shape_csi_driver_kind, shape_csi_storage_capacity, shape_volume_attachment,
    shape_endpoint_slice, shape_hpa, shape_kube_proxy, shape_kubelet, shape_network_policy,
    shape_node, shape_pdb, shape_pod_template_object, shape_priority_class, shape_pv, shape_pvc,
    shape_role, shape_role_binding, shape_runtime_class, shape_service, shape_service_account,
    shape_storage_class, shape_vpa, shape_webhook_config, shape_workload;
/* Whether v is a quantity; if not, that is a problem. */
bool decode_quantity(struct decoder *d, const struct doc *v, struct quantity *ret);
decode_fn decode_resources_map;

/* The shape of a kind of the table; NULL for KIND_UNKNOWN. */
const struct shape *decode_kind_shape(enum kind k);
/* Adds the configurations that a ConfigMap holds as text (model/decode_config.c). */
void decode_configurations(const struct decode_input *in, const struct config_map *m,
                           struct cluster *c);

#endif
