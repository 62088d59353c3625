/* SPDX-License-Identifier: Apache-2.0
 *
 * What the volumes of pods are to each other: claims and disks that one pod alone may use
 * (plugins/volumerestrictions/volume_restrictions.go), and how many volumes the CSI drivers of a
 * node can attach (plugins/nodevolumelimits/csi.go, with the names that csi-translation-lib gives
 * in-tree volumes). In-line CSI volumes are never attached and do not count, as upstream.
 */
#include "analysis/schedule/claims.h"
#include "analysis/schedule/volumes.h"

const struct migrated migrated[MIGRATED] = {
    {VOLUME_AWS_EBS, "awsElasticBlockStore", "kubernetes.io/aws-ebs", "ebs.csi.aws.com",
     "topology.ebs.csi.aws.com/zone"},
    {VOLUME_GCE_PD, "gcePersistentDisk", "kubernetes.io/gce-pd", "pd.csi.storage.gke.io",
     "topology.gke.io/zone"},
    {VOLUME_AZURE_DISK, "azureDisk", "kubernetes.io/azure-disk", "disk.csi.azure.com", NULL},
    {VOLUME_CINDER, "cinder", "kubernetes.io/cinder", "cinder.csi.openstack.org",
     "topology.cinder.csi.openstack.org/zone"},
    {VOLUME_PORTWORX, "portworxVolume", "kubernetes.io/portworx-volume", "pxd.portworx.com", NULL},
};

/* ---- what a pod has ---- */

static const struct pv *volume_of(const struct schedule *s, const struct pvc *claim)
{
    return (const struct pv *)(const void *)cluster_find(s->c, KIND_PV, STR(""),
                                                         claim->volume_name);
}

/* "aws://zone/vol-1" -> "vol-1". */
static struct str ebs_id(struct str id)
{
    if (!str_starts(id, "aws://"))
        return id;
    while (id.n && id.p[id.n - 1] == '/')
        id.n--;
    size_t from = id.n;
    while (from > 0 && id.p[from - 1] != '/')
        from--;
    return str_sub(id, from, id.n);
}

/* "us-central1-a" -> "us-central1"; empty if it is no such name. */
static struct str gce_region(struct str zone)
{
    size_t dashes = 0, last = 0;
    for (size_t i = 0; i < zone.n; i++) {
        if (zone.p[i] == '-') {
            dashes++;
            last = i;
        }
    }
    return dashes == 2 ? str_sub(zone, 0, last) : STR("");
}

/* zones: the PV's label, empty in a pod. Several ("a__b") make it a regional disk; empty result: they
 * are not of one region. */
static struct str gce_handle(struct schedule *s, struct str name, struct str zones)
{
    ptrdiff_t cut = str_find(zones, "__");
    const char *level = cut < 0 ? "zones" : "regions";
    struct str place = zones.n ? zones : STR("UNSPECIFIED");
    for (struct str rest = zones; cut >= 0;) {
        struct str region = gce_region(str_sub(rest, 0, (size_t)cut));
        bool is_first = rest.p == zones.p, is_last = (size_t)cut == rest.n;
        if (region.n == 0 || (!is_first && !str_eq(region, place)))
            return STR("");
        place = region;
        if (is_last)
            break;
        rest = str_sub(rest, (size_t)cut + 2, rest.n);
        cut = str_find(rest, "__");
        cut = cut < 0 ? (ptrdiff_t)rest.n : cut;
    }
    return arena_printf(&s->scratch, "projects/UNSPECIFIED/%s/" STR_FMT "/disks/" STR_FMT, level,
                        STR_ARG(place), STR_ARG(name));
}

static void attach(struct schedule *s, struct class_ *c, struct str driver, struct str handle)
{
    if (driver.n == 0 || handle.n == 0)
        return;
    struct str id =
        arena_printf(&s->scratch, STR_FMT "/" STR_FMT, STR_ARG(driver), STR_ARG(handle));
    *PUSH(s->a, &c->attached) = (struct attachment){name_of(s, driver), name_of(s, id)};
}

static void attach_in_tree(struct schedule *s, struct class_ *c, const struct migrated *m,
                           struct str disk, struct str zones)
{
    if (m->type == VOLUME_AWS_EBS)
        disk = ebs_id(disk);
    if (m->type == VOLUME_GCE_PD)
        disk = gce_handle(s, disk, zones);
    attach(s, c, str_of(m->driver), disk);
}

static void attach_volume(struct schedule *s, struct class_ *c, const struct pv *pv)
{
    struct str zones = labels_get(&pv->o.labels, "failure-domain.beta.kubernetes.io/zone");
    if (zones.n == 0)
        zones = labels_get(&pv->o.labels, "topology.kubernetes.io/zone");
    if (str_is(pv->volume_type, "csi"))
        attach(s, c, pv->driver, pv->handle);
    for (size_t i = 0; i < MIGRATED; i++) {
        if (str_is(pv->volume_type, migrated[i].in_pv))
            attach_in_tree(s, c, &migrated[i], pv->handle, zones);
    }
}

struct str csi_driver_of(struct str provisioner)
{
    for (size_t i = 0; i < MIGRATED; i++)
        if (str_is(provisioner, migrated[i].provisioner))
            return str_of(migrated[i].driver);
    return provisioner;
}

/* A volume that is still to be made counts for the provisioner of its class. No claim: each pod of
 * the class has one of its own. */
static void attach_unmade(struct schedule *s, struct class_ *c, struct str class_name,
                          struct str ns, struct str claim)
{
    const struct storage_class *sc = (const struct storage_class *)(const void *)cluster_find(
        s->c, KIND_STORAGE_CLASS, STR(""), class_name);
    if (!sc)
        return;
    struct str driver = csi_driver_of(sc->provisioner);
    if (str_is(driver, "kubernetes.io/azure-file") ||
        str_is(driver, "kubernetes.io/vsphere-volume"))
        return;
    if (claim.n)
        attach(s, c, driver,
               arena_printf(&s->scratch, "?" STR_FMT "/" STR_FMT, STR_ARG(ns), STR_ARG(claim)));
    else if (driver.n)
        *PUSH(s->a, &c->attached) = (struct attachment){name_of(s, driver), OWN_VOLUME};
}

struct str volume_claim_name(struct arena *a, const struct pod *p, const struct volume *v)
{
    if (v->type != VOLUME_EPHEMERAL)
        return v->target;
    return arena_printf(a, STR_FMT "-" STR_FMT, STR_ARG(p->o.name), STR_ARG(v->name));
}

const struct pvc *claim_find(const struct schedule *s, struct str ns, struct str name)
{
    return (const struct pvc *)(const void *)cluster_find(s->c, KIND_PVC, ns, name);
}

struct str claim_class(const struct pvc *claim)
{
    struct str old = labels_get(&claim->o.annotations, "volume.beta.kubernetes.io/storage-class");
    return old.p ? old : claim->storage_class.v;
}

static void attach_claim(struct schedule *s, struct class_ *c, const struct pod *p,
                         const struct volume *v)
{
    struct str name = volume_claim_name(&s->scratch, p, v);
    const struct pvc *claim = claim_find(s, p->o.ns, name);
    const struct pv *pv = claim && claim->volume_name.n ? volume_of(s, claim) : NULL;
    if (pv)
        attach_volume(s, c, pv);
    else if (claim)
        attach_unmade(s, c, claim_class(claim), p->o.ns, name);
    if (claim || !v->claim)
        return;
    const struct pvc *made = volume_new_claim(&s->scratch, s->c, v);
    attach_unmade(s, c, claim_class(made ? made : v->claim), p->o.ns, p->o.name.n ? name : STR(""));
}

static bool allows_one_pod(const struct pvc *claim)
{
    for (size_t i = 0; claim && i < claim->access_modes.count; i++) {
        if (str_is(claim->access_modes.items[i], "ReadWriteOncePod"))
            return true;
    }
    return false;
}

static void claim_add(struct schedule *s, struct class_ *c, const struct pod *p, struct str name)
{
    name_id ns = name_of(s, p->o.ns), id = name_of(s, name);
    uint64_t w[] = {'Q', ns, id};
    bool is_new;
    uint32_t claim = key_index(s, w, ARRAY_LEN(w), (uint32_t)s->claim_uses.count, &is_new);
    if (is_new)
        *PUSH(s->a, &s->claim_uses) = 0;
    *PUSH(s->a, &c->claims) =
        (struct claim_use){claim, id, allows_one_pod(claim_find(s, p->o.ns, name))};
}

static void disk_add(struct schedule *s, struct class_ *c, const struct volume *v, struct str what)
{
    struct str key = arena_printf(&s->scratch, "%d/" STR_FMT, (int)v->type, STR_ARG(what));
    *PUSH(s->a, &c->disks) =
        (struct disk){name_of(s, key), v->read_only, v->type == VOLUME_AWS_EBS};
}

/* An image is the same if one of the monitors is. */
static void disk_add_rbd(struct schedule *s, struct class_ *c, const struct volume *v)
{
    struct str rest = v->target;
    for (ptrdiff_t cut; (cut = str_find(rest, ",")) >= 0;) {
        struct str monitor = str_sub(rest, 0, (size_t)cut);
        disk_add(
            s, c, v,
            arena_printf(&s->scratch, STR_FMT "/" STR_FMT, STR_ARG(monitor), STR_ARG(v->medium)));
        rest = str_sub(rest, (size_t)cut + 1, rest.n);
    }
}

void disks_compile(struct schedule *s, const struct pod *p, struct class_ *c)
{
    for (size_t i = 0; i < p->spec.volumes.count; i++) {
        const struct volume *v = &p->spec.volumes.items[i];
        if (v->type == VOLUME_PVC)
            claim_add(s, c, p, v->target);
        if (v->type == VOLUME_AWS_EBS || v->type == VOLUME_GCE_PD || v->type == VOLUME_ISCSI)
            disk_add(s, c, v, v->target);
        if (v->type == VOLUME_RBD)
            disk_add_rbd(s, c, v);
        if (s->limits && (v->type == VOLUME_PVC || v->type == VOLUME_EPHEMERAL))
            attach_claim(s, c, p, v);
        for (size_t k = 0; s->limits && k < MIGRATED; k++) {
            if (v->type == migrated[k].type)
                attach_in_tree(s, c, &migrated[k], v->target, STR(""));
        }
    }
}

void claims_account(struct schedule *s, const struct class_ *c, int sign)
{
    for (size_t i = 0; i < c->claims.count; i++)
        s->claim_uses.items[c->claims.items[i].claim] += sign;
}

/* ---- what a node has ---- */

static void attachments_build(struct schedule *s)
{
    for (size_t i = 0; i < s->c->volume_attachments.count; i++) {
        const struct volume_attachment *va = s->c->volume_attachments.items[i];
        int32_t node = schedule_find_node(s, va->node_name);
        const struct pv *pv =
            (const struct pv *)(const void *)cluster_find(s->c, KIND_PV, STR(""), va->volume_name);
        if (node == NO_NODE || va->attacher.n == 0 || !pv || !str_is(pv->volume_type, "csi"))
            continue;
        struct str id = arena_printf(&s->scratch, STR_FMT "/" STR_FMT, STR_ARG(va->attacher),
                                     STR_ARG(pv->handle));
        *PUSH(s->a, &s->limits[node].attached) =
            (struct attachment){name_of(s, va->attacher), name_of(s, id)};
    }
}

void limits_build(struct schedule *s)
{
    for (size_t i = 0; i < s->c->csi_nodes.count; i++) {
        const struct csi_node *n = s->c->csi_nodes.items[i];
        int32_t node = schedule_find_node(s, n->o.name);
        for (size_t k = 0; node != NO_NODE && k < n->drivers.count; k++) {
            const struct csi_driver_limit *d = &n->drivers.items[k];
            if (!d->count.set)
                continue;
            if (!s->limits)
                s->limits = arena_array(s->a, struct node_limits, s->node_count);
            *PUSH(s->a, &s->limits[node].drivers) =
                (struct driver_limit){name_of(s, d->name), d->count.v};
        }
    }
    if (s->limits)
        attachments_build(s);
    arena_reset(&s->scratch);
}

/* ---- filters ---- */

/* The pods of a node as `over` has it. */
struct pods_on {
    const struct schedule *s;
    const struct node_state *over;
    uint32_t next;
    size_t added;
};

static bool pods_next(struct pods_on *i, const struct class_ **ret)
{
    for (; i->next != NO_INDEX; i->next = i->s->pods.items[i->next].node_next) {
        uint32_t pod = i->next;
        bool gone = false;
        for (size_t k = 0; i->over && k < i->over->gone.count; k++)
            gone |= i->over->gone.items[k] == pod;
        if (gone)
            continue;
        *ret = &i->s->classes.items[i->s->pods.items[pod].class_];
        i->next = i->s->pods.items[pod].node_next;
        return true;
    }
    if (!i->over || i->added == i->over->added.count)
        return false;
    uint32_t pod = i->over->added.items[i->added++];
    *ret = &i->s->classes.items[i->s->pods.items[pod].class_];
    return true;
}

static bool disks_conflict(const struct class_ *a, const struct class_ *b)
{
    for (size_t i = 0; i < a->disks.count; i++) {
        for (size_t k = 0; k < b->disks.count; k++) {
            const struct disk *x = &a->disks.items[i], *y = &b->disks.items[k];
            if (x->what == y->what && (x->never_shared || !(x->read_only && y->read_only)))
                return true;
        }
    }
    return false;
}

/* As conflictingPVCRefCountForPod, which looks at the name alone, whatever the namespace. */
static int64_t claim_refs(const struct class_ *c, const struct schedule *s,
                          const struct pod_list *pods)
{
    int64_t refs = 0;
    for (size_t p = 0; p < pods->count; p++) {
        const struct class_ *other = &s->classes.items[s->pods.items[pods->items[p]].class_];
        for (size_t i = 0; i < other->claims.count; i++) {
            bool mine = false;
            for (size_t k = 0; k < c->claims.count; k++)
                mine |= c->claims.items[k].one_pod &&
                        c->claims.items[k].name == other->claims.items[i].name;
            refs += mine;
        }
    }
    return refs;
}

int64_t claims_in_use(const struct schedule *s, const struct class_ *c)
{
    int64_t used = 0;
    for (size_t i = 0; i < c->claims.count; i++) {
        bool again = false;
        for (size_t k = 0; k < i; k++)
            again |= c->claims.items[k].claim == c->claims.items[i].claim;
        used += c->claims.items[i].one_pod && !again &&
                s->claim_uses.items[c->claims.items[i].claim] > 0;
    }
    return used;
}

static void attachment_note(struct schedule *s, struct attachments *l, struct attachment a)
{
    for (size_t i = 0; a.volume != OWN_VOLUME && i < l->count; i++) {
        if (l->items[i].volume == a.volume)
            return;
    }
    *PUSH(&s->scratch, l) = a;
}

static int64_t attachments_of(const struct attachments *l, name_id driver)
{
    int64_t n = 0;
    for (size_t i = 0; i < l->count; i++)
        n += l->items[i].driver == driver;
    return n;
}

/* Each volume counts once: of pods, of VolumeAttachments that no pod accounts for, and of this pod
 * (but not if a pod has it; an attachment alone does not save it, as upstream). */
static bool exceeds_limits(struct schedule *s, const struct class_ *c, uint32_t node,
                           const struct node_state *over)
{
    const struct node_limits *l = &s->limits[node];
    struct attachments on = {0}, fresh = {0};
    struct pods_on i = {s, over, s->first_pod[node], 0};
    const struct class_ *other;
    while (pods_next(&i, &other)) {
        for (size_t k = 0; k < other->attached.count; k++)
            attachment_note(s, &on, other->attached.items[k]);
    }
    size_t of_pods = on.count;
    for (size_t k = 0; k < c->attached.count; k++) {
        bool known = false;
        for (size_t p = 0; p < of_pods; p++)
            known |= on.items[p].volume == c->attached.items[k].volume &&
                     on.items[p].volume != OWN_VOLUME;
        if (!known)
            attachment_note(s, &fresh, c->attached.items[k]);
    }
    for (size_t k = 0; k < l->attached.count; k++)
        attachment_note(s, &on, l->attached.items[k]);
    for (size_t k = 0; k < l->drivers.count; k++) {
        int64_t more = attachments_of(&fresh, l->drivers.items[k].driver);
        if (more &&
            attachments_of(&on, l->drivers.items[k].driver) + more > l->drivers.items[k].most)
            return true;
    }
    return false;
}

static bool conflicts_on(const struct schedule *s, const struct class_ *c, uint32_t node,
                         const struct node_state *over)
{
    struct pods_on i = {s, over, s->first_pod[node], 0};
    const struct class_ *other;
    while (c->disks.count && pods_next(&i, &other)) {
        if (disks_conflict(c, other))
            return true;
    }
    return false;
}

static bool attaches_too_many(struct schedule *s, const struct class_ *c, uint32_t node,
                              const struct node_state *over)
{
    return s->limits && s->limits[node].drivers.count && c->attached.count &&
           exceeds_limits(s, c, node, over);
}

bool disks_refuse(struct schedule *s, const struct class_ *c, uint32_t node)
{
    return conflicts_on(s, c, node, NULL) || attaches_too_many(s, c, node, NULL);
}

enum sched_reason disks_filter(struct schedule *s, const struct class_ *c, uint32_t node,
                               const struct node_state *over)
{
    if (conflicts_on(s, c, node, over))
        return REASON_DISK;
    /* Where nothing conflicts, upstream's plug-in skips itself: what `over` adds is not seen. */
    int64_t refs = claims_in_use(s, c);
    if (over && (refs || c->disks.count))
        refs += claim_refs(c, s, &over->added) - claim_refs(c, s, &over->gone);
    if (refs > 0)
        return REASON_RWOP;
    return attaches_too_many(s, c, node, over) ? REASON_VOLUME_LIMIT : REASON_NONE;
}
