/* SPDX-License-Identifier: Apache-2.0
 *
 * A bump allocator: everything that a one-shot verb builds lives in one arena and goes with it.
 * Not thread safe: one arena per thread.
 */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include "base/str.h"

struct arena_chunk;
struct arena {
    struct arena_chunk *head;
    char *next, *end;
    size_t chunk_bytes; /* size of the next chunk; grows to 1 MiB */
    size_t total_bytes; /* held from the system */
};

void arena_init(struct arena *a);
/* Frees everything; the arena can be used again. NULL is fine. */
void arena_done(struct arena *a);
/* Forgets everything but keeps the first chunk: for a scratch arena in a loop. */
void arena_reset(struct arena *a);

/* Where the arena stands, and back to there: what came in between is forgotten. */
struct arena_mark {
    struct arena_chunk *head;
    char *next;
};
struct arena_mark arena_mark(const struct arena *a) MUST_USE;
void arena_rewind(struct arena *a, struct arena_mark mark);

/* Hands everything in src to dst: it lives as long as dst does. src is empty afterwards. */
void arena_absorb(struct arena *dst, struct arena *src);

/* n zeroed bytes, aligned to 8. */
void *arena_alloc(struct arena *a, size_t n) MUST_USE RETURNS_NONNULL;
/* n bytes, not zeroed, not aligned: for text. */
char *arena_text(struct arena *a, size_t n) MUST_USE RETURNS_NONNULL;
/* A copy of s; the bytes are followed by a NUL that is not counted. */
struct str arena_str(struct arena *a, struct str s);
/* Formatted text in the arena, NUL after it. */
struct str arena_printf(struct arena *a, const char *fmt, ...) PRINTF_LIKE(2, 3);

#define arena_new(a, type)          ((type *)arena_alloc((a), sizeof(type)))
#define arena_array(a, type, count) ((type *)arena_alloc_array((a), (count), sizeof(type)))
void *arena_alloc_array(struct arena *a, size_t count, size_t size) MUST_USE RETURNS_NONNULL;

/* Grows an array of the arena: returns room for at least count + 1 elements of size bytes, copying
 * the old ones; *cap is updated. */
void *arena_grow(struct arena *a, void *items, size_t count, size_t *cap, size_t size) MUST_USE;

/* Appends to {type *items; size_t count, cap;}: PUSH(arena, &vec) is the new zeroed element. */
#define PUSH(a, v)                                                                              \
    (((v)->count < (v)->cap ? (void)0                                                           \
                            : (void)((v)->items = arena_grow((a), (v)->items, (v)->count,       \
                                                             &(v)->cap, sizeof(*(v)->items)))), \
     &(v)->items[(v)->count++])

#endif
