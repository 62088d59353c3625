/* SPDX-License-Identifier: Apache-2.0
 *
 * One HTTP response, fed in one piece and in pieces whose size the first byte tells: both must take
 * the same bytes, give the same body and say the same of it.
 */
#include "base/http.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct result {
    int code;
    size_t used;
    struct buf body;
    struct http_parser parser;
};

static void require(bool ok)
{
    if (!ok)
        __builtin_trap();
}

static void parse(struct str text, size_t step, struct result *ret)
{
    buf_init(&ret->body, 1 << 20);
    http_parser_init(&ret->parser, false);
    ret->used = 0;
    ret->code = 0;
    while (ret->code == 0 && ret->used < text.n) {
        struct str in = str_sub(text, ret->used, ret->used + step), body;
        while (ret->code == 0 && in.n) {
            size_t used;
            enum http_state before = ret->parser.state;
            ret->code = http_parser_feed(&ret->parser, in, &used, &body, NULL);
            if (ret->code < 0)
                break;
            require(used <= in.n && body.n <= used);
            require(used > 0 || ret->parser.state != before || ret->code == 1);
            buf_add_str(&ret->body, body);
            ret->used += used;
            in = str_sub(in, used, in.n);
        }
    }
    if (ret->code == 0)
        ret->code = http_parser_end(&ret->parser, NULL) == 0 ? 1 : -1;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1 || size > (1 << 19))
        return 0;
    struct str text = {(const char *)data + 1, size - 1};
    struct result whole, pieces;
    parse(text, text.n ? text.n : 1, &whole);
    parse(text, data[0] % 32U + 1, &pieces);
    require((whole.code > 0) == (pieces.code > 0));
    if (whole.code > 0) {
        require(whole.used == pieces.used && whole.body.n == pieces.body.n);
        require(!whole.body.n || memcmp(whole.body.p, pieces.body.p, whole.body.n) == 0);
        require(whole.parser.response.status == pieces.parser.response.status);
        require(whole.parser.response.keeps_alive == pieces.parser.response.keeps_alive);
    }
    buf_done(&whole.body);
    buf_done(&pieces.body);
    http_parser_done(&whole.parser);
    http_parser_done(&pieces.parser);
    return 0;
}
