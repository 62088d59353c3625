/* SPDX-License-Identifier: Apache-2.0
 *
 * Writes values in block, flow and JSON style.
 */
#include "model/edit_style.h"

#include "base/json_write.h"
#include "base/yaml_scalar.h"

struct str edit_newline(struct str text, size_t at)
{
    size_t i = MIN(at, text.n);
    while (i > 0 && text.p[i - 1] != '\n')
        i--;
    if (i == 0) {
        i = MIN(at, text.n);
        while (i < text.n && text.p[i] != '\n')
            i++;
        i++;
    }
    return i >= 2 && i <= text.n && text.p[i - 2] == '\r' ? STR("\r\n") : STR("\n");
}

static bool is_word_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/* Whether s needs no quotes in YAML, block or flow: a word that reads as the string that it is.
 * Cautious: what is unusual is quoted. */
static bool is_plain(struct str s)
{
    if (s.n == 0 || s.n > 200 || !is_word_char(s.p[0]))
        return false;
    for (size_t i = 0; i < s.n; i++)
        if (!is_word_char(s.p[i]) && !memchr("-./%", s.p[i], 4))
            return false;
    /* y and n are booleans to some readers of YAML 1.1, if not to Kubernetes'. */
    if (s.n == 1 && strchr("yYnN", s.p[0]))
        return false;
    struct arena scratch CLEANUP(arena_done);
    arena_init(&scratch);
    struct yaml_scalar scalar = {.text = s, .plain = true};
    struct doc n = {0};
    const char *problem;
    return yaml_scalar_resolve(&scratch, &scalar, &n, &problem) == 0 && n.type == DOC_STRING;
}

static void add_string(struct buf *b, const struct edit_style *s, struct str text)
{
    if (!s->quoted && is_plain(text))
        buf_add_str(b, text);
    else
        json_add_quoted(b, text);
}

static void add_scalar(struct buf *b, const struct edit_style *s, const struct doc *v)
{
    if (v->type == DOC_STRING)
        add_string(b, s, v->text);
    else if (v->type == DOC_NULL)
        buf_add_cstr(b, "null");
    else
        buf_add_str(b, v->text);
}

static bool is_leaf(const struct doc *v)
{
    return v->type != DOC_MAP && v->type != DOC_SEQ;
}

static void add_line(struct buf *b, const struct edit_style *s, size_t depth)
{
    buf_add_str(b, s->newline);
    buf_add_str(b, s->prefix);
    for (; depth; depth--)
        buf_add_str(b, s->unit);
}

static void add_value(struct buf *b, const struct edit_style *s, const struct doc *v, size_t depth);

static void add_members(struct buf *b, const struct edit_style *s, const struct doc *v,
                        size_t depth)
{
    for (const struct doc *c = v->child; c; c = c->next) {
        if (c != v->child)
            buf_add_cstr(b, s->lines ? "," : ", ");
        if (c != v->child && s->lines)
            add_line(b, s, depth);
        if (v->type == DOC_MAP) {
            add_string(b, s, c->key);
            buf_add_cstr(b, ": ");
        }
        add_value(b, s, c, depth);
    }
}

/* As deep as a value of ours is: a few levels. */
static void add_value(struct buf *b, const struct edit_style *s, const struct doc *v, size_t depth)
{
    if (is_leaf(v)) {
        add_scalar(b, s, v);
        return;
    }
    bool lines = s->lines && v->child;
    buf_add_char(b, v->type == DOC_MAP ? '{' : '[');
    if (lines)
        add_line(b, s, depth + 1);
    add_members(b, s, v, depth + 1);
    if (lines)
        add_line(b, s, depth);
    buf_add_char(b, v->type == DOC_MAP ? '}' : ']');
}

void edit_add_flow(struct buf *b, const struct edit_style *s, const struct doc *map)
{
    add_members(b, s, map, 0);
}

void edit_add_flow_value(struct buf *b, const struct edit_style *s, const struct doc *v)
{
    add_value(b, s, v, 0);
}

void edit_add_newline(struct buf *b, const struct edit_style *s, size_t indent)
{
    buf_add_str(b, s->newline);
    for (; indent; indent--)
        buf_add_char(b, ' ');
}

static void add_block_seq(struct buf *b, const struct edit_style *s, const struct doc *seq,
                          size_t indent)
{
    for (const struct doc *c = seq->child; c; c = c->next) {
        edit_add_newline(b, s, indent);
        buf_add_cstr(b, "- ");
        if (c->type == DOC_MAP && c->child)
            edit_add_block(b, s, c, indent + 2);
        else
            add_value(b, s, c, 0);
    }
}

void edit_add_block(struct buf *b, const struct edit_style *s, const struct doc *map, size_t indent)
{
    for (const struct doc *c = map->child; c; c = c->next) {
        if (c != map->child)
            edit_add_newline(b, s, indent);
        add_string(b, s, c->key);
        buf_add_char(b, ':');
        if (c->type == DOC_MAP && c->child) {
            edit_add_newline(b, s, indent + 2);
            edit_add_block(b, s, c, indent + 2);
        } else if (c->type == DOC_SEQ && c->child) {
            add_block_seq(b, s, c, indent);
        } else {
            buf_add_char(b, ' ');
            add_value(b, s, c, 0);
        }
    }
}
