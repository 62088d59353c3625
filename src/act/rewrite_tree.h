/* SPDX-License-Identifier: Apache-2.0
 *
 * A text as its documents and objects, and the proof that one text is worth another with edits made.
 */
#ifndef ACT_REWRITE_TREE_H
#define ACT_REWRITE_TREE_H

#include "act/rewrite.h"

/* A document and, of a List, its items. */
struct rewrite_doc {
    struct doc_root root;
    struct doc **items;
    size_t item_count;
};
struct rewrite_docs {
    struct rewrite_doc *items;
    size_t count, cap;
    bool dashes; /* a line of the text begins with "---" */
};
/* Where an object is: the number of its document and, in a List, of its item (else -1). */
struct rewrite_site {
    size_t document;
    ptrdiff_t item;
};

/* Reads all documents. 0 or a negative errno. */
int rewrite_read(struct str name, struct str text, struct arena *a, struct rewrite_docs *ret,
                 struct err *e) MUST_USE;
/* Finds the object that was read from the same text. 0 or -ENOENT. */
int rewrite_find(const struct rewrite_docs *d, const struct object *o,
                 struct rewrite_site *ret) MUST_USE;
/* Whether an object that is added makes a List of the text: it is one object in JSON, and no List. */
bool rewrite_is_lone_json(const struct rewrite_docs *d, struct str text);
/* Makes that List of the tree: its only item is then {0, 0}. */
int rewrite_make_list(struct rewrite_docs *d, struct arena *a) MUST_USE;
struct doc *rewrite_object(const struct rewrite_docs *d, struct rewrite_site s);

/* Makes the edits of a group in the trees of d. Added objects go to *added. */
struct rewrite_added {
    struct {
        struct rewrite_site site;
        struct doc *object;
    } * items;
    size_t count, cap;
};
int rewrite_expect(struct rewrite_docs *d, struct rewrite_site s, const struct rewrite_group *g,
                   struct arena *a, struct rewrite_added *added) MUST_USE;
/* Whether `found` is what is expected. When not, *path says where it first differs, and *ret_shared
 * whether the bytes there stand for several values (an alias). */
bool rewrite_proves(const struct rewrite_docs *expected, const struct rewrite_added *added,
                    const struct rewrite_docs *found, struct buf *path, bool *ret_shared);

#endif
