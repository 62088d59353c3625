/* SPDX-License-Identifier: Apache-2.0
 *
 * plimsoll help: the verbs, or all about one.
 */
#include "cmd/manual.h"
#include "output/out.h"

struct options {
    bool man;
    struct option_outputs outputs;
};

static const char *const formats[] = {"text", "json", NULL};
enum { FORMAT_TEXT, FORMAT_JSON };

static const struct option_spec specs[] = {
    {
        .name = "man",
        .type = OPTION_FLAG,
        .help = "Print the man page (roff) instead.",
        .offset = offsetof(struct options, man),
    },
    OUTPUT_OPTION(struct options, outputs, formats, "text",
                  "How to print it; json describes all verbs, options and examples."),
};
static const struct option_table tables[] = {{.specs = specs, .count = ARRAY_LEN(specs)}};

struct subject {
    const struct verb *verb; /* NULL: all */
    bool man;
};

static void render(const void *results, const struct out_format *f, struct buf *b)
{
    const struct subject *s = results;
    if (f->word == FORMAT_JSON) {
        struct json_writer w;
        json_writer_init(&w, b, JSON_INDENTED);
        manual_add_json(&w);
    } else if (s->man) {
        manual_add_man(b, s->verb);
    } else if (s->verb) {
        manual_add_help(b, s->verb);
    } else {
        manual_add_usage(b);
    }
}

static int run(const struct verb_call *c, struct err *e)
{
    const struct options *o = c->options;
    struct subject s = {.man = o->man};
    if (c->args.count > 1)
        return err_set(e, EINVAL, "one verb at a time");
    if (c->args.count == 1) {
        s.verb = verb_find(c->args.items[0]);
        if (!s.verb)
            return verb_unknown(c->args.items[0], e);
    }
    return out_write_all(&o->outputs, render, &s, e);
}

static const struct verb_example examples[] = {
    {"What a verb does and its options:", "plimsoll help inspect", EXIT_CLEAN},
    {"The same as a man page:", "plimsoll help --man inspect", EXIT_CLEAN},
};

const struct verb verb_help = {
    .name = "help",
    .summary = "the verbs, or all about one of them",
    .args = "[VERB]",
    .description = "Prints the list of verbs, or the options and examples of one verb.",
    .options = {tables, ARRAY_LEN(tables)},
    .options_size = sizeof(struct options),
    .examples = examples,
    .example_count = ARRAY_LEN(examples),
    .run = run,
};
