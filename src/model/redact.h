/* SPDX-License-Identifier: Apache-2.0
 *
 * Stable pseudonyms for the names in a recording. Every word (a run of letters and digits) that is not
 * one of the well-known words (model/redact_words.c) becomes eight letters that are a keyed hash of
 * it: the same word everywhere, so owners, selectors, hosts and addresses still meet; without the key
 * nobody can try names out. Numbers up to five digits, versions and amounts stay.
 */
#ifndef MODEL_REDACT_H
#define MODEL_REDACT_H

#include "base/buf.h"
#include "base/map.h"
#include "base/sha256.h"

enum { REDACT_LETTERS = 8, REDACT_SLOTS = 4096, REDACT_LONGEST_CACHED = 48 };

struct redact {
    struct sha256 keyed; /* the key is in */
    struct map words, nodes;
    struct arena a;
    /* The words of late, so that memory does not grow with the names. */
    struct {
        uint8_t n;
        char word[REDACT_LONGEST_CACHED], alias[REDACT_LETTERS];
    } slots[REDACT_SLOTS];
};

/* more: words that stay besides the well-known ones; NULL ends the list. */
void redact_init(struct redact *r, struct str key, const char *const *more);
void redact_done(struct redact *r);
/* Before anything is replaced: the names of the nodes, in any order. The scheduler takes the first of
 * nodes that are equally good, so their pseudonyms must sort as the names do: "node-0042-k3x7qzab". */
void redact_nodes(struct redact *r, const struct str *names, size_t count);
/* Appends the text with its words replaced. */
void redact_add(struct redact *r, struct buf *out, struct str text);
/* Appends a number of more than five digits with others in their place; any other text as it is. */
void redact_add_number(struct redact *r, struct buf *out, struct str text);

/* The well-known words in small letters, blanks between them; and the parts of words by which rules know
 * them ("db" of "ordersdb"), which stay behind a pseudonym. NULL ends the list. */
extern const char redact_words[];
extern const char *const redact_parts[];

#endif
