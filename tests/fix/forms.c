/* SPDX-License-Identifier: Apache-2.0
 *
 * Writes documents in all the styles in which people and programs write manifests.
 */
#include "forms.h"

#include "base/json_write.h"
#include "model/edit_style.h"

enum { MOST = 1 << 24 };

bool documents_read(struct str text, struct arena *a, struct documents *ret)
{
    struct doc_reader r;
    struct doc_root root = {0};
    struct err e = {0};
    int got;
    *ret = (struct documents){0};
    doc_reader_init(&r, STR("form"), text);
    while ((got = doc_read(&r, a, &root, &e)) > 0) {
        *PUSH(a, ret) = root;
        root = (struct doc_root){0};
    }
    doc_reader_done(&r);
    return got == 0;
}

static struct str take(struct arena *a, struct buf *b)
{
    struct str s = arena_str(a, buf_str(b));
    buf_done(b);
    return s;
}

/* ---- the text itself ---- */

static struct str as_is(struct str text, const struct documents *d, struct arena *a)
{
    (void)d;
    (void)a;
    return text;
}

static struct str with_crlf(struct str text, const struct documents *d, struct arena *a)
{
    struct buf b;
    (void)d;
    buf_init(&b, MOST);
    for (size_t i = 0; i < text.n; i++)
        if (text.p[i] == '\n')
            buf_add_cstr(&b, "\r\n");
        else
            buf_add_char(&b, text.p[i]);
    return take(a, &b);
}

/* A byte order mark, a comment that is indented less than what is before it, no line break at the
 * end. */
static struct str with_edges(struct str text, const struct documents *d, struct arena *a)
{
    (void)d;
    return arena_printf(a, "\xef\xbb\xbf# first\n" STR_FMT "# last", STR_ARG(text));
}

/* ---- the same values, written anew ---- */

static void write_value(struct json_writer *w, const struct doc *n)
{
    int64_t i = 0;
    if (n->type == DOC_MAP || n->type == DOC_SEQ) {
        bool is_map = n->type == DOC_MAP;
        is_map ? json_map(w) : json_seq(w);
        for (const struct doc *c = n->child; c; c = c->next) {
            if (is_map)
                json_key_str(w, c->key);
            write_value(w, c);
        }
        is_map ? json_map_end(w) : json_seq_end(w);
    } else if (n->type == DOC_STRING) {
        json_str(w, n->text);
    } else if (n->type == DOC_BOOL) {
        json_bool(w, str_is(n->text, "true"));
    } else if (n->type == DOC_INT && str_to_int64(n->text, &i) == 0) {
        json_int(w, i);
    } else {
        json_null(w);
    }
}

static struct str as_list(const struct documents *d, enum json_style style, struct arena *a)
{
    struct json_writer w;
    struct buf b;
    buf_init(&b, MOST);
    json_writer_init(&w, &b, style);
    json_map(&w);
    json_add_cstr(&w, "apiVersion", "v1");
    json_add_cstr(&w, "kind", "List");
    json_key(&w, "items");
    json_seq(&w);
    for (size_t i = 0; i < d->count; i++)
        if (d->items[i].root)
            write_value(&w, d->items[i].root);
    json_seq_end(&w);
    json_map_end(&w);
    json_writer_end(&w);
    return take(a, &b);
}

static struct str block_list(struct str text, const struct documents *d, struct arena *a)
{
    (void)text;
    return as_list(d, JSON_AS_YAML, a);
}

static struct str json_list(struct str text, const struct documents *d, struct arena *a)
{
    (void)text;
    return as_list(d, JSON_INDENTED, a);
}

static struct str json_compact(struct str text, const struct documents *d, struct arena *a)
{
    (void)text;
    return as_list(d, JSON_COMPACT, a);
}

/* Indented by tabs, as some editors do. */
static struct str json_tabs(struct str text, const struct documents *d, struct arena *a)
{
    struct str s = json_list(text, d, a);
    struct buf b;
    buf_init(&b, MOST);
    for (size_t i = 0; i < s.n;) {
        bool begins = i == 0 || s.p[i - 1] == '\n';
        while (begins && str_starts(str_sub(s, i, s.n), "  ")) {
            buf_add_char(&b, '\t');
            i += 2;
        }
        buf_add_char(&b, s.p[i++]);
    }
    return take(a, &b);
}

/* As many JSON values in one file; where it is one, an added object makes a List of it. */
static struct str json_values(struct str text, const struct documents *d, struct arena *a)
{
    struct buf b;
    (void)text;
    buf_init(&b, MOST);
    for (size_t i = 0; i < d->count; i++) {
        struct json_writer w;
        if (!d->items[i].root)
            continue;
        json_writer_init(&w, &b, JSON_INDENTED);
        write_value(&w, d->items[i].root);
        json_writer_end(&w);
    }
    return take(a, &b);
}

static struct str as_flow(const struct documents *d, bool lines, struct arena *a)
{
    struct edit_style style = {.newline = STR("\n"), .lines = lines, .unit = STR("    ")};
    struct buf b;
    buf_init(&b, MOST);
    for (size_t i = 0; i < d->count; i++) {
        if (!d->items[i].root)
            continue;
        buf_add_cstr(&b, "---\n");
        edit_add_flow_value(&b, &style, d->items[i].root);
        buf_add_cstr(&b, " # flow\n");
    }
    return take(a, &b);
}

static struct str flow(struct str text, const struct documents *d, struct arena *a)
{
    (void)text;
    return as_flow(d, false, a);
}

static struct str flow_lines(struct str text, const struct documents *d, struct arena *a)
{
    (void)text;
    return as_flow(d, true, a);
}

/* Flow inside a block: {apiVersion: ..., spec: {...}} but for the outermost braces. */
static struct str half_flow(struct str text, const struct documents *d, struct arena *a)
{
    struct edit_style style = {.newline = STR("\n")};
    struct buf b;
    (void)text;
    buf_init(&b, MOST);
    for (size_t i = 0; i < d->count; i++) {
        buf_add_cstr(&b, i ? "---\n" : "");
        for (const struct doc *c = d->items[i].root ? d->items[i].root->child : NULL; c;
             c = c->next) {
            buf_printf(&b, "\"" STR_FMT "\": ", STR_ARG(c->key));
            edit_add_flow_value(&b, &style, c);
            buf_add_cstr(&b, " # why\n");
        }
    }
    return take(a, &b);
}

const struct form forms[] = {
    {"as it is", as_is},
    {"CRLF", with_crlf},
    {"edges", with_edges},
    {"block List", block_list},
    {"JSON List", json_list},
    {"compact JSON", json_compact},
    {"JSON with tabs", json_tabs},
    {"JSON values", json_values},
    {"flow", flow},
    {"flow over lines", flow_lines},
    {"flow in block", half_flow},
};
const size_t form_count = ARRAY_LEN(forms);
