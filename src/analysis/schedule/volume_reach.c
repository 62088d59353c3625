/* SPDX-License-Identifier: Apache-2.0
 *
 * Which nodes can use a volume: by its node affinity, by its zone labels
 * (plugins/volumezone/volume_zone.go), and, of one that is made in the course of a simulation, by
 * the topology that its driver is likely to give it.
 */
#include "analysis/schedule/volumes.h"

bool volume_reaches(const struct pv *pv, const struct node *n)
{
    return !pv->node_affinity.present || node_terms_match(&pv->node_affinity, n);
}

/* ---- in-tree volumes, as their CSI drivers have them (csi-translation-lib in_tree_volume.go) ---- */

#define ZONE        "topology.kubernetes.io/zone"
#define REGION      "topology.kubernetes.io/region"
#define BETA_ZONE   "failure-domain.beta.kubernetes.io/zone"
#define BETA_REGION "failure-domain.beta.kubernetes.io/region"

static const struct csi_node *csi_node_of(const struct schedule *s, uint32_t node)
{
    return (const struct csi_node *)(const void *)cluster_find(s->c, KIND_CSI_NODE, STR(""),
                                                               s->nodes[node]->o.name);
}

/* isPluginMigratedToCSIOnNode */
static bool is_migrated_on(const struct schedule *s, uint32_t node, const char *plugin)
{
    const struct csi_node *n = csi_node_of(s, node);
    struct str rest =
        n ? labels_get(&n->o.annotations, "storage.alpha.kubernetes.io/migrated-plugins") : STR("");
    while (rest.n) {
        struct str one = str_cut(rest, ',', &rest);
        if (str_is(one, plugin))
            return true;
    }
    return false;
}

static bool terms_name(const struct node_selector_terms *t, const char *key)
{
    for (size_t i = 0; i < t->count; i++)
        for (size_t k = 0; k < t->items[i].expressions.count; k++)
            if (str_is(t->items[i].expressions.items[k].key, key))
                return true;
    return false;
}

static void rename_key(struct node_selector_terms *t, const char *old, const char *key)
{
    for (size_t i = 0; i < t->count; i++)
        for (size_t k = 0; k < t->items[i].expressions.count; k++)
            if (str_is(t->items[i].expressions.items[k].key, old))
                t->items[i].expressions.items[k].key = str_of(key);
}

/* addTopology: to every term; one is made where there is none. */
static void add_zones(struct arena *a, struct node_selector_terms *t, const char *key,
                      struct str zones)
{
    struct str_list values = {0};
    while (zones.n) {
        ptrdiff_t cut = str_find(zones, "__");
        struct str one = str_trim(cut < 0 ? zones : str_sub(zones, 0, (size_t)cut));
        if (one.n)
            *PUSH(a, &values) = one;
        zones = cut < 0 ? STR("") : str_sub(zones, (size_t)cut + 2, zones.n);
    }
    if (values.count == 0)
        return;
    t->present = true;
    if (t->count == 0)
        *PUSH(a, t) = (struct node_selector_term){0};
    for (size_t i = 0; i < t->count; i++)
        *PUSH(a, &t->items[i].expressions) =
            (struct requirement){.key = str_of(key), .op = SEL_IN, .values = values};
}

/* translateTopologyFromInTreeToCSI */
static struct node_selector_terms translated(struct arena *a, const struct pv *pv, const char *key)
{
    struct node_selector_terms t = {.present = pv->node_affinity.present};
    for (size_t i = 0; i < pv->node_affinity.count; i++) {
        struct node_selector_term *to = PUSH(a, &t);
        const struct node_selector_term *from = &pv->node_affinity.items[i];
        *to = (struct node_selector_term){.fields = from->fields};
        for (size_t k = 0; k < from->expressions.count; k++)
            *PUSH(a, &to->expressions) = from->expressions.items[k];
    }
    bool in_terms = terms_name(&t, ZONE) || terms_name(&t, BETA_ZONE);
    bool beta = in_terms ? !terms_name(&t, ZONE)
                         : !labels_get(&pv->o.labels, ZONE).p &&
                               labels_get(&pv->o.labels, BETA_ZONE).p != NULL;
    if (in_terms)
        rename_key(&t, beta ? BETA_ZONE : ZONE, key);
    else
        add_zones(a, &t, key, labels_get(&pv->o.labels, beta ? BETA_ZONE : ZONE));
    if (beta)
        rename_key(&t, BETA_REGION, REGION);
    return t;
}

bool bound_volume_reaches(const struct schedule *s, struct arena *a, const struct pv *pv,
                          uint32_t node)
{
    for (size_t i = 0; i < MIGRATED; i++)
        if (migrated[i].topology_key && str_is(pv->volume_type, migrated[i].in_pv) &&
            is_migrated_on(s, node, migrated[i].provisioner)) {
            struct node_selector_terms t = translated(a, pv, migrated[i].topology_key);
            return !t.present || node_terms_match(&t, s->nodes[node]);
        }
    return volume_reaches(pv, s->nodes[node]);
}

/* ---- zone labels ---- */

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

bool volume_zone_matches(const struct pv *pv, const struct node *n)
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

/* ---- volumes that are made in the course of a simulation ---- */

static bool same_value(const struct schedule *s, struct str key, uint32_t x, uint32_t y)
{
    const struct label *a = labels_find(&s->nodes[x]->o.labels, key);
    const struct label *b = labels_find(&s->nodes[y]->o.labels, key);
    return a && b ? str_eq(a->value, b->value) : a == b;
}

static const struct csi_driver_limit *driver_on(const struct schedule *s, uint32_t node,
                                                struct str driver)
{
    const struct csi_node *n = csi_node_of(s, node);
    for (size_t i = 0; n && i < n->drivers.count; i++)
        if (str_eq(n->drivers.items[i].name, driver))
            return &n->drivers.items[i];
    return NULL;
}

/* A key of the node affinity of volumes of that class: a local one is the node's own, say. */
static bool class_volumes_ask(const struct schedule *s, const struct storage_class *sc,
                              struct str key)
{
    for (size_t i = 0; i < s->c->pvs.count; i++) {
        const struct pv *pv = s->c->pvs.items[i];
        const struct node_selector_terms *t = &pv->node_affinity;
        for (size_t k = 0; str_eq(pv->storage_class, sc->o.name) && k < t->count; k++)
            for (size_t r = 0; r < t->items[k].expressions.count; r++)
                if (str_eq(t->items[k].expressions.items[r].key, key))
                    return true;
    }
    return false;
}

/* Where its driver tells its topology keys (CSINode), the nodes that have the same values; else as
 * far as other volumes of the class and its allowedTopologies tell; else those of the zone. */
bool made_volume_reaches(const struct schedule *s, const struct assumption *made, uint32_t node)
{
    const struct storage_class *sc = storage_class_find(s->c, claim_class(made->claim));
    const struct csi_driver_limit *d = NULL;
    bool same = true;
    if (!sc || node == made->node)
        return true;
    d = driver_on(s, made->node, csi_driver_of(sc->provisioner));
    for (size_t i = 0; d && i < d->topology_keys.count; i++)
        same = same && same_value(s, d->topology_keys.items[i], made->node, node);
    if (d)
        return same;
    if (class_volumes_ask(s, sc, STR("kubernetes.io/hostname")))
        return false;
    for (size_t i = 0; i < sc->allowed_topologies.count; i++)
        for (size_t k = 0; k < sc->allowed_topologies.items[i].keys.count; k++)
            same = same && same_value(s, sc->allowed_topologies.items[i].keys.items[k].key,
                                      made->node, node);
    return same && same_value(s, STR("topology.kubernetes.io/zone"), made->node, node);
}
