/* SPDX-License-Identifier: Apache-2.0
 *
 * eviction.json: thresholds, what is met, whom the kubelet evicts first, and what it says.
 */
#include "model/eviction.h"

#include "base/text.h"
#include "fidelity.h"
#include "model/decode.h"
#include "model/requests.h"

/* ---- thresholds ---- */

static struct threshold_value value_of_doc(struct check *k, const struct doc *n)
{
    struct threshold_value v = {0};
    double percentage;
    if (!is_null(doc_get(n, "quantity"))) {
        v.type = THRESHOLD_QUANTITY;
        v.quantity = quantity_of_doc(k, doc_get(n, "quantity"));
    } else if (!str_to_double(doc_text(n, "percentage"), &percentage)) {
        v.type = THRESHOLD_PERCENTAGE;
        v.percentage = (float)percentage;
    }
    return v;
}

static int64_t duration_of(struct check *k, struct str text)
{
    int64_t ms = 0;
    if (text.n && text_parse_duration(text, &ms))
        fail(k, "\"" STR_FMT "\" is no duration", STR_ARG(text));
    return ms;
}

static enum eviction_signal signal_of(struct str name)
{
    enum eviction_signal s;
    return eviction_signal_find(name, &s) ? SIGNAL_UNKNOWN : s;
}

static struct eviction_threshold threshold_of_doc(struct check *k, const struct doc *n)
{
    return (struct eviction_threshold){
        .signal = signal_of(doc_text(n, "signal")),
        .value = value_of_doc(k, doc_get(n, "value")),
        .min_reclaim = value_of_doc(k, doc_get(n, "min_reclaim")),
        .grace_ms = duration_of(k, doc_text(n, "grace")),
    };
}

static void thresholds_at(struct check *k, const char *key, struct eviction_thresholds *ret)
{
    const struct doc *list = at(k, key);
    *ret = (struct eviction_thresholds){0};
    for (const struct doc *d = is_null(list) ? NULL : list->child; d; d = d->next)
        *PUSH(k->a, ret) = threshold_of_doc(k, d);
}

static bool same(const struct eviction_threshold *a, const struct eviction_threshold *b)
{
    return a->signal == b->signal && a->grace_ms == b->grace_ms && a->value.type == b->value.type &&
           threshold_value_equal(&a->value, &b->value) &&
           a->min_reclaim.type == b->min_reclaim.type &&
           threshold_value_equal(&a->min_reclaim, &b->min_reclaim);
}

/* As sets: upstream's order is that of a Go map. */
static void expect_thresholds(struct check *k, const struct eviction_thresholds *got)
{
    struct eviction_thresholds want;
    thresholds_at(k, "expect", &want);
    expect_int(k, "thresholds", (int64_t)want.count, (int64_t)got->count);
    for (size_t i = 0; i < want.count; i++) {
        bool found = false;
        for (size_t j = 0; j < got->count; j++)
            found |= same(&want.items[i], &got->items[j]);
        if (!found)
            fail(k, "no threshold as expected of %s", eviction_signal_name(want.items[i].signal));
    }
}

static void parse_thresholds(struct check *k)
{
    struct labels hard, soft, grace, reclaim;
    struct str_list enforce;
    labels_of_doc(k, at(k, "eviction_hard"), &hard);
    labels_of_doc(k, at(k, "eviction_soft"), &soft);
    labels_of_doc(k, at(k, "soft_grace"), &grace);
    labels_of_doc(k, at(k, "min_reclaim"), &reclaim);
    strings_of_doc(k, at(k, "allocatable_config"), &enforce);
    struct eviction_config c = {
        .hard = &hard, .soft = &soft, .soft_grace = &grace, .min_reclaim = &reclaim};
    for (size_t i = 0; i < enforce.count; i++)
        c.enforce_pods |= str_is(enforce.items[i], "pods");
    struct eviction_thresholds got = {0};
    struct err e = {0};
    int code = eviction_thresholds_parse(k->a, &c, &got, &e);
    expect_bool(k, "error", bool_at(k, "expect_error"), code != 0);
    if (!code)
        expect_thresholds(k, &got);
}

static void add_allocatable(struct check *k)
{
    struct eviction_thresholds t;
    thresholds_at(k, "thresholds", &t);
    eviction_add_allocatable(k->a, &t);
    expect_thresholds(k, &t);
}

static void parse_percentage(struct check *k)
{
    float got = 0;
    double want = 0;
    int code = percentage_parse(text_at(k, "input"), &got);
    expect_bool(k, "error", bool_at(k, "expect_error"), code != 0);
    (void)!str_to_double(text_at(k, "expect"), &want);
    if (!code && ((float)want < got || (float)want > got))
        fail(k, "expected %.9g, got %.9g", want, (double)got);
}

static void threshold_equal(struct check *k)
{
    struct threshold_value a = value_of_doc(k, at(k, "a")), b = value_of_doc(k, at(k, "b"));
    expect_bool(k, "equal", bool_at(k, "expect"), threshold_value_equal(&a, &b));
}

static void sort_thresholds(struct check *k)
{
    struct str_list names, want, got = {0};
    struct eviction_thresholds t = {0};
    strings_of_doc(k, at(k, "thresholds"), &names);
    strings_of_doc(k, at(k, "expect"), &want);
    for (size_t i = 0; i < names.count; i++)
        PUSH(k->a, &t)->signal = signal_of(names.items[i]);
    eviction_sort_thresholds(&t);
    for (size_t i = 0; i < t.count; i++)
        *PUSH(k->a, &got) = str_of(eviction_signal_name(t.items[i].signal));
    expect_strings(k, "order", &want, &got);
}

static void reclaimable(struct check *k)
{
    struct eviction_thresholds t;
    thresholds_at(k, "thresholds", &t);
    eviction_sort_thresholds(&t);
    const struct eviction_threshold *got = eviction_reclaimable(&t);
    expect_bool(k, "found", bool_at(k, "expect_found"), got != NULL);
    if (!got)
        return;
    struct eviction_threshold want = threshold_of_doc(k, at(k, "expect_threshold"));
    expect_text(k, "resource", text_at(k, "expect_resource"),
                str_of(eviction_signal_resource(got->signal)));
    expect_int(k, "signal", want.signal, got->signal);
    expect_bool(k, "value", true, threshold_value_equal(&want.value, &got->value));
}

/* ---- what is met ---- */

static void thresholds_met(struct check *k)
{
    struct eviction_thresholds t, got = {0};
    struct eviction_observations o = {0};
    thresholds_at(k, "thresholds", &t);
    const struct doc *seen = at(k, "observations");
    for (const struct doc *d = seen ? seen->child : NULL; d; d = d->next)
        *PUSH(k->a, &o) = (struct eviction_observation){
            .signal = signal_of(d->key),
            .available = quantity_of_doc(k, doc_get(d, "available")),
            .capacity = quantity_of_doc(k, doc_get(d, "capacity")),
        };
    for (size_t i = 0; i < t.count; i++)
        if (eviction_threshold_met(&t.items[i], &o, bool_at(k, "enforce_min_reclaim")))
            *PUSH(k->a, &got) = t.items[i];
    expect_thresholds(k, &got);
}

static void thresholds_met_grace(struct check *k)
{
    struct eviction_thresholds got = {0};
    const int64_t now_ms = INT64_C(1) << 40;
    const struct doc *list = at(k, "observed");
    for (const struct doc *d = list ? list->child : NULL; d; d = d->next) {
        double ago = 0;
        struct eviction_threshold t = {.signal = signal_of(doc_text(d, "signal")),
                                       .grace_ms = duration_of(k, doc_text(d, "grace"))};
        t.value.type = THRESHOLD_QUANTITY;
        t.value.quantity = quantity_of_doc(k, doc_get(d, "value"));
        (void)!str_to_double(doc_text(d, "observed_seconds_ago"), &ago);
        if (eviction_grace_over(&t, now_ms - (int64_t)(ago * 1000), now_ms))
            *PUSH(k->a, &got) = t;
    }
    expect_thresholds(k, &got);
}

static void node_conditions(struct check *k)
{
    struct str_list names, want, got = {0};
    strings_of_doc(k, at(k, "signals"), &names);
    strings_of_doc(k, at(k, "expect"), &want);
    for (size_t i = 0; i < names.count; i++) {
        const char *c = eviction_signal_condition(signal_of(names.items[i]));
        bool known = !c;
        for (size_t j = 0; j < got.count && !known; j++)
            known = str_is(got.items[j], c);
        if (!known)
            *PUSH(k->a, &got) = str_of(c);
    }
    expect_strings(k, "conditions", &want, &got);
}

static int64_t time_of(struct check *k, struct str text)
{
    int64_t ms = 0;
    if (text_parse_time(text, &ms))
        fail(k, "\"" STR_FMT "\" is no time", STR_ARG(text));
    return ms;
}

static void conditions_within_period(struct check *k)
{
    struct str_list want, got = {0};
    strings_of_doc(k, at(k, "expect"), &want);
    int64_t now_ms = time_of(k, text_at(k, "now")), period = duration_of(k, text_at(k, "period"));
    const struct doc *seen = at(k, "observed_at");
    for (const struct doc *d = seen ? seen->child : NULL; d; d = d->next)
        if (eviction_condition_stands(time_of(k, d->text), period, now_ms))
            *PUSH(k->a, &got) = d->key;
    expect_strings(k, "conditions", &want, &got);
}

/* ---- victims ---- */

/* How one comparator of the table reads the statistics. */
static const struct {
    const char *name;
    enum eviction_key key;
    bool disk;
} comparators[] = {
    {"exceedMemoryRequests", EVICT_EXCEEDING, false},
    {"memory", EVICT_AMOUNT, false},
    {"exceedDiskRequests", EVICT_EXCEEDING, true},
    {"disk", EVICT_AMOUNT, true},
    {"priority", EVICT_PRIORITY, false},
    {"process", EVICT_PROCESSES, false},
};

static struct quantity used(const struct doc *n, const char *field)
{
    return quantity_of(doc_int(n, field, 0));
}

/* Root file systems, logs and local volumes of a pod. */
static struct quantity disk_usage(const struct doc *stats, const char *field)
{
    struct quantity sum = {0};
    const struct doc *containers = doc_get(stats, "containers"), *volumes;
    volumes = doc_get(stats, "volumes");
    for (const struct doc *d = containers ? containers->child : NULL; d; d = d->next) {
        sum = quantity_add(sum, used(doc_get(d, "rootfs"), field));
        sum = quantity_add(sum, used(doc_get(d, "logs"), field));
    }
    for (const struct doc *d = volumes ? volumes->child : NULL; d; d = d->next)
        sum = quantity_add(sum, used(d, field));
    return sum;
}

/* Code-run cases give requests as a list of texts, upstream's tests containers. */
static void spec_of_doc(struct check *k, const struct doc *n, struct pod_spec *ret)
{
    const struct doc *list = doc_get(n, "requests");
    *ret = (struct pod_spec){0};
    if (!is_null(doc_get(n, "containers")))
        decode_containers(k->a, doc_get(n, "containers"), CONTAINER_APP, &ret->containers);
    for (const struct doc *d = list ? list->child : NULL; d; d = d->next) {
        struct container *c = PUSH(k->a, &ret->containers);
        if (d->text.n)
            resources_set(k->a, &c->resources.requests, STR("memory"), quantity_of_doc(k, d));
    }
    if (!is_null(doc_get(n, "overhead")))
        resources_of_doc(k, doc_get(n, "overhead"), &ret->overhead);
    ret->priority = (struct opt_int){.v = doc_int(n, "priority", 0), .set = true};
}

static void candidate_of_doc(struct check *k, const struct doc *n, bool disk,
                             struct eviction_candidate *ret)
{
    struct pod *p = arena_new(k->a, struct pod);
    const struct doc *all = at(k, "stats"), *stats = NULL;
    struct str name = doc_text(n, "name"), resource = text_at(k, "disk_resource");
    bool inodes = str_is(resource, "inodes");
    spec_of_doc(k, n, &p->spec);
    eviction_candidate_of(k->a, p, ret);
    for (const struct doc *d = all ? all->child : NULL; d && !stats; d = d->next)
        if (str_eq(d->key, name))
            stats = d;
    ret->ctx = arena_new(k->a, struct str);
    *(struct str *)ret->ctx = name;
    ret->usage_set = !is_null(stats) || !is_null(doc_get(n, "usage"));
    ret->usage = all ? used(stats, "memory") : used(n, "usage");
    static const char *const counts[] = {"processes", "process", "process_count", "pids"};
    for (size_t i = 0; i < ARRAY_LEN(counts); i++)
        ret->processes = MAX(ret->processes, doc_int(stats, counts[i], 0));
    if (!disk)
        return;
    ret->usage = disk_usage(stats, inodes ? "inodes" : "used");
    ret->request = eviction_request(k->a, &p->spec, STR("ephemeral-storage"));
    ret->allowed = inodes ? (struct quantity){0} : ret->request;
}

static void rank(struct check *k)
{
    struct str_list order, want, got = {0};
    enum eviction_key keys[8];
    size_t key_count = 0;
    bool disk = false;
    strings_of_doc(k, at(k, "order_by"), &order);
    strings_of_doc(k, at(k, "expect"), &want);
    for (size_t i = 0; i < order.count && i < ARRAY_LEN(keys); i++)
        for (size_t j = 0; j < ARRAY_LEN(comparators); j++)
            if (str_is(order.items[i], comparators[j].name)) {
                keys[key_count++] = comparators[j].key;
                disk |= comparators[j].disk;
            }
    expect_int(k, "comparators", (int64_t)order.count, (int64_t)key_count);
    const struct doc *pods = at(k, "pods");
    size_t n = 0;
    struct eviction_candidate *c = arena_array(k->a, struct eviction_candidate, pods->count);
    for (const struct doc *d = pods->child; d; d = d->next)
        candidate_of_doc(k, d, disk, &c[n++]);
    eviction_rank(c, n, keys, key_count);
    for (size_t i = 0; i < n; i++)
        *PUSH(k->a, &got) = *(const struct str *)c[i].ctx;
    expect_strings(k, "order", &want, &got);
}

/* ---- the message ---- */

static struct str user_text(struct check *k, const char *what, struct str name, struct str usage,
                            struct str request)
{
    return arena_printf(k->a,
                        "%s " STR_FMT " was using " STR_FMT ", request is " STR_FMT
                        ", has larger consumption of memory. ",
                        what, STR_ARG(name), STR_ARG(usage), STR_ARG(request));
}

static struct str expected_message(struct check *k, struct str pod_name)
{
    struct str s = STR("The node was low on resource: memory. ");
    const struct doc *list = at(k, "expect_message");
    struct str pod_usage = doc_text(at(k, "expect_annotations"), "offending_pod_usage");
    struct str part = STR("");
    if (pod_usage.n)
        part = user_text(k, "Pod", pod_name, pod_usage,
                         doc_text(doc_path(k->c, "podResources.requests"), "memory"));
    s = arena_printf(k->a, STR_FMT STR_FMT, STR_ARG(s), STR_ARG(part));
    for (const struct doc *d = is_null(list) ? NULL : list->child; d; d = d->next) {
        part = user_text(k, "Container", doc_text(d, "name"), doc_text(d, "usage"),
                         doc_text(d, "request"));
        s = arena_printf(k->a, STR_FMT STR_FMT, STR_ARG(s), STR_ARG(part));
    }
    return s;
}

static void message(struct check *k)
{
    struct pod_spec s = {0};
    struct container_memory *m;
    const struct doc *stats = at(k, "container_memory"), *pod = at(k, "podResources");
    const struct doc *notes = at(k, "expect_annotations");
    struct eviction_message_input in = {.spec = &s, .pod_name = STR("pod-eviction-message")};
    if (!is_null(at(k, "containers")))
        decode_containers(k->a, at(k, "containers"), CONTAINER_APP, &s.containers);
    if (!is_null(at(k, "init_containers")))
        decode_containers(k->a, at(k, "init_containers"), CONTAINER_INIT, &s.init_containers);
    if (bool_at(k, "pod_level_resources")) {
        s.resources.set = !is_null(pod);
        resources_of_doc(k, doc_get(pod, "requests"), &s.resources.requests);
        resources_of_doc(k, doc_get(pod, "limits"), &s.resources.limits);
    }
    in.containers = m = arena_array(k->a, struct container_memory, stats ? stats->count + 1 : 1);
    for (const struct doc *d = is_null(stats) ? NULL : stats->child; d; d = d->next)
        m[in.count++] = (struct container_memory){
            doc_text(d, "name"),
            quantity_scaled(quantity_value(quantity_of_doc(k, doc_get(d, "usage"))), 0,
                            QUANTITY_BINARY_SI)};
    struct quantity pod_usage;
    if (!is_null(at(k, "podMemoryStats"))) {
        pod_usage = quantity_of_doc(k, at(k, "podMemoryStats"));
        in.pod_usage = &pod_usage;
    }
    struct eviction_message got;
    eviction_message(k->a, &in, &got);
    expect_text(k, "message", expected_message(k, in.pod_name), got.text);
    expect_text(k, "containers", doc_text(notes, "offending_containers"), got.offending_containers);
    expect_text(k, "usage", doc_text(notes, "offending_containers_usage"), got.offending_usage);
    expect_text(k, "pod", doc_text(notes, "offending_pod"), got.offending_pod);
    expect_text(k, "pod usage", doc_text(notes, "offending_pod_usage"), got.offending_pod_usage);
}

const struct kind_check eviction_kinds[] = {
    {"parse_thresholds", parse_thresholds},
    {"add_allocatable_thresholds", add_allocatable},
    {"parse_percentage", parse_percentage},
    {"threshold_equal", threshold_equal},
    {"sort_thresholds", sort_thresholds},
    {"reclaimable_threshold", reclaimable},
    {"thresholds_met", thresholds_met},
    {"thresholds_met_grace", thresholds_met_grace},
    {"node_conditions", node_conditions},
    {"conditions_within_period", conditions_within_period},
    {"rank", rank},
    {"eviction_message", message},
    {NULL, NULL},
};
