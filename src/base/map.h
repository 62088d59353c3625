/* SPDX-License-Identifier: Apache-2.0
 *
 * A hash map from string to pointer. Keys are not copied: they must outlive the map. The hash is
 * SipHash-1-3 with a seed drawn once per process, so hostile names cannot make it slow; nothing
 * printed may depend on its order, hence there is no iteration.
 */
#ifndef BASE_MAP_H
#define BASE_MAP_H

#include "base/arena.h"

struct map_slot {
    uint64_t hash;
    struct str key;
    void *value;
};
struct map {
    struct map_slot *slots;
    size_t count, cap;
};

void map_init(struct map *m);
void map_done(struct map *m);
/* Moves the map into an arena: it is not changed any more and needs no map_done. */
void map_freeze(struct map *m, struct arena *a);
/* The value, or NULL. */
void *map_get(const struct map *m, struct str key);
/* Sets key to value (not NULL). Returns the old value, or NULL. */
void *map_put(struct map *m, struct str key, void *value);
uint64_t str_hash(struct str s);
/* 128 bits (SipHash-1-3-128): equal hashes of different strings need not be expected. */
void str_hash128(struct str s, uint64_t ret[2]);

#endif
