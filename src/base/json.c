/* SPDX-License-Identifier: Apache-2.0
 *
 * Reads JSON without recursion and without copying what needs no decoding: strings without escapes
 * are views into the input. Strings are scanned 16 bytes at a time where SSE2 is there.
 */
#include "base/json.h"

#include "base/alloc.h"
#include "base/text.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

void json_cursor_init(struct json_cursor *c, struct str name, struct str text)
{
    const char *begin = text.p ? text.p : "";
    size_t bom = text.n >= 3 && memcmp(begin, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
    *c = (struct json_cursor){
        .name = name,
        .begin = begin,
        .p = begin + bom,
        .end = begin + text.n,
        .line_start = begin + bom,
        .line = 1,
    };
}

static int fail(const struct json_cursor *c, struct err *e, const char *what)
{
    struct pos at = json_pos(c);
    return err_at(e, EINVAL, c->name, at.line, at.column, "JSON: %s", what);
}

static void skip_spaces_slow(struct json_cursor *c)
{
    const char *p = c->p;
    for (; p < c->end; p++) {
        if (*p == '\n' || (*p == '\r' && !(p + 1 < c->end && p[1] == '\n'))) {
            c->line++;
            c->line_start = p + 1;
            c->line_extra = 0;
        } else if (*p != ' ' && *p != '\t' && *p != '\r') {
            break;
        }
    }
    c->p = p;
}

static inline void skip_spaces(struct json_cursor *c)
{
    if (c->p < c->end && (unsigned char)*c->p <= ' ')
        skip_spaces_slow(c);
}

void json_skip_space(struct json_cursor *c)
{
    skip_spaces(c);
}

/* The first byte from p on that ends a run of plain ASCII: a quote, a backslash, a control
 * character, or a byte of a longer character. */
static inline const char *skip_plain(const char *p, const char *end)
{
#ifdef __SSE2__
    const __m128i quote = _mm_set1_epi8('"');
    const __m128i backslash = _mm_set1_epi8('\\');
    const __m128i space = _mm_set1_epi8(' ');
    while (end - p >= 16) {
        __m128i v = _mm_loadu_si128((const __m128i *)(const void *)p);
        /* Signed comparison: bytes from 0x80 on are below ' ' too. */
        __m128i stop =
            _mm_or_si128(_mm_or_si128(_mm_cmpeq_epi8(v, quote), _mm_cmpeq_epi8(v, backslash)),
                         _mm_cmplt_epi8(v, space));
        unsigned mask = (unsigned)_mm_movemask_epi8(stop);
        if (mask)
            return p + __builtin_ctz(mask);
        p += 16;
    }
#endif
    while (p < end && *p != '"' && *p != '\\' && *p >= ' ' && (unsigned char)*p < 0x80)
        p++;
    return p;
}

/* Past the escape sequence at p, or NULL. */
static const char *skip_escape(const char *p, const char *end)
{
    if (end - p < 2)
        return NULL;
    if (p[1] != 'u')
        return memchr("\"\\/bfnrt", p[1], 8) ? p + 2 : NULL;
    if (end - p < 6)
        return NULL;
    for (int i = 2; i < 6; i++) {
        char lower = (char)(p[i] | 0x20);
        if (!(p[i] >= '0' && p[i] <= '9') && !(lower >= 'a' && lower <= 'f'))
            return NULL;
    }
    return p + 6;
}

/* Past the character of several bytes at c->p; counts its bytes for the column. */
static bool skip_long_char(struct json_cursor *c)
{
    uint32_t code;
    size_t n = utf8_decode((struct str){c->p, (size_t)(c->end - c->p)}, &code);
    if (!n)
        return false;
    c->p += n;
    c->line_extra += n - 1;
    return true;
}

/* From the opening quote to behind the closing one; *ret is what is between. */
static inline int scan_string(struct json_cursor *c, struct str *ret, bool *has_escapes,
                              struct err *e)
{
    const char *first = ++c->p;
    *has_escapes = false;
    for (;;) {
        c->p = skip_plain(c->p, c->end);
        if (c->p == c->end)
            return fail(c, e, "the text ends inside a string");
        if (*c->p == '"')
            break;
        if (*c->p == '\\') {
            const char *next = skip_escape(c->p, c->end);
            if (!next)
                return fail(c, e, "bad escape sequence in a string");
            *has_escapes = true;
            c->p = next;
        } else if ((unsigned char)*c->p < ' ') {
            return fail(c, e, "control character in a string");
        } else if (!skip_long_char(c)) {
            return fail(c, e, "the text is no UTF-8");
        }
    }
    *ret = (struct str){first, (size_t)(c->p - first)};
    c->p++;
    return 0;
}

static uint32_t hex4(const char *p)
{
    uint32_t v = 0;
    for (int i = 0; i < 4; i++) {
        unsigned char d = (unsigned char)p[i];
        v = v << 4 | (d <= '9' ? d & 15U : (d & 7U) + 9);
    }
    return v;
}

static char *put_utf8(char *q, uint32_t code)
{
    if (code < 0x80) {
        *q++ = (char)code;
    } else if (code < 0x800) {
        *q++ = (char)(0xc0 | code >> 6);
        *q++ = (char)(0x80 | (code & 0x3f));
    } else if (code < 0x10000) {
        *q++ = (char)(0xe0 | code >> 12);
        *q++ = (char)(0x80 | (code >> 6 & 0x3f));
        *q++ = (char)(0x80 | (code & 0x3f));
    } else {
        *q++ = (char)(0xf0 | code >> 18);
        *q++ = (char)(0x80 | (code >> 12 & 0x3f));
        *q++ = (char)(0x80 | (code >> 6 & 0x3f));
        *q++ = (char)(0x80 | (code & 0x3f));
    }
    return q;
}

/* The code point of the \u escape at *p, which moves behind it (and behind its second half). */
static uint32_t unescape_code(const char **p, const char *end)
{
    uint32_t code = hex4(*p + 2);
    *p += 6;
    if (code < 0xd800 || code > 0xdfff)
        return code;
    if (code < 0xdc00 && end - *p >= 6 && (*p)[0] == '\\' && (*p)[1] == 'u') {
        uint32_t low = hex4(*p + 2);
        if (low >= 0xdc00 && low <= 0xdfff) {
            *p += 6;
            return 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
        }
    }
    return 0xfffd;
}

/* Decodes a string that scan_string has checked. It never gets longer: \u is six bytes. */
static struct str unescape(struct arena *a, struct str raw)
{
    static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
    char *text = arena_text(a, raw.n), *q = text;
    const char *p = raw.p, *end = raw.p + raw.n;
    while (p < end) {
        const char *stop = memchr(p, '\\', (size_t)(end - p));
        size_t plain = (size_t)((stop ? stop : end) - p);
        memcpy(q, p, plain);
        q += plain;
        p += plain;
        if (!stop)
            break;
        if (p[1] == 'u') {
            q = put_utf8(q, unescape_code(&p, end));
        } else {
            *q++ = to[strchr(from, p[1]) - from];
            p += 2;
        }
    }
    return (struct str){text, (size_t)(q - text)};
}

static inline int read_string(struct json_cursor *c, struct arena *a, struct str *ret,
                              struct err *e)
{
    bool has_escapes;
    int r = scan_string(c, ret, &has_escapes, e);
    if (r == 0 && has_escapes && a)
        *ret = unescape(a, *ret);
    return r;
}

static inline bool is_digit(const struct json_cursor *c)
{
    return c->p < c->end && *c->p >= '0' && *c->p <= '9';
}

static bool skip_digits(struct json_cursor *c)
{
    if (!is_digit(c))
        return false;
    while (is_digit(c))
        c->p++;
    return true;
}

static int scan_number(struct json_cursor *c, enum doc_type *ret, struct err *e)
{
    const char *first = c->p;
    *ret = DOC_INT;
    if (*c->p == '-')
        c->p++;
    if (c->p < c->end && *c->p == '0')
        c->p++;
    else if (!skip_digits(c))
        return fail(c, e, "expected a digit");
    if (is_digit(c))
        return fail(c, e, "a number must not begin with 0");
    if (c->p < c->end && *c->p == '.') {
        *ret = DOC_FLOAT;
        c->p++;
        if (!skip_digits(c))
            return fail(c, e, "expected a digit after the decimal point");
    }
    if (c->p < c->end && (*c->p | 0x20) == 'e') {
        *ret = DOC_FLOAT;
        c->p++;
        if (c->p < c->end && (*c->p == '+' || *c->p == '-'))
            c->p++;
        if (!skip_digits(c))
            return fail(c, e, "expected a digit in the exponent");
    }
    if (c->p - first > DOC_MAX_NUMBER) {
        c->p = first;
        return fail(c, e, "number of more than 512 characters");
    }
    return 0;
}

static bool skip_word(struct json_cursor *c, const char *word, size_t n)
{
    if ((size_t)(c->end - c->p) < n || memcmp(c->p, word, n) != 0)
        return false;
    c->p += n;
    return true;
}

/* One scalar at c->p. */
static inline int read_scalar(struct json_cursor *c, struct arena *a, struct doc *ret,
                              struct err *e)
{
    const char *first = c->p;
    int r = 0;
    switch (*c->p) {
    case '"':
        ret->type = DOC_STRING;
        ret->quoted = true;
        return read_string(c, a, &ret->text, e);
    case 't':
        ret->type = DOC_BOOL;
        r = skip_word(c, "true", 4) ? 0 : fail(c, e, "unknown word");
        break;
    case 'f':
        ret->type = DOC_BOOL;
        r = skip_word(c, "false", 5) ? 0 : fail(c, e, "unknown word");
        break;
    case 'n':
        ret->type = DOC_NULL;
        return skip_word(c, "null", 4) ? 0 : fail(c, e, "unknown word");
    case '-':
    case '0' ... '9':
        r = scan_number(c, &ret->type, e);
        break;
    default:
        return fail(c, e, "expected a value");
    }
    ret->text = (struct str){first, (size_t)(c->p - first)};
    return r;
}

static inline int read_key(struct json_cursor *c, struct arena *a, struct doc_key *ret,
                           struct err *e)
{
    if (c->p == c->end || *c->p != '"')
        return fail(c, e,
                    c->p == c->end ? "the text ends inside an object"
                                   : "expected a key in double quotes");
    ret->at = json_pos(c);
    ret->start = (size_t)(c->p - c->begin);
    int r = read_string(c, a, &ret->text, e);
    if (r)
        return r;
    skip_spaces(c);
    if (c->p == c->end || *c->p != ':')
        return fail(c, e, "expected ':' after the key");
    c->p++;
    skip_spaces(c);
    return 0;
}

int json_key_and_colon(struct json_cursor *c, struct arena *a, struct doc_key *ret, struct err *e)
{
    return read_key(c, a, ret, e);
}

/* The containers that are open while a value is walked: a bit each, 1 = object. */
struct nesting {
    uint64_t is_map[DOC_MAX_DEPTH / 64];
    size_t depth, base;
};

static inline bool in_map(const struct nesting *s)
{
    return s->is_map[(s->depth - 1) / 64] >> ((s->depth - 1) % 64) & 1;
}

static inline int push(struct json_cursor *c, struct nesting *s, struct err *e)
{
    if (s->depth == DOC_MAX_DEPTH)
        return fail(c, e, "nested deeper than 128 levels");
    uint64_t bit = UINT64_C(1) << (s->depth % 64);
    uint64_t *word = &s->is_map[s->depth / 64];
    *word = *c->p == '{' ? *word | bit : *word & ~bit;
    s->depth++;
    c->p++;
    skip_spaces(c);
    return 0;
}

static inline bool at_end_of(const struct json_cursor *c, const struct nesting *s)
{
    return c->p < c->end && *c->p == (in_map(s) ? '}' : ']');
}

/* Leaves containers as long as they end here. 1: another element follows, 0: the value is done. */
static inline int pop_ended(struct json_cursor *c, struct nesting *s, struct doc_builder *b,
                            struct err *e)
{
    while (s->depth > s->base) {
        skip_spaces(c);
        if (c->p < c->end && *c->p == ',') {
            c->p++;
            skip_spaces(c);
            return 1;
        }
        if (!at_end_of(c, s))
            return fail(c, e,
                        c->p == c->end ? "the text ends before the value does"
                        : in_map(s)    ? "expected ',' or '}'"
                                       : "expected ',' or ']'");
        c->p++;
        s->depth--;
        if (b) {
            b->frames[b->depth - 1].node->end = (size_t)(c->p - c->begin);
            doc_build_close(b);
        }
    }
    return 0;
}

/* A value begins at c->p: its node, or with no builder a node that is thrown away. */
static inline struct doc *begin_value(struct json_cursor *c, struct doc_builder *b,
                                      const struct doc_key *key, struct doc *scratch)
{
    if (!b)
        return scratch;
    struct doc *n = doc_build_add(b, key->text, key->at, key->start);
    n->at = json_pos(c);
    n->start = (size_t)(c->p - c->begin);
    return n;
}

/* A key that the caller has no use for: its value is checked, not built. */
static inline bool is_unwanted(const struct doc_builder *b, const struct nesting *s,
                               const struct doc_key *key)
{
    return b && b->unwanted.n && s->depth > s->base && in_map(s) && str_eq(key->text, b->unwanted);
}

/* Builds one value, or with no builder only checks it: two copies of one loop, so that they cannot
 * differ in what they accept. */
static inline __attribute__((always_inline)) int walk(struct json_cursor *c, struct doc_builder *b,
                                                      const struct doc_key *outer, struct err *e)
{
    struct arena *a = b ? b->arena : NULL;
    struct nesting s = {.depth = b ? b->depth : 0};
    s.base = s.depth;
    struct doc_key key = outer ? *outer : (struct doc_key){0};
    struct doc scratch;
    for (;;) {
        if (c->p == c->end)
            return fail(c, e, "the text ends where a value is expected");
        if (b && b->nodes >= DOC_MAX_NODES)
            return fail(c, e, "more values than one document may have");
        int r = 0;
        if (is_unwanted(b, &s, &key)) {
            r = json_skip(c, e);
            if (r)
                return r;
        } else {
            struct doc *n = begin_value(c, b, &key, &scratch);
            if (*c->p == '{' || *c->p == '[') {
                n->type = *c->p == '{' ? DOC_MAP : DOC_SEQ;
                r = push(c, &s, e);
                if (r)
                    return r;
                if (b)
                    doc_build_open(b, n);
                if (!at_end_of(c, &s)) {
                    r = in_map(&s) ? read_key(c, a, &key, e) : 0;
                    if (r)
                        return r;
                    continue;
                }
            } else {
                r = read_scalar(c, a, n, e);
                if (r)
                    return r;
                n->end = (size_t)(c->p - c->begin);
            }
        }
        r = pop_ended(c, &s, b, e);
        if (r <= 0)
            return r;
        r = in_map(&s) ? read_key(c, a, &key, e) : 0;
        if (r)
            return r;
    }
}

int json_build(struct json_cursor *c, struct doc_builder *b, const struct doc_key *key,
               struct err *e)
{
    return walk(c, b, key, e);
}

int json_skip(struct json_cursor *c, struct err *e)
{
    return walk(c, NULL, NULL, e);
}
