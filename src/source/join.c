/* SPDX-License-Identifier: Apache-2.0
 *
 * Puts together what several threads read.
 */
#include "source/join.h"

#define APPEND(a, to, from)                                         \
    for (size_t append_i = 0; append_i < (from)->count; append_i++) \
    *PUSH((a), (to)) = (from)->items[append_i]

static void join_skipped(struct arena *a, struct cluster *to, const struct cluster *from)
{
    for (size_t i = 0; i < from->skipped.count; i++) {
        const struct skipped_kind *f = &from->skipped.items[i];
        struct skipped_kind *same = NULL;
        for (size_t j = 0; j < to->skipped.count && !same; j++)
            if (str_eq(to->skipped.items[j].kind, f->kind) &&
                str_eq(to->skipped.items[j].api_version, f->api_version))
                same = &to->skipped.items[j];
        if (same)
            same->count += f->count;
        else
            *PUSH(a, &to->skipped) = *f;
    }
}

void cluster_join(struct arena *a, struct cluster *to, const struct cluster *from)
{
#define X(type, list) APPEND(a, &to->list, &from->list);
    CLUSTER_LISTS(X)
#undef X
    APPEND(a, &to->problems, &from->problems);
    APPEND(a, &to->unlisted, &from->unlisted);
    to->unlisted_kinds |= from->unlisted_kinds;
    join_skipped(a, to, from);
    to->files += from->files;
    to->documents += from->documents;
    to->objects += from->objects;
}

/* ---- one over the other ---- */

static struct str identity(struct arena *a, const struct object *o)
{
    return arena_printf(a, "%d/" STR_FMT "/" STR_FMT, (int)o->kind, STR_ARG(o->ns),
                        STR_ARG(o->name));
}

/* As kubectl apply of a manifest without spec.replicas. */
static void keep_replicas(const struct workload *old, struct workload *new)
{
    enum kind kind = new->o.kind;
    bool scales = kind == KIND_DEPLOYMENT || kind == KIND_STATEFUL_SET ||
                  kind == KIND_REPLICA_SET || kind == KIND_REPLICATION_CONTROLLER;
    if (scales && !new->replicas.set)
        new->replicas = old->replicas;
}

static void replace_workloads(struct arena *a, const struct map *over, const struct cluster *under)
{
    for (size_t i = 0; i < under->workloads.count; i++) {
        const struct workload *old = under->workloads.items[i];
        struct workload *new = map_get(over, identity(a, &old->o));
        if (!new)
            continue;
        keep_replicas(old, new);
        new->was = old;
    }
}

static bool is_replaced(struct arena *a, const struct map *over, const struct object *o)
{
    return map_get(over, identity(a, o)) != NULL;
}

void cluster_overlay(struct arena *a, struct cluster *under, const struct cluster *over)
{
    struct arena scratch;
    CLEANUP(map_done) struct map names;
    map_init(&names);
    arena_init(&scratch);
#define X(type, list)                             \
    for (size_t i = 0; i < over->list.count; i++) \
        map_put(&names, identity(&scratch, &over->list.items[i]->o), over->list.items[i]);
    CLUSTER_LISTS(X)
#undef X
    replace_workloads(&scratch, &names, under);
#define X(type, list)                                                     \
    {                                                                     \
        size_t kept = 0;                                                  \
        for (size_t i = 0; i < under->list.count; i++)                    \
            if (!is_replaced(&scratch, &names, &under->list.items[i]->o)) \
                under->list.items[kept++] = under->list.items[i];         \
        under->objects -= under->list.count - kept;                       \
        under->list.count = kept;                                         \
    }
    CLUSTER_LISTS(X)
#undef X
    arena_done(&scratch);
    cluster_join(a, under, over);
}

void cluster_unreadable(struct arena *a, struct cluster *c, struct str file, struct pos at,
                        struct str message)
{
    struct problem *p = PUSH(a, &c->problems);
    *p = (struct problem){.type = PROBLEM_UNREADABLE, .file = file, .at = at, .message = message};
}

struct pos pos_of_err(const struct err *e)
{
    /* where is "file:line:column"; the numbers are its last two parts */
    struct str where = str_of(e->where);
    struct pos at = {0, 0};
    ptrdiff_t second = str_rfind_char(where, ':');
    ptrdiff_t first = second > 0 ? str_rfind_char(str_sub(where, 0, (size_t)second), ':') : -1;
    int64_t line, column;
    if (first > 0 && str_to_int64(str_sub(where, (size_t)first + 1, (size_t)second), &line) == 0 &&
        str_to_int64(str_sub(where, (size_t)second + 1, where.n), &column) == 0)
        at = (struct pos){(uint32_t)line, (uint32_t)column};
    return at;
}
