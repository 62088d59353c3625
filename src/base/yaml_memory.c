/* SPDX-License-Identifier: Apache-2.0
 *
 * The memory of libyaml. A scalar costs libyaml six allocations, and glibc's malloc takes an eighth
 * of the time of reading YAML. libyaml calls its yaml_malloc() and its like through the dynamic
 * linker, so the definitions here, in the program, take their place: free lists by size, one set per
 * thread. It also brings libyaml under the failures that base/alloc.h can inject.
 *
 * Not used in a static link, where libyaml's own definitions come with the rest of it, nor in
 * builds with a sanitizer, which must see each block.
 */
#include "base/yaml_memory.h"

#include "base/alloc.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define __SANITIZE_ADDRESS__ 1
#endif
#endif

#if !defined(PLIMSOLL_STATIC) && !defined(__SANITIZE_ADDRESS__)

#include <stdalign.h>
#include <threads.h>

enum {
    SMALLEST_SHIFT = 6, /* strings begin at 16 bytes and double: most stay in their block */
    LARGEST_SHIFT = 16, /* libyaml's input buffer, 48 KiB; what is larger comes from malloc */
    CLASSES = LARGEST_SHIFT - SMALLEST_SHIFT + 1,
    CHUNK_BYTES = 112 << 10,
    KEPT_CHUNKS = 8, /* by a thread that reads no YAML at the moment */
};

/* In front of every block; the block is aligned as malloc's are. */
struct header {
    alignas(max_align_t) union {
        struct header *next_free;
        size_t bytes; /* LARGE: that were asked for */
    };
    unsigned class;
};
enum { LARGE = CLASSES };

struct chunk {
    alignas(max_align_t) struct chunk *older;
};

struct pool {
    struct header *free[CLASSES];
    char *next, *end; /* of the newest chunk, not yet handed out */
    struct chunk *chunks;
    size_t chunk_count, used_blocks;
};

static _Thread_local struct pool pool;
static tss_t at_thread_end;
static once_flag once = ONCE_FLAG_INIT;

void *yaml_malloc(size_t n) __attribute__((visibility("default")));
void *yaml_realloc(void *p, size_t n) __attribute__((visibility("default")));
void yaml_free(void *p) __attribute__((visibility("default")));
char *yaml_strdup(const char *s) __attribute__((visibility("default")));

static void drop_chunks(void *arg)
{
    struct pool *p = arg;
    for (struct chunk *c = p->chunks, *older; c; c = older) {
        older = c->older;
        mem_free(c);
    }
    *p = (struct pool){0};
}

static void make_key(void)
{
    if (tss_create(&at_thread_end, drop_chunks) != thrd_success)
        abort();
}

void yaml_memory_begin(void)
{
    call_once(&once, make_key);
    if (tss_set(at_thread_end, &pool) != thrd_success)
        mem_out();
}

static bool add_chunk(struct pool *p)
{
    struct chunk *c = mem_try_realloc(NULL, sizeof(*c) + CHUNK_BYTES);
    if (!c)
        return false;
    c->older = p->chunks;
    p->chunks = c;
    p->chunk_count++;
    p->next = (char *)(c + 1);
    p->end = p->next + CHUNK_BYTES;
    return true;
}

static void *large_block(struct header *old, size_t n)
{
    if (n > SIZE_MAX - sizeof(struct header))
        return NULL;
    struct header *h = mem_try_realloc(old, sizeof(*h) + n);
    if (!h)
        return NULL;
    h->bytes = n;
    h->class = LARGE;
    return h + 1;
}

static unsigned class_of(size_t n)
{
    if (n <= (size_t)1 << SMALLEST_SHIFT)
        return 0;
    return 64 - (unsigned)__builtin_clzll((unsigned long long)n - 1) - SMALLEST_SHIFT;
}

static size_t class_bytes(unsigned class)
{
    return (size_t)1 << (class + SMALLEST_SHIFT);
}

void *yaml_malloc(size_t n)
{
    struct pool *p = &pool;
    unsigned class = class_of(n);
    if (class >= CLASSES)
        return large_block(NULL, n);
    if (mem_refused())
        return NULL;
    struct header *h = p->free[class];
    if (h) {
        p->free[class] = h->next_free;
    } else {
        size_t need = sizeof(*h) + class_bytes(class);
        if ((size_t)(p->end - p->next) < need && !add_chunk(p))
            return NULL;
        h = (struct header *)(void *)p->next;
        p->next += need;
        h->class = class;
    }
    p->used_blocks++;
    return h + 1;
}

void yaml_free(void *block)
{
    if (!block)
        return;
    struct pool *p = &pool;
    struct header *h = (struct header *)block - 1;
    if (h->class == LARGE) {
        mem_free(h);
        return;
    }
    h->next_free = p->free[h->class];
    p->free[h->class] = h;
    if (--p->used_blocks == 0 && p->chunk_count > KEPT_CHUNKS)
        drop_chunks(p);
}

void *yaml_realloc(void *block, size_t n)
{
    if (!block)
        return yaml_malloc(n);
    struct header *h = (struct header *)block - 1;
    if (h->class == LARGE)
        return large_block(h, n);
    size_t had = class_bytes(h->class);
    if (n <= had)
        return block;
    void *more = yaml_malloc(n);
    if (!more)
        return NULL;
    memcpy(more, block, had);
    yaml_free(block);
    return more;
}

char *yaml_strdup(const char *s)
{
    size_t n = s ? strlen(s) + 1 : 0;
    char *copy = s ? yaml_malloc(n) : NULL;
    return copy ? memcpy(copy, s, n) : NULL;
}

#else

void yaml_memory_begin(void)
{
}

#endif
