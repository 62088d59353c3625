/* SPDX-License-Identifier: Apache-2.0
 *
 * The one representation of a fix: a field of an object is set or removed. Renderers turn it into a
 * change of the bytes of a file (here), and later into server-side apply, JSON patch or a change of
 * the model.
 */
#ifndef MODEL_EDIT_H
#define MODEL_EDIT_H

#include "base/buf.h"
#include "model/object.h"

enum edit_op { EDIT_SET, EDIT_REMOVE };

struct edit {
    const struct object *object;
    enum edit_op op;
    struct str path;  /* "spec.template.spec.containers[0].resources.limits.memory" */
    struct str value; /* EDIT_SET: one scalar in JSON syntax: "512Mi" with its quotes, 3, true */
};

/* Finds the object's document in a text that was read again: the document, or the List item, that
 * begins at object->start. NULL if the text has changed since. */
const struct doc *edit_find_object(const struct doc *root, const struct object *o);

/* The node at a path below n, or NULL; *ret_last is the deepest node that is there and *ret_rest
 * what of the path is missing below it (either may be NULL). -EINVAL: not a path. */
int edit_walk(const struct doc *n, struct str path, const struct doc **ret_found,
              const struct doc **ret_last, struct str *ret_rest) MUST_USE;

/* A change of bytes: [start, end) becomes text. */
struct splice {
    size_t start, end;
    struct str text;
};
/* How to make the edit in the text that object's tree was read from: only bytes that it needs
 * change, comments and layout stay. Missing maps on the way are made in the style around them (block
 * or flow). Returns 1 (a splice), 0 (nothing to do: the value is there already, or nothing to
 * remove), -EINVAL (the path meets something that is no map, or a list element that is not there, or
 * text that came in by an alias). */
int edit_splice(const struct edit *edit, const struct doc *object, struct str text, struct arena *a,
                struct splice *ret, struct err *e) MUST_USE;
/* Appends text with the splices made; they must not overlap. Sorts them. */
void splices_apply(struct str text, struct splice *splices, size_t count, struct buf *out);

#endif
