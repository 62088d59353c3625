/* SPDX-License-Identifier: Apache-2.0
 *
 * VolumeBinding and VolumeZone as far as PersistentVolumes tell: node affinity and zone labels of
 * bound ones, matching of unbound claims to volumes that exist, allowedTopologies of those that are
 * still to be made, and what a placement settles of that for the next (AssumePodVolumes). As upstream's plugins/volumebinding/{volume_binding,binder}.go and
 * plugins/volumezone/volume_zone.go. Not modelled: capacity that CSI drivers publish. A generic
 * ephemeral volume whose claim is not there yet is one that is still to be made (upstream waits
 * for the controller that makes the claim).
 */
#include <assert.h>

#include "analysis/schedule/internal.h"

/* That the claim has this volume; pv NULL: that one is made for it. */
static const struct assumption *assumption_of(const struct schedule *s, const struct pvc *claim,
                                              const struct pv *pv)
{
    for (size_t i = 0; i < s->assumptions.count; i++) {
        const struct assumption *a = &s->assumptions.items[i];
        if (a->claim == claim && a->pv == pv)
            return a;
    }
    return NULL;
}

static const struct pv *volume_find(const struct cluster *c, struct str name)
{
    return (const struct pv *)(const void *)cluster_find(c, KIND_PV, STR(""), name);
}

static const struct storage_class *class_find(const struct cluster *c, struct str name)
{
    return (const struct storage_class *)(const void *)cluster_find(c, KIND_STORAGE_CLASS, STR(""),
                                                                    name);
}

static bool list_has(const struct str_list *l, struct str v)
{
    for (size_t i = 0; i < l->count; i++) {
        if (str_eq(l->items[i], v))
            return true;
    }
    return false;
}

/* ---- what the PreFilter plugins say, plugin by plugin ---- */

struct wanted {
    const struct pvc *claim; /* NULL: not there */
    struct str name;
    bool ephemeral;
    /* Not bound: volumes that could serve, least first; all of them for this claim if prebound. */
    const struct pv **serving;
    size_t serving_count;
    bool prebound;
};
struct wanted_list {
    struct wanted *items;
    size_t count, cap;
};

static bool waits_for_pod(const struct cluster *c, const struct pvc *claim)
{
    const struct storage_class *sc = class_find(c, claim_class(claim));
    return sc && str_is(sc->binding_mode, "WaitForFirstConsumer");
}

static struct str binding_refusal(struct schedule *s, const struct wanted_list *l)
{
    for (size_t i = 0; i < l->count; i++) {
        const struct wanted *w = &l->items[i];
        if (w->claim && str_is(w->claim->phase, "Lost"))
            return arena_printf(s->a,
                                "persistentvolumeclaim \"" STR_FMT
                                "\" bound to non-existent persistentvolume \"" STR_FMT "\"",
                                STR_ARG(w->name), STR_ARG(w->claim->volume_name));
        if (w->claim && w->claim->o.deleted_ms)
            return arena_printf(s->a, "persistentvolumeclaim \"" STR_FMT "\" is being deleted",
                                STR_ARG(w->name));
    }
    for (size_t i = 0; i < l->count; i++) {
        const struct pvc *claim = l->items[i].claim;
        /* One that names its volume, but is not bound yet, waits for the controller. */
        bool named = claim && claim->volume_name.n;
        if (named ? str_is(claim->phase, "Pending") : claim && !waits_for_pod(s->c, claim))
            return STR("pod has unbound immediate PersistentVolumeClaims");
    }
    return STR("");
}

static void refuse_early(struct volume_view *v, enum sched_plugin plugin, struct str reason)
{
    if (v->prefilter_reason.n == 0) {
        v->prefilter_plugin = plugin;
        v->prefilter_reason = reason;
    }
}

static void volumes_prefilter(struct schedule *s, const struct wanted_list *l,
                              struct volume_view *v)
{
    for (size_t i = 0; i < l->count; i++) {
        if (!l->items[i].claim && !l->items[i].ephemeral)
            refuse_early(v, PLUGIN_VOLUME_RESTRICTIONS,
                         arena_printf(s->a, "persistentvolumeclaim \"" STR_FMT "\" not found",
                                      STR_ARG(l->items[i].name)));
    }
    refuse_early(v, PLUGIN_VOLUME_BINDING, binding_refusal(s, l));
    for (size_t i = 0; i < l->count; i++) {
        const struct pvc *claim = l->items[i].claim;
        if (claim && !l->items[i].ephemeral && claim->volume_name.n &&
            !volume_find(s->c, claim->volume_name))
            refuse_early(v, PLUGIN_VOLUME_ZONE,
                         arena_printf(s->a, "persistentvolume \"" STR_FMT "\" not found",
                                      STR_ARG(claim->volume_name)));
    }
}

/* ---- bound ---- */

static bool volume_reaches(const struct pv *pv, const struct node *n)
{
    return !pv->node_affinity.present || node_terms_match(&pv->node_affinity, n);
}

/* One of "a__b" (a zone label may name several). */
static bool zone_list_has(struct str list, struct str zone)
{
    for (;;) {
        ptrdiff_t cut = str_find(list, "__");
        struct str first = cut < 0 ? list : str_sub(list, 0, (size_t)cut);
        if (str_eq(first, zone))
            return true;
        if (cut < 0)
            return false;
        list = str_sub(list, (size_t)cut + 2, list.n);
    }
}

static bool zone_matches(const struct pv *pv, const struct node *n)
{
    static const struct {
        const char *key, *ga;
    } keys[] = {
        {"failure-domain.beta.kubernetes.io/zone", "topology.kubernetes.io/zone"},
        {"failure-domain.beta.kubernetes.io/region", "topology.kubernetes.io/region"},
        {"topology.kubernetes.io/zone", "topology.kubernetes.io/zone"},
        {"topology.kubernetes.io/region", "topology.kubernetes.io/region"},
    };
    bool any = false;
    for (size_t i = 0; i < ARRAY_LEN(keys); i++)
        any |= labels_get(&n->o.labels, keys[i].key).p != NULL;
    for (size_t i = 0; any && i < ARRAY_LEN(keys); i++) {
        struct str want = labels_get(&pv->o.labels, keys[i].key);
        if (!want.p)
            continue;
        struct str have = labels_get(&n->o.labels, keys[i].key);
        if (!have.p)
            have = labels_get(&n->o.labels, keys[i].ga);
        if (!have.p || !zone_list_has(want, have))
            return false;
    }
    return true;
}

static enum sched_reason bound_reason(const struct schedule *s, const struct wanted_list *l,
                                      const struct node *n)
{
    for (size_t i = 0; i < l->count; i++) {
        const struct pvc *claim = l->items[i].claim;
        if (!claim || claim->volume_name.n == 0)
            continue;
        const struct pv *pv = volume_find(s->c, claim->volume_name);
        if (!pv)
            return REASON_PV_MISSING;
        if (!volume_reaches(pv, n))
            return REASON_PV_AFFINITY;
    }
    return REASON_NONE;
}

static bool zones_match(const struct schedule *s, const struct wanted_list *l, const struct node *n)
{
    for (size_t i = 0; i < l->count; i++) {
        const struct pvc *claim = l->items[i].claim;
        if (claim && !l->items[i].ephemeral && claim->volume_name.n &&
            !zone_matches(volume_find(s->c, claim->volume_name), n))
            return false;
    }
    return true;
}

/* ---- not bound yet ---- */

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

static bool can_be_made(const struct schedule *s, const struct pvc *claim, const struct node *n)
{
    const struct storage_class *sc = class_find(s->c, claim_class(claim));
    return sc && sc->provisioner.n && !str_is(sc->provisioner, "kubernetes.io/no-provisioner") &&
           topology_allows(sc, n);
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

/* taken[] gets the volume of each claim, NULL = one is made. */
static bool unbound_served(struct schedule *s, const struct wanted_list *l, const struct node *n,
                           const struct pv **taken)
{
    size_t taken_count = 0;
    for (size_t i = 0; i < l->count; i++) {
        const struct wanted *w = &l->items[i];
        if (!w->claim || w->claim->volume_name.n)
            continue;
        struct str chosen = selected_node(s, w->claim);
        const struct pv *pv = chosen.n ? NULL : volume_take(w, n, taken, taken_count);
        if (chosen.n && !str_eq(chosen, n->o.name))
            return false;
        if (!pv && !can_be_made(s, w->claim, n))
            return false;
        taken[taken_count++] = pv;
    }
    return true;
}

/* ---- the view ---- */

static void wanted_collect(struct schedule *s, const struct pod *p, struct wanted_list *ret)
{
    for (size_t i = 0; i < p->spec.volumes.count; i++) {
        const struct volume *volume = &p->spec.volumes.items[i];
        if (volume->type != VOLUME_PVC && volume->type != VOLUME_EPHEMERAL)
            continue;
        struct wanted *w = PUSH(&s->scratch, ret);
        *w = (struct wanted){.ephemeral = volume->type == VOLUME_EPHEMERAL};
        w->name = volume_claim_name(&s->scratch, p, volume);
        w->claim = claim_find(s, p->o.ns, w->name);
    }
}

/* Of the claims that wait for a pod, the volumes that could serve; claims sorted by size. */
static void wanted_prepare(struct schedule *s, struct wanted_list *l)
{
    for (size_t i = 0; i < l->count; i++) {
        if (l->items[i].claim && l->items[i].claim->volume_name.n == 0)
            serving_find(s, &l->items[i]);
    }
    if (l->count)
        qsort(l->items, l->count, sizeof(*l->items), wanted_order);
}

static void volume_view_fill(struct schedule *s, const struct wanted_list *l, struct volume_view *v)
{
    const struct pv **taken = arena_array(&s->scratch, const struct pv *, l->count);
    for (uint32_t n = 0; n < s->node_count; n++) {
        enum sched_reason r = bound_reason(s, l, s->nodes[n]);
        if (!unbound_served(s, l, s->nodes[n], taken))
            r = r == REASON_NONE          ? REASON_NO_PV
                : r == REASON_PV_AFFINITY ? REASON_PV_AFFINITY_AND_NO_PV
                                          : r;
        if (r == REASON_NONE && !zones_match(s, l, s->nodes[n]))
            r = REASON_VOLUME_ZONE;
        v->reject[n] = (uint8_t)r;
    }
}

struct volume_view *volume_view_make(struct schedule *s, const struct class_ *c)
{
    struct wanted_list l = {0};
    wanted_collect(s, c->sample, &l);
    if (l.count + c->disks.count + c->attached.count == 0)
        return NULL;
    struct volume_view *v = arena_new(s->a, struct volume_view);
    v->reject = arena_array(s->a, uint8_t, s->node_count);
    v->assumed = s->assumed;
    volumes_prefilter(s, &l, v);
    if (v->prefilter_reason.n)
        return v;
    for (size_t i = 0; i < l.count; i++)
        v->waits |= l.items[i].claim && l.items[i].claim->volume_name.n == 0;
    wanted_prepare(s, &l);
    volume_view_fill(s, &l, v);
    return v;
}

bool volume_view_update(struct schedule *s, const struct class_ *c, struct volume_view *v)
{
    if (!v->waits || v->assumed == s->assumed)
        return false;
    struct wanted_list l = {0};
    wanted_collect(s, c->sample, &l);
    wanted_prepare(s, &l);
    volume_view_fill(s, &l, v);
    v->assumed = s->assumed;
    arena_reset(&s->scratch);
    return true;
}

/* ---- what a placement settles ---- */

void schedule_assume_volumes(struct schedule *s, uint32_t pod, uint32_t node)
{
    const struct class_ *c = &s->classes.items[s->pods.items[pod].class_];
    struct wanted_list l = {0};
    assert(!s->marked);
    if (c->view && !(c->view->volumes && c->view->volumes->waits))
        return;
    wanted_collect(s, s->pods.items[pod].pod, &l);
    wanted_prepare(s, &l);
    const struct pv **taken = arena_array(&s->scratch, const struct pv *, l.count);
    bool served = unbound_served(s, &l, s->nodes[node], taken);
    size_t at = 0;
    for (size_t i = 0; served && i < l.count; i++) {
        const struct pvc *claim = l.items[i].claim;
        if (!claim || claim->volume_name.n)
            continue;
        const struct pv *pv = taken[at++];
        if (assumption_of(s, claim, pv))
            continue;
        *PUSH(s->a, &s->assumptions) = (struct assumption){claim, pv, node};
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
