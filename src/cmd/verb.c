/* SPDX-License-Identifier: Apache-2.0
 *
 * The verb table.
 */
#include "cmd/verb.h"

#include <stdio.h>

#include "base/buf.h"
#include "cmd/verb_table.h"

#define VERB(name) extern const struct verb verb_##name;
VERB_TABLE
#undef VERB

#define VERB(name) &verb_##name,
const struct verb *const verb_table[] = {VERB_TABLE};
#undef VERB
const size_t verb_count = ARRAY_LEN(verb_table);

const struct verb *verb_find(struct str name)
{
    for (size_t i = 0; i < verb_count; i++)
        if (str_is(name, verb_table[i]->name))
            return verb_table[i];
    return NULL;
}

int verb_unknown(struct str name, struct err *e)
{
    struct option_guess g;
    option_guess_init(&g, name);
    for (size_t i = 0; i < verb_count; i++)
        if (!verb_table[i]->hidden)
            option_guess_try(&g, str_of(verb_table[i]->name));
    if (g.best.p)
        return err_set(e, EINVAL, "there is no verb \"" STR_FMT "\"; did you mean \"" STR_FMT "\"?",
                       STR_ARG(name), STR_ARG(g.best));
    return err_set(e, EINVAL, "there is no verb \"" STR_FMT "\"; \"plimsoll help\" lists them",
                   STR_ARG(name));
}

void verb_say(const struct buf *b)
{
    if (b->n) /* b->p is NULL where there never was any */
        fwrite(b->p, 1, b->n, stderr);
}
