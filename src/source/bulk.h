/* SPDX-License-Identifier: Apache-2.0
 *
 * Reads JSON lists of any size in little memory: cut into items while they arrive (from a file, a
 * pipe, a server), parsed by several threads, in the order of the input.
 */
#ifndef SOURCE_BULK_H
#define SOURCE_BULK_H

#include "base/buf.h"
#include "model/cluster.h"

/* Lists that belong together, such as the pages of one: values that come again in any of them are
 * kept once. */
struct bulk;
struct bulk_page {
    struct str kind; /* "PodList"; in the arena */
    struct str next; /* metadata.continue; empty or absent: the last page */
    struct pos at;   /* with an error: where */
};

/* threads: that parse, the caller's included. keep: the caller's, for all that is decoded. */
struct bulk *bulk_new(const struct source *source, unsigned threads, struct arena *keep);
/* One list (or object): bulk_begin(), its text in pieces, then bulk_finish() or bulk_abandon(). 0 or
 * -ENOMEM; allocation may also unwind. */
int bulk_begin(struct bulk *b) MUST_USE;
int bulk_feed(struct bulk *b, struct str text) MUST_USE;
/* The same without a copy: where to put the next bytes, and how many are there now. */
int bulk_room(struct bulk *b, char **ret, size_t *ret_bytes) MUST_USE;
void bulk_filled(struct bulk *b, size_t bytes);
/* 0, or a negative errno with *e set: why this is no JSON; items that came before stay. */
int bulk_finish(struct bulk *b, struct bulk_page *ret, struct err *e) MUST_USE;
void bulk_abandon(struct bulk *b);
/* What was added after bulk_mark() is forgotten: a list that has to be read anew. */
size_t bulk_mark(const struct bulk *b);
void bulk_forget(struct bulk *b, size_t mark);
/* Waits for what is being parsed, adds it to c (NULL: nobody wants it) and frees b. What is wrong
 * inside of an item is a PROBLEM_UNREADABLE of c. 0 or -ENOMEM. */
int bulk_end(struct bulk *b, struct cluster *c) MUST_USE;

/* ---- a file ---- */

struct bulk_file {
    int fd;
    const struct source *source;
    struct str begun;      /* what has been read of it */
    struct packed *packed; /* the rest comes from here, not from fd; NULL: it does not */
    unsigned threads;
};
/* Adds what the text holds to c; an error in it is a PROBLEM_UNREADABLE. 0 or -ENOMEM. */
int bulk_read(const struct bulk_file *in, struct arena *keep, struct cluster *c) MUST_USE;

#endif
