/* SPDX-License-Identifier: Apache-2.0
 *
 * Reads a file or pipe that may be gzip, told by its first bytes. What unpacks to absurdly more than
 * itself, and text that ends in the middle, are errors.
 */
#ifndef SOURCE_PACKED_H
#define SOURCE_PACKED_H

#include <sys/types.h>

#include "base/err.h"

struct packed;
bool packed_is(struct str begun);
/* fd: the caller's; begun: what has been read of it, which must outlive the reader. */
struct packed *packed_new(int fd, struct str begun) MUST_USE RETURNS_NONNULL;
void packed_free(struct packed *p); /* NULL is fine */
/* Up to `most` bytes of the text, 0 at its end, or a negative errno with *e set. */
ssize_t packed_read(struct packed *p, char *to, size_t most, struct err *e);

#endif
