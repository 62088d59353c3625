/* SPDX-License-Identifier: Apache-2.0
 *
 * One plugin asked alone, without the others before it: for explanations, and for tests against
 * the plugin's own upstream cases.
 */
#include "analysis/schedule/internal.h"

static struct node_verdict ask_fit(const struct schedule *s, const struct class_ *c, uint32_t node)
{
    uint8_t code;
    uint64_t lacking = fit_lacking(s, c, node, NULL, &code);
    struct node_verdict v = refuse(lacking ? REASON_RESOURCES : REASON_NONE);
    if (lacking) {
        v.code = code;
        v.lacking = lacking;
    }
    return v;
}

struct node_verdict schedule_ask(struct schedule *s, uint32_t pod, uint32_t node,
                                 enum sched_plugin p)
{
    uint32_t class_ = s->pods.items[pod].class_;
    const struct view *v = view_of(s, class_);
    const struct class_ *c = &s->classes.items[class_];
    enum sched_reason r = REASON_NONE;
    switch (p) {
    case PLUGIN_TAINT_TOLERATION:
        if (v->taints->reject && v->taints->reject[node] == REASON_TAINT)
            r = REASON_TAINT;
        break;
    case PLUGIN_NODE_AFFINITY:
        if (s->enforced && s->enforced[node])
            r = REASON_ADDED_AFFINITY;
        else if (v->need && !v->need->match[node])
            r = REASON_NODE_AFFINITY;
        break;
    case PLUGIN_NODE_RESOURCES_FIT:
        return ask_fit(s, c, node);
    case PLUGIN_POD_TOPOLOGY_SPREAD:
        if (v->hard_count)
            r = spread_filter(s, v, node, NULL);
        break;
    case PLUGIN_INTER_POD_AFFINITY:
        r = affinity_filter(s, v, node, NULL);
        break;
    default:
        break;
    }
    return refuse(r);
}

bool schedule_scores(struct schedule *s, uint32_t pod, enum sched_plugin p,
                     const struct node_list *nodes, int64_t *ret)
{
    struct view *v = view_of(s, s->pods.items[pod].class_);
    bool scored = true;
    memset(ret, 0, nodes->count * sizeof(*ret));
    switch (p) {
    case PLUGIN_TAINT_TOLERATION:
        for (uint32_t i = 0; v->taints->prefer && i < nodes->count; i++)
            ret[i] = v->taints->prefer[nodes->items[i]];
        normalize(ret, nodes->count, true);
        break;
    case PLUGIN_NODE_AFFINITY:
        scored = v->wish != NULL;
        for (uint32_t i = 0; scored && i < nodes->count; i++)
            ret[i] = v->wish->raw[nodes->items[i]];
        normalize(ret, nodes->count, false);
        break;
    case PLUGIN_POD_TOPOLOGY_SPREAD:
        scored = spread_score(s, v, nodes->items, nodes->count, ret);
        break;
    case PLUGIN_INTER_POD_AFFINITY:
        scored = affinity_score(s, v, nodes->items, nodes->count, ret);
        break;
    default:
        scored = false;
        break;
    }
    arena_reset(&s->scratch);
    return scored;
}
