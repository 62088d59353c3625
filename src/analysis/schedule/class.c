/* SPDX-License-Identifier: Apache-2.0
 *
 * Pod -> class: everything that the scheduler can tell of a pod, once for all pods that are alike.
 * Labels count only where some selector of the world names their key, so the pods of a StatefulSet
 * are alike although each has a label of its own.
 */
#include "analysis/schedule/internal.h"

static void relevant_mark(struct schedule *s, struct str key)
{
    name_id id = name_of(s, key);
    if (id >= s->relevant_cap) {
        size_t cap = MAX(2 * s->relevant_cap, (size_t)id + 64);
        uint8_t *more = arena_array(s->a, uint8_t, cap);
        if (s->relevant_cap)
            memcpy(more, s->relevant, s->relevant_cap);
        s->relevant = more;
        s->relevant_cap = cap;
    }
    s->relevant[id] = 1;
}

static void selector_mark(struct schedule *s, const struct label_selector *l)
{
    for (size_t i = 0; i < l->match_labels.count; i++)
        relevant_mark(s, l->match_labels.items[i].key);
    for (size_t i = 0; i < l->expressions.count; i++)
        relevant_mark(s, l->expressions.items[i].key);
}

static void keys_mark(struct schedule *s, const struct str_list *keys)
{
    for (size_t i = 0; i < keys->count; i++)
        relevant_mark(s, keys->items[i]);
}

static void terms_mark(struct schedule *s, const struct pod_affinity_terms *t)
{
    for (size_t i = 0; i < t->count; i++) {
        selector_mark(s, &t->items[i].selector);
        keys_mark(s, &t->items[i].match_label_keys);
        keys_mark(s, &t->items[i].mismatch_label_keys);
    }
}

static void spec_mark(struct schedule *s, const struct pod_spec *spec)
{
    if (spec->affinity) {
        terms_mark(s, &spec->affinity->pod_required);
        terms_mark(s, &spec->affinity->pod_preferred);
        terms_mark(s, &spec->affinity->anti_required);
        terms_mark(s, &spec->affinity->anti_preferred);
    }
    for (size_t i = 0; i < spec->spread.count; i++) {
        selector_mark(s, &spec->spread.items[i].selector);
        keys_mark(s, &spec->spread.items[i].match_label_keys);
    }
}

static bool spreads_its_pods(enum kind k)
{
    return k == KIND_REPLICA_SET || k == KIND_STATEFUL_SET || k == KIND_REPLICATION_CONTROLLER;
}

void relevant_collect(struct schedule *s)
{
    for (size_t i = 0; i < s->c->pods.count; i++)
        spec_mark(s, &s->c->pods.items[i]->spec);
    for (size_t i = 0; i < s->c->services.count; i++) {
        struct label_selector l = {.match_labels = s->c->services.items[i]->selector};
        selector_mark(s, &l);
    }
    for (size_t i = 0; i < s->c->workloads.count; i++) {
        if (spreads_its_pods(s->c->workloads.items[i]->o.kind))
            selector_mark(s, &s->c->workloads.items[i]->selector);
    }
}

static uint32_t shape_of(struct schedule *s, const struct pod *p)
{
    struct shape shape = {.space = space_of(s, p->o.ns),
                          .has_labels = p->o.labels.count > 0,
                          .service_selector = NO_INDEX};
    shape.labels = labels_compile(s, &p->o.labels, true);
    uint64_t *w = arena_array(&s->scratch, uint64_t, 3 + 2 * (size_t)shape.labels.count);
    size_t n = 0;
    w[n++] = 'H';
    w[n++] = shape.space;
    w[n++] = shape.has_labels;
    for (uint32_t i = 0; i < shape.labels.count; i++) {
        w[n++] = shape.labels.items[i].key;
        w[n++] = shape.labels.items[i].value;
    }
    bool is_new;
    uint32_t id = key_index(s, w, n, (uint32_t)s->shapes.count, &is_new);
    if (is_new)
        *PUSH(s->a, &s->shapes) = shape;
    return id;
}

/* The selector of the controller that the default spread constraints look at, or NO_INDEX. */
static uint32_t owner_selector(struct schedule *s, const struct pod *p)
{
    for (size_t i = 0; i < p->o.owners.count; i++) {
        const struct owner_ref *o = &p->o.owners.items[i];
        if (!o->controller)
            continue;
        bool core = str_is(o->api_version, "v1");
        if (!core && !str_is(o->api_version, "apps/v1"))
            return NO_INDEX;
        enum kind kind = kind_find(o->api_version, o->kind);
        if (!spreads_its_pods(kind) || core != (kind == KIND_REPLICATION_CONTROLLER))
            return NO_INDEX;
        const struct object *found = cluster_find(s->c, kind, p->o.ns, o->name);
        if (!found)
            return NO_INDEX;
        const struct workload *w = (const struct workload *)(const void *)found;
        if (kind != KIND_REPLICATION_CONTROLLER)
            return selector_compile(s, &w->selector);
        return selector_of_labels(s, &w->selector.match_labels);
    }
    return NO_INDEX;
}

static const struct priority_class *priority_class_of(const struct cluster *c,
                                                      const struct pod_spec *spec)
{
    const struct priority_class *found = NULL;
    for (size_t i = 0; i < c->priority_classes.count; i++) {
        const struct priority_class *p = c->priority_classes.items[i];
        if (spec->priority_class_name.v.n) {
            if (str_eq(p->o.name, spec->priority_class_name.v))
                return p;
        } else if (p->global_default && (!found || p->value < found->value)) {
            found = p;
        }
    }
    return found;
}

/* As the Priority admission plug-in, for pods that have not been through it. */
static void priority_compile(struct schedule *s, const struct pod *p, struct class_ *c)
{
    struct str policy = p->spec.preemption_policy.v;
    c->priority = p->spec.priority.v;
    if (!p->spec.priority.set) {
        const struct priority_class *pc = priority_class_of(s->c, &p->spec);
        c->priority = pc ? pc->value : 0;
        if (pc && !policy.n)
            policy = pc->preemption_policy;
    }
    c->never_preempts = str_is(policy, "Never");
}

struct words {
    uint64_t *items;
    size_t count, cap;
};

static void words_add(struct schedule *s, struct words *w, uint64_t v)
{
    *PUSH(&s->scratch, w) = v;
}

static void words_terms(struct schedule *s, struct words *w, const struct term_list *t)
{
    words_add(s, w, t->count);
    for (size_t i = 0; i < t->count; i++) {
        words_add(s, w, t->items[i].term);
        words_add(s, w, (uint64_t)t->items[i].weight);
    }
}

static void words_spread(struct schedule *s, struct words *w, const struct spread_list *l)
{
    words_add(s, w, l->count);
    for (size_t i = 0; i < l->count; i++) {
        const struct spread_rule *r = &l->items[i];
        words_add(s, w, (uint64_t)r->selector << 32 | r->topo);
        words_add(s, w, (uint64_t)(uint32_t)r->max_skew << 32 | (uint32_t)r->min_domains);
        words_add(s, w, (uint64_t)(r->hard + 2 * r->honor_affinity + 4 * r->honor_taints));
    }
}

/* What the claim asks for that is made with the pod. */
static void words_claim(struct schedule *s, struct words *w, const struct pvc *claim)
{
    const struct resource_amount *size = resources_find(&claim->resources.requests, "storage");
    words_add(s, w, name_of(s, claim_class(claim)));
    words_add(s, w, claim->storage_class.v.p != NULL);
    words_add(s, w, size ? (uint64_t)quantity_value(size->q) + 1 : 0);
    words_add(s, w, name_of(s, claim->mode));
    words_add(s, w, claim->access_modes.count);
    for (size_t i = 0; i < claim->access_modes.count; i++)
        words_add(s, w, name_of(s, claim->access_modes.items[i]));
    words_add(s, w, claim->selector.present ? (uintptr_t)claim : 0);
}

static void words_volumes(struct schedule *s, struct words *w, const struct class_ *c)
{
    const struct pod *p = c->sample;
    words_add(s, w, c->claims.count + c->disks.count);
    for (size_t i = 0; i < c->claims.count; i++)
        words_add(s, w, c->claims.items[i].claim);
    for (size_t i = 0; i < c->disks.count; i++)
        words_add(s, w, (uint64_t)c->disks.items[i].what << 1 | c->disks.items[i].read_only);
    for (size_t i = 0; i < c->attached.count; i++)
        words_add(s, w, c->attached.items[i].volume);
    for (size_t i = 0; i < p->spec.volumes.count; i++) {
        const struct volume *v = &p->spec.volumes.items[i];
        if (v->type != VOLUME_EPHEMERAL && !v->claim)
            continue;
        struct str claim = volume_claim_name(&s->scratch, p, v);
        if (claim_find(s, p->o.ns, claim))
            words_add(s, w, name_of(s, claim));
        else if (v->claim)
            words_claim(s, w, v->claim);
    }
}

static struct words class_words(struct schedule *s, const struct class_ *c)
{
    struct words w = {0};
    words_add(s, &w, 'K');
    words_add(s, &w, (uint64_t)c->shape << 32 | c->owner_selector);
    words_add(s, &w, (uint64_t)c->priority);
    words_add(
        s, &w,
        (uint64_t)(c->never_preempts + 2 * c->terminating + 4 * c->has_scalars + 8 * c->features));
    words_add(s, &w, c->unparsed.n ? name_of(s, c->unparsed) : 0);
    for (uint32_t r = 0; r < s->resource_count; r++)
        words_add(s, &w, (uint64_t)c->request[r]);
    words_add(s, &w, (uint64_t)c->nonzero_cpu);
    words_add(s, &w, (uint64_t)c->nonzero_memory);
    words_add(s, &w, (uint64_t)c->score_cpu);
    words_add(s, &w, (uint64_t)c->score_memory);
    words_add(s, &w, c->ports.count);
    for (size_t i = 0; i < c->ports.count; i++) {
        words_add(s, &w, (uint64_t)c->ports.items[i].ip << 32 | c->ports.items[i].protocol);
        words_add(s, &w, (uint64_t)c->ports.items[i].port);
    }
    words_terms(s, &w, &c->affinity);
    words_terms(s, &w, &c->anti);
    words_terms(s, &w, &c->prefers);
    words_terms(s, &w, &c->avoids);
    words_spread(s, &w, &c->spread);
    words_add(s, &w, (uint64_t)c->tolerations << 32 | c->node_need);
    words_add(s, &w, (uint64_t)c->node_wish << 32 | c->images);
    words_volumes(s, &w, c);
    return w;
}

uint32_t class_of(struct schedule *s, const struct pod *p)
{
    struct class_ c = {.sample = p, .shape = shape_of(s, p), .first_pod = NO_INDEX};
    c.space = s->shapes.items[c.shape].space;
    c.terminating = p->o.deleted_ms != 0;
    c.features = features_asked(&p->spec);
    c.owner_selector = owner_selector(s, p);
    priority_compile(s, p, &c);
    fit_compile(s, p, &c);
    ports_compile(s, &p->spec, &c.ports);
    terms_compile(s, p, &c);
    spread_compile(s, p, &c.spread);
    disks_compile(s, p, &c);
    c.tolerations = taint_view_of(s, &p->spec.tolerations);
    c.node_need = need_view_of(s, &p->spec);
    c.node_wish = wish_view_of(s, &p->spec);
    c.images = image_view_of(s, &p->spec);
    struct words w = class_words(s, &c);
    bool is_new;
    uint32_t id = key_index(s, w.items, w.count, (uint32_t)s->classes.count, &is_new);
    if (is_new) {
        *PUSH(s->a, &s->classes) = c;
        if (class_terms(&c))
            terms_announce(s, &c, id);
        *PUSH(s->a, &s->spaces.items[c.space].classes) = id;
    }
    arena_reset(&s->scratch);
    return id;
}

/* A pod without a name has no claim of the world. */
void classes_renew(struct schedule *s)
{
    size_t count = s->classes.count;
    for (uint32_t i = 0; i < count; i++) {
        const struct pod *p = s->classes.items[i].sample;
        bool own = false;
        for (size_t k = 0; k < p->spec.volumes.count; k++)
            own |= p->spec.volumes.items[k].type == VOLUME_EPHEMERAL;
        uint32_t like = i;
        if (own && p->o.name.n) {
            struct pod *fresh = arena_new(s->a, struct pod);
            *fresh = *p;
            fresh->o.name = STR("");
            like = class_of(s, fresh);
            s->classes.items[like].like = like;
        }
        s->classes.items[i].like = like;
    }
}
