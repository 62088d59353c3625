/* SPDX-License-Identifier: Apache-2.0
 *
 * RFC 6455, section 5. Heads are taken byte by byte, so that what is refused does not depend on how
 * the bytes were cut on their way.
 */
#include "base/websocket_frame.h"

#include "base/base64.h"
#include "base/text.h"
#include "base/tls_library.h"

enum {
    FINAL = 0x80,
    RESERVED = 0x70,
    OPCODE = 0x0f,
    CONTROL = 0x08,
    MASKED = 0x80,
    LENGTH = 0x7f,
    LENGTH_16 = 126,
    LENGTH_64 = 127,
};

/* ---- reading ---- */

void websocket_parser_init(struct websocket_parser *p, size_t most_message_bytes)
{
    memset(p, 0, sizeof(*p));
    buf_init(&p->data, most_message_bytes);
}

void websocket_parser_done(struct websocket_parser *p)
{
    buf_done(&p->data);
}

bool websocket_parser_is_between(const struct websocket_parser *p)
{
    return p->head_n == 0 && p->fragment == WEBSOCKET_CONTINUATION;
}

/* Bytes of the head at work, as far as is known. */
static size_t head_bytes(const struct websocket_parser *p)
{
    unsigned length = p->head_n < 2 ? 0 : p->head[1] & LENGTH;
    return 2 + (length == LENGTH_16 ? 2U : length == LENGTH_64 ? 8U : 0U);
}

static int refuse(struct err *e, const char *what)
{
    return err_set(e, EBADMSG, "the server sends no proper WebSocket frames: %s", what);
}

/* What the first two bytes say. */
static int check_kind(const struct websocket_parser *p, struct err *e)
{
    unsigned first = p->head[0], second = p->head[1], opcode = first & OPCODE;
    if (first & RESERVED)
        return refuse(e, "reserved bits are set");
    if (second & MASKED)
        return refuse(e, "one is masked");
    if (opcode & CONTROL) {
        if (opcode > WEBSOCKET_PONG)
            return refuse(e, "an unknown opcode");
        if (!(first & FINAL))
            return refuse(e, "a control frame in fragments");
        return (second & LENGTH) > WEBSOCKET_MAX_CONTROL ? refuse(e, "a long control frame") : 0;
    }
    if (opcode > WEBSOCKET_BINARY)
        return refuse(e, "an unknown opcode");
    if (opcode == WEBSOCKET_CONTINUATION && p->fragment == WEBSOCKET_CONTINUATION)
        return refuse(e, "a continuation of nothing");
    if (opcode != WEBSOCKET_CONTINUATION && p->fragment != WEBSOCKET_CONTINUATION)
        return refuse(e, "a message begins before the last one has ended");
    return 0;
}

/* The head is whole. */
static int begin_frame(struct websocket_parser *p, struct err *e)
{
    uint64_t n = p->head[1] & LENGTH, least = 0;
    if (n >= LENGTH_16) {
        least = n == LENGTH_16 ? LENGTH_16 : UINT64_C(1) << 16;
        n = 0;
        for (size_t i = 2; i < p->head_n; i++)
            n = n << 8 | p->head[i];
    }
    if (n < least || n > INT64_MAX)
        return refuse(e, "a length is written as it must not be");
    p->left = n;
    p->control_n = 0;
    unsigned opcode = p->head[0] & OPCODE;
    if (opcode & CONTROL)
        return 0;
    if (opcode != WEBSOCKET_CONTINUATION)
        p->fragment = (enum websocket_opcode)opcode;
    if (n > p->data.max - p->data.n)
        return err_set(e, EFBIG, "the server sends a WebSocket message of more than %zu bytes",
                       p->data.max);
    return 0;
}

/* 1: the head is whole, 0: more is needed. */
static int take_head(struct websocket_parser *p, struct str *in, struct err *e)
{
    while (in->n) {
        p->head[p->head_n++] = (unsigned char)in->p[0];
        *in = str_sub(*in, 1, in->n);
        int r = p->head_n == 2 ? check_kind(p, e) : 0;
        if (r < 0)
            return r;
        if (p->head_n < head_bytes(p))
            continue;
        r = begin_frame(p, e);
        return r < 0 ? r : 1;
    }
    return 0;
}

static void take_data(struct websocket_parser *p, struct str *in)
{
    size_t n = (size_t)MIN(p->left, in->n);
    if (n == 0)
        return;
    if (p->head[0] & CONTROL) {
        memcpy(p->control + p->control_n, in->p, n);
        p->control_n += n;
    } else {
        buf_add(&p->data, in->p, n);
    }
    p->left -= n;
    *in = str_sub(*in, n, in->n);
}

/* A frame is complete. 1: and so is a message. */
static int end_frame(struct websocket_parser *p, struct websocket_message *ret)
{
    unsigned first = p->head[0];
    p->head_n = 0;
    if (first & CONTROL) {
        *ret = (struct websocket_message){(enum websocket_opcode)(first & OPCODE),
                                          {p->control, p->control_n}};
        return 1;
    }
    if (!(first & FINAL))
        return 0;
    *ret = (struct websocket_message){p->fragment, buf_str(&p->data)};
    p->fragment = WEBSOCKET_CONTINUATION;
    p->handed_on = true;
    return 1;
}

int websocket_parser_feed(struct websocket_parser *p, struct str in, size_t *ret_used,
                          struct websocket_message *ret, struct err *e)
{
    struct str left = in;
    int r = 0;
    if (p->handed_on)
        buf_clear(&p->data);
    p->handed_on = false;
    while (left.n && r == 0) {
        bool in_data = p->head_n >= 2 && p->head_n == head_bytes(p);
        if (!in_data)
            r = take_head(p, &left, e);
        if (r < 0)
            return r;
        in_data = in_data || r == 1;
        take_data(p, &left);
        r = in_data && p->left == 0 ? end_frame(p, ret) : 0;
    }
    *ret_used = in.n - left.n;
    return r;
}

/* ---- closing ---- */

/* Section 7.4: codes that may be on the wire. */
static bool is_code(int code)
{
    return (code >= WEBSOCKET_NORMAL && code <= 1003) || (code >= 1007 && code <= 1014) ||
           (code >= 3000 && code <= 4999);
}

int websocket_parse_close(struct str data, int *ret_code, struct str *ret_reason, struct err *e)
{
    if (data.n == 0) {
        *ret_code = WEBSOCKET_NO_CODE;
        *ret_reason = STR("");
        return 0;
    }
    if (data.n < 2)
        return refuse(e, "half a reason to close");
    int code = (unsigned char)data.p[0] << 8 | (unsigned char)data.p[1];
    if (!is_code(code))
        return refuse(e, "an unknown reason to close");
    *ret_code = code;
    *ret_reason = str_sub(data, 2, data.n);
    return 0;
}

/* ---- writing ---- */

void websocket_add_frame(struct buf *b, enum websocket_opcode opcode, struct str data,
                         const unsigned char mask[4])
{
    unsigned char head[14] = {(unsigned char)(FINAL | (unsigned)opcode)};
    size_t bytes = data.n < LENGTH_16 ? 0 : data.n < 1 << 16 ? 2 : 8, n = 2;
    unsigned length = bytes == 0   ? (unsigned)data.n
                      : bytes == 2 ? (unsigned)LENGTH_16
                                   : (unsigned)LENGTH_64;
    head[1] = (unsigned char)(MASKED | length);
    for (; n < 2 + bytes; n++)
        head[n] = (unsigned char)((uint64_t)data.n >> 8 * (bytes + 1 - n));
    memcpy(head + n, mask, 4);
    buf_add(b, head, n + 4);
    size_t at = b->n;
    buf_add_str(b, data);
    for (size_t i = 0; !b->overflow && i < data.n; i++)
        b->p[at + i] = (char)((unsigned char)data.p[i] ^ mask[i % 4]);
}

int websocket_accept(struct str key, char ret[WEBSOCKET_ACCEPT], struct err *e)
{
    struct buf text CLEANUP(buf_done) = {0};
    unsigned char digest[SHA_DIGEST_LENGTH];
    const struct tls_library *l;
    int r = tls_library_get(&l, e);
    if (r < 0)
        return r;
    buf_init(&text, (size_t)KIB);
    buf_add_str(&text, key);
    buf_add_cstr(&text, "258EAFA5-E914-47DA-95CA-C5AB0DC85B11");
    tls_library_forget();
    if (text.overflow || !l->SHA1((const unsigned char *)text.p, text.n, digest))
        return tls_library_lacked_memory() ? err_set(e, ENOMEM, "out of memory")
                                           : err_set(e, EIO, "OpenSSL computes no SHA-1 here");
    buf_clear(&text);
    base64_add(&text, (struct str){(const char *)digest, sizeof(digest)});
    memcpy(ret, text.p, WEBSOCKET_ACCEPT - 1);
    ret[WEBSOCKET_ACCEPT - 1] = 0;
    return 0;
}
