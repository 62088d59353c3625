/* SPDX-License-Identifier: Apache-2.0
 *
 * A counter of jobs that threads draw from.
 */
#include "source/parallel.h"

#include <pthread.h>
#include <stdatomic.h>

#include "base/alloc.h"

enum { MOST_THREADS = 16 };

struct pool {
    int (*job)(void *ctx, size_t i);
    void *ctx;
    size_t count;
    atomic_size_t next;
    atomic_int result;
};

static int work(void *arg)
{
    struct pool *p = arg;
    int r = 0;
    while (r == 0 && atomic_load(&p->result) == 0) {
        size_t i = atomic_fetch_add(&p->next, 1);
        if (i >= p->count)
            break;
        r = p->job(p->ctx, i);
    }
    return r;
}

static void *run(void *arg)
{
    struct pool *p = arg;
    int none = 0;
    int r = mem_protect(work, p);
    if (r < 0)
        atomic_compare_exchange_strong(&p->result, &none, r);
    return NULL;
}

int parallel_run(int (*job)(void *ctx, size_t i), void *ctx, size_t count, unsigned threads)
{
    struct pool p = {.job = job, .ctx = ctx, .count = count};
    pthread_t ids[MOST_THREADS];
    unsigned started = 0;
    for (size_t i = 1; i < MIN(MIN((size_t)threads, count), (size_t)MOST_THREADS); i++) {
        if (pthread_create(&ids[started], NULL, run, &p) != 0)
            break;
        started++;
    }
    run(&p);
    for (unsigned i = 0; i < started; i++)
        pthread_join(ids[i], NULL);
    return atomic_load(&p.result);
}
