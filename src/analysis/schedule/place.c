/* SPDX-License-Identifier: Apache-2.0
 *
 * The decision of schedule_explain without its detail.
 */
#include "analysis/schedule/internal.h"

int32_t schedule_place(struct schedule *s, uint32_t pod)
{
    struct arena a;
    struct verdict v;
    arena_init(&a);
    schedule_explain(s, pod, &a, &v);
    int32_t node = v.best_count ? (int32_t)v.best[0] : NO_NODE;
    arena_done(&a);
    return node;
}
