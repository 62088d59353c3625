/* SPDX-License-Identifier: Apache-2.0
 *
 * The difference of two texts as a unified diff, as patch and git apply read it.
 */
#ifndef BASE_DIFF_H
#define BASE_DIFF_H

#include "base/buf.h"

struct diff {
    struct str name;     /* of the file; a leading "/" or "./" is dropped */
    struct str old, new; /* old absent: the file is new */
    bool for_terminal;   /* what is in the texts may not steer a terminal (text_add_clean) */
};
/* Appends the diff with three lines of context, for patch -p1 and git apply; nothing when the texts
 * are equal. Lines that moved by more than a thousand are shown as replaced. */
void diff_add(struct buf *b, const struct diff *d);

#endif
