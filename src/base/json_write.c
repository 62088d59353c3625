/* SPDX-License-Identifier: Apache-2.0
 *
 * Writes JSON, or the same tree as block YAML (strings always double-quoted, which YAML reads the
 * same way).
 */
#include "base/json_write.h"

#include <assert.h>

#include "base/text.h"

void json_writer_init(struct json_writer *w, struct buf *out, enum json_style style)
{
    *w = (struct json_writer){.out = out, .style = style};
}

void json_writer_end(struct json_writer *w)
{
    assert(w->depth == 0);
    if (w->out->n && w->out->p[w->out->n - 1] != '\n')
        buf_add_char(w->out, '\n');
}

void json_add_quoted(struct buf *b, struct str s)
{
    buf_add_char(b, '"');
    for (size_t i = 0; i < s.n;) {
        size_t plain = i;
        while (plain < s.n && s.p[plain] >= 0x20 && s.p[plain] < 0x7f && s.p[plain] != '"' &&
               s.p[plain] != '\\')
            plain++;
        buf_add(b, s.p + i, plain - i);
        i = plain;
        if (i == s.n)
            break;
        uint32_t code = 0;
        size_t n = utf8_decode(str_sub(s, i, s.n), &code);
        if (n == 0)
            utf8_add(b, 0xfffd);
        else if (code == '"' || code == '\\')
            buf_printf(b, "\\%c", (char)code);
        else if (code == '\n' || code == '\t' || code == '\r')
            buf_add_cstr(b, code == '\n' ? "\\n" : code == '\t' ? "\\t" : "\\r");
        else if (code < 0x20 || (code >= 0x7f && code < 0xa0) || code == 0x2028 || code == 0x2029 ||
                 code == 0xfeff)
            buf_printf(b, "\\u%04x", code);
        else
            buf_add(b, s.p + i, n);
        i += n ? n : 1;
    }
    buf_add_char(b, '"');
}

static void new_line(struct json_writer *w, int depth)
{
    buf_add_char(w->out, '\n');
    for (int i = 0; i < depth; i++)
        buf_add_cstr(w->out, "  ");
}

/* YAML: the first key of a map in a sequence stands on the line of its dash. */
static void yaml_line(struct json_writer *w, bool dash)
{
    int d = w->depth - 1;
    bool on_dash_line = w->level[d].dash_open;
    w->level[d].dash_open = false;
    if (!on_dash_line) {
        if (w->out->n && w->out->p[w->out->n - 1] != '\n')
            buf_add_char(w->out, '\n');
        for (int i = 0; i < d; i++)
            buf_add_cstr(w->out, "  ");
    }
    if (dash)
        buf_add_cstr(w->out, "- ");
}

/* What stands before a value. */
static void begin_value(struct json_writer *w)
{
    if (w->after_key) {
        w->after_key = false;
        return;
    }
    if (w->depth == 0)
        return;
    bool first = !w->level[w->depth - 1].has_items;
    w->level[w->depth - 1].has_items = true;
    if (w->style == JSON_AS_YAML) {
        yaml_line(w, true);
    } else {
        if (!first)
            buf_add_char(w->out, ',');
        if (w->style == JSON_INDENTED)
            new_line(w, w->depth);
    }
}

static void open_level(struct json_writer *w, bool is_map)
{
    bool in_seq = w->depth > 0 && !w->level[w->depth - 1].is_map;
    begin_value(w);
    assert(w->depth < JSON_WRITE_DEPTH);
    w->level[w->depth].is_map = is_map;
    w->level[w->depth].has_items = false;
    w->level[w->depth].dash_open = in_seq && w->style == JSON_AS_YAML;
    w->depth++;
    if (w->style != JSON_AS_YAML)
        buf_add_char(w->out, is_map ? '{' : '[');
}

static void close_level(struct json_writer *w, char open, char close)
{
    assert(w->depth > 0);
    bool empty = !w->level[--w->depth].has_items;
    if (w->style == JSON_AS_YAML) {
        if (empty) {
            if (w->out->n && w->out->p[w->out->n - 1] == ':')
                buf_add_char(w->out, ' ');
            buf_add_char(w->out, open);
            buf_add_char(w->out, close);
        }
        return;
    }
    if (!empty && w->style == JSON_INDENTED)
        new_line(w, w->depth);
    buf_add_char(w->out, close);
}

void json_map(struct json_writer *w)
{
    open_level(w, true);
}

void json_map_end(struct json_writer *w)
{
    close_level(w, '{', '}');
}

void json_seq(struct json_writer *w)
{
    open_level(w, false);
}

void json_seq_end(struct json_writer *w)
{
    close_level(w, '[', ']');
}

void json_key_str(struct json_writer *w, struct str key)
{
    assert(w->depth > 0 && w->level[w->depth - 1].is_map && !w->after_key);
    bool first = !w->level[w->depth - 1].has_items;
    w->level[w->depth - 1].has_items = true;
    if (w->style == JSON_AS_YAML) {
        yaml_line(w, false);
        bool plain = key.n > 0;
        for (size_t i = 0; i < key.n; i++)
            plain = plain && ((key.p[i] | 0x20) >= 'a' && (key.p[i] | 0x20) <= 'z');
        /* y, n, yes, no, on, off and null would be read as something else. */
        plain = plain && key.n > 3 && !str_is_nocase(key, "true") && !str_is_nocase(key, "false") &&
                !str_is_nocase(key, "null");
        if (plain)
            buf_add_str(w->out, key);
        else
            json_add_quoted(w->out, key);
        buf_add_char(w->out, ':');
    } else {
        if (!first)
            buf_add_char(w->out, ',');
        if (w->style == JSON_INDENTED)
            new_line(w, w->depth);
        json_add_quoted(w->out, key);
        buf_add_cstr(w->out, w->style == JSON_INDENTED ? ": " : ":");
    }
    w->after_key = true;
}

void json_key(struct json_writer *w, const char *key)
{
    json_key_str(w, str_of(key));
}

static void begin_scalar(struct json_writer *w)
{
    bool after_key = w->after_key;
    begin_value(w);
    if (after_key && w->style == JSON_AS_YAML)
        buf_add_char(w->out, ' ');
}

void json_null(struct json_writer *w)
{
    begin_scalar(w);
    buf_add_cstr(w->out, "null");
}

void json_bool(struct json_writer *w, bool v)
{
    begin_scalar(w);
    buf_add_cstr(w->out, v ? "true" : "false");
}

void json_int(struct json_writer *w, int64_t v)
{
    begin_scalar(w);
    buf_printf(w->out, "%lld", (long long)v);
}

void json_double(struct json_writer *w, double v)
{
    begin_scalar(w);
    char text[40] = "0";
    for (int digits = 1; digits <= 17; digits++) {
        double back;
        snprintf(text, sizeof(text), "%.*g", digits, v);
        if (str_to_double(str_of(text), &back) == 0 && back == v)
            break;
    }
    buf_add_cstr(w->out, text);
}

void json_number(struct json_writer *w, struct str text)
{
    begin_scalar(w);
    buf_add_str(w->out, text);
}

void json_str(struct json_writer *w, struct str s)
{
    if (!s.p) {
        json_null(w);
        return;
    }
    begin_scalar(w);
    json_add_quoted(w->out, s);
}

void json_add_str(struct json_writer *w, const char *key, struct str v)
{
    json_key(w, key);
    json_str(w, v);
}

void json_add_cstr(struct json_writer *w, const char *key, const char *v)
{
    json_add_str(w, key, str_of(v));
}

void json_add_int(struct json_writer *w, const char *key, int64_t v)
{
    json_key(w, key);
    json_int(w, v);
}

void json_add_bool(struct json_writer *w, const char *key, bool v)
{
    json_key(w, key);
    json_bool(w, v);
}

void json_add_double(struct json_writer *w, const char *key, double v)
{
    json_key(w, key);
    json_double(w, v);
}

void json_add_null(struct json_writer *w, const char *key)
{
    json_key(w, key);
    json_null(w);
}
