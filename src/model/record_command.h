/* SPDX-License-Identifier: Apache-2.0
 *
 * What a recording with names keeps of the commands of probes and hooks: programs, options, hosts and
 * variables, for rules ask which machine a probe depends on. Every word that is none of the well-known
 * ones becomes eight letters, for a password may stand anywhere. Private to model/record*.c.
 */
#ifndef MODEL_RECORD_COMMAND_H
#define MODEL_RECORD_COMMAND_H

#include "base/doc.h"
#include "model/redact.h"

struct record_command {
    struct redact *replace;      /* the letters: others in each run, the same within one */
    const struct doc *container; /* whose probe or hook it is: its variables; NULL: it has none */
    /* Of what stood before in the list: */
    bool names_host; /* an option that a host follows */
    bool asks_host;  /* a program whose arguments are hosts */
};
/* "--name": small letters, digits and dashes. */
bool record_is_option(struct str s);
/* Appends what stays of a part: what stands between blanks. */
void record_command_add(struct record_command *c, struct buf *out, struct str part);

#endif
