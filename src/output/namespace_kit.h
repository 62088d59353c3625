/* SPDX-License-Identifier: Apache-2.0
 *
 * Writes a namespace's kit as manifests, with comments that say where each number is from.
 */
#ifndef OUTPUT_NAMESPACE_KIT_H
#define OUTPUT_NAMESPACE_KIT_H

#include "analysis/namespace_kit.h"
#include "base/buf.h"

/* Whether there is anything to write. */
bool namespace_kit_has_objects(const struct namespace_kit *k);
/* Appends YAML documents. Names that the namespace has already are avoided. */
void namespace_kit_render(const struct namespace_kit *k, const struct cluster *c, struct arena *a,
                          struct buf *b);

#endif
