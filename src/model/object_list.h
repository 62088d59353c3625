/* SPDX-License-Identifier: Apache-2.0
 *
 * The objects of a List one by one as it arrives, none of them kept: a list of any size in the memory of
 * its largest items.
 */
#ifndef MODEL_OBJECT_LIST_H
#define MODEL_OBJECT_LIST_H

#include <sys/types.h>

#include "base/doc.h"

struct each_object {
    const struct doc *object; /* gone after the call */
    /* Its own, else what its list says; absent: neither does. */
    struct str api_version, kind;
};
/* A negative result ends it and is returned. */
typedef int each_fn(void *ctx, const struct each_object *o, struct err *e);

struct each_input {
    struct str name;              /* for errors */
    struct str begun;             /* what has been read of it */
    struct str api_version, kind; /* of the objects, where neither they nor the list says so */
    /* Up to `most` bytes, 0 at the end, or a negative errno with *e set. */
    ssize_t (*read)(void *ctx, char *to, size_t most, struct err *e);
    void *ctx;
};
/* What the list itself says, in the caller's arena; empty where it says nothing. */
struct list_head {
    struct str kind, next /* metadata.continue */, resource_version;
};
/* A JSON list or object of any size, read to its end. */
int object_list_each(const struct each_input *in, each_fn *fn, void *ctx, struct arena *a,
                     struct list_head *ret, struct err *e) MUST_USE;
/* Any documents (in->begun, whole in memory); one that cannot be read is handed to `bad`, and what
 * follows it is read. */
int documents_each(const struct each_input *in, each_fn *fn,
                   void (*bad)(void *ctx, const struct err *e), void *ctx, struct err *e) MUST_USE;

#endif
