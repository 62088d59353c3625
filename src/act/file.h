/* SPDX-License-Identifier: Apache-2.0
 *
 * Reads a file that is to be changed, and replaces it in one step: whoever looks sees the old text
 * or the new one, and a failure leaves the old one.
 */
#ifndef ACT_FILE_H
#define ACT_FILE_H

#include <sys/stat.h>

#include "base/arena.h"
#include "base/err.h"

struct act_file {
    struct str name;   /* as given */
    struct str target; /* without symbolic links */
    struct str text;
    struct stat st; /* when it was read */
    int unwritable; /* 0, or the errno for which it may be read but not replaced */
};

/* Reads a regular file whole; symbolic links are followed. Refused (-EPERM): a file that is no
 * regular one, that has other hard links (replacing it would part them). One that may not be written
 * is read: only replacing it fails. */
int act_file_read(struct str name, size_t max_bytes, struct arena *a, struct act_file *ret,
                  struct err *e) MUST_USE;
/* Gives the file a new text: a new file beside it, flushed to the disk, with its mode, owner and
 * extended attributes, takes its name. -EBUSY if somebody changed the file since it was read, -EPERM
 * if its owner cannot be kept. */
int act_file_replace(const struct act_file *f, struct str text, struct err *e) MUST_USE;
/* Makes a file that must not be there yet: -EEXIST. */
int act_file_create(struct str name, struct str text, struct err *e) MUST_USE;

#endif
