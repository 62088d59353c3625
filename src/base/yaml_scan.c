/* SPDX-License-Identifier: Apache-2.0
 *
 * Scalars as libyaml's scanner.c reads them: plain and quoted ones with their folding, and block
 * scalars. Rare forms (tabs, numeric escapes, indentation indicators) are refused.
 */
#include "base/yaml_scan.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

/* libyaml takes no longer key: 1,024 characters from its beginning to the ':'. */
enum { LONGEST_KEY = 1000 };

/* ---- characters ---- */

/* The length of the character at p, of those that are clean and not ASCII; 0: none. */
static size_t clean_length(const char *p, const char *end)
{
    unsigned char lead = (unsigned char)*p;
    size_t n = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
    if (lead < 0xc2 || lead > 0xf4 || (size_t)(end - p) < n)
        return 0;
    uint32_t c = lead & (0xffU >> (n + 1));
    for (size_t i = 1; i < n; i++) {
        if (((unsigned char)p[i] & 0xc0) != 0x80)
            return 0;
        c = c << 6 | ((unsigned char)p[i] & 0x3fU);
    }
    bool in_range = n == 2   ? c >= 0xa0
                    : n == 3 ? c >= 0x800 && (c < 0xd800 || c >= 0xe000) && c < 0xfffe
                             : c >= 0x10000 && c <= 0x10ffff;
    bool is_break_or_mark = c == 0x2028 || c == 0x2029 || c == 0xfeff;
    return in_range && !is_break_or_mark ? n : 0;
}

#ifdef __SSE2__
/* Past blocks of 16 bytes that are clean ASCII. */
static const char *skip_clean(const char *p, const char *end)
{
    const __m128i control = _mm_set1_epi8(0x1f), del = _mm_set1_epi8(0x7f);
    const __m128i lf = _mm_set1_epi8('\n'), tab = _mm_set1_epi8('\t');
    for (; end - p >= 16; p += 16) {
        __m128i v = _mm_loadu_si128((const __m128i *)(const void *)p);
        __m128i fine = _mm_or_si128(_mm_cmpeq_epi8(v, lf), _mm_cmpeq_epi8(v, tab));
        __m128i odd = _mm_andnot_si128(fine, _mm_cmpeq_epi8(_mm_min_epu8(v, control), v));
        odd = _mm_or_si128(_mm_or_si128(odd, v), _mm_cmpeq_epi8(v, del));
        if (_mm_movemask_epi8(odd))
            break;
    }
    return p;
}
#endif

bool yaml_scan_is_clean(struct str text)
{
    const char *p = text.p, *end = p + text.n;
    while (p < end) {
#ifdef __SSE2__
        p = skip_clean(p, end);
#endif
        for (const char *stop = p + MIN(end - p, 16); p < stop;) {
            unsigned char c = (unsigned char)*p;
            size_t n = c >= 0x80 ? clean_length(p, end)
                                 : (c >= 0x20 && c < 0x7f) || c == '\n' || c == '\t';
            if (!n)
                return false;
            p += n;
        }
    }
    return true;
}

static inline bool ends_line(const struct yaml_scan *s, const char *p)
{
    return p == s->end || *p == '\n';
}

/* Whether a ':' at p makes a key of what is in front of it. */
static inline bool is_colon(const struct yaml_scan *s, const char *p)
{
    return *p == ':' && (ends_line(s, p + 1) || p[1] == ' ');
}

static const char *line_end(const struct yaml_scan *s, const char *p)
{
    const char *lf = memchr(p, '\n', (size_t)(s->end - p));
    return lf ? lf : s->end;
}

struct pos yaml_scan_pos(const struct yaml_scan *s)
{
    return (struct pos){s->line, (uint32_t)(s->p - s->line_begin) + 1};
}

bool yaml_scan_line_end(struct yaml_scan *s)
{
    const char *p = s->p;
    while (p < s->end && *p == ' ')
        p++;
    if (p > s->p && p < s->end && *p == '#')
        p = line_end(s, p);
    s->p = p;
    return ends_line(s, p);
}

/* ---- folding ---- */

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static size_t put_breaks(char *out, size_t breaks)
{
    memset(out, '\n', breaks);
    return breaks;
}

static char unescape(char c)
{
    return c == 'n' ? '\n' : c == 't' ? '\t' : c;
}

/* Over blanks and line feeds from *p on; what stands for them in the text, its length. */
static size_t fold_blanks(const char **p, const char *end, bool escaped_break, char *out)
{
    const char *begin = *p;
    size_t breaks = 0;
    for (; *p < end && (is_blank(**p) || **p == '\n'); ++*p)
        breaks += **p == '\n';
    if (escaped_break)
        return put_breaks(out, breaks);
    if (breaks == 0) {
        memcpy(out, begin, (size_t)(*p - begin));
        return (size_t)(*p - begin);
    }
    if (breaks > 1)
        return put_breaks(out, breaks - 1);
    *out = ' ';
    return 1;
}

/* The text of several lines, or with escapes, between begin and end. quote: 0 for a plain one. */
static struct str fold(struct arena *a, const char *begin, const char *end, char quote)
{
    char *text = arena_text(a, (size_t)(end - begin));
    size_t n = 0;
    for (const char *p = begin; p < end;) {
        if (is_blank(*p) || *p == '\n') {
            n += fold_blanks(&p, end, false, text + n);
        } else if (quote == '"' && *p == '\\' && p[1] == '\n') {
            p += 2;
            n += fold_blanks(&p, end, true, text + n);
        } else if (quote == '"' && *p == '\\') {
            text[n++] = unescape(p[1]);
            p += 2;
        } else {
            text[n++] = *p;
            p += quote == '\'' && *p == '\'' ? 2 : 1;
        }
    }
    return (struct str){text, n};
}

/* ---- plain ---- */

/* What may begin a plain scalar without a further look; '-' needs one. */
static bool begins_plain(const struct yaml_scan *s)
{
    char c = *s->p;
    if (c == '-')
        return !ends_line(s, s->p + 1) && s->p[1] != ' ';
    return !memchr("?:,[]{}#&*!|>'\"%@`\t", c, sizeof("?:,[]{}#&*!|>'\"%@`\t") - 1);
}

/* Characters of a plain scalar that are worth a look. */
static const bool is_special[256] = {
    ['\n'] = true, ['\t'] = true, [':'] = true, ['#'] = true, ['{'] = true,
};

enum plain_stop { STOP_REFUSED, STOP_LINE, STOP_COLON, STOP_COMMENT };

/* To where a plain scalar's text on this line ends, from its first character on. */
static enum plain_stop plain_line(const struct yaml_scan *s, const char *begin, const char **stop)
{
    for (const char *p = begin; p < s->end; p++) {
        if (!is_special[(unsigned char)*p])
            continue;
        *stop = p;
        if (*p == '\n')
            return STOP_LINE;
        if (*p == ':' && is_colon(s, p))
            return STOP_COLON;
        if (*p == '#' && p > begin && p[-1] == ' ')
            return STOP_COMMENT;
        bool action = *p == '{' && p + 1 < s->end && p[1] == '{'; /* of Helm */
        if (*p == '\t' || action || (*p == ':' && p[1] == '\t'))
            return STOP_REFUSED;
    }
    *stop = s->end;
    return STOP_LINE;
}

static const char *trim_spaces(const char *begin, const char *end)
{
    while (end > begin && end[-1] == ' ')
        end--;
    return end;
}

/* From a line's end to the next line that is not blank. Its first character if it is indented deeper
 * than `indent` and no comment, so that a plain scalar goes on there; else NULL. */
static const char *next_plain_line(const struct yaml_scan *s, const char *lf, int indent,
                                   uint32_t *lines)
{
    for (const char *p = lf; p < s->end;) {
        const char *begin = ++p;
        ++*lines;
        while (p < s->end && *p == ' ')
            p++;
        if (p < s->end && *p == '\n')
            continue;
        return p < s->end && p - begin > indent && *p != '#' ? p : NULL;
    }
    return NULL;
}

/* A plain scalar's further lines. */
static bool plain_lines(struct yaml_scan *s, int indent, struct yaml_token *ret)
{
    uint32_t lines = 0, last = 0;
    enum plain_stop stopped = STOP_LINE;
    const char *stop = s->p, *next;
    while (stopped == STOP_LINE && (next = next_plain_line(s, stop, indent, &lines))) {
        stopped = plain_line(s, next, &stop);
        if (stopped == STOP_REFUSED || stopped == STOP_COLON)
            return false;
        ret->end = trim_spaces(next, stop);
        last = lines;
    }
    if (last && !s->skim)
        ret->text = fold(s->arena, ret->begin, ret->end, 0);
    s->line += last;
    s->p = ret->end; /* and in front of it is no place whose column anybody asks for */
    return yaml_scan_line_end(s);
}

static bool is_ascii(const char *begin, const char *end)
{
    unsigned char all = 0;
    for (const char *p = begin; p < end; p++)
        all |= (unsigned char)*p;
    return all < 0x80;
}

/* Takes what is read as a key whose ':' is at `colon`. */
static bool take_key(struct yaml_scan *s, const char *colon, struct yaml_token *ret)
{
    ret->is_key = true;
    s->p = colon + 1;
    return colon - ret->begin <= LONGEST_KEY && is_ascii(ret->begin, ret->end);
}

bool yaml_scan_plain(struct yaml_scan *s, int indent, struct yaml_token *ret)
{
    const char *stop, *begin = s->p;
    if (!begins_plain(s))
        return false;
    enum plain_stop stopped = plain_line(s, begin, &stop);
    if (stopped == STOP_REFUSED)
        return false;
    const char *end = trim_spaces(begin, stop);
    *ret = (struct yaml_token){
        .text = {begin, (size_t)(end - begin)},
        .at = yaml_scan_pos(s),
        .begin = begin,
        .end = end,
        .plain = true,
    };
    if (stopped == STOP_COLON)
        return take_key(s, stop, ret);
    s->p = stop;
    if (stopped == STOP_LINE)
        return plain_lines(s, indent, ret);
    s->p = line_end(s, stop);
    return true;
}

/* ---- quoted ---- */

static bool is_simple_escape(char c)
{
    return c == 'n' || c == 't' || c == '"' || c == '\\' || c == ' ' || c == '\n';
}

/* From behind the opening quote to the closing one, or NULL; *odd: the text is not that between. */
static const char *closing_quote(struct yaml_scan *s, char quote, bool *odd)
{
    for (const char *p = s->p + 1; p < s->end; p++) {
        if (*p == quote) {
            if (quote == '"' || p + 1 == s->end || p[1] != '\'')
                return p;
            *odd = true;
            p++;
        } else if (quote == '"' && *p == '\\') {
            if (++p == s->end || !is_simple_escape(*p))
                return NULL;
            *odd = true;
        }
        if (*p == '\n') {
            *odd = true;
            s->line++;
            s->line_begin = p + 1;
        }
    }
    return NULL;
}

/* The scalar itself; s->p is behind its closing quote. */
static bool quoted(struct yaml_scan *s, struct yaml_token *ret)
{
    const char *begin = s->p;
    bool odd = false;
    *ret = (struct yaml_token){.at = yaml_scan_pos(s), .begin = begin};
    const char *close = closing_quote(s, *begin, &odd);
    if (!close)
        return false;
    if (!odd)
        ret->text = (struct str){begin + 1, (size_t)(close - begin - 1)};
    else if (!s->skim)
        ret->text = fold(s->arena, begin + 1, close, *begin);
    s->p = ret->end = close + 1;
    return true;
}

bool yaml_scan_quoted(struct yaml_scan *s, struct yaml_token *ret)
{
    uint32_t line = s->line;
    if (!quoted(s, ret))
        return false;
    if (s->line == line && s->p < s->end && is_colon(s, s->p))
        return take_key(s, s->p, ret);
    return yaml_scan_line_end(s);
}

/* ---- block ---- */

struct block {
    bool folded, strip, keep;
    const char *content; /* the first line that is not blank, or the end */
    const char *end;     /* the first line that does not belong to it, or the end */
    int indent;          /* of the content */
    size_t leading;      /* blank lines before the content */
};

static const char *skip_spaces(const struct yaml_scan *s, const char *p, int most)
{
    const char *stop = s->end - p > most ? p + most : s->end;
    while (p < stop && *p == ' ')
        p++;
    return p;
}

/* The blank lines before the content, and its indentation. */
static bool block_begin(const struct yaml_scan *s, const char *line, int indent, struct block *b)
{
    ptrdiff_t widest = 0;
    const char *p;
    for (;; line = p + 1, b->leading++) {
        p = skip_spaces(s, line, INT32_MAX);
        if (p == s->end || *p != '\n')
            break;
        widest = MAX(widest, p - line);
    }
    b->content = b->end = line;
    b->indent = (int)MIN(p - line, INT32_MAX);
    if (p == s->end || b->indent <= indent)
        b->indent = 0; /* no content */
    return p == s->end || (*p != '\t' && (!b->indent || widest <= p - line));
}

/* Past the content and the blank lines behind it. */
static bool block_end(const struct yaml_scan *s, struct block *b)
{
    const char *line = b->content;
    while (line < s->end) {
        const char *p = skip_spaces(s, line, b->indent);
        bool deep = p - line == b->indent;
        if (p == s->end || (!deep && *p != '\n'))
            break;
        p = line_end(s, p);
        line = p < s->end ? p + 1 : p;
    }
    b->end = line;
    const char *next = skip_spaces(s, line, b->indent);
    return next == s->end || *next != '\t';
}

/* As yaml_parser_scan_block_scalar() joins the lines. */
static struct str block_text(struct yaml_scan *s, const struct block *b)
{
    char *text = arena_text(s->arena, (size_t)(b->end - b->content) + b->leading);
    size_t n = 0, breaks = b->leading;
    bool has_break = false, after_blank = false;
    for (const char *line = b->content, *p, *lf; line < b->end; line = lf < s->end ? lf + 1 : lf) {
        p = skip_spaces(s, line, b->indent);
        lf = line_end(s, p);
        if (p == lf) {
            breaks++;
            continue;
        }
        bool blank = is_blank(*p);
        if (has_break && b->folded && !after_blank && !blank) {
            if (!breaks)
                text[n++] = ' ';
        } else if (has_break) {
            text[n++] = '\n';
        }
        n += put_breaks(text + n, breaks);
        breaks = 0;
        after_blank = blank;
        memcpy(text + n, p, (size_t)(lf - p));
        n += (size_t)(lf - p);
        has_break = lf < s->end;
    }
    if (has_break && !b->strip)
        text[n++] = '\n';
    if (b->keep)
        n += put_breaks(text + n, breaks);
    return (struct str){text, n};
}

static uint32_t count_lines(const char *begin, const char *end)
{
    uint32_t n = 0;
    for (; (begin = memchr(begin, '\n', (size_t)(end - begin))); begin++)
        n++;
    return n;
}

bool yaml_scan_block(struct yaml_scan *s, int indent, struct yaml_token *ret)
{
    *ret = (struct yaml_token){.at = yaml_scan_pos(s), .begin = s->p, .text = STR("")};
    struct block b = {.folded = *s->p++ == '>'};
    if (s->p < s->end && (*s->p == '-' || *s->p == '+')) {
        b.strip = *s->p == '-';
        b.keep = *s->p++ == '+';
    }
    if (!yaml_scan_line_end(s))
        return false;
    const char *header = s->p;
    if (header < s->end) {
        if (!block_begin(s, header + 1, indent, &b) || (b.indent && !block_end(s, &b)))
            return false;
        if (!s->skim)
            ret->text = block_text(s, &b);
        /* To the line feed in front of the next line. */
        s->p = b.end[-1] == '\n' ? b.end - 1 : b.end;
        s->line += count_lines(header, s->p);
    }
    for (ret->end = s->p; ret->end > ret->begin;) {
        char last = ret->end[-1];
        if (!is_blank(last) && last != '\n')
            break;
        ret->end--;
    }
    return true;
}

/* ---- flow ---- */

bool yaml_scan_flow(struct yaml_scan *s, struct yaml_token *ret)
{
    uint32_t line = s->line;
    bool is_quoted = *s->p == '"' || *s->p == '\'';
    if (is_quoted) {
        if (!quoted(s, ret) || s->line != line)
            return false;
    } else {
        if (!begins_plain(s))
            return false;
        const char *begin = s->p, *p = begin;
        for (; p < s->end && !memchr(",[]{}\n", *p, 6) && !is_colon(s, p); p++)
            if (*p == '\t' || *p == '?' || *p == '#' || (*p == ':' && memchr(",[]{}", p[1], 5)))
                return false;
        const char *end = trim_spaces(begin, p);
        bool opens = p < s->end && (*p == '[' || *p == '{');
        if (opens || end == begin || (*begin == '-' && end == begin + 1))
            return false;
        *ret = (struct yaml_token){
            .text = {begin, (size_t)(end - begin)},
            .at = yaml_scan_pos(s),
            .begin = begin,
            .end = end,
            .plain = true,
        };
        s->p = p;
    }
    if (s->p < s->end && is_colon(s, s->p))
        return take_key(s, s->p, ret);
    return is_ascii(ret->begin, ret->end);
}
