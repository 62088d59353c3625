/* SPDX-License-Identifier: Apache-2.0
 *
 * The YAML reader behind doc_read() (base/doc.h): documents are read directly where they are written
 * plainly (base/yaml_direct.h), else libyaml's events, one parser per document, are made into a tree.
 * Text is UTF-8 without a byte order mark.
 */
#ifndef BASE_YAML_READ_H
#define BASE_YAML_READ_H

#include "base/doc.h"

struct yaml_stream;
/* Reads r's text, or what it is in UTF-8, from the byte `from` on. */
struct yaml_stream *yaml_stream_new(const struct doc_reader *r, struct str text, size_t from);
/* Both as doc_read() and doc_reader_resync(). */
int yaml_stream_read(struct yaml_stream *y, struct arena *a, struct doc_root *ret,
                     struct err *e) MUST_USE;
int yaml_stream_resync(struct yaml_stream *y);
/* NULL is fine. Also after memory ran out in the middle of a document. */
void yaml_stream_free(struct yaml_stream *y);

#endif
