/* SPDX-License-Identifier: Apache-2.0
 *
 * Unpacks gzip (RFC 1952) as it arrives: packed bytes in, pieces of at most GUNZIP_PIECE out. A text
 * that unpacks to absurdly more than itself is refused.
 */
#ifndef BASE_GUNZIP_H
#define BASE_GUNZIP_H

#include "base/err.h"

enum {
    GUNZIP_PIECE = 64 << 10,
    /* The API server packs with level 1, lists of pods to 1/20; deflate's end is 1/1032. */
    GUNZIP_RATIO = 250,
    GUNZIP_FREE = 16 << 20, /* bytes out for which the ratio does not matter */
};

struct gunzip;
struct gunzip *gunzip_new(void) MUST_USE RETURNS_NONNULL;
void gunzip_free(struct gunzip *g); /* NULL is fine */
/* The next packed bytes; only when gunzip_take() has returned 0. They must live until it does again. */
void gunzip_give(struct gunzip *g, struct str packed);
/* 1: *ret is the next piece, valid until the next call. 0: more packed bytes are needed. -EBADMSG: this
 * is no gzip, or a bomb. */
int gunzip_take(struct gunzip *g, struct str *ret, struct err *e) MUST_USE;
/* Whether the text given so far is whole. */
bool gunzip_is_complete(const struct gunzip *g);

#endif
