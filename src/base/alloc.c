/* SPDX-License-Identifier: Apache-2.0
 *
 * The one allocation layer: malloc with a countdown for tests and a way back to a safe place.
 */
#include "base/alloc.h"

#include <setjmp.h>
#include <stdatomic.h>

struct guard {
    jmp_buf jump;
    struct guard *outer;
};

static _Thread_local struct guard *innermost;
static atomic_uint_fast64_t calls;
static atomic_uint_fast64_t fail_from; /* 0 = never */
static atomic_bool fail_sticky;

void mem_fail_at(uint64_t n, bool sticky)
{
    atomic_store(&fail_sticky, sticky);
    atomic_store(&fail_from, n ? atomic_load(&calls) + n : 0);
}

uint64_t mem_count(void)
{
    return atomic_load(&calls);
}

static bool must_fail(void)
{
    uint64_t nth = atomic_fetch_add_explicit(&calls, 1, memory_order_relaxed) + 1;
    uint64_t from = atomic_load_explicit(&fail_from, memory_order_relaxed);
    return from && (nth == from || (nth > from && atomic_load(&fail_sticky)));
}

void mem_out(void)
{
    if (!innermost) {
        fputs("plimsoll: out of memory\n", stderr);
        abort(); /* a caller forgot mem_protect: our bug */
    }
    longjmp(innermost->jump, 1);
}

int mem_protect(int (*fn)(void *), void *arg)
{
    struct guard g;
    g.outer = innermost;
    if (setjmp(g.jump)) {
        innermost = g.outer;
        return -ENOMEM;
    }
    innermost = &g;
    int r = fn(arg);
    innermost = g.outer;
    return r;
}

void *mem_alloc(size_t n)
{
    void *p = must_fail() ? NULL : malloc(n ? n : 1);
    if (!p)
        mem_out();
    return p;
}

void *mem_calloc(size_t n, size_t size)
{
    size_t total;
    if (__builtin_mul_overflow(n, size, &total))
        mem_out();
    void *p = must_fail() ? NULL : calloc(1, total ? total : 1);
    if (!p)
        mem_out();
    return p;
}

void *mem_realloc(void *p, size_t n)
{
    void *q = must_fail() ? NULL : realloc(p, n ? n : 1);
    if (!q)
        mem_out();
    return q;
}

void *mem_try_realloc(void *p, size_t n)
{
    return must_fail() ? NULL : realloc(p, n ? n : 1);
}

#ifdef PLIMSOLL_DEVELOPER
bool mem_refused(void)
{
    return must_fail();
}
#endif

void mem_free(void *p)
{
    free(p);
}
