/* SPDX-License-Identifier: Apache-2.0
 *
 * Reads JSON lists of any size in little memory: cut into items while they arrive (from a file or a
 * pipe), parsed by several threads, in the order of the input.
 */
#ifndef SOURCE_BULK_H
#define SOURCE_BULK_H

#include "base/buf.h"
#include "model/cluster.h"

struct bulk_input {
    int fd;
    const struct source *source;
    struct str begun; /* what has been read of it */
    unsigned threads;
};
/* Adds what the text holds to c; an error in it is a PROBLEM_UNREADABLE. 0 or -ENOMEM. */
int bulk_read(const struct bulk_input *in, struct arena *keep, struct cluster *c) MUST_USE;

#endif
