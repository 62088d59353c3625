/* SPDX-License-Identifier: Apache-2.0
 *
 * The same documents in other clothes: block, flow, JSON, Lists, streams, other line breaks.
 */
#ifndef TESTS_FIX_FORMS_H
#define TESTS_FIX_FORMS_H

#include "base/doc.h"

struct documents {
    struct doc_root *items;
    size_t count, cap;
};
/* Reads all documents; false if one cannot be read. */
bool documents_read(struct str text, struct arena *a, struct documents *ret);

struct form {
    const char *name;
    /* The text in this form; absent if it has none there. */
    struct str (*make)(struct str text, const struct documents *d, struct arena *a);
};
extern const struct form forms[];
extern const size_t form_count;

#endif
