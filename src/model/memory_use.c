/* SPDX-License-Identifier: Apache-2.0
 *
 * Puts together what PodMetrics and UsageProfiles say of a container.
 */
#include "model/memory_use.h"

static int64_t measured(const struct pod_metrics *m, struct str container)
{
    for (size_t i = 0; m && i < m->containers.count; i++)
        if (str_eq(m->containers.items[i].name, container) && m->containers.items[i].memory_set)
            return m->containers.items[i].memory_bytes;
    return 0;
}

static void take_profile(const struct usage_container *u, struct memory_use *ret)
{
    int64_t level = u->level_bytes ? u->level_bytes : u->p50_bytes;
    ret->present_bytes = MAX(ret->present_bytes, level);
    ret->usual_bytes = MAX(ret->usual_bytes, u->p95_bytes ? u->p95_bytes : level);
    ret->peak_bytes = MAX(ret->peak_bytes, MAX(u->max_bytes, u->ceiling_bytes));
}

static bool is_profile_of(const struct usage_profile *u, const struct workload *w)
{
    struct str ns = str_empty(u->usage.target_ns) ? u->o.ns : u->usage.target_ns;
    return str_eq(ns, w->o.ns) && str_eq(u->usage.target_name, w->o.name) &&
           str_eq(u->usage.target_kind, w->o.kind_text);
}

struct memory_use memory_use_of(const struct cluster *c, const struct workload *w,
                                struct str container)
{
    struct memory_use use = {0};
    for (size_t i = 0; i < c->usage_profiles.count; i++) {
        const struct usage_profile *u = c->usage_profiles.items[i];
        for (size_t k = 0; is_profile_of(u, w) && k < u->usage.containers.count; k++) {
            const struct usage_container *uc = &u->usage.containers.items[k];
            if (!uc->name.n || str_eq(uc->name, container))
                take_profile(uc, &use);
        }
    }
    for (size_t i = 0; i < w->pods.count; i++)
        use.present_bytes = MAX(use.present_bytes, measured(w->pods.items[i]->metrics, container));
    if (!use.usual_bytes)
        use.usual_bytes = use.present_bytes;
    if (use.peak_bytes)
        use.peak_bytes = MAX(use.peak_bytes, MAX(use.present_bytes, use.usual_bytes));
    return use;
}

struct str memory_amount_text(struct arena *a, int64_t bytes)
{
    static const char *const suffixes[] = {"", "Ki", "Mi", "Gi", "Ti"};
    size_t i = 0;
    while (bytes && bytes % 1024 == 0 && i + 1 < ARRAY_LEN(suffixes)) {
        bytes /= 1024;
        i++;
    }
    return arena_printf(a, "%lld%s", (long long)bytes, suffixes[i]);
}

int64_t memory_whole_mebibytes(int64_t bytes)
{
    return (bytes + MIB - 1) / MIB * MIB;
}
