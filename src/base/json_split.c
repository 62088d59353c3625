/* SPDX-License-Identifier: Apache-2.0
 *
 * Finds the items of a top-level list: a scan that knows strings and depth and nothing else.
 */
#include "base/json_split.h"

static const char items_key[] = "items";
enum { ITEMS_LEN = sizeof(items_key) - 1 };

void json_split_init(struct json_split *s, size_t max_header_bytes)
{
    *s = (struct json_split){.phase = SPLIT_HEADER};
    buf_init(&s->header, max_header_bytes);
}

void json_split_done(struct json_split *s)
{
    buf_done(&s->header);
}

/* From inside a string to behind its closing quote, or NULL when the text ends first. */
static const char *string_end(const char *p, const char *end)
{
    for (;;) {
        p = memchr(p, '"', (size_t)(end - p));
        if (!p)
            return NULL;
        const char *slash = p;
        while (slash[-1] == '\\')
            slash--; /* an odd number escapes the quote; the opening quote ends the run */
        p++;
        if ((p - 1 - slash) % 2 == 0)
            return p;
    }
}

/* ---- the object around the items ---- */

static void header_string(struct json_split *s, char c)
{
    if (s->escaped) {
        s->escaped = false;
        s->key_matches = false;
    } else if (c == '\\') {
        s->escaped = true;
        s->key_matches = false;
    } else if (c == '"') {
        s->in_string = false;
        s->key_matches = s->key_matches && s->key_len == ITEMS_LEN;
    } else {
        s->key_matches = s->key_matches && s->key_len < ITEMS_LEN && c == items_key[s->key_len];
        s->key_len++;
    }
}

/* True at the '[' that opens the items of the top-level object. */
static bool header_char(struct json_split *s, char c)
{
    if (s->in_string) {
        header_string(s, c);
        return false;
    }
    switch (c) {
    case '"':
        s->in_string = true;
        s->key_matches = s->depth == 1 && s->is_key;
        s->key_len = 0;
        break;
    case '{':
        s->depth++;
        s->is_key = s->depth == 1;
        break;
    case '[':
        if (s->depth == 1 && !s->is_key && s->key_matches)
            return true;
        s->depth++;
        break;
    case '}':
    case ']':
        s->depth -= s->depth > 0;
        break;
    case ':':
        if (s->depth == 1)
            s->is_key = false;
        break;
    case ',':
        if (s->depth == 1)
            s->is_key = true;
        break;
    default:
        break;
    }
    return false;
}

static size_t feed_header(struct json_split *s, struct str text)
{
    for (size_t i = 0; i < text.n; i++) {
        if (!header_char(s, text.p[i]))
            continue;
        buf_add(&s->header, text.p, i + 1);
        s->phase = SPLIT_ITEMS;
        return i + 1;
    }
    buf_add_str(&s->header, text);
    return text.n;
}

/* ---- the items ---- */

/* The end of the value that begins at p, or NULL when the text ends first. A number or word ends
 * where a comma, a bracket or a space comes. */
static const char *value_end(const char *p, const char *end)
{
    uint32_t depth = 0;
    do {
        char c = *p;
        if (c == '"') {
            p = string_end(p + 1, end);
            if (!p)
                return NULL;
            continue;
        }
        bool stop = c == ',' || c == ' ' || c == '\n' || c == '\r' || c == '\t';
        if (depth == 0 && (stop || c == ']' || c == '}'))
            return p;
        p++;
        depth += c == '{' || c == '[';
        if (c == '}' || c == ']') {
            depth--;
            if (!depth)
                return p;
        }
    } while (p < end);
    return NULL;
}

static size_t feed_items(struct json_split *s, struct str text, struct str *ret_items)
{
    const char *p = text.p, *end = text.p + text.n, *used = text.p;
    while (p < end) {
        char c = *p;
        if (c == ' ' || c == '\n' || c == '\r' || c == '\t') {
            used = ++p;
        } else if (c == ',' && s->items && !s->item_wanted) {
            s->item_wanted = true;
            used = ++p;
        } else if (c == ']' && (!s->items || !s->item_wanted)) {
            s->phase = SPLIT_TRAILER;
            break;
        } else if (c == ',' || c == ']' || (s->items && !s->item_wanted)) {
            s->item_open = true; /* json_split_end says so */
            s->phase = SPLIT_TRAILER;
            break;
        } else {
            p = value_end(p, end);
            if (!p)
                break;
            used = p;
            s->items++;
            s->item_wanted = false;
        }
    }
    *ret_items = (struct str){text.p, (size_t)(used - text.p)};
    return ret_items->n;
}

size_t json_split_feed(struct json_split *s, struct str text, struct str *ret_items)
{
    *ret_items = STR_NONE;
    if (s->phase == SPLIT_ITEMS)
        return feed_items(s, text, ret_items);
    if (s->phase == SPLIT_HEADER)
        return feed_header(s, text);
    buf_add_str(&s->header, text);
    return text.n;
}

int json_split_end(struct json_split *s, struct str rest, struct err *e)
{
    if (s->item_open)
        return err_set(e, EINVAL, "JSON: expected ',' or ']' between list items");
    if (s->phase == SPLIT_ITEMS)
        return err_set(e, EINVAL, "JSON: the text ends inside %s",
                       str_empty(str_trim(rest)) ? "the list of items" : "a list item");
    buf_add_str(&s->header, rest);
    if (s->header.overflow)
        return err_set(e, EFBIG, "JSON: one object is too large");
    return 0;
}
