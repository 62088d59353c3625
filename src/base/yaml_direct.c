/* SPDX-License-Identifier: Apache-2.0
 *
 * Goes over a document line by line with a stack of the open collections and their indentation, as
 * libyaml's scanner and parser do together. Returns false at the first thing that it does not know.
 */
#include "base/yaml_direct.h"

#include "base/yaml_scalar.h"
#include "base/yaml_scan.h"

/* ITEMS is a sequence whose "-" stands in the column of the key that it is the value of. */
enum level_kind { LEVEL_MAP, LEVEL_SEQ, LEVEL_ITEMS, LEVEL_FLOW };

struct level {
    enum level_kind kind;
    int indent;
    bool pending; /* a key or a "-" has come, its value has not */
    struct pos null_at;
    const char *null; /* where that value is if there is none: behind the ':' or the '-' */
    struct doc_key key;
    size_t end; /* of the last value in it */
};

struct direct {
    struct yaml_scan s;
    const struct yaml_chunk *chunk;
    struct doc_builder *b;
    bool (*unwanted)(const struct doc *root, struct str key);
    bool has_root;
    size_t skim;  /* the number of the level that nobody wants; 0: none */
    size_t depth; /* open levels */
    struct level levels[DOC_MAX_DEPTH];
};

static inline struct level *top_of(struct direct *d)
{
    return &d->levels[d->depth - 1];
}

static inline size_t offset_of(const struct direct *d, const char *p)
{
    return d->chunk->start + (size_t)(p - d->chunk->text.p);
}

static inline int column_of(const struct direct *d)
{
    return (int)(d->s.p - d->s.line_begin);
}

/* ---- values and collections ---- */

static inline struct doc *add_node(struct direct *d)
{
    struct doc_key none = {0};
    const struct doc_key *key = d->depth ? &top_of(d)->key : &none;
    return doc_build_add(d->b, key->text, key->at, key->start);
}

/* The value of the innermost collection's key or "-". */
static bool add_scalar(struct direct *d, const struct yaml_token *t)
{
    struct level *l = top_of(d);
    l->pending = false;
    if (d->skim)
        return true;
    struct doc *n = add_node(d);
    n->at = t->at;
    n->start = offset_of(d, t->begin);
    n->end = offset_of(d, t->end);
    l->end = MAX(l->end, n->end);
    struct yaml_scalar s = {.text = t->text, .plain = t->plain};
    const char *problem;
    return yaml_scalar_resolve(d->b->arena, &s, n, &problem) == 0 && d->b->nodes < DOC_MAX_NODES;
}

static bool add_null(struct direct *d)
{
    const struct level *l = top_of(d);
    struct yaml_token t = {
        .text = STR(""), .at = l->null_at, .begin = l->null, .end = l->null, .plain = true};
    return add_scalar(d, &t);
}

static bool set_key(struct direct *d, const struct yaml_token *t)
{
    struct level *l = top_of(d);
    if (t->plain && str_is(t->text, "<<"))
        return false;
    l->pending = true;
    l->null_at = yaml_scan_pos(&d->s);
    l->null = d->s.p;
    if (d->skim)
        return true;
    struct doc n = {.at = t->at};
    struct yaml_scalar s = {.text = t->text, .plain = t->plain};
    const char *problem;
    l->key.at = t->at;
    l->key.start = offset_of(d, t->begin);
    return yaml_scalar_resolve(d->b->arena, &s, &n, &problem) == 0 &&
           yaml_scalar_key(d->b->arena, &n, s.is_float, &l->key.text) == 0;
}

/* A collection that begins at `begin`. */
static bool open_level(struct direct *d, struct level l, enum doc_type type, struct pos at,
                       const char *begin)
{
    if (d->depth == DOC_MAX_DEPTH || d->b->nodes >= DOC_MAX_NODES)
        return false;
    if (!d->skim) {
        struct doc *n = add_node(d);
        n->type = type;
        n->at = at;
        n->start = offset_of(d, begin);
        if (d->depth == 1 && d->unwanted && d->b->root->root->type == DOC_MAP &&
            d->unwanted(d->b->root->root, top_of(d)->key.text))
            d->skim = d->depth + 1;
        d->s.skim = d->skim;
        doc_build_open(d->b, n);
    }
    if (d->depth)
        top_of(d)->pending = false;
    d->has_root = true;
    d->levels[d->depth++] = l;
    return true;
}

/* `end`: behind the bracket of a flow collection; else NULL. */
static bool close_level(struct direct *d, const char *end)
{
    if (top_of(d)->pending && !add_null(d))
        return false;
    size_t last = top_of(d)->end, number = d->depth--;
    if (d->skim && d->skim < number)
        return true;
    d->skim = 0;
    d->s.skim = false;
    struct doc *n = d->b->frames[d->b->depth - 1].node;
    n->end = end ? offset_of(d, end) : MAX(last, n->start);
    doc_build_close(d->b);
    if (d->depth)
        top_of(d)->end = MAX(top_of(d)->end, n->end);
    return true;
}

/* Whether a value may begin in this column. */
static bool can_begin(struct direct *d, int column)
{
    return d->depth ? top_of(d)->pending && top_of(d)->indent < column : !d->has_root;
}

/* ---- flow collections ---- */

/* Over spaces, lines and comments. False: the text ends. */
static bool skip_flow_space(struct direct *d)
{
    struct yaml_scan *s = &d->s;
    while (yaml_scan_line_end(s)) {
        if (s->p == s->end)
            return false;
        s->line_begin = ++s->p;
        s->line++;
        if (s->p < s->end && *s->p == '#')
            return false;
    }
    return true;
}

static bool read_flow(struct direct *d);

static bool read_flow_value(struct direct *d)
{
    struct yaml_token t;
    if (*d->s.p == '[' || *d->s.p == '{')
        return read_flow(d);
    return yaml_scan_flow(&d->s, &t) && !t.is_key && add_scalar(d, &t);
}

/* An element, with its key if it has one. */
static bool read_flow_element(struct direct *d, bool is_map)
{
    struct yaml_token t;
    if (is_map && !(memchr("[{", *d->s.p, 2) == NULL && yaml_scan_flow(&d->s, &t) && t.is_key &&
                    set_key(d, &t) && skip_flow_space(d)))
        return false;
    return read_flow_value(d) && skip_flow_space(d);
}

/* A flow collection from its bracket on. */
static bool read_flow(struct direct *d)
{
    const char *begin = d->s.p;
    bool is_map = *begin == '{';
    char close = is_map ? '}' : ']';
    struct level l = {.kind = LEVEL_FLOW, .indent = d->depth ? top_of(d)->indent : 0};
    if (!d->depth || !open_level(d, l, is_map ? DOC_MAP : DOC_SEQ, yaml_scan_pos(&d->s), begin))
        return false;
    d->s.p++;
    if (!skip_flow_space(d))
        return false;
    for (bool first = true; !first || *d->s.p != close; first = false) {
        if (!read_flow_element(d, is_map))
            return false;
        if (*d->s.p == close)
            break;
        if (*d->s.p++ != ',' || !skip_flow_space(d))
            return false;
    }
    return close_level(d, ++d->s.p);
}

/* ---- block collections ---- */

/* What stands on the rest of a line, where the innermost collection expects a value. */
static bool read_value(struct direct *d)
{
    struct yaml_token t;
    int indent = top_of(d)->indent;
    switch (*d->s.p) {
    case '[':
    case '{':
        return read_flow(d) && yaml_scan_line_end(&d->s);
    case '|':
    case '>':
        return yaml_scan_block(&d->s, indent, &t) && add_scalar(d, &t);
    case '"':
    case '\'':
        return yaml_scan_quoted(&d->s, &t) && !t.is_key && add_scalar(d, &t);
    default:
        return yaml_scan_plain(&d->s, indent, &t) && !t.is_key && add_scalar(d, &t);
    }
}

/* A key in this column, behind whose ':' reading stands. */
static bool add_key(struct direct *d, int column, const struct yaml_token *t)
{
    if (d->depth && top_of(d)->kind == LEVEL_ITEMS && top_of(d)->indent == column &&
        !close_level(d, NULL))
        return false;
    if (d->depth && top_of(d)->kind == LEVEL_MAP && top_of(d)->indent == column) {
        if (top_of(d)->pending && !add_null(d))
            return false;
    } else {
        struct level l = {.kind = LEVEL_MAP, .indent = column};
        if (!can_begin(d, column) || !open_level(d, l, DOC_MAP, t->at, t->begin))
            return false;
    }
    return set_key(d, t);
}

/* A "-" in this column. */
static bool add_item(struct direct *d, int column)
{
    struct level *top = d->depth ? top_of(d) : NULL;
    bool same = top && top->indent == column;
    if (same && top->kind != LEVEL_MAP) {
        if (top->pending && !add_null(d))
            return false;
    } else {
        bool items = same && top->pending;
        struct level l = {.kind = items ? LEVEL_ITEMS : LEVEL_SEQ, .indent = column};
        if (!(items || can_begin(d, column)) ||
            !open_level(d, l, DOC_SEQ, yaml_scan_pos(&d->s), d->s.p))
            return false;
    }
    d->s.p++;
    top_of(d)->pending = true;
    top_of(d)->null_at = yaml_scan_pos(&d->s);
    top_of(d)->null = d->s.p;
    return true;
}

static bool is_item(const struct direct *d)
{
    const char *p = d->s.p;
    return *p == '-' && (p + 1 == d->s.end || p[1] == ' ' || p[1] == '\n');
}

/* A line, from its first character that is no space on. */
static bool read_line(struct direct *d)
{
    struct yaml_token t;
    while (is_item(d)) {
        if (!add_item(d, column_of(d)))
            return false;
        if (yaml_scan_line_end(&d->s))
            return true;
    }
    int column = column_of(d), indent = d->depth ? top_of(d)->indent : -1;
    if (memchr("[{|>", *d->s.p, 4))
        return d->depth && can_begin(d, column) && read_value(d);
    bool is_quoted = *d->s.p == '"' || *d->s.p == '\'';
    if (is_quoted ? !yaml_scan_quoted(&d->s, &t) : !yaml_scan_plain(&d->s, indent, &t))
        return false;
    if (!t.is_key)
        return d->depth && can_begin(d, column) && add_scalar(d, &t);
    return add_key(d, column, &t) && (yaml_scan_line_end(&d->s) || read_value(d));
}

/* To the first character of the next line that is neither blank nor a comment; from a line's
 * beginning on. False: there is none. */
static bool skip_to_line(struct direct *d)
{
    struct yaml_scan *s = &d->s;
    for (;;) {
        const char *p = s->p;
        while (p < s->end && *p == ' ')
            p++;
        if (p < s->end && *p == '#') {
            const char *lf = memchr(p, '\n', (size_t)(s->end - p));
            p = lf ? lf : s->end;
        }
        s->p = p;
        if (p == s->end)
            return false;
        if (*p != '\n')
            return true;
        s->line_begin = ++s->p;
        s->line++;
    }
}

/* From a line's end on. */
static bool next_line(struct direct *d)
{
    if (d->s.p == d->s.end)
        return false;
    d->s.line_begin = ++d->s.p;
    d->s.line++;
    return skip_to_line(d);
}

/* Comments and "---", up to the first line of the content. */
static bool read_prologue(struct direct *d)
{
    struct yaml_scan *s = &d->s;
    if (!skip_to_line(d))
        return false;
    if (column_of(d) > 0 || !str_starts((struct str){s->p, (size_t)(s->end - s->p)}, "---"))
        return true;
    s->p += 3;
    return yaml_scan_line_end(s) && next_line(d);
}

/* Whether the last line is "...", the end of a document. */
static bool has_end_mark(struct str text)
{
    const char *end = text.p + text.n, *line = end;
    while (line > text.p && (line == end || line[-1] != '\n'))
        line--;
    return str_starts((struct str){line, (size_t)(end - line)}, "...");
}

bool yaml_direct_read(const struct yaml_chunk *chunk, struct doc_builder *b,
                      bool (*unwanted)(const struct doc *root, struct str key))
{
    struct str text = chunk->text;
    struct direct d;
    memset(&d, 0, offsetof(struct direct, levels));
    d.s = (struct yaml_scan){
        .p = text.p,
        .end = text.p + text.n,
        .line_begin = text.p,
        .line = chunk->line + 1,
        .arena = b->arena,
    };
    d.chunk = chunk;
    d.b = b;
    d.unwanted = unwanted;
    if (!text.n || chunk->tags || has_end_mark(text) || !yaml_scan_is_clean(text) ||
        !read_prologue(&d))
        return false;
    do {
        while (d.depth && top_of(&d)->indent > column_of(&d))
            if (!close_level(&d, NULL))
                return false;
        if (!read_line(&d))
            return false;
    } while (next_line(&d));
    while (d.depth)
        if (!close_level(&d, NULL))
            return false;
    return d.has_root;
}
