/* SPDX-License-Identifier: Apache-2.0
 *
 * Writing to file descriptors.
 */
#ifndef BASE_FD_H
#define BASE_FD_H

#include "base/str.h"

/* All of text, however many calls that takes; interrupted ones are made again. 0 or negative errno. */
int fd_write_all(int fd, struct str text) MUST_USE;

#endif
