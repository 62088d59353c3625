/* SPDX-License-Identifier: Apache-2.0
 *
 * Standard input that can be read twice: for verbs that give it back changed.
 */
#ifndef SOURCE_STANDARD_INPUT_H
#define SOURCE_STANDARD_INPUT_H

#include "base/arena.h"
#include "base/err.h"

/* Reads standard input to its end and keeps it: whoever reads it from now on gets it from the
 * beginning. *ret is the text, absent when it is larger than max_bytes. */
int standard_input_keep(size_t max_bytes, struct arena *a, struct str *ret, struct err *e) MUST_USE;
/* Standard input can be read again after lseek() to its beginning: a pipe is copied into a file without
 * a name in $TMPDIR or /tmp, whatever its size. */
int standard_input_spool(struct err *e) MUST_USE;
/* Standard input is this text from now on. */
int standard_input_put(struct str text, struct err *e) MUST_USE;

#endif
