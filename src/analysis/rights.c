/* SPDX-License-Identifier: Apache-2.0
 *
 * From rights to verbs.
 */
#include "analysis/rights.h"

#include "model/cluster.h"

bool rights_misses(const struct right *r, unsigned uses)
{
    return !r->absent && !r->allowed && (r->resource->uses & uses);
}

static bool makes_pods(enum kind k)
{
    return k == KIND_POD || k == KIND_DEPLOYMENT || k == KIND_STATEFUL_SET ||
           k == KIND_DAEMON_SET || k == KIND_REPLICA_SET || k == KIND_REPLICATION_CONTROLLER ||
           k == KIND_JOB || k == KIND_CRON_JOB;
}

enum rights_answer rights_answer(const struct rights *r, unsigned use)
{
    bool all = true, any_pods = false;
    for (size_t i = 0; i < r->count; i++) {
        const struct right *x = &r->items[i];
        if (!(x->resource->uses & use))
            continue;
        any_pods = any_pods || (x->allowed && makes_pods(x->resource->kind));
        if (!rights_misses(x, use))
            continue;
        if (x->resource->needed & use)
            return RIGHTS_NO;
        all = false;
    }
    return !any_pods ? RIGHTS_NO : all ? RIGHTS_YES : RIGHTS_PARTLY;
}
