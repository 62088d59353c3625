/* SPDX-License-Identifier: Apache-2.0
 *
 * Status of PodDisruptionBudgets, as the disruption controller computes it: percentages round up
 * on both sides, and only pods of controllers with a scale make up the total of a percentage.
 */
#include "model/pdb_status.h"

#include "base/text.h"

__extension__ typedef __int128 i128;

#define DELETION_TIMEOUT_MS (2 * 60 * INT64_C(1000))

int int_or_percent(const struct int_or_str *v, int64_t total, int64_t *ret)
{
    int64_t percent;
    if (v->type == IOS_INT) {
        *ret = v->i;
        return 0;
    }
    if (v->type != IOS_STRING || !str_ends(v->s, "%") ||
        str_to_int64(str_sub(v->s, 0, v->s.n - 1), &percent))
        return -EINVAL;
    i128 n = (i128)percent * total;
    n = n > 0 ? (n + 99) / 100 : n / 100;
    *ret = n > INT64_MAX ? INT64_MAX : n < -INT64_MAX ? -INT64_MAX : (int64_t)n;
    return 0;
}

static int selector_check(const struct label_selector *s, struct err *e)
{
    for (size_t i = 0; i < s->expressions.count; i++)
        if (s->expressions.items[i].op == SEL_INVALID)
            return err_set(e, EINVAL, "the selector has an operator that is none");
    return 0;
}

/* Desired and expected for a total of pods (`pods`: all that match; `scale`: what controllers
 * want), as getExpectedPodCount. */
static int expect(const struct pdb *p, int64_t pods, int64_t scale, struct pdb_status *ret,
                  struct err *e)
{
    int64_t n = 0;
    if (p->max_unavailable.type != IOS_ABSENT) {
        if (int_or_percent(&p->max_unavailable, scale, &n))
            return err_set(e, EINVAL,
                           "maxUnavailable \"%.*s\" is neither a number nor a percentage",
                           STR_ARG(p->max_unavailable.s));
        ret->expected_pods = scale;
        ret->desired_healthy = MAX(scale - n, 0);
    } else if (p->min_available.type != IOS_ABSENT) {
        ret->expected_pods = p->min_available.type == IOS_INT ? pods : scale;
        if (int_or_percent(&p->min_available, scale, &n))
            return err_set(e, EINVAL, "minAvailable \"%.*s\" is neither a number nor a percentage",
                           STR_ARG(p->min_available.s));
        ret->desired_healthy = n;
    }
    return 0;
}

static void allow(struct pdb_status *s)
{
    int64_t spare = s->current_healthy - s->desired_healthy;
    s->disruptions_allowed = s->expected_pods > 0 && spare > 0 ? spare : 0;
}

static bool is_disrupted(const struct pdb_input *in, const struct pdb_pod *pod)
{
    const struct label *l = labels_find(&in->pdb->status.disrupted_pods, pod->name);
    int64_t since_ms;
    return l && !text_parse_time(l->value, &since_ms) &&
           since_ms + DELETION_TIMEOUT_MS > in->now_ms;
}

/* The sum of the scales of the controllers, each once. */
static int total_scale(const struct pdb_input *in, int64_t *ret, struct err *e)
{
    int64_t sum = 0;
    struct arena a;
    arena_init(&a);
    struct map seen;
    map_init(&seen);
    int r = 0;
    for (size_t i = 0; i < in->count && !r; i++) {
        const struct pdb_pod *pod = &in->pods[i];
        if (!pod->controller)
            continue;
        struct str key = arena_printf(&a, "%p", pod->controller);
        if (map_put(&seen, key, &a))
            continue;
        if (pod->scale < 0)
            r = err_set(e, EINVAL, "the controller of pod %.*s has no scale", STR_ARG(pod->name));
        else
            sum += MIN(pod->scale, INT64_MAX - sum);
    }
    map_done(&seen);
    arena_done(&a);
    if (!r)
        *ret = sum;
    return r;
}

int pdb_compute(const struct pdb_input *in, struct pdb_status *ret, struct err *e)
{
    struct pdb_status s = {0};
    const struct pdb *p = in->pdb;
    int64_t scale = 0;
    bool by_count = p->max_unavailable.type == IOS_ABSENT && p->min_available.type == IOS_INT;
    if (selector_check(&p->selector, e) || (!by_count && total_scale(in, &scale, e)) ||
        expect(p, (int64_t)in->count, scale, &s, e))
        return -EINVAL;
    for (size_t i = 0; i < in->count; i++)
        s.current_healthy +=
            in->pods[i].ready && !in->pods[i].deleting && !is_disrupted(in, &in->pods[i]);
    allow(&s);
    *ret = s;
    return 0;
}

int pdb_compute_replicas(const struct pdb *p, int64_t replicas, int64_t ready,
                         struct pdb_status *ret, struct err *e)
{
    struct pdb_status s = {.current_healthy = ready};
    if (selector_check(&p->selector, e) || expect(p, replicas, replicas, &s, e))
        return -EINVAL;
    allow(&s);
    *ret = s;
    return 0;
}
