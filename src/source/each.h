/* SPDX-License-Identifier: Apache-2.0
 *
 * Objects one by one, in the order of the input and without keeping any of them: for what goes through
 * a whole world and builds no model of it.
 */
#ifndef SOURCE_EACH_H
#define SOURCE_EACH_H

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
/* A JSON list or object of any size, read to its end in the memory of its largest items. ret_continue
 * (may be NULL): metadata.continue, in a; empty: there is none. */
int each_json(const struct each_input *in, each_fn *fn, void *ctx, struct arena *a,
              struct str *ret_continue, struct err *e) MUST_USE;
/* Any documents that are in memory whole; a document that cannot be read is handed to `bad`, and what
 * follows it is read. */
int each_document(const struct each_input *in, each_fn *fn,
                  void (*bad)(void *ctx, const struct err *e), void *ctx, struct err *e) MUST_USE;

struct source_options;
/* All objects of files, folders and standard input. What cannot be read is handed to `bad`, once for
 * each file or document; the rest is read. */
int source_each(const struct source_options *o, each_fn *fn,
                void (*bad)(void *ctx, const struct err *e), void *ctx, struct err *e) MUST_USE;

#endif
