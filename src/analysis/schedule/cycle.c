/* SPDX-License-Identifier: Apache-2.0
 *
 * One scheduling cycle, as upstream's schedule_one.go with framework/runtime/framework.go: the
 * order of the filters, the scores and their weights, the words of a FitError.
 */
#include "analysis/schedule/internal.h"

static const struct {
    const char *name;
    int64_t weight;
} plugins[PLUGIN_COUNT] = {
    [PLUGIN_NODE_UNSCHEDULABLE] = {"NodeUnschedulable", 0},
    [PLUGIN_TAINT_TOLERATION] = {"TaintToleration", 3},
    [PLUGIN_NODE_AFFINITY] = {"NodeAffinity", 2},
    [PLUGIN_NODE_PORTS] = {"NodePorts", 0},
    [PLUGIN_NODE_RESOURCES_FIT] = {"NodeResourcesFit", 1},
    [PLUGIN_VOLUME_RESTRICTIONS] = {"VolumeRestrictions", 0},
    [PLUGIN_NODE_VOLUME_LIMITS] = {"NodeVolumeLimits", 0},
    [PLUGIN_VOLUME_BINDING] = {"VolumeBinding", 1},
    [PLUGIN_VOLUME_ZONE] = {"VolumeZone", 0},
    [PLUGIN_POD_TOPOLOGY_SPREAD] = {"PodTopologySpread", 2},
    [PLUGIN_INTER_POD_AFFINITY] = {"InterPodAffinity", 2},
    [PLUGIN_DYNAMIC_RESOURCES] = {"DynamicResources", 2},
    [PLUGIN_NODE_DECLARED_FEATURES] = {"NodeDeclaredFeatures", 0},
    [PLUGIN_BALANCED_ALLOCATION] = {"NodeResourcesBalancedAllocation", 1},
    [PLUGIN_IMAGE_LOCALITY] = {"ImageLocality", 1},
};

static const struct {
    const char *text;
    uint8_t plugin, code;
} reasons[REASON_COUNT] = {
    [REASON_NONE] = {"", PLUGIN_NONE, CODE_SUCCESS},
    [REASON_UNSCHEDULABLE] = {"node(s) were unschedulable", PLUGIN_NODE_UNSCHEDULABLE,
                              CODE_UNRESOLVABLE},
    [REASON_TAINT] = {"node(s) had untolerated taint(s)", PLUGIN_TAINT_TOLERATION,
                      CODE_UNRESOLVABLE},
    [REASON_NODE_AFFINITY] = {"node(s) didn't match Pod's node affinity/selector",
                              PLUGIN_NODE_AFFINITY, CODE_UNRESOLVABLE},
    [REASON_ADDED_AFFINITY] = {"node(s) didn't match scheduler-enforced node affinity",
                               PLUGIN_NODE_AFFINITY, CODE_UNRESOLVABLE},
    [REASON_NODE_NAMES] = {"node(s) didn't satisfy plugin(s) [NodeAffinity]", PLUGIN_NODE_AFFINITY,
                           CODE_UNRESOLVABLE},
    [REASON_PORTS] = {"node(s) didn't have free ports for the requested pod ports",
                      PLUGIN_NODE_PORTS, CODE_UNSCHEDULABLE},
    [REASON_RESOURCES] = {"", PLUGIN_NODE_RESOURCES_FIT, CODE_UNSCHEDULABLE},
    [REASON_DISK] = {"node(s) had no available disk", PLUGIN_VOLUME_RESTRICTIONS,
                     CODE_UNSCHEDULABLE},
    [REASON_RWOP] = {"node(s) unavailable due to PersistentVolumeClaim with ReadWriteOncePod "
                     "access mode already in-use by another pod",
                     PLUGIN_VOLUME_RESTRICTIONS, CODE_UNSCHEDULABLE},
    [REASON_VOLUME_LIMIT] = {"node(s) exceed max volume count", PLUGIN_NODE_VOLUME_LIMITS,
                             CODE_UNSCHEDULABLE},
    [REASON_PV_AFFINITY] = {"node(s) didn't match PersistentVolume's node affinity",
                            PLUGIN_VOLUME_BINDING, CODE_UNRESOLVABLE},
    [REASON_PV_MISSING] = {"node(s) unavailable due to one or more pvc(s) bound to non-existent "
                           "pv(s)",
                           PLUGIN_VOLUME_BINDING, CODE_UNRESOLVABLE},
    [REASON_NO_PV] = {"node(s) didn't find available persistent volumes to bind",
                      PLUGIN_VOLUME_BINDING, CODE_UNRESOLVABLE},
    [REASON_PV_AFFINITY_AND_NO_PV] =
        {"node(s) didn't find available persistent volumes to bind, and "
         "didn't match PersistentVolume's node affinity",
         PLUGIN_VOLUME_BINDING, CODE_UNRESOLVABLE},
    [REASON_NO_SPACE] = {"node(s) did not have enough free storage", PLUGIN_VOLUME_BINDING,
                         CODE_UNRESOLVABLE},
    [REASON_PV_AFFINITY_AND_NO_SPACE] = {"node(s) did not have enough free storage, and "
                                         "didn't match PersistentVolume's node affinity",
                                         PLUGIN_VOLUME_BINDING, CODE_UNRESOLVABLE},
    [REASON_VOLUME_ZONE] = {"node(s) had no available volume zone", PLUGIN_VOLUME_ZONE,
                            CODE_UNRESOLVABLE},
    [REASON_SPREAD] = {"node(s) didn't match pod topology spread constraints",
                       PLUGIN_POD_TOPOLOGY_SPREAD, CODE_UNSCHEDULABLE},
    [REASON_SPREAD_LABEL] = {"node(s) didn't match pod topology spread constraints (missing "
                             "required label)",
                             PLUGIN_POD_TOPOLOGY_SPREAD, CODE_UNRESOLVABLE},
    [REASON_AFFINITY] = {"node(s) didn't match pod affinity rules", PLUGIN_INTER_POD_AFFINITY,
                         CODE_UNRESOLVABLE},
    [REASON_ANTI_AFFINITY] = {"node(s) didn't match pod anti-affinity rules",
                              PLUGIN_INTER_POD_AFFINITY, CODE_UNSCHEDULABLE},
    [REASON_EXISTING_ANTI_AFFINITY] = {"node(s) didn't satisfy existing pods anti-affinity rules",
                                       PLUGIN_INTER_POD_AFFINITY, CODE_UNSCHEDULABLE},
    [REASON_FEATURES] = {"node(s) didn't match Pod's required features",
                         PLUGIN_NODE_DECLARED_FEATURES, CODE_UNRESOLVABLE},
};

const char *plugin_name(enum sched_plugin p)
{
    return p < PLUGIN_COUNT ? plugins[p].name : "";
}

int64_t plugin_weight(enum sched_plugin p)
{
    return plugins[p].weight;
}

const char *code_name(enum sched_code c)
{
    return c == CODE_UNRESOLVABLE ? "UnschedulableAndUnresolvable"
           : c == CODE_SUCCESS    ? "Success"
                                  : "Unschedulable";
}

const char *reason_text(enum sched_reason r)
{
    return reasons[r].text;
}

struct view *view_of(struct schedule *s, uint32_t class_)
{
    struct class_ *c = &s->classes.items[class_];
    struct view *v = c->view;
    if (v && v->volumes && volume_view_update(s, c, v->volumes))
        v->stale = true;
    if (v)
        return v;
    v = arena_new(s->a, struct view);
    v->taints = taint_view_made(s, c->tolerations);
    v->need = need_view_made(s, c->node_need);
    v->wish = wish_view_made(s, c->node_wish);
    v->image = s->image_views.items[c->images];
    v->volumes = volume_view_make(s, c);
    v->features = c->features;
    spread_view_make(s, c, v);
    affinity_view_make(s, c, v);
    c->view = v;
    arena_reset(&s->scratch);
    return v;
}

/* ---- filters ---- */

struct node_verdict refuse(enum sched_reason r)
{
    return (struct node_verdict){reasons[r].plugin, reasons[r].code, (uint8_t)r, false, 0};
}

struct node_verdict filter_node(struct schedule *s, const struct class_ *c, const struct view *v,
                                uint32_t node, const struct node_state *over)
{
    if (v->need && v->need->named && !v->need->named[node])
        return refuse(REASON_NODE_NAMES);
    if (s->closed[node])
        return refuse(REASON_TAINT);
    if (v->taints->reject && v->taints->reject[node])
        return refuse(v->taints->reject[node]);
    if (s->enforced && s->enforced[node])
        return refuse(REASON_ADDED_AFFINITY);
    if (v->need && !v->need->match[node])
        return refuse(REASON_NODE_AFFINITY);
    if (c->ports.count && ports_conflict(s, &c->ports, over ? &over->ports : &s->ports[node]))
        return refuse(REASON_PORTS);
    struct node_verdict lacks = refuse(REASON_RESOURCES);
    lacks.lacking = fit_lacking(s, c, node, over, &lacks.code);
    if (lacks.lacking)
        return lacks;
    enum sched_reason r = v->volumes ? disks_filter(s, c, node, over) : REASON_NONE;
    if (r != REASON_NONE)
        return refuse(r);
    if (v->volumes && v->volumes->reject[node])
        return refuse(v->volumes->reject[node]);
    r = v->hard_count ? spread_filter(s, v, node, over) : REASON_NONE;
    if (r == REASON_NONE)
        r = affinity_filter(s, v, node, over);
    if (r == REASON_NONE && (v->features & ~s->features[node]))
        r = REASON_FEATURES;
    return refuse(r);
}

static bool prefilter(const struct schedule *s, const struct class_ *c, const struct view *v,
                      struct verdict *ret)
{
    if (v->need && v->need->conflict) {
        ret->prefilter.plugin = PLUGIN_NODE_AFFINITY;
        ret->prefilter.code = CODE_UNRESOLVABLE;
        ret->prefilter.reason = STR("pod affinity terms conflict");
    } else if (fit_refuses(s, c)) {
        ret->prefilter.plugin = PLUGIN_NODE_RESOURCES_FIT;
        ret->prefilter.code = CODE_UNRESOLVABLE;
        ret->prefilter.reason = STR("Pod has a restartable init container and the "
                                    "SidecarContainers feature is disabled");
    } else if (v->volumes && v->volumes->prefilter_reason.n) {
        ret->prefilter.plugin = v->volumes->prefilter_plugin;
        ret->prefilter.code = CODE_UNRESOLVABLE;
        ret->prefilter.reason = v->volumes->prefilter_reason;
    } else if (c->unparsed.n) {
        ret->prefilter.plugin = PLUGIN_INTER_POD_AFFINITY;
        ret->prefilter.code = CODE_UNRESOLVABLE;
        ret->prefilter.reason = c->unparsed;
    }
    return ret->prefilter.reason.n == 0;
}

/* ---- scores ---- */

void normalize(int64_t *scores, uint32_t count, bool reverse)
{
    int64_t max = 0;
    for (uint32_t i = 0; i < count; i++)
        max = MAX(max, scores[i]);
    for (uint32_t i = 0; i < count; i++) {
        int64_t score = max ? SCORE_MAX * scores[i] / max : scores[i];
        scores[i] = !reverse ? score : max ? SCORE_MAX - score : SCORE_MAX;
    }
}

static void raw_scores(struct schedule *s, const struct class_ *c, struct view *v,
                       struct verdict *ret)
{
    for (uint32_t i = 0; i < ret->feasible_count; i++) {
        uint32_t node = ret->feasible[i];
        ret->scores[PLUGIN_TAINT_TOLERATION][i] = v->taints->prefer ? v->taints->prefer[node] : 0;
        ret->scores[PLUGIN_NODE_RESOURCES_FIT][i] = score_least(s, c, node);
        ret->scores[PLUGIN_IMAGE_LOCALITY][i] = v->image->score ? v->image->score[node] : 0;
        if (ret->scores[PLUGIN_NODE_AFFINITY])
            ret->scores[PLUGIN_NODE_AFFINITY][i] = v->wish->raw[node];
        if (ret->scores[PLUGIN_BALANCED_ALLOCATION])
            ret->scores[PLUGIN_BALANCED_ALLOCATION][i] = score_balanced(s, c, node);
    }
}

static void score(struct schedule *s, const struct class_ *c, struct view *v, struct arena *a,
                  struct verdict *ret)
{
    uint32_t n = ret->feasible_count;
    image_view_update(s, v->image);
    static const uint8_t always[] = {PLUGIN_TAINT_TOLERATION, PLUGIN_NODE_RESOURCES_FIT,
                                     PLUGIN_IMAGE_LOCALITY, PLUGIN_DYNAMIC_RESOURCES};
    for (size_t i = 0; i < ARRAY_LEN(always); i++)
        ret->scores[always[i]] = arena_array(a, int64_t, n);
    if (v->wish)
        ret->scores[PLUGIN_NODE_AFFINITY] = arena_array(a, int64_t, n);
    if (c->request[RES_CPU] || c->request[RES_MEMORY])
        ret->scores[PLUGIN_BALANCED_ALLOCATION] = arena_array(a, int64_t, n);
    raw_scores(s, c, v, ret);
    normalize(ret->scores[PLUGIN_TAINT_TOLERATION], n, true);
    if (v->wish)
        normalize(ret->scores[PLUGIN_NODE_AFFINITY], n, false);
    int64_t *list = arena_array(a, int64_t, n);
    if (spread_score(s, v, ret->feasible, n, list)) {
        ret->scores[PLUGIN_POD_TOPOLOGY_SPREAD] = list;
        list = arena_array(a, int64_t, n);
    }
    if (affinity_score(s, v, ret->feasible, n, list))
        ret->scores[PLUGIN_INTER_POD_AFFINITY] = list;
    ret->total = arena_array(a, int64_t, n);
    for (size_t p = 0; p < PLUGIN_COUNT; p++) {
        for (uint32_t i = 0; ret->scores[p] && i < n; i++)
            ret->total[i] += ret->scores[p][i] *= plugins[p].weight;
    }
    arena_reset(&s->scratch);
}

static int rank_order(const void *a, const void *b, void *ctx)
{
    const uint32_t *rank = ctx, *x = a, *y = b;
    return (rank[*x] > rank[*y]) - (rank[*x] < rank[*y]);
}

static void pick_best(struct schedule *s, struct arena *a, struct verdict *ret)
{
    int64_t max = INT64_MIN;
    for (uint32_t i = 0; i < ret->feasible_count; i++)
        max = MAX(max, ret->total[i]);
    ret->best = arena_array(a, uint32_t, ret->feasible_count);
    for (uint32_t i = 0; i < ret->feasible_count; i++) {
        if (ret->total[i] == max)
            ret->best[ret->best_count++] = ret->feasible[i];
    }
    /* A nominated pod takes its node without scoring if it fits there. */
    int32_t own = schedule_nominated_node(s, ret->pod);
    for (uint32_t i = 0; own != NO_NODE && i < ret->feasible_count; i++) {
        if (ret->feasible[i] == (uint32_t)own)
            ret->best[0] = ret->feasible[i], ret->best_count = 1;
    }
    qsort_r(ret->best, ret->best_count, sizeof(*ret->best), rank_order, s->name_rank);
}

/* ---- words ---- */

size_t schedule_reasons(const struct schedule *s, const struct node_verdict *v, struct arena *a,
                        struct str **ret)
{
    *ret = arena_array(a, struct str, RES_MAX);
    if (v->plugin == PLUGIN_NONE)
        return 0;
    if (v->reason == REASON_PV_AFFINITY_AND_NO_PV) {
        (*ret)[0] = str_of(reasons[REASON_NO_PV].text);
        (*ret)[1] = str_of(reasons[REASON_PV_AFFINITY].text);
        return 2;
    }
    if (v->reason == REASON_PV_AFFINITY_AND_NO_SPACE) {
        (*ret)[0] = str_of(reasons[REASON_NO_SPACE].text);
        (*ret)[1] = str_of(reasons[REASON_PV_AFFINITY].text);
        return 2;
    }
    if (v->reason != REASON_RESOURCES) {
        (*ret)[0] = str_of(reasons[v->reason].text);
        return 1;
    }
    size_t n = 0;
    for (uint32_t r = 0; r < s->resource_count; r++) {
        if (!(v->lacking >> r & 1))
            continue;
        if (r == RES_PODS)
            (*ret)[n++] = STR("Too many pods");
        else
            (*ret)[n++] =
                arena_printf(a, "Insufficient " STR_FMT, STR_ARG(schedule_resource_name(s, r)));
    }
    return n;
}

static int str_order(const void *a, const void *b)
{
    const struct str *x = a, *y = b;
    return str_cmp(*x, *y);
}

/* Counts of reasons ("3 Insufficient cpu"), sorted as text. */
static struct str histogram(struct schedule *s, const struct verdict *v, struct arena *a)
{
    uint32_t by_reason[REASON_COUNT] = {0}, by_resource[RES_MAX] = {0};
    for (uint32_t n = 0; n < s->node_count; n++) {
        if (!s->on[n] || v->nodes[n].plugin == PLUGIN_NONE)
            continue;
        by_reason[v->nodes[n].reason]++;
        for (uint32_t r = 0; r < s->resource_count; r++)
            by_resource[r] += (uint32_t)(v->nodes[n].lacking >> r & 1);
    }
    by_reason[REASON_NO_PV] += by_reason[REASON_PV_AFFINITY_AND_NO_PV];
    by_reason[REASON_NO_SPACE] += by_reason[REASON_PV_AFFINITY_AND_NO_SPACE];
    by_reason[REASON_PV_AFFINITY] +=
        by_reason[REASON_PV_AFFINITY_AND_NO_PV] + by_reason[REASON_PV_AFFINITY_AND_NO_SPACE];
    by_reason[REASON_PV_AFFINITY_AND_NO_PV] = by_reason[REASON_PV_AFFINITY_AND_NO_SPACE] = 0;
    struct str *lines = arena_array(a, struct str, REASON_COUNT + RES_MAX);
    size_t count = 0;
    for (uint32_t r = 0; r < REASON_COUNT; r++) {
        if (by_reason[r] && r != REASON_RESOURCES)
            lines[count++] = arena_printf(a, "%u %s", by_reason[r], reasons[r].text);
    }
    for (uint32_t r = 0; r < s->resource_count; r++) {
        if (by_resource[r] && r == RES_PODS)
            lines[count++] = arena_printf(a, "%u Too many pods", by_resource[r]);
        else if (by_resource[r])
            lines[count++] = arena_printf(a, "%u Insufficient " STR_FMT, by_resource[r],
                                          STR_ARG(schedule_resource_name(s, r)));
    }
    qsort(lines, count, sizeof(*lines), str_order);
    struct str out = STR("");
    for (size_t i = 0; i < count; i++)
        out =
            arena_printf(a, STR_FMT "%s" STR_FMT, STR_ARG(out), i ? ", " : " ", STR_ARG(lines[i]));
    return count ? arena_printf(a, STR_FMT ".", STR_ARG(out)) : out;
}

void schedule_explain(struct schedule *s, uint32_t pod, struct arena *a, struct verdict *ret)
{
    uint32_t class_ = s->pods.items[pod].class_;
    struct view *v = view_of(s, class_);
    const struct class_ *c = &s->classes.items[class_];
    *ret = (struct verdict){.pod = pod, .prefilter.plugin = PLUGIN_NONE};
    if (s->on_count == 0) {
        ret->message = STR("no nodes available to schedule pods");
        return;
    }
    struct str head = arena_printf(a, "0/%u nodes are available:", s->on_count);
    if (!prefilter(s, c, v, ret)) {
        ret->message =
            arena_printf(a, STR_FMT " " STR_FMT ".", STR_ARG(head), STR_ARG(ret->prefilter.reason));
        return;
    }
    ret->nodes = arena_array(a, struct node_verdict, s->node_count);
    ret->feasible = arena_array(a, uint32_t, s->node_count);
    for (uint32_t n = 0; n < s->node_count; n++) {
        ret->nodes[n] = refuse(REASON_NONE);
        if (!s->on[n])
            continue;
        ret->nodes[n] = filter_node_twice(s, pod, n, NULL);
        if (ret->nodes[n].plugin == PLUGIN_NONE)
            ret->feasible[ret->feasible_count++] = n;
    }
    if (ret->feasible_count == 0) {
        struct str counts = histogram(s, ret, a);
        ret->message = arena_printf(a, STR_FMT STR_FMT, STR_ARG(head), STR_ARG(counts));
        return;
    }
    score(s, c, v, a, ret);
    pick_best(s, a, ret);
}
