/* SPDX-License-Identifier: Apache-2.0
 *
 * What a rule is. A rule is one .c file that defines one `const struct rule rule_<name>` and one
 * .yaml with its bad and good cases, beside each other in a family folder; src/rules/meson.build
 * lists it. The engine walks the model once and calls the visitors that a rule sets. A rule looks
 * at what it is given: it never loops over the cluster, allocates, logs, or reads a clock.
 */
#ifndef RULES_RULE_H
#define RULES_RULE_H

#include "model/cluster.h"
#include "model/edit.h"

struct finding;
struct rule_ctx;
struct suppression;

enum severity { SEV_OFF, SEV_INFO, SEV_WARNING, SEV_ERROR };
/* "off", "info", "warning", "error" (also the words of the configuration and of --fail-on). */
const char *severity_word(enum severity s);
/* 0 or -EINVAL. */
int severity_parse(struct str s, enum severity *ret) MUST_USE;

/* What must be in the input before a rule can say that something is missing. */
enum rule_needs {
    NEEDS_NOTHING,
    NEEDS_NAMESPACE, /* the Namespace object, or more than workloads of it, or --complete */
    NEEDS_CLUSTER,   /* Nodes, or --complete */
    NEEDS_NODES,     /* Nodes */
};

/* Kinds that make pods. */
#define WORKLOAD_KINDS                                                                      \
    (KIND_BIT(POD) | KIND_BIT(DEPLOYMENT) | KIND_BIT(STATEFUL_SET) | KIND_BIT(DAEMON_SET) | \
     KIND_BIT(REPLICA_SET) | KIND_BIT(REPLICATION_CONTROLLER) | KIND_BIT(JOB) |             \
     KIND_BIT(CRON_JOB))

/* A threshold; the n-th one's value is c->options[n]. In .plimsoll.yaml: rules: {ID: {NAME: n}}. */
struct rule_option {
    const char *name; /* camelCase with the unit in it */
    int64_t value;    /* default */
    int64_t min, max;
    const char *help; /* one line */
};
enum { RULE_OPTIONS_MAX = 4 };

/* What a user has to say before a machine may make the change. */
enum fix_level {
    FIX_NONE,  /* people only */
    FIX_SAFE,  /* --fix: weakens nothing and moves nothing */
    FIX_SIZES, /* --fix with amounts given by the user; --fix=all with usage in the input */
    FIX_ALL,   /* --fix=all: somebody may rely on what is there */
    FIX_KIT,   /* no edit: --namespace-kit writes what is missing */
};

struct rule {
    const char *id;         /* kebab-case words */
    enum severity severity; /* its worst; finding_as for a milder case */
    const char *title;      /* what is wrong, one line */
    const char *why;        /* what it leads to, one line */
    const char *fix;        /* what to do, one line; finding_fix where the finding knows better */
    const char *see;        /* where it was learned, or NULL */
    enum rule_needs needs;
    /* Kinds that the rule looks up beside what it visits (KIND_BIT): where one of them could not be
     * listed, it is not judged. */
    uint64_t reads;
    /* For rules that need something: whether w would be judged at all, so that "not judged" counts
     * only what could have been. NULL = everything visited. */
    bool (*applies)(const struct rule_ctx *c);
    /* NULL, or whether all that this one finding needs is in sight though not all that the rule
     * needs in general. */
    bool (*sees)(const struct rule_ctx *c);
    struct rule_option options[RULE_OPTIONS_MAX];

    /* Visitors; NULL = not interested. The ctx says what is visited. Workloads are tops only. */
    void (*cluster)(const struct rule_ctx *c);
    void (*node)(const struct rule_ctx *c, const struct node *n);
    void (*ns)(const struct rule_ctx *c, const struct namespace_ *n);
    void (*workload)(const struct rule_ctx *c, const struct workload *w);
    void (*container)(const struct rule_ctx *c, const struct container *k);
    void (*pdb)(const struct rule_ctx *c, const struct pdb *p);
    void (*hpa)(const struct rule_ctx *c, const struct hpa *h);
    void (*webhook)(const struct rule_ctx *c, const struct webhook *h);
    void (*role)(const struct rule_ctx *c, const struct role *r);
    void (*role_binding)(const struct rule_ctx *c, const struct role_binding *b);
    void (*network_policy)(const struct rule_ctx *c, const struct network_policy *p);
    void (*limit_range)(const struct rule_ctx *c, const struct limit_range *l);
    void (*quota)(const struct rule_ctx *c, const struct resource_quota *q);
    void (*kubelet)(const struct rule_ctx *c, const struct kubelet_config *k);
    void (*kube_proxy)(const struct rule_ctx *c, const struct kube_proxy_config *k);
    void (*config_map)(const struct rule_ctx *c, const struct config_map *m);
    void (*cilium_policy)(const struct rule_ctx *c, const struct cilium_policy *p);
    void (*prometheus)(const struct rule_ctx *c, const struct prometheus *p);
    void (*prometheus_rule)(const struct rule_ctx *c, const struct prometheus_rule *p);
    void (*problem)(const struct rule_ctx *c, const struct problem *p);
    void (*suppression)(const struct rule_ctx *c, const struct suppression *s);

    /* Tells the edits that remove a finding, by finding_set() and finding_add(), or by
     * finding_unfixable() why there are none. Called when the finding is made and somebody wants
     * edits (check_config.fix): the ctx is as in the visitor. NULL and FIX_NONE = by people only. */
    void (*fixer)(const struct rule_ctx *c, struct finding *f);
    enum fix_level fix_level; /* a finding may need a higher one */
};

/* All rules, by family and name: the order of src/rules/meson.build. */
extern const struct rule *const rule_table[];
extern const size_t rule_count;
/* The family (the folder) of each, and its first bad and first good case as YAML. */
struct rule_example {
    const char *bad, *good;
};
extern const char *const rule_families[];
extern const struct rule_example rule_examples[];
/* NULL if there is none. */
const struct rule *rule_find(struct str id);
/* The id nearest to a misspelt one, or NULL. */
const char *rule_suggest(struct str id);
/* Index in rule_table. */
size_t rule_index(const struct rule *r);

/* ---- what a visitor sees ---- */

struct engine;
struct facts;

/* One entry of the annotation plimsoll.dev/ignore: "rule-id: reason; rule-id: reason". */
struct suppression {
    struct str id, reason;   /* reason: empty if none was given */
    const struct rule *rule; /* NULL: there is no such rule */
    struct pos at;           /* of the annotation */
    bool in_template;        /* on the pod template, not on the object */
};

struct rule_ctx {
    struct engine *engine;
    const struct rule *rule;
    const struct cluster *cluster;
    const struct facts *facts; /* what the engine worked out once; see facts.h */
    const int64_t *options;    /* values in force, in the order of rule->options */
    /* What is being visited, from the outside in. */
    const struct object *object;   /* NULL: the cluster, or a problem without an object */
    const struct workload *w;      /* workload and container visitors */
    const struct container *k;     /* container visitor */
    const struct pod *injected_in; /* k is not in the template: an injector put it into this pod */
    const struct webhook_config *wc; /* webhook visitor */
    size_t index;                    /* webhook visitor: which of the configuration's */
};

/* ---- what a visitor reports ---- */

/* A finding that somebody knows of already, and that therefore fails nothing. */
enum finding_known {
    KNOWN_NOT,
    KNOWN_BASELINE, /* it is in the baseline */
    KNOWN_BEFORE,   /* what the change is compared with has it too */
};

struct finding {
    const struct rule *rule;
    enum severity severity;
    struct str message, why, fix;
    const struct object *object; /* NULL: the cluster or a file */
    struct str container;        /* absent if not about one */
    struct str path;             /* field path from the object's root; absent if unknown */
    struct str file;             /* absent if unknown */
    struct pos at;
    char fingerprint[65]; /* read it through finding_fingerprint() */
    bool suppressed;
    struct str suppress_reason;
    enum finding_known known;
    /* What a fixer says; all of the edits are made or none. */
    LIST_OF(struct edit) edits;
    enum fix_level fix_level;
    struct str unfixable; /* why there are no edits; absent if nobody said */
    bool refused;         /* ... because it would not be safe */
};
/* Neither suppressed nor known: somebody has to do something about it. */
bool finding_is_open(const struct finding *f);

/* Where: the position of the very field or, where it is absent ({0, 0}), of the nearest parent that
 * is there (the engine falls back to the container, the template, the object); and the path below
 * what is visited ("livenessProbe" in a container, "spec.replicas" in an object), which may end in
 * "" for the thing itself. */
struct place {
    struct pos at;
    const char *path;
    bool in_pod; /* workload visitor: the path is below the pod template's spec */
};
#define AT(pos, path)     ((struct place){(pos), (path), false})
#define AT_POD(pos, path) ((struct place){(pos), (path), true})
struct pos pos_or(struct pos a, struct pos b);

/* Reports with the rule's severity, or as what is given; the message is one line, no full stop. */
struct finding *finding(const struct rule_ctx *c, struct place where, const char *fmt, ...)
    PRINTF_LIKE(3, 4);
struct finding *finding_as(const struct rule_ctx *c, enum severity s, struct place where,
                           const char *fmt, ...) PRINTF_LIKE(4, 5);
/* Replaces the rule's fix by one that names what is to be written. */
void finding_fix(const struct rule_ctx *c, struct finding *f, const char *fmt, ...)
    PRINTF_LIKE(3, 4);

/* For fixers. A field is set to a value in JSON syntax; `path` is below what is visited, as in AT(). */
void finding_set(const struct rule_ctx *c, struct finding *f, const char *path, const char *json);
/* The same below the pod template's spec, as in AT_POD(). */
void finding_set_in_pod(const struct rule_ctx *c, struct finding *f, const char *path,
                        const char *json);
/* An object, in JSON, that is to stand beside the one that is visited. */
void finding_add(const struct rule_ctx *c, struct finding *f, struct str json);
void finding_unfixable(const struct rule_ctx *c, struct finding *f, const char *fmt, ...)
    PRINTF_LIKE(3, 4);
/* The same, of what the user asked for and what would do harm: exit status 4. */
void finding_refuse(const struct rule_ctx *c, struct finding *f, const char *fmt, ...)
    PRINTF_LIKE(3, 4);

/* The field path of a suppression's annotation. */
const char *suppression_path(const struct rule_ctx *c, const struct suppression *s);

/* Text for messages and paths; it lives as long as the findings. */
const char *say(const struct rule_ctx *c, const char *fmt, ...) PRINTF_LIKE(2, 3);
const char *say_bytes(const struct rule_ctx *c, int64_t bytes);               /* "1.5Gi" */
const char *say_milli(const struct rule_ctx *c, int64_t milli);               /* "250m", "1.5" */
const char *say_count(const struct rule_ctx *c, int64_t n, const char *noun); /* "3 replicas" */
/* container "main", init container "wait", sidecar container "proxy" */
const char *say_container(const struct rule_ctx *c, const struct container *k);

#endif
