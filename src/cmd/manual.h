/* SPDX-License-Identifier: Apache-2.0
 *
 * What people read about a verb, made from its struct: --help, the man page, and the same as JSON
 * for tests and other tools.
 */
#ifndef CMD_MANUAL_H
#define CMD_MANUAL_H

#include "base/json_write.h"
#include "cmd/verb.h"

/* The list of verbs. */
void manual_add_usage(struct buf *b);
void manual_add_help(struct buf *b, const struct verb *v);
/* roff, section 1; v NULL: plimsoll(1) itself. */
void manual_add_man(struct buf *b, const struct verb *v);
/* kind VerbList: every verb with its options and examples. */
void manual_add_json(struct json_writer *w);

#endif
