/* SPDX-License-Identifier: Apache-2.0
 *
 * A WebSocket to the API server (RFC 6455), of one subprotocol. What is sent waits in a queue and goes
 * while messages are read, so that two sides that both write never wait for each other. Pings are
 * answered, and sent when the server is silent.
 */
#ifndef CLIENT_WEBSOCKET_H
#define CLIENT_WEBSOCKET_H

#include "base/wait.h"
#include "base/websocket_frame.h"
#include "client/client.h"

enum {
    WEBSOCKET_LARGEST =
        1 << 20,                /* bytes of a message that comes; the API server copies by 32 KiB */
    WEBSOCKET_QUEUE = 64 << 10, /* ... that wait to be sent */
    WEBSOCKET_SILENCE_MS = 60000,
};

struct websocket {
    struct client_stream *stream; /* NULL: not open */
    struct websocket_parser parser;
    struct str held; /* has come and is not parsed yet */
    struct buf out;  /* what waits to be sent, from out_begin on */
    size_t out_begin;
    bool write_failed;
    bool is_marked;  /* a mark has not come back yet */
    struct wait end; /* of the whole */
    int64_t silence_ms, heard_ms, pinged_ms;
    /* Of the server's close frame. */
    int close_code;
    char close_reason[WEBSOCKET_MAX_CONTROL];
};

/* path with its query; request_ms as in client_request; silence_ms: without a byte, answers to our pings
 * included, the connection counts as dead. A server that does not agree is -EBADMSG, one that refuses
 * what client_open() makes of its answer. w is to be websocket_done() in any case, also by whoever
 * catches an allocation that failed in here. */
struct websocket_options {
    struct client *client;
    struct str path, protocol;
    int64_t request_ms; /* 0: as the client's options */
    int64_t silence_ms; /* 0: WEBSOCKET_SILENCE_MS */
    struct arena *a;    /* for the answer */
};
void websocket_init(struct websocket *w);
int websocket_open(struct websocket *w, const struct websocket_options *o,
                   struct client_answer *ret, struct err *e) MUST_USE;
/* Puts a message into the queue. -EFBIG: the queue is full. */
int websocket_send(struct websocket *w, enum websocket_opcode opcode, struct str data,
                   struct err *e) MUST_USE;
/* Puts a mark into the queue: a ping that carries a number. Its pong says that the server has read all
 * that was sent before, and is handed to the reader as a message of WEBSOCKET_PONG. */
int websocket_mark(struct websocket *w, uint32_t number, struct err *e) MUST_USE;
/* Whether a message is the pong of this mark. */
bool websocket_is_mark(const struct websocket_message *m, uint32_t number);
/* 1: *ret, valid until the next call, is a message. 0: the server has closed, and says why in
 * w->close_code and close_reason. -ETIMEDOUT: nothing in wait_ms, and one can read on. Else the
 * connection is broken. Sends meanwhile what is in the queue. */
int websocket_read(struct websocket *w, int64_t wait_ms, struct websocket_message *ret,
                   struct err *e) MUST_USE;
/* Sends a close frame, if that is possible at once; for the answer of the server nobody waits. */
void websocket_say_goodbye(struct websocket *w);
void websocket_done(struct websocket *w);

#endif
