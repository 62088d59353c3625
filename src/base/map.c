/* SPDX-License-Identifier: Apache-2.0
 *
 * Open addressing with linear probing, load at most 3/4, SipHash-1-3.
 */
#include "base/map.h"

#include <pthread.h>
#include <sys/random.h>

#include "base/alloc.h"

static uint64_t seed[2];
static pthread_once_t seed_once = PTHREAD_ONCE_INIT;

static void draw_seed(void)
{
    if (getrandom(seed, sizeof(seed), GRND_NONBLOCK) != (ssize_t)sizeof(seed)) {
        seed[0] = (uint64_t)time(NULL) * UINT64_C(0x9e3779b97f4a7c15);
        seed[1] = (uint64_t)(uintptr_t)&seed;
    }
}

static uint64_t rotl(uint64_t x, int b)
{
    return (x << b) | (x >> (64 - b));
}

static void sip_round(uint64_t v[4])
{
    v[0] += v[1];
    v[1] = rotl(v[1], 13) ^ v[0];
    v[0] = rotl(v[0], 32);
    v[2] += v[3];
    v[3] = rotl(v[3], 16) ^ v[2];
    v[0] += v[3];
    v[3] = rotl(v[3], 21) ^ v[0];
    v[2] += v[1];
    v[1] = rotl(v[1], 17) ^ v[2];
    v[2] = rotl(v[2], 32);
}

/* The state after all of s, before finalisation. */
static void sip_absorb(uint64_t v[4], struct str s)
{
    const unsigned char *p = (const unsigned char *)s.p;
    size_t left = s.n;
    for (; left >= 8; left -= 8, p += 8) {
        uint64_t m;
        memcpy(&m, p, 8);
        v[3] ^= m;
        sip_round(v);
        v[0] ^= m;
    }
    uint64_t last = (uint64_t)s.n << 56;
    for (size_t i = 0; i < left; i++)
        last |= (uint64_t)p[i] << (8 * i);
    v[3] ^= last;
    sip_round(v);
    v[0] ^= last;
}

static void sip_init(uint64_t v[4])
{
    pthread_once(&seed_once, draw_seed);
    v[0] = seed[0] ^ UINT64_C(0x736f6d6570736575);
    v[1] = seed[1] ^ UINT64_C(0x646f72616e646f6d);
    v[2] = seed[0] ^ UINT64_C(0x6c7967656e657261);
    v[3] = seed[1] ^ UINT64_C(0x7465646279746573);
}

static uint64_t sip_finish(uint64_t v[4])
{
    for (int i = 0; i < 3; i++)
        sip_round(v);
    return v[0] ^ v[1] ^ v[2] ^ v[3];
}

uint64_t str_hash(struct str s)
{
    uint64_t v[4];
    sip_init(v);
    sip_absorb(v, s);
    v[2] ^= 0xff;
    return sip_finish(v);
}

void str_hash128(struct str s, uint64_t ret[2])
{
    uint64_t v[4];
    sip_init(v);
    v[1] ^= 0xee;
    sip_absorb(v, s);
    v[2] ^= 0xee;
    ret[0] = sip_finish(v);
    v[1] ^= 0xdd;
    ret[1] = sip_finish(v);
}

void map_init(struct map *m)
{
    *m = (struct map){0};
}

void map_done(struct map *m)
{
    if (!m)
        return;
    mem_free(m->slots);
    map_init(m);
}

void map_freeze(struct map *m, struct arena *a)
{
    struct map_slot *slots = arena_array(a, struct map_slot, m->cap);
    if (m->cap)
        memcpy(slots, m->slots, m->cap * sizeof(*slots));
    mem_free(m->slots);
    m->slots = slots;
}

static struct map_slot *find_slot(const struct map *m, uint64_t hash, struct str key)
{
    size_t mask = m->cap - 1;
    for (size_t i = hash & mask;; i = (i + 1) & mask) {
        struct map_slot *s = &m->slots[i];
        if (!s->value || (s->hash == hash && str_eq(s->key, key)))
            return s;
    }
}

void *map_get(const struct map *m, struct str key)
{
    return m->cap ? find_slot(m, str_hash(key), key)->value : NULL;
}

static void grow(struct map *m)
{
    struct map bigger = {.cap = m->cap ? m->cap * 2 : 16, .count = m->count};
    bigger.slots = mem_calloc(bigger.cap, sizeof(*bigger.slots));
    for (size_t i = 0; i < m->cap; i++)
        if (m->slots[i].value)
            *find_slot(&bigger, m->slots[i].hash, m->slots[i].key) = m->slots[i];
    mem_free(m->slots);
    *m = bigger;
}

void *map_put(struct map *m, struct str key, void *value)
{
    if ((m->count + 1) * 4 > m->cap * 3)
        grow(m);
    uint64_t hash = str_hash(key);
    struct map_slot *s = find_slot(m, hash, key);
    void *old = s->value;
    m->count += !old;
    *s = (struct map_slot){hash, key, value};
    return old;
}
