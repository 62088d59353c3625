/* SPDX-License-Identifier: Apache-2.0
 *
 * The two ways to read YAML, directly and by libyaml's events, held against each other.
 */
#ifndef TESTS_DOC_EQUAL_H
#define TESTS_DOC_EQUAL_H

#include "base/doc.h"

/* Reads a text in both ways, once whole and once with values that nobody wants. NULL, or what differs
 * between them: values, positions, spans, duplicates, errors; *at is where, if it is in a tree. */
const char *doc_ways_differ(struct str text, struct pos *at);

#endif
