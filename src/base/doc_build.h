/* SPDX-License-Identifier: Apache-2.0
 *
 * What the JSON and the YAML reader share: a tree grows node by node, and a key that comes twice
 * replaces the first and is noted. Only the readers include this.
 */
#ifndef BASE_DOC_BUILD_H
#define BASE_DOC_BUILD_H

#include "base/doc.h"
#include "base/map.h"

/* An open map or sequence. */
struct doc_frame {
    struct doc *node;
    struct doc *last;  /* its last child so far */
    uint64_t seen;     /* a bit for each key so far: a key whose bit is not set is new */
    struct map by_key; /* used from DOC_HASHED_KEYS children on */
};

struct doc_builder {
    struct arena *arena;
    struct doc_root *root;
    size_t duplicate_cap;
    int64_t nodes;
    size_t depth;        /* open frames */
    struct str unwanted; /* a map key whose value is read over (JSON); absent: none */
    struct doc_frame frames[DOC_MAX_DEPTH]; /* not initialised: 9 KiB for each file would show */
};

/* Below this, comparing with every key is cheaper than hashing. */
enum { DOC_HASHED_KEYS = 24 };

/* A key and where it stands; the key of a sequence's element is absent. */
struct doc_key {
    struct str text;
    struct pos at;
    size_t start;
};

/* `root` gets the tree and the duplicates. */
void doc_build_init(struct doc_builder *b, struct arena *a, struct doc_root *root);
/* Frees what is not in the arena. */
void doc_build_done(struct doc_builder *b);

/* A new node in the innermost open frame, or the root. Key, its position and first byte count in a
 * map only (single arguments, so that they stay in registers: this is the hot path); a node of that
 * key that is there already is overwritten in its place and noted as a duplicate, unless it came in
 * by a merge key. */
struct doc *doc_build_add(struct doc_builder *b, struct str key, struct pos key_at,
                          size_t key_start);
/* The child of the innermost frame, a map, with this key, or NULL. */
struct doc *doc_build_find(struct doc_builder *b, struct str key);
/* Opens n, the node added last, or one that belongs to no frame. The caller has checked the depth. */
void doc_build_open(struct doc_builder *b, struct doc *n);
void doc_build_close(struct doc_builder *b);

#endif
