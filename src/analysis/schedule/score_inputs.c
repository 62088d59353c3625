/* SPDX-License-Identifier: Apache-2.0
 *
 * As resourceAllocationScorer.calculateNodeAllocatableRequest: CPU and memory of the pods on the
 * node by NodeInfo.NonZeroRequested (or Requested, for the balance), all else by Requested.
 */
#include "analysis/schedule/score_inputs.h"

#include "analysis/schedule/resource_scores.h"
#include "model/requests.h"

#define LEAST_CPU_MILLI    100
#define LEAST_MEMORY_BYTES (200 * MIB)

static bool is_cpu(struct str resource)
{
    return str_is(resource, "cpu");
}

static int64_t amount(const struct resources *r, struct str resource)
{
    const struct resource_amount *m = resources_find_str(r, resource);
    if (!m)
        return 0;
    return is_cpu(resource) ? quantity_milli(m->q) : quantity_value(m->q);
}

int64_t score_request(struct arena *a, const struct score_scene *s, struct str resource)
{
    struct resources r, least = {0};
    if (s->real) {
        pod_requests(a, &s->pod->spec, &s->pod->status, &requests_scheduler, &r);
        return amount(&r, resource);
    }
    /* NewFit leaves the scorer's switches for pod level and in-place resize off. */
    resources_set(a, &least, STR("cpu"), quantity_of_milli(LEAST_CPU_MILLI));
    resources_set(a, &least, STR("memory"), quantity_of_bytes(LEAST_MEMORY_BYTES));
    const struct requests_options o = {.skip_pod_level = true, .non_missing = &least};
    pod_requests(a, &s->pod->spec, NULL, &o, &r);
    return amount(&r, resource);
}

/* What one pod of the node counts for. */
static int64_t counted(struct arena *a, const struct score_scene *s, const struct pod *p,
                       struct str resource)
{
    if (!s->real && (is_cpu(resource) || str_is(resource, "memory"))) {
        struct pod_amounts m = pod_nonzero_requests(a, &p->spec, &p->status);
        return is_cpu(resource) ? m.cpu_milli : m.memory_bytes;
    }
    struct resources r;
    pod_requests(a, &p->spec, &p->status, &requests_scheduler, &r);
    return amount(&r, resource);
}

static bool is_basic(struct str resource)
{
    return is_cpu(resource) || str_is(resource, "memory") || str_is(resource, "ephemeral-storage");
}

void score_input_of(struct arena *a, const struct score_scene *s, struct str resource,
                    struct score_input *ret)
{
    *ret = (struct score_input){0};
    int64_t request = score_request(a, s, resource);
    if (!request && !is_basic(resource))
        return;
    ret->allocatable = amount(s->allocatable, resource);
    if (!ret->allocatable)
        return;
    for (size_t i = 0; i < s->count; i++)
        ret->without += counted(a, s, s->pods[i], resource);
    ret->with_pod = ret->without + request;
}

/* One resource of all nodes: what they have, and what the group and those who are there ask for. */
static void group_sum(struct arena *a, const struct group_scene *s, struct str resource,
                      int64_t *ret_have, int64_t *ret_want)
{
    const struct score_scene kind = {0}; /* 100m and 200 MiB for what is not requested */
    *ret_have = *ret_want = 0;
    for (size_t i = 0; i < s->group_count; i++) {
        const struct score_scene one = {.pod = s->group[i]};
        *ret_want += score_request(a, &one, resource);
    }
    for (size_t n = 0; n < s->node_count; n++) {
        int64_t have = amount(&s->nodes[n]->allocatable, resource);
        if (!have || (!*ret_want && !is_basic(resource)))
            continue;
        *ret_have += have;
        for (size_t i = 0; i < s->bound_count; i++) {
            if (str_eq(s->bound[i]->spec.node_name.v, s->nodes[n]->o.name))
                *ret_want += counted(a, &kind, s->bound[i], resource);
        }
    }
}

/* As resourceAllocationScorer.scorePlacement. */
int64_t score_group(struct arena *a, const struct group_scene *s,
                    const struct weighted_resource *resources, size_t count)
{
    enum { MOST = 64 };
    int64_t have[MOST], want[MOST], weight[MOST];
    count = MIN(count, (size_t)MOST);
    for (size_t i = 0; i < count; i++) {
        group_sum(a, s, resources[i].name, &have[i], &want[i]);
        weight[i] = resources[i].weight;
    }
    return most_allocated(want, have, weight, count);
}
