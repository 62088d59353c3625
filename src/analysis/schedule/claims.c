/* SPDX-License-Identifier: Apache-2.0
 *
 * Claims that are made with a pod (pkg/controller/statefulset/stateful_set_utils.go,
 * pkg/controller/volume/ephemeral).
 */
#include "analysis/schedule/claims.h"

#include "analysis/schedule/volumes.h"

static bool is_claimed_by_template(const struct workload *w, struct str name)
{
    for (size_t i = 0; i < w->claims.count; i++)
        if (str_eq(w->claims.items[i].o.name, name))
            return true;
    return false;
}

/* admission/storageclass/setdefault: the newest of those that are marked. */
static const struct storage_class *default_class(const struct cluster *c)
{
    const struct storage_class *found = NULL;
    for (size_t i = 0; i < c->storage_classes.count; i++) {
        const struct storage_class *sc = c->storage_classes.items[i];
        const struct labels *notes = &sc->o.annotations;
        if (!str_is(labels_get(notes, "storageclass.kubernetes.io/is-default-class"), "true") &&
            !str_is(labels_get(notes, "storageclass.beta.kubernetes.io/is-default-class"), "true"))
            continue;
        if (!found || sc->o.created_ms > found->o.created_ms ||
            (sc->o.created_ms == found->o.created_ms && str_cmp(sc->o.name, found->o.name) < 0))
            found = sc;
    }
    return found;
}

/* With the default class, where it says none. */
static void fill_class(const struct cluster *c, struct pvc *claim)
{
    const struct storage_class *sc = default_class(c);
    if (claim_class(claim).n == 0 && !claim->storage_class.v.p && sc)
        claim->storage_class.v = sc->o.name;
}

void pod_add_claims(struct arena *a, const struct cluster *c, const struct workload *w,
                    int64_t ordinal, struct pod *p)
{
    const struct pod_spec old = p->spec;
    if (w->o.kind != KIND_STATEFUL_SET || w->claims.count == 0)
        return;
    memset(&p->spec.volumes, 0, sizeof(p->spec.volumes));
    for (size_t i = 0; i < w->claims.count; i++) {
        struct volume *v = PUSH(a, &p->spec.volumes);
        struct str name = w->claims.items[i].o.name;
        *v = (struct volume){.name = name, .type = VOLUME_EPHEMERAL};
        struct pvc *claim = arena_new(a, struct pvc);
        *claim = w->claims.items[i];
        fill_class(c, claim);
        v->claim = claim;
        if (ordinal == NO_ORDINAL)
            continue;
        claim->o.ns = p->o.ns;
        claim->o.name = arena_printf(a, STR_FMT "-" STR_FMT "-%lld", STR_ARG(name),
                                     STR_ARG(w->o.name), (long long)ordinal);
        v->type = VOLUME_PVC;
        v->target = claim->o.name;
    }
    for (size_t i = 0; i < old.volumes.count; i++)
        if (!is_claimed_by_template(w, old.volumes.items[i].name))
            *PUSH(a, &p->spec.volumes) = old.volumes.items[i];
}

const struct pvc *volume_new_claim(struct arena *a, const struct cluster *c, const struct volume *v)
{
    const struct storage_class *sc;
    struct pvc *claim;
    if (!v->claim || v->claim->volume_name.n)
        return NULL;
    const struct pvc *like = v->claim;
    if (claim_class(like).n == 0 && !like->storage_class.v.p) {
        claim = arena_new(a, struct pvc);
        *claim = *like;
        fill_class(c, claim);
        like = claim;
    }
    sc = storage_class_find(c, claim_class(like));
    return sc && str_is(sc->binding_mode, "WaitForFirstConsumer") ? like : NULL;
}
