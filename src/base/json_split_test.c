/* SPDX-License-Identifier: Apache-2.0
 *
 * A list cut into items is the same list, however the bytes arrive.
 */
#include "base/test.h"

#include "base/json_split.h"

/* Feeds text in pieces of `step` bytes; items come out joined by "|" per feed-independent item
 * stream, then ";", then the header. */
static void run(struct buf *out, const char *text, size_t step)
{
    struct json_split s;
    struct err e = {0};
    struct str all = str_of(text);
    size_t at = 0, shown = 0;
    json_split_init(&s, 10000);
    buf_clear(out);
    while (shown < all.n) {
        shown = MIN(all.n, shown + step);
        for (;;) {
            struct str items, piece = str_sub(all, at, shown);
            size_t used = json_split_feed(&s, piece, &items);
            for (size_t i = 0; i < items.n; i++)
                if (!memchr(" \n\t\r", items.p[i], 4))
                    buf_add_char(out, items.p[i]);
            at += used;
            if (!used || at == shown)
                break;
        }
    }
    int r = json_split_end(&s, str_sub(all, at, all.n), &e);
    buf_add_char(out, ';');
    if (r < 0)
        buf_add_cstr(out, e.msg);
    else
        buf_add_str(out, buf_str(&s.header));
    json_split_done(&s);
}

static const struct {
    const char *text, *want;
} cases[] = {
    {"{\"kind\":\"List\",\"items\":[{\"a\":1},{\"b\":\"]}\"}],\"x\":2}",
     "{\"a\":1},{\"b\":\"]}\"};{\"kind\":\"List\",\"items\":[],\"x\":2}"},
    {"{\"items\":[]}", ";{\"items\":[]}"},
    {"{\"items\" : [ 1 , \"a\\\\\\\"b\" , null ] }", "1,\"a\\\\\\\"b\",null;{\"items\" : [] }"},
    {"{\"metadata\":{\"items\":[1]},\"items\":[2]}",
     "2;{\"metadata\":{\"items\":[1]},\"items\":[]}"},
    {"{\"a\":\"items\",\"b\":[1]}", ";{\"a\":\"items\",\"b\":[1]}"},
    {"{\"items2\":[1],\"item\":[2]}", ";{\"items2\":[1],\"item\":[2]}"},
    {"{\"items\":{\"a\":[1]}}", ";{\"items\":{\"a\":[1]}}"},
    {"{\"items\":[{\"a\":1} {\"b\":2}]}", "{\"a\":1};JSON: expected ',' or ']' between list items"},
    {"{\"items\":[1,]}", "1,;JSON: expected ',' or ']' between list items"},
    {"{\"items\":[,1]}", ";JSON: expected ',' or ']' between list items"},
    {"{\"items\":[1,2", "1,;JSON: the text ends inside a list item"},
    {"{\"items\":[{\"a\":\"x", ";JSON: the text ends inside a list item"},
    {"{\"items\":[", ";JSON: the text ends inside the list of items"},
};

static void test_cases(void **state)
{
    (void)state;
    struct buf out;
    buf_init(&out, 10000);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        for (size_t step = 1; step < 60; step += 3) {
            run(&out, cases[i].text, step);
            assert_string_equal(out.p, cases[i].want);
        }
    buf_done(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_cases)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
