/* SPDX-License-Identifier: Apache-2.0
 *
 * Base64 of RFC 4648 with padding, as Go's base64.StdEncoding reads it: line breaks are skipped.
 */
#ifndef BASE_BASE64_H
#define BASE_BASE64_H

#include "base/arena.h"
#include "base/buf.h"

/* Decodes s as text: each byte of the result that is no UTF-8 becomes U+FFFD. 0 or -EINVAL. */
int base64_decode_text(struct arena *a, struct str s, struct str *ret) MUST_USE;
/* Appends the base64 form of s. */
void base64_add(struct buf *b, struct str s);

#endif
