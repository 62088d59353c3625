/* SPDX-License-Identifier: Apache-2.0
 *
 * The objects of files one by one, in the order of the input and without keeping any of them: for what
 * goes through a whole world and builds no model of it.
 */
#ifndef SOURCE_EACH_H
#define SOURCE_EACH_H

#include "model/object_list.h"

struct source_options;
/* All objects of files, folders and standard input. What cannot be read is handed to `bad`, once for
 * each file or document; the rest is read. */
int source_each(const struct source_options *o, each_fn *fn,
                void (*bad)(void *ctx, const struct err *e), void *ctx, struct err *e) MUST_USE;

#endif
