/* SPDX-License-Identifier: Apache-2.0
 *
 * Finds the documents of a YAML stream by looking at the first bytes of each line, and Helm's
 * template actions where libyaml has given up.
 */
#include "base/yaml_cut.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

/* The line at `from`, without its line feed and carriage return. *next is the following one's
 * beginning. */
static struct str line_at(struct str s, size_t from, size_t *next)
{
    const char *lf = memchr(s.p + from, '\n', s.n - from);
    size_t end = lf ? (size_t)(lf - s.p) : s.n;
    *next = lf ? end + 1 : s.n;
    while (end > from && s.p[end - 1] == '\r')
        end--;
    return (struct str){s.p + from, end - from};
}

static inline bool is_marker(struct str line, const char *mark)
{
    return line.n >= 3 && memcmp(line.p, mark, 3) == 0 &&
           (line.n == 3 || line.p[3] == ' ' || line.p[3] == '\t' || line.p[3] == '\r');
}

static size_t first_nonblank(struct str line)
{
    size_t i = 0;
    while (i < line.n && (line.p[i] == ' ' || line.p[i] == '\t'))
        i++;
    return i;
}

/* How often `first` begins one of the breaks that libyaml counts besides LF and CRLF. */
static uint32_t count_begun(struct str s, char first)
{
    const char *end = s.p + s.n;
    uint32_t n = 0;
    for (const char *p = s.p; (p = memchr(p, first, (size_t)(end - p))); p++) {
        struct str rest = {p, (size_t)(end - p)};
        bool crlf = str_starts(rest, "\r\n");
        n += (first == '\r' && !crlf) || str_starts(rest, "\xc2\x85") ||
             str_starts(rest, "\xe2\x80\xa8") || str_starts(rest, "\xe2\x80\xa9");
    }
    return n;
}

/* A lone CR, NEL, LS and PS. */
static uint32_t count_rare_breaks(struct str s)
{
    return count_begun(s, '\r') + count_begun(s, '\xc2') + count_begun(s, '\xe2');
}

static bool is_ascii(struct str s)
{
    size_t i = 0;
    for (; i + 64 <= s.n; i += 64) {
        uint64_t word[8], any = 0;
        memcpy(word, s.p + i, sizeof(word));
        for (size_t k = 0; k < ARRAY_LEN(word); k++)
            any |= word[k];
        if (any & UINT64_C(0x8080808080808080))
            return false;
    }
    for (; i < s.n; i++)
        if ((unsigned char)s.p[i] >= 0x80)
            return false;
    return true;
}

static bool has_braces(struct str s)
{
    const char *p = s.p, *end = s.p + s.n;
    while ((p = memchr(p, '{', (size_t)(end - p))) && p + 1 < end) {
        if (p[1] == '{')
            return true;
        p++;
    }
    return false;
}

/* Directives after any line break that libyaml knows; a break's last byte is one of these five. */
static size_t count_tags(struct str prologue)
{
    size_t n = 0;
    bool line_begins = true;
    for (size_t i = 0; i < prologue.n; i++) {
        char c = prologue.p[i];
        if (line_begins && c == '%' && str_starts(str_sub(prologue, i, prologue.n), "%TAG"))
            n++;
        line_begins = c == '\n' || c == '\r' || c == '\x85' || c == '\xa8' || c == '\xa9';
    }
    return n;
}

/* What is known while the lines of a chunk go by. */
struct cutting {
    struct yaml_chunk *chunk;
    size_t prologue;  /* bytes before the "---" or the first content */
    bool in_prologue; /* nothing but comments, directives and blank lines so far */
    bool before_content;
    bool has_directive;
    bool only_end; /* nothing but a repeated "..." */
    uint32_t breaks;
    /* Directives that end the content so far: if "---" follows, they are the next document's. */
    bool has_tail;
    size_t tail;
    uint32_t tail_breaks;
};

/* A line ahead of the content: looks for helm's comment. False if it is content. */
static bool leading_line(struct cutting *k, struct str line)
{
    static const char source[] = "# Source: ";
    size_t i = first_nonblank(line);
    if (i == line.n)
        return true;
    if (k->in_prologue && line.p[0] == '%') {
        k->has_directive = true;
        return true;
    }
    if (line.p[i] != '#')
        return false;
    if (str_starts(line, source) && !k->chunk->source.p)
        k->chunk->source = str_trim(str_sub(line, sizeof(source) - 1, line.n));
    return true;
}

static void note_tail(struct cutting *k, struct str line, size_t from)
{
    if (line.n && line.p[0] == '%') {
        if (!k->has_tail) {
            k->tail = from;
            k->tail_breaks = k->breaks;
        }
        k->has_tail = true;
    } else if (k->has_tail) {
        size_t i = first_nonblank(line);
        k->has_tail = i == line.n || line.p[i] == '#';
    }
}

/* One line; true if the chunk ends, before this line (*end = from, or where its directives begin)
 * or after it (*end = next). */
static bool cut_line(struct cutting *k, struct str line, size_t from, size_t next, size_t *end)
{
    if (line.n && line.p[0] == '-' && is_marker(line, "---")) {
        if (!k->in_prologue) {
            *end = k->has_tail ? k->tail : from;
            if (k->has_tail)
                k->breaks = k->tail_breaks;
            return true;
        }
        k->in_prologue = false;
        k->prologue = from;
        struct str rest = str_trim(str_sub(line, 3, line.n));
        k->before_content = rest.n == 0 || rest.p[0] == '#';
    } else if (line.n && line.p[0] == '.' && is_marker(line, "...")) {
        *end = next;
        k->breaks++;
        k->only_end = k->in_prologue && !k->has_directive && k->chunk->start > 0;
        return true;
    } else if (k->before_content && !leading_line(k, line)) {
        if (k->in_prologue)
            k->prologue = from;
        k->in_prologue = k->before_content = false;
    } else if (!k->in_prologue) {
        note_tail(k, line, from);
    }
    k->breaks++;
    return false;
}

static inline bool may_end_chunk(char first)
{
    return first == '-' || first == '.' || first == '%';
}

/* Past lines that can only be more of the content, nearly all there are: from the beginning of one,
 * to that of the next line of which this cannot be said, or the end. */
static size_t skip_lines(struct str s, size_t from, uint32_t *breaks)
{
    const char *p = s.p + from, *end = s.p + s.n;
#ifdef __SSE2__
    const __m128i lf = _mm_set1_epi8('\n');
    for (; end - p > 16; p += 16) {
        __m128i v = _mm_loadu_si128((const __m128i *)(const void *)p);
        unsigned mask = (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(v, lf));
        for (; mask; mask &= mask - 1) {
            const char *line = p + __builtin_ctz(mask) + 1;
            ++*breaks;
            if (may_end_chunk(*line))
                return (size_t)(line - s.p);
        }
    }
#endif
    for (; p < end; p++)
        if (*p == '\n') {
            ++*breaks;
            if (p + 1 < end && may_end_chunk(p[1]))
                return (size_t)(p + 1 - s.p);
        }
    if (p[-1] != '\n')
        ++*breaks; /* as cut_line() counts a last line without its end */
    return s.n;
}

/* One chunk, at c->at; *ret_only_end: it holds no document, only one more "..." after another. */
static void cut_chunk(struct yaml_cut *c, struct yaml_chunk *ret, bool *ret_only_end)
{
    *ret = (struct yaml_chunk){.start = c->at, .line = c->line};
    struct cutting k = {.chunk = ret, .in_prologue = true, .before_content = true};
    size_t end = c->text.n, next;
    for (size_t from = c->at; from < c->text.n; from = next) {
        bool inside = !k.in_prologue && !k.before_content && !k.has_tail;
        if (inside && !may_end_chunk(c->text.p[from])) {
            next = skip_lines(c->text, from, &k.breaks);
            continue;
        }
        struct str line = line_at(c->text, from, &next);
        if (cut_line(&k, line, from, next, &end))
            break;
    }
    if (k.in_prologue)
        k.prologue = end;
    ret->text = str_sub(c->text, c->at, end);
    ret->ascii = is_ascii(ret->text);
    ret->has_braces = has_braces(ret->text);
    if (k.prologue > c->at)
        ret->tags = count_tags(str_sub(c->text, c->at, k.prologue));
    if (!ret->ascii || memchr(ret->text.p, '\r', ret->text.n))
        k.breaks += count_rare_breaks(ret->text);
    c->line += k.breaks;
    c->at = end;
    *ret_only_end = k.only_end;
}

bool yaml_cut_next(struct yaml_cut *c, struct yaml_chunk *ret)
{
    bool only_end = true;
    while (only_end && c->at < c->text.n)
        cut_chunk(c, ret, &only_end);
    return !only_end;
}

/* Helm's actions begin with a word, a field, a variable, a string or a parenthesis. */
static struct str action_words(struct str s)
{
    if (s.n && s.p[0] == '-')
        s = str_sub(s, 1, s.n);
    while (s.n && s.p[0] == ' ')
        s = str_sub(s, 1, s.n);
    return s;
}

bool yaml_begins_action(struct str s)
{
    struct str action = action_words(str_sub(s, 2, s.n));
    return str_starts(s, "{{") && action.n &&
           (memchr(".$\"`(/", action.p[0], 6) || (action.p[0] | 0x20) >= 'a');
}

bool yaml_is_helm(struct str s)
{
    static const char *const words[] = {".Values", ".Release", ".Chart",     ".Capabilities",
                                        ".Files",  "$.Values", "include \"", "template \"",
                                        "toYaml ", "$.Release"};
    for (ptrdiff_t at; (at = str_find(s, "{{")) >= 0;) {
        s = str_sub(s, (size_t)at + 2, s.n);
        struct str action = action_words(s);
        for (size_t i = 0; i < ARRAY_LEN(words); i++)
            if (str_starts(action, words[i]))
                return true;
    }
    return false;
}

/* What a line-by-line look at a broken document remembers. */
struct lexer {
    bool in_block; /* inside a block scalar: lines indented deeper than `indent` */
    size_t indent;
    char quote; /* of an open quoted scalar, or 0 */
};

/* The offset of "{{" in template position in this line, or -1. Keeps track of quotes. */
static ptrdiff_t find_in_line(struct lexer *x, struct str line)
{
    char before = 0; /* the last character that is no blank */
    for (size_t i = 0; i < line.n; i++) {
        char c = line.p[i];
        if (x->quote) {
            if (c == '\\' && x->quote == '"')
                i++;
            else if (c == x->quote)
                x->quote = 0;
            before = c;
            continue;
        }
        if (c == '#' && (i == 0 || line.p[i - 1] == ' '))
            break;
        bool value_begins = before == 0 || before == ':' || before == '-' || before == '[' ||
                            before == ',' || before == '{';
        if ((c == '"' || c == '\'') && value_begins)
            x->quote = c;
        struct str rest = str_sub(line, i, line.n);
        if (yaml_begins_action(rest) && (value_begins || yaml_is_helm(rest)))
            return (ptrdiff_t)i;
        if (c != ' ' && c != '\t')
            before = c;
    }
    return -1;
}

/* Whether a block scalar begins at the end of this line: "key: |-", "- >2". */
static bool opens_block(struct str line)
{
    struct str s = str_trim(line);
    while (s.n && (s.p[s.n - 1] == '-' || s.p[s.n - 1] == '+' ||
                   (s.p[s.n - 1] >= '0' && s.p[s.n - 1] <= '9')))
        s.n--;
    if (!s.n || (s.p[s.n - 1] != '|' && s.p[s.n - 1] != '>'))
        return false;
    s = str_trim(str_sub(s, 0, s.n - 1));
    return !s.n || s.p[s.n - 1] == ':' || s.p[s.n - 1] == '-';
}

ptrdiff_t yaml_find_template(struct str document)
{
    struct lexer x = {0};
    size_t next;
    for (size_t from = 0; from < document.n; from = next) {
        struct str line = line_at(document, from, &next);
        size_t indent = first_nonblank(line);
        if (x.in_block && (indent == line.n || indent > x.indent))
            continue;
        x.in_block = false;
        bool was_quoted = x.quote;
        ptrdiff_t at = find_in_line(&x, line);
        if (at >= 0)
            return (ptrdiff_t)from + at;
        if (!was_quoted && !x.quote && opens_block(line)) {
            x.in_block = true;
            x.indent = indent;
        }
    }
    return -1;
}
