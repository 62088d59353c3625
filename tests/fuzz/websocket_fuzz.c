/* SPDX-License-Identifier: Apache-2.0
 *
 * What a WebSocket server may send, fed in one piece and in pieces whose size the first byte tells: both
 * must give the same messages and refuse the same. The second byte is the largest message, in 16 bytes.
 * What is left is also sent as one frame, which must come out as it went in.
 */
#include "base/websocket_frame.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct result {
    int code;
    bool between;
    struct buf messages; /* opcode, length and data of each */
};

static void require(bool ok)
{
    if (!ok)
        __builtin_trap();
}

static void take(const struct websocket_message *m, size_t most, struct buf *ret)
{
    bool control = m->opcode >= WEBSOCKET_CLOSE;
    require(m->opcode != WEBSOCKET_CONTINUATION && m->opcode <= WEBSOCKET_PONG);
    require(m->data.n <= (control ? (size_t)WEBSOCKET_MAX_CONTROL : most));
    buf_printf(ret, "%d %zu ", (int)m->opcode, m->data.n);
    buf_add_str(ret, m->data);
    if (m->opcode == WEBSOCKET_CLOSE) {
        int code;
        struct str reason;
        if (websocket_parse_close(m->data, &code, &reason, NULL) == 0)
            require(code >= WEBSOCKET_NORMAL && code < 5000 && reason.n <= m->data.n);
    }
}

static void parse(struct str text, size_t step, size_t most, struct result *ret)
{
    struct websocket_parser p;
    buf_init(&ret->messages, 8 << 20);
    websocket_parser_init(&p, most);
    ret->code = 0;
    for (size_t at = 0; at < text.n && ret->code >= 0; at += step) {
        struct str in = str_sub(text, at, at + step);
        while (in.n && ret->code >= 0) {
            struct websocket_message m;
            size_t used;
            ret->code = websocket_parser_feed(&p, in, &used, &m, NULL);
            if (ret->code < 0)
                break;
            require(used > 0 && used <= in.n && (ret->code == 1 || used == in.n));
            if (ret->code == 1)
                take(&m, most, &ret->messages);
            in = str_sub(in, used, in.n);
        }
    }
    require(!p.data.overflow);
    ret->between = websocket_parser_is_between(&p);
    ret->code = MIN(ret->code, 0);
    websocket_parser_done(&p);
}

/* As a server would undo it. */
static void write_and_read(struct str text)
{
    static const unsigned char mask[4] = {0x12, 0xff, 0x00, 0xa5};
    struct buf b CLEANUP(buf_done);
    buf_init(&b, 1 << 20);
    websocket_add_frame(&b, WEBSOCKET_BINARY, text, mask);
    size_t head = text.n < 126 ? 2 : text.n < 65536 ? 4 : 10;
    require(!b.overflow && b.n == head + 4 + text.n);
    require((unsigned char)b.p[0] == 0x82 && (unsigned char)b.p[1] >= 0x80);
    require(memcmp(b.p + head, mask, 4) == 0);
    for (size_t i = 0; i < text.n; i++)
        require((unsigned char)(b.p[head + 4 + i] ^ text.p[i]) == mask[i % 4]);
    /* Without its mask it is what a server may send. */
    struct buf plain CLEANUP(buf_done);
    struct websocket_parser p;
    struct websocket_message m;
    size_t used;
    buf_init(&plain, 1 << 20);
    b.p[1] = (char)(b.p[1] & 0x7f);
    buf_add(&plain, b.p, head);
    buf_add_str(&plain, text);
    websocket_parser_init(&p, text.n);
    require(websocket_parser_feed(&p, buf_str(&plain), &used, &m, NULL) == 1);
    require(used == plain.n && m.opcode == WEBSOCKET_BINARY && str_eq(m.data, text));
    websocket_parser_done(&p);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2 || size > (1 << 19))
        return 0;
    struct str text = {(const char *)data + 2, size - 2};
    size_t most = (size_t)data[1] * 16;
    struct result whole, pieces;
    parse(text, text.n ? text.n : 1, most, &whole);
    parse(text, data[0] % 32U + 1, most, &pieces);
    require(whole.code == pieces.code && whole.between == pieces.between);
    require(str_eq(buf_str(&whole.messages), buf_str(&pieces.messages)));
    buf_done(&whole.messages);
    buf_done(&pieces.messages);
    write_and_read(text);
    return 0;
}
