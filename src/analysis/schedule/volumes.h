/* SPDX-License-Identifier: Apache-2.0
 *
 * Shared by the files about volumes: volumes.c (VolumeBinding and VolumeZone, by node),
 * volume_claims.c (claims that have no volume yet), volume_reach.c (where a volume can be used),
 * disks.c (what volumes are to each other).
 */
#ifndef ANALYSIS_SCHEDULE_VOLUMES_H
#define ANALYSIS_SCHEDULE_VOLUMES_H

#include "analysis/schedule/internal.h"

struct wanted {
    const struct pvc *claim; /* NULL: not there */
    struct str name;
    bool ephemeral;
    bool is_new; /* claim is what the pod's own will be: nobody else has it */
    /* Not bound: volumes that could serve, least first; all of them for this claim if prebound. */
    const struct pv **serving;
    size_t serving_count;
    bool prebound;
};
struct wanted_list {
    struct wanted *items;
    size_t count, cap;
};

/* ---- disks.c ---- */
struct attachments {
    struct attachment *items;
    size_t count, cap;
};
struct driver_limit {
    name_id driver;
    int64_t most;
};
/* Of a CSINode, and what VolumeAttachments say. */
struct node_limits {
    LIST_OF(struct driver_limit) drivers;
    struct attachments attached;
};

/* In-tree types that are attached by a CSI driver (isCSIMigrationOnForPlugin). */
struct migrated {
    enum volume_type type;
    const char *in_pv, *provisioner, *driver;
    const char *topology_key; /* what the zone is called; NULL: it is not translated */
};
enum { MIGRATED = 5 };
extern const struct migrated migrated[MIGRATED];

/* ---- volumes.c ---- */
const struct storage_class *storage_class_find(const struct cluster *c, struct str name);
/* What the pod's volumes ask for, in their order. */
void wanted_collect(struct schedule *s, const struct pod *p, struct wanted_list *ret);

/* ---- volume_claims.c ---- */
/* That the claim has this volume; pv NULL: that one is made for it. */
const struct assumption *assumption_of(const struct schedule *s, const struct pvc *claim,
                                       const struct pv *pv);
/* The volume that has been made for the claim since it was read; NULL = none. */
const struct assumption *made_for(const struct schedule *s, const struct pvc *claim);
/* It has no volume yet: the placement of a pod settles which. */
static inline bool claim_is_open(const struct schedule *s, const struct pvc *claim)
{
    return claim && claim->volume_name.n == 0 && !made_for(s, claim);
}
/* Of the open claims, the volumes that could serve; claims sorted by size. */
void wanted_prepare(struct schedule *s, struct wanted_list *l);
/* taken[] gets the volume of each open claim, NULL = one is made. Why not, else REASON_NONE. */
enum sched_reason unbound_refusal(struct schedule *s, const struct wanted_list *l, uint32_t node,
                                  const struct pv **taken);

/* ---- volume_reach.c ---- */
bool volume_reaches(const struct pv *pv, const struct node *n);
/* Of a bound one: by its CSI topology, where the node's in-tree plug-in has been migrated. `a` holds
 * what is made on the way. */
bool bound_volume_reaches(const struct schedule *s, struct arena *a, const struct pv *pv,
                          uint32_t node);
bool volume_zone_matches(const struct pv *pv, const struct node *n);
/* The volume was made near one node: whether another can use it. */
bool made_volume_reaches(const struct schedule *s, const struct assumption *made, uint32_t node);

#endif
