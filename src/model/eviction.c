/* SPDX-License-Identifier: Apache-2.0
 *
 * Eviction thresholds: reading the kubelet's configuration as ParseThresholdConfig of
 * pkg/kubelet/eviction/helpers.go does, and telling which are met. The ranking of victims is in
 * eviction_rank.c.
 */
#include "model/eviction.h"

#include <math.h>

#include "base/text.h"

static const struct {
    const char *name, *condition, *resource;
} signals[SIGNAL_COUNT] = {
    [SIGNAL_MEMORY_AVAILABLE] = {"memory.available", "MemoryPressure", "memory"},
    [SIGNAL_ALLOCATABLE_MEMORY_AVAILABLE] = {"allocatableMemory.available", "MemoryPressure",
                                             "memory"},
    [SIGNAL_NODEFS_AVAILABLE] = {"nodefs.available", "DiskPressure", "ephemeral-storage"},
    [SIGNAL_NODEFS_INODES_FREE] = {"nodefs.inodesFree", "DiskPressure", "inodes"},
    [SIGNAL_IMAGEFS_AVAILABLE] = {"imagefs.available", "DiskPressure", "ephemeral-storage"},
    [SIGNAL_IMAGEFS_INODES_FREE] = {"imagefs.inodesFree", "DiskPressure", "inodes"},
    [SIGNAL_CONTAINERFS_AVAILABLE] = {"containerfs.available", "DiskPressure", "ephemeral-storage"},
    [SIGNAL_CONTAINERFS_INODES_FREE] = {"containerfs.inodesFree", "DiskPressure", "inodes"},
    [SIGNAL_PID_AVAILABLE] = {"pid.available", "PIDPressure", "pids"},
};

/* pkg/kubelet/eviction/defaults_linux.go */
static const struct {
    const char *signal, *value;
} default_hard[] = {
    {"memory.available", "100Mi"}, {"nodefs.available", "10%"},  {"nodefs.inodesFree", "5%"},
    {"imagefs.available", "15%"},  {"imagefs.inodesFree", "5%"},
};

const char *eviction_signal_name(enum eviction_signal s)
{
    return s < SIGNAL_COUNT ? signals[s].name : "unknown";
}

const char *eviction_signal_condition(enum eviction_signal s)
{
    return s < SIGNAL_COUNT ? signals[s].condition : NULL;
}

const char *eviction_signal_resource(enum eviction_signal s)
{
    return s < SIGNAL_COUNT ? signals[s].resource : NULL;
}

int eviction_signal_find(struct str name, enum eviction_signal *ret)
{
    for (enum eviction_signal s = 0; s < SIGNAL_COUNT; s++)
        if (str_is(name, signals[s].name)) {
            *ret = s;
            return 0;
        }
    return -EINVAL;
}

/* ---- values ---- */

int percentage_parse(struct str s, float *ret)
{
    double v;
    while (str_ends(s, "%"))
        s.n--;
    if (str_to_double(s, &v) || !isfinite((float)v))
        return -EINVAL;
    *ret = (float)v / 100;
    return 0;
}

bool threshold_value_equal(const struct threshold_value *a, const struct threshold_value *b)
{
    if (a->type == THRESHOLD_QUANTITY || b->type == THRESHOLD_QUANTITY)
        return a->type == b->type && quantity_cmp(a->quantity, b->quantity) == 0;
    return !(a->percentage < b->percentage) && !(a->percentage > b->percentage);
}

struct quantity threshold_quantity(const struct threshold_value *v, struct quantity capacity)
{
    if (v->type == THRESHOLD_QUANTITY)
        return v->quantity;
    double bytes = (double)quantity_value(capacity) * (double)v->percentage;
    return quantity_of_bytes(bytes >= 9223372036854775807.0 ? INT64_MAX : (int64_t)bytes);
}

/* What a threshold and a minimum reclaim have in common. 0 or -EINVAL. */
static int parse_value(struct str signal, struct str text, struct threshold_value *ret,
                       struct err *e)
{
    if (str_ends(text, "%")) {
        ret->type = THRESHOLD_PERCENTAGE;
        if (percentage_parse(text, &ret->percentage))
            return err_set(e, EINVAL, "%.*s: \"%.*s\" is no percentage", STR_ARG(signal),
                           STR_ARG(text));
        return 0;
    }
    ret->type = THRESHOLD_QUANTITY;
    if (quantity_parse(text, &ret->quantity))
        return err_set(e, EINVAL, "%.*s: \"%.*s\" is no quantity", STR_ARG(signal), STR_ARG(text));
    return 0;
}

static int find_signal(struct str name, enum eviction_signal *ret, struct err *e)
{
    if (eviction_signal_find(name, ret))
        return err_set(e, EINVAL, "the kubelet knows no eviction signal \"%.*s\"", STR_ARG(name));
    return 0;
}

/* ---- configuration ---- */

static int parse_threshold(struct arena *a, const struct label *l, struct eviction_thresholds *ret,
                           struct err *e)
{
    struct eviction_threshold t = {0};
    if (find_signal(l->key, &t.signal, e))
        return -EINVAL;
    if (str_is(l->value, "0%") || str_is(l->value, "100%")) /* these switch a signal off */
        return 0;
    if (parse_value(l->key, l->value, &t.value, e))
        return -EINVAL;
    bool valid = t.value.type == THRESHOLD_PERCENTAGE
                     ? t.value.percentage >= 0 && t.value.percentage <= 1
                     : quantity_sign(t.value.quantity) > 0;
    if (!valid)
        return err_set(e, EINVAL, "%.*s: the threshold %.*s is out of range", STR_ARG(l->key),
                       STR_ARG(l->value));
    *PUSH(a, ret) = t;
    return 0;
}

static int parse_min_reclaim(const struct label *l, struct threshold_value *ret, struct err *e)
{
    enum eviction_signal s;
    struct threshold_value v = {0};
    if (find_signal(l->key, &s, e) || parse_value(l->key, l->value, &v, e))
        return -EINVAL;
    if (v.type == THRESHOLD_PERCENTAGE ? v.percentage <= 0 : quantity_sign(v.quantity) < 0)
        return err_set(e, EINVAL, "%.*s: the minimum reclaim %.*s is out of range", STR_ARG(l->key),
                       STR_ARG(l->value));
    ret[s] = v;
    return 0;
}

static int parse_grace(const struct label *l, int64_t *ret_ms, struct err *e)
{
    enum eviction_signal s;
    int64_t ms;
    if (find_signal(l->key, &s, e))
        return -EINVAL;
    if (text_parse_duration(l->value, &ms) || ms < 0)
        return err_set(e, EINVAL, "%.*s: \"%.*s\" is no grace period", STR_ARG(l->key),
                       STR_ARG(l->value));
    ret_ms[s] = ms;
    return 0;
}

static size_t count_of(const struct labels *l)
{
    return l ? l->count : 0;
}

static int parse_soft(struct arena *a, const struct eviction_config *c,
                      struct eviction_thresholds *t, struct err *e)
{
    int64_t grace_ms[SIGNAL_COUNT];
    for (size_t i = 0; i < SIGNAL_COUNT; i++)
        grace_ms[i] = -1;
    size_t first = t->count;
    for (size_t i = 0; i < count_of(c->soft); i++)
        if (parse_threshold(a, &c->soft->items[i], t, e))
            return -EINVAL;
    for (size_t i = 0; i < count_of(c->soft_grace); i++)
        if (parse_grace(&c->soft_grace->items[i], grace_ms, e))
            return -EINVAL;
    for (size_t i = first; i < t->count; i++) {
        enum eviction_signal s = t->items[i].signal;
        if (grace_ms[s] < 0)
            return err_set(e, EINVAL, "%s: a soft threshold needs a grace period", signals[s].name);
        t->items[i].grace_ms = grace_ms[s];
    }
    return 0;
}

int eviction_thresholds_parse(struct arena *a, const struct eviction_config *c,
                              struct eviction_thresholds *ret, struct err *e)
{
    struct eviction_thresholds t = {0};
    struct threshold_value reclaim[SIGNAL_COUNT] = {0};
    for (size_t i = 0; i < count_of(c->hard); i++)
        if (parse_threshold(a, &c->hard->items[i], &t, e))
            return -EINVAL;
    if (parse_soft(a, c, &t, e))
        return -EINVAL;
    for (size_t i = 0; i < count_of(c->min_reclaim); i++)
        if (parse_min_reclaim(&c->min_reclaim->items[i], reclaim, e))
            return -EINVAL;
    for (size_t i = 0; i < t.count; i++)
        t.items[i].min_reclaim = reclaim[t.items[i].signal];
    if (c->enforce_pods)
        eviction_add_allocatable(a, &t);
    *ret = t;
    return 0;
}

void eviction_add_allocatable(struct arena *a, struct eviction_thresholds *t)
{
    for (size_t i = 0, n = t->count; i < n; i++) {
        struct eviction_threshold copy = t->items[i];
        if (copy.signal != SIGNAL_MEMORY_AVAILABLE || copy.grace_ms)
            continue;
        copy.signal = SIGNAL_ALLOCATABLE_MEMORY_AVAILABLE;
        *PUSH(a, t) = copy;
    }
}

static bool has_key(const struct labels *l, const char *key)
{
    for (size_t i = 0; i < l->count; i++)
        if (str_is(l->items[i].key, key))
            return true;
    return false;
}

/* evictionHard as the kubelet completes it: naming any key drops all other defaults, unless
 * mergeDefaultEvictionSettings is on. */
static void hard_of(struct arena *a, const struct kubelet_config *k, struct labels *ret)
{
    *ret = (struct labels){0};
    for (size_t i = 0; k && i < k->eviction_hard.count; i++)
        *PUSH(a, ret) = k->eviction_hard.items[i];
    if (k && k->eviction_hard_set && !k->merge_default_eviction.v)
        return;
    for (size_t i = 0; i < ARRAY_LEN(default_hard); i++)
        if (!has_key(ret, default_hard[i].signal))
            *PUSH(a, ret) = (struct label){.key = str_of(default_hard[i].signal),
                                           .value = str_of(default_hard[i].value)};
}

static bool enforces_pods(const struct kubelet_config *k)
{
    if (!k || !k->enforce_node_allocatable.count)
        return true;
    for (size_t i = 0; i < k->enforce_node_allocatable.count; i++)
        if (str_is(k->enforce_node_allocatable.items[i], "pods"))
            return true;
    return false;
}

int eviction_thresholds_of(struct arena *a, const struct kubelet_config *k,
                           struct eviction_thresholds *ret, struct err *e)
{
    struct labels hard;
    hard_of(a, k, &hard);
    struct eviction_config c = {.hard = &hard, .enforce_pods = enforces_pods(k)};
    if (k) {
        c.soft = &k->eviction_soft;
        c.soft_grace = &k->eviction_soft_grace;
        c.min_reclaim = &k->eviction_min_reclaim;
    }
    return eviction_thresholds_parse(a, &c, ret, e);
}

int64_t eviction_hard_memory_bytes(struct arena *a, const struct kubelet_config *k,
                                   int64_t capacity_bytes)
{
    struct eviction_thresholds t;
    if (eviction_thresholds_of(a, k, &t, NULL))
        return 0;
    for (size_t i = 0; i < t.count; i++)
        if (t.items[i].signal == SIGNAL_MEMORY_AVAILABLE && !t.items[i].grace_ms)
            return quantity_value(
                threshold_quantity(&t.items[i].value, quantity_of_bytes(capacity_bytes)));
    return 0;
}

/* ---- what is met ---- */

bool eviction_threshold_met(const struct eviction_threshold *t,
                            const struct eviction_observations *o, bool with_reclaim)
{
    const struct eviction_observation *seen = NULL;
    for (size_t i = 0; i < o->count && !seen; i++)
        if (o->items[i].signal == t->signal)
            seen = &o->items[i];
    if (!seen || t->signal == SIGNAL_UNKNOWN)
        return false;
    struct quantity least = threshold_quantity(&t->value, seen->capacity);
    if (with_reclaim && t->min_reclaim.type != THRESHOLD_ABSENT)
        least = quantity_add(least, threshold_quantity(&t->min_reclaim, seen->capacity));
    return quantity_cmp(least, seen->available) > 0;
}

bool eviction_grace_over(const struct eviction_threshold *t, int64_t first_ms, int64_t now_ms)
{
    return now_ms - first_ms >= t->grace_ms;
}

static bool comes_first(const struct eviction_threshold *a, const struct eviction_threshold *b)
{
    return a->signal == SIGNAL_MEMORY_AVAILABLE ||
           a->signal == SIGNAL_ALLOCATABLE_MEMORY_AVAILABLE || b->signal == SIGNAL_UNKNOWN;
}

/* The comparison (byEvictionPriority.Less) is no order: of two memory signals each comes before the
 * other. Insertion, which is what Go's sort does for so few, settles it as upstream. */
void eviction_sort_thresholds(struct eviction_thresholds *t)
{
    for (size_t i = 1; i < t->count; i++)
        for (size_t k = i; k > 0 && comes_first(&t->items[k], &t->items[k - 1]); k--) {
            struct eviction_threshold swap = t->items[k];
            t->items[k] = t->items[k - 1];
            t->items[k - 1] = swap;
        }
}

const struct eviction_threshold *eviction_reclaimable(const struct eviction_thresholds *t)
{
    for (size_t i = 0; i < t->count; i++)
        if (t->items[i].signal != SIGNAL_UNKNOWN)
            return &t->items[i];
    return NULL;
}

bool eviction_condition_stands(int64_t seen_ms, int64_t period_ms, int64_t now_ms)
{
    return now_ms - seen_ms < period_ms;
}
