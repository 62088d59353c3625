/* SPDX-License-Identifier: Apache-2.0
 *
 * Command-line options from tables. One table entry gives parsing, --help, the man page and shell
 * completion: it is the only place where an option is described.
 *
 * Long options take their value after "=" or as the next argument, short ones as the rest of the
 * argument or as the next one; flags of one letter may be clustered ("-qx"); "--" ends the options;
 * options and arguments may be mixed. Of an option given twice the last value counts, lists grow.
 */
#ifndef BASE_OPTIONS_H
#define BASE_OPTIONS_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

/* What an option fills in, at its offset. */
enum option_type {
    OPTION_FLAG,    /* bool */
    OPTION_TEXT,    /* struct str */
    OPTION_TEXTS,   /* struct option_texts: every use adds one */
    OPTION_WORD,    /* int: the index of the value in words */
    OPTION_INT,     /* int64_t from min to max */
    OPTION_OUTPUTS, /* struct option_outputs: WORD or WORD=FILE, every use adds one */
    OPTION_PARSED,  /* whatever parse() writes */
};

/* Reads text into *ret. 0 or a negative errno with e->msg = what is wrong with the value. */
typedef int option_parse_fn(struct str text, void *ret, struct err *e);

struct option_spec {
    const char *name; /* long, without "--" */
    char letter;      /* short, or 0 */
    enum option_type type;
    bool hidden;        /* not in help, man page and completion */
    bool takes_file;    /* completion offers files */
    bool required;      /* bad usage when absent */
    const char *arg;    /* "FILE"; NULL for flags; OPTION_WORD: made from words if NULL */
    const char *help;   /* sentences; line breaks are put in when printed */
    const char *bare;   /* what it means without a value, which then needs "=": --fix[=WORD] */
    const char *preset; /* the default: parsed as if given, and shown */
    const char *absent; /* what it means not to give it, where that is no value */
    const char *const *words; /* OPTION_WORD, OPTION_OUTPUTS; NULL at the end */
    int64_t min, max;         /* OPTION_INT */
    option_parse_fn *parse;   /* OPTION_PARSED */
    size_t offset;            /* in the struct that the table fills */
};

struct option_texts {
    struct str *items;
    size_t count, cap;
};

struct option_output {
    int word;        /* index in words */
    struct str file; /* absent = standard output */
};
struct option_outputs {
    struct option_output *items;
    size_t count, cap;
};

/* A table, and where the struct that it fills lies in that of the whole command. Common options are
 * tables of their own that many commands share. */
struct option_table {
    const char *heading; /* of its section in help texts */
    const struct option_spec *specs;
    size_t count;
    size_t offset;
};
struct option_tables {
    const struct option_table *items;
    size_t count;
};

struct option_args {
    const char *const *items; /* what follows the command's name */
    size_t count;
};

/* Fills the struct at `ret` (zeroed by the caller) with presets and then args; what is no option
 * goes to *ret_rest. 0, or -EINVAL with a message for the user ("unknown option --memroy-limit; did
 * you mean --memory-limit?"). Values point into args. `--help` and `-h` end it with -ECANCELED.
 * Required options are checked at the end. */
int options_parse(const struct option_tables *tables, struct option_args args, struct arena *a,
                  void *ret, struct option_texts *ret_rest, struct err *e) MUST_USE;

/* The option of that long name, or NULL. */
const struct option_spec *options_find(const struct option_tables *tables, struct str name);

/* How the option's value is written in help: "FILE", "requests|limits"; "" for a flag. */
void option_add_arg(struct buf *b, const struct option_spec *o);

/* The candidate closest to what was typed, for "did you mean"; absent if none is close. */
struct option_guess {
    struct str typed, best;
    unsigned distance;
};
void option_guess_init(struct option_guess *g, struct str typed);
void option_guess_try(struct option_guess *g, struct str candidate);

#endif
