/* SPDX-License-Identifier: Apache-2.0
 *
 * NodeResourcesFit (filter, LeastAllocated) and NodeResourcesBalancedAllocation, as upstream's
 * plugins/noderesources/{fit,resource_allocation}.go. What the node has of each resource, and what
 * its pods ask for, are kept as framework/types.go NodeInfo keeps them: Requested, and
 * NonZeroRequested with 100m and 200 MiB for a container that asks for nothing.
 */
#include "analysis/schedule/internal.h"
#include "analysis/schedule/resource_scores.h"
#include "model/requests.h"

/* As pkg/scheduler/util IsScalarResourceName. */
static bool is_scalar(struct str name)
{
    if (str_starts(name, "hugepages-") || str_starts(name, "attachable-volumes-") ||
        str_find(name, "kubernetes.io/") >= 0)
        return true;
    return str_find_char(name, '/') >= 0 && !str_starts(name, "requests.") && label_key_valid(name);
}

uint32_t resource_index(const struct schedule *s, struct str name)
{
    static const char *const fixed[RES_SCALARS] = {"pods", "cpu", "memory", "ephemeral-storage"};
    for (uint32_t r = 0; r < RES_SCALARS; r++) {
        if (str_is(name, fixed[r]))
            return r;
    }
    for (uint32_t r = RES_SCALARS; r < s->resource_count; r++) {
        if (str_eq(s->texts.items[s->resource_names[r]], name))
            return r;
    }
    return NO_INDEX;
}

void resource_note(struct schedule *s, const struct resources *list)
{
    for (size_t i = 0; i < list->count; i++) {
        struct str name = list->items[i].name;
        if (s->resource_count == RES_MAX || resource_index(s, name) != NO_INDEX || !is_scalar(name))
            continue;
        uint32_t at = s->resource_count++;
        for (; at > RES_SCALARS; at--) {
            if (str_cmp(s->texts.items[s->resource_names[at - 1]], name) < 0)
                break;
            s->resource_names[at] = s->resource_names[at - 1];
        }
        s->resource_names[at] = name_of(s, name);
    }
}

/* Amounts of a list by resource index. Returns whether it names any scalar resource. */
bool resources_spread_out(const struct schedule *s, const struct resources *list, int64_t *ret)
{
    bool scalars = false;
    for (size_t i = 0; i < list->count; i++) {
        uint32_t r = resource_index(s, list->items[i].name);
        if (r == NO_INDEX)
            continue;
        ret[r] = r == RES_CPU ? quantity_milli(list->items[i].q) : quantity_value(list->items[i].q);
        scalars |= r >= RES_SCALARS;
    }
    return scalars;
}

static bool has(const struct str_list *l, struct str name)
{
    for (size_t i = 0; i < l->count; i++)
        if (str_eq(l->items[i], name))
            return true;
    return false;
}

/* Of the scalar ones, those that are not Kubernetes' own (v1helper.IsExtendedResourceName). */
static bool is_extended(struct str name)
{
    return str_find_char(name, '/') >= 0 && str_find(name, "kubernetes.io/") < 0;
}

void fit_configure(struct schedule *s, const struct schedule_profile *p)
{
    s->no_sidecars = p->no_sidecars;
    for (uint32_t r = RES_SCALARS; r < s->resource_count; r++) {
        struct str rest, name = s->texts.items[s->resource_names[r]];
        if (!is_extended(name))
            continue;
        if (has(&p->ignored_resources, name) || has(&p->ignored_groups, str_cut(name, '/', &rest)))
            s->ignored |= UINT64_C(1) << r;
        if (has(&p->device_resources, name))
            s->by_device |= UINT64_C(1) << r;
    }
}

bool fit_refuses(const struct schedule *s, const struct class_ *c)
{
    const struct containers *init = &c->sample->spec.init_containers;
    for (size_t i = 0; s->no_sidecars && i < init->count; i++)
        if (init->items[i].kind == CONTAINER_SIDECAR)
            return true;
    return false;
}

static struct resources scorer_defaults(struct arena *a)
{
    struct resources r = {0};
    resources_set(a, &r, STR("cpu"), quantity_of_milli(CPU_PODS));
    resources_set(a, &r, STR("memory"), quantity_of(MEMORY_PODS));
    return r;
}

void fit_compile(struct schedule *s, const struct pod *p, struct class_ *c)
{
    struct arena *tmp = &s->scratch;
    struct resources list = {0}, scored = {0}, defaults = scorer_defaults(tmp);
    pod_requests(tmp, &p->spec, &p->status, &requests_scheduler, &list);
    c->request = arena_array(s->a, int64_t, s->resource_count);
    c->has_scalars = resources_spread_out(s, &list, c->request);
    c->request[RES_PODS] = 1;
    c->has_request = c->has_scalars || c->request[RES_CPU] || c->request[RES_MEMORY] ||
                     c->request[RES_EPHEMERAL];
    struct pod_amounts nonzero = pod_nonzero_requests(tmp, &p->spec, &p->status);
    c->nonzero_cpu = nonzero.cpu_milli;
    c->nonzero_memory = nonzero.memory_bytes;
    /* NewFit does not set the scorer's pod-level flag: the incoming pod's are not looked at. */
    struct requests_options o = {.skip_pod_level = true, .non_missing = &defaults};
    pod_requests(tmp, &p->spec, NULL, &o, &scored);
    c->score_cpu = resources_cpu_milli(&scored);
    c->score_memory = resources_memory_bytes(&scored);
}

static bool exceeds(int64_t request, int64_t allocatable, int64_t used)
{
    return request > 0 && request > allocatable - used;
}

/* The profile says not to look, or leaves it to DRA. */
static bool is_unchecked(const struct schedule *s, uint32_t resource, uint32_t node)
{
    return s->ignored >> resource & 1 ||
           (s->by_device >> resource & 1 && s->allocatable[resource][node] == 0);
}

uint64_t fit_lacking(const struct schedule *s, const struct class_ *c, uint32_t node,
                     const struct node_state *over, uint8_t *ret_code)
{
    uint64_t lacking = 0;
    bool unresolvable = false;
    for (uint32_t r = 0; r < s->resource_count; r++) {
        if (r == RES_CPU && !c->has_request)
            break;
        if (r == RES_SCALARS && !c->has_scalars)
            break;
        int64_t used = over ? over->used[r] : s->used[r][node];
        if (!exceeds(c->request[r], s->allocatable[r][node], used) || is_unchecked(s, r, node))
            continue;
        lacking |= UINT64_C(1) << r;
        unresolvable |= r != RES_PODS && c->request[r] > s->allocatable[r][node];
    }
    *ret_code = unresolvable ? CODE_UNRESOLVABLE : CODE_UNSCHEDULABLE;
    return lacking;
}

int64_t score_least(const struct schedule *s, const struct class_ *c, uint32_t node)
{
    const int64_t have[2] = {s->allocatable[RES_CPU][node], s->allocatable[RES_MEMORY][node]};
    const int64_t want[2] = {s->nonzero_cpu[node] + c->score_cpu,
                             s->nonzero_memory[node] + c->score_memory};
    return least_allocated(want, have, NULL, 2);
}

int64_t score_balanced(const struct schedule *s, const struct class_ *c, uint32_t node)
{
    const int64_t have[2] = {s->allocatable[RES_CPU][node], s->allocatable[RES_MEMORY][node]};
    const int64_t before[2] = {s->used[RES_CPU][node], s->used[RES_MEMORY][node]};
    const int64_t after[2] = {before[0] + c->request[RES_CPU], before[1] + c->request[RES_MEMORY]};
    return balanced_allocation(after, before, have, 2);
}
