/* SPDX-License-Identifier: Apache-2.0
 *
 * What every Kubernetes object has, and the small values that fields are made of. Fields that a
 * finding may point at carry their position; a position of {0, 0} means that the field is absent or
 * that the input had none (bulk JSON).
 */
#ifndef MODEL_OBJECT_H
#define MODEL_OBJECT_H

#include "base/doc.h"
#include "model/kind.h"
#include "model/quantity.h"

/* Values that may be absent: set says so; v is 0 when absent. */
struct opt_int {
    int64_t v;
    struct pos at;
    bool set;
};
struct opt_quantity {
    struct quantity v;
    bool set;
};
struct opt_bool {
    struct pos at;
    bool v, set;
};
struct opt_str {
    struct str v; /* v.p == NULL: absent */
    struct pos at;
};
/* IntOrString. */
struct int_or_str {
    enum { IOS_ABSENT, IOS_INT, IOS_STRING } type;
    struct pos at;
    int64_t i;
    struct str s; /* "25%", a port name; also the text of an int */
};

#define LIST_OF(type)      \
    struct {               \
        type *items;       \
        size_t count, cap; \
    }

struct str_list {
    struct str *items;
    size_t count, cap;
};

struct label {
    struct str key, value;
    struct pos at;
};
struct labels {
    struct label *items;
    size_t count, cap;
};

/* Why an amount is what it is: what the manifest says, or what the API server fills in. */
enum amount_origin {
    AMOUNT_GIVEN,
    AMOUNT_FROM_LIMIT,      /* request copied from the limit */
    AMOUNT_FROM_LIMITRANGE, /* default or defaultRequest of the namespace's LimitRange */
    AMOUNT_FROM_POD,        /* pod-level request filled in from containers or pod-level limit */
};
struct resource_amount {
    struct str name; /* "cpu", "memory", "hugepages-2Mi", "nvidia.com/gpu" */
    struct quantity q;
    struct pos at;
    enum amount_origin origin;
};
/* A ResourceList, in the order of the input. */
struct resources {
    struct resource_amount *items;
    size_t count, cap;
};
struct resource_requirements {
    struct resources requests, limits;
    struct pos at, requests_at, limits_at;
    bool set; /* the field is present (pod level: not nil) */
    struct str_list claims;
};

enum selector_op { SEL_IN, SEL_NOT_IN, SEL_EXISTS, SEL_NOT_EXISTS, SEL_GT, SEL_LT, SEL_INVALID };
struct requirement {
    struct str key;
    enum selector_op op;
    struct str_list values;
    struct pos at;
};
struct requirements {
    struct requirement *items;
    size_t count, cap;
};
/* A LabelSelector. !present is nil, which matches nothing; present and empty matches everything
 * (where a consumer differs, it says so). */
struct label_selector {
    bool present;
    struct pos at;
    struct labels match_labels;
    struct requirements expressions;
};

struct owner_ref {
    struct str api_version, kind, name, uid;
    bool controller;
};

/* A file (or stdin, or a server) that objects came from. */
struct source {
    struct str name;
};

struct workload;

struct object {
    enum kind kind;
    struct str api_version, kind_text; /* as written */
    struct str name, ns, uid, generate_name;
    bool ns_implied; /* namespaced, none given: "default" is assumed */
    struct labels labels, annotations;
    LIST_OF(struct owner_ref) owners;
    int64_t created_ms, deleted_ms; /* Unix time; 0 = absent */
    const struct source *source;    /* where it was read; never NULL after reading */
    struct str template_source;     /* helm's "# Source: chart/file", else absent */
    struct pos at;                  /* of the object's first key */
    struct pos metadata_at, name_at, spec_at;
    size_t start, end; /* bytes in the source; 0, 0 = bulk input */
};

#endif
