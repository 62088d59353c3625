/* SPDX-License-Identifier: Apache-2.0
 *
 * Writes JSON, indented by two spaces, or the same as block YAML. Commas, quotes and escapes are
 * its business; the caller says what comes. Text that is no UTF-8 is written with U+FFFD in place
 * of each bad byte, so the output always parses.
 */
#ifndef BASE_JSON_WRITE_H
#define BASE_JSON_WRITE_H

#include "base/buf.h"

enum json_style { JSON_INDENTED, JSON_COMPACT, JSON_AS_YAML };
enum { JSON_WRITE_DEPTH = 32 };

struct json_writer {
    struct buf *out;
    enum json_style style;
    int depth;
    struct {
        bool is_map, has_items, dash_open;
    } level[JSON_WRITE_DEPTH];
    bool after_key;
};

void json_writer_init(struct json_writer *w, struct buf *out, enum json_style style);
/* Ends the output with a line feed. */
void json_writer_end(struct json_writer *w);

/* Containers; inside a map each value is preceded by json_key. */
void json_map(struct json_writer *w);
void json_map_end(struct json_writer *w);
void json_seq(struct json_writer *w);
void json_seq_end(struct json_writer *w);
void json_key(struct json_writer *w, const char *key);
void json_key_str(struct json_writer *w, struct str key);

void json_null(struct json_writer *w);
void json_bool(struct json_writer *w, bool v);
void json_int(struct json_writer *w, int64_t v);
/* Finite numbers; at most 17 significant digits, the fewest that read back the same. */
void json_double(struct json_writer *w, double v);
/* A number as it was read: digits and whatever else JSON allows. */
void json_number(struct json_writer *w, struct str text);
/* A string; absent (p == NULL) is null. */
void json_str(struct json_writer *w, struct str s);

/* key and value in one call. */
void json_add_str(struct json_writer *w, const char *key, struct str v);
void json_add_cstr(struct json_writer *w, const char *key, const char *v); /* NULL is null */
void json_add_int(struct json_writer *w, const char *key, int64_t v);
void json_add_bool(struct json_writer *w, const char *key, bool v);
void json_add_double(struct json_writer *w, const char *key, double v);
void json_add_null(struct json_writer *w, const char *key);

/* The quoted and escaped form of s alone. */
void json_add_quoted(struct buf *b, struct str s);

#endif
