/* SPDX-License-Identifier: Apache-2.0
 *
 * The frames of WebSocket (RFC 6455) as a client sees them: a parser that is fed whatever arrives and
 * gives whole messages, a writer of masked frames, and the answer to the handshake's key. No
 * extensions. What the RFC forbids a server is refused, not guessed at.
 */
#ifndef BASE_WEBSOCKET_FRAME_H
#define BASE_WEBSOCKET_FRAME_H

#include "base/buf.h"
#include "base/err.h"

enum websocket_opcode {
    WEBSOCKET_CONTINUATION = 0,
    WEBSOCKET_TEXT = 1,
    WEBSOCKET_BINARY = 2,
    WEBSOCKET_CLOSE = 8,
    WEBSOCKET_PING = 9,
    WEBSOCKET_PONG = 10,
};
/* Reasons of a close frame; WEBSOCKET_NO_CODE never is on the wire: the frame was empty. */
enum {
    WEBSOCKET_NORMAL = 1000,
    WEBSOCKET_NO_CODE = 1005,
};
enum {
    WEBSOCKET_MAX_CONTROL = 125, /* bytes in a control frame (section 5.5) */
    WEBSOCKET_KEY = 25,          /* characters of a key with the NUL: 16 bytes in base64 */
    WEBSOCKET_ACCEPT = 29,       /* ... of its answer: 20 bytes */
};

struct websocket_message {
    enum websocket_opcode opcode; /* never WEBSOCKET_CONTINUATION */
    struct str data;
};

struct websocket_parser {
    unsigned char head[10];
    size_t head_n;
    uint64_t left; /* of the frame's data, once its head is whole */
    enum websocket_opcode
        fragment;    /* of the message at work; WEBSOCKET_CONTINUATION: there is none */
    bool handed_on;  /* data has been given as a message */
    struct buf data; /* of the message at work */
    size_t control_n;
    char control[WEBSOCKET_MAX_CONTROL]; /* of a control frame, which may come between fragments */
};

void websocket_parser_init(struct websocket_parser *p, size_t most_message_bytes);
void websocket_parser_done(struct websocket_parser *p);
/* Takes bytes of in, *ret_used of them. 1: *ret, valid until the next call, is a message or a control
 * frame. 0: all of in is used, go on with more. -EBADMSG: this is no WebSocket; -EFBIG: a message is
 * larger than it may be. After an error nothing more can be fed. */
int websocket_parser_feed(struct websocket_parser *p, struct str in, size_t *ret_used,
                          struct websocket_message *ret, struct err *e) MUST_USE;
/* Nothing has begun that has not come whole: the connection may end here. */
bool websocket_parser_is_between(const struct websocket_parser *p);

/* Appends one whole, final frame, masked as a client's must be; mask: 4 random bytes. */
void websocket_add_frame(struct buf *b, enum websocket_opcode opcode, struct str data,
                         const unsigned char mask[4]);
/* Takes the data of a close frame apart: 0, or -EBADMSG if no server may send it. */
int websocket_parse_close(struct str data, int *ret_code, struct str *ret_reason,
                          struct err *e) MUST_USE;
/* What a server must answer to this key (section 4.2.2). It needs OpenSSL's SHA-1: -ENOENT if that is
 * not installed. */
int websocket_accept(struct str key, char ret[WEBSOCKET_ACCEPT], struct err *e) MUST_USE;

#endif
