/* SPDX-License-Identifier: Apache-2.0
 *
 * PodTopologySpread's score over all nodes at once, for place.c: exactly what spread.c computes node by
 * node, once for each combination of what the constraints see where there are few of these.
 */
#include "analysis/schedule/place_work.h"

static uint32_t soft_size(const struct schedule *s, const struct soft_spread *soft, struct work *w)
{
    const struct topo *t = &s->topos.items[soft->topo];
    uint32_t size = 0, stamp = ++w->stamp;
    for (uint32_t n = 0; n < s->node_count; n++) {
        if (w->ok[n] != 1)
            continue;
        if (soft->per_node) {
            size++;
            continue;
        }
        uint32_t value = t->value[n] >= 0      ? (uint32_t)t->value[n]
                         : t->empty_value >= 0 ? (uint32_t)t->empty_value
                                               : t->value_count;
        size += w->seen[value] != stamp;
        w->seen[value] = stamp;
    }
    return size;
}

/* Nodes that lack a key of the pod's own constraints are left out: ok 2. */
static void mark_ignored(const struct schedule *s, const struct view *v, struct work *w)
{
    for (uint32_t i = 0; v->soft_all_keys && i < v->soft_count; i++) {
        const int32_t *value = s->topos.items[v->soft[i].topo].value;
        for (uint32_t n = 0; n < s->node_count; n++) {
            if (w->ok[n] && value[n] < 0)
                w->ok[n] = 2;
        }
    }
}

/* The difference to the integer below is exact. */
int32_t round_half_up(double x)
{
    int32_t below = (int32_t)x;
    return below + (x - (double)below >= 0.5);
}

/* Any constraints, however many values: one double per node. */
static void add_spread_wide(struct schedule *s, const struct view *v, struct work *w)
{
    mark_ignored(s, v, w);
    memset(w->sum, 0, s->node_count * sizeof(*w->sum));
    for (uint32_t i = 0; i < v->soft_count; i++) {
        const struct soft_spread *soft = &v->soft[i];
        const int32_t *value = s->topos.items[soft->topo].value;
        const int32_t *counts = counter_dense(s, &s->counters.items[soft->counter]);
        double weight = spread_weight(soft_size(s, soft, w));
        double skew = (double)(soft->max_skew - 1);
        for (uint32_t n = 0; n < s->node_count; n++) {
            if (value[n] >= 0)
                w->sum[n] += (double)counts[soft->per_node ? (int32_t)n : value[n]] * weight + skew;
        }
    }
    int32_t min = INT32_MAX, max = 0, factor = (int32_t)plugin_weight(PLUGIN_POD_TOPOLOGY_SPREAD);
    for (uint32_t n = 0; n < s->node_count; n++) {
        w->raw[n] = round_half_up(w->sum[n]);
        if (w->ok[n] == 1) {
            min = MIN(min, w->raw[n]);
            max = MAX(max, w->raw[n]);
        }
    }
    for (uint32_t n = 0; n < s->node_count; n++) {
        if (w->ok[n] != 1)
            continue;
        int32_t score = max == 0 ? SCORE_MAX : SCORE_MAX * (max + min - w->raw[n]) / max;
        w->total[n] += factor * score;
    }
}

/* What the nodes' soft constraints see is often one of few combinations (so many pods on the node,
 * this zone): the score is computed once for each. A combination is a number, digit by digit: the
 * count of the node, or the value's slot; the last digit value means that the label is missing. */
struct codes {
    uint32_t digits[2], stride[2], count;
};

static bool spread_codes(struct schedule *s, const struct view *v, struct codes *ret)
{
    uint32_t size = 1;
    if (v->soft_count > ARRAY_LEN(ret->digits))
        return false;
    for (uint32_t i = 0; i < v->soft_count; i++) {
        const struct soft_spread *soft = &v->soft[i];
        uint32_t digits = topo_size(s, soft->topo) + 1;
        if (soft->per_node) {
            const int32_t *restrict counts = counter_dense(s, &s->counters.items[soft->counter]);
            int32_t max = 0;
            uint32_t nodes = s->node_count;
            for (uint32_t n = 0; n < nodes; n++)
                max = MAX(max, counts[n]);
            digits = (uint32_t)max + 2;
        }
        if (digits > CODES_MAX / size)
            return false;
        ret->digits[i] = digits;
        ret->stride[i] = size;
        size *= digits;
    }
    ret->count = size;
    return true;
}

/* Adds one constraint's digit to the code of every node. */
static void add_digit(struct schedule *s, const struct soft_spread *soft, const struct codes *c,
                      uint32_t i, struct work *w)
{
    const struct topo *t = &s->topos.items[soft->topo];
    const int32_t *restrict counts =
        soft->per_node ? counter_dense(s, &s->counters.items[soft->counter]) : NULL;
    const int32_t *restrict value = t->value, *restrict slot = t->slot;
    int32_t *restrict code = w->raw;
    int32_t stride = (int32_t)c->stride[i], missing = (int32_t)c->digits[i] - 1;
    uint32_t nodes = s->node_count;
    if (!soft->per_node) {
        for (uint32_t n = 0; n < nodes; n++)
            code[n] += slot[n] * stride;
        return;
    }
    for (uint32_t n = 0; n < nodes; n++)
        code[n] += (value[n] < 0 ? missing : counts[n]) * stride;
}

/* How many values of the constraint occur: a missing label is the value "". */
static uint32_t codes_size(const struct schedule *s, const struct soft_spread *soft,
                           const struct codes *c, uint32_t i, const struct work *w)
{
    const struct topo *t = &s->topos.items[soft->topo];
    uint32_t size = 0;
    for (uint32_t digit = 0; digit < c->digits[i]; digit++) {
        bool seen = false;
        for (uint32_t k = 0; k < c->count && !seen; k++)
            seen = w->code_seen[k] && k / c->stride[i] % c->digits[i] == digit;
        bool missing = digit + 1 == c->digits[i];
        if (missing && seen && t->empty_value >= 0) {
            for (uint32_t k = 0; k < c->count; k++) /* not a value of its own if "" occurs too */
                seen = seen && !(w->code_seen[k] &&
                                 k / c->stride[i] % c->digits[i] == (uint32_t)t->empty_value);
        }
        size += seen;
    }
    return size;
}

static void codes_score(const struct schedule *s, const struct view *v, const struct codes *c,
                        uint32_t left, struct work *w)
{
    double weight[2] = {0};
    for (uint32_t i = 0; i < v->soft_count; i++)
        weight[i] = spread_weight(v->soft[i].per_node ? left : codes_size(s, &v->soft[i], c, i, w));
    int32_t min = INT32_MAX, max = 0;
    for (uint32_t k = 0; k < c->count; k++) {
        double sum = 0;
        for (uint32_t i = 0; i < v->soft_count && w->code_seen[k]; i++) {
            const struct soft_spread *soft = &v->soft[i];
            uint32_t digit = k / c->stride[i] % c->digits[i];
            if (digit + 1 == c->digits[i])
                continue;
            int32_t count = soft->per_node
                                ? (int32_t)digit
                                : counter_count(&s->counters.items[soft->counter], (int32_t)digit);
            sum += (double)count * weight[i] + (double)(soft->max_skew - 1);
        }
        w->code_score[k] = round_half_up(sum);
        if (w->code_seen[k]) {
            min = MIN(min, w->code_score[k]);
            max = MAX(max, w->code_score[k]);
        }
    }
    int32_t factor = (int32_t)plugin_weight(PLUGIN_POD_TOPOLOGY_SPREAD);
    for (uint32_t k = 0; k < c->count; k++) {
        int32_t raw = w->code_score[k];
        w->code_score[k] = factor * (max == 0 ? SCORE_MAX : SCORE_MAX * (max + min - raw) / max);
    }
}

void place_add_spread(struct schedule *s, const struct view *v, struct work *w)
{
    struct codes c;
    if (!spread_codes(s, v, &c)) {
        add_spread_wide(s, v, w);
        return;
    }
    mark_ignored(s, v, w);
    memset(w->raw, 0, s->node_count * sizeof(*w->raw));
    memset(w->code_seen, 0, c.count);
    for (uint32_t i = 0; i < v->soft_count; i++)
        add_digit(s, &v->soft[i], &c, i, w);
    const uint8_t *restrict ok = w->ok;
    const int32_t *restrict code = w->raw;
    uint8_t *restrict seen = w->code_seen;
    uint32_t left = 0, nodes = s->node_count;
    for (uint32_t n = 0; n < nodes; n++) {
        bool counts = ok[n] == 1;
        seen[code[n]] |= counts;
        left += counts;
    }
    codes_score(s, v, &c, left, w);
    const int32_t *restrict score = w->code_score;
    int32_t *restrict total = w->total;
    for (uint32_t n = 0; n < nodes; n++)
        total[n] += ok[n] == 1 ? score[code[n]] : 0;
}
