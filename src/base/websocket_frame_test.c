/* SPDX-License-Identifier: Apache-2.0
 *
 * WebSocket frames: the examples of RFC 6455 and every rule that a server can break, each in one piece
 * and byte by byte.
 */
#include "base/websocket_frame.h"

#include "base/alloc.h"
#include "base/test.h"

enum { MOST = 70000 };

/* Everything that text holds as "opcode:data|..."; 0 or the parser's error. */
static int parse(struct str text, size_t step, size_t most, struct buf *ret, struct err *e)
{
    struct websocket_parser p;
    int r = 0;
    websocket_parser_init(&p, most);
    buf_clear(ret);
    for (size_t at = 0; at < text.n && r >= 0; at += step) {
        struct str in = str_sub(text, at, at + step);
        while (in.n && r >= 0) {
            struct websocket_message m;
            size_t used;
            r = websocket_parser_feed(&p, in, &used, &m, e);
            if (r < 0)
                break;
            assert_true(used > 0 && (r == 1 || used == in.n));
            if (r == 1) {
                buf_printf(ret, "%d:", (int)m.opcode);
                buf_add_str(ret, m.data);
                buf_add_char(ret, '|');
            }
            in = str_sub(in, used, in.n);
        }
    }
    if (r >= 0)
        buf_add_cstr(ret, websocket_parser_is_between(&p) ? "" : "...");
    websocket_parser_done(&p);
    return r < 0 ? r : 0;
}

static void expect(struct str text, const char *messages)
{
    struct buf got CLEANUP(buf_done);
    buf_init(&got, (size_t)MIB);
    for (size_t step = 1; step <= text.n; step++) {
        assert_int_equal(parse(text, step, MOST, &got, NULL), 0);
        assert_int_equal(got.n, strlen(messages));
        assert_memory_equal(got.p, messages, got.n);
    }
}

static void messages(void **state)
{
    (void)state;
    /* RFC 6455, section 5.7 */
    expect(STR("\x81\x05Hello"), "1:Hello|");
    expect(STR("\x01\x03Hel\x80\x02lo"), "1:Hello|");
    expect(STR("\x89\x05Hello"), "9:Hello|");
    expect(STR("\x82\x00"), "2:|");
    expect(STR("\x02\x00\x80\x00"), "2:|");
    expect(STR("\x82\x01"
               "a\x82\x01"
               "b\x88\x02\x03\xe8"),
           "2:a|2:b|8:\x03\xe8|");
    /* Control frames between fragments. */
    expect(STR("\x02\x01"
               "a\x89\x01p\x00\x01"
               "b\x8a\x00\x80\x01"
               "c"),
           "9:p|10:|2:abc|");
    /* What has begun and not ended. */
    expect(STR("\x82"), "...");
    expect(STR("\x82\x02"
               "a"),
           "...");
    expect(STR("\x02\x01"
               "a"),
           "...");
    expect(STR("\x82\x01"
               "a\x02\x01"
               "b\x89\x00"),
           "2:a|9:|...");
}

static void lengths(void **state)
{
    (void)state;
    static const size_t sizes[] = {0, 1, 125, 126, 127, 65535, 65536, MOST};
    struct buf text CLEANUP(buf_done), got CLEANUP(buf_done);
    buf_init(&text, (size_t)MIB);
    buf_init(&got, (size_t)MIB);
    for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
        size_t n = sizes[i], bytes = n < 126 ? 0 : n < 65536 ? 2 : 8;
        buf_clear(&text);
        buf_add_char(&text, '\x82');
        buf_add_char(&text, (char)(bytes == 0 ? n : bytes == 2 ? 126 : 127));
        for (size_t b = bytes; b-- > 0;)
            buf_add_char(&text, (char)((uint64_t)n >> 8 * b));
        for (size_t b = 0; b < n; b++)
            buf_add_char(&text, 'x');
        assert_int_equal(parse(buf_str(&text), 4096, MOST, &got, NULL), 0);
        assert_int_equal(got.n, n + 3);
    }
}

static void faults(void **state)
{
    (void)state;
    static const struct {
        struct str text;
        int code;
        const char *says;
    } cases[] = {
        {STR("\xc2\x00"), EBADMSG, "reserved bits are set"},
        {STR("\xa2\x00"), EBADMSG, "reserved bits are set"},
        {STR("\x92\x00"), EBADMSG, "reserved bits are set"},
        {STR("\x82\x81\x01\x02\x03\x04y"), EBADMSG, "one is masked"},
        {STR("\x83\x00"), EBADMSG, "an unknown opcode"},
        {STR("\x8b\x00"), EBADMSG, "an unknown opcode"},
        {STR("\x8f\x00"), EBADMSG, "an unknown opcode"},
        {STR("\x09\x00"), EBADMSG, "a control frame in fragments"},
        {STR("\x89\x7e\x00\x7e"), EBADMSG, "a long control frame"},
        {STR("\x88\x7f"), EBADMSG, "a long control frame"},
        {STR("\x80\x00"), EBADMSG, "a continuation of nothing"},
        {STR("\x82\x00\x00\x00"), EBADMSG, "a continuation of nothing"},
        {STR("\x02\x00\x82\x00"), EBADMSG, "a message begins before the last one has ended"},
        {STR("\x82\x7e\x00\x7d"), EBADMSG, "a length is written as it must not be"},
        {STR("\x82\x7f\0\0\0\0\0\0\xff\xff"), EBADMSG, "a length is written as it must not be"},
        {STR("\x82\x7f\x80\0\0\0\0\1\0\0"), EBADMSG, "a length is written as it must not be"},
        {STR("\x82\x0b"), EFBIG, "a WebSocket message of more than 10 bytes"},
        {STR("\x82\x7f\x7f\xff\xff\xff\xff\xff\xff\xff"), EFBIG, "of more than 10 bytes"},
        {STR("\x02\x06"
             "abcdef\x80\x05"),
         EFBIG, "of more than 10 bytes"},
    };
    struct buf got CLEANUP(buf_done);
    buf_init(&got, (size_t)MIB);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        for (size_t step = 1; step <= cases[i].text.n; step++) {
            struct err e = {0};
            int r = parse(cases[i].text, step, 10, &got, &e);
            if (r != -cases[i].code || str_find(str_of(e.msg), cases[i].says) < 0)
                fail_msg("case %zu by %zu: %d, \"%s\"", i, step, r, e.msg);
        }
}

static void closing(void **state)
{
    (void)state;
    static const struct {
        struct str data;
        int code; /* 0: refused */
        const char *reason;
    } cases[] = {
        {STR(""), WEBSOCKET_NO_CODE, ""},
        {STR("\x03\xe8"), 1000, ""},
        {STR("\x03\xf3no"), 1011, "no"},
        {STR("\x0f\xa0"), 4000, ""},
        {STR("\x0b\xb8"), 3000, ""},
        {STR("\x13\x87"), 4999, ""},
        {STR("\x03"), 0, ""},
        {STR("\x03\xe7"), 0, ""},
        {STR("\x03\xec"), 0, ""} /* 1004 */,
        {STR("\x03\xed"), 0, ""} /* 1005 */,
        {STR("\x03\xee"), 0, ""} /* 1006 */,
        {STR("\x03\xf7"), 0, ""} /* 1015 */,
        {STR("\x13\x88"), 0, ""} /* 5000 */,
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        int code = 0;
        struct str reason = STR("");
        int r = websocket_parse_close(cases[i].data, &code, &reason, NULL);
        assert_int_equal(r, cases[i].code ? 0 : -EBADMSG);
        assert_int_equal(code, cases[i].code);
        assert_true(str_is(reason, cases[i].reason));
    }
}

static void writing(void **state)
{
    (void)state;
    static const unsigned char mask[4] = {0x37, 0xfa, 0x21, 0x3d};
    static const size_t sizes[] = {0, 125, 126, 65535, 65536};
    struct buf b CLEANUP(buf_done);
    buf_init(&b, (size_t)MIB);
    websocket_add_frame(&b, WEBSOCKET_TEXT, STR("Hello"), mask); /* RFC 6455, section 5.7 */
    assert_int_equal(b.n, 11);
    assert_memory_equal(b.p, "\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58", 11);
    char *data = mem_calloc(1, 65536);
    for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
        static const struct str heads[] = {STR("\x82\x80"), STR("\x82\xfd"), STR("\x82\xfe\0\x7e"),
                                           STR("\x82\xfe\xff\xff"),
                                           STR("\x82\xff\0\0\0\0\0\1\0\0")};
        buf_clear(&b);
        websocket_add_frame(&b, WEBSOCKET_BINARY, (struct str){data, sizes[i]}, mask);
        assert_int_equal(b.n, heads[i].n + 4 + sizes[i]);
        assert_memory_equal(b.p, heads[i].p, heads[i].n);
        assert_memory_equal(b.p + heads[i].n, mask, 4);
        for (size_t k = 0; k < sizes[i]; k++) /* of zeros the mask is left */
            assert_int_equal((unsigned char)b.p[heads[i].n + 4 + k], mask[k % 4]);
    }
    mem_free(data);
}

static void handshake(void **state)
{
    (void)state;
    char accept[WEBSOCKET_ACCEPT];
    assert_int_equal(websocket_accept(STR("dGhlIHNhbXBsZSBub25jZQ=="), accept, NULL), 0);
    assert_string_equal(accept, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="); /* RFC 6455, section 1.3 */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(messages), cmocka_unit_test(lengths), cmocka_unit_test(faults),
        cmocka_unit_test(closing),  cmocka_unit_test(writing), cmocka_unit_test(handshake),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
