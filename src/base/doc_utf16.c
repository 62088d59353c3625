/* SPDX-License-Identifier: Apache-2.0
 *
 * UTF-16 to UTF-8, and offsets back.
 */
#include "base/doc_utf16.h"

#include "base/alloc.h"

enum { MARK_EVERY = 64, BOM_BYTES = 2 };

bool utf16_has_mark(struct str s)
{
    return s.n >= BOM_BYTES &&
           (memcmp(s.p, "\xff\xfe", BOM_BYTES) == 0 || memcmp(s.p, "\xfe\xff", BOM_BYTES) == 0);
}

static uint32_t unit_at(const struct utf16 *u, size_t i)
{
    return u->big_endian ? (uint32_t)u->original[i] << 8 | u->original[i + 1]
                         : (uint32_t)u->original[i + 1] << 8 | u->original[i];
}

/* The code point at byte i of the original; its length there, or 0 if it is half of one. */
static size_t code_at(const struct utf16 *u, size_t i, uint32_t *ret)
{
    if (u->original_n - i < 2)
        return 0;
    *ret = unit_at(u, i);
    if (*ret < 0xd800 || *ret > 0xdfff)
        return 2;
    if (*ret >= 0xdc00 || u->original_n - i < 4)
        return 0;
    uint32_t low = unit_at(u, i + 2);
    if (low < 0xdc00 || low > 0xdfff)
        return 0;
    *ret = 0x10000 + ((*ret - 0xd800) << 10) + (low - 0xdc00);
    return 4;
}

static size_t utf8_length(uint32_t code)
{
    return code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
}

static void put(struct utf16 *u, uint32_t code)
{
    static const unsigned char lead[] = {0, 0, 0xc0, 0xe0, 0xf0};
    size_t n = utf8_length(code);
    for (size_t i = n; i-- > 1; code >>= 6)
        u->text[u->n + i] = (char)(0x80 | (code & 0x3f));
    u->text[u->n] = (char)(lead[n] | code);
    u->n += n;
}

int utf16_init(struct utf16 *u, struct str s, size_t *ret_bad)
{
    *u = (struct utf16){
        .original = (const unsigned char *)s.p,
        .original_n = s.n,
        .big_endian = s.p[0] == '\xfe',
    };
    size_t most = s.n / 2 * 3 + 1;
    u->text = mem_alloc(most);
    u->marks = mem_calloc(most / MARK_EVERY + 2, sizeof(*u->marks));
    size_t next_mark = 0;
    for (size_t i = BOM_BYTES; i < s.n;) {
        uint32_t code;
        size_t len = code_at(u, i, &code);
        if (!len) {
            *ret_bad = i;
            return -EINVAL;
        }
        if (u->n >= next_mark * MARK_EVERY)
            u->marks[next_mark++] = (struct utf16_mark){u->n, i};
        put(u, code);
        i += len;
    }
    return 0;
}

void utf16_done(struct utf16 *u)
{
    mem_free(u->text);
    mem_free(u->marks);
    *u = (struct utf16){0};
}

static size_t original_of(const struct utf16 *u, size_t utf8)
{
    size_t k = utf8 / MARK_EVERY;
    while (k > 0 && (u->marks[k].utf8 > utf8 || u->marks[k].original == 0))
        k--;
    size_t at = u->marks[k].utf8, i = MAX(u->marks[k].original, (size_t)BOM_BYTES);
    while (at < utf8 && i < u->original_n) {
        uint32_t code;
        size_t len = code_at(u, i, &code);
        if (!len)
            break;
        i += len;
        at += utf8_length(code);
    }
    return i;
}

static struct str own(const struct utf16 *u, struct arena *a, struct str s)
{
    if (s.p && !s.n)
        return STR("");
    return s.n && s.p >= u->text && s.p < u->text + u->n ? arena_str(a, s) : s;
}

static void relocate_node(const struct utf16 *u, struct arena *a, struct doc *n)
{
    n->key = own(u, a, n->key);
    n->text = own(u, a, n->text);
    n->start = original_of(u, n->start);
    n->end = original_of(u, n->end);
    if (n->key.p)
        n->key_start = original_of(u, n->key_start);
}

void utf16_relocate(const struct utf16 *u, struct arena *a, struct doc_root *root)
{
    struct doc *stack[DOC_MAX_DEPTH + 1];
    size_t depth = 0;
    if (root->root)
        stack[depth++] = root->root;
    while (depth) {
        struct doc *n = stack[depth - 1];
        relocate_node(u, a, n);
        stack[depth - 1] = n->next;
        if (!n->next)
            depth--;
        if (n->child)
            stack[depth++] = n->child;
    }
    root->source = own(u, a, root->source);
    for (size_t i = 0; i < root->duplicate_count; i++)
        root->duplicates[i].key = own(u, a, root->duplicates[i].key);
    root->start = original_of(u, root->start);
    root->end = original_of(u, root->end);
}
