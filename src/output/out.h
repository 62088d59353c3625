/* SPDX-License-Identifier: Apache-2.0
 *
 * Where rendered text goes: standard output, or files that appear whole or not at all.
 */
#ifndef OUTPUT_OUT_H
#define OUTPUT_OUT_H

#include "base/buf.h"
#include "base/options.h"

/* No output of ours comes near it: 150,000 pods as JSON are about 200 MiB. */
#define OUT_MAX_BYTES ((size_t)4 << 30)

struct out_format {
    int word;         /* index in the words of the verb's -o */
    bool colour;      /* the text goes to a terminal that wants colour */
    unsigned columns; /* width of the terminal; 0 = no terminal, no bound */
};

/* Appends the results in a format. */
typedef void out_render_fn(const void *results, const struct out_format *f, struct buf *b);

/* Whether stderr is a terminal where a line can be drawn again; fills *ret but for the word. */
bool out_stderr_redraws(struct out_format *ret);

/* Renders and writes every output in its order. */
int out_write_all(const struct option_outputs *outputs, out_render_fn *render, const void *results,
                  struct err *e) MUST_USE;

/* Writes text to a file (absent = standard output). A regular file is replaced as a whole, by
 * rename; what is no regular file (a pipe, /dev/null) is written to. -EPIPE when the reader of
 * standard output has gone. */
int out_write(struct str file, struct str text, struct err *e) MUST_USE;

#endif
