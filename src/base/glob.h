/* SPDX-License-Identifier: Apache-2.0
 *
 * Patterns for paths and names, as people know them from .gitignore.
 */
#ifndef BASE_GLOB_H
#define BASE_GLOB_H

#include "base/str.h"

/* '*' is any text, '?' any one byte; everything else is itself. */
bool glob_name(struct str pattern, struct str name);
/* Whether the path, or a folder that it lies in, matches. In the pattern '*' and '?' stop at '/', and a
 * part that is "**" is any number of folders. A pattern without '/' (but at its end) matches a part
 * at any depth, one with '/' the path from its beginning. A leading "./" counts in neither. */
bool glob_path(struct str pattern, struct str path);

#endif
