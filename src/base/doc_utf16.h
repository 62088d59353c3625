/* SPDX-License-Identifier: Apache-2.0
 *
 * UTF-16 input: the readers get it as UTF-8, and the trees they build are put back on the bytes of
 * the original.
 */
#ifndef BASE_DOC_UTF16_H
#define BASE_DOC_UTF16_H

#include "base/doc.h"

struct utf16_mark {
    size_t utf8, original; /* offsets of one character */
};
struct utf16 {
    char *text; /* the same as UTF-8 */
    size_t n;
    struct utf16_mark *marks; /* the first character in each MARK_EVERY bytes of text */
    const unsigned char *original;
    size_t original_n;
    bool big_endian;
};

/* Whether s begins with the byte order mark of UTF-16. */
bool utf16_has_mark(struct str s);
/* Converts s behind its mark. Halves of surrogate pairs and a last odd byte are -EINVAL, with
 * *ret_bad the byte of the original. Free with utf16_done(), also after an error. */
int utf16_init(struct utf16 *u, struct str s, size_t *ret_bad) MUST_USE;
void utf16_done(struct utf16 *u);
/* Makes spans and strings of a tree that was read from u->text independent of it. */
void utf16_relocate(const struct utf16 *u, struct arena *a, struct doc_root *root);

#endif
