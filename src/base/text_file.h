/* SPDX-License-Identifier: Apache-2.0
 *
 * Reads a file that is written by hand or by us (configuration, baseline) as one text.
 */
#ifndef BASE_TEXT_FILE_H
#define BASE_TEXT_FILE_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

/* The text lives in a. -ENOENT when there is no such file; -EFBIG beyond most_bytes. */
int text_file_read(struct arena *a, struct str path, size_t most_bytes, struct str *ret,
                   struct err *e) MUST_USE;

#endif
