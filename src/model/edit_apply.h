/* SPDX-License-Identifier: Apache-2.0
 *
 * An edit as a change of the model: the same tables that decode a manifest say which member of which
 * struct its path names. The bytes of a file are changed by model/edit.h.
 */
#ifndef MODEL_EDIT_APPLY_H
#define MODEL_EDIT_APPLY_H

#include "model/cluster.h"
#include "model/edit.h"

/* Makes the edit in *object, a copy (as struct assignment makes it) of the struct of edit's kind.
 * What the copy shares with the original (lists, pointers) is copied on the way; the original does
 * not change. Not EDIT_ADD. -EINVAL: the path names nothing that the model keeps, or a list element
 * that is not there, or the value is not of its type. */
int edit_apply(struct arena *a, const struct edit *edit, void *object, struct err *e) MUST_USE;

/* The same at a path below a pod spec ("containers[0].resources.limits.memory"). */
int edit_apply_pod_spec(struct arena *a, const struct edit *edit, struct str path,
                        struct pod_spec *spec, struct err *e) MUST_USE;

#endif
