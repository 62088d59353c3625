/* SPDX-License-Identifier: Apache-2.0
 *
 * Tells files that objects were read from, so that none of them is overwritten by mistake.
 */
#include <sys/stat.h>

#include "source/source.h"

/* Objects of one file follow each other: it is looked at once. */
struct search {
    struct arena *a;
    struct stat wanted;
    const struct source *last;
    bool found;
};

static void look_at(struct search *s, const struct object *o)
{
    struct stat st;
    if (!o->source || o->source == s->last)
        return;
    s->last = o->source;
    s->found = s->found || (stat(arena_str(s->a, o->source->name).p, &st) == 0 &&
                            st.st_ino == s->wanted.st_ino && st.st_dev == s->wanted.st_dev);
}

bool source_was_read(const struct cluster *c, struct str file, struct arena *a)
{
    struct search s = {.a = a};
    if (stat(arena_str(a, file).p, &s.wanted) < 0 || !S_ISREG(s.wanted.st_mode))
        return false;
#define X(type, list)                          \
    for (size_t i = 0; i < c->list.count; i++) \
        look_at(&s, &c->list.items[i]->o);
    CLUSTER_LISTS(X)
#undef X
    return s.found;
}
