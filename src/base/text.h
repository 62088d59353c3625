/* SPDX-License-Identifier: Apache-2.0
 *
 * Text for people: hostile names made harmless, amounts and times made readable.
 */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include "base/buf.h"

/* Decodes one code point of UTF-8 (shortest form, no surrogates). Returns its length 1..4 and sets
 * *ret, or 0 if s does not begin with valid UTF-8. */
size_t utf8_decode(struct str s, uint32_t *ret);
/* Appends a code point (<= 0x10ffff). */
void utf8_add(struct buf *b, uint32_t code);
/* Columns that s takes on a terminal, one per code point (wide scripts count 1). */
size_t text_width(struct str s);

/* Appends s so that no byte of it can steer a terminal or a log: control characters (C0, DEL, C1),
 * bidirectional and zero-width controls, line separators and bytes that are no UTF-8 are written as
 * \xNN or \u{NNNN}. A line feed or tab becomes \n, \t. */
void text_add_clean(struct buf *b, struct str s);

/* "1536Mi" -> "1.5Gi": bytes with a binary suffix and at most 3 significant digits; exact multiples
 * are exact. */
void text_add_bytes(struct buf *b, int64_t bytes);
/* "250m" or "1.5". */
void text_add_milli(struct buf *b, int64_t milli);
/* 1234567 -> "1,234,567". */
void text_add_count(struct buf *b, int64_t n);
/* RFC 3339 in UTC: "2026-11-21T13:00:00Z". */
void text_add_time(struct buf *b, int64_t unix_ms);
/* RFC 3339 with optional fraction and zone -> Unix milliseconds. 0 or -EINVAL. */
int text_parse_time(struct str s, int64_t *ret_ms) MUST_USE;
/* Go's time.ParseDuration ("5m0s", "1.5h", "300ms") -> milliseconds. 0 or -EINVAL. */
int text_parse_duration(struct str s, int64_t *ret_ms) MUST_USE;

#endif
