/* SPDX-License-Identifier: Apache-2.0
 *
 * Claims that wait for a pod (WaitForFirstConsumer): which volumes could serve them on which node,
 * whether one can be made there, and what a placement settles of that for the next (upstream's
 * AssumePodVolumes). As plugins/volumebinding/binder.go.
 */
#include "analysis/schedule/volumes.h"

const struct assumption *assumption_of(const struct schedule *s, const struct pvc *claim,
                                       const struct pv *pv)
{
    for (size_t i = 0; i < s->assumptions.count; i++) {
        const struct assumption *a = &s->assumptions.items[i];
        if (a->claim == claim && a->pv == pv)
            return a;
    }
    return NULL;
}

const struct assumption *made_for(const struct schedule *s, const struct pvc *claim)
{
    const struct assumption *a = assumption_of(s, claim, NULL);
    return a && a->made ? a : NULL;
}

static bool list_has(const struct str_list *l, struct str v)
{
    for (size_t i = 0; i < l->count; i++) {
        if (str_eq(l->items[i], v))
            return true;
    }
    return false;
}

/* As IsVolumeBoundToClaim, assumed or not. A claim of the same name made anew is another one. */
static bool is_claimed_by(const struct schedule *s, const struct pv *pv, const struct pvc *claim)
{
    if (!pv->claim_name.n)
        return assumption_of(s, claim, pv) != NULL;
    return str_eq(pv->claim_name, claim->o.name) && str_eq(pv->claim_ns, claim->o.ns) &&
           (!pv->claim_uid.n || str_eq(pv->claim_uid, claim->o.uid));
}

static bool is_claimed(const struct schedule *s, const struct pv *pv)
{
    for (size_t i = 0; i < s->assumptions.count; i++) {
        if (s->assumptions.items[i].pv == pv)
            return true;
    }
    return pv->claim_name.n > 0;
}

static struct str volume_class(const struct pv *pv)
{
    struct str old = labels_get(&pv->o.annotations, "volume.beta.kubernetes.io/storage-class");
    return old.p ? old : pv->storage_class;
}

static const struct quantity *storage_of(const struct resources *r)
{
    const struct resource_amount *a = resources_find(r, "storage");
    return a ? &a->q : NULL;
}

/* As FindMatchingVolume, but for the node. */
static bool volume_serves(const struct schedule *s, const struct pv *pv, const struct pvc *claim)
{
    const struct quantity *want = storage_of(&claim->resources.requests);
    const struct quantity *have = storage_of(&pv->capacity);
    bool block = str_is(claim->mode, "Block"), is_block = str_is(pv->mode, "Block");
    if (pv->o.deleted_ms || block != is_block ||
        (want && (!have || quantity_cmp(*have, *want) < 0)))
        return false;
    if (!str_eq(volume_class(pv), claim_class(claim)))
        return false; /* not among those that are looked at */
    if (is_claimed(s, pv))
        return is_claimed_by(s, pv, claim);
    if (pv->phase.n && !str_is(pv->phase, "Available"))
        return false;
    if (claim->selector.present && !selector_matches(&claim->selector, &pv->o.labels))
        return false;
    for (size_t i = 0; i < claim->access_modes.count; i++) {
        if (!list_has(&pv->access_modes, claim->access_modes.items[i]))
            return false;
    }
    return true;
}

static int volume_order(const void *a, const void *b)
{
    const struct pv *x = *(const struct pv *const *)a, *y = *(const struct pv *const *)b;
    const struct quantity *p = storage_of(&x->capacity), *q = storage_of(&y->capacity);
    int order = p && q ? quantity_cmp(*p, *q) : (p != NULL) - (q != NULL);
    return order ? order : str_cmp(x->o.name, y->o.name);
}

static int wanted_order(const void *a, const void *b)
{
    const struct wanted *x = a, *y = b;
    const struct quantity *p = x->claim ? storage_of(&x->claim->resources.requests) : NULL;
    const struct quantity *q = y->claim ? storage_of(&y->claim->resources.requests) : NULL;
    return p && q ? quantity_cmp(*p, *q) : (p != NULL) - (q != NULL);
}

static void serving_find(struct schedule *s, struct wanted *w)
{
    w->serving = arena_array(&s->scratch, const struct pv *, s->c->pvs.count);
    for (size_t i = 0; i < s->c->pvs.count; i++) {
        const struct pv *pv = s->c->pvs.items[i];
        if (!volume_serves(s, pv, w->claim))
            continue;
        bool claimed = is_claimed(s, pv);
        if (claimed && !w->prebound) {
            w->prebound = true;
            w->serving_count = 0;
        }
        if (!w->prebound || claimed)
            w->serving[w->serving_count++] = pv;
    }
    qsort(w->serving, w->serving_count, sizeof(struct pv *), volume_order);
}

static bool topology_allows(const struct storage_class *sc, const struct node *n)
{
    for (size_t i = 0; i < sc->allowed_topologies.count; i++) {
        const struct topology_term *t = &sc->allowed_topologies.items[i];
        bool all = t->keys.count > 0;
        for (size_t k = 0; k < t->keys.count; k++) {
            const struct label *l = labels_find(&n->o.labels, t->keys.items[k].key);
            all = all && l && list_has(&t->keys.items[k].values, l->value);
        }
        if (all)
            return true;
    }
    return sc->allowed_topologies.count == 0;
}

/* hasEnoughCapacity of one CSIStorageCapacity. */
static bool has_room(const struct csi_storage_capacity *c, const struct storage_class *sc,
                     const struct quantity *size, const struct node *n)
{
    const struct opt_quantity *most = c->maximum_size.set ? &c->maximum_size : &c->capacity;
    return str_eq(c->storage_class, sc->o.name) && most->set &&
           quantity_value(most->v) >= quantity_value(*size) && c->topology.present &&
           selector_matches(&c->topology, &n->o.labels);
}

/* Only of drivers that publish what they have. */
static bool has_capacity(const struct schedule *s, const struct storage_class *sc,
                         const struct pvc *claim, const struct node *n)
{
    const struct quantity *size = storage_of(&claim->resources.requests);
    const struct csi_driver *d = (const struct csi_driver *)(const void *)cluster_find(
        s->c, KIND_CSI_DRIVER, STR(""), sc->provisioner);
    if (!size || !d || !d->storage_capacity)
        return true;
    for (size_t i = 0; i < s->c->csi_storage_capacities.count; i++)
        if (has_room(s->c->csi_storage_capacities.items[i], sc, size, n))
            return true;
    return false;
}

/* checkVolumeProvisions of one claim. */
static enum sched_reason making_refusal(const struct schedule *s, const struct pvc *claim,
                                        const struct node *n)
{
    const struct storage_class *sc = storage_class_find(s->c, claim_class(claim));
    if (!sc || !sc->provisioner.n || str_is(sc->provisioner, "kubernetes.io/no-provisioner") ||
        !topology_allows(sc, n))
        return REASON_NO_PV;
    return has_capacity(s, sc, claim, n) ? REASON_NONE : REASON_NO_SPACE;
}

/* The smallest volume that reaches the node and that no claim before took. */
static const struct pv *volume_take(const struct wanted *w, const struct node *n,
                                    const struct pv **taken, size_t taken_count)
{
    for (size_t i = 0; i < w->serving_count; i++) {
        bool is_taken = false;
        for (size_t k = 0; k < taken_count; k++)
            is_taken |= taken[k] == w->serving[i];
        if (!is_taken && volume_reaches(w->serving[i], n))
            return w->serving[i];
    }
    return NULL;
}

/* The node near which the claim's volume is to be made, if that is settled. */
static struct str selected_node(const struct schedule *s, const struct pvc *claim)
{
    const struct assumption *a = assumption_of(s, claim, NULL);
    if (a)
        return s->nodes[a->node]->o.name;
    return labels_get(&claim->o.annotations, "volume.kubernetes.io/selected-node");
}

/* Volumes are looked for before any is to be made, and claims that have their node come first among
 * those, as upstream's FindPodVolumes has it: the first that cannot be made decides the reason. */
enum sched_reason unbound_refusal(struct schedule *s, const struct wanted_list *l, uint32_t node,
                                  const struct pv **taken)
{
    const struct node *n = s->nodes[node];
    enum sched_reason chosen_reason = REASON_NONE, reason = REASON_NONE;
    size_t taken_count = 0;
    for (size_t i = 0; i < l->count; i++) {
        const struct wanted *w = &l->items[i];
        if (!claim_is_open(s, w->claim))
            continue;
        struct str chosen = selected_node(s, w->claim);
        const struct pv *pv = chosen.n ? NULL : volume_take(w, n, taken, taken_count);
        if (chosen.n && !str_eq(chosen, n->o.name))
            return REASON_NO_PV;
        enum sched_reason *first = chosen.n ? &chosen_reason : &reason;
        if (!pv && *first == REASON_NONE)
            *first = making_refusal(s, w->claim, n);
        taken[taken_count++] = pv;
    }
    return chosen_reason != REASON_NONE ? chosen_reason : reason;
}

void wanted_prepare(struct schedule *s, struct wanted_list *l)
{
    for (size_t i = 0; i < l->count; i++) {
        if (claim_is_open(s, l->items[i].claim))
            serving_find(s, &l->items[i]);
    }
    if (l->count)
        qsort(l->items, l->count, sizeof(*l->items), wanted_order);
}

/* ---- what a placement settles ---- */

void schedule_assume_volumes(struct schedule *s, uint32_t pod, uint32_t node)
{
    const struct class_ *c = &s->classes.items[s->pods.items[pod].class_];
    struct wanted_list l = {0};
    if (c->view && !(c->view->volumes && c->view->volumes->unbound))
        return;
    wanted_collect(s, c->sample, &l);
    if (l.count == 0)
        return;
    wanted_prepare(s, &l);
    const struct pv **taken = arena_array(&s->scratch, const struct pv *, l.count);
    bool served = unbound_refusal(s, &l, node, taken) == REASON_NONE;
    size_t at = 0;
    for (size_t i = 0; served && i < l.count; i++) {
        const struct pvc *claim = l.items[i].claim;
        if (!claim_is_open(s, claim))
            continue;
        const struct pv *pv = taken[at++];
        if (assumption_of(s, claim, pv) || (l.items[i].is_new && !pv))
            continue;
        if (l.items[i].is_new) { /* of this pod, not of others that are like it */
            struct pvc *own = arena_new(s->a, struct pvc);
            *own = *claim;
            claim = own;
        }
        *PUSH(s->a, &s->assumptions) = (struct assumption){claim, pv, node, false};
        s->assumed++;
    }
    arena_reset(&s->scratch);
}

size_t schedule_assumed_volumes(const struct schedule *s)
{
    return s->assumptions.count;
}

void schedule_forget_volumes(struct schedule *s, size_t count)
{
    if (s->assumptions.count == count)
        return;
    s->assumptions.count = count;
    s->assumed++;
}

bool schedule_make_volumes(struct schedule *s)
{
    bool any = false;
    for (size_t i = 0; i < s->assumptions.count; i++) {
        struct assumption *a = &s->assumptions.items[i];
        any |= !a->pv && !a->made;
        a->made = !a->pv;
    }
    s->assumed += any;
    return any;
}

void schedule_assume_as(struct schedule *s, const struct schedule *other)
{
    for (size_t i = 0; i < other->assumptions.count; i++)
        *PUSH(s->a, &s->assumptions) = other->assumptions.items[i];
    s->assumed += other->assumptions.count > 0;
}
