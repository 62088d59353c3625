/* SPDX-License-Identifier: Apache-2.0
 *
 * node_lifecycle.json: zone states and taint rates, how long pods stay, crash-loop delays, and the
 * defaults.
 */
#include "analysis/node_lifecycle.h"

#include <math.h>

#include "base/text.h"
#include "fidelity.h"
#include "model/decode.h"

static double number_of(struct check *k, const struct doc *n)
{
    double v = 0;
    if (is_null(n) || str_to_double(n->text, &v))
        fail(k, "no number where one is needed");
    return v;
}

static int64_t ms_of(struct check *k, struct str text)
{
    int64_t ms = 0;
    if (text_parse_duration(text, &ms))
        fail(k, "\"" STR_FMT "\" is no duration", STR_ARG(text));
    return ms;
}

static void zone_state(struct check *k)
{
    uint32_t nodes = (uint32_t)int_at(k, "nodes");
    enum zone_state z = zone_state_of(nodes, (uint32_t)int_at(k, "not_ready"),
                                      (float)number_of(k, at(k, "unhealthy_zone_threshold")));
    expect_text(k, "state", text_at(k, "expect_state"), str_of(zone_state_name(z)));
    int64_t interval =
        zone_taint_interval_ms(z, nodes, (uint32_t)int_at(k, "large_cluster_threshold"));
    double qps = number_of(k, at(k, "expect_qps"));
    expect_int(k, "interval", qps > 0 ? (int64_t)round(1000 / qps) : 0, interval);
}

/* A toleration list as a pod has it. */
static void pod_with_tolerations(struct check *k, const struct doc *list, struct pod *ret)
{
    struct doc *spec = arena_new(k->a, struct doc), *own = arena_new(k->a, struct doc);
    struct doc pod = {.type = DOC_MAP, .child = spec, .count = 1};
    *own = *list;
    own->key = STR("tolerations");
    own->next = NULL;
    *spec = (struct doc){.type = DOC_MAP, .child = own, .count = 1, .key = STR("spec")};
    pod_of_doc(k, &pod, ret);
}

static void min_toleration_time(struct check *k)
{
    struct pod p;
    pod_with_tolerations(k, at(k, "tolerations"), &p);
    size_t n = p.spec.tolerations.count;
    const struct toleration **used = arena_array(k->a, const struct toleration *, n + 1);
    for (size_t i = 0; i < n; i++)
        used[i] = &p.spec.tolerations.items[i];
    struct str want = text_at(k, "expect");
    expect_int(k, "ms", str_is(want, "-1ns") ? -1 : ms_of(k, want), toleration_least_ms(used, n));
}

/* A list of taints as a node has it. */
static void taints_of_doc(struct check *k, const struct doc *list, struct node *ret)
{
    *ret = (struct node){0};
    for (const struct doc *d = is_null(list) ? NULL : list->child; d; d = d->next)
        *PUSH(k->a, &ret->taints) = (struct taint){.key = doc_text(d, "key"),
                                                   .value = doc_text(d, "value"),
                                                   .effect = doc_text(d, "effect")};
}

static void create_pod(struct check *k)
{
    struct pod p;
    struct node n = {0};
    const struct doc *nodes = at(k, "tainted_nodes");
    pod_of_doc(k, at(k, "pod"), &p);
    for (const struct doc *d = is_null(nodes) ? NULL : nodes->child; d; d = d->next)
        if (str_eq(d->key, p.spec.node_name.v))
            taints_of_doc(k, d, &n);
    int64_t stay = taints_stay_ms(n.taints.items, n.taints.count, &p.spec.tolerations);
    expect_bool(k, "deleted at once", bool_at(k, "expect_delete"), stay == 0);
}

/* When a pod is to go, or -1. */
static int64_t expected_ms(struct check *k, struct str name)
{
    const struct doc *list = at(k, "expect");
    for (const struct doc *d = is_null(list) ? NULL : list->child; d; d = d->next) {
        struct str_list names;
        strings_of_doc(k, doc_get(d, "names"), &names);
        for (size_t i = 0; i < names.count; i++)
            if (str_eq(names.items[i], name))
                return ms_of(k, doc_text(d, "after"));
    }
    return -1;
}

static void evict_times(struct check *k)
{
    struct node n;
    const struct doc *pods = at(k, "pods");
    taints_of_doc(k, doc_path(k->c, "new_node.taints"), &n);
    for (const struct doc *d = is_null(pods) ? NULL : pods->child; d; d = d->next) {
        struct pod p;
        pod_of_doc(k, d, &p);
        struct str name = arena_str(k->a, p.o.name);
        expect_int(k, name.p, expected_ms(k, name),
                   taints_stay_ms(n.taints.items, n.taints.count, &p.spec.tolerations));
    }
}

static void crash_loop(struct check *k)
{
    struct crash_loop c = {
        .initial_ms = (int64_t)(number_of(k, at(k, "initial_s")) * 1000),
        .max_ms = (int64_t)(number_of(k, at(k, "max_s")) * 1000),
    };
    int64_t run_ms = (int64_t)(number_of(k, at(k, "run_s")) * 1000), start = 0;
    const struct doc *starts = at(k, "starts_s"), *delays = at(k, "delays_s");
    /* The first start is no restart; the n-th delay is the one before restart n. */
    const struct doc *want = starts->child->next, *delay = delays->child;
    expect_int(k, "first start", 0, (int64_t)(number_of(k, starts->child) * 1000));
    for (; want && delay; want = want->next, delay = delay->next) {
        int64_t finished = start + run_ms;
        start = crash_loop_restart(&c, finished);
        expect_int(k, "start", (int64_t)round(number_of(k, want) * 1000), start);
        expect_int(k, "delay", (int64_t)round(number_of(k, delay) * 1000), start - finished);
    }
}

static void lifecycle_default(struct check *k)
{
    const struct lifecycle_default *d = lifecycle_default_find(text_at(k, "name"));
    const struct doc *want = at(k, "expect");
    if (!d) {
        fail(k, "there is no default of this name");
        return;
    }
    double value = want->type == DOC_STRING ? (double)ms_of(k, want->text) : number_of(k, want);
    if (fabs(value - d->value) > 1e-9 || (want->type == DOC_STRING) != (d->unit == LIFECYCLE_MS))
        fail(k, "expected %g, got %g", value, d->value);
}

const struct kind_check node_lifecycle_kinds[] = {
    {"zone_state", zone_state},
    {"min_toleration_time", min_toleration_time},
    {"taint_evict_create_pod", create_pod},
    {"taint_evict_times", evict_times},
    {"crash_loop_backoff", crash_loop},
    {"default", lifecycle_default},
    {NULL, NULL},
};
