/* SPDX-License-Identifier: Apache-2.0
 *
 * VolumeBinding and VolumeZone: what they say of a pod's volumes, and of each node. As upstream's
 * plugins/volumebinding/{volume_binding,binder}.go and plugins/volumezone/volume_zone.go. A claim
 * that a controller is about to make with the pod counts as made (upstream waits for it).
 */
#include "analysis/schedule/volumes.h"
#include "analysis/schedule/claims.h"

static const struct pv *volume_find(const struct cluster *c, struct str name)
{
    return (const struct pv *)(const void *)cluster_find(c, KIND_PV, STR(""), name);
}

const struct storage_class *storage_class_find(const struct cluster *c, struct str name)
{
    return (const struct storage_class *)(const void *)cluster_find(c, KIND_STORAGE_CLASS, STR(""),
                                                                    name);
}

/* ---- what the PreFilter plugins say, plugin by plugin ---- */

static bool waits_for_pod(const struct cluster *c, const struct pvc *claim)
{
    const struct storage_class *sc = storage_class_find(c, claim_class(claim));
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

static enum sched_reason bound_reason(struct schedule *s, const struct wanted_list *l,
                                      uint32_t node)
{
    for (size_t i = 0; i < l->count; i++) {
        const struct pvc *claim = l->items[i].claim;
        if (!claim || claim_is_open(s, claim))
            continue;
        const struct assumption *made = claim->volume_name.n ? NULL : made_for(s, claim);
        if (made && !made_volume_reaches(s, made, node))
            return REASON_PV_AFFINITY;
        if (made)
            continue;
        const struct pv *pv = volume_find(s->c, claim->volume_name);
        if (!pv)
            return REASON_PV_MISSING;
        if (!bound_volume_reaches(s, &s->scratch, pv, node))
            return REASON_PV_AFFINITY;
    }
    return REASON_NONE;
}

static bool zones_match(const struct schedule *s, const struct wanted_list *l, const struct node *n)
{
    for (size_t i = 0; i < l->count; i++) {
        const struct pvc *claim = l->items[i].claim;
        if (claim && !l->items[i].ephemeral && claim->volume_name.n &&
            !volume_zone_matches(volume_find(s->c, claim->volume_name), n))
            return false;
    }
    return true;
}

/* ---- the view ---- */

void wanted_collect(struct schedule *s, const struct pod *p, struct wanted_list *ret)
{
    for (size_t i = 0; i < p->spec.volumes.count; i++) {
        const struct volume *volume = &p->spec.volumes.items[i];
        if (volume->type != VOLUME_PVC && volume->type != VOLUME_EPHEMERAL)
            continue;
        struct wanted *w = PUSH(&s->scratch, ret);
        *w = (struct wanted){.ephemeral = volume->type == VOLUME_EPHEMERAL};
        w->name = volume_claim_name(&s->scratch, p, volume);
        w->claim = claim_find(s, p->o.ns, w->name);
        if (w->claim || !volume->claim)
            continue;
        w->claim = volume_new_claim(&s->scratch, s->c, volume);
        w->is_new = volume->type == VOLUME_EPHEMERAL;
        w->ephemeral = true; /* none is missing */
    }
}

static void volume_view_fill(struct schedule *s, const struct wanted_list *l, struct volume_view *v)
{
    const struct pv **taken = arena_array(&s->scratch, const struct pv *, l->count);
    for (uint32_t n = 0; n < s->node_count; n++) {
        enum sched_reason r = bound_reason(s, l, n);
        enum sched_reason unbound = unbound_refusal(s, l, n, taken);
        if (r == REASON_NONE)
            r = unbound;
        else if (r == REASON_PV_AFFINITY && unbound == REASON_NO_PV)
            r = REASON_PV_AFFINITY_AND_NO_PV;
        else if (r == REASON_PV_AFFINITY && unbound == REASON_NO_SPACE)
            r = REASON_PV_AFFINITY_AND_NO_SPACE;
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
        v->unbound |= l.items[i].claim && l.items[i].claim->volume_name.n == 0;
    wanted_prepare(s, &l);
    volume_view_fill(s, &l, v);
    return v;
}

bool volume_view_update(struct schedule *s, const struct class_ *c, struct volume_view *v)
{
    if (!v->unbound || v->assumed == s->assumed)
        return false;
    struct wanted_list l = {0};
    wanted_collect(s, c->sample, &l);
    wanted_prepare(s, &l);
    volume_view_fill(s, &l, v);
    v->assumed = s->assumed;
    arena_reset(&s->scratch);
    return true;
}
