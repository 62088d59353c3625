/* SPDX-License-Identifier: Apache-2.0
 *
 * The receiving side of HTTP/1.1 (RFC 9112) as a parser that is fed whatever arrives: one response
 * at a time, its body in pieces as they come, so that nothing of any size is kept. Debian's
 * http-parser is no longer developed, hence our own; what is ambiguous is refused rather than
 * guessed (two lengths, length and chunks, folded lines), for whoever guesses can be desynchronised.
 */
#ifndef BASE_HTTP_H
#define BASE_HTTP_H

#include "base/buf.h"
#include "base/err.h"

enum {
    HTTP_MAX_HEAD = 64 << 10, /* bytes of status line and headers */
    HTTP_MAX_LINE = 4 << 10,  /* of a chunk's size with its extensions, of all trailers */
};

struct http_response {
    int status;
    int64_t body_bytes; /* -1: chunked, or until the connection ends */
    bool chunked;
    bool keeps_alive; /* the connection can take another request afterwards */
    /* Values of these headers, in the parser's memory; absent: not sent. */
    struct str content_type, content_encoding, location, retry_after, warning;
};

enum http_state {
    HTTP_HEAD,
    HTTP_BODY_COUNTED,
    HTTP_BODY_TO_END,
    HTTP_CHUNK_SIZE,
    HTTP_CHUNK_DATA,
    HTTP_CHUNK_END,
    HTTP_TRAILERS,
    HTTP_DONE,
};

struct http_parser {
    struct http_response response; /* valid from the first body byte on */
    enum http_state state;
    bool no_body;    /* the request was HEAD */
    uint64_t left;   /* of the counted body or the chunk */
    struct buf line; /* the head */
    struct buf tail; /* the line of chunk framing at work, or the trailers */
};

/* For the next response; no_body: its request was HEAD. */
void http_parser_init(struct http_parser *p, bool no_body);
void http_parser_done(struct http_parser *p);
/* Takes bytes of in, *ret_used of them; *ret_body is the part of the body that they hold (may be
 * empty). 1: the response is complete, 0: go on, with what is left of in or with more, or -EBADMSG:
 * this is no HTTP, or more head than HTTP_MAX_HEAD. Informational responses (1xx) are passed over.
 */
int http_parser_feed(struct http_parser *p, struct str in, size_t *ret_used, struct str *ret_body,
                     struct err *e) MUST_USE;
/* Any header of a response that has begun, absent if it was not sent; of several the first. */
struct str http_parser_header(const struct http_parser *p, const char *name);
/* The connection has ended: 0 if that is how this response ends, else -ECONNRESET. */
int http_parser_end(struct http_parser *p, struct err *e) MUST_USE;

#endif
