/* SPDX-License-Identifier: Apache-2.0
 *
 * Candidates about nodes: what the kubelet keeps back for the system, when it begins to evict, and
 * one more node of a shape that there is. Amounts come from what runs outside of pods (NodeMetrics)
 * and from the share of memory that is assumed to be hidden from the kubelet (--unaccounted).
 */
#include "analysis/remedy/internal.h"
#include "model/resources.h"

enum { STEP = 64 }; /* MiB: nobody writes 1037Mi into a kubelet's configuration */

static int64_t rounded(int64_t bytes)
{
    int64_t step = STEP * MIB;
    return (bytes + step - 1) / step * step;
}

static struct str json_mib(struct arena *a, int64_t bytes)
{
    return arena_printf(a, "\"%lldMi\"", (long long)(bytes / MIB));
}

/* Over all nodes of one kubelet configuration. */
struct kubelet_need {
    bool evicts_late;                    /* what it does not see is more than its threshold */
    int64_t evict_now, evict_needed;     /* memory.available */
    int64_t evict_percent;               /* the same, of capacity */
    int64_t reserve_now, reserve_needed; /* system */
    int64_t smallest, largest;           /* capacity */
};

static void need_of(const struct candidates *c, const struct kubelet_config *k,
                    struct kubelet_need *ret)
{
    *ret = (struct kubelet_need){0};
    for (uint32_t i = 0; i < c->world->node_count; i++) {
        const struct sim_node *n = &c->world->nodes[i];
        if (n->node->kubelet != k || !n->usable)
            continue;
        ret->evicts_late = ret->evicts_late || n->evict_below < n->unaccounted;
        int64_t reserved = n->kubepods ? n->capacity - n->kubepods : 0;
        ret->evict_now = MAX(ret->evict_now, n->evict_below);
        ret->evict_needed = MAX(ret->evict_needed, n->unaccounted + n->evict_below);
        ret->evict_percent =
            MAX(ret->evict_percent,
                ((n->unaccounted + n->evict_below) * 100 + n->capacity - 1) / n->capacity);
        ret->smallest = ret->smallest ? MIN(ret->smallest, n->capacity) : n->capacity;
        ret->largest = MAX(ret->largest, n->capacity);
        ret->reserve_now = MAX(ret->reserve_now, reserved);
        ret->reserve_needed = MAX(ret->reserve_needed, n->system + n->unaccounted);
    }
    ret->evict_needed = rounded(ret->evict_needed);
    ret->reserve_needed = rounded(ret->reserve_needed);
}

/* The configuration's object, or one to be written where there is none. */
static const struct object *kubelet_object(struct candidates *c, const struct kubelet_config *k)
{
    if (k)
        return &k->o;
    struct kubelet_config *made = arena_new(c->a, struct kubelet_config);
    made->o = (struct object){.kind = KIND_KUBELET_CONFIGURATION,
                              .api_version = STR("kubelet.config.k8s.io/v1beta1"),
                              .kind_text = STR("KubeletConfiguration"),
                              .name = STR(""),
                              .ns = STR("")};
    return &made->o;
}

static void of_kubelet(struct candidates *c, const struct kubelet_config *k, size_t nodes)
{
    struct kubelet_need need;
    need_of(c, k, &need);
    const struct object *o = kubelet_object(c, k);
    /* One amount does not suit nodes of different sizes; a percentage does. */
    bool alike = need.largest <= need.smallest + need.smallest / 4;
    bool evicts =
        need.evict_now && need.evicts_late && need.evict_needed >= need.evict_now + STEP * MIB;
    bool reserves = alike && need.reserve_needed >= need.reserve_now + STEP * MIB;
    struct str where = nodes == c->world->node_count
                           ? STR("the kubelets")
                           : arena_printf(c->a, "the kubelets of %zu nodes", nodes);
    for (int i = 1; i < 4; i++) {
        bool e = (i & 1) != 0, r = (i & 2) != 0;
        if ((e && !evicts) || (r && !reserves))
            continue;
        struct str reserve = bytes_text(c->a, need.reserve_needed),
                   evict = alike ? bytes_text(c->a, need.evict_needed)
                                 : arena_printf(c->a, "%lld %%", (long long)need.evict_percent),
                   title;
        if (r)
            candidate_edit(c, o, EDIT_SET, STR("systemReserved.memory"),
                           json_mib(c->a, need.reserve_needed));
        if (e)
            candidate_edit(c, o, EDIT_SET, STR("evictionHard[\"memory.available\"]"),
                           alike ? json_mib(c->a, need.evict_needed)
                                 : arena_printf(c->a, "\"%lld%%\"", (long long)need.evict_percent));
        if (r)
            title =
                arena_printf(c->a, "let " STR_FMT " keep " STR_FMT " for the system%s" STR_FMT "%s",
                             STR_ARG(where), STR_ARG(reserve), e ? " and evict below " : "",
                             STR_ARG(e ? evict : STR("")), e ? " left" : "");
        else
            title = arena_printf(c->a, "let " STR_FMT " evict below " STR_FMT " left",
                                 STR_ARG(where), STR_ARG(evict));
        candidate_add(c, r ? "kubelet-not-reserved" : "kubelet-eviction-hard", title,
                      r ? "pods together then have a limit of their own, below what kernel and "
                          "kubelet need"
                        : "the kubelet then evicts by rank before the kernel kills by size");
    }
}

static void of_kubelets(struct candidates *c)
{
    enum { MOST = 3 }; /* configurations; more are as many node pools */
    const struct kubelet_config *seen[MOST];
    size_t count = 0;
    for (uint32_t i = 0; i < c->world->node_count && count < MOST; i++) {
        const struct kubelet_config *k = c->world->nodes[i].node->kubelet;
        size_t at = 0, nodes = 0;
        while (at < count && seen[at] != k)
            at++;
        if (at < count)
            continue;
        seen[count++] = k;
        for (uint32_t n = 0; n < c->world->node_count; n++)
            nodes += c->world->nodes[n].node->kubelet == k;
        of_kubelet(c, k, nodes);
    }
}

/* ---- one more node ---- */

static bool is_alike(const struct node *x, const struct node *y)
{
    if (resources_memory_bytes(&x->allocatable) != resources_memory_bytes(&y->allocatable) ||
        resources_cpu_milli(&x->allocatable) != resources_cpu_milli(&y->allocatable) ||
        x->taints.count != y->taints.count)
        return false;
    for (size_t i = 0; i < x->taints.count; i++)
        if (!str_eq(x->taints.items[i].key, y->taints.items[i].key) ||
            !str_eq(x->taints.items[i].value, y->taints.items[i].value))
            return false;
    return true;
}

static void one_more_node(struct candidates *c, const struct node *like)
{
    struct str size = bytes_text(c->a, resources_memory_bytes(&like->capacity));
    struct remedy *r = candidate_add(
        c, NULL,
        arena_printf(c->a, "add a node like " STR_FMT " (" STR_FMT ")", STR_ARG(like->o.name),
                     STR_ARG(size)),
        "pods of a lost node that fit there find memory that is free and not only unbooked");
    r->like = like;
    r->node_name = arena_printf(c->a, "like-" STR_FMT, STR_ARG(like->o.name));
    while (cluster_find_node(c->world->cluster, r->node_name))
        r->node_name = arena_printf(c->a, STR_FMT "-2", STR_ARG(r->node_name));
}

/* The nodes that fail, and what lost them: of their shapes there is too little. */
void candidates_of_nodes(struct candidates *c, const struct weakest *weak)
{
    const struct node *shapes[NODES_MAX];
    size_t count = 0;
    for (size_t i = 0; i < weak->set.count; i++)
        for (uint32_t k = 0; k < weak->set.items[i].node_count && count < NODES_MAX; k++) {
            const struct sim_node *n = &c->world->nodes[weak->set.items[i].nodes[k]];
            size_t at = 0;
            while (at < count && !is_alike(shapes[at], n->node))
                at++;
            if (at == count && n->usable && !n->node->unschedulable)
                shapes[count++] = n->node;
        }
    for (size_t i = 0; i < count; i++)
        one_more_node(c, shapes[i]);
    of_kubelets(c);
}
