/* SPDX-License-Identifier: Apache-2.0
 *
 * The scores of ranking.c's groups that are normalised over the nodes that are left.
 */
#include "analysis/schedule/ranking.h"

void ranking_score_fixed(struct tallies *t, uint8_t digit, enum sched_plugin p, bool reverse)
{
    int32_t max = 0, weight = (int32_t)plugin_weight(p);
    if (digit == DIGITS)
        return;
    for (uint32_t i = 0; i < t->count; i++)
        if (t->items[i].fit)
            max = MAX(max, (int32_t)digit_at(t->items[i].key, digit));
    for (uint32_t i = 0; i < t->count; i++) {
        int32_t raw = (int32_t)digit_at(t->items[i].key, digit);
        int32_t score = max ? SCORE_MAX * raw / max : raw;
        if (reverse)
            score = max ? SCORE_MAX - score : SCORE_MAX;
        t->items[i].total += weight * score;
    }
}

static int32_t affinity_raw(const struct schedule *s, const struct view *v, uint64_t key)
{
    const struct ranking *r = v->ranking;
    int32_t raw = 0;
    for (size_t i = 0; i < v->score.count; i++) {
        uint32_t x = digit_at(key, r->score[i]);
        if (x == MISSING)
            continue;
        raw += r->digits[r->score[i]].type == DIGIT_COUNT
                   ? (int32_t)x - ZERO
                   : counter_count(&s->counters.items[v->score.items[i].counter], (int32_t)x);
    }
    return raw;
}

void ranking_score_affinity(const struct schedule *s, const struct view *v, struct tallies *t)
{
    int32_t raw[GROUPS_MOST], min = INT32_MAX, max = INT32_MIN;
    int32_t factor = (int32_t)plugin_weight(PLUGIN_INTER_POD_AFFINITY);
    for (uint32_t i = 0; i < t->count && v->score.count; i++) {
        raw[i] = affinity_raw(s, v, t->items[i].key);
        if (t->items[i].fit) {
            min = MIN(min, raw[i]);
            max = MAX(max, raw[i]);
        }
    }
    int64_t range = (int64_t)max - min;
    for (uint32_t i = 0; i < t->count && max > min; i++) {
        double part = (double)((int64_t)raw[i] - min) / (double)range;
        if (t->items[i].fit)
            t->items[i].total += factor * (int32_t)((double)SCORE_MAX * part);
    }
}

static bool counts_for_spread(const struct tally *x)
{
    return x->fit && !x->ignored;
}

/* How many values of the constraint's key occur: a missing label is the value "". */
static uint32_t values_of(const struct schedule *s, const struct view *v, uint32_t soft,
                          const struct tallies *t)
{
    int32_t empty = s->topos.items[v->soft[soft].topo].empty_value;
    uint32_t seen[GROUPS_MOST], count = 0;
    for (uint32_t i = 0; i < t->count; i++) {
        uint32_t x = digit_at(t->items[i].key, v->ranking->soft[soft]), k = 0;
        if (!counts_for_spread(&t->items[i]))
            continue;
        if (x == MISSING && empty >= 0)
            x = (uint32_t)empty;
        while (k < count && seen[k] != x)
            k++;
        seen[k] = x;
        count += k == count;
    }
    return count;
}

static int32_t spread_raw(const struct schedule *s, const struct view *v, const double *weight,
                          uint64_t key)
{
    double sum = 0;
    for (uint32_t i = 0; i < v->soft_count; i++) {
        const struct soft_spread *soft = &v->soft[i];
        uint32_t x = digit_at(key, v->ranking->soft[i]);
        if (x == MISSING)
            continue;
        int32_t count = soft->per_node
                            ? (int32_t)x - ZERO
                            : counter_count(&s->counters.items[soft->counter], (int32_t)x);
        sum += (double)count * weight[i] + (double)(soft->max_skew - 1);
    }
    return round_half_up(sum);
}

void ranking_score_spread(const struct schedule *s, const struct view *v, struct tallies *t)
{
    double weight[CONSTRAINTS_MOST];
    int32_t raw[GROUPS_MOST], min = INT32_MAX, max = 0;
    int32_t factor = (int32_t)plugin_weight(PLUGIN_POD_TOPOLOGY_SPREAD);
    uint32_t left = 0;
    for (uint32_t i = 0; i < t->count; i++) {
        for (uint32_t k = 0; v->soft_all_keys && k < v->soft_count; k++)
            t->items[i].ignored |= digit_at(t->items[i].key, v->ranking->soft[k]) == MISSING;
        left += counts_for_spread(&t->items[i]) ? (uint32_t)t->items[i].fit : 0;
    }
    for (uint32_t i = 0; i < v->soft_count; i++)
        weight[i] = spread_weight(v->soft[i].per_node ? left : values_of(s, v, i, t));
    for (uint32_t i = 0; i < t->count; i++) {
        if (!counts_for_spread(&t->items[i]))
            continue;
        raw[i] = spread_raw(s, v, weight, t->items[i].key);
        min = MIN(min, raw[i]);
        max = MAX(max, raw[i]);
    }
    for (uint32_t i = 0; i < t->count; i++)
        if (counts_for_spread(&t->items[i]))
            t->items[i].total +=
                factor * (max == 0 ? SCORE_MAX : SCORE_MAX * (max + min - raw[i]) / max);
}
