/* SPDX-License-Identifier: Apache-2.0
 *
 * Whom the kubelet evicts first, and what it says about it (pkg/kubelet/eviction/helpers.go:
 * rankMemoryPressure and the like, evictionMessage). QoS class plays no part.
 */
#include "model/eviction.h"
#include "model/in_force.h"
#include "model/oom_score.h"
#include "model/requests.h"

struct quantity eviction_request(struct arena *a, const struct pod_spec *spec, struct str resource)
{
    const struct requests_options o = {
        .exclude_overhead = true,
        .skip_containers = pod_level_resources_set(spec),
    };
    struct resources r;
    pod_requests(a, spec, NULL, &o, &r);
    const struct resource_amount *m = resources_find_str(&r, resource);
    struct quantity q = m ? m->q : (struct quantity){0};
    const struct resource_amount *over = resources_find_str(&spec->overhead, resource);
    if (over && !quantity_is_zero(q))
        q = quantity_add(q, over->q);
    return q;
}

void eviction_candidate_of(struct arena *a, const struct pod *pod, struct eviction_candidate *ret)
{
    *ret = (struct eviction_candidate){
        .pod = pod,
        .priority = pod->spec.priority.v,
        .request = eviction_request(a, pod_spec_in_force(a, pod), STR("memory")),
        .critical = pod_is_critical(&pod->spec, pod),
    };
    ret->allowed = ret->request;
}

bool eviction_exceeds(const struct eviction_candidate *c)
{
    return !c->usage_set || quantity_cmp(c->usage, c->allowed) > 0;
}

static int compare_int(int64_t a, int64_t b)
{
    return a < b ? -1 : a > b;
}

static int compare(const struct eviction_candidate *x, const struct eviction_candidate *y,
                   enum eviction_key key)
{
    if (key == EVICT_PRIORITY)
        return compare_int(x->priority, y->priority);
    if (!x->usage_set || !y->usage_set) /* those without statistics go first */
        return compare_int(x->usage_set, y->usage_set);
    switch (key) {
    case EVICT_EXCEEDING:
        return compare_int(eviction_exceeds(y), eviction_exceeds(x));
    case EVICT_PROCESSES:
        return compare_int(y->processes, x->processes);
    case EVICT_AMOUNT:
    case EVICT_PRIORITY:
        break;
    }
    return quantity_cmp(quantity_sub(y->usage, y->request), quantity_sub(x->usage, x->request));
}

/* What a merge sort needs at hand. */
struct order {
    const enum eviction_key *keys;
    size_t count;
};

static bool goes_before(const struct order *o, const struct eviction_candidate *x,
                        const struct eviction_candidate *y)
{
    for (size_t i = 0; i < o->count; i++) {
        int c = compare(x, y, o->keys[i]);
        if (c)
            return c < 0;
    }
    return false;
}

/* Merges the sorted halves c[0, half) and c[half, count) through `spare`. */
static void merge(const struct order *o, struct eviction_candidate *c, size_t half, size_t count,
                  struct eviction_candidate *spare)
{
    memcpy(spare, c, half * sizeof(*c));
    size_t left = 0, right = half, to = 0;
    while (left < half)
        c[to++] =
            right < count && goes_before(o, &c[right], &spare[left]) ? c[right++] : spare[left++];
}

void eviction_rank(struct eviction_candidate *c, size_t count, const enum eviction_key *keys,
                   size_t key_count)
{
    const struct order o = {keys, key_count};
    struct arena a;
    if (count < 2)
        return;
    arena_init(&a);
    struct eviction_candidate *spare = arena_array(&a, struct eviction_candidate, count);
    for (size_t width = 1; width < count; width *= 2)
        for (size_t i = 0; i + width < count; i += 2 * width)
            merge(&o, c + i, width, MIN(2 * width, count - i), spare);
    arena_done(&a);
}

void eviction_rank_memory(struct eviction_candidate *c, size_t count)
{
    static const enum eviction_key keys[] = {EVICT_EXCEEDING, EVICT_PRIORITY, EVICT_AMOUNT};
    eviction_rank(c, count, keys, ARRAY_LEN(keys));
}

/* ---- the message ---- */

static struct str text_of(struct arena *a, struct quantity q)
{
    char text[QUANTITY_TEXT];
    return arena_str(a, quantity_text(q, text));
}

static const struct container *find_container(const struct pod_spec *spec, struct str name)
{
    const struct containers *lists[] = {&spec->containers, &spec->init_containers};
    for (size_t i = 0; i < ARRAY_LEN(lists); i++)
        for (size_t k = 0; k < lists[i]->count; k++)
            if (str_eq(lists[i]->items[k].name, name))
                return &lists[i]->items[k];
    return NULL;
}

static void add_to_list(struct arena *a, struct str *list, struct str item)
{
    *list = list->n ? arena_printf(a, STR_FMT "," STR_FMT, STR_ARG(*list), STR_ARG(item)) : item;
}

static void add_user(struct arena *a, struct str *text, const char *what, struct str name,
                     struct quantity usage, struct quantity request)
{
    struct str u = text_of(a, usage), r = text_of(a, request);
    *text = arena_printf(a,
                         STR_FMT "%s " STR_FMT " was using " STR_FMT ", request is " STR_FMT
                                 ", has larger consumption of memory. ",
                         STR_ARG(*text), what, STR_ARG(name), STR_ARG(u), STR_ARG(r));
}

void eviction_message(struct arena *a, const struct eviction_message_input *in,
                      struct eviction_message *ret)
{
    struct eviction_message m = {.text = STR("The node was low on resource: memory. "),
                                 .offending_containers = STR(""),
                                 .offending_usage = STR("")};
    if (in->threshold && in->available) {
        struct str t = text_of(a, *in->threshold), v = text_of(a, *in->available);
        m.text =
            arena_printf(a, STR_FMT "Threshold quantity: " STR_FMT ", available: " STR_FMT ". ",
                         STR_ARG(m.text), STR_ARG(t), STR_ARG(v));
    }
    const struct resource_amount *pod_request =
        resources_find(&in->spec->resources.requests, "memory");
    if (pod_request && in->pod_usage) {
        add_user(a, &m.text, "Pod", in->pod_name, *in->pod_usage, pod_request->q);
        m.offending_pod = in->pod_name;
        m.offending_pod_usage = text_of(a, *in->pod_usage);
    }
    for (size_t i = 0; i < in->count; i++) {
        const struct container_memory *u = &in->containers[i];
        const struct container *c = find_container(in->spec, u->name);
        if (!c)
            continue;
        struct quantity request = resources_get(&c->resources.requests, "memory");
        if (quantity_cmp(u->usage, request) <= 0)
            continue;
        add_user(a, &m.text, "Container", u->name, u->usage, request);
        add_to_list(a, &m.offending_containers, u->name);
        add_to_list(a, &m.offending_usage, text_of(a, u->usage));
    }
    *ret = m;
}
