/* SPDX-License-Identifier: Apache-2.0
 *
 * Where something applies: paths and namespaces that are excluded, or the only ones.
 */
#ifndef RULES_SCOPE_H
#define RULES_SCOPE_H

#include "model/object.h"

/* Patterns: paths as glob_path(), namespaces as glob_name(). */
struct scope_list {
    struct str_list paths, namespaces;
};
struct scope {
    struct scope_list only; /* an empty list bounds nothing */
    struct scope_list exclude;
};
/* Whether s holds what lies in this file and namespace. What has no namespace (a Node), or no file,
 * is not bounded by patterns for it. */
bool scope_holds(const struct scope *s, struct str ns, struct str file);
/* Of the object, where there is one: its namespace (a Namespace's own name), and the file that a
 * finding of it would name. */
struct str scope_namespace(const struct object *o);
struct str scope_file(const struct object *o);

#endif
