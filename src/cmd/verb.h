/* SPDX-License-Identifier: Apache-2.0
 *
 * A verb: one .c file here that defines `const struct verb verb_NAME`, and its name in the list of
 * src/cmd/meson.build. That is all: command line, help, man page, completion and the test of its
 * examples follow from the struct.
 */
#ifndef CMD_VERB_H
#define CMD_VERB_H

#include "base/options.h"

/* Exit codes, the same for every verb. */
enum exit_code {
    EXIT_CLEAN = 0,
    EXIT_FINDINGS = 1, /* at or above --fail-on */
    EXIT_USAGE = 2,    /* bad usage, unreadable input, nothing to judge, output not written */
    EXIT_CLUSTER = 3,  /* the cluster refused, or --strict and something could not be judged */
    EXIT_SAFETY = 4,   /* refused for safety */
    EXIT_NO_MEMORY = 70,
    /* 130, 143: stopped by SIGINT or SIGTERM; what was printed is partial (cmd/progress.h). */
    EXIT_PIPE = 141, /* nobody reads our output: as if SIGPIPE had killed us */
};

/* A command line that the tests run in the root of the sources, and what it shows. */
struct verb_example {
    const char *text;
    const char *command; /* "plimsoll inspect -f app.yaml" */
    int exit;            /* an enum exit_code */
};

struct verb_call {
    const struct verb *verb;
    struct arena *arena;      /* everything of this run may live in it */
    const void *options;      /* the struct that verb->options fill */
    struct option_texts args; /* what is no option */
};

struct verb {
    const char *name;
    const char *summary;   /* one line, no full stop */
    const char *args;      /* synopsis of what is no option: "[VERB]"; NULL = none allowed */
    const char *file_word; /* the word of args that files follow: "merge"; NULL = none */
    const char
        *description; /* paragraphs with an empty line between; line breaks are put in later */
    bool hidden;      /* not listed */
    struct option_tables options;
    size_t options_size; /* of the struct that they fill */
    const struct verb_example *examples;
    size_t example_count;
    /* Returns an exit code, or a negative errno with *e set: main prints it and exits with
     * EXIT_USAGE. */
    int (*run)(const struct verb_call *c, struct err *e);
};

/* The verb table: all of src/cmd/meson.build's list, in its order. */
extern const struct verb *const verb_table[];
extern const size_t verb_count;
/* NULL if there is none of that name. */
const struct verb *verb_find(struct str name);
/* Fills e with "there is no verb X; did you mean Y?". Returns -EINVAL. */
int verb_unknown(struct str name, struct err *e);

/* ---- options that many verbs share: put the tables into verb.options ---- */

/* -o: its formats, the one that goes without saying, and what help says of it. */
#define OUTPUT_OPTION(struct_type, member, formats, preset_format, text)                 \
    {                                                                                    \
        .name = "output", .letter = 'o', .type = OPTION_OUTPUTS, .arg = "FORMAT[=FILE]", \
        .words = formats, .preset = preset_format, .help = text,                         \
        .offset = offsetof(struct_type, member)                                          \
    }

/* Which cluster, as whom: kubectl's options. */
struct live_options {
    struct str kubeconfig, context, cluster, user, server, tls_server_name, ca_file;
    struct str token, cert_file, key_file;
    struct str as, as_uid;
    struct option_texts as_groups, as_extra;
    bool insecure, verbose;
    int64_t request_ms; /* 0 = not given, -1 = no end */
    int list;           /* an enum list_mode */
};
extern const struct option_spec live_option_specs[];
enum { LIVE_OPTION_COUNT = 18 };

/* What reads a world. */
struct str_list;
struct world_options {
    struct option_texts paths;
    bool complete;
    int64_t threads; /* 0 = as many as there are CPUs */
    bool live;       /* the cluster too, though files are named */
    struct live_options cluster;
    bool via_nodes_proxy, kubelets_insecure;
    struct str ns; /* only this namespace; absent = all */
    bool all_namespaces;
    /* No options: */
    unsigned uses;                  /* what of a live cluster is read: enum api_use */
    bool quiet;                     /* what is odd was printed before */
    struct cluster *before;         /* gets the cluster without the files, for --against live */
    const struct str_list *exclude; /* patterns of paths that are not read, or NULL */
    const struct option_outputs *outputs; /* what will be written: no file that was read; or NULL */
};
extern const struct option_spec world_option_specs[], world_cluster_specs[], world_scope_specs[],
    world_whole_specs[];
enum {
    WORLD_OPTION_COUNT = 3,
    WORLD_CLUSTER_COUNT = 3,
    WORLD_SCOPE_COUNT = 2,
    WORLD_WHOLE_COUNT = 2
};
/* The tables of a struct whose member `member` is a struct world_options. */
#define WORLD_OPTIONS(type, member)                                     \
    {.heading = "The world to read",                                    \
     .specs = world_option_specs,                                       \
     .count = WORLD_OPTION_COUNT,                                       \
     .offset = offsetof(type, member)},                                 \
        LIVE_OPTIONS(type, member.cluster),                             \
    {                                                                   \
        .heading = "Reading the cluster", .specs = world_cluster_specs, \
        .count = WORLD_CLUSTER_COUNT, .offset = offsetof(type, member)  \
    }
enum { WORLD_TABLE_COUNT = 3 };
/* For verbs that can answer for one namespace; -n and -A. */
#define SCOPE_OPTIONS(type, member)                                                      \
    {                                                                                    \
        .heading = "Namespaces", .specs = world_scope_specs, .count = WORLD_SCOPE_COUNT, \
        .offset = offsetof(type, member)                                                 \
    }
/* For verbs that cannot: -n says why not, and -A is what they do anyway. Neither is listed. */
#define WHOLE_OPTIONS(type, member)                                                              \
    {                                                                                            \
        .specs = world_whole_specs, .count = WORLD_WHOLE_COUNT, .offset = offsetof(type, member) \
    }
/* The table of a struct whose member `member` is a struct live_options. */
#define LIVE_OPTIONS(type, member)                                                        \
    {                                                                                     \
        .heading = "The cluster", .specs = live_option_specs, .count = LIVE_OPTION_COUNT, \
        .offset = offsetof(type, member)                                                  \
    }

struct buf;
struct cluster;
/* Reads the world that the options name: files, the cluster of the kubeconfig, or both. When they name
 * none: standard input, when it is a pipe or a file, else the cluster, which is said on stderr. What
 * could not be read is printed to stderr; *ret_code becomes EXIT_USAGE then, EXIT_CLUSTER when the
 * cluster failed, else EXIT_CLEAN. An error when there is nothing at all to read, and when one of
 * o->outputs is a file that objects were read from. */
int world_read(const struct world_options *o, struct arena *a, struct cluster *ret, int *ret_code,
               struct err *e) MUST_USE;

/* Standard input is a pipe or a file: somebody means it to be read. */
bool world_stdin_is_given(void);
/* Whether the options name a live cluster, alone or beside files. */
bool world_is_live(const struct world_options *o);

/* Prints to stderr what of the input could not be taken as it stands: values that Kubernetes refuses
 * and keys given twice. `check` has them as findings; every other verb calls this, because its
 * answer rests on what is left. */
void world_warn(const struct cluster *c);
/* Fills e with "nothing to judge" and what was read instead of `wanted`. Returns -ENODATA, or
 * EXIT_USAGE without a word more when code says that the input could not be read. */
int world_empty(const struct cluster *c, int code, const char *wanted, struct err *e);

/* Prints b, whole lines, to stderr; nothing when it is empty. */
void verb_say(const struct buf *b);

/* For OPTION_PARSED: a Kubernetes quantity of bytes ("64Gi"), a mebibyte or more; ret is int64_t. */
int option_parse_bytes(struct str text, void *ret, struct err *e) MUST_USE;

#endif
