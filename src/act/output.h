/* SPDX-License-Identifier: Apache-2.0
 *
 * A large file that is written piece by piece and appears whole or not at all: it has no name until it is
 * complete and on the disk. gzip by its name.
 */
#ifndef ACT_OUTPUT_H
#define ACT_OUTPUT_H

#include "base/err.h"

struct act_output;
/* name absent: standard output. A name that ends in ".gz" is compressed; something that is no regular
 * file (a pipe, /dev/null) is written as it comes. The file will be its owner's alone (0600). */
int act_output_open(struct str name, struct act_output **ret, struct err *e) MUST_USE;
int act_output_write(struct act_output *o, struct str text, struct err *e) MUST_USE;
/* Puts the file in its place and frees o, also after an error. */
int act_output_commit(struct act_output *o, struct err *e) MUST_USE;
/* Leaves what was there before and frees o; NULL is fine. */
void act_output_abandon(struct act_output *o);

#endif
