/* SPDX-License-Identifier: Apache-2.0
 *
 * resize.json: pods that were resized in place, as a real kubelet reported them, and what their
 * node then had: cgroups, oom_score_adj, and the request by which it ranked them for eviction.
 */
#include "fidelity.h"
#include "model/cgroup.h"
#include "model/eviction.h"
#include "model/in_force.h"
#include "model/oom_score.h"

static const struct doc *wanted(struct check *k, struct str container)
{
    const struct doc *all = at(k, "containers");
    for (const struct doc *d = all ? all->child : NULL; d; d = d->next)
        if (str_eq(d->key, container))
            return d;
    return NULL;
}

static void container_values(struct check *k, const struct pod *p, const struct pod_spec *spec,
                             const struct container *c)
{
    struct cgroup_settings settings;
    struct cgroup_values v;
    char name[64];
    cgroup_settings_default(&settings);
    const struct doc *want = wanted(k, c->name);
    if (!want)
        return;
    container_cgroup(&settings, spec, p, c, &v);
    struct oom_adj adj = container_oom_adj(spec, p, c, int_at(k, "memory_capacity"));
    (void)snprintf(name, sizeof(name), "memory.max of " STR_FMT, STR_ARG(c->name));
    expect_opt(k, name, doc_get(want, "memory_max"), v.memory_max_bytes);
    expect_int(k, "oom_score_adj", doc_int(want, "oom_score_adj", 0), adj.min);
}

static void resize(struct check *k)
{
    struct pod p;
    struct cgroup_settings settings;
    struct cgroup_values v;
    struct eviction_candidate rank;
    cgroup_settings_default(&settings);
    pod_at(k, "pod", &p);
    const struct pod_spec *spec = pod_spec_in_force(k->a, &p);
    pod_cgroup(k->a, &settings, spec, &p, &v);
    expect_opt(k, "memory.max of the pod", at(k, "memory_max"), v.memory_max_bytes);
    eviction_candidate_of(k->a, &p, &rank);
    if (!is_null(at(k, "eviction_request")))
        expect_int(k, "request for eviction", int_at(k, "eviction_request"),
                   quantity_value(rank.request));
    for (size_t i = 0; i < spec->containers.count; i++)
        container_values(k, &p, spec, &spec->containers.items[i]);
    for (size_t i = 0; i < spec->init_containers.count; i++)
        container_values(k, &p, spec, &spec->init_containers.items[i]);
}

const struct kind_check resize_kinds[] = {
    {"resize", resize},
    {NULL, NULL},
};
