/* SPDX-License-Identifier: Apache-2.0
 *
 * Reads JSON lists of any size in little memory: cut into items while they arrive (from a file, a
 * pipe, a server), parsed by several threads, in the order of the input.
 */
#ifndef SOURCE_BULK_H
#define SOURCE_BULK_H

#include <sys/types.h>

#include "base/buf.h"
#include "model/cluster.h"

/* Lists that belong together, such as the pages of one: values that come again in any of them are
 * kept once. */
struct bulk;
struct bulk_input {
    struct str begun; /* what has been read of it */
    /* Up to `most` bytes, 0 at the end, or a negative errno with *e set. */
    ssize_t (*read)(void *ctx, char *to, size_t most, struct err *e);
    void *ctx;
};
struct bulk_page {
    struct str kind; /* "PodList"; in the arena */
    struct str next; /* metadata.continue; empty or absent: the last page */
    struct pos at;   /* with an error: where */
};

/* threads: that parse, the caller's included. keep: the caller's, for all that is decoded. */
struct bulk *bulk_new(const struct source *source, unsigned threads, struct arena *keep);
/* Takes one list (or object) to its end. 0, or a negative errno with *e set: what it could not read,
 * or why this is no JSON; items that came before stay. */
int bulk_add(struct bulk *b, const struct bulk_input *in, struct bulk_page *ret,
             struct err *e) MUST_USE;
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
    struct str begun; /* what has been read of it */
    unsigned threads;
};
/* Adds what the text holds to c; an error in it is a PROBLEM_UNREADABLE. 0 or -ENOMEM. */
int bulk_read(const struct bulk_file *in, struct arena *keep, struct cluster *c) MUST_USE;

#endif
