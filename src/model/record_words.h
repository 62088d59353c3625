/* SPDX-License-Identifier: Apache-2.0
 *
 * What a recording keeps of command lines and environments: memory flags, the options that rules read,
 * and the names of other options. Private to model/record*.c.
 */
#ifndef MODEL_RECORD_WORDS_H
#define MODEL_RECORD_WORDS_H

#include "base/buf.h"
#include "base/doc.h"
#include "model/record_command.h"

/* Of one list of words: a container's command or args, or the command of a probe or hook. */
struct record_words {
    const struct doc *container;   /* NULL: of a probe or hook */
    struct record_command command; /* of a probe or hook; without .replace its words stay */
    bool whole, probed, of_mysql, of_login;
    const struct doc *before; /* the word before */
};
void record_words_init(struct record_words *w, const struct doc *container,
                       const struct doc *words);
/* Appends what stays of the next word: often nothing. */
void record_words_add(struct record_words *w, struct buf *out, const struct doc *word);

/* Appends what stays of a variable's value; false: nothing of the variable does. */
bool record_env(struct buf *out, const struct doc *container, const struct doc *variable);
/* The path of a probe, without what parameters such as "token" are. */
void record_path(struct buf *out, struct str path);

#endif
