/* SPDX-License-Identifier: Apache-2.0
 *
 * The document tree: what JSON and YAML are read into. Every node knows its line, its column and
 * the bytes that it came from, so that findings have places and files can be edited by byte range.
 * Nodes and decoded text live in the arena given to the reader.
 */
#ifndef BASE_DOC_H
#define BASE_DOC_H

#include "base/arena.h"
#include "base/err.h"

enum doc_type { DOC_NULL, DOC_BOOL, DOC_INT, DOC_FLOAT, DOC_STRING, DOC_SEQ, DOC_MAP };

/* 1-based; {0, 0} = unknown. Columns count characters (code points), as editors do. */
struct pos {
    uint32_t line, column;
};

struct doc {
    enum doc_type type;
    bool quoted;       /* a quoted or block scalar: a string whatever it looks like */
    bool merged;       /* came in by a YAML merge key or an alias: bytes are elsewhere */
    bool by_merge_key; /* merged, and the key too stands elsewhere */
    struct pos at;     /* of the value */
    struct pos key_at; /* of the key, when the parent is a map */
    struct str key;    /* when the parent is a map */
    struct str text;   /* scalars: decoded text; of a bool "true" or "false", of an INT decimal
                              digits with an optional '-', of a FLOAT a JSON number or .inf, -.inf,
                              .nan; of null nothing */
    size_t start, end; /* bytes of the value in the whole input, end exclusive; an alias: of the
                              alias. A map or sequence ends with its last child or its bracket */
    size_t key_start;  /* first byte of the key */
    size_t count;      /* children of SEQ and MAP */
    struct doc *child; /* first child */
    struct doc *next;  /* next sibling */
};

/* What a reader found wrong without refusing the document. */
struct doc_duplicate {
    struct str key;
    struct pos first, second; /* the second wins, as in Kubernetes' decoder */
};

/* A whole document and what was odd about it. */
struct doc_root {
    struct doc *root;  /* NULL: an empty document */
    struct str source; /* from a "# Source: path" comment (helm template) before or in it */
    struct doc_duplicate *duplicates;
    size_t duplicate_count;
    size_t start, end; /* bytes of the document in the input */
};

enum {
    /* Open maps and sequences, counted through aliases. Kubernetes objects need about 40, and
     * libyaml's time grows with the square of the depth. */
    DOC_MAX_DEPTH = 128,
    /* Characters of a number in JSON; 17 digits are all that a double can tell apart. */
    DOC_MAX_NUMBER = 512,
    /* Nodes of one document: 0.9 GB of tree. 64 MiB of dense manifests have 6 million. */
    DOC_MAX_NODES = 8 << 20,
    /* Nodes that aliases may add to a document, which must also not grow by aliases to more than
     * DOC_ALIAS_RATIO times what is written, unless it stays below DOC_ALIAS_FREE. */
    DOC_MAX_ALIAS_GROW = 1000000,
    DOC_ALIAS_RATIO = 10,
    DOC_ALIAS_FREE = 10000,
};

/* The child of a MAP by key, or NULL; also NULL when n is NULL or no MAP. */
struct doc *doc_get(const struct doc *n, const char *key);
/* By a path of map keys separated by dots ("metadata.name"), or NULL. */
struct doc *doc_path(const struct doc *n, const char *path);
/* Text of a scalar child of any scalar type but null, or absent. */
struct str doc_text(const struct doc *n, const char *key);
/* `absent` when there is no such child or it has another type. */
bool doc_bool(const struct doc *n, const char *key, bool absent);
/* The same; an integer that is too large saturates. */
int64_t doc_int(const struct doc *n, const char *key, int64_t absent);
/* "object", "array", "string", "number", "boolean", "null": for messages. */
const char *doc_type_name(const struct doc *n);

/* Reads a stream of documents, typed as Kubernetes' decoder (sigs.k8s.io/yaml) types them. Usage:
 *     struct doc_reader r;
 *     doc_reader_init(&r, STR("file.yaml"), text);
 *     while ((got = doc_read(&r, &arena, &root, &e)) > 0) ...
 *     doc_reader_done(&r);
 * doc_read returns 1 (a document in *ret), 0 (end), or a negative errno with *e saying what and
 * where; after an error the rest of the stream is not read, unless doc_reader_resync() finds the
 * next "---" line. The format is found by content: a first non-blank byte of { or [ and a text that
 * JSON accepts is read as JSON (several values may follow each other), all else as YAML. UTF-8 with
 * or without a byte order mark, and UTF-16 with one. `text` must outlive the reader and the tree.
 * Out of memory unwinds (base/alloc.h) and leaves the reader done. */
struct doc_reader {
    struct str name, text;
    struct doc_reader_state *state;
    /* May be set after doc_reader_init(): asked at each map and sequence right below the root with
     * the root so far and the key. True: nobody will look at this value, so in YAML it is checked
     * for syntax and depth but not built, and stays empty. */
    bool (*unwanted)(const struct doc *root, struct str key);
    /* For tests: YAML is made of libyaml's events alone, without base/yaml_direct.h. */
    bool events_only;
};
void doc_reader_init(struct doc_reader *r, struct str name, struct str text);
int doc_read(struct doc_reader *r, struct arena *a, struct doc_root *ret, struct err *e) MUST_USE;
/* 1 if there is a later document to go on with. */
int doc_reader_resync(struct doc_reader *r);
void doc_reader_done(struct doc_reader *r);

/* One JSON value that is the whole text (white space around it allowed). */
int json_parse(struct str name, struct str text, struct arena *a, struct doc_root *ret,
               struct err *e) MUST_USE;

/* Reads a JSON text too large for a tree one element at a time: for a top-level object whose
 * `items` is an array, calls item() for each element with a tree that is gone after the call
 * (scratch is reset), and header() once with the object without its items: before the first item if
 * `kind` has come by then (fields after the items are then checked but not shown), else after the
 * last. An object without such items is all header. Anything but an object is -EINVAL. A negative
 * result of item() or header() stops and is returned. item and header may be NULL. */
struct json_stream {
    int (*item)(void *ctx, const struct doc_root *item, struct err *e);
    int (*header)(void *ctx, const struct doc *header, struct err *e);
    void *ctx;
};
int json_parse_list(struct str name, struct str text, struct arena *scratch,
                    const struct json_stream *s, struct err *e) MUST_USE;

#endif
