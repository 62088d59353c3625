/* SPDX-License-Identifier: Apache-2.0
 *
 * Nominated pods: pending ones for which preemption has made room on a node (status.
 * nominatedNodeName). Pods of lower or equal priority must fit with them there and without, as
 * upstream's framework/runtime/framework.go RunFilterPluginsWithNominatedPods, and a nominated pod
 * tries its node first (schedule_one.go evaluateNominatedNode).
 */
#include "analysis/schedule/internal.h"

void nominees_collect(struct schedule *s)
{
    for (uint32_t p = 0; p < s->pods.count; p++) {
        struct str name = s->pods.items[p].pod->status.nominated_node_name;
        int32_t node = name.n ? schedule_find_node(s, name) : NO_NODE;
        if (node != NO_NODE && s->pods.items[p].node == NO_NODE)
            *PUSH(s->a, &s->nominees) = (struct nominee){.pod = p, .node = (uint32_t)node};
    }
}

/* It still waits for its place. */
static bool is_waiting(const struct schedule *s, const struct nominee *n)
{
    return !n->cleared && !n->cleared_now && s->pods.items[n->pod].node == NO_NODE &&
           s->on[n->node];
}

static bool concerns(const struct schedule *s, const struct nominee *n, uint32_t pod)
{
    return n->pod != pod && is_waiting(s, n) &&
           schedule_pod_priority(s, n->pod) >= schedule_pod_priority(s, pod);
}

int32_t schedule_nominated_node(const struct schedule *s, uint32_t pod)
{
    for (size_t i = 0; i < s->nominees.count; i++) {
        if (s->nominees.items[i].pod == pod && is_waiting(s, &s->nominees.items[i]))
            return (int32_t)s->nominees.items[i].node;
    }
    return NO_NODE;
}

void schedule_clear_nominations(struct schedule *s, uint32_t node, int64_t below_priority)
{
    for (size_t i = 0; i < s->nominees.count; i++) {
        struct nominee *n = &s->nominees.items[i];
        if (n->node == node && schedule_pod_priority(s, n->pod) < below_priority)
            *(s->marked ? &n->cleared_now : &n->cleared) = true;
    }
}

void nominees_rewind(struct schedule *s)
{
    for (size_t i = 0; i < s->nominees.count; i++)
        s->nominees.items[i].cleared_now = false;
}

bool nominees_concern(const struct schedule *s, uint32_t pod)
{
    for (size_t i = 0; i < s->nominees.count; i++) {
        if (concerns(s, &s->nominees.items[i], pod))
            return true;
    }
    return false;
}

static void nominees_add(struct schedule *s, uint32_t pod, struct node_state *state)
{
    const struct class_ *c = &s->classes.items[s->pods.items[pod].class_];
    for (size_t i = 0; i < s->nominees.count; i++) {
        const struct nominee *n = &s->nominees.items[i];
        if (n->node == state->node && concerns(s, n, pod))
            node_state_account(s, c, state, n->pod, 1);
    }
}

struct node_verdict filter_node_twice(struct schedule *s, uint32_t pod, uint32_t node,
                                      const struct node_state *over)
{
    const struct class_ *c = &s->classes.items[s->pods.items[pod].class_];
    const struct view *v = c->view;
    struct node_state with;
    bool there = false;
    for (size_t i = 0; i < s->nominees.count; i++)
        there |= s->nominees.items[i].node == node && concerns(s, &s->nominees.items[i], pod);
    if (!there)
        return filter_node(s, c, v, node, over);
    if (over)
        node_state_copy(over, v, &with);
    else
        node_state_init(s, &s->scratch, c, node, &with);
    nominees_add(s, pod, &with);
    struct node_verdict first = filter_node(s, c, v, node, &with);
    if (first.plugin != PLUGIN_NONE) {
        first.for_nominated = true;
        return first;
    }
    return filter_node(s, c, v, node, over);
}

void nominees_mask(struct schedule *s, uint32_t pod, uint8_t *ok)
{
    for (size_t i = 0; i < s->nominees.count; i++) {
        const struct nominee *n = &s->nominees.items[i];
        if (ok[n->node] && concerns(s, n, pod) &&
            filter_node_twice(s, pod, n->node, NULL).plugin != PLUGIN_NONE)
            ok[n->node] = 0;
    }
}
