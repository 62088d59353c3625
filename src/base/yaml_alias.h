/* SPDX-License-Identifier: Apache-2.0
 *
 * Anchors, aliases and merge keys of one YAML document. While the document is read an alias shares
 * its anchor's children, so an alias bomb costs nothing; when the caps have been checked, each gets
 * copies of its own, marked as merged.
 */
#ifndef BASE_YAML_ALIAS_H
#define BASE_YAML_ALIAS_H

#include "base/doc_build.h"

struct yaml_anchor {
    struct doc node; /* a copy: the node itself may be overwritten by a duplicate key */
    int64_t nodes;   /* in it, aliases expanded */
    size_t height;   /* levels of containers in it */
    bool open;       /* its value has not ended yet */
};

struct yaml_aliases {
    struct map anchors; /* name -> struct yaml_anchor, of the arena */
    struct {
        struct yaml_share *items;
        size_t count, cap;
    } shares;
    int64_t grown;         /* nodes that aliases add */
    struct pos first_over; /* the alias that passed DOC_ALIAS_FREE */
};

/* n shows children that are another node's. */
struct yaml_share {
    struct doc *n;
    const struct doc *children;
};

void yaml_aliases_done(struct yaml_aliases *y);
/* Makes n, whose key and place are set, a copy of the anchored value. */
void yaml_alias_copy(struct yaml_aliases *y, struct arena *a, struct doc *n,
                     const struct yaml_anchor *anchor);
/* Puts the children of `source`, the map or list of maps that is the value of a merge key, into the
 * innermost open frame of b. As Kubernetes' decoder does it: in the order of the text, so what comes
 * later wins, be it a key or a merge; in a list the first map wins. -EINVAL: neither of the two. */
int yaml_merge(struct yaml_aliases *y, struct doc_builder *b, const struct doc *source) MUST_USE;
/* Gives each alias children of its own. */
void yaml_aliases_expand(struct yaml_aliases *y, struct arena *a);

#endif
