/* SPDX-License-Identifier: Apache-2.0
 *
 * Bump allocation in chunks that double up to 1 MiB; larger requests get a chunk of their own.
 */
#include "base/arena.h"

#include "base/alloc.h"

enum { FIRST_CHUNK = 4096, LARGEST_CHUNK = 1 << 20 };

struct arena_chunk {
    struct arena_chunk *older;
    size_t bytes; /* usable, after this header */
};

void arena_init(struct arena *a)
{
    *a = (struct arena){.chunk_bytes = FIRST_CHUNK};
}

void arena_done(struct arena *a)
{
    if (!a)
        return;
    for (struct arena_chunk *c = a->head, *older; c; c = older) {
        older = c->older;
        mem_free(c);
    }
    arena_init(a);
}

static char *chunk_text(struct arena_chunk *c)
{
    return (char *)(c + 1);
}

struct arena_mark arena_mark(const struct arena *a)
{
    return (struct arena_mark){a->head, a->next};
}

void arena_rewind(struct arena *a, struct arena_mark mark)
{
    struct arena_chunk *c = a->head;
    while (c != mark.head) {
        struct arena_chunk *older = c->older;
        a->total_bytes -= c->bytes;
        mem_free(c);
        c = older;
    }
    a->head = c;
    a->next = mark.next;
    a->end = c ? chunk_text(c) + c->bytes : NULL;
}

void arena_reset(struct arena *a)
{
    struct arena_chunk *oldest = a->head;
    while (oldest && oldest->older)
        oldest = oldest->older;
    if (oldest)
        arena_rewind(a, (struct arena_mark){oldest, chunk_text(oldest)});
}

void arena_absorb(struct arena *dst, struct arena *src)
{
    if (!src->head)
        return;
    if (!dst->head) {
        *dst = *src;
    } else {
        /* Below dst's current chunk, which goes on being filled. */
        struct arena_chunk *oldest = src->head;
        while (oldest->older)
            oldest = oldest->older;
        oldest->older = dst->head->older;
        dst->head->older = src->head;
        dst->total_bytes += src->total_bytes;
    }
    arena_init(src);
}

static void add_chunk(struct arena *a, size_t need)
{
    size_t bytes = MAX(a->chunk_bytes ? a->chunk_bytes : FIRST_CHUNK, need);
    if (bytes > SIZE_MAX - sizeof(struct arena_chunk))
        mem_out();
    struct arena_chunk *c = mem_alloc(sizeof(*c) + bytes);
    c->older = a->head;
    c->bytes = bytes;
    a->head = c;
    a->next = chunk_text(c);
    a->end = a->next + bytes;
    a->total_bytes += bytes;
    if (a->chunk_bytes < LARGEST_CHUNK)
        a->chunk_bytes = MAX(a->chunk_bytes, (size_t)FIRST_CHUNK) * 2;
}

char *arena_text(struct arena *a, size_t n)
{
    if (!a->next || (size_t)(a->end - a->next) < n)
        add_chunk(a, n);
    char *p = a->next;
    a->next += n;
    return p;
}

void *arena_alloc(struct arena *a, size_t n)
{
    size_t pad = -(uintptr_t)a->next & 7U;
    if (!a->next || (size_t)(a->end - a->next) < pad || (size_t)(a->end - a->next) - pad < n) {
        add_chunk(a, n);
        pad = 0;
    }
    char *p = a->next + pad;
    a->next = p + n;
    return memset(p, 0, n);
}

void *arena_alloc_array(struct arena *a, size_t count, size_t size)
{
    size_t n;
    if (__builtin_mul_overflow(count, size, &n))
        mem_out();
    return arena_alloc(a, n);
}

void *arena_grow(struct arena *a, void *items, size_t count, size_t *cap, size_t size)
{
    size_t more = *cap ? *cap * 2 : 4;
    void *p = arena_alloc_array(a, more, size);
    if (count)
        memcpy(p, items, count * size);
    *cap = more;
    return p;
}

struct str arena_str(struct arena *a, struct str s)
{
    char *p = arena_text(a, s.n + 1);
    if (s.n)
        memcpy(p, s.p, s.n);
    p[s.n] = '\0';
    return (struct str){p, s.n};
}

struct str arena_printf(struct arena *a, const char *fmt, ...)
{
    va_list va, again;
    va_start(va, fmt);
    va_copy(again, va);
    size_t room = a->next ? (size_t)(a->end - a->next) : 0;
    int n = vsnprintf(a->next, room, fmt, va);
    va_end(va);
    size_t len = n > 0 ? (size_t)n : 0;
    char *p = arena_text(a, len + 1);
    if (len >= room)
        vsnprintf(p, len + 1, fmt, again);
    va_end(again);
    return (struct str){p, len};
}
