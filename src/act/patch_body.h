/* SPDX-License-Identifier: Apache-2.0
 *
 * From edits to the body of a PATCH request. No I/O.
 */
#ifndef ACT_PATCH_BODY_H
#define ACT_PATCH_BODY_H

#include "model/edit.h"

enum patch_type {
    PATCH_APPLY,     /* server-side apply: exactly the fields that are set, and whose they are */
    PATCH_STRATEGIC, /* strategic merge patch: list elements by their merge keys */
    PATCH_JSON,      /* RFC 6902; indices are guarded by tests of the elements' names */
};
/* "application/json-patch+json". */
const char *patch_content_type(enum patch_type t);
/* Appends the body that makes the edits (EDIT_SET, EDIT_REMOVE; all of one object) of the object as the
 * server has it. -EINVAL: a path that the object has not, a list whose elements have no merge key, a
 * removal by apply (which only gives up what one owns). An edit that is made already is left out of
 * a JSON patch: "[]" then; later edits see what the earlier made. -EFBIG: larger than out takes. */
int patch_body_make(enum patch_type type, const struct doc *live, const struct edit *edits,
                    size_t count, struct buf *out, struct err *e) MUST_USE;

#endif
