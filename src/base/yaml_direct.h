/* SPDX-License-Identifier: Apache-2.0
 *
 * YAML as nearly all manifests are written, read without libyaml: block maps and sequences, plain,
 * quoted and block scalars, small flow collections, comments. A document with anything else in it,
 * or with an error, is refused as a whole and left to libyaml, so that this reader need know no
 * error. What it does read is, to the last byte span, what libyaml's events are made into
 * (tests/differential/yaml_ways.c).
 */
#ifndef BASE_YAML_DIRECT_H
#define BASE_YAML_DIRECT_H

#include "base/doc_build.h"
#include "base/yaml_cut.h"

/* Reads the document of a chunk into b, which has just been initialised. `unwanted` as in struct
 * doc_reader. False: refused; what b has of it is worth nothing. */
bool yaml_direct_read(const struct yaml_chunk *chunk, struct doc_builder *b,
                      bool (*unwanted)(const struct doc *root, struct str key)) MUST_USE;

#endif
