/* SPDX-License-Identifier: Apache-2.0
 *
 * The one allocation layer. Allocation never returns NULL: when memory is out, control goes back
 * to the innermost mem_protect() of the calling thread, which returns -ENOMEM. main.c protects the
 * whole verb (exit 70), a worker thread its job, a daemon each request. Between the two, memory is
 * owned by arenas or freed by the process' end, so nothing has to be unwound by hand.
 *
 * Tests make the n-th allocation fail with mem_fail_at() or, in developer builds, with the
 * environment variable PLIMSOLL_FAIL_ALLOC=N (once) or N+ (that one and all later ones);
 * PLIMSOLL_COUNT_ALLOC=FILE gets the number of allocations of the run (tests/alloc/sweep.py).
 */
#ifndef BASE_ALLOC_H
#define BASE_ALLOC_H

#include "base/defs.h"

/* n bytes, not initialised; n = 0 gives a unique pointer. Aligned for any type. */
void *mem_alloc(size_t n) MUST_USE RETURNS_NONNULL;
/* n * size bytes, zeroed; overflow of the product counts as out of memory. */
void *mem_calloc(size_t n, size_t size) MUST_USE RETURNS_NONNULL;
/* As realloc; p may be NULL. p stays valid when it does not return. */
void *mem_realloc(void *p, size_t n) MUST_USE RETURNS_NONNULL;
/* p may be NULL. */
void mem_free(void *p);

/* Runs fn(arg). Returns its result, or -ENOMEM if an allocation failed inside (also in functions
 * it calls, but not in other threads). Calls nest. */
int mem_protect(int (*fn)(void *), void *arg) MUST_USE;

/* For what a library calls, which control must not jump over: as mem_realloc, but NULL when memory is
 * out. */
void *mem_try_realloc(void *p, size_t n) MUST_USE;
/* For an allocator that hands out parts of larger blocks: in developer builds a part counts as an
 * allocation, and true says that it must fail. */
#ifdef PLIMSOLL_DEVELOPER
bool mem_refused(void) MUST_USE;
#else
static inline bool mem_refused(void)
{
    return false;
}
#endif

/* Gives up as if an allocation had failed (for a size that cannot be represented). */
void mem_out(void) NORETURN;

/* The n-th allocation from now (1 = next; counted over all threads) fails; sticky: so do all later
 * ones. 0 switches off. */
void mem_fail_at(uint64_t n, bool sticky);
/* Allocations so far in this process. */
uint64_t mem_count(void);

#endif
