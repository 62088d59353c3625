/* SPDX-License-Identifier: Apache-2.0
 *
 * Builds document trees from libyaml's events. libyaml 0.2.5 needs time that grows with the square
 * of the nesting of flow collections and of the number of %TAG directives, and its own document
 * loader with that of the number of anchors. Events come at most 1,024 characters late, so ending
 * at DOC_MAX_DEPTH bounds the first; directives are counted beforehand; the loader is not used.
 */
#include "base/yaml_read.h"

#include <yaml.h>

#include "base/alloc.h"
#include "base/yaml_alias.h"
#include "base/yaml_cut.h"
#include "base/yaml_direct.h"
#include "base/yaml_memory.h"
#include "base/yaml_scalar.h"

enum { MAX_TAG_DIRECTIVES = 64 };

/* What the builder's frame of the same index needs besides. */
struct level {
    bool has_key; /* a key has come, its value has not */
    bool merge;   /* and the key is << */
    bool flow;
    struct doc_key key;
    struct yaml_anchor *anchor;
    int64_t nodes; /* in this container, aliases expanded */
    size_t height; /* of its highest child */
    size_t end;    /* of the last value in the text */
};

struct yaml_stream {
    struct str name;
    bool (*unwanted)(const struct doc *root, struct str key);
    bool events_only;
    struct yaml_cut cut;
    struct yaml_chunk chunk;
    bool chunk_open; /* parser is at work on chunk */
    bool failed;
    yaml_parser_t parser;
    yaml_event_t event; /* kept here to be freed when memory runs out while it is used */
    struct str source;  /* a "# Source:" comment that no document has taken yet */
    /* A character of the chunk and its byte, the last that was asked for. */
    size_t at_char, at_byte;
    /* The document being built. */
    struct arena *arena;
    struct doc_root root;
    struct yaml_aliases aliases;
    struct err *e;
    size_t skimmed;   /* containers open in a value that is read over, itself included */
    bool has_skimmed; /* the document has such a value: its anchors are not known */
    /* Last, for they are not initialised beyond the builder's depth. */
    struct doc_builder builder;
    struct level levels[DOC_MAX_DEPTH];
};

struct yaml_stream *yaml_stream_new(const struct doc_reader *r, struct str text, size_t from)
{
    yaml_memory_begin();
    struct yaml_stream *y = mem_alloc(sizeof(*y));
    memset(y, 0, offsetof(struct yaml_stream, builder.frames));
    y->name = r->name;
    y->unwanted = r->unwanted;
    y->events_only = r->events_only;
    y->cut = (struct yaml_cut){.text = text, .at = from};
    return y;
}

static void close_chunk(struct yaml_stream *y)
{
    yaml_event_delete(&y->event);
    if (y->chunk_open)
        yaml_parser_delete(&y->parser);
    y->chunk_open = false;
}

static void end_document(struct yaml_stream *y)
{
    doc_build_done(&y->builder);
    yaml_aliases_done(&y->aliases);
}

void yaml_stream_free(struct yaml_stream *y)
{
    if (!y)
        return;
    close_chunk(y);
    end_document(y);
    mem_free(y);
}

/* The byte, in the chunk, of a character. Marks come nearly in order, so the steps are short. */
static size_t byte_of_char(struct yaml_stream *y, size_t index)
{
    if (y->chunk.ascii)
        return MIN(index, y->chunk.text.n);
    const char *p = y->chunk.text.p;
    size_t byte = y->at_byte, at = y->at_char;
    for (; at < index && byte < y->chunk.text.n; at++)
        for (byte++; byte < y->chunk.text.n && ((unsigned char)p[byte] & 0xc0) == 0x80;)
            byte++;
    for (; at > index && byte > 0; at--)
        for (byte--; byte > 0 && ((unsigned char)p[byte] & 0xc0) == 0x80;)
            byte--;
    y->at_char = at;
    y->at_byte = byte;
    return byte;
}

static struct pos pos_of(const struct yaml_stream *y, const yaml_mark_t *m)
{
    return (struct pos){y->chunk.line + (uint32_t)m->line + 1, (uint32_t)m->column + 1};
}

/* The place of a byte of the chunk, counted from its beginning: for errors only. */
static struct pos pos_of_byte(const struct yaml_stream *y, size_t byte)
{
    struct str before = str_sub(y->chunk.text, 0, byte);
    struct pos at = {y->chunk.line + 1, 1};
    for (size_t i = 0; i < before.n; i++) {
        unsigned char c = (unsigned char)before.p[i];
        if (c == '\n') {
            at.line++;
            at.column = 1;
        } else if ((c & 0xc0) != 0x80) {
            at.column++;
        }
    }
    return at;
}

static int fail_pos(struct yaml_stream *y, struct pos at, const char *what)
{
    return err_at(y->e, EINVAL, y->name, at.line, at.column, "YAML: %s", what);
}

static int fail(struct yaml_stream *y, const yaml_event_t *ev, const char *what)
{
    return fail_pos(y, pos_of(y, &ev->start_mark), what);
}

static int fail_template(struct yaml_stream *y, struct pos at)
{
    return err_at(y->e, EINVAL, y->name, at.line, at.column,
                  "looks like an unrendered Helm template; render it first: "
                  "helm template ... | plimsoll check -f -");
}

/* libyaml has given up. */
static int fail_parser(struct yaml_stream *y)
{
    yaml_parser_t *p = &y->parser;
    if (p->error == YAML_MEMORY_ERROR)
        mem_out();
    if (y->chunk.has_braces) {
        ptrdiff_t at = yaml_find_template(y->chunk.text);
        if (at >= 0)
            return fail_template(y, pos_of_byte(y, (size_t)at));
    }
    if (p->error == YAML_READER_ERROR)
        return fail_pos(y, pos_of_byte(y, p->problem_offset),
                        p->problem ? p->problem : "unreadable character");
    struct pos at = pos_of(y, &p->problem_mark);
    size_t byte = byte_of_char(y, p->problem_mark.index);
    if (byte < y->chunk.text.n && y->chunk.text.p[byte] == '\t')
        return fail_pos(y, at, "a tab where YAML allows only spaces");
    return err_at(y->e, EINVAL, y->name, at.line, at.column, "YAML: %s%s%s",
                  p->context ? p->context : "", p->context ? ": " : "",
                  p->problem ? p->problem : "syntax error");
}

static struct level *innermost(struct yaml_stream *y)
{
    return y->builder.depth ? &y->levels[y->builder.depth - 1] : NULL;
}

static bool in_map(const struct yaml_stream *y)
{
    return y->builder.depth && y->builder.frames[y->builder.depth - 1].node->type == DOC_MAP;
}

static bool wants_key(struct yaml_stream *y)
{
    return in_map(y) && !innermost(y)->has_key;
}

static struct yaml_anchor *new_anchor(struct yaml_stream *y, const yaml_char_t *name)
{
    if (!name)
        return NULL;
    struct yaml_anchor *anchor = arena_new(y->arena, struct yaml_anchor);
    anchor->open = true;
    struct str key = arena_str(y->arena, str_of((const char *)name));
    (void)map_put(&y->aliases.anchors, key, anchor);
    return anchor;
}

/* The node for a value that begins here; that of a merge key hangs nowhere. */
static struct doc *begin_value(struct yaml_stream *y, const yaml_event_t *ev)
{
    struct level *l = innermost(y);
    struct doc *n;
    if (l && l->merge)
        n = arena_new(y->arena, struct doc);
    else
        n = l ? doc_build_add(&y->builder, l->key.text, l->key.at, l->key.start)
              : doc_build_add(&y->builder, STR_NONE, (struct pos){0}, 0);
    n->at = pos_of(y, &ev->start_mark);
    n->start = y->chunk.start + byte_of_char(y, ev->start_mark.index);
    return n;
}

struct size {
    int64_t nodes;
    size_t height;
};

/* A value, with all that is in it, has been read. */
static int end_value(struct yaml_stream *y, const yaml_event_t *ev, struct doc *n,
                     struct yaml_anchor *anchor, struct size size)
{
    if (anchor)
        *anchor = (struct yaml_anchor){.node = *n, .nodes = size.nodes, .height = size.height};
    struct level *l = innermost(y);
    if (!l)
        return 0;
    l->nodes += size.nodes;
    l->height = MAX(l->height, size.height);
    l->end = MAX(l->end, n->end);
    l->has_key = false;
    bool merge = l->merge;
    l->merge = false;
    if (merge && yaml_merge(&y->aliases, &y->builder, n))
        return fail(y, ev, "the value of << must be a map or a list of maps");
    return 0;
}

/* The characters of a scalar: those of the input where nothing had to be decoded. */
static struct str scalar_text(struct yaml_stream *y, const yaml_event_t *ev, size_t from)
{
    const char *value = (const char *)ev->data.scalar.value;
    size_t n = ev->data.scalar.length;
    yaml_scalar_style_t style = ev->data.scalar.style;
    bool quoted =
        style == YAML_SINGLE_QUOTED_SCALAR_STYLE || style == YAML_DOUBLE_QUOTED_SCALAR_STYLE;
    struct str raw = str_sub(y->chunk.text, from + quoted, from + quoted + n);
    if (raw.n == n && (n == 0 || memcmp(raw.p, value, n) == 0))
        return (struct str){raw.p, n};
    char *copy = arena_text(y->arena, n);
    memcpy(copy, value, n);
    return (struct str){copy, n};
}

/* Past an anchor and a tag that stand in front of a scalar, which ends at `to`, on its line: an edit
 * keeps them. */
static size_t skip_properties(struct yaml_stream *y, size_t from, size_t to, struct pos *at)
{
    const struct str s = str_sub(y->chunk.text, 0, to);
    size_t i = from;
    while (i < s.n && (s.p[i] == '&' || s.p[i] == '!')) {
        size_t k = i;
        while (k < s.n && !memchr(" \t\r\n", s.p[k], 4))
            k++;
        size_t blanks = k;
        while (k < s.n && (s.p[k] == ' ' || s.p[k] == '\t'))
            k++;
        if (k == blanks || k == s.n || s.p[k] == '\n' || s.p[k] == '\r' || s.p[k] == '#')
            break;
        i = k;
    }
    for (size_t k = from; k < i; k++)
        at->column += ((unsigned char)s.p[k] & 0xc0) != 0x80;
    return i;
}

/* Where a block scalar's last line ends: libyaml's mark is behind the line breaks after it. */
static size_t trim_block(const struct yaml_stream *y, size_t from, size_t to)
{
    while (to > from && memchr(" \t\r\n", y->chunk.text.p[to - 1], 4))
        to--;
    return to;
}

static bool is_merge_key(const yaml_event_t *ev)
{
    const char *tag = (const char *)ev->data.scalar.tag;
    return ev->data.scalar.length == 2 && memcmp(ev->data.scalar.value, "<<", 2) == 0 &&
           (ev->data.scalar.plain_implicit ||
            (tag && str_is(str_of(tag), "tag:yaml.org,2002:merge")));
}

static int take_key(struct yaml_stream *y, const yaml_event_t *ev, const struct doc *n,
                    bool is_float)
{
    struct level *l = innermost(y);
    if (yaml_scalar_key(y->arena, n, is_float, &l->key.text))
        return fail(y, ev, "null or a huge number as a map key");
    l->key.at = n->at;
    l->key.start = n->start;
    l->has_key = true;
    return 0;
}

static int add_scalar(struct yaml_stream *y, const yaml_event_t *ev)
{
    bool is_key = wants_key(y);
    struct yaml_anchor *anchor = new_anchor(y, ev->data.scalar.anchor);
    if (is_key && is_merge_key(ev)) {
        innermost(y)->has_key = innermost(y)->merge = true;
        return 0;
    }
    struct doc key = {.at = pos_of(y, &ev->start_mark)};
    if (is_key)
        key.start = y->chunk.start + byte_of_char(y, ev->start_mark.index);
    struct doc *n = is_key ? &key : begin_value(y, ev);
    size_t from = n->start - y->chunk.start;
    size_t to = byte_of_char(y, ev->end_mark.index);
    if (ev->data.scalar.tag || anchor) {
        from = skip_properties(y, from, to, &n->at);
        n->start = y->chunk.start + from;
    }
    if (ev->data.scalar.style == YAML_LITERAL_SCALAR_STYLE ||
        ev->data.scalar.style == YAML_FOLDED_SCALAR_STYLE)
        to = trim_block(y, from, to);
    n->end = y->chunk.start + MAX(to, from);
    struct yaml_scalar s = {
        .text = scalar_text(y, ev, from),
        .tag = (const char *)ev->data.scalar.tag,
        .plain = ev->data.scalar.plain_implicit,
    };
    if (y->chunk.has_braces && s.plain && yaml_is_helm(s.text))
        return fail_template(y, n->at);
    const char *problem;
    if (yaml_scalar_resolve(y->arena, &s, n, &problem))
        return fail(y, ev, problem);
    if (!is_key)
        return end_value(y, ev, n, anchor, (struct size){1, 0});
    if (anchor)
        *anchor = (struct yaml_anchor){.node = *n, .nodes = 1};
    return take_key(y, ev, n, s.is_float);
}

/* Whether the flow map that begins at this byte makes "{{" with the one around it. */
static bool is_template(struct yaml_stream *y, const yaml_event_t *ev)
{
    size_t byte = byte_of_char(y, ev->start_mark.index);
    return byte > 0 && yaml_begins_action(str_sub(y->chunk.text, byte - 1, y->chunk.text.n));
}

/* Whether nobody will look at the value of the root's key at hand. */
static bool is_unwanted(struct yaml_stream *y)
{
    return y->unwanted && in_map(y) && !innermost(y)->merge &&
           y->unwanted(y->root.root, innermost(y)->key.text);
}

static int open_container(struct yaml_stream *y, const yaml_event_t *ev, enum doc_type type)
{
    if (wants_key(y)) {
        if (is_template(y, ev)) {
            struct pos at = pos_of(y, &ev->start_mark);
            return fail_template(y, (struct pos){at.line, at.column - 1});
        }
        return fail(y, ev, "a map key must be a scalar");
    }
    if (y->builder.depth == DOC_MAX_DEPTH)
        return fail(y, ev, "nested deeper than 128 levels");
    bool is_map = type == DOC_MAP;
    struct yaml_anchor *anchor =
        new_anchor(y, is_map ? ev->data.mapping_start.anchor : ev->data.sequence_start.anchor);
    struct doc *n = begin_value(y, ev);
    n->type = type;
    if (y->builder.depth == 1 && is_unwanted(y))
        y->skimmed = 1;
    y->has_skimmed = y->has_skimmed || y->skimmed;
    doc_build_open(&y->builder, n);
    y->levels[y->builder.depth - 1] = (struct level){
        .anchor = anchor,
        .nodes = 1,
        .flow = is_map ? ev->data.mapping_start.style == YAML_FLOW_MAPPING_STYLE
                       : ev->data.sequence_start.style == YAML_FLOW_SEQUENCE_STYLE,
    };
    return 0;
}

/* An event inside a value that nobody wants: only its depth counts. 1: it is none, the value ends. */
static int skim(struct yaml_stream *y, const yaml_event_t *ev)
{
    switch (ev->type) {
    case YAML_SEQUENCE_START_EVENT:
    case YAML_MAPPING_START_EVENT:
        if (y->builder.depth + y->skimmed > DOC_MAX_DEPTH)
            return fail(y, ev, "nested deeper than 128 levels");
        y->skimmed++;
        return 0;
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
        return --y->skimmed == 0;
    default:
        return 0;
    }
}

static int close_container(struct yaml_stream *y, const yaml_event_t *ev)
{
    struct level l = *innermost(y);
    struct doc *n = y->builder.frames[y->builder.depth - 1].node;
    /* A block collection's own end mark is where the next token begins. */
    n->end = l.flow ? y->chunk.start + byte_of_char(y, ev->end_mark.index) : MAX(l.end, n->start);
    doc_build_close(&y->builder);
    return end_value(y, ev, n, l.anchor, (struct size){l.nodes, l.height + 1});
}

static int add_alias(struct yaml_stream *y, const yaml_event_t *ev)
{
    struct str name = str_of((const char *)ev->data.alias.anchor);
    const struct yaml_anchor *anchor = map_get(&y->aliases.anchors, name);
    if (!anchor && y->has_skimmed && !wants_key(y)) {
        struct doc *n = begin_value(y, ev);
        n->end = y->chunk.start + byte_of_char(y, ev->end_mark.index);
        return end_value(y, ev, n, NULL, (struct size){1, 0});
    }
    if (!anchor)
        return fail(y, ev, "an alias to an anchor that is not there");
    if (anchor->open)
        return fail(y, ev, "an alias inside the value that it stands for");
    if (wants_key(y)) {
        if (anchor->node.type == DOC_MAP || anchor->node.type == DOC_SEQ)
            return fail(y, ev, "a map key must be a scalar");
        struct doc key = anchor->node;
        key.at = pos_of(y, &ev->start_mark);
        key.start = y->chunk.start + byte_of_char(y, ev->start_mark.index);
        return take_key(y, ev, &key, false);
    }
    if (y->builder.depth + anchor->height > DOC_MAX_DEPTH)
        return fail(y, ev, "nested deeper than 128 levels by this alias");
    y->aliases.grown += anchor->nodes;
    if (!y->aliases.first_over.line && y->aliases.grown > DOC_ALIAS_FREE)
        y->aliases.first_over = pos_of(y, &ev->start_mark);
    if (y->aliases.grown > DOC_MAX_ALIAS_GROW)
        return fail(y, ev, "aliases make more than 1,000,000 values");
    struct doc *n = begin_value(y, ev);
    n->end = y->chunk.start + byte_of_char(y, ev->end_mark.index);
    yaml_alias_copy(&y->aliases, y->arena, n, anchor);
    return end_value(y, ev, n, NULL, (struct size){anchor->nodes, anchor->height});
}

/* Starts libyaml on the chunk. */
static int open_chunk(struct yaml_stream *y)
{
    y->at_char = y->at_byte = 0;
    if (y->chunk.tags > MAX_TAG_DIRECTIVES)
        return fail_pos(y, (struct pos){y->chunk.line + 1, 1}, "more than 64 %TAG directives");
    if (!yaml_parser_initialize(&y->parser))
        mem_out();
    y->chunk_open = true;
    yaml_parser_set_encoding(&y->parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&y->parser, (const unsigned char *)y->chunk.text.p,
                                 y->chunk.text.n);
    return 0;
}

static void begin_document(struct yaml_stream *y)
{
    y->root = (struct doc_root){.start = y->chunk.start};
    doc_build_init(&y->builder, y->arena, &y->root);
}

/* The chunk without libyaml. False: that has to read it. */
static bool read_directly(struct yaml_stream *y)
{
    if (y->events_only)
        return false;
    struct arena_mark before = arena_mark(y->arena);
    begin_document(y);
    if (yaml_direct_read(&y->chunk, &y->builder, y->unwanted))
        return true;
    end_document(y);
    arena_rewind(y->arena, before);
    return false;
}

static int finish_document(struct yaml_stream *y)
{
    struct yaml_aliases *al = &y->aliases;
    /* go-yaml draws its line elsewhere (a share of all nodes that falls with their number), but
     * for the same reason: CVE-2019-11253. */
    if (al->grown > DOC_ALIAS_FREE && al->grown > (DOC_ALIAS_RATIO - 1) * y->builder.nodes)
        return fail_pos(y, al->first_over, "aliases make the document more than 10 times larger");
    yaml_aliases_expand(al, y->arena);
    struct doc *root = y->root.root;
    if (root && root->type == DOC_NULL && root->start == root->end)
        y->root.root = NULL;
    y->root.source = y->source;
    y->source = STR_NONE;
    y->root.end = y->chunk.start + y->chunk.text.n;
    return 1;
}

/* 1: the document is complete, 0: go on. */
static int add_event(struct yaml_stream *y, const yaml_event_t *ev)
{
    if (y->builder.nodes >= DOC_MAX_NODES)
        return fail(y, ev, "more values than one document may have");
    if (y->skimmed) {
        int r = skim(y, ev);
        if (r <= 0)
            return r;
    }
    switch (ev->type) {
    case YAML_SCALAR_EVENT:
        return add_scalar(y, ev);
    case YAML_ALIAS_EVENT:
        return add_alias(y, ev);
    case YAML_SEQUENCE_START_EVENT:
        return open_container(y, ev, DOC_SEQ);
    case YAML_MAPPING_START_EVENT:
        return open_container(y, ev, DOC_MAP);
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
        return close_container(y, ev);
    case YAML_DOCUMENT_START_EVENT:
        begin_document(y);
        return 0;
    case YAML_DOCUMENT_END_EVENT:
        return finish_document(y);
    default:
        return 0;
    }
}

static int read_document(struct yaml_stream *y)
{
    for (;;) {
        if (!y->chunk_open) {
            if (!yaml_cut_next(&y->cut, &y->chunk))
                return 0;
            if (y->chunk.source.p)
                y->source = y->chunk.source;
            if (read_directly(y))
                return finish_document(y);
            int r = open_chunk(y);
            if (r < 0)
                return r;
        }
        if (!yaml_parser_parse(&y->parser, &y->event))
            return fail_parser(y);
        if (y->event.type == YAML_STREAM_END_EVENT) {
            close_chunk(y);
            continue;
        }
        int r = add_event(y, &y->event);
        yaml_event_delete(&y->event);
        if (r)
            return r;
    }
}

int yaml_stream_read(struct yaml_stream *y, struct arena *a, struct doc_root *ret, struct err *e)
{
    if (y->failed)
        return 0;
    y->arena = a;
    y->e = e;
    y->skimmed = 0;
    y->has_skimmed = false;
    int r = read_document(y);
    end_document(y);
    if (r < 0) {
        y->failed = true;
        close_chunk(y);
    }
    if (r > 0)
        *ret = y->root;
    return r;
}

int yaml_stream_resync(struct yaml_stream *y)
{
    y->failed = false;
    return y->cut.at < y->cut.text.n;
}
