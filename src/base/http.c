/* SPDX-License-Identifier: Apache-2.0
 *
 * HTTP/1.1 responses, byte by byte where they have structure and in one piece where they have none.
 */
#include "base/http.h"

#include "base/text.h"

void http_parser_init(struct http_parser *p, bool no_body)
{
    *p = (struct http_parser){.no_body = no_body};
    buf_init(&p->line, HTTP_MAX_HEAD);
    buf_init(&p->tail, HTTP_MAX_LINE);
}

void http_parser_done(struct http_parser *p)
{
    buf_done(&p->line);
    buf_done(&p->tail);
}

static int fail(struct err *e, const char *what)
{
    return err_set(e, EBADMSG, "the answer is no HTTP: %s", what);
}

/* ---- the head ---- */

static bool is_token(struct str s)
{
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        bool word = (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
        if (!word && !memchr("!#$%&'*+-.^_`|~", c, 15))
            return false;
    }
    return s.n > 0;
}

static bool is_value(struct str s)
{
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];
        if ((c < ' ' && c != '\t') || c == 0x7f)
            return false;
    }
    return true;
}

/* A length in digits or, for chunks, in hexadecimal digits; nothing else. */
static bool parse_length(struct str s, unsigned base, uint64_t *ret)
{
    uint64_t v = 0;
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i], lower = (char)(c | 0x20);
        unsigned digit = c >= '0' && c <= '9'           ? (unsigned)(c - '0')
                         : lower >= 'a' && lower <= 'f' ? (unsigned)(lower - 'a') + 10
                                                        : 16;
        if (digit >= base || v > (uint64_t)INT64_MAX / 16)
            return false;
        v = v * base + digit;
    }
    *ret = v;
    return s.n > 0;
}

/* Next line of the head, without its line end. */
static struct str next_line(struct str *rest)
{
    struct str line = str_cut(*rest, '\n', rest);
    return line.n && line.p[line.n - 1] == '\r' ? str_sub(line, 0, line.n - 1) : line;
}

static int parse_status(struct http_response *r, struct str line, struct err *e)
{
    bool is_11 = str_starts(line, "HTTP/1.1 "), is_10 = str_starts(line, "HTTP/1.0 ");
    uint64_t status;
    if (!is_11 && !is_10)
        return fail(e, "it is neither HTTP/1.1 nor 1.0");
    bool ended = line.n == 12 || (line.n > 12 && line.p[12] == ' ');
    if (!ended || !parse_length(str_sub(line, 9, 12), 10, &status) || status < 100)
        return fail(e, "bad status");
    r->status = (int)status;
    r->keeps_alive = is_11;
    return 0;
}

/* Whether a comma-separated list has this word. */
static bool list_has(struct str list, const char *word)
{
    while (list.p) {
        struct str item = str_trim(str_cut(list, ',', &list));
        if (str_is_nocase(item, word))
            return true;
    }
    return false;
}

static int parse_framing(struct http_response *r, struct str name, struct str value, struct err *e)
{
    uint64_t n;
    if (str_is_nocase(name, "content-length")) {
        if (!parse_length(value, 10, &n))
            return fail(e, "bad Content-Length");
        if (r->body_bytes >= 0 && r->body_bytes != (int64_t)n)
            return fail(e, "two different Content-Length");
        r->body_bytes = (int64_t)n;
    } else if (str_is_nocase(name, "transfer-encoding")) {
        if (r->chunked || !str_is_nocase(value, "chunked"))
            return fail(e, "a Transfer-Encoding other than chunked");
        r->chunked = true;
    } else if (str_is_nocase(name, "connection")) {
        if (list_has(value, "close"))
            r->keeps_alive = false;
    }
    return 0;
}

static int parse_header(struct http_response *r, struct str line, struct err *e)
{
    struct str value;
    struct str name = str_cut(line, ':', &value);
    if (!value.p || !is_token(name))
        return fail(e, "a header line without a name");
    value = str_trim(value);
    if (!is_value(value))
        return fail(e, "a control character in a header");
    static const struct {
        const char *name;
        size_t offset;
    } kept[] = {
        {"content-type", offsetof(struct http_response, content_type)},
        {"content-encoding", offsetof(struct http_response, content_encoding)},
        {"location", offsetof(struct http_response, location)},
        {"retry-after", offsetof(struct http_response, retry_after)},
        {"warning", offsetof(struct http_response, warning)},
    };
    for (size_t i = 0; i < ARRAY_LEN(kept); i++)
        if (str_is_nocase(name, kept[i].name))
            *(struct str *)(void *)((char *)r + kept[i].offset) = value;
    return parse_framing(r, name, value, e);
}

static void begin_body(struct http_parser *p)
{
    struct http_response *r = &p->response;
    if (p->no_body || r->status == 204 || r->status == 304) {
        r->body_bytes = 0;
        r->chunked = false;
    }
    if (r->chunked) {
        p->state = HTTP_CHUNK_SIZE;
    } else if (r->body_bytes >= 0) {
        p->left = (uint64_t)r->body_bytes;
        p->state = p->left ? HTTP_BODY_COUNTED : HTTP_DONE;
    } else {
        r->keeps_alive = false;
        p->state = HTTP_BODY_TO_END;
    }
}

static int parse_head(struct http_parser *p, struct err *e)
{
    struct http_response *r = &p->response;
    struct str rest = buf_str(&p->line);
    *r = (struct http_response){.body_bytes = -1};
    int code = parse_status(r, next_line(&rest), e);
    while (code == 0 && rest.p) {
        struct str line = next_line(&rest);
        if (!line.n)
            break;
        code = parse_header(r, line, e);
    }
    if (code < 0)
        return code;
    if (r->chunked && r->body_bytes >= 0)
        return fail(e, "Content-Length and chunks");
    if (r->status == 101)
        p->state = HTTP_DONE;
    else if (r->status < 200)
        buf_clear(&p->line); /* 100 Continue and the like: the response is still to come */
    else
        begin_body(p);
    return 0;
}

/* The line that ends the head is empty: "\n" directly after a line end. */
static bool head_ends(const struct buf *b)
{
    if (b->n < 2 || b->p[b->n - 1] != '\n')
        return false;
    size_t before = b->p[b->n - 2] == '\r' ? 3 : 2;
    return b->n >= before && b->p[b->n - before] == '\n';
}

/* Something else than HTTP/1 is known by its first bytes: it need not hold a line at all. */
static int check_beginning(const struct buf *head, struct err *e)
{
    static const char expected[] = "HTTP/1.";
    size_t n = MIN(head->n, sizeof(expected) - 1);
    if (memcmp(head->p, expected, n) == 0)
        return 0;
    /* A frame of type SETTINGS on stream 0 is how HTTP/2 begins. */
    bool is_http2 = head->n >= 9 && memcmp(head->p + 3, "\4\0\0\0\0\0", 6) == 0 && !head->p[0];
    if (is_http2 || (head->n >= 6 && memcmp(head->p, "HTTP/2", 6) == 0))
        return err_set(e, EBADMSG, "the server speaks HTTP/2 only; HTTP/1.1 is needed");
    if (head->n < 9 && !memchr(head->p, '\n', head->n) && head->p[0] == '\0')
        return 0; /* perhaps a frame */
    struct buf shown CLEANUP(buf_done);
    buf_init(&shown, KIB);
    text_add_clean(&shown, (struct str){head->p, MIN(head->n, 24)});
    return err_set(e, EBADMSG, "the answer is no HTTP: it begins with \"" STR_FMT "\"",
                   STR_ARG(buf_str(&shown)));
}

static int feed_head(struct http_parser *p, struct str in, size_t *ret_used, struct err *e)
{
    size_t used = 0;
    while (used < in.n && p->state == HTTP_HEAD) {
        struct str rest = str_sub(in, used, in.n);
        ptrdiff_t lf = str_find_char(rest, '\n');
        size_t n = lf < 0 ? rest.n : (size_t)lf + 1;
        buf_add(&p->line, rest.p, n);
        used += n;
        if (p->line.overflow)
            return fail(e, "more than 64 KiB of headers");
        int r = check_beginning(&p->line, e);
        if (r == 0 && head_ends(&p->line))
            r = parse_head(p, e);
        if (r < 0)
            return r;
    }
    *ret_used = used;
    return 0;
}

/* ---- the body ---- */

static struct str take_counted(struct http_parser *p, struct str in, enum http_state after)
{
    size_t n = p->left < in.n ? (size_t)p->left : in.n;
    p->left -= n;
    if (!p->left)
        p->state = after;
    return str_sub(in, 0, n);
}

/* Collects a line of chunk framing in p->tail. 1: it is complete, without its end. */
static int feed_line(struct http_parser *p, struct str in, size_t *ret_used, struct str *ret,
                     struct err *e)
{
    ptrdiff_t lf = str_find_char(in, '\n');
    size_t n = lf < 0 ? in.n : (size_t)lf + 1;
    buf_add(&p->tail, in.p, n);
    *ret_used = n;
    if (p->tail.overflow)
        return fail(e, "a chunk's first line is too long");
    if (lf < 0)
        return 0;
    struct str text = buf_str(&p->tail);
    struct str whole = str_sub(text, 0, text.n - 1);
    ptrdiff_t before = str_rfind_char(whole, '\n');
    struct str line = str_sub(text, (size_t)(before + 1), text.n);
    *ret = next_line(&line);
    return 1;
}

static int take_chunk_size(struct http_parser *p, struct str line, struct err *e)
{
    struct str extension;
    struct str size = str_trim(str_cut(line, ';', &extension));
    if (!parse_length(size, 16, &p->left))
        return fail(e, "bad size of a chunk");
    p->state = p->left ? HTTP_CHUNK_DATA : HTTP_TRAILERS;
    return 0;
}

static int feed_framing(struct http_parser *p, struct str in, size_t *ret_used, struct err *e)
{
    struct str line = STR("");
    int r = feed_line(p, in, ret_used, &line, e);
    if (r <= 0)
        return r;
    if (p->state == HTTP_CHUNK_SIZE)
        r = take_chunk_size(p, line, e);
    else if (p->state == HTTP_CHUNK_END)
        r = line.n ? fail(e, "a chunk is longer than its size") : 0;
    else
        r = 0;
    if (p->state == HTTP_CHUNK_END)
        p->state = HTTP_CHUNK_SIZE;
    else if (p->state == HTTP_TRAILERS && !line.n)
        p->state = HTTP_DONE;
    /* Trailers are read over, and count together: their buffer is not cleared. */
    if (p->state == HTTP_CHUNK_SIZE || p->state == HTTP_CHUNK_DATA)
        buf_clear(&p->tail);
    return r;
}

int http_parser_feed(struct http_parser *p, struct str in, size_t *ret_used, struct str *ret_body,
                     struct err *e)
{
    int r = 0;
    *ret_used = 0;
    *ret_body = STR("");
    switch (p->state) {
    case HTTP_HEAD:
        r = feed_head(p, in, ret_used, e);
        break;
    case HTTP_BODY_COUNTED:
        *ret_body = take_counted(p, in, HTTP_DONE);
        *ret_used = ret_body->n;
        break;
    case HTTP_CHUNK_DATA:
        *ret_body = take_counted(p, in, HTTP_CHUNK_END);
        *ret_used = ret_body->n;
        break;
    case HTTP_BODY_TO_END:
        *ret_body = in;
        *ret_used = in.n;
        break;
    case HTTP_CHUNK_SIZE:
    case HTTP_CHUNK_END:
    case HTTP_TRAILERS:
        r = feed_framing(p, in, ret_used, e);
        break;
    case HTTP_DONE:
        break;
    }
    return r < 0 ? r : p->state == HTTP_DONE;
}

struct str http_parser_header(const struct http_parser *p, const char *name)
{
    struct str rest = buf_str(&p->line), value;
    next_line(&rest);
    while (rest.p) {
        struct str line = next_line(&rest);
        if (str_is_nocase(str_cut(line, ':', &value), name))
            return str_trim(value);
    }
    return STR_NONE;
}

int http_parser_end(struct http_parser *p, struct err *e)
{
    if (p->state == HTTP_DONE || p->state == HTTP_BODY_TO_END) {
        p->state = HTTP_DONE;
        return 0;
    }
    if (p->state == HTTP_HEAD && !p->line.n)
        return err_set(e, ECONNRESET, "the connection ended before an answer came");
    return err_set(e, ECONNRESET, "the connection ended in the middle of the answer");
}
