/* SPDX-License-Identifier: Apache-2.0
 *
 * What is still to happen: a binary heap by time, then by the order in which it was planned.
 */
#include "analysis/simulate/internal.h"

static bool before(const struct todo *a, const struct todo *b)
{
    return a->at_ms != b->at_ms ? a->at_ms < b->at_ms : a->order < b->order;
}

void todo_push(struct arena *a, struct todo_queue *q, struct todo t)
{
    (void)PUSH(a, q);
    t.order = q->next_order++;
    size_t i = q->count - 1;
    for (; i > 0 && before(&t, &q->items[(i - 1) / 2]); i = (i - 1) / 2)
        q->items[i] = q->items[(i - 1) / 2];
    q->items[i] = t;
}

bool todo_pop(struct todo_queue *q, struct todo *ret)
{
    if (q->count == 0)
        return false;
    *ret = q->items[0];
    struct todo last = q->items[--q->count];
    size_t i = 0;
    for (;;) {
        size_t child = 2 * i + 1;
        if (child >= q->count)
            break;
        if (child + 1 < q->count && before(&q->items[child + 1], &q->items[child]))
            child++;
        if (!before(&q->items[child], &last))
            break;
        q->items[i] = q->items[child];
        i = child;
    }
    if (q->count)
        q->items[i] = last;
    return true;
}
