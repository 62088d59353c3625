/* SPDX-License-Identifier: Apache-2.0
 *
 * Makes edits in a text and proves the result: the new text is read again, and it must be worth
 * exactly what the edits make of the old one. What does not stand this proof is not done. No I/O.
 */
#ifndef ACT_REWRITE_H
#define ACT_REWRITE_H

#include "model/edit.h"

/* Edits that belong together: all of them are made or none. They are of one object. */
struct rewrite_group {
    const struct edit *edits;
    size_t count;
    /* Results. */
    bool done;
    struct str reason; /* why not */
};

/* A larger text is a recording, not a manifest. */
#define REWRITE_MAX_BYTES ((size_t)64 << 20)

struct rewrite {
    struct str name, text; /* what the objects of the edits were read from */
    struct rewrite_group *groups;
    size_t count;
    struct str result; /* the new text; text itself when no group is done */
};
/* Makes what can be made; the others get their reason. Everything new is in a. */
void rewrite_text(struct rewrite *r, struct arena *a);

#endif
