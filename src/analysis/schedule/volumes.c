/* SPDX-License-Identifier: Apache-2.0
 *
 * VolumeRestrictions, VolumeBinding and VolumeZone as far as PersistentVolumes tell: node affinity
 * and zone labels of bound ones, matching of unbound claims to volumes that exist, claims that one
 * pod alone may use. As upstream's plugins/volumebinding/{volume_binding,binder}.go,
 * plugins/volumezone/volume_zone.go and plugins/volumerestrictions/volume_restrictions.go. Not
 * modelled: CSI volume limits and capacity, allowedTopologies, in-line volumes.
 */
#include "analysis/schedule/internal.h"

static const struct pvc *claim_find(const struct cluster *c, struct str ns, struct str name)
{
    return (const struct pvc *)(const void *)cluster_find(c, KIND_PVC, ns, name);
}

static const struct pv *volume_find(const struct cluster *c, struct str name)
{
    return (const struct pv *)(const void *)cluster_find(c, KIND_PV, STR(""), name);
}

static const struct storage_class *class_find(const struct cluster *c, const struct pvc *claim)
{
    struct str name = claim->storage_class.v;
    if (!name.p)
        name = labels_get(&claim->o.annotations, "volume.beta.kubernetes.io/storage-class");
    return (const struct storage_class *)(const void *)cluster_find(c, KIND_STORAGE_CLASS, STR(""),
                                                                    name);
}

static bool waits_for_pod(const struct cluster *c, const struct pvc *claim)
{
    const struct storage_class *sc = class_find(c, claim);
    return sc && str_is(sc->binding_mode, "WaitForFirstConsumer");
}

static bool list_has(const struct str_list *l, struct str v)
{
    for (size_t i = 0; i < l->count; i++) {
        if (str_eq(l->items[i], v))
            return true;
    }
    return false;
}

static void refuse_early(struct volume_view *v, enum sched_plugin plugin, struct str reason)
{
    if (v->prefilter_reason.n == 0) {
        v->prefilter_plugin = plugin;
        v->prefilter_reason = reason;
    }
}

/* What the PreFilter plugins say of one claim, in their order. */
static void claim_prefilter(struct schedule *s, struct str ns, struct str name,
                            struct volume_view *v)
{
    const struct pvc *claim = claim_find(s->c, ns, name);
    if (!claim) {
        refuse_early(
            v, PLUGIN_VOLUME_RESTRICTIONS,
            arena_printf(s->a, "persistentvolumeclaim \"" STR_FMT "\" not found", STR_ARG(name)));
    } else if (str_is(claim->phase, "Lost")) {
        refuse_early(v, PLUGIN_VOLUME_BINDING,
                     arena_printf(s->a,
                                  "persistentvolumeclaim \"" STR_FMT
                                  "\" bound to non-existent persistentvolume \"" STR_FMT "\"",
                                  STR_ARG(name), STR_ARG(claim->volume_name)));
    } else if (claim->o.deleted_ms) {
        refuse_early(v, PLUGIN_VOLUME_BINDING,
                     arena_printf(s->a, "persistentvolumeclaim \"" STR_FMT "\" is being deleted",
                                  STR_ARG(name)));
    } else if (claim->volume_name.n == 0 && !waits_for_pod(s->c, claim)) {
        refuse_early(v, PLUGIN_VOLUME_BINDING,
                     STR("pod has unbound immediate PersistentVolumeClaims"));
    } else if (claim->volume_name.n && !volume_find(s->c, claim->volume_name)) {
        refuse_early(v, PLUGIN_VOLUME_ZONE,
                     arena_printf(s->a, "persistentvolume \"" STR_FMT "\" not found",
                                  STR_ARG(claim->volume_name)));
    }
}

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

static bool volume_serves(const struct pv *pv, const struct pvc *claim, const struct node *n)
{
    if (pv->claim_name.n &&
        !(str_eq(pv->claim_name, claim->o.name) && str_eq(pv->claim_ns, claim->o.ns)))
        return false;
    for (size_t i = 0; i < claim->access_modes.count; i++) {
        if (!list_has(&pv->access_modes, claim->access_modes.items[i]))
            return false;
    }
    const struct resource_amount *want = resources_find(&claim->resources.requests, "storage");
    const struct resource_amount *have = resources_find(&pv->capacity, "storage");
    return str_eq(pv->storage_class, claim->storage_class.v) &&
           (!want || (have && quantity_cmp(have->q, want->q) >= 0)) && volume_reaches(pv, n);
}

static enum sched_reason unbound_reason(const struct schedule *s, const struct pvc *claim,
                                        const struct node *n)
{
    const struct storage_class *sc = class_find(s->c, claim);
    if (!sc || !str_is(sc->provisioner, "kubernetes.io/no-provisioner"))
        return REASON_NONE; /* will be made where the pod goes */
    for (size_t i = 0; i < s->c->pvs.count; i++) {
        if (volume_serves(s->c->pvs.items[i], claim, n))
            return REASON_NONE;
    }
    return REASON_NO_PV;
}

static enum sched_reason claim_reason(const struct schedule *s, const struct pvc *claim,
                                      const struct node *n)
{
    if (claim->volume_name.n == 0)
        return unbound_reason(s, claim, n);
    const struct pv *pv = volume_find(s->c, claim->volume_name);
    if (!volume_reaches(pv, n))
        return REASON_PV_AFFINITY;
    return zone_matches(pv, n) ? REASON_NONE : REASON_VOLUME_ZONE;
}

const struct volume_view *volume_view_make(struct schedule *s, const struct class_ *c)
{
    const struct pod *p = c->sample;
    struct volume_view *v = NULL;
    for (size_t i = 0; i < p->spec.volumes.count; i++) {
        struct str name = p->spec.volumes.items[i].target;
        if (p->spec.volumes.items[i].type != VOLUME_PVC)
            continue;
        if (!v) {
            v = arena_new(s->a, struct volume_view);
            v->reject = arena_array(s->a, uint8_t, s->node_count);
        }
        claim_prefilter(s, p->o.ns, name, v);
        const struct pvc *claim = claim_find(s->c, p->o.ns, name);
        v->one_pod |= claim && list_has(&claim->access_modes, STR("ReadWriteOncePod"));
        for (uint32_t n = 0; claim && v->prefilter_reason.n == 0 && n < s->node_count; n++) {
            /* VolumeBinding comes before VolumeZone. */
            enum sched_reason r = claim_reason(s, claim, s->nodes[n]);
            if (r && (!v->reject[n] || v->reject[n] == REASON_VOLUME_ZONE))
                v->reject[n] = (uint8_t)r;
        }
    }
    return v;
}

/* Whether a pod of the node uses a ReadWriteOncePod claim of this pod. */
bool volume_in_use(const struct schedule *s, const struct class_ *c, uint32_t node)
{
    const struct pod *mine = c->sample;
    for (uint32_t i = s->first_pod[node]; i != NO_INDEX; i = s->pods.items[i].node_next) {
        const struct pod *other = s->pods.items[i].pod;
        if (!str_eq(other->o.ns, mine->o.ns))
            continue;
        for (size_t k = 0; k < other->spec.volumes.count; k++) {
            const struct volume *v = &other->spec.volumes.items[k];
            const struct pvc *claim =
                v->type == VOLUME_PVC ? claim_find(s->c, mine->o.ns, v->target) : NULL;
            if (!claim || !list_has(&claim->access_modes, STR("ReadWriteOncePod")))
                continue;
            for (size_t m = 0; m < mine->spec.volumes.count; m++) {
                if (mine->spec.volumes.items[m].type == VOLUME_PVC &&
                    str_eq(mine->spec.volumes.items[m].target, v->target))
                    return true;
            }
        }
    }
    return false;
}
