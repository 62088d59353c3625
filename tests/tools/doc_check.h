/* SPDX-License-Identifier: Apache-2.0
 *
 * What base/doc.h promises of every tree, for tests and fuzz targets.
 */
#ifndef TESTS_DOC_CHECK_H
#define TESTS_DOC_CHECK_H

#include "base/doc.h"

/* NULL, or what is wrong with the tree read from `text`. Adds its values to *nodes. */
const char *doc_check(const struct doc_root *root, struct str text, size_t *nodes);

#endif
