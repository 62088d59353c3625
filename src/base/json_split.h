/* SPDX-License-Identifier: Apache-2.0
 *
 * Cuts a huge JSON list into whole items while it arrives, so that it never has to be in memory at
 * once and several threads can parse it. Finds boundaries by quotes and brackets only: what stands
 * between them is checked by whoever parses the pieces.
 */
#ifndef BASE_JSON_SPLIT_H
#define BASE_JSON_SPLIT_H

#include "base/buf.h"
#include "base/err.h"

struct json_split {
    struct buf header; /* the top-level object with an empty `items`: valid JSON if the input is */
    enum { SPLIT_HEADER, SPLIT_ITEMS, SPLIT_TRAILER } phase;
    /* where the scan stands */
    uint32_t depth;
    bool in_string, escaped;
    bool is_key, key_matches; /* the string at depth 1 that is being, or was last, read */
    size_t key_len;
    bool item_open, item_wanted; /* in an item; a comma came and no item since */
    size_t items;
};

/* max_header_bytes: a larger header (an object that is no list) overflows `header`. */
void json_split_init(struct json_split *s, size_t max_header_bytes);
void json_split_done(struct json_split *s);

/* Scans text, which follows what was scanned before. Returns how many bytes are used up, and in
 * *ret_items the part of these bytes that is whole items with commas between them (maybe none).
 * Bytes that are not used up (the beginning of an item) must be given again, with more behind them;
 * nothing of them is remembered. `text` should grow when nothing is used up. */
size_t json_split_feed(struct json_split *s, struct str text, struct str *ret_items);
/* At the end of the input, with what is left over. 0 or -EINVAL with the reason in e->msg. Then
 * s->header is to be parsed. */
int json_split_end(struct json_split *s, struct str rest, struct err *e) MUST_USE;

#endif
