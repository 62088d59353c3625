/* SPDX-License-Identifier: Apache-2.0
 *
 * Refusals in words. The reason is the scheduler's; what follows the colon is taken from the state and
 * the pod: amounts, taints, labels, and the pods that stand in the way.
 */
#include "analysis/schedule/placement.h"
#include "analysis/schedule/volumes.h"
#include "base/text.h"

static void add_amount(struct buf *b, uint32_t resource, int64_t v)
{
    if (resource == RES_CPU)
        text_add_milli(b, v);
    else if (resource == RES_MEMORY || resource == RES_EPHEMERAL)
        text_add_bytes(b, v);
    else
        buf_printf(b, "%lld", (long long)v);
}

static void add_lacking(const struct schedule *s, uint32_t pod, uint32_t node, uint64_t lacking,
                        struct buf *b)
{
    bool first = true;
    for (uint32_t r = 0; r < s->resource_count; r++) {
        if (!(lacking >> r & 1))
            continue;
        int64_t has = s->allocatable[r][node], used = s->used[r][node];
        if (!first)
            buf_add_cstr(b, "; ");
        first = false;
        if (r == RES_PODS) {
            buf_printf(b, "Too many pods: %lld of %lld", (long long)used, (long long)has);
            continue;
        }
        buf_printf(b, "Insufficient " STR_FMT ": needs ", STR_ARG(schedule_resource_name(s, r)));
        add_amount(b, r, schedule_pod_request(s, pod, r));
        buf_add_cstr(b, ", ");
        add_amount(b, r, MAX(has - used, 0));
        buf_add_cstr(b, " free of ");
        add_amount(b, r, has);
    }
}

static void add_taint(const struct schedule *s, uint32_t pod, uint32_t node, struct buf *b)
{
    const struct tolerations *t = &schedule_pod(s, pod)->spec.tolerations;
    struct node one = {0};
    for (size_t i = 0; i < s->nodes[node]->taints.count; i++) {
        struct taint *taint = &s->nodes[node]->taints.items[i];
        one.taints.items = taint;
        one.taints.count = 1;
        if (!taints_untolerated(&one, t, s->compares_taints))
            continue;
        buf_printf(b, ": " STR_FMT "%s" STR_FMT ":" STR_FMT, STR_ARG(taint->key),
                   taint->value.n ? "=" : "", STR_ARG(taint->value), STR_ARG(taint->effect));
        return;
    }
}

static void add_values(const struct requirement *r, struct buf *b)
{
    for (size_t i = 0; i < r->values.count; i++)
        buf_printf(b, "%s" STR_FMT, i ? ", " : "", STR_ARG(r->values.items[i]));
}

/* "disk in (ssd, nvme)", "no label gpu". */
static void add_requirement(const struct requirement *r, struct buf *b)
{
    static const char *const between[] = {
        [SEL_IN] = " in (", [SEL_NOT_IN] = " not in (", [SEL_GT] = " > ", [SEL_LT] = " < "};
    bool many = r->op == SEL_IN || r->op == SEL_NOT_IN;
    if (r->op == SEL_NOT_EXISTS)
        buf_add_cstr(b, "no label ");
    buf_add_str(b, r->key);
    if (r->op == SEL_IN && r->values.count == 1) {
        buf_printf(b, "=" STR_FMT, STR_ARG(r->values.items[0]));
        return;
    }
    if (r->op == SEL_NOT_EXISTS || r->op == SEL_EXISTS || r->op >= ARRAY_LEN(between))
        return;
    buf_add_cstr(b, between[r->op]);
    add_values(r, b);
    if (many)
        buf_add_char(b, ')');
}

static void add_selector(const struct label_selector *l, struct buf *b)
{
    const char *between = "";
    for (size_t i = 0; i < l->match_labels.count; i++, between = ",")
        buf_printf(b, "%s" STR_FMT "=" STR_FMT, between, STR_ARG(l->match_labels.items[i].key),
                   STR_ARG(l->match_labels.items[i].value));
    for (size_t i = 0; i < l->expressions.count; i++, between = ",") {
        buf_add_cstr(b, between);
        add_requirement(&l->expressions.items[i], b);
    }
    if (!*between)
        buf_add_cstr(b, "any pod");
}

static void add_label(const struct node *n, struct str key, struct buf *b)
{
    const struct label *have = labels_find(&n->o.labels, key);
    if (have)
        buf_printf(b, ", is " STR_FMT, STR_ARG(have->value));
    else
        buf_add_cstr(b, ", has no such label");
}

/* The first requirement of the term that the node does not meet. */
static void add_term_fault(const struct node_selector_term *t, const struct node *n, struct buf *b)
{
    for (size_t i = 0; i < t->expressions.count + t->fields.count; i++) {
        bool field = i >= t->expressions.count;
        struct requirement *r =
            field ? &t->fields.items[i - t->expressions.count] : &t->expressions.items[i];
        struct requirements only = {r, 1, 1};
        struct node_selector_term term = {0};
        *(field ? &term.fields : &term.expressions) = only;
        if (node_terms_match(&(struct node_selector_terms){&term, 1, 1, true}, n))
            continue;
        add_requirement(r, b);
        if (!field)
            add_label(n, r->key, b);
        return;
    }
    buf_add_cstr(b, "what no node has"); /* an empty term */
}

enum { TERMS_SHOWN = 3 };

/* What of nodeSelector and required node affinity the node does not meet. */
static void add_need(const struct schedule *s, uint32_t pod, uint32_t node, struct buf *b)
{
    const struct pod_spec *spec = &schedule_pod(s, pod)->spec;
    const struct node *n = s->nodes[node];
    for (size_t i = 0; i < spec->node_selector.count; i++) {
        const struct label *want = &spec->node_selector.items[i];
        const struct label *have = labels_find(&n->o.labels, want->key);
        if (have && str_eq(have->value, want->value))
            continue;
        buf_printf(b, ": wants " STR_FMT "=" STR_FMT, STR_ARG(want->key), STR_ARG(want->value));
        add_label(n, want->key, b);
        return;
    }
    const struct node_selector_terms *terms = &spec->affinity->node_required;
    for (size_t i = 0; i < MIN(terms->count, (size_t)TERMS_SHOWN); i++) {
        buf_add_cstr(b, i ? "; or " : ": wants ");
        add_term_fault(&terms->items[i], n, b);
    }
    if (terms->count > TERMS_SHOWN)
        buf_printf(b, "; or one of %zu more terms", terms->count - TERMS_SHOWN);
}

/* "topology.kubernetes.io/zone=zone-1". */
static void add_domain(const struct schedule *s, uint32_t topo, uint32_t node, struct buf *b)
{
    struct str key = s->texts.items[s->topos.items[topo].key];
    buf_printf(b, STR_FMT "=" STR_FMT, STR_ARG(key),
               STR_ARG(labels_find(&s->nodes[node]->o.labels, key)->value));
}

/* The first required affinity term that no pod near the node matches. */
static void add_affinity(const struct schedule *s, uint32_t pod, uint32_t node, struct buf *b)
{
    const struct class_ *c = &s->classes.items[s->pods.items[pod].class_];
    const struct pod_affinity_terms *terms = &schedule_pod(s, pod)->spec.affinity->pod_required;
    for (size_t i = 0; i < c->affinity.count; i++) {
        uint32_t term = c->affinity.items[i].term, topo = s->terms.items[term].topo;
        if (topo_value(s, topo, node) < 0) {
            buf_printf(b, ": no label " STR_FMT, STR_ARG(s->texts.items[s->topos.items[topo].key]));
            return;
        }
        if (affinity_find_pod(s, term, node) != NO_INDEX)
            continue;
        buf_add_cstr(b, ": no pod with ");
        add_selector(&terms->items[i].selector, b);
        buf_add_cstr(b, " in ");
        add_domain(s, topo, node, b);
        return;
    }
}

static void add_pod(const struct schedule *s, uint32_t pod, struct buf *b)
{
    const struct object *o = &schedule_pod(s, pod)->o;
    buf_printf(b, STR_FMT "/" STR_FMT, STR_ARG(o->ns), STR_ARG(o->name));
}

/* The pod that stands in the way of a required anti-affinity term of this one. */
static void add_anti(const struct schedule *s, uint32_t pod, uint32_t node, struct buf *b)
{
    const struct class_ *c = &s->classes.items[s->pods.items[pod].class_];
    const struct pod_affinity_terms *terms = &schedule_pod(s, pod)->spec.affinity->anti_required;
    for (size_t i = 0; i < c->anti.count; i++) {
        uint32_t term = c->anti.items[i].term;
        uint32_t found = affinity_find_pod(s, term, node);
        if (found == NO_INDEX)
            continue;
        buf_add_cstr(b, ": ");
        add_pod(s, found, b);
        buf_add_cstr(b, " matches ");
        add_selector(&terms->items[i].selector, b);
        buf_add_cstr(b, " in ");
        add_domain(s, s->terms.items[term].topo, node, b);
        return;
    }
}

/* The pod whose required anti-affinity keeps this one away. */
static void add_existing_anti(const struct schedule *s, uint32_t pod, uint32_t node, struct buf *b)
{
    const struct class_ *c = &s->classes.items[s->pods.items[pod].class_];
    for (size_t k = 0; k < s->classes.count; k++) {
        const struct class_ *runs = &s->classes.items[k];
        for (size_t i = 0; i < runs->anti.count; i++) {
            uint32_t term = runs->anti.items[i].term;
            uint32_t found = affinity_keeps_out(s, term, runs, c, node);
            if (found == NO_INDEX)
                continue;
            buf_add_cstr(b, ": ");
            add_pod(s, found, b);
            buf_add_cstr(b, " keeps it out of ");
            add_domain(s, s->terms.items[term].topo, node, b);
            return;
        }
    }
}

static void add_ports(const struct schedule *s, uint32_t pod, uint32_t node, struct buf *b)
{
    const struct port_list *want = &s->classes.items[s->pods.items[pod].class_].ports;
    for (size_t i = 0; i < want->count; i++) {
        struct port_list one = {&want->items[i], 1, 1};
        if (ports_conflict(s, &one, &s->ports[node])) {
            buf_printf(b, ": %d/" STR_FMT " is taken", want->items[i].port,
                       STR_ARG(s->texts.items[want->items[i].protocol]));
            return;
        }
    }
}

static void add_spread(const struct schedule *s, uint32_t pod, uint32_t node, struct buf *b)
{
    const struct view *v = s->classes.items[s->pods.items[pod].class_].view;
    for (uint32_t i = 0; v && i < v->hard_count; i++) {
        const struct hard_spread *h = &v->hard[i];
        const struct topo *t = &s->topos.items[h->topo];
        struct counter *c = &s->counters.items[h->counter];
        struct str key = s->texts.items[t->key];
        int32_t value = t->value[node];
        if (value < 0) {
            buf_printf(b, ": no label " STR_FMT, STR_ARG(key));
            return;
        }
        int32_t min = c->domains < (uint32_t)MAX(h->min_domains, 0) ? 0 : counter_min(s, c);
        if (counter_count(c, value) + h->self - min <= h->max_skew)
            continue;
        const struct label *l = labels_find(&s->nodes[node]->o.labels, key);
        buf_printf(b, ": " STR_FMT "=" STR_FMT " has %d, the least is %d, maxSkew %d", STR_ARG(key),
                   STR_ARG(l->value), counter_count(c, value), min, h->max_skew);
        return;
    }
}

static void add_feature(const struct schedule *s, uint32_t pod, uint32_t node, struct buf *b)
{
    uint8_t asked = s->classes.items[s->pods.items[pod].class_].features;
    buf_printf(b, ": its kubelet does not declare %s (status.declaredFeatures)",
               feature_name((uint8_t)(asked & ~s->features[node])));
}

static const char nominated_note[] =
    " (it would fit but for pods that preemption has made room for there)";

/* "ebs.csi.aws.com attaches 25 at most". */
static void add_limits(const struct schedule *s, uint32_t pod, uint32_t node, struct buf *b)
{
    const struct class_ *c = &s->classes.items[s->pods.items[pod].class_];
    const char *between = ": ";
    for (size_t i = 0; i < s->limits[node].drivers.count; i++) {
        const struct driver_limit *d = &s->limits[node].drivers.items[i];
        bool wanted = false;
        for (size_t k = 0; k < c->attached.count; k++)
            wanted |= c->attached.items[k].driver == d->driver;
        if (!wanted)
            continue;
        buf_printf(b, "%s" STR_FMT " attaches %lld at most", between,
                   STR_ARG(s->texts.items[d->driver]), (long long)d->most);
        between = ", ";
    }
}

/* The scheduler counts nodes ("node(s) had ..."); here it is one. */
static const char *reason_of_one(enum sched_reason r)
{
    if (r == REASON_UNSCHEDULABLE)
        return "is cordoned (unschedulable)";
    if (r == REASON_TAINT)
        return "has an untolerated taint";
    if (r == REASON_VOLUME_LIMIT)
        return "exceeds its max volume count";
    const char *text = reason_text(r);
    return str_starts(str_of(text), "node(s) ") ? text + 8 : text;
}

struct str refusal_text(const struct schedule *s, uint32_t pod, uint32_t node,
                        const struct node_verdict *v, struct arena *a)
{
    struct buf text CLEANUP(buf_done);
    buf_init(&text, 16 * KIB);
    if (v->reason == REASON_RESOURCES) {
        add_lacking(s, pod, node, v->lacking, &text);
        if (v->for_nominated)
            buf_add_cstr(&text, nominated_note);
        return arena_str(a, buf_str(&text));
    }
    buf_add_cstr(&text, reason_of_one(v->reason));
    if (v->reason == REASON_TAINT)
        add_taint(s, pod, node, &text);
    else if (v->reason == REASON_NODE_AFFINITY)
        add_need(s, pod, node, &text);
    else if (v->reason == REASON_PORTS)
        add_ports(s, pod, node, &text);
    else if (v->reason == REASON_SPREAD || v->reason == REASON_SPREAD_LABEL)
        add_spread(s, pod, node, &text);
    else if (v->reason == REASON_VOLUME_LIMIT)
        add_limits(s, pod, node, &text);
    else if (v->reason == REASON_AFFINITY)
        add_affinity(s, pod, node, &text);
    else if (v->reason == REASON_ANTI_AFFINITY)
        add_anti(s, pod, node, &text);
    else if (v->reason == REASON_EXISTING_ANTI_AFFINITY)
        add_existing_anti(s, pod, node, &text);
    else if (v->reason == REASON_FEATURES)
        add_feature(s, pod, node, &text);
    if (v->for_nominated)
        buf_add_cstr(&text, nominated_note);
    return arena_str(a, buf_str(&text));
}

struct str oversize_text(const struct schedule *s, uint32_t pod, struct arena *a)
{
    struct buf text CLEANUP(buf_done);
    buf_init(&text, 16 * KIB);
    for (uint32_t r = RES_CPU; r < s->resource_count; r++) {
        int64_t most = 0, needs = schedule_pod_request(s, pod, r);
        for (uint32_t n = 0; n < s->node_count; n++)
            most = MAX(most, s->on[n] ? s->allocatable[r][n] : 0);
        if (needs <= most)
            continue;
        buf_add_cstr(&text, text.n ? "; " : "No node is large enough: it needs ");
        add_amount(&text, r, needs);
        buf_printf(&text, " of " STR_FMT ", the most that a node has is ",
                   STR_ARG(schedule_resource_name(s, r)));
        add_amount(&text, r, most);
    }
    return arena_str(a, buf_str(&text));
}
