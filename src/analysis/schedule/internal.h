/* SPDX-License-Identifier: Apache-2.0
 *
 * The state behind schedule.h, shared by its files only.
 *
 * Strings are interned. A *shape* is a namespace with the labels that any selector of the world
 * names; a *class* is all that the scheduler can tell of a pod; pods are instances of classes. What
 * a class asks of other pods (spread constraints, affinity terms) is held in *counters*: number of
 * matching bound pods per value of a topology key. A class knows the counters that its pods count
 * in, so binding a pod costs as many additions as it has counters. What a class needs to be placed
 * (its *view*) is made when it is first placed.
 */
#ifndef ANALYSIS_SCHEDULE_INTERNAL_H
#define ANALYSIS_SCHEDULE_INTERNAL_H

#include "analysis/schedule/plugins.h"
#include "analysis/schedule/schedule.h"
#include "base/map.h"

enum {
    RES_PODS,
    RES_CPU,
    RES_MEMORY,
    RES_EPHEMERAL,
    RES_SCALARS,
    RES_MAX = 64, /* node_verdict.lacking is a set of 64; more names than that are not tracked */
};
enum { BY_NODE_FROM = 16 };    /* see topo.by_node */
#define TOPO_NODE   UINT32_MAX /* a counter per node, not per label value */
#define NO_INDEX    UINT32_MAX
#define MEMORY_PODS INT64_C(209715200) /* upstream's default request of a container, 200 MiB */
#define CPU_PODS    INT64_C(100)

typedef uint32_t name_id; /* an interned string; 0 = none */

struct requirement_c {
    name_id key;
    uint8_t op; /* enum selector_op */
    uint32_t count;
    name_id *values;
};
/* A compiled LabelSelector. `nothing`: nil, or one that cannot be parsed. */
struct selector {
    bool nothing;
    uint32_t count;
    struct requirement_c *reqs;
};
struct label_c {
    name_id key, value;
};
/* A set of labels, sorted by key. */
struct label_set {
    uint32_t count;
    struct label_c *items;
};
struct space { /* a namespace */
    name_id name;
    bool present; /* the Namespace object is there */
    struct label_set labels;
    LIST_OF(uint32_t) classes;
    LIST_OF(uint32_t) asked_by; /* classes with a term that its pods may match */
    LIST_OF(uint32_t) services; /* selectors of its Services */
};
struct shape {
    uint32_t space;
    bool has_labels;
    struct label_set labels;
    uint32_t service_selector; /* merged of the Services that select it, or NO_INDEX: not yet */
};
/* A PodAffinityTerm as one of its owner's namespace sees it. */
struct term {
    uint32_t selector, topo;
    uint8_t *own_spaces;   /* spaces whose pods it selects when its owner is incoming */
    uint8_t *other_spaces; /* the same when its owner is a pod that runs */
    bool all_spaces;
};
struct weighted_term {
    uint32_t term;
    int32_t weight;
};
struct term_list {
    struct weighted_term *items;
    size_t count, cap;
};
struct port {
    name_id ip, protocol;
    int32_t port;
};
struct port_list {
    struct port *items;
    size_t count, cap;
};
struct spread_rule {
    uint32_t selector, topo;
    int32_t max_skew, min_domains;
    bool hard, honor_affinity, honor_taints;
};
struct spread_list {
    struct spread_rule *items;
    size_t count, cap;
};

/* One of the claims that a pod names, in the order of its volumes. */
struct claim_use {
    uint32_t claim; /* index of namespace and name */
    name_id name;
    bool one_pod; /* ReadWriteOncePod */
};
/* An in-tree disk that a pod names itself. */
struct disk {
    name_id what;
    bool read_only, never_shared; /* EBS: not even by readers */
};
/* A volume that counts against what a node's CSI driver can attach. */
struct attachment {
    name_id driver, volume;
};
enum { OWN_VOLUME = 0 }; /* no name: of each pod another */

struct topo {
    name_id key;
    int32_t *value; /* per node; -1 = the label is missing */
    int32_t *slot;  /* the same with value_count for a missing label: see counter.counts */
    uint32_t value_count;
    int32_t empty_value; /* index of the value "", or -1 */
    bool by_node;        /* many values, each of one node at most: as good as a node's name */
};

/* Of most values nothing is counted: those that are not 0, in a hash table. */
struct cell {
    int32_t value, count; /* value < 0: free */
};
struct counter {
    uint32_t topo;
    int32_t *counts; /* per value (TOPO_NODE: per node), and one that stays 0; NULL = in cells */
    struct cell *cells;
    uint32_t cells_size, cells_used; /* size: a power of two */
    const uint8_t *include;          /* nodes that count; NULL = all */
    int64_t matches;                 /* pods (times terms) that count, on nodes that have the key */
    int32_t missing;        /* where pods of a node without the label count; -1 = nowhere */
    uint32_t *domain_nodes; /* counting nodes per value; NULL = not kept */
    uint32_t domains;       /* values that have any */
    int32_t min;            /* over these values; valid unless min_stale */
    bool min_stale;
};
struct member {
    uint32_t counter;
    int32_t weight, matches;
};

struct class_ {
    const struct pod *sample;
    uint32_t shape, space;
    int64_t priority;
    bool never_preempts, terminating, has_scalars, has_request;
    uint8_t features; /* that it asks of a node: see features.c */
    int64_t *request; /* by resource; [RES_PODS] = 1 */
    int64_t nonzero_cpu, nonzero_memory;
    int64_t score_cpu, score_memory; /* LeastAllocated's idea of the incoming pod */
    struct port_list ports;
    struct term_list affinity, anti, prefers, avoids;
    struct str unparsed; /* why a list of terms cannot be parsed; such a list counts as absent */
    struct spread_list spread;
    LIST_OF(struct claim_use) claims;
    LIST_OF(struct disk) disks;
    struct {
        struct attachment *items;
        size_t count, cap;
    } attached;
    uint32_t owner_selector; /* of its ReplicaSet, StatefulSet or ReplicationController */
    uint32_t tolerations, node_need, node_wish, images; /* indices of the static views */
    LIST_OF(struct member) members;
    uint32_t first_pod;
    uint32_t bound;
    uint32_t
        like; /* class of a pod made like its pods: itself, unless these have claims of their own */
    struct view *view;
};
struct instance {
    uint32_t class_;
    int32_t node;
    uint32_t class_prev, class_next, node_prev, node_next;
    const struct pod *pod;
};

/* Static views are interned with a class and filled in when one of its pods is first placed. */

/* Per distinct tolerations. */
struct taint_view {
    const struct tolerations *of;
    bool made;
    uint8_t *reject;    /* per node: enum sched_reason, 0 = none; NULL = none anywhere */
    uint8_t *untainted; /* per node: 1 = no untolerated NoSchedule or NoExecute taint */
    int32_t *prefer;    /* intolerable PreferNoSchedule taints; NULL = none anywhere */
};
/* Per distinct nodeSelector with required node affinity. */
struct need_view {
    const struct pod_spec *of;
    bool made;
    uint8_t *match; /* per node */
    uint8_t *named; /* PreFilter's set of node names, or NULL */
    bool conflict;  /* the set is empty */
};
struct wish_view {
    const struct node_selector_terms *of;
    bool made;
    int32_t *raw; /* per node */
};
struct image_view {
    name_id *names;
    uint32_t count, containers;
    uint8_t *score; /* per node; NULL = 0 everywhere */
    uint32_t version;
};
/* Per class with claims. */
struct volume_view {
    uint8_t *reject;  /* per node: enum sched_reason, 0 = none */
    bool unbound;     /* some claim has no volume in the cluster */
    uint32_t assumed; /* of the schedule, when it was made */
    struct str prefilter_reason;
    enum sched_plugin prefilter_plugin;
};

struct hard_spread {
    uint32_t counter, topo, selector;
    int32_t max_skew, min_domains, self;
    const uint8_t *include; /* nodes that the rule counts */
};
struct soft_spread {
    uint32_t counter, topo;
    int32_t max_skew;
    bool per_node; /* kubernetes.io/hostname: the node's own pods, without policies */
};
struct topo_counter {
    uint32_t topo, counter;
};
struct topo_counters {
    struct topo_counter *items;
    size_t count, cap;
};
/* What a placement settled for a claim: its volume, or else (NULL) the node near which one is made. */
struct assumption {
    const struct pvc *claim;
    const struct pv *pv;
    uint32_t node;
    bool made; /* it is there by now: the claim is as good as bound */
};
/* What placing a class needs. */
struct view {
    const struct taint_view *taints;
    const struct need_view *need; /* NULL = none */
    const struct wish_view *wish; /* NULL = no preferred list */
    struct image_view *image;
    struct volume_view *volumes; /* NULL = none that matter here */
    struct hard_spread *hard;
    struct soft_spread *soft;
    uint32_t hard_count, soft_count;
    bool soft_all_keys; /* nodes lacking a key are ignored */
    /* Pods at each value: that match all required affinity terms; a required anti-affinity term;
     * that own a required anti-affinity term which matches this class; weights of preferences. */
    struct topo_counters affinity, anti, existing_anti, score;
    bool affinity_self; /* the pod matches all its own terms */
    bool requires_pods; /* it has a required term, whether any pod matches it or not */
    uint8_t features;   /* of the class */
    int16_t *base;      /* per node: see place.c */
    bool stale;         /* base as a whole */
    uint64_t seen;      /* what of the log it knows */
    /* Since schedule_mark: */
    bool used, remade;       /* base was made anew as a whole */
    uint64_t seen_unmarked;  /* seen before that */
    struct ranking *ranking; /* see ranking.c; NULL = none yet */
};
struct pod_list {
    uint32_t *items;
    size_t count, cap;
};
/* One node with pods taken away or added: see node_state.c. */
struct node_state {
    uint32_t node;
    struct arena *a;
    int64_t used[RES_MAX];
    struct port_list ports;
    /* Changes of the counts at the node's values, beside the lists of the view. */
    int32_t *hard_delta, *hard_min_without;
    int32_t *affinity_delta, *anti_delta, *existing_delta;
    struct pod_list gone, added; /* of those that have volumes */
};
/* A pending pod for which preemption has made room on a node. */
struct nominee {
    uint32_t pod, node;
    bool cleared, cleared_now; /* cleared_now: since schedule_mark */
};

struct image_on {
    uint32_t node;
    int64_t size;
};
struct image_nodes {
    struct image_on *items;
    size_t count, cap;
};

struct undo {
    struct view *view;
    uint32_t node;
    int16_t was;
};
struct used_view {
    const struct class_ *class_;
    struct view *view;
};

struct schedule {
    struct arena *a;
    const struct cluster *c;
    struct arena scratch;
    struct map names, keys, pod_names, node_names, images;
    LIST_OF(struct str) texts; /* by name_id */
    LIST_OF(struct selector) selectors;
    LIST_OF(struct space) spaces;
    LIST_OF(struct shape) shapes;
    LIST_OF(struct term) terms;
    LIST_OF(struct topo) topos;
    LIST_OF(struct class_) classes;
    LIST_OF(struct instance) pods;
    LIST_OF(struct counter) counters;
    LIST_OF(struct taint_view *) taint_views;
    LIST_OF(struct need_view *) need_views;
    LIST_OF(struct wish_view *) wish_views;
    LIST_OF(struct image_view *) image_views;
    LIST_OF(uint8_t *) includes;
    LIST_OF(struct nominee) nominees;
    LIST_OF(int32_t) claim_uses; /* bound pods (times volumes) by claim */
    struct node_limits *limits;  /* per node; NULL = no node has any */
    LIST_OF(struct assumption) assumptions;
    uint32_t assumed;  /* counts changes of them */
    uint8_t *relevant; /* by name_id of a label key: some selector names it */
    size_t relevant_cap;
    /* nodes */
    uint32_t node_count, on_count;
    const struct node **nodes;
    uint8_t *on, *closed;
    uint8_t *features; /* per node: see features.c */
    uint32_t *name_rank, *by_name;
    bool in_name_order;
    struct work *work; /* see place_work.h */
    struct ranking_work *ranking_work;
    int32_t *dense;                 /* see counter_dense() */
    uint32_t *first_pod, *last_pod; /* per node */
    struct port_list *ports;        /* per node */
    uint32_t resource_count;
    name_id resource_names[RES_MAX];
    int64_t *allocatable[RES_MAX], *used[RES_MAX];
    int64_t *nonzero_cpu, *nonzero_memory;
    bool compares_taints, ignores_preferred;
    const struct affinity *added;
    uint8_t *enforced; /* per node: 1 = the added affinity refuses it; NULL = there is none */
    uint64_t ignored, by_device; /* resources that the profile takes out of the check */
    bool no_sidecars;
    /* every change of a node, for the views */
    uint32_t *log; /* a ring of log_size, a power of two */
    uint64_t log_count, log_size;
    uint64_t log_from, mark; /* entries before log_from are lost; where schedule_mark was */
    uint64_t log_read;       /* entries before it are known to some view */
    bool marked;
    LIST_OF(struct used_view) used_views; /* since then */
    LIST_OF(struct undo) undo;            /* changes of their bases */
    struct {
        uint32_t *items, count;
        uint32_t *stamps, stamp; /* per node: in items if it has the stamp */
    } changed;                   /* nodes, since then */
    LIST_OF(uint32_t) unranked;  /* classes that were placed without a ranking */
    uint64_t rest;               /* counts the changes that no rewind takes back */
    uint32_t version;            /* counts schedule_node_off calls */
    uint32_t hostname_topo, zone_topo;
};

/* ---- intern.c ---- */
name_id name_of(struct schedule *s, struct str text);
/* 0 if the string is not interned. */
name_id name_find(const struct schedule *s, struct str text);
/* Index of a sequence of numbers, the same for the same numbers; *ret_new says if it is new. The
 * first number tells sorts of keys apart. */
uint32_t key_index(struct schedule *s, const uint64_t *words, size_t count, uint32_t next,
                   bool *ret_new);
uint32_t selector_compile(struct schedule *s, const struct label_selector *l);
uint32_t selector_of_labels(struct schedule *s, const struct labels *l);
/* Both together (a requirement of either). A `nothing` gives nothing. */
uint32_t selector_join(struct schedule *s, uint32_t a, uint32_t b);
bool selector_is_empty(const struct schedule *s, uint32_t selector);
bool selector_match(const struct schedule *s, uint32_t selector, const struct label_set *l);
struct label_set labels_compile(struct schedule *s, const struct labels *l, bool relevant_only);
uint32_t space_of(struct schedule *s, struct str name);
uint32_t topo_of(struct schedule *s, struct str key);

/* ---- class.c ---- */
/* Notes the label keys that the selectors of the world name. Before the first class. */
void relevant_collect(struct schedule *s);
uint32_t class_of(struct schedule *s, const struct pod *p);
/* After the last class: those of pods that are made like others. */
void classes_renew(struct schedule *s);
/* Of affinity to other pods. */
static inline size_t class_terms(const struct class_ *c)
{
    return c->affinity.count + c->anti.count + c->prefers.count + c->avoids.count;
}

/* ---- counter.c ---- */
/* domains: keep the values that occur on counting nodes, and their lowest count. */
uint32_t counter_new(struct schedule *s, uint32_t topo, const uint8_t *include, bool domains);
/* Pods of the class count `weight` from now on; those that are bound are counted at once. */
void counter_attach(struct schedule *s, uint32_t counter, struct class_ *c, int32_t weight,
                    int32_t matches);
void counter_add(struct schedule *s, struct counter *c, uint32_t node, int32_t weight,
                 int32_t matches);
/* The count of a value of its topology key. */
static inline int32_t counter_count(const struct counter *c, int32_t value)
{
    if (c->counts)
        return c->counts[value];
    uint32_t mask = c->cells_size - 1, i = (uint32_t)value * UINT32_C(0x9e3779b1) & mask;
    for (; c->cells_size && c->cells[i].value >= 0; i = (i + 1) & mask)
        if (c->cells[i].value == value)
            return c->cells[i].count;
    return 0;
}
/* All counts as an array, and one that is 0; valid until the next call. */
const int32_t *counter_dense(struct schedule *s, const struct counter *c);
/* The lowest count over the values that occur; INT32_MAX if none does. */
int32_t counter_min(const struct schedule *s, struct counter *c);
/* The same over the values other than `value`. */
int32_t counter_min_without(const struct schedule *s, const struct counter *c, int32_t value);
/* The count at the node's value; 0 where the label is missing. */
int32_t counter_at(const struct schedule *s, const struct counter *c, uint32_t node);
void counter_node_off(const struct schedule *s, struct counter *c, uint32_t node, bool off);
static inline int32_t topo_value(const struct schedule *s, uint32_t topo, uint32_t node)
{
    return topo == TOPO_NODE ? (int32_t)node : s->topos.items[topo].value[node];
}
uint32_t topo_size(const struct schedule *s, uint32_t topo);

/* ---- one per plugin family ---- */
uint32_t taint_view_of(struct schedule *s, const struct tolerations *t);
/* These three fill in the view if need be. NO_INDEX gives NULL. */
const struct taint_view *taint_view_made(struct schedule *s, uint32_t view);
const struct need_view *need_view_made(struct schedule *s, uint32_t view);
const struct wish_view *wish_view_made(struct schedule *s, uint32_t view);
/* NO_INDEX when the pod asks for no node in particular. */
uint32_t need_view_of(struct schedule *s, const struct pod_spec *spec);
/* NO_INDEX when the pod has no preferred list. */
uint32_t wish_view_of(struct schedule *s, const struct pod_spec *spec);
/* What the profile adds to every pod's node affinity. */
void added_affinity_make(struct schedule *s, const struct affinity *added);
uint32_t image_view_of(struct schedule *s, const struct pod_spec *spec);
void images_collect(struct schedule *s);
/* Renews the scores when the number of nodes has changed. */
void image_view_update(struct schedule *s, struct image_view *v);
/* NULL when the class has no volumes that decide anything. */
struct volume_view *volume_view_make(struct schedule *s, const struct class_ *c);
/* Renews it if a claim has been settled since. Returns whether it did. */
bool volume_view_update(struct schedule *s, const struct class_ *c, struct volume_view *v);

/* ---- features.c: sets of bits ---- */
uint8_t features_asked(const struct pod_spec *spec);
uint8_t features_declared(const struct node *n);
const char *feature_name(uint8_t features); /* of the first */

/* ---- disks.c ---- */
/* The claim that a volume of the pod is made from: of a generic ephemeral one, it bears its name. */
struct str volume_claim_name(struct arena *a, const struct pod *p, const struct volume *v);
const struct pvc *claim_find(const struct schedule *s, struct str ns, struct str name);
struct str claim_class(const struct pvc *claim);
/* The CSI driver that makes what an in-tree provisioner is asked for; else the provisioner. */
struct str csi_driver_of(struct str provisioner);
void disks_compile(struct schedule *s, const struct pod *p, struct class_ *c);
/* A pod of the class has come (sign 1) or gone. */
void claims_account(struct schedule *s, const struct class_ *c, int sign);
/* ReadWriteOncePod claims of the class that a pod has, anywhere. */
int64_t claims_in_use(const struct schedule *s, const struct class_ *c);
void limits_build(struct schedule *s);
/* What of this the node alone decides: claims_in_use() is of the whole cluster. */
bool disks_refuse(struct schedule *s, const struct class_ *c, uint32_t node);
/* VolumeRestrictions and NodeVolumeLimits. */
enum sched_reason disks_filter(struct schedule *s, const struct class_ *c, uint32_t node,
                               const struct node_state *over);

/* ---- node_state.c ---- */
/* The node as it is, for a class whose view is made. Its lists are in `a`. */
void node_state_init(struct schedule *s, struct arena *a, const struct class_ *c, uint32_t node,
                     struct node_state *n);
void node_state_copy(const struct node_state *from, const struct view *v, struct node_state *n);
/* Takes a pod away (sign -1) or puts it there. */
void node_state_account(const struct schedule *s, const struct class_ *incoming,
                        struct node_state *n, uint32_t pod, int sign);

/* ---- nominated.c ---- */
void nominees_collect(struct schedule *s);
/* What has been cleared since schedule_mark stands again. */
void nominees_rewind(struct schedule *s);
/* Some pod is nominated that this one must leave room for. */
bool nominees_concern(const struct schedule *s, uint32_t pod);
/* The filters with the pods that are nominated to the node, then without. The view is made. */
struct node_verdict filter_node_twice(struct schedule *s, uint32_t pod, uint32_t node,
                                      const struct node_state *over);
/* Clears ok[node] where the pod does not fit beside those that are nominated. */
void nominees_mask(struct schedule *s, uint32_t pod, uint8_t *ok);

uint32_t resource_index(const struct schedule *s, struct str name);
void resource_note(struct schedule *s, const struct resources *list);
/* Amounts by resource index. Returns whether the list names any scalar resource. */
bool resources_spread_out(const struct schedule *s, const struct resources *list, int64_t *ret);
/* After the resources are known. */
void fit_configure(struct schedule *s, const struct schedule_profile *p);
/* The profile has no sidecars, the pod has. */
bool fit_refuses(const struct schedule *s, const struct class_ *c);
void fit_compile(struct schedule *s, const struct pod *p, struct class_ *c);
/* Set of the resources that the node lacks; over = NULL: the node as it is. */
uint64_t fit_lacking(const struct schedule *s, const struct class_ *c, uint32_t node,
                     const struct node_state *over, uint8_t *ret_code);
int64_t score_least(const struct schedule *s, const struct class_ *c, uint32_t node);
int64_t score_balanced(const struct schedule *s, const struct class_ *c, uint32_t node);

/* ---- usual.c ---- */
enum { UNFIT = -1 };
/* The pod asks a node for pods, CPU and memory alone, beside what its labels and taints decide. */
bool class_is_usual(const struct schedule *s, const struct class_ *c, const struct view *v);
/* Its amounts can be divided as doubles. */
bool node_is_usual(const struct schedule *s, uint32_t node);
/* Of both: UNFIT where resources are lacking, else the weighted scores. */
int16_t usual_score(const struct schedule *s, const struct class_ *c, uint32_t node);

/* The nodes' amounts as doubles, for all nodes at once. */
struct usual_nodes {
    double *cpu, *memory, *used_cpu, *used_memory, *left_cpu, *left_memory;
    int32_t *balance, *room;
    uint8_t *usual; /* else the others say nothing */
};
void usual_nodes_make(struct schedule *s, struct usual_nodes *ret);
/* usual_score of every usual node; of others anything. False: the class asks for too much. */
bool usual_scores(const struct schedule *s, const struct usual_nodes *u, const struct class_ *c,
                  int16_t *restrict ret);

/* ---- place.c ---- */
/* By the node's own condition, taints and labels. */
bool is_refused(const struct schedule *s, const struct view *v, uint32_t node);
/* What a node alone decides: UNFIT, or the weighted scores of its resources. */
int16_t node_score(struct schedule *s, const struct class_ *c, const struct view *v, uint32_t node);
/* round(x) of x >= 0, half away from zero (place_spread.c). */
int32_t round_half_up(double x);

/* ---- ranking.c ---- */
/* The best node, or NO_NODE; false = it is not known, look at all of them. After the mark. */
bool ranking_pick(struct schedule *s, const struct class_ *c, const struct view *v, int32_t *ret);
void ranking_node_changed(struct schedule *s, uint32_t node);

void ports_compile(struct schedule *s, const struct pod_spec *spec, struct port_list *ret);
/* A node's used ports are a set: where two pods hold one port, it is free when either goes, as
 * upstream has it (framework/types.go HostPortInfo). */
void ports_add(struct arena *a, struct port_list *used, const struct port_list *add);
void ports_remove(struct port_list *used, const struct port_list *remove);
bool ports_conflict(const struct schedule *s, const struct port_list *want,
                    const struct port_list *used);

void spread_compile(struct schedule *s, const struct pod *p, struct spread_list *ret);
void spread_view_make(struct schedule *s, struct class_ *c, struct view *v);
enum sched_reason spread_filter(struct schedule *s, const struct view *v, uint32_t node,
                                const struct node_state *over);
/* Normalised scores of the nodes; false: the plugin skips itself. */
bool spread_score(struct schedule *s, const struct view *v, const uint32_t *nodes, uint32_t count,
                  int64_t *ret);

void terms_compile(struct schedule *s, const struct pod *p, struct class_ *c);
/* A bound pod that matches an incoming pod's term, in the same domain of its topology key as the
 * node; NO_INDEX = there is none. */
uint32_t affinity_find_pod(const struct schedule *s, uint32_t term, uint32_t node);
/* A bound pod of the class, in the same domain as the node, whose term the incoming pod matches. */
uint32_t affinity_keeps_out(const struct schedule *s, uint32_t term, const struct class_ *runs,
                            const struct class_ *incoming, uint32_t node);
/* Notes the class with the namespaces that its terms look at. */
void terms_announce(struct schedule *s, const struct class_ *c, uint32_t id);
void affinity_view_make(struct schedule *s, struct class_ *c, struct view *v);
enum sched_reason affinity_filter(const struct schedule *s, const struct view *v, uint32_t node,
                                  const struct node_state *over);
bool affinity_score(const struct schedule *s, const struct view *v, const uint32_t *nodes,
                    uint32_t count, int64_t *ret);

/* ---- cycle.c ---- */
struct view *view_of(struct schedule *s, uint32_t class_);
/* Runs the filters on one node, in upstream's order, to the first that refuses. */
struct node_verdict filter_node(struct schedule *s, const struct class_ *c, const struct view *v,
                                uint32_t node, const struct node_state *over);
/* With the plugin and the code that go with it. */
struct node_verdict refuse(enum sched_reason r);
/* As plugins/helper/normalize_score.go. */
void normalize(int64_t *scores, uint32_t count, bool reverse);

#endif
